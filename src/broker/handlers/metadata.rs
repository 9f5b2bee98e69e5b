//! Metadata, versions 0 to 13: brokers, topics, partitions and who leads them.
//!
//! The host and port told are those of the listener that the client came in on. A topic that is
//! created on the way is answered right away: it can be written to at once.

use super::wire::{
    CLUSTER_OPERATIONS, OPERATIONS_UNASKED, TOPIC_OPERATIONS, brokers, is_internal, text,
    topic_name, uuid,
};
use crate::broker::answer::Answer;
use crate::broker::context::RequestContext;
use crate::broker::dispatch::Handle;
use crate::controller::{CreateTopics, NewTopic};
use crate::metadata::{MetadataImage, PartitionImage, TopicImage};
use crate::protocol::ErrorCode;
use crate::protocol::messages::metadata_response::{
    MetadataResponseBroker, MetadataResponsePartition, MetadataResponseTopic,
};
use crate::protocol::messages::{self, MetadataRequest, MetadataResponse};
use crate::types::{BrokerId, Uuid};

/// A topic as the request names it.
enum Asked {
    Name(String),
    Id(Uuid),
}

impl Handle for MetadataRequest {
    async fn handle(self, context: &RequestContext<'_>) -> Answer {
        let version = context.version();
        let asked = asked(&self, version);
        let mut refused = Vec::new();
        // Below version 4 there is no way to say no.
        if version < 4 || self.allow_auto_topic_creation {
            refused = create_missing(asked.as_deref().unwrap_or_default(), context).await;
        }
        let image = context.image.load();
        let mut topics: Vec<MetadataResponseTopic> = match &asked {
            None => image
                .topics()
                .map(|topic| told(topic, &image, context))
                .collect(),
            Some(asked) => asked
                .iter()
                .map(|asked| find(asked, &refused, &image, context))
                .collect(),
        };
        if version >= 8 && self.include_topic_authorized_operations {
            for topic in topics.iter_mut().filter(|topic| topic.error_code == 0) {
                topic.topic_authorized_operations = TOPIC_OPERATIONS;
            }
        }
        let mut response = MetadataResponse::default()
            .with_brokers(live_brokers(&image, context))
            .with_cluster_id(Some(text(context.cluster_id.clone())))
            .with_controller_id(messages::BrokerId(context.node_id.0))
            .with_topics(topics);
        if (8..=10).contains(&version) && self.include_cluster_authorized_operations {
            response.cluster_authorized_operations = CLUSTER_OPERATIONS;
        }
        response.into()
    }
}

/// Returns the topics asked for; `None` for all.
fn asked(request: &MetadataRequest, version: i16) -> Option<Vec<Asked>> {
    let topics = request.topics.as_ref()?;
    // Version 0 has no null: an empty list is all.
    if topics.is_empty() && version == 0 {
        return None;
    }
    let asked = |topic: &messages::metadata_request::MetadataRequestTopic| {
        let id = Uuid(topic.topic_id.as_u128());
        match &topic.name {
            // The Java client sends an empty name beside an id.
            Some(name) if id.is_zero() => Asked::Name(name.to_string()),
            _ => Asked::Id(id),
        }
    };
    Some(topics.iter().map(asked).collect())
}

/// Creates the topics that are not there; returns those that could not be created.
async fn create_missing(asked: &[Asked], context: &RequestContext<'_>) -> Vec<(String, ErrorCode)> {
    if !context.config.boolean("auto.create.topics.enable") {
        return Vec::new();
    }
    let image = context.image.load_full();
    let topics: Vec<NewTopic> = asked
        .iter()
        .filter_map(|asked| match asked {
            Asked::Name(name) if image.topic(name).is_none() => Some(name),
            _ => None,
        })
        .map(|name| NewTopic {
            name: name.clone(),
            partitions: -1,
            replication_factor: -1,
            ..NewTopic::default()
        })
        .collect();
    if topics.is_empty() {
        return Vec::new();
    }
    let names: Vec<String> = topics.iter().map(|topic| topic.name.clone()).collect();
    match context
        .controller
        .submit(CreateTopics {
            topics,
            validate_only: false,
        })
        .await
    {
        Err(code) => names.into_iter().map(|name| (name, code)).collect(),
        Ok(outcomes) => outcomes
            .into_iter()
            .filter_map(|(name, outcome)| Some((name, outcome.err()?.code)))
            // Another client was quicker.
            .filter(|(_, code)| *code != ErrorCode::TopicAlreadyExists)
            .collect(),
    }
}

