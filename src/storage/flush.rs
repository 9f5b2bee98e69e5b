//! What has to be synced for a log to be durable up to an offset, and the syncing itself.
//!
//! The plan is taken under the partition's lock and run outside it: several appends share one
//! sync. A failed sync is never tried again, since the kernel may have dropped the pages: the
//! caller poisons the log with it.

use std::path::PathBuf;
use std::sync::Arc;

use super::epoch_file::EpochText;
use super::error::{AtPath, IoError};
use super::log::Log;
use crate::fs::{File, Fs, OpenMode};
use crate::types::Offset;

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
    pub(super) epochs: Option<EpochText>,
    /// The log's end when the plan was made: what is durable once it has run.
    pub until: Offset,
    /// How often the log had been truncated when the plan was made.
    pub(super) truncations: u64,
}

impl Log {
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
        if let Some(text) = &self.epochs {
            text.write(fs)?;
        }
        for dir in &self.dirs {
            fs.sync_dir(dir).at("sync", dir)?;
        }
        Ok(())
    }
}
