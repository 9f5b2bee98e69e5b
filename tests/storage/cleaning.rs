//! Compaction against a model: of each key the last value, whatever was cleaned, failed or lost.

use std::collections::{BTreeMap, HashSet};
use std::path::Path;
use std::sync::Arc;

use kt::fs::{Fs, SimFault, SimFs};
use kt::record::{
    Append, Attributes, BatchBuilder, Batches, Codec, EndMarker, Producer, Seal, ValidatedBatch,
    end_marker_batch, parse_end_marker,
};
use kt::rng::Rng;
use kt::storage::{
    CleanError, CleanReport, CleanerSettings, Go, Log, LogConfig, Pace, StartState, SwapError,
};
use kt::types::{LeaderEpoch, Offset};

use crate::model::{NOW, dir, flush, load};

const ROOT: &str = "/data";

fn config() -> LogConfig {
    LogConfig {
        segment_bytes: 1500,
        index_interval_bytes: 300,
        compact: true,
        delete: false,
        delete_retention_ms: 1000,
        ..LogConfig::default()
    }
}

/// Never waits, and never ends anything.
struct AtOnce;

impl Pace for AtOnce {
    fn after(&mut self, _: usize) -> Go {
        Go::On
    }
}

/// Key and value of each record by offset; control records are left out.
type Records = BTreeMap<i64, (String, Option<String>)>;

struct Run {
    sim: SimFs,
    fs: Arc<dyn Fs>,
    rng: Rng,
    now_ms: i64,
    all: Records,
    aborted: HashSet<i64>,
    /// Producer id to its next sequence number, and the offsets of its open transaction.
    producers: BTreeMap<i64, (i32, Vec<i64>)>,
    clean_until: Option<Offset>,
    /// From here on no cleaning can have taken anything that counts.
    untouched: i64,
    map_bytes_max: usize,
}

impl Run {
    fn new(seed: u64) -> Self {
        let sim = SimFs::default();
        sim.create_dir_all(Path::new(ROOT)).unwrap();
        sim.sync_dir(Path::new("/")).unwrap();
        let fs: Arc<dyn Fs> = Arc::new(sim.clone());
        Self {
            sim,
            fs,
            rng: Rng::seeded(seed),
            now_ms: NOW,
            all: Records::new(),
            aborted: HashSet::new(),
            producers: BTreeMap::new(),
            clean_until: None,
            untouched: 0,
            map_bytes_max: 1 << 20,
        }
    }

    /// Opens the log, of which all before `synced` was.
    fn open(&mut self, synced: Offset) -> Log {
        let recovery_point = Offset(i64::try_from(self.rng.below(200)).unwrap()).min(synced);
        let start = StartState {
            clean: false,
            recovery_point,
            log_start: Offset::ZERO,
        };
        let (mut log, report) = load(&self.fs, Path::new(ROOT), &config(), start);
        assert_eq!((report.warnings, report.cuts), (vec![], vec![]));
        log.on_high_watermark(log.end_offset());
        log
    }

    /// Appends a batch of a few keys, of a producer's transaction or of nobody.
    fn append(&mut self, log: &mut Log) {
        let count = self.rng.below(4) + 1;
        let mut builder = BatchBuilder::new(usize::MAX);
        let mut records = Vec::new();
        for _ in 0..count {
            let key = format!("k{}", self.rng.below(12));
            let offset = log.end_offset().0 + i64::try_from(records.len()).unwrap();
            let value = (self.rng.below(6) > 0).then(|| {
                format!(
                    "{offset}{}",
                    ".".repeat(usize::try_from(offset % 90).unwrap())
                )
            });
            let bytes = value.as_ref().map(String::as_bytes);
            let appended = builder.append(Some(key.as_bytes()), bytes, &[], self.now_ms);
            assert_eq!(appended, Append::Fits);
            records.push((offset, (key, value)));
        }
        let codecs = [Codec::None, Codec::None, Codec::Lz4, Codec::Zstd];
        let mut seal = Seal {
            codec: codecs[usize::try_from(self.rng.below(4)).unwrap()],
            ..Seal::default()
        };
        if self.rng.below(2) == 0 {
            let id = i64::try_from(self.rng.below(3)).unwrap();
            let (next, open) = self.producers.entry(id).or_default();
            seal.producer = Producer {
                id,
                epoch: 0,
                base_sequence: *next,
            };
            *next += i32::try_from(count).unwrap();
            seal.attributes = Attributes(0).with_transactional(true);
            open.extend(records.iter().map(|(offset, _)| offset));
        }
        builder.seal(&seal).unwrap();
        let batch = ValidatedBatch::trusted(&builder.into_bytes()).map(|batch| {
            log.append(&batch, LeaderEpoch(0), self.now_ms).unwrap();
        });
        batch.unwrap();
        self.all.extend(records);
    }

