//! DescribeGroups.

use crate::broker::answer::Answer;
use crate::broker::context::RequestContext;
use crate::broker::dispatch::Handle;
use crate::protocol::ErrorCode;
use crate::protocol::messages::{
    DescribeGroupsRequest, DescribeGroupsResponse, describe_groups_response::DescribedGroup,
};

impl Handle for DescribeGroupsRequest {
    async fn handle(self, _context: &RequestContext<'_>) -> Answer {
        let code = ErrorCode::CoordinatorNotAvailable.code();
        let refused = |group| {
            DescribedGroup::default()
                .with_group_id(group)
                .with_error_code(code)
        };
        let groups = self.groups.into_iter().map(refused).collect();
        DescribeGroupsResponse::default().with_groups(groups).into()
    }
}
