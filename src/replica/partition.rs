//! A partition as a replica: its log, its leader epoch, its high watermark, and who waits.
//!
//! Promises: the high watermark never moves back while the partition is led here; what is below
//! it was flushed, if flushes come before acknowledgements; a waiter is woken by every move.
//! Lock order: the partition's lock is the only one taken here, and never held over a flush.

use std::sync::Arc;
use std::task::Waker;

use arc_swap::ArcSwap;
use parking_lot::Mutex;

use super::error::ReadFailure;
use super::flush::DirFailure;
use super::read::Isolation;
use super::waiters::{WaiterId, Waiters};
use crate::fs::Fs;
use crate::record::ValidateOptions;
use crate::storage::{IoError, Log, LogConfig, PartitionCheckpoint, TimestampAndOffset};
use crate::types::{LeaderEpoch, Offset, TimestampMs, TopicPartition, Uuid};

/// What the topic's and the broker's configuration say about this partition.
#[derive(Clone, Debug)]
pub struct PartitionSettings {
    /// How appended batches are checked; `now_ms` is set anew for each.
    pub validate: ValidateOptions,
    /// How the log is kept.
    pub log: LogConfig,
    /// `min.insync.replicas`.
    pub min_in_sync: i32,
    /// `log.flush.before.ack`: whether the high watermark is the flushed offset.
    pub flush_before_ack: bool,
}

/// Who leads the partition, and since when.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ReplicaState {
    /// The number of the leadership.
    pub leader_epoch: LeaderEpoch,
    /// Replicas in sync.
    pub in_sync: usize,
    /// All replicas.
    pub replicas: usize,
}

/// A partition on this broker.
#[derive(Debug)]
pub struct Partition {
    /// Its name.
    pub topic_partition: TopicPartition,
    /// Its topic's id.
    pub topic_id: Uuid,
    pub(super) settings: ArcSwap<PartitionSettings>,
    pub(super) fs: Arc<dyn Fs>,
    /// The state of the log directory that the log lies in.
    pub(super) dir: ArcSwap<DirFailure>,
    pub(super) core: Mutex<Core>,
}

/// What the lock guards.
#[derive(Debug)]
pub(super) struct Core {
    pub(super) log: Log,
    pub(super) state: ReplicaState,
    pub(super) high_watermark: Offset,
    pub(super) flushing: bool,
    /// When the oldest record that is not flushed was appended.
    pub(super) unflushed_since_ms: TimestampMs,
    /// How often the log was replaced by a copy elsewhere.
    pub(super) moves: u64,
    /// Whether the topic was deleted: nothing is written any more.
    pub(super) retired: bool,
    pub(super) waiters: Waiters,
}

impl Core {
    /// Raises the high watermark to `until` and takes those who wait for it.
    pub(super) fn advance(&mut self, until: Offset) -> Vec<(WaiterId, Waker)> {
        if until <= self.high_watermark {
            return Vec::new();
        }
        self.high_watermark = until;
        self.log.on_high_watermark(until);
        self.waiters.take()
    }

    /// Returns how many offsets are not flushed yet.
    pub(super) fn unflushed(&self) -> i64 {
        self.log.end_offset().0 - self.log.flushed_offset().0
    }

    /// Returns the first offset that a reader may not see.
    pub(super) fn readable_until(&self, isolation: Isolation) -> Offset {
        match isolation {
            Isolation::LogEnd => self.log.end_offset(),
            Isolation::ReadUncommitted => self.high_watermark,
            Isolation::ReadCommitted => self.last_stable_offset(),
        }
    }

    pub(super) fn last_stable_offset(&self) -> Offset {
        self.log.last_stable_offset(self.high_watermark)
    }
}

