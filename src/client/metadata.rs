//! What a broker says about the cluster: brokers, topics, leaders.
//!
//! Plain copies of a Metadata response, so that nothing keeps a frame alive and no caller sees a
//! version. Which topics are asked for, and whether asking may create them, is [`TopicsWanted`].

use std::collections::BTreeMap;

use crate::protocol::messages::metadata_request::MetadataRequestTopic;
use crate::protocol::messages::metadata_response::MetadataResponseTopic;
use crate::protocol::messages::{self, MetadataRequest, MetadataResponse, StrBytes, TopicName};
use crate::protocol::{ErrorCode, Retry};
use crate::types::{BrokerId, LeaderEpoch, Uuid};

/// A broker and where it listens.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BrokerNode {
    /// Its `node.id`; below zero for an address of `bootstrap.servers`.
    pub id: BrokerId,
    /// Its host.
    pub host: String,
    /// Its port.
    pub port: u16,
    /// Its rack, if it has one.
    pub rack: Option<String>,
    /// Whether the controller has fenced it; Metadata shows only those that are not.
    pub fenced: bool,
}

impl std::fmt::Display for BrokerNode {
    /// Prints what `Node.toString` prints.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let rack = self.rack.as_deref().unwrap_or("null");
        let (host, port, id, fenced) = (&self.host, self.port, self.id, self.fenced);
        write!(
            f,
            "{host}:{port} (id: {id} rack: {rack} isFenced: {fenced})"
        )
    }
}

/// One partition of a topic, as Metadata shows it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PartitionMetadata {
    /// The partition's number.
    pub partition: i32,
    /// What is wrong with it, if anything.
    pub error: Option<ErrorCode>,
    /// Its leader, if it has one.
    pub leader: Option<BrokerId>,
    /// The leader's epoch; [`LeaderEpoch::NONE`] from brokers before 2.1.
    pub leader_epoch: LeaderEpoch,
    /// All replicas, the preferred leader first.
    pub replicas: Vec<BrokerId>,
    /// The replicas in sync.
    pub isr: Vec<BrokerId>,
    /// The replicas that are offline.
    pub offline: Vec<BrokerId>,
}

/// One topic, as Metadata shows it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TopicMetadata {
    /// The topic's name; empty if it was asked for by an id that nobody knows.
    pub name: String,
    /// The topic's id; zero from brokers before 2.8.
    pub id: Uuid,
    /// What is wrong with it, if anything.
    pub error: Option<ErrorCode>,
    /// Whether it is Kafka's own, such as `__consumer_offsets`.
    pub internal: bool,
    /// The partitions, in order of their numbers.
    pub partitions: Vec<PartitionMetadata>,
}

/// What a broker says about the cluster.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct MetadataSnapshot {
    /// The correlation id of the request, which Kafka's log lines name.
    pub correlation_id: i32,
    /// The cluster's id.
    pub cluster_id: Option<String>,
    /// The broker that takes requests for the controller.
    pub controller: Option<BrokerId>,
    /// The brokers, in order of their ids.
    pub brokers: Vec<BrokerNode>,
    /// The topics that were asked for, in order of their names.
    pub topics: Vec<TopicMetadata>,
}

impl MetadataSnapshot {
    /// Returns the topic of this name, if it is there.
    #[must_use]
    pub fn topic(&self, name: &str) -> Option<&TopicMetadata> {
        self.topics.iter().find(|topic| topic.name == name)
    }

    /// Returns the topics whose error may pass, as Kafka's log lines show them:
    /// `{a=LEADER_NOT_AVAILABLE}`.
    #[must_use]
    pub fn recoverable_errors(&self) -> Option<String> {
        let recoverable =
            |topic: &TopicMetadata| topic.error.filter(|code| code.retry() == Retry::Later);
        let errors: BTreeMap<&str, ErrorCode> = self
            .topics
            .iter()
            .filter_map(|topic| recoverable(topic).map(|code| (topic.name.as_str(), code)))
            .collect();
        if errors.is_empty() {
            return None;
        }
        let list: Vec<String> = errors
            .iter()
            .map(|(name, code)| format!("{name}={code}"))
            .collect();
        Some(format!("{{{}}}", list.join(", ")))
    }
}

/// Which topics a Metadata request asks for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum TopicsWanted {
    /// All of them.
    All,
    /// None: only the brokers.
    None,
    /// These, which the broker may create if it is set to.
    NamesOrCreate(Vec<String>),
    /// These, by name.
    Names(Vec<String>),
    /// These, by id.
    Ids(Vec<Uuid>),
}

