//! Messages of the formats before batches: magic 0 and 1.
//!
//! ```text
//! offset int64 · length int32 · crc int32 · magic int8 · attributes int8
//! · timestamp int64 (magic 1) · key bytes · value bytes       lengths int32, -1 for null
//! ```
//!
//! A compressed message's value is messages again; in magic 1 their offsets count from the first,
//! and the outer offset is the last one's (KIP-31).

use super::compression::{Codec, DecompressError, decompress};
use crate::types::{Offset, TimestampMs};

/// Bytes before the part under the CRC.
const CRC_END: usize = 16;
/// What a message has at least: all but timestamp, key and value.
pub const LEGACY_BYTES_MIN: usize = 26;

/// One message, borrowed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LegacyMessage<'a> {
    /// Its offset, or that of the last message inside.
    pub offset: Offset,
    /// Its checksum, a CRC-32 of what follows.
    pub crc: u32,
    /// 0 or 1.
    pub magic: u8,
    /// Codec and timestamp type.
    pub attributes: u8,
    /// Its time; magic 0 has none.
    pub timestamp: Option<TimestampMs>,
    /// The key.
    pub key: Option<&'a [u8]>,
    /// The value, or the messages inside.
    pub value: Option<&'a [u8]>,
    bytes: &'a [u8],
}

impl<'a> LegacyMessage<'a> {
    /// Reads the message at the front of `bytes`; `None` if there is no whole one.
    #[must_use]
    pub fn parse(bytes: &'a [u8]) -> Option<Self> {
        let (offset, rest) = bytes.split_first_chunk()?;
        let (length, rest) = rest.split_first_chunk()?;
        let length = usize::try_from(i32::from_be_bytes(*length)).ok()?;
        let body = rest.get(..length)?;
        let (crc, body) = body.split_first_chunk()?;
        let (&[magic, attributes], mut body) = body.split_first_chunk()?;
        let timestamp = match magic {
            0 => None,
            1 => {
                let (timestamp, rest) = body.split_first_chunk()?;
                body = rest;
                Some(i64::from_be_bytes(*timestamp))
            }
            _ => return None,
        };
        let key = take_nullable(&mut body)?;
        let value = take_nullable(&mut body)?;
        Some(Self {
            offset: Offset(i64::from_be_bytes(*offset)),
            crc: u32::from_be_bytes(*crc),
            magic,
            attributes,
            timestamp,
            key,
            value,
            bytes: bytes.get(..12 + length)?,
        })
    }

    /// Returns the whole message.
    #[must_use]
    pub const fn bytes(&self) -> &'a [u8] {
        self.bytes
    }

    /// Returns the codec, or `None` for an id that these formats do not have.
    #[must_use]
    pub const fn codec(&self) -> Option<Codec> {
        match self.attributes & 7 {
            // zstd came after these formats (KIP-110).
            id @ 0..=3 => Codec::from_id(id as u16),
            _ => None,
        }
    }

    /// Returns whether the time is the broker's.
    #[must_use]
    pub const fn is_log_append_time(&self) -> bool {
        self.magic > 0 && self.attributes & 8 != 0
    }

    /// Returns whether the checksum is right.
    #[must_use]
    pub fn crc_matches(&self) -> bool {
        let covered = self.bytes.get(CRC_END..).unwrap_or_default();
        crc_fast::checksum(crc_fast::CrcAlgorithm::Crc32IsoHdlc, covered) == u64::from(self.crc)
    }

    /// Decompresses the messages inside, at most `bytes_max` bytes of them.
    pub fn decompress(&self, bytes_max: usize) -> Result<Vec<u8>, DecompressError> {
        decompress(
            self.codec().unwrap_or(Codec::None),
            self.value.unwrap_or_default(),
            bytes_max,
        )
    }

    /// Returns the messages in `inner`, the decompressed value, with the offsets that they have.
    #[must_use]
    pub fn inner<'b>(&self, inner: &'b [u8]) -> Vec<LegacyMessage<'b>> {
        let mut messages = Vec::new();
        let mut rest = inner;
        while let Some(message) = LegacyMessage::parse(rest) {
            rest = rest.get(message.bytes.len()..).unwrap_or_default();
            messages.push(message);
        }
        if self.magic > 0
            && let Some(last) = messages.last().map(|message| message.offset.0)
        {
            let base = self.offset.0.saturating_sub(last);
            for message in &mut messages {
                message.offset = Offset(message.offset.0.saturating_add(base));
            }
        }
        messages
    }
}

fn take_nullable<'a>(input: &mut &'a [u8]) -> Option<Option<&'a [u8]>> {
    let (length, rest) = input.split_first_chunk()?;
    let length = i32::from_be_bytes(*length);
    if length == -1 {
        *input = rest;
        return Some(None);
    }
    let (taken, rest) = rest.split_at_checked(usize::try_from(length).ok()?)?;
    *input = rest;
    Some(Some(taken))
}

#[cfg(test)]
mod tests {
    use super::super::tests::unhex;
    use super::*;

    /// Offset 6, timestamp 1700000000400, key "ok", value "oldv1"; offset 7, magic 0, "oldv0".
    const MESSAGES: &str = "00000000000000060000001d4062acb601000000018bcfe56990000000026f6b\
        000000056f6c647631000000000000000700000015e5c246ef0000000000026f6b000000056f6c647630";

    #[test]
    fn messages_of_both_formats_are_read_and_every_cut_is_none() {
        let bytes = unhex(MESSAGES);
        let first = LegacyMessage::parse(&bytes).unwrap();
        assert_eq!((first.offset, first.magic), (Offset(6), 1));
        assert_eq!(first.timestamp, Some(1_700_000_000_400));
        assert_eq!(first.key, Some(&b"ok"[..]));
        assert!(first.crc_matches());
        let rest = &bytes[first.bytes().len()..];
        let second = LegacyMessage::parse(rest).unwrap();
        assert_eq!(
            (second.timestamp, second.value),
            (None, Some(&b"oldv0"[..]))
        );
        assert!(second.crc_matches());
        for length in 0..first.bytes().len() {
            assert_eq!(LegacyMessage::parse(&bytes[..length]), None);
        }
    }

    #[test]
    fn offsets_inside_magic_1_end_at_the_outer_one() {
        let inner = unhex(MESSAGES);
        let mut outer = LegacyMessage::parse(&inner).unwrap();
        outer.offset = Offset(100);
        let offsets: Vec<i64> = outer.inner(&inner).iter().map(|m| m.offset.0).collect();
        assert_eq!(offsets, [99, 100]);
        outer.magic = 0;
        let offsets: Vec<i64> = outer.inner(&inner).iter().map(|m| m.offset.0).collect();
        assert_eq!(offsets, [6, 7]);
    }
}
