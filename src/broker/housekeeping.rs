//! What happens from time to time: checkpoints, flushes that are due, deletions.

use std::sync::Arc;
use std::time::Duration;

use super::log_dirs::LogDirs;
use super::state::BrokerState;
use super::stop::{Stop, stopped};

/// `log.flush.offset.checkpoint.interval.ms` and `log.flush.start.offset.checkpoint.interval.ms`.
const CHECKPOINT_INTERVAL: Duration = Duration::from_secs(60);
/// How often due flushes and deletions are looked for.
const TICK: Duration = Duration::from_secs(1);

/// Runs until the broker stops.
pub(super) async fn run(state: Arc<BrokerState>, dirs: Arc<LogDirs>, mut stop: Stop) {
    let mut next_checkpoint = state.clock.monotonic() + CHECKPOINT_INTERVAL;
    loop {
        tokio::select! {
            () = stopped(&mut stop) => return,
            () = tokio::time::sleep(TICK) => {}
        }
        let now_ms = state.clock.now_ms();
        for partition in state.replicas.all() {
            if partition.is_flush_due(now_ms) {
                partition.flush_on(&*state.flush_pool);
            }
        }
        let checkpoint = state.clock.monotonic() >= next_checkpoint;
        tokio::task::block_in_place(|| {
            dirs.remove_due();
            if checkpoint {
                for partition in state.replicas.all() {
                    partition.with_log(|log| log.remove_expired_producers(now_ms));
                }
                if let Err(error) = dirs.checkpoint(&state.replicas) {
                    tracing::error!(%error, "checkpoints");
                }
            }
        });
        if checkpoint {
            next_checkpoint = state.clock.monotonic() + CHECKPOINT_INTERVAL;
        }
    }
}
