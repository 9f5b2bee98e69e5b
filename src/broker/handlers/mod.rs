//! One file an API: turns a versioned request into plain arguments, and the outcome into a
//! response.
//!
//! No version number goes below a handler. Checks stand in the order in which Kafka makes them:
//! the order is behaviour that clients see.

mod alter_configs;
mod alter_partition_reassignments;
mod alter_replica_log_dirs;
pub(super) mod api_versions;
mod cluster_view;
mod config_resources;
mod consumer_group_describe;
mod consumer_group_heartbeat;
mod create_partitions;
mod create_topics;
mod delete_groups;
mod delete_records;
mod delete_topics;
mod describe_cluster;
mod describe_configs;
mod describe_groups;
mod describe_log_dirs;
mod describe_topic_partitions;
pub(super) mod fetch;
mod find_coordinator;
mod group_call;
mod heartbeat;
mod incremental_alter_configs;
mod init_producer_id;
mod join_group;
mod leave_group;
mod list_config_resources;
mod list_groups;
mod list_offsets;
mod list_partition_reassignments;
mod metadata;
mod offset_commit;
mod offset_delete;
mod offset_fetch;
mod offset_for_leader_epoch;
pub(super) mod produce;
mod sync_group;
mod wire;