impl Partition {
    /// Makes a replica of a loaded log.
    pub fn new(
        topic_id: Uuid,
        mut log: Log,
        settings: PartitionSettings,
        state: ReplicaState,
        fs: Arc<dyn Fs>,
        dir: Arc<DirFailure>,
    ) -> Arc<Self> {
        let topic_partition = log.partition().clone();
        let high_watermark = if settings.flush_before_ack {
            log.flushed_offset()
        } else {
            log.end_offset()
        };
        let high_watermark = high_watermark.max(log.start_offset());
        // Transactions that ended before it are decided, whatever comes next.
        log.on_high_watermark(high_watermark);
        let core = Core {
            high_watermark,
            log,
            state,
            flushing: false,
            unflushed_since_ms: 0,
            moves: 0,
            retired: false,
            waiters: Waiters::default(),
        };
        Arc::new(Self {
            topic_partition,
            topic_id,
            settings: ArcSwap::from_pointee(settings),
            fs,
            dir: ArcSwap::from(dir),
            core: Mutex::new(core),
        })
    }

    /// Takes new settings of the topic or the broker.
    pub fn configure(&self, settings: PartitionSettings) {
        self.core.lock().log.set_config(settings.log.clone());
        self.settings.store(Arc::new(settings));
    }

    /// Begins to lead with this epoch.
    pub fn lead(&self, state: ReplicaState) {
        let mut core = self.core.lock();
        core.log.assign_epoch(state.leader_epoch);
        core.state = state;
    }

    /// Checks a client's idea of the leader epoch; -1 is no idea.
    pub fn check_leader_epoch(&self, asked: LeaderEpoch) -> Result<(), ReadFailure> {
        let current = self.leader_epoch();
        if asked == LeaderEpoch::NONE || asked == current {
            Ok(())
        } else if asked < current {
            Err(ReadFailure::FencedLeaderEpoch { asked, current })
        } else {
            Err(ReadFailure::UnknownLeaderEpoch { asked, current })
        }
    }

    /// Returns the number of the present leadership.
    #[must_use]
    pub fn leader_epoch(&self) -> LeaderEpoch {
        self.core.lock().state.leader_epoch
    }

    /// Returns the high watermark.
    #[must_use]
    pub fn high_watermark(&self) -> Offset {
        self.core.lock().high_watermark
    }

    /// Returns the log's first offset.
    #[must_use]
    pub fn log_start_offset(&self) -> Offset {
        self.core.lock().log.start_offset()
    }

    /// Returns the leader epoch under which the record at `offset` was appended.
    #[must_use]
    pub fn epoch_of(&self, offset: Offset) -> Option<LeaderEpoch> {
        self.core.lock().log.epochs().epoch_for_offset(offset)
    }

    /// Returns the largest epoch up to `epoch` that the log has, and where it ended.
    #[must_use]
    pub fn end_offset_for_epoch(&self, epoch: LeaderEpoch) -> Option<(LeaderEpoch, Offset)> {
        let core = self.core.lock();
        core.log
            .epochs()
            .end_offset_for_epoch(epoch, core.log.end_offset())
    }

    /// Returns the record with the largest timestamp.
    pub fn offset_of_max_timestamp(&self) -> Result<Option<TimestampAndOffset>, ReadFailure> {
        Ok(self.core.lock().log.max_timestamp()?)
    }

    /// Returns the first readable record that is not older than `timestamp`.
    pub fn offset_for_timestamp(
        &self,
        timestamp: TimestampMs,
        isolation: Isolation,
    ) -> Result<Option<TimestampAndOffset>, ReadFailure> {
        let core = self.core.lock();
        let found = core.log.offset_for_timestamp(timestamp)?;
        let until = core.readable_until(isolation);
        Ok(found.filter(|found| found.offset < until))
    }

    /// Returns the first offset that a reader of this kind may not see.
    #[must_use]
    pub fn readable_until(&self, isolation: Isolation) -> Offset {
        self.core.lock().readable_until(isolation)
    }

    /// Ends the partition's service, and runs `action` on its log for the last time.
    pub fn retire<T>(&self, action: impl FnOnce(&Log) -> T) -> T {
        let mut core = self.core.lock();
        core.retired = true;
        if let Err(error) = core.log.checkpoint() {
            // The indexes of a deleted partition can be made anew, should anyone want it back.
            tracing::debug!(%error, "a deleted partition's indexes");
        }
        let outcome = action(&core.log);
        let woken = core.waiters.take();
        drop(core);
        for (_, waker) in woken {
            waker.wake();
        }
        outcome
    }

