//! What the handlers of group APIs share: asking a group's shard.

use crate::broker::context::RequestContext;
use crate::coordinator::group::{Client, GroupRequest, GroupResponse};
use crate::protocol::ErrorCode;
use crate::protocol::messages::{GroupId, StrBytes};

use super::wire::text;

/// Every operation on a group, as without an authorizer: read, delete, describe, describe and
/// alter configs (bit numbers of `AclOperation`).
pub(super) const GROUP_OPERATIONS: i32 = 1 << 3 | 1 << 6 | 1 << 8 | 1 << 10 | 1 << 11;

/// Has a group's shard do something.
pub(super) async fn ask(
    context: &RequestContext<'_>,
    group: &str,
    request: GroupRequest,
) -> Result<GroupResponse, ErrorCode> {
    let state = &context.connection.state;
    match state.groups.ask(state, group, request).await? {
        GroupResponse::Code(code) if code != ErrorCode::None => Err(code),
        response => Ok(response),
    }
}

/// Returns who asks, as Kafka names it.
pub(super) fn client(context: &RequestContext<'_>) -> Client {
    let id = String::from_utf8_lossy(&context.header.client_id);
    Client {
        id: id.into_owned(),
        host: format!("/{}", context.connection.peer.ip()),
    }
}

/// Returns a group's id that a response owns.
pub(super) fn group_id(group: &str) -> GroupId {
    GroupId(text(group))
}

/// Returns a text that may be missing.
pub(super) fn owned(text: Option<&StrBytes>) -> Option<String> {
    text.map(|text| text.to_string())
}