fn find(
    asked: &Asked,
    refused: &[(String, ErrorCode)],
    image: &MetadataImage,
    context: &RequestContext<'_>,
) -> MetadataResponseTopic {
    let missing = |code: ErrorCode| {
        MetadataResponseTopic::default()
            .with_error_code(code.code())
            .with_topic_authorized_operations(OPERATIONS_UNASKED)
    };
    match asked {
        Asked::Name(name) => match image.topic(name) {
            Some(topic) => told(topic, image, context),
            None => {
                let refusal = refused.iter().find(|(refused, _)| refused == name);
                let code = refusal.map_or(ErrorCode::UnknownTopicOrPartition, |(_, code)| *code);
                missing(code).with_name(Some(topic_name(name)))
            }
        },
        Asked::Id(id) => match image.topic_by_id(*id) {
            Some(topic) => told(topic, image, context),
            None => {
                let answer = missing(ErrorCode::UnknownTopicId).with_topic_id(uuid(*id));
                // The name may be null from version 12 on.
                answer.with_name((context.version() < 12).then(|| topic_name("")))
            }
        },
    }
}

fn told(
    topic: &TopicImage,
    image: &MetadataImage,
    context: &RequestContext<'_>,
) -> MetadataResponseTopic {
    let mut told = MetadataResponseTopic::default()
        .with_name(Some(topic_name(&topic.name)))
        .with_is_internal(is_internal(&topic.name))
        .with_topic_authorized_operations(OPERATIONS_UNASKED)
        .with_partitions(
            (0..)
                .zip(&topic.partitions)
                .map(|(number, partition)| told_partition(number, partition, image, context))
                .collect(),
        );
    if context.version() >= 10 {
        told.topic_id = uuid(topic.id);
    }
    told
}

fn told_partition(
    number: i32,
    partition: &PartitionImage,
    image: &MetadataImage,
    context: &RequestContext<'_>,
) -> MetadataResponsePartition {
    let offline = offline_replicas(partition, image);
    let code = if partition.leader == BrokerId::NONE {
        ErrorCode::LeaderNotAvailable
    } else {
        ErrorCode::None
    };
    let told = MetadataResponsePartition::default()
        .with_error_code(code.code())
        .with_partition_index(number)
        .with_leader_id(messages::BrokerId(partition.leader.0))
        .with_replica_nodes(brokers(&partition.replicas))
        .with_isr_nodes(brokers(&partition.isr));
    let told = if context.version() >= 5 {
        told.with_offline_replicas(brokers(&offline))
    } else {
        told
    };
    if context.version() >= 7 {
        told.with_leader_epoch(partition.leader_epoch.0)
    } else {
        told
    }
}

/// Returns the replicas on brokers that do not serve now.
pub(super) fn offline_replicas(partition: &PartitionImage, image: &MetadataImage) -> Vec<BrokerId> {
    let offline = |id: &&BrokerId| {
        image
            .broker(**id)
            .is_none_or(|broker| broker.registration.fenced)
    };
    partition.replicas.iter().filter(offline).copied().collect()
}

fn live_brokers(
    image: &MetadataImage,
    context: &RequestContext<'_>,
) -> Vec<MetadataResponseBroker> {
    image
        .brokers()
        .filter(|broker| !broker.registration.fenced)
        .filter_map(|broker| {
            let endpoint = broker.endpoint(&context.connection.listener)?;
            let mut told = MetadataResponseBroker::default()
                .with_node_id(messages::BrokerId(broker.id().0))
                .with_host(text(endpoint.host.clone()))
                .with_port(i32::from(endpoint.port));
            if context.version() >= 1 {
                told.rack = broker.registration.rack.clone().map(text);
            }
            Some(told)
        })
        .collect()
}
