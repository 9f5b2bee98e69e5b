//! Appending to a partition: checks, acknowledgements, and the flush runner.
//!
//! What is checked without the log is checked outside the lock. One runner flushes for everyone
//! who waits (see the head of [`super::flush`]).

use std::sync::Arc;
use std::task::{Context, Poll};

use super::error::AppendFailure;
use super::flush::FlushPool;
use super::partition::{Partition, PartitionSettings, ReplicaState};
use super::waiters::WaiterId;
use crate::record::{ValidateOptions, ValidatedBatch, validate};
use crate::storage::AppendInfo;
use crate::types::{Offset, TimestampMs};

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

/// What became of an append.
#[derive(Clone, Copy, Debug)]
pub struct AppendOutcome {
    /// Where the records went.
    pub info: AppendInfo,
    /// The high watermark that makes them acknowledged, if that is not reached yet.
    pub wait_for: Option<Offset>,
}

impl Partition {
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
        if self.dir.load().is_failed() {
            return Err(AppendFailure::Offline);
        }
        let mut core = self.core.lock();
        if core.retired {
            return Err(AppendFailure::Retired);
        }
        let ReplicaState {
            in_sync, replicas, ..
        } = core.state;
        // More than there are replicas cannot be asked for (KIP-966).
        let all = i32::try_from(replicas).unwrap_or(i32::MAX);
        let wanted = settings.min_in_sync.min(all);
        if ack == Ack::All && i64::try_from(in_sync).unwrap_or(0) < i64::from(wanted) {
            return Err(AppendFailure::NotEnoughReplicas { in_sync, wanted });
        }
        let leader_epoch = core.state.leader_epoch;
        if core.unflushed() == 0 {
            core.unflushed_since_ms = now_ms;
        }
        let info = core.log.append(batch, leader_epoch, now_ms)?;
        let until = info.last_offset.plus(1);
        let woken = if settings.flush_before_ack {
            Vec::new()
        } else {
            let end = core.log.end_offset();
            core.advance(end)
        };
        let is_due = settings.flush_before_ack
            || core.unflushed() >= settings.log.flush_messages
            // A finished segment is flushed whatever the settings are (UnifiedLog.roll).
            || core.log.has_unsynced_segment();
        let flush = is_due && !core.flushing && !info.duplicate;
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

    /// Returns whether `flush.ms` has passed since something was appended that is not flushed.
    #[must_use]
    pub fn is_flush_due(&self, now_ms: TimestampMs) -> bool {
        let flush_ms = self.settings.load().log.flush_ms;
        let core = self.core.lock();
        core.unflushed() > 0 && now_ms.saturating_sub(core.unflushed_since_ms) >= flush_ms
    }

    /// Flushes what was appended, on the pool, if no flush runs already.
    pub fn flush_on(self: &Arc<Self>, pool: &dyn FlushPool) {
        let mut core = self.core.lock();
        if core.flushing || core.unflushed() == 0 || self.dir.load().is_failed() {
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
            let (plan, moves) = {
                let mut core = self.core.lock();
                // A directory that failed meanwhile acknowledges nothing any more.
                let plan = core
                    .log
                    .flush_plan()
                    .filter(|_| !self.dir.load().is_failed());
                let Some(plan) = plan else {
                    core.flushing = false;
                    return;
                };
                (plan, core.moves)
            };
            let flushed = plan.run(&*self.fs);
            let mut core = self.core.lock();
            let woken = match flushed {
                // It was another directory's log; the present one was whole when it came.
                _ if core.moves != moves => Vec::new(),
                Ok(()) => {
                    core.log.flushed(&plan);
                    core.advance(plan.until)
                }
                Err(error) => {
                    // Never tried again (see the head of flush.rs); waiters see the failure.
                    core.log.poison(error.to_string());
                    self.dir.load().fail(&error);
                    core.waiters.take()
                }
            };
            let again = !self.dir.load().is_failed()
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
        if self.dir.load().is_failed() {
            return Poll::Ready(Err(AppendFailure::Offline));
        }
        if core.retired {
            return Poll::Ready(Err(AppendFailure::Retired));
        }
        core.waiters.register(id, context.waker());
        Poll::Pending
    }

    /// Returns whether the high watermark has reached `until`.
    #[must_use]
    pub fn is_acknowledged(&self, until: Offset) -> bool {
        self.core.lock().high_watermark >= until
    }
}
