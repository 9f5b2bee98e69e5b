//! What a poll brought, walked in borrowed form: batch after batch, record after record.
//!
//! Nothing is copied but what a codec unpacks, into a buffer that is used again. Control batches,
//! records before the position, and records of aborted transactions (for `read_committed`) are
//! left out, as in Kafka's `CompletedFetch`.

use std::collections::HashSet;
use std::io::Read as _;
use std::sync::Arc;

use bytes::Bytes;

use crate::client::admin::IsolationLevel;
use crate::client::error::ClientError;
use crate::protocol::ErrorCode;
use crate::record::{
    BatchError, Codec, Decoder, Headers, RecordBatch, Records, TimestampType, parse_end_marker,
};
use crate::types::{Offset, TimestampMs};

/// What one batch may unpack to.
const UNPACKED_BYTES_MAX: u64 = 512 << 20;

/// One partition's part of an answer.
#[derive(Clone, Debug)]
pub(super) struct FetchedPartition {
    pub(super) topic: Arc<str>,
    pub(super) partition: i32,
    /// The position that was asked for; records before it are not wanted.
    pub(super) position: Offset,
    pub(super) high_watermark: Offset,
    pub(super) bytes: Bytes,
    /// Producer and first offset of aborted transactions.
    pub(super) aborted: Vec<(i64, Offset)>,
}

/// What a poll brought.
#[derive(Debug)]
pub struct Fetched<'a> {
    parts: std::slice::Iter<'a, FetchedPartition>,
    current: Option<Walk<'a>>,
    scratch: &'a mut Vec<u8>,
    isolation: IsolationLevel,
    check_crcs: bool,
}

/// The walk over one partition's batches.
#[derive(Debug)]
struct Walk<'a> {
    part: &'a FetchedPartition,
    rest: &'a [u8],
    aborted: &'a [(i64, Offset)],
    aborting: HashSet<i64>,
}

/// A batch of records of one partition.
#[derive(Clone, Debug)]
pub struct FetchedBatch<'a> {
    /// The topic.
    pub topic: &'a Arc<str>,
    /// The partition.
    pub partition: i32,
    /// Where the partition's replicated records end.
    pub high_watermark: Offset,
    /// Whether the records' time is the producer's or the broker's.
    pub timestamp_type: TimestampType,
    /// The records that are wanted.
    pub records: ConsumerRecords<'a>,
}

/// The records of a batch, in order.
#[derive(Clone, Debug)]
pub struct ConsumerRecords<'a> {
    records: Records<'a>,
    base_offset: Offset,
    base_timestamp: TimestampMs,
    append_time: Option<TimestampMs>,
    position: Offset,
    place: (&'a Arc<str>, i32),
}

/// A record, borrowed.
#[derive(Clone, Copy, Debug)]
pub struct ConsumerRecord<'a> {
    /// Its offset.
    pub offset: Offset,
    /// Its time; -1 if it has none.
    pub timestamp: TimestampMs,
    /// Its key; `None` is null.
    pub key: Option<&'a [u8]>,
    /// Its value; `None` is null.
    pub value: Option<&'a [u8]>,
    /// Its headers, in order.
    pub headers: Headers<'a>,
}

impl<'a> Iterator for ConsumerRecords<'a> {
    type Item = Result<ConsumerRecord<'a>, ClientError>;

    /// Returns the next record; after an error, nothing.
    #[inline]
    fn next(&mut self) -> Option<Self::Item> {
        loop {
            let record = match self.records.next()? {
                Ok(record) => record,
                Err(error) => {
                    let (topic, partition) = self.place;
                    return Some(Err(corrupt(topic, partition, self.position, &error)));
                }
            };
            let offset = self.base_offset.plus(i64::from(record.offset_delta));
            if offset < self.position {
                continue;
            }
            let own = || self.base_timestamp.wrapping_add(record.timestamp_delta);
            return Some(Ok(ConsumerRecord {
                offset,
                timestamp: self.append_time.unwrap_or_else(own),
                key: record.key,
                value: record.value,
                headers: record.headers,
            }));
        }
    }
}

impl<'a> Fetched<'a> {
    pub(super) fn new(
        parts: &'a [FetchedPartition],
        scratch: &'a mut Vec<u8>,
        isolation: IsolationLevel,
        check_crcs: bool,
    ) -> Self {
        Self {
            parts: parts.iter(),
            current: None,
            scratch,
            isolation,
            check_crcs,
        }
    }

