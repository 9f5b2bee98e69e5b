//! One record batch: the 61-byte header, and a borrowed view of header and records.
//!
//! The header's numbers are what the bytes say, nothing more: whether they are true is for
//! [`RecordBatch::crc_matches`] and for `validate.rs`. The first 21 bytes are not under the CRC.

use std::borrow::Cow;

use crc_fast::{CrcAlgorithm, Digest};

use super::compression::{Codec, DecompressError, decompress};
use super::record::Records;
use crate::types::{LeaderEpoch, Offset, TimestampMs};

/// Bytes of a batch before its records.
pub const HEADER_BYTES: usize = 61;
/// Bytes of a batch up to and including its length field, which counts what follows.
pub const LOG_OVERHEAD_BYTES: usize = 12;
/// The only message format that is served.
pub const MAGIC: u8 = 2;
/// Where the part under the CRC begins.
const CRC_BEGIN: usize = 21;

/// The `attributes` field of a batch.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Attributes(pub u16);

impl Attributes {
    const LOG_APPEND_TIME: u16 = 1 << 3;
    const TRANSACTIONAL: u16 = 1 << 4;
    const CONTROL: u16 = 1 << 5;
    const DELETE_HORIZON: u16 = 1 << 6;

    /// Returns the codec, or `None` for an id that nobody has defined.
    #[must_use]
    pub const fn codec(self) -> Option<Codec> {
        Codec::from_id(self.0 & 0x7)
    }

    /// Returns these attributes with another codec.
    #[must_use]
    pub const fn with_codec(self, codec: Codec) -> Self {
        Self((self.0 & !0x7) | codec.id())
    }

    /// Returns whether the records' time is the broker's, not the producer's.
    #[must_use]
    pub const fn is_log_append_time(self) -> bool {
        self.0 & Self::LOG_APPEND_TIME != 0
    }

    /// Returns these attributes with the timestamp type set.
    #[must_use]
    pub const fn with_log_append_time(self, on: bool) -> Self {
        self.with(Self::LOG_APPEND_TIME, on)
    }

    /// Returns whether the batch belongs to a transaction.
    #[must_use]
    pub const fn is_transactional(self) -> bool {
        self.0 & Self::TRANSACTIONAL != 0
    }

    /// Returns these attributes with the transactional bit set or cleared.
    #[must_use]
    pub const fn with_transactional(self, on: bool) -> Self {
        self.with(Self::TRANSACTIONAL, on)
    }

    /// Returns whether the records are control records.
    #[must_use]
    pub const fn is_control(self) -> bool {
        self.0 & Self::CONTROL != 0
    }

    /// Returns these attributes with the control bit set or cleared.
    #[must_use]
    pub const fn with_control(self, on: bool) -> Self {
        self.with(Self::CONTROL, on)
    }

    /// Returns whether the base timestamp field holds the cleaner's delete horizon.
    #[must_use]
    pub const fn has_delete_horizon(self) -> bool {
        self.0 & Self::DELETE_HORIZON != 0
    }

    /// Returns these attributes with the delete horizon's bit set or cleared.
    #[must_use]
    pub const fn with_delete_horizon(self, on: bool) -> Self {
        self.with(Self::DELETE_HORIZON, on)
    }

    const fn with(self, bit: u16, on: bool) -> Self {
        if on {
            Self(self.0 | bit)
        } else {
            Self(self.0 & !bit)
        }
    }
}

/// The 61 bytes before the records, parsed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct BatchHeader {
    /// Offset of the first record; 0 from a producer.
    pub base_offset: Offset,
    /// Bytes of the batch behind this field: 12 less than the whole batch.
    pub length: i32,
    /// Epoch of the leader that appended the batch; -1 from a producer.
    pub leader_epoch: LeaderEpoch,
    /// Message format; of others than 2 the remaining fields mean nothing.
    pub magic: u8,
    /// CRC-32C over the bytes from the attributes on.
    pub crc: u32,
    /// Codec and flags.
    pub attributes: Attributes,
    /// Offset of the last record, relative to the base; kept by compaction.
    pub last_offset_delta: i32,
    /// Timestamp that the records' deltas count from.
    pub base_timestamp: TimestampMs,
    /// Largest timestamp of the records.
    pub max_timestamp: TimestampMs,
    /// Producer id, or -1.
    pub producer_id: i64,
    /// Producer epoch, or -1.
    pub producer_epoch: i16,
    /// Sequence number of the first record, or -1.
    pub base_sequence: i32,
    /// Number of records.
    pub record_count: i32,
}

