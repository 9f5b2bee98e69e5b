//! `.log` and `.checkpoint` files: a line a batch, a line a record.

use std::path::Path;

use serde_json::{Map, Value, json};

use super::about::{About, about, about_message, control, message_timestamp_type, timestamp_type};
use super::decoder::{Decoded, Decoder};
use super::options::Depth;
use super::shown::{Printer, Shown};
use super::summary::Summary;
use crate::cli::CommandError;
use crate::fs::File;
use crate::record::{BatchHeader, LegacyMessage, MAGIC, RecordBatch, Records};
use crate::storage::inspect::{Frame, FrameScan};
use crate::types::Offset;

/// What the records of one batch may decompress to.
const DECOMPRESSED_BYTES_MAX: usize = 1 << 30;

/// How a file is shown.
#[derive(Clone, Copy, Debug)]
pub(super) struct View {
    pub(super) depth: Depth,
    pub(super) skip_record_metadata: bool,
    pub(super) bytes_max: u64,
    pub(super) decoder: Decoder,
}

/// Prints the batches of a file.
pub(super) fn dump(
    path: &Path,
    file: &dyn File,
    view: View,
    printer: &mut Printer<'_>,
    summary: &mut Summary,
) -> Result<(), CommandError> {
    let failed = |error| CommandError::failed(format!("{}: {error}", path.display()));
    let bytes = file.bytes().map_err(failed)?;
    let end = bytes.min(view.bytes_max);
    let mut dump = Dump {
        view,
        printer,
        last_offset: None,
        gaps: Vec::new(),
    };
    let mut scan = FrameScan::new(file, end);
    while let Some(frame) = scan.next_frame().map_err(failed)? {
        if !dump.frame(frame)? {
            break;
        }
    }
    let read = scan.position();
    for gap in dump.gaps.into_iter().rev() {
        summary.non_consecutive(path, gap);
    }
    if read < bytes && view.bytes_max >= bytes {
        let name = path.file_name().unwrap_or_default().to_string_lossy();
        let left = bytes - read;
        printer.problem(format!("Found {left} invalid bytes at the end of {name}"))?;
    }
    Ok(())
}

struct Dump<'p, 'o> {
    view: View,
    printer: &'p mut Printer<'o>,
    last_offset: Option<Offset>,
    /// Offsets that do not follow each other.
    gaps: Vec<(Offset, Offset)>,
}

impl Dump<'_, '_> {
    /// Prints a batch; returns whether the walk can go on.
    fn frame(&mut self, frame: Frame<'_>) -> Result<bool, CommandError> {
        if frame.magic() < MAGIC {
            let Some(message) = LegacyMessage::parse(frame.bytes) else {
                return self.broken(frame, "no message of its format");
            };
            self.message_line(frame.position, &message)?;
            return self.messages(&message).map(|()| true);
        }
        match RecordBatch::parse(frame.bytes) {
            Ok(batch) => {
                self.batch_line(frame.position, &batch)?;
                self.records(&batch).map(|()| true)
            }
            Err(error) => self.broken(frame, &error.to_string()),
        }
    }

    fn broken(&mut self, frame: Frame<'_>, reason: &str) -> Result<bool, CommandError> {
        let position = frame.position;
        self.printer
            .problem(format!("Found no batch at position {position}: {reason}"))?;
        Ok(true)
    }

    fn batch_line(&mut self, position: u64, batch: &RecordBatch<'_>) -> Result<(), CommandError> {
        let header = batch.header();
        let attributes = header.attributes;
        let codec = attributes.codec().map_or("unknown", |codec| codec.name());
        let horizon = attributes
            .has_delete_horizon()
            .then_some(header.base_timestamp);
        let horizon_text = horizon.map_or_else(
            || "OptionalLong.empty".to_owned(),
            |horizon| format!("OptionalLong[{horizon}]"),
        );
        let timestamp_type = timestamp_type(header);
        let is_valid = batch.crc_matches();
        let BatchHeader {
            base_offset,
            base_sequence,
            producer_id,
            producer_epoch,
            ..
        } = *header;
        let BatchHeader {
            leader_epoch,
            max_timestamp,
            magic,
            crc,
            record_count,
            ..
        } = *header;
        let (last_offset, last_sequence) = (header.last_offset(), header.last_sequence());
        let size = batch.bytes().len();
        let (is_transactional, is_control) =
            (attributes.is_transactional(), attributes.is_control());
        let text = format!(
            "baseOffset: {base_offset} lastOffset: {last_offset} count: {record_count} \
             baseSequence: {base_sequence} lastSequence: {last_sequence} producerId: {producer_id} \
             producerEpoch: {producer_epoch} partitionLeaderEpoch: {leader_epoch} \
             isTransactional: {is_transactional} isControl: {is_control} \
             deleteHorizonMs: {horizon_text} position: {position} \
             {timestamp_type}: {max_timestamp} size: {size} magic: {magic} \
             compresscodec: {codec} crc: {crc} isvalid: {is_valid}"
        );
        let fields = json!({
            "baseOffset": base_offset.0, "lastOffset": last_offset.0, "count": record_count,
            "baseSequence": base_sequence, "lastSequence": last_sequence,
            "producerId": producer_id, "producerEpoch": producer_epoch,
            "partitionLeaderEpoch": leader_epoch.0, "isTransactional": is_transactional,
            "isControl": is_control, "deleteHorizonMs": horizon, "position": position,
            "timestampType": timestamp_type, "timestamp": max_timestamp, "size": size,
            "magic": magic, "compressCodec": codec, "crc": crc, "isValid": is_valid,
        });
        self.show("batch", text, fields)
    }

