//! The metadata log of a single node: `__cluster_metadata-0`, as KRaft writes it.
//!
//! Promises: an append is durable when it returns; what was durable comes back after any crash;
//! Apache Kafka can go on from the directory, and this from one of its own. The log is replayed
//! from the newest snapshot on; records between BeginTransaction and EndTransaction count only
//! when the end is there. Refuses a directory whose records it cannot read: guessing would lose
//! topics. A damaged snapshot is no such case as long as the log, or an older snapshot and the
//! log, hold the same records.
//!
//! Stage one of the trait that several nodes will share: one voter, which leads itself. Each start
//! is a new leader epoch, opened by a LeaderChange record.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::checkpoint::{
    base_image, batches_of, controls, decode_batch, read_bootstrap, snapshot_bytes, snapshots,
};
use super::kraft::{self, QuorumState, Voter, log_config};
use super::metadata_log_error::MetadataLogError;
use crate::fs::Fs;
use crate::metadata::record::{AbortTransaction, BeginTransaction, EndTransaction};
use crate::metadata::{MetadataImage, MetadataRecord, image_records};
use crate::record::{Batches, RecordBatch, ValidatedBatch};
use crate::storage::{Log, PARTITION_METADATA_FILE, StartState, partition_metadata_text};
use crate::types::{LeaderEpoch, Offset, TimestampMs, TopicPartition, Uuid};

/// The directory's name.
pub const METADATA_DIR: &str = "__cluster_metadata-0";
/// The topic's name.
const METADATA_TOPIC: &str = "__cluster_metadata";
/// A snapshot is written after this many records (Kafka counts 20 MiB of them,
/// `metadata.log.max.record.bytes.between.snapshots`; records here are small).
const RECORDS_BETWEEN_SNAPSHOTS: u64 = 50_000;
/// Bytes replayed at once.
const REPLAY_BYTES: usize = 8 << 20;

/// The open metadata log.
#[derive(Debug)]
pub struct MetadataLog {
    fs: Arc<dyn Fs>,
    dir: PathBuf,
    log: Log,
    voter: Voter,
    epoch: LeaderEpoch,
    records_since_snapshot: u64,
}

impl MetadataLog {
    /// Opens the log in `log_dir`, making it if it is missing, replays it, and opens a new epoch.
    ///
    /// The first start of a directory appends `bootstrap` as one transaction.
    pub fn open(
        fs: Arc<dyn Fs>,
        log_dir: &Path,
        voter: Voter,
        bootstrap: &[MetadataRecord],
        now_ms: TimestampMs,
    ) -> Result<(Self, MetadataImage), MetadataLogError> {
        let dir = log_dir.join(METADATA_DIR);
        let at = |source| MetadataLogError::Io {
            path: dir.clone(),
            source,
        };
        fs.create_dir_all(&dir).map_err(at)?;
        let identity = dir.join(PARTITION_METADATA_FILE);
        if !fs.exists(&identity) {
            let text = partition_metadata_text(Uuid::METADATA_TOPIC);
            fs.replace(&identity, text.as_bytes()).map_err(at)?;
            fs.sync_dir(log_dir).map_err(at)?;
        }
        // The log is short and checked whole: its end decides everything. Each batch of it is
        // synced before the next is written, so that only the last can be torn.
        let start = StartState {
            clean: false,
            recovery_point: Offset::NONE,
            log_start: Offset::ZERO,
        };
        let partition = TopicPartition::new(METADATA_TOPIC, 0);
        let (log, report) = Log::load(
            Arc::clone(&fs),
            dir.clone(),
            partition,
            log_config(),
            start,
            now_ms,
        )?;
        for warning in &report.warnings {
            tracing::warn!(%warning, "metadata log");
        }
        let (next, last_epoch, mut image) = base_image(&*fs, &dir, log.start_offset())?;
        let mut this = Self {
            fs,
            dir,
            voter,
            epoch: last_epoch,
            records_since_snapshot: 0,
            log,
        };
        if this.log.end_offset() < next {
            this.log.truncate_fully_and_start_at(next, now_ms)?;
        }
        let open_transaction = this.replay(next, &mut image)?;
        this.begin_epoch(&mut image, now_ms)?;
        if open_transaction {
            // Without this the records that follow would belong to it for ever.
            let reason = Some("The controller stopped in the middle.".to_owned());
            this.append_and_apply(&[AbortTransaction { reason }.into()], &mut image, now_ms)?;
        }
        this.bootstrap(bootstrap, &mut image, now_ms)?;
        Ok((this, image))
    }