impl TopicsWanted {
    /// Returns the lowest version that can ask this.
    pub(crate) const fn min_version(&self) -> i16 {
        match self {
            // Version 0 can't ask for no topic.
            Self::None => 1,
            Self::Ids(_) => 12,
            Self::Names(_) | Self::NamesOrCreate(_) | Self::All => 0,
        }
    }

    /// Returns the request in this version.
    pub(crate) fn request(&self, version: i16) -> MetadataRequest {
        let name =
            |name: &String| MetadataRequestTopic::default().with_name(Some(topic_name(name)));
        let topics = match self {
            Self::All if version == 0 => Some(Vec::new()),
            Self::All => None,
            Self::None => Some(Vec::new()),
            Self::Names(names) | Self::NamesOrCreate(names) => {
                Some(names.iter().map(name).collect())
            }
            Self::Ids(ids) => {
                let by_id = |id: &Uuid| {
                    MetadataRequestTopic::default()
                        .with_name(None)
                        .with_topic_id(to_wire_uuid(*id))
                };
                Some(ids.iter().map(by_id).collect())
            }
        };
        let create = matches!(self, Self::NamesOrCreate(_));
        MetadataRequest::default()
            .with_topics(topics)
            // Below version 4 the broker creates topics whatever is asked.
            .with_allow_auto_topic_creation(create || version < 4)
    }
}

/// Returns a topic's name for a request.
pub(crate) fn topic_name(name: &str) -> TopicName {
    TopicName(text(name))
}

/// Returns a text for a request.
pub(crate) fn text(text: &str) -> StrBytes {
    StrBytes::from_string(text.to_owned())
}

/// Returns an id as the wire's structs hold it.
pub(crate) const fn to_wire_uuid(id: Uuid) -> uuid::Uuid {
    uuid::Uuid::from_u128(id.0)
}

/// Returns an id of the wire's structs.
pub(crate) const fn from_wire_uuid(id: uuid::Uuid) -> Uuid {
    Uuid(id.as_u128())
}

/// Returns broker ids of the wire's structs.
pub(crate) fn broker_ids(ids: &[messages::BrokerId]) -> Vec<BrokerId> {
    ids.iter().map(|id| BrokerId(id.0)).collect()
}

/// Returns the broker of this id, or none for an id below zero.
pub(crate) fn broker_or_none(id: i32) -> Option<BrokerId> {
    (id >= 0).then_some(BrokerId(id))
}

/// Returns the error of a code, or none for 0; a code that kt does not know is an unknown error.
pub(crate) fn error_or_none(code: i16) -> Option<ErrorCode> {
    match ErrorCode::from_code(code) {
        Some(ErrorCode::None) => None,
        Some(code) => Some(code),
        None => Some(ErrorCode::UnknownServerError),
    }
}

/// Copies a Metadata response.
pub(crate) fn snapshot(correlation_id: i32, body: &MetadataResponse) -> MetadataSnapshot {
    let mut brokers: Vec<BrokerNode> = body
        .brokers
        .iter()
        .filter_map(|broker| {
            Some(BrokerNode {
                id: BrokerId(broker.node_id.0),
                host: broker.host.to_string(),
                port: u16::try_from(broker.port).ok()?,
                rack: broker.rack.as_ref().map(|rack| rack.to_string()),
                fenced: false,
            })
        })
        .collect();
    brokers.sort_by_key(|broker| broker.id);
    let mut topics: Vec<TopicMetadata> = body.topics.iter().map(topic).collect();
    topics.sort_by(|a, b| a.name.cmp(&b.name));
    MetadataSnapshot {
        correlation_id,
        cluster_id: body.cluster_id.as_ref().map(|id| id.to_string()),
        controller: broker_or_none(body.controller_id.0),
        brokers,
        topics,
    }
}

fn topic(topic: &MetadataResponseTopic) -> TopicMetadata {
    let mut partitions: Vec<PartitionMetadata> = topic
        .partitions
        .iter()
        .map(|partition| PartitionMetadata {
            partition: partition.partition_index,
            error: error_or_none(partition.error_code),
            leader: broker_or_none(partition.leader_id.0),
            leader_epoch: LeaderEpoch(partition.leader_epoch),
            replicas: broker_ids(&partition.replica_nodes),
            isr: broker_ids(&partition.isr_nodes),
            offline: broker_ids(&partition.offline_replicas),
        })
        .collect();
    partitions.sort_by_key(|partition| partition.partition);
    TopicMetadata {
        name: topic
            .name
            .as_ref()
            .map_or_else(String::new, |name| name.0.to_string()),
        id: from_wire_uuid(topic.topic_id),
        error: error_or_none(topic.error_code),
        internal: topic.is_internal,
        partitions,
    }
}
