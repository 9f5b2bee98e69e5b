//! The offset index and the time index, held against the batches of their segment as they pass.
//!
//! An entry of the offset index names a batch by its last offset and its position; one of the time
//! index the largest timestamp so far, and an offset of the batch that has it. An index may lag
//! behind its log. Zeros behind the entries are space that Kafka allocates ahead.

use std::path::{Path, PathBuf};

use super::{CheckedFrame, Finding, OffsetPosition, TimestampOffset, offset_index, time_index};
use crate::types::{Offset, TimestampMs};

/// What is left of an `.index` file to be met.
#[derive(Debug)]
pub(super) struct OffsetIndexCheck {
    path: PathBuf,
    entries: Vec<OffsetPosition>,
    next: usize,
    /// An entry whose position was met, and whose offset is that of a later batch.
    pending: Option<Offset>,
}

const OFFSET_ENTRY_BYTES: usize = 8;
const TIME_ENTRY_BYTES: usize = 12;

impl OffsetIndexCheck {
    /// Returns the check of this content; tells what the entries are by themselves.
    pub(super) fn new(
        path: &Path,
        content: &[u8],
        base: Offset,
        find: &mut impl FnMut(Finding),
    ) -> Self {
        let entries = offset_index(content, base);
        let entries = whole(path, content, entries, OFFSET_ENTRY_BYTES, find);
        let mut before: Option<OffsetPosition> = None;
        for (number, entry) in (0_u64..).zip(&entries) {
            let rises = before.is_none_or(|before| {
                entry.offset > before.offset && entry.position > before.position
            });
            if !rises || entry.offset < base || entry.position < 0 {
                find(
                    Finding::damage(
                        path,
                        format!(
                            "entry {number} (offset {}, position {}) does not rise",
                            entry.offset, entry.position
                        ),
                    )
                    .at(number * 8)
                    .offset(entry.offset),
                );
            }
            before = Some(*entry);
        }
        Self {
            path: path.to_path_buf(),
            entries,
            next: 0,
            pending: None,
        }
    }

    /// Meets a batch.
    pub(super) fn batch(
        &mut self,
        position: u64,
        frame: &CheckedFrame,
        find: &mut impl FnMut(Finding),
    ) {
        while let Some(entry) = self.entries.get(self.next).copied() {
            let at = u64::try_from(entry.position).unwrap_or(0);
            if at > position {
                break;
            }
            self.end_pending(find);
            self.next += 1;
            if at < position {
                let what = format!("points to position {at}, where no batch begins");
                find(self.wrong(self.next - 1, &entry, &what));
            } else if entry.offset > frame.last_offset {
                self.pending = Some(entry.offset);
            } else if entry.offset < frame.last_offset {
                let what = format!(
                    "points to position {at}, where the batch ends with offset {}",
                    frame.last_offset
                );
                find(self.wrong(self.next - 1, &entry, &what));
            }
        }
        // Before 4.0 one entry stood for all batches of an append: the first one's position, the
        // last one's offset. Every search still finds its batch.
        if self.pending == Some(frame.last_offset) {
            self.pending = None;
        }
    }

    /// Passes over bytes that are no batches.
    pub(super) fn hole(&mut self, until: u64) {
        while self
            .entries
            .get(self.next)
            .is_some_and(|entry| u64::try_from(entry.position).is_ok_and(|at| at < until))
        {
            self.next += 1;
        }
        self.pending = None;
    }

    /// Ends with a log of so many bytes.
    pub(super) fn end(mut self, log_bytes: u64, find: &mut impl FnMut(Finding)) {
        self.end_pending(find);
        for (number, entry) in self.entries.iter().enumerate().skip(self.next) {
            let what = format!(
                "points to position {}, the log has {log_bytes} bytes",
                entry.position
            );
            find(self.wrong(number, entry, &what));
        }
    }

    fn end_pending(&mut self, find: &mut impl FnMut(Finding)) {
        let last = self.next.saturating_sub(1);
        if self.pending.take().is_some()
            && let Some(entry) = self.entries.get(last)
        {
            let what = format!(
                "points to position {}, where another batch begins",
                entry.position
            );
            find(self.wrong(last, entry, &what));
        }
    }

    fn wrong(&self, number: usize, entry: &OffsetPosition, what: &str) -> Finding {
        let position = u64::try_from(number * OFFSET_ENTRY_BYTES).unwrap_or(0);
        let what = format!("entry {number} (offset {}) {what}", entry.offset);
        Finding::damage(&self.path, what)
            .at(position)
            .offset(entry.offset)
    }
}