    /// Returns whether nothing came; a poll that brought only control batches is not empty.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.current.is_none() && self.parts.len() == 0
    }

    /// Returns the next batch with records.
    ///
    /// # Errors
    ///
    /// Fails in Kafka's words if the bytes are damaged.
    pub fn next_batch(&mut self) -> Result<Option<FetchedBatch<'_>>, ClientError> {
        let Some((part, batch)) = self.next_wanted()? else {
            return Ok(None);
        };
        let header = batch.header();
        let body = match header.attributes.codec() {
            Some(Codec::None) => batch.body(),
            Some(codec) => {
                unpack(codec, batch.body(), self.scratch).map_err(|error| {
                    corrupt(&part.topic, part.partition, header.base_offset, &error)
                })?;
                &*self.scratch
            }
            None => {
                let text = "Unknown compression type id";
                return Err(corrupt(
                    &part.topic,
                    part.partition,
                    header.base_offset,
                    &text,
                ));
            }
        };
        let by_broker = header.attributes.is_log_append_time();
        Ok(Some(FetchedBatch {
            topic: &part.topic,
            partition: part.partition,
            high_watermark: part.high_watermark,
            timestamp_type: if by_broker {
                TimestampType::LogAppendTime
            } else {
                TimestampType::CreateTime
            },
            records: ConsumerRecords {
                records: Records::new(body, header.record_count),
                base_offset: header.base_offset,
                base_timestamp: header.base_timestamp,
                append_time: by_broker.then_some(header.max_timestamp),
                position: part.position,
                place: (&part.topic, part.partition),
            },
        }))
    }

    /// Goes to the next batch whose records count.
    fn next_wanted(
        &mut self,
    ) -> Result<Option<(&'a FetchedPartition, RecordBatch<'a>)>, ClientError> {
        loop {
            let Some(walk) = &mut self.current else {
                let Some(part) = self.parts.next() else {
                    return Ok(None);
                };
                self.current = Some(Walk {
                    part,
                    rest: &part.bytes,
                    aborted: &part.aborted,
                    aborting: HashSet::new(),
                });
                continue;
            };
            let part = walk.part;
            let batch = match RecordBatch::parse(walk.rest) {
                Ok(batch) => batch,
                // The broker cuts the last batch at the limit that it was given.
                Err(BatchError::Truncated { .. }) => {
                    self.current = None;
                    continue;
                }
                Err(error) => {
                    self.current = None;
                    return Err(corrupt(&part.topic, part.partition, part.position, &error));
                }
            };
            walk.rest = walk.rest.get(batch.bytes().len()..).unwrap_or(&[]);
            if batch.header().last_offset() < part.position || batch.header().record_count == 0 {
                continue;
            }
            if self.check_crcs && !batch.crc_matches() {
                let (stored, computed) = (batch.header().crc, batch.computed_crc());
                let text =
                    format!("Record is corrupt (stored crc = {stored}, computed crc = {computed})");
                self.current = None;
                let offset = batch.header().base_offset;
                return Err(corrupt(&part.topic, part.partition, offset, &text));
            }
            let committed = self.isolation == IsolationLevel::ReadCommitted;
            if committed && walk.is_aborted(&batch) || batch.header().attributes.is_control() {
                continue;
            }
            return Ok(Some((part, batch)));
        }
    }
}

impl Walk<'_> {
    /// Notes which transactions begin and end here; returns whether the batch's was aborted.
    fn is_aborted(&mut self, batch: &RecordBatch<'_>) -> bool {
        let header = batch.header();
        if !header.has_producer_id() {
            return false;
        }
        while let Some(((producer, first), rest)) = self.aborted.split_first()
            && *first <= header.last_offset()
        {
            self.aborting.insert(*producer);
            self.aborted = rest;
        }
        if header.attributes.is_control() {
            if parse_end_marker(batch).is_some_and(|marker| !marker.committed) {
                self.aborting.remove(&header.producer_id);
            }
            return false;
        }
        header.attributes.is_transactional() && self.aborting.contains(&header.producer_id)
    }
}

fn unpack(codec: Codec, body: &[u8], out: &mut Vec<u8>) -> std::io::Result<()> {
    out.clear();
    Decoder::new(codec, body)?
        .take(UNPACKED_BYTES_MAX + 1)
        .read_to_end(out)?;
    if u64::try_from(out.len()).unwrap_or(u64::MAX) > UNPACKED_BYTES_MAX {
        return Err(std::io::Error::other(
            "the records unpack to too many bytes",
        ));
    }
    Ok(())
}

