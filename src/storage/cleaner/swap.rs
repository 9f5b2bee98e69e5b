//! Puts a cleaned segment in the place of those it was made of (UnifiedLog.replaceSegments).
//!
//! ```text
//! 1  .cleaned -> .swap        synced: from here on a start finishes the swap
//! 2  old -> .deleted          synced: none of the old is taken for current any more
//! 3  .log.swap -> .log        synced, if an index follows that cannot be made anew
//! 4  the indexes              synced by the caller, outside the log's lock
//! ```
//! Before the end of the first step a start removes the new files, since a `.cleaned` one is
//! among them; a failure there changes nothing. One behind it leaves files that only a start can
//! put in order, so the log takes no more writes.

use std::path::{Path, PathBuf};

use crate::fs::Fs;
use crate::storage::dir::{
    CLEANED_SUFFIX, DELETED_SUFFIX, LOG_SUFFIX, SNAPSHOT_SUFFIX, SWAP_SUFFIX, TXN_INDEX_SUFFIX,
    segment_path,
};
use crate::storage::error::AtPath as _;
use crate::storage::load::leftovers::SWAPPED_SUFFIXES;
use crate::storage::segment::Segment;
use crate::storage::segments::remove_if_there;
use crate::storage::truncate::rebuilt;
use crate::storage::{AbortedTxn, IoError, Log};
use crate::types::Offset;

/// A segment that was written by a cleaning, and those it was made of.
#[derive(Debug)]
pub struct CleanedSegment {
    pub(super) segment: Segment,
    /// Base of the segment behind the old ones.
    pub(super) until: Offset,
    /// Suffixes of the files that were written.
    pub(super) suffixes: Vec<&'static str>,
    /// The old segments: base and size.
    pub(super) sources: Vec<(Offset, u64)>,
    /// The aborted transactions that are still to be known, of those that end here.
    pub(super) aborted: Vec<AbortedTxn>,
    pub(super) truncations: u64,
}

/// Why a cleaned segment did not get its place.
#[derive(Debug, thiserror::Error)]
pub enum SwapError {
    /// The log is not what it was when the cleaning began.
    #[error("the segments that were cleaned are gone")]
    Gone,
    /// A call of the file system failed; the log is as it was.
    #[error(transparent)]
    Io(IoError),
    /// A call of the file system failed in the middle; the log takes no more writes.
    #[error("{0}; the log takes no more writes")]
    Unfinished(IoError),
}

impl CleanedSegment {
    /// Returns its size.
    #[must_use]
    pub const fn bytes(&self) -> u64 {
        self.segment.bytes
    }
}

impl Log {
    /// Puts a cleaned segment in its place; returns the renamed files of the old ones, to be
    /// removed after `file.delete.delay.ms`. The directory is to be synced afterwards.
    pub fn swap_cleaned(&mut self, cleaned: CleanedSegment) -> Result<Vec<PathBuf>, SwapError> {
        if self.is_poisoned() || !self.has_sources_of(&cleaned) {
            return Err(SwapError::Gone);
        }
        let (fs, dir) = (self.segments.fs.as_ref(), self.dir());
        let base = cleaned.segment.base;
        if let Err(error) = rename_all(fs, dir, &cleaned, CLEANED_SUFFIX, SWAP_SUFFIX) {
            return Err(self.undo(&cleaned, error));
        }
        match self.finish_swap(&cleaned) {
            Ok(removed) => {
                for (old, _) in &cleaned.sources {
                    self.segments.map.remove(old);
                    self.segments.forget_cold(*old);
                }
                let (until, kept) = (cleaned.until, &cleaned.aborted);
                let stays = |txn: &&AbortedTxn| {
                    let is_here = (base..until).contains(&txn.last_offset);
                    !is_here || kept.iter().any(|kept| kept == *txn)
                };
                let entries = self.aborted.entries().iter().filter(stays);
                self.aborted = rebuilt(entries.copied());
                self.segments.map.insert(base, cleaned.segment);
                Ok(removed)
            }
            Err(error) => {
                self.poison(format!("a compaction was interrupted: {error}"));
                Err(SwapError::Unfinished(error))
            }
        }
    }

