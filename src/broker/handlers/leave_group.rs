//! LeaveGroup, versions 0 to 5: members of a classic group go.
//!
//! From version 3 on several at once, by static id too (KIP-345); version 5 has reasons (KIP-800).

use super::group_call::{ask, owned};
use super::wire::text;
use crate::broker::answer::Answer;
use crate::broker::context::RequestContext;
use crate::broker::dispatch::Handle;
use crate::coordinator::group::{GroupRequest, GroupResponse, Member};
use crate::protocol::ErrorCode;
use crate::protocol::messages::leave_group_response::MemberResponse;
use crate::protocol::messages::{LeaveGroupRequest, LeaveGroupResponse};

/// The first version in which several leave.
const MEMBERS_VERSION_MIN: i16 = 3;

impl Handle for LeaveGroupRequest {
    async fn handle(self, context: &RequestContext<'_>) -> Answer {
        let has_list = context.version() >= MEMBERS_VERSION_MIN;
        let leaving = if has_list {
            let members = self.members.iter();
            let of = members.map(|member| Member {
                id: member.member_id.to_string(),
                instance: owned(member.group_instance_id.as_ref()),
            });
            of.collect()
        } else {
            vec![Member {
                id: self.member_id.to_string(),
                instance: None,
            }]
        };
        let left = if self.group_id.is_empty() {
            Err(ErrorCode::InvalidGroupId)
        } else {
            let request = GroupRequest::Leave(self.group_id.to_string(), leaving);
            ask(context, &self.group_id, request).await
        };
        let response = LeaveGroupResponse::default();
        let left = match left {
            Ok(GroupResponse::Left(left)) => left,
            Ok(_) => Vec::new(),
            Err(code) => return response.with_error_code(code.code()).into(),
        };
        if !has_list {
            let code = left.first().map_or(ErrorCode::None, |(_, code)| *code);
            return response.with_error_code(code.code()).into();
        }
        let members = left.into_iter().map(|(member, code)| {
            MemberResponse::default()
                .with_member_id(text(member.id))
                .with_group_instance_id(member.instance.map(text))
                .with_error_code(code.code())
        });
        response.with_members(members.collect()).into()
    }
}
