//! Partitions as replicas on this broker: the only door from handlers to logs.
//!
//! [`Partition`] keeps a log together with what makes it a replica: leader epoch, high watermark,
//! who waits for it. It knows no runtime: waiting is registered as a [`std::task::Waker`], and
//! flushes run where [`FlushPool`] puts them. [`ReplicaManager`] holds the partitions by name and
//! by topic id.

mod append;
mod cleaning;
mod error;
mod flush;
mod manager;
mod moving;
mod partition;
mod read;
mod retention;
mod waiters;

pub use append::{Ack, AppendOutcome};
pub use error::{AppendFailure, ReadFailure};
pub use flush::{DirFailure, FlushPool, ToldOfFailure};
pub use manager::{HostedPartition, HostedTopic, ReplicaManager};
pub use moving::MoveError;
pub use partition::{Partition, PartitionSettings, ReplicaState};
pub use read::{FirstBatch, Isolation, ReadOutcome, ReadRequest};
pub use waiters::WaiterId;