impl Default for BatchHeader {
    /// Returns the header of an empty batch of nobody.
    fn default() -> Self {
        Self {
            base_offset: Offset::ZERO,
            length: 49,
            leader_epoch: LeaderEpoch::NONE,
            magic: MAGIC,
            crc: 0,
            attributes: Attributes(0),
            last_offset_delta: 0,
            base_timestamp: -1,
            max_timestamp: -1,
            producer_id: -1,
            producer_epoch: -1,
            base_sequence: -1,
            record_count: 0,
        }
    }
}

impl BatchHeader {
    /// Parses the first 61 bytes; `None` if there are fewer.
    #[inline]
    #[must_use]
    pub fn parse(bytes: &[u8]) -> Option<Self> {
        let bytes: &[u8; HEADER_BYTES] = bytes.first_chunk()?;
        Some(Self {
            base_offset: Offset(i64::from_be_bytes(field(bytes, 0)?)),
            length: i32::from_be_bytes(field(bytes, 8)?),
            leader_epoch: LeaderEpoch(i32::from_be_bytes(field(bytes, 12)?)),
            magic: u8::from_be_bytes(field(bytes, 16)?),
            crc: u32::from_be_bytes(field(bytes, 17)?),
            attributes: Attributes(u16::from_be_bytes(field(bytes, 21)?)),
            last_offset_delta: i32::from_be_bytes(field(bytes, 23)?),
            base_timestamp: i64::from_be_bytes(field(bytes, 27)?),
            max_timestamp: i64::from_be_bytes(field(bytes, 35)?),
            producer_id: i64::from_be_bytes(field(bytes, 43)?),
            producer_epoch: i16::from_be_bytes(field(bytes, 51)?),
            base_sequence: i32::from_be_bytes(field(bytes, 53)?),
            record_count: i32::from_be_bytes(field(bytes, 57)?),
        })
    }

    /// Returns the 61 bytes.
    #[must_use]
    pub fn encode(&self) -> [u8; HEADER_BYTES] {
        let mut bytes = [0; HEADER_BYTES];
        let mut rest = bytes.as_mut_slice();
        put(&mut rest, self.base_offset.0.to_be_bytes());
        put(&mut rest, self.length.to_be_bytes());
        put(&mut rest, self.leader_epoch.0.to_be_bytes());
        put(&mut rest, self.magic.to_be_bytes());
        put(&mut rest, self.crc.to_be_bytes());
        put(&mut rest, self.attributes.0.to_be_bytes());
        put(&mut rest, self.last_offset_delta.to_be_bytes());
        put(&mut rest, self.base_timestamp.to_be_bytes());
        put(&mut rest, self.max_timestamp.to_be_bytes());
        put(&mut rest, self.producer_id.to_be_bytes());
        put(&mut rest, self.producer_epoch.to_be_bytes());
        put(&mut rest, self.base_sequence.to_be_bytes());
        put(&mut rest, self.record_count.to_be_bytes());
        assert!(rest.is_empty(), "the fields are 61 bytes");
        bytes
    }

    /// Returns the size of the whole batch, or `None` if the length field is below the minimum.
    #[inline]
    #[must_use]
    pub fn total_bytes(&self) -> Option<usize> {
        let total = usize::try_from(self.length)
            .ok()?
            .checked_add(LOG_OVERHEAD_BYTES)?;
        (total >= HEADER_BYTES).then_some(total)
    }

    /// Returns the offset of the last record.
    #[must_use]
    pub const fn last_offset(&self) -> Offset {
        self.base_offset.plus(self.last_offset_delta as i64)
    }

