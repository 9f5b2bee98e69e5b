//! A copy of a log directory, made while a broker writes to it.
//!
//! What was acknowledged before the copy began is in it, no batch is torn, and it opens as after
//! an unclean stop. Finished segments get a second name (a hard link) where that is safe and
//! possible; everything else is copied and synced. The order is what makes it one state:
//!
//! 1. the checkpoints of offsets are read: logs only grow, so they hold for what is copied later;
//! 2. the partitions of groups and transactions: a commit must not be newer than what it is about;
//! 3. all other partitions;
//! 4. the metadata log: a partition that is gone by now is gone in it too, and leaves the copy.

mod files;
mod partition;

use std::collections::HashMap;
use std::path::{Path, PathBuf};

use super::checkpoint::{
    self, HIGH_WATERMARK_FILE, LOG_START_FILE, RECOVERY_POINT_FILE, write_offsets,
};
use super::dir::DirName;
use super::error::{AtPath, IoError};
use super::meta_properties::META_PROPERTIES_FILE;
use crate::fs::Fs;
use crate::types::{Offset, TopicPartition};

pub use files::copy_dir;
use partition::{PartitionCopy, is_gone};

const METADATA_DIR: &str = "__cluster_metadata-0";
const CLEANER_FILE: &str = "cleaner-offset-checkpoint";
const BOOTSTRAP_FILE: &str = "bootstrap.checkpoint";
/// How often a partition is copied that changes meanwhile.
const TRIES: usize = 8;

/// Why no copy was made.
#[derive(Debug, thiserror::Error)]
pub enum SnapshotError {
    /// A call of the file system failed.
    #[error(transparent)]
    Io(#[from] IoError),
    /// Nobody has used the directory as a log directory.
    #[error("{} is no log directory: it has no meta.properties", path.display())]
    NotALogDir {
        /// The directory.
        path: PathBuf,
    },
    /// A partition's files changed each time that they were copied.
    #[error("{} changed each of {TRIES} times that it was copied", path.display())]
    Restless {
        /// The partition's directory.
        path: PathBuf,
    },
}

/// What a copy consists of.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct SaveReport {
    /// Partitions, the metadata log among them.
    pub partitions: u64,
    /// Files that have a second name in the copy.
    pub linked_files: u64,
    /// Their bytes.
    pub linked_bytes: u64,
    /// Files that were copied.
    pub copied_files: u64,
    /// Their bytes.
    pub copied_bytes: u64,
    /// Partitions that were deleted meanwhile.
    pub left_out: Vec<String>,
}

impl SaveReport {
    /// Adds the report of another log directory.
    pub fn add(&mut self, other: Self) {
        self.partitions += other.partitions;
        self.linked_files += other.linked_files;
        self.linked_bytes += other.linked_bytes;
        self.copied_files += other.copied_files;
        self.copied_bytes += other.copied_bytes;
        self.left_out.extend(other.left_out);
    }
}

/// Copies the log directory `source` to `target`, which must not be there; `told` hears how many
/// bytes more are done.
pub fn save_log_dir(
    fs: &dyn Fs,
    source: &Path,
    target: &Path,
    told: &mut dyn FnMut(u64),
) -> Result<SaveReport, SnapshotError> {
    if !fs.exists(&source.join(META_PROPERTIES_FILE)) {
        return Err(SnapshotError::NotALogDir {
            path: source.to_path_buf(),
        });
    }
    fs.create_dir_all(target).at("create", target)?;
    let mut save = Save {
        fs,
        source,
        target,
        checkpoints: Checkpoints::read(fs, source),
        report: SaveReport::default(),
        told,
    };
    save.partitions()?;
    save.metadata()?;
    save.drop_deleted()?;
    save.small_files()?;
    fs.sync_dir(target).at("sync", target)?;
    Ok(save.report)
}

/// What the checkpoints said before anything was copied.
#[derive(Debug, Default)]
struct Checkpoints {
    recovery_points: HashMap<TopicPartition, Offset>,
    log_starts: HashMap<TopicPartition, Offset>,
    high_watermarks: HashMap<TopicPartition, Offset>,
    cleaned: HashMap<TopicPartition, Offset>,
}

impl Checkpoints {
    /// Reads them; one that cannot be read is as one without entries, as for a broker.
    fn read(fs: &dyn Fs, dir: &Path) -> Self {
        let read = |name: &str| {
            let entries = checkpoint::read_offsets(fs, &dir.join(name)).unwrap_or_default();
            entries.into_iter().collect()
        };
        Self {
            recovery_points: read(RECOVERY_POINT_FILE),
            log_starts: read(LOG_START_FILE),
            high_watermarks: read(HIGH_WATERMARK_FILE),
            cleaned: read(CLEANER_FILE),
        }
    }

