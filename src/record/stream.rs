//! Walks compressed records without keeping them: what a broker checks, in bounded memory.
//!
//! The decompressed bytes pass through one buffer. A record that fits it is parsed as a borrowed
//! one; a larger one is stepped over field by field. A limit on what comes out ends a bomb.

use std::io::{self, Read};

use super::compression::{Codec, Decoder};
use super::record::{Record, RecordError};
use super::varint::take_varint;

/// What the walk tells of a record.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RecordSummary {
    /// Milliseconds after the batch's base timestamp.
    pub timestamp_delta: i64,
    /// Offset after the batch's base offset.
    pub offset_delta: i32,
    /// Whether the key is not null.
    pub has_key: bool,
}

impl From<&Record<'_>> for RecordSummary {
    fn from(record: &Record<'_>) -> Self {
        Self {
            timestamp_delta: record.timestamp_delta,
            offset_delta: record.offset_delta,
            has_key: record.key.is_some(),
        }
    }
}

/// Why the walk stopped.
#[derive(Debug, thiserror::Error)]
pub enum StreamError {
    /// The bytes decompress, but not to the records that the batch promises.
    #[error(transparent)]
    Record(#[from] RecordError),
    /// The bytes do not decompress.
    #[error("Failed to decompress record stream: {0}")]
    Codec(#[from] io::Error),
    /// More comes out than the caller allows.
    #[error("the records decompress to more than {bytes_max} bytes")]
    TooLarge {
        /// What the caller allows.
        bytes_max: u64,
    },
}

const BUFFER_BYTES: usize = 32 * 1024;

/// A walk over the compressed records of a batch; after an error, nothing.
#[derive(Debug)]
pub struct StreamedRecords<'a> {
    decoder: Decoder<'a>,
    buffer: Box<[u8]>,
    begin: usize,
    end: usize,
    index: i32,
    count: i32,
    bytes_read: u64,
    bytes_max: u64,
}

impl<'a> StreamedRecords<'a> {
    /// Returns the walk over `body`, which is to hold `count` records and nothing else, in at most
    /// `bytes_max` bytes.
    pub fn new(codec: Codec, body: &'a [u8], count: i32, bytes_max: u64) -> io::Result<Self> {
        let decoder = Decoder::new(codec, body)?;
        let buffer = vec![0; BUFFER_BYTES].into_boxed_slice();
        Ok(Self {
            decoder,
            buffer,
            begin: 0,
            end: 0,
            index: 0,
            count,
            bytes_read: 0,
            bytes_max,
        })
    }

    fn step(&mut self) -> Result<RecordSummary, StreamError> {
        let index = self.index;
        loop {
            let window = self.window();
            let mut rest = window;
            if let Some(length) = take_varint(&mut rest) {
                let prefix = window.len() - rest.len();
                let length = usize::try_from(length).map_err(|_| structure(index))?;
                if let Some(body) = rest.get(..length) {
                    let summary = RecordSummary::from(&parse(body, index)?);
                    self.begin += prefix + length;
                    return Ok(summary);
                }
                if prefix + length > BUFFER_BYTES {
                    self.begin += prefix;
                    return self.step_large(length);
                }
            } else if window.len() >= 5 {
                return Err(structure(index));
            }
            if self.fill()? == 0 {
                return Err(RecordError::Truncated { index }.into());
            }
        }
    }

    /// Steps over a record that does not fit the buffer.
    fn step_large(&mut self, length: usize) -> Result<RecordSummary, StreamError> {
        let index = self.index;
        let mut left = length;
        self.skip(&mut left, 1)?;
        let timestamp_delta = self.varlong(&mut left)?;
        let offset_delta = self.varint(&mut left)?;
        let has_key = self.skip_nullable(&mut left)?;
        self.skip_nullable(&mut left)?;
        let headers = self.varint(&mut left)?;
        if headers < 0 {
            return Err(structure(index));
        }
        for _ in 0..headers {
            let key = self.varint(&mut left)?;
            let key = usize::try_from(key).map_err(|_| structure(index))?;
            self.skip(&mut left, key)?;
            self.skip_nullable(&mut left)?;
        }
        if left > 0 {
            return Err(RecordError::Size { index, left }.into());
        }
        Ok(RecordSummary {
            timestamp_delta,
            offset_delta,
            has_key,
        })
    }

    fn skip_nullable(&mut self, left: &mut usize) -> Result<bool, StreamError> {
        let length = self.varint(left)?;
        match usize::try_from(length) {
            Ok(length) => self.skip(left, length).map(|()| true),
            Err(_) => Ok(false),
        }
    }

    fn skip(&mut self, left: &mut usize, bytes: usize) -> Result<(), StreamError> {
        *left = left.checked_sub(bytes).ok_or(structure(self.index))?;
        let mut bytes = bytes;
        loop {
            let part = bytes.min(self.end - self.begin);
            self.begin += part;
            bytes -= part;
            if bytes == 0 {
                return Ok(());
            }
            self.fill_some()?;
        }
    }

    fn varint(&mut self, left: &mut usize) -> Result<i32, StreamError> {
        i32::try_from(self.varlong(left)?).map_err(|_| structure(self.index))
    }

    fn varlong(&mut self, left: &mut usize) -> Result<i64, StreamError> {
        let mut bits: u64 = 0;
        for shift in (0_u32..70).step_by(7) {
            *left = left.checked_sub(1).ok_or(structure(self.index))?;
            if self.begin == self.end {
                self.fill_some()?;
            }
            let byte = self.window().first().copied().unwrap_or(0);
            self.begin += 1;
            bits |= u64::from(byte & 0x7f) << shift;
            if byte < 0x80 {
                return Ok((bits >> 1).cast_signed() ^ -(bits & 1).cast_signed());
            }
        }
        Err(structure(self.index))
    }

