//! Which partition a record goes to: by the hash of its key, or a few batches here, then there.
//!
//! Keys go by murmur2, as in Kafka's `BuiltInPartitioner`, so that every client puts a key into
//! the same partition. Records without a key stay with a partition until a batch's worth of bytes
//! went there, then move to another at random (KIP-794).

use crate::rng::Rng;

/// Returns the partition of a key.
pub(super) fn partition_of(key: &[u8], partitions: usize) -> usize {
    let positive = murmur2(key) & 0x7fff_ffff;
    usize::try_from(positive).unwrap_or(0) % partitions.max(1)
}

/// The 32-bit MurmurHash2 of Kafka's `Utils.murmur2`.
fn murmur2(data: &[u8]) -> u32 {
    const M: u32 = 0x5bd1_e995;
    const SEED: u32 = 0x9747_b28c;
    let length = u32::try_from(data.len()).unwrap_or(u32::MAX);
    let mut hash = SEED ^ length;
    let (words, tail) = data.as_chunks::<4>();
    for word in words {
        let mut k = u32::from_le_bytes(*word).wrapping_mul(M);
        k = (k ^ (k >> 24)).wrapping_mul(M);
        hash = hash.wrapping_mul(M) ^ k;
    }
    if !tail.is_empty() {
        for (shift, byte) in (0..).step_by(8).zip(tail) {
            hash ^= u32::from(*byte) << shift;
        }
        hash = hash.wrapping_mul(M);
    }
    hash = (hash ^ (hash >> 13)).wrapping_mul(M);
    hash ^ (hash >> 15)
}

/// The partition that records without a key go to now.
#[derive(Debug, Default)]
pub(super) struct Sticky {
    current: Option<usize>,
    bytes: usize,
}

impl Sticky {
    /// Returns the partition for the next record.
    ///
    /// `has_leader` tells whether a partition can be sent to now; those that can are preferred.
    pub(super) fn choose(
        &mut self,
        partitions: usize,
        batch_bytes: usize,
        rng: &mut Rng,
        has_leader: impl Fn(usize) -> bool,
    ) -> usize {
        if let Some(current) = self.current.filter(|current| *current < partitions)
            && self.bytes < batch_bytes.max(1)
        {
            return current;
        }
        self.bytes = 0;
        let chosen = choose_at_random(partitions, rng, has_leader);
        self.current = Some(chosen);
        chosen
    }

    /// Counts a record's bytes.
    pub(super) const fn add(&mut self, bytes: usize) {
        self.bytes += bytes;
    }

    /// Leaves the partition: its batch is full.
    pub(super) const fn leave(&mut self) {
        self.current = None;
    }
}

fn choose_at_random(partitions: usize, rng: &mut Rng, has_leader: impl Fn(usize) -> bool) -> usize {
    if partitions <= 1 {
        return 0;
    }
    let usable = (0..partitions).filter(|index| has_leader(*index)).count();
    let below = |rng: &mut Rng, limit: usize| {
        let limit = u64::try_from(limit).unwrap_or(1);
        usize::try_from(rng.below(limit)).unwrap_or(0)
    };
    if usable == 0 {
        return below(rng, partitions);
    }
    let nth = below(rng, usable);
    let mut usable = (0..partitions).filter(|index| has_leader(*index));
    usable.nth(nth).unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_hash_as_in_kafka() {
        // The vectors of Kafka's UtilsTest.testMurmur2.
        let vectors: [(&[u8], i32); 7] = [
            (b"21", -973_932_308),
            (b"foobar", -790_332_482),
            (b"a-little-bit-long-string", -985_981_536),
            (b"a-little-bit-longer-string", -1_486_304_829),
            (
                b"lkjh234lh9fiuh90y23oiuhsafujhadof229phr9h19h89h8",
                -58_897_971,
            ),
            (b"abc", 479_470_107),
            (b"", 275_646_681),
        ];
        for (key, hash) in vectors {
            assert_eq!(murmur2(key).cast_signed(), hash, "{key:?}");
        }
    }

    #[test]
    fn records_without_a_key_move_on_after_a_batch_of_bytes() {
        let mut sticky = Sticky::default();
        let mut rng = Rng::seeded(3);
        let mut used = [0; 4];
        for _ in 0..4000 {
            let chosen = sticky.choose(4, 100, &mut rng, |_| true);
            used[chosen] += 1;
            sticky.add(10);
        }
        for count in used {
            assert!((700..1300).contains(&count), "{used:?}");
            assert_eq!(count % 10, 0, "ten records of ten bytes each time");
        }
    }

    #[test]
    fn a_partition_without_a_leader_is_left_out() {
        let mut sticky = Sticky::default();
        let mut rng = Rng::seeded(3);
        for _ in 0..100 {
            assert_eq!(sticky.choose(4, 1, &mut rng, |index| index == 2), 2);
            sticky.add(1);
        }
        sticky.leave();
        let chosen = sticky.choose(4, 1, &mut rng, |_| false);
        assert!(chosen < 4);
    }
}
