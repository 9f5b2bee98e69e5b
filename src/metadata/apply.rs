//! How records change an image.
//!
//! One function a kind of record. A record that contradicts the image is an error, never a guess:
//! the log would no longer say what the cluster is.

use std::sync::Arc;

use super::image::{BrokerImage, ConfigImage, MetadataImage, PartitionImage, TopicImage};
use super::record::{self, MetadataRecord, NO_LEADER_CHANGE, RegisterBroker, resource_type};
use crate::types::{BrokerId, LeaderEpoch, Offset, Uuid};

/// A record that contradicts the image.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ApplyError {
    /// The topic is not there.
    #[error("no topic has the id {0}")]
    UnknownTopic(Uuid),
    /// The partition is not there.
    #[error("topic {topic} has no partition {partition}")]
    UnknownPartition {
        /// The topic's id.
        topic: Uuid,
        /// The partition.
        partition: i32,
    },
    /// The broker is not there.
    #[error("no broker has registered as {0}")]
    UnknownBroker(i32),
}

impl MetadataImage {
    /// Changes the image as the record at `offset` says.
    pub fn apply(&mut self, offset: Offset, record: &MetadataRecord) -> Result<(), ApplyError> {
        match record {
            MetadataRecord::Topic(record) => {
                let topic = TopicImage {
                    name: record.name.clone(),
                    id: record.topic_id,
                    partitions: Vec::new(),
                };
                self.topics.insert(record.name.clone(), Arc::new(topic));
                self.names.insert(record.topic_id, record.name.clone());
            }
            MetadataRecord::RemoveTopic(record) => self.remove_topic(record.topic_id)?,
            MetadataRecord::Partition(record) => self.add_partition(record)?,
            MetadataRecord::PartitionChange(record) => self.change_partition(record)?,
            MetadataRecord::Config(record) => self.set_config(record),
            MetadataRecord::RegisterBroker(record) => {
                let broker = BrokerImage {
                    registration: record.clone(),
                };
                self.brokers.insert(record.broker_id, Arc::new(broker));
            }
            MetadataRecord::UnregisterBroker(record) => {
                self.brokers.remove(&record.broker_id);
            }
            MetadataRecord::BrokerRegistrationChange(record) => self.change_broker(record)?,
            MetadataRecord::FenceBroker(record) => self.broker_mut(record.id)?.fenced = true,
            MetadataRecord::UnfenceBroker(record) => self.broker_mut(record.id)?.fenced = false,
            MetadataRecord::FeatureLevel(record) => {
                if record.feature_level == 0 {
                    self.features.remove(&record.name);
                } else {
                    self.features
                        .insert(record.name.clone(), record.feature_level);
                }
            }
            MetadataRecord::ProducerIds(record) => {
                self.next_producer_id = record.next_producer_id;
            }
            MetadataRecord::ClearElr(record) => self.clear_eligible(&record.topic_name),
            MetadataRecord::NoOp(_)
            | MetadataRecord::BeginTransaction(_)
            | MetadataRecord::EndTransaction(_)
            | MetadataRecord::AbortTransaction(_) => {}
            other => self.keep(other),
        }
        self.note_offset(offset);
        Ok(())
    }

    fn remove_topic(&mut self, id: Uuid) -> Result<(), ApplyError> {
        let name = self.names.remove(&id).ok_or(ApplyError::UnknownTopic(id))?;
        self.topics.remove(&name);
        self.configs.remove(&(resource_type::TOPIC, name));
        Ok(())
    }

    fn topic_mut(&mut self, id: Uuid) -> Result<&mut TopicImage, ApplyError> {
        let name = self.names.get(&id).ok_or(ApplyError::UnknownTopic(id))?;
        let topic = self
            .topics
            .get_mut(name)
            .ok_or(ApplyError::UnknownTopic(id))?;
        Ok(Arc::make_mut(topic))
    }

    fn add_partition(&mut self, record: &record::Partition) -> Result<(), ApplyError> {
        let unknown = ApplyError::UnknownPartition {
            topic: record.topic_id,
            partition: record.partition_id,
        };
        let topic = self.topic_mut(record.topic_id)?;
        let partition = PartitionImage {
            replicas: brokers(&record.replicas),
            directories: record.directories.clone(),
            isr: brokers(&record.isr),
            removing: brokers(&record.removing_replicas),
            adding: brokers(&record.adding_replicas),
            eligible: brokers(
                record
                    .eligible_leader_replicas
                    .as_deref()
                    .unwrap_or_default(),
            ),
            last_known: brokers(record.last_known_elr.as_deref().unwrap_or_default()),
            leader: BrokerId(record.leader),
            leader_recovery_state: record.leader_recovery_state,
            leader_epoch: LeaderEpoch(record.leader_epoch),
            partition_epoch: record.partition_epoch,
        };
        let index = usize::try_from(record.partition_id).map_err(|_| unknown.clone())?;
        let count = topic.partitions.len();
        match topic.partitions.get_mut(index) {
            Some(known) => *known = partition,
            None if index == count => topic.partitions.push(partition),
            None => return Err(unknown),
        }
        Ok(())
    }

