//! Loading the aborted transactions and the producers of a log.
//!
//! Transaction indexes have no checksum, and what they lack readers take for committed: each
//! entry's marker and first batch are looked for in the log, and if one is not there, or an index
//! ends in something that is no entry, all of them are made anew from the log. (A first offset that
//! damage moved to another batch of the same transaction is not noticed.)

use super::contents::Contents;
use super::loader::LoadReport;
use crate::record::BatchHeader;
use crate::storage::dir::{SNAPSHOT_SUFFIX, TXN_INDEX_SUFFIX};
use crate::storage::error::{AtPath, LoadError, ReadError};
use crate::storage::index::{Entry as _, Index};
use crate::storage::log::Log;
use crate::storage::segments::remove_if_there;
use crate::storage::transaction_index::AbortedTxn;
use crate::storage::truncate::{TruncateError, rebuilt};
use crate::types::{Offset, TimestampMs};

impl Log {
    /// Reads the transaction indexes, but for those of segments that were checked: their producers
    /// are fed again with all that is in them.
    pub(in crate::storage) fn load_aborted(
        &mut self,
        found: &Contents,
        report: &mut LoadReport,
        now_ms: TimestampMs,
    ) -> Result<(), LoadError> {
        let mut all = Vec::new();
        let mut is_damaged = false;
        for base in &found.transaction_indexes {
            let path = self.segments.path(*base, TXN_INDEX_SUFFIX);
            let is_checked = report.recovered && *base >= report.checked_from;
            if is_checked || !self.segments.map.contains_key(base) {
                remove_if_there(self.segments.fs.as_ref(), &path)?;
                continue;
            }
            let content = self.segments.fs.read(&path, 1 << 30).at("read", &path)?;
            let index: Index<AbortedTxn> = Index::parse(&content);
            is_damaged |= content.len() != index.entries().len() * AbortedTxn::BYTES;
            // A segment's index tells of the markers that lie in it.
            let next = self.segments.next_base(*base).unwrap_or(self.end);
            let mut entries = index.entries().iter();
            is_damaged |= entries.any(|txn| !(*base..next).contains(&txn.last_offset));
            all.extend(index.entries().iter().copied());
        }
        all.sort_unstable_by_key(|txn| txn.last_offset);
        for txn in &all {
            is_damaged = is_damaged || !self.confirms(txn)?;
        }
        if !is_damaged {
            self.aborted = rebuilt(all.into_iter());
            return Ok(());
        }
        report.warnings.push(format!(
            "{}: a transaction index is damaged; all are made anew",
            self.partition
        ));
        for base in &found.transaction_indexes {
            let path = self.segments.path(*base, TXN_INDEX_SUFFIX);
            remove_if_there(self.segments.fs.as_ref(), &path)?;
        }
        self.aborted = Index::default();
        self.rebuild_producers(Vec::new(), now_ms)
            .map_err(|error| self.load_error(error))
    }

    /// Returns whether an aborted transaction's marker, and its first batch, are in the log.
    fn confirms(&self, txn: &AbortedTxn) -> Result<bool, LoadError> {
        if txn.last_offset < self.start {
            return Ok(true);
        }
        let is_marker = |header: &BatchHeader| {
            header.attributes.is_control()
                && header.producer_id == txn.producer_id
                && header.base_offset == txn.last_offset
        };
        let is_first = |header: &BatchHeader| {
            header.attributes.is_transactional()
                && header.producer_id == txn.producer_id
                && header.base_offset == txn.first_offset
        };
        let marker = self.header_at(txn.last_offset)?;
        if !marker.is_none_or(|header| is_marker(&header)) {
            return Ok(false);
        }
        if txn.first_offset < self.start {
            return Ok(txn.first_offset >= Offset::ZERO);
        }
        // Compaction takes the records of aborted transactions away.
        let first = self.header_at(txn.first_offset)?;
        Ok(first.is_none_or(|header| is_first(&header) || header.base_offset > txn.first_offset))
    }

    /// Returns the header of the batch that holds an offset, or of the next; `None` in damage.
    pub(in crate::storage) fn header_at(
        &self,
        offset: Offset,
    ) -> Result<Option<BatchHeader>, LoadError> {
        let Some(segment) = self.segments.floor(offset) else {
            return Ok(None);
        };
        match self.search(segment, offset) {
            Ok(batch) => Ok(batch.map(|batch| batch.header)),
            Err(ReadError::Damaged { .. }) => Ok(None),
            Err(error) => Err(error.into()),
        }
    }

    /// Makes the producers from the newest snapshot that may be believed, and the log behind it.
    ///
    /// Snapshots are not synced. Behind the first segment that was checked, one may tell of
    /// batches that are not in the log any more: it would have them answered as duplicates.
    pub(in crate::storage) fn load_producers(
        &mut self,
        found: &Contents,
        is_clean: bool,
        now_ms: TimestampMs,
        report: &LoadReport,
    ) -> Result<(), LoadError> {
        let mut believed = Vec::new();
        let mut has_removed = false;
        for offset in &found.snapshots {
            let is_checked = report.recovered && *offset > report.checked_from;
            let is_base = self.segments.map.contains_key(offset);
            let is_last = *offset == self.end && is_clean;
            if !is_checked && (is_base || is_last) {
                believed.push(*offset);
            } else {
                let path = self.segments.path(*offset, SNAPSHOT_SUFFIX);
                remove_if_there(self.segments.fs.as_ref(), &path)?;
                has_removed = true;
            }
        }
        if has_removed {
            // Else one could come back when a segment begins at its offset.
            let dir = self.dir();
            self.segments.fs.sync_dir(dir).at("sync", dir)?;
        }
        self.rebuild_producers(believed, now_ms)
            .map_err(|error| self.load_error(error))?;
        if report.recovered {
            self.write_snapshot()?;
        }
        Ok(())
    }

    fn load_error(&self, error: TruncateError) -> LoadError {
        match error {
            TruncateError::Io(error) => LoadError::Io(error),
            TruncateError::Read(error) => error.into(),
            TruncateError::Append(_) | TruncateError::BeyondHighWatermark { .. } => {
                LoadError::Malformed {
                    path: self.dir().to_path_buf(),
                    reason: error.to_string(),
                }
            }
        }
    }
}
