//! Groups: who is a member, who reads which partition, and how far each group has read.
//!
//! A [`GroupShard`] is the state of one partition of `__consumer_offsets`. It is told requests and
//! the time, and returns records to append and answers to give; it knows no log, no socket and no
//! clock. The owner appends the records, has them replayed, and gives an answer when everything
//! that was written before it is durable. So what an answer says survives a crash.
//!
//! [`classic`](self) groups choose their assignment among themselves (states in `classic/`);
//! consumer groups get it from the coordinator (KIP-848, `consumer/`). Offsets know no members.

mod assignor;
mod classic;
mod config;
mod consumer;
mod consumer_request;
mod delete;
mod expiry;
mod listing;
mod offset_checks;
mod offsets;
mod place;
mod record;
mod request;
mod shard;
mod step;
#[cfg(test)]
mod testbed;

pub use config::{ConsumerGroupConfig, GroupConfig};
pub use consumer_request::*;
pub use offsets::encode as encode_record;
pub use place::partition_for;
pub use record::*;
pub use request::*;
pub use shard::GroupShard;
pub use step::{Output, ReplyId};
