//! The fault sweep over what is not one partition's log: the metadata log, formatting, two log
//! directories, strays.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use kt::controller::{MetadataLog, MetadataLogError, Voter, bootstrap_records};
use kt::fs::{Fs, Repeat, SimFault, SimFs};
use kt::metadata::record::Topic;
use kt::metadata::{MetadataImage, MetadataRecord};
use kt::record::ValidatedBatch;
use kt::rng::Rng;
use kt::storage::{LoadError, LogConfig, LogManager, MetaProperties, PartitionCheckpoint};
use kt::types::{BrokerId, LeaderEpoch, Offset, TopicPartition, Uuid};

use crate::batches::{Kind, NOW, batch};
use crate::totals::Totals;

const DIR: &str = "/data";
const OTHER: &str = "/other";

/// What was acknowledged.
#[derive(Default)]
struct Acked {
    topics: u32,
    /// Of these, those that were there before the fault.
    prepared: u32,
    /// Records of the partition in each directory.
    ends: [Offset; 2],
    is_formatted: bool,
}

struct Scenario {
    name: &'static str,
    prepare: fn(&SimFs) -> Acked,
    act: fn(&SimFs, &mut Acked),
    check: fn(&str, &SimFs, &Acked, bool),
}

const SCENARIOS: [Scenario; 6] = [
    Scenario {
        name: "metadata log, first start",
        prepare: |_| Acked::default(),
        act: |sim, acked| add_topics(sim, acked, 0),
        check: check_topics,
    },
    Scenario {
        name: "metadata log, append",
        prepare: with_topics,
        act: |sim, acked| add_topics(sim, acked, 3),
        check: check_topics,
    },
    Scenario {
        name: "metadata log, snapshot",
        prepare: with_topics,
        act: snapshot,
        check: check_topics,
    },
    Scenario {
        name: "format",
        prepare: |_| Acked::default(),
        act: format,
        check: check_format,
    },
    Scenario {
        name: "two directories",
        prepare: |_| Acked::default(),
        act: two_directories,
        check: check_directories,
    },
    Scenario {
        name: "strays",
        prepare: |sim| {
            let mut acked = Acked::default();
            two_directories(sim, &mut acked);
            acked
        },
        act: strays,
        check: check_directories,
    },
];

pub fn run(faults: &[SimFault], is_chosen: &mut dyn FnMut() -> bool, totals: &mut Totals) {
    for scenario in &SCENARIOS {
        let dry = disk();
        let mut acked = (scenario.prepare)(&dry);
        let before = dry.all_calls();
        (scenario.act)(&dry, &mut acked);
        let calls = dry.all_calls() - before;
        totals.add("scenarios", 1);
        totals.add("calls", calls);
        for call in 0..calls {
            for fault in faults {
                for repeat in [Repeat::Once, Repeat::Sticky] {
                    if is_chosen() {
                        one(scenario, call, *fault, repeat);
                        totals.add("faults", 1);
                    }
                }
            }
        }
    }
}

fn disk() -> SimFs {
    let sim = SimFs::default();
    for dir in [DIR, OTHER] {
        sim.create_dir_all(Path::new(dir)).unwrap();
    }
    sim.sync_dir(Path::new("/")).unwrap();
    sim
}

fn one(scenario: &Scenario, call: u64, fault: SimFault, repeat: Repeat) {
    let name = format!("{}: call {call}, {fault:?} {repeat:?}", scenario.name);
    let sim = disk();
    let mut acked = (scenario.prepare)(&sim);
    sim.fail_any_after(call, fault, repeat);
    (scenario.act)(&sim, &mut acked);
    sim.heal();
    sim.crash(&mut Rng::seeded(call));
    for _ in 0..2 {
        (scenario.check)(&name, &sim, &acked, fault == SimFault::Corrupt);
    }
}

fn voter() -> Voter {
    Voter {
        id: BrokerId(1),
        directory: Uuid(7),
        listener: "CONTROLLER".to_owned(),
        host: "127.0.0.1".to_owned(),
        port: 9093,
    }
}

fn open(sim: &SimFs) -> Result<(MetadataLog, MetadataImage), MetadataLogError> {
    let fs: Arc<dyn Fs> = Arc::new(sim.clone());
    MetadataLog::open(fs, Path::new(DIR), voter(), &bootstrap_records(), NOW)
}

fn topic(number: u32) -> MetadataRecord {
    Topic {
        name: format!("t{number}"),
        topic_id: Uuid(u128::from(number) + 1),
    }
    .into()
}

fn with_topics(sim: &SimFs) -> Acked {
    let mut acked = Acked::default();
    add_topics(sim, &mut acked, 4);
    acked.prepared = acked.topics;
    acked
}

fn add_topics(sim: &SimFs, acked: &mut Acked, count: u32) {
    let Ok((mut log, _)) = open(sim) else {
        return;
    };
    for _ in 0..count {
        if log.append(&[topic(acked.topics)], NOW).is_err() {
            // The controller gives up; what it tried may be there or not.
            return;
        }
        acked.topics += 1;
    }
}

