//! Records that wait to be sent, by partition; shared by the caller and the sending thread.
//!
//! The caller encodes records straight into the open batch of a partition. A full batch, one that
//! has waited for `linger.ms`, and any batch while someone flushes or waits for room, is taken by
//! the sender. What is buffered is bounded by `buffer.memory`; a caller beyond it waits.
//!
//! Locking: one lock over everything. The caller holds it while it encodes, many records at once
//! where it can; the sender holds it while it picks batches, never while it seals or sends.

use std::collections::{HashMap, VecDeque};
use std::sync::Arc;
use std::time::Duration;

use parking_lot::{Condvar, Mutex, MutexGuard};
use tokio::sync::Notify;

use super::batch::{Batch, Order};
use super::config::ProducerConfig;
use super::partitioner::{Sticky, partition_of};
use crate::client::error::ClientError;
use crate::protocol::ErrorCode;
use crate::record::{Append, BatchBuilder, HEADER_BYTES, Header};
use crate::rng::Rng;
use crate::types::{BrokerId, TimestampMs, Uuid};

/// Buffers kept for the next batches.
const SPARE_BUFFERS_MAX: usize = 16;

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
    fn bytes_max(&self) -> usize {
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

/// One partition's batches.
#[derive(Debug, Default)]
pub(super) struct PartitionQueue {
    /// The leader, if there is one.
    pub(super) leader: Option<BrokerId>,
    /// Closed batches, in their order; those to be sent again are first.
    pub(super) closed: VecDeque<Batch>,
    /// The batch that records are added to.
    pub(super) open: Option<Batch>,
    /// Batches that the broker owes an answer for.
    pub(super) in_flight: usize,
    /// Whether one of those was sent before.
    pub(super) retry_in_flight: bool,
    /// The batches that were sent and are not done, the oldest first.
    pub(super) outstanding: VecDeque<Order>,
    /// Producer id and epoch that the sequences below belong to.
    pub(super) writer: Option<(i64, i16)>,
    /// Whether the broker has stored a batch of that id and epoch.
    pub(super) confirmed: bool,
    /// Sequence number of the next batch's first record.
    pub(super) next_sequence: i32,
    /// Whether the broker has lost the thread: sequences start again once nothing is in flight.
    pub(super) restart_sequences: bool,
}

impl PartitionQueue {
    /// Puts a batch that failed back in its place.
    pub(super) fn put_back(&mut self, batch: Batch) {
        let place = self
            .closed
            .iter()
            .position(|other| other.order > batch.order)
            .unwrap_or(self.closed.len());
        self.closed.insert(place, batch);
    }
}

/// What is known of a topic.
#[derive(Debug)]
pub(super) enum TopicInfo {
    /// Not yet anything.
    Unknown,
    /// Its partitions are known.
    Known,
    /// It cannot be sent to.
    Failed(ClientError),
}

/// One topic's partitions.
#[derive(Debug)]
pub(super) struct TopicQueue {
    pub(super) name: Arc<str>,
    pub(super) id: Uuid,
    pub(super) info: TopicInfo,
    pub(super) partitions: Vec<PartitionQueue>,
    sticky: Sticky,
}

/// How the sender is to end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Ending {
    /// When everything is sent.
    Flushed,
    /// Now; what is not sent fails.
    Now,
}

/// Everything under the lock.
#[derive(Debug)]
pub(super) struct State {
    pub(super) topics: Vec<TopicQueue>,
    by_name: HashMap<Arc<str>, usize>,
    last_topic: usize,
    /// Bytes reserved by batches that are not done.
    pub(super) buffered: usize,
    /// Batches that are not done.
    pub(super) unfinished: usize,
    next_serial: u64,
    spare: Vec<Vec<u8>>,
    rng: Rng,
    /// Callers that wait for room.
    pub(super) starved: usize,
    /// Whether someone flushes.
    pub(super) flushing: bool,
    pub(super) ending: Option<Ending>,
    /// Why nothing can be sent any more.
    pub(super) fatal: Option<ClientError>,
}

/// What the caller and the sending thread share.
#[derive(Debug)]
pub(super) struct Accumulator {
    state: Mutex<State>,
    /// Signals the caller: metadata, room, or something done.
    changed: Condvar,
    /// Signals the sender: a batch that it did not know of.
    pub(super) work: Notify,
    config: ProducerConfig,
}