    /// Returns whether the old segments are there, as they were, and no others among them.
    fn has_sources_of(&self, cleaned: &CleanedSegment) -> bool {
        let range = self.segments.map.range(cleaned.segment.base..cleaned.until);
        let now = range.map(|(base, segment)| (*base, segment.bytes));
        let is_active = self.segments.active().base < cleaned.until;
        !is_active && self.truncations == cleaned.truncations && now.eq(cleaned.sources.clone())
    }

    /// Takes a swap back that has not begun to remove anything.
    fn undo(&mut self, cleaned: &CleanedSegment, error: IoError) -> SwapError {
        let (fs, dir) = (self.segments.fs.as_ref(), self.dir());
        let remove = || {
            for suffix in &cleaned.suffixes {
                let name = format!("{suffix}{SWAP_SUFFIX}");
                remove_if_there(fs, &segment_path(dir, cleaned.segment.base, &name))?;
            }
            fs.sync_dir(dir).at("sync", dir)
        };
        match remove() {
            Ok(()) => SwapError::Io(error),
            Err(second) => {
                self.poison(format!("a compaction was interrupted: {second}"));
                SwapError::Unfinished(second)
            }
        }
    }

    fn finish_swap(&self, cleaned: &CleanedSegment) -> Result<Vec<PathBuf>, IoError> {
        let (fs, dir) = (self.segments.fs.as_ref(), self.dir());
        let base = cleaned.segment.base;
        fs.sync_dir(dir).at("sync", dir)?;
        let mut removed = Vec::new();
        for (old, _) in &cleaned.sources {
            let snapshot = (*old != base).then_some(SNAPSHOT_SUFFIX);
            for suffix in SWAPPED_SUFFIXES.into_iter().chain(snapshot) {
                let from = segment_path(dir, *old, suffix);
                let to = segment_path(dir, *old, &format!("{suffix}{DELETED_SUFFIX}"));
                match fs.rename(&from, &to) {
                    Ok(()) => removed.push(to),
                    Err(error) if error.kind() == std::io::ErrorKind::NotFound => {}
                    result => result.at("rename", &from)?,
                }
            }
        }
        fs.sync_dir(dir).at("sync", dir)?;
        let is_log = |suffix: &&&str| **suffix == LOG_SUFFIX;
        for suffix in cleaned.suffixes.iter().filter(is_log) {
            rename(fs, dir, base, suffix, (SWAP_SUFFIX, ""))?;
        }
        if cleaned.suffixes.contains(&TXN_INDEX_SUFFIX) {
            fs.sync_dir(dir).at("sync", dir)?;
        }
        for suffix in cleaned.suffixes.iter().filter(|suffix| !is_log(suffix)) {
            rename(fs, dir, base, suffix, (SWAP_SUFFIX, ""))?;
        }
        Ok(removed)
    }
}

fn rename_all(
    fs: &dyn Fs,
    dir: &Path,
    cleaned: &CleanedSegment,
    from: &str,
    to: &str,
) -> Result<(), IoError> {
    let base = cleaned.segment.base;
    // The records last: until then a start sees at once that the swap is not complete.
    for suffix in cleaned.suffixes.iter().rev() {
        rename(fs, dir, base, suffix, (from, to))?;
    }
    Ok(())
}

fn rename(
    fs: &dyn Fs,
    dir: &Path,
    base: Offset,
    suffix: &str,
    (from, to): (&str, &str),
) -> Result<(), IoError> {
    let old = segment_path(dir, base, &format!("{suffix}{from}"));
    let new = segment_path(dir, base, &format!("{suffix}{to}"));
    fs.rename(&old, &new).at("rename", &old)
}
