//! A cleaning from the map to the last swap (Cleaner.doClean).

use std::path::{Path, PathBuf};

use super::filter::{DECOMPRESSED_BYTES_MAX, FilterError, Rules};
use super::offset_map::OffsetMap;
use super::plan::{CleaningPlan, Source};
use super::rewrite::{for_each_batch, rewrite};
use super::swap::{CleanedSegment, SwapError};
use super::transactions::{CleanedTransactions, Role};
use crate::record::RecordBatch;
use crate::storage::IoError;
use crate::storage::dir::{INDEX_SUFFIX, TIME_INDEX_SUFFIX, segment_path};
use crate::storage::error::AtPath as _;
use crate::storage::load::leftovers;
use crate::types::{Offset, TimestampMs};

/// What a cleaning may use.
#[derive(Clone, Copy, Debug)]
pub struct CleanerSettings {
    /// The most memory for the offset map: a thread's share of `log.cleaner.dedupe.buffer.size`.
    pub map_bytes_max: usize,
    /// How full the map may get (`log.cleaner.io.buffer.load.factor`).
    pub load_factor: f64,
    /// Bytes that are collected before they are written.
    pub buffer_bytes: usize,
    /// What nobody else knows, so that nobody can make keys that meet in the map.
    pub secret: (u64, u64),
    /// The time.
    pub now_ms: TimestampMs,
}

/// Whether a cleaning goes on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Go {
    /// It does.
    On,
    /// It ends; what was swapped stays swapped.
    Stop,
}

/// Whoever slows a cleaning down or ends it.
pub trait Pace {
    /// Is told of bytes that were read or written; may wait.
    fn after(&mut self, bytes: usize) -> Go;
}

/// What a cleaning has done.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct CleanReport {
    /// All before this is clean now.
    pub clean_until: Offset,
    /// Different keys in the dirty section, as far as it was mapped.
    pub keys: usize,
    /// Size of the segments that were read.
    pub bytes_before: u64,
    /// Size of what has taken their place.
    pub bytes_after: u64,
    /// Segments before.
    pub segments_before: usize,
    /// Segments after.
    pub segments_after: usize,
}

