//! Every internal error as the code that a client is told, on one page.

use std::sync::Arc;

use crate::protocol::ErrorCode;
use crate::record::{StreamError, ValidateError};
use crate::replica::{AppendFailure, HostedPartition, Partition, ReadFailure};
use crate::storage::{AppendError, ProducerError};

/// Returns the partition, or what a client is told that asks for it; `unknown` if it is not here.
pub(super) fn online(
    hosted: Option<HostedPartition>,
    unknown: ErrorCode,
) -> Result<Arc<Partition>, ErrorCode> {
    match hosted {
        Some(HostedPartition::Online(partition)) => Ok(partition),
        Some(HostedPartition::Offline) => Err(ErrorCode::KafkaStorageError),
        None => Err(unknown),
    }
}

/// Returns what a producer is told.
///
/// Never UNKNOWN_SERVER_ERROR: the Java producer would take it for an unknown outcome and bump
/// its epoch (KAFKA-14034).
pub(super) fn append_failure(error: &AppendFailure) -> ErrorCode {
    match error {
        AppendFailure::Invalid(error) => invalid_batch(error),
        AppendFailure::Log(error) => append_error(error),
        AppendFailure::NotEnoughReplicas { .. } => ErrorCode::NotEnoughReplicas,
        AppendFailure::Retired => ErrorCode::UnknownTopicOrPartition,
        AppendFailure::Offline => ErrorCode::KafkaStorageError,
    }
}

/// Returns what a consumer is told.
pub(super) fn read_failure(error: &ReadFailure) -> ErrorCode {
    match error {
        ReadFailure::OutOfRange { .. } => ErrorCode::OffsetOutOfRange,
        ReadFailure::FencedLeaderEpoch { .. } => ErrorCode::FencedLeaderEpoch,
        ReadFailure::UnknownLeaderEpoch { .. } => ErrorCode::UnknownLeaderEpoch,
        ReadFailure::Retired => ErrorCode::UnknownTopicOrPartition,
        ReadFailure::Log(_) | ReadFailure::Start(_) | ReadFailure::Offline => {
            ErrorCode::KafkaStorageError
        }
    }
}

fn invalid_batch(error: &ValidateError) -> ErrorCode {
    match error {
        ValidateError::NoBatch
        | ValidateError::ManyBatches
        | ValidateError::Magic(0 | 1)
        | ValidateError::BaseOffset(_)
        | ValidateError::OffsetRange(_)
        | ValidateError::Count(_)
        | ValidateError::CountMismatch { .. }
        | ValidateError::Control
        | ValidateError::Sequence { .. }
        | ValidateError::Structure(StreamError::Record(_))
        | ValidateError::Records {
            has_timestamp: false,
            ..
        } => ErrorCode::InvalidRecord,
        ValidateError::ZstdNotAllowed => ErrorCode::UnsupportedCompressionType,
        ValidateError::TooLarge { .. } => ErrorCode::MessageTooLarge,
        ValidateError::LogAppendTimeBit
        | ValidateError::Records {
            has_timestamp: true,
            ..
        } => ErrorCode::InvalidTimestamp,
        ValidateError::Crc { .. }
        | ValidateError::Length(_)
        | ValidateError::Magic(_)
        | ValidateError::Structure(_)
        | ValidateError::Decompress(_)
        | ValidateError::Compress(_) => ErrorCode::CorruptMessage,
    }
}

fn append_error(error: &AppendError) -> ErrorCode {
    match error {
        AppendError::LargerThanSegment { .. } => ErrorCode::RecordListTooLarge,
        AppendError::Producer(error) => producer_error(error),
        AppendError::Batch(_) | AppendError::Crc { .. } => ErrorCode::CorruptMessage,
        AppendError::Io(_)
        | AppendError::Poisoned { .. }
        | AppendError::UnexpectedOffset { .. } => ErrorCode::KafkaStorageError,
    }
}

fn producer_error(error: &ProducerError) -> ErrorCode {
    match error {
        ProducerError::InvalidEpoch { .. } => ErrorCode::InvalidProducerEpoch,
        ProducerError::NewEpochSequence { .. } | ProducerError::OutOfOrderSequence { .. } => {
            ErrorCode::OutOfOrderSequenceNumber
        }
        ProducerError::CoordinatorFenced { .. } => ErrorCode::TransactionCoordinatorFenced,
        ProducerError::NotTransactional { .. } => ErrorCode::InvalidTxnState,
    }
}
