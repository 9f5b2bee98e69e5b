//! A batch on its way: filled, sealed, sent, perhaps sent again, done.

use std::io;
use std::sync::mpsc::SyncSender;
use std::time::Duration;

use bytes::Bytes;

use crate::client::error::ClientError;
use crate::record::{
    Append, BatchBuilder, BatchHeader, Codec, HEADER_BYTES, Header, Producer as Writer,
    RecordBatch, Seal,
};
use crate::types::{LeaderEpoch, Offset, TimestampMs};

/// The place of a record that was stored.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RecordMetadata {
    /// The partition.
    pub partition: i32,
    /// The record's offset; -1 if the broker did not tell.
    pub offset: Offset,
    /// The broker's time, if it replaced the record's own.
    pub log_append_time: Option<TimestampMs>,
}

/// Someone who waits for the last record that a batch held when they came.
#[derive(Debug)]
pub(super) struct Waiter {
    pub(super) index: i64,
    pub(super) answer: SyncSender<Result<RecordMetadata, ClientError>>,
}

/// A batch as bytes: its header apart, so that it can be changed.
#[derive(Clone, Debug)]
pub(super) struct Sealed {
    pub(super) header: BatchHeader,
    pub(super) body: Bytes,
}

impl Sealed {
    /// Returns the size of header and records.
    pub(super) const fn bytes(&self) -> usize {
        HEADER_BYTES + self.body.len()
    }
}

/// The place of a batch in its partition: its number, and of what was cut out of a batch, the
/// number of its first record there.
pub(super) type Order = (u64, i32);

/// What is called with key and value of a record.
type Visit<'a> = dyn FnMut(Option<&[u8]>, Option<&[u8]>) + 'a;

/// A batch on its way.
#[derive(Debug)]
pub(super) struct Batch {
    /// Number of the topic in the accumulator.
    pub(super) topic: usize,
    /// Number of the partition in its topic.
    pub(super) partition: usize,
    /// Orders the batches of a partition.
    pub(super) order: Order,
    /// When its first record came, on the monotonic clock.
    pub(super) created: Duration,
    /// Not to be sent again before this time.
    pub(super) retry_at: Duration,
    /// How often it was sent in vain.
    pub(super) attempts: u32,
    /// What it takes of `buffer.memory`.
    pub(super) reserved: usize,
    /// Whether it must not wait for more records.
    pub(super) urgent: bool,
    /// What the caller calls each record; empty, or one a record.
    pub(super) tokens: Vec<u64>,
    pub(super) waiters: Vec<Waiter>,
    /// Id, epoch and sequence, once they were given.
    pub(super) writer: Option<Writer>,
    /// Whether it was handed to a broker's task before.
    dispatched: bool,
    state: BatchState,
}

#[derive(Debug)]
enum BatchState {
    Open(BatchBuilder),
    Sealed(Sealed),
}

impl Batch {
    /// Returns an empty batch in this buffer.
    pub(super) fn new(
        (topic, partition): (usize, usize),
        order: Order,
        created: Duration,
        reserved: usize,
        builder: BatchBuilder,
    ) -> Self {
        Self {
            topic,
            partition,
            order,
            created,
            retry_at: Duration::ZERO,
            attempts: 0,
            reserved,
            urgent: false,
            tokens: Vec::new(),
            waiters: Vec::new(),
            writer: None,
            dispatched: false,
            state: BatchState::Open(builder),
        }
    }

    /// Returns whether it was handed to a broker's task before.
    pub(super) const fn was_dispatched(&self) -> bool {
        self.dispatched
    }

    /// Notes that it is handed to a broker's task.
    pub(super) const fn set_dispatched(&mut self) {
        self.dispatched = true;
    }

