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
mod plan;
mod queue;
mod record;
mod refresh;
mod request;
mod sender;
mod topics;

use std::sync::Arc;
use std::sync::mpsc::sync_channel;
use std::thread::JoinHandle;
use std::time::Duration;

pub use batch::{Completion, RecordMetadata};
pub use config::{Acks, ProducerConfig};
pub use record::ProducerRecord;
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
        let mut values = values.into_iter();
        let mut state = self.accumulator.lock();
        while let Some(value) =
            self.accumulator
                .append_values(&mut state, topic, now_ms, &mut values)
        {
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

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use parking_lot::Mutex;

    use super::*;
    use crate::client::Log;
    use crate::client::fake_broker::{FakeBroker, Reply, TOPIC};
    use crate::protocol::messages::ProduceResponse;
    use crate::protocol::messages::produce_response::{
        PartitionProduceResponse, TopicProduceResponse,
    };
    use crate::protocol::{ErrorCode, Request};

    type Told = Arc<Mutex<Vec<(i32, Result<i64, String>)>>>;

    fn start(broker: &FakeBroker, settings: &[(&str, &str)]) -> (Producer, Told) {
        let mut map = BTreeMap::from([("bootstrap.servers".to_owned(), broker.servers())]);
        map.insert("retry.backoff.ms".into(), "5".into());
        map.extend(
            settings
                .iter()
                .map(|(k, v)| ((*k).to_owned(), (*v).to_owned())),
        );
        let told = Told::default();
        let list = Arc::clone(&told);
        let tell: OnCompletion = Box::new(move |done| {
            let result = done
                .result
                .map(|offset| offset.0)
                .map_err(ToString::to_string);
            list.lock().push((done.count, result));
        });
        let config = ProducerConfig::from_map(&map, Log::silent()).unwrap();
        (Producer::start(config, tell).unwrap(), told)
    }

    fn send_numbers(producer: &mut Producer, numbers: std::ops::Range<usize>) {
        for number in numbers {
            let value = number.to_string();
            let record = ProducerRecord {
                topic: TOPIC,
                value: Some(value.as_bytes()),
                ..ProducerRecord::default()
            };
            producer.send(&record).unwrap();
        }
    }

    fn numbers(range: std::ops::Range<usize>) -> Vec<String> {
        range.map(|number| number.to_string()).collect()
    }

    /// Compares without printing thousands of lines.
    fn assert_stored(broker: &FakeBroker, expected: &[String], what: &str) {
        let stored = broker.log.lock().values();
        let differs = stored.iter().zip(expected).position(|(a, b)| a != b);
        assert_eq!(
            differs,
            None,
            "{what}: {:?}",
            differs.and_then(|at| stored.get(at))
        );
        assert_eq!(stored.len(), expected.len(), "{what}");
    }

    type Fault = fn(&Request) -> Reply;

    /// Answers produce request number `nth`, from 0, by `reply`, and the others as usual.
    fn nth_produce(nth: usize, reply: Fault) -> impl FnMut(&Request) -> Reply {
        let mut count = 0;
        move |request| match request {
            Request::Produce(_) => {
                count += 1;
                if count == nth + 1 {
                    reply(request)
                } else {
                    Reply::Usual
                }
            }
            _ => Reply::Usual,
        }
    }

    fn refuse(request: &Request, code: ErrorCode) -> Reply {
        let Request::Produce(request) = request else {
            return Reply::Usual;
        };
        let partition = PartitionProduceResponse::default().with_error_code(code.code());
        let topic = TopicProduceResponse::default()
            .with_topic_id(request.topic_data[0].topic_id)
            .with_partition_responses(vec![partition]);
        Reply::Instead(
            ProduceResponse::default()
                .with_responses(vec![topic])
                .into(),
        )
    }

    #[test]
    fn what_goes_wrong_once_neither_loses_nor_doubles_nor_disorders() {
        let faults: [(&str, Fault); 6] = [
            ("lost answer", |_| Reply::Lose),
            ("half an answer", |_| Reply::LoseHalf),
            ("no answer", |_| Reply::Ignore),
            ("not leader", |r| refuse(r, ErrorCode::NotLeaderOrFollower)),
            ("unknown topic", |r| {
                refuse(r, ErrorCode::UnknownTopicOrPartition)
            }),
            ("forgotten producer", |r| {
                refuse(r, ErrorCode::UnknownProducerId)
            }),
        ];
        for (name, fault) in faults {
            for nth in 0..4 {
                let broker = FakeBroker::start(nth_produce(nth, fault));
                let (mut producer, told) = start(
                    &broker,
                    &[("batch.size", "200"), ("request.timeout.ms", "300")],
                );
                send_numbers(&mut producer, 0..300);
                producer.close(None);
                assert_stored(&broker, &numbers(0..300), &format!("{name} {nth}"));
                let told = told.lock();
                assert!(
                    told.iter().all(|(_, result)| result.is_ok()),
                    "{name} {nth}: {told:?}"
                );
                assert_eq!(told.iter().map(|(count, _)| count).sum::<i32>(), 300);
            }
        }
    }

    #[test]
    fn a_batch_that_fails_for_good_does_not_stop_those_behind_it() {
        let fault = |r: &Request| refuse(r, ErrorCode::InvalidRecord);
        let broker = FakeBroker::start(nth_produce(1, fault));
        let (mut producer, told) = start(&broker, &[("batch.size", "200")]);
        send_numbers(&mut producer, 0..300);
        producer.close(None);
        let stored = broker.log.lock().values();
        let failed: i32 = {
            let told = told.lock();
            let failed = told.iter().filter(|(_, result)| result.is_err());
            failed.map(|(count, _)| count).sum()
        };
        assert!(failed > 0);
        assert_eq!(stored.len() + usize::try_from(failed).unwrap(), 300);
        let mut sorted = stored.clone();
        sorted.sort_by_key(|value| value.parse::<usize>().unwrap());
        assert_eq!(stored, sorted);
    }

    #[test]
    fn a_batch_too_large_for_the_broker_is_sent_in_parts() {
        let broker = FakeBroker::start(|_| Reply::Usual).with_batch_limit(300);
        let (mut producer, told) = start(&broker, &[("batch.size", "4000")]);
        send_numbers(&mut producer, 0..1000);
        let big = vec![b'x'; 400];
        let record = ProducerRecord {
            topic: TOPIC,
            value: Some(&big),
            ..ProducerRecord::default()
        };
        let error = producer.send_and_wait(&record).unwrap_err();
        assert_eq!(error.code(), Some(ErrorCode::MessageTooLarge));
        send_numbers(&mut producer, 1000..1100);
        producer.close(None);
        assert_stored(&broker, &numbers(0..1100), "parts");
        assert_eq!(
            told.lock()
                .iter()
                .filter(|(_, result)| result.is_err())
                .count(),
            1
        );
    }

    #[test]
    fn retries_and_the_delivery_timeout_come_to_an_end() {
        let never = |request: &Request| refuse(request, ErrorCode::NotLeaderOrFollower);
        let broker = FakeBroker::start(never);
        let (mut producer, told) = start(&broker, &[("retries", "3")]);
        send_numbers(&mut producer, 0..1);
        producer.close(None);
        let (_, result) = told.lock()[0].clone();
        assert!(
            result
                .unwrap_err()
                .starts_with("For requests intended only for the leader")
        );

        let settings = [
            ("request.timeout.ms", "50"),
            ("linger.ms", "0"),
            ("delivery.timeout.ms", "200"),
        ];
        let broker = FakeBroker::start(|request: &Request| match request {
            Request::Produce(_) => Reply::Ignore,
            _ => Reply::Usual,
        });
        let (mut producer, told) = start(&broker, &settings);
        send_numbers(&mut producer, 0..1);
        producer.close(None);
        assert!(told.lock()[0].1.is_err());
    }

    #[test]
    fn a_record_that_is_too_large_is_refused_in_kafkas_words() {
        let broker = FakeBroker::start(|_| Reply::Usual);
        let (mut producer, _) = start(&broker, &[]);
        let value = vec![0; 2_000_000];
        let record = ProducerRecord {
            topic: TOPIC,
            value: Some(&value),
            ..ProducerRecord::default()
        };
        assert_eq!(
            producer.send(&record).unwrap_err().java(),
            "org.apache.kafka.common.errors.RecordTooLargeException: The message is 2000088 bytes \
             when serialized which is larger than 1048576, which is the value of the \
             max.request.size configuration."
        );
    }

    #[test]
    fn a_full_buffer_holds_the_caller_back_until_the_broker_takes_some() {
        let broker = FakeBroker::start(|_| Reply::Usual);
        let settings = [
            ("buffer.memory", "1000"),
            ("batch.size", "500"),
            ("linger.ms", "60000"),
        ];
        let (mut producer, told) = start(&broker, &settings);
        send_numbers(&mut producer, 0..2000);
        producer.flush();
        assert_eq!(
            told.lock().iter().map(|(count, _)| count).sum::<i32>(),
            2000
        );
        assert_stored(&broker, &numbers(0..2000), "full buffer");
    }

    #[test]
    fn a_topic_that_is_not_there_is_waited_for_and_then_told() {
        let broker = FakeBroker::start(|_| Reply::Usual);
        let (mut producer, _) = start(&broker, &[("max.block.ms", "50")]);
        let record = ProducerRecord {
            topic: "other",
            ..ProducerRecord::default()
        };
        assert_eq!(
            producer.send(&record).unwrap_err().java(),
            "org.apache.kafka.common.errors.TimeoutException: \
             Topic other not present in metadata after 50 ms."
        );
    }

    #[test]
    fn tokens_come_back_with_their_records() {
        let broker = FakeBroker::start(|_| Reply::Usual);
        let map = BTreeMap::from([("bootstrap.servers".to_owned(), broker.servers())]);
        let config = ProducerConfig::from_map(&map, Log::silent()).unwrap();
        let tokens = Arc::new(Mutex::new(Vec::<u64>::new()));
        let list = Arc::clone(&tokens);
        let tell: OnCompletion = Box::new(move |done| list.lock().extend(done.tokens));
        let mut producer = Producer::start(config, tell).unwrap();
        for token in 0..10 {
            let record = ProducerRecord {
                topic: TOPIC,
                value: Some(b"x"),
                token: Some(token),
                ..ProducerRecord::default()
            };
            producer.send(&record).unwrap();
        }
        producer.close(None);
        assert_eq!(*tokens.lock(), (0..10).collect::<Vec<u64>>());
    }
}
