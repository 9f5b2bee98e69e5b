//! Makes this broker follow a new image: creates, leads, reconfigures and deletes partitions.
//!
//! Acts on differences only. Nothing else in the broker changes what partitions there are.

use std::collections::HashMap;
use std::sync::Arc;

use super::flush_pool::BlockingPool;
use super::log_dirs::LogDirs;
use super::settings::SettingsOf;
use crate::controller::ReplicaDirectory;
use crate::fs::Fs;
use crate::metadata::record::resource_type;
use crate::metadata::{MetadataDelta, MetadataImage, PartitionImage, TopicChange, TopicImage};
use crate::replica::{Partition, ReplicaManager, ReplicaState};
use crate::rng::Rng;
use crate::storage::{LoadError, LoadedLog, Log};
use crate::types::{BrokerId, TopicPartition, Uuid};

/// Why a partition is offline.
#[derive(Debug, thiserror::Error)]
enum HostError {
    #[error(transparent)]
    Load(#[from] LoadError),
    /// An empty log made elsewhere would hide the records that are there.
    #[error("its log directory, of id {directory}, is none of log.dirs")]
    DirectoryMissing { directory: Uuid },
}

/// What makes the broker follow images.
#[derive(Debug)]
pub(super) struct ImageApplier {
    pub(super) node_id: BrokerId,
    pub(super) fs: Arc<dyn Fs>,
    pub(super) rng: Rng,
    pub(super) settings: SettingsOf,
    pub(super) replicas: Arc<ReplicaManager>,
    pub(super) flush_pool: Arc<BlockingPool>,
    /// Missing while the broker starts: nothing is hosted then.
    pub(super) dirs: Option<Arc<LogDirs>>,
    /// Replicas that do not lie where the image says, to be told to the controller.
    pub(super) misplaced: Vec<ReplicaDirectory>,
    /// Partitions that could not be hosted, to be tried again: a full disk may have room later.
    pub(super) unhosted: Vec<(Uuid, i32)>,
}

impl ImageApplier {
    /// Hosts what the image says, from the logs that were found; returns how many were left over.
    pub(super) fn start(
        &mut self,
        image: &MetadataImage,
        dirs: Arc<LogDirs>,
        logs: Vec<LoadedLog>,
    ) -> usize {
        let mut found: HashMap<TopicPartition, LoadedLog> = logs
            .into_iter()
            .map(|log| (log.log.partition().clone(), log))
            .collect();
        self.dirs = Some(dirs);
        for topic in image.topics() {
            for (number, partition) in (0..).zip(&topic.partitions) {
                if !partition.replicas.contains(&self.node_id) {
                    continue;
                }
                let name = TopicPartition::new(topic.name.clone(), number);
                let log = found
                    .remove(&name)
                    .filter(|log| log.topic_id.is_none_or(|id| id == topic.id));
                let log = log.map(|log| log.log);
                self.host_or_note(image, topic, (number, partition), log);
            }
        }
        for log in found.values() {
            let partition = log.log.partition();
            tracing::warn!(%partition, "not in the metadata; its files are left alone");
        }
        found.len()
    }

    /// Follows a new image.
    pub(super) fn apply(&mut self, image: &MetadataImage, delta: &MetadataDelta) {
        if self.dirs.is_none() {
            return;
        }
        for change in &delta.topics {
            match change {
                TopicChange::Created(topic) => self.host_from(image, topic, 0),
                TopicChange::Changed { before, after } => {
                    for (number, (old, new)) in
                        (0..).zip(before.partitions.iter().zip(&after.partitions))
                    {
                        if old != new {
                            self.lead(&after.name, number, new);
                        }
                    }
                    self.host_from(image, after, before.partitions.len());
                }
                TopicChange::Deleted(topic) => self.delete(image, topic.id, &topic.name),
            }
        }
        self.reconfigure(image, delta);
    }

    /// Hosts the partitions of a topic from one on.
    fn host_from(&mut self, image: &MetadataImage, topic: &TopicImage, first: usize) {
        for (number, partition) in (0..).zip(&topic.partitions).skip(first) {
            if partition.replicas.contains(&self.node_id) {
                self.host_or_note(image, topic, (number, partition), None);
            }
        }
    }

