//! ConsumerGroupHeartbeat.

use crate::broker::answer::Answer;
use crate::broker::context::RequestContext;
use crate::broker::dispatch::Handle;
use crate::protocol::ErrorCode;
use crate::protocol::messages::{ConsumerGroupHeartbeatRequest, ConsumerGroupHeartbeatResponse};

impl Handle for ConsumerGroupHeartbeatRequest {
    async fn handle(self, _context: &RequestContext<'_>) -> Answer {
        let code = ErrorCode::CoordinatorNotAvailable.code();
        ConsumerGroupHeartbeatResponse::default()
            .with_error_code(code)
            .into()
    }
}
