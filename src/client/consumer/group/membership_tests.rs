//! Membership against a coordinator of one member, which refuses what a test tells it to.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use parking_lot::Mutex;

use crate::client::consumer::{Consumer, ConsumerConfig, Start};
use crate::client::fake_broker::{FakeBroker, Reply, TOPIC};
use crate::client::producer::{Producer, ProducerConfig, ProducerRecord};
use crate::client::{ClientError, Log};
use crate::protocol::messages::consumer_group_heartbeat_response::{Assignment, TopicPartitions};
use crate::protocol::messages::find_coordinator_response::Coordinator;
use crate::protocol::messages::join_group_response::JoinGroupResponseMember;
use crate::protocol::messages::offset_commit_response::{
    OffsetCommitResponsePartition, OffsetCommitResponseTopic,
};
use crate::protocol::messages::offset_fetch_response::{
    OffsetFetchResponseGroup, OffsetFetchResponsePartitions, OffsetFetchResponseTopics,
};
use crate::protocol::messages::{
    BrokerId, ConsumerGroupHeartbeatResponse, FindCoordinatorResponse, HeartbeatResponse,
    JoinGroupRequest, JoinGroupResponse, LeaveGroupResponse, OffsetCommitRequest,
    OffsetCommitResponse, OffsetFetchRequest, OffsetFetchResponse, SyncGroupRequest,
    SyncGroupResponse,
};
use crate::protocol::{ErrorCode, Request, Response};
use crate::types::TopicPartition;

const COUNT: usize = 50;

/// What the coordinator has seen, in order, and what it keeps.
#[derive(Default)]
struct Seen {
    events: Vec<String>,
    generation: i32,
    committed: Option<i64>,
}

type Fault = Box<dyn FnMut(&str, usize) -> Option<ErrorCode> + Send>;

/// A coordinator; `fault` may refuse the nth request of a name.
struct FakeCoordinator {
    seen: Arc<Mutex<Seen>>,
    counts: BTreeMap<&'static str, usize>,
    fault: Fault,
}

impl FakeCoordinator {
    fn answer(&mut self, request: &Request) -> Reply {
        let response: Response = match request {
            Request::FindCoordinator(request) => {
                let coordinator = Coordinator::default()
                    .with_key(request.coordinator_keys[0].clone())
                    .with_node_id(BrokerId(1));
                FindCoordinatorResponse::default()
                    .with_coordinators(vec![coordinator])
                    .into()
            }
            Request::JoinGroup(request) => self.join(request).into(),
            Request::SyncGroup(request) => self.sync(request).into(),
            Request::Heartbeat(_) => {
                let code = self.refusal("heartbeat");
                HeartbeatResponse::default().with_error_code(code).into()
            }
            Request::LeaveGroup(request) => {
                let id = request.members[0].member_id.as_str();
                self.seen.lock().events.push(format!("leave {id}"));
                LeaveGroupResponse::default().into()
            }
            Request::OffsetCommit(request) => self.commit(request).into(),
            Request::OffsetFetch(request) => self.fetch(request).into(),
            Request::ConsumerGroupHeartbeat(_) => self.beat(request),
            _ => return Reply::Usual,
        };
        Reply::Instead(response)
    }

    fn refusal(&mut self, name: &'static str) -> i16 {
        let count = self.counts.entry(name).or_default();
        *count += 1;
        (self.fault)(name, *count).map_or(0, ErrorCode::code)
    }

    fn join(&mut self, request: &JoinGroupRequest) -> JoinGroupResponse {
        let id = request.member_id.as_str();
        self.seen.lock().events.push(format!("join '{id}'"));
        let refusal = self.refusal("join");
        if refusal != 0 {
            return JoinGroupResponse::default().with_error_code(refusal);
        }
        if id.is_empty() {
            return JoinGroupResponse::default()
                .with_error_code(ErrorCode::MemberIdRequired.code())
                .with_member_id("m".into());
        }
        let mut seen = self.seen.lock();
        seen.generation += 1;
        let protocol = &request.protocols[0];
        let member = JoinGroupResponseMember::default()
            .with_member_id(request.member_id.clone())
            .with_metadata(protocol.metadata.clone());
        JoinGroupResponse::default()
            .with_generation_id(seen.generation)
            .with_protocol_type(Some("consumer".into()))
            .with_protocol_name(Some(protocol.name.clone()))
            .with_leader(request.member_id.clone())
            .with_member_id(request.member_id.clone())
            .with_members(vec![member])
    }

