//! Why a partition refuses an append or a read.

use crate::record::ValidateError;
use crate::storage::{AppendError, ReadError, TruncateError};
use crate::types::{LeaderEpoch, Offset};

/// Why records were not appended, or not made durable.
#[derive(Debug, thiserror::Error)]
pub enum AppendFailure {
    /// The batch breaks a rule; nothing was written.
    #[error(transparent)]
    Invalid(#[from] ValidateError),
    /// The log refused it.
    #[error(transparent)]
    Log(#[from] AppendError),
    /// Fewer replicas are in sync than acks=all asks for.
    #[error("{in_sync} replicas in sync, min.insync.replicas is {wanted}")]
    NotEnoughReplicas {
        /// Replicas in sync.
        in_sync: usize,
        /// What `min.insync.replicas` says.
        wanted: i32,
    },
    /// The topic was deleted.
    #[error("the partition is deleted")]
    Retired,
    /// An earlier write or flush in this log directory failed.
    #[error("the log directory is offline")]
    Offline,
}

/// Why records were not read.
#[derive(Debug, thiserror::Error)]
pub enum ReadFailure {
    /// The offset is below the log's start or above its end.
    #[error("offset {offset} is outside {start} to {end}")]
    OutOfRange {
        /// The offset asked for.
        offset: Offset,
        /// The log's first offset.
        start: Offset,
        /// The first offset that is not readable.
        end: Offset,
    },
    /// The client's leader epoch is older than the partition's.
    #[error("leader epoch {asked} is older than {current}")]
    FencedLeaderEpoch {
        /// The epoch in the request.
        asked: LeaderEpoch,
        /// The partition's epoch.
        current: LeaderEpoch,
    },
    /// The client's leader epoch is newer than the partition's.
    #[error("leader epoch {asked} is newer than {current}")]
    UnknownLeaderEpoch {
        /// The epoch in the request.
        asked: LeaderEpoch,
        /// The partition's epoch.
        current: LeaderEpoch,
    },
    /// The log could not be read.
    #[error(transparent)]
    Log(#[from] ReadError),
    /// The log's start could not be moved.
    #[error(transparent)]
    Start(#[from] TruncateError),
    /// The topic was deleted.
    #[error("the partition is deleted")]
    Retired,
    /// An earlier write or flush in this log directory failed.
    #[error("the log directory is offline")]
    Offline,
}
