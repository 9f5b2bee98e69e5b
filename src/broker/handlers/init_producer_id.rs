//! InitProducerId, versions 0 to 5: a fresh id for an idempotent producer (KIP-98).
//!
//! Without a transactional id the answer is always a new id at epoch 0, whatever the client had.
//! A transactional id needs a coordinator; until there is one the answer is the code on which
//! clients look for it again.

use crate::broker::answer::Answer;
use crate::broker::context::RequestContext;
use crate::broker::dispatch::Handle;
use crate::protocol::ErrorCode;
use crate::protocol::messages::{InitProducerIdRequest, InitProducerIdResponse, ProducerId};

impl Handle for InitProducerIdRequest {
    async fn handle(self, context: &RequestContext<'_>) -> Answer {
        let refuse = |code: ErrorCode| {
            InitProducerIdResponse::default()
                .with_error_code(code.code())
                .with_producer_id(ProducerId(-1))
                .with_producer_epoch(-1)
        };
        match &self.transactional_id {
            Some(id) if id.is_empty() => return refuse(ErrorCode::InvalidRequest).into(),
            Some(_) => return refuse(ErrorCode::CoordinatorNotAvailable).into(),
            None => {}
        }
        match context.producer_ids.next(&context.controller).await {
            Ok(id) => InitProducerIdResponse::default()
                .with_producer_id(ProducerId(id))
                .with_producer_epoch(0)
                .into(),
            Err(code) => refuse(code).into(),
        }
    }
}
