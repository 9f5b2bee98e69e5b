//! Time, behind a trait: the system's, or one that a test moves.
//!
//! The only file that asks the operating system for the time. State machines take `now` as an
//! argument; tasks that own them hold a [`Clock`].

use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use crate::types::TimestampMs;

/// Where the time comes from.
pub trait Clock: Send + Sync + fmt::Debug {
    /// Returns the wall clock's milliseconds since the epoch; may step back.
    fn now_ms(&self) -> TimestampMs;

    /// Returns the time since some fixed moment; never steps back.
    fn monotonic(&self) -> Duration;
}

/// The operating system's clocks.
#[derive(Clone, Copy, Debug)]
pub struct SystemClock {
    started: Instant,
}

impl SystemClock {
    /// Returns the operating system's clocks, shared.
    #[must_use]
    #[expect(
        clippy::disallowed_methods,
        reason = "this is the seam that others go through"
    )]
    pub fn shared() -> Arc<dyn Clock> {
        Arc::new(Self {
            started: Instant::now(),
        })
    }
}

impl Clock for SystemClock {
    #[expect(
        clippy::disallowed_methods,
        reason = "this is the seam that others go through"
    )]
    fn now_ms(&self) -> TimestampMs {
        let since = SystemTime::now()
            .duration_since(UNIX_EPOCH)
            .unwrap_or_default();
        i64::try_from(since.as_millis()).unwrap_or(i64::MAX)
    }

    fn monotonic(&self) -> Duration {
        self.started.elapsed()
    }
}

/// A clock that stands still until a test moves it.
#[derive(Debug, Default)]
pub struct ManualClock {
    now_ms: AtomicI64,
    started_ms: i64,
}

impl ManualClock {
    /// Returns a clock that stands at `now_ms`.
    #[must_use]
    pub fn at(now_ms: TimestampMs) -> Arc<Self> {
        Arc::new(Self {
            now_ms: AtomicI64::new(now_ms),
            started_ms: now_ms,
        })
    }

    /// Moves both clocks on.
    pub fn advance(&self, by: Duration) {
        let by_ms = i64::try_from(by.as_millis()).unwrap_or(i64::MAX);
        self.now_ms.fetch_add(by_ms, Ordering::SeqCst);
    }
}

impl Clock for ManualClock {
    fn now_ms(&self) -> TimestampMs {
        self.now_ms.load(Ordering::SeqCst)
    }

    fn monotonic(&self) -> Duration {
        let since = self
            .now_ms
            .load(Ordering::SeqCst)
            .saturating_sub(self.started_ms);
        Duration::from_millis(u64::try_from(since).unwrap_or(0))
    }
}