    /// Returns the epoch of this node's leadership.
    #[must_use]
    pub fn epoch(&self) -> LeaderEpoch {
        self.epoch
    }

    /// Returns the offset that the next record gets.
    #[must_use]
    pub fn end_offset(&self) -> Offset {
        self.log.end_offset()
    }

    /// Appends records, durably, and returns the offset of the first.
    pub fn append(
        &mut self,
        records: &[MetadataRecord],
        now_ms: TimestampMs,
    ) -> Result<Offset, MetadataLogError> {
        let base = self.log.end_offset();
        for batch in batches_of(records, now_ms) {
            let is_first = self.log.end_offset() == base;
            // One by one, so that a power cut leaves no batch behind one that is missing.
            let appended = self.append_batch(&batch, now_ms);
            let outcome = appended.and_then(|()| self.flush());
            if let Err(error) = outcome {
                if !is_first {
                    // A part of what was decided is in the log, and in no image.
                    self.log.poison(error.to_string());
                }
                return Err(error);
            }
        }
        self.records_since_snapshot += u64::try_from(records.len()).unwrap_or(u64::MAX);
        Ok(base)
    }

    /// Writes a snapshot of `image`, which holds all of the log, if enough was appended since.
    pub fn maybe_snapshot(
        &mut self,
        image: &MetadataImage,
        now_ms: TimestampMs,
    ) -> Result<(), MetadataLogError> {
        if self.records_since_snapshot < RECORDS_BETWEEN_SNAPSHOTS {
            return Ok(());
        }
        self.snapshot(image, now_ms)
    }

    /// Writes a snapshot of `image`, which holds all of the log, and drops what it replaces.
    pub fn snapshot(
        &mut self,
        image: &MetadataImage,
        now_ms: TimestampMs,
    ) -> Result<(), MetadataLogError> {
        let end = self.log.end_offset();
        let path = self
            .dir
            .join(format!("{:020}-{:010}.checkpoint", end.0, self.epoch.0));
        let voters = std::slice::from_ref(&self.voter);
        let content = snapshot_bytes(voters, &image_records(image), now_ms);
        let at = |source| MetadataLogError::Io {
            path: path.clone(),
            source,
        };
        self.fs.replace(&path, &content).map_err(at)?;
        self.records_since_snapshot = 0;
        // What the snapshot holds is no longer needed: start over behind it, and drop older ones.
        self.log.advance_start_offset(end, end)?;
        for (_, _, older) in snapshots(&*self.fs, &self.dir).map_err(at)? {
            if older != path {
                self.fs.remove_file(&older).map_err(at)?;
            }
        }
        Ok(())
    }

    /// Closes the log's files.
    pub fn close(mut self) -> Result<(), MetadataLogError> {
        self.flush()?;
        Ok(self.log.close()?)
    }

    /// Appends the records that open an epoch.
    fn begin_epoch(
        &mut self,
        image: &mut MetadataImage,
        now_ms: TimestampMs,
    ) -> Result<(), MetadataLogError> {
        let first = self.log.end_offset() == Offset::ZERO;
        let state_path = self.dir.join("quorum-state");
        let known = QuorumState::read(&*self.fs, &state_path).map_or(LeaderEpoch(0), |s| s.epoch());
        let logged = self.log.epochs().latest().unwrap_or(LeaderEpoch(0));
        self.epoch = LeaderEpoch(self.epoch.max(known).max(logged).0.saturating_add(1));
        QuorumState::leading(self.voter.id, self.epoch)
            .write(&*self.fs, &state_path)
            .map_err(|source| MetadataLogError::Io {
                path: state_path.clone(),
                source,
            })?;
        let opening = controls(
            &kraft::leader_change(&self.voter, first),
            now_ms,
            self.epoch,
        );
        self.append_batch(&opening, now_ms)?;
        image.note_offset(Offset(self.log.end_offset().0 - 1));
        self.flush()
    }

    /// Appends the records of a fresh cluster, unless they are there: those that a format step
    /// laid down, with its users' credentials say, or else the default.
    fn bootstrap(
        &mut self,
        default: &[MetadataRecord],
        image: &mut MetadataImage,
        now_ms: TimestampMs,
    ) -> Result<(), MetadataLogError> {
        if image.feature_level("metadata.version").is_some() {
            return Ok(());
        }
        let log_dir = self.dir.parent().unwrap_or(&self.dir);
        let formatted = read_bootstrap(&*self.fs, log_dir)?;
        let name = Some("Bootstrap records".to_owned());
        let mut records = vec![BeginTransaction { name }.into()];
        records.extend_from_slice(formatted.as_deref().unwrap_or(default));
        records.push(EndTransaction::default().into());
        self.append_and_apply(&records, image, now_ms)
    }

