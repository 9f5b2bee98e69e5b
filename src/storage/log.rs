//! Log: one partition's records on disk; its state, and what is synced.
//!
//! Appending is in `append.rs`, reading in `lookup.rs`, cutting in `truncate.rs`, opening in
//! `load/loader.rs`, ending in `close.rs`. A log belongs to one owner under one lock. It promises
//! that what [`Log::append`] returned is at its end, and durable once a [`FlushPlan`] taken
//! afterwards has run; it refuses writes after a failed sync.

use std::collections::VecDeque;
use std::io::IoSlice;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::config::LogConfig;
use super::dir::{LOG_SUFFIX, PARTITION_METADATA_FILE, SNAPSHOT_SUFFIX, partition_metadata_text};
use super::epoch_file::{EpochFile, EpochText};
use super::error::{AppendError, AtPath, IoError};
use super::flush::FlushPlan;
use super::index::Index;
use super::leader_epoch::LeaderEpochCache;
use super::producer_snapshot;
use super::producer_state::ProducerStateManager;
use super::segments::Segments;
use super::transaction_index::AbortedTxn;
use crate::fs::{File, OpenMode};
use crate::types::{LeaderEpoch, Offset, TimestampMs, TopicPartition, Uuid};

/// One partition's log.
#[derive(Debug)]
pub struct Log {
    pub(super) partition: TopicPartition,
    pub(super) config: LogConfig,
    pub(super) segments: Segments,
    pub(super) start: Offset,
    pub(super) end: Offset,
    pub(super) flushed: Offset,
    pub(super) epochs: LeaderEpochCache,
    /// The epoch file must be written before the recovery point passes a finished segment.
    pub(super) epochs_due: bool,
    pub(super) epoch_file: Arc<EpochFile>,
    pub(super) producers: ProducerStateManager,
    pub(super) aborted: Index<AbortedTxn>,
    /// Rolled segments, and transaction indexes, with unsynced data: end offset, path, file.
    pub(super) unsynced: Vec<(Offset, PathBuf, Arc<dyn File>)>,
    /// Base of the newest segment whose name is not durable yet.
    pub(super) unsynced_name: Option<Offset>,
    /// Whether `partition.metadata` was written and not synced.
    pub(super) is_identity_unsynced: bool,
    /// The partition's directory itself is new.
    pub(super) is_new_dir: bool,
    /// The last batches, so that a reader at the end needs no index: base, last, position.
    pub(super) recent: VecDeque<(Offset, Offset, u64)>,
    /// How often records were taken away; a plan from before says nothing about what is now.
    pub(super) truncations: u64,
    pub(super) poison: Option<String>,
}

impl Log {
    /// Returns the partition.
    #[must_use]
    pub const fn partition(&self) -> &TopicPartition {
        &self.partition
    }

    /// Returns the partition's directory.
    #[must_use]
    pub fn dir(&self) -> &Path {
        &self.segments.dir
    }

    /// Returns the settings.
    #[must_use]
    pub const fn config(&self) -> &LogConfig {
        &self.config
    }

    /// Takes other settings from now on.
    pub fn set_config(&mut self, config: LogConfig) {
        self.segments.index_interval_bytes = config.index_interval_bytes;
        self.config = config;
    }

    /// Returns the first offset that may be read.
    #[must_use]
    pub const fn start_offset(&self) -> Offset {
        self.start
    }

    /// Returns the offset of the next record to be appended.
    #[must_use]
    pub const fn end_offset(&self) -> Offset {
        self.end
    }

    /// Returns up to which offset all is durable.
    #[must_use]
    pub const fn flushed_offset(&self) -> Offset {
        self.flushed
    }

    /// Returns from which offset a start after a crash has to check the log; to be checkpointed.
    #[must_use]
    pub const fn recovery_point(&self) -> Offset {
        self.flushed
    }

    /// Returns the size of all segments.
    #[must_use]
    pub fn bytes(&self) -> u64 {
        self.segments.bytes()
    }

    /// Returns how many segments there are.
    #[must_use]
    pub fn segment_count(&self) -> usize {
        self.segments.map.len()
    }

    /// Returns where each leader's epoch begins.
    #[must_use]
    pub const fn epochs(&self) -> &LeaderEpochCache {
        &self.epochs
    }

    /// Notes that a leader of this epoch begins at the log's end.
    pub fn assign_epoch(&mut self, epoch: LeaderEpoch) {
        self.epochs.assign(epoch, self.end);
    }

