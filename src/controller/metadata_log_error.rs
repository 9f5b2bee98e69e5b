//! Why the metadata log cannot be used, each with the place.

use std::io;
use std::path::PathBuf;

use crate::metadata::{ApplyError, RecordDecodeError};
use crate::storage::{AppendError, IoError, LoadError, ReadError, TruncateError};
use crate::types::Offset;

/// Why the metadata log cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum MetadataLogError {
    /// A file could not be read or written.
    #[error("{}: {source}", path.display())]
    Io {
        /// The file or directory.
        path: PathBuf,
        /// What the system says.
        source: io::Error,
    },
    /// The log could not be opened.
    #[error(transparent)]
    Load(#[from] LoadError),
    /// The log could not be read.
    #[error(transparent)]
    Read(#[from] ReadError),
    /// The log could not be appended to.
    #[error(transparent)]
    Append(#[from] AppendError),
    /// The log could not be synced.
    #[error(transparent)]
    Sync(#[from] IoError),
    /// The log's start could not be moved.
    #[error(transparent)]
    Start(#[from] TruncateError),
    /// A batch or a record in it is damaged.
    #[error("{}: {what} at offset {offset}", path.display())]
    Damaged {
        /// The file or directory.
        path: PathBuf,
        /// Where.
        offset: Offset,
        /// What is wrong.
        what: String,
    },
    /// A record is of a kind or version that is not known here.
    #[error("metadata record at offset {offset}: {source}")]
    Record {
        /// Where.
        offset: Offset,
        /// What is wrong.
        source: RecordDecodeError,
    },
    /// A record contradicts those before it.
    #[error("metadata record at offset {offset}: {source}")]
    Apply {
        /// Where.
        offset: Offset,
        /// What is wrong.
        source: ApplyError,
    },
}