    /// Returns the offset that follows the batch.
    #[must_use]
    pub const fn next_offset(&self) -> Offset {
        self.base_offset.plus(self.last_offset_delta as i64 + 1)
    }

    /// Returns whether the batch comes from an idempotent or transactional producer.
    #[must_use]
    pub const fn has_producer_id(&self) -> bool {
        self.producer_id >= 0
    }

    /// Returns the sequence number of the last record: after 2^31-1 comes 0.
    #[must_use]
    pub const fn last_sequence(&self) -> i32 {
        if self.base_sequence < 0 {
            return -1;
        }
        self.base_sequence.wrapping_add(self.last_offset_delta) & i32::MAX
    }

    /// Returns the CRC-32C that belongs to this header before `body`.
    #[must_use]
    pub fn computed_crc(&self, body: &[u8]) -> u32 {
        let bytes = self.encode();
        let mut digest = Digest::new(CrcAlgorithm::Crc32Iscsi);
        digest.update(bytes.get(CRC_BEGIN..).unwrap_or(&[]));
        digest.update(body);
        crc_32(digest.finalize())
    }

    /// Sets the length and the CRC for `body`.
    ///
    /// # Panics
    ///
    /// If the body has 2 GiB or more, which no caller's limit allows.
    pub fn seal(&mut self, body: &[u8]) {
        let length = HEADER_BYTES - LOG_OVERHEAD_BYTES + body.len();
        self.length = i32::try_from(length).expect("a batch is below 2 GiB");
        self.crc = self.computed_crc(body);
    }
}

/// Why bytes are not a batch.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum BatchError {
    /// The bytes end before the batch does.
    #[error("{available} bytes where a batch needs {needed}")]
    Truncated {
        /// Bytes that are needed, as far as is known.
        needed: usize,
        /// Bytes that are there.
        available: usize,
    },
    /// The length field is below the smallest batch.
    #[error("batch length {length} is below the minimum of 49")]
    Length {
        /// What the field says.
        length: i32,
    },
    /// Another message format.
    #[error("batch magic {magic} where 2 is expected")]
    Magic {
        /// What the field says.
        magic: u8,
    },
}

/// A whole batch, borrowed.
#[derive(Clone, Copy, Debug)]
pub struct RecordBatch<'a> {
    header: BatchHeader,
    bytes: &'a [u8],
}

impl<'a> RecordBatch<'a> {
    /// Takes the batch at the front of `bytes`; what follows it is left out.
    ///
    /// The CRC is not looked at.
    #[inline]
    pub fn parse(bytes: &'a [u8]) -> Result<Self, BatchError> {
        let truncated = |needed| BatchError::Truncated {
            needed,
            available: bytes.len(),
        };
        let header = BatchHeader::parse(bytes).ok_or(truncated(HEADER_BYTES))?;
        if header.magic != MAGIC {
            return Err(BatchError::Magic {
                magic: header.magic,
            });
        }
        let total = header.total_bytes().ok_or(BatchError::Length {
            length: header.length,
        })?;
        let bytes = bytes.get(..total).ok_or(truncated(total))?;
        Ok(Self { header, bytes })
    }

    /// Returns the header.
    #[must_use]
    pub const fn header(&self) -> &BatchHeader {
        &self.header
    }

