//! LogSegment: one `.log` file and its two indexes, kept in step.
//!
//! Of the active segment the indexes are in memory; of others they are read when they are needed,
//! and made anew from the headers if they are missing.

use std::io;
use std::path::Path;
use std::sync::{Arc, OnceLock};

use super::config::LogConfig;
use super::dir::{INDEX_SUFFIX, TIME_INDEX_SUFFIX, segment_path};
use super::error::{AtPath, IoError};
use super::file_records::{HeaderScan, Hole, Located, Scanned};
use super::index::{Entry, Index};
use super::offset_index::OffsetEntry;
use super::time_index::TimeEntry;
use crate::fs::{File, Fs};
use crate::types::{Offset, TimestampMs};

/// The two indexes of a segment.
#[derive(Clone, Debug, Default)]
pub(super) struct Indexes {
    pub(super) offsets: Index<OffsetEntry>,
    pub(super) times: Index<TimeEntry>,
}

impl Indexes {
    /// Returns whether both files are there, and empty.
    pub(super) fn are_empty_files(&self) -> bool {
        let are_empty = self.offsets.entries().is_empty() && self.times.entries().is_empty();
        are_empty && self.offsets.is_persisted() && self.times.is_persisted()
    }
}

/// One segment.
#[derive(Debug)]
pub(super) struct Segment {
    pub(super) base: Offset,
    /// Where the next batch goes; what lies behind in the file is not part of the log.
    pub(super) bytes: u64,
    /// Open while the segment is active or has unsynced data.
    pub(super) file: Option<Arc<dyn File>>,
    pub(super) indexes: OnceLock<Indexes>,
    /// Damage inside, in order.
    pub(super) holes: Vec<Hole>,
    /// Largest timestamp of the first batch, from which the age is counted; once it is known.
    pub(super) first_timestamp: Option<TimestampMs>,
    /// Largest timestamp so far, -1 without one, and the last offset of its batch.
    pub(super) max_timestamp: TimestampMs,
    pub(super) max_timestamp_offset: Offset,
    bytes_since_entry: u64,
    pub(super) created_ms: TimestampMs,
    /// Blocks are allocated up to here.
    pub(super) allocated: u64,
    /// Whether the index files say something else than at the last sync.
    pub(super) is_changed: bool,
    /// When the index files were written last.
    indexes_written_ms: TimestampMs,
}

/// How often the index files of the active segment are written at most. A start does not need
/// them, but whoever looks into the directory does.
const INDEX_WRITE_INTERVAL_MS: i64 = 5;

impl Segment {
    /// Returns a segment whose content is not known yet.
    pub(super) const fn new(base: Offset, bytes: u64, created_ms: TimestampMs) -> Self {
        Self {
            base,
            bytes,
            file: None,
            indexes: OnceLock::new(),
            holes: Vec::new(),
            first_timestamp: None,
            max_timestamp: -1,
            max_timestamp_offset: Offset::NONE,
            bytes_since_entry: 0,
            created_ms,
            allocated: 0,
            is_changed: false,
            indexes_written_ms: TimestampMs::MIN,
        }
    }

    /// Returns the indexes to be changed; they are empty if nobody has read them before.
    pub(super) fn indexes_mut(&mut self) -> &mut Indexes {
        let _ = self.indexes.get_or_init(Indexes::default);
        self.indexes.get_mut().expect("it was just filled")
    }

    /// Returns how far an offset is from the base, if an index can say it.
    pub(super) fn relative(&self, offset: Offset) -> Option<i32> {
        i32::try_from(offset.0.checked_sub(self.base.0)?)
            .ok()
            .filter(|relative| *relative >= 0)
    }

    /// Notes a batch that lies at the segment's end: index entries, timestamps, size.
    pub(super) fn note(&mut self, batch: &Located, index_interval_bytes: u64) {
        let last = batch.header.last_offset();
        self.is_changed = true;
        if self.bytes == 0 || self.first_timestamp.is_none() && batch.position == 0 {
            self.first_timestamp = Some(batch.header.max_timestamp);
        }
        if batch.header.max_timestamp > self.max_timestamp {
            self.max_timestamp = batch.header.max_timestamp;
            self.max_timestamp_offset = last;
        }
        if self.bytes_since_entry > index_interval_bytes {
            if let (Some(relative), Ok(position)) =
                (self.relative(last), i32::try_from(batch.position))
            {
                self.indexes_mut()
                    .offsets
                    .push(OffsetEntry { relative, position });
            }
            self.force_time_entry();
            self.bytes_since_entry = 0;
        }
        self.bytes_since_entry += batch.bytes;
        self.bytes = batch.position + batch.bytes;
    }

    /// Adds the time-index entry that a closed segment must end with.
    pub(super) fn force_time_entry(&mut self) {
        if let Some(relative) = self.relative(self.max_timestamp_offset) {
            let timestamp = self.max_timestamp;
            self.indexes_mut().times.push(TimeEntry {
                timestamp,
                relative,
            });
        }
    }

