//! Making a log shorter: at its end, where a leader says so, and at its start.
//!
//! Truncation moves the recovery point back; its checkpoint must be written before anything new
//! is appended, which is the caller's to do (`LogManager` writes them): what is below it counts as
//! synced. What was cut is gone for good when a truncation returns; else records could be
//! appended over it, and a power cut bring parts of it back between them.

use super::dir::{LOG_SUFFIX, SNAPSHOT_SUFFIX, parse_segment_name};
use super::error::{AppendError, AtPath, IoError, ReadError};
use super::index::{Entry, Index};
use super::log::Log;
use super::producer_state::ProducerStateManager;
use super::segment::Segment;
use super::segments::remove_if_there;
use super::transaction_index::AbortedTxn;
use crate::fs::OpenMode;
use crate::types::{Offset, TimestampMs};

/// Why a log was not cut.
#[derive(Debug, thiserror::Error)]
pub enum TruncateError {
    /// It takes no writes.
    #[error(transparent)]
    Append(#[from] AppendError),
    /// A call of the file system failed.
    #[error(transparent)]
    Io(#[from] IoError),
    /// The place cannot be found.
    #[error(transparent)]
    Read(#[from] ReadError),
    /// `OFFSET_OUT_OF_RANGE`: the new start lies beyond what is committed.
    #[error(
        "Cannot increment the log start offset to {offset} of partition {partition} since it is \
         larger than the high watermark {high_watermark}"
    )]
    BeyondHighWatermark {
        /// The partition.
        partition: String,
        /// What was asked.
        offset: Offset,
        /// The high watermark.
        high_watermark: Offset,
    },
}

impl Log {
    /// Cuts the log so that it ends at `offset`; a batch that reaches over it goes as a whole.
    ///
    /// Returns whether anything was cut.
    pub fn truncate_to(
        &mut self,
        offset: Offset,
        now_ms: TimestampMs,
    ) -> Result<bool, TruncateError> {
        self.check_writable()?;
        if offset >= self.end {
            return Ok(false);
        }
        if offset <= self.segments.first_base() {
            self.truncate_fully_and_start_at(offset, now_ms)?;
            return Ok(true);
        }
        let count = self.segments.map.len();
        while self.segments.active().base >= offset {
            let base = self.segments.active().base;
            self.segments.remove(base)?;
        }
        if self.segments.map.len() < count {
            self.sync_names()?;
        }
        let active = self.segments.active();
        let position = match self.search(active, offset) {
            Ok(batch) => batch.map_or(active.bytes, |batch| batch.position),
            // The offset is in damage: it goes, with all behind it.
            Err(ReadError::Damaged { position, .. }) => position,
            Err(error) => return Err(error.into()),
        };
        self.open_active()?;
        self.segments.forget_cold(self.segments.active().base);
        self.cut_active(position)?;
        self.truncations += 1;
        self.unsynced_name = Some(self.segments.active().base);
        self.end = offset;
        self.flushed = self.flushed.min(offset);
        self.start = self.start.min(offset);
        self.unsynced.retain(|(end, _, _)| *end <= offset);
        self.recent.clear();
        self.epochs.truncate_from_end(offset);
        self.write_epochs()?;
        self.aborted.truncate(|txn| txn.last_offset >= offset);
        self.write_aborted()?;
        let snapshots = self.remove_later_snapshots()?;
        self.sync_names()?;
        self.rebuild_producers(snapshots, now_ms)?;
        Ok(true)
    }

    /// Drops all records; the log is empty and begins at `offset`.
    pub fn truncate_fully_and_start_at(
        &mut self,
        offset: Offset,
        now_ms: TimestampMs,
    ) -> Result<(), TruncateError> {
        self.check_writable()?;
        let bases: Vec<_> = self.segments.map.keys().copied().collect();
        // The last first: a crash in between leaves a log that ends earlier.
        for base in bases.into_iter().rev() {
            self.segments.remove(base)?;
        }
        self.end = Offset::NONE;
        self.remove_later_snapshots()?;
        self.create_segment(offset, now_ms)?;
        self.sync_names()?;
        self.truncations += 1;
        self.start = offset;
        self.end = offset;
        self.flushed = offset;
        self.unsynced.clear();
        self.recent.clear();
        self.epochs.clear();
        self.write_epochs()?;
        self.producers = ProducerStateManager::default();
        self.aborted = Index::default();
        Ok(())
    }

