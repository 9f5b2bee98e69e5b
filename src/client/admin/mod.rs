//! Administration: Kafka's `Admin`, as far as the commands need it.
//!
//! Every call takes and returns plain values; what concerns several items has a result an item,
//! in the order of the request. A call is sent again after errors that pass by themselves, until
//! `default.api.timeout.ms` is over. Unlike Kafka's client, a topic that does not exist is an
//! error at once, not after a minute.

mod cluster;
mod configs;
mod leaders;
mod offsets;
mod reassignments;
mod records;
mod topics;

use std::sync::Arc;

use tokio::time::Instant;

pub use cluster::ClusterDescription;
pub use configs::{
    ConfigChange, ConfigEntry, ConfigOperation, ConfigResource, ConfigSource, ConfigSynonym,
    ConfigType, ResourceKind,
};
pub use offsets::{IsolationLevel, ListedOffset, OffsetSpec};
pub(crate) use offsets::{list_offsets_request, listed_offsets};
pub use reassignments::Reassignment;
pub use topics::{
    CreatedTopic, NewPartitions, NewTopic, PartitionDescription, TopicDescription, TopicListing,
};

use super::cluster::{Cluster, Target};
use super::config::ClientConfig;
use super::error::ClientError;
use crate::protocol::{ApiRequest, ErrorCode};

/// Whether a change is made, or only checked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Apply {
    /// It is made.
    Now,
    /// It is checked as if it were to be made (`validate_only`).
    ValidateOnly,
}

/// One result an item, in the order of the request.
pub type Results<K, V> = Vec<(K, Result<V, ClientError>)>;

/// Administration of a cluster.
#[derive(Clone, Debug)]
pub struct Admin {
    cluster: Arc<Cluster>,
}

impl Admin {
    /// Returns the administration of the cluster of these settings; nothing is connected yet.
    #[must_use]
    pub fn new(config: ClientConfig) -> Self {
        Self::over(Cluster::new(config))
    }

    /// Returns the administration of a cluster that others use too.
    #[must_use]
    pub const fn over(cluster: Arc<Cluster>) -> Self {
        Self { cluster }
    }

    /// Returns the cluster.
    #[must_use]
    pub const fn cluster(&self) -> &Arc<Cluster> {
        &self.cluster
    }

    /// Returns how long a broker may take over a request, for the field of that name.
    fn request_timeout_ms(&self) -> i32 {
        let timeout = self.cluster.config().request_timeout;
        i32::try_from(timeout.as_millis()).unwrap_or(i32::MAX)
    }

    /// Calls the controller, again if the broker that was asked no longer passes requests to it.
    async fn call_controller<R: ApiRequest>(
        &self,
        name: &str,
        build: impl Fn(i16) -> R,
        codes: impl Fn(&R::Response) -> Vec<i16>,
    ) -> Result<R::Response, ClientError> {
        let deadline = self.cluster.api_deadline();
        let mut failures = 0;
        loop {
            let call = self
                .cluster
                .call(name, Target::Controller, deadline, &build);
            let response = call.await?;
            if !codes(&response).contains(&ErrorCode::NotController.code()) {
                return Ok(response);
            }
            failures += 1;
            let wait = self.cluster.retry_wait(failures);
            if Instant::now() + wait >= deadline {
                return Err(ErrorCode::NotController.into());
            }
            self.cluster.forget_controller();
            tokio::time::sleep(wait).await;
        }
    }

    /// Calls whichever broker is there.
    async fn call_any<R: ApiRequest>(
        &self,
        name: &str,
        build: impl Fn(i16) -> R,
    ) -> Result<R::Response, ClientError> {
        let deadline = self.cluster.api_deadline();
        self.cluster.call(name, Target::Any, deadline, build).await
    }
}

/// Puts results in the order of the request; an item that the answer lacks is an error.
fn in_order<K: PartialEq, V>(
    wanted: impl IntoIterator<Item = K>,
    mut found: Results<K, V>,
    show: impl Fn(&K) -> String,
) -> Results<K, V> {
    let place = |key: K| {
        let index = found.iter().position(|(other, _)| *other == key);
        let result = index.map_or_else(
            || Err(ClientError::Incomplete { what: show(&key) }),
            |index| found.swap_remove(index).1,
        );
        (key, result)
    };
    wanted.into_iter().map(place).collect()
}