    /// Writes what the log's small files lack, and returns what the checkpoints keep.
    pub fn checkpoint(&self) -> (PartitionCheckpoint, Result<(), IoError>) {
        let mut core = self.core.lock();
        let written = core.log.checkpoint();
        let entry = PartitionCheckpoint {
            partition: self.topic_partition.clone(),
            recovery_point: core.log.recovery_point(),
            log_start: core.log.start_offset(),
            high_watermark: core.high_watermark,
        };
        (entry, written)
    }

    /// Runs `action` on the log, under the partition's lock.
    pub fn with_log<T>(&self, action: impl FnOnce(&mut Log) -> T) -> T {
        action(&mut self.core.lock().log)
    }

    /// Returns whether `cleanup.policy` lets records be deleted from the front.
    #[must_use]
    pub fn may_delete_records(&self) -> bool {
        self.settings.load().log.delete
    }

    /// Raises the log's start offset, as DeleteRecords asks; at most to the high watermark.
    pub fn delete_records_before(&self, before: Offset) -> Result<Offset, ReadFailure> {
        let mut core = self.core.lock();
        let end = core.high_watermark;
        let start = core.log.start_offset();
        // DeleteRecordsRequest.HIGH_WATERMARK: everything that is readable now.
        let before = if before == Offset::NONE { end } else { before };
        if before < Offset::ZERO || before > end {
            return Err(ReadFailure::OutOfRange {
                offset: before,
                start,
                end,
            });
        }
        core.log.advance_start_offset(before, end)?;
        Ok(core.log.start_offset())
    }
}

#[cfg(test)]
mod tests {
    use std::path::{Path, PathBuf};

    use super::*;
    use crate::fs::SimFs;
    use crate::record::{
        Append, Attributes, BatchBuilder, EndMarker, Producer, Seal, ValidatedBatch,
        end_marker_batch,
    };
    use crate::replica::ToldOfFailure;
    use crate::storage::StartState;

    #[derive(Debug)]
    struct Nobody;

    impl ToldOfFailure for Nobody {
        fn dir_failed(&self, _: &Path, _: &IoError) {}
    }

    fn open(fs: &SimFs, recovery_point: Offset) -> Log {
        let start = StartState {
            recovery_point,
            ..StartState::default()
        };
        let (fs, dir): (Arc<dyn Fs>, _) = (Arc::new(fs.clone()), PathBuf::from("/t-0"));
        let name = TopicPartition::new("t", 0);
        Log::load(fs, dir, name, LogConfig::default(), start, 5)
            .unwrap()
            .0
    }

    fn append(log: &mut Log, bytes: &[u8]) {
        let batch = ValidatedBatch::trusted(bytes).unwrap();
        log.append(&batch, LeaderEpoch(0), 5).unwrap();
    }

    #[test]
    fn a_transaction_that_ended_before_a_crash_is_decided_at_once() {
        let fs = SimFs::default();
        let mut log = open(&fs, Offset::ZERO);
        let mut builder = BatchBuilder::new(1000);
        assert_eq!(builder.append(None, Some(b"v"), &[], 5), Append::Fits);
        let seal = Seal {
            producer: Producer {
                id: 7,
                epoch: 0,
                base_sequence: 0,
            },
            attributes: Attributes(0).with_transactional(true),
            ..Seal::default()
        };
        append(&mut log, builder.seal(&seal).unwrap());
        let marker = EndMarker {
            committed: true,
            coordinator_epoch: 0,
        };
        append(&mut log, &end_marker_batch(marker, 7, 0, 5));
        drop(log);
        let settings = PartitionSettings {
            validate: ValidateOptions::default(),
            log: LogConfig::default(),
            min_in_sync: 1,
            flush_before_ack: true,
        };
        let state = ReplicaState {
            leader_epoch: LeaderEpoch(0),
            in_sync: 1,
            replicas: 1,
        };
        let dir = DirFailure::new(PathBuf::from("/"), Box::new(Nobody));
        let log = open(&fs, Offset(2));
        let fs: Arc<dyn Fs> = Arc::new(fs);
        let partition = Partition::new(Uuid(1), log, settings, state, fs, dir);
        assert_eq!(partition.high_watermark(), Offset(2));
        assert_eq!(
            partition.readable_until(Isolation::ReadCommitted),
            Offset(2)
        );
    }
}
