//! Offsets that groups have committed: asked for, committed, deleted.
//!
//! The requests are the consumer's too, which commits as a member of its group.

use super::{Admin, Results, in_order};
use crate::client::error::ClientError;
use crate::client::group_coordinator::{GroupCoordinator, GroupMember, for_group};
use crate::client::metadata::{text, topic_name};
use crate::protocol::messages::offset_commit_request::{
    OffsetCommitRequestPartition, OffsetCommitRequestTopic,
};
use crate::protocol::messages::offset_delete_request::{
    OffsetDeleteRequestPartition, OffsetDeleteRequestTopic,
};
use crate::protocol::messages::offset_fetch_request::{
    OffsetFetchRequestGroup, OffsetFetchRequestTopic, OffsetFetchRequestTopics,
};
use crate::protocol::messages::{
    GroupId, OffsetCommitRequest, OffsetCommitResponse, OffsetDeleteRequest, OffsetFetchRequest,
    OffsetFetchResponse,
};
use crate::types::{LeaderEpoch, Offset, TopicPartition};

/// The first version of OffsetFetch that asks about several groups at once.
const SEVERAL_GROUPS: i16 = 8;
/// The first version of OffsetFetch that names a member.
const FETCH_MEMBERS: i16 = 9;
/// The first version of OffsetFetch that can wait for open transactions.
const STABLE: i16 = 7;
/// The first version of OffsetCommit that carries leader epochs.
const EPOCHS: i16 = 6;
/// The first version of OffsetCommit that carries a static id.
const INSTANCES: i16 = 7;

/// An offset to go on at, as it is committed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OffsetAndMetadata {
    /// The next record that is wanted.
    pub offset: Offset,
    /// The leader's epoch of the record before it, if it was known.
    pub leader_epoch: Option<LeaderEpoch>,
    /// What the committer noted.
    pub metadata: String,
}

impl OffsetAndMetadata {
    /// Returns an offset without a note.
    #[must_use]
    pub const fn new(offset: Offset) -> Self {
        Self {
            offset,
            leader_epoch: None,
            metadata: String::new(),
        }
    }
}

/// What is committed of each partition; nothing where nobody has committed.
pub type CommittedOffsets = Results<TopicPartition, Option<OffsetAndMetadata>>;

impl Admin {
    /// Returns what a group has committed: of these partitions, or of all.
    ///
    /// # Errors
    ///
    /// Fails if the group cannot be asked about; what is wrong with one partition is in its
    /// result.
    pub async fn list_consumer_group_offsets(
        &self,
        group: &str,
        partitions: Option<&[TopicPartition]>,
    ) -> Result<CommittedOffsets, ClientError> {
        let coordinator = self.coordinator(group);
        let member = GroupMember::outside(group);
        let response = coordinator
            .call(
                "listConsumerGroupOffsets",
                self.cluster.api_deadline(),
                |version| offset_fetch_request(version, &member, partitions, false),
                fetch_codes,
            )
            .await?;
        committed_offsets(response).map_err(|error| for_group(error, group))
    }

    /// Commits offsets of a group that has no members.
    ///
    /// # Errors
    ///
    /// Fails if the coordinator does not answer; what is wrong with one partition is in its
    /// result.
    pub async fn alter_consumer_group_offsets(
        &self,
        group: &str,
        offsets: &[(TopicPartition, OffsetAndMetadata)],
    ) -> Result<Results<TopicPartition, ()>, ClientError> {
        let coordinator = self.coordinator(group);
        let member = GroupMember::outside(group);
        let response = coordinator
            .call(
                "alterConsumerGroupOffsets",
                self.cluster.api_deadline(),
                |version| offset_commit_request(version, &member, offsets),
                commit_codes,
            )
            .await?;
        let wanted = offsets.iter().map(|(partition, _)| partition.clone());
        Ok(in_order(
            wanted,
            commit_results(&response),
            ToString::to_string,
        ))
    }

