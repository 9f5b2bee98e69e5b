//! Administration: Kafka's `Admin`, as far as the commands need it.
//!
//! Every call takes and returns plain values; what concerns several items has a result an item,
//! in the order of the request. A call is sent again after errors that pass by themselves, until
//! `default.api.timeout.ms` is over. Unlike Kafka's client, a topic that does not exist is an
//! error at once, not after a minute.

mod cluster;
mod config_entry;
mod configs;
mod descriptions;
mod fetch_bytes;
mod group_listings;
mod group_offsets;
mod groups;
mod leaders;
mod log_dirs;
mod offsets;
mod reassignments;
mod records;
mod topics;

use std::sync::Arc;

use tokio::time::Instant;

pub use cluster::ClusterDescription;
pub use config_entry::{ConfigEntry, ConfigSource, ConfigSynonym, ConfigType};
pub use configs::{ConfigChange, ConfigOperation, ConfigResource, ResourceKind};
pub use descriptions::{PartitionDescription, TopicDescription};
pub use fetch_bytes::{FetchFrom, FetchLimits, FetchRole, FetchedBytes};
pub use group_listings::{GroupListing, GroupState, GroupType};
pub use group_offsets::{CommittedOffsets, OffsetAndMetadata};
pub(crate) use group_offsets::{
    commit_codes, commit_results, committed_offsets, fetch_codes, offset_commit_request,
    offset_fetch_request,
};
pub use groups::{ConsumerGroupDescription, MemberDescription, TopicPartitions};
pub use log_dirs::{LogDirDescription, Replica, ReplicaInfo};
pub use offsets::{IsolationLevel, ListedOffset, OffsetSpec};
pub(crate) use offsets::{list_offsets_request, listed_offsets};
pub use reassignments::Reassignment;
pub use topics::{CreatedTopic, NewPartitions, NewTopic, TopicListing};

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

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;
    use crate::client::fake_broker::{FakeBroker, Reply, TOPIC, api_versions};
    use crate::client::{ClientKind, Log};
    use crate::protocol::messages::create_topics_response::CreatableTopicResult;
    use crate::protocol::messages::{ApiVersionsResponse, CreateTopicsResponse, TopicName};
    use crate::protocol::{ApiKey, Request};

    fn admin(servers: &str, settings: &[(&str, &str)]) -> Admin {
        let mut map = BTreeMap::from([("bootstrap.servers".to_owned(), servers.to_owned())]);
        map.insert("retry.backoff.ms".into(), "5".into());
        map.extend(
            settings
                .iter()
                .map(|(k, v)| ((*k).to_owned(), (*v).to_owned())),
        );
        Admin::new(ClientConfig::from_map(ClientKind::Admin, &map, Log::silent()).unwrap())
    }

    #[tokio::test]
    async fn calls_can_be_made_in_any_task() {
        fn is_send<T: Send>(future: T) -> T {
            future
        }
        let broker = FakeBroker::start(|_| Reply::Usual);
        let admin = admin(&broker.servers(), &[]);
        let wanted = [(
            crate::types::TopicPartition::new(TOPIC, 0),
            OffsetSpec::Latest,
        )];
        let offsets = is_send(admin.list_offsets(&wanted, IsolationLevel::ReadUncommitted));
        assert!(offsets.await.unwrap()[0].1.is_ok());
        assert!(is_send(admin.list_topics()).await.is_ok());
    }

    #[tokio::test]
    async fn a_broker_that_is_not_there_is_told_in_kafkas_words() {
        let admin = admin("127.0.0.1:1", &[("default.api.timeout.ms", "120")]);
        let error = admin.list_topics().await.unwrap_err();
        assert_eq!(
            error.java(),
            "org.apache.kafka.common.errors.TimeoutException: \
             Timed out waiting for a node assignment. Call: listTopics"
        );
    }

    #[tokio::test]
    async fn a_broker_that_knows_an_older_api_versions_is_spoken_to_in_that() {
        let mut asked = 0;
        let broker = FakeBroker::start(move |request| match request {
            Request::ApiVersions(_) => {
                asked += 1;
                if asked > 1 {
                    return Reply::Usual;
                }
                let refusal = ApiVersionsResponse::default()
                    .with_error_code(ErrorCode::UnsupportedVersion.code());
                Reply::InsteadIn(0, refusal.into())
            }
            _ => Reply::Usual,
        });
        let admin = admin(&broker.servers(), &[]);
        // The refusal names no versions, so version 0 is next.
        let topics = admin.list_topics().await.unwrap();
        assert_eq!(topics[0].name, TOPIC);
    }

    #[tokio::test]
    async fn a_broker_without_the_paged_description_is_asked_by_metadata() {
        let broker = FakeBroker::start(|request| match request {
            Request::ApiVersions(_) => {
                let mut versions = api_versions();
                let paged = ApiKey::DescribeTopicPartitions.code();
                versions.api_keys.retain(|api| api.api_key != paged);
                Reply::Instead(versions.into())
            }
            _ => Reply::Usual,
        });
        let admin = admin(&broker.servers(), &[]);
        let names = [TOPIC.to_owned(), "other".to_owned()];
        let described = admin.describe_topics(&names, 2000).await.unwrap();
        let topic = described[0].1.as_ref().unwrap();
        assert_eq!(topic.partitions[0].elr, None);
        assert!(described[1].1.is_err());
    }

    #[tokio::test]
    async fn a_controller_that_moved_is_looked_up_again() {
        let mut asked = 0;
        let broker = FakeBroker::start(move |request| match request {
            Request::CreateTopics(_) => {
                asked += 1;
                let code = if asked == 1 {
                    ErrorCode::NotController
                } else {
                    ErrorCode::None
                };
                let topic = CreatableTopicResult::default()
                    .with_name(TopicName("new".into()))
                    .with_error_code(code.code());
                Reply::Instead(
                    CreateTopicsResponse::default()
                        .with_topics(vec![topic])
                        .into(),
                )
            }
            _ => Reply::Usual,
        });
        let admin = admin(&broker.servers(), &[]);
        let topic = NewTopic {
            name: "new".into(),
            ..NewTopic::default()
        };
        let created = admin.create_topics(&[topic], Apply::Now).await.unwrap();
        assert!(created[0].1.is_ok(), "{created:?}");
    }

    #[tokio::test]
    async fn an_answer_that_is_lost_is_asked_for_again() {
        let mut asked = 0;
        let broker = FakeBroker::start(move |request| match request {
            Request::Metadata(_) => {
                asked += 1;
                if asked < 3 {
                    Reply::LoseHalf
                } else {
                    Reply::Usual
                }
            }
            _ => Reply::Usual,
        });
        let admin = admin(&broker.servers(), &[]);
        assert_eq!(admin.list_topics().await.unwrap().len(), 1);
    }
}
