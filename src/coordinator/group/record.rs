//! The records of `__consumer_offsets` (KIP-848, KIP-932, KIP-1071 and the classic groups).

use crate::coordinator::keyed::keyed_records;
use crate::record::fields::{Blob, struct_fields};
use crate::types::Uuid;

struct_fields! {
    /// A member of a classic group.
    MemberMetadata {
        member_id: String, group_instance_id: Option<String> [since 3], client_id: String,
        client_host: String, rebalance_timeout: i32 [since 1, else -1], session_timeout: i32,
        subscription: Blob, assignment: Blob,
    }
    /// What a member of a consumer group that speaks the classic protocol said.
    ClassicMemberMetadata { session_timeout_ms: i32, supported_protocols: Vec<ClassicProtocol> }
    /// An assignor that such a member knows.
    ClassicProtocol { name: String, metadata: Blob }
    /// A topic of a consumer group, as releases before 4.1 wrote it.
    TopicMetadata {
        topic_id: Uuid, topic_name: String, num_partitions: i32,
        partition_metadata: Vec<PartitionMetadata>,
    }
    /// A partition and the racks of its replicas.
    PartitionMetadata { partition: i32, racks: Vec<String> }
    /// Partitions of a topic.
    TopicPartitions { topic_id: Uuid, partitions: Vec<i32> }
    /// Partitions of a topic, and since which epoch the member has them.
    AssignedTopicPartitions {
        topic_id: Uuid, partitions: Vec<i32>,
        assignment_epochs: Option<Vec<i32>> [tag 0, else Some(Vec::new())],
    }
    /// Partitions of a topic of a share group.
    TopicPartitionsInfo { topic_id: Uuid, topic_name: String, partitions: Vec<i32> }
    /// A topic of a share group.
    TopicInfo { topic_id: Uuid, topic_name: String }
    /// Where a member of a streams group answers queries.
    StreamsEndpoint { host: String, port: u16 }
    /// A name and a value.
    KeyValue { key: String, value: String }
    /// Tasks of a subtopology.
    TaskIds { subtopology_id: String, partitions: Vec<i32> }
    /// Tasks of a subtopology, and since which epoch the member has them.
    AssignedTaskIds {
        subtopology_id: String, partitions: Vec<i32>,
        assignment_epochs: Option<Vec<i32>> [tag 0, else Some(Vec::new())],
    }
    /// A part of a topology that is assigned as a whole.
    Subtopology {
        subtopology_id: String, source_topics: Vec<String>, source_topic_regex: Vec<String>,
        state_changelog_topics: Vec<TopologyTopic>, repartition_sink_topics: Vec<String>,
        repartition_source_topics: Vec<TopologyTopic>, copartition_groups: Vec<CopartitionGroup>,
    }
    /// A topic that a topology makes.
    TopologyTopic {
        name: String, partitions: i32, replication_factor: i16, topic_configs: Vec<KeyValue>,
    }
    /// Topics of a subtopology that must have as many partitions as each other.
    CopartitionGroup {
        source_topics: Vec<i16>, source_topic_regex: Vec<i16>, repartition_source_topics: Vec<i16>,
    }
}

