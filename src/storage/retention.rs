//! Retention: which segments a log has kept long enough, and how they go.
//!
//! By start offset always; by time and size only with `cleanup.policy=delete`, and only below the
//! high watermark. Files go in two steps: they are renamed here, durably and the oldest first, so
//! that no crash leaves a gap; they are removed by the caller once `file.delete.delay.ms` has
//! passed, or by the next start.

use std::path::PathBuf;

use super::dir::{DELETED_SUFFIX, LOG_SUFFIX, SEGMENT_SUFFIXES};
use super::error::{AtPath, IoError};
use super::log::Log;
use super::truncate::{TruncateError, rebuilt};
use crate::types::{Offset, TimestampMs};

/// Segments that one call takes away: each costs a sync of the directory, under the log's lock.
const SEGMENTS_A_CALL_MAX: usize = 8;

/// What decides whether an old segment goes.
#[derive(Clone, Copy, Debug)]
pub struct OldSegment {
    /// Its first offset.
    pub base: Offset,
    /// The offset behind its last.
    pub end_offset: Offset,
    /// Its size.
    pub bytes: u64,
}

impl Log {
    /// Takes some of the segments away that are past the start, too old, or too much
    /// (UnifiedLog.deleteOldSegments); returns the renamed files. Nothing is left to be done once
    /// nothing is returned.
    pub fn delete_expired(
        &mut self,
        high_watermark: Offset,
        now_ms: TimestampMs,
    ) -> Result<Vec<PathBuf>, TruncateError> {
        let mut left = self.expired_segments(high_watermark, now_ms)?;
        if left == 0 {
            return Ok(Vec::new());
        }
        if left == self.segments.map.len() {
            // The active one goes too: another must have its name first, or a crash would leave
            // nothing that tells the log's end.
            self.roll(now_ms)?;
            let dir = self.dir();
            self.segments.fs.sync_dir(dir).at("sync", dir)?;
        }
        left = left.min(SEGMENTS_A_CALL_MAX);
        self.delete_oldest(|_| {
            let goes = left > 0;
            left = left.saturating_sub(1);
            goes
        })
    }

    /// Takes the oldest segments away while `is_past` holds; the active one stays. Their files are
    /// renamed, and returned to be removed after `file.delete.delay.ms`.
    pub fn delete_oldest(
        &mut self,
        mut is_past: impl FnMut(OldSegment) -> bool,
    ) -> Result<Vec<PathBuf>, TruncateError> {
        self.check_writable()?;
        let mut removed = Vec::new();
        let mut result = Ok(());
        while let Some((base, next)) = self.segments.oldest_inactive() {
            let bytes = self.segments.map.get(&base).map_or(0, |old| old.bytes);
            let end_offset = next;
            if !is_past(OldSegment {
                base,
                end_offset,
                bytes,
            }) {
                break;
            }
            self.start = self.start.max(next);
            result = self.rename_deleted(base, &mut removed);
            if result.is_err() {
                break;
            }
        }
        if !removed.is_empty() {
            let start = self.start;
            self.unsynced.retain(|(end, _, _)| *end > start);
            self.epochs.truncate_from_start(start);
            let kept = self.aborted.entries().iter().copied();
            self.aborted = rebuilt(kept.filter(|txn| txn.last_offset >= start));
        }
        result?;
        Ok(removed)
    }

    /// Returns how many of the oldest segments may go, the active one included unless it is empty.
    fn expired_segments(
        &mut self,
        high_watermark: Offset,
        now_ms: TimestampMs,
    ) -> Result<usize, TruncateError> {
        let config = &self.config;
        let retention_ms = Some(config.retention_ms).filter(|ms| config.delete && *ms >= 0);
        let bytes_max = u64::try_from(config.retention_bytes).ok();
        let mut surplus = bytes_max
            .filter(|_| config.delete)
            .and_then(|bytes_max| self.bytes().checked_sub(bytes_max));
        let mut base = self.segments.first_base();
        let mut count = 0;
        loop {
            let next = self.segments.next_base(base);
            let bytes = self.segments.map.get(&base).map_or(0, |old| old.bytes);
            let is_unfinished = next.unwrap_or(self.end) > high_watermark;
            if is_unfinished || next.is_none() && bytes == 0 {
                return Ok(count);
            }
            let is_before_start = next.is_some_and(|next| next <= self.start);
            let left = surplus.and_then(|surplus| surplus.checked_sub(bytes));
            let goes = is_before_start
                || left.is_some()
                || match retention_ms {
                    Some(limit_ms) => now_ms.saturating_sub(self.age_timestamp(base)?) > limit_ms,
                    None => false,
                };
            if !goes {
                return Ok(count);
            }
            surplus = left;
            count += 1;
            match next {
                Some(next) => base = next,
                None => return Ok(count),
            }
        }
    }

    /// Returns from when on a segment's age counts: its largest timestamp, or when its file was
    /// last written if it has none (LogSegment.largestTimestamp).
    pub(super) fn age_timestamp(&mut self, base: Offset) -> Result<TimestampMs, IoError> {
        let Some(segment) = self.segments.map.get(&base) else {
            return Ok(TimestampMs::MAX);
        };
        if segment.max_timestamp >= 0 {
            return Ok(segment.max_timestamp);
        }
        if segment.bytes > 0 {
            // Read once, and not kept: an old segment's indexes are large and rarely wanted.
            let last = match self.segments.read_indexes(base)? {
                Some(indexes) => indexes.times.last(),
                None => self.segments.indexes(segment)?.times.last(),
            };
            if let (Some(entry), Some(segment)) = (last, self.segments.map.get_mut(&base)) {
                segment.max_timestamp = entry.timestamp;
                segment.max_timestamp_offset = base.plus(i64::from(entry.relative));
                return Ok(entry.timestamp);
            }
        }
        let path = self.segments.path(base, LOG_SUFFIX);
        Ok(self
            .segments
            .fs
            .metadata(&path)
            .at("read", &path)?
            .modified_ms)
    }

    /// Renames a segment's files durably, and forgets it.
    fn rename_deleted(&mut self, base: Offset, removed: &mut Vec<PathBuf>) -> Result<(), IoError> {
        for suffix in SEGMENT_SUFFIXES {
            let path = self.segments.path(base, suffix);
            let mut name = path.clone().into_os_string();
            name.push(DELETED_SUFFIX);
            match self.segments.fs.rename(&path, name.as_ref()) {
                Ok(()) => removed.push(name.into()),
                Err(error) if error.kind() == std::io::ErrorKind::NotFound => {}
                result => result.at("rename", &path)?,
            }
            // The records go first; the others mean nothing without them.
            if suffix == LOG_SUFFIX {
                self.segments.map.remove(&base);
                self.segments.forget_cold(base);
            }
        }
        let dir = self.dir();
        self.segments.fs.sync_dir(dir).at("sync", dir)
    }
}
