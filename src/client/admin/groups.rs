//! Consumer groups of both protocols: described, deleted.

use std::collections::BTreeMap;

use super::group_listings::{GroupState, GroupType};
use super::{Admin, Results};
use crate::client::error::ClientError;
use crate::client::group_coordinator::{GroupCoordinator, for_group};
use crate::client::metadata::{BrokerNode, text};
use crate::protocol::ErrorCode;
use crate::protocol::messages::consumer_group_describe_response as modern;
use crate::protocol::messages::describe_groups_response as classic;
use crate::protocol::messages::{
    ConsumerGroupDescribeRequest, DeleteGroupsRequest, DescribeGroupsRequest, GroupId,
};
use crate::record::consumer_protocol::{CONSUMER_PROTOCOL, ConsumerProtocolAssignment, decode};

/// Partitions by topic.
pub type TopicPartitions = BTreeMap<String, Vec<i32>>;

/// A member of a consumer group.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MemberDescription {
    /// Its id.
    pub member_id: String,
    /// Its static id.
    pub instance_id: Option<String>,
    /// What it calls itself.
    pub client_id: String,
    /// Where it is, as the broker tells it.
    pub host: String,
    /// What it has.
    pub assignment: TopicPartitions,
    /// What it is to have; only by the protocol of KIP-848.
    pub target: Option<TopicPartitions>,
    /// Its epoch; only by the protocol of KIP-848.
    pub epoch: Option<i32>,
}

/// A consumer group.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ConsumerGroupDescription {
    /// Its id.
    pub group: String,
    /// By which protocol it works.
    pub group_type: GroupType,
    /// Its state.
    pub state: GroupState,
    /// Its coordinator.
    pub coordinator: BrokerNode,
    /// How its partitions are assigned; empty without members.
    pub assignor: String,
    /// Its members.
    pub members: Vec<MemberDescription>,
    /// The group's epoch; only by the protocol of KIP-848.
    pub epoch: Option<i32>,
    /// The epoch of the assignment that is to be; only by the protocol of KIP-848.
    pub target_epoch: Option<i32>,
}

impl Admin {
    /// Describes consumer groups, of either protocol.
    ///
    /// # Errors
    ///
    /// Fails if no broker answers; what is wrong with one group is in its result.
    pub async fn describe_consumer_groups(
        &self,
        groups: &[String],
    ) -> Result<Results<String, ConsumerGroupDescription>, ClientError> {
        let mut described = Vec::with_capacity(groups.len());
        for group in groups {
            let result = match self.describe_group(group).await {
                Err(error @ (ClientError::Timeout { .. } | ClientError::Disconnected { .. })) => {
                    return Err(error);
                }
                result => result.map_err(|error| for_group(error, group)),
            };
            described.push((group.clone(), result));
        }
        Ok(described)
    }

    /// Deletes groups without members.
    ///
    /// # Errors
    ///
    /// Fails if no broker answers; what is wrong with one group is in its result.
    pub async fn delete_consumer_groups(
        &self,
        groups: &[String],
    ) -> Result<Results<String, ()>, ClientError> {
        let mut deleted = Vec::with_capacity(groups.len());
        for group in groups {
            let result = match self.delete_group(group).await {
                Err(error @ (ClientError::Timeout { .. } | ClientError::Disconnected { .. })) => {
                    return Err(error);
                }
                result => result.map_err(|error| for_group(error, group)),
            };
            deleted.push((group.clone(), result));
        }
        Ok(deleted)
    }

    async fn delete_group(&self, group: &str) -> Result<(), ClientError> {
        let deadline = self.cluster.api_deadline();
        let name = GroupId(text(group));
        let response = self
            .coordinator(group)
            .call(
                "deleteConsumerGroups",
                deadline,
                |_| DeleteGroupsRequest::default().with_groups_names(vec![name.clone()]),
                |response| response.results.iter().map(|r| r.error_code).collect(),
            )
            .await?;
        let result = response.results.first();
        let result = result.ok_or_else(|| incomplete(group))?;
        ClientError::check(result.error_code, None)
    }

    /// Asks by the new protocol first, and by the old one where the group is not of the new.
    async fn describe_group(&self, group: &str) -> Result<ConsumerGroupDescription, ClientError> {
        let coordinator = self.coordinator(group);
        match self.describe_modern(&coordinator, group).await {
            Err(ClientError::UnsupportedVersion { .. }) => {}
            Err(error) if error.code() == Some(ErrorCode::GroupIdNotFound) => {}
            Err(error) if error.code() == Some(ErrorCode::UnsupportedVersion) => {}
            result => return result,
        }
        self.describe_classic(&coordinator, group).await
    }

