//! The files of a log as they lie: for tools, which show damage where a broker mends or refuses.
//!
//! Nothing here trusts a file, and nothing here writes. [`verify_log_dirs`] reads all that log
//! directories hold, and tells what is damaged.

mod batch_check;
mod damage;
mod fetched;
mod index_check;
mod kraft_files;
mod log_dirs;
mod order;
mod partition;
mod producers;
#[cfg(test)]
mod sample;
mod segment;
mod small_files;
#[cfg(test)]
mod tests;

use std::collections::BTreeMap;
use std::io;

pub use super::dir::parse_segment_name;
pub use batch_check::{CheckedFrame, check_frame};
pub use damage::{Finding, Report, Severity, Totals};
pub use fetched::FetchedCheck;
pub use kraft_files::MetadataPlace;
pub use log_dirs::{Expected, Guide, is_in_use, verify_log_dirs};
pub use order::OffsetOrder;

use super::index::Entry;
use super::offset_index::OffsetEntry;
use super::producer::ProducerState;
pub use super::producer_snapshot::SnapshotError;
use super::time_index::TimeEntry;
use super::transaction_index::AbortedTxn;
use crate::fs::File;
use crate::record::LOG_OVERHEAD_BYTES;
use crate::types::{Offset, TimestampMs};

/// What tells a batch's size and format (`Records.HEADER_SIZE_UP_TO_MAGIC`).
const PREFIX_BYTES: usize = 17;
/// What a length field says at least (`LegacyRecord.RECORD_OVERHEAD_V0`).
const LENGTH_MIN: i32 = 14;
/// Read at a time.
const PIECE_BYTES: usize = 1 << 20;

/// A batch, or a message of the old formats, whatever its CRC says.
#[derive(Clone, Copy, Debug)]
pub struct Frame<'b> {
    /// Where it begins in the file.
    pub position: u64,
    /// All of it.
    pub bytes: &'b [u8],
}

impl Frame<'_> {
    /// Returns the number of its format.
    #[must_use]
    pub fn magic(&self) -> u8 {
        self.bytes.get(PREFIX_BYTES - 1).copied().unwrap_or(0)
    }
}

/// A walk over a `.log` file that only the lengths guide.
#[derive(Debug)]
pub struct FrameScan<'a> {
    file: &'a dyn File,
    position: u64,
    end: u64,
    buffer: Vec<u8>,
    buffer_position: u64,
}

impl<'a> FrameScan<'a> {
    /// Returns the walk over the file's first `end` bytes.
    #[must_use]
    pub const fn new(file: &'a dyn File, end: u64) -> Self {
        Self::between(file, 0, end)
    }

    /// Returns the walk from `begin`, where a frame begins, to `end`.
    #[must_use]
    pub const fn between(file: &'a dyn File, begin: u64, end: u64) -> Self {
        Self {
            file,
            position: begin,
            end,
            buffer: Vec::new(),
            buffer_position: begin,
        }
    }

    /// Returns where the next frame would begin; at the end of the walk, how much was readable.
    #[must_use]
    pub const fn position(&self) -> u64 {
        self.position
    }

    /// Returns the next frame, `None` where no whole one follows.
    pub fn next_frame(&mut self) -> io::Result<Option<Frame<'_>>> {
        if !self.ensure(PREFIX_BYTES)? {
            return Ok(None);
        }
        let length = self
            .window()
            .get(LOG_OVERHEAD_BYTES - 4..)
            .and_then(<[u8]>::first_chunk)
            .map_or(0, |length| i32::from_be_bytes(*length));
        if length < LENGTH_MIN {
            return Ok(None);
        }
        let bytes = LOG_OVERHEAD_BYTES + usize::try_from(length).map_err(io::Error::other)?;
        if !self.ensure(bytes)? {
            return Ok(None);
        }
        let position = self.position;
        let begin = usize::try_from(position - self.buffer_position).map_err(io::Error::other)?;
        self.position += u64::try_from(bytes).map_err(io::Error::other)?;
        let bytes = self.buffer.get(begin..begin + bytes).unwrap_or_default();
        Ok(Some(Frame { position, bytes }))
    }

    /// Returns what is in memory from the position on.
    fn window(&self) -> &[u8] {
        usize::try_from(self.position - self.buffer_position)
            .ok()
            .and_then(|begin| self.buffer.get(begin..))
            .unwrap_or_default()
    }

    /// Makes `bytes` from the position on be in memory; returns whether the file has them.
    fn ensure(&mut self, bytes: usize) -> io::Result<bool> {
        if self.window().len() >= bytes {
            return Ok(true);
        }
        let left = usize::try_from(self.end - self.position).unwrap_or(usize::MAX);
        if left < bytes {
            return Ok(false);
        }
        self.buffer_position = self.position;
        self.buffer.resize(PIECE_BYTES.max(bytes).min(left), 0);
        self.file.read_exact_at(&mut self.buffer, self.position)?;
        Ok(true)
    }
}

/// An entry of an `.index` file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct OffsetPosition {
    /// Last offset of the batch.
    pub offset: Offset,
    /// Where the batch begins.
    pub position: i32,
}

/// Returns the entries of an `.index` file up to the first one of zeros behind another.
#[must_use]
pub fn offset_index(content: &[u8], base: Offset) -> Vec<OffsetPosition> {
    let entries = entries::<OffsetEntry>(content);
    let entry = |entry: OffsetEntry| OffsetPosition {
        offset: base.plus(i64::from(entry.relative)),
        position: entry.position,
    };
    entries.map(entry).collect()
}

/// An entry of a `.timeindex` file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TimestampOffset {
    /// Largest timestamp up to here.
    pub timestamp: TimestampMs,
    /// Last offset of the batch that has it.
    pub offset: Offset,
}

/// Returns the entries of a `.timeindex` file up to the first one of zeros behind another.
#[must_use]
pub fn time_index(content: &[u8], base: Offset) -> Vec<TimestampOffset> {
    let entry = |entry: TimeEntry| TimestampOffset {
        timestamp: entry.timestamp,
        offset: base.plus(i64::from(entry.relative)),
    };
    entries::<TimeEntry>(content).map(entry).collect()
}

/// Returns the entries of a `.txnindex` file.
#[must_use]
pub fn transaction_index(content: &[u8]) -> Vec<AbortedTxn> {
    entries::<AbortedTxn>(content).collect()
}

/// Returns the producers of a `.snapshot` file, by their ids.
pub fn producer_snapshot(content: &[u8]) -> Result<BTreeMap<i64, ProducerState>, SnapshotError> {
    let producers = super::producer_snapshot::parse(content)?;
    Ok(producers.into_iter().collect())
}

fn entries<E: Entry>(content: &[u8]) -> impl Iterator<Item = E> + '_ {
    content
        .chunks_exact(E::BYTES)
        .enumerate()
        .take_while(|(number, bytes)| *number == 0 || bytes.iter().any(|byte| *byte != 0))
        .map_while(|(_, bytes)| E::parse(bytes))
}