    /// Returns the offset below which nothing of a partition changes any more: it is durable, and
    /// no leader will ask for its truncation.
    fn settled(&self, partition: &TopicPartition) -> Offset {
        let of = |map: &HashMap<TopicPartition, Offset>| {
            map.get(partition).copied().unwrap_or(Offset::ZERO)
        };
        of(&self.recovery_points).min(of(&self.high_watermarks))
    }
}

struct Save<'a> {
    fs: &'a dyn Fs,
    source: &'a Path,
    target: &'a Path,
    checkpoints: Checkpoints,
    report: SaveReport,
    told: &'a mut dyn FnMut(u64),
}

impl Save<'_> {
    /// Returns the partitions' directories: those of groups and transactions first.
    fn listed(&self) -> Result<Vec<(String, TopicPartition)>, IoError> {
        let entries = self.fs.read_dir(self.source).at("list", self.source)?;
        let mut found: Vec<_> = entries
            .into_iter()
            .filter(|entry| entry.is_dir && entry.name != METADATA_DIR)
            .filter_map(|entry| match DirName::parse(&entry.name) {
                Some(DirName::Partition(partition)) => Some((entry.name, partition)),
                _ => None,
            })
            .collect();
        found.sort_by_key(|(_, partition)| !partition.topic.starts_with("__"));
        Ok(found)
    }

    fn partitions(&mut self) -> Result<(), SnapshotError> {
        for (name, partition) in self.listed()? {
            let settled = self.checkpoints.settled(&partition);
            if self.partition(&name, settled)? {
                self.report.partitions += 1;
            } else {
                self.report.left_out.push(name);
            }
        }
        Ok(())
    }

    /// Copies one partition; returns whether it is still there.
    fn partition(&mut self, name: &str, settled: Offset) -> Result<bool, SnapshotError> {
        let (source, target) = (self.source.join(name), self.target.join(name));
        for _ in 0..TRIES {
            let mut copy = PartitionCopy {
                fs: self.fs,
                source: &source,
                target: &target,
                settled,
                report: SaveReport::default(),
                told: &mut *self.told,
            };
            let copied = copy.run();
            let report = copy.report;
            match copied {
                Ok(true) => {
                    self.report.add(report);
                    return Ok(true);
                }
                Ok(false) => {}
                Err(error) if is_gone(&error) => {}
                Err(error) => return Err(error.into()),
            }
            self.discard(&target)?;
            if !self.fs.exists(&source) {
                return Ok(false);
            }
        }
        Err(SnapshotError::Restless { path: source })
    }

    fn metadata(&mut self) -> Result<(), SnapshotError> {
        if !self.fs.exists(&self.source.join(METADATA_DIR)) {
            return Ok(());
        }
        // Nothing of it is linked: it is small, and a snapshot of it lets it begin anew.
        if self.partition(METADATA_DIR, Offset::ZERO)? {
            self.report.partitions += 1;
        }
        Ok(())
    }

    /// Takes partitions out of the copy that the metadata log no longer knows, or knows anew.
    fn drop_deleted(&mut self) -> Result<(), SnapshotError> {
        let copied = self.fs.read_dir(self.target).at("list", self.target)?;
        for entry in copied.into_iter().filter(|entry| entry.is_dir) {
            let (source, target) = (self.source.join(&entry.name), self.target.join(&entry.name));
            if !partition::is_same_topic(self.fs, &source, &target) {
                self.discard(&target)?;
                self.report.partitions -= 1;
                self.report.left_out.push(entry.name);
            }
        }
        Ok(())
    }

    fn discard(&self, target: &Path) -> Result<(), IoError> {
        if !self.fs.exists(target) {
            return Ok(());
        }
        self.fs.remove_dir_all(target).at("remove", target)
    }

    /// Writes the checkpoints for what is in the copy, and last whose directory it is.
    fn small_files(&mut self) -> Result<(), SnapshotError> {
        let known = &self.checkpoints;
        for (name, entries) in [
            (RECOVERY_POINT_FILE, &known.recovery_points),
            (LOG_START_FILE, &known.log_starts),
            (HIGH_WATERMARK_FILE, &known.high_watermarks),
            (CLEANER_FILE, &known.cleaned),
        ] {
            if name == CLEANER_FILE && entries.is_empty() {
                continue;
            }
            let is_copied = |partition: &TopicPartition| {
                let dir = self.target.join(partition.to_string());
                self.fs.exists(&dir)
            };
            let mut kept: Vec<_> = entries
                .iter()
                .filter(|(partition, _)| is_copied(partition))
                .map(|(partition, offset)| (partition, *offset))
                .collect();
            kept.sort_unstable();
            write_offsets(self.fs, &self.target.join(name), kept.into_iter())?;
        }
        for name in [BOOTSTRAP_FILE, META_PROPERTIES_FILE] {
            let (source, target) = (self.source.join(name), self.target.join(name));
            if self.fs.exists(&source) {
                let bytes = files::copy(self.fs, &source, &target)?;
                self.report.copied_files += 1;
                self.report.copied_bytes += bytes;
                (self.told)(bytes);
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests;