    /// Moves the start up, as DeleteRecords asks or a leader tells; returns whether it moved.
    ///
    /// Segments that lie before it wholly are for retention to remove.
    pub fn advance_start_offset(
        &mut self,
        offset: Offset,
        high_watermark: Offset,
    ) -> Result<bool, TruncateError> {
        if offset > high_watermark {
            let partition = self.partition.to_string();
            return Err(TruncateError::BeyondHighWatermark {
                partition,
                offset,
                high_watermark,
            });
        }
        if offset <= self.start {
            return Ok(false);
        }
        self.start = offset;
        self.epochs.truncate_from_start(offset);
        Ok(true)
    }

    /// Makes an empty active segment.
    pub(super) fn create_segment(
        &mut self,
        base: Offset,
        now_ms: TimestampMs,
    ) -> Result<(), IoError> {
        let path = self.segments.path(base, LOG_SUFFIX);
        let file = self
            .segments
            .fs
            .open(&path, OpenMode::Truncate)
            .at("create", &path)?;
        let mut segment = Segment::new(base, 0, now_ms);
        segment.file = Some(file);
        self.segments.map.insert(base, segment);
        self.unsynced_name = Some(base);
        Ok(())
    }

    /// Opens the active segment's file for writing.
    pub(super) fn open_active(&mut self) -> Result<(), IoError> {
        let base = self.segments.active().base;
        if self.segments.active().file.is_none() {
            let path = self.segments.path(base, LOG_SUFFIX);
            let file = self
                .segments
                .fs
                .open(&path, OpenMode::ReadWrite)
                .at("open", &path)?;
            self.segments.active_mut().file = Some(file);
        }
        Ok(())
    }

    /// Removes snapshots of states behind the log's end; returns where the others are.
    fn remove_later_snapshots(&self) -> Result<Vec<Offset>, IoError> {
        let mut kept = Vec::new();
        for entry in self
            .segments
            .fs
            .read_dir(self.dir())
            .at("list", self.dir())?
        {
            match parse_segment_name(&entry.name) {
                Some((offset, SNAPSHOT_SUFFIX)) if offset > self.end => {
                    let path = self.dir().join(&entry.name);
                    remove_if_there(self.segments.fs.as_ref(), &path)?;
                }
                Some((offset, SNAPSHOT_SUFFIX)) => kept.push(offset),
                _ => {}
            }
        }
        Ok(kept)
    }

    pub(super) fn sync_names(&self) -> Result<(), IoError> {
        self.segments.fs.sync_dir(self.dir()).at("sync", self.dir())
    }

    fn cut_active(&mut self, position: u64) -> Result<(), IoError> {
        let interval = self.segments.index_interval_bytes;
        let path = self.segments.path(self.segments.active().base, LOG_SUFFIX);
        let active = self.segments.active_mut();
        let file = active.file.clone().expect("the active segment is open");
        file.set_bytes(position).at("cut", &path)?;
        file.sync_all().at("sync", &path)?;
        active.allocated = 0;
        active.bytes = position;
        active.holes.retain(|hole| hole.begin < position);
        active.rebuild(file.as_ref(), interval).at("read", &path)?;
        // The files still hold entries for what was cut.
        let base = active.base;
        for suffix in [super::dir::INDEX_SUFFIX, super::dir::TIME_INDEX_SUFFIX] {
            remove_if_there(self.segments.fs.as_ref(), &self.segments.path(base, suffix))?;
        }
        Ok(())
    }

    /// Writes the aborted transactions of the active segment anew.
    fn write_aborted(&mut self) -> Result<(), IoError> {
        let base = self.segments.active().base;
        let path = self.segments.path(base, super::dir::TXN_INDEX_SUFFIX);
        let kept = self
            .aborted
            .entries()
            .iter()
            .filter(|txn| txn.last_offset >= base);
        let mut index: Index<AbortedTxn> = rebuilt(kept.copied());
        if index.entries().is_empty() {
            return remove_if_there(self.segments.fs.as_ref(), &path);
        }
        index
            .persist(self.segments.fs.as_ref(), &path)
            .at("write", &path)
    }
}

pub(super) fn rebuilt<E: Entry>(entries: impl Iterator<Item = E>) -> Index<E> {
    let mut index = Index::default();
    for entry in entries {
        index.push(entry);
    }
    index
}
