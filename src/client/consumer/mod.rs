//! The consumer: reads partitions that it assigns to itself, or that its group gives it.
//!
//! [`Consumer::assign`] reads given partitions, [`Consumer::subscribe`] all partitions of topics,
//! also those that come later; with `group.id`, those of them that are its own in the group.
//! [`Consumer::poll`] gives what came in borrowed form, with the next
//! request already on its way: the broker gathers while the caller decodes.
//!
//! A topic that does not exist is waited for, as in Kafka. One difference: partitions and topics
//! that come later are read from their start whatever `auto.offset.reset` says, since everything
//! in them is newer than the subscription; Kafka's consumer would miss their first records.

mod assignor;
mod config;
mod fetcher;
mod group;
mod offsets;
mod poll;
mod positions;
mod records;
mod refresh;

use std::collections::BTreeMap;
use std::collections::HashMap;
use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use tokio::runtime::Runtime;
use tokio::sync::Notify;
use tokio::task::JoinSet;

pub use assignor::Assignor;
pub use config::{ConsumerConfig, OffsetReset};
pub use group::{GroupConfig, GroupProtocol};
pub use positions::Start;
pub use records::{ConsumerRecord, ConsumerRecords, Fetched, FetchedBatch};

use group::Group;
use poll::{Event, LeaderState};
use positions::{Assignment, Position};
use records::FetchedPartition;
use refresh::Refresh;

use super::admin::{Admin, ListedOffset, OffsetSpec, Results};
use super::cluster::Cluster;
use super::error::ClientError;
use super::metadata::{MetadataSnapshot, TopicsWanted};
use crate::types::{Offset, TopicPartition};

type TopicFilter = Box<dyn Fn(&str) -> bool + Send>;

/// Which partitions are read.
enum Subscription {
    /// None yet.
    Nothing,
    /// These, and no others.
    Partitions,
    /// All partitions of these topics.
    Topics(Vec<String>),
    /// All partitions of all topics that match.
    Matching(TopicFilter),
}

impl fmt::Debug for Subscription {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Nothing => f.write_str("Nothing"),
            Self::Partitions => f.write_str("Partitions"),
            Self::Topics(names) => f.debug_tuple("Topics").field(names).finish(),
            Self::Matching(_) => f.write_str("Matching"),
        }
    }
}

/// Reads partitions of topics.
#[derive(Debug)]
pub struct Consumer {
    // Tasks end before the runtime that they run in.
    tasks: JoinSet<Event>,
    group: Option<Group>,
    runtime: Arc<Runtime>,
    config: ConsumerConfig,
    cluster: Arc<Cluster>,
    subscription: Subscription,
    assignment: Assignment,
    /// Where partitions begin that metadata shows for the first time.
    start: Start,
    leaders: HashMap<crate::types::BrokerId, LeaderState>,
    refresh: Refresh,
    /// The leader whose partitions come first; each request lets another partition be first.
    turn: usize,
    current: Vec<FetchedPartition>,
    /// An error that the next poll returns.
    failed: Option<ClientError>,
    scratch: Vec<u8>,
    wake: Arc<Notify>,
}

/// Ends a poll from another thread.
#[derive(Clone, Debug)]
pub struct ConsumerWaker {
    wake: Arc<Notify>,
}

impl ConsumerWaker {
    /// Has the running poll, or else the next one, return at once.
    pub fn wake(&self) {
        self.wake.notify_one();
    }
}

impl Consumer {
    /// Returns a consumer that reads nothing yet; nothing is connected.
    ///
    /// # Errors
    ///
    /// Fails if the operating system refuses a poller.
    pub fn new(config: ConsumerConfig) -> std::io::Result<Self> {
        let group = Group::new(&config);
        let runtime = match &group {
            None => super::runtime()?,
            // Heartbeats go on while nobody polls.
            Some(_) => tokio::runtime::Builder::new_multi_thread()
                .worker_threads(1)
                .enable_all()
                .build()?,
        };
        Ok(Self {
            tasks: JoinSet::new(),
            group,
            runtime: Arc::new(runtime),
            cluster: Cluster::new(config.client.clone()),
            config,
            subscription: Subscription::Nothing,
            assignment: Assignment::default(),
            start: Start::Reset,
            leaders: HashMap::new(),
            refresh: Refresh::default(),
            turn: 0,
            current: Vec::new(),
            failed: None,
            scratch: Vec::new(),
            wake: Arc::new(Notify::new()),
        })
    }