    fn window(&self) -> &[u8] {
        self.buffer.get(self.begin..self.end).unwrap_or_default()
    }

    fn fill_some(&mut self) -> Result<(), StreamError> {
        match self.fill()? {
            0 => Err(RecordError::Truncated { index: self.index }.into()),
            _ => Ok(()),
        }
    }

    /// Reads behind what is in the buffer; 0 at the end of the stream.
    fn fill(&mut self) -> Result<usize, StreamError> {
        self.buffer.copy_within(self.begin..self.end, 0);
        self.end -= self.begin;
        self.begin = 0;
        let target = self.buffer.get_mut(self.end..).unwrap_or_default();
        let count = self.decoder.read(target)?;
        self.end += count;
        self.bytes_read = self
            .bytes_read
            .saturating_add(u64::try_from(count).unwrap_or(u64::MAX));
        if self.bytes_read > self.bytes_max {
            return Err(StreamError::TooLarge {
                bytes_max: self.bytes_max,
            });
        }
        Ok(count)
    }

    fn is_at_end(&mut self) -> Result<bool, StreamError> {
        Ok(self.begin == self.end && self.fill()? == 0)
    }
}

impl Iterator for StreamedRecords<'_> {
    type Item = Result<RecordSummary, StreamError>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.index == i32::MAX {
            return None;
        }
        if self.index >= self.count {
            self.index = i32::MAX;
            return match self.is_at_end() {
                Ok(true) => None,
                Ok(false) => Some(Err(RecordError::Surplus.into())),
                Err(error) => Some(Err(error)),
            };
        }
        let result = self.step();
        self.index = if result.is_ok() {
            self.index + 1
        } else {
            i32::MAX
        };
        Some(result)
    }
}

fn parse(body: &[u8], index: i32) -> Result<Record<'_>, RecordError> {
    Record::parse(body).map_err(|left| match left {
        None => RecordError::Structure { index },
        Some(left) => RecordError::Size { index, left },
    })
}

const fn structure(index: i32) -> StreamError {
    StreamError::Record(RecordError::Structure { index })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::record::batch::RecordBatch;
    use crate::record::builder::{Append, BatchBuilder, Header, Seal};
    use crate::record::compression::compress;

    fn batch(codec: Codec, sizes: &[usize]) -> Vec<u8> {
        let mut builder = BatchBuilder::new(usize::MAX);
        for (index, bytes) in sizes.iter().enumerate() {
            let value = vec![u8::try_from(index % 250).unwrap(); *bytes];
            let headers = [Header {
                key: b"h",
                value: Some(&value),
            }];
            let key = (index % 2 == 0).then_some(&b"key"[..]);
            let timestamp = i64::try_from(index).unwrap() * 1000;
            let appended = builder.append(key, Some(&value), &headers, timestamp);
            assert_eq!(appended, Append::Fits);
        }
        builder
            .seal(&Seal {
                codec,
                ..Seal::default()
            })
            .unwrap();
        builder.into_bytes()
    }

    #[test]
    fn records_small_and_larger_than_the_buffer_are_walked() {
        let sizes = [
            1, 0, 20_000, 16_300, 40_000, 5, 1_000_000, 7, 15_000, 15_000,
        ];
        for codec in [Codec::Gzip, Codec::Snappy, Codec::Lz4, Codec::Zstd] {
            let bytes = batch(codec, &sizes);
            let batch = RecordBatch::parse(&bytes).unwrap();
            let walk = StreamedRecords::new(codec, batch.body(), 10, u64::MAX).unwrap();
            let found: Vec<_> = walk.map(Result::unwrap).collect();
            assert_eq!(found.len(), sizes.len());
            for (index, summary) in (0_i32..).zip(&found) {
                assert_eq!(summary.offset_delta, index);
                assert_eq!(summary.timestamp_delta, i64::from(index) * 1000);
                assert_eq!(summary.has_key, index % 2 == 0);
            }
        }
    }

    #[test]
    fn a_count_that_is_not_the_records_is_refused() {
        let bytes = batch(Codec::Zstd, &[10, 50_000, 10]);
        let body = RecordBatch::parse(&bytes).unwrap().body();
        for (count, ok) in [(2, 2), (4, 3)] {
            let walk = StreamedRecords::new(Codec::Zstd, body, count, u64::MAX).unwrap();
            let results: Vec<_> = walk.collect();
            assert_eq!(results.iter().filter(|result| result.is_ok()).count(), ok);
            assert_eq!(results.len(), ok + 1, "one error at the end");
        }
    }

    #[test]
    fn a_bomb_ends_at_the_limit_and_in_small_memory() {
        let mut body = Vec::new();
        // A record of nearly 64 MiB whose value is zeros.
        let mut record = Vec::new();
        crate::record::varint::put_varint(&mut record, 64 << 20);
        record.resize(64 << 20, 0);
        compress(Codec::Zstd, None, &record, &mut body).unwrap();
        let mut walk = StreamedRecords::new(Codec::Zstd, &body, 1, 1 << 20).unwrap();
        let error = walk.next().unwrap().unwrap_err();
        // Zero lengths end the fields early; the rest of the record is left over.
        assert!(
            matches!(error, StreamError::Record(RecordError::Size { .. })),
            "{error}"
        );
        let bytes = batch(Codec::Zstd, &[30 << 20]);
        let body = RecordBatch::parse(&bytes).unwrap().body();
        let mut walk = StreamedRecords::new(Codec::Zstd, body, 1, 1 << 20).unwrap();
        let error = walk.next().unwrap().unwrap_err();
        assert!(matches!(error, StreamError::TooLarge { .. }), "{error}");
    }
}
