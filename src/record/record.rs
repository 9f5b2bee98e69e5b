//! One record, borrowed from uncompressed bytes; the hot walk over many, without allocation.
//!
//! ```text
//! varint length | i8 attributes | varlong timestamp delta | varint offset delta
//! varint key length (-1 null) | key | varint value length (-1 null) | value
//! varint header count | each: varint key length | key | varint value length (-1 null) | value
//! ```

use super::varint::{take_varint, take_varlong};

/// One record of a batch.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Record<'a> {
    /// Milliseconds after the batch's base timestamp.
    pub timestamp_delta: i64,
    /// Offset after the batch's base offset.
    pub offset_delta: i32,
    /// The key; `None` is null.
    pub key: Option<&'a [u8]>,
    /// The value; `None` is null, a tombstone.
    pub value: Option<&'a [u8]>,
    /// The headers, in order, duplicates kept.
    pub headers: Headers<'a>,
}

/// Why bytes are not the records that a batch promises.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum RecordError {
    /// The bytes end within a record.
    #[error("Found invalid record structure: the bytes end within record {index}")]
    Truncated {
        /// Number of the record in its batch.
        index: i32,
    },
    /// A field of a record reaches beyond the record, or is no number.
    #[error("Found invalid record structure in record {index}")]
    Structure {
        /// Number of the record in its batch.
        index: i32,
    },
    /// A record's fields end before its length says.
    #[error("Invalid record size: {left} bytes are left over in record {index}")]
    Size {
        /// Number of the record in its batch.
        index: i32,
        /// Bytes that no field has claimed.
        left: usize,
    },
    /// Bytes follow the last record.
    #[error("Incorrect declared batch size, records still remaining in file")]
    Surplus,
}

impl<'a> Record<'a> {
    /// Parses the bytes behind a record's length: exactly one record, or the number of bytes left
    /// over, or nothing if a field is broken.
    #[inline]
    pub(super) fn parse(mut body: &'a [u8]) -> Result<Self, Option<usize>> {
        let record = Self::take(&mut body).ok_or(None)?;
        if body.is_empty() {
            Ok(record)
        } else {
            Err(Some(body.len()))
        }
    }

    #[inline]
    fn take(body: &mut &'a [u8]) -> Option<Self> {
        let (_attributes, rest) = body.split_first()?;
        *body = rest;
        let timestamp_delta = take_varlong(body)?;
        let offset_delta = take_varint(body)?;
        let key = take_nullable(body)?;
        let value = take_nullable(body)?;
        let count = take_varint(body)?;
        let count = u32::try_from(count).ok()?;
        let begin = *body;
        for _ in 0..count {
            take_header(body)?;
        }
        let bytes = begin.get(..begin.len() - body.len())?;
        Some(Self {
            timestamp_delta,
            offset_delta,
            key,
            value,
            headers: Headers { count, bytes },
        })
    }
}

/// The headers of a record: already checked, read again when asked for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Headers<'a> {
    count: u32,
    bytes: &'a [u8],
}

impl Headers<'_> {
    /// Returns how many headers there are.
    #[must_use]
    pub const fn len(&self) -> usize {
        self.count as usize
    }

    /// Returns whether there is none.
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.count == 0
    }
}

impl<'a> Iterator for Headers<'a> {
    type Item = (&'a [u8], Option<&'a [u8]>);

    /// Returns the next key and value.
    fn next(&mut self) -> Option<Self::Item> {
        self.count = self.count.checked_sub(1)?;
        take_header(&mut self.bytes)
    }
}

/// An iterator over the records of a batch; after an error, nothing.
#[derive(Clone, Debug)]
pub struct Records<'a> {
    rest: &'a [u8],
    index: i32,
    count: i32,
}

impl<'a> Records<'a> {
    /// Returns the walk over `body`, which is to hold `count` records and nothing else.
    #[must_use]
    pub const fn new(body: &'a [u8], count: i32) -> Self {
        Self {
            rest: body,
            index: 0,
            count,
        }
    }

    /// Returns the bytes that were not walked yet.
    #[must_use]
    pub const fn rest(&self) -> &'a [u8] {
        self.rest
    }

    #[inline]
    fn step(&mut self) -> Result<Record<'a>, RecordError> {
        let index = self.index;
        let mut rest = self.rest;
        let truncated = RecordError::Truncated { index };
        let length = take_varint(&mut rest).ok_or(truncated)?;
        let length = usize::try_from(length).map_err(|_| RecordError::Structure { index })?;
        let (body, rest) = rest.split_at_checked(length).ok_or(truncated)?;
        let record = Record::parse(body).map_err(|left| match left {
            None => RecordError::Structure { index },
            Some(left) => RecordError::Size { index, left },
        })?;
        self.rest = rest;
        Ok(record)
    }
}

