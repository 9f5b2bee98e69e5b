//! DescribeGroups, versions 0 to 6: classic groups and their members.
//!
//! Version 3 tells allowed operations, 4 static ids, 6 a group that is not there as an error
//! (KIP-1043); before, it is a dead one.

use super::group_call::{GROUP_OPERATIONS, ask};
use super::wire::{OPERATIONS_UNASKED, text};
use crate::broker::answer::Answer;
use crate::broker::context::RequestContext;
use crate::broker::dispatch::Handle;
use crate::coordinator::group::{DescribedClassic, GroupRequest, GroupResponse};
use crate::protocol::ErrorCode;
use crate::protocol::messages::describe_groups_response::{DescribedGroup, DescribedGroupMember};
use crate::protocol::messages::{DescribeGroupsRequest, DescribeGroupsResponse, GroupId};

/// The first version with allowed operations.
const OPERATIONS_VERSION_MIN: i16 = 3;
/// The first version with static ids.
const INSTANCE_VERSION_MIN: i16 = 4;
/// The first version in which a missing group is an error.
const MISSING_VERSION_MIN: i16 = 6;

impl Handle for DescribeGroupsRequest {
    async fn handle(self, context: &RequestContext<'_>) -> Answer {
        let mut groups = Vec::new();
        for group in self.groups {
            groups.push(described(group, self.include_authorized_operations, context).await);
        }
        DescribeGroupsResponse::default().with_groups(groups).into()
    }
}

async fn described(
    id: GroupId,
    tells_operations: bool,
    context: &RequestContext<'_>,
) -> DescribedGroup {
    let request = GroupRequest::DescribeClassic(id.to_string());
    let answer = ask(context, &id, request).await;
    let mut described = DescribedGroup::default().with_group_id(GroupId(text(id.as_str())));
    if context.version() >= OPERATIONS_VERSION_MIN {
        described.authorized_operations = OPERATIONS_UNASKED;
    }
    let is_missing = matches!(answer, Ok(GroupResponse::Classic(Err(_))));
    if tells_operations
        && context.version() >= OPERATIONS_VERSION_MIN
        && !(is_missing && context.version() >= MISSING_VERSION_MIN)
    {
        described.authorized_operations = GROUP_OPERATIONS;
    }
    match answer {
        Ok(GroupResponse::Classic(Ok(group))) => fill(described, group, context.version()),
        Ok(GroupResponse::Classic(Err(message))) => {
            described.group_state = text("Dead");
            if context.version() >= MISSING_VERSION_MIN {
                described.error_code = ErrorCode::GroupIdNotFound.code();
                described.error_message = Some(text(message));
            }
            described
        }
        Ok(_) => described.with_error_code(ErrorCode::UnknownServerError.code()),
        Err(code) => described.with_error_code(code.code()),
    }
}

fn fill(described: DescribedGroup, group: DescribedClassic, version: i16) -> DescribedGroup {
    let members = group.members.into_iter().map(|member| {
        let told = DescribedGroupMember::default()
            .with_member_id(text(member.member.id))
            .with_client_id(text(member.client.id))
            .with_client_host(text(member.client.host))
            .with_member_metadata(member.metadata.into())
            .with_member_assignment(member.assignment.into());
        if version >= INSTANCE_VERSION_MIN {
            told.with_group_instance_id(member.member.instance.map(text))
        } else {
            told
        }
    });
    described
        .with_group_state(text(group.state))
        .with_protocol_type(text(group.protocol_type))
        .with_protocol_data(text(group.protocol))
        .with_members(members.collect())
}
