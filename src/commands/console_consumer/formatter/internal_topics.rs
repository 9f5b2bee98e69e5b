//! Records of Kafka's own topics as compact JSON, without line feeds between, as Kafka prints them:
//! `OffsetsMessageFormatter`, `GroupMetadataMessageFormatter`, `TransactionLogMessageFormatter`.
//!
//! Records of another kind print nothing.

use serde_json::{Value, json};

use super::ShownRecord;
use crate::coordinator::KeyedRecordError;
use crate::coordinator::group::GroupRecord;
use crate::coordinator::transaction::TransactionRecord;

/// Which records are shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in super::super) enum InternalTopicFormatter {
    /// Committed offsets.
    Offsets,
    /// Classic groups.
    Groups,
    /// Transactions.
    Transactions,
}

/// A record's type and key, and its value with its version if it has one.
type Decoded = (i16, Value, Option<(i16, Value)>);

impl InternalTopicFormatter {
    pub(super) fn write(self, record: &ShownRecord<'_>, out: &mut Vec<u8>) {
        let (key, value) = match record.key {
            None => (Value::Null, record.value.map_or(Value::Null, unknown)),
            Some(bytes) => match self.key(bytes) {
                Some(key) => (key, self.value(bytes, record.value)),
                None => return,
            },
        };
        out.extend_from_slice(format!("{{\"key\":{key},\"value\":{value}}}").as_bytes());
    }

    /// Returns the key's JSON, `None` if it is of another kind.
    fn key(self, key: &[u8]) -> Option<Value> {
        let (kind, data, _) = self.decode(key, None).ok()?;
        let is_shown = match self {
            Self::Offsets => kind <= 1,
            Self::Groups => kind == 2,
            Self::Transactions => true,
        };
        is_shown.then(|| json!({ "type": kind, "data": data }))
    }

    /// Returns the value's JSON.
    fn value(self, key: &[u8], value: Option<&[u8]>) -> Value {
        let Some(bytes) = value else {
            return Value::Null;
        };
        match self.decode(key, value) {
            Ok((_, _, Some((version, data)))) => json!({ "version": version, "data": data }),
            Ok((_, _, None)) => Value::Null,
            Err(_) => unknown(bytes),
        }
    }

    fn decode(self, key: &[u8], value: Option<&[u8]>) -> Result<Decoded, KeyedRecordError> {
        macro_rules! decode {
            ($records:ident) => {{
                let (record, version) = $records::decode(key, value)?;
                let value = version.and_then(|v| Some((v, record.value_json(v)?)));
                Ok((record.number(), record.key_json(), value))
            }};
        }
        match self {
            Self::Offsets | Self::Groups => decode!(GroupRecord),
            Self::Transactions => decode!(TransactionRecord),
        }
    }
}

/// Returns what stands for a value of a version that is not known.
fn unknown(value: &[u8]) -> Value {
    value.first_chunk().map_or(
        Value::Null,
        |version| json!({ "version": i16::from_be_bytes(*version), "data": "unknown" }),
    )
}

#[cfg(test)]
mod tests {
    use super::super::Timestamp;
    use super::*;

    fn shown(
        formatter: InternalTopicFormatter,
        key: Option<&[u8]>,
        value: Option<&[u8]>,
    ) -> String {
        let record = ShownRecord {
            topic: "t",
            partition: 0,
            offset: 0,
            timestamp: Timestamp::None,
            key,
            value,
            headers: crate::record::Headers::default(),
        };
        let mut out = Vec::new();
        formatter.write(&record, &mut out);
        String::from_utf8(out).unwrap()
    }

    fn commit_key() -> Vec<u8> {
        [&[0, 1, 0, 1][..], b"g", &[0, 1], b"t", &[0, 0, 0, 1]].concat()
    }

    #[test]
    fn a_commit_is_shown_as_kafka_shows_it() {
        let mut value = vec![0, 4];
        value.extend_from_slice(&5_i64.to_be_bytes());
        value.extend_from_slice(&(-1_i32).to_be_bytes());
        value.push(1);
        value.extend_from_slice(&99_i64.to_be_bytes());
        value.extend_from_slice(&[1, 0, 16]);
        value.extend_from_slice(&crate::types::Uuid::METADATA_TOPIC.to_bytes());
        let expected = concat!(
            r#"{"key":{"type":1,"data":{"group":"g","topic":"t","partition":1}},"#,
            r#""value":{"version":4,"data":{"offset":5,"leaderEpoch":-1,"metadata":"","#,
            r#""commitTimestamp":99,"topicId":"AAAAAAAAAAAAAAAAAAAAAQ"}}}"#
        );
        let key = commit_key();
        let text = shown(InternalTopicFormatter::Offsets, Some(&key), Some(&value));
        assert_eq!(text, expected);
    }

    #[test]
    fn other_kinds_print_nothing_and_nulls_are_null() {
        let key = commit_key();
        assert_eq!(shown(InternalTopicFormatter::Groups, Some(&key), None), "");
        let text = shown(InternalTopicFormatter::Offsets, Some(&key), None);
        assert!(text.ends_with("\"value\":null}"), "{text}");
        let text = shown(InternalTopicFormatter::Offsets, Some(&key), Some(&[0, 9]));
        assert!(
            text.ends_with(r#""value":{"version":9,"data":"unknown"}}"#),
            "{text}"
        );
    }

    #[test]
    fn a_group_without_members() {
        let key = [&[0, 2, 0, 1][..], b"g"].concat();
        let mut value = vec![0, 3];
        value.extend_from_slice(&[0, 8]);
        value.extend_from_slice(b"consumer");
        value.extend_from_slice(&1_i32.to_be_bytes());
        value.extend_from_slice(&[0, 5]);
        value.extend_from_slice(b"range");
        value.extend_from_slice(&[0, 1]);
        value.extend_from_slice(b"l");
        value.extend_from_slice(&(-1_i64).to_be_bytes());
        value.extend_from_slice(&0_i32.to_be_bytes());
        let expected = concat!(
            r#"{"key":{"type":2,"data":{"group":"g"}},"value":{"version":3,"data":{"#,
            r#""protocolType":"consumer","generation":1,"protocol":"range","leader":"l","#,
            r#""currentStateTimestamp":-1,"members":[]}}}"#
        );
        assert_eq!(
            shown(InternalTopicFormatter::Groups, Some(&key), Some(&value)),
            expected
        );
    }
}
