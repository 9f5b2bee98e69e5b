//! How fast a cleaning goes, and what ends it early: the broker's stop, the topic's deletion.

use std::sync::Arc;
use std::time::Duration;

use crate::broker::stop::Stop;
use crate::clock::Clock;
use crate::replica::Partition;
use crate::storage::{Go, Pace};

/// Waiting is cut into pieces of this length, so that a stop is noticed.
const NAP_MAX: Duration = Duration::from_millis(50);
/// After so many bytes the partition is asked whether it still is one.
const ASK_BYTES: u64 = 1 << 20;

/// Keeps one cleaning below a rate, on a thread that may block.
pub(super) struct Throttle {
    clock: Arc<dyn Clock>,
    stop: Stop,
    partition: Arc<Partition>,
    bytes_per_second: f64,
    begin: Duration,
    bytes: u64,
    asked_at: u64,
}

impl Throttle {
    /// Begins to count.
    pub(super) fn new(
        clock: Arc<dyn Clock>,
        stop: Stop,
        partition: Arc<Partition>,
        bytes_per_second: f64,
    ) -> Self {
        Self {
            begin: clock.monotonic(),
            clock,
            stop,
            partition,
            bytes_per_second,
            bytes: 0,
            asked_at: 0,
        }
    }

    /// Returns how long all that was done should have taken.
    #[expect(
        clippy::cast_precision_loss,
        reason = "a rate needs no more than sixteen digits"
    )]
    fn due(&self) -> Duration {
        let seconds = self.bytes as f64 / self.bytes_per_second.max(1.0);
        Duration::try_from_secs_f64(seconds).unwrap_or(Duration::ZERO)
    }
}

impl Pace for Throttle {
    fn after(&mut self, bytes: usize) -> Go {
        self.bytes += u64::try_from(bytes).unwrap_or(u64::MAX);
        if self.bytes - self.asked_at >= ASK_BYTES {
            self.asked_at = self.bytes;
            if self.partition.is_retired() {
                return Go::Stop;
            }
        }
        loop {
            if *self.stop.borrow() {
                return Go::Stop;
            }
            let elapsed = self.clock.monotonic().saturating_sub(self.begin);
            let early = self.due().saturating_sub(elapsed);
            if early.is_zero() {
                return Go::On;
            }
            std::thread::sleep(early.min(NAP_MAX));
        }
    }
}