    /// Adds a record.
    #[inline]
    pub(super) fn append(
        &mut self,
        key: Option<&[u8]>,
        value: Option<&[u8]>,
        headers: &[Header<'_>],
        timestamp: TimestampMs,
    ) -> Append {
        match &mut self.state {
            BatchState::Open(builder) => builder.append(key, value, headers, timestamp),
            BatchState::Sealed(_) => Append::Full,
        }
    }

    /// Returns how many records there are.
    pub(super) const fn count(&self) -> i32 {
        match &self.state {
            BatchState::Open(builder) => builder.count(),
            BatchState::Sealed(sealed) => sealed.header.record_count,
        }
    }

    /// Returns the size so far: that on the wire once it is sealed.
    pub(super) const fn bytes(&self) -> usize {
        match &self.state {
            BatchState::Open(builder) => builder.bytes(),
            BatchState::Sealed(sealed) => sealed.bytes(),
        }
    }

    /// Compresses the records and writes the header, once; later only who writes may change.
    pub(super) fn seal(&mut self, codec: Codec, level: Option<i32>) -> io::Result<Sealed> {
        let writer = self.writer.unwrap_or(Writer::NONE);
        match &mut self.state {
            BatchState::Open(builder) => {
                let seal = Seal {
                    codec,
                    level,
                    producer: writer,
                    ..Seal::default()
                };
                let header = BatchHeader::parse(builder.seal(&seal)?)
                    .expect("a sealed batch begins with its header");
                let taken = std::mem::replace(builder, BatchBuilder::new(0));
                let body = Bytes::from(taken.into_bytes()).split_off(HEADER_BYTES);
                self.state = BatchState::Sealed(Sealed { header, body });
            }
            BatchState::Sealed(sealed) => {
                let header = &mut sealed.header;
                let before = (
                    header.producer_id,
                    header.producer_epoch,
                    header.base_sequence,
                );
                if before != (writer.id, writer.epoch, writer.base_sequence) {
                    header.producer_id = writer.id;
                    header.producer_epoch = writer.epoch;
                    header.base_sequence = writer.base_sequence;
                    header.seal(&sealed.body);
                }
            }
        }
        match &self.state {
            BatchState::Sealed(sealed) => Ok(sealed.clone()),
            BatchState::Open(_) => Err(io::Error::other("the batch was not sealed")),
        }
    }

    /// Calls `visit` with key and value of every record.
    pub(super) fn for_each_record(&self, visit: &mut Visit<'_>) {
        let whole = self.whole();
        let Ok(batch) = RecordBatch::parse(&whole) else {
            return;
        };
        let Ok(body) = batch.decompressed_body(usize::MAX / 2) else {
            return;
        };
        for record in batch.records(&body).map_while(Result::ok) {
            visit(record.key, record.value);
        }
    }

    /// Cuts the batch into two of half the records each; `None` if it has only one.
    pub(super) fn split(self, codec: Codec, level: Option<i32>) -> Result<(Self, Self), Box<Self>> {
        let whole = self.whole();
        let halves = halves(&whole, codec, level);
        let Some((first, second)) = halves else {
            return Err(Box::new(self));
        };
        let middle = first.header.record_count;
        let half = |sealed: Sealed, begin: i32| {
            let range = |list: &[u64]| {
                let begin = usize::try_from(begin).unwrap_or(0).min(list.len());
                let count = usize::try_from(sealed.header.record_count).unwrap_or(0);
                list.iter().skip(begin).take(count).copied().collect()
            };
            Self {
                tokens: range(&self.tokens),
                waiters: Vec::new(),
                reserved: self.reserved / 2,
                writer: self.writer.map(|writer| Writer {
                    base_sequence: writer.base_sequence.wrapping_add(begin) & i32::MAX,
                    ..writer
                }),
                dispatched: true,
                state: BatchState::Sealed(sealed),
                ..Self::new(
                    (self.topic, self.partition),
                    (self.order.0, self.order.1 + begin),
                    self.created,
                    0,
                    BatchBuilder::new(0),
                )
            }
        };
        let mut low = half(first, 0);
        let mut high = half(second, middle);
        low.reserved = self.reserved - high.reserved;
        for mut waiter in self.waiters {
            if waiter.index < i64::from(middle) {
                low.waiters.push(waiter);
            } else {
                waiter.index -= i64::from(middle);
                high.waiters.push(waiter);
            }
        }
        Ok((low, high))
    }

    /// Returns header and records in one run.
    fn whole(&self) -> Vec<u8> {
        match &self.state {
            BatchState::Sealed(sealed) => {
                let mut whole = sealed.header.encode().to_vec();
                whole.extend_from_slice(&sealed.body);
                whole
            }
            BatchState::Open(builder) if builder.is_empty() => Vec::new(),
            BatchState::Open(builder) => {
                let mut copy = builder.clone();
                match copy.seal(&Seal::default()) {
                    Ok(whole) => whole.to_vec(),
                    Err(_) => Vec::new(),
                }
            }
        }
    }

    /// Takes the buffer back, if nobody else holds it.
    pub(super) fn into_buffer(self) -> Option<Vec<u8>> {
        match self.state {
            BatchState::Open(builder) => Some(builder.into_bytes()),
            BatchState::Sealed(sealed) => {
                let mut body = sealed.body.try_into_mut().ok()?;
                // Nothing is left to be moved to the front.
                body.clear();
                Some(body.into())
            }
        }
    }
}

/// Builds two batches of the records of one.
fn halves(whole: &[u8], codec: Codec, level: Option<i32>) -> Option<(Sealed, Sealed)> {
    let batch = RecordBatch::parse(whole).ok()?;
    let count = batch.header().record_count;
    if count < 2 {
        return None;
    }
    let body = batch.decompressed_body(usize::MAX / 2).ok()?;
    let mut builders = [BatchBuilder::new(usize::MAX), BatchBuilder::new(usize::MAX)];
    for (index, record) in (0..count).zip(batch.records(&body)) {
        let record = record.ok()?;
        let headers: Vec<Header<'_>> = record
            .headers
            .map(|(key, value)| Header { key, value })
            .collect();
        let timestamp = batch
            .header()
            .base_timestamp
            .wrapping_add(record.timestamp_delta);
        let builder = builders.get_mut(usize::from(index >= count / 2))?;
        let _fits = builder.append(record.key, record.value, &headers, timestamp);
    }
    let mut sealed = builders.into_iter().map(|mut builder| {
        let seal = Seal {
            codec,
            level,
            leader_epoch: LeaderEpoch::NONE,
            ..Seal::default()
        };
        let header = BatchHeader::parse(builder.seal(&seal).ok()?)?;
        let body = Bytes::from(builder.into_bytes()).split_off(HEADER_BYTES);
        Some(Sealed { header, body })
    });
    Some((sealed.next()??, sealed.next()??))
}

/// What became of a batch; given to the producer's callback.
#[derive(Debug)]
pub struct Completion<'a> {
    /// The topic.
    pub topic: &'a str,
    /// The partition.
    pub partition: i32,
    /// How many records the batch has.
    pub count: i32,
    /// The offset of its first record (-1 if the broker did not tell), or why it failed.
    pub result: Result<Offset, &'a ClientError>,
    /// The broker's time, if it replaced the records' own.
    pub log_append_time: Option<TimestampMs>,
    /// What the caller called each record, in order; empty if it gave no tokens.
    pub tokens: &'a [u64],
    pub(super) batch: &'a Batch,
}

