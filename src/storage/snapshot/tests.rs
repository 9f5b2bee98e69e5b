//! Copies of a log that is written to, rolled and shortened meanwhile.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::{SnapshotError, copy_dir, save_log_dir};
use crate::fs::{Fs, RealFs, SimFs};
use crate::record::{Append, BatchBuilder, Seal, ValidatedBatch};
use crate::rng::Rng;
use crate::storage::inspect::{Expected, Guide, MetadataPlace, verify_log_dirs};
use crate::storage::{Log, LogConfig, LogManager, MetaProperties, PartitionCheckpoint, StartState};
use crate::types::{BrokerId, LeaderEpoch, Offset, TopicPartition, Uuid};

const NOW: i64 = 1_700_000_000_000;

fn partition() -> TopicPartition {
    TopicPartition::new("t", 0)
}

fn config() -> LogConfig {
    LogConfig {
        segment_bytes: 4000,
        index_interval_bytes: 200,
        retention_bytes: 20_000,
        ..LogConfig::default()
    }
}

fn open(fs: Arc<dyn Fs>, dir: &Path) -> (LogManager, Log) {
    let mut manager = LogManager::open(fs, &[dir.to_path_buf()]).unwrap();
    let meta = MetaProperties {
        cluster_id: "c".to_owned(),
        node_id: BrokerId(1),
        directory_id: Some(Uuid(5)),
    };
    manager.write_meta(dir, &meta).unwrap();
    let log = manager
        .create(dir, &partition(), Uuid(9), config(), NOW)
        .unwrap();
    (manager, log)
}

fn append(log: &mut Log, number: i64) {
    let mut builder = BatchBuilder::new(1 << 20);
    let value = [number.to_be_bytes(); 5].concat();
    assert_eq!(
        builder.append(None, Some(&value), &[], NOW + number),
        Append::Fits
    );
    let bytes = builder.seal(&Seal::default()).unwrap();
    let batch = ValidatedBatch::trusted(bytes).unwrap();
    log.append(&batch, LeaderEpoch(0), NOW + number).unwrap();
}

fn flush(fs: &dyn Fs, log: &mut Log) {
    while let Some(plan) = log.flush_plan() {
        plan.run(fs).unwrap();
        log.flushed(&plan);
    }
}

fn checkpoint(manager: &LogManager, dir: &Path, log: &Log) {
    let entry = PartitionCheckpoint {
        partition: partition(),
        recovery_point: log.recovery_point(),
        log_start: log.start_offset(),
        high_watermark: log.recovery_point(),
    };
    manager.write_checkpoints(dir, &[entry]).unwrap();
}

/// Opens the copy as after an unclean stop; returns start and end.
fn reopened(fs: &Arc<dyn Fs>, copy: &Path) -> (Offset, Offset) {
    let (log, report) = Log::load(
        Arc::clone(fs),
        copy.join("t-0"),
        partition(),
        config(),
        StartState::default(),
        NOW,
    )
    .unwrap();
    assert_eq!(report.cuts, [], "{report:?}");
    assert_eq!(report.warnings, [] as [String; 0]);
    (log.start_offset(), log.end_offset())
}

/// What goes on while a copy is made: appends, flushes, checkpoints, retention.
struct Writer {
    fs: Arc<dyn Fs>,
    manager: LogManager,
    log: Log,
    dir: PathBuf,
    number: i64,
    rng: Rng,
}

impl Writer {
    fn step(&mut self) {
        for _ in 0..self.rng.below(60) {
            append(&mut self.log, self.number);
            self.number += 1;
        }
        if self.rng.below(2) == 0 {
            flush(&*self.fs, &mut self.log);
        }
        if self.rng.below(4) == 0 {
            checkpoint(&self.manager, &self.dir, &self.log);
            let durable = self.log.recovery_point();
            for path in self.log.delete_expired(durable, NOW).unwrap() {
                self.fs.remove_file(&path).unwrap();
            }
        }
    }
}

