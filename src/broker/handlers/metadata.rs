//! Metadata, versions 0 to 13: brokers, and topics with their partitions.
//!
//! A topic that is not there may be created (KIP-204 lets the client say no, from version 4); it
//! is answered at once, where Apache Kafka answers UNKNOWN_TOPIC_OR_PARTITION first. Operations
//! are told only if asked for (KIP-430), topics are found by id from version 12 (KIP-516).

use std::collections::BTreeSet;

use super::cluster_view::ClusterView;
use super::wire::{
    CLUSTER_OPERATIONS, OPERATIONS_UNASKED, TOPIC_OPERATIONS, brokers, text, topic_name, uuid,
};
use crate::broker::answer::Answer;
use crate::broker::context::RequestContext;
use crate::broker::dispatch::Handle;
use crate::broker::internal_topics::{automatic_topic, is_internal};
use crate::controller::{CreateTopics, Refusal, check_topic_name};
use crate::metadata::{PartitionImage, TopicImage};
use crate::protocol::ErrorCode;
use crate::protocol::messages::metadata_request::MetadataRequestTopic;
use crate::protocol::messages::metadata_response::{
    MetadataResponseBroker, MetadataResponsePartition, MetadataResponseTopic,
};
use crate::protocol::messages::{BrokerId, MetadataRequest, MetadataResponse};
use crate::types::Uuid;

/// The topics that a request asks for.
enum Asked {
    All,
    Names(BTreeSet<String>),
    Ids(BTreeSet<Uuid>),
}

impl Handle for MetadataRequest {
    async fn handle(self, context: &RequestContext<'_>) -> Answer {
        let version = context.version();
        let topics = match &self.topics {
            // In version 0 nothing means everything.
            Some(topics) if !topics.is_empty() || version >= 1 => Some(topics.as_slice()),
            _ => None,
        };
        if version < 12 && topics.is_some_and(|topics| !topics.iter().all(is_by_name)) {
            return invalid(topics.unwrap_or_default(), version).into();
        }
        let asked = asked(topics);
        let may_create = version < 4 || self.allow_auto_topic_creation;
        let refusals = match &asked {
            Asked::Names(names) if may_create => create_missing(names, context).await,
            _ => Vec::new(),
        };
        let with_operations = version >= 8 && self.include_topic_authorized_operations;
        let mut response = cluster(&self, context);
        response.topics = topics_of(&asked, &refusals, context);
        if with_operations {
            for topic in response
                .topics
                .iter_mut()
                .filter(|topic| topic.name.is_some())
            {
                topic.topic_authorized_operations = TOPIC_OPERATIONS;
            }
        }
        response.into()
    }
}

fn is_by_name(topic: &MetadataRequestTopic) -> bool {
    topic.name.is_some() && topic.topic_id.is_nil()
}

/// Answers a request that names topics in a way that its version does not know.
fn invalid(topics: &[MetadataRequestTopic], version: i16) -> MetadataResponse {
    let code = ErrorCode::InvalidRequest.code();
    let topics = topics.iter().map(|topic| {
        let name = topic
            .name
            .as_ref()
            .map_or_else(String::new, |name| name.to_string());
        let mut answer = MetadataResponseTopic::default()
            .with_error_code(code)
            .with_name(Some(topic_name(&name)));
        if version >= 10 {
            answer.topic_id = topic.topic_id;
        }
        answer
    });
    MetadataResponse::default()
        .with_controller_id(BrokerId(-1))
        .with_topics(topics.collect())
}

fn asked(topics: Option<&[MetadataRequestTopic]>) -> Asked {
    let Some(topics) = topics else {
        return Asked::All;
    };
    let ids: BTreeSet<Uuid> = topics
        .iter()
        .filter(|topic| !topic.topic_id.is_nil())
        .map(|topic| Uuid(topic.topic_id.as_u128()))
        .collect();
    if !ids.is_empty() {
        return Asked::Ids(ids);
    }
    Asked::Names(
        topics
            .iter()
            .filter_map(|topic| Some(topic.name.as_ref()?.to_string()))
            .collect(),
    )
}

/// Creates the topics that are not there, if the configuration lets it; returns what was refused.
async fn create_missing(
    names: &BTreeSet<String>,
    context: &RequestContext<'_>,
) -> Vec<(String, ErrorCode)> {
    if !context.config.boolean("auto.create.topics.enable") {
        return Vec::new();
    }
    let image = context.image.load_full();
    let topics: Vec<_> = names
        .iter()
        .filter(|name| image.topic(name).is_none() && check_topic_name(name).is_ok())
        .map(|name| automatic_topic(name, context))
        .collect();
    drop(image);
    if topics.is_empty() {
        return Vec::new();
    }
    let tried: Vec<String> = topics.iter().map(|topic| topic.name.clone()).collect();
    match context
        .controller
        .submit(CreateTopics {
            topics,
            validate_only: false,
        })
        .await
    {
        Ok(outcomes) => {
            let refused = |(name, outcome): (String, Result<_, Refusal>)| {
                let refusal = outcome.err()?;
                tracing::warn!(topic = name, %refusal, "not created automatically");
                Some((name, refusal.code))
            };
            outcomes.into_iter().filter_map(refused).collect()
        }
        Err(code) => tried.into_iter().map(|name| (name, code)).collect(),
    }
}

