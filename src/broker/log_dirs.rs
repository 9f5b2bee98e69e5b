//! The broker's log directories: opening, formatting, checkpoints, closing.
//!
//! A directory that was never used is formatted by itself; one that is another node's, or another
//! cluster's, is refused.

use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use parking_lot::Mutex;

use super::identity::{Identity, identify};
use super::log_dir_moves::PreferredDirs;
use crate::clock::Clock;
use crate::config::ServerConfig;
use crate::fs::Fs;
use crate::replica::{DirFailure, Partition, ReplicaManager, ToldOfFailure};
use crate::rng::Rng;
use crate::storage::{
    FutureOf, IoError, LoadError, Log, LogConfig, LogManager, PartitionCheckpoint,
};
use crate::types::{BrokerId, TimestampMs, TopicPartition, Uuid};

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

/// The log directories of this broker.
#[derive(Debug)]
pub(super) struct LogDirs {
    manager: LogManager,
    failures: Vec<(PathBuf, Arc<DirFailure>)>,
    /// Renamed directories, and when they may go.
    deletions: Mutex<Vec<(TimestampMs, PathBuf)>>,
    /// Where partitions are to be made that somebody has chosen a directory for.
    pub(super) preferred: PreferredDirs,
    /// Held while checkpoints are written: two writers would share a temporary file, and the
    /// older state could win.
    checkpointing: Mutex<()>,
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

    /// Returns the file system.
    pub(super) fn fs(&self) -> &dyn Fs {
        &**self.manager.fs()
    }

    /// Returns every directory.
    pub(super) fn paths(&self) -> impl Iterator<Item = &Path> {
        self.failures.iter().map(|(path, _)| path.as_path())
    }

    /// Returns the state of a directory, `None` if it is none of this broker's.
    pub(super) fn state_of(&self, log_dir: &Path) -> Option<&DirFailure> {
        let known = self.failures.iter().find(|(path, _)| path == log_dir);
        known.map(|(_, failure)| &**failure)
    }

    /// Returns the id of a directory.
    pub(super) fn id_of(&self, log_dir: &Path) -> Option<Uuid> {
        let dirs = self.manager.dirs().iter();
        let dir = dirs.into_iter().find(|dir| dir.path == log_dir)?;
        dir.meta.as_ref()?.directory_id
    }

    /// Returns the ids of the directories.
    pub(super) fn ids(&self) -> impl Iterator<Item = Uuid> {
        let metas = self.manager.dirs().iter().flat_map(|dir| &dir.meta);
        metas.filter_map(|meta| meta.directory_id)
    }

    /// Makes an empty copy of a partition in a directory.
    pub(super) fn create_future(
        &self,
        log_dir: &Path,
        of: &FutureOf,
        config: LogConfig,
    ) -> Result<Log, LoadError> {
        let now_ms = self.clock.now_ms();
        self.manager.create_future(log_dir, of, config, now_ms)
    }

    /// Gives a copy the partition's name.
    pub(super) fn promote(&self, future: &mut Log) -> Result<(), IoError> {
        self.manager.promote(future)
    }

    /// Takes a log's directory out of use; returns its new name.
    pub(super) fn mark_deleted(&self, log: &Log, id: Uuid) -> Result<PathBuf, IoError> {
        self.manager.mark_deleted(log, id)
    }

    /// Returns the directories that work.
    pub(super) fn working(&self) -> impl Iterator<Item = &Path> {
        let working = self.failures.iter().filter(|(_, dir)| !dir.is_failed());
        working.map(|(path, _)| path.as_path())
    }

    /// Makes the log of a new partition in the directory with the fewest.
    pub(super) fn create(
        &self,
        partition: &TopicPartition,
        topic_id: Uuid,
        config: LogConfig,
        hosted: &ReplicaManager,
    ) -> Result<(Log, PathBuf), LoadError> {
        let preferred = self.preferred.take(partition);
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
        let wanted = counts
            .iter()
            .find(|(_, path)| Some(*path) == preferred.as_ref())
            .copied();
        let chosen = wanted.or_else(|| counts.into_iter().min_by_key(|(count, _)| *count));
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
            Ok(path) => self.remove_later(vec![path], delay_ms),
            Err(error) => tracing::error!(%error, "a deleted partition's directory stays"),
        }
    }

    /// Removes files and directories, which were renamed before, once `delay_ms` has passed.
    pub(super) fn remove_later(&self, paths: Vec<PathBuf>, delay_ms: i64) {
        let due = self.clock.now_ms().saturating_add(delay_ms);
        let paths = paths.into_iter().map(|path| (due, path));
        self.deletions.lock().extend(paths);
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

    /// Writes the checkpoints of every directory; tells the first failure, which stops no other
    /// partition.
    pub(super) fn checkpoint(&self, hosted: &ReplicaManager) -> Result<(), IoError> {
        let _one_at_a_time = self.checkpointing.lock();
        let mut outcome = Ok(());
        for (path, failure) in &self.failures {
            if failure.is_failed() {
                continue;
            }
            let mut entries = Vec::new();
            for partition in hosted.all() {
                if partition.with_log(|log| log.dir().parent() == Some(path)) {
                    let (mut entry, written) = partition.checkpoint();
                    if written.is_err() {
                        // What its small files lack is to be read from the log again.
                        entry.recovery_point = entry.log_start;
                    }
                    outcome = outcome.and(written);
                    entries.push(entry);
                }
            }
            entries.sort_by(|a: &PartitionCheckpoint, b| a.partition.cmp(&b.partition));
            outcome = outcome.and(self.manager.write_checkpoints(path, &entries));
        }
        outcome
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
            preferred: PreferredDirs::default(),
            checkpointing: Mutex::new(()),
            clock: self.clock,
        }
    }
}
