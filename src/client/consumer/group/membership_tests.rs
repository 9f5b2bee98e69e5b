//! Membership against a coordinator of one member, which refuses what a test tells it to.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use parking_lot::Mutex;

use super::fake_coordinator::{FakeCoordinator, Seen};
use crate::client::consumer::{Consumer, ConsumerConfig, Start};
use crate::client::fake_broker::{FakeBroker, TOPIC};
use crate::client::producer::{Producer, ProducerConfig, ProducerRecord};
use crate::client::{ClientError, Log};
use crate::protocol::ErrorCode;
use crate::types::TopicPartition;

const COUNT: usize = 50;

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

/// Polls until the coordinator has seen this often what begins so; returns how many records came
/// meanwhile.
fn poll_until_seen(bench: &Bench, consumer: &mut Consumer, event: &str, count: usize) -> usize {
    let mut records = 0;
    for _ in 0..1000 {
        let seen = bench.events();
        if seen.iter().filter(|seen| seen.starts_with(event)).count() >= count {
            return records;
        }
        let mut fetched = consumer.poll(Duration::from_millis(10)).unwrap();
        while let Some(batch) = fetched.next_batch().unwrap() {
            records += batch.records.count();
        }
    }
    panic!("{event}: {:?}", bench.events());
}

/// Returns a fault of one request of this name, the first one after it was armed.
fn armed_fault(
    asked: &'static str,
    code: ErrorCode,
) -> (
    Arc<AtomicBool>,
    impl FnMut(&str, usize) -> Option<ErrorCode> + Send + 'static,
) {
    let armed = Arc::new(AtomicBool::new(false));
    let is_armed = Arc::clone(&armed);
    let fault = move |name: &str, _| {
        let fails = name == asked && is_armed.swap(false, Ordering::Relaxed);
        fails.then_some(code)
    };
    (armed, fault)
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
    let (armed, fault) = armed_fault("heartbeat", ErrorCode::RebalanceInProgress);
    let bench = Bench::start(fault);
    let mut consumer = bench.consumer(&[]);
    read(&mut consumer, COUNT).unwrap();
    armed.store(true, Ordering::Relaxed);
    poll_until_seen(&bench, &mut consumer, "join 'm'", 2);
    let expected = ["join ''", "join 'm'", "commit 50 in 1", "join 'm'"];
    assert_eq!(bench.events(), expected);
}

#[test]
fn a_member_that_is_unknown_joins_as_a_new_one_and_commits_nothing() {
    let (armed, fault) = armed_fault("heartbeat", ErrorCode::UnknownMemberId);
    let bench = Bench::start(fault);
    let mut consumer = bench.consumer(&[]);
    read(&mut consumer, COUNT).unwrap();
    armed.store(true, Ordering::Relaxed);
    let again = poll_until_seen(&bench, &mut consumer, "join 'm'", 2);
    let expected = ["join ''", "join 'm'", "join ''", "join 'm'"];
    assert_eq!(bench.events(), expected);
    // Nothing was committed, so everything comes again.
    let left = COUNT - again;
    assert_eq!(read(&mut consumer, left).unwrap().len(), left);
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
        assert_eq!(
            read(&mut consumer, COUNT).unwrap().len(),
            COUNT,
            "{refused} {code}"
        );
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
    let bench = Bench::start(|name, _| (name == "commit").then_some(ErrorCode::UnknownMemberId));
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
    let (armed, fault) = armed_fault("beat", ErrorCode::FencedMemberEpoch);
    let bench = Bench::start(fault);
    let mut consumer = bench.consumer(&[MODERN]);
    read(&mut consumer, COUNT).unwrap();
    armed.store(true, Ordering::Relaxed);
    let again = poll_until_seen(&bench, &mut consumer, "epoch 0", 2);
    let left = COUNT - again;
    assert_eq!(read(&mut consumer, left).unwrap().len(), left);
}

#[test]
fn an_assignor_that_the_coordinator_lacks_ends_the_poll() {
    let bench = Bench::start(|name, _| (name == "beat").then_some(ErrorCode::UnsupportedAssignor));
    let mut consumer = bench.consumer(&[MODERN, ("group.remote.assignor", "mine")]);
    let error = consumer.poll(PATIENCE).unwrap_err();
    assert_eq!(error.code(), Some(ErrorCode::UnsupportedAssignor));
}
