//! Builds a batch in place: records go straight behind a reserved header.
//!
//! A batch that is full says so and stays as it was; its first record always fits, whatever the
//! limit, as in Kafka's producer. Sealing patches the header; the buffer can then be used again.

use std::io;

use super::batch::{Attributes, BatchHeader, HEADER_BYTES};
use super::compression::{Codec, compress};
use super::varint::{put_varint, put_varlong, varlong_bytes};
use crate::types::{LeaderEpoch, Offset, TimestampMs};

/// A record header to be written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Header<'a> {
    /// The key; may occur more than once in a record.
    pub key: &'a [u8],
    /// The value; `None` is null.
    pub value: Option<&'a [u8]>,
}

/// What became of a record.
#[must_use]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Append {
    /// It is in the batch.
    Fits,
    /// It would make the batch larger than its limit; the batch is as it was.
    Full,
}

/// Who wrote a batch; for [`Producer::NONE`] nobody who must be known.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Producer {
    /// Producer id.
    pub id: i64,
    /// Producer epoch.
    pub epoch: i16,
    /// Sequence number of the batch's first record.
    pub base_sequence: i32,
}

impl Producer {
    /// No producer id.
    pub const NONE: Self = Self {
        id: -1,
        epoch: -1,
        base_sequence: -1,
    };
}

/// What sealing writes into the header besides what the records say.
#[derive(Clone, Copy, Debug)]
pub struct Seal {
    /// Codec for the records.
    pub codec: Codec,
    /// The codec's own level, if not its default.
    pub level: Option<i32>,
    /// Who wrote the batch.
    pub producer: Producer,
    /// Flags; the codec is set here from `codec`.
    pub attributes: Attributes,
    /// Offset of the first record: 0 from a producer.
    pub base_offset: Offset,
    /// Leader epoch: -1 from a producer.
    pub leader_epoch: LeaderEpoch,
}

impl Default for Seal {
    /// Returns what a producer without codec, id and transaction writes.
    fn default() -> Self {
        Self {
            codec: Codec::None,
            level: None,
            producer: Producer::NONE,
            attributes: Attributes(0),
            base_offset: Offset::ZERO,
            leader_epoch: LeaderEpoch::NONE,
        }
    }
}

/// A batch that is being built.
#[derive(Clone, Debug)]
pub struct BatchBuilder {
    buffer: Vec<u8>,
    bytes_max: usize,
    count: i32,
    base_timestamp: TimestampMs,
    max_timestamp: TimestampMs,
}

impl BatchBuilder {
    /// Returns an empty batch that takes at most `bytes_max` bytes, uncompressed, with header.
    #[must_use]
    pub fn new(bytes_max: usize) -> Self {
        Self::with_buffer(Vec::new(), bytes_max)
    }

    /// Returns an empty batch in a buffer that was used before; its content is dropped.
    #[must_use]
    pub fn with_buffer(mut buffer: Vec<u8>, bytes_max: usize) -> Self {
        buffer.clear();
        buffer.resize(HEADER_BYTES, 0);
        Self {
            buffer,
            bytes_max,
            count: 0,
            base_timestamp: -1,
            max_timestamp: -1,
        }
    }

    /// Returns how many records there are.
    #[must_use]
    pub const fn count(&self) -> i32 {
        self.count
    }

    /// Returns whether there are no records.
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.count == 0
    }

    /// Returns the size so far: exact without a codec, what sealing starts from with one.
    #[must_use]
    pub const fn bytes(&self) -> usize {
        self.buffer.len()
    }

    /// Returns the largest timestamp so far, -1 without records.
    #[must_use]
    pub const fn max_timestamp(&self) -> TimestampMs {
        self.max_timestamp
    }

    /// Returns how much a record of these sizes adds at most, without its headers.
    #[must_use]
    pub const fn record_bytes_max(key_bytes: usize, value_bytes: usize) -> usize {
        // Length 5, attributes 1, timestamp delta 10, offset delta 5, lengths 5 each, count 5.
        36 + key_bytes + value_bytes
    }

    /// Appends a record, unless the batch has records already and would become too large.
    pub fn append(
        &mut self,
        key: Option<&[u8]>,
        value: Option<&[u8]>,
        headers: &[Header<'_>],
        timestamp: TimestampMs,
    ) -> Append {
        let base = if self.count == 0 {
            timestamp
        } else {
            self.base_timestamp
        };
        let delta = timestamp.wrapping_sub(base);
        let body = body_bytes(key, value, headers)
            + varlong_bytes(delta)
            + varlong_bytes(i64::from(self.count));
        let total = self.buffer.len() + length_bytes(body) + body;
        let too_large = total > self.bytes_max || self.count == i32::MAX - 1;
        let (true, Ok(body)) = (!too_large || self.count == 0, i32::try_from(body)) else {
            return Append::Full;
        };
        let out = &mut self.buffer;
        put_varint(out, body);
        out.push(0);
        put_varlong(out, delta);
        put_varint(out, self.count);
        put_nullable(out, key);
        put_nullable(out, value);
        put_varint(out, narrow(headers.len()));
        for header in headers {
            put_varint(out, narrow(header.key.len()));
            out.extend_from_slice(header.key);
            put_nullable(out, header.value);
        }
        debug_assert_eq!(
            out.len(),
            total,
            "the record has the size that was computed"
        );
        self.base_timestamp = base;
        self.max_timestamp = self.max_timestamp.max(timestamp);
        self.count += 1;
        Append::Fits
    }

    /// Compresses the records if a codec is set, writes the header, and returns the whole batch.
    ///
    /// The batch must have a record. After it only [`Self::into_bytes`] and [`Self::clear`] make
    /// sense. An error comes from the codec.
    pub fn seal(&mut self, seal: &Seal) -> io::Result<&[u8]> {
        assert!(self.count > 0, "an empty batch is not sealed");
        if seal.codec != Codec::None {
            let mut compressed = Vec::with_capacity(self.buffer.len() / 2);
            compressed.resize(HEADER_BYTES, 0);
            let body = self.buffer.get(HEADER_BYTES..).unwrap_or_default();
            compress(seal.codec, seal.level, body, &mut compressed)?;
            self.buffer = compressed;
        }
        let mut header = BatchHeader {
            base_offset: seal.base_offset,
            leader_epoch: seal.leader_epoch,
            attributes: seal.attributes.with_codec(seal.codec),
            last_offset_delta: self.count - 1,
            base_timestamp: self.base_timestamp,
            max_timestamp: self.max_timestamp,
            producer_id: seal.producer.id,
            producer_epoch: seal.producer.epoch,
            base_sequence: seal.producer.base_sequence,
            record_count: self.count,
            ..BatchHeader::default()
        };
        if let Some((target, body)) = self.buffer.split_first_chunk_mut::<HEADER_BYTES>() {
            header.seal(body);
            *target = header.encode();
        }
        Ok(&self.buffer)
    }

    /// Returns the buffer: after [`Self::seal`] the batch.
    #[must_use]
    pub fn into_bytes(self) -> Vec<u8> {
        self.buffer
    }

    /// Drops the records and keeps the buffer.
    pub fn clear(&mut self) {
        *self = Self::with_buffer(std::mem::take(&mut self.buffer), self.bytes_max);
    }
}

