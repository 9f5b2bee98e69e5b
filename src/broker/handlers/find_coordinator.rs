//! FindCoordinator, versions 0 to 6: who coordinates a group or a transaction.
//!
//! Listed before coordinators exist, because librdkafka before 2.11 compresses with lz4 only
//! against a broker that lists it. Every key is answered with COORDINATOR_NOT_AVAILABLE, on which
//! clients wait and ask again.

use crate::broker::answer::Answer;
use crate::broker::context::RequestContext;
use crate::broker::dispatch::Handle;
use crate::protocol::ErrorCode;
use crate::protocol::messages::find_coordinator_response::Coordinator;
use crate::protocol::messages::{
    BrokerId, FindCoordinatorRequest, FindCoordinatorResponse, StrBytes,
};

impl Handle for FindCoordinatorRequest {
    async fn handle(self, context: &RequestContext<'_>) -> Answer {
        let code = ErrorCode::CoordinatorNotAvailable;
        let text = StrBytes::from_static_str(code.message());
        let nobody = BrokerId(-1);
        let response = FindCoordinatorResponse::default();
        if context.version() >= 4 {
            let answer = |key: &StrBytes| {
                Coordinator::default()
                    .with_key(StrBytes::from_string(key.as_str().to_owned()))
                    .with_node_id(nobody)
                    .with_port(-1)
                    .with_error_code(code.code())
                    .with_error_message(Some(text.clone()))
            };
            let coordinators = self.coordinator_keys.iter().map(answer).collect();
            return response.with_coordinators(coordinators).into();
        }
        response
            .with_error_code(code.code())
            .with_error_message(Some(text))
            .with_node_id(nobody)
            .with_port(-1)
            .into()
    }
}
