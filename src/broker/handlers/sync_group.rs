//! SyncGroup, versions 0 to 5: the leader's assignment, and each member's share of it.
//!
//! Version 3 has static ids (KIP-345), 5 the protocol's type and name (KIP-559).

use super::group_call::{ask, owned};
use super::wire::text;
use crate::broker::answer::Answer;
use crate::broker::context::RequestContext;
use crate::broker::dispatch::Handle;
use crate::coordinator::group::{GroupRequest, GroupResponse, Member, Sync, Synced};
use crate::protocol::ErrorCode;
use crate::protocol::messages::{SyncGroupRequest, SyncGroupResponse};

/// The first version with the protocol's type and name.
const PROTOCOL_VERSION_MIN: i16 = 5;

impl Handle for SyncGroupRequest {
    async fn handle(self, context: &RequestContext<'_>) -> Answer {
        let synced = match synced(&self, context).await {
            Ok(GroupResponse::Synced(synced)) => synced,
            Ok(_) => Synced::refused(ErrorCode::UnknownServerError),
            Err(code) => Synced::refused(code),
        };
        let response = SyncGroupResponse::default()
            .with_error_code(synced.error.code())
            .with_assignment(synced.assignment.into());
        if context.version() < PROTOCOL_VERSION_MIN {
            return response.into();
        }
        response
            .with_protocol_type(synced.protocol_type.map(text))
            .with_protocol_name(synced.protocol.map(text))
            .into()
    }
}

async fn synced(
    request: &SyncGroupRequest,
    context: &RequestContext<'_>,
) -> Result<GroupResponse, ErrorCode> {
    let protocol_type = owned(request.protocol_type.as_ref());
    let protocol = owned(request.protocol_name.as_ref());
    let names_protocol = protocol_type.is_some() && protocol.is_some();
    if context.version() >= PROTOCOL_VERSION_MIN && !names_protocol {
        return Err(ErrorCode::InconsistentGroupProtocol);
    }
    if request.group_id.is_empty() {
        return Err(ErrorCode::InvalidGroupId);
    }
    let assignments = request.assignments.iter();
    let sync = Sync {
        group: request.group_id.to_string(),
        generation: request.generation_id,
        member: Member {
            id: request.member_id.to_string(),
            instance: owned(request.group_instance_id.as_ref()),
        },
        protocol_type,
        protocol,
        assignments: assignments
            .map(|given| (given.member_id.to_string(), given.assignment.to_vec()))
            .collect(),
    };
    ask(context, &request.group_id, GroupRequest::Sync(sync)).await
}
