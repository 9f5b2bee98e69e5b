//! The end of a log in order: everything is written and synced, so that a start checks nothing.

use std::path::PathBuf;
use std::sync::Arc;

use super::dir::{
    INDEX_SUFFIX, PARTITION_METADATA_FILE, TIME_INDEX_SUFFIX, TXN_INDEX_SUFFIX, segment_path,
};
use super::error::{AppendError, AtPath, IoError};
use super::log::Log;
use super::segments::Segments;
use crate::fs::{File, OpenMode};

impl Log {
    /// Ends the log: everything is written and synced, so that the next start checks nothing.
    pub fn close(&mut self) -> Result<(), AppendError> {
        self.check_writable()?;
        if let Some(plan) = self.flush_plan() {
            let result = plan.run(self.segments.fs.as_ref());
            if let Err(error) = result {
                self.poison(error.to_string());
                return Err(error.into());
            }
            self.flushed(&plan);
        }
        let changed = self.finish_active()?;
        self.segments.active_mut().finish();
        // The indexes of a segment that was rolled last wait for the next records' flush.
        let waiting = self.unsynced.iter().map(|(_, path, file)| (path, file));
        for (path, file) in waiting.chain(changed.iter().map(|(path, file)| (path, file))) {
            file.sync_data().at("sync", path)?;
        }
        self.unsynced.clear();
        self.write_snapshot()?;
        if !changed.is_empty() || self.unsynced_name.is_some() {
            self.sync_names()?;
            self.unsynced_name = None;
        }
        if self.is_identity_unsynced {
            let path = self.dir().join(PARTITION_METADATA_FILE);
            let file = self.segments.fs.open(&path, OpenMode::Read);
            file.and_then(|file| file.sync_data()).at("sync", &path)?;
            self.is_identity_unsynced = false;
        }
        if self.is_new_dir
            && let Some(parent) = self.dir().parent()
        {
            self.segments.fs.sync_dir(parent).at("sync", parent)?;
            self.is_new_dir = false;
        }
        self.write_epochs()?;
        Ok(())
    }

    /// Makes the active segment's index files complete; returns those that are to be synced.
    pub(super) fn finish_active(&mut self) -> Result<NamedFiles, IoError> {
        let Segments { fs, dir, map, .. } = &mut self.segments;
        let Some(mut entry) = map.last_entry() else {
            return Ok(Vec::new());
        };
        let active = entry.get_mut();
        active.force_time_entry();
        active.persist_indexes(fs.as_ref(), dir)?;
        let mut changed = Vec::new();
        if active.is_changed {
            let mut suffixes = vec![INDEX_SUFFIX, TIME_INDEX_SUFFIX];
            let last_aborted = self.aborted.last().map(|txn| txn.last_offset);
            if last_aborted.is_some_and(|last| last >= active.base) {
                // Nothing reads a finished segment again to find out what this file lacks.
                suffixes.push(TXN_INDEX_SUFFIX);
            }
            for suffix in suffixes {
                let path = segment_path(dir, active.base, suffix);
                let file = fs.open(&path, OpenMode::ReadWrite).at("open", &path)?;
                changed.push((path, file));
            }
        }
        Ok(changed)
    }
}

/// Open files and their paths.
type NamedFiles = Vec<(PathBuf, Arc<dyn File>)>;