impl Completion<'_> {
    /// Calls `visit` with key and value of every record; meant for the report of a failure.
    pub fn for_each_record(&self, mut visit: impl FnMut(Option<&[u8]>, Option<&[u8]>)) {
        self.batch.for_each_record(&mut visit);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn batch(count: u8) -> Batch {
        let builder = BatchBuilder::new(10_000);
        let mut batch = Batch::new((0, 0), (7, 0), Duration::ZERO, 100, builder);
        for number in 0..count {
            let fits = batch.append(None, Some(&[number]), &[], i64::from(number));
            assert_eq!(fits, Append::Fits);
            batch.tokens.push(u64::from(number));
        }
        batch
    }

    fn values(batch: &Batch) -> Vec<u8> {
        let mut values = Vec::new();
        batch.for_each_record(&mut |_, value| values.extend_from_slice(value.unwrap()));
        values
    }

    #[test]
    fn a_sealed_batch_can_be_given_another_writer() {
        let mut batch = batch(3);
        let first = batch.seal(Codec::Lz4, None).unwrap();
        assert_eq!(first.header.producer_id, -1);
        batch.writer = Some(Writer {
            id: 5,
            epoch: 2,
            base_sequence: 9,
        });
        let second = batch.seal(Codec::Lz4, None).unwrap();
        assert_eq!(second.header.base_sequence, 9);
        assert_eq!(second.header.computed_crc(&second.body), second.header.crc);
        assert_eq!(values(&batch), [0, 1, 2]);
    }

    #[test]
    fn halves_keep_records_tokens_and_sequences() {
        let mut batch = batch(5);
        batch.writer = Some(Writer {
            id: 5,
            epoch: 2,
            base_sequence: i32::MAX - 1,
        });
        batch.seal(Codec::None, None).unwrap();
        let (low, high) = batch.split(Codec::None, None).unwrap();
        assert_eq!((values(&low), values(&high)), (vec![0, 1], vec![2, 3, 4]));
        assert_eq!(high.tokens, [2, 3, 4]);
        assert_eq!(low.reserved + high.reserved, 100);
        assert_eq!(high.writer.unwrap().base_sequence, 0);
        let single = self::batch(1).split(Codec::None, None);
        assert!(single.is_err());
    }
}
