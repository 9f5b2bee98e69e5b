//! Coordinators: groups and transactions as records in the logs of Kafka's own topics.
//!
//! [`group`], [`transaction`] and [`share`] hold the records of `__consumer_offsets`,
//! `__transaction_state` and `__share_group_state` as Apache Kafka 4.3.1 writes them. A record is a
//! key and a value; a key without a value takes the state of that key away. [`group_protocol`] is
//! what consumers tell each other through the members of a classic group.
//!
//! [`group::GroupShard`] is the state machine of groups: requests and the time in, records and
//! answers out.

pub mod group;
pub mod group_protocol;
mod keyed;
pub mod share;
pub mod timer;
pub mod transaction;

pub use keyed::KeyedRecordError;
