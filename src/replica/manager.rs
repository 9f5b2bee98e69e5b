//! The partitions that this broker hosts, by topic name and by topic id.
//!
//! Looked up on every request, changed only when the metadata image changes.

use std::collections::HashMap;
use std::sync::Arc;

use parking_lot::RwLock;

use super::partition::Partition;
use crate::types::Uuid;

/// A partition that this broker is to host.
#[derive(Clone, Debug)]
pub enum HostedPartition {
    /// It is there.
    Online(Arc<Partition>),
    /// There is no log for it: the disk is full, or broken.
    Offline,
}

impl HostedPartition {
    fn online(self) -> Option<Arc<Partition>> {
        match self {
            Self::Online(partition) => Some(partition),
            Self::Offline => None,
        }
    }
}

/// A topic of which this broker has partitions.
#[derive(Debug)]
pub struct HostedTopic {
    /// The topic's name.
    pub name: Arc<str>,
    /// The topic's id.
    pub id: Uuid,
    partitions: RwLock<Vec<Option<HostedPartition>>>,
}

impl HostedTopic {
    /// Returns what is known of a partition that belongs here.
    #[must_use]
    pub fn hosted(&self, number: i32) -> Option<HostedPartition> {
        let index = usize::try_from(number).ok()?;
        self.partitions.read().get(index)?.clone()
    }

    /// Returns the partition of this number, if it is online.
    #[must_use]
    pub fn partition(&self, number: i32) -> Option<Arc<Partition>> {
        self.hosted(number)?.online()
    }

    /// Returns the partitions that are online.
    #[must_use]
    pub fn partitions(&self) -> Vec<Arc<Partition>> {
        let partitions = self.partitions.read();
        let hosted = partitions.iter().flatten().cloned();
        hosted.filter_map(HostedPartition::online).collect()
    }

    fn set(&self, number: i32, hosted: HostedPartition) {
        let number = usize::try_from(number).expect("the controller numbers partitions from 0");
        let mut partitions = self.partitions.write();
        if partitions.len() <= number {
            partitions.resize(number + 1, None);
        }
        if let Some(slot) = partitions.get_mut(number) {
            *slot = Some(hosted);
        }
    }
}

/// All hosted topics.
#[derive(Debug, Default)]
pub struct ReplicaManager {
    topics: RwLock<Topics>,
}

#[derive(Debug, Default)]
struct Topics {
    by_name: HashMap<Arc<str>, Arc<HostedTopic>>,
    by_id: HashMap<Uuid, Arc<HostedTopic>>,
}

impl ReplicaManager {
    /// Returns the topic of this name.
    #[must_use]
    pub fn topic(&self, name: &str) -> Option<Arc<HostedTopic>> {
        self.topics.read().by_name.get(name).map(Arc::clone)
    }

    /// Returns the topic of this id.
    #[must_use]
    pub fn topic_by_id(&self, id: Uuid) -> Option<Arc<HostedTopic>> {
        self.topics.read().by_id.get(&id).map(Arc::clone)
    }

    /// Returns what is known of a partition that belongs here.
    #[must_use]
    pub fn hosted(&self, topic: &str, number: i32) -> Option<HostedPartition> {
        self.topics.read().by_name.get(topic)?.hosted(number)
    }

    /// Returns the partition of this name, if it is online.
    #[must_use]
    pub fn partition(&self, topic: &str, number: i32) -> Option<Arc<Partition>> {
        self.topics.read().by_name.get(topic)?.partition(number)
    }

    /// Begins to host a partition, in the place of one of the same name.
    pub fn host(&self, partition: Arc<Partition>) {
        let name = &partition.topic_partition;
        let topic = self.topic_to_host(partition.topic_id, &name.topic);
        topic.set(
            name.partition,
            HostedPartition::Online(Arc::clone(&partition)),
        );
    }

    /// Notes a partition that belongs here and has no log.
    pub fn host_offline(&self, topic_id: Uuid, topic: &str, number: i32) {
        let topic = self.topic_to_host(topic_id, topic);
        topic.set(number, HostedPartition::Offline);
    }

    fn topic_to_host(&self, id: Uuid, name: &str) -> Arc<HostedTopic> {
        let mut topics = self.topics.write();
        let known = topics.by_id.get(&id).map(Arc::clone);
        known.unwrap_or_else(|| {
            let name: Arc<str> = name.into();
            let topic = Arc::new(HostedTopic {
                name: Arc::clone(&name),
                id,
                partitions: RwLock::default(),
            });
            topics.by_name.insert(name, Arc::clone(&topic));
            topics.by_id.insert(id, Arc::clone(&topic));
            topic
        })
    }

    /// Ends to host a topic and returns its partitions.
    pub fn remove(&self, id: Uuid) -> Vec<Arc<Partition>> {
        let mut topics = self.topics.write();
        let Some(topic) = topics.by_id.remove(&id) else {
            return Vec::new();
        };
        // A topic of the same name may have been made since.
        if topics
            .by_name
            .get(&topic.name)
            .is_some_and(|other| other.id == id)
        {
            topics.by_name.remove(&topic.name);
        }
        topic.partitions()
    }

    /// Returns every hosted partition.
    #[must_use]
    pub fn all(&self) -> Vec<Arc<Partition>> {
        let topics: Vec<_> = self.topics.read().by_id.values().map(Arc::clone).collect();
        topics.iter().flat_map(|topic| topic.partitions()).collect()
    }
}
