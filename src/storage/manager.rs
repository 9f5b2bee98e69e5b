//! LogManager: log directories; their locks, checkpoints and partitions.
//!
//! It hands out logs by value and keeps none: whoever serves a partition owns its log. It promises
//! that a directory is marked clean only after all of it was loaded and closed, and refuses a
//! directory that another process has, or that holds directories which are no partitions.

use std::collections::HashMap;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::checkpoint::{HIGH_WATERMARK_FILE, LOG_START_FILE, RECOVERY_POINT_FILE, write_offsets};
use super::config::LogConfig;
use super::dir::{DirName, delete_dir_name};
use super::error::{AtPath, IoError, LoadError};
use super::load::dirs::{load_dir, partition_dirs};
use super::load::strays;
use super::load::{LoadReport, StartState};
use super::log::Log;
use super::meta_properties::MetaProperties;
use crate::fs::{Fs, Lock};
use crate::types::{Offset, TimestampMs, TopicPartition, Uuid};

const LOCK_FILE: &str = ".lock";
pub(super) const CLEAN_SHUTDOWN_FILE: &str = ".kafka_cleanshutdown";

/// One log directory, locked.
#[derive(Debug)]
pub struct LogDir {
    /// Where it is.
    pub path: PathBuf,
    /// Whose it is; `None` if it was never used, or if that is damaged.
    pub meta: Option<MetaProperties>,
    /// Whether what says whose it is cannot be read; another directory says it then.
    pub is_meta_damaged: bool,
    /// Whether all of it was loaded.
    is_loaded: bool,
    _lock: Box<dyn Lock>,
}

/// The log directories of a broker.
#[derive(Debug)]
pub struct LogManager {
    fs: Arc<dyn Fs>,
    dirs: Vec<LogDir>,
}

/// A log that was found in a directory.
#[derive(Debug)]
pub struct LoadedLog {
    /// The log.
    pub log: Log,
    /// The log directory it lies in.
    pub log_dir: PathBuf,
    /// Whose it is, if its `partition.metadata` tells.
    pub topic_id: Option<Uuid>,
    /// The high watermark that was checkpointed, within the log.
    pub high_watermark: Offset,
    /// What opening it found and did.
    pub report: LoadReport,
}

/// All that was found in the log directories.
#[derive(Debug, Default)]
pub struct LoadedDirs {
    /// The logs.
    pub logs: Vec<LoadedLog>,
    /// Directories whose deletion was under way; to be given to [`LogManager::remove`].
    pub deletions: Vec<PathBuf>,
    /// Partitions that were on their way to a log directory.
    pub moves: Vec<(TopicPartition, PathBuf)>,
    /// Directories that were left alone: partitions of unknown topics.
    pub left_alone: Vec<PathBuf>,
    /// What a person should know.
    pub warnings: Vec<String>,
}

/// What the checkpoints keep of a partition.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PartitionCheckpoint {
    /// The partition.
    pub partition: TopicPartition,
    /// [`Log::recovery_point`].
    pub recovery_point: Offset,
    /// [`Log::start_offset`].
    pub log_start: Offset,
    /// The high watermark.
    pub high_watermark: Offset,
}

impl LogManager {
    /// Makes the directories where they are missing, locks them, and reads whose they are.
    pub fn open(fs: Arc<dyn Fs>, paths: &[PathBuf]) -> Result<Self, LoadError> {
        let mut dirs: Vec<LogDir> = Vec::with_capacity(paths.len());
        let mut damage = None;
        for path in paths {
            if !fs.exists(path) {
                fs.create_dir_all(path).at("create", path)?;
            }
            if let Some(parent) = path.parent().filter(|parent| fs.exists(parent)) {
                // Also if it is there: who made it may have been killed before this.
                fs.sync_dir(parent).at("sync", parent)?;
            }
            let lock = fs.try_lock(&path.join(LOCK_FILE)).at("lock", path)?;
            let lock = lock.ok_or_else(|| LoadError::Locked { path: path.clone() })?;
            let (meta, is_meta_damaged) = match MetaProperties::read(fs.as_ref(), path) {
                Ok(meta) => (meta, false),
                Err(error @ LoadError::Malformed { .. }) => {
                    damage.get_or_insert(error);
                    (None, true)
                }
                Err(error) => return Err(error),
            };
            dirs.push(LogDir {
                path: path.clone(),
                meta,
                is_meta_damaged,
                is_loaded: false,
                _lock: lock,
            });
        }
        match damage {
            Some(error) if dirs.iter().all(|dir| dir.meta.is_none()) => Err(error),
            _ => Ok(Self { fs, dirs }),
        }
    }

