//! ListGroups.

use crate::broker::answer::Answer;
use crate::broker::context::RequestContext;
use crate::broker::dispatch::Handle;
use crate::protocol::ErrorCode;
use crate::protocol::messages::{ListGroupsRequest, ListGroupsResponse};

impl Handle for ListGroupsRequest {
    async fn handle(self, _context: &RequestContext<'_>) -> Answer {
        let code = ErrorCode::CoordinatorNotAvailable.code();
        ListGroupsResponse::default().with_error_code(code).into()
    }
}