impl Accumulator {
    /// Returns an accumulator without topics.
    pub(super) fn new(config: ProducerConfig) -> Self {
        Self {
            state: Mutex::new(State {
                topics: Vec::new(),
                by_name: HashMap::new(),
                last_topic: 0,
                buffered: 0,
                unfinished: 0,
                next_serial: 0,
                spare: Vec::new(),
                rng: Rng::from_os(),
                starved: 0,
                flushing: false,
                ending: None,
                fatal: None,
            }),
            changed: Condvar::new(),
            work: Notify::new(),
            config,
        }
    }

    /// Takes the lock.
    pub(super) fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock()
    }

    /// Wakes callers after a change that they may wait for.
    pub(super) fn notify_callers(&self) {
        self.changed.notify_all();
    }

    /// Adds one record; waits for metadata and for room, up to `max.block.ms`.
    ///
    /// Returns topic and partition, by their numbers.
    pub(super) fn append(
        &self,
        state: &mut MutexGuard<'_, State>,
        record: &ProducerRecord<'_>,
        now_ms: TimestampMs,
    ) -> Result<(usize, usize), ClientError> {
        let topic = self.topic(state, record.topic)?;
        let bytes_max = record.bytes_max();
        self.check_size(bytes_max)?;
        let timestamp = record.timestamp.unwrap_or(now_ms);
        loop {
            let partition = self.partition(state, topic, record)?;
            let Some(queue) = queue_mut(state, topic, partition) else {
                return Err(not_present(record.topic, self.config.max_block));
            };
            let Some(open) = &mut queue.open else {
                self.open_batch(state, (topic, partition), bytes_max)?;
                continue;
            };
            match open.append(record.key, record.value, record.headers, timestamp) {
                Append::Fits => {
                    open.tokens.extend(record.token);
                    if record.partition.is_none() && record.key.is_none() {
                        let sticky = state.topics.get_mut(topic).map(|topic| &mut topic.sticky);
                        if let Some(sticky) = sticky {
                            sticky.add(bytes_max - HEADER_BYTES - 14);
                        }
                    }
                    return Ok((topic, partition));
                }
                Append::Full => {
                    queue.closed.extend(queue.open.take());
                    if let Some(topic) = state.topics.get_mut(topic) {
                        topic.sticky.leave();
                    }
                    self.work.notify_one();
                }
            }
        }
    }

    /// Returns the number of a topic whose partitions are known, waiting for that.
    fn topic(&self, state: &mut MutexGuard<'_, State>, name: &str) -> Result<usize, ClientError> {
        let last = state.last_topic;
        let index = match state.topics.get(last) {
            Some(topic) if *topic.name == *name => last,
            _ => self.register(state, name),
        };
        state.last_topic = index;
        if let Some(topic) = state.topics.get(index)
            && matches!(topic.info, TopicInfo::Known)
        {
            return Ok(index);
        }
        // A topic that failed before may be there by now.
        if let Some(topic) = state.topics.get_mut(index)
            && matches!(topic.info, TopicInfo::Failed(_))
        {
            topic.info = TopicInfo::Unknown;
        }
        self.work.notify_one();
        let deadline = self.now() + self.config.max_block;
        loop {
            if let Some(error) = &state.fatal {
                return Err(error.clone());
            }
            match state.topics.get(index).map(|topic| &topic.info) {
                Some(TopicInfo::Known) => return Ok(index),
                Some(TopicInfo::Failed(error)) => return Err(error.clone()),
                Some(TopicInfo::Unknown) | None => {}
            }
            if !self.wait(state, deadline) {
                return Err(not_present(name, self.config.max_block));
            }
        }
    }

    fn register(&self, state: &mut State, name: &str) -> usize {
        if let Some(index) = state.by_name.get(name) {
            return *index;
        }
        let index = state.topics.len();
        let name: Arc<str> = name.into();
        state.by_name.insert(Arc::clone(&name), index);
        state.topics.push(TopicQueue {
            name,
            id: Uuid::ZERO,
            info: TopicInfo::Unknown,
            partitions: Vec::new(),
            sticky: Sticky::default(),
        });
        self.work.notify_one();
        index
    }

    fn check_size(&self, bytes: usize) -> Result<(), ClientError> {
        let too_large = |limit: String| {
            let message = format!(
                "The message is {bytes} bytes when serialized which is larger than {limit}"
            );
            Err(ClientError::Broker {
                code: ErrorCode::MessageTooLarge,
                message: Some(message),
            })
        };
        let max = self.config.request_bytes_max;
        if bytes > max {
            return too_large(format!(
                "{max}, which is the value of the max.request.size configuration."
            ));
        }
        if bytes > self.config.buffer_bytes {
            return too_large(
                "the total memory buffer you have configured with the buffer.memory configuration."
                    .into(),
            );
        }
        Ok(())
    }

    /// Chooses the partition of a record.
    fn partition(
        &self,
        state: &mut MutexGuard<'_, State>,
        topic: usize,
        record: &ProducerRecord<'_>,
    ) -> Result<usize, ClientError> {
        if let Some(wanted) = record.partition {
            return self.wait_for_partition(state, topic, wanted);
        }
        let State { topics, rng, .. } = &mut **state;
        let Some(topic) = topics.get_mut(topic) else {
            return Err(not_present(record.topic, self.config.max_block));
        };
        let count = topic.partitions.len();
        if let Some(key) = record.key {
            return Ok(partition_of(key, count));
        }
        let partitions = &topic.partitions;
        let has_leader = |index: usize| partitions.get(index).is_some_and(|p| p.leader.is_some());
        Ok(topic
            .sticky
            .choose(count, self.config.batch_bytes, rng, has_leader))
    }

    fn wait_for_partition(
        &self,
        state: &mut MutexGuard<'_, State>,
        topic: usize,
        wanted: i32,
    ) -> Result<usize, ClientError> {
        let Ok(partition) = usize::try_from(wanted) else {
            return Err(ClientError::InvalidArgument {
                message: format!(
                    "Invalid partition: {wanted}. Partition number should always be non-negative \
                     or null."
                ),
            });
        };
        let deadline = self.now() + self.config.max_block;
        loop {
            let Some(queue) = state.topics.get(topic) else {
                return Err(ErrorCode::UnknownTopicOrPartition.into());
            };
            let count = queue.partitions.len();
            if partition < count {
                return Ok(partition);
            }
            let name = Arc::clone(&queue.name);
            if !self.wait(state, deadline) {
                let waited_ms = self.config.max_block.as_millis();
                return Err(ClientError::Timeout {
                    message: format!(
                        "Partition {wanted} of topic {name} with partition count {count} is not \
                         present in metadata after {waited_ms} ms."
                    ),
                });
            }
        }
    }

    /// Opens a batch for a partition, waiting for room.
    fn open_batch(
        &self,
        state: &mut MutexGuard<'_, State>,
        (topic, partition): (usize, usize),
        record_bytes: usize,
    ) -> Result<(), ClientError> {
        let wanted = self.config.batch_bytes.max(record_bytes);
        self.wait_for_room(state, wanted)?;
        let created = self.now();
        let serial = state.next_serial;
        let buffer = state
            .spare
            .pop()
            .unwrap_or_else(|| Vec::with_capacity(wanted.max(HEADER_BYTES)));
        let builder = BatchBuilder::with_buffer(buffer, self.config.batch_bytes);
        let batch = Batch::new((topic, partition), (serial, 0), created, wanted, builder);
        let Some(queue) = queue_mut(state, topic, partition) else {
            return Err(ErrorCode::UnknownTopicOrPartition.into());
        };
        // The lock was given up while waiting for room, but nobody else opens batches.
        assert!(queue.open.is_none(), "one caller opens batches");
        queue.open = Some(batch);
        state.next_serial += 1;
        state.buffered += wanted;
        state.unfinished += 1;
        self.work.notify_one();
        Ok(())
    }

    fn wait_for_room(
        &self,
        state: &mut MutexGuard<'_, State>,
        wanted: usize,
    ) -> Result<(), ClientError> {
        let total = self.config.buffer_bytes;
        let fits = |state: &State| state.buffered == 0 || state.buffered + wanted <= total;
        if fits(state) && state.fatal.is_none() {
            return Ok(());
        }
        let deadline = self.now() + self.config.max_block;
        state.starved += 1;
        self.work.notify_one();
        let result = loop {
            if let Some(error) = &state.fatal {
                break Err(error.clone());
            }
            if fits(state) {
                break Ok(());
            }
            if !self.wait(state, deadline) {
                let waited_ms = self.config.max_block.as_millis();
                let free = total.saturating_sub(state.buffered);
                break Err(ClientError::Timeout {
                    message: format!(
                        "Failed to allocate {wanted} bytes within the configured max blocking \
                         time {waited_ms} ms. Total memory: {total} bytes. Available memory: \
                         {free} bytes. Poolable size: {} bytes",
                        self.config.batch_bytes
                    ),
                });
            }
        };
        state.starved -= 1;
        result
    }

    /// Returns how many partitions a topic has, waiting for its metadata.
    pub(super) fn partitions(
        &self,
        state: &mut MutexGuard<'_, State>,
        topic: &str,
    ) -> Result<usize, ClientError> {
        let index = self.topic(state, topic)?;
        Ok(state
            .topics
            .get(index)
            .map_or(0, |topic| topic.partitions.len()))
    }

    /// Has the sender end: once all is sent, or after the timeout.
    pub(super) fn end(&self, timeout: Option<Duration>) {
        let mut state = self.lock();
        state.ending = Some(Ending::Flushed);
        self.work.notify_one();
        let deadline = timeout.map(|timeout| self.now() + timeout);
        while state.unfinished > 0 {
            match deadline {
                None => self.changed.wait(&mut state),
                Some(deadline) => {
                    if !self.wait(&mut state, deadline) {
                        state.ending = Some(Ending::Now);
                        self.work.notify_one();
                        return;
                    }
                }
            }
        }
    }

    /// Waits until everything that was added is done.
    pub(super) fn flush(&self) {
        let mut state = self.lock();
        state.flushing = true;
        self.work.notify_one();
        while state.unfinished > 0 {
            self.changed.wait(&mut state);
        }
        state.flushing = false;
    }

    /// Closes the open batch of a partition, with someone who waits for its last record.
    pub(super) fn close_open(
        &self,
        state: &mut State,
        (topic, partition): (usize, usize),
        waiter: super::batch::Waiter,
    ) {
        let open = queue_mut(state, topic, partition).and_then(|queue| queue.open.as_mut());
        if let Some(open) = open {
            open.urgent = true;
            let index = i64::from(open.count()) - 1;
            open.waiters.push(super::batch::Waiter { index, ..waiter });
        }
        self.work.notify_one();
    }

    /// Takes a batch that is done out of the books.
    pub(super) fn finished(&self, batch: Batch) {
        let reserved = batch.reserved;
        let buffer = batch.into_buffer();
        let mut state = self.lock();
        state.buffered -= reserved;
        state.unfinished -= 1;
        if let Some(buffer) = buffer
            && state.spare.len() < SPARE_BUFFERS_MAX
            && buffer.capacity() >= self.config.batch_bytes
        {
            state.spare.push(buffer);
        }
        if state.ending.is_some() {
            // The sender may be about to wait for more.
            self.work.notify_one();
        }
        drop(state);
        self.changed.notify_all();
    }

    fn now(&self) -> Duration {
        self.config.client.clock.monotonic()
    }

    /// Waits for a change; false once the deadline has passed.
    fn wait(&self, state: &mut MutexGuard<'_, State>, deadline: Duration) -> bool {
        let left = deadline.saturating_sub(self.now());
        if left.is_zero() {
            return false;
        }
        let _timed_out = self.changed.wait_for(state, left);
        true
    }
}

/// Returns the queue of a partition.
pub(super) fn queue_mut(
    state: &mut State,
    topic: usize,
    partition: usize,
) -> Option<&mut PartitionQueue> {
    state.topics.get_mut(topic)?.partitions.get_mut(partition)
}

fn not_present(topic: &str, waited: Duration) -> ClientError {
    ClientError::Timeout {
        message: format!(
            "Topic {topic} not present in metadata after {} ms.",
            waited.as_millis()
        ),
    }
}