    /// Returns whether a batch of these bytes, last offset and time belongs into a new segment
    /// (LogSegment.shouldRoll).
    pub(super) fn should_roll(&self, config: &LogConfig, next: &NextBatch) -> bool {
        if self.bytes == 0 && next.pending_bytes == 0 {
            return false;
        }
        let size = self.bytes + next.pending_bytes;
        let index_is_full = self.indexes.get().is_some_and(|indexes| {
            indexes.offsets.bytes() + OffsetEntry::BYTES > config.segment_index_bytes
                || indexes.times.bytes() + 2 * TimeEntry::BYTES > config.segment_index_bytes
        });
        let is_too_old = match self.first_timestamp {
            Some(first) if next.max_timestamp >= 0 && first >= 0 => {
                config.is_too_old(first, next.max_timestamp)
            }
            _ => config.is_too_old(self.created_ms, next.now_ms),
        };
        size + next.bytes > config.segment_bytes
            || is_too_old
            || index_is_full
            || self.relative(next.last_offset).is_none()
    }

    /// Returns whether a batch can be noted in this segment, though it belongs into a new one.
    pub(super) fn can_take(&self, next: &NextBatch) -> bool {
        let end = self.bytes + next.pending_bytes + next.bytes;
        i32::try_from(end).is_ok() && self.relative(next.last_offset).is_some()
    }

    /// Notes that the index files are complete, and gives back blocks that were not written.
    pub(super) fn finish(&mut self) {
        self.is_changed = false;
        if self.allocated > self.bytes
            && let Some(file) = &self.file
        {
            // Blocks behind the end harm nobody.
            drop(file.set_bytes(self.bytes));
            self.allocated = 0;
        }
    }

    /// Returns whether the index files lack something, and were not written just now.
    pub(super) fn are_indexes_due(&self, now_ms: TimestampMs) -> bool {
        let lacks = self
            .indexes
            .get()
            .is_none_or(|indexes| !indexes.offsets.is_persisted() || !indexes.times.is_persisted());
        lacks && now_ms.saturating_sub(self.indexes_written_ms) >= INDEX_WRITE_INTERVAL_MS
    }

    /// Notes that the index files were written, or that it was tried.
    pub(super) const fn indexes_written(&mut self, now_ms: TimestampMs) {
        self.indexes_written_ms = now_ms;
    }

    /// Writes what the index files lack.
    pub(super) fn persist_indexes(&mut self, fs: &dyn Fs, dir: &Path) -> Result<(), IoError> {
        let base = self.base;
        let indexes = self.indexes_mut();
        if !indexes.offsets.is_persisted() {
            let path = segment_path(dir, base, INDEX_SUFFIX);
            indexes.offsets.persist(fs, &path).at("write", &path)?;
        }
        if !indexes.times.is_persisted() {
            let path = segment_path(dir, base, TIME_INDEX_SUFFIX);
            indexes.times.persist(fs, &path).at("write", &path)?;
        }
        Ok(())
    }

    /// Makes the indexes and timestamps anew from the headers of `file`.
    pub(super) fn rebuild(&mut self, file: &dyn File, interval: u64) -> io::Result<Rebuilt> {
        let end = self.bytes;
        let holes = std::mem::take(&mut self.holes);
        self.reset();
        let mut scan = HeaderScan::new(file, &holes, 0, end);
        let mut rebuilt = Rebuilt {
            next_offset: self.base,
            bad: None,
        };
        loop {
            match scan.next()? {
                Scanned::Batch(batch) => {
                    rebuilt.next_offset = batch.header.next_offset();
                    self.note(&batch, interval);
                }
                Scanned::Hole(hole) => rebuilt.next_offset = hole.next_offset,
                Scanned::Bad(position) => {
                    rebuilt.bad = Some(position);
                    break;
                }
                Scanned::End => break,
            }
        }
        self.holes = holes;
        self.bytes = end;
        Ok(rebuilt)
    }

    /// Forgets all that the content says.
    pub(super) fn reset(&mut self) {
        self.bytes = 0;
        self.is_changed = true;
        // Not the files: they may be another content's.
        self.indexes = OnceLock::from(Indexes::default());
        self.first_timestamp = None;
        self.max_timestamp = -1;
        self.max_timestamp_offset = Offset::NONE;
        self.bytes_since_entry = 0;
    }

    /// Takes the indexes as the files have them, and the largest timestamp from them.
    pub(super) fn take_indexes(&mut self, indexes: Indexes, bytes_since_entry: u64) {
        self.bytes_since_entry = bytes_since_entry;
        if let Some(last) = indexes.times.last() {
            self.max_timestamp = last.timestamp;
            self.max_timestamp_offset = self.base.plus(i64::from(last.relative));
        }
        self.indexes = OnceLock::from(indexes);
    }
}

/// What a rebuild found.
#[derive(Clone, Copy, Debug)]
pub(super) struct Rebuilt {
    pub(super) next_offset: Offset,
    /// Where the headers end before the file does.
    pub(super) bad: Option<u64>,
}

/// What decides whether a segment is rolled.
#[derive(Clone, Copy, Debug)]
pub(super) struct NextBatch {
    pub(super) bytes: u64,
    /// Bytes that are about to be written before it.
    pub(super) pending_bytes: u64,
    pub(super) last_offset: Offset,
    pub(super) max_timestamp: TimestampMs,
    pub(super) now_ms: TimestampMs,
}