    /// Returns the directories.
    #[must_use]
    pub fn dirs(&self) -> &[LogDir] {
        &self.dirs
    }

    /// Returns the file system.
    #[must_use]
    pub const fn fs(&self) -> &Arc<dyn Fs> {
        &self.fs
    }

    /// Writes whose a directory is.
    pub fn write_meta(&mut self, log_dir: &Path, meta: &MetaProperties) -> Result<(), LoadError> {
        meta.write(self.fs.as_ref(), log_dir)?;
        for dir in self.dirs.iter_mut().filter(|dir| dir.path == log_dir) {
            dir.meta = Some(meta.clone());
        }
        Ok(())
    }

    /// Gives partitions another name, durably, that belong to no topic any more or to an earlier
    /// one of the same name; `topic_id_of` tells the ids of topics. Nothing of them is deleted.
    ///
    /// To be called before [`Self::load_all`], so that no topic takes over another one's records.
    pub fn set_strays_aside(
        &self,
        topic_id_of: &dyn Fn(&str) -> Option<Uuid>,
        new_id: &mut dyn FnMut() -> Uuid,
    ) -> Result<Vec<String>, LoadError> {
        let mut warnings = Vec::new();
        for dir in &self.dirs {
            strays::set_aside(
                self.fs.as_ref(),
                &dir.path,
                topic_id_of,
                new_id,
                &mut warnings,
            )?;
        }
        Ok(warnings)
    }

    /// Loads the logs of all directories; `config_of` tells each partition's settings.
    ///
    /// A partition that is in two directories is refused before anything is touched.
    pub fn load_all(
        &mut self,
        config_of: &dyn Fn(&TopicPartition) -> LogConfig,
        now_ms: TimestampMs,
    ) -> Result<LoadedDirs, LoadError> {
        let mut seen: HashMap<TopicPartition, PathBuf> = HashMap::new();
        for dir in &self.dirs {
            for entry in partition_dirs(self.fs.as_ref(), &dir.path)? {
                let (DirName::Partition(partition), _) = entry else {
                    continue;
                };
                let name = partition.to_string();
                if let Some(first) = seen.insert(partition, dir.path.clone()) {
                    return Err(LoadError::Duplicate {
                        partition: name,
                        first,
                        second: dir.path.clone(),
                    });
                }
            }
        }
        let mut loaded = LoadedDirs::default();
        for dir in &mut self.dirs {
            load_dir(&self.fs, dir, config_of, now_ms, &mut loaded)?;
            dir.is_loaded = true;
        }
        Ok(loaded)
    }

    /// Makes the log of a new partition; its directory is durable with its first flush.
    pub fn create(
        &self,
        log_dir: &Path,
        partition: &TopicPartition,
        topic_id: Uuid,
        config: LogConfig,
        now_ms: TimestampMs,
    ) -> Result<Log, LoadError> {
        let dir = log_dir.join(partition.to_string());
        let fs = Arc::clone(&self.fs);
        let start = StartState::default();
        let (mut log, _) = Log::load(fs, dir, partition.clone(), config, start, now_ms)?;
        if !topic_id.is_zero() {
            log.write_partition_metadata(topic_id)?;
        }
        Ok(log)
    }

