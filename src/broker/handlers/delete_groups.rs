//! DeleteGroups, versions 0 to 2: groups without members go, and their offsets with them.

use super::group_call::ask;
use super::wire::text;
use crate::broker::answer::Answer;
use crate::broker::context::RequestContext;
use crate::broker::dispatch::Handle;
use crate::coordinator::group::GroupRequest;
use crate::protocol::ErrorCode;
use crate::protocol::messages::delete_groups_response::DeletableGroupResult;
use crate::protocol::messages::{DeleteGroupsRequest, DeleteGroupsResponse, GroupId};

impl Handle for DeleteGroupsRequest {
    async fn handle(self, context: &RequestContext<'_>) -> Answer {
        let mut results = Vec::new();
        for group in self.groups_names {
            let request = GroupRequest::DeleteGroup(group.to_string());
            let answer = ask(context, &group, request).await;
            let code = answer.err().unwrap_or(ErrorCode::None);
            let result = DeletableGroupResult::default()
                .with_group_id(GroupId(text(group.as_str())))
                .with_error_code(code.code());
            results.push(result);
        }
        DeleteGroupsResponse::default().with_results(results).into()
    }
}
