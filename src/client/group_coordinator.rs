//! The coordinator of a group: found, remembered, asked; looked for again where it has moved.
//!
//! A call is sent again while the coordinator is unknown, loading, moved or out of reach, until
//! its time is over. Every other answer, errors too, is the caller's.

use std::sync::Arc;
use std::time::Duration;

use parking_lot::Mutex;
use tokio::time::Instant;

use super::cluster::{Cluster, Target};
use super::error::ClientError;
use super::metadata::{BrokerNode, text};
use crate::protocol::messages::{FindCoordinatorRequest, FindCoordinatorResponse};
use crate::protocol::{ApiRequest, ErrorCode};
use crate::types::BrokerId;

/// The first version that asks about several keys at once.
const SEVERAL_KEYS: i16 = 4;
/// How long one try to reach the coordinator may take; then it is looked for again.
const CONNECT_PATIENCE: Duration = Duration::from_secs(1);

/// Who speaks for a member of a group.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct GroupMember {
    /// The group's id.
    pub(crate) group: String,
    /// The generation of a classic group, or the member's epoch; -1 outside of it.
    pub(crate) generation: i32,
    /// The member's id; empty outside of the group.
    pub(crate) member_id: String,
    /// Its static id (`group.instance.id`).
    pub(crate) instance_id: Option<String>,
}

impl GroupMember {
    /// Returns who speaks for nobody in the group, as administration does.
    pub(crate) fn outside(group: &str) -> Self {
        Self {
            group: group.to_owned(),
            generation: -1,
            member_id: String::new(),
            instance_id: None,
        }
    }
}

/// The coordinator of one group.
#[derive(Debug)]
pub(crate) struct GroupCoordinator {
    cluster: Arc<Cluster>,
    group: String,
    node: Mutex<Option<BrokerId>>,
}

impl GroupCoordinator {
    /// Returns the coordinator of `group`, not looked for yet.
    pub(crate) fn new(cluster: Arc<Cluster>, group: &str) -> Self {
        Self {
            cluster,
            group: group.to_owned(),
            node: Mutex::new(None),
        }
    }

    /// Returns the cluster that the coordinator is a broker of.
    pub(crate) const fn cluster(&self) -> &Arc<Cluster> {
        &self.cluster
    }

    /// Forgets which broker it is.
    pub(crate) fn forget(&self) {
        *self.node.lock() = None;
    }

    /// Returns the broker, looked for if it is not known.
    pub(crate) async fn find(
        &self,
        name: &str,
        deadline: Instant,
    ) -> Result<BrokerId, ClientError> {
        if let Some(node) = *self.node.lock() {
            return Ok(node);
        }
        let name = format!("{name}(api=FIND_COORDINATOR)");
        let mut failures = 0;
        loop {
            let build = |version| find_request(version, &self.group);
            let call = self.cluster.call(&name, Target::Any, deadline, build);
            let found = call.await?;
            let error = match coordinator(&found) {
                Ok(node) => {
                    *self.node.lock() = Some(node);
                    return Ok(node);
                }
                Err(error) if error.is_retriable() => error,
                Err(error) => return Err(for_group(error, &self.group)),
            };
            failures += 1;
            self.wait(failures, deadline, error).await?;
        }
    }

    /// Returns the coordinator's address.
    pub(crate) async fn node(&self, name: &str) -> Result<BrokerNode, ClientError> {
        let id = self.find(name, self.cluster.api_deadline()).await?;
        let known = |brokers: Vec<BrokerNode>| brokers.into_iter().find(|broker| broker.id == id);
        known(self.cluster.brokers()).ok_or_else(|| ClientError::Incomplete {
            what: format!("broker {id}"),
        })
    }

    /// Asks the coordinator; `codes` are the error codes of an answer.
    pub(crate) async fn call<R: ApiRequest>(
        &self,
        name: &str,
        deadline: Instant,
        build: impl Fn(i16) -> R,
        codes: impl Fn(&R::Response) -> Vec<i16>,
    ) -> Result<R::Response, ClientError> {
        let mut failures = 0;
        loop {
            let error = match self.try_call(name, deadline, &build).await {
                Ok(response) => {
                    let moved = |code: i16| ErrorCode::from_code(code).filter(|c| has_moved(*c));
                    let Some(code) = codes(&response).into_iter().find_map(moved) else {
                        return Ok(response);
                    };
                    ClientError::from(code)
                }
                Err(error) if error.is_retriable() => error,
                Err(error) => return Err(error),
            };
            if error.code() != Some(ErrorCode::CoordinatorLoadInProgress) {
                self.forget();
            }
            failures += 1;
            self.wait(failures, deadline, error).await?;
        }
    }

    /// Asks the coordinator once.
    pub(crate) async fn try_call<R: ApiRequest>(
        &self,
        name: &str,
        deadline: Instant,
        build: &impl Fn(i16) -> R,
    ) -> Result<R::Response, ClientError> {
        let node = self.find(name, deadline).await?;
        let patience = deadline.min(Instant::now() + CONNECT_PATIENCE);
        let session = self
            .cluster
            .session(name, Target::Broker(node), patience)
            .await?;
        let call = tokio::time::timeout_at(deadline, session.call(build));
        call.await.unwrap_or_else(|_| {
            Err(ClientError::Timeout {
                message: "The broker did not answer in time.".into(),
            })
        })
    }

    async fn wait(
        &self,
        failures: u32,
        deadline: Instant,
        error: ClientError,
    ) -> Result<(), ClientError> {
        let wait = self.cluster.retry_wait(failures);
        if Instant::now() + wait >= deadline {
            return Err(error);
        }
        tokio::time::sleep(wait).await;
        Ok(())
    }
}

/// Returns whether the error says to look for the coordinator again, or to wait for it.
pub(crate) const fn has_moved(code: ErrorCode) -> bool {
    matches!(
        code,
        ErrorCode::CoordinatorLoadInProgress
            | ErrorCode::CoordinatorNotAvailable
            | ErrorCode::NotCoordinator
    )
}

/// Gives an error about access the sentence that names the group.
pub(crate) fn for_group(error: ClientError, group: &str) -> ClientError {
    match error.code() {
        Some(code @ ErrorCode::GroupAuthorizationFailed) => ClientError::Broker {
            code,
            message: Some(format!("Not authorized to access group: {group}")),
        },
        _ => error,
    }
}

fn find_request(version: i16, group: &str) -> FindCoordinatorRequest {
    let request = FindCoordinatorRequest::default();
    if version >= SEVERAL_KEYS {
        request.with_coordinator_keys(vec![text(group)])
    } else {
        request.with_key(text(group))
    }
}

fn coordinator(found: &FindCoordinatorResponse) -> Result<BrokerId, ClientError> {
    let (code, message, node) = match found.coordinators.first() {
        Some(first) => (first.error_code, &first.error_message, first.node_id.0),
        None => (found.error_code, &found.error_message, found.node_id.0),
    };
    ClientError::check(code, message.as_deref())?;
    Ok(BrokerId(node))
}
