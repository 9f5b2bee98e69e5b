//! Randomness, seeded: ids, jitter, sampling. Not for secrets.
//!
//! The generator is splitmix64: small, fast, and the same sequence for the same seed, which is
//! what a simulation needs.

use crate::types::Uuid;

/// A seeded generator of numbers that look random.
#[derive(Clone, Debug)]
pub struct Rng {
    state: u64,
}

impl Rng {
    /// Returns the generator whose sequence `seed` fixes.
    #[must_use]
    pub const fn seeded(seed: u64) -> Self {
        Self { state: seed }
    }

    /// Returns a generator seeded by the operating system.
    #[must_use]
    pub fn from_os() -> Self {
        // Version 4 uuids come from the system's own source of randomness.
        let (high, low) = uuid::Uuid::new_v4().as_u64_pair();
        Self {
            state: high ^ low.rotate_left(32),
        }
    }

    /// Returns the next 64 bits.
    pub const fn next_u64(&mut self) -> u64 {
        self.state = self.state.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.state;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    /// Returns a number below `limit`, which must not be zero.
    pub const fn below(&mut self, limit: u64) -> u64 {
        assert!(limit > 0, "a number below zero was asked for");
        self.next_u64() % limit
    }

    /// Returns a random id whose text does not start with a dash, as `Uuid.randomUuid` promises.
    pub fn uuid(&mut self) -> Uuid {
        loop {
            let bits = (u128::from(self.next_u64()) << 64) | u128::from(self.next_u64());
            // Version 4, variant 1, as Java's random uuids are marked.
            let id = Uuid((bits & !(0xf << 76) & !(0x3 << 62)) | (0x4 << 76) | (0x2 << 62));
            if !id.to_string().starts_with('-') {
                return id;
            }
        }
    }
}