    /// Ends one open transaction.
    fn end_transaction(&mut self, log: &mut Log) {
        let open = self
            .producers
            .iter_mut()
            .find(|(_, (_, open))| !open.is_empty());
        let Some((id, (_, open))) = open else { return };
        let marker = EndMarker {
            committed: self.rng.below(2) == 0,
            coordinator_epoch: 0,
        };
        let offsets = std::mem::take(open);
        if !marker.committed {
            self.aborted.extend(offsets);
        }
        let bytes = end_marker_batch(marker, *id, 0, self.now_ms);
        let batch = ValidatedBatch::trusted(&bytes).unwrap();
        log.append(&batch, LeaderEpoch(0), self.now_ms).unwrap();
    }

    fn fill(&mut self, log: &mut Log) {
        for _ in 0..self.rng.below(60) {
            match self.rng.below(5) {
                0 => self.end_transaction(log),
                _ => self.append(log),
            }
        }
        flush(&self.fs, log);
        log.on_high_watermark(log.end_offset());
        log.checkpoint().unwrap();
    }

    /// Ends all transactions, so that nothing keeps a cleaning from the log's end.
    fn decide_all(&mut self, log: &mut Log) {
        for _ in 0..3 {
            self.end_transaction(log);
        }
        log.roll(self.now_ms).unwrap();
        flush(&self.fs, log);
        log.on_high_watermark(log.end_offset());
    }

    fn clean(&mut self, log: &mut Log) -> Result<CleanReport, CleanError> {
        let settings = CleanerSettings {
            map_bytes_max: self.map_bytes_max,
            load_factor: 0.9,
            buffer_bytes: 700,
            secret: (1, 2),
            now_ms: self.now_ms,
        };
        let high_watermark = log.end_offset();
        let cleanable = log.cleanable(self.clean_until, high_watermark, self.now_ms)?;
        let plan = log.plan_cleaning(cleanable);
        let untouched = std::mem::replace(&mut self.untouched, cleanable.until.0);
        let report = plan.run(&settings, &mut AtOnce, &mut |cleaned| {
            for path in log.swap_cleaned(cleaned)? {
                self.fs.remove_file(&path).ok();
            }
            Ok(())
        })?;
        self.clean_until = Some(report.clean_until);
        self.untouched = untouched.max(report.clean_until.0);
        Ok(report)
    }

    /// Reads all, as a reader of everything and as one of committed records, and compares.
    fn check(&self, log: &Log, what: &str) {
        let (read, mut committed) = read_all(log, what);
        for (offset, record) in &read {
            assert_eq!(
                self.all.get(offset),
                Some(record),
                "{what}: offset {offset}"
            );
        }
        for (offset, _) in self.all.range(self.untouched..) {
            let may_go = self.aborted.contains(offset);
            assert!(
                may_go || read.contains_key(offset),
                "{what}: {offset} is gone"
            );
        }
        let last_values = |records: &Records| {
            let mut last = Values::new();
            for (offset, (key, value)) in records {
                if !self.aborted.contains(offset) {
                    last.insert(key.clone(), value.clone());
                }
            }
            last.retain(|_, value| value.is_some());
            last
        };
        assert_eq!(last_values(&read), last_values(&self.all), "{what}");
        committed.retain(|_, value| value.is_some());
        assert_eq!(committed, last_values(&self.all), "{what}: read committed");
    }
}

/// The last value of each key.
type Values = BTreeMap<String, Option<String>>;

/// Reads all records, and what a reader of committed ones is left with, as clients do it.
fn read_all(log: &Log, what: &str) -> (Records, Values) {
    let (mut read, mut committed) = (Records::new(), Values::new());
    let (mut next, end) = (log.start_offset(), log.end_offset());
    let mut aborting: HashSet<i64> = HashSet::new();
    let mut ahead = log.aborted_transactions(next, end);
    ahead.sort_by_key(|txn| std::cmp::Reverse(txn.first_offset));
    while next < end {
        let mut out = Vec::new();
        let plan = log.read(next, 900, end, true).unwrap();
        plan.read_into(&mut out).unwrap();
        assert!(!out.is_empty(), "{what}: nothing from {next} to {end}");
        for batch in Batches::new(&out) {
            let batch = batch.unwrap();
            let header = *batch.header();
            assert!(
                batch.crc_matches() && header.last_offset() >= next,
                "{what}"
            );
            next = header.next_offset();
            while let Some(txn) = ahead.pop_if(|txn| txn.first_offset <= header.last_offset()) {
                aborting.insert(txn.producer_id);
            }
            if header.attributes.is_control() {
                if parse_end_marker(&batch).is_some_and(|marker| !marker.committed) {
                    aborting.remove(&header.producer_id);
                }
                continue;
            }
            let is_aborted =
                header.attributes.is_transactional() && aborting.contains(&header.producer_id);
            let body = batch.decompressed_body(1 << 20).unwrap();
            for record in batch.records(&body) {
                let record = record.unwrap();
                let offset = header.base_offset.0 + i64::from(record.offset_delta);
                let text = |bytes: &[u8]| String::from_utf8(bytes.to_vec()).unwrap();
                let (key, value) = (text(record.key.unwrap()), record.value.map(text));
                if !is_aborted {
                    committed.insert(key.clone(), value.clone());
                }
                let twice = read.insert(offset, (key, value));
                assert!(twice.is_none(), "{what}: {offset} twice");
            }
        }
    }
    assert_eq!(next, end, "{what}");
    (read, committed)
}

