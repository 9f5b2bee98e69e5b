//! ConsumerGroupDescribe.

use crate::broker::answer::Answer;
use crate::broker::context::RequestContext;
use crate::broker::dispatch::Handle;
use crate::protocol::ErrorCode;
use crate::protocol::messages::{
    ConsumerGroupDescribeRequest, ConsumerGroupDescribeResponse,
    consumer_group_describe_response::DescribedGroup,
};

impl Handle for ConsumerGroupDescribeRequest {
    async fn handle(self, _context: &RequestContext<'_>) -> Answer {
        let code = ErrorCode::CoordinatorNotAvailable.code();
        let refused = |group| {
            DescribedGroup::default()
                .with_group_id(group)
                .with_error_code(code)
        };
        let groups = self.group_ids.into_iter().map(refused).collect();
        ConsumerGroupDescribeResponse::default()
            .with_groups(groups)
            .into()
    }
}
