//! `.txnindex`: the aborted transactions whose markers lie in a segment.
//!
//! ```text
//! i16 version 0 | i64 producer id | i64 first offset | i64 last offset (of the abort marker)
//! i64 last stable offset when the marker was written
//! ```
//! A file exists only where it is needed. Last offsets rise strictly within a log.

use std::io::IoSlice;

use super::dir::TXN_INDEX_SUFFIX;
use super::error::{AtPath, IoError};
use super::index::Entry;
use super::log::Log;
use super::producer_state::CompletedTxn;
use crate::fs::OpenMode;
use crate::types::Offset;

/// A transaction whose records do not count.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct AbortedTxn {
    /// Whose it was.
    pub producer_id: i64,
    /// Offset of its first record.
    pub first_offset: Offset,
    /// Offset of its abort marker.
    pub last_offset: Offset,
    /// The last stable offset when the marker was written.
    pub last_stable_offset: Offset,
}

impl Entry for AbortedTxn {
    const BYTES: usize = 34;

    fn parse(bytes: &[u8]) -> Option<Self> {
        let (version, mut rest) = bytes.split_first_chunk()?;
        if i16::from_be_bytes(*version) != 0 {
            return None;
        }
        let mut next = || {
            let (number, after) = rest.split_first_chunk()?;
            rest = after;
            Some(i64::from_be_bytes(*number))
        };
        Some(Self {
            producer_id: next()?,
            first_offset: Offset(next()?),
            last_offset: Offset(next()?),
            last_stable_offset: Offset(next()?),
        })
    }

    fn put(self, out: &mut Vec<u8>) {
        out.extend_from_slice(&0_i16.to_be_bytes());
        for number in [
            self.producer_id,
            self.first_offset.0,
            self.last_offset.0,
            self.last_stable_offset.0,
        ] {
            out.extend_from_slice(&number.to_be_bytes());
        }
    }

    fn may_follow(self, before: Option<Self>) -> bool {
        before.is_none_or(|before| self.last_offset > before.last_offset)
    }
}

impl Log {
    /// Notes the end of a transaction: an aborted one is for readers to know.
    pub(super) fn note_completed(&mut self, completed: &CompletedTxn) -> Result<(), IoError> {
        if completed.committed {
            return Ok(());
        }
        let txn = AbortedTxn {
            producer_id: completed.producer_id,
            first_offset: completed.first_offset,
            last_offset: completed.last_offset,
            last_stable_offset: self.producers.stable_offset_after(completed),
        };
        if !self.aborted.push(txn) {
            return Ok(());
        }
        let floor = self
            .segments
            .floor(completed.last_offset)
            .map_or(self.start, |s| s.base);
        let path = self.segments.path(floor, TXN_INDEX_SUFFIX);
        let file = self
            .segments
            .fs
            .open(&path, OpenMode::OpenOrCreate)
            .at("open", &path)?;
        let mut bytes = Vec::with_capacity(AbortedTxn::BYTES);
        txn.put(&mut bytes);
        let position = file.bytes().at("read", &path)?;
        file.write_all_at(&mut [IoSlice::new(&bytes)], position)
            .at("write", &path)?;
        // Later snapshots of the producers do not tell of it any more: it is flushed with the
        // marker.
        if position == 0 {
            self.unsynced_name.get_or_insert(floor);
        }
        self.unsynced.push((self.end, path, file));
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::storage::index::Index;

    #[test]
    fn the_worked_entry_is_read_and_written() {
        let entry = AbortedTxn {
            producer_id: 4000,
            first_offset: Offset(10),
            last_offset: Offset(19),
            last_stable_offset: Offset(20),
        };
        let mut out = Vec::new();
        entry.put(&mut out);
        let expected = "00000000000000000fa0000000000000000a00000000000000130000000000000014";
        assert_eq!(out, crate::record::tests::unhex(expected));
        assert_eq!(Index::<AbortedTxn>::parse(&out).entries(), [entry]);
    }
}
