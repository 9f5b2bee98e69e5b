//! Heartbeat.

use crate::broker::answer::Answer;
use crate::broker::context::RequestContext;
use crate::broker::dispatch::Handle;
use crate::protocol::ErrorCode;
use crate::protocol::messages::{HeartbeatRequest, HeartbeatResponse};

impl Handle for HeartbeatRequest {
    async fn handle(self, _context: &RequestContext<'_>) -> Answer {
        let code = ErrorCode::CoordinatorNotAvailable.code();
        HeartbeatResponse::default().with_error_code(code).into()
    }
}
