//! The nouns that every layer shares: topics, partitions, offsets, epochs, ids.
//!
//! Plain values without behaviour of their own. A number that could be swapped for another by
//! mistake has a type here; what only one layer needs is not here.

use std::fmt;
use std::str::FromStr;

/// A log offset: the number of a record in its partition, or one past the last.
///
/// A byte place in a file is a *position* and a plain `u64`; only log offsets have this type.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Offset(pub i64);

impl Offset {
    /// The first offset of a log.
    pub const ZERO: Self = Self(0);
    /// What the wire uses for "no offset".
    pub const NONE: Self = Self(-1);

    /// Returns the offset `count` records later.
    #[must_use]
    pub const fn plus(self, count: i64) -> Self {
        Self(self.0.saturating_add(count))
    }
}

impl fmt::Display for Offset {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// The number of a partition's leadership, raised at each election.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct LeaderEpoch(pub i32);

impl LeaderEpoch {
    /// What the wire uses for "not known".
    pub const NONE: Self = Self(-1);
}

impl fmt::Display for LeaderEpoch {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// A broker's `node.id`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct BrokerId(pub i32);

impl BrokerId {
    /// What the wire and the metadata records use for "no leader".
    pub const NONE: Self = Self(-1);
}

impl fmt::Display for BrokerId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// Milliseconds since the epoch, as record timestamps are.
pub type TimestampMs = i64;

/// One partition of a topic, by the topic's name.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct TopicPartition {
    /// The topic's name.
    pub topic: String,
    /// The partition's number, from 0.
    pub partition: i32,
}

impl TopicPartition {
    /// Returns the partition `partition` of `topic`.
    pub fn new(topic: impl Into<String>, partition: i32) -> Self {
        Self {
            topic: topic.into(),
            partition,
        }
    }
}

impl fmt::Display for TopicPartition {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}-{}", self.topic, self.partition)
    }
}

/// A 128-bit id, printed as Kafka prints it: 22 characters of url-safe base64 without padding.
#[derive(Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Uuid(pub u128);

const BASE64_URL: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

impl Uuid {
    /// The id that stands for "none".
    pub const ZERO: Self = Self(0);
    /// The topic id of `__cluster_metadata` (`Uuid.METADATA_TOPIC_ID`).
    pub const METADATA_TOPIC: Self = Self(1);

    /// Returns whether this is the id that stands for "none".
    #[must_use]
    pub const fn is_zero(self) -> bool {
        self.0 == 0
    }

    /// Returns whether this is one of the hundred ids that no directory has: they have meanings,
    /// such as "not chosen yet" (DirectoryId.reserved, KIP-858).
    #[must_use]
    pub const fn is_reserved(self) -> bool {
        self.0 < 100
    }

    /// Returns the 16 bytes, most significant first.
    #[must_use]
    pub const fn to_bytes(self) -> [u8; 16] {
        self.0.to_be_bytes()
    }

    /// Returns the id of these 16 bytes, most significant first.
    #[must_use]
    pub const fn from_bytes(bytes: [u8; 16]) -> Self {
        Self(u128::from_be_bytes(bytes))
    }
}

impl fmt::Display for Uuid {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        use fmt::Write as _;
        // 22 digits of 6 bits hold 132 bits: the last four are zero.
        for digit in 0..22_u32 {
            let index = if digit < 21 {
                (self.0 >> (122 - 6 * digit)) & 63
            } else {
                (self.0 << 4) & 63
            };
            let byte = BASE64_URL
                .get(usize::try_from(index).unwrap_or(0))
                .copied()
                .unwrap_or(b'A');
            f.write_char(char::from(byte))?;
        }
        Ok(())
    }
}

impl fmt::Debug for Uuid {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

/// The text is not 22 characters of url-safe base64.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("not a Kafka uuid (22 characters of url-safe base64): {text:?}")]
pub struct ParseUuidError {
    text: String,
}

impl FromStr for Uuid {
    type Err = ParseUuidError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let error = || ParseUuidError {
            text: text.chars().take(64).collect(),
        };
        let text = text.trim_end_matches('=');
        if text.len() != 22 {
            return Err(error());
        }
        let mut bits: u128 = 0;
        for (index, byte) in text.bytes().enumerate() {
            let digit = BASE64_URL
                .iter()
                .position(|b| *b == byte)
                .ok_or_else(error)?;
            let digit = u128::try_from(digit).map_err(|_| error())?;
            bits = if index < 21 {
                (bits << 6) | digit
            } else {
                (bits << 2) | (digit >> 4)
            };
        }
        Ok(Self(bits))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn uuid_prints_as_kafka_does() {
        assert_eq!(Uuid::METADATA_TOPIC.to_string(), "AAAAAAAAAAAAAAAAAAAAAQ");
        let bytes = [
            0x7f, 0xb0, 0x1b, 0x2a, 0x10, 0x3c, 0x4d, 0x5e, 0x80, 0x11, 0x22, 0x33, 0x44, 0x55,
            0x66, 0x77,
        ];
        let text = Uuid::from_bytes(bytes).to_string();
        assert_eq!(text, "f7AbKhA8TV6AESIzRFVmdw");
        assert_eq!(text.parse::<Uuid>().unwrap().to_bytes(), bytes);
    }

    #[test]
    fn uuid_refuses_other_texts() {
        for text in [
            "",
            "foo",
            "AAAAAAAAAAAAAAAAAAAAA!",
            "AAAAAAAAAAAAAAAAAAAAAAA",
        ] {
            assert!(text.parse::<Uuid>().is_err(), "{text}");
        }
    }
}
