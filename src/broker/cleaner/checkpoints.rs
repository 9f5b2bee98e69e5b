//! Up to where the hosted logs are clean: in memory, and in each directory's
//! `cleaner-offset-checkpoint`.
//!
//! By the topic's id, so that a topic that is made again begins dirty. A file that cannot be read
//! counts as empty: the logs are cleaned from their start once more.

use std::collections::HashMap;
use std::path::Path;

use crate::broker::state::BrokerState;
use crate::replica::Partition;
use crate::storage::IoError;
use crate::storage::checkpoint::{CLEANER_FILE, read_offsets, write_offsets};
use crate::types::{Offset, TopicPartition, Uuid};

/// A partition of a topic, by the topic's id.
pub(super) type Key = (Uuid, i32);

/// Returns a partition's key.
pub(super) fn key_of(partition: &Partition) -> Key {
    (partition.topic_id, partition.topic_partition.partition)
}

/// The first dirty offsets.
#[derive(Debug, Default)]
pub(super) struct Checkpoints {
    clean: HashMap<Key, Offset>,
    is_changed: bool,
}

impl Checkpoints {
    /// Reads the files.
    pub(super) fn read(state: &BrokerState) -> Self {
        let mut clean = HashMap::new();
        for dir in state.dirs.working() {
            let path = dir.join(CLEANER_FILE);
            match read_offsets(state.dirs.fs(), &path) {
                Ok(entries) => {
                    let hosted = entries.into_iter().filter_map(|(name, offset)| {
                        let partition = state.replicas.partition(&name.topic, name.partition)?;
                        Some((key_of(&partition), offset))
                    });
                    clean.extend(hosted);
                }
                Err(error) => {
                    tracing::warn!(%error, path = %path.display(), "taken for empty");
                }
            }
        }
        Self {
            clean,
            is_changed: false,
        }
    }

    /// Returns up to where a partition is clean.
    pub(super) fn get(&self, partition: &Partition) -> Option<Offset> {
        self.clean.get(&key_of(partition)).copied()
    }

    /// Notes up to where a partition is clean.
    pub(super) fn set(&mut self, partition: &Partition, until: Offset) {
        self.clean.insert(key_of(partition), until);
        self.is_changed = true;
    }

    /// Forgets partitions that are gone.
    pub(super) fn retain(&mut self, is_hosted: impl Fn(&Key) -> bool) {
        let before = self.clean.len();
        self.clean.retain(|key, _| is_hosted(key));
        self.is_changed |= self.clean.len() < before;
    }

    /// Writes the files, if anything has changed.
    pub(super) fn write(&mut self, state: &BrokerState) -> Result<(), IoError> {
        if !self.is_changed {
            return Ok(());
        }
        let mut by_dir: HashMap<&Path, Vec<(TopicPartition, Offset)>> =
            state.dirs.working().map(|dir| (dir, Vec::new())).collect();
        for ((topic_id, number), until) in &self.clean {
            let topic = state.replicas.topic_by_id(*topic_id);
            let Some(partition) = topic.and_then(|topic| topic.partition(*number)) else {
                continue;
            };
            let dir = partition.with_log(|log| log.dir().parent().map(Path::to_path_buf));
            if let Some(entries) = dir.as_deref().and_then(|dir| by_dir.get_mut(dir)) {
                entries.push((partition.topic_partition.clone(), *until));
            }
        }
        for (dir, mut entries) in by_dir {
            entries.sort();
            let path = dir.join(CLEANER_FILE);
            let entries = entries.iter().map(|(name, until)| (name, *until));
            write_offsets(state.dirs.fs(), &path, entries)?;
        }
        self.is_changed = false;
        Ok(())
    }
}
