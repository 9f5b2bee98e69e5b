//! The keys that say when records are flushed and when the checkpoints are written.

use std::fs;

use kt::protocol::messages::DeleteRecordsRequest;

use crate::alter_configs::set;
use crate::delete_records::{delete, request};
use crate::describe_configs::{BROKER, TOPIC};
use crate::harness::{TestBroker, code, receive, send, until};

const RECOVERY_POINTS: &str = "recovery-point-offset-checkpoint";
const LOG_STARTS: &str = "log-start-offset-checkpoint";

/// A broker that flushes as Kafka does, and writes its checkpoints often.
fn broker(settings: &[(&str, &str)]) -> TestBroker {
    let mut all = vec![
        ("log.flush.before.ack", "false"),
        ("log.flush.offset.checkpoint.interval.ms", "50"),
    ];
    all.extend(settings);
    TestBroker::start_with(&all)
}

fn checkpointed(broker: &TestBroker, file: &str, topic: &str) -> Option<i64> {
    let path = broker.partition_dir("x", 0).with_file_name(file);
    let text = fs::read_to_string(path).unwrap_or_default();
    let prefix = format!("{topic} 0 ");
    let line = text.lines().find_map(|line| line.strip_prefix(&prefix));
    line.map(|offset| offset.parse().unwrap())
}

/// Waits until a checkpoint is written that began after this call.
fn next_checkpoint(broker: &TestBroker) {
    let path = broker.partition_dir("x", 0).with_file_name(RECOVERY_POINTS);
    for _ in 0..2 {
        let written = || {
            fs::metadata(&path)
                .ok()
                .map(|found| found.modified().unwrap())
        };
        let before = written();
        until(|| written() != before);
    }
}

fn recovery_point(broker: &TestBroker, topic: &str) -> Option<i64> {
    checkpointed(broker, RECOVERY_POINTS, topic)
}

#[test]
fn without_the_keys_nothing_is_flushed() {
    let broker = broker(&[]);
    broker.create_topic("t", 1, &[]);
    broker.produce_values("t", 0, &["a"]);
    next_checkpoint(&broker);
    assert_eq!(recovery_point(&broker, "t"), Some(0));
}

#[test]
fn flush_messages_flushes_after_so_many_records() {
    let broker = broker(&[("log.flush.interval.messages", "3")]);
    broker.create_topic("t", 1, &[]);
    broker.create_topic("own", 1, &[("flush.messages", "1")]);
    broker.produce_values("t", 0, &["a", "b"]);
    broker.produce_values("own", 0, &["a"]);
    until(|| recovery_point(&broker, "own") == Some(1));
    next_checkpoint(&broker);
    assert_eq!(recovery_point(&broker, "t"), Some(0));
    broker.produce_values("t", 0, &["c"]);
    until(|| recovery_point(&broker, "t") == Some(3));
    set(&broker, (TOPIC, "t"), "flush.messages", "1");
    broker.produce_values("t", 0, &["d"]);
    until(|| recovery_point(&broker, "t") == Some(4));
}

#[test]
fn flush_ms_flushes_after_so_long() {
    for settings in [
        [("log.flush.interval.ms", "10")],
        [("log.flush.scheduler.interval.ms", "10")],
    ] {
        let broker = broker(&settings);
        broker.create_topic("t", 1, &[]);
        broker.produce_values("t", 0, &["a"]);
        until(|| recovery_point(&broker, "t") == Some(1));
    }
    let broker = broker(&[]);
    broker.create_topic("t", 1, &[]);
    broker.produce_values("t", 0, &["a"]);
    set(&broker, (TOPIC, "t"), "flush.ms", "10");
    until(|| recovery_point(&broker, "t") == Some(1));
    broker.create_topic("u", 1, &[]);
    set(&broker, (BROKER, ""), "log.flush.interval.ms", "10");
    broker.produce_values("u", 0, &["a"]);
    until(|| recovery_point(&broker, "u") == Some(1));
}

#[test]
fn a_finished_segment_is_flushed_whatever_the_keys_say() {
    let broker = broker(&[]);
    broker.create_topic("t", 1, &[("internal.segment.bytes", "100")]);
    broker.produce_values("t", 0, &["a"]);
    broker.produce_values("t", 0, &["b"]);
    until(|| recovery_point(&broker, "t") >= Some(1));
}

#[test]
fn either_interval_has_its_checkpoint_written() {
    for key in [
        "log.flush.offset.checkpoint.interval.ms",
        "log.flush.start.offset.checkpoint.interval.ms",
    ] {
        let broker = TestBroker::start_with(&[(key, "50")]);
        broker.create_topic("t", 1, &[]);
        broker.produce_values("t", 0, &["a", "b"]);
        until(|| recovery_point(&broker, "t") == Some(2));
        assert_eq!(delete(&broker, 2, "t", &[(0, 1)]), [(0, 1, "NONE")]);
        until(|| checkpointed(&broker, LOG_STARTS, "t") == Some(1));
    }
}

#[test]
fn checkpoints_that_are_written_at_once_do_not_meet() {
    let broker = TestBroker::start_with(&[("log.flush.offset.checkpoint.interval.ms", "50")]);
    broker.create_topic("t", 4, &[]);
    let values = ["a"; 40];
    std::thread::scope(|scope| {
        for partition in 0..4 {
            broker.produce_values("t", partition, &values);
            let mut connection = broker.connect();
            scope.spawn(move || {
                for offset in 1..=40 {
                    send(&mut connection, 2, &request("t", &[(partition, offset)]));
                    let told = receive::<DeleteRecordsRequest>(&mut connection, 2);
                    assert_eq!(code(told.topics[0].partitions[0].error_code), "NONE");
                }
            });
        }
    });
}