impl<'a> Iterator for Records<'a> {
    type Item = Result<Record<'a>, RecordError>;

    #[inline]
    fn next(&mut self) -> Option<Self::Item> {
        if self.index >= self.count {
            if self.rest.is_empty() || self.index == i32::MAX {
                return None;
            }
            self.index = i32::MAX;
            return Some(Err(RecordError::Surplus));
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

#[inline]
fn take_nullable<'a>(body: &mut &'a [u8]) -> Option<Option<&'a [u8]>> {
    let length = take_varint(body)?;
    if length < 0 {
        // Kafka reads any negative length as null.
        return Some(None);
    }
    take_bytes(body, length).map(Some)
}

#[inline]
fn take_bytes<'a>(body: &mut &'a [u8], length: i32) -> Option<&'a [u8]> {
    let (bytes, rest) = body.split_at_checked(usize::try_from(length).ok()?)?;
    *body = rest;
    Some(bytes)
}

#[inline]
fn take_header<'a>(body: &mut &'a [u8]) -> Option<(&'a [u8], Option<&'a [u8]>)> {
    let length = take_varint(body)?;
    let key = take_bytes(body, length)?;
    Some((key, take_nullable(body)?))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::record::batch::RecordBatch;
    use crate::record::tests::{DATA_BATCH, unhex};

    #[test]
    fn the_worked_batch_holds_one_record() {
        let bytes = unhex(DATA_BATCH);
        let batch = RecordBatch::parse(&bytes).unwrap();
        let records: Vec<_> = batch.records(batch.body()).map(Result::unwrap).collect();
        assert_eq!(records.len(), 1);
        assert_eq!(records[0].key, Some(&b"k"[..]));
        assert_eq!(records[0].value, Some(&b"v"[..]));
        assert!(records[0].headers.is_empty());
    }

    #[test]
    fn headers_keep_order_and_duplicates_and_nulls() {
        // Attributes, deltas 0, key null, value empty, three headers: a=1, a=null, empty key=2.
        let record = [0, 0, 0, 1, 0, 6, 2, b'a', 2, b'1', 2, b'a', 1, 0, 2, b'2'];
        let mut body = vec![32];
        body.extend(record);
        let record = Records::new(&body, 1).next().unwrap().unwrap();
        assert_eq!(record.key, None);
        assert_eq!(record.value, Some(&b""[..]));
        let headers: Vec<_> = record.headers.collect();
        let (a, empty) = (&b"a"[..], &b""[..]);
        assert_eq!(
            headers,
            vec![(a, Some(&b"1"[..])), (a, None), (empty, Some(&b"2"[..]))]
        );
    }

    #[test]
    fn broken_records_are_refused_once() {
        let good = [12_u8, 0, 0, 0, 1, 1, 0];
        assert!(Records::new(&good, 1).all(|record| record.is_ok()));
        let truncated = RecordError::Truncated { index: 0 };
        let structure = RecordError::Structure { index: 0 };
        let cases: [(&[u8], i32, RecordError); 6] = [
            (&good[..6], 1, truncated),
            (&good, 2, RecordError::Truncated { index: 1 }),
            (
                &[14, 0, 0, 0, 1, 1, 0, 0],
                1,
                RecordError::Size { index: 0, left: 1 },
            ),
            (&[12, 0, 0, 0, 1, 1, 2], 1, structure),
            (&[1, 0], 1, structure),
            (&[12, 0, 0, 0, 1, 1, 0, 9], 1, RecordError::Surplus),
        ];
        for (bytes, count, expected) in cases {
            let errors: Vec<_> = Records::new(bytes, count).filter_map(Result::err).collect();
            assert_eq!(errors, vec![expected], "{bytes:?}");
        }
    }

    #[test]
    fn a_header_count_of_two_thousand_million_ends_at_once() {
        let mut body = vec![0, 0, 0, 0, 1, 1];
        super::super::varint::put_varint(&mut body, i32::MAX);
        body[0] = u8::try_from((body.len() - 1) * 2).unwrap();
        assert!(Records::new(&body, 1).next().unwrap().is_err());
    }
}
