//! Retention: takes the segments away that partitions have kept long enough.
//!
//! Every `log.retention.check.interval.ms` (ReplicaManager's and LogManager's `cleanupLogs`).
//! Compacted partitions have their turn with the cleaner, as in Kafka, unless there is none. One
//! partition's failure is logged and stops no other.

use std::sync::Arc;
use std::time::Duration;

use super::log_dirs::LogDirs;
use super::state::BrokerState;
use super::stop::{Stop, stopped};
use crate::replica::Partition;

/// Runs until the broker stops.
pub(super) async fn run(state: Arc<BrokerState>, dirs: Arc<LogDirs>, mut stop: Stop) {
    let milliseconds = |key| u64::try_from(state.config.number(key)).unwrap_or(0);
    let interval = Duration::from_millis(milliseconds("log.retention.check.interval.ms"));
    let first = Duration::from_millis(milliseconds("log.initial.task.delay.ms"));
    let has_cleaner = state.config.boolean("log.cleaner.enable");
    let mut wait = interval.min(first);
    loop {
        tokio::select! {
            () = stopped(&mut stop) => return,
            () = tokio::time::sleep(wait) => {}
        }
        wait = interval;
        tokio::task::block_in_place(|| {
            delete_expired(&state, &dirs, &stop, |partition| {
                !(has_cleaner && partition.is_compacted())
            });
        });
    }
}

/// Takes away what has expired of the partitions that `is_meant` picks.
pub(super) fn delete_expired(
    state: &BrokerState,
    dirs: &LogDirs,
    stop: &Stop,
    is_meant: impl Fn(&Partition) -> bool,
) {
    let mut has_moved = false;
    for partition in state.replicas.all() {
        if *stop.borrow() {
            break;
        }
        if !is_meant(&partition) {
            continue;
        }
        loop {
            match partition.delete_expired(state.clock.now_ms()) {
                Ok(files) if files.is_empty() => break,
                Ok(files) => {
                    has_moved = true;
                    let name = &partition.topic_partition;
                    tracing::info!(partition = %name, files = files.len(), "expired segments go");
                    dirs.remove_later(files, partition.file_delete_delay_ms());
                }
                Err(error) => {
                    let partition = &partition.topic_partition;
                    tracing::error!(%error, %partition, "expired segments stay");
                    break;
                }
            }
        }
    }
    if has_moved && let Err(error) = dirs.checkpoint(&state.replicas) {
        tracing::error!(%error, "checkpoints");
    }
}
