//! `.index`: from offsets to positions in a segment.
//!
//! ```text
//! i32 last offset of a batch, less the segment's base | i32 position where that batch starts
//! ```
//! Both rise strictly. An entry stands about every `index.interval.bytes`.

use super::index::{Entry, Index};

/// One entry.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct OffsetEntry {
    /// Last offset of the batch, less the segment's base offset.
    pub(super) relative: i32,
    /// Where the batch starts.
    pub(super) position: i32,
}

impl Entry for OffsetEntry {
    const BYTES: usize = 8;

    fn parse(bytes: &[u8]) -> Option<Self> {
        let (relative, rest) = bytes.split_first_chunk()?;
        let relative = i32::from_be_bytes(*relative);
        Some(Self {
            relative,
            position: i32::from_be_bytes(*rest.first_chunk()?),
        })
    }

    fn put(self, out: &mut Vec<u8>) {
        out.extend_from_slice(&self.relative.to_be_bytes());
        out.extend_from_slice(&self.position.to_be_bytes());
    }

    fn may_follow(self, before: Option<Self>) -> bool {
        match before {
            None => self.relative >= 0 && self.position >= 0,
            Some(before) => self.relative > before.relative && self.position > before.position,
        }
    }
}

impl OffsetEntry {
    /// Returns where the batch starts.
    pub(super) fn start(self) -> u64 {
        u64::try_from(self.position).unwrap_or(0)
    }
}

impl Index<OffsetEntry> {
    /// Returns the last batch that is known to end at or before an offset.
    pub(super) fn floor(&self, relative: i64) -> Option<OffsetEntry> {
        let count = self
            .entries()
            .partition_point(|entry| i64::from(entry.relative) <= relative);
        self.entries().get(count.checked_sub(1)?).copied()
    }

    /// Returns the last batch that is known to start in `begin+1..=until`.
    pub(super) fn boundary(&self, begin: u64, until: u64) -> Option<OffsetEntry> {
        let count = self
            .entries()
            .partition_point(|entry| entry.start() <= until);
        let entry = self.entries().get(count.checked_sub(1)?)?;
        Some(*entry).filter(|entry| entry.start() > begin)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_worked_entry_is_read_and_written() {
        let bytes = [0, 0, 0, 9, 0, 0, 0, 0];
        let index = Index::<OffsetEntry>::parse(&bytes);
        assert_eq!(
            index.entries(),
            [OffsetEntry {
                relative: 9,
                position: 0
            }]
        );
        let mut out = Vec::new();
        index.entries()[0].put(&mut out);
        assert_eq!(out, bytes);
    }

    #[test]
    fn zeros_behind_the_last_entry_end_the_index() {
        let mut bytes = vec![0, 0, 0, 9, 0, 0, 0, 70, 0, 0, 0, 12, 0, 0, 0, 99];
        bytes.resize(4096, 0);
        let index = Index::<OffsetEntry>::parse(&bytes);
        assert_eq!(index.entries().len(), 2);
        let position = |entry: Option<OffsetEntry>| entry.map(OffsetEntry::start);
        assert_eq!(position(index.floor(8)), None);
        assert_eq!(position(index.floor(9)), Some(70));
        assert_eq!(position(index.floor(1000)), Some(99));
        assert_eq!(position(index.boundary(0, 98)), Some(70));
        assert_eq!(index.boundary(70, 98), None);
    }
}