    /// Takes a partition's directory out of use by giving it another name, durably; returns that,
    /// for [`Self::remove`] later. The log must not be written to any more.
    pub fn mark_deleted(&self, log: &Log, id: Uuid) -> Result<PathBuf, IoError> {
        let from = log.dir().to_path_buf();
        let to = from.with_file_name(delete_dir_name(log.partition(), id));
        self.fs.rename(&from, &to).at("rename", &from)?;
        if let Some(parent) = to.parent() {
            self.fs.sync_dir(parent).at("sync", parent)?;
        }
        Ok(to)
    }

    /// Removes a file or a directory that was renamed before; it is no error if it is gone.
    pub fn remove(&self, path: &Path) -> Result<(), IoError> {
        let result = match self.fs.metadata(path) {
            Ok(metadata) if metadata.is_dir => self.fs.remove_dir_all(path),
            Ok(_) => self.fs.remove_file(path),
            Err(error) => Err(error),
        };
        match result {
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
            result => result.at("remove", path),
        }
    }

    /// Replaces the three checkpoints of a directory. [`Log::checkpoint`] goes first.
    pub fn write_checkpoints(
        &self,
        log_dir: &Path,
        partitions: &[PartitionCheckpoint],
    ) -> Result<(), IoError> {
        self.write_high_watermarks(log_dir, partitions)?;
        let path = log_dir.join(LOG_START_FILE);
        let moved: Vec<_> = partitions
            .iter()
            .filter(|entry| entry.log_start.0 > 0)
            .collect();
        let entries = moved
            .iter()
            .map(|entry| (&entry.partition, entry.log_start));
        write_offsets(self.fs.as_ref(), &path, entries)?;
        let path = log_dir.join(RECOVERY_POINT_FILE);
        let entries = partitions
            .iter()
            .map(|entry| (&entry.partition, entry.recovery_point));
        write_offsets(self.fs.as_ref(), &path, entries)
    }

    /// Replaces the checkpoint of high watermarks alone.
    pub fn write_high_watermarks(
        &self,
        log_dir: &Path,
        partitions: &[PartitionCheckpoint],
    ) -> Result<(), IoError> {
        let path = log_dir.join(HIGH_WATERMARK_FILE);
        let entries = partitions
            .iter()
            .map(|entry| (&entry.partition, entry.high_watermark));
        write_offsets(self.fs.as_ref(), &path, entries)
    }

    /// Marks a directory as closed in order, if all of it was loaded. All its logs must have been
    /// closed and the checkpoints written.
    pub fn mark_clean(&self, log_dir: &Path, broker_epoch: i64) -> Result<(), IoError> {
        let Some(dir) = self.dirs.iter().find(|dir| dir.path == log_dir) else {
            return Ok(());
        };
        if !dir.is_loaded {
            return Ok(());
        }
        let path = log_dir.join(CLEAN_SHUTDOWN_FILE);
        let text = format!("{{\"version\":0,\"brokerEpoch\":{broker_epoch}}}");
        self.fs.replace(&path, text.as_bytes()).at("replace", &path)
    }
}

#[cfg(test)]
mod tests {
    use super::super::dir::PARTITION_METADATA_FILE;
    use super::super::load::dirs::{METADATA_DIR, REMOTE_INDEX_DIR};
    use super::*;
    use crate::fs::RealFs;
    use crate::record::{Append, BatchBuilder, Seal, ValidatedBatch};
    use crate::types::LeaderEpoch;

    fn append(log: &mut Log) {
        let mut builder = BatchBuilder::new(1000);
        assert_eq!(builder.append(None, Some(b"v"), &[], 5), Append::Fits);
        let bytes = builder.seal(&Seal::default()).unwrap();
        let batch = ValidatedBatch::trusted(bytes).unwrap();
        log.append(&batch, LeaderEpoch(0), 5).unwrap();
    }

    fn manager(path: &Path) -> Result<LogManager, LoadError> {
        LogManager::open(RealFs::shared(), &[path.to_path_buf()])
    }

