//! Power cuts: what a disk may look like after one, opened and judged.
//!
//! A workload runs on a log directory; at random moments the disk is forked several times, each
//! fork loses its power in its own way, and is opened. Some forks lose it again in the middle of
//! that. Each opened state counts. It must hold that (D1) what was acknowledged is there, (D2, D3)
//! the log is a run of whole batches from the front of what was sent, and nothing else, (D4) the
//! last batches of each producer are known, (D5) transactions are open, aborted or committed as in
//! the log, (D7) opening it again changes nothing, (D8) each file is batches to its end.

use std::collections::BTreeMap;
use std::path::Path;

use kt::fs::{Fs, Repeat, SimFault, SimFs};
use kt::record::Batches;
use kt::rng::Rng;
use kt::storage::{LoadedDirs, Log};
use kt::types::LeaderEpoch;

use crate::batches::Sent;
use crate::disk::{DIR, Model, Part, World, check_window, read_all};
use crate::totals::Totals;

const FORKS: u64 = 6;
const ROUNDS: u64 = 4;

/// Runs workloads from one seed on, until so many states have been opened.
pub fn run(first_seed: u64, states: u64) -> Totals {
    let mut totals = Totals::new("crash", first_seed);
    let mut seed = first_seed;
    while totals.count("states") < states {
        one(seed, &mut totals, &|_| {});
        seed += 1;
    }
    totals.end(seed);
    totals
}

/// Runs the workload of one seed on a disk that was made worse by `spoil`.
pub fn one(seed: u64, totals: &mut Totals, spoil: &dyn Fn(&SimFs)) {
    let mut world = World::new(seed, 2);
    spoil(&world.sim);
    world.open().unwrap();
    for _ in 0..ROUNDS {
        for _ in 0..world.rng.below(60) {
            world.step();
        }
        for _ in 0..FORKS {
            let mut rng = Rng::seeded(world.rng.next_u64());
            fork(&world, &mut rng, totals);
        }
        if world.rng.below(4) == 0 {
            world.close();
        } else {
            world.kill();
            world.sim.crash(&mut world.rng);
        }
        let models = models(&world);
        let loaded = world.open().unwrap();
        settle(&mut world, &models, &loaded);
        totals.add("states", 1);
    }
}

fn models(world: &World) -> Vec<Model> {
    world.parts.iter().map(|part| part.model.clone()).collect()
}

/// One state beside the workload's own: a crash, and perhaps others while it is opened.
fn fork(world: &World, rng: &mut Rng, totals: &mut Totals) {
    let mut other = World {
        sim: world.sim.fork(),
        rng: rng.clone(),
        manager: None,
        parts: Vec::new(),
        tag: world.tag,
        seed: world.seed,
    };
    for part in &world.parts {
        other.parts.push(Part {
            partition: part.partition.clone(),
            log: None,
            model: part.model.clone(),
        });
    }
    let models = models(world);
    other.sim.crash(rng);
    for _ in 0..rng.below(3) {
        // The power goes in the middle of the start.
        let calls = rng.below(80);
        other
            .sim
            .fail_any_after(calls, SimFault::Io, Repeat::Sticky);
        if let Ok(loaded) = other.open() {
            other.sim.heal();
            settle(&mut other, &models, &loaded);
        }
        other.kill();
        other.sim.crash(rng);
        for (part, model) in other.parts.iter_mut().zip(&models) {
            part.model = Model {
                epoch: part.model.epoch,
                ..model.clone()
            };
        }
        totals.add("stacked", 1);
    }
    let seed = world.seed;
    let loaded = other
        .open()
        .unwrap_or_else(|error| panic!("seed {seed}: {error}"));
    settle(&mut other, &models, &loaded);
    let before = log_files(&other.sim);
    other.kill();
    other
        .open()
        .unwrap_or_else(|error| panic!("seed {seed}: {error}"));
    other.kill();
    assert_eq!(before, log_files(&other.sim), "seed {seed}: D7");
    totals.add("states", 1);
}

/// Judges what was opened, and goes on from there.
pub fn settle(world: &mut World, models: &[Model], loaded: &LoadedDirs) {
    let seed = world.seed;
    for (part, before) in world.parts.iter_mut().zip(models) {
        let log = part.log.as_ref().expect("it is open");
        check(seed, log, before, loaded);
        let model = &mut part.model;
        model.start = log.start_offset();
        model.sent.retain(|sent| sent.base < log.end_offset());
        if model
            .sent
            .last()
            .is_none_or(|last| last.last_offset() < model.start)
        {
            // Nothing is left to say where the log ends.
            assert_eq!(
                log.end_offset(),
                model.end().max(model.start),
                "seed {seed}"
            );
        }
        model.durable = before.durable;
        check_window(seed, part);
    }
    check_files(seed, &world.sim);
}

