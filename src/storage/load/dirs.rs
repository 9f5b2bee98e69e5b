//! Loading one log directory: its mark, its checkpoints, its partitions.
//!
//! A checkpoint that cannot be read is as one that has nothing, with a warning; recovery points
//! that are not known make recovery cut less (`loader.rs`). Refuses a directory inside that no
//! partition has.

use std::collections::HashMap;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::loader::StartState;
use crate::fs::Fs;
use crate::storage::checkpoint::{
    HIGH_WATERMARK_FILE, LOG_START_FILE, RECOVERY_POINT_FILE, read_offsets, write_offsets,
};
use crate::storage::config::LogConfig;
use crate::storage::dir::{DirName, PARTITION_METADATA_FILE, parse_partition_metadata};
use crate::storage::error::{AtPath, IoError, LoadError};
use crate::storage::log::Log;
use crate::storage::manager::{CLEAN_SHUTDOWN_FILE, LoadedDirs, LoadedLog, LogDir};
use crate::types::{Offset, TimestampMs, TopicPartition, Uuid};

/// Opened by the metadata log's owner, not with the others.
pub(in crate::storage) const METADATA_DIR: &str = "__cluster_metadata-0";
pub(in crate::storage) const REMOTE_INDEX_DIR: &str = "remote-log-index-cache";

/// Whether the directory was closed in order. The mark goes before anything is loaded, so that a
/// crash while loading counts as one.
fn take_clean_mark(fs: &dyn Fs, dir: &Path) -> Result<bool, IoError> {
    let path = dir.join(CLEAN_SHUTDOWN_FILE);
    if !fs.exists(&path) {
        return Ok(false);
    }
    fs.remove_file(&path).at("remove", &path)?;
    fs.sync_dir(dir).at("sync", dir)?;
    Ok(true)
}

/// Lists the directories in a log directory that are partitions', or were.
pub(in crate::storage) fn partition_dirs(
    fs: &dyn Fs,
    path: &Path,
) -> Result<Vec<(DirName, PathBuf)>, LoadError> {
    let mut found = Vec::new();
    for entry in fs.read_dir(path).at("list", path)? {
        if !entry.is_dir || [METADATA_DIR, REMOTE_INDEX_DIR].contains(&entry.name.as_str()) {
            continue;
        }
        let inner = path.join(&entry.name);
        let Some(name) = DirName::parse(&entry.name) else {
            return Err(LoadError::NotAPartition {
                path: inner,
                name: entry.name,
            });
        };
        found.push((name, inner));
    }
    Ok(found)
}

/// Reads a checkpoint; `None` if it is damaged.
fn checkpoint(
    fs: &dyn Fs,
    path: &Path,
    warnings: &mut Vec<String>,
) -> Option<HashMap<TopicPartition, Offset>> {
    match read_offsets(fs, path) {
        Ok(entries) => Some(entries.into_iter().collect()),
        Err(error) => {
            warnings.push(format!(
                "{}: {error}; it is taken for empty",
                path.display()
            ));
            None
        }
    }
}

/// Reads the recovery points; `None` if they are not known.
///
/// A directory with partitions had the file written before the first of them was made: where it is
/// missing, it was lost.
fn recovery_points(
    fs: &dyn Fs,
    dir: &Path,
    has_partitions: bool,
    warnings: &mut Vec<String>,
) -> Result<Option<HashMap<TopicPartition, Offset>>, IoError> {
    let path = dir.join(RECOVERY_POINT_FILE);
    if fs.exists(&path) {
        return Ok(checkpoint(fs, &path, warnings));
    }
    if has_partitions {
        warnings.push(format!("{}: missing", path.display()));
        return Ok(None);
    }
    write_offsets(fs, &path, std::iter::empty())?;
    Ok(Some(HashMap::new()))
}

pub(in crate::storage) fn load_dir(
    fs: &Arc<dyn Fs>,
    dir: &LogDir,
    config_of: &dyn Fn(&TopicPartition) -> LogConfig,
    now_ms: TimestampMs,
    loaded: &mut LoadedDirs,
) -> Result<(), LoadError> {
    let path = &dir.path;
    let entries = partition_dirs(fs.as_ref(), path)?;
    let clean = take_clean_mark(fs.as_ref(), path)?;
    let points = recovery_points(fs.as_ref(), path, !entries.is_empty(), &mut loaded.warnings)?;
    let mut read = |name| {
        let entries = checkpoint(fs.as_ref(), &path.join(name), &mut loaded.warnings);
        entries.unwrap_or_default()
    };
    let log_starts = read(LOG_START_FILE);
    let high_watermarks = read(HIGH_WATERMARK_FILE);
    let of = |map: &HashMap<TopicPartition, Offset>, partition: &TopicPartition| {
        map.get(partition).copied().unwrap_or_default()
    };
    for (name, inner) in entries {
        let partition = match name {
            DirName::Partition(partition) => partition,
            DirName::Deleted => {
                loaded.deletions.push(inner);
                continue;
            }
            DirName::Future(partition) => {
                // Half a copy: it is made anew.
                loaded.deletions.push(inner);
                loaded.moves.push((partition, path.clone()));
                continue;
            }
            DirName::Stray(_) => {
                loaded.left_alone.push(inner);
                continue;
            }
        };
        let start = StartState {
            clean,
            recovery_point: points
                .as_ref()
                .map_or(Offset::NONE, |points| of(points, &partition)),
            log_start: of(&log_starts, &partition),
        };
        let topic_id = read_topic_id(fs.as_ref(), &inner, &mut loaded.warnings)?;
        let config = config_of(&partition);
        let high_watermark = of(&high_watermarks, &partition);
        let (log, report) = Log::load(Arc::clone(fs), inner, partition, config, start, now_ms)?;
        loaded.warnings.extend(report.warnings.iter().cloned());
        let high_watermark = high_watermark.clamp(log.start_offset(), log.end_offset());
        let log_dir = path.clone();
        loaded.logs.push(LoadedLog {
            log,
            log_dir,
            topic_id,
            high_watermark,
            report,
        });
    }
    Ok(())
}

pub(in crate::storage) fn read_topic_id(
    fs: &dyn Fs,
    dir: &Path,
    warnings: &mut Vec<String>,
) -> Result<Option<Uuid>, IoError> {
    let path = dir.join(PARTITION_METADATA_FILE);
    match fs.read(&path, 4096) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(error) if error.kind() != io::ErrorKind::InvalidData => Err(error).at("read", &path),
        result => {
            let id = result
                .ok()
                .and_then(|content| parse_partition_metadata(&content));
            if id.is_none() {
                warnings.push(format!(
                    "{}: malformed; it is taken for missing",
                    path.display()
                ));
            }
            Ok(id)
        }
    }
}
