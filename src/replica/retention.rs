//! What a partition gives up in time: segments that retention has no use for.

use std::path::PathBuf;

use super::partition::Partition;
use crate::storage::TruncateError;
use crate::types::TimestampMs;

impl Partition {
    /// Returns how long a file stays that was taken out of use (`file.delete.delay.ms`).
    #[must_use]
    pub fn file_delete_delay_ms(&self) -> i64 {
        self.settings.load().log.file_delete_delay_ms
    }

    /// Takes some of the expired segments away, and returns their renamed files; nothing is left
    /// to be done once nothing is returned.
    pub fn delete_expired(&self, now_ms: TimestampMs) -> Result<Vec<PathBuf>, TruncateError> {
        let mut core = self.core.lock();
        if core.retired || self.dir.load().is_failed() {
            return Ok(Vec::new());
        }
        let high_watermark = core.high_watermark;
        core.log.delete_expired(high_watermark, now_ms)
    }
}
