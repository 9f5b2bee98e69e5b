//! A partition as the cleaner sees it: what may be cleaned, and the moment of the swap.

use std::path::PathBuf;

use super::partition::Partition;
use crate::storage::{Cleanable, CleanedSegment, CleaningPlan, IoError, SwapError};
use crate::types::{Offset, TimestampMs};

impl Partition {
    /// Returns whether `cleanup.policy` has `compact`.
    #[must_use]
    pub fn is_compacted(&self) -> bool {
        self.settings.load().log.compact
    }

    /// Returns whether the topic was deleted.
    #[must_use]
    pub fn is_retired(&self) -> bool {
        self.core.lock().retired
    }

    /// Tells what may be cleaned, of which all before `last_clean` was; `None` where nothing is
    /// compacted.
    pub fn cleanable(
        &self,
        last_clean: Option<Offset>,
        now_ms: TimestampMs,
    ) -> Result<Option<Cleanable>, IoError> {
        if !self.is_compacted() || self.dir.load().is_failed() {
            return Ok(None);
        }
        let mut core = self.core.lock();
        if core.retired {
            return Ok(None);
        }
        let high_watermark = core.high_watermark;
        let cleanable = core.log.cleanable(last_clean, high_watermark, now_ms)?;
        Ok(Some(cleanable))
    }

    /// Returns the plan of a cleaning.
    #[must_use]
    pub fn plan_cleaning(&self, cleanable: Cleanable) -> CleaningPlan {
        self.core.lock().log.plan_cleaning(cleanable)
    }

    /// Puts a cleaned segment in its place; returns the old ones' files, which were renamed.
    pub fn swap_cleaned(&self, cleaned: CleanedSegment) -> Result<Vec<PathBuf>, SwapError> {
        let mut core = self.core.lock();
        if core.retired || self.dir.load().is_failed() {
            return Err(SwapError::Gone);
        }
        let swapped = core.log.swap_cleaned(cleaned);
        drop(core);
        if let Err(SwapError::Unfinished(error)) = &swapped {
            self.dir.load().fail(error);
        }
        swapped
    }
}
