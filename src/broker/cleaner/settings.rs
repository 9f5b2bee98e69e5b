//! What the configuration says about cleaning, at the moment it is asked.

use std::time::Duration;

use crate::broker::state::BrokerState;
use crate::config::ConfigValue;

/// The cleaner's settings.
#[derive(Clone, Copy, Debug)]
pub(super) struct CleanerConfig {
    /// `log.cleaner.threads`: logs that are cleaned at once.
    pub(super) threads: usize,
    /// `log.cleaner.backoff.ms`
    pub(super) backoff: Duration,
    /// A thread's share of `log.cleaner.dedupe.buffer.size`.
    pub(super) map_bytes_max: usize,
    /// What a thread collects before it writes: half its share of `log.cleaner.io.buffer.size`.
    pub(super) buffer_bytes: usize,
    /// `log.cleaner.io.buffer.load.factor`
    pub(super) load_factor: f64,
    /// A thread's share of `log.cleaner.io.max.bytes.per.second`.
    pub(super) bytes_per_second: f64,
}

impl CleanerConfig {
    /// Returns the settings that are in force now.
    pub(super) fn of(state: &BrokerState) -> Self {
        let double = |key: &str| match state.setting(key) {
            Some(ConfigValue::Double(number)) => number,
            _ => f64::MAX,
        };
        let threads = state.size("log.cleaner.threads");
        let sharing = threads.max(1);
        let milliseconds = u64::try_from(state.size("log.cleaner.backoff.ms")).unwrap_or(u64::MAX);
        let share = f64::from(u32::try_from(sharing).unwrap_or(u32::MAX));
        Self {
            threads,
            backoff: Duration::from_millis(milliseconds),
            map_bytes_max: state.size("log.cleaner.dedupe.buffer.size") / sharing,
            buffer_bytes: state.size("log.cleaner.io.buffer.size") / sharing / 2,
            load_factor: double("log.cleaner.io.buffer.load.factor"),
            bytes_per_second: double("log.cleaner.io.max.bytes.per.second") / share,
        }
    }
}
