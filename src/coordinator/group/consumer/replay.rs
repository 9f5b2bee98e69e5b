//! Takes the records of consumer groups in.

use std::collections::BTreeSet;

use super::{ConsumerGroup, MemberState};
use crate::coordinator::group::assignor::Partitions;
use crate::coordinator::group::record::{
    AssignedTopicPartitions, ConsumerGroupCurrentMemberAssignmentKey,
    ConsumerGroupCurrentMemberAssignmentValue, ConsumerGroupMemberMetadataValue, GroupRecord,
};
use crate::coordinator::group::request::Client;
use crate::coordinator::group::shard::{Group, GroupShard};
use crate::types::Uuid;

impl GroupShard {
    /// Takes a record of a consumer group in; records of other kinds of groups are passed over.
    pub(in crate::coordinator::group) fn replay_consumer(&mut self, record: &GroupRecord) {
        match record {
            GroupRecord::ConsumerGroupMetadata(key, Some(value)) => {
                let group = self.consumer(&key.group_id);
                group.epoch = value.epoch;
                group.topics_hash = value.metadata_hash;
            }
            GroupRecord::ConsumerGroupMetadata(key, None) => {
                if matches!(self.groups.get(&key.group_id), Some(Group::Consumer(_))) {
                    self.groups.remove(&key.group_id);
                }
            }
            GroupRecord::ConsumerGroupMemberMetadata(key, Some(value)) => {
                self.consumer(&key.group_id)
                    .introduce(&key.member_id, value);
            }
            GroupRecord::ConsumerGroupTargetAssignmentMetadata(key, Some(value)) => {
                self.consumer(&key.group_id).target_epoch = value.assignment_epoch;
            }
            GroupRecord::ConsumerGroupTargetAssignmentMember(key, Some(value)) => {
                let parts = value.topic_partitions.iter();
                let target = collect(parts.map(|part| (part.topic_id, &part.partitions)));
                let group = self.consumer(&key.group_id);
                group.target.insert(key.member_id.clone(), target);
            }
            GroupRecord::ConsumerGroupCurrentMemberAssignment(key, Some(value)) => {
                self.consumer(&key.group_id).place(key, value);
            }
            GroupRecord::ConsumerGroupRegularExpression(key, Some(value)) => {
                let topics = value.topics.iter().cloned().collect();
                let group = self.consumer(&key.group_id);
                group
                    .patterns
                    .insert(key.regular_expression.clone(), topics);
            }
            without_value => self.replay_consumer_tombstone(without_value),
        }
    }

    /// Takes away what a key without a value names, if its group is there.
    fn replay_consumer_tombstone(&mut self, record: &GroupRecord) {
        let id = match record {
            GroupRecord::ConsumerGroupMemberMetadata(key, None) => &key.group_id,
            GroupRecord::ConsumerGroupTargetAssignmentMember(key, None) => &key.group_id,
            GroupRecord::ConsumerGroupRegularExpression(key, None) => &key.group_id,
            _ => return,
        };
        let Some(Group::Consumer(group)) = self.groups.get_mut(id) else {
            return;
        };
        match record {
            GroupRecord::ConsumerGroupMemberMetadata(key, _) => group.dismiss(&key.member_id),
            GroupRecord::ConsumerGroupTargetAssignmentMember(key, _) => {
                group.target.remove(&key.member_id);
            }
            GroupRecord::ConsumerGroupRegularExpression(key, _) => {
                group.patterns.remove(&key.regular_expression);
            }
            _ => {}
        }
    }

    /// Returns the group that a record is of; a classic one without members gives way.
    fn consumer(&mut self, id: &str) -> &mut ConsumerGroup {
        let held = self.groups.entry(id.to_owned());
        let held = held.or_insert_with(|| Group::Consumer(ConsumerGroup::new(id)));
        if let Group::Classic(_) = held {
            *held = Group::Consumer(ConsumerGroup::new(id));
        }
        match held {
            Group::Consumer(group) => group,
            Group::Classic(_) => unreachable!("it was replaced above"),
        }
    }
}

impl ConsumerGroup {
    fn introduce(&mut self, id: &str, value: &ConsumerGroupMemberMetadataValue) {
        let member = self.members.entry(id.to_owned()).or_default();
        member.instance.clone_from(&value.instance_id);
        member.rack.clone_from(&value.rack_id);
        member.client = Client {
            id: value.client_id.clone(),
            host: value.client_host.clone(),
        };
        member.topics = value.subscribed_topic_names.iter().cloned().collect();
        member.regex.clone_from(&value.subscribed_topic_regex);
        member.rebalance_timeout_ms = value.rebalance_timeout_ms;
        member.assignor.clone_from(&value.server_assignor);
        if let Some(instance) = &value.instance_id {
            self.instances.insert(instance.clone(), id.to_owned());
        }
    }

    fn dismiss(&mut self, id: &str) {
        let Some(member) = self.members.remove(id) else {
            return;
        };
        self.target.remove(id);
        if let Some(instance) = member.instance
            && self.instances.get(&instance).is_some_and(|held| held == id)
        {
            self.instances.remove(&instance);
        }
    }

    fn place(
        &mut self,
        key: &ConsumerGroupCurrentMemberAssignmentKey,
        value: &ConsumerGroupCurrentMemberAssignmentValue,
    ) {
        let of = |parts: &[AssignedTopicPartitions]| {
            collect(parts.iter().map(|part| (part.topic_id, &part.partitions)))
        };
        let member = self.members.entry(key.member_id.clone()).or_default();
        member.epoch = value.member_epoch;
        member.previous_epoch = value.previous_member_epoch;
        member.state = MemberState::of_number(value.state);
        member.assigned = of(&value.assigned_partitions);
        member.revoking = of(&value.partitions_pending_revocation);
    }
}

fn collect<'a>(parts: impl Iterator<Item = (Uuid, &'a Vec<i32>)>) -> Partitions {
    let mut partitions = Partitions::new();
    for (topic, numbers) in parts {
        let held: &mut BTreeSet<i32> = partitions.entry(topic).or_default();
        held.extend(numbers);
    }
    partitions.retain(|_, numbers| !numbers.is_empty());
    partitions
}
