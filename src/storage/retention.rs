//! Retention: which segments a log has kept long enough.
//!
//! By start offset always; by time and size only with `cleanup.policy=delete`, and only below the
//! high watermark. Files go in two steps: they are renamed here, and removed by the caller once
//! `file.delete.delay.ms` has passed, or by the next start.

use std::path::PathBuf;

use super::log::Log;
use super::truncate::TruncateError;
use crate::types::{Offset, TimestampMs};

impl Log {
    /// Takes the segments away that are past the start, too old, or too much; returns the renamed
    /// files.
    pub fn delete_expired(
        &mut self,
        high_watermark: Offset,
        now_ms: TimestampMs,
    ) -> Result<Vec<PathBuf>, TruncateError> {
        let (start, config) = (self.start_offset(), self.config().clone());
        let has_time_limit = config.delete && config.retention_ms >= 0;
        let is_old = |max_timestamp: TimestampMs| {
            has_time_limit
                && max_timestamp >= 0
                && now_ms.saturating_sub(max_timestamp) > config.retention_ms
        };
        let (newest, _) = self.largest_timestamp(self.segments.active())?;
        if self.segments.active().bytes > 0 && is_old(newest) && high_watermark >= self.end {
            // The active segment stays, so it must be another one before it can go.
            self.roll(now_ms)?;
        }
        let mut surplus: Option<u64> = None;
        if config.delete
            && let Ok(bytes_max) = u64::try_from(config.retention_bytes)
        {
            surplus = self.bytes().checked_sub(bytes_max);
        }
        self.delete_oldest(|segment| {
            if segment.end_offset > high_watermark {
                return false;
            }
            let left = surplus.and_then(|surplus| surplus.checked_sub(segment.bytes));
            let goes =
                segment.end_offset <= start || is_old(segment.max_timestamp) || left.is_some();
            surplus = left;
            goes
        })
    }
}