    /// Reads these partitions, and no others.
    ///
    /// # Errors
    ///
    /// Fails if one begins by `auto.offset.reset`, and that is `none`.
    pub fn assign(&mut self, partitions: &[(TopicPartition, Start)]) -> Result<(), ClientError> {
        self.subscribe_to(Subscription::Partitions);
        for (partition, start) in partitions {
            let position = match start {
                Start::Reset if self.group.is_some() => Position::Committed,
                _ => self.position_of(*start, partition)?,
            };
            let topic: Arc<str> = partition.topic.as_str().into();
            self.assignment.place(&topic, partition.partition, position);
        }
        Ok(())
    }

    /// Reads all partitions of these topics, also those that come later.
    ///
    /// In a group they are shared with its other members, and begin where the group has
    /// committed, or else where `auto.offset.reset` says, whatever `start`.
    pub fn subscribe(&mut self, topics: &[String], start: Start) {
        self.subscribe_to(Subscription::Topics(topics.to_vec()));
        self.start = start;
    }

    /// Reads all partitions of all topics that `matches` accepts, also those that come later.
    pub fn subscribe_matching(
        &mut self,
        matches: impl Fn(&str) -> bool + Send + 'static,
        start: Start,
    ) {
        self.subscribe_to(Subscription::Matching(Box::new(matches)));
        self.start = start;
    }

    fn subscribe_to(&mut self, subscription: Subscription) {
        self.subscription = subscription;
        self.assignment.clear();
        self.tasks = JoinSet::new();
        self.leaders.clear();
        self.refresh = Refresh::default();
        self.current.clear();
        if let Some(group) = &mut self.group {
            group.subscribe_anew();
        }
    }

    /// Goes on at another place.
    ///
    /// # Errors
    ///
    /// Fails if the partition is not read.
    pub fn seek(&mut self, partition: &TopicPartition, start: Start) -> Result<(), ClientError> {
        let position = self.position_of(start, partition)?;
        let place = self.assignment.find(&partition.topic, partition.partition);
        let assigned = place.and_then(|place| self.assignment.list.get_mut(place));
        let assigned = assigned.filter(|assigned| assigned.position != Position::Revoked);
        let assigned = assigned.ok_or_else(|| ClientError::InvalidArgument {
            message: format!("No current assignment for partition {partition}"),
        })?;
        assigned.position = position;
        Ok(())
    }

    /// Returns the partitions that are read, each with the offset behind what polls have brought,
    /// if it is known.
    #[must_use]
    pub fn positions(&self) -> BTreeMap<TopicPartition, Option<Offset>> {
        let position = |assigned: &positions::Assigned| match assigned.position {
            Position::At(offset) => Some(offset),
            Position::Wanted(_)
            | Position::Asked(_)
            | Position::Committed
            | Position::CommittedAsked
            | Position::Lost
            | Position::Revoked => None,
        };
        let list = self.assignment.list.iter();
        let read = list.filter(|assigned| assigned.position != Position::Revoked);
        read.map(|assigned| (assigned.topic_partition(), position(assigned)))
            .collect()
    }

    /// Returns what ends a poll from another thread.
    #[must_use]
    pub fn waker(&self) -> ConsumerWaker {
        ConsumerWaker {
            wake: Arc::clone(&self.wake),
        }
    }

    /// Returns the cluster's topics, asked for now.
    ///
    /// # Errors
    ///
    /// Fails if no broker answers within `default.api.timeout.ms`.
    pub fn metadata(&mut self, wanted: &TopicsWanted) -> Result<MetadataSnapshot, ClientError> {
        let deadline = self.cluster.api_deadline();
        self.runtime
            .block_on(self.cluster.metadata("metadata", wanted, deadline))
    }

    /// Returns offsets of partitions, asked for now.
    ///
    /// # Errors
    ///
    /// Fails if no broker answers within `default.api.timeout.ms`.
    pub fn list_offsets(
        &mut self,
        wanted: &[(TopicPartition, OffsetSpec)],
    ) -> Result<Results<TopicPartition, ListedOffset>, ClientError> {
        let admin = Admin::over(Arc::clone(&self.cluster));
        self.runtime
            .block_on(admin.list_offsets(wanted, self.config.isolation))
    }

