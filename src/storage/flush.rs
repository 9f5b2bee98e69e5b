//! What has to be synced for a log to be durable up to an offset, and the syncing itself.
//!
//! The plan is taken under the partition's lock and run outside it: several appends share one
//! sync. A failed sync is never tried again, since the kernel may have dropped the pages: the
//! caller poisons the log with it.

use std::path::PathBuf;
use std::sync::Arc;

use super::checkpoint::epochs_text;
use super::error::{AtPath, IoError};
use super::log::Log;
use super::segments::Segments;
use crate::fs::{File, Fs, OpenMode};
use crate::types::{Offset, TimestampMs};

/// What to sync.
#[derive(Clone, Debug)]
pub struct FlushPlan {
    /// Segments' files, the oldest first.
    pub files: Vec<(PathBuf, Arc<dyn File>)>,
    /// `partition.metadata`, if it was just written.
    pub identity: Option<PathBuf>,
    /// Directories with new names.
    pub dirs: Vec<PathBuf>,
    /// The leader-epoch checkpoint, where a finished segment needs it.
    pub epochs: Option<(PathBuf, String)>,
    /// The log's end when the plan was made: what is durable once it has run.
    pub until: Offset,
    /// How often the log had been truncated when the plan was made.
    pub(super) truncations: u64,
}

impl Log {
    /// Notes that a plan has run.
    pub fn flushed(&mut self, plan: &FlushPlan) {
        if plan.truncations != self.truncations {
            // What the plan has synced is partly gone, and other records may have its offsets.
            return;
        }
        let until = plan.until;
        self.flushed = self.flushed.max(until);
        self.unsynced.retain(|(end, _, _)| *end > until);
        self.is_identity_unsynced &= plan.identity.is_none();
        if self.unsynced_name.is_some_and(|base| base < until) {
            self.unsynced_name = None;
            self.is_new_dir = false;
            let written = plan.epochs.as_ref().map(|(_, text)| text.as_str());
            // They may have changed since the plan was made.
            if written == Some(epochs_text(self.epochs.entries()).as_str()) {
                self.epochs_due = false;
                self.epochs.mark_clean();
            }
        }
    }

    /// Writes what the index and epoch files lack; before the recovery point is checkpointed.
    pub fn checkpoint(&mut self) -> Result<(), IoError> {
        let Segments { fs, dir, map, .. } = &mut self.segments;
        if let Some(mut active) = map.last_entry() {
            active.get_mut().persist_indexes(fs.as_ref(), dir)?;
        }
        if self.epochs_due {
            // The flush that is due writes them, perhaps at this moment; until it has, the
            // recovery point does not pass what they are needed for.
            return Ok(());
        }
        self.write_epochs()
    }

    /// Lets the index files follow the log, for those who look into the directory.
    pub(super) fn show_indexes(&mut self, now_ms: TimestampMs) {
        let Segments { fs, dir, map, .. } = &mut self.segments;
        let Some(mut entry) = map.last_entry() else {
            return;
        };
        let active = entry.get_mut();
        if active.are_indexes_due(now_ms) {
            active.indexes_written(now_ms);
            // The batch is in the log; the index can be made anew, and is written again.
            drop(active.persist_indexes(fs.as_ref(), dir));
        }
    }

    /// Returns whether a finished segment has data that is not synced.
    #[must_use]
    pub fn has_unsynced_segment(&self) -> bool {
        let active = self.segments.active().base;
        self.unsynced.iter().any(|(end, _, _)| *end <= active)
    }
}

impl FlushPlan {
    /// Syncs it all.
    pub fn run(&self, fs: &dyn Fs) -> Result<(), IoError> {
        for (path, file) in &self.files {
            file.sync_data().at("sync", path)?;
        }
        if let Some(path) = &self.identity {
            let file = fs.open(path, OpenMode::Read).at("open", path)?;
            file.sync_data().at("sync", path)?;
        }
        if let Some((path, text)) = &self.epochs {
            fs.replace(path, text.as_bytes()).at("replace", path)?;
        }
        for dir in &self.dirs {
            fs.sync_dir(dir).at("sync", dir)?;
        }
        Ok(())
    }
}
