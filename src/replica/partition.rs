//! A partition as a replica: its log, its leader epoch, its high watermark, and who waits.
//!
//! Promises: the high watermark never moves back while the partition is led here; what is below
//! it was flushed, if flushes come before acknowledgements; a waiter is woken by every move.
//! Lock order: the partition's lock is the only one taken here, and never held over a flush.

use std::sync::Arc;
use std::task::{Context, Poll, Waker};

use arc_swap::ArcSwap;
use parking_lot::Mutex;

use super::error::{AppendFailure, ReadFailure};
use super::flush::{DirFailure, FlushPool};
use super::waiters::{WaiterId, Waiters};
use crate::fs::Fs;
use crate::record::{ValidateOptions, ValidatedBatch, validate};
use crate::storage::{AppendInfo, Log, LogConfig, ReadPlan, TimestampAndOffset};
use crate::types::{LeaderEpoch, Offset, TimestampMs, TopicPartition, Uuid};

/// When an append is acknowledged.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ack {
    /// Not at all.
    None,
    /// When the leader has written it.
    Leader,
    /// When the high watermark has passed it.
    All,
}

/// How far a reader may see.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Isolation {
    /// To the high watermark.
    ReadUncommitted,
    /// To the last stable offset.
    ReadCommitted,
    /// To the log's end: followers and tools that pose as one.
    LogEnd,
}

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
}

/// What became of an append.
#[derive(Clone, Copy, Debug)]
pub struct AppendOutcome {
    /// Where the records went.
    pub info: AppendInfo,
    /// The high watermark that makes them acknowledged, if that is not reached yet.
    pub wait_for: Option<Offset>,
}

/// Records found for a reader, and the marks that go with them.
#[derive(Debug)]
pub struct ReadOutcome {
    /// Where the records lie; nothing if there are none yet.
    pub plan: Option<ReadPlan>,
    /// The high watermark.
    pub high_watermark: Offset,
    /// The last stable offset.
    pub last_stable_offset: Offset,
    /// The log's first offset.
    pub log_start_offset: Offset,
}

/// A partition on this broker.
#[derive(Debug)]
pub struct Partition {
    /// Its name.
    pub topic_partition: TopicPartition,
    /// Its topic's id.
    pub topic_id: Uuid,
    settings: ArcSwap<PartitionSettings>,
    fs: Arc<dyn Fs>,
    dir: Arc<DirFailure>,
    core: Mutex<Core>,
}

/// What the lock guards.
#[derive(Debug)]
struct Core {
    log: Log,
    state: ReplicaState,
    high_watermark: Offset,
    flushing: bool,
    waiters: Waiters,
}

impl Core {
    /// Raises the high watermark to `until` and takes those who wait for it.
    fn advance(&mut self, until: Offset) -> Vec<(WaiterId, Waker)> {
        if until <= self.high_watermark {
            return Vec::new();
        }
        self.high_watermark = until;
        self.log.on_high_watermark(until);
        self.waiters.take()
    }

    /// Returns how many offsets are not flushed yet.
    fn unflushed(&self) -> i64 {
        self.log.end_offset().0 - self.log.flushed_offset().0
    }

    /// Returns the first offset that a reader may not see.
    fn readable_until(&self, isolation: Isolation) -> Offset {
        match isolation {
            Isolation::LogEnd => self.log.end_offset(),
            Isolation::ReadUncommitted => self.high_watermark,
            Isolation::ReadCommitted => self.last_stable_offset(),
        }
    }

    fn last_stable_offset(&self) -> Offset {
        self.log.last_stable_offset(self.high_watermark)
    }
}