    fn sync(&mut self, request: &SyncGroupRequest) -> SyncGroupResponse {
        let refusal = self.refusal("sync");
        SyncGroupResponse::default()
            .with_error_code(refusal)
            .with_protocol_type(Some("consumer".into()))
            .with_protocol_name(request.protocol_name.clone())
            .with_assignment(request.assignments[0].assignment.clone())
    }

    fn commit(&mut self, request: &OffsetCommitRequest) -> OffsetCommitResponse {
        let refusal = self.refusal("commit");
        let topic = &request.topics[0];
        let partition = &topic.partitions[0];
        let offset = partition.committed_offset;
        let generation = request.generation_id_or_member_epoch;
        let mut seen = self.seen.lock();
        seen.events.push(format!("commit {offset} in {generation}"));
        if refusal == 0 {
            seen.committed = Some(offset);
        }
        let partition = OffsetCommitResponsePartition::default()
            .with_partition_index(partition.partition_index)
            .with_error_code(refusal);
        let topic = OffsetCommitResponseTopic::default()
            .with_name(topic.name.clone())
            .with_partitions(vec![partition]);
        OffsetCommitResponse::default().with_topics(vec![topic])
    }

    fn fetch(&mut self, request: &OffsetFetchRequest) -> OffsetFetchResponse {
        let refusal = self.refusal("fetch");
        let group = &request.groups[0];
        let topic = &group.topics.as_ref().unwrap()[0];
        let partition = OffsetFetchResponsePartitions::default()
            .with_partition_index(topic.partition_indexes[0])
            .with_committed_offset(self.seen.lock().committed.unwrap_or(-1))
            .with_committed_leader_epoch(-1);
        let topic = OffsetFetchResponseTopics::default()
            .with_name(topic.name.clone())
            .with_partitions(vec![partition]);
        let group = OffsetFetchResponseGroup::default()
            .with_group_id(group.group_id.clone())
            .with_error_code(refusal)
            .with_topics(vec![topic]);
        OffsetFetchResponse::default().with_groups(vec![group])
    }

    /// Assigns the only partition to whoever joins.
    fn beat(&mut self, request: &Request) -> Response {
        let Request::ConsumerGroupHeartbeat(request) = request else {
            unreachable!("only heartbeats come here")
        };
        let owned = request.topic_partitions.as_ref().map(Vec::len);
        let event = match (request.member_epoch, owned) {
            (epoch @ ..1, _) => Some(format!("epoch {epoch}")),
            (_, Some(count)) => Some(format!("owns {count}")),
            (_, None) => None,
        };
        self.seen.lock().events.extend(event);
        let refusal = self.refusal("beat");
        let mut response = ConsumerGroupHeartbeatResponse::default()
            .with_error_code(refusal)
            .with_member_id(Some(request.member_id.clone()))
            .with_heartbeat_interval_ms(20);
        if refusal == 0 && request.member_epoch == 0 {
            self.seen.lock().generation += 1;
            let topic = TopicPartitions::default()
                .with_topic_id(uuid::Uuid::from_u128(77))
                .with_partitions(vec![0]);
            let assignment = Assignment::default().with_topic_partitions(vec![topic]);
            response.assignment = Some(assignment);
        }
        let generation = self.seen.lock().generation;
        response.member_epoch = if request.member_epoch < 0 {
            request.member_epoch
        } else {
            generation
        };
        response.into()
    }
}

struct Bench {
    broker: FakeBroker,
    seen: Arc<Mutex<Seen>>,
}

impl Bench {
    fn start(fault: impl FnMut(&str, usize) -> Option<ErrorCode> + Send + 'static) -> Self {
        let seen = Arc::new(Mutex::new(Seen::default()));
        let mut coordinator = FakeCoordinator {
            seen: Arc::clone(&seen),
            counts: BTreeMap::new(),
            fault: Box::new(fault),
        };
        let broker = FakeBroker::start(move |request| coordinator.answer(request));
        let bench = Self { broker, seen };
        let config = ProducerConfig::from_map(&bench.map(&[]), Log::silent()).unwrap();
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
        bench
    }

    fn map(&self, settings: &[(&str, &str)]) -> BTreeMap<String, String> {
        let mut map = BTreeMap::from([("bootstrap.servers".to_owned(), self.broker.servers())]);
        let own = [("retry.backoff.ms", "5"), ("batch.size", "300")];
        for (key, value) in own.iter().chain(settings) {
            map.insert((*key).to_owned(), (*value).to_owned());
        }
        map
    }

