//! What a topic's configuration means for its log.
//!
//! Plain numbers, already resolved and checked by `config`; a log takes a new set at run time.

use crate::types::TimestampMs;

/// The settings of one log, by the names of Kafka's topic configuration.
#[derive(Clone, Debug, PartialEq)]
pub struct LogConfig {
    /// `segment.bytes`
    pub segment_bytes: u64,
    /// `segment.ms`
    pub segment_ms: i64,
    /// `segment.jitter.ms`, already drawn: what is taken off `segment_ms`.
    pub segment_jitter_ms: i64,
    /// `segment.index.bytes`
    pub segment_index_bytes: usize,
    /// `index.interval.bytes`
    pub index_interval_bytes: u64,
    /// `flush.messages`
    pub flush_messages: i64,
    /// `flush.ms`
    pub flush_ms: i64,
    /// `preallocate`
    pub preallocate: bool,
    /// Whether blocks are kept allocated behind the log's end: a full disk does not stop it.
    pub keeps_spare: bool,
    /// `max.message.bytes`
    pub max_message_bytes: usize,
    /// `retention.bytes`, -1 for no limit
    pub retention_bytes: i64,
    /// `retention.ms`, -1 for no limit
    pub retention_ms: i64,
    /// `file.delete.delay.ms`
    pub file_delete_delay_ms: i64,
    /// Whether `cleanup.policy` has `delete`
    pub delete: bool,
    /// Whether `cleanup.policy` has `compact`
    pub compact: bool,
    /// `delete.retention.ms`
    pub delete_retention_ms: i64,
    /// `min.compaction.lag.ms`
    pub min_compaction_lag_ms: i64,
    /// `max.compaction.lag.ms`
    pub max_compaction_lag_ms: i64,
    /// `min.cleanable.dirty.ratio`
    pub min_cleanable_dirty_ratio: f64,
    /// `producer.id.expiration.ms` of the broker
    pub producer_id_expiration_ms: i64,
}

impl Default for LogConfig {
    /// Returns Kafka's defaults.
    fn default() -> Self {
        Self {
            segment_bytes: 1 << 30,
            segment_ms: 604_800_000,
            segment_jitter_ms: 0,
            segment_index_bytes: 10 << 20,
            index_interval_bytes: 4096,
            flush_messages: i64::MAX,
            flush_ms: i64::MAX,
            preallocate: false,
            keeps_spare: false,
            max_message_bytes: 1_048_588,
            retention_bytes: -1,
            retention_ms: 604_800_000,
            file_delete_delay_ms: 60_000,
            delete: true,
            compact: false,
            delete_retention_ms: 86_400_000,
            min_compaction_lag_ms: 0,
            max_compaction_lag_ms: i64::MAX,
            min_cleanable_dirty_ratio: 0.5,
            producer_id_expiration_ms: 86_400_000,
        }
    }
}

impl LogConfig {
    /// Returns how long a segment that began at `first` may take more records, at `now`.
    pub(super) const fn is_too_old(&self, first: TimestampMs, now: TimestampMs) -> bool {
        now.saturating_sub(first) > self.max_segment_ms().saturating_sub(self.segment_jitter_ms)
    }

    /// Returns how old a segment may get: no older than compaction may wait for it
    /// (LogConfig.maxSegmentMs).
    const fn max_segment_ms(&self) -> i64 {
        let lag_ms = self.max_compaction_lag_ms;
        if self.compact && lag_ms > 0 && lag_ms < self.segment_ms {
            lag_ms
        } else {
            self.segment_ms
        }
    }
}