    fn change_partition(&mut self, record: &record::PartitionChange) -> Result<(), ApplyError> {
        let unknown = ApplyError::UnknownPartition {
            topic: record.topic_id,
            partition: record.partition_id,
        };
        let topic = self.topic_mut(record.topic_id)?;
        let index = usize::try_from(record.partition_id).map_err(|_| unknown.clone())?;
        let partition = topic.partitions.get_mut(index).ok_or(unknown)?;
        let set = |target: &mut Vec<BrokerId>, value: &Option<Vec<i32>>| {
            if let Some(value) = value {
                *target = brokers(value);
            }
        };
        set(&mut partition.isr, &record.isr);
        set(&mut partition.replicas, &record.replicas);
        set(&mut partition.removing, &record.removing_replicas);
        set(&mut partition.adding, &record.adding_replicas);
        set(&mut partition.eligible, &record.eligible_leader_replicas);
        set(&mut partition.last_known, &record.last_known_elr);
        if let Some(directories) = &record.directories {
            partition.directories.clone_from(directories);
        }
        if record.leader_recovery_state >= 0 {
            partition.leader_recovery_state = record.leader_recovery_state;
        }
        // The epoch rises exactly when the leader is named, even if it stays the same.
        if record.leader != NO_LEADER_CHANGE {
            partition.leader = BrokerId(record.leader);
            partition.leader_epoch.0 += 1;
        }
        partition.partition_epoch += 1;
        Ok(())
    }

    fn clear_eligible(&mut self, topic: &str) {
        let all = topic.is_empty();
        let names: Vec<String> = self
            .topics
            .keys()
            .filter(|n| all || *n == topic)
            .cloned()
            .collect();
        for name in names {
            if let Some(topic) = self.topics.get_mut(&name) {
                for partition in &mut Arc::make_mut(topic).partitions {
                    partition.eligible.clear();
                    partition.last_known.clear();
                }
            }
        }
    }

    fn set_config(&mut self, record: &record::Config) {
        let resource = (record.resource_type, record.resource_name.clone());
        let mut config = self
            .configs
            .get(&resource)
            .map_or_else(ConfigImage::new, |known| ConfigImage::clone(known));
        match &record.value {
            Some(value) => config.insert(record.name.clone(), value.clone()),
            None => config.remove(&record.name),
        };
        if config.is_empty() {
            self.configs.remove(&resource);
        } else {
            self.configs.insert(resource, Arc::new(config));
        }
    }

    fn broker_mut(&mut self, id: i32) -> Result<&mut RegisterBroker, ApplyError> {
        let broker = self
            .brokers
            .get_mut(&id)
            .ok_or(ApplyError::UnknownBroker(id))?;
        Ok(&mut Arc::make_mut(broker).registration)
    }

    fn change_broker(
        &mut self,
        record: &record::BrokerRegistrationChange,
    ) -> Result<(), ApplyError> {
        let broker = self.broker_mut(record.broker_id)?;
        match record.fenced {
            1 => broker.fenced = true,
            -1 => broker.fenced = false,
            _ => {}
        }
        if record.in_controlled_shutdown == 1 {
            broker.in_controlled_shutdown = true;
        }
        if !record.log_dirs.is_empty() {
            broker.log_dirs.clone_from(&record.log_dirs);
        }
        if record.cordoned_log_dirs.is_some() {
            broker
                .cordoned_log_dirs
                .clone_from(&record.cordoned_log_dirs);
        }
        Ok(())
    }

    /// Keeps the newest record of a subject that is not read here, or drops what it removes.
    fn keep(&mut self, record: &MetadataRecord) {
        let (key, removes) = match record {
            MetadataRecord::AccessControlEntry(acl) => (format!("acl {}", acl.id), false),
            MetadataRecord::RemoveAccessControlEntry(acl) => (format!("acl {}", acl.id), true),
            MetadataRecord::UserScramCredential(user) => {
                (format!("scram {} {}", user.mechanism, user.name), false)
            }
            MetadataRecord::RemoveUserScramCredential(user) => {
                (format!("scram {} {}", user.mechanism, user.name), true)
            }
            MetadataRecord::ClientQuota(quota) => (
                format!("quota {:?} {}", quota.entity, quota.key),
                quota.remove,
            ),
            MetadataRecord::DelegationToken(token) => (format!("token {}", token.token_id), false),
            MetadataRecord::RemoveDelegationToken(token) => {
                (format!("token {}", token.token_id), true)
            }
            MetadataRecord::RegisterController(controller) => {
                (format!("controller {}", controller.controller_id), false)
            }
            _ => ("zookeeper migration".to_owned(), false),
        };
        if removes {
            self.kept.remove(&key);
        } else {
            self.kept.insert(key, record.clone());
        }
    }
}

fn brokers(ids: &[i32]) -> Vec<BrokerId> {
    ids.iter().copied().map(BrokerId).collect()
}
