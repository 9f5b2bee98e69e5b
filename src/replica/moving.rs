//! Moving a partition's log to another log directory while it is in use
//! (ReplicaAlterLogDirsThread).
//!
//! The copy is filled beside the log without holding the partition's lock. Once it lacks little,
//! the rest is copied and synced under the lock, and the copy takes the log's place: the one flush
//! under a partition's lock, once a move, so that no acknowledged record is ever in one log only.

use std::path::PathBuf;
use std::sync::Arc;

use super::flush::DirFailure;
use super::partition::Partition;
use crate::storage::{AppendError, IoError, Log, ReadError, TruncateError};
use crate::types::{Offset, TimestampMs};

/// What is copied in one piece.
const PIECE_BYTES: usize = 1 << 20;

/// Why a move ended before its end.
#[derive(Debug, thiserror::Error)]
pub enum MoveError {
    /// The topic was deleted.
    #[error("the partition is deleted")]
    Retired,
    /// The log in use cannot be read.
    #[error(transparent)]
    Read(#[from] ReadError),
    /// The copy cannot be written.
    #[error(transparent)]
    Append(#[from] AppendError),
    /// The copy's start cannot be moved.
    #[error(transparent)]
    Truncate(#[from] TruncateError),
    /// A file cannot be read, renamed or synced.
    #[error(transparent)]
    Io(#[from] IoError),
}

impl Partition {
    /// Copies at most a piece of what `future` lacks; returns how many bytes that were, 0 when it
    /// lacks nothing.
    pub fn copy_piece_to(&self, future: &mut Log, now_ms: TimestampMs) -> Result<usize, MoveError> {
        let plan = {
            let core = self.core.lock();
            if core.retired {
                return Err(MoveError::Retired);
            }
            let start = core.log.start_offset();
            if future.end_offset() < start {
                // All that the copy has was deleted meanwhile, or it is new.
                future.truncate_fully_and_start_at(start, now_ms)?;
            }
            let from = future.end_offset();
            core.log
                .read(from, PIECE_BYTES, core.log.end_offset(), true)?
        };
        if plan.bytes == 0 {
            return Ok(0);
        }
        let mut records = Vec::new();
        plan.read_into(&mut records)
            .map_err(|source| read_failed(future, source))?;
        Ok(future.append_as_follower(&records, now_ms)?.bytes)
    }

    /// Syncs `future` and puts it in the log's place; returns the log that was there.
    ///
    /// `rename` makes the names on disk those of the new state, after the sync.
    pub fn replace_log(
        &self,
        mut future: Log,
        dir: Arc<DirFailure>,
        now_ms: TimestampMs,
        rename: impl FnOnce(&Log, &mut Log) -> Result<(), IoError>,
    ) -> Result<Log, MoveError> {
        let mut core = self.core.lock();
        if core.retired {
            return Err(MoveError::Retired);
        }
        while future.end_offset() < core.log.end_offset() {
            let from = future.end_offset();
            let plan = core
                .log
                .read(from, PIECE_BYTES, core.log.end_offset(), true)?;
            if plan.bytes == 0 {
                break;
            }
            let mut records = Vec::new();
            plan.read_into(&mut records)
                .map_err(|source| read_failed(&future, source))?;
            future.append_as_follower(&records, now_ms)?;
        }
        if let Some(plan) = future.flush_plan() {
            plan.run(&*self.fs)?;
            future.flushed(&plan);
        }
        future.take_over(&core.log)?;
        future.set_config(core.log.config().clone());
        rename(&core.log, &mut future)?;
        let epoch = core.state.leader_epoch;
        let old = std::mem::replace(&mut core.log, future);
        core.log.assign_epoch(epoch);
        core.moves += 1;
        self.dir.store(dir);
        // All of the new log is durable.
        let until = core.log.end_offset();
        let woken = core.advance(until);
        drop(core);
        for (_, waker) in woken {
            waker.wake();
        }
        Ok(old)
    }

    /// Returns the log directory that the log lies in, its size, and its end.
    #[must_use]
    pub fn place(&self) -> (PathBuf, u64, Offset) {
        let core = self.core.lock();
        let dir = core.log.dir();
        let log_dir = dir.parent().unwrap_or(dir).to_path_buf();
        (log_dir, core.log.bytes(), core.log.end_offset())
    }
}

fn read_failed(log: &Log, source: std::io::Error) -> IoError {
    IoError {
        action: "copy to",
        path: log.dir().to_path_buf(),
        source,
    }
}