impl Partition {
    /// Makes a replica of a loaded log.
    pub fn new(
        topic_id: Uuid,
        log: Log,
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
        let core = Core {
            high_watermark: high_watermark.max(log.start_offset()),
            log,
            state,
            flushing: false,
            waiters: Waiters::default(),
        };
        Arc::new(Self {
            topic_partition,
            topic_id,
            settings: ArcSwap::from_pointee(settings),
            fs,
            dir,
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

    /// Checks a batch, appends it, and starts a flush if none runs.
    pub fn append(
        self: &Arc<Self>,
        records: &[u8],
        ack: Ack,
        zstd_allowed: bool,
        now_ms: TimestampMs,
        pool: &dyn FlushPool,
    ) -> Result<AppendOutcome, AppendFailure> {
        let settings = self.settings.load();
        let options = ValidateOptions {
            now_ms,
            zstd_allowed,
            ..settings.validate.clone()
        };
        // Outside the lock: the checksum and the walk over the records.
        let batch = validate(records, &options)?;
        self.append_validated(&batch, &settings, ack, now_ms, pool)
    }

    fn append_validated(
        self: &Arc<Self>,
        batch: &ValidatedBatch<'_>,
        settings: &PartitionSettings,
        ack: Ack,
        now_ms: TimestampMs,
        pool: &dyn FlushPool,
    ) -> Result<AppendOutcome, AppendFailure> {
        if self.dir.is_failed() {
            return Err(AppendFailure::Offline);
        }
        let mut core = self.core.lock();
        let in_sync = core.state.in_sync;
        if ack == Ack::All && i64::try_from(in_sync).unwrap_or(0) < i64::from(settings.min_in_sync)
        {
            return Err(AppendFailure::NotEnoughReplicas {
                in_sync,
                wanted: settings.min_in_sync,
            });
        }
        let leader_epoch = core.state.leader_epoch;
        let info = core.log.append(batch, leader_epoch, now_ms)?;
        let until = info.last_offset.plus(1);
        let woken = if settings.flush_before_ack {
            Vec::new()
        } else {
            let end = core.log.end_offset();
            core.advance(end)
        };
        let flush = !core.flushing
            && !info.duplicate
            && (settings.flush_before_ack || core.unflushed() >= settings.log.flush_messages);
        core.flushing |= flush;
        let wait_for = (ack == Ack::All && core.high_watermark < until).then_some(until);
        drop(core);
        for (_, waker) in woken {
            waker.wake();
        }
        if flush {
            self.start_flush(pool);
        }
        Ok(AppendOutcome { info, wait_for })
    }

    /// Flushes what was appended, on the pool, if no flush runs already.
    pub fn flush_on(self: &Arc<Self>, pool: &dyn FlushPool) {
        let mut core = self.core.lock();
        if core.flushing || core.unflushed() == 0 {
            return;
        }
        core.flushing = true;
        drop(core);
        self.start_flush(pool);
    }

    fn start_flush(self: &Arc<Self>, pool: &dyn FlushPool) {
        let partition = Arc::clone(self);
        pool.run(Box::new(move || partition.run_flush()));
    }

    /// Flushes until nothing is left that was appended.
    fn run_flush(&self) {
        loop {
            let plan = {
                let mut core = self.core.lock();
                let Some(plan) = core.log.flush_plan() else {
                    core.flushing = false;
                    return;
                };
                plan
            };
            let flushed = plan.run(&*self.fs);
            let mut core = self.core.lock();
            let woken = match flushed {
                Ok(()) => {
                    core.log.flushed(&plan);
                    core.advance(plan.until)
                }
                Err(error) => {
                    // Never tried again (see the head of flush.rs); waiters see the failure.
                    core.log.poison(error.to_string());
                    self.dir.fail(&error);
                    core.waiters.take()
                }
            };
            let again = !self.dir.is_failed()
                && self.settings.load().flush_before_ack
                && core.unflushed() > 0;
            core.flushing = again;
            drop(core);
            for (_, waker) in woken {
                waker.wake();
            }
            if !again {
                return;
            }
        }
    }

    /// Waits until the high watermark reaches `until`.
    pub fn poll_high_watermark(
        &self,
        until: Offset,
        id: &mut Option<WaiterId>,
        context: &Context<'_>,
    ) -> Poll<Result<(), AppendFailure>> {
        let mut core = self.core.lock();
        if core.high_watermark >= until {
            return Poll::Ready(Ok(()));
        }
        if self.dir.is_failed() {
            return Poll::Ready(Err(AppendFailure::Offline));
        }
        core.waiters.register(id, context.waker());
        Poll::Pending
    }

    /// Returns whether the high watermark has reached `until`.
    #[must_use]
    pub fn is_acknowledged(&self, until: Offset) -> bool {
        self.core.lock().high_watermark >= until
    }

    /// Finds whole batches for a reader.
    pub fn read(&self, request: ReadRequest) -> Result<ReadOutcome, ReadFailure> {
        if self.dir.is_failed() {
            return Err(ReadFailure::Offline);
        }
        Self::read_locked(&self.core.lock(), request)
    }

    /// The same, and registers `waker` under the same lock, to be woken by the next move.
    pub fn read_or_wait(
        &self,
        request: ReadRequest,
        id: &mut Option<WaiterId>,
        context: &Context<'_>,
    ) -> Result<ReadOutcome, ReadFailure> {
        if self.dir.is_failed() {
            return Err(ReadFailure::Offline);
        }
        let mut core = self.core.lock();
        core.waiters.register(id, context.waker());
        Self::read_locked(&core, request)
    }

    /// Forgets a waiter.
    pub fn cancel_wait(&self, id: WaiterId) {
        self.core.lock().waiters.cancel(id);
    }

    fn read_locked(core: &Core, request: ReadRequest) -> Result<ReadOutcome, ReadFailure> {
        let ReadRequest {
            from,
            bytes_max,
            isolation,
            first_whole,
        } = request;
        let start = core.log.start_offset();
        let end = core.log.end_offset();
        if from < start || from > end {
            return Err(ReadFailure::OutOfRange {
                offset: from,
                start,
                end,
            });
        }
        let until = core.readable_until(isolation);
        let plan = if from < until {
            let plan = core
                .log
                .read(from, bytes_max, until, first_whole == FirstBatch::Whole)?;
            (plan.bytes > 0).then_some(plan)
        } else {
            None
        };
        Ok(ReadOutcome {
            plan,
            high_watermark: core.high_watermark,
            last_stable_offset: core.last_stable_offset(),
            log_start_offset: start,
        })
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

    /// Runs `action` on the log, under the partition's lock.
    pub fn with_log<T>(&self, action: impl FnOnce(&mut Log) -> T) -> T {
        action(&mut self.core.lock().log)
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

/// What a reader asks for.
#[derive(Clone, Copy, Debug)]
pub struct ReadRequest {
    /// The first offset.
    pub from: Offset,
    /// The most bytes.
    pub bytes_max: usize,
    /// How far the reader may see.
    pub isolation: Isolation,
    /// Whether the first batch comes whole.
    pub first_whole: FirstBatch,
}

/// Whether a reader gets its first batch even if it is over the limit (KIP-74).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FirstBatch {
    /// Whole, whatever its size.
    Whole,
    /// Only if it fits.
    IfItFits,
}
