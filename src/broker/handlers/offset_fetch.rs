//! OffsetFetch.

use crate::broker::answer::Answer;
use crate::broker::context::RequestContext;
use crate::broker::dispatch::Handle;
use crate::protocol::ErrorCode;
use crate::protocol::messages::{
    OffsetFetchRequest, OffsetFetchResponse, offset_fetch_request::OffsetFetchRequestGroup,
    offset_fetch_response::OffsetFetchResponseGroup,
};

impl Handle for OffsetFetchRequest {
    async fn handle(self, context: &RequestContext<'_>) -> Answer {
        let code = ErrorCode::CoordinatorNotAvailable.code();
        if context.version() < 8 {
            let code = if context.version() >= 2 { code } else { 0 };
            return OffsetFetchResponse::default().with_error_code(code).into();
        }
        let refused = |group: OffsetFetchRequestGroup| {
            OffsetFetchResponseGroup::default()
                .with_group_id(group.group_id)
                .with_error_code(code)
        };
        let groups = self.groups.into_iter().map(refused).collect();
        OffsetFetchResponse::default().with_groups(groups).into()
    }
}
