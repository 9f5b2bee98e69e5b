//! The metadata log of a single node: `__cluster_metadata-0`, as KRaft writes it.
//!
//! Promises: an append is durable when it returns; what was durable comes back after any crash;
//! Apache Kafka can go on from the directory, and this from one of its own. The log is replayed
//! from the newest snapshot on; records between BeginTransaction and EndTransaction count only
//! when the end is there. Refuses a directory whose records it cannot read: guessing would lose
//! topics.
//!
//! Stage one of the trait that several nodes will share: one voter, which leads itself. Each start
//! is a new leader epoch, opened by a LeaderChange record.

use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::kraft::{self, Control, QuorumState, Voter};
use crate::fs::{Fs, OpenMode};
use crate::metadata::record::{BeginTransaction, EndTransaction};
use crate::metadata::{
    ApplyError, MetadataImage, MetadataRecord, RecordDecodeError, image_records,
};
use crate::record::{
    Append, BatchBuilder, Batches, ControlRecord, RecordBatch, Records, Seal, ValidatedBatch,
    control_batch,
};
use crate::storage::{
    AppendError, IoError, LoadError, Log, LogConfig, PARTITION_METADATA_FILE, ReadError,
    StartState, TruncateError, partition_metadata_text,
};
use crate::types::{LeaderEpoch, Offset, TimestampMs, TopicPartition, Uuid};

/// The directory's name.
pub const METADATA_DIR: &str = "__cluster_metadata-0";
/// The topic's name.
const METADATA_TOPIC: &str = "__cluster_metadata";
/// A snapshot is written after this many records (Kafka counts 20 MiB of them,
/// `metadata.log.max.record.bytes.between.snapshots`; records here are small).
const RECORDS_BETWEEN_SNAPSHOTS: u64 = 50_000;
/// Records of one batch, as KRaft limits one user operation.
const BATCH_BYTES_MAX: usize = 8 << 20;
/// The most that a snapshot may hold.
const SNAPSHOT_BYTES_MAX: u64 = 2 << 30;
/// Bytes replayed at once.
const REPLAY_BYTES: usize = 8 << 20;

