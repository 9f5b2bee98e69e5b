//! Settings of the files of a partition, a topic's own and the broker's default of each.

use std::time::{Duration, Instant};

use kt::clock::SystemClock;
use kt::protocol::messages::DeleteTopicsRequest;
use kt::record::Seal;

use crate::harness::{TestBroker, batch_at, sealed, topic};

/// How long a file may take to go on a busy machine.
const PATIENCE: Duration = Duration::from_secs(30);

const HOUR_MS: i64 = 3_600_000;

/// Starts a broker with these settings, and a topic `t` with these.
fn broker(settings: &[(&str, &str)], configs: &[(&str, &str)]) -> TestBroker {
    let broker = TestBroker::start_with(settings);
    broker.create_topic("t", 1, configs);
    broker
}

/// Returns the sizes of the files of `t-0` with this ending, in order of their names.
fn files(broker: &TestBroker, ending: &str) -> Vec<u64> {
    let entries = std::fs::read_dir(broker.partition_dir("t", 0)).unwrap();
    let mut files: Vec<_> = entries
        .map(|entry| entry.unwrap())
        .filter(|entry| entry.file_name().to_str().unwrap().ends_with(ending))
        .map(|entry| (entry.file_name(), entry.metadata().unwrap().len()))
        .collect();
    files.sort();
    files.into_iter().map(|(_, bytes)| bytes).collect()
}

/// Produces two records, the second one so much younger; returns the number of segments.
fn segments_after(broker: &TestBroker, age_ms: i64) -> usize {
    for time in [1_000_000, 1_000_000 + age_ms] {
        let answer = broker.produce(9, ("t", 0), batch_at(time, &["a"]));
        assert_eq!(answer.error_code, 0);
    }
    files(broker, ".log").len()
}

#[test]
fn a_segment_ends_when_its_records_are_older_than_that() {
    let age = 2 * HOUR_MS + 1;
    assert_eq!(segments_after(&broker(&[], &[]), age), 1);
    let own = broker(&[], &[("segment.ms", "7200000")]);
    assert_eq!(segments_after(&own, age - 1), 1);
    let own = broker(&[], &[("segment.ms", "7200000")]);
    assert_eq!(segments_after(&own, age), 2);
    for setting in [("log.roll.ms", "7200000"), ("log.roll.hours", "2")] {
        assert_eq!(
            segments_after(&broker(&[setting], &[]), age),
            2,
            "{setting:?}"
        );
    }
}

#[test]
fn the_jitter_ends_a_segment_before_its_time() {
    // What is drawn is above zero, but for one case in 36 millions.
    let (hours, ms) = ("10", "36000000");
    let roll = ("log.roll.hours", hours);
    assert_eq!(segments_after(&broker(&[roll], &[]), 10 * HOUR_MS), 1);
    let own = [("segment.ms", ms), ("segment.jitter.ms", ms)];
    assert_eq!(segments_after(&broker(&[], &own), 10 * HOUR_MS), 2);
    for jitter in [("log.roll.jitter.ms", ms), ("log.roll.jitter.hours", hours)] {
        let jittering = broker(&[roll, jitter], &[]);
        assert_eq!(segments_after(&jittering, 10 * HOUR_MS), 2, "{jitter:?}");
    }
}

#[test]
fn the_brokers_segment_size_begins_new_files() {
    let large = "x".repeat(600_000);
    let broker = broker(&[("log.segment.bytes", "1048576")], &[]);
    for _ in 0..4 {
        broker.produce_values("t", 0, &[&large]);
    }
    assert_eq!(files(&broker, ".log").len(), 4);
}

/// Returns how many entries the offset index has after ten batches and a stop.
fn index_entries(mut broker: TestBroker) -> u64 {
    for _ in 0..10 {
        broker.produce_values("t", 0, &["a value of some length"]);
    }
    broker.restart();
    files(&broker, ".index")[0] / 8
}

#[test]
fn the_index_has_an_entry_every_so_many_bytes() {
    assert_eq!(index_entries(broker(&[], &[])), 0);
    let own = index_entries(broker(&[], &[("index.interval.bytes", "1")]));
    assert!(own >= 9, "{own}");
    let default = index_entries(broker(&[("log.index.interval.bytes", "1")], &[]));
    assert_eq!(default, own);
}

#[test]
fn a_full_index_begins_a_new_segment() {
    let segments = |broker: TestBroker| {
        for _ in 0..10 {
            broker.produce_values("t", 0, &["a"]);
        }
        files(&broker, ".log").len()
    };
    let dense = ("index.interval.bytes", "1");
    assert_eq!(segments(broker(&[], &[dense])), 1);
    let own = segments(broker(&[], &[dense, ("segment.index.bytes", "48")]));
    assert!(own > 1, "{own}");
    // How many depends on the records' times too, which the time index has.
    let default = segments(broker(&[("log.index.size.max.bytes", "48")], &[dense]));
    assert!(default > 1, "{default}");
}

/// Deletes `t` and returns the names that begin with `t-` in the data directory.
fn left_after_deletion(broker: &TestBroker) -> impl Fn() -> Vec<String> {
    broker.produce_values("t", 0, &["a"]);
    let request = DeleteTopicsRequest::default()
        .with_timeout_ms(20_000)
        .with_topic_names(vec![topic("t")]);
    assert_eq!(broker.call(5, &request).responses[0].error_code, 0);
    let data = broker.partition_dir("t", 0).parent().unwrap().to_owned();
    move || {
        let entries = std::fs::read_dir(&data).unwrap();
        let names = entries.map(|entry| entry.unwrap().file_name().into_string().unwrap());
        names.filter(|name| name.starts_with("t-")).collect()
    }
}

#[test]
fn files_of_a_deleted_topic_go_after_the_delay() {
    let late = broker(&[], &[]);
    let left = left_after_deletion(&late)();
    assert!(left.len() == 1 && left[0].ends_with("-delete"), "{left:?}");
    // The topic's own delay went with the topic.
    let soon = broker(&[("log.segment.delete.delay.ms", "0")], &[]);
    let left = left_after_deletion(&soon);
    let deadline = Instant::now() + PATIENCE;
    while !left().is_empty() {
        assert!(Instant::now() < deadline, "{:?}", left());
        std::thread::yield_now();
    }
}

#[test]
fn what_is_known_of_a_producer_expires() {
    let from = |base_sequence: i32| {
        let producer = kt::record::Producer {
            id: 9,
            epoch: 0,
            base_sequence,
        };
        let seal = Seal {
            producer,
            ..Seal::default()
        };
        sealed(SystemClock::shared().now_ms(), &["a"], &seal)
    };
    // After a gap in its numbers only a producer that nobody remembers may go on.
    let gap_is_accepted = |settings: &[(&str, &str)]| {
        let mut broker = broker(settings, &[]);
        assert_eq!(broker.produce(9, ("t", 0), from(0)).error_code, 0);
        broker.restart();
        broker.produce(9, ("t", 0), from(50)).error_code == 0
    };
    assert!(!gap_is_accepted(&[]));
    assert!(gap_is_accepted(&[("producer.id.expiration.ms", "1")]));
}
