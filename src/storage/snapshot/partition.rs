//! The copy of one partition's directory.
//!
//! Of a finished segment nothing changes in place, but compaction may replace its files and
//! retention remove them: what was copied is compared with what is there afterwards. Of the active
//! one the whole batches are copied; its indexes are left to be made anew.

use std::path::Path;

use super::SaveReport;
use super::files::{copy, copy_to, link};
use crate::fs::{File, Fs, Metadata, OpenMode};
use crate::storage::checkpoint::LEADER_EPOCH_FILE;
use crate::storage::dir::{
    INDEX_SUFFIX, LOG_SUFFIX, PARTITION_METADATA_FILE, SNAPSHOT_SUFFIX, TIME_INDEX_SUFFIX,
    TXN_INDEX_SUFFIX, parse_segment_name, segment_path,
};
use crate::storage::error::{AtPath, IoError};
use crate::storage::inspect::{FrameScan, check_frame};
use crate::storage::load::damage::find_batch;
use crate::types::Offset;

const QUORUM_STATE_FILE: &str = "quorum-state";
const KRAFT_SNAPSHOT_SUFFIX: &str = ".checkpoint";
/// `partition.metadata` is two lines.
const IDENTITY_BYTES_MAX: u64 = 4096;

/// A copy of a partition's directory that is being made.
pub(super) struct PartitionCopy<'a> {
    pub(super) fs: &'a dyn Fs,
    pub(super) source: &'a Path,
    pub(super) target: &'a Path,
    /// Below this offset nothing changes any more.
    pub(super) settled: Offset,
    pub(super) report: SaveReport,
    pub(super) told: &'a mut dyn FnMut(u64),
}

