//! LeaderEpochCache: at which offset each leader's epoch begins.
//!
//! Batches carry their epoch, so that the file behind the cache can be lost: it is written at a
//! roll, a checkpoint, a truncation and a close, not on the hot path.

use crate::types::{LeaderEpoch, Offset};

/// Epochs with the offsets they begin at; both rise.
#[derive(Clone, Debug, Default)]
pub struct LeaderEpochCache {
    entries: Vec<(LeaderEpoch, Offset)>,
    is_dirty: bool,
}

impl LeaderEpochCache {
    /// Returns the cache of these entries, less those that break the order.
    #[must_use]
    pub fn new(entries: &[(LeaderEpoch, Offset)]) -> Self {
        let mut cache = Self::default();
        for (epoch, start) in entries {
            cache.assign(*epoch, *start);
        }
        cache.is_dirty = false;
        cache
    }

    /// Returns the entries, in order.
    #[must_use]
    pub fn entries(&self) -> &[(LeaderEpoch, Offset)] {
        &self.entries
    }

    /// Returns whether the file lacks something.
    #[must_use]
    pub const fn is_dirty(&self) -> bool {
        self.is_dirty
    }

    pub(super) const fn mark_clean(&mut self) {
        self.is_dirty = false;
    }

    /// Returns the newest epoch.
    #[must_use]
    pub fn latest(&self) -> Option<LeaderEpoch> {
        self.entries.last().map(|(epoch, _)| *epoch)
    }

    /// Notes that `epoch` begins at `start`; returns whether that was news.
    ///
    /// Entries that contradict it, with a later epoch or a later start, go: a batch in the log is
    /// right, the cache is not.
    #[inline]
    pub fn assign(&mut self, epoch: LeaderEpoch, start: Offset) -> bool {
        if epoch.0 < 0 || start.0 < 0 {
            return false;
        }
        if let Some((latest, latest_start)) = self.entries.last()
            && *latest == epoch
            && *latest_start <= start
        {
            return false;
        }
        self.entries
            .retain(|(known, begin)| *known < epoch && *begin < start);
        self.entries.push((epoch, start));
        self.is_dirty = true;
        true
    }

    /// Returns the epoch of the record at `offset`.
    #[must_use]
    pub fn epoch_for_offset(&self, offset: Offset) -> Option<LeaderEpoch> {
        let count = self.entries.partition_point(|(_, start)| *start <= offset);
        self.entries
            .get(count.checked_sub(1)?)
            .map(|(epoch, _)| *epoch)
    }

    /// Returns, for OffsetForLeaderEpoch, the largest known epoch up to `requested` and where it
    /// ends; `None` if the epoch is newer than all that are known.
    #[must_use]
    pub fn end_offset_for_epoch(
        &self,
        requested: LeaderEpoch,
        log_end: Offset,
    ) -> Option<(LeaderEpoch, Offset)> {
        let latest = self.latest()?;
        if requested == latest {
            return Some((requested, log_end));
        }
        let count = self
            .entries
            .partition_point(|(epoch, _)| *epoch <= requested);
        let (_, end) = *self.entries.get(count)?;
        let floor = count
            .checked_sub(1)
            .and_then(|index| self.entries.get(index));
        Some((floor.map_or(requested, |(epoch, _)| *epoch), end))
    }

    /// Drops what begins at `end` or later.
    pub fn truncate_from_end(&mut self, end: Offset) {
        let kept = self.entries.partition_point(|(_, start)| *start < end);
        if kept < self.entries.len() {
            self.entries.truncate(kept);
            self.is_dirty = true;
        }
    }

    /// Drops what ends before `start`; the epoch that holds `start` begins there from now on.
    pub fn truncate_from_start(&mut self, start: Offset) {
        let count = self.entries.partition_point(|(_, begin)| *begin <= start);
        let Some(floor) = count.checked_sub(1) else {
            return;
        };
        if let Some(entry) = self.entries.get_mut(floor)
            && entry.1 < start
        {
            entry.1 = start;
            self.is_dirty = true;
        }
        self.is_dirty |= floor > 0;
        self.entries.drain(..floor);
    }

    /// Forgets everything.
    pub fn clear(&mut self) {
        self.is_dirty |= !self.entries.is_empty();
        self.entries.clear();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn cache(entries: &[(i32, i64)]) -> LeaderEpochCache {
        let entries: Vec<_> = entries
            .iter()
            .map(|(e, s)| (LeaderEpoch(*e), Offset(*s)))
            .collect();
        LeaderEpochCache::new(&entries)
    }

    #[test]
    fn the_end_of_an_epoch_is_the_begin_of_the_next_known() {
        let cache = cache(&[(1, 0), (3, 10), (4, 20)]);
        let end = |epoch| cache.end_offset_for_epoch(LeaderEpoch(epoch), Offset(25));
        assert_eq!(end(0), Some((LeaderEpoch(0), Offset(0))));
        assert_eq!(end(1), Some((LeaderEpoch(1), Offset(10))));
        assert_eq!(end(2), Some((LeaderEpoch(1), Offset(10))));
        assert_eq!(end(4), Some((LeaderEpoch(4), Offset(25))));
        assert_eq!(end(5), None);
        assert_eq!(cache.epoch_for_offset(Offset(19)), Some(LeaderEpoch(3)));
    }

    #[test]
    fn an_entry_that_contradicts_the_log_goes() {
        let mut cache = cache(&[(1, 0), (3, 10), (4, 20)]);
        assert!(!cache.assign(LeaderEpoch(4), Offset(30)));
        assert!(cache.assign(LeaderEpoch(5), Offset(15)));
        let expected = [(1, 0), (3, 10), (5, 15)].map(|(e, s)| (LeaderEpoch(e), Offset(s)));
        assert_eq!(cache.entries(), expected);
    }

    #[test]
    fn truncation_keeps_the_epoch_that_holds_the_start() {
        let mut cache = cache(&[(1, 0), (3, 10), (4, 20)]);
        cache.truncate_from_start(Offset(10));
        assert_eq!(cache.entries()[0], (LeaderEpoch(3), Offset(10)));
        assert!(cache.is_dirty(), "the file still has the first");
        cache.truncate_from_start(Offset(15));
        assert_eq!(cache.entries()[0], (LeaderEpoch(3), Offset(15)));
        cache.truncate_from_end(Offset(20));
        assert_eq!(cache.entries().len(), 1);
        cache.truncate_from_end(Offset(0));
        assert!(cache.entries().is_empty() && cache.is_dirty());
    }
}
