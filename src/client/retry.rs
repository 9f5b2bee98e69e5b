//! How long to wait before the next try: exponential, with jitter, up to a limit.
//!
//! Kafka's `ExponentialBackoff`: the first wait is the initial one, each later one twice the one
//! before, the whole spread by a fifth either way so that clients do not march in step.

use std::time::Duration;

use crate::rng::Rng;

/// The waits between tries.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Backoff {
    /// Wait after the first failure.
    pub(crate) initial: Duration,
    /// The longest wait, before jitter.
    pub(crate) max: Duration,
}

impl Backoff {
    /// Returns the wait after `failures` failures in a row; none after none.
    pub(crate) fn wait(self, failures: u32, rng: &mut Rng) -> Duration {
        if failures == 0 || self.initial.is_zero() {
            return Duration::ZERO;
        }
        let doubled = self
            .initial
            .saturating_mul(1_u32.checked_shl(failures - 1).unwrap_or(u32::MAX));
        let exact = doubled.min(self.max.max(self.initial));
        let micros = u64::try_from(exact.as_micros()).unwrap_or(u64::MAX / 2);
        let fifth = micros / 5;
        Duration::from_micros(micros - fifth + rng.below(2 * fifth + 1))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn waits_double_up_to_the_limit_within_a_fifth() {
        let backoff = Backoff {
            initial: Duration::from_millis(50),
            max: Duration::from_secs(1),
        };
        let mut rng = Rng::seeded(1);
        assert_eq!(backoff.wait(0, &mut rng), Duration::ZERO);
        for (failures, exact_ms) in [(1, 50), (2, 100), (5, 800), (6, 1000), (40, 1000)] {
            let wait = backoff.wait(failures, &mut rng);
            let exact = Duration::from_millis(exact_ms);
            assert!(wait >= exact * 4 / 5, "{failures}: {wait:?}");
            assert!(wait <= exact * 6 / 5, "{failures}: {wait:?}");
        }
    }
}
