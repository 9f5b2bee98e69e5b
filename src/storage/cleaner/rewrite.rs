//! Writes what stays of some segments into one new segment, synced, under names that end with
//! `.cleaned`: a start removes them, so that a crash here has no consequence.

use std::io::IoSlice;
use std::path::PathBuf;
use std::sync::Arc;

use super::filter::{Kept, Rules};
use super::plan::{CleaningPlan, Source};
use super::run::{CleanError, Go, Pace, go_on};
use super::swap::CleanedSegment;
use super::transactions::CleanedTransactions;
use crate::fs::{File, OpenMode};
use crate::record::{BatchHeader, RecordBatch};
use crate::storage::dir::{
    CLEANED_SUFFIX, INDEX_SUFFIX, LOG_SUFFIX, TIME_INDEX_SUFFIX, TXN_INDEX_SUFFIX, segment_path,
};
use crate::storage::error::AtPath as _;
use crate::storage::file_records::{BatchScan, Checked, Located};
use crate::storage::index::{Entry, Index};
use crate::storage::segment::Segment;
use crate::storage::truncate::rebuilt;
use crate::storage::{AbortedTxn, IoError};
use crate::types::TimestampMs;

/// Calls `see` for each batch of a segment, until it says that it has seen enough.
pub(super) fn for_each_batch(
    plan: &CleaningPlan,
    source: &Source,
    mut see: impl FnMut(&RecordBatch<'_>) -> Result<Go, CleanError>,
) -> Result<(), CleanError> {
    let path = segment_path(&plan.dir, source.base, LOG_SUFFIX);
    let file = plan.fs.open(&path, OpenMode::Read).at("open", &path)?;
    let mut scan = BatchScan::new(file.as_ref(), 0, source.bytes);
    loop {
        match scan.next().at("read", &path)? {
            Checked::Batch(position, batch) => {
                let go = see(&batch).map_err(|error| error.at_place(&path, position))?;
                if go == Go::Stop {
                    return Ok(());
                }
            }
            Checked::Bad(position, reason) => {
                return Err(CleanError::Damaged {
                    path,
                    position,
                    reason,
                });
            }
            Checked::End => return Ok(()),
        }
    }
}

/// Writes the new segment of a group; `None` if it would be the old one.
pub(super) fn rewrite(
    plan: &CleaningPlan,
    group: &[Source],
    rules: &Rules<'_>,
    transactions: &mut CleanedTransactions,
    pace: &mut dyn Pace,
    buffer_bytes: usize,
) -> Result<Option<CleanedSegment>, CleanError> {
    let (Some(first), Some(last)) = (group.first(), group.last()) else {
        return Ok(None);
    };
    let mut writer = Writer::create(plan, first, buffer_bytes, rules.now_ms)?;
    let mut is_same = group.len() == 1;
    for source in group {
        for_each_batch(plan, source, |batch| {
            let role = transactions.see(batch);
            let read = batch.bytes().len();
            let written = match rules.filter(batch, role)? {
                Kept::Whole => writer.append(batch.bytes(), batch.header())?,
                Kept::Nothing => {
                    is_same = false;
                    0
                }
                Kept::Rebuilt(bytes) => {
                    is_same = false;
                    let header = BatchHeader::parse(&bytes).expect("it was just built");
                    writer.append(&bytes, &header)?
                }
            };
            go_on(pace, read + written)?;
            Ok(Go::On)
        })?;
    }
    let aborted = transactions.take_kept();
    if is_same {
        return Ok(None);
    }
    let (segment, suffixes) = writer.finish(&aborted)?;
    Ok(Some(CleanedSegment {
        until: last.until,
        segment,
        suffixes,
        sources: group.iter().map(|old| (old.base, old.bytes)).collect(),
        aborted,
        truncations: plan.truncations,
    }))
}

/// The new segment while it is written.
struct Writer<'p> {
    plan: &'p CleaningPlan,
    path: PathBuf,
    file: Arc<dyn File>,
    buffer: Vec<u8>,
    buffer_bytes: usize,
    segment: Segment,
}

impl<'p> Writer<'p> {
    fn create(
        plan: &'p CleaningPlan,
        first: &Source,
        buffer_bytes: usize,
        now_ms: TimestampMs,
    ) -> Result<Self, IoError> {
        let path = cleaned_path(plan, first.base, LOG_SUFFIX);
        let file = plan
            .fs
            .open(&path, OpenMode::Truncate)
            .at("create", &path)?;
        Ok(Self {
            plan,
            path,
            file,
            buffer: Vec::new(),
            buffer_bytes,
            segment: Segment::new(first.base, 0, now_ms),
        })
    }

    /// Appends a batch; returns its size.
    fn append(&mut self, bytes: &[u8], header: &BatchHeader) -> Result<usize, IoError> {
        self.buffer.extend_from_slice(bytes);
        let located = Located {
            position: self.segment.bytes,
            bytes: u64::try_from(bytes.len()).unwrap_or(u64::MAX),
            header: *header,
        };
        let interval = self.plan.config.index_interval_bytes;
        self.segment.note(&located, interval);
        if self.buffer.len() >= self.buffer_bytes {
            self.write()?;
        }
        Ok(bytes.len())
    }

    fn write(&mut self) -> Result<(), IoError> {
        let waiting = u64::try_from(self.buffer.len()).unwrap_or(u64::MAX);
        let position = self.segment.bytes - waiting;
        let mut slices = [IoSlice::new(&self.buffer)];
        self.file
            .write_all_at(&mut slices, position)
            .at("write", &self.path)?;
        self.buffer.clear();
        Ok(())
    }

    /// Writes and syncs what is missing; returns the segment and the suffixes of its files.
    fn finish(mut self, aborted: &[AbortedTxn]) -> Result<(Segment, Vec<&'static str>), IoError> {
        self.write()?;
        self.file.sync_data().at("sync", &self.path)?;
        let base = self.segment.base;
        self.segment.force_time_entry();
        let indexes = self.segment.indexes_mut();
        persist(self.plan, &mut indexes.offsets, base, INDEX_SUFFIX)?;
        persist(self.plan, &mut indexes.times, base, TIME_INDEX_SUFFIX)?;
        let mut suffixes = vec![LOG_SUFFIX, INDEX_SUFFIX, TIME_INDEX_SUFFIX];
        if !aborted.is_empty() {
            let mut index = rebuilt(aborted.iter().copied());
            persist(self.plan, &mut index, base, TXN_INDEX_SUFFIX)?;
            suffixes.push(TXN_INDEX_SUFFIX);
        }
        // No name may be lost once others of the segment are durable.
        let dir = self.plan.dir.as_path();
        self.plan.fs.sync_dir(dir).at("sync", dir)?;
        // Read again when somebody asks.
        self.segment.indexes = std::sync::OnceLock::new();
        self.segment.is_changed = false;
        Ok((self.segment, suffixes))
    }
}

fn persist<E: Entry>(
    plan: &CleaningPlan,
    index: &mut Index<E>,
    base: crate::types::Offset,
    suffix: &str,
) -> Result<(), IoError> {
    let path = cleaned_path(plan, base, suffix);
    index.persist(plan.fs.as_ref(), &path).at("write", &path)?;
    let file = plan.fs.open(&path, OpenMode::ReadWrite).at("open", &path)?;
    file.sync_data().at("sync", &path)
}

fn cleaned_path(plan: &CleaningPlan, base: crate::types::Offset, suffix: &str) -> PathBuf {
    segment_path(&plan.dir, base, &format!("{suffix}{CLEANED_SUFFIX}"))
}
