//! One file an API: turns a versioned request into plain arguments, and the outcome into a
//! response.
//!
//! No version number goes below a handler. Checks stand in the order in which Kafka makes them:
//! the order is behaviour that clients see.

pub(super) mod api_versions;
pub(super) mod fetch;
pub(super) mod find_coordinator;
pub(super) mod init_producer_id;
pub(super) mod list_offsets;
pub(super) mod metadata;
pub(super) mod offset_for_leader_epoch;
pub(super) mod produce;
