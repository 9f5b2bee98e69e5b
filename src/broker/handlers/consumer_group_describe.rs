//! ConsumerGroupDescribe, versions 0 and 1: consumer groups and their members (KIP-848).
//!
//! Version 1 tells which members speak the classic protocol (KIP-1099): none.

use super::group_call::{GROUP_OPERATIONS, ask};
use super::wire::{OPERATIONS_UNASKED, text, topic_name, uuid};
use crate::broker::answer::Answer;
use crate::broker::context::RequestContext;
use crate::broker::dispatch::Handle;
use crate::coordinator::group::{
    Assignment as Partitions, DescribedConsumer, DescribedConsumerMember, GroupRequest,
    GroupResponse,
};
use crate::metadata::MetadataImage;
use crate::protocol::ErrorCode;
use crate::protocol::messages::consumer_group_describe_response::{
    Assignment, DescribedGroup, Member, TopicPartitions,
};
use crate::protocol::messages::{
    ConsumerGroupDescribeRequest, ConsumerGroupDescribeResponse, GroupId,
};

/// The first version that tells how members speak.
const MEMBER_TYPE_VERSION_MIN: i16 = 1;
/// A member that speaks the consumer protocol.
const CONSUMER_MEMBER: i8 = 1;

impl Handle for ConsumerGroupDescribeRequest {
    async fn handle(self, context: &RequestContext<'_>) -> Answer {
        let mut groups = Vec::new();
        for group in self.group_ids {
            groups.push(described(group, self.include_authorized_operations, context).await);
        }
        ConsumerGroupDescribeResponse::default()
            .with_groups(groups)
            .into()
    }
}

async fn described(
    id: GroupId,
    tells_operations: bool,
    context: &RequestContext<'_>,
) -> DescribedGroup {
    let described = DescribedGroup::default()
        .with_group_id(GroupId(text(id.as_str())))
        .with_authorized_operations(OPERATIONS_UNASKED);
    let refuse = |code: ErrorCode, message: String| {
        let described = described.clone().with_error_code(code.code());
        described.with_error_message(Some(text(message)))
    };
    if id.is_empty() {
        let code = ErrorCode::InvalidGroupId;
        return described.with_error_code(code.code());
    }
    let request = GroupRequest::DescribeConsumer(id.to_string());
    match ask(context, &id, request).await {
        Ok(GroupResponse::Consumer(Ok(group))) => {
            let described = if tells_operations {
                described.with_authorized_operations(GROUP_OPERATIONS)
            } else {
                described
            };
            fill(described, group, context)
        }
        Ok(GroupResponse::Consumer(Err(message))) => refuse(ErrorCode::GroupIdNotFound, message),
        Ok(_) => described.with_error_code(ErrorCode::UnknownServerError.code()),
        Err(code) => described.with_error_code(code.code()),
    }
}

fn fill(
    described: DescribedGroup,
    group: DescribedConsumer,
    context: &RequestContext<'_>,
) -> DescribedGroup {
    let image = context.image.load();
    let members = group.members.into_iter();
    let members = members.map(|told| member(told, &image, context.version()));
    described
        .with_group_state(text(group.state))
        .with_group_epoch(group.epoch)
        .with_assignment_epoch(group.assignment_epoch)
        .with_assignor_name(text(group.assignor))
        .with_members(members.collect())
}

fn member(told: DescribedConsumerMember, image: &MetadataImage, version: i16) -> Member {
    let member = Member::default()
        .with_member_id(text(told.member))
        .with_instance_id(told.instance.map(text))
        .with_rack_id(told.rack.map(text))
        .with_member_epoch(told.epoch)
        .with_client_id(text(told.client.id))
        .with_client_host(text(told.client.host))
        .with_subscribed_topic_names(told.topics.iter().map(|name| topic_name(name)).collect())
        .with_subscribed_topic_regex(told.regex.map(text))
        .with_assignment(assignment(told.assignment, image))
        .with_target_assignment(assignment(told.target, image));
    if version >= MEMBER_TYPE_VERSION_MIN {
        member.with_member_type(CONSUMER_MEMBER)
    } else {
        member
    }
}

/// Names the topics; those that are no more are left out.
fn assignment(partitions: Partitions, image: &MetadataImage) -> Assignment {
    let topics = partitions.into_iter().filter_map(|(id, numbers)| {
        let topic = image.topic_by_id(id)?;
        let partitions = TopicPartitions::default()
            .with_topic_id(uuid(id))
            .with_topic_name(topic_name(&topic.name))
            .with_partitions(numbers);
        Some(partitions)
    });
    Assignment::default().with_topic_partitions(topics.collect())
}