    async fn describe_modern(
        &self,
        coordinator: &GroupCoordinator,
        group: &str,
    ) -> Result<ConsumerGroupDescription, ClientError> {
        let name = "describeConsumerGroups";
        let id = GroupId(text(group));
        let response = coordinator
            .call(
                name,
                self.cluster.api_deadline(),
                |_| ConsumerGroupDescribeRequest::default().with_group_ids(vec![id.clone()]),
                |response| {
                    response
                        .groups
                        .iter()
                        .map(|found| found.error_code)
                        .collect()
                },
            )
            .await?;
        let found = response.groups.into_iter().next();
        let found = found.ok_or_else(|| incomplete(group))?;
        ClientError::check(found.error_code, found.error_message.as_deref())?;
        let state = GroupState::parse(&found.group_state);
        Ok(ConsumerGroupDescription {
            group: group.to_owned(),
            group_type: GroupType::Consumer,
            state,
            coordinator: coordinator.node(name).await?,
            assignor: found.assignor_name.to_string(),
            members: found.members.iter().map(modern_member).collect(),
            epoch: Some(found.group_epoch),
            target_epoch: Some(found.assignment_epoch),
        })
    }

    async fn describe_classic(
        &self,
        coordinator: &GroupCoordinator,
        group: &str,
    ) -> Result<ConsumerGroupDescription, ClientError> {
        let name = "describeConsumerGroups";
        let id = GroupId(text(group));
        let response = coordinator
            .call(
                name,
                self.cluster.api_deadline(),
                |_| DescribeGroupsRequest::default().with_groups(vec![id.clone()]),
                |response| {
                    response
                        .groups
                        .iter()
                        .map(|found| found.error_code)
                        .collect()
                },
            )
            .await?;
        let found = response.groups.into_iter().next();
        let found = found.ok_or_else(|| incomplete(group))?;
        ClientError::check(found.error_code, found.error_message.as_deref())?;
        let state = GroupState::parse(&found.group_state);
        if state == GroupState::Dead {
            // What brokers before 4.0 say of a group that is not there.
            return Err(ClientError::Broker {
                code: ErrorCode::GroupIdNotFound,
                message: Some(format!("Group {group} not found.")),
            });
        }
        let protocol = &*found.protocol_type;
        if !protocol.is_empty() && protocol != CONSUMER_PROTOCOL {
            return Err(ClientError::InvalidArgument {
                message: format!("GroupId {group} is not a consumer group ({protocol})."),
            });
        }
        Ok(ConsumerGroupDescription {
            group: group.to_owned(),
            group_type: GroupType::Classic,
            state,
            coordinator: coordinator.node(name).await?,
            assignor: found.protocol_data.to_string(),
            members: found.members.iter().map(classic_member).collect(),
            epoch: None,
            target_epoch: None,
        })
    }
}

fn modern_member(member: &modern::Member) -> MemberDescription {
    MemberDescription {
        member_id: member.member_id.to_string(),
        instance_id: member.instance_id.as_ref().map(|id| id.to_string()),
        client_id: member.client_id.to_string(),
        host: member.client_host.to_string(),
        assignment: partitions(&member.assignment),
        target: Some(partitions(&member.target_assignment)),
        epoch: Some(member.member_epoch),
    }
}

fn partitions(assignment: &modern::Assignment) -> TopicPartitions {
    let mut found = TopicPartitions::new();
    for topic in &assignment.topic_partitions {
        let numbers = found.entry(topic.topic_name.to_string()).or_default();
        numbers.extend(&topic.partitions);
        numbers.sort_unstable();
    }
    found
}

fn classic_member(member: &classic::DescribedGroupMember) -> MemberDescription {
    let mut assignment = TopicPartitions::new();
    // A group that rebalances has no assignment; nor has one of an unknown layout for us.
    if let Ok((read, _)) = decode::<ConsumerProtocolAssignment>(&member.member_assignment) {
        for topic in read.assigned_partitions {
            let numbers = assignment.entry(topic.topic).or_default();
            numbers.extend(&topic.partitions);
            numbers.sort_unstable();
        }
    }
    MemberDescription {
        member_id: member.member_id.to_string(),
        instance_id: member.group_instance_id.as_ref().map(|id| id.to_string()),
        client_id: member.client_id.to_string(),
        host: member.client_host.to_string(),
        assignment,
        target: None,
        epoch: None,
    }
}

fn incomplete(group: &str) -> ClientError {
    ClientError::Incomplete {
        what: format!("group {group}"),
    }
}