/// Why a log is not clean, or not as clean as it could be.
#[derive(Debug, thiserror::Error)]
pub enum CleanError {
    /// A call of the file system failed before anything was changed.
    #[error(transparent)]
    Io(#[from] IoError),
    /// A batch cannot be read; it will not get better.
    #[error("{} is damaged at position {position}: {reason}", path.display())]
    Damaged {
        /// The segment's file.
        path: PathBuf,
        /// Where in the file.
        position: u64,
        /// What is wrong.
        reason: String,
    },
    /// [`Pace`] ended it.
    #[error("the cleaning was stopped")]
    Stopped,
    /// The new segment did not get its place.
    #[error(transparent)]
    Swap(#[from] SwapError),
}

impl From<FilterError> for CleanError {
    fn from(error: FilterError) -> Self {
        Self::Damaged {
            path: PathBuf::new(),
            position: 0,
            reason: error.to_string(),
        }
    }
}

impl CleanError {
    /// Says where a damaged batch lies.
    pub(super) fn at_place(self, file: &Path, place: u64) -> Self {
        match self {
            Self::Damaged { reason, .. } => Self::Damaged {
                path: file.to_path_buf(),
                position: place,
                reason,
            },
            other => other,
        }
    }
}

pub(super) fn go_on(pace: &mut dyn Pace, bytes: usize) -> Result<(), CleanError> {
    match pace.after(bytes) {
        Go::On => Ok(()),
        Go::Stop => Err(CleanError::Stopped),
    }
}

impl CleaningPlan {
    /// Cleans; `swap` is to call [`crate::storage::Log::swap_cleaned`] under the log's lock.
    ///
    /// Groups that were swapped before an error stay: they are as good as before, and smaller.
    pub fn run(
        &self,
        settings: &CleanerSettings,
        pace: &mut dyn Pace,
        swap: &mut dyn FnMut(CleanedSegment) -> Result<(), SwapError>,
    ) -> Result<CleanReport, CleanError> {
        leftovers::remove_cleaned(self.fs.as_ref(), &self.dir)?;
        let result = self.clean(settings, pace, swap);
        if result.is_err() {
            leftovers::remove_cleaned(self.fs.as_ref(), &self.dir)?;
        }
        result
    }

    fn clean(
        &self,
        settings: &CleanerSettings,
        pace: &mut dyn Pace,
        swap: &mut dyn FnMut(CleanedSegment) -> Result<(), SwapError>,
    ) -> Result<CleanReport, CleanError> {
        let (map, mapped_until) = self.map_keys(settings, pace)?;
        let rules = Rules {
            map: &map,
            mapped_until,
            until: self.cleanable.until,
            producers: &self.producers,
            now_ms: settings.now_ms,
            delete_retention_ms: self.config.delete_retention_ms,
        };
        let mut report = CleanReport {
            clean_until: mapped_until,
            keys: map.len(),
            ..CleanReport::default()
        };
        let mut transactions = CleanedTransactions::new(self.aborted.clone());
        for group in self.groups(mapped_until) {
            let before: u64 = group.iter().map(|old| old.bytes).sum();
            report.segments_before += group.len();
            report.segments_after += 1;
            report.bytes_before += before;
            let buffer_bytes = settings.buffer_bytes;
            match rewrite(self, &group, &rules, &mut transactions, pace, buffer_bytes)? {
                None => {
                    leftovers::remove_cleaned(self.fs.as_ref(), &self.dir)?;
                    report.bytes_after += before;
                }
                Some(cleaned) => {
                    report.bytes_after += cleaned.bytes();
                    swap(cleaned)?;
                    self.fs.sync_dir(&self.dir).at("sync", &self.dir)?;
                }
            }
        }
        Ok(report)
    }

    /// Reads the dirty section's keys, as many as there is room for; returns the first offset
    /// that was not looked at.
    fn map_keys(
        &self,
        settings: &CleanerSettings,
        pace: &mut dyn Pace,
    ) -> Result<(OffsetMap, Offset), CleanError> {
        let (first, until) = (self.cleanable.first_dirty, self.cleanable.until);
        let keys_max = u64::try_from(until.0.saturating_sub(first.0)).unwrap_or(0);
        let (bytes_max, load_factor) = (settings.map_bytes_max, settings.load_factor);
        let mut map = OffsetMap::new(keys_max, bytes_max, load_factor, settings.secret);
        let mut mapped_until = first;
        let dirty = self.sources.iter().filter(|source| source.until > first);
        let begin = dirty.clone().next().map_or(first, |source| source.base);
        let overlapping = self.aborted.iter().filter(|txn| txn.last_offset >= begin);
        let mut transactions = CleanedTransactions::new(overlapping.copied().collect());
        for source in dirty {
            let mut is_full = false;
            for_each_batch(self, source, |batch| {
                let role = transactions.see(batch);
                let header = batch.header();
                let counts = role == Role::Counts && !header.attributes.is_control();
                if counts && header.last_offset() >= first {
                    let unknown = put_keys(&mut map, batch, first)?;
                    is_full = unknown.is_some();
                    mapped_until = unknown.unwrap_or_else(|| header.next_offset());
                }
                go_on(pace, batch.bytes().len())?;
                Ok(if is_full { Go::Stop } else { Go::On })
            })?;
            if is_full {
                return Ok((map, mapped_until));
            }
            mapped_until = source.until;
        }
        Ok((map, mapped_until))
    }

    /// Returns the segments before `mapped_until`, small ones together
    /// (Cleaner.groupSegmentsBySize).
    fn groups(&self, mapped_until: Offset) -> Vec<Vec<Source>> {
        let mut groups: Vec<Vec<Source>> = Vec::new();
        let (mut bytes, mut indexes) = (0, [0, 0]);
        for source in self.sources.iter().filter(|old| old.base < mapped_until) {
            let own = [INDEX_SUFFIX, TIME_INDEX_SUFFIX].map(|suffix| self.size(source, suffix));
            let together = indexes.iter().zip(own).map(|(all, own)| all + own);
            let index_bytes = u64::try_from(self.config.segment_index_bytes).unwrap_or(u64::MAX);
            let fits = bytes + source.bytes <= self.config.segment_bytes
                && together.clone().all(|sum| sum <= index_bytes);
            match groups.last_mut() {
                Some(group) if fits && is_near(group, source) => {
                    group.push(*source);
                    bytes += source.bytes;
                    indexes = [indexes[0] + own[0], indexes[1] + own[1]];
                }
                _ => {
                    groups.push(vec![*source]);
                    (bytes, indexes) = (source.bytes, own);
                }
            }
        }
        groups
    }

    fn size(&self, source: &Source, suffix: &str) -> u64 {
        let path = segment_path(&self.dir, source.base, suffix);
        self.fs.metadata(&path).map_or(0, |file| file.bytes)
    }
}

/// Returns whether an index of the group's first segment can tell the offsets of this one.
fn is_near(group: &[Source], source: &Source) -> bool {
    let base = group.first().map_or(source.base, |first| first.base);
    source.bytes == 0 || source.until.0 - 1 - base.0 <= i64::from(i32::MAX)
}

/// Notes the keys of a batch from `first` on; returns the first offset that found no room.
fn put_keys(
    map: &mut OffsetMap,
    batch: &RecordBatch<'_>,
    first: Offset,
) -> Result<Option<Offset>, FilterError> {
    let body = batch.decompressed_body(DECOMPRESSED_BYTES_MAX)?;
    for record in batch.records(&body) {
        let record = record?;
        let offset = batch
            .header()
            .base_offset
            .plus(i64::from(record.offset_delta));
        if let Some(key) = record.key
            && offset >= first
            && map.put(key, offset).is_err()
        {
            return Ok(Some(offset));
        }
    }
    Ok(None)
}
