//! The broker's log directories: opening, formatting, checkpoints, closing.
//!
//! A directory that was never used is formatted by itself; one that is another node's, or another
//! cluster's, is refused.

use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use parking_lot::Mutex;

use crate::clock::Clock;
use crate::config::ServerConfig;
use crate::controller::{Voter, format_files, format_records};
use crate::fs::Fs;
use crate::metadata::MetadataRecord;
use crate::replica::{DirFailure, Partition, ReplicaManager, ToldOfFailure};
use crate::rng::Rng;
use crate::storage::{
    IoError, LoadError, Log, LogConfig, LogManager, MetaProperties, PartitionCheckpoint,
};
use crate::types::{BrokerId, TimestampMs, TopicPartition, Uuid};

/// The `node.id` of a broker that nobody gave one (Kafka's sample file says 1).
const DEFAULT_NODE_ID: BrokerId = BrokerId(1);
/// The controller's port where no listener for controllers is configured.
const DEFAULT_CONTROLLER_PORT: u16 = 9093;

/// Why the log directories cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum LogDirsError {
    /// One of them cannot be opened or read.
    #[error(transparent)]
    Load(#[from] LoadError),
    /// A file cannot be written.
    #[error("{}: {source}", path.display())]
    Io {
        /// The file.
        path: PathBuf,
        /// What the system says.
        source: io::Error,
    },
    /// The directory belongs to another node.
    #[error(
        "Stored node id {stored} doesn't match previous node id {configured} in {}. If you moved \
         your data, make sure your configured node id matches.",
        path.display()
    )]
    OtherNode {
        /// The directory.
        path: PathBuf,
        /// Whose it is.
        stored: BrokerId,
        /// Who asks for it.
        configured: BrokerId,
    },
    /// The directories belong to several clusters.
    #[error(
        "Invalid cluster.id in: {}. Expected {expected}, but read {found}",
        path.display()
    )]
    OtherCluster {
        /// The directory.
        path: PathBuf,
        /// The cluster of the first directory.
        expected: String,
        /// The cluster of this one.
        found: String,
    },
}

/// Who this node is, as its directories say.
#[derive(Clone, Debug)]
pub(super) struct Identity {
    pub(super) node_id: BrokerId,
    pub(super) cluster_id: String,
    /// The id of each log directory, in their order.
    pub(super) directories: Vec<Uuid>,
}

/// The log directories of this broker.
#[derive(Debug)]
pub(super) struct LogDirs {
    manager: LogManager,
    failures: Vec<(PathBuf, Arc<DirFailure>)>,
    /// Renamed directories, and when they may go.
    deletions: Mutex<Vec<(TimestampMs, PathBuf)>>,
    clock: Arc<dyn Clock>,
}

impl LogDirs {
    /// Locks the directories, and formats those that were never used.
    pub(super) fn open(
        fs: &Arc<dyn Fs>,
        config: &ServerConfig,
        clock: Arc<dyn Clock>,
        rng: &mut Rng,
        tell: impl Fn() -> Box<dyn ToldOfFailure>,
    ) -> Result<(LogManagerParts, Identity), LogDirsError> {
        let mut manager = LogManager::open(Arc::clone(fs), &config.log_dirs)?;
        let identity = identify(&mut manager, config, &*clock, rng)?;
        let failures = manager
            .dirs()
            .iter()
            .map(|dir| (dir.path.clone(), DirFailure::new(dir.path.clone(), tell())))
            .collect();
        Ok((
            LogManagerParts {
                manager,
                failures,
                clock,
            },
            identity,
        ))
    }

    /// Returns the state of the directory that a log lies in.
    pub(super) fn failure_of(&self, log_dir: &Path) -> Arc<DirFailure> {
        let known = self.failures.iter().find(|(path, _)| path == log_dir);
        let first = self.failures.first();
        Arc::clone(&known.or(first).expect("there is at least one directory").1)
    }

