//! What happens from time to time: checkpoints, flushes that are due, deletions.
//!
//! A tick looks at every partition, under its lock, for a few instructions; what is due is done
//! elsewhere. Unlike Kafka's flusher, which sleeps for ever unless
//! `log.flush.scheduler.interval.ms` says otherwise, it looks each second at least, so that
//! `flush.ms` alone has an effect.

use std::sync::Arc;
use std::time::Duration;

use super::log_dirs::LogDirs;
use super::state::BrokerState;
use super::stop::{Stop, stopped};

/// How often due flushes and deletions are looked for, unless the settings ask for more.
const TICK_MAX: Duration = Duration::from_secs(1);
/// However often the settings ask for it.
const TICK_MIN: Duration = Duration::from_millis(50);
/// How often producers that were idle for long are forgotten.
const EXPIRE_INTERVAL: Duration = Duration::from_secs(60);

/// Something that is done again and again.
struct Periodic {
    interval: Duration,
    next: Duration,
}

impl Periodic {
    fn every(interval: Duration, now: Duration) -> Self {
        let next = now.saturating_add(interval);
        Self { interval, next }
    }

    fn is_due(&mut self, now: Duration) -> bool {
        let is_due = now >= self.next;
        if is_due {
            self.next = now.saturating_add(self.interval);
        }
        is_due
    }
}

/// Runs until the broker stops.
pub(super) async fn run(state: Arc<BrokerState>, dirs: Arc<LogDirs>, mut stop: Stop) {
    let interval = |key| {
        let milliseconds = u64::try_from(state.config.number(key)).unwrap_or(0);
        Duration::from_millis(milliseconds).max(TICK_MIN)
    };
    let checkpoint = interval("log.flush.offset.checkpoint.interval.ms");
    let start_checkpoint = interval("log.flush.start.offset.checkpoint.interval.ms");
    let checkpoint = checkpoint.min(start_checkpoint);
    let flush = interval("log.flush.scheduler.interval.ms");
    let tick = TICK_MAX.min(checkpoint).min(flush);
    let now = state.clock.monotonic();
    let mut checkpoint = Periodic::every(checkpoint, now);
    let mut expire = Periodic::every(EXPIRE_INTERVAL, now);
    loop {
        tokio::select! {
            () = stopped(&mut stop) => return,
            () = tokio::time::sleep(tick) => {}
        }
        let now_ms = state.clock.now_ms();
        for partition in state.replicas.all() {
            if partition.is_flush_due(now_ms) {
                partition.flush_on(&*state.flush_pool);
            }
        }
        let now = state.clock.monotonic();
        let (is_expiring, is_checkpointing) = (expire.is_due(now), checkpoint.is_due(now));
        tokio::task::block_in_place(|| {
            dirs.remove_due();
            if is_expiring {
                for partition in state.replicas.all() {
                    partition.with_log(|log| log.remove_expired_producers(now_ms));
                }
            }
            // One call writes recovery points, log starts and high watermarks alike.
            if is_checkpointing && let Err(error) = dirs.checkpoint(&state.replicas) {
                tracing::error!(%error, "checkpoints");
            }
        });
    }
}