    fn append_and_apply(
        &mut self,
        records: &[MetadataRecord],
        image: &mut MetadataImage,
        now_ms: TimestampMs,
    ) -> Result<(), MetadataLogError> {
        let base = self.append(records, now_ms)?;
        for (offset, record) in (base.0..).map(Offset).zip(records) {
            image
                .apply(offset, record)
                .map_err(|source| MetadataLogError::Apply { offset, source })?;
        }
        Ok(())
    }

    fn append_batch(&mut self, bytes: &[u8], now_ms: TimestampMs) -> Result<(), MetadataLogError> {
        let batch = ValidatedBatch::trusted(bytes).map_err(|error| MetadataLogError::Damaged {
            path: self.dir.clone(),
            offset: self.log.end_offset(),
            what: error.to_string(),
        })?;
        self.log.append(&batch, self.epoch, now_ms)?;
        Ok(())
    }

    fn flush(&mut self) -> Result<(), MetadataLogError> {
        while let Some(plan) = self.log.flush_plan() {
            if let Err(error) = plan.run(&*self.fs) {
                // Never tried again: a second sync may succeed although the records are lost.
                self.log.poison(error.to_string());
                return Err(error.into());
            }
            self.log.flushed(&plan);
        }
        Ok(())
    }

    /// Applies what the log holds from `from` on; returns whether a transaction is left open.
    fn replay(
        &mut self,
        from: Offset,
        image: &mut MetadataImage,
    ) -> Result<bool, MetadataLogError> {
        let end = self.log.end_offset();
        let mut next = from.max(self.log.start_offset());
        let mut transaction: Option<Vec<(Offset, MetadataRecord)>> = None;
        let mut buffer = Vec::new();
        while next < end {
            let plan = self.log.read(next, REPLAY_BYTES, end, true)?;
            if plan.bytes == 0 {
                return Err(self.damaged(next, "nothing can be read"));
            }
            buffer.clear();
            let at = |source| MetadataLogError::Io {
                path: self.dir.clone(),
                source,
            };
            plan.read_into(&mut buffer).map_err(at)?;
            for batch in Batches::new(&buffer) {
                let batch = batch.map_err(|error| self.damaged(next, &error.to_string()))?;
                let until = Offset(batch.header().last_offset().0 + 1);
                if !batch.header().attributes.is_control() {
                    self.replay_batch(&batch, &mut transaction, image)?;
                }
                image.note_offset(Offset(until.0 - 1));
                next = until;
            }
        }
        Ok(transaction.is_some())
    }

    fn replay_batch(
        &mut self,
        batch: &RecordBatch<'_>,
        transaction: &mut Option<Vec<(Offset, MetadataRecord)>>,
        image: &mut MetadataImage,
    ) -> Result<(), MetadataLogError> {
        let apply = |offset, record: &MetadataRecord, image: &mut MetadataImage| {
            image
                .apply(offset, record)
                .map_err(|source| MetadataLogError::Apply { offset, source })
        };
        for (offset, record) in decode_batch(batch, &self.dir)? {
            self.records_since_snapshot += 1;
            match (&record, transaction.as_mut()) {
                (MetadataRecord::BeginTransaction(_), _) => *transaction = Some(Vec::new()),
                (MetadataRecord::AbortTransaction(_), _) => *transaction = None,
                (MetadataRecord::EndTransaction(_), _) => {
                    for (offset, record) in transaction.take().unwrap_or_default() {
                        apply(offset, &record, image)?;
                    }
                }
                (_, Some(held)) => held.push((offset, record)),
                (_, None) => apply(offset, &record, image)?,
            }
        }
        Ok(())
    }

