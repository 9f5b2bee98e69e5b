//! The partitions that this broker hosts, by topic name and by topic id.
//!
//! Looked up on every request, changed only when the metadata image changes.

use std::collections::HashMap;
use std::sync::Arc;

use parking_lot::RwLock;

use super::partition::Partition;
use crate::types::Uuid;

/// A topic of which this broker has partitions.
#[derive(Debug)]
pub struct HostedTopic {
    /// The topic's name.
    pub name: Arc<str>,
    /// The topic's id.
    pub id: Uuid,
    partitions: RwLock<Vec<Option<Arc<Partition>>>>,
}

impl HostedTopic {
    /// Returns the partition of this number, if it is hosted here.
    #[must_use]
    pub fn partition(&self, number: i32) -> Option<Arc<Partition>> {
        let index = usize::try_from(number).ok()?;
        self.partitions.read().get(index)?.clone()
    }

    /// Returns the partitions that are hosted here.
    #[must_use]
    pub fn partitions(&self) -> Vec<Arc<Partition>> {
        self.partitions
            .read()
            .iter()
            .flatten()
            .map(Arc::clone)
            .collect()
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

    /// Returns the partition of this name.
    #[must_use]
    pub fn partition(&self, topic: &str, number: i32) -> Option<Arc<Partition>> {
        self.topics.read().by_name.get(topic)?.partition(number)
    }

    /// Begins to host a partition, in the place of one of the same name.
    pub fn host(&self, partition: Arc<Partition>) {
        let number = usize::try_from(partition.topic_partition.partition)
            .expect("the controller numbers partitions from 0");
        let mut topics = self.topics.write();
        let name: Arc<str> = partition.topic_partition.topic.as_str().into();
        let id = partition.topic_id;
        let known = topics.by_id.get(&id).map(Arc::clone);
        let topic = known.unwrap_or_else(|| {
            let topic = Arc::new(HostedTopic {
                name: Arc::clone(&name),
                id,
                partitions: RwLock::default(),
            });
            topics.by_name.insert(name, Arc::clone(&topic));
            topics.by_id.insert(id, Arc::clone(&topic));
            topic
        });
        drop(topics);
        let mut partitions = topic.partitions.write();
        if partitions.len() <= number {
            partitions.resize(number + 1, None);
        }
        if let Some(slot) = partitions.get_mut(number) {
            *slot = Some(partition);
        }
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
