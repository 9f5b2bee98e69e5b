//! Every internal error as the code that a client is told, on one page.

use crate::protocol::ErrorCode;
use crate::record::ValidateError;
use crate::replica::{AppendFailure, ReadFailure};
use crate::storage::AppendError;

/// Returns what a producer is told.
///
/// Never UNKNOWN_SERVER_ERROR: the Java producer would take it for an unknown outcome and bump
/// its epoch (KAFKA-14034).
pub(super) fn append_failure(error: &AppendFailure) -> ErrorCode {
    match error {
        AppendFailure::Invalid(error) => invalid_batch(error),
        AppendFailure::Log(error) => append_error(error),
        AppendFailure::NotEnoughReplicas { .. } => ErrorCode::NotEnoughReplicas,
        AppendFailure::Offline => ErrorCode::KafkaStorageError,
    }
}

/// Returns what a consumer is told.
pub(super) fn read_failure(error: &ReadFailure) -> ErrorCode {
    match error {
        ReadFailure::OutOfRange { .. } => ErrorCode::OffsetOutOfRange,
        ReadFailure::FencedLeaderEpoch { .. } => ErrorCode::FencedLeaderEpoch,
        ReadFailure::UnknownLeaderEpoch { .. } => ErrorCode::UnknownLeaderEpoch,
        ReadFailure::Log(_) | ReadFailure::Offline => ErrorCode::KafkaStorageError,
    }
}
