//! A broker whose disk fails, or holds what it should not.

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use kt::fs::{Fs, RealFs, Repeat, SimFault, SimFs};
use kt::storage::partition_metadata_text;
use kt::types::Uuid;

use crate::fetch::values;
use crate::harness::{TestBroker, batch, code, until};

const STORAGE_ERROR: &str = "KAFKA_STORAGE_ERROR";
/// The setting of a broker with two directories.
const TWO: [(&str, &str); 1] = [("log.dirs", "{home}/data,{home}/disk-b")];
const SOON: Duration = Duration::from_secs(30);
const AT_ONCE: Duration = Duration::from_millis(1);

/// Returns what is in partition 0.
fn stored(broker: &TestBroker, topic: &str) -> Vec<String> {
    let batches = values(broker, topic, 0).into_iter();
    batches.flat_map(|(_, values)| values).collect()
}

#[test]
fn a_failed_sync_ends_acknowledgements_and_is_never_tried_again() {
    let sim = SimFs::default();
    let broker = TestBroker::start_on(Arc::new(sim.clone()), "", &[]);
    broker.create_topic("t", 2, &[("flush.ms", "1")]);
    broker.produce_values("t", 0, &["durable"]);
    broker.produce_values("t", 1, &["durable"]);
    assert!(!broker.has_failed(AT_ONCE));
    // The write is good, the sync is not.
    sim.fail_after(1, SimFault::Io);
    let answer = broker.produce(9, ("t", 0), batch(&["in doubt"]));
    assert_eq!(code(answer.error_code), STORAGE_ERROR);
    assert!(broker.has_failed(SOON), "it was the only directory");
    sim.heal();
    let calls = sim.calls();
    for partition in [0, 1] {
        let answer = broker.produce(9, ("t", partition), batch(&["later"]));
        assert_eq!(code(answer.error_code), STORAGE_ERROR);
    }
    assert_eq!(sim.calls(), calls, "nothing is written or synced any more");
}

#[test]
fn the_partitions_of_another_directory_go_on_when_one_has_failed() {
    let sim = SimFs::default();
    let broker = TestBroker::start_on(Arc::new(sim.clone()), "", &TWO);
    broker.create_topic("t", 2, &[]);
    let other = |partition: i32| {
        let dir = broker.log_dir("disk-b").join(format!("t-{partition}"));
        sim.exists(&dir)
    };
    assert!(other(0) != other(1), "each directory has one");
    for partition in [0, 1] {
        broker.produce_values("t", partition, &["before"]);
    }
    sim.fail_after(1, SimFault::Io);
    let answer = broker.produce(9, ("t", 0), batch(&["in doubt"]));
    assert_eq!(code(answer.error_code), STORAGE_ERROR);
    sim.heal();
    assert_eq!(broker.produce_values("t", 1, &["after"]), 1);
    assert!(!broker.has_failed(AT_ONCE));
}

fn names(dir: &Path) -> Vec<String> {
    let entries = RealFs.read_dir(dir).unwrap();
    entries.into_iter().map(|entry| entry.name).collect()
}

#[test]
fn directories_of_other_topics_are_set_aside_and_damaged_ids_are_mended() {
    let mut broker = TestBroker::start();
    for topic in ["kept", "replaced"] {
        broker.create_topic(topic, 1, &[]);
        broker.produce_values(topic, 0, &["a"]);
    }
    broker.stop();
    let data = broker.log_dir("data");
    let metadata = |topic: &str| data.join(format!("{topic}-0/partition.metadata"));
    let other = partition_metadata_text(Uuid(0x0123_4567_89ab_4def_8123_4567_89ab_cdef));
    RealFs
        .replace(&metadata("replaced"), other.as_bytes())
        .unwrap();
    let mut damaged = RealFs.read(&metadata("kept"), 100).unwrap();
    let id = damaged.clone();
    *damaged.last_mut().unwrap() ^= 0x10;
    RealFs.replace(&metadata("kept"), &damaged).unwrap();
    RealFs.create_dir_all(&data.join("unknown-7")).unwrap();
    broker.run();
    let strays: Vec<String> = names(&data)
        .into_iter()
        .filter(|name| name.ends_with("-stray"))
        .collect();
    assert_eq!(strays.len(), 2, "{strays:?}");
    assert!(strays[0].starts_with("replaced-0."), "{strays:?}");
    assert!(strays[1].starts_with("unknown-7."), "{strays:?}");
    let log = data.join(&strays[0]).join("00000000000000000000.log");
    assert!(
        RealFs.metadata(&log).unwrap().bytes > 0,
        "nothing is deleted"
    );
    assert_eq!(RealFs.read(&metadata("kept"), 100).unwrap(), id);
    assert_eq!(stored(&broker, "kept"), ["a"]);
    assert_eq!(broker.produce_values("replaced", 0, &["b"]), 0);
}

