//! Heartbeat, versions 0 to 4: a member of a classic group is alive.
//!
//! Version 3 has static ids (KIP-345).

use super::group_call::{ask, owned};
use crate::broker::answer::Answer;
use crate::broker::context::RequestContext;
use crate::broker::dispatch::Handle;
use crate::coordinator::group::{Beat, GroupRequest, Member};
use crate::protocol::ErrorCode;
use crate::protocol::messages::{HeartbeatRequest, HeartbeatResponse};

impl Handle for HeartbeatRequest {
    async fn handle(self, context: &RequestContext<'_>) -> Answer {
        let beat = Beat {
            group: self.group_id.to_string(),
            generation: self.generation_id,
            member: Member {
                id: self.member_id.to_string(),
                instance: owned(self.group_instance_id.as_ref()),
            },
        };
        let code = if self.group_id.is_empty() {
            ErrorCode::InvalidGroupId
        } else {
            let answer = ask(context, &self.group_id, GroupRequest::Heartbeat(beat)).await;
            answer.err().unwrap_or(ErrorCode::None)
        };
        HeartbeatResponse::default()
            .with_error_code(code.code())
            .into()
    }
}