    fn load(manager: &mut LogManager) -> Result<LoadedDirs, LoadError> {
        manager.load_all(&|_| LogConfig::default(), 5)
    }

    fn entry(log: &Log) -> PartitionCheckpoint {
        PartitionCheckpoint {
            partition: log.partition().clone(),
            recovery_point: log.recovery_point(),
            log_start: log.start_offset(),
            high_watermark: log.end_offset(),
        }
    }

    #[test]
    fn a_directory_closed_in_order_is_loaded_without_a_check() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("data");
        let mut first = manager(&path).unwrap();
        assert!(load(&mut first).unwrap().logs.is_empty());
        assert!(matches!(manager(&path), Err(LoadError::Locked { .. })));
        let mut checkpoints = Vec::new();
        for number in 0..3 {
            let partition = TopicPartition::new("t", number);
            let mut log = first
                .create(&path, &partition, Uuid(7), LogConfig::default(), 5)
                .unwrap();
            append(&mut log);
            log.close().unwrap();
            checkpoints.push(entry(&log));
        }
        first.write_checkpoints(&path, &checkpoints).unwrap();
        first.mark_clean(&path, 9).unwrap();
        drop(first);
        let mut second = manager(&path).unwrap();
        let loaded = load(&mut second).unwrap();
        assert_eq!(loaded.logs.len(), 3);
        for log in &loaded.logs {
            assert!(!log.report.recovered);
            assert_eq!(
                (log.topic_id, log.high_watermark),
                (Some(Uuid(7)), Offset(1))
            );
            assert_eq!(log.log.recovery_point(), Offset(1));
        }
        drop(second);
        // Nobody has closed it: the mark is gone.
        let mut third = manager(&path).unwrap();
        assert!(
            load(&mut third)
                .unwrap()
                .logs
                .iter()
                .all(|log| log.report.recovered)
        );
    }

    #[test]
    fn deleted_partitions_go_in_two_steps() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().to_path_buf();
        let mut manager = manager(&path).unwrap();
        let partition = TopicPartition::new("t", 0);
        let log = manager
            .create(&path, &partition, Uuid(7), LogConfig::default(), 5)
            .unwrap();
        let renamed = manager.mark_deleted(&log, Uuid(1)).unwrap();
        let loaded = load(&mut manager).unwrap();
        assert_eq!(
            (loaded.deletions.clone(), loaded.logs.len()),
            (vec![renamed.clone()], 0)
        );
        manager.remove(&renamed).unwrap();
        manager.remove(&renamed).unwrap();
        assert!(!RealFs.exists(&renamed));
    }

    #[test]
    fn a_directory_that_is_no_partition_is_refused() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path();
        for name in [METADATA_DIR, REMOTE_INDEX_DIR] {
            RealFs.create_dir_all(&path.join(name)).unwrap();
        }
        let mut manager = manager(path).unwrap();
        assert!(load(&mut manager).unwrap().logs.is_empty());
        RealFs.create_dir_all(&path.join("lost+found")).unwrap();
        let error = load(&mut manager).unwrap_err();
        assert!(
            error
                .to_string()
                .contains("'lost+found' is not in the form of topic-partition")
        );
    }

    #[test]
    fn damaged_small_files_are_taken_for_missing() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path();
        let mut manager = manager(path).unwrap();
        let partition = TopicPartition::new("t", 0);
        let mut log = manager
            .create(path, &partition, Uuid(7), LogConfig::default(), 5)
            .unwrap();
        append(&mut log);
        log.close().unwrap();
        RealFs
            .replace(&path.join(RECOVERY_POINT_FILE), b"rot")
            .unwrap();
        RealFs
            .replace(&log.dir().join(PARTITION_METADATA_FILE), b"rot")
            .unwrap();
        let loaded = load(&mut manager).unwrap();
        assert_eq!(loaded.warnings.len(), 2, "{:?}", loaded.warnings);
        assert_eq!(loaded.logs[0].log.end_offset(), Offset(1));
        assert_eq!(loaded.logs[0].topic_id, None);
    }
}