keyed_records! {
    /// A record of `__consumer_offsets`.
    GroupRecord {
        0 LegacyOffsetCommit (LegacyOffsetCommitKey, LegacyOffsetCommitValue)
            reads 0 writes 0 tags from 1
        { group: String, topic: String, partition: i32 }
        => { offset: i64, metadata: String, commit_timestamp: i64 }
        1 OffsetCommit (OffsetCommitKey, OffsetCommitValue) reads 4 writes 4 tags from 4
        { group: String, topic: String, partition: i32 }
        => {
            offset: i64, leader_epoch: i32 [since 3, else -1], metadata: String,
            commit_timestamp: i64, expire_timestamp: i64 [only 1, else -1],
            topic_id: Uuid [tag 0, else Uuid::ZERO],
        }
        2 GroupMetadata (GroupMetadataKey, GroupMetadataValue) reads 4 writes 3 tags from 4
        { group: String }
        => {
            protocol_type: String, generation: i32, protocol: Option<String>,
            leader: Option<String>, current_state_timestamp: i64 [since 2, else -1],
            members: Vec<MemberMetadata>,
        }
        3 ConsumerGroupMetadata (ConsumerGroupMetadataKey, ConsumerGroupMetadataValue)
            reads 0 writes 0 tags from 0
        { group_id: String }
        => { epoch: i32, metadata_hash: i64 [tag 0, else 0] }
        4 ConsumerGroupPartitionMetadata
            (ConsumerGroupPartitionMetadataKey, ConsumerGroupPartitionMetadataValue)
            reads 0 writes 0 tags from 0
        { group_id: String }
        => { topics: Vec<TopicMetadata> }
        5 ConsumerGroupMemberMetadata
            (ConsumerGroupMemberMetadataKey, ConsumerGroupMemberMetadataValue)
            reads 0 writes 0 tags from 0
        { group_id: String, member_id: String }
        => {
            instance_id: Option<String>, rack_id: Option<String>, client_id: String,
            client_host: String, subscribed_topic_names: Vec<String>,
            subscribed_topic_regex: Option<String>, rebalance_timeout_ms: i32 [else -1],
            server_assignor: Option<String>,
            classic_member_metadata: Option<ClassicMemberMetadata>
                [tag 0, else Some(ClassicMemberMetadata::default())],
        }
        6 ConsumerGroupTargetAssignmentMetadata
            (ConsumerGroupTargetAssignmentMetadataKey, ConsumerGroupTargetAssignmentMetadataValue)
            reads 0 writes 0 tags from 0
        { group_id: String }
        => { assignment_epoch: i32, assignment_timestamp: i64 [tag 0, else 0] }
        7 ConsumerGroupTargetAssignmentMember
            (ConsumerGroupTargetAssignmentMemberKey, ConsumerGroupTargetAssignmentMemberValue)
            reads 0 writes 0 tags from 0
        { group_id: String, member_id: String }
        => { topic_partitions: Vec<TopicPartitions> }
        8 ConsumerGroupCurrentMemberAssignment
            (ConsumerGroupCurrentMemberAssignmentKey, ConsumerGroupCurrentMemberAssignmentValue)
            reads 0 writes 0 tags from 0
        { group_id: String, member_id: String }
        => {
            member_epoch: i32, previous_member_epoch: i32, state: i8,
            assigned_partitions: Vec<AssignedTopicPartitions>,
            partitions_pending_revocation: Vec<AssignedTopicPartitions>,
        }
        10 ShareGroupMemberMetadata (ShareGroupMemberMetadataKey, ShareGroupMemberMetadataValue)
            reads 0 writes 0 tags from 0
        { group_id: String, member_id: String }
        => {
            rack_id: Option<String>, client_id: String, client_host: String,
            subscribed_topic_names: Vec<String>,
        }
        11 ShareGroupMetadata (ShareGroupMetadataKey, ShareGroupMetadataValue)
            reads 0 writes 0 tags from 0
        { group_id: String }
        => { epoch: i32, metadata_hash: i64 }
        12 ShareGroupTargetAssignmentMetadata
            (ShareGroupTargetAssignmentMetadataKey, ShareGroupTargetAssignmentMetadataValue)
            reads 0 writes 0 tags from 0
        { group_id: String }
        => { assignment_epoch: i32, assignment_timestamp: i64 [tag 0, else 0] }
        13 ShareGroupTargetAssignmentMember
            (ShareGroupTargetAssignmentMemberKey, ShareGroupTargetAssignmentMemberValue)
            reads 0 writes 0 tags from 0
        { group_id: String, member_id: String }
        => { topic_partitions: Vec<TopicPartitions> }
        14 ShareGroupCurrentMemberAssignment
            (ShareGroupCurrentMemberAssignmentKey, ShareGroupCurrentMemberAssignmentValue)
            reads 0 writes 0 tags from 0
        { group_id: String, member_id: String }
        => {
            member_epoch: i32, previous_member_epoch: i32, state: i8,
            assigned_partitions: Vec<TopicPartitions>,
        }
        15 ShareGroupStatePartitionMetadata
            (ShareGroupStatePartitionMetadataKey, ShareGroupStatePartitionMetadataValue)
            reads 0 writes 0 tags from 0
        { group_id: String }
        => {
            initializing_topics: Vec<TopicPartitionsInfo>,
            initialized_topics: Vec<TopicPartitionsInfo>, deleting_topics: Vec<TopicInfo>,
        }
        16 ConsumerGroupRegularExpression
            (ConsumerGroupRegularExpressionKey, ConsumerGroupRegularExpressionValue)
            reads 0 writes 0 tags from 0
        { group_id: String, regular_expression: String }
        => { topics: Vec<String>, version: i64, timestamp: i64 }
        17 StreamsGroupMetadata (StreamsGroupMetadataKey, StreamsGroupMetadataValue)
            reads 0 writes 0 tags from 0
        { group_id: String }
        => {
            epoch: i32, metadata_hash: i64, validated_topology_epoch: i32 [tag 0, else -1],
            last_assignment_configs: Option<Vec<KeyValue>> [tag 1, else Some(Vec::new())],
        }
        19 StreamsGroupMemberMetadata
            (StreamsGroupMemberMetadataKey, StreamsGroupMemberMetadataValue)
            reads 0 writes 0 tags from 0
        { group_id: String, member_id: String }
        => {
            instance_id: Option<String>, rack_id: Option<String>, client_id: String,
            client_host: String, rebalance_timeout_ms: i32 [else -1], topology_epoch: i32,
            process_id: String, user_endpoint: Option<StreamsEndpoint>,
            client_tags: Vec<KeyValue>,
        }
        20 StreamsGroupTargetAssignmentMetadata
            (StreamsGroupTargetAssignmentMetadataKey, StreamsGroupTargetAssignmentMetadataValue)
            reads 0 writes 0 tags from 0
        { group_id: String }
        => { assignment_epoch: i32, assignment_timestamp: i64 [tag 0, else 0] }
        21 StreamsGroupTargetAssignmentMember
            (StreamsGroupTargetAssignmentMemberKey, StreamsGroupTargetAssignmentMemberValue)
            reads 0 writes 0 tags from 0
        { group_id: String, member_id: String }
        => {
            active_tasks: Vec<TaskIds>, standby_tasks: Vec<TaskIds>, warmup_tasks: Vec<TaskIds>,
        }
        22 StreamsGroupCurrentMemberAssignment
            (StreamsGroupCurrentMemberAssignmentKey, StreamsGroupCurrentMemberAssignmentValue)
            reads 0 writes 0 tags from 0
        { group_id: String, member_id: String }
        => {
            member_epoch: i32, previous_member_epoch: i32, state: i8,
            active_tasks: Vec<AssignedTaskIds>, standby_tasks: Vec<AssignedTaskIds>,
            warmup_tasks: Vec<AssignedTaskIds>,
            active_tasks_pending_revocation: Vec<AssignedTaskIds>,
            standby_tasks_pending_revocation: Vec<AssignedTaskIds>,
            warmup_tasks_pending_revocation: Vec<AssignedTaskIds>,
        }
        23 StreamsGroupTopology (StreamsGroupTopologyKey, StreamsGroupTopologyValue)
            reads 0 writes 0 tags from 0
        { group_id: String }
        => { epoch: i32, subtopologies: Vec<Subtopology> }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::record::tests::unhex;

    /// Records of a log that Apache Kafka 4.3.1 wrote: key and value.
    const WRITTEN: [(&str, &str); 3] = [
        (
            "00050002636700165252447a5a7a3832536f576a693149784c4976754c77",
            "0000000011636f6e736f6c652d636f6e73756d65720b2f3132372e302e302e3102027401000493e00001\
             000100",
        ),
        (
            "00070002636700165252447a5a7a3832536f576a693149784c4976754c77",
            "000002cd51293566a241cdb587214f4ce7fcd202000000000000",
        ),
        ("000100026367000174000000", "0004000000000000000500000000"),
    ];

    #[test]
    fn records_of_apache_kafka_are_read_and_written_byte_for_byte() {
        for (key, value) in &WRITTEN[..2] {
            let (key, value) = (unhex(key), unhex(value));
            let (record, version) = GroupRecord::decode(&key, Some(&value)).unwrap();
            assert_eq!(version, Some(0));
            assert_eq!(record.encode(), (key, Some(value)), "{record:?}");
        }
    }

    #[test]
    fn cut_keys_and_values_are_errors() {
        for (key, value) in WRITTEN {
            let (key, value) = (unhex(key), unhex(value));
            for length in 0..value.len() {
                GroupRecord::decode(&key, Some(&value[..length])).unwrap_err();
            }
            for length in 0..key.len() {
                GroupRecord::decode(&key[..length], None).unwrap_err();
            }
        }
    }

    #[test]
    fn a_key_alone_takes_its_state_away_and_unknown_types_are_told() {
        let (record, version) = GroupRecord::decode(&unhex("000200026367"), None).unwrap();
        let key = GroupMetadataKey { group: "cg".into() };
        assert_eq!(
            (record, version),
            (GroupRecord::GroupMetadata(key, None), None)
        );
        let unknown = GroupRecord::decode(&[0, 99], None);
        assert_eq!(
            unknown,
            Err(crate::coordinator::KeyedRecordError::UnknownType(99))
        );
    }
}