    /// Makes the log of a new partition in the directory with the fewest.
    pub(super) fn create(
        &self,
        partition: &TopicPartition,
        topic_id: Uuid,
        config: LogConfig,
        hosted: &ReplicaManager,
    ) -> Result<(Log, PathBuf), LoadError> {
        let mut counts: Vec<(usize, &PathBuf)> = self
            .failures
            .iter()
            .filter(|(_, failure)| !failure.is_failed())
            .map(|(path, _)| (0, path))
            .collect();
        if counts.len() > 1 {
            for partition in hosted.all() {
                let dir = partition.with_log(|log| log.dir().parent().map(Path::to_path_buf));
                for (count, path) in &mut counts {
                    *count += usize::from(dir.as_ref() == Some(*path));
                }
            }
        }
        let chosen = counts.into_iter().min_by_key(|(count, _)| *count);
        let first = || self.failures.first().map(|(path, _)| path);
        let log_dir = chosen
            .map(|(_, path)| path)
            .or_else(first)
            .cloned()
            .unwrap_or_default();
        let now_ms = self.clock.now_ms();
        let log = self
            .manager
            .create(&log_dir, partition, topic_id, config, now_ms)?;
        Ok((log, log_dir))
    }

    /// Takes a partition's directory out of use; its files go after `delay_ms`.
    pub(super) fn delete(&self, partition: &Partition, id: Uuid, delay_ms: i64) {
        let renamed = partition.retire(|log| self.manager.mark_deleted(log, id));
        match renamed {
            Ok(path) => {
                let due = self.clock.now_ms().saturating_add(delay_ms);
                self.deletions.lock().push((due, path));
            }
            Err(error) => tracing::error!(%error, "a deleted partition's directory stays"),
        }
    }

    /// Removes what was renamed long enough ago.
    pub(super) fn remove_due(&self) {
        let now_ms = self.clock.now_ms();
        let mut due = Vec::new();
        self.deletions.lock().retain(|(at, path)| {
            let waits = *at > now_ms;
            if !waits {
                due.push(path.clone());
            }
            waits
        });
        for path in due {
            if let Err(error) = self.manager.remove(&path) {
                tracing::warn!(%error, "a deleted directory stays");
            }
        }
    }

    /// Removes at once what the last run had renamed.
    pub(super) fn remove_now(&self, paths: &[PathBuf]) {
        self.deletions
            .lock()
            .extend(paths.iter().map(|path| (0, path.clone())));
        self.remove_due();
    }

    /// Writes the checkpoints of every directory.
    pub(super) fn checkpoint(&self, hosted: &ReplicaManager) -> Result<(), IoError> {
        for (path, failure) in &self.failures {
            if failure.is_failed() {
                continue;
            }
            let mut entries = Vec::new();
            for partition in hosted.all() {
                if partition.with_log(|log| log.dir().parent() == Some(path)) {
                    let (entry, checkpointed) = partition.checkpoint();
                    checkpointed?;
                    entries.push(entry);
                }
            }
            entries.sort_by(|a: &PartitionCheckpoint, b| a.partition.cmp(&b.partition));
            self.manager.write_checkpoints(path, &entries)?;
        }
        Ok(())
    }

    /// Closes every log and marks the directories as clean.
    pub(super) fn close(&self, hosted: &ReplicaManager, broker_epoch: i64) {
        let mut clean = true;
        for partition in hosted.all() {
            if let Err(error) = partition.with_log(Log::close) {
                tracing::error!(%error, partition = %partition.topic_partition, "not closed");
                clean = false;
            }
        }
        if let Err(error) = self.checkpoint(hosted) {
            tracing::error!(%error, "checkpoints");
            clean = false;
        }
        for (path, failure) in &self.failures {
            if clean
                && !failure.is_failed()
                && let Err(error) = self.manager.mark_clean(path, broker_epoch)
            {
                tracing::error!(%error, "the directory is not marked clean");
            }
        }
    }
}