fn check(seed: u64, log: &Log, before: &Model, loaded: &LoadedDirs) {
    let (start, end) = (log.start_offset(), log.end_offset());
    let text = &loaded.warnings;
    assert!(end >= before.durable, "seed {seed}: D1, {end}: {text:?}");
    assert!(
        start >= before.start_acknowledged && start <= before.start.max(before.start_acknowledged),
        "seed {seed}: {start} is no start, {} to {}: {text:?}",
        before.start_acknowledged,
        before.start
    );
    let (found, damaged) = read_all(seed, log);
    assert!(damaged.is_empty(), "seed {seed}: {damaged:?}, {text:?}");
    let expected: Vec<&Sent> = before
        .sent
        .iter()
        .filter(|sent| sent.last_offset() >= start && sent.base < end)
        .collect();
    for (sent, (base, bytes)) in expected.iter().zip(&found) {
        assert_eq!(sent.base, *base, "seed {seed}: D2");
        assert_eq!(
            sent.bytes.get(16..),
            bytes.get(16..),
            "seed {seed}: D3, {base}"
        );
        let epoch = log.epochs().epoch_for_offset((*base).max(start));
        assert_eq!(epoch, Some(LeaderEpoch(sent.epoch)), "seed {seed}: {base}");
    }
    assert_eq!(expected.len(), found.len(), "seed {seed}: D2, {end}");
    let last = expected
        .last()
        .map_or(end, |sent| sent.last_offset().plus(1));
    assert_eq!(last, end, "seed {seed}: D2");
    let survived = Model {
        sent: before
            .sent
            .iter()
            .filter(|sent| sent.base < end)
            .cloned()
            .collect(),
        ..before.clone()
    };
    let name = format!("seed {seed}");
    check_aborted(&name, log, &survived);
    check_time(&name, log, &expected);
}

/// Whoever reads committed records must be told of each aborted one that is left.
pub fn check_aborted(name: &str, log: &Log, model: &Model) {
    let (start, end) = (log.start_offset(), log.end_offset());
    let mut told = log.aborted_transactions(start, end);
    for (id, first, marker) in model.aborted() {
        let of = |sent: &&Sent| sent.producer.id == id && (first..marker).contains(&sent.base);
        let left = model.sent.iter().filter(of);
        let left = left
            .filter(|sent| sent.last_offset() >= start)
            .map(|sent| sent.base);
        let at = told
            .iter()
            .position(|txn| (txn.producer_id, txn.last_offset) == (id, marker));
        let txn = at.map(|at| told.remove(at));
        if let Some(first_left) = left.min() {
            let first_told = txn.map(|txn| txn.first_offset);
            assert!(
                first_told.is_some_and(|told| told >= first && told <= first_left),
                "{name}: D5, {first_told:?} of {id} at {first_left} to {marker}"
            );
        }
    }
    assert!(told.is_empty(), "{name}: D5, {told:?} in {start}..{end}");
}

/// Looks a few records up by their time.
fn check_time(name: &str, log: &Log, expected: &[&Sent]) {
    let Some(sent) = expected.get(expected.len() / 2) else {
        return;
    };
    let first = expected
        .iter()
        .find(|other| other.timestamp >= sent.timestamp)
        .expect("it is there itself");
    let found = log.offset_for_timestamp(sent.timestamp).unwrap();
    let found = found.map(|found| found.offset);
    assert_eq!(
        found,
        Some(first.base.max(log.start_offset())),
        "{name}: by time"
    );
}

/// Every `.log` file is whole batches, one behind the other, to its end.
fn check_files(seed: u64, sim: &SimFs) {
    for (path, content) in log_files(sim) {
        let mut next = None;
        for batch in Batches::new(&content) {
            let batch = batch.unwrap_or_else(|error| panic!("seed {seed}: D8, {path}: {error}"));
            assert!(batch.crc_matches(), "seed {seed}: D8, {path}");
            let header = batch.header();
            assert!(
                next.is_none_or(|next| next == header.base_offset),
                "seed {seed}: D8, {path}: {} is not {next:?}",
                header.base_offset
            );
            next = Some(header.next_offset());
        }
    }
}

/// Returns the `.log` files of all partitions and what is in them.
pub fn log_files(sim: &SimFs) -> BTreeMap<String, Vec<u8>> {
    let mut files = BTreeMap::new();
    for dir in sim.read_dir(Path::new(DIR)).unwrap() {
        if !dir.is_dir {
            continue;
        }
        let path = Path::new(DIR).join(&dir.name);
        for file in sim.read_dir(&path).unwrap() {
            if file.name.ends_with(".log") {
                let content = sim.read(&path.join(&file.name), 1 << 30).unwrap();
                files.insert(format!("{}/{}", dir.name, file.name), content);
            }
        }
    }
    files
}