    fn damaged(&self, offset: Offset, what: &str) -> MetadataLogError {
        MetadataLogError::Damaged {
            path: self.dir.clone(),
            offset,
            what: what.to_owned(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::controller::{bootstrap_records, format_files, format_records};
    use crate::fs::{SimFault, SimFs};
    use crate::metadata::record::{FeatureLevel, RemoveTopic, Topic, resource_type};
    use crate::rng::Rng;
    use crate::types::BrokerId;

    const LOG_DIR: &str = "/data";

    fn voter() -> Voter {
        Voter {
            id: BrokerId(1),
            directory: Uuid(7),
            listener: "CONTROLLER".to_owned(),
            host: "127.0.0.1".to_owned(),
            port: 9093,
        }
    }

    fn disk() -> (SimFs, Arc<dyn Fs>) {
        let sim = SimFs::default();
        sim.create_dir_all(Path::new(LOG_DIR)).unwrap();
        sim.sync_dir(Path::new("/")).unwrap();
        (sim.clone(), Arc::new(sim))
    }

    fn open(fs: &Arc<dyn Fs>) -> Result<(MetadataLog, MetadataImage), MetadataLogError> {
        let dir = Path::new(LOG_DIR);
        MetadataLog::open(Arc::clone(fs), dir, voter(), &bootstrap_records(), 1000)
    }

    fn topic(number: u32) -> MetadataRecord {
        let name = format!("t{number}");
        Topic {
            name,
            topic_id: Uuid(u128::from(number) + 1),
        }
        .into()
    }

    fn add(log: &mut MetadataLog, image: &mut MetadataImage, record: MetadataRecord) {
        log.append_and_apply(&[record], image, 1000).unwrap();
    }

    #[test]
    fn a_fresh_log_lies_as_apache_kafka_lays_it() {
        let (_, fs) = disk();
        let (log, image) = open(&fs).unwrap();
        // Three control records, then BeginTransaction, six features, a setting, the end.
        assert_eq!(
            (log.end_offset(), log.epoch()),
            (Offset(12), LeaderEpoch(1))
        );
        assert_eq!(image.highest_offset(), Offset(11));
        assert_eq!(image.feature_level("metadata.version"), Some(30));
        let state = fs
            .read(Path::new("/data/__cluster_metadata-0/quorum-state"), 1000)
            .unwrap();
        assert!(state.starts_with(b"{\"leaderId\":1,\"leaderEpoch\":1,"));
    }

    #[test]
    fn what_was_appended_is_there_after_a_start_and_each_start_is_an_epoch() {
        let (_, fs) = disk();
        let (mut log, mut image) = open(&fs).unwrap();
        add(&mut log, &mut image, topic(0));
        log.close().unwrap();
        let (log, again) = open(&fs).unwrap();
        assert!(again.topic("t0").is_some());
        assert_eq!(
            (log.end_offset(), log.epoch()),
            (Offset(14), LeaderEpoch(2))
        );
    }

    #[test]
    fn a_snapshot_stands_for_what_it_replaced() {
        let (_, fs) = disk();
        let (mut log, mut image) = open(&fs).unwrap();
        add(&mut log, &mut image, topic(0));
        log.snapshot(&image, 1000).unwrap();
        add(&mut log, &mut image, topic(1));
        log.snapshot(&image, 1000).unwrap();
        add(&mut log, &mut image, topic(2));
        log.close().unwrap();
        let (log, again) = open(&fs).unwrap();
        let names: Vec<&str> = again.topics().map(|topic| topic.name.as_str()).collect();
        assert_eq!(names, ["t0", "t1", "t2"]);
        assert_eq!(log.end_offset(), Offset(16));
        let left = snapshots(&*fs, Path::new("/data/__cluster_metadata-0")).unwrap();
        assert_eq!(left.len(), 1);
    }

    #[test]
    fn a_damaged_snapshot_is_passed_over_and_a_torn_one_is_no_empty_one() {
        let (_, fs) = disk();
        let (mut log, mut image) = open(&fs).unwrap();
        add(&mut log, &mut image, topic(0));
        log.snapshot(&image, 1000).unwrap();
        add(&mut log, &mut image, topic(1));
        log.close().unwrap();
        let dir = Path::new("/data/__cluster_metadata-0");
        let (_, _, path) = snapshots(&*fs, dir).unwrap().pop().unwrap();
        let good = fs.read(&path, 1 << 20).unwrap();
        for position in 0..good.len() {
            let mut content = good.clone();
            content[position] ^= 1;
            fs.replace(&path, &content).unwrap();
            let (_, image) = open(&fs).unwrap();
            let both = image.topic("t0").is_some() && image.topic("t1").is_some();
            assert!(both, "a bit at {position}");
            fs.replace(&path, &good[..position]).unwrap();
            let (_, image) = open(&fs).unwrap();
            assert!(image.topic("t0").is_some(), "cut at {position}");
        }
    }

    #[test]
    fn no_power_cut_loses_what_was_acknowledged() {
        for seed in 0..60 {
            let mut rng = Rng::seeded(seed);
            let (sim, fs) = disk();
            let mut durable = 0;
            for _ in 0..4 {
                let opened = open(&fs);
                let (mut log, mut image) = opened.unwrap_or_else(|e| panic!("seed {seed}: {e}"));
                for number in 0..durable {
                    assert!(
                        image.topic(&format!("t{number}")).is_some(),
                        "seed {seed}: {number}"
                    );
                }
                sim.fail_after(rng.below(40), SimFault::Io);
                // Past the acknowledged ones there may be one that nobody was told of.
                let mut number = u32::try_from(image.topic_count()).unwrap();
                durable = number;
                while log
                    .append_and_apply(&[topic(number)], &mut image, 1000)
                    .is_ok()
                {
                    number += 1;
                    durable = number;
                    if rng.below(4) == 0 && log.snapshot(&image, 1000).is_err() {
                        break;
                    }
                }
                sim.crash(&mut rng);
                sim.heal();
            }
        }
    }

    #[test]
    fn a_power_cut_in_the_first_start_leaves_a_directory_that_starts() {
        for calls in 0..60 {
            let mut rng = Rng::seeded(calls);
            let (sim, fs) = disk();
            sim.fail_after(calls, SimFault::Io);
            let first = open(&fs).is_ok();
            sim.crash(&mut rng);
            sim.heal();
            let (_, image) = open(&fs).unwrap_or_else(|e| panic!("after {calls} calls: {e}"));
            assert_eq!(
                image.feature_level("metadata.version"),
                Some(30),
                "{calls} {first}"
            );
            let config = image.config(resource_type::BROKER, "").unwrap();
            assert_eq!(
                config.get("min.insync.replicas").map(String::as_str),
                Some("1")
            );
        }
    }

    #[test]
    fn an_open_transaction_is_aborted_and_does_not_swallow_what_follows() {
        let (_, fs) = disk();
        let (mut log, _) = open(&fs).unwrap();
        let records = [BeginTransaction::default().into(), topic(0)];
        log.append(&records, 1000).unwrap();
        log.close().unwrap();
        let (mut log, mut image) = open(&fs).unwrap();
        assert!(image.topic("t0").is_none());
        add(&mut log, &mut image, topic(1));
        log.close().unwrap();
        let (_, image) = open(&fs).unwrap();
        assert!(image.topic("t0").is_none() && image.topic("t1").is_some());
    }

    #[test]
    fn the_records_of_a_format_step_come_before_the_default() {
        let (_, fs) = disk();
        let level = |name: &str, feature_level| FeatureLevel {
            name: name.to_owned(),
            feature_level,
        };
        let records = [
            level("metadata.version", 29).into(),
            level("eligible.leader.replicas.version", 1).into(),
        ];
        let content = super::super::checkpoint::bootstrap_checkpoint(&records, 1000);
        fs.replace(Path::new("/data/bootstrap.checkpoint"), &content)
            .unwrap();
        let (_, image) = open(&fs).unwrap();
        assert_eq!(image.feature_level("metadata.version"), Some(29));
        assert_eq!(image.feature_level("share.version"), None);
        assert!(image.config(resource_type::BROKER, "").is_some());
        // Cut anywhere it is refused: half the users would be missing.
        let (_, fs) = disk();
        let torn = content.get(..content.len() - 80).unwrap();
        fs.replace(Path::new("/data/bootstrap.checkpoint"), torn)
            .unwrap();
        assert!(open(&fs).is_err());
    }

    #[test]
    fn the_files_of_a_format_step_are_those_of_a_fresh_log() {
        let (_, fs) = disk();
        for (path, content) in format_files(&format_records(), &[voter()], 1000) {
            let path = Path::new(LOG_DIR).join(path);
            fs.create_dir_all(path.parent().unwrap()).unwrap();
            fs.replace(&path, &content).unwrap();
        }
        let (_, formatted) = open(&fs).unwrap();
        let (_, fresh) = open(&disk().1).unwrap();
        assert_eq!(formatted, fresh);
    }

    #[test]
    fn a_record_that_contradicts_the_log_stops_the_start() {
        let (_, fs) = disk();
        let (mut log, _) = open(&fs).unwrap();
        let stray = RemoveTopic { topic_id: Uuid(99) };
        log.append(&[stray.into()], 1000).unwrap();
        log.close().unwrap();
        assert!(matches!(open(&fs), Err(MetadataLogError::Apply { .. })));
    }
}
