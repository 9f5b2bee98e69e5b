//! The log on disk: Kafka's files, appended to, read, recovered.
//!
//! ```text
//! <log dir>/
//!   .lock  meta.properties  .kafka_cleanshutdown
//!   recovery-point-offset-checkpoint  log-start-offset-checkpoint  replication-offset-checkpoint
//!   cleaner-offset-checkpoint
//!   <topic>-<partition>/
//!     partition.metadata  leader-epoch-checkpoint
//!     00000000000000000000.log  .index  .timeindex  .txnindex  .snapshot
//!     00000000000000000000.log.cut-<ms>      a torn tail that recovery put aside
//!     00000000000000000000.log.cleaned       a compaction under way; then .swap, then plain
//!     00000000000000000000.log.deleted       a segment that is about to be removed
//! ```
//!
//! What holds, by number:
//!
//! 1. A batch is in the log once the log's end is behind it; bytes behind the end are nobody's.
//! 2. Offsets rise from batch to batch, within a segment and from segment to segment.
//! 3. All below the recovery point was synced before it was checkpointed.
//! 4. Only a torn tail is ever cut by a start, and never without a copy.
//! 5. Compaction moves no offset, and takes no record that is its key's last.
//! 6. Indexes, snapshots and the epoch file can be lost; the log says the same again.
//!
//! Synchronous; no network, no protocol messages, no clock: `now` is an argument.

#![warn(clippy::indexing_slicing)]

mod allocation;
mod append;
pub mod checkpoint;
mod cleaner;
mod close;
mod config;
mod dir;
mod epoch_file;
mod error;
mod file_records;
mod flush;
mod future;
mod index;
pub mod inspect;
mod leader_epoch;
mod load;
mod log;
mod lookup;
mod manager;
mod meta_properties;
mod offset_index;
mod producer;
mod producer_error;
mod producer_snapshot;
mod producer_state;
mod retention;
mod segment;
mod segments;
pub mod snapshot;
mod time_index;
mod timestamps;
mod transaction_index;
mod truncate;

pub use append::{AppendInfo, FollowerAppend};
pub use cleaner::{
    CleanError, CleanReport, Cleanable, CleanedSegment, CleanerSettings, CleaningPlan, Go, Pace,
    SwapError,
};
pub use config::LogConfig;
pub use dir::{DirName, PARTITION_METADATA_FILE, delete_dir_name, partition_metadata_text};
pub use error::{AppendError, IoError, LoadError, ReadError};
pub use flush::FlushPlan;
pub use future::FutureOf;
pub use leader_epoch::LeaderEpochCache;
pub use load::{Cut, LoadReport, StartState};
pub use log::Log;
pub use lookup::ReadPlan;
pub use manager::{LoadedDirs, LoadedLog, LogDir, LogManager, PartitionCheckpoint};
pub use meta_properties::MetaProperties;
pub use producer::{BatchMetadata, ProducerState};
pub use producer_error::ProducerError;
pub use producer_state::{CompletedTxn, ProducerStateManager};
pub use retention::OldSegment;
pub use timestamps::TimestampAndOffset;
pub use transaction_index::AbortedTxn;
pub use truncate::TruncateError;
