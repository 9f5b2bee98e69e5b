//! What an API answers, over a real socket, at each version that the broker lists.
//!
//! One file an API. The expected answers are those of Apache Kafka 4.3.1; where kt answers
//! otherwise on purpose, the test's name says so.

#![expect(
    clippy::disallowed_methods,
    clippy::indexing_slicing,
    clippy::unwrap_used,
    reason = "a test fails by panicking, and uses sockets and the clock as they are"
)]

mod alter_configs;
mod alter_partition_reassignments;
mod alter_replica_log_dirs;
mod api_versions;
mod compaction;
mod connection_settings;
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
mod disk;
mod fetch;
mod find_coordinator;
mod flush;
mod group_settings;
mod groups;
mod harness;
mod heartbeat;
mod init_producer_id;
mod join_group;
mod leave_group;
mod list_config_resources;
mod list_groups;
mod list_offsets;
mod list_partition_reassignments;
mod metadata;
mod node_settings;
mod offset_commit;
mod offset_delete;
mod offset_fetch;
mod offset_for_leader_epoch;
mod produce;
mod record_settings;
mod restart;
mod retention;
mod segment_settings;
mod sync_group;
mod topic_settings;
