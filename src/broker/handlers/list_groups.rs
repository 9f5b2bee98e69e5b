//! ListGroups, versions 0 to 5: the groups that this broker coordinates.
//!
//! Version 4 chooses by state (KIP-518), 5 by type (KIP-848).

use super::group_call::group_id;
use super::wire::text;
use crate::broker::answer::Answer;
use crate::broker::context::RequestContext;
use crate::broker::dispatch::Handle;
use crate::coordinator::group::{GroupRequest, GroupResponse};
use crate::protocol::messages::list_groups_response::ListedGroup;
use crate::protocol::messages::{ListGroupsRequest, ListGroupsResponse, StrBytes};

/// The first version with states.
const STATES_VERSION_MIN: i16 = 4;
/// The first version with types.
const TYPES_VERSION_MIN: i16 = 5;

impl Handle for ListGroupsRequest {
    async fn handle(self, context: &RequestContext<'_>) -> Answer {
        let lower = |texts: &[StrBytes]| {
            let texts = texts.iter().map(|text| text.trim().to_lowercase());
            texts.collect()
        };
        let request = GroupRequest::List {
            states: lower(&self.states_filter),
            types: lower(&self.types_filter),
        };
        let state = &context.connection.state;
        let answers = match state.groups.ask_all(state, &request).await {
            Ok(answers) => answers,
            Err(code) => {
                return ListGroupsResponse::default()
                    .with_error_code(code.code())
                    .into();
            }
        };
        let mut groups = Vec::new();
        for answer in answers {
            let GroupResponse::Listed(listed) = answer else {
                continue;
            };
            for group in listed {
                let mut listed = ListedGroup::default()
                    .with_group_id(group_id(&group.group))
                    .with_protocol_type(text(group.protocol_type));
                if context.version() >= STATES_VERSION_MIN {
                    listed.group_state = text(group.state);
                }
                if context.version() >= TYPES_VERSION_MIN {
                    listed.group_type = text(group.kind);
                }
                groups.push(listed);
            }
        }
        groups.sort_by(|a, b| a.group_id.0.cmp(&b.group_id.0));
        ListGroupsResponse::default().with_groups(groups).into()
    }
}
