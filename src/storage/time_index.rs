//! `.timeindex`: from timestamps to offsets in a segment.
//!
//! ```text
//! i64 largest timestamp so far | i32 last offset of the batch that has it, less the base
//! ```
//! Timestamps rise strictly. An entry says that no record at or before its offset is later than
//! its timestamp; the last one is forced when a segment is rolled or closed.

use super::index::{Entry, Index};
use crate::types::TimestampMs;

/// One entry.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct TimeEntry {
    /// Largest timestamp up to the offset.
    pub(super) timestamp: TimestampMs,
    /// Last offset of the batch that carries it, less the segment's base offset.
    pub(super) relative: i32,
}

impl Entry for TimeEntry {
    const BYTES: usize = 12;

    fn parse(bytes: &[u8]) -> Option<Self> {
        let (timestamp, rest) = bytes.split_first_chunk()?;
        let timestamp = i64::from_be_bytes(*timestamp);
        Some(Self {
            timestamp,
            relative: i32::from_be_bytes(*rest.first_chunk()?),
        })
    }

    fn put(self, out: &mut Vec<u8>) {
        out.extend_from_slice(&self.timestamp.to_be_bytes());
        out.extend_from_slice(&self.relative.to_be_bytes());
    }

    fn may_follow(self, before: Option<Self>) -> bool {
        match before {
            // An entry of zeros is Kafka's preallocated space.
            None => self.timestamp >= 0 && self.relative >= 0 && self.timestamp > 0,
            Some(before) => self.timestamp > before.timestamp && self.relative >= before.relative,
        }
    }
}

impl Index<TimeEntry> {
    /// Returns the last entry that is earlier than `timestamp`: no record up to its offset is as
    /// late as that.
    pub(super) fn before(&self, timestamp: TimestampMs) -> Option<TimeEntry> {
        let count = self
            .entries()
            .partition_point(|entry| entry.timestamp < timestamp);
        self.entries().get(count.checked_sub(1)?).copied()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_worked_entry_is_read_and_written() {
        let bytes = [0, 0, 1, 0x8b, 0xcf, 0xe5, 0x68, 0, 0, 0, 0, 9];
        let index = Index::<TimeEntry>::parse(&bytes);
        let expected = TimeEntry {
            timestamp: 1_700_000_000_000,
            relative: 9,
        };
        assert_eq!(index.entries(), [expected]);
        let mut out = Vec::new();
        expected.put(&mut out);
        assert_eq!(out, bytes);
    }

    #[test]
    fn preallocated_zeros_are_no_entries() {
        assert!(Index::<TimeEntry>::parse(&[0; 4096]).entries().is_empty());
    }

    #[test]
    fn the_search_begins_behind_what_is_earlier() {
        let mut index = Index::default();
        for (timestamp, relative) in [(100, 5), (200, 9)] {
            assert!(index.push(TimeEntry {
                timestamp,
                relative
            }));
        }
        assert!(!index.push(TimeEntry {
            timestamp: 200,
            relative: 12
        }));
        let relative = |timestamp| index.before(timestamp).map(|entry| entry.relative);
        assert_eq!(relative(100), None);
        assert_eq!(relative(101), Some(5));
        assert_eq!(relative(300), Some(9));
    }
}