/// Returns the answer without topics.
fn cluster(request: &MetadataRequest, context: &RequestContext<'_>) -> MetadataResponse {
    let version = context.version();
    let image = context.image.load();
    let view = ClusterView {
        image: &image,
        listener: &context.connection.listener,
    };
    let brokers = view.live_brokers().map(|(broker, endpoint)| {
        let rack = broker.registration.rack.clone().map(text);
        MetadataResponseBroker::default()
            .with_node_id(BrokerId(broker.id().0))
            .with_host(text(endpoint.host.clone()))
            .with_port(i32::from(endpoint.port))
            .with_rack(rack)
    });
    let told = (8..=10).contains(&version) && request.include_cluster_authorized_operations;
    MetadataResponse::default()
        .with_brokers(brokers.collect())
        .with_cluster_id(Some(text(context.cluster_id.clone())))
        .with_controller_id(BrokerId(context.node_id.0))
        .with_cluster_authorized_operations(if told {
            CLUSTER_OPERATIONS
        } else {
            OPERATIONS_UNASKED
        })
}

fn topics_of(
    asked: &Asked,
    refusals: &[(String, ErrorCode)],
    context: &RequestContext<'_>,
) -> Vec<MetadataResponseTopic> {
    let image = context.image.load();
    let view = ClusterView {
        image: &image,
        listener: &context.connection.listener,
    };
    let version = context.version();
    match asked {
        Asked::All => image
            .topics()
            .map(|topic| found(topic, &view, version))
            .collect(),
        Asked::Names(names) => names
            .iter()
            .map(|name| match image.topic(name) {
                Some(topic) => found(topic, &view, version),
                None => missing(name, refusals),
            })
            .collect(),
        Asked::Ids(ids) => {
            let known = ids.iter().filter_map(|id| image.topic_by_id(*id));
            let mut known: Vec<_> = known.collect();
            known.sort_by(|one, other| one.name.cmp(&other.name));
            let unknown = ids.iter().filter(|id| image.topic_by_id(**id).is_none());
            let unknown = unknown.map(|id| {
                MetadataResponseTopic::default()
                    .with_error_code(ErrorCode::UnknownTopicId.code())
                    .with_name(None)
                    .with_topic_id(uuid(*id))
            });
            known
                .into_iter()
                .map(|topic| found(topic, &view, version))
                .chain(unknown)
                .collect()
        }
    }
}

fn missing(name: &str, refusals: &[(String, ErrorCode)]) -> MetadataResponseTopic {
    let refused = refusals.iter().find(|(refused, _)| refused == name);
    let code = match (check_topic_name(name), refused) {
        (Err(refusal), _) => refusal.code,
        // One that can't be cured by asking again; anything else is worth another try.
        (Ok(()), Some((_, ErrorCode::InvalidReplicationFactor))) => {
            ErrorCode::InvalidReplicationFactor
        }
        (Ok(()), _) => ErrorCode::UnknownTopicOrPartition,
    };
    MetadataResponseTopic::default()
        .with_error_code(code.code())
        .with_name(Some(topic_name(name)))
        .with_is_internal(is_internal(name))
}

fn found(topic: &TopicImage, view: &ClusterView<'_>, version: i16) -> MetadataResponseTopic {
    let partitions = (0..).zip(&topic.partitions);
    let partitions =
        partitions.map(|(number, partition)| partition_of(number, partition, view, version));
    MetadataResponseTopic::default()
        .with_name(Some(topic_name(&topic.name)))
        .with_topic_id(uuid(topic.id))
        .with_is_internal(is_internal(&topic.name))
        .with_partitions(partitions.collect())
}

fn partition_of(
    number: i32,
    partition: &PartitionImage,
    view: &ClusterView<'_>,
    version: i16,
) -> MetadataResponsePartition {
    let answer = MetadataResponsePartition::default()
        .with_partition_index(number)
        .with_leader_epoch(partition.leader_epoch.0)
        .with_replica_nodes(brokers(&partition.replicas))
        .with_isr_nodes(brokers(&partition.isr))
        .with_offline_replicas(brokers(&view.offline(partition)));
    let mut answer = match view.leader(partition) {
        Ok(leader) => answer.with_leader_id(BrokerId(leader.0)),
        Err(code) => {
            let known = code != ErrorCode::ListenerNotFound || version >= 6;
            let code = if known {
                code
            } else {
                ErrorCode::LeaderNotAvailable
            };
            answer
                .with_leader_id(BrokerId(-1))
                .with_error_code(code.code())
        }
    };
    if version == 0 && answer.error_code == 0 {
        // The first clients knew only of replicas that live.
        let live = |id: &BrokerId| view.is_live(crate::types::BrokerId(id.0));
        let all = answer.replica_nodes.len() + answer.isr_nodes.len();
        answer.replica_nodes.retain(live);
        answer.isr_nodes.retain(live);
        if answer.replica_nodes.len() + answer.isr_nodes.len() < all {
            answer.error_code = ErrorCode::ReplicaNotAvailable.code();
        }
    }
    answer
}
