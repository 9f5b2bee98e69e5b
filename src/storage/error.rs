//! Why an operation on a log failed; each with the path, or the offsets, that a person needs.
//!
//! Corrupt is not I/O failed is not out of range: each has its own variant, since the reactions
//! differ. The caller maps variants to error codes.

use std::io;
use std::path::{Path, PathBuf};

use super::producer_error::ProducerError;
use crate::fs::is_storage_full;
use crate::record::BatchError;
use crate::types::Offset;

/// A call of the file system failed.
#[derive(Debug, thiserror::Error)]
#[error("cannot {action} {}: {source}", path.display())]
pub struct IoError {
    /// What was tried, as a verb.
    pub action: &'static str,
    /// On what.
    pub path: PathBuf,
    /// What the system said.
    pub source: io::Error,
}

impl IoError {
    /// Returns whether there was no room for it on the disk.
    #[must_use]
    pub fn is_storage_full(&self) -> bool {
        is_storage_full(&self.source)
    }
}

/// Says where an I/O error happened.
pub(super) trait AtPath<T> {
    /// Adds what was tried, and on what.
    fn at(self, action: &'static str, path: &Path) -> Result<T, IoError>;
}

impl<T> AtPath<T> for io::Result<T> {
    fn at(self, action: &'static str, path: &Path) -> Result<T, IoError> {
        self.map_err(|source| IoError {
            action,
            path: path.to_path_buf(),
            source,
        })
    }
}

/// Why nothing was appended.
#[derive(Debug, thiserror::Error)]
pub enum AppendError {
    /// A write failed; what it may have left behind the log's end is not part of the log.
    #[error(transparent)]
    Io(#[from] IoError),
    /// An earlier write or sync failed in a way that nothing may be promised any more.
    #[error("the log {} takes no more writes: {reason}", path.display())]
    Poisoned {
        /// The partition's directory.
        path: PathBuf,
        /// What happened.
        reason: String,
    },
    /// `RECORD_LIST_TOO_LARGE`.
    #[error(
        "Message batch size is {bytes} bytes in append to partition {partition} which exceeds the \
         maximum configured segment size of {bytes_max}."
    )]
    LargerThanSegment {
        /// The partition.
        partition: String,
        /// Size of the batch.
        bytes: u64,
        /// `segment.bytes`.
        bytes_max: u64,
    },
    /// The producer's epoch or sequence is refused.
    #[error(transparent)]
    Producer(#[from] ProducerError),
    /// A replicated batch does not continue the log.
    #[error("batch at offset {found} where the log ends at {expected}")]
    UnexpectedOffset {
        /// The log's end.
        expected: Offset,
        /// The batch's base offset.
        found: Offset,
    },
    /// Replicated bytes are no batch.
    #[error(transparent)]
    Batch(#[from] BatchError),
    /// A replicated batch's CRC is wrong.
    #[error("Record is corrupt at offset {offset} (stored crc = {stored}, computed = {computed})")]
    Crc {
        /// The batch's base offset.
        offset: Offset,
        /// What the batch says.
        stored: u32,
        /// What its bytes give.
        computed: u32,
    },
}

/// Why nothing can be read.
#[derive(Debug, thiserror::Error)]
pub enum ReadError {
    /// `OFFSET_OUT_OF_RANGE`.
    #[error(
        "Received request for offset {offset} for partition {partition}, but we only have log \
         segments from offset {start} to {end}."
    )]
    OutOfRange {
        /// The partition.
        partition: String,
        /// What was asked.
        offset: Offset,
        /// The log's start.
        start: Offset,
        /// The log's end.
        end: Offset,
    },
    /// A read failed.
    #[error(transparent)]
    Io(#[from] IoError),
    /// The bytes of this offset are damaged; others, before and behind, are not.
    #[error("{} is damaged at position {position} (offset {offset})", path.display())]
    Damaged {
        /// The segment's file.
        path: PathBuf,
        /// Where in the file.
        position: u64,
        /// What was asked.
        offset: Offset,
    },
}

/// Why a log, or a log directory, cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum LoadError {
    /// A call of the file system failed.
    #[error(transparent)]
    Io(#[from] IoError),
    /// Another process has the directory.
    #[error(
        "Failed to acquire lock on file .lock in {}. A Kafka instance in another process or \
         thread is using this directory.", path.display()
    )]
    Locked {
        /// The log directory.
        path: PathBuf,
    },
    /// A directory inside a log directory is no partition.
    #[error(
        "Found directory {}, '{name}' is not in the form of topic-partition or \
         topic-partition.uniqueId-delete (if marked for deletion).\nKafka's log directories (and \
         children) should only contain Kafka topic data.", path.display()
    )]
    NotAPartition {
        /// The directory.
        path: PathBuf,
        /// Its name.
        name: String,
    },
    /// A file that says who owns the directory cannot be understood.
    #[error("{}: {reason}", path.display())]
    Malformed {
        /// The file.
        path: PathBuf,
        /// What is wrong.
        reason: String,
    },
    /// A partition is in two log directories.
    #[error("Duplicate log directories for {partition} are found in both {} and {}",
        first.display(), second.display())]
    Duplicate {
        /// The partition.
        partition: String,
        /// One directory.
        first: PathBuf,
        /// The other.
        second: PathBuf,
    },
    /// A file named as a segment is not named by an offset that it can have.
    #[error("{}: segments overlap or their names are no offsets", path.display())]
    SegmentName {
        /// The file.
        path: PathBuf,
    },
}

impl From<ReadError> for LoadError {
    fn from(error: ReadError) -> Self {
        match error {
            ReadError::Io(error) => Self::Io(error),
            ReadError::OutOfRange { .. } => Self::Malformed {
                path: PathBuf::new(),
                reason: error.to_string(),
            },
            ReadError::Damaged { ref path, .. } => Self::Malformed {
                path: path.clone(),
                reason: error.to_string(),
            },
        }
    }
}
