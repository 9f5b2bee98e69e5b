//! The cluster as an immutable value: topics, brokers, configs, features, producer ids.
//!
//! A clone costs a few pointers, since the maps share what did not change; so a controller can
//! try changes on a clone, and readers keep an image while the next one is made. An image changes
//! only by [`MetadataImage::apply`], record by record, as the log says.

use std::sync::Arc;

use imbl::OrdMap;

use super::record::{MetadataRecord, RecordEndpoint, RegisterBroker};
use crate::types::{BrokerId, LeaderEpoch, Offset, Uuid};

/// A topic and its partitions.
#[derive(Clone, Debug, PartialEq)]
pub struct TopicImage {
    /// The topic's name.
    pub name: String,
    /// The topic's id.
    pub id: Uuid,
    /// The partitions, by number, without gaps.
    pub partitions: Vec<PartitionImage>,
}

/// A partition: where its replicas are and who leads.
#[derive(Clone, Debug, PartialEq)]
pub struct PartitionImage {
    /// Replicas, the preferred leader first.
    pub replicas: Vec<BrokerId>,
    /// The log directory of each replica.
    pub directories: Vec<Uuid>,
    /// Replicas in sync.
    pub isr: Vec<BrokerId>,
    /// Replicas on their way out.
    pub removing: Vec<BrokerId>,
    /// Replicas on their way in.
    pub adding: Vec<BrokerId>,
    /// Replicas that left the in-sync set and may still lead (KIP-966).
    pub eligible: Vec<BrokerId>,
    /// The last known leader, if the in-sync set ran empty (KIP-966).
    pub last_known: Vec<BrokerId>,
    /// Who leads; [`BrokerId::NONE`] if nobody does.
    pub leader: BrokerId,
    /// Whether the leader was elected uncleanly and has not recovered.
    pub leader_recovery_state: i8,
    /// Raised at each election.
    pub leader_epoch: LeaderEpoch,
    /// Raised at each change.
    pub partition_epoch: i32,
}

/// A broker that has registered.
#[derive(Clone, Debug, PartialEq)]
pub struct BrokerImage {
    /// Its registration as it stands, later changes included.
    pub registration: RegisterBroker,
}

impl BrokerImage {
    /// Returns its `node.id`.
    #[must_use]
    pub fn id(&self) -> BrokerId {
        BrokerId(self.registration.broker_id)
    }

    /// Returns the address of the listener of this name.
    #[must_use]
    pub fn endpoint(&self, listener: &str) -> Option<&RecordEndpoint> {
        self.registration
            .end_points
            .iter()
            .find(|endpoint| endpoint.name == listener)
    }
}

/// What a configuration is about: a kind (see [`super::record::resource_type`]) and a name.
pub type ConfigResource = (i8, String);

/// The keys that were set for one resource.
pub type ConfigImage = std::collections::BTreeMap<String, String>;

/// The cluster's metadata up to one offset.
#[derive(Clone, Debug, PartialEq)]
pub struct MetadataImage {
    pub(super) highest_offset: Offset,
    pub(super) features: OrdMap<String, i16>,
    pub(super) topics: OrdMap<String, Arc<TopicImage>>,
    pub(super) names: OrdMap<Uuid, String>,
    pub(super) brokers: OrdMap<i32, Arc<BrokerImage>>,
    pub(super) configs: OrdMap<ConfigResource, Arc<ConfigImage>>,
    pub(super) next_producer_id: i64,
    /// Records of subjects that this image does not read: the newest for each key.
    pub(super) kept: OrdMap<String, MetadataRecord>,
}

impl Default for MetadataImage {
    fn default() -> Self {
        Self {
            highest_offset: Offset::NONE,
            features: OrdMap::new(),
            topics: OrdMap::new(),
            names: OrdMap::new(),
            brokers: OrdMap::new(),
            configs: OrdMap::new(),
            next_producer_id: 0,
            kept: OrdMap::new(),
        }
    }
}

impl MetadataImage {
    /// Returns the offset of the last record that the image holds.
    #[must_use]
    pub fn highest_offset(&self) -> Offset {
        self.highest_offset
    }

    /// Notes that the log reaches to `offset` by records that change nothing here.
    pub fn note_offset(&mut self, offset: Offset) {
        self.highest_offset = self.highest_offset.max(offset);
    }

    /// Returns the topic of this name.
    #[must_use]
    pub fn topic(&self, name: &str) -> Option<&Arc<TopicImage>> {
        self.topics.get(name)
    }

    /// Returns a partition of a topic.
    #[must_use]
    pub fn partition(&self, topic: &str, number: i32) -> Option<&PartitionImage> {
        let number = usize::try_from(number).ok()?;
        self.topic(topic)?.partitions.get(number)
    }

    /// Returns the topic of this id.
    #[must_use]
    pub fn topic_by_id(&self, id: Uuid) -> Option<&Arc<TopicImage>> {
        self.topics.get(self.names.get(&id)?)
    }

    /// Returns all topics in order of their names.
    pub fn topics(&self) -> impl Iterator<Item = &Arc<TopicImage>> {
        self.topics.values()
    }

    /// Returns the topics whose names are not below `name`, in order.
    pub fn topics_from(&self, name: &str) -> impl Iterator<Item = &Arc<TopicImage>> {
        self.topics.range(name.to_owned()..).map(|(_, topic)| topic)
    }

    /// Returns how many topics there are.
    #[must_use]
    pub fn topic_count(&self) -> usize {
        self.topics.len()
    }

    /// Returns the broker of this id.
    #[must_use]
    pub fn broker(&self, id: BrokerId) -> Option<&Arc<BrokerImage>> {
        self.brokers.get(&id.0)
    }

    /// Returns all brokers in order of their ids.
    pub fn brokers(&self) -> impl Iterator<Item = &Arc<BrokerImage>> {
        self.brokers.values()
    }

    /// Returns what was set for a resource.
    #[must_use]
    pub fn config(&self, kind: i8, name: &str) -> Option<&Arc<ConfigImage>> {
        self.configs.get(&(kind, name.to_owned()))
    }

    /// Returns every resource with settings, in order.
    pub fn configs(&self) -> impl Iterator<Item = (&ConfigResource, &Arc<ConfigImage>)> {
        self.configs.iter()
    }

    /// Returns the level at which a feature is in force.
    #[must_use]
    pub fn feature_level(&self, name: &str) -> Option<i16> {
        self.features.get(name).copied()
    }

    /// Returns all features in force, in order of their names.
    pub fn features(&self) -> impl Iterator<Item = (&String, i16)> {
        self.features.iter().map(|(name, level)| (name, *level))
    }

    /// Returns the first producer id that no block holds.
    #[must_use]
    pub fn next_producer_id(&self) -> i64 {
        self.next_producer_id
    }

    /// Returns the records of subjects that this image does not read.
    pub fn kept(&self) -> impl Iterator<Item = &MetadataRecord> {
        self.kept.values()
    }

    pub(super) fn topic_map(&self) -> &OrdMap<String, Arc<TopicImage>> {
        &self.topics
    }

    pub(super) fn config_map(&self) -> &OrdMap<ConfigResource, Arc<ConfigImage>> {
        &self.configs
    }
}