fn snapshot(sim: &SimFs, acked: &mut Acked) {
    let Ok((mut log, mut image)) = open(sim) else {
        return;
    };
    for _ in 0..2 {
        let record = topic(acked.topics);
        let Ok(base) = log.append(std::slice::from_ref(&record), NOW) else {
            return;
        };
        image.apply(base, &record).unwrap();
        acked.topics += 1;
        // The log holds everything, so a snapshot may fail.
        let written = log.snapshot(&image, NOW);
        assert!(written.is_ok() || written.is_err());
    }
    let closed = log.close();
    assert!(closed.is_ok() || closed.is_err());
}

fn check_topics(name: &str, sim: &SimFs, acked: &Acked, is_lying: bool) {
    match open(sim) {
        Ok((_, image)) => {
            for number in 0..acked.topics {
                let is_there = image.topic(&format!("t{number}")).is_some();
                // Batches that were written wrongly are cut from the end, which the log tells.
                let may_lack = is_lying && number >= acked.prepared;
                assert!(is_there || may_lack, "{name}: t{number} is lost");
            }
            assert_eq!(image.feature_level("metadata.version"), Some(30), "{name}");
        }
        // Damage in the middle stops the start: guessing would lose topics.
        Err(MetadataLogError::Damaged { .. } | MetadataLogError::Read(_)) if is_lying => {}
        Err(error) => panic!("{name}: {error}"),
    }
}

fn meta() -> MetaProperties {
    MetaProperties {
        cluster_id: "4L6g3nShT-eMCtK--X86sw".to_owned(),
        node_id: BrokerId(1),
        directory_id: Some(Uuid(0x77)),
    }
}

fn format(sim: &SimFs, acked: &mut Acked) {
    acked.is_formatted = meta().write(sim, Path::new(DIR)).is_ok();
}

fn check_format(name: &str, sim: &SimFs, acked: &Acked, is_lying: bool) {
    match MetaProperties::read(sim, Path::new(DIR)) {
        Ok(Some(read)) => assert!(read == meta() || is_lying, "{name}: {read:?}"),
        Ok(None) => assert!(!acked.is_formatted, "{name}: not formatted"),
        Err(LoadError::Malformed { .. }) if is_lying => {}
        Err(error) => panic!("{name}: {error}"),
    }
}

fn manager(sim: &SimFs) -> Result<LogManager, LoadError> {
    let fs: Arc<dyn Fs> = Arc::new(sim.clone());
    LogManager::open(fs, &[PathBuf::from(DIR), PathBuf::from(OTHER)])
}

/// A partition in each of two directories: written, flushed, closed, as far as the disk lets it.
fn two_directories(sim: &SimFs, acked: &mut Acked) {
    let Ok(mut manager) = manager(sim) else {
        return;
    };
    if manager.load_all(&|_| LogConfig::default(), NOW).is_err() {
        return;
    }
    let mut rng = Rng::seeded(5);
    for (number, dir) in (0..).zip([DIR, OTHER]) {
        let partition = TopicPartition::new("t", number);
        let dir = Path::new(dir);
        let config = LogConfig::default();
        let Ok(mut log) = manager.create(dir, &partition, Uuid(5 << 64), config, NOW) else {
            continue;
        };
        let sent = batch(1, Kind::Plain, kt::record::Producer::NONE, &mut rng);
        let valid = ValidatedBatch::trusted(&sent.bytes).unwrap();
        if log.append(&valid, LeaderEpoch(0), NOW).is_err() || log.close().is_err() {
            continue;
        }
        acked.ends[usize::try_from(number).unwrap()] = log.end_offset();
        let entry = PartitionCheckpoint {
            partition,
            recovery_point: log.recovery_point(),
            log_start: log.start_offset(),
            high_watermark: log.end_offset(),
        };
        if manager.write_checkpoints(dir, &[entry]).is_ok() {
            let marked = manager.mark_clean(dir, 1);
            assert!(marked.is_ok() || marked.is_err());
        }
    }
}

/// The topic of the second partition is known by another id: it is renamed, never deleted.
fn strays(sim: &SimFs, acked: &mut Acked) {
    let Ok(manager) = manager(sim) else {
        return;
    };
    let other = |_: &str| Some(Uuid(0xffff_ffff_ffff << 70));
    // Whatever fails, the next start renames them.
    let renamed = manager.set_strays_aside(&other, &mut || Uuid(3));
    if renamed.is_ok() {
        acked.ends = [Offset::ZERO; 2];
    }
}

fn check_directories(name: &str, sim: &SimFs, acked: &Acked, is_lying: bool) {
    let mut manager = manager(sim).unwrap_or_else(|error| panic!("{name}: {error}"));
    let loaded = manager
        .load_all(&|_| LogConfig::default(), NOW)
        .unwrap_or_else(|error| panic!("{name}: {error}"));
    let is_stray = |number: usize| {
        let tail = |path: &PathBuf| path.to_string_lossy().contains(&format!("t-{number}."));
        loaded.left_alone.iter().any(tail)
    };
    for (number, end) in acked.ends.iter().enumerate() {
        let at = |partition: &TopicPartition| usize::try_from(partition.partition) == Ok(number);
        let log = loaded.logs.iter().find(|log| at(log.log.partition()));
        let is_there = log.is_some_and(|log| log.log.end_offset() >= *end);
        let is_told = is_lying && !loaded.warnings.is_empty();
        let is_aside = is_stray(number);
        assert!(
            *end == Offset::ZERO || is_there || is_aside || is_told,
            "{name}: the records of t-{number} are lost"
        );
    }
}