impl PartitionCopy<'_> {
    /// Makes the copy; returns whether it is one state: compaction may come in between.
    pub(super) fn run(&mut self) -> Result<bool, IoError> {
        let bases = self.bases()?;
        self.fs
            .create_dir_all(self.target)
            .at("create", self.target)?;
        let Some((active, finished)) = bases.split_last() else {
            return self.small_files();
        };
        let before: Vec<_> = finished.iter().map(|base| self.files_of(*base)).collect();
        let mut nexts = bases.iter().skip(1);
        for base in finished {
            let next = *nexts.next().unwrap_or(active);
            match self.finished_segment(*base, next) {
                Err(error) if is_gone(&error) => {
                    if self.bases()?.first().is_some_and(|first| first <= base) {
                        // Not retention, which begins at the front: its records are elsewhere.
                        return Ok(false);
                    }
                    self.drop_below(*base)?;
                }
                result => result?,
            }
        }
        self.active_segment(*active)?;
        let is_whole = self.small_files()?;
        let now = self.bases()?;
        let first = now.first().copied().unwrap_or(*active);
        let is_kept = |base: &&Offset| **base >= first;
        let is_same = finished
            .iter()
            .zip(&before)
            .filter(|(base, _)| is_kept(base))
            .all(|(base, files)| self.files_of(*base) == *files);
        let known = bases.iter().filter(is_kept);
        let there = now.iter().filter(|base| *base <= active);
        Ok(is_whole && is_same && known.eq(there))
    }

    /// Copies what tells of the whole log, behind it: what these files say beyond its end a start
    /// drops, what they lacked it would not find. Returns whether none has vanished meanwhile.
    fn small_files(&mut self) -> Result<bool, IoError> {
        for name in [
            LEADER_EPOCH_FILE,
            PARTITION_METADATA_FILE,
            QUORUM_STATE_FILE,
        ] {
            self.copy_if_there(name)?;
        }
        for entry in self.fs.read_dir(self.source).at("list", self.source)? {
            let is_snapshot = !entry.is_dir && entry.name.ends_with(KRAFT_SNAPSHOT_SUFFIX);
            // A newer one stands for it, which this listing may not have.
            if is_snapshot && !self.copy_if_there(&entry.name)? {
                return Ok(false);
            }
        }
        self.fs.sync_dir(self.target).at("sync", self.target)?;
        Ok(true)
    }

    /// Takes segments out of the copy that retention has removed: no gap may be left behind them.
    fn drop_below(&self, until: Offset) -> Result<(), IoError> {
        for entry in self.fs.read_dir(self.target).at("list", self.target)? {
            if parse_segment_name(&entry.name).is_some_and(|(base, _)| base <= until) {
                let path = self.target.join(&entry.name);
                self.fs.remove_file(&path).at("remove", &path)?;
            }
        }
        Ok(())
    }

    fn bases(&self) -> Result<Vec<Offset>, IoError> {
        let entries = self.fs.read_dir(self.source).at("list", self.source)?;
        let base = |name: &str| match parse_segment_name(name) {
            Some((base, LOG_SUFFIX)) => Some(base),
            _ => None,
        };
        Ok(entries
            .iter()
            .filter_map(|entry| base(&entry.name))
            .collect())
    }

    /// Returns size and time of the files of a segment.
    fn files_of(&self, base: Offset) -> Vec<Option<Metadata>> {
        [
            LOG_SUFFIX,
            INDEX_SUFFIX,
            TIME_INDEX_SUFFIX,
            TXN_INDEX_SUFFIX,
        ]
        .iter()
        .map(|suffix| segment_path(self.source, base, suffix))
        .map(|path| self.fs.metadata(&path).ok())
        .collect()
    }

    fn finished_segment(&mut self, base: Offset, next: Offset) -> Result<(), IoError> {
        let name = |suffix: &str| format!("{:020}{suffix}", base.0);
        let log = name(LOG_SUFFIX);
        let (source, target) = (self.source.join(&log), self.target.join(&log));
        let linked = if next <= self.settled {
            link(self.fs, &source, &target)?
        } else {
            None
        };
        match linked {
            Some(bytes) => {
                self.report.linked_files += 1;
                self.report.linked_bytes += bytes;
                (self.told)(bytes);
            }
            None => self.copied(copy(self.fs, &source, &target)?),
        }
        // Small, and a broker that recovers writes them anew in place: never linked.
        for suffix in [
            INDEX_SUFFIX,
            TIME_INDEX_SUFFIX,
            TXN_INDEX_SUFFIX,
            SNAPSHOT_SUFFIX,
        ] {
            self.copy_if_there(&name(suffix))?;
        }
        Ok(())
    }

    fn active_segment(&mut self, base: Offset) -> Result<(), IoError> {
        let source = segment_path(self.source, base, LOG_SUFFIX);
        let target = segment_path(self.target, base, LOG_SUFFIX);
        let file = self.fs.open(&source, OpenMode::Read).at("open", &source)?;
        let end = whole_batches(file.as_ref(), base).at("read", &source)?;
        let bytes = copy_to(self.fs, file.as_ref(), (&source, &target), end)?;
        self.copied(bytes);
        for suffix in [TXN_INDEX_SUFFIX, SNAPSHOT_SUFFIX] {
            self.copy_if_there(&format!("{:020}{suffix}", base.0))?;
        }
        Ok(())
    }

    /// Copies a file; returns whether it is there.
    fn copy_if_there(&mut self, name: &str) -> Result<bool, IoError> {
        let (source, target) = (self.source.join(name), self.target.join(name));
        match copy(self.fs, &source, &target) {
            Ok(bytes) => {
                self.copied(bytes);
                Ok(true)
            }
            Err(error) if is_gone(&error) => Ok(false),
            Err(error) => Err(error),
        }
    }

    fn copied(&mut self, bytes: u64) {
        self.report.copied_files += 1;
        self.report.copied_bytes += bytes;
        (self.told)(bytes);
    }
}

pub(super) fn is_gone(error: &IoError) -> bool {
    error.source.kind() == std::io::ErrorKind::NotFound
}

/// Returns where the last whole batch ends. Bad bytes before a good batch are damage, not a torn
/// tail, and stay in the copy: what was acknowledged lies behind them.
fn whole_batches(file: &dyn File, base: Offset) -> std::io::Result<u64> {
    let size = file.bytes()?;
    let mut scan = FrameScan::new(file, size);
    let mut least = base;
    loop {
        let position = scan.position();
        let next = match scan.next_frame()? {
            None => None,
            Some(frame) => check_frame(&frame).ok(),
        };
        if let Some(checked) = next {
            least = checked.last_offset.plus(1);
            continue;
        }
        if position >= size {
            return Ok(position);
        }
        match find_batch(file, position + 1, size, least)? {
            Some(until) => scan = FrameScan::between(file, until, size),
            None => return Ok(position),
        }
    }
}

/// Returns whether the directories are of one topic, and the first is still there.
pub(super) fn is_same_topic(fs: &dyn Fs, source: &Path, copy: &Path) -> bool {
    let identity = |dir: &Path| {
        fs.read(&dir.join(PARTITION_METADATA_FILE), IDENTITY_BYTES_MAX)
            .ok()
    };
    fs.exists(source) && identity(source) == identity(copy)
}