    /// Returns what has come, waiting for it up to `timeout`; nothing if the time runs out or
    /// someone wakes the poll.
    ///
    /// # Errors
    ///
    /// Fails in Kafka's words on errors that do not pass by themselves.
    pub fn poll(&mut self, timeout: Duration) -> Result<Fetched<'_>, ClientError> {
        // Frames that are let go now are filled again by what comes next.
        self.current.clear();
        let runtime = Arc::clone(&self.runtime);
        self.set_polling(true);
        // Boxed: it is large, and one a poll.
        let polled = runtime.block_on(Box::pin(self.poll_until(timeout)));
        self.set_polling(false);
        polled?;
        Ok(Fetched::new(
            &self.current,
            &mut self.scratch,
            self.config.isolation,
            self.config.check_crcs,
        ))
    }

    /// Goes back to where the caller has come to, of what the last poll brought.
    ///
    /// `seen` has the offset behind the last record that was taken, of each partition that one
    /// was taken of; what the poll brought of others is given back whole.
    pub fn give_back(&mut self, seen: &BTreeMap<TopicPartition, Offset>) {
        for part in &self.current {
            let name = TopicPartition::new(&*part.topic, part.partition);
            let offset = seen.get(&name).copied().unwrap_or(part.position);
            let place = self.assignment.find(&part.topic, part.partition);
            let assigned = place.and_then(|place| self.assignment.list.get_mut(place));
            if let Some(assigned) = assigned
                && matches!(assigned.position, Position::At(_))
            {
                assigned.position = Position::At(offset.max(part.position));
            }
        }
        self.current.clear();
    }

    fn set_polling(&self, is_polling: bool) {
        if let Some(group) = &self.group {
            group.member.set_polling(is_polling);
        }
    }

    fn position_of(
        &self,
        start: Start,
        partition: &TopicPartition,
    ) -> Result<Position, ClientError> {
        Ok(match start {
            Start::Reset => Position::Wanted(self.reset(partition)?),
            Start::Earliest => Position::Wanted(OffsetSpec::Earliest),
            Start::Latest => Position::Wanted(OffsetSpec::Latest),
            Start::Offset(offset) => Position::At(offset),
            Start::Timestamp(time) => Position::Wanted(OffsetSpec::Timestamp(time)),
        })
    }

    /// Returns where `auto.offset.reset` begins.
    fn reset(&self, partition: &TopicPartition) -> Result<OffsetSpec, ClientError> {
        match self.config.reset {
            OffsetReset::Earliest => Ok(OffsetSpec::Earliest),
            OffsetReset::Latest => Ok(OffsetSpec::Latest),
            OffsetReset::ByDuration(age) => {
                let age_ms = i64::try_from(age.as_millis()).unwrap_or(i64::MAX);
                let now_ms = self.config.client.clock.now_ms();
                Ok(OffsetSpec::Timestamp(now_ms.saturating_sub(age_ms)))
            }
            OffsetReset::None => Err(ClientError::InvalidArgument {
                message: format!(
                    "Undefined offset with no reset policy for partitions: [{partition}]"
                ),
            }),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::client::Log;
    use crate::client::fake_broker::{FakeBroker, Reply, TOPIC};
    use crate::client::producer::{Producer, ProducerConfig, ProducerRecord};
    use crate::protocol::messages::FetchResponse;
    use crate::protocol::messages::fetch_response::{FetchableTopicResponse, PartitionData};
    use crate::protocol::{ErrorCode, Request};

    const COUNT: usize = 200;

    fn map(broker: &FakeBroker, settings: &[(&str, &str)]) -> BTreeMap<String, String> {
        let mut map = BTreeMap::from([("bootstrap.servers".to_owned(), broker.servers())]);
        map.insert("retry.backoff.ms".into(), "5".into());
        map.insert("batch.size".into(), "300".into());
        map.extend(
            settings
                .iter()
                .map(|(k, v)| ((*k).to_owned(), (*v).to_owned())),
        );
        map
    }

    fn fill(broker: &FakeBroker) {
        let config = ProducerConfig::from_map(&map(broker, &[]), Log::silent()).unwrap();
        let mut producer = Producer::start(config, Box::new(|_| {})).unwrap();
        for number in 0..COUNT {
            let value = number.to_string();
            let record = ProducerRecord {
                topic: TOPIC,
                value: Some(value.as_bytes()),
                ..ProducerRecord::default()
            };
            producer.send(&record).unwrap();
        }
        producer.close(None);
    }

    fn consumer(broker: &FakeBroker, settings: &[(&str, &str)]) -> Consumer {
        let config = ConsumerConfig::from_map(&map(broker, settings), Log::silent()).unwrap();
        Consumer::new(config).unwrap()
    }

    /// Reads until `count` records have come.
    fn read(consumer: &mut Consumer, count: usize) -> Result<Vec<String>, ClientError> {
        let mut values = Vec::new();
        while values.len() < count {
            let mut fetched = consumer.poll(Duration::from_secs(10))?;
            assert!(!fetched.is_empty(), "only {} records in time", values.len());
            while let Some(batch) = fetched.next_batch()? {
                for record in batch.records {
                    let value = record?.value.unwrap();
                    values.push(String::from_utf8_lossy(value).into_owned());
                }
            }
        }
        Ok(values)
    }

    fn numbers(range: std::ops::Range<usize>) -> Vec<String> {
        range.map(|number| number.to_string()).collect()
    }

    type Fault = fn(&Request) -> Reply;

    fn nth_fetch(nth: usize, reply: Fault) -> impl FnMut(&Request) -> Reply {
        let mut count = 0;
        move |request| match request {
            Request::Fetch(_) => {
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
        let Request::Fetch(request) = request else {
            return Reply::Usual;
        };
        let partition = PartitionData::default()
            .with_error_code(code.code())
            .with_aborted_transactions(None);
        let topic = FetchableTopicResponse::default()
            .with_topic_id(request.topics[0].topic_id)
            .with_partitions(vec![partition]);
        Reply::Instead(FetchResponse::default().with_responses(vec![topic]).into())
    }

    #[test]
    fn what_goes_wrong_once_neither_loses_nor_doubles() {
        let faults: [(&str, Fault); 5] = [
            ("lost answer", |_| Reply::Lose),
            ("half an answer", |_| Reply::LoseHalf),
            ("no answer", |_| Reply::Ignore),
            ("not leader", |r| refuse(r, ErrorCode::NotLeaderOrFollower)),
            ("unknown topic id", |r| refuse(r, ErrorCode::UnknownTopicId)),
        ];
        for (name, fault) in faults {
            for nth in 0..2 {
                let broker = FakeBroker::start(nth_fetch(nth, fault));
                fill(&broker);
                let mut consumer = consumer(&broker, &[("request.timeout.ms", "200")]);
                consumer.subscribe(&[TOPIC.to_owned()], Start::Earliest);
                let values = read(&mut consumer, COUNT).unwrap();
                assert_eq!(values, numbers(0..COUNT), "{name} {nth}");
            }
        }
    }

    #[test]
    fn an_offset_in_the_middle_of_a_batch_is_where_reading_begins() {
        let broker = FakeBroker::start(|_| Reply::Usual);
        fill(&broker);
        let mut consumer = consumer(&broker, &[]);
        let partition = TopicPartition::new(TOPIC, 0);
        let start = Start::Offset(Offset(101));
        consumer.assign(&[(partition.clone(), start)]).unwrap();
        let values = read(&mut consumer, COUNT - 101).unwrap();
        assert_eq!(values, numbers(101..COUNT));
        let end = i64::try_from(COUNT).unwrap();
        assert_eq!(consumer.positions()[&partition], Some(Offset(end)));
        consumer
            .seek(&partition, Start::Offset(Offset(198)))
            .unwrap();
        assert_eq!(read(&mut consumer, 2).unwrap(), ["198", "199"]);
    }

    #[test]
    fn a_position_that_is_gone_goes_where_the_policy_says() {
        let broker = FakeBroker::start(|_| Reply::Usual);
        fill(&broker);
        let gone = [(TopicPartition::new(TOPIC, 0), Start::Offset(Offset(9999)))];
        let mut earliest = consumer(&broker, &[("auto.offset.reset", "earliest")]);
        earliest.assign(&gone).unwrap();
        assert_eq!(read(&mut earliest, COUNT).unwrap(), numbers(0..COUNT));

        let mut none = consumer(&broker, &[("auto.offset.reset", "none")]);
        none.assign(&gone).unwrap();
        let error = none.poll(Duration::from_secs(10)).unwrap_err();
        assert_eq!(error.code(), Some(ErrorCode::OffsetOutOfRange));
    }

    #[test]
    fn a_poll_ends_in_time_or_when_it_is_woken() {
        let broker = FakeBroker::start(|_| Reply::Usual);
        let mut consumer = consumer(&broker, &[]);
        consumer.subscribe(&[TOPIC.to_owned()], Start::Latest);
        assert!(consumer.poll(Duration::from_millis(20)).unwrap().is_empty());
        consumer.waker().wake();
        assert!(consumer.poll(Duration::MAX).unwrap().is_empty());
    }
}
