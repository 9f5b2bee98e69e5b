//! An index file: entries of fixed size that only ever grow.
//!
//! Entries live in memory and are appended to the file at a roll, a checkpoint or a close; a file
//! that is missing, too short or damaged is no loss, since a segment's headers say all of it
//! again. Kafka's zeros behind the last entry end the reading.

use std::io::{self, IoSlice};
use std::path::Path;

use crate::fs::{Fs, OpenMode};

/// One entry of an index.
pub(super) trait Entry: Copy {
    /// Size in the file.
    const BYTES: usize;
    /// Parses `BYTES` bytes.
    fn parse(bytes: &[u8]) -> Option<Self>;
    /// Appends `BYTES` bytes.
    fn put(self, out: &mut Vec<u8>);
    /// Returns whether the entry may stand behind `before`, or first.
    fn may_follow(self, before: Option<Self>) -> bool;
}

/// The entries of one index, and how many of them the file has.
#[derive(Clone, Debug)]
pub(super) struct Index<E> {
    entries: Vec<E>,
    persisted: usize,
    /// Whether the file is this index's, with nothing behind its entries.
    has_file: bool,
    /// Whether nothing but zeros, space allocated ahead, is behind them.
    is_whole: bool,
}

impl<E> Default for Index<E> {
    fn default() -> Self {
        Self {
            entries: Vec::new(),
            persisted: 0,
            has_file: false,
            is_whole: true,
        }
    }
}

impl<E: Entry> Index<E> {
    /// Parses a file's content, up to the first entry that cannot be one.
    pub(super) fn parse(content: &[u8]) -> Self {
        let mut entries: Vec<E> = Vec::with_capacity(content.len() / E::BYTES);
        for bytes in content.chunks_exact(E::BYTES) {
            let Some(entry) = E::parse(bytes) else { break };
            if !entry.may_follow(entries.last().copied()) {
                break;
            }
            entries.push(entry);
        }
        let persisted = entries.len();
        let rest = content.get(persisted * E::BYTES..).unwrap_or_default();
        Self {
            entries,
            persisted,
            has_file: rest.is_empty(),
            is_whole: rest.iter().all(|byte| *byte == 0),
        }
    }

    /// Returns whether the file ended with its last entry, but for space allocated ahead.
    pub(super) const fn is_whole(&self) -> bool {
        self.is_whole
    }

    /// Returns the entries.
    pub(super) fn entries(&self) -> &[E] {
        &self.entries
    }

    /// Returns the last entry.
    pub(super) fn last(&self) -> Option<E> {
        self.entries.last().copied()
    }

    /// Returns the size of the file when all is written.
    pub(super) const fn bytes(&self) -> usize {
        self.entries.len() * E::BYTES
    }

    /// Appends an entry unless it cannot stand behind the last one; returns whether it was.
    pub(super) fn push(&mut self, entry: E) -> bool {
        let fits = entry.may_follow(self.last());
        if fits {
            self.entries.push(entry);
        }
        fits
    }

    /// Drops the entries from the first on for which `is_past` holds.
    pub(super) fn truncate(&mut self, is_past: impl Fn(&E) -> bool) {
        let kept = self.entries.partition_point(|entry| !is_past(entry));
        self.entries.truncate(kept);
        self.has_file &= self.persisted <= kept;
        self.persisted = self.persisted.min(kept);
    }

    /// Writes what the file lacks, and makes its size exact.
    pub(super) fn persist(&mut self, fs: &dyn Fs, path: &Path) -> io::Result<()> {
        let file = fs.open(path, OpenMode::OpenOrCreate)?;
        let new = self.entries.get(self.persisted..).unwrap_or_default();
        let mut out = Vec::with_capacity(new.len() * E::BYTES);
        for entry in new {
            entry.put(&mut out);
        }
        let position = u64::try_from(self.persisted * E::BYTES).map_err(io::Error::other)?;
        file.write_all_at(&mut [IoSlice::new(&out)], position)?;
        let bytes = u64::try_from(self.bytes()).map_err(io::Error::other)?;
        if file.bytes()? != bytes {
            file.set_bytes(bytes)?;
        }
        self.persisted = self.entries.len();
        self.has_file = true;
        Ok(())
    }

    /// Returns whether the file has all entries.
    pub(super) const fn is_persisted(&self) -> bool {
        self.has_file && self.persisted == self.entries.len()
    }
}