#[inline]
fn body_bytes(key: Option<&[u8]>, value: Option<&[u8]>, headers: &[Header<'_>]) -> usize {
    let mut bytes = 1 + nullable_bytes(key) + nullable_bytes(value) + length_bytes(headers.len());
    for header in headers {
        bytes += length_bytes(header.key.len()) + header.key.len() + nullable_bytes(header.value);
    }
    bytes
}

#[inline]
fn nullable_bytes(value: Option<&[u8]>) -> usize {
    value.map_or(1, |value| length_bytes(value.len()) + value.len())
}

#[inline]
fn length_bytes(length: usize) -> usize {
    varlong_bytes(i64::try_from(length).unwrap_or(i64::MAX))
}

#[inline]
fn put_nullable(out: &mut Vec<u8>, value: Option<&[u8]>) {
    match value {
        Some(value) => {
            put_varint(out, narrow(value.len()));
            out.extend_from_slice(value);
        }
        None => put_varint(out, -1),
    }
}

/// The body's size was checked to fit before any part of it is written.
#[inline]
fn narrow(length: usize) -> i32 {
    i32::try_from(length).expect("a part is no longer than its record")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::record::batch::RecordBatch;
    use crate::record::tests::{DATA_BATCH, unhex};

    #[test]
    fn the_worked_batch_is_built_byte_for_byte() {
        let mut builder = BatchBuilder::new(1000);
        assert_eq!(
            builder.append(Some(b"k"), Some(b"v"), &[], 1_700_000_000_000),
            Append::Fits
        );
        let seal = Seal {
            leader_epoch: LeaderEpoch(0),
            ..Seal::default()
        };
        assert_eq!(builder.seal(&seal).unwrap(), unhex(DATA_BATCH));
    }

    #[test]
    fn a_full_batch_says_so_and_its_first_record_always_fits() {
        let mut builder = BatchBuilder::new(100);
        assert_eq!(builder.append(None, Some(&[7; 500]), &[], 5), Append::Fits);
        assert_eq!(builder.append(None, None, &[], 5), Append::Full);
        builder.clear();
        let mut count = 0;
        while builder.append(Some(b"key"), Some(b"value"), &[], 5) == Append::Fits {
            count += 1;
        }
        assert_eq!((count, builder.count()), (2, 2));
        assert!(builder.bytes() <= 100);
        assert!(
            RecordBatch::parse(builder.seal(&Seal::default()).unwrap())
                .unwrap()
                .crc_matches()
        );
    }

    #[test]
    fn records_come_back_under_every_codec() {
        let header = |key, value| Header { key, value };
        for codec in Codec::ALL {
            let mut builder = BatchBuilder::new(1_000_000);
            let headers = [header(b"h", Some(b"1")), header(b"h", None)];
            for (key, timestamp) in [(Some(&b"a"[..]), 100), (None, 40), (Some(b"c"), 4_000_000)] {
                assert_eq!(
                    builder.append(key, Some(b"v"), &headers, timestamp),
                    Append::Fits
                );
            }
            let producer = Producer {
                id: 7,
                epoch: 1,
                base_sequence: 9,
            };
            let seal = Seal {
                codec,
                producer,
                ..Seal::default()
            };
            let bytes = builder.seal(&seal).unwrap().to_vec();
            let batch = RecordBatch::parse(&bytes).unwrap();
            assert!(batch.crc_matches());
            assert_eq!(batch.header().max_timestamp, 4_000_000);
            assert_eq!(batch.header().last_sequence(), 11);
            let body = batch.decompressed_body(1000).unwrap();
            let records: Vec<_> = batch.records(&body).map(Result::unwrap).collect();
            assert_eq!(records[1].timestamp_delta, -60);
            assert_eq!(records[2].offset_delta, 2);
            assert_eq!(records[2].headers.collect::<Vec<_>>().len(), 2);
        }
    }
}