    /// Deletes what a group has committed of these partitions.
    ///
    /// # Errors
    ///
    /// Fails if the group as a whole is refused; what is wrong with one partition is in its
    /// result.
    pub async fn delete_consumer_group_offsets(
        &self,
        group: &str,
        partitions: &[TopicPartition],
    ) -> Result<Results<TopicPartition, ()>, ClientError> {
        let coordinator = self.coordinator(group);
        let response = coordinator
            .call(
                "deleteConsumerGroupOffsets",
                self.cluster.api_deadline(),
                |_| offset_delete_request(group, partitions),
                |response| vec![response.error_code],
            )
            .await?;
        ClientError::check(response.error_code, None).map_err(|error| for_group(error, group))?;
        let mut found = Vec::new();
        for topic in response.topics {
            for partition in topic.partitions {
                let name = TopicPartition::new(topic.name.to_string(), partition.partition_index);
                found.push((name, ClientError::check(partition.error_code, None)));
            }
        }
        Ok(in_order(partitions.to_vec(), found, ToString::to_string))
    }

    pub(super) fn coordinator(&self, group: &str) -> GroupCoordinator {
        GroupCoordinator::new(std::sync::Arc::clone(&self.cluster), group)
    }
}

/// Groups partitions by topic, in the order in which the topics come.
fn by_topic(partitions: &[TopicPartition]) -> Vec<(&str, Vec<i32>)> {
    let mut topics: Vec<(&str, Vec<i32>)> = Vec::new();
    for partition in partitions {
        match topics.iter_mut().find(|(name, _)| *name == partition.topic) {
            Some((_, numbers)) => numbers.push(partition.partition),
            None => topics.push((&partition.topic, vec![partition.partition])),
        }
    }
    topics
}

/// Returns the request for what a group has committed.
pub(crate) fn offset_fetch_request(
    version: i16,
    member: &GroupMember,
    partitions: Option<&[TopicPartition]>,
    require_stable: bool,
) -> OffsetFetchRequest {
    let group = GroupId(text(&member.group));
    let topics = partitions.map(by_topic);
    let mut request = OffsetFetchRequest::default();
    if version >= STABLE {
        request.require_stable = require_stable;
    }
    if version < SEVERAL_GROUPS {
        let topic = |(name, numbers): (&str, Vec<i32>)| {
            OffsetFetchRequestTopic::default()
                .with_name(topic_name(name))
                .with_partition_indexes(numbers)
        };
        let topics = topics.map(|list| list.into_iter().map(topic).collect());
        return request.with_group_id(group).with_topics(topics);
    }
    let topic = |(name, numbers): (&str, Vec<i32>)| {
        OffsetFetchRequestTopics::default()
            .with_name(topic_name(name))
            .with_partition_indexes(numbers)
    };
    let topics = topics.map(|list| list.into_iter().map(topic).collect());
    let mut asked = OffsetFetchRequestGroup::default()
        .with_group_id(group)
        .with_topics(topics);
    if version >= FETCH_MEMBERS && !member.member_id.is_empty() {
        asked.member_id = Some(text(&member.member_id));
        asked.member_epoch = member.generation;
    }
    request.with_groups(vec![asked])
}

/// Returns the error codes of an answer, those of partitions too.
pub(crate) fn fetch_codes(response: &OffsetFetchResponse) -> Vec<i16> {
    let groups = response.groups.iter().map(|group| group.error_code);
    let mut codes: Vec<i16> = groups.collect();
    codes.push(response.error_code);
    let topics = response.topics.iter();
    codes.extend(topics.flat_map(|topic| topic.partitions.iter().map(|found| found.error_code)));
    codes
}

