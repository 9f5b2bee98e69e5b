//! What is in a record: text that tells which one it is, and that nobody else would write.
//!
//! Key and value are made from the record's identity, so that whoever reads one can make it again
//! and compare every byte.

use kt::rng::Rng;

/// Which record of a partition it is: the `number`-th of a producer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Identity {
    pub producer: u32,
    pub number: u64,
}

/// The partition that records are made for, and how large they are.
#[derive(Clone, Debug)]
pub struct Scope {
    /// Seed, topic, its incarnation, partition.
    pub name: String,
    /// The most bytes that a value has besides its identity.
    pub bytes_max: u64,
    /// How many keys there are; 0 for records without keys.
    pub keys: u64,
}

impl Scope {
    fn rng(&self, of: Identity) -> Rng {
        let mut seed = 0xcbf2_9ce4_8422_2325_u64;
        let numbers = u64::from(of.producer).to_le_bytes();
        let bytes = self.name.bytes().chain(numbers);
        for byte in bytes.chain(of.number.to_le_bytes()) {
            seed = (seed ^ u64::from(byte)).wrapping_mul(0x100_0000_01b3);
        }
        Rng::seeded(seed)
    }

    /// Returns the record's value.
    pub fn value(&self, of: Identity) -> Vec<u8> {
        let mut rng = self.rng(of);
        let mut value = format!("{}/{}/{}/", self.name, of.producer, of.number).into_bytes();
        let bytes = usize::try_from(rng.below(self.bytes_max + 1)).unwrap_or(0);
        let end = value.len() + bytes;
        while value.len() < end {
            // Half of it noise, half of it words, so that codecs have something to do.
            value.extend_from_slice(format!("{:016x} acknowledged ", rng.next_u64()).as_bytes());
        }
        value.truncate(end);
        value
    }

    /// Returns the record's key.
    pub fn key(&self, of: Identity) -> Option<Vec<u8>> {
        let mut rng = self.rng(of);
        let _of_the_value = rng.next_u64();
        (self.keys > 0).then(|| format!("key-{}", rng.below(self.keys)).into_bytes())
    }

    /// Returns which record of this partition the value belongs to; none if it is not one.
    pub fn identify(&self, value: &[u8]) -> Option<Identity> {
        let rest = value.strip_prefix(self.name.as_bytes())?;
        let mut parts = rest.split(|byte| *byte == b'/').skip(1);
        let mut number = || std::str::from_utf8(parts.next()?).ok()?.parse::<u64>().ok();
        let producer = u32::try_from(number()?).ok()?;
        let identity = Identity {
            producer,
            number: number()?,
        };
        (self.value(identity) == value).then_some(identity)
    }
}