/// Why the metadata log cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum MetadataLogError {
    /// A file could not be read or written.
    #[error("{}: {source}", path.display())]
    Io {
        /// The file or directory.
        path: PathBuf,
        /// What the system says.
        source: io::Error,
    },
    /// The log could not be opened.
    #[error(transparent)]
    Load(#[from] LoadError),
    /// The log could not be read.
    #[error(transparent)]
    Read(#[from] ReadError),
    /// The log could not be appended to.
    #[error(transparent)]
    Append(#[from] AppendError),
    /// The log could not be synced.
    #[error(transparent)]
    Sync(#[from] IoError),
    /// The log's start could not be moved.
    #[error(transparent)]
    Start(#[from] TruncateError),
    /// A batch or a record in it is damaged.
    #[error("{}: {what} at offset {offset}", path.display())]
    Damaged {
        /// The file or directory.
        path: PathBuf,
        /// Where.
        offset: Offset,
        /// What is wrong.
        what: String,
    },
    /// A record is of a kind or version that is not known here.
    #[error("metadata record at offset {offset}: {source}")]
    Record {
        /// Where.
        offset: Offset,
        /// What is wrong.
        source: RecordDecodeError,
    },
    /// A record contradicts those before it.
    #[error("metadata record at offset {offset}: {source}")]
    Apply {
        /// Where.
        offset: Offset,
        /// What is wrong.
        source: ApplyError,
    },
}

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
        let mut image = MetadataImage::default();
        let snapshot = newest_snapshot(&*fs, &dir).map_err(at)?;
        let mut next = Offset::ZERO;
        let mut last_epoch = LeaderEpoch(0);
        if let Some((end, epoch, path)) = snapshot {
            read_snapshot(&*fs, &path, end, &mut image)?;
            (next, last_epoch) = (end, epoch);
        }
        // The log is short, cut at each snapshot, and checked whole: its end decides everything.
        let start = StartState {
            clean: false,
            recovery_point: Offset::ZERO,
            log_start: Offset::ZERO,
        };
        let partition = TopicPartition::new(METADATA_TOPIC, 0);
        let (log, report) = Log::load(
            Arc::clone(&fs),
            dir.clone(),
            partition,
            config(),
            start,
            now_ms,
        )?;
        for warning in &report.warnings {
            tracing::warn!(%warning, "metadata log");
        }
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
        this.replay(next, &mut image)?;
        this.begin_epoch(bootstrap, &mut image, now_ms)?;
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
            self.append_batch(&batch, now_ms)?;
        }
        self.records_since_snapshot += u64::try_from(records.len()).unwrap_or(u64::MAX);
        self.flush()?;
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
        let end = self.log.end_offset();
        let path = self
            .dir
            .join(format!("{:020}-{:010}.checkpoint", end.0, self.epoch.0));
        let content = snapshot_bytes(&self.voter, &image_records(image), now_ms);
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

    /// Appends the records that open an epoch, and those of a fresh cluster.
    fn begin_epoch(
        &mut self,
        bootstrap: &[MetadataRecord],
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
        if first {
            let name = Some("Bootstrap records".to_owned());
            let mut records = vec![BeginTransaction { name }.into()];
            records.extend_from_slice(bootstrap);
            records.push(EndTransaction::default().into());
            let base = self.append(&records, now_ms)?;
            for (offset, record) in (base.0..).map(Offset).zip(&records) {
                image
                    .apply(offset, record)
                    .map_err(|source| MetadataLogError::Apply { offset, source })?;
            }
            return Ok(());
        }
        self.flush()
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
            plan.run(&*self.fs)?;
            self.log.flushed(&plan);
        }
        Ok(())
    }

    /// Applies what the log holds from `from` on.
    fn replay(&mut self, from: Offset, image: &mut MetadataImage) -> Result<(), MetadataLogError> {
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
        Ok(())
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

/// Writes the file of bootstrap records that `kafka-storage format` leaves in a log directory.
pub fn bootstrap_checkpoint(records: &[MetadataRecord], now_ms: TimestampMs) -> Vec<u8> {
    let mut out = controls(&kraft::bootstrap_header(0), now_ms, LeaderEpoch(0));
    append_snapshot_batches(&mut out, 1, records, now_ms);
    out
}

/// Writes the snapshot that names the voters of a directory formatted as a quorum of its own.
pub fn first_checkpoint(voter: &Voter, now_ms: TimestampMs) -> Vec<u8> {
    snapshot_bytes(voter, &[], now_ms)
}

fn snapshot_bytes(voter: &Voter, records: &[MetadataRecord], now_ms: TimestampMs) -> Vec<u8> {
    let header = kraft::snapshot_header(voter, now_ms);
    let next = i64::try_from(header.len()).expect("three records");
    let mut out = controls(&header, now_ms, LeaderEpoch(0));
    append_snapshot_batches(&mut out, next, records, now_ms);
    out
}

/// Appends batches of records and the footer, with the offsets that a snapshot's records have.
fn append_snapshot_batches(
    out: &mut Vec<u8>,
    mut next: i64,
    records: &[MetadataRecord],
    now_ms: TimestampMs,
) {
    for mut batch in batches_of(records, now_ms) {
        // The base offset is not under the checksum.
        if let Some(field) = batch.get_mut(..8) {
            field.copy_from_slice(&next.to_be_bytes());
        }
        let count = RecordBatch::parse(&batch).map_or(0, |batch| batch.header().record_count);
        next += i64::from(count);
        out.extend_from_slice(&batch);
    }
    let footer = kraft::snapshot_footer();
    let records: Vec<ControlRecord<'_>> = footer.iter().map(as_control).collect();
    out.extend_from_slice(&control_batch(
        &records,
        now_ms,
        Offset(next),
        LeaderEpoch(0),
    ));
}

/// Cuts records into sealed batches under the size limit.
fn batches_of(records: &[MetadataRecord], now_ms: TimestampMs) -> Vec<Vec<u8>> {
    let mut batches = Vec::new();
    let mut builder = BatchBuilder::new(BATCH_BYTES_MAX);
    let mut seal = |builder: &mut BatchBuilder| {
        let bytes = builder
            .seal(&Seal::default())
            .expect("nothing is compressed");
        batches.push(bytes.to_vec());
        builder.clear();
    };
    for record in records {
        let value = record.encode();
        if builder.append(None, Some(&value), &[], now_ms) != Append::Fits {
            seal(&mut builder);
            let alone = builder.append(None, Some(&value), &[], now_ms);
            assert_eq!(
                alone,
                Append::Fits,
                "a metadata record is far below the limit"
            );
        }
    }
    if !builder.is_empty() {
        seal(&mut builder);
    }
    batches
}

fn decode_batch(
    batch: &RecordBatch<'_>,
    path: &Path,
) -> Result<Vec<(Offset, MetadataRecord)>, MetadataLogError> {
    let base = batch.header().base_offset;
    let damaged = |what: String| MetadataLogError::Damaged {
        path: path.to_owned(),
        offset: base,
        what,
    };
    let body = batch
        .decompressed_body(BATCH_BYTES_MAX * 8)
        .map_err(|e| damaged(e.to_string()))?;
    let mut decoded = Vec::new();
    for record in Records::new(&body, batch.header().record_count) {
        let record = record.map_err(|error| damaged(error.to_string()))?;
        let offset = base.plus(i64::from(record.offset_delta));
        let value = record.value.unwrap_or_default();
        let record = MetadataRecord::decode(value)
            .map_err(|source| MetadataLogError::Record { offset, source })?;
        decoded.push((offset, record));
    }
    Ok(decoded)
}

fn controls(records: &[Control], now_ms: TimestampMs, epoch: LeaderEpoch) -> Vec<u8> {
    let records: Vec<ControlRecord<'_>> = records.iter().map(as_control).collect();
    control_batch(&records, now_ms, Offset::ZERO, epoch)
}

fn as_control((control_type, value): &Control) -> ControlRecord<'_> {
    ControlRecord {
        control_type: *control_type,
        value,
    }
}

/// Lists the snapshots: end offset, epoch, path.
fn snapshots(fs: &dyn Fs, dir: &Path) -> io::Result<Vec<(Offset, LeaderEpoch, PathBuf)>> {
    let parse = |name: &str| {
        let (offset, epoch) = name.strip_suffix(".checkpoint")?.split_once('-')?;
        Some((
            Offset(offset.parse().ok()?),
            LeaderEpoch(epoch.parse().ok()?),
            dir.join(name),
        ))
    };
    Ok(fs
        .read_dir(dir)?
        .iter()
        .filter_map(|entry| parse(&entry.name))
        .collect())
}

fn newest_snapshot(fs: &dyn Fs, dir: &Path) -> io::Result<Option<(Offset, LeaderEpoch, PathBuf)>> {
    Ok(snapshots(fs, dir)?.into_iter().max())
}

/// Applies a snapshot; every record of it stands for the state at its end.
fn read_snapshot(
    fs: &dyn Fs,
    path: &Path,
    end: Offset,
    image: &mut MetadataImage,
) -> Result<(), MetadataLogError> {
    let at = |source| MetadataLogError::Io {
        path: path.to_owned(),
        source,
    };
    let file = fs.open(path, OpenMode::Read).map_err(at)?;
    drop(file);
    let content = fs.read(path, SNAPSHOT_BYTES_MAX).map_err(at)?;
    let last = Offset((end.0 - 1).max(0));
    for batch in Batches::new(&content) {
        let batch = batch.map_err(|error| MetadataLogError::Damaged {
            path: path.to_owned(),
            offset: end,
            what: error.to_string(),
        })?;
        if batch.header().attributes.is_control() {
            continue;
        }
        for (_, record) in decode_batch(&batch, path)? {
            image
                .apply(last, &record)
                .map_err(|source| MetadataLogError::Apply {
                    offset: last,
                    source,
                })?;
        }
    }
    Ok(())
}

/// The metadata log rolls rarely and never deletes by itself: snapshots do.
fn config() -> LogConfig {
    LogConfig {
        max_message_bytes: BATCH_BYTES_MAX,
        ..LogConfig::default()
    }
}