#[test]
fn the_last_value_of_each_key_survives_any_number_of_cleanings() {
    let (mut before, mut after) = (0, 0);
    for seed in 0..200 {
        let mut run = Run::new(seed);
        // Room for all keys, or for a few of them.
        run.map_bytes_max = if seed % 3 == 0 { 24 * 6 } else { 1 << 20 };
        let mut log = run.open(Offset::ZERO);
        for round in 0..6 {
            run.fill(&mut log);
            run.now_ms += 700;
            let end = log.end_offset();
            let report = run.clean(&mut log).unwrap();
            before += report.bytes_before;
            after += report.bytes_after;
            run.check(&log, &format!("seed {seed}, round {round}"));
            if run.rng.below(3) == 0 {
                run.sim.crash(&mut run.rng);
                log = run.open(end);
                assert_eq!(log.end_offset(), end);
                run.check(&log, &format!("seed {seed}, round {round}, opened again"));
            }
        }
    }
    assert!(after * 3 < before * 2, "{before} bytes became {after}");
}

#[test]
fn a_crash_at_any_call_of_a_cleaning_loses_nothing() {
    let mut all = 0;
    for seed in 0..6 {
        let mut calls = 0;
        loop {
            let mut run = Run::new(seed);
            let mut log = run.open(Offset::ZERO);
            run.fill(&mut log);
            run.fill(&mut log);
            run.clean(&mut log).unwrap();
            run.fill(&mut log);
            run.decide_all(&mut log);
            run.now_ms += 2000;
            run.sim.fail_after(calls, SimFault::Io);
            let before = run.clean_until;
            let result = run.clean(&mut log);
            run.clean_until = before;
            let what = format!("seed {seed}, {calls} calls");
            // Also what goes on without a crash is as it should be, or refuses to go on.
            if result.is_ok() || !log.is_poisoned() {
                run.sim.heal();
                run.check(&log, &what);
            }
            run.rng = Rng::seeded(seed * 1000 + calls);
            let end = log.end_offset();
            run.sim.crash(&mut run.rng);
            let mut log = run.open(end);
            assert_eq!(log.end_offset(), end, "{what}");
            run.check(&log, &what);
            let names = run.fs.read_dir(&dir(Path::new(ROOT))).unwrap();
            let is_left = |name: &str| {
                [".cleaned", ".swap", ".deleted"]
                    .iter()
                    .any(|s| name.ends_with(s))
            };
            assert!(
                !names.iter().any(|entry| is_left(&entry.name)),
                "{what}: {names:?}"
            );
            run.clean(&mut log).unwrap();
            run.check(&log, &format!("{what}, cleaned again"));
            if result.is_ok() {
                break;
            }
            calls += 1;
        }
        all += calls;
    }
    assert!(all > 250, "{all} calls");
}

/// Appends one record of its own segment.
fn put(run: &mut Run, log: &mut Log, key: &str, value: Option<&str>) -> i64 {
    let mut builder = BatchBuilder::new(usize::MAX);
    let bytes = value.map(str::as_bytes);
    let _fits = builder.append(Some(key.as_bytes()), bytes, &[], run.now_ms);
    let bytes = builder.seal(&Seal::default()).unwrap();
    let batch = ValidatedBatch::trusted(bytes).unwrap();
    let info = log.append(&batch, LeaderEpoch(0), run.now_ms).unwrap();
    run.all.insert(
        info.base_offset.0,
        (key.to_owned(), value.map(str::to_owned)),
    );
    log.roll(run.now_ms).unwrap();
    flush(&run.fs, log);
    log.on_high_watermark(log.end_offset());
    info.base_offset.0
}

