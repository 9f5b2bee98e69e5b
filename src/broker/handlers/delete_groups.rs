//! DeleteGroups.

use crate::broker::answer::Answer;
use crate::broker::context::RequestContext;
use crate::broker::dispatch::Handle;
use crate::protocol::ErrorCode;
use crate::protocol::messages::{
    DeleteGroupsRequest, DeleteGroupsResponse, delete_groups_response::DeletableGroupResult,
};

impl Handle for DeleteGroupsRequest {
    async fn handle(self, _context: &RequestContext<'_>) -> Answer {
        let code = ErrorCode::CoordinatorNotAvailable.code();
        let refused = |group| {
            DeletableGroupResult::default()
                .with_group_id(group)
                .with_error_code(code)
        };
        let results = self.groups_names.into_iter().map(refused).collect();
        DeleteGroupsResponse::default().with_results(results).into()
    }
}
