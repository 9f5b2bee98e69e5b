//! The records of a consumer group.

use super::member::list;
use super::{ConsumerGroup, ConsumerMember};
use crate::coordinator::group::assignor::Partitions;
use crate::coordinator::group::record::{
    AssignedTopicPartitions, ConsumerGroupCurrentMemberAssignmentKey,
    ConsumerGroupCurrentMemberAssignmentValue, ConsumerGroupMemberMetadataKey,
    ConsumerGroupMemberMetadataValue, ConsumerGroupMetadataKey, ConsumerGroupMetadataValue,
    ConsumerGroupRegularExpressionKey, ConsumerGroupRegularExpressionValue,
    ConsumerGroupTargetAssignmentMemberKey, ConsumerGroupTargetAssignmentMemberValue,
    ConsumerGroupTargetAssignmentMetadataKey, ConsumerGroupTargetAssignmentMetadataValue,
    GroupRecord, TopicPartitions,
};

impl ConsumerGroup {
    /// The group's epoch.
    pub(super) fn epoch_record(&self, epoch: i32, topics_hash: i64) -> GroupRecord {
        let value = ConsumerGroupMetadataValue {
            epoch,
            metadata_hash: topics_hash,
        };
        GroupRecord::ConsumerGroupMetadata(self.key(), Some(value))
    }

    fn key(&self) -> ConsumerGroupMetadataKey {
        ConsumerGroupMetadataKey {
            group_id: self.id.clone(),
        }
    }

    /// What a member says of itself.
    pub(super) fn member_record(&self, id: &str, member: &ConsumerMember) -> GroupRecord {
        let value = ConsumerGroupMemberMetadataValue {
            instance_id: member.instance.clone(),
            rack_id: member.rack.clone(),
            client_id: member.client.id.clone(),
            client_host: member.client.host.clone(),
            subscribed_topic_names: member.topics.iter().cloned().collect(),
            subscribed_topic_regex: member.regex.clone(),
            rebalance_timeout_ms: member.rebalance_timeout_ms,
            server_assignor: member.assignor.clone(),
            classic_member_metadata: None,
        };
        GroupRecord::ConsumerGroupMemberMetadata(self.member_key(id), Some(value))
    }

    fn member_key(&self, id: &str) -> ConsumerGroupMemberMetadataKey {
        ConsumerGroupMemberMetadataKey {
            group_id: self.id.clone(),
            member_id: id.to_owned(),
        }
    }

    /// The epoch of the target assignment.
    pub(super) fn target_epoch_record(&self, epoch: Option<i32>, now_ms: i64) -> GroupRecord {
        let key = ConsumerGroupTargetAssignmentMetadataKey {
            group_id: self.id.clone(),
        };
        let value = epoch.map(
            |assignment_epoch| ConsumerGroupTargetAssignmentMetadataValue {
                assignment_epoch,
                assignment_timestamp: now_ms,
            },
        );
        GroupRecord::ConsumerGroupTargetAssignmentMetadata(key, value)
    }

    /// What a member is to read.
    pub(super) fn target_record(&self, id: &str, target: Option<&Partitions>) -> GroupRecord {
        let key = ConsumerGroupTargetAssignmentMemberKey {
            group_id: self.id.clone(),
            member_id: id.to_owned(),
        };
        let of = |(topic_id, partitions)| TopicPartitions {
            topic_id,
            partitions,
        };
        let value = target.map(|target| ConsumerGroupTargetAssignmentMemberValue {
            topic_partitions: list(target).into_iter().map(of).collect(),
        });
        GroupRecord::ConsumerGroupTargetAssignmentMember(key, value)
    }

    /// How far a member has come.
    pub(super) fn current_record(&self, id: &str, member: Option<&ConsumerMember>) -> GroupRecord {
        let key = ConsumerGroupCurrentMemberAssignmentKey {
            group_id: self.id.clone(),
            member_id: id.to_owned(),
        };
        let of = |(topic_id, partitions)| AssignedTopicPartitions {
            topic_id,
            partitions,
            ..AssignedTopicPartitions::default()
        };
        let value = member.map(|member| ConsumerGroupCurrentMemberAssignmentValue {
            member_epoch: member.epoch,
            previous_member_epoch: member.previous_epoch,
            state: member.state.number(),
            assigned_partitions: list(&member.assigned).into_iter().map(of).collect(),
            partitions_pending_revocation: list(&member.revoking).into_iter().map(of).collect(),
        });
        GroupRecord::ConsumerGroupCurrentMemberAssignment(key, value)
    }

    /// Which topics a pattern matches.
    pub(super) fn pattern_record(
        &self,
        regex: &str,
        topics: Option<Vec<String>>,
        version: i64,
        now_ms: i64,
    ) -> GroupRecord {
        let key = ConsumerGroupRegularExpressionKey {
            group_id: self.id.clone(),
            regular_expression: regex.to_owned(),
        };
        let value = topics.map(|topics| ConsumerGroupRegularExpressionValue {
            topics,
            version,
            timestamp: now_ms,
        });
        GroupRecord::ConsumerGroupRegularExpression(key, value)
    }

    /// The records that take a member away.
    pub(super) fn member_tombstones(&self, id: &str) -> [GroupRecord; 3] {
        [
            self.current_record(id, None),
            self.target_record(id, None),
            GroupRecord::ConsumerGroupMemberMetadata(self.member_key(id), None),
        ]
    }

    /// The records that take the group away.
    pub(in crate::coordinator::group) fn tombstones(&self) -> Vec<GroupRecord> {
        let members = self.members.keys();
        let mut records: Vec<GroupRecord> =
            members.flat_map(|id| self.member_tombstones(id)).collect();
        for regex in self.patterns.keys() {
            records.push(self.pattern_record(regex, None, 0, 0));
        }
        records.push(self.target_epoch_record(None, 0));
        records.push(GroupRecord::ConsumerGroupMetadata(self.key(), None));
        records
    }
}
