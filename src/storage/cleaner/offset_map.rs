//! OffsetMap: of each key in the dirty section, the last offset.
//!
//! Keys are not kept, only 16 bytes that stand for them, beside the offset: 24 bytes a key, as in
//! Kafka's SkimpyOffsetMap. Kafka takes MD5; here it is a pair of SipHashes, each over a secret
//! and the key, so that nobody can make two keys that meet, and two that meet by chance are as
//! rare. Slots are probed one behind the other.

use std::hash::{DefaultHasher, Hasher as _};

use crate::types::Offset;

/// Size of a slot.
pub(super) const SLOT_BYTES: usize = 24;

/// Slots with this or a larger offset are taken.
const FREE: Offset = Offset::NONE;

#[derive(Clone, Copy, Debug)]
struct Slot {
    digest: (u64, u64),
    offset: Offset,
}

/// Keys with their last offsets.
#[derive(Debug)]
pub(super) struct OffsetMap {
    slots: Vec<Slot>,
    taken: usize,
    taken_max: usize,
    secret: (u64, u64),
}

/// The map has no room for another key.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Full;

impl OffsetMap {
    /// Returns a map for at most `keys` keys, or fewer if they do not fit `bytes_max` bytes of
    /// which `load_factor` are used.
    pub(super) fn new(keys: u64, bytes_max: usize, load_factor: f64, secret: (u64, u64)) -> Self {
        let thousandths = per_mille(load_factor);
        let wanted = u128::from(keys) * 1000 / u128::from(thousandths) + 1;
        let slots_max = (bytes_max / SLOT_BYTES).max(2);
        let slots = usize::try_from(wanted).unwrap_or(usize::MAX);
        let slots = slots.clamp(2, slots_max);
        let share = slots as u128 * u128::from(thousandths) / 1000;
        let taken_max = usize::try_from(share).unwrap_or(usize::MAX);
        let free = Slot {
            digest: (0, 0),
            offset: FREE,
        };
        Self {
            slots: vec![free; slots],
            taken: 0,
            // One slot stays free in any case: it ends the search.
            taken_max: taken_max.clamp(1, slots - 1),
            secret,
        }
    }

    /// Notes that `key` was last seen at `offset`, which rises from call to call.
    pub(super) fn put(&mut self, key: &[u8], offset: Offset) -> Result<(), Full> {
        let digest = self.digest(key);
        let place = self.place(digest);
        let slot = self.slots.get_mut(place).ok_or(Full)?;
        if slot.offset == FREE {
            if self.taken == self.taken_max {
                return Err(Full);
            }
            self.taken += 1;
        }
        *slot = Slot { digest, offset };
        Ok(())
    }

    /// Returns where `key` was last seen.
    pub(super) fn get(&self, key: &[u8]) -> Option<Offset> {
        let place = self.place(self.digest(key));
        let slot = self.slots.get(place)?;
        (slot.offset != FREE).then_some(slot.offset)
    }

    /// Returns how many keys there are.
    pub(super) const fn len(&self) -> usize {
        self.taken
    }

    /// Returns the slot of this digest, or the free one where it would go.
    fn place(&self, digest: (u64, u64)) -> usize {
        let count = self.slots.len();
        let scaled = (u128::from(digest.0) * count as u128) >> 64;
        let begin = usize::try_from(scaled).unwrap_or(0);
        let is_place = |place: &usize| {
            let slot = self.slots.get(*place);
            slot.is_none_or(|slot| slot.offset == FREE || slot.digest == digest)
        };
        let mut places = (begin..count).chain(0..begin);
        places.find(is_place).expect("a slot is free")
    }

    fn digest(&self, key: &[u8]) -> (u64, u64) {
        let half = |secret: u64, number: u8| {
            let mut hasher = DefaultHasher::new();
            hasher.write_u64(secret);
            hasher.write_u8(number);
            hasher.write(key);
            hasher.finish()
        };
        (half(self.secret.0, 0), half(self.secret.1, 1))
    }
}

/// Returns a share as a number out of a thousand; a map that is fuller than 95 in a hundred is
/// slow, and one that is empty is none.
fn per_mille(load_factor: f64) -> u32 {
    (1..=950)
        .rev()
        .find(|thousandths| f64::from(*thousandths) <= load_factor * 1000.0)
        .unwrap_or(1)
}

#[cfg(test)]
mod tests {
    use std::collections::HashMap;

    use super::*;
    use crate::rng::Rng;

    #[test]
    fn it_says_what_a_plain_map_says() {
        let mut rng = Rng::seeded(5);
        let mut map = OffsetMap::new(500, usize::MAX, 0.9, (1, 2));
        let mut model = HashMap::new();
        for offset in 0..5000 {
            let key = format!("key{}", rng.below(500));
            map.put(key.as_bytes(), Offset(offset)).unwrap();
            model.insert(key, Offset(offset));
        }
        assert_eq!(map.len(), model.len());
        for number in 0..600 {
            let key = format!("key{number}");
            assert_eq!(map.get(key.as_bytes()), model.get(&key).copied());
        }
    }

    #[test]
    fn it_is_as_large_as_it_must_be_and_no_larger_than_it_may() {
        let map = OffsetMap::new(9, 1 << 20, 0.9, (0, 0));
        assert_eq!((map.slots.len(), map.taken_max), (11, 9));
        let map = OffsetMap::new(u64::MAX, 2400, 0.5, (0, 0));
        assert_eq!((map.slots.len(), map.taken_max), (100, 50));
        for (load_factor, taken_max) in [(0.0, 1), (-1.0, 1), (1.0, 95), (f64::NAN, 1)] {
            let map = OffsetMap::new(1 << 40, 2400, load_factor, (0, 0));
            assert_eq!(map.taken_max, taken_max, "{load_factor}");
        }
    }

    #[test]
    fn a_full_map_refuses_new_keys_only() {
        let mut map = OffsetMap::new(2, 0, 0.9, (0, 0));
        assert_eq!(map.put(b"a", Offset(0)), Ok(()));
        assert_eq!(map.put(b"b", Offset(1)), Err(Full));
        assert_eq!(map.put(b"a", Offset(2)), Ok(()));
        assert_eq!((map.get(b"a"), map.get(b"b")), (Some(Offset(2)), None));
    }
}
