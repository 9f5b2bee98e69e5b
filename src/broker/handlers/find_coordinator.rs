//! FindCoordinator, versions 0 to 6: who coordinates a group or a transaction.
//!
//! From version 1 on for transactions too, from 4 on for several keys (KIP-699), 6 for share
//! groups. The topic that holds the groups is made when it is first asked for. Transactions and
//! share groups have no coordinator yet: COORDINATOR_NOT_AVAILABLE, on which clients ask again.

use std::sync::Arc;

use super::cluster_view::ClusterView;
use super::wire::text;
use crate::broker::answer::Answer;
use crate::broker::context::RequestContext;
use crate::broker::dispatch::Handle;
use crate::broker::groups;
use crate::broker::internal_topics::GROUP_METADATA;
use crate::coordinator::group::partition_for;
use crate::protocol::ErrorCode;
use crate::protocol::messages::find_coordinator_response::Coordinator;
use crate::protocol::messages::{
    BrokerId, FindCoordinatorRequest, FindCoordinatorResponse, StrBytes,
};

/// The first version with several keys.
const KEYS_VERSION_MIN: i16 = 4;
/// The first version for share groups.
const SHARE_VERSION_MIN: i16 = 6;
/// Kinds of keys.
const GROUP: i8 = 0;
const TRANSACTION: i8 = 1;
const SHARE: i8 = 2;

/// Where a coordinator is.
struct Found {
    id: i32,
    host: String,
    port: i32,
}

impl Handle for FindCoordinatorRequest {
    async fn handle(self, context: &RequestContext<'_>) -> Answer {
        let response = FindCoordinatorResponse::default();
        if context.version() < KEYS_VERSION_MIN {
            let response = match find(self.key_type, &self.key, context).await {
                Ok(found) => response
                    .with_error_message(said(ErrorCode::None))
                    .with_node_id(BrokerId(found.id))
                    .with_host(text(found.host))
                    .with_port(found.port),
                Err(code) => response
                    .with_error_code(code.code())
                    .with_error_message(said(code))
                    .with_node_id(BrokerId(-1))
                    .with_port(-1),
            };
            return response.into();
        }
        let mut coordinators = Vec::new();
        for key in &self.coordinator_keys {
            let told = Coordinator::default().with_key(text(key.as_str()));
            let told = match find(self.key_type, key, context).await {
                Ok(found) => told
                    .with_error_message(Some(text("")))
                    .with_node_id(BrokerId(found.id))
                    .with_host(text(found.host))
                    .with_port(found.port),
                Err(code) => told
                    .with_error_code(code.code())
                    .with_error_message(Some(text(code.message())))
                    .with_node_id(BrokerId(-1))
                    .with_port(-1),
            };
            coordinators.push(told);
        }
        response.with_coordinators(coordinators).into()
    }
}

fn said(code: ErrorCode) -> Option<StrBytes> {
    Some(text(code.message()))
}

async fn find(kind: i8, key: &str, context: &RequestContext<'_>) -> Result<Found, ErrorCode> {
    match kind {
        GROUP => {}
        TRANSACTION => return Err(ErrorCode::CoordinatorNotAvailable),
        SHARE if context.version() >= SHARE_VERSION_MIN => {
            return Err(ErrorCode::CoordinatorNotAvailable);
        }
        _ => return Err(ErrorCode::InvalidRequest),
    }
    let state = &context.connection.state;
    groups::ensure_topic(state).await?;
    let number = partition_for(key, groups::partitions(state));
    let image = Arc::clone(&*context.image.load());
    let view = ClusterView {
        image: &image,
        listener: &context.connection.listener,
    };
    let gone = ErrorCode::CoordinatorNotAvailable;
    let partition = image.partition(GROUP_METADATA, number).ok_or(gone)?;
    let leader = view.leader(partition).map_err(|_| gone)?;
    let broker = image.broker(leader).ok_or(gone)?;
    let endpoint = broker.endpoint(view.listener).ok_or(gone)?;
    Ok(Found {
        id: leader.0,
        host: endpoint.host.clone(),
        port: i32::from(endpoint.port),
    })
}