    fn consumer(&self, settings: &[(&str, &str)]) -> Consumer {
        let mut map = self.map(&[("group.id", "g"), ("auto.offset.reset", "earliest")]);
        let classic = !settings.iter().any(|(key, _)| *key == "group.protocol");
        if classic {
            map.insert("heartbeat.interval.ms".into(), "20".into());
        }
        for (key, value) in settings {
            map.insert((*key).to_owned(), (*value).to_owned());
        }
        let config = ConsumerConfig::from_map(&map, Log::silent()).unwrap();
        let mut consumer = Consumer::new(config).unwrap();
        consumer.subscribe(&[TOPIC.to_owned()], Start::Reset);
        consumer
    }

    fn events(&self) -> Vec<String> {
        self.seen.lock().events.clone()
    }
}

/// Reads so many records.
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

/// Polls until the coordinator has seen this often what begins so.
fn poll_until_seen(bench: &Bench, consumer: &mut Consumer, event: &str, count: usize) {
    for _ in 0..1000 {
        let seen = bench.events();
        if seen.iter().filter(|seen| seen.starts_with(event)).count() >= count {
            return;
        }
        drop(consumer.poll(Duration::from_millis(10)).unwrap());
    }
    panic!("{event}: {:?}", bench.events());
}

const PATIENCE: Duration = Duration::from_secs(10);

#[test]
fn a_member_joins_reads_commits_and_leaves_and_the_next_goes_on_behind() {
    let bench = Bench::start(|_, _| None);
    let mut consumer = bench.consumer(&[]);
    assert_eq!(read(&mut consumer, COUNT).unwrap().len(), COUNT);
    consumer.close(PATIENCE).unwrap();
    let expected = ["join ''", "join 'm'", "commit 50 in 1", "leave m"];
    assert_eq!(bench.events(), expected);
    let mut consumer = bench.consumer(&[]);
    poll_until_seen(&bench, &mut consumer, "join 'm'", 2);
    let fetched = consumer.poll(Duration::from_millis(100)).unwrap();
    assert!(fetched.is_empty());
}

#[test]
fn a_rebalance_is_joined_after_what_was_read_is_committed() {
    let bench = Bench::start(|name, count| {
        (name == "heartbeat" && count == 2).then_some(ErrorCode::RebalanceInProgress)
    });
    let mut consumer = bench.consumer(&[]);
    read(&mut consumer, COUNT).unwrap();
    poll_until_seen(&bench, &mut consumer, "join 'm'", 2);
    let expected = ["join ''", "join 'm'", "commit 50 in 1", "join 'm'"];
    assert_eq!(bench.events(), expected);
}

#[test]
fn a_member_that_is_unknown_joins_as_a_new_one_and_commits_nothing() {
    let bench = Bench::start(|name, count| {
        (name == "heartbeat" && count == 2).then_some(ErrorCode::UnknownMemberId)
    });
    let mut consumer = bench.consumer(&[]);
    read(&mut consumer, COUNT).unwrap();
    poll_until_seen(&bench, &mut consumer, "join 'm'", 2);
    let expected = ["join ''", "join 'm'", "join ''", "join 'm'"];
    assert_eq!(bench.events(), expected);
    // Nothing was committed, so everything comes again.
    assert_eq!(read(&mut consumer, COUNT).unwrap().len(), COUNT);
}

#[test]
fn what_the_coordinator_refuses_for_a_moment_is_tried_again() {
    let passing = [
        ("join", ErrorCode::CoordinatorLoadInProgress),
        ("join", ErrorCode::NotCoordinator),
        ("join", ErrorCode::RebalanceInProgress),
        ("sync", ErrorCode::RebalanceInProgress),
        ("sync", ErrorCode::IllegalGeneration),
        ("fetch", ErrorCode::NotCoordinator),
        ("fetch", ErrorCode::UnstableOffsetCommit),
        ("commit", ErrorCode::NotCoordinator),
        ("commit", ErrorCode::CoordinatorNotAvailable),
    ];
    for (refused, code) in passing {
        let bench =
            Bench::start(move |name, count| (name == refused && count == 1).then_some(code));
        let mut consumer = bench.consumer(&[]);
        assert_eq!(read(&mut consumer, COUNT).unwrap().len(), COUNT, "{refused} {code}");
        consumer.close(PATIENCE).unwrap();
        assert_eq!(bench.seen.lock().committed, Some(50), "{refused} {code}");
    }
}