#[test]
fn what_says_whose_a_directory_is_comes_back_from_the_other() {
    let mut broker = TestBroker::start_with(&TWO);
    let cluster = broker.cluster_id().to_owned();
    broker.create_topic("t", 2, &[]);
    for partition in [0, 1] {
        broker.produce_values("t", partition, &["a"]);
    }
    broker.stop();
    let path = broker.log_dir("disk-b").join("meta.properties");
    RealFs.replace(&path, b"rot").unwrap();
    broker.run();
    assert_eq!(broker.cluster_id(), cluster);
    for partition in [0, 1] {
        assert_eq!(broker.produce_values("t", partition, &["b"]), 1);
    }
    let mended = String::from_utf8(RealFs.read(&path, 1000).unwrap()).unwrap();
    assert!(
        mended.contains(&format!("cluster.id={cluster}\n")),
        "{mended}"
    );
}

#[test]
fn a_partition_behind_a_link_is_served_as_in_kafka() {
    let mut broker = TestBroker::start();
    broker.create_topic("t", 1, &[]);
    broker.produce_values("t", 0, &["a"]);
    broker.stop();
    let (dir, elsewhere) = (broker.partition_dir("t", 0), broker.log_dir("elsewhere"));
    RealFs.rename(&dir, &elsewhere).unwrap();
    std::os::unix::fs::symlink(&elsewhere, &dir).unwrap();
    broker.run();
    assert_eq!(stored(&broker, "t"), ["a"]);
    assert_eq!(broker.produce_values("t", 0, &["b"]), 1);
}

#[test]
fn a_partition_waits_for_its_directory_instead_of_beginning_anew_in_another() {
    let (mut broker, [data, other]) = TestBroker::start_on_two_dirs(&[]);
    broker.create_topic("t", 2, &[]);
    for partition in [0, 1] {
        broker.produce_values("t", partition, &["a"]);
    }
    let away = i32::from(other.join("t-1").exists());
    broker.stop();
    broker.set("log.dirs", data.to_str().unwrap());
    broker.run();
    let answer = broker.produce(9, ("t", away), batch(&["b"]));
    assert_eq!(code(answer.error_code), STORAGE_ERROR);
    assert!(!data.join(format!("t-{away}")).exists());
    assert_eq!(broker.produce_values("t", 1 - away, &["b"]), 1);
    broker.stop();
    let both = format!("{},{}", data.display(), other.display());
    broker.set("log.dirs", &both);
    broker.run();
    for partition in [0, 1] {
        let next = if partition == away { 1 } else { 2 };
        assert_eq!(broker.produce_values("t", partition, &["c"]), next);
    }
}

#[test]
fn a_partition_that_found_no_room_comes_when_there_is_some() {
    let mut offline = 0;
    for calls in 0..40 {
        let sim = SimFs::default();
        let broker = TestBroker::start_on(Arc::new(sim.clone()), "", &[]);
        sim.fail_any_after(calls, SimFault::NoSpace, Repeat::Once);
        let created = broker.try_create_topic("t", 1, &[]);
        sim.heal();
        if created.error_code != 0 {
            continue;
        }
        let answer = || broker.produce(9, ("t", 0), batch(&["a"])).error_code;
        let first = code(answer());
        assert!(first == STORAGE_ERROR || first == "NONE", "{first}");
        offline += u32::from(first == STORAGE_ERROR);
        until(|| answer() == 0);
    }
    assert!(offline > 0);
}
