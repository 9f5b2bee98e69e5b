//! Loading the leader epochs of a log, and what they say about its start.
//!
//! The file has no checksum. Each entry is compared with the batch that it names; a file that is
//! missing, malformed or contradicted is made anew from the log.

use super::loader::LoadReport;
use crate::storage::checkpoint::{LEADER_EPOCH_FILE, read_epochs};
use crate::storage::epoch_file::EpochFile;
use crate::storage::error::LoadError;
use crate::storage::leader_epoch::LeaderEpochCache;
use crate::storage::log::Log;
use crate::types::{LeaderEpoch, Offset};

impl Log {
    /// Returns what the epoch file has; `None` if it cannot be read. After a clean stop it is
    /// durable, and is not written again before it has to say something else.
    pub(in crate::storage) fn read_epoch_file(
        &mut self,
        is_clean: bool,
        report: &mut LoadReport,
    ) -> Option<Vec<(LeaderEpoch, Offset)>> {
        let path = self.dir().join(LEADER_EPOCH_FILE);
        match read_epochs(self.segments.fs.as_ref(), &path) {
            Ok(entries) => {
                if is_clean {
                    self.epoch_file = EpochFile::holding(&entries);
                }
                Some(entries)
            }
            Err(error) => {
                report
                    .warnings
                    .push(format!("{error}; the epochs are read from the log"));
                None
            }
        }
    }

    /// Corrects a log start that something else contradicts; the log's end is known.
    ///
    /// A checkpoint has no checksum, and a start that is too high hides records, or drops them
    /// all. Whoever raises a log's start raises that of its first epoch with it, and writes the
    /// epochs first, so the lower of the two is right. Without epochs a start behind the log's end
    /// is not believed.
    pub(in crate::storage) fn believed_start(
        &self,
        told: Offset,
        epochs: Option<&[(LeaderEpoch, Offset)]>,
        report: &mut LoadReport,
    ) -> Offset {
        let first = epochs.and_then(|epochs| epochs.first());
        let believed = match first {
            Some((_, first)) => told.min(*first),
            None if told > self.end => Offset::ZERO,
            None => told,
        };
        if believed < told {
            report.warnings.push(format!(
                "{}: the log start {told} is contradicted by the leader epochs, or by the log's \
                 end {}; {believed} is taken",
                self.partition, self.end
            ));
        }
        believed
    }

    /// Takes the epochs from the file where the log does not say otherwise.
    pub(in crate::storage) fn load_epochs(
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
        if entries
            .first()
            .is_some_and(|(_, first)| *first > self.start)
            && let Some(segment) = self.segments.floor(self.start)
            && let Ok(Some(batch)) = self.search(segment, self.start)
            && batch.header.leader_epoch >= LeaderEpoch(0)
        {
            // The file was written for a start that was raised, and is not known any more.
            return Ok(false);
        }
        // Epochs never fall, so that the first and the last batch of each prove all between them.
        let ends = entries.iter().skip(1).map(|(_, begin)| *begin);
        let ends = ends.chain([self.end]).map(|end| end.min(self.end));
        for ((epoch, begin), end) in entries.iter().zip(ends) {
            if end <= self.start || *begin >= self.end {
                continue;
            }
            let first = self.header_at(*begin.max(&self.start))?;
            let is_first = first.is_none_or(|header| {
                let is_gap = header.base_offset > *begin && header.leader_epoch >= *epoch;
                let is_exact = header.base_offset == *begin || *begin <= self.start;
                is_gap || is_exact && header.leader_epoch == *epoch
            });
            let last = self.header_at(end.plus(-1))?;
            let is_last = last.is_none_or(|header| {
                let is_gap = header.base_offset >= end;
                is_gap || header.leader_epoch == *epoch
            });
            if !is_first || !is_last {
                return Ok(false);
            }
        }
        Ok(true)
    }
}