#[test]
fn what_does_not_pass_ends_the_poll() {
    for code in [
        ErrorCode::GroupAuthorizationFailed,
        ErrorCode::InconsistentGroupProtocol,
        ErrorCode::FencedInstanceId,
        ErrorCode::GroupMaxSizeReached,
    ] {
        let bench = Bench::start(move |name, _| (name == "join").then_some(code));
        let mut consumer = bench.consumer(&[("group.instance.id", "box")]);
        let error = consumer.poll(PATIENCE).unwrap_err();
        assert_eq!(error.code(), Some(code));
    }
}

#[test]
fn a_static_member_stays_when_it_closes() {
    let bench = Bench::start(|_, _| None);
    let mut consumer = bench.consumer(&[("group.instance.id", "box")]);
    read(&mut consumer, COUNT).unwrap();
    consumer.close(PATIENCE).unwrap();
    assert_eq!(bench.events(), ["join ''", "join 'm'", "commit 50 in 1"]);
}

#[test]
fn a_commit_by_one_that_was_kicked_out_fails_in_kafkas_words() {
    let bench =
        Bench::start(|name, _| (name == "commit").then_some(ErrorCode::UnknownMemberId));
    let mut consumer = bench.consumer(&[("enable.auto.commit", "false")]);
    read(&mut consumer, COUNT).unwrap();
    let error = consumer.commit().unwrap_err();
    assert_eq!(
        error.class(),
        "org.apache.kafka.clients.consumer.CommitFailedException"
    );
}

#[test]
fn positions_are_committed_by_themselves_while_polls_go_on() {
    let bench = Bench::start(|_, _| None);
    let mut consumer = bench.consumer(&[("auto.commit.interval.ms", "20")]);
    read(&mut consumer, COUNT).unwrap();
    poll_until_seen(&bench, &mut consumer, "commit 50", 1);
}

#[test]
fn what_is_given_back_is_not_committed() {
    let bench = Bench::start(|_, _| None);
    let mut consumer = bench.consumer(&[]);
    let mut seen = BTreeMap::new();
    while seen.is_empty() {
        let mut fetched = consumer.poll(PATIENCE).unwrap();
        if let Some(batch) = fetched.next_batch().unwrap() {
            let record = batch.records.clone().nth(6).unwrap().unwrap();
            seen.insert(TopicPartition::new(TOPIC, 0), record.offset.plus(1));
        }
    }
    consumer.give_back(&seen);
    consumer.close(PATIENCE).unwrap();
    assert_eq!(bench.seen.lock().committed, Some(7));
}

#[test]
fn partitions_that_one_assigns_to_itself_begin_and_end_at_what_is_committed() {
    let bench = Bench::start(|_, _| None);
    bench.seen.lock().committed = Some(40);
    let mut consumer = bench.consumer(&[]);
    let partition = TopicPartition::new(TOPIC, 0);
    consumer.assign(&[(partition, Start::Reset)]).unwrap();
    assert_eq!(read(&mut consumer, 10).unwrap()[0], "40");
    consumer.close(PATIENCE).unwrap();
    assert_eq!(bench.events(), ["commit 50 in -1"]);
}

const MODERN: (&str, &str) = ("group.protocol", "consumer");

#[test]
fn the_new_protocol_joins_by_heartbeats_and_says_what_it_reads() {
    let bench = Bench::start(|_, _| None);
    let mut consumer = bench.consumer(&[MODERN]);
    read(&mut consumer, COUNT).unwrap();
    poll_until_seen(&bench, &mut consumer, "owns 1", 1);
    consumer.close(PATIENCE).unwrap();
    let expected = ["epoch 0", "owns 1", "commit 50 in 1", "epoch -1"];
    assert_eq!(bench.events(), expected);
}

#[test]
fn a_member_that_is_fenced_gives_up_everything_and_joins_again() {
    let bench = Bench::start(|name, count| {
        (name == "beat" && count == 4).then_some(ErrorCode::FencedMemberEpoch)
    });
    let mut consumer = bench.consumer(&[MODERN]);
    read(&mut consumer, COUNT).unwrap();
    poll_until_seen(&bench, &mut consumer, "epoch 0", 2);
    assert_eq!(read(&mut consumer, COUNT).unwrap().len(), COUNT);
}

#[test]
fn an_assignor_that_the_coordinator_lacks_ends_the_poll() {
    let bench = Bench::start(|name, _| (name == "beat").then_some(ErrorCode::UnsupportedAssignor));
    let mut consumer = bench.consumer(&[MODERN, ("group.remote.assignor", "mine")]);
    let error = consumer.poll(PATIENCE).unwrap_err();
    assert_eq!(error.code(), Some(ErrorCode::UnsupportedAssignor));
}
