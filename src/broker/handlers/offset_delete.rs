//! OffsetDelete.

use crate::broker::answer::Answer;
use crate::broker::context::RequestContext;
use crate::broker::dispatch::Handle;
use crate::protocol::ErrorCode;
use crate::protocol::messages::{OffsetDeleteRequest, OffsetDeleteResponse};

impl Handle for OffsetDeleteRequest {
    async fn handle(self, _context: &RequestContext<'_>) -> Answer {
        let code = ErrorCode::CoordinatorNotAvailable.code();
        OffsetDeleteResponse::default().with_error_code(code).into()
    }
}