    fn message_line(
        &mut self,
        position: u64,
        message: &LegacyMessage<'_>,
    ) -> Result<(), CommandError> {
        let codec = message.codec().map_or("unknown", |codec| codec.name());
        let (offset, magic, crc) = (message.offset, message.magic, message.crc);
        let timestamp_type = message_timestamp_type(message);
        let timestamp = message.timestamp.unwrap_or(-1);
        let (size, is_valid) = (message.bytes().len(), message.crc_matches());
        let text = format!(
            "offset: {offset} position: {position} {timestamp_type}: {timestamp} size: {size} \
             magic: {magic} compresscodec: {codec} crc: {crc} isvalid: {is_valid}"
        );
        let fields = json!({
            "lastOffset": offset.0, "position": position, "timestampType": timestamp_type,
            "timestamp": timestamp, "size": size, "magic": magic, "compressCodec": codec,
            "crc": crc, "isValid": is_valid,
        });
        self.show("batch", text, fields)
    }

    fn records(&mut self, batch: &RecordBatch<'_>) -> Result<(), CommandError> {
        if self.view.depth < Depth::Records {
            return Ok(());
        }
        let header = *batch.header();
        let body = match batch.decompressed_body(DECOMPRESSED_BYTES_MAX) {
            Ok(body) => body,
            Err(error) => return self.unreadable(header.base_offset, &error),
        };
        let is_control = header.attributes.is_control();
        for record in Records::new(&body, header.record_count) {
            let record = match record {
                Ok(record) => record,
                Err(error) => return self.unreadable(header.base_offset, &error),
            };
            let mut about = about(&header, &record);
            if is_control {
                if self.view.skip_record_metadata {
                    continue;
                }
                control(&record, &mut about.more);
                self.record(about, None, None)?;
            } else {
                self.record(about, record.key, record.value)?;
            }
        }
        Ok(())
    }

    fn messages(&mut self, message: &LegacyMessage<'_>) -> Result<(), CommandError> {
        if self.view.depth < Depth::Records {
            return Ok(());
        }
        if message.attributes & 7 == 0 {
            return self.record(about_message(message), message.key, message.value);
        }
        let inner = match message.decompress(DECOMPRESSED_BYTES_MAX) {
            Ok(inner) => inner,
            Err(error) => return self.unreadable(message.offset, &error),
        };
        for message in message.inner(&inner) {
            self.record(about_message(&message), message.key, message.value)?;
        }
        Ok(())
    }

    fn unreadable(
        &mut self,
        offset: Offset,
        error: &dyn std::error::Error,
    ) -> Result<(), CommandError> {
        self.printer.problem(format!(
            "The records at offset {offset} cannot be read: {error}"
        ))
    }

    fn record(
        &mut self,
        about: About,
        key: Option<&[u8]>,
        value: Option<&[u8]>,
    ) -> Result<(), CommandError> {
        if let Some(last) = self.last_offset.replace(about.offset)
            && last.plus(1) != about.offset
        {
            self.gaps.push((last, about.offset));
        }
        let (key, value) = match self.view.depth {
            Depth::Contents => self.view.decoder.decode(about.offset, key, value)?,
            Depth::Batches | Depth::Records => (None, None),
        };
        let (text, fields) = self.describe(about, key, value);
        self.show("record", text, Value::Object(fields))
    }

    fn describe(&self, about: About, key: Decoded, value: Decoded) -> (String, Map<String, Value>) {
        let (mut text, mut fields) = ("|".to_owned(), Map::new());
        if !self.view.skip_record_metadata {
            let size = |size: Option<usize>| size.map_or_else(|| "-1".into(), |s| s.to_string());
            let (offset, timestamp, kind) = (about.offset, about.timestamp, about.timestamp_type);
            text.push_str(&format!(
                " offset: {offset} {kind}: {timestamp} keySize: {} valueSize: {}{}",
                size(about.key_size),
                size(about.value_size),
                about.more.0
            ));
            fields.insert("offset".into(), offset.0.into());
            fields.insert("timestampType".into(), kind.into());
            fields.insert("timestamp".into(), timestamp.into());
            fields.insert("keySize".into(), about.key_size.into());
            fields.insert("valueSize".into(), about.value_size.into());
            fields.extend(about.more.1);
        }
        let plain = |value: &Value| match value {
            Value::String(text) => text.clone(),
            other => other.to_string(),
        };
        if let Some(key) = &key {
            text.push_str(&format!(" key: {}", plain(key)));
        }
        if let Some(value) = &value {
            text.push_str(&format!(" payload: {}", plain(value)));
        }
        if self.view.depth == Depth::Contents {
            fields.insert("key".into(), key.unwrap_or_default());
            fields.insert("payload".into(), value.unwrap_or_default());
        }
        (text, fields)
    }

    fn show(
        &mut self,
        kind: &'static str,
        text: String,
        fields: Value,
    ) -> Result<(), CommandError> {
        let fields = match fields {
            Value::Object(fields) => fields,
            _ => Map::new(),
        };
        self.printer.show(Shown { kind, text, fields })
    }
}
