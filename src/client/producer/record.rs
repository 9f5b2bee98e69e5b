//! A record to be sent, and its size as Kafka counts it.

use crate::record::{HEADER_BYTES, Header};
use crate::types::TimestampMs;

/// A record to be sent.
#[derive(Clone, Copy, Debug, Default)]
pub struct ProducerRecord<'a> {
    /// The topic.
    pub topic: &'a str,
    /// The partition; `None` leaves it to the key, or to the producer.
    pub partition: Option<i32>,
    /// The record's time; `None` is now.
    pub timestamp: Option<TimestampMs>,
    /// The key; `None` is null.
    pub key: Option<&'a [u8]>,
    /// The value; `None` is null.
    pub value: Option<&'a [u8]>,
    /// The headers, in order.
    pub headers: &'a [Header<'a>],
    /// What the completion is to call the record, if anything.
    pub token: Option<u64>,
}

impl ProducerRecord<'_> {
    /// Returns the size that Kafka holds against `max.request.size`: an upper bound.
    ///
    /// `AbstractRecords.estimateSizeInBytesUpperBound`: a batch's header, 21 bytes for a record's
    /// numbers, and the record's fields with their lengths.
    pub(super) fn bytes_max(&self) -> usize {
        let nullable = |value: Option<&[u8]>| value.map_or(1, |v| varint_bytes(v.len()) + v.len());
        let headers: usize = self
            .headers
            .iter()
            .map(|header| nullable(Some(header.key)) + nullable(header.value))
            .sum();
        let fields = nullable(self.key) + nullable(self.value) + headers;
        HEADER_BYTES + 21 + fields + varint_bytes(self.headers.len())
    }
}

#[inline]
fn varint_bytes(length: usize) -> usize {
    crate::record::varlong_bytes(i64::try_from(length).unwrap_or(i64::MAX))
}
