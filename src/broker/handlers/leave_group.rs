//! LeaveGroup.

use crate::broker::answer::Answer;
use crate::broker::context::RequestContext;
use crate::broker::dispatch::Handle;
use crate::protocol::ErrorCode;
use crate::protocol::messages::{LeaveGroupRequest, LeaveGroupResponse};

impl Handle for LeaveGroupRequest {
    async fn handle(self, _context: &RequestContext<'_>) -> Answer {
        let code = ErrorCode::CoordinatorNotAvailable.code();
        LeaveGroupResponse::default().with_error_code(code).into()
    }
}
