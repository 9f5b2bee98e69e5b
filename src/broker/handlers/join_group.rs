//! JoinGroup.

use crate::broker::answer::Answer;
use crate::broker::context::RequestContext;
use crate::broker::dispatch::Handle;
use crate::protocol::ErrorCode;
use crate::protocol::messages::{JoinGroupRequest, JoinGroupResponse};

impl Handle for JoinGroupRequest {
    async fn handle(self, _context: &RequestContext<'_>) -> Answer {
        let code = ErrorCode::CoordinatorNotAvailable.code();
        JoinGroupResponse::default().with_error_code(code).into()
    }
}
