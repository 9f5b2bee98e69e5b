//! `.index` and `.timeindex`: their entries, each held against the batch that it points to.

use std::path::Path;
use std::sync::Arc;

use serde_json::{Map, Value, json};

use super::shown::{Printer, Shown};
use super::summary::Summary;
use crate::cli::CommandError;
use crate::fs::{File, Fs, OpenMode};
use crate::record::{BatchHeader, LegacyMessage, MAGIC};
use crate::storage::inspect::{FrameScan, OffsetPosition, offset_index, time_index};
use crate::types::{Offset, TimestampMs};

/// No index is larger.
const INDEX_BYTES_MAX: u64 = 1 << 30;

/// How an index is shown.
#[derive(Clone, Copy, Debug)]
pub(super) struct IndexView {
    pub(super) verify_only: bool,
    pub(super) sanity_only: bool,
}

/// An index file and where it belongs.
pub(super) struct IndexFile<'a> {
    pub(super) fs: &'a dyn Fs,
    /// As it was typed.
    pub(super) name: &'a str,
    pub(super) base: Offset,
}

/// What an index says about a batch.
struct Found {
    last_offset: Offset,
    max_timestamp: TimestampMs,
}

impl IndexFile<'_> {
    fn path(&self) -> &Path {
        Path::new(self.name)
    }

    fn content(&self, suffix: &str) -> Result<Vec<u8>, CommandError> {
        let path = self.path().with_extension(suffix);
        self.fs
            .read(&path, INDEX_BYTES_MAX)
            .map_err(|error| CommandError::failed(format!("{}: {error}", path.display())))
    }

    fn log(&self) -> Result<Arc<dyn File>, CommandError> {
        let path = self.path().with_extension("log");
        self.fs
            .open(&path, OpenMode::Read)
            .map_err(|error| CommandError::failed(format!("{}: {error}", path.display())))
    }

    pub(super) fn dump_offsets(
        &self,
        view: IndexView,
        printer: &mut Printer<'_>,
        summary: &mut Summary,
    ) -> Result<(), CommandError> {
        let log = self.log()?;
        let content = self.content("index")?;
        let entries = offset_index(&content, self.base);
        if entries.is_empty() {
            return printer.heading(format!("{} is empty.", self.name));
        }
        if view.sanity_only {
            return self.sanity(
                &content,
                8,
                entries.last().map(|entry| entry.offset),
                printer,
            );
        }
        for OffsetPosition { offset, position } in entries {
            let found = self.batch_at(log.as_ref(), position, |_| true)?;
            let last = found.map_or(Offset::NONE, |found| found.last_offset);
            if last != offset {
                summary.mismatch(self.path(), offset, last);
            }
            if !view.verify_only {
                printer.show(Shown {
                    kind: "offsetIndexEntry",
                    text: format!("offset: {offset} position: {position}"),
                    fields: object(json!({"offset": offset.0, "position": position})),
                })?;
            }
        }
        Ok(())
    }

    pub(super) fn dump_times(
        &self,
        view: IndexView,
        printer: &mut Printer<'_>,
        summary: &mut Summary,
    ) -> Result<(), CommandError> {
        let log = self.log()?;
        let content = self.content("timeindex")?;
        let entries = time_index(&content, self.base);
        if view.sanity_only {
            return self.sanity(
                &content,
                12,
                entries.last().map(|entry| entry.offset),
                printer,
            );
        }
        let offsets = offset_index(&self.content("index")?, self.base);
        let mut before = -1;
        for entry in entries {
            let (timestamp, offset) = (entry.timestamp, entry.offset);
            let floor = offsets.partition_point(|known| known.offset <= offset);
            let floor = floor.checked_sub(1).and_then(|at| offsets.get(at));
            let position = floor.map_or(0, |known| known.position);
            let found = self.batch_at(log.as_ref(), position, |last| last >= offset)?;
            match found {
                Some(found) if found.last_offset == offset => {
                    if found.max_timestamp != timestamp {
                        summary.timestamp_mismatch(self.path(), timestamp, found.max_timestamp);
                    }
                }
                other => {
                    let last = other.map_or(Offset::NONE, |found| found.last_offset);
                    summary.offset_not_found(self.path(), offset, last);
                }
            }
            if before >= timestamp {
                summary.timestamp_out_of_order(self.path(), timestamp, before);
            }
            if !view.verify_only {
                printer.show(Shown {
                    kind: "timeIndexEntry",
                    text: format!("timestamp: {timestamp} offset: {offset}"),
                    fields: object(json!({"timestamp": timestamp, "offset": offset.0})),
                })?;
            }
            before = timestamp;
        }
        Ok(())
    }

    /// What a broker checks at its start (`AbstractIndex.sanityCheck`).
    fn sanity(
        &self,
        content: &[u8],
        entry_bytes: usize,
        last: Option<Offset>,
        printer: &mut Printer<'_>,
    ) -> Result<(), CommandError> {
        let path = std::path::absolute(self.path());
        let path = path.unwrap_or_else(|_| self.path().to_owned());
        if !content.len().is_multiple_of(entry_bytes) {
            return Err(CommandError::failed(format!(
                "Index file {} is corrupt, found {} bytes which is neither positive nor a multiple \
                 of {entry_bytes}.",
                path.display(),
                content.len()
            )));
        }
        if let Some(last) = last.filter(|last| *last < self.base) {
            return Err(CommandError::failed(format!(
                "Corrupt index found, index file ({}) has non-zero size but the last offset is \
                 {last} which is less than the base offset {}.",
                path.display(),
                self.base
            )));
        }
        printer.heading(format!("{} passed sanity check.", self.name))
    }

    /// Returns the first batch from `position` on whose last offset is `wanted`.
    fn batch_at(
        &self,
        log: &dyn File,
        position: i32,
        wanted: impl Fn(Offset) -> bool,
    ) -> Result<Option<Found>, CommandError> {
        let failed = |error| CommandError::failed(format!("{}: {error}", self.name));
        let end = log.bytes().map_err(failed)?;
        let Ok(position) = u64::try_from(position) else {
            return Ok(None);
        };
        let mut scan = FrameScan::between(log, position.min(end), end);
        while let Some(frame) = scan.next_frame().map_err(failed)? {
            let found = if frame.magic() < MAGIC {
                LegacyMessage::parse(frame.bytes).map(|message| Found {
                    last_offset: message.offset,
                    max_timestamp: message.timestamp.unwrap_or(-1),
                })
            } else {
                BatchHeader::parse(frame.bytes).map(|header| Found {
                    last_offset: header.last_offset(),
                    max_timestamp: header.max_timestamp,
                })
            };
            if let Some(found) = found.filter(|found| wanted(found.last_offset)) {
                return Ok(Some(found));
            }
        }
        Ok(None)
    }
}

pub(super) fn object(value: Value) -> Map<String, Value> {
    match value {
        Value::Object(fields) => fields,
        _ => Map::new(),
    }
}