/// Returns what an answer says of each partition.
pub(crate) fn committed_offsets(
    response: OffsetFetchResponse,
) -> Result<CommittedOffsets, ClientError> {
    ClientError::check(response.error_code, None)?;
    let mut found = Vec::new();
    let mut put = |topic: &str, number: i32, code: i16, offset: (i64, i32, Option<String>)| {
        let (offset, epoch, metadata) = offset;
        let result = ClientError::check(code, None).map(|()| {
            (offset >= 0).then(|| OffsetAndMetadata {
                offset: Offset(offset),
                leader_epoch: (epoch >= 0).then_some(LeaderEpoch(epoch)),
                metadata: metadata.unwrap_or_default(),
            })
        });
        found.push((TopicPartition::new(topic, number), result));
    };
    for topic in &response.topics {
        for p in &topic.partitions {
            let note = p.metadata.as_ref().map(|note| note.to_string());
            let offset = (p.committed_offset, p.committed_leader_epoch, note);
            put(&topic.name, p.partition_index, p.error_code, offset);
        }
    }
    for group in &response.groups {
        ClientError::check(group.error_code, None)?;
        for topic in &group.topics {
            for p in &topic.partitions {
                let note = p.metadata.as_ref().map(|note| note.to_string());
                let offset = (p.committed_offset, p.committed_leader_epoch, note);
                put(&topic.name, p.partition_index, p.error_code, offset);
            }
        }
    }
    Ok(found)
}

/// Returns the request that commits offsets.
pub(crate) fn offset_commit_request(
    version: i16,
    member: &GroupMember,
    offsets: &[(TopicPartition, OffsetAndMetadata)],
) -> OffsetCommitRequest {
    let mut topics: Vec<OffsetCommitRequestTopic> = Vec::new();
    for (partition, offset) in offsets {
        let mut entry = OffsetCommitRequestPartition::default()
            .with_partition_index(partition.partition)
            .with_committed_offset(offset.offset.0)
            .with_committed_metadata(Some(text(&offset.metadata)));
        if version >= EPOCHS {
            entry.committed_leader_epoch = offset.leader_epoch.map_or(-1, |epoch| epoch.0);
        }
        let same = |topic: &&mut OffsetCommitRequestTopic| *topic.name.0 == *partition.topic;
        match topics.iter_mut().find(same) {
            Some(topic) => topic.partitions.push(entry),
            None => topics.push(
                OffsetCommitRequestTopic::default()
                    .with_name(topic_name(&partition.topic))
                    .with_partitions(vec![entry]),
            ),
        }
    }
    let mut request = OffsetCommitRequest::default()
        .with_group_id(GroupId(text(&member.group)))
        .with_generation_id_or_member_epoch(member.generation)
        .with_member_id(text(&member.member_id))
        .with_topics(topics);
    if version >= INSTANCES {
        request.group_instance_id = member.instance_id.as_deref().map(text);
    }
    request
}

/// Returns the error codes of an answer.
pub(crate) fn commit_codes(response: &OffsetCommitResponse) -> Vec<i16> {
    let topics = response.topics.iter();
    topics
        .flat_map(|topic| topic.partitions.iter().map(|found| found.error_code))
        .collect()
}

/// Returns what an answer says of each partition.
pub(crate) fn commit_results(response: &OffsetCommitResponse) -> Results<TopicPartition, ()> {
    let mut found = Vec::new();
    for topic in &response.topics {
        for partition in &topic.partitions {
            let name = TopicPartition::new(topic.name.to_string(), partition.partition_index);
            found.push((name, ClientError::check(partition.error_code, None)));
        }
    }
    found
}

fn offset_delete_request(group: &str, partitions: &[TopicPartition]) -> OffsetDeleteRequest {
    let topics = by_topic(partitions).into_iter().map(|(name, numbers)| {
        let entry = |number| OffsetDeleteRequestPartition::default().with_partition_index(number);
        OffsetDeleteRequestTopic::default()
            .with_name(topic_name(name))
            .with_partitions(numbers.into_iter().map(entry).collect())
    });
    OffsetDeleteRequest::default()
        .with_group_id(GroupId(text(group)))
        .with_topics(topics.collect())
}
