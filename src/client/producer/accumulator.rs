//! Records that wait to be sent, by partition; shared by the caller and the sending thread.
//!
//! The caller encodes records straight into the open batch of a partition. A full batch, one that
//! has waited for `linger.ms`, and any batch while someone flushes or waits for room, is taken by
//! the sender. What is buffered is bounded by `buffer.memory`; a caller beyond it waits.
//!
//! Locking: one lock over everything. The caller holds it while it encodes, many records at once
//! where it can; the sender holds it while it picks batches, never while it seals or sends.

use std::time::Duration;

use parking_lot::{Condvar, Mutex, MutexGuard};
use tokio::sync::Notify;

use super::batch::{Batch, Waiter};
use super::config::ProducerConfig;
use super::partitioner::partition_of;
use super::queue::{Ending, State, TopicQueue, queue_mut};
use super::record::ProducerRecord;
use super::topics::not_present;
use crate::client::error::ClientError;
use crate::protocol::ErrorCode;
use crate::record::{Append, BatchBuilder, HEADER_BYTES};
use crate::types::TimestampMs;

/// Buffers kept for the next batches.
const SPARE_BUFFERS_MAX: usize = 16;

/// What the caller and the sending thread share.
#[derive(Debug)]
pub(super) struct Accumulator {
    state: Mutex<State>,
    /// Signals the caller: metadata, room, or something done.
    changed: Condvar,
    /// Signals the sender: a batch that it did not know of.
    pub(super) work: Notify,
    pub(super) config: ProducerConfig,
}

impl Accumulator {
    /// Returns an accumulator without topics.
    pub(super) fn new(config: ProducerConfig) -> Self {
        Self {
            state: Mutex::new(State::new()),
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

    /// Adds values without keys until one does not go in: returns that one, if there is one.
    ///
    /// The fast way: topic, partition and batch are looked up once for many records. What is
    /// returned is to be added by [`Self::append`], which opens the next batch or says why not.
    pub(super) fn append_values<'a>(
        &self,
        state: &mut State,
        topic: &str,
        now_ms: TimestampMs,
        values: &mut impl Iterator<Item = &'a [u8]>,
    ) -> Option<&'a [u8]> {
        let value_bytes_max = self
            .config
            .request_bytes_max
            .min(self.config.buffer_bytes)
            .saturating_sub(HEADER_BYTES + BatchBuilder::record_bytes_max(0, 0));
        let batch_bytes = self.config.batch_bytes;
        let State {
            topics,
            last_topic,
            rng,
            ..
        } = state;
        let queue = topics
            .get_mut(*last_topic)
            .filter(|queue| *queue.name == *topic);
        let Some(TopicQueue {
            partitions, sticky, ..
        }) = queue
        else {
            return values.next();
        };
        let has_leader = |index: usize| partitions.get(index).is_some_and(|p| p.leader.is_some());
        let chosen = sticky.choose(partitions.len(), batch_bytes, rng, has_leader);
        let open = partitions
            .get_mut(chosen)
            .and_then(|queue| queue.open.as_mut());
        let Some(open) = open else {
            return values.next();
        };
        let before = open.bytes();
        let rejected = values.find(|value| {
            value.len() > value_bytes_max
                || open.append(None, Some(value), &[], now_ms) == Append::Full
        });
        sticky.add(open.bytes() - before);
        rejected
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
        waiter: Waiter,
    ) {
        let open = queue_mut(state, topic, partition).and_then(|queue| queue.open.as_mut());
        if let Some(open) = open {
            open.urgent = true;
            let index = i64::from(open.count()) - 1;
            open.waiters.push(Waiter { index, ..waiter });
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

    pub(super) fn now(&self) -> Duration {
        self.config.client.clock.monotonic()
    }

    /// Waits for a change; false once the deadline has passed.
    pub(super) fn wait(&self, state: &mut MutexGuard<'_, State>, deadline: Duration) -> bool {
        let left = deadline.saturating_sub(self.now());
        if left.is_zero() {
            return false;
        }
        let _timed_out = self.changed.wait_for(state, left);
        true
    }
}