    /// Returns the producers.
    #[must_use]
    pub const fn producers(&self) -> &ProducerStateManager {
        &self.producers
    }

    /// Forgets idle producers.
    pub fn remove_expired_producers(&mut self, now_ms: TimestampMs) {
        self.producers
            .remove_expired(now_ms, self.config.producer_id_expiration_ms);
    }

    /// Tells the high watermark, which ended transactions wait for.
    pub fn on_high_watermark(&mut self, high_watermark: Offset) {
        self.producers.on_high_watermark(high_watermark);
    }

    /// Returns the end for readers of committed records only.
    #[must_use]
    pub fn last_stable_offset(&self, high_watermark: Offset) -> Offset {
        self.producers
            .first_unstable_offset()
            .map_or(high_watermark, |o| o.min(high_watermark))
    }

    /// Returns where the first transaction begins that is not decided for readers.
    #[must_use]
    pub fn first_unstable_offset(&self) -> Option<Offset> {
        self.producers.first_unstable_offset()
    }

    /// Returns the aborted transactions with records in `from..until`.
    #[must_use]
    pub fn aborted_transactions(&self, from: Offset, until: Offset) -> Vec<AbortedTxn> {
        let entries = self.aborted.entries();
        let begin = entries.partition_point(|txn| txn.last_offset < from);
        let overlapping = entries
            .iter()
            .skip(begin)
            .filter(|txn| txn.first_offset < until);
        overlapping.copied().collect()
    }

    /// Refuses all writes from now on; for a sync that failed.
    pub fn poison(&mut self, reason: impl Into<String>) {
        self.poison.get_or_insert(reason.into());
    }

    /// Returns whether writes are refused.
    #[must_use]
    pub const fn is_poisoned(&self) -> bool {
        self.poison.is_some()
    }

    /// Returns what has to be synced for all up to the log's end; `None` if nothing is missing, or
    /// if an earlier sync failed: what the kernel dropped then, a second one would call durable.
    #[must_use]
    pub fn flush_plan(&mut self) -> Option<FlushPlan> {
        if self.flushed >= self.end || self.is_poisoned() {
            return None;
        }
        let mut files: Vec<_> = self
            .unsynced
            .iter()
            .map(|(_, path, file)| (path.clone(), Arc::clone(file)))
            .collect();
        let active = self.segments.active();
        if let Some(file) = &active.file {
            files.push((
                self.segments.path(active.base, LOG_SUFFIX),
                Arc::clone(file),
            ));
        }
        let mut dirs = Vec::new();
        if self.unsynced_name.is_some() {
            dirs.push(self.segments.dir.clone());
        }
        if self.is_new_dir
            && let Some(parent) = self.segments.dir.parent()
        {
            dirs.push(parent.to_path_buf());
        }
        let epochs = self
            .epochs_due
            .then(|| EpochText::new(&self.epoch_file, self.dir(), &self.epochs));
        let identity = self
            .is_identity_unsynced
            .then(|| self.dir().join(PARTITION_METADATA_FILE));
        Some(FlushPlan {
            files,
            identity,
            dirs,
            epochs,
            until: self.end,
            truncations: self.truncations,
        })
    }

    /// Notes that a plan has run.
    pub fn flushed(&mut self, plan: &FlushPlan) {
        if plan.truncations != self.truncations {
            // What the plan has synced is partly gone, and other records may have its offsets.
            return;
        }
        let until = plan.until;
        self.flushed = self.flushed.max(until);
        self.unsynced.retain(|(end, _, _)| *end > until);
        self.is_identity_unsynced &= plan.identity.is_none();
        if self.unsynced_name.is_some_and(|base| base < until) {
            self.unsynced_name = None;
            self.is_new_dir = false;
            // They may have changed since the plan was made.
            if plan
                .epochs
                .as_ref()
                .is_some_and(|text| text.is_of(&self.epochs))
            {
                self.epochs_due = false;
                self.epochs.mark_clean();
            }
        }
    }

    /// Writes what the index and epoch files lack; before the recovery point is checkpointed.
    pub fn checkpoint(&mut self) -> Result<(), IoError> {
        let Segments { fs, dir, map, .. } = &mut self.segments;
        if let Some(mut active) = map.last_entry() {
            active.get_mut().persist_indexes(fs.as_ref(), dir)?;
        }
        // Also where a flush is about to: a log start must not be checkpointed before its epochs.
        self.write_epochs()
    }