fn keys(log: &Log) -> Vec<(i64, usize)> {
    let mut out = Vec::new();
    let mut next = log.start_offset();
    while next < log.end_offset() {
        let mut bytes = Vec::new();
        let plan = log.read(next, 1 << 20, log.end_offset(), true).unwrap();
        plan.read_into(&mut bytes).unwrap();
        for batch in Batches::new(&bytes) {
            let header = *batch.unwrap().header();
            out.push((
                header.base_offset.0,
                usize::try_from(header.record_count).unwrap(),
            ));
            next = header.next_offset();
        }
    }
    out
}

#[test]
fn a_tombstone_stays_until_its_horizon_and_small_segments_become_one() {
    let mut run = Run::new(1);
    let mut log = run.open(Offset::ZERO);
    put(&mut run, &mut log, "a", Some("1"));
    put(&mut run, &mut log, "b", Some("2"));
    put(&mut run, &mut log, "a", None);
    put(&mut run, &mut log, "c", Some("3"));
    let report = run.clean(&mut log).unwrap();
    assert_eq!((report.segments_before, report.segments_after), (4, 1));
    assert_eq!((report.keys, report.clean_until), (3, Offset(4)));
    assert_eq!(log.segment_count(), 2);
    assert_eq!(keys(&log), [(1, 1), (2, 1), (3, 1)]);
    run.now_ms += 999;
    put(&mut run, &mut log, "d", Some("4"));
    run.clean(&mut log).unwrap();
    assert_eq!(keys(&log), [(1, 1), (2, 1), (3, 1), (4, 1)]);
    run.now_ms += 1;
    put(&mut run, &mut log, "d", Some("5"));
    run.clean(&mut log).unwrap();
    assert_eq!(keys(&log), [(1, 1), (3, 1), (5, 1)]);
    run.check(&log, "in the end");
}

#[test]
fn what_may_be_cleaned_ends_with_what_is_young_undecided_or_active() {
    let mut run = Run::new(1);
    let mut log = run.open(Offset::ZERO);
    for number in 0..4 {
        run.now_ms = NOW + 100 * number;
        put(&mut run, &mut log, "a", Some("1"));
    }
    let until = |log: &mut Log, clean: Option<i64>, high: i64| {
        let now_ms = NOW + 500;
        let cleanable = log
            .cleanable(clean.map(Offset), Offset(high), now_ms)
            .unwrap();
        (
            cleanable.first_dirty.0,
            cleanable.until.0,
            cleanable.is_due(),
        )
    };
    assert_eq!(until(&mut log, None, 4), (0, 4, true));
    assert_eq!(until(&mut log, None, 2), (0, 2, true));
    assert_eq!(
        until(&mut log, Some(3), 4),
        (3, 4, false),
        "a quarter is dirty"
    );
    assert_eq!(until(&mut log, Some(4), 4), (4, 4, false));
    assert_eq!(
        until(&mut log, Some(9), 4),
        (0, 4, true),
        "another log's mark"
    );
    let with = |min_ms: i64, max_ms: i64, ratio: f64| LogConfig {
        min_compaction_lag_ms: min_ms,
        max_compaction_lag_ms: max_ms,
        min_cleanable_dirty_ratio: ratio,
        ..config()
    };
    log.set_config(with(350, i64::MAX, 0.5));
    assert_eq!(until(&mut log, None, 4), (0, 2, true));
    log.set_config(with(0, 100, 1.0));
    assert_eq!(until(&mut log, None, 4), (0, 4, true), "overdue");
    log.set_config(with(0, 600, 1.0));
    assert_eq!(until(&mut log, None, 4), (0, 4, false));
    log.set_config(with(0, i64::MAX, 0.0));
    assert_eq!(until(&mut log, Some(3), 4), (3, 4, true));
}

#[test]
fn segments_that_are_gone_when_their_turn_comes_end_the_cleaning() {
    let mut run = Run::new(1);
    let mut log = run.open(Offset::ZERO);
    for _ in 0..4 {
        put(&mut run, &mut log, "a", Some("1"));
    }
    let cleanable = log.cleanable(None, log.end_offset(), NOW).unwrap();
    let plan = log.plan_cleaning(cleanable);
    let settings = CleanerSettings {
        map_bytes_max: 1 << 20,
        load_factor: 0.9,
        buffer_bytes: 0,
        secret: (0, 0),
        now_ms: NOW,
    };
    let result = plan.run(&settings, &mut AtOnce, &mut |cleaned| {
        log.delete_oldest(|segment| segment.base == Offset(0))
            .unwrap();
        log.swap_cleaned(cleaned).map(drop)
    });
    assert!(matches!(result, Err(CleanError::Swap(SwapError::Gone))));
    assert_eq!(keys(&log), [(1, 1), (2, 1), (3, 1)]);
    let names = run.fs.read_dir(&dir(Path::new(ROOT))).unwrap();
    assert!(!names.iter().any(|entry| entry.name.ends_with(".cleaned")));
}