/// What becomes [`LogDirs`] once the logs are loaded.
#[derive(Debug)]
pub(super) struct LogManagerParts {
    pub(super) manager: LogManager,
    failures: Vec<(PathBuf, Arc<DirFailure>)>,
    clock: Arc<dyn Clock>,
}

impl LogManagerParts {
    pub(super) fn finish(self) -> LogDirs {
        LogDirs {
            manager: self.manager,
            failures: self.failures,
            deletions: Mutex::new(Vec::new()),
            clock: self.clock,
        }
    }
}

/// Finds out who this node is; gives directories without an identity this one.
fn identify(
    manager: &mut LogManager,
    config: &ServerConfig,
    clock: &dyn Clock,
    rng: &mut Rng,
) -> Result<Identity, LogDirsError> {
    let known: Vec<(PathBuf, Option<MetaProperties>)> = manager
        .dirs()
        .iter()
        .map(|dir| (dir.path.clone(), dir.meta.clone()))
        .collect();
    let first = known.iter().find_map(|(_, meta)| meta.clone());
    let stored = first.as_ref().map(|meta| meta.node_id);
    let node_id = config
        .node_id
        .map(BrokerId)
        .or(stored)
        .unwrap_or(DEFAULT_NODE_ID);
    let cluster_id = first.map_or_else(|| rng.uuid().to_string(), |meta| meta.cluster_id);
    let mut directories = Vec::new();
    for (path, meta) in known {
        let fresh = meta.is_none();
        let mut meta = meta.unwrap_or_else(|| MetaProperties {
            cluster_id: cluster_id.clone(),
            node_id,
            directory_id: None,
        });
        if meta.node_id != node_id {
            let stored = meta.node_id;
            return Err(LogDirsError::OtherNode {
                path,
                stored,
                configured: node_id,
            });
        }
        if meta.cluster_id != cluster_id {
            let found = meta.cluster_id;
            return Err(LogDirsError::OtherCluster {
                path,
                expected: cluster_id,
                found,
            });
        }
        if meta.directory_id.is_none() {
            meta.directory_id = Some(rng.uuid());
        }
        let directory = meta.directory_id.unwrap_or(Uuid::ZERO);
        if fresh {
            let voter = voter_of(config, node_id, directory);
            let is_first = path == config.metadata_log_dir;
            write_format(
                &**manager.fs(),
                &path,
                (
                    &format_records(),
                    if is_first {
                        std::slice::from_ref(&voter)
                    } else {
                        &[]
                    },
                ),
                clock.now_ms(),
            )?;
            // Last, so that a directory that was formatted halfway is formatted again.
            manager.write_meta(&path, &meta)?;
        }
        directories.push(directory);
    }
    Ok(Identity {
        node_id,
        cluster_id,
        directories,
    })
}

/// Writes the files of a formatted directory, but for `meta.properties`.
pub(super) fn write_format(
    fs: &dyn Fs,
    dir: &Path,
    (records, voters): (&[MetadataRecord], &[Voter]),
    now_ms: TimestampMs,
) -> Result<(), LogDirsError> {
    for (name, content) in format_files(records, voters, now_ms) {
        let path = dir.join(name);
        let write = || {
            if let Some(parent) = path.parent() {
                fs.create_dir_all(parent)?;
            }
            fs.replace(&path, &content)
        };
        write().map_err(|source| LogDirsError::Io {
            path: path.clone(),
            source,
        })?;
    }
    Ok(())
}

/// Returns this node as the one voter of its own quorum.
pub(super) fn voter_of(config: &ServerConfig, node_id: BrokerId, directory: Uuid) -> Voter {
    let listener = config.controller_listeners.first();
    let host = listener.map_or("", |listener| listener.host.as_str());
    Voter {
        id: node_id,
        directory,
        listener: listener
            .map_or("CONTROLLER", |listener| listener.name.as_str())
            .to_owned(),
        host: if host.is_empty() { "localhost" } else { host }.to_owned(),
        port: listener.map_or(DEFAULT_CONTROLLER_PORT, |listener| listener.port),
    }
}