fn corrupt(
    topic: &str,
    partition: i32,
    offset: Offset,
    cause: &dyn std::fmt::Display,
) -> ClientError {
    ClientError::Broker {
        code: ErrorCode::CorruptMessage,
        message: Some(format!(
            "Record batch for partition {topic}-{partition} at offset {offset} is invalid, \
             cause: {cause}"
        )),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::record::{Attributes, BatchBuilder, EndMarker, Producer, Seal, end_marker_batch};

    fn data(base: i64, values: &[&str], producer: i64, codec: Codec) -> Vec<u8> {
        let mut builder = BatchBuilder::new(10_000);
        for value in values {
            let _fits = builder.append(None, Some(value.as_bytes()), &[], 5);
        }
        let seal = Seal {
            codec,
            producer: Producer {
                id: producer,
                epoch: 0,
                base_sequence: 0,
            },
            attributes: Attributes(0).with_transactional(producer >= 0),
            base_offset: Offset(base),
            ..Seal::default()
        };
        builder.seal(&seal).unwrap().to_vec()
    }

    fn marker(base: i64, producer: i64, committed: bool) -> Vec<u8> {
        let marker = EndMarker {
            committed,
            coordinator_epoch: 0,
        };
        let mut bytes = end_marker_batch(marker, producer, 0, 5);
        bytes[..8].copy_from_slice(&base.to_be_bytes());
        bytes
    }

    fn part(position: i64, aborted: &[(i64, i64)], bytes: Vec<u8>) -> FetchedPartition {
        FetchedPartition {
            topic: "t".into(),
            partition: 0,
            position: Offset(position),
            high_watermark: Offset(100),
            bytes: bytes.into(),
            aborted: aborted
                .iter()
                .map(|(id, first)| (*id, Offset(*first)))
                .collect(),
        }
    }

    fn values(part: FetchedPartition, isolation: IsolationLevel) -> Result<String, ClientError> {
        let parts = [part];
        let mut scratch = Vec::new();
        let mut fetched = Fetched::new(&parts, &mut scratch, isolation, true);
        let mut out = String::new();
        while let Some(batch) = fetched.next_batch()? {
            for record in batch.records {
                let record = record?;
                let value = String::from_utf8_lossy(record.value.unwrap()).into_owned();
                out.push_str(&format!("{}{value} ", record.offset));
            }
        }
        Ok(out)
    }

    #[test]
    fn records_before_the_position_and_a_torn_tail_are_left_out() {
        let mut bytes = data(0, &["a", "b"], -1, Codec::None);
        bytes.extend(data(2, &["c", "d"], -1, Codec::Zstd));
        bytes.extend(&data(4, &["e"], -1, Codec::None)[..65]);
        let found = values(part(1, &[], bytes), IsolationLevel::ReadUncommitted);
        assert_eq!(found.unwrap(), "1b 2c 3d ");
    }

    #[test]
    fn aborted_transactions_are_left_out_only_when_committed_ones_are_wanted() {
        let mut bytes = data(0, &["a"], 7, Codec::None);
        bytes.extend(data(1, &["b"], 8, Codec::None));
        bytes.extend(marker(2, 7, false));
        bytes.extend(data(3, &["c"], 7, Codec::None));
        bytes.extend(marker(4, 8, true));
        bytes.extend(marker(5, 7, true));
        bytes.extend(data(6, &["d"], -1, Codec::None));
        let aborted = [(7, 0)];
        let committed = values(
            part(0, &aborted, bytes.clone()),
            IsolationLevel::ReadCommitted,
        );
        assert_eq!(committed.unwrap(), "1b 3c 6d ");
        let all = values(part(0, &aborted, bytes), IsolationLevel::ReadUncommitted);
        assert_eq!(all.unwrap(), "0a 1b 3c 6d ");
    }

    #[test]
    fn a_flipped_bit_is_told_with_its_place() {
        let mut bytes = data(3, &["a"], -1, Codec::None);
        *bytes.last_mut().unwrap() ^= 1;
        let error = values(part(3, &[], bytes), IsolationLevel::ReadUncommitted).unwrap_err();
        assert!(
            error.to_string().starts_with(
                "Record batch for partition t-0 at offset 3 is invalid, cause: Record"
            ),
            "{error}"
        );
    }
}
