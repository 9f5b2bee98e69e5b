//! Retention: what has been kept long enough goes, by time, by size and by start offset.

use std::fs;

use crate::alter_configs::set;
use crate::delete_records::delete;
use crate::describe_configs::{BROKER, TOPIC};
use crate::fetch::values;
use crate::harness::{TestBroker, batch_at, until};
use crate::list_offsets::{EARLIEST, LATEST, offset_of};

/// Long ago, but not before everything.
const OLD: i64 = 1_700_000_000_000;

fn broker(settings: &[(&str, &str)]) -> TestBroker {
    let mut all = vec![("log.retention.check.interval.ms", "50")];
    all.extend(settings);
    TestBroker::start_with(&all)
}

fn produce_old(broker: &TestBroker, topic: &str, values: &[&str]) -> i64 {
    let answer = broker.produce(9, (topic, 0), batch_at(OLD, values));
    assert_eq!(answer.error_code, 0);
    answer.base_offset
}

fn start_of(broker: &TestBroker, topic: &str) -> i64 {
    offset_of(broker, (topic, 0), EARLIEST)
}

/// Returns the names in a partition's directory that end so.
fn names(broker: &TestBroker, topic: &str, ending: &str) -> Vec<String> {
    let entries = fs::read_dir(broker.partition_dir(topic, 0)).unwrap();
    let names = entries.map(|entry| entry.unwrap().file_name().into_string().unwrap());
    let mut names: Vec<_> = names.filter(|name| name.ends_with(ending)).collect();
    names.sort();
    names
}

#[test]
fn records_older_than_retention_ms_go_and_offsets_go_on() {
    let mut broker = broker(&[]);
    let settings = [("retention.ms", "60000"), ("file.delete.delay.ms", "0")];
    broker.create_topic("t", 1, &settings);
    produce_old(&broker, "t", &["a", "b"]);
    until(|| start_of(&broker, "t") == 2);
    assert_eq!(offset_of(&broker, ("t", 0), LATEST), 2);
    until(|| names(&broker, "t", ".deleted").is_empty());
    assert_eq!(
        names(&broker, "t", ".log"),
        ["00000000000000000002.log"],
        "the active segment was rolled and went too"
    );
    assert_eq!(broker.produce_values("t", 0, &["c"]), 2);
    broker.restart();
    assert_eq!(start_of(&broker, "t"), 2);
    assert_eq!(broker.produce_values("t", 0, &["d"]), 3);
}

#[test]
fn young_records_stay_and_so_does_everything_where_time_is_unlimited() {
    let broker = broker(&[]);
    broker.create_topic("old", 1, &[]);
    broker.create_topic("young", 1, &[]);
    broker.create_topic("kept", 1, &[("retention.ms", "-1")]);
    produce_old(&broker, "kept", &["a"]);
    broker.produce_values("young", 0, &["a"]);
    produce_old(&broker, "old", &["a"]);
    until(|| start_of(&broker, "old") == 1);
    assert_eq!(start_of(&broker, "young"), 0);
    assert_eq!(start_of(&broker, "kept"), 0);
}

#[test]
fn the_oldest_segments_go_once_a_log_is_larger_than_retention_bytes() {
    let broker = broker(&[
        ("log.segment.delete.delay.ms", "600000"),
        ("log.retention.bytes", "2500"),
    ]);
    broker.create_topic("t", 1, &[("internal.segment.bytes", "1000")]);
    let value = "x".repeat(500);
    for _ in 0..8 {
        broker.produce_values("t", 0, &[&value]);
    }
    // Segments of some 570 bytes: five are more than the limit, four would be less.
    until(|| start_of(&broker, "t") == 3);
    let base = "00000000000000000000";
    let kept = names(&broker, "t", ".deleted");
    assert!(
        kept.contains(&format!("{base}.log.deleted")),
        "two steps: {kept:?}"
    );
    assert_eq!(values(&broker, "t", 3).len(), 1);
    set(&broker, (TOPIC, "t"), "retention.bytes", "1000");
    until(|| start_of(&broker, "t") == 6);
}

#[test]
fn the_first_look_comes_after_the_initial_delay_if_that_is_shorter() {
    let mut broker = TestBroker::start_with(&[("log.initial.task.delay.ms", "50")]);
    broker.create_topic("t", 1, &[("retention.ms", "60000")]);
    produce_old(&broker, "t", &["a"]);
    // The look may have come before the record; after a restart it does not.
    broker.restart();
    until(|| start_of(&broker, "t") == 1);
}

#[test]
fn segments_before_the_start_go_whatever_their_age() {
    let broker = broker(&[]);
    let settings = [
        ("internal.segment.bytes", "100"),
        ("file.delete.delay.ms", "0"),
    ];
    broker.create_topic("t", 1, &settings);
    for value in ["a", "b", "c"] {
        broker.produce_values("t", 0, &[value]);
    }
    assert_eq!(delete(&broker, 2, "t", &[(0, 2)]), [(0, 2, "NONE")]);
    until(|| names(&broker, "t", ".log") == ["00000000000000000002.log"]);
}

#[test]
fn every_key_of_the_retention_time_counts_and_may_change() {
    let broker = broker(&[("log.retention.hours", "-1")]);
    broker.create_topic("t", 1, &[]);
    broker.create_topic("own", 1, &[("retention.ms", "-1")]);
    broker.create_topic("seen", 1, &[("retention.ms", "1000")]);
    let all_but = |topic: &str, from: i64| {
        // Once another topic's records are gone, the check has looked at this one too.
        let probe = produce_old(&broker, "seen", &["x"]);
        until(|| start_of(&broker, "seen") == probe + 1);
        assert_eq!(start_of(&broker, topic), from);
    };
    let offset = produce_old(&broker, "t", &["a"]);
    produce_old(&broker, "own", &["a"]);
    all_but("t", offset);
    set(&broker, (BROKER, ""), "log.retention.ms", "60000");
    until(|| start_of(&broker, "t") == offset + 1);
    all_but("own", 0);
    set(&broker, (TOPIC, "own"), "retention.ms", "60000");
    until(|| start_of(&broker, "own") == 1);
}

#[test]
fn minutes_and_hours_are_retention_times_too() {
    for (key, value) in [("log.retention.minutes", "1"), ("log.retention.hours", "1")] {
        let broker = broker(&[(key, value)]);
        broker.create_topic("t", 1, &[]);
        produce_old(&broker, "t", &["a"]);
        until(|| start_of(&broker, "t") == 1);
    }
}

#[test]
fn a_partition_whose_files_are_gone_stops_no_other() {
    let broker = broker(&[]);
    let bad: Vec<String> = (0..8).map(|number| format!("bad{number}")).collect();
    for name in &bad {
        broker.create_topic(name, 1, &[("retention.ms", "-1")]);
        produce_old(&broker, name, &["a"]);
        fs::remove_dir_all(broker.partition_dir(name, 0)).unwrap();
    }
    broker.create_topic("good", 1, &[]);
    set(&broker, (BROKER, ""), "log.retention.ms", "1000");
    for name in &bad {
        set(&broker, (TOPIC, name), "retention.ms", "1000");
    }
    produce_old(&broker, "good", &["a"]);
    until(|| start_of(&broker, "good") == 1);
    let path = broker.partition_dir("good", 0);
    let path = path.with_file_name("log-start-offset-checkpoint");
    until(|| fs::read_to_string(&path).is_ok_and(|text| text.contains("\ngood 0 1\n")));
}