/// What is left of a `.timeindex` file to be met.
#[derive(Debug)]
pub(super) struct TimeIndexCheck {
    path: PathBuf,
    entries: Vec<TimestampOffset>,
    next: usize,
    largest: TimestampMs,
}

impl TimeIndexCheck {
    /// Returns the check of this content; tells what the entries are by themselves.
    pub(super) fn new(
        path: &Path,
        content: &[u8],
        base: Offset,
        find: &mut impl FnMut(Finding),
    ) -> Self {
        let entries = time_index(content, base);
        let entries = whole(path, content, entries, TIME_ENTRY_BYTES, find);
        let mut before: Option<TimestampOffset> = None;
        for (number, entry) in (0_u64..).zip(&entries) {
            let rises = before.is_none_or(|before| {
                entry.timestamp > before.timestamp && entry.offset >= before.offset
            });
            if !rises || entry.offset < base {
                find(
                    Finding::damage(
                        path,
                        format!(
                            "entry {number} (timestamp {}, offset {}) does not rise",
                            entry.timestamp, entry.offset
                        ),
                    )
                    .at(number * 12)
                    .offset(entry.offset),
                );
            }
            before = Some(*entry);
        }
        Self {
            path: path.to_path_buf(),
            entries,
            next: 0,
            largest: -1,
        }
    }

    /// Meets a batch.
    pub(super) fn batch(&mut self, frame: &CheckedFrame, find: &mut impl FnMut(Finding)) {
        self.largest = self.largest.max(frame.max_timestamp);
        while let Some(entry) = self.entries.get(self.next).copied() {
            if entry.offset > frame.last_offset {
                break;
            }
            let what = if entry.offset < frame.base_offset {
                Some(format!(
                    "names offset {}, which no batch holds",
                    entry.offset
                ))
            } else if entry.timestamp != self.largest {
                Some(format!(
                    "names timestamp {}, the largest up to offset {} is {}",
                    entry.timestamp, entry.offset, self.largest
                ))
            } else if entry.timestamp != frame.max_timestamp {
                Some(format!(
                    "names timestamp {}, the batch at offset {} has at most {}",
                    entry.timestamp, entry.offset, frame.max_timestamp
                ))
            } else {
                None
            };
            if let Some(what) = what {
                find(self.wrong(self.next, &entry, &what));
            }
            self.next += 1;
        }
    }

    /// Passes over offsets that damage took: nothing can be said about them, nor about timestamps
    /// behind them.
    pub(super) fn hole(&mut self) {
        self.next = self.entries.len();
    }

    /// Ends with the segment.
    pub(super) fn end(self, find: &mut impl FnMut(Finding)) {
        for (number, entry) in self.entries.iter().enumerate().skip(self.next) {
            let what = format!("names offset {}, which no batch holds", entry.offset);
            find(self.wrong(number, entry, &what));
        }
    }

    fn wrong(&self, number: usize, entry: &TimestampOffset, what: &str) -> Finding {
        let position = u64::try_from(number * TIME_ENTRY_BYTES).unwrap_or(0);
        Finding::damage(&self.path, format!("entry {number} {what}"))
            .at(position)
            .offset(entry.offset)
    }
}

/// Tells of bytes that are no entries; returns the entries without those that are only space.
fn whole<E>(
    path: &Path,
    content: &[u8],
    mut entries: Vec<E>,
    entry_bytes: usize,
    find: &mut impl FnMut(Finding),
) -> Vec<E> {
    if content.iter().all(|byte| *byte == 0) && content.len() > entry_bytes {
        entries.clear();
    }
    let used = entries.len() * entry_bytes;
    let rest = content.get(used..).unwrap_or_default();
    if let Some(skip) = rest.iter().position(|byte| *byte != 0) {
        let position = u64::try_from(used + skip).unwrap_or(0);
        let what = format!("{} bytes behind the last entry are no entries", rest.len());
        find(Finding::damage(path, what).at(position));
    } else if !content.len().is_multiple_of(entry_bytes) {
        let what = format!(
            "{} bytes are no whole number of entries of {entry_bytes}",
            content.len()
        );
        find(Finding::damage(path, what).at(u64::try_from(used).unwrap_or(0)));
    }
    entries
}