    /// Returns header and records as bytes.
    #[must_use]
    pub const fn bytes(&self) -> &'a [u8] {
        self.bytes
    }

    /// Returns what follows the header: the records, compressed if a codec is set.
    #[must_use]
    pub fn body(&self) -> &'a [u8] {
        self.bytes.get(HEADER_BYTES..).unwrap_or(&[])
    }

    /// Returns the CRC-32C of the bytes.
    #[must_use]
    pub fn computed_crc(&self) -> u32 {
        let covered = self.bytes.get(CRC_BEGIN..).unwrap_or(&[]);
        crc_32(crc_fast::checksum(CrcAlgorithm::Crc32Iscsi, covered))
    }

    /// Returns whether the CRC field agrees with the bytes.
    #[must_use]
    pub fn crc_matches(&self) -> bool {
        self.computed_crc() == self.header.crc
    }

    /// Returns the records' bytes, decompressed if a codec is set to at most `bytes_max` bytes.
    pub fn decompressed_body(&self, bytes_max: usize) -> Result<Cow<'a, [u8]>, DecompressError> {
        match self.header.attributes.codec() {
            Some(Codec::None) => Ok(Cow::Borrowed(self.body())),
            Some(codec) => decompress(codec, self.body(), bytes_max).map(Cow::Owned),
            None => Err(DecompressError::UnknownCodec {
                id: self.header.attributes.0 & 0x7,
            }),
        }
    }

    /// Walks `body`, which [`Self::decompressed_body`] gave.
    #[must_use]
    pub const fn records<'b>(&self, body: &'b [u8]) -> Records<'b> {
        Records::new(body, self.header.record_count)
    }
}

#[inline]
fn field<const N: usize>(bytes: &[u8; HEADER_BYTES], begin: usize) -> Option<[u8; N]> {
    bytes.get(begin..)?.first_chunk().copied()
}

fn put<const N: usize>(rest: &mut &mut [u8], value: [u8; N]) {
    let (target, after) = std::mem::take(rest)
        .split_first_chunk_mut()
        .expect("the fields are 61 bytes");
    *target = value;
    *rest = after;
}

#[expect(
    clippy::cast_possible_truncation,
    reason = "a 32-bit checksum in a 64-bit number"
)]
const fn crc_32(checksum: u64) -> u32 {
    checksum as u32
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::record::tests::{DATA_BATCH, unhex};

    #[test]
    fn the_worked_batch_is_read_and_written_back() {
        let bytes = unhex(DATA_BATCH);
        let batch = RecordBatch::parse(&bytes).unwrap();
        let header = *batch.header();
        assert_eq!(header.base_timestamp, 1_700_000_000_000);
        assert_eq!(header.total_bytes(), Some(70));
        assert_eq!(header.record_count, 1);
        assert_eq!(header.producer_id, -1);
        assert!(batch.crc_matches());
        assert_eq!(header.encode(), bytes[..HEADER_BYTES]);
        assert_eq!(header.computed_crc(batch.body()), header.crc);
        let mut sealed = BatchHeader {
            length: 0,
            crc: 0,
            ..header
        };
        sealed.seal(batch.body());
        assert_eq!(sealed, header);
    }

    #[test]
    fn a_changed_byte_under_the_crc_is_seen() {
        let mut bytes = unhex(DATA_BATCH);
        for position in CRC_BEGIN..bytes.len() {
            bytes[position] ^= 0x10;
            if let Ok(batch) = RecordBatch::parse(&bytes) {
                assert!(!batch.crc_matches(), "{position}");
            }
            bytes[position] ^= 0x10;
        }
    }

    #[test]
    fn bytes_that_are_no_batch_are_refused() {
        let bytes = unhex(DATA_BATCH);
        let mut short = bytes.clone();
        short[8..12].copy_from_slice(&48_i32.to_be_bytes());
        assert_eq!(
            RecordBatch::parse(&short).unwrap_err(),
            BatchError::Length { length: 48 }
        );
        let mut old = bytes.clone();
        old[16] = 1;
        assert_eq!(
            RecordBatch::parse(&old).unwrap_err(),
            BatchError::Magic { magic: 1 }
        );
        let cut = RecordBatch::parse(&bytes[..69]).unwrap_err();
        assert_eq!(
            cut,
            BatchError::Truncated {
                needed: 70,
                available: 69
            }
        );
        assert!(RecordBatch::parse(&bytes[..60]).is_err());
    }

    #[test]
    fn the_last_sequence_wraps_to_zero() {
        let header = BatchHeader {
            base_sequence: i32::MAX - 1,
            last_offset_delta: 3,
            ..BatchHeader::default()
        };
        assert_eq!(header.last_sequence(), 1);
        assert_eq!(BatchHeader::default().last_sequence(), -1);
    }
}