    /// Lets the index files follow the log, for those who look into the directory.
    pub(super) fn show_indexes(&mut self, now_ms: TimestampMs) {
        let Segments { fs, dir, map, .. } = &mut self.segments;
        let Some(mut entry) = map.last_entry() else {
            return;
        };
        let active = entry.get_mut();
        if active.are_indexes_due(now_ms) {
            active.indexes_written(now_ms);
            // The batch is in the log; the index can be made anew, and is written again.
            drop(active.persist_indexes(fs.as_ref(), dir));
        }
    }

    /// Writes a snapshot of the producers at the log's end, not synced.
    pub fn write_snapshot(&mut self) -> Result<(), IoError> {
        let path = self.segments.path(self.end, SNAPSHOT_SUFFIX);
        let content = producer_snapshot::encode(self.producers.all());
        let file = self
            .segments
            .fs
            .open(&path, OpenMode::Truncate)
            .at("create", &path)?;
        let written = file.write_all_at(&mut [IoSlice::new(&content)], 0);
        if written.is_err() {
            self.remove_snapshot();
        }
        written.at("write", &path)
    }

    /// Removes the snapshot of producers at the log's end that is of no use.
    pub(super) fn remove_snapshot(&self) {
        let path = self.segments.path(self.end, SNAPSHOT_SUFFIX);
        // What stays is made anew, or passed over, by a start.
        drop(self.segments.fs.remove_file(&path));
    }

    /// Writes whose log this is; durable with the first flush.
    pub fn write_partition_metadata(&mut self, topic_id: Uuid) -> Result<(), IoError> {
        let path = self.dir().join(PARTITION_METADATA_FILE);
        let file = self
            .segments
            .fs
            .open(&path, OpenMode::Truncate)
            .at("create", &path)?;
        let text = partition_metadata_text(topic_id);
        file.write_all_at(&mut [IoSlice::new(text.as_bytes())], 0)
            .at("write", &path)?;
        // Opened again for the sync: ten thousand partitions must not hold a descriptor each.
        self.is_identity_unsynced = true;
        Ok(())
    }

    pub(super) fn write_epochs(&mut self) -> Result<(), IoError> {
        if self.epochs.is_dirty() {
            let text = EpochText::new(&self.epoch_file, self.dir(), &self.epochs);
            text.write(self.segments.fs.as_ref())?;
            self.epochs.mark_clean();
            self.epochs_due = false;
        }
        Ok(())
    }

    pub(super) fn check_writable(&self) -> Result<(), AppendError> {
        match &self.poison {
            None => Ok(()),
            Some(reason) => Err(AppendError::Poisoned {
                path: self.segments.dir.clone(),
                reason: reason.clone(),
            }),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::checkpoint::LEADER_EPOCH_FILE;
    use super::*;
    use crate::fs::{Fs as _, SimFs};
    use crate::record::{Append, BatchBuilder, Seal, ValidatedBatch};
    use crate::storage::StartState;

    #[test]
    fn a_checkpoint_writes_the_epochs_that_a_flush_is_about_to_write() {
        let sim = SimFs::default();
        let (dir, name) = (PathBuf::from("/t-0"), TopicPartition::new("t", 0));
        let fs: Arc<dyn crate::fs::Fs> = Arc::new(sim.clone());
        let start = StartState::default();
        let config = LogConfig::default();
        let (mut log, _) = Log::load(fs, dir.clone(), name, config, start, 5).unwrap();
        let mut builder = BatchBuilder::new(1000);
        assert_eq!(builder.append(None, Some(b"v"), &[], 5), Append::Fits);
        let bytes = builder.seal(&Seal::default()).unwrap();
        let batch = ValidatedBatch::trusted(bytes).unwrap();
        log.append(&batch, LeaderEpoch(3), 5).unwrap();
        log.roll(5).unwrap();
        log.append(&batch, LeaderEpoch(3), 5).unwrap();
        log.checkpoint().unwrap();
        let file = dir.join(LEADER_EPOCH_FILE);
        assert_eq!(sim.read(&file, 100).unwrap(), b"0\n1\n3 0\n");
        log.roll(5).unwrap();
        log.append(&batch, LeaderEpoch(3), 5).unwrap();
        let plan = log.flush_plan().unwrap();
        log.assign_epoch(LeaderEpoch(3));
        plan.run(&sim).unwrap();
        log.flushed(&plan);
        log.assign_epoch(LeaderEpoch(4));
        log.checkpoint().unwrap();
        assert_eq!(sim.read(&file, 100).unwrap(), b"0\n2\n3 0\n4 3\n");
    }
}
