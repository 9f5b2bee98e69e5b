//! Power cuts and failing calls on a simulated disk, by seed, against a model.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::sync::Arc;

use kt::fs::{Fs, SimFault, SimFs};
use kt::record::{Producer, ValidatedBatch};
use kt::rng::Rng;
use kt::storage::checkpoint::{read_offsets, write_offsets};
use kt::storage::{LoadReport, Log, LogConfig, ReadError, StartState};
use kt::types::{LeaderEpoch, Offset};

use crate::model::{NOW, append, batch, flush, load, partition};

const ROOT: &str = "/data";
const CHECKPOINT: &str = "/data/recovery-point-offset-checkpoint";

fn config() -> LogConfig {
    LogConfig {
        segment_bytes: 6000,
        index_interval_bytes: 700,
        ..LogConfig::default()
    }
}

/// What the log must hold: base offset to the batch's bytes behind the epoch field.
type Model = BTreeMap<i64, Vec<u8>>;

struct Run {
    sim: SimFs,
    fs: Arc<dyn Fs>,
    rng: Rng,
    model: Model,
    /// All below was acknowledged as durable.
    durable: Offset,
    start: Offset,
    tag: u64,
    /// Lost before they were acknowledged, as damage before records that were kept.
    lost: BTreeSet<Offset>,
}

impl Run {
    fn new(seed: u64) -> Self {
        let sim = SimFs::default();
        sim.create_dir_all(Path::new(ROOT)).unwrap();
        sim.sync_dir(Path::new("/")).unwrap();
        let fs: Arc<dyn Fs> = Arc::new(sim.clone());
        let (rng, model) = (Rng::seeded(seed), Model::new());
        Self {
            sim,
            fs,
            rng,
            model,
            durable: Offset::ZERO,
            start: Offset::ZERO,
            tag: 0,
            lost: BTreeSet::new(),
        }
    }

    fn open(&self) -> (Log, LoadReport) {
        let points = read_offsets(self.fs.as_ref(), Path::new(CHECKPOINT)).unwrap();
        let recovery_point = points.first().map_or(Offset::ZERO, |(_, offset)| *offset);
        let start = StartState {
            clean: false,
            recovery_point,
            log_start: Offset::ZERO,
        };
        load(&self.fs, Path::new(ROOT), &config(), start)
    }

    fn append(&mut self, log: &mut Log) {
        self.tag += 1;
        let count = self.rng.below(4) + 1;
        let bytes = usize::try_from(self.rng.below(900)).unwrap();
        let bytes = batch(self.tag, count, bytes, Producer::NONE);
        let info = append(log, &bytes, 0);
        self.model.insert(info.base_offset.0, bytes[16..].to_vec());
    }

    fn step(&mut self, log: &mut Log) {
        match self.rng.below(20) {
            0..13 => self.append(log),
            13..17 => {
                flush(&self.fs, log);
                self.durable = log.flushed_offset();
                assert_eq!(self.durable, log.end_offset());
            }
            17..19 => {
                log.checkpoint().unwrap();
                let partition = partition();
                let entries = [(&partition, log.recovery_point())];
                write_offsets(self.fs.as_ref(), Path::new(CHECKPOINT), entries.into_iter())
                    .unwrap();
            }
            _ => log.roll(NOW).unwrap(),
        }
    }

    /// Reads the whole log and compares; returns how many offsets are damaged.
    fn check(&mut self, log: &Log, seed: u64) -> i64 {
        assert!(
            log.end_offset() >= self.durable,
            "seed {seed}: acknowledged records are gone"
        );
        let end = log.end_offset();
        // The first segment's name may be lost, as long as nothing of it was acknowledged.
        let start = log.start_offset();
        assert!(
            start == self.start || self.durable <= self.start,
            "seed {seed}: {start}"
        );
        self.start = start;
        let (mut next, mut damaged) = (start, 0);
        let mut found = Model::new();
        while next < end {
            let plan = match log.read(next, 2000, end, true) {
                Ok(plan) => plan,
                Err(ReadError::Damaged { .. }) => {
                    let is_lost = next >= self.durable || self.lost.contains(&next);
                    assert!(is_lost, "seed {seed}: {next} was acknowledged");
                    self.lost.insert(next);
                    damaged += 1;
                    next = next.plus(1);
                    continue;
                }
                Err(error) => panic!("seed {seed}: {error}"),
            };
            let mut out = Vec::new();
            plan.read_into(&mut out).unwrap();
            assert!(
                !out.is_empty(),
                "seed {seed}: nothing at {next} before {end}"
            );
            for batch in kt::record::Batches::new(&out) {
                let batch = batch.unwrap();
                let (header, bytes) = (batch.header(), batch.bytes());
                let expected = self.model.get(&header.base_offset.0);
                assert_eq!(expected.map(Vec::as_slice), bytes.get(16..), "seed {seed}");
                found.insert(header.base_offset.0, bytes[16..].to_vec());
                next = header.next_offset();
            }
        }
        for base in self.model.keys().filter(|base| **base < self.durable.0) {
            assert!(
                found.contains_key(base),
                "seed {seed}: {base} was acknowledged"
            );
        }
        self.model = found;
        damaged
    }
}

#[test]
fn acknowledged_records_survive_every_power_cut() {
    let (mut cuts, mut holes) = (0, 0);
    for seed in 0..400 {
        let mut run = Run::new(seed);
        let (mut log, _) = run.open();
        for _ in 0..4 {
            for _ in 0..run.rng.below(40) {
                run.step(&mut log);
            }
            run.sim.crash(&mut run.rng);
            let (again, report) = run.open();
            let damaged = run.check(&again, seed);
            assert!(
                damaged == 0 || !report.warnings.is_empty(),
                "seed {seed}: {report:?}"
            );
            cuts += report.cuts.len();
            holes += usize::from(damaged > 0);
            log = again;
        }
    }
    assert!(
        cuts > 100 && holes == 0,
        "{cuts} cuts and {holes} holes: power cuts leave tails, which are cut, and no holes"
    );
}

#[test]
fn a_failing_call_loses_nothing_and_no_half_batch_is_seen() {
    for fault in [SimFault::Io, SimFault::NoSpace] {
        for calls in 0..60 {
            let mut run = Run::new(calls);
            let (mut log, _) = run.open();
            flush(&run.fs, &mut log);
            run.sim.fail_after(calls, fault);
            let mut has_failed = false;
            for tag in 0..40 {
                let bytes = batch(tag, 2, 600, Producer::NONE);
                let valid = ValidatedBatch::trusted(&bytes).unwrap();
                match log.append(&valid, LeaderEpoch(0), NOW) {
                    Ok(info) => {
                        run.model.insert(info.base_offset.0, bytes[16..].to_vec());
                    }
                    Err(_) => has_failed = true,
                }
                if tag % 5 == 4
                    && let Some(plan) = log.flush_plan()
                {
                    match plan.run(run.fs.as_ref()) {
                        Ok(()) => log.flushed(&plan),
                        Err(error) => log.poison(error.to_string()),
                    }
                    run.durable = log.flushed_offset();
                }
                if has_failed {
                    run.sim.heal();
                }
            }
            run.sim.heal();
            run.check(&log, calls);
            run.sim.crash(&mut run.rng);
            let (log, _) = run.open();
            run.check(&log, calls);
        }
    }
}
