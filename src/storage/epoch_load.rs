//! Loading the leader epochs of a log, and what they say about its start.
//!
//! The file has no checksum. Each entry is compared with the batch that it names; a file that is
//! missing, malformed or contradicted is made anew from the log.

use super::checkpoint::{LEADER_EPOCH_FILE, read_epochs};
use super::error::{LoadError, ReadError};
use super::leader_epoch::LeaderEpochCache;
use super::loader::{LoadReport, StartState};
use super::log::Log;
use crate::types::{LeaderEpoch, Offset};

impl Log {
    /// Returns what the epoch file has; `None` if it cannot be read.
    pub(super) fn read_epoch_file(
        &self,
        report: &mut LoadReport,
    ) -> Option<Vec<(LeaderEpoch, Offset)>> {
        let path = self.dir().join(LEADER_EPOCH_FILE);
        match read_epochs(self.segments.fs.as_ref(), &path) {
            Ok(entries) => Some(entries),
            Err(error) => {
                report
                    .warnings
                    .push(format!("{error}; the epochs are read from the log"));
                None
            }
        }
    }

    /// Corrects a log start that nothing else confirms.
    ///
    /// A checkpoint has no checksum, and a start that is too high hides records, or drops them
    /// all. Whoever raises a log's start raises that of its first epoch with it, and writes the
    /// epochs first, so the lower of the two is right; without epochs a start behind the log's
    /// segments is not believed.
    pub(super) fn believed_start(
        &self,
        start: StartState,
        epochs: Option<&[(LeaderEpoch, Offset)]>,
        report: &mut LoadReport,
    ) -> StartState {
        let Some((last, _)) = self.segments.map.last_key_value() else {
            return start;
        };
        let confirmed = match epochs.and_then(|epochs| epochs.first()) {
            Some((_, first)) => start.log_start.min(*first),
            None => start.log_start.min(*last),
        };
        if confirmed < start.log_start {
            report.warnings.push(format!(
                "{}: the log start {} is not confirmed by the leader epochs; {confirmed} is taken",
                self.partition, start.log_start
            ));
        }
        StartState {
            log_start: confirmed,
            ..start
        }
    }

    /// Takes the epochs from the file where the log does not say otherwise.
    pub(super) fn load_epochs(
        &mut self,
        file: Option<Vec<(LeaderEpoch, Offset)>>,
    ) -> Result<(), LoadError> {
        let seen = std::mem::take(&mut self.epochs);
        let file = file.filter(|entries| !entries.is_empty() || self.end == self.start);
        let entries = file.unwrap_or_default();
        let is_confirmed = self.end == self.start || !entries.is_empty();
        if is_confirmed && self.confirms_epochs(&entries)? {
            self.epochs = LeaderEpochCache::new(&entries);
        } else {
            self.scan_headers(self.start, |log, batch, _| {
                log.epochs
                    .assign(batch.header.leader_epoch, batch.header.base_offset);
                Ok(())
            })?;
        }
        // What recovery has seen in the batches is right where the file differs.
        for (epoch, start) in seen.entries() {
            if self.epochs.epoch_for_offset(*start) != Some(*epoch) {
                self.epochs.assign(*epoch, *start);
            }
        }
        self.epochs.truncate_from_end(self.end);
        self.epochs.truncate_from_start(self.start);
        Ok(())
    }

    /// Returns whether the batches at which the file's epochs begin have these epochs.
    fn confirms_epochs(&self, entries: &[(LeaderEpoch, Offset)]) -> Result<bool, LoadError> {
        for (epoch, begin) in entries {
            if *begin < self.start || *begin >= self.end {
                continue;
            }
            let Some(segment) = self.segments.floor(*begin) else {
                continue;
            };
            let header = match self.search(segment, *begin) {
                Ok(Some(batch)) => batch.header,
                // A gap that compaction left, or damage.
                Ok(None) | Err(ReadError::Damaged { .. }) => continue,
                Err(error) => return Err(error.into()),
            };
            let is_exact = header.base_offset == *begin || *begin == self.start;
            let is_gap = header.base_offset > *begin;
            let is_same = header.leader_epoch == *epoch && is_exact;
            if !is_same && !(is_gap && header.leader_epoch >= *epoch) {
                return Ok(false);
            }
        }
        Ok(true)
    }
}
