//! JoinGroup, versions 0 to 9: a member of a classic group joins or comes back.
//!
//! Version 1 has a rebalance timeout, 4 tells newcomers their id first (KIP-394), 5 static ids
//! (KIP-345), 7 the protocol's type (KIP-559), 8 a reason, 9 leaders without work (KIP-814).

use super::group_call::{ask, client, owned};
use super::wire::text;
use crate::broker::answer::Answer;
use crate::broker::context::RequestContext;
use crate::broker::dispatch::Handle;
use crate::coordinator::group::{GroupRequest, GroupResponse, Join, Joined, Member};
use crate::protocol::ErrorCode;
use crate::protocol::messages::join_group_response::JoinGroupResponseMember;
use crate::protocol::messages::{JoinGroupRequest, JoinGroupResponse};

/// The first version with a rebalance timeout of its own.
const REBALANCE_TIMEOUT_VERSION_MIN: i16 = 1;
/// The first version in which newcomers are told their id before they are let in.
const KNOWN_ID_VERSION_MIN: i16 = 4;
/// The first version with static ids.
const INSTANCE_VERSION_MIN: i16 = 5;
/// The first version with the protocol's type.
const PROTOCOL_TYPE_VERSION_MIN: i16 = 7;
/// The first version in which a leader may have nothing to assign.
const SKIP_ASSIGNMENT_VERSION_MIN: i16 = 9;

impl Handle for JoinGroupRequest {
    async fn handle(self, context: &RequestContext<'_>) -> Answer {
        let version = context.version();
        let group = self.group_id.to_string();
        let protocols = self.protocols.iter();
        let join = Join {
            group: group.clone(),
            member: Member {
                id: self.member_id.to_string(),
                instance: owned(self.group_instance_id.as_ref()),
            },
            client: client(context),
            session_timeout_ms: self.session_timeout_ms,
            rebalance_timeout_ms: if version < REBALANCE_TIMEOUT_VERSION_MIN {
                self.session_timeout_ms
            } else {
                self.rebalance_timeout_ms
            },
            protocol_type: self.protocol_type.to_string(),
            protocols: protocols
                .map(|protocol| (protocol.name.to_string(), protocol.metadata.to_vec()))
                .collect(),
            needs_known_id: version >= KNOWN_ID_VERSION_MIN,
            can_skip_assignment: version >= SKIP_ASSIGNMENT_VERSION_MIN,
        };
        let member = self.member_id.to_string();
        let joined = if group.is_empty() {
            Err(ErrorCode::InvalidGroupId)
        } else {
            ask(context, &group, GroupRequest::Join(join)).await
        };
        let joined = match joined {
            Ok(GroupResponse::Joined(joined)) => joined,
            Ok(_) => Joined::refused(&member, ErrorCode::UnknownServerError),
            Err(code) => Joined::refused(&member, code),
        };
        response(joined, version).into()
    }
}

fn response(joined: Joined, version: i16) -> JoinGroupResponse {
    let members = joined.members.into_iter().map(|(member, metadata)| {
        let introduced = JoinGroupResponseMember::default()
            .with_member_id(text(member.id))
            .with_metadata(metadata.into());
        if version >= INSTANCE_VERSION_MIN {
            introduced.with_group_instance_id(member.instance.map(text))
        } else {
            introduced
        }
    });
    let response = JoinGroupResponse::default()
        .with_error_code(joined.error.code())
        .with_generation_id(joined.generation)
        .with_leader(text(joined.leader))
        .with_member_id(text(joined.member))
        .with_skip_assignment(joined.skip_assignment)
        .with_members(members.collect());
    if version >= PROTOCOL_TYPE_VERSION_MIN {
        response
            .with_protocol_type(joined.protocol_type.map(text))
            .with_protocol_name(joined.protocol.map(text))
    } else {
        // Null is not known before.
        response.with_protocol_name(Some(text(joined.protocol.unwrap_or_default())))
    }
}
