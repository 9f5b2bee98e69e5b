//! Reading from a partition: how far a reader sees, and waiting for more.

use std::task::Context;

use super::error::ReadFailure;
use super::partition::{Core, Partition};
use super::waiters::WaiterId;
use crate::storage::ReadPlan;
use crate::types::Offset;

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

impl Partition {
    /// Finds whole batches for a reader.
    pub fn read(&self, request: ReadRequest) -> Result<ReadOutcome, ReadFailure> {
        if self.dir.load().is_failed() {
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
        if self.dir.load().is_failed() {
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
        if core.retired {
            return Err(ReadFailure::Retired);
        }
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
}
