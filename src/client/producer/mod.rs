//! The producer: records in, batches out, in order and without loss.
//!
//! [`Producer::send`] encodes into the open batch of a partition in the caller's thread; a thread
//! of its own sends batches, up to five requests in flight a broker. Idempotent unless that is
//! ruled out: what is sent again after a lost answer is not stored twice. What became of each
//! batch is told to a callback; [`Producer::send_values`] is the fast way for many small values.

mod accumulator;
mod batch;
mod config;
mod idempotence;
mod node;
mod partitioner;
mod refresh;
mod request;
mod sender;

use std::sync::Arc;
use std::sync::mpsc::sync_channel;
use std::thread::JoinHandle;
use std::time::Duration;

pub use accumulator::ProducerRecord;
pub use batch::{Completion, RecordMetadata};
pub use config::{Acks, ProducerConfig};
pub use sender::OnCompletion;

use accumulator::Accumulator;
use batch::Waiter;
use sender::Sender;

use super::error::ClientError;

/// Sends records to topics.
#[derive(Debug)]
pub struct Producer {
    accumulator: Arc<Accumulator>,
    config: ProducerConfig,
    thread: Option<JoinHandle<()>>,
}

impl Producer {
    /// Starts a producer; `on_completion` is called in its thread for every batch that is done.
    ///
    /// # Errors
    ///
    /// Fails if the operating system refuses a thread or a poller.
    pub fn start(config: ProducerConfig, on_completion: OnCompletion) -> std::io::Result<Self> {
        let accumulator = Arc::new(Accumulator::new(config.clone()));
        let sender = Sender::new(Arc::clone(&accumulator), config.clone(), on_completion);
        let runtime = super::runtime()?;
        let thread = std::thread::Builder::new()
            .name("kt-producer".into())
            .spawn(move || runtime.block_on(sender.run()))?;
        Ok(Self {
            accumulator,
            config,
            thread: Some(thread),
        })
    }

    /// Adds a record to a batch; waits for metadata and for room, up to `max.block.ms`.
    ///
    /// # Errors
    ///
    /// Fails in Kafka's words if the record is too large, or its topic or room for it are not to
    /// be had in time.
    pub fn send(&mut self, record: &ProducerRecord<'_>) -> Result<(), ClientError> {
        let now_ms = match record.timestamp {
            Some(timestamp) => timestamp,
            None => self.config.client.clock.now_ms(),
        };
        let mut state = self.accumulator.lock();
        self.accumulator
            .append(&mut state, record, now_ms)
            .map(|_| ())
    }

    /// Adds many values without keys, all with the time of this call.
    ///
    /// Takes values from `values` with the sending thread locked out, so taking one must not
    /// block. A record that fails goes to `on_error`, and the next is taken.
    pub fn send_values<'a>(
        &mut self,
        topic: &str,
        values: impl IntoIterator<Item = &'a [u8]>,
        mut on_error: impl FnMut(&'a [u8], ClientError),
    ) {
        let now_ms = self.config.client.clock.now_ms();
        let mut state = self.accumulator.lock();
        for value in values {
            let record = ProducerRecord {
                topic,
                value: Some(value),
                ..ProducerRecord::default()
            };
            if let Err(error) = self.accumulator.append(&mut state, &record, now_ms) {
                on_error(value, error);
            }
        }
    }

    /// Sends a record at once and waits until it is stored.
    ///
    /// # Errors
    ///
    /// Fails as [`Self::send`] does, and if the record is not stored.
    pub fn send_and_wait(
        &mut self,
        record: &ProducerRecord<'_>,
    ) -> Result<RecordMetadata, ClientError> {
        let now_ms = self.config.client.clock.now_ms();
        let (answer, receiver) = sync_channel(1);
        {
            let mut state = self.accumulator.lock();
            let place = self.accumulator.append(&mut state, record, now_ms)?;
            let waiter = Waiter { index: 0, answer };
            self.accumulator.close_open(&mut state, place, waiter);
        }
        receiver.recv().unwrap_or_else(|_| {
            Err(ClientError::Closed {
                message: "Producer is closed forcefully.".into(),
            })
        })
    }

    /// Returns how many partitions a topic has, waiting for metadata up to `max.block.ms`.
    ///
    /// # Errors
    ///
    /// Fails in Kafka's words if the topic is not to be had in time.
    pub fn partitions(&mut self, topic: &str) -> Result<usize, ClientError> {
        let mut state = self.accumulator.lock();
        self.accumulator.partitions(&mut state, topic)
    }

    /// Waits until everything that was sent is done, successfully or not.
    pub fn flush(&mut self) {
        self.accumulator.flush();
    }

    /// Sends what is left and ends; after `timeout`, if one is given, what is left fails.
    pub fn close(mut self, timeout: Option<Duration>) {
        self.end(timeout);
    }

    fn end(&mut self, timeout: Option<Duration>) {
        let Some(thread) = self.thread.take() else {
            return;
        };
        self.accumulator.end(timeout);
        // A panic of the thread was printed by the thread; there is nothing left to send.
        let _panicked = thread.join();
    }
}

impl Drop for Producer {
    /// Ends at once; what is not yet sent fails. [`Producer::close`] sends it first.
    fn drop(&mut self) {
        self.end(Some(Duration::ZERO));
    }
}
