//! Why a batch or one of its records is refused, in Kafka's words.
//!
//! The variants name the error code that a broker answers; the partition's name comes in when the
//! sentence is made, since the check itself does not know it.

use super::batch::BatchError;
use super::compression::DecompressError;
use super::stream::StreamError;
use crate::types::{TimestampMs, TopicPartition};

/// What is wrong with one record.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RecordIssue {
    /// Number of the record in its batch.
    pub index: i32,
    /// What it is.
    pub kind: RecordIssueKind,
}

/// What can be wrong with one record.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RecordIssueKind {
    /// A null key where the topic is compacted.
    NullKey,
    /// A timestamp too far from the broker's time.
    Timestamp {
        /// The record's.
        timestamp: TimestampMs,
        /// Earliest that is allowed.
        earliest: TimestampMs,
        /// Latest that is allowed.
        latest: TimestampMs,
    },
}

impl RecordIssue {
    /// Returns Kafka's sentence.
    #[must_use]
    pub fn message(&self, partition: &TopicPartition) -> String {
        match self.kind {
            RecordIssueKind::NullKey => format!(
                "Compacted topic cannot accept message without key in topic partition {partition}"
            ),
            RecordIssueKind::Timestamp {
                timestamp,
                earliest,
                latest,
            } => format!(
                "Timestamp {timestamp} of message with offset {} is out of range. The timestamp \
                 should be within [{earliest}, {latest}]",
                self.index
            ),
        }
    }
}

/// Why a batch is refused. [`ValidateError::message`] gives Kafka's sentence.
#[derive(Debug, thiserror::Error)]
pub enum ValidateError {
    /// INVALID_RECORD: there is no whole batch.
    #[error("no record batch")]
    NoBatch,
    /// INVALID_RECORD: there is more than one batch.
    #[error("more than one record batch")]
    ManyBatches,
    /// INVALID_RECORD for a message set of old, CORRUPT_MESSAGE for what never was one.
    #[error("magic {0}")]
    Magic(u8),
    /// UNSUPPORTED_COMPRESSION_TYPE: zstd before Produce 7.
    #[error("zstd is not allowed in this version")]
    ZstdNotAllowed,
    /// INVALID_RECORD: the base offset is not 0.
    #[error("base offset {0}")]
    BaseOffset(i64),
    /// MESSAGE_TOO_LARGE.
    #[error("{bytes} bytes, at most {bytes_max} allowed")]
    TooLarge {
        /// Size of the batch.
        bytes: usize,
        /// `max.message.bytes`.
        bytes_max: usize,
    },
    /// CORRUPT_MESSAGE: the length or the CRC is wrong.
    #[error("stored crc {stored}, computed crc {computed}")]
    Crc {
        /// What the batch says.
        stored: u32,
        /// What its bytes give.
        computed: u32,
    },
    /// CORRUPT_MESSAGE: a length that no batch can have.
    #[error(transparent)]
    Length(BatchError),
    /// INVALID_RECORD: the offsets run backwards.
    #[error("last offset delta {0}")]
    OffsetRange(i32),
    /// INVALID_RECORD: no records.
    #[error("record count {0}")]
    Count(i32),
    /// INVALID_RECORD: count and offsets do not agree.
    #[error("last offset delta {last} with {count} records")]
    CountMismatch {
        /// Last offset delta.
        last: i32,
        /// Record count.
        count: i32,
    },
    /// INVALID_RECORD: a client's control batch.
    #[error("control batch")]
    Control,
    /// INVALID_RECORD: a producer id without a sequence.
    #[error("sequence {sequence} of producer {producer_id}")]
    Sequence {
        /// Base sequence.
        sequence: i32,
        /// Producer id.
        producer_id: i64,
    },
    /// INVALID_TIMESTAMP: a producer set the bit that only brokers set.
    #[error("timestamp type LogAppendTime from a producer")]
    LogAppendTimeBit,
    /// INVALID_RECORD, or CORRUPT_MESSAGE where the codec fails: the records are not what the
    /// header promises.
    #[error(transparent)]
    Structure(#[from] StreamError),
    /// CORRUPT_MESSAGE: no such codec, or the records cannot be decompressed to be stored anew.
    #[error(transparent)]
    Decompress(#[from] DecompressError),
    /// INVALID_TIMESTAMP if any timestamp is wrong, else INVALID_RECORD.
    #[error("{total} records are refused")]
    Records {
        /// The first of them, at most [`ValidateError::ISSUES_MAX`].
        issues: Vec<RecordIssue>,
        /// How many there are.
        total: usize,
        /// Whether a timestamp is among them.
        has_timestamp: bool,
    },
    /// The records could not be compressed anew.
    #[error("compression failed: {0}")]
    Compress(std::io::Error),
}

impl ValidateError {
    /// How many wrong records are told apart in one answer.
    pub const ISSUES_MAX: usize = 1000;

    /// Returns Kafka's sentence where it has one.
    #[must_use]
    pub fn message(&self, partition: &TopicPartition) -> String {
        let at = format_args!("in topic partition {partition}");
        match self {
            Self::NoBatch => "Produce requests must have exactly one record batch per partition \
                              but there was none"
                .to_owned(),
            Self::ManyBatches => "Produce requests are only allowed to contain exactly one record \
                                  batch per partition"
                .to_owned(),
            Self::Magic(_) => "Produce requests are only allowed to contain record batches with \
                               magic version 2"
                .to_owned(),
            Self::ZstdNotAllowed => {
                "Produce requests of this version are not allowed to use ZStandard compression"
                    .to_owned()
            }
            Self::BaseOffset(found) => format!(
                "The baseOffset of the record batch in the append to {partition} should be 0, \
                 but it is {found}"
            ),
            Self::TooLarge { bytes, bytes_max } => format!(
                "The record batch size in the append to {partition} is {bytes} bytes which \
                 exceeds the maximum configured value of {bytes_max}."
            ),
            Self::Crc { stored, .. } => {
                format!("Record is corrupt (stored crc = {stored}) {at}.")
            }
            Self::OffsetRange(last) => {
                format!("Batch has an invalid offset range: [0, {last}] {at}")
            }
            Self::Count(count) => {
                format!("Invalid reported count for record batch: {count} {at}")
            }
            Self::CountMismatch { last, count } => format!(
                "Inconsistent batch offset range [0, {last}] and count of records {count} {at}"
            ),
            Self::Control => {
                format!("Clients are not allowed to write control records {at}")
            }
            Self::Sequence {
                sequence,
                producer_id,
            } => format!(
                "Invalid sequence number {sequence} in record batch with producerId \
                 {producer_id} {at}"
            ),
            Self::Records {
                has_timestamp: true,
                ..
            }
            | Self::LogAppendTimeBit => {
                "One or more records have been rejected due to invalid timestamp".to_owned()
            }
            Self::Records { issues, total, .. } => {
                let shown = issues
                    .iter()
                    .take(3)
                    .map(|issue| issue_text(issue, partition));
                format!(
                    "One or more records have been rejected due to {total} record errors in \
                     total, and only showing the first three errors at most: [{}]",
                    shown.collect::<Vec<_>>().join(", ")
                )
            }
            Self::Length(_) | Self::Structure(_) | Self::Decompress(_) | Self::Compress(_) => {
                format!("{self} {at}")
            }
        }
    }
}

fn issue_text(issue: &RecordIssue, partition: &TopicPartition) -> String {
    format!(
        "RecordError(batchIndex={}, message='{}')",
        issue.index,
        issue.message(partition)
    )
}
