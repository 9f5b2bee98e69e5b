//! `alter_replica_log_dirs`, at each version and against Apache Kafka's answers.

use std::path::{Path, PathBuf};

use kt::protocol::messages::AlterReplicaLogDirsRequest;
use kt::protocol::messages::alter_replica_log_dirs_request::{
    AlterReplicaLogDir, AlterReplicaLogDirTopic,
};

use crate::alter_configs::set;
use crate::describe_configs::BROKER;
use crate::describe_log_dirs::{Place, places};
use crate::fetch;
use crate::harness::{TestBroker, code, text, topic, until, versions};

/// Asks for a move; returns the code of the answer.
fn move_to(
    broker: &TestBroker,
    version: i16,
    dir: &Path,
    (name, partition): (&str, i32),
) -> &'static str {
    let of = AlterReplicaLogDirTopic::default()
        .with_name(topic(name))
        .with_partitions(vec![partition]);
    let to = AlterReplicaLogDir::default()
        .with_path(text(dir.to_str().unwrap()))
        .with_topics(vec![of]);
    let request = AlterReplicaLogDirsRequest::default().with_dirs(vec![to]);
    let response = broker.call(version, &request);
    code(response.results[0].partitions[0].error_code)
}

/// Returns all values of partition 0.
fn values(broker: &TestBroker, name: &str) -> Vec<String> {
    let batches = fetch::values(broker, name, 0).into_iter();
    batches.flat_map(|(_, values)| values).collect()
}

fn place(broker: &TestBroker, name: &str) -> Vec<Place> {
    places(broker).remove(&(name.to_owned(), 0)).unwrap()
}

fn lies_in(broker: &TestBroker, name: &str, dir: &Path) -> bool {
    let found = place(broker, name);
    found.len() == 1 && Path::new(&found[0].0) == dir
}

/// Returns the directory that a partition does not lie in.
fn other(broker: &TestBroker, dirs: &[PathBuf], name: &str) -> PathBuf {
    let elsewhere = dirs.iter().find(|dir| !lies_in(broker, name, dir));
    elsewhere.unwrap().clone()
}

#[test]
fn a_partition_moves_and_keeps_its_records_its_producers_and_its_place() {
    for version in versions::<AlterReplicaLogDirsRequest>() {
        let (mut broker, dirs) = TestBroker::start_on_two_dirs(&[]);
        broker.create_topic("t", 1, &[("file.delete.delay.ms", "0")]);
        broker.produce_values("t", 0, &["a", "b"]);
        let target = other(&broker, &dirs, "t");
        assert_eq!(move_to(&broker, version, &target, ("t", 0)), "NONE");
        until(|| lies_in(&broker, "t", &target));
        broker.produce_values("t", 0, &["c"]);
        assert_eq!(values(&broker, "t"), ["a", "b", "c"]);
        let left = other(&broker, &dirs, "t");
        until(|| {
            !std::fs::read_dir(&left).unwrap().any(|entry| {
                let name = entry.unwrap().file_name();
                name.to_str().unwrap().starts_with("t-0")
            })
        });
        broker.restart();
        assert!(lies_in(&broker, "t", &target));
        assert_eq!(values(&broker, "t"), ["a", "b", "c"]);
    }
}

#[test]
fn what_is_written_during_a_slow_move_arrives_and_the_move_can_be_called_off() {
    let (broker, dirs) = TestBroker::start_on_two_dirs(&[]);
    broker.create_topic("t", 1, &[]);
    let large = "x".repeat(900_000);
    for _ in 0..4 {
        broker.produce_values("t", 0, &[&large]);
    }
    let rate = "replica.alter.log.dirs.io.max.bytes.per.second";
    set(&broker, (BROKER, "1"), rate, "1000000");
    let target = other(&broker, &dirs, "t");
    assert_eq!(move_to(&broker, 2, &target, ("t", 0)), "NONE");
    until(|| {
        place(&broker, "t")
            .iter()
            .any(|(_, _, is_future)| *is_future)
    });
    // Where it lies already: the move ends.
    let current = dirs.iter().find(|dir| **dir != target).unwrap();
    assert_eq!(move_to(&broker, 2, current, ("t", 0)), "NONE");
    until(|| lies_in(&broker, "t", current));
    // And again, with records that come while it goes on.
    set(&broker, (BROKER, "1"), rate, "4000000");
    assert_eq!(move_to(&broker, 2, &target, ("t", 0)), "NONE");
    broker.produce_values("t", 0, &["late"]);
    until(|| lies_in(&broker, "t", &target));
    assert!(place(&broker, "t")[0].1 > 3_600_000);
    let late = fetch::values(&broker, "t", 4);
    assert_eq!(late[0].1, ["late"]);
}

#[test]
fn strange_directories_and_strange_partitions_are_refused() {
    let (broker, dirs) = TestBroker::start_on_two_dirs(&[]);
    broker.create_topic("t", 1, &[]);
    let nowhere = Path::new("/no/such/disk");
    assert_eq!(move_to(&broker, 2, nowhere, ("t", 0)), "LOG_DIR_NOT_FOUND");
    assert_eq!(
        move_to(&broker, 2, &dirs[1], ("t", 9)),
        "REPLICA_NOT_AVAILABLE"
    );
    // A directory that is chosen before the topic is made is where it is made.
    for dir in &dirs {
        let name = format!("later-{}", dir.file_name().unwrap().to_str().unwrap());
        assert_eq!(
            move_to(&broker, 2, dir, (&name, 0)),
            "REPLICA_NOT_AVAILABLE"
        );
        broker.create_topic(&name, 1, &[]);
        assert!(lies_in(&broker, &name, dir));
    }
}

#[test]
fn a_move_that_a_restart_interrupts_begins_again() {
    let (mut broker, dirs) = TestBroker::start_on_two_dirs(&[]);
    broker.create_topic("t", 1, &[]);
    let large = "x".repeat(900_000);
    for _ in 0..3 {
        broker.produce_values("t", 0, &[&large]);
    }
    let rate = "replica.alter.log.dirs.io.max.bytes.per.second";
    set(&broker, (BROKER, "1"), rate, "1000");
    let target = other(&broker, &dirs, "t");
    assert_eq!(move_to(&broker, 2, &target, ("t", 0)), "NONE");
    until(|| {
        place(&broker, "t")
            .iter()
            .any(|(_, bytes, is_future)| *is_future && *bytes > 0)
    });
    broker.restart();
    until(|| place(&broker, "t").len() == 2);
    set(&broker, (BROKER, "1"), rate, "100000000");
    until(|| lies_in(&broker, "t", &target));
    assert_eq!(fetch::values(&broker, "t", 2)[0].1, [large]);
}