#[test]
fn a_copy_has_what_was_acknowledged_before_it_began_and_nothing_is_torn() {
    let mut linked = 0;
    for seed in 0..30 {
        let fs: Arc<dyn Fs> = Arc::new(SimFs::default());
        let [source, copy, restored] = ["/data", "/copy", "/restored"].map(PathBuf::from);
        let (manager, log) = open(Arc::clone(&fs), &source);
        let mut writer = Writer {
            fs: Arc::clone(&fs),
            manager,
            log,
            dir: source.clone(),
            number: 0,
            rng: Rng::seeded(seed),
        };
        for _ in 0..10 {
            writer.step();
        }
        flush(&*fs, &mut writer.log);
        let acknowledged = writer.log.end_offset();
        // Between any two files of the copy the log goes on.
        let saved = save_log_dir(&*fs, &source, &copy, &mut |_| writer.step());
        linked += saved.unwrap().linked_files;
        copy_dir(&*fs, &copy, &restored, &mut |_| {}).unwrap();
        let (start, end) = reopened(&fs, &restored);
        assert!(end >= acknowledged, "seed {seed}: {end} {acknowledged}");
        assert!(start <= writer.log.start_offset(), "seed {seed}");
        let report = verify_log_dirs(&*fs, std::slice::from_ref(&restored), &mut Strict);
        assert_eq!(report.damaged(), 0, "seed {seed}: {report:?}");
    }
    assert!(linked > 0);
}

/// A guide that allows no gaps.
struct Strict;

impl Guide for Strict {
    fn read_bytes(&mut self, _: u64) {}
    fn pause(&mut self) {}
    fn begin_metadata(&mut self) {}
    fn metadata_record(&mut self, _: MetadataPlace, _: Offset, _: &[u8]) -> Result<(), String> {
        Ok(())
    }
    fn expected(&self, _: &TopicPartition) -> Expected {
        Expected {
            is_compacted: Some(false),
            ..Expected::default()
        }
    }
    fn wants(&self, _: &str) -> bool {
        true
    }
}

#[test]
fn a_linked_segment_shares_its_bytes_and_a_copied_one_does_not() {
    let folder = tempfile::tempdir().unwrap();
    let source = folder.path().join("data");
    let (manager, mut log) = open(RealFs::shared(), &source);
    for number in 0..100 {
        append(&mut log, number);
    }
    flush(&RealFs, &mut log);
    checkpoint(&manager, &source, &log);
    let copy = folder.path().join("copy");
    let report = save_log_dir(&RealFs, &source, &copy, &mut |_| {}).unwrap();
    assert!(
        report.linked_files > 1 && report.linked_bytes > 4000,
        "{report:?}"
    );
    let restored = folder.path().join("restored");
    copy_dir(&RealFs, &copy, &restored, &mut |_| {}).unwrap();
    let first = "t-0/00000000000000000000.log";
    let inode = |dir: &Path| {
        use std::os::unix::fs::MetadataExt;
        std::fs::metadata(dir.join(first)).unwrap().ino()
    };
    assert_eq!(inode(&source), inode(&copy));
    assert_ne!(inode(&source), inode(&restored));
    assert_eq!(reopened(&RealFs::shared(), &restored).1, Offset(100));
}

#[test]
fn a_torn_tail_is_left_out_and_damage_before_good_batches_is_kept() {
    let folder = tempfile::tempdir().unwrap();
    let source = folder.path().join("data");
    let (_manager, mut log) = open(RealFs::shared(), &source);
    for number in 0..10 {
        append(&mut log, number);
    }
    let path = source.join("t-0/00000000000000000000.log");
    let mut content = RealFs.read(&path, 1 << 20).unwrap();
    let whole = content.len();
    content.extend_from_within(..30);
    content[whole / 2] ^= 1;
    RealFs.replace(&path, &content).unwrap();
    let copy = folder.path().join("copy");
    save_log_dir(&RealFs, &source, &copy, &mut |_| {}).unwrap();
    let copied = RealFs.read(&copy.join("t-0/00000000000000000000.log"), 1 << 20);
    assert_eq!(copied.unwrap(), content[..whole]);
}

#[test]
fn what_is_no_log_directory_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let target = folder.path().join("copy");
    let error = save_log_dir(&RealFs, folder.path(), &target, &mut |_| {}).unwrap_err();
    assert!(matches!(error, SnapshotError::NotALogDir { .. }), "{error}");
    assert!(!RealFs.exists(&target));
}