    /// Hosts what could not be hosted before, if it is still wanted.
    pub(super) fn host_again(&mut self, image: &MetadataImage) {
        for (id, number) in std::mem::take(&mut self.unhosted) {
            let topic = image.topic_by_id(id);
            let index = usize::try_from(number).unwrap_or(usize::MAX);
            let Some((topic, partition)) =
                topic.and_then(|topic| Some((topic, topic.partitions.get(index)?)))
            else {
                continue;
            };
            let name = &topic.name;
            match self.host(image, topic, (number, partition), None) {
                Ok(()) => tracing::info!(topic = %name, number, "the partition is online"),
                Err(error) => {
                    tracing::debug!(%error, topic = %name, number, "still offline");
                    self.unhosted.push((id, number));
                }
            }
        }
    }

    fn host_or_note(
        &mut self,
        image: &MetadataImage,
        topic: &TopicImage,
        (number, partition): (i32, &PartitionImage),
        log: Option<Log>,
    ) {
        if let Err(error) = self.host(image, topic, (number, partition), log) {
            tracing::error!(%error, topic = %topic.name, number, "the partition is offline");
            self.replicas.host_offline(topic.id, &topic.name, number);
            self.unhosted.push((topic.id, number));
        }
    }

    fn host(
        &mut self,
        image: &MetadataImage,
        topic: &TopicImage,
        (number, partition): (i32, &PartitionImage),
        log: Option<Log>,
    ) -> Result<(), HostError> {
        let settings = self.settings.of_topic(image, &topic.name, &mut self.rng);
        let name = TopicPartition::new(topic.name.clone(), number);
        let dirs = self
            .dirs
            .as_ref()
            .expect("nothing is hosted before the directories are open");
        let mut places = partition.replicas.iter().zip(&partition.directories);
        let told = places.find(|(id, _)| **id == self.node_id);
        let told = told.map(|(_, directory)| *directory);
        let log = match log {
            Some(log) => log,
            None => {
                if let Some(directory) = told
                    && !directory.is_reserved()
                    && !dirs.ids().any(|id| id == directory)
                {
                    return Err(HostError::DirectoryMissing { directory });
                }
                let config = settings.log.clone();
                dirs.create(&name, topic.id, config, &self.replicas)?.0
            }
        };
        let log_dir = log.dir().parent().unwrap_or(log.dir());
        let failure = dirs.failure_of(log_dir);
        if let Some(directory) = dirs.id_of(log_dir)
            && told != Some(directory)
        {
            self.misplaced.push(ReplicaDirectory {
                topic: topic.id,
                partition: number,
                directory,
            });
        }
        let state = state_of(partition);
        let fs = Arc::clone(&self.fs);
        let hosted = Partition::new(topic.id, log, settings, state, fs, failure);
        hosted.lead(state);
        // What a crash left unflushed becomes visible once it is flushed.
        hosted.flush_on(&*self.flush_pool);
        self.replicas.host(hosted);
        Ok(())
    }

    fn lead(&self, topic: &str, number: i32, partition: &PartitionImage) {
        if let Some(hosted) = self.replicas.partition(topic, number) {
            hosted.lead(state_of(partition));
        }
    }

    fn delete(&mut self, image: &MetadataImage, id: Uuid, name: &str) {
        let delay_ms = self
            .settings
            .of_topic(image, name, &mut self.rng)
            .log
            .file_delete_delay_ms;
        for partition in self.replicas.remove(id) {
            if let Some(dirs) = &self.dirs {
                dirs.delete(&partition, self.rng.uuid(), delay_ms);
            }
        }
    }

    /// Gives partitions their new settings: those of topics that changed, or all if a broker's did.
    fn reconfigure(&mut self, image: &MetadataImage, delta: &MetadataDelta) {
        let all = delta
            .configs
            .iter()
            .any(|(kind, _)| *kind == resource_type::BROKER);
        let topics: Vec<Arc<TopicImage>> = if all {
            image.topics().map(Arc::clone).collect()
        } else {
            let changed = delta
                .configs
                .iter()
                .filter(|(kind, _)| *kind == resource_type::TOPIC);
            changed
                .filter_map(|(_, name)| image.topic(name).map(Arc::clone))
                .collect()
        };
        for topic in topics {
            let Some(hosted) = self.replicas.topic_by_id(topic.id) else {
                continue;
            };
            for partition in hosted.partitions() {
                partition.configure(self.settings.of_topic(image, &topic.name, &mut self.rng));
            }
        }
    }
}

fn state_of(partition: &PartitionImage) -> ReplicaState {
    ReplicaState {
        leader_epoch: partition.leader_epoch,
        in_sync: partition.isr.len(),
        replicas: partition.replicas.len(),
    }
}
