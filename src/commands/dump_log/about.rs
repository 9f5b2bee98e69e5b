//! What is told of a record but its key and value.

use serde_json::{Map, Value, json};

use crate::metadata::control::control_json;
use crate::record::{BatchHeader, ControlType, LegacyMessage, Record};
use crate::types::{Offset, TimestampMs};

/// What is told of a record but its key and value.
pub(super) struct About {
    pub(super) offset: Offset,
    pub(super) timestamp: TimestampMs,
    pub(super) timestamp_type: &'static str,
    pub(super) key_size: Option<usize>,
    pub(super) value_size: Option<usize>,
    /// What only one format has, as text and by name.
    pub(super) more: (String, Map<String, Value>),
}

pub(super) fn timestamp_type(header: &BatchHeader) -> &'static str {
    if header.attributes.is_log_append_time() {
        "LogAppendTime"
    } else {
        "CreateTime"
    }
}

pub(super) fn message_timestamp_type(message: &LegacyMessage<'_>) -> &'static str {
    match message.timestamp {
        None => "NoTimestampType",
        Some(_) if message.is_log_append_time() => "LogAppendTime",
        Some(_) => "CreateTime",
    }
}

pub(super) fn about(header: &BatchHeader, record: &Record<'_>) -> About {
    let sequence = if header.base_sequence < 0 {
        -1
    } else {
        header.base_sequence.wrapping_add(record.offset_delta) & i32::MAX
    };
    let keys: Vec<_> = record
        .headers
        .map(|(name, _)| String::from_utf8_lossy(name).into_owned())
        .collect();
    let text = format!(" sequence: {sequence} headerKeys: [{}]", keys.join(","));
    let mut fields = Map::new();
    fields.insert("sequence".into(), sequence.into());
    fields.insert("headerKeys".into(), keys.into());
    About {
        offset: header.base_offset.plus(record.offset_delta.into()),
        timestamp: if header.attributes.is_log_append_time() {
            header.max_timestamp
        } else {
            header.base_timestamp.wrapping_add(record.timestamp_delta)
        },
        timestamp_type: timestamp_type(header),
        key_size: record.key.map(<[u8]>::len),
        value_size: record.value.map(<[u8]>::len),
        more: (text, fields),
    }
}

pub(super) fn about_message(message: &LegacyMessage<'_>) -> About {
    let (is_valid, crc) = (message.crc_matches(), message.crc);
    let mut fields = Map::new();
    fields.insert("isValid".into(), is_valid.into());
    fields.insert("crc".into(), crc.into());
    About {
        offset: message.offset,
        timestamp: message.timestamp.unwrap_or(-1),
        timestamp_type: message_timestamp_type(message),
        key_size: message.key.map(<[u8]>::len),
        value_size: message.value.map(<[u8]>::len),
        // Kafka's brace.
        more: (format!(" isValid: {is_valid} crc: {crc}}}"), fields),
    }
}

/// Adds what a control record says.
pub(super) fn control(record: &Record<'_>, more: &mut (String, Map<String, Value>)) {
    let kind = record.key.and_then(ControlType::parse_key);
    let value = record.value.unwrap_or_default();
    match kind {
        Some(ControlType::Commit | ControlType::Abort) => {
            let marker = if kind == Some(ControlType::Commit) {
                "COMMIT"
            } else {
                "ABORT"
            };
            let epoch = coordinator_epoch(value);
            more.0.push_str(&format!(
                " endTxnMarker: {marker} coordinatorEpoch: {epoch}"
            ));
            more.1.insert("endTxnMarker".into(), marker.into());
            more.1.insert("coordinatorEpoch".into(), epoch.into());
        }
        Some(kind) => {
            let name = name(kind);
            match control_json(kind, value) {
                Ok(Some(shown)) => {
                    more.0.push_str(&format!(" {name} {shown}"));
                    more.1
                        .insert("control".into(), json!({ "type": name, "data": shown }));
                }
                _ => {
                    more.0
                        .push_str(&format!(" controlType: {name}({})", kind.id()));
                    more.1.insert("control".into(), json!({ "type": name }));
                }
            }
        }
        None => more.0.push_str(" controlType: UNKNOWN(-1)"),
    }
}

/// Returns the coordinator's epoch in a marker's value: int16 version, int32 epoch.
fn coordinator_epoch(value: &[u8]) -> i32 {
    let epoch = value.get(2..).and_then(<[u8]>::first_chunk);
    epoch.map_or(-1, |epoch| i32::from_be_bytes(*epoch))
}

/// Returns what Kafka's dump calls the record.
const fn name(kind: ControlType) -> &'static str {
    match kind {
        ControlType::Abort => "ABORT",
        ControlType::Commit => "COMMIT",
        // With a colon, this one alone.
        ControlType::LeaderChange => "LeaderChange:",
        ControlType::SnapshotHeader => "SnapshotHeader",
        ControlType::SnapshotFooter => "SnapshotFooter",
        ControlType::KRaftVersion => "KRaftVersion",
        ControlType::KRaftVoters => "KRaftVoters",
        ControlType::Unknown(_) => "UNKNOWN",
    }
}
