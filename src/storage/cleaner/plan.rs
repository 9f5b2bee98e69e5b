//! What of a log may be cleaned, whether that is worth it, and what a cleaning needs to know
//! (LogCleanerManager.cleanableOffsets, LogToClean).

use std::collections::HashMap;
use std::path::PathBuf;
use std::sync::Arc;

use super::filter::LastRecord;
use crate::fs::Fs;
use crate::record::{BatchHeader, HEADER_BYTES};
use crate::storage::dir::LOG_SUFFIX;
use crate::storage::error::AtPath as _;
use crate::storage::{AbortedTxn, IoError, Log, LogConfig};
use crate::types::{Offset, TimestampMs};

/// How much of a log may be cleaned.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Cleanable {
    /// Where the dirty section begins.
    pub first_dirty: Offset,
    /// Where it ends: the base of the first segment that must not be cleaned.
    pub until: Offset,
    /// Bytes before the dirty section.
    pub clean_bytes: u64,
    /// Bytes in it.
    pub dirty_bytes: u64,
    /// Whether `max.compaction.lag.ms` has passed.
    pub is_overdue: bool,
    ratio_min: f64,
}

impl Cleanable {
    /// Returns which share of the bytes is dirty.
    #[must_use]
    #[expect(
        clippy::cast_precision_loss,
        reason = "a ratio, compared with one that a person wrote"
    )]
    pub fn ratio(&self) -> f64 {
        let all = self.clean_bytes + self.dirty_bytes;
        if all == 0 {
            return 0.0;
        }
        self.dirty_bytes as f64 / all as f64
    }

    /// Returns whether the log is to be cleaned now.
    #[must_use]
    pub fn is_due(&self) -> bool {
        self.dirty_bytes > 0 && (self.is_overdue || self.ratio() > self.ratio_min)
    }
}

/// A segment that is read.
#[derive(Clone, Copy, Debug)]
pub(super) struct Source {
    pub(super) base: Offset,
    /// Base of the segment behind.
    pub(super) until: Offset,
    pub(super) bytes: u64,
}

/// A cleaning, with all that it needs while it has no lock.
#[derive(Debug)]
pub struct CleaningPlan {
    pub(super) fs: Arc<dyn Fs>,
    pub(super) dir: PathBuf,
    pub(super) config: LogConfig,
    pub(super) cleanable: Cleanable,
    pub(super) sources: Vec<Source>,
    pub(super) aborted: Vec<AbortedTxn>,
    pub(super) producers: HashMap<i64, LastRecord>,
    pub(super) truncations: u64,
}

impl Log {
    /// Tells what may be cleaned, of which all before `last_clean` was; cheap where nothing is.
    pub fn cleanable(
        &mut self,
        last_clean: Option<Offset>,
        high_watermark: Offset,
        now_ms: TimestampMs,
    ) -> Result<Cleanable, IoError> {
        let start = self.start_offset();
        let is_known = |clean: &Offset| (start..=self.end_offset()).contains(clean);
        // A mark outside the log is another log's, or from before it was cut.
        let first_dirty = last_clean.filter(is_known).unwrap_or(start);
        let active = self.segments.active().base;
        let mut until = self.last_stable_offset(high_watermark).min(active);
        let lag_ms = self.config.min_compaction_lag_ms;
        if lag_ms > 0 && until > first_dirty {
            let young = self.first_younger_than(now_ms.saturating_sub(lag_ms), first_dirty)?;
            until = young.map_or(until, |young| young.min(until));
        }
        let until = self.segments.floor(until.max(first_dirty));
        let until = until.map_or(active, |segment| segment.base);
        let first = self.segments.floor(first_dirty.min(until));
        let first = first.map_or(until, |segment| segment.base);
        let bytes = |from: Offset, until: Offset| {
            let range = self.segments.map.range(from..until.max(from));
            range.map(|(_, segment)| segment.bytes).sum()
        };
        let mut cleanable = Cleanable {
            first_dirty,
            until,
            clean_bytes: bytes(self.segments.first_base(), first_dirty),
            dirty_bytes: bytes(first, until),
            is_overdue: false,
            ratio_min: self.config.min_cleanable_dirty_ratio,
        };
        if cleanable.dirty_bytes > 0 {
            cleanable.is_overdue = self.is_overdue(first, now_ms)?;
        }
        Ok(cleanable)
    }

    /// Returns the plan of a cleaning.
    #[must_use]
    pub fn plan_cleaning(&self, cleanable: Cleanable) -> CleaningPlan {
        let sources = self.segments.map.range(..cleanable.until);
        let sources = sources.map(|(base, segment)| Source {
            base: *base,
            until: self.segments.next_base(*base).unwrap_or(cleanable.until),
            bytes: segment.bytes,
        });
        let producers = self.producers().iter().map(|(id, state)| {
            let last = state.last_batch().map(|batch| batch.last_offset);
            let epoch = LastRecord::Marker(state.epoch());
            (id, last.map_or(epoch, LastRecord::Data))
        });
        CleaningPlan {
            fs: Arc::clone(&self.segments.fs),
            dir: self.dir().to_path_buf(),
            config: self.config.clone(),
            cleanable,
            sources: sources.collect(),
            aborted: self.aborted.entries().to_vec(),
            producers: producers.collect(),
            truncations: self.truncations,
        }
    }

    /// Returns the base of the first finished segment with dirty records after `limit`.
    fn first_younger_than(
        &mut self,
        limit: TimestampMs,
        first_dirty: Offset,
    ) -> Result<Option<Offset>, IoError> {
        for base in self.finished_from(first_dirty) {
            if self.age_timestamp(base)? > limit {
                return Ok(Some(base));
            }
        }
        Ok(None)
    }

    /// Returns whether a record of the dirty section has waited for `max.compaction.lag.ms`.
    fn is_overdue(&mut self, first: Offset, now_ms: TimestampMs) -> Result<bool, IoError> {
        let lag_ms = self.config.max_compaction_lag_ms;
        if lag_ms == i64::MAX {
            return Ok(false);
        }
        let limit = now_ms.saturating_sub(lag_ms);
        for base in self.finished_from(first) {
            if self
                .first_timestamp(base)?
                .is_some_and(|first| (1..limit).contains(&first))
            {
                return Ok(true);
            }
        }
        Ok(false)
    }

    /// Returns the bases of the segments from the one with `offset` on, without the active one.
    fn finished_from(&self, offset: Offset) -> Vec<Offset> {
        let first = self.segments.floor(offset);
        let first = first.map_or(offset, |segment| segment.base);
        let active = self.segments.active().base;
        let range = self.segments.map.range(first..active.max(first));
        range.map(|(base, _)| *base).collect()
    }

    /// Returns the largest timestamp of a segment's first batch.
    fn first_timestamp(&mut self, base: Offset) -> Result<Option<TimestampMs>, IoError> {
        let Some(segment) = self.segments.map.get(&base) else {
            return Ok(None);
        };
        if segment.first_timestamp.is_some() || segment.bytes == 0 {
            return Ok(segment.first_timestamp);
        }
        let path = self.segments.path(base, LOG_SUFFIX);
        let file = self.segments.file(segment)?;
        let mut bytes = [0; HEADER_BYTES];
        file.read_exact_at(&mut bytes, 0).at("read", &path)?;
        let first = BatchHeader::parse(&bytes).map(|header| header.max_timestamp);
        if let Some(segment) = self.segments.map.get_mut(&base) {
            segment.first_timestamp = first;
        }
        Ok(first)
    }
}
