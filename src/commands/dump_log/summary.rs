//! What does not fit together, told on stderr after all files.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use crate::cli::Output;
use crate::types::{Offset, TimestampMs};

/// What was found in all files.
#[derive(Debug, Default)]
pub(super) struct Summary {
    /// Entries of an offset index and the last offset of the batch that they point to.
    mismatches: BTreeMap<PathBuf, Vec<(Offset, Offset)>>,
    /// Entries of a time index and the largest timestamp of their batch.
    timestamp_mismatches: BTreeMap<PathBuf, Vec<(TimestampMs, TimestampMs)>>,
    /// Timestamps of a time index that do not rise, and those before them.
    timestamps_out_of_order: BTreeMap<PathBuf, Vec<(TimestampMs, TimestampMs)>>,
    /// Offsets of a time index and the last offset of the batch found for them, -1 for none.
    offsets_not_found: BTreeMap<PathBuf, Vec<(Offset, Offset)>>,
    /// Offsets of records that do not follow each other.
    non_consecutive: BTreeMap<PathBuf, Vec<(Offset, Offset)>>,
}

impl Summary {
    pub(super) fn mismatch(&mut self, path: &Path, indexed: Offset, found: Offset) {
        push(&mut self.mismatches, path, (indexed, found));
    }

    pub(super) fn timestamp_mismatch(&mut self, path: &Path, of_index: i64, of_log: i64) {
        push(&mut self.timestamp_mismatches, path, (of_index, of_log));
    }

    pub(super) fn timestamp_out_of_order(&mut self, path: &Path, indexed: i64, before: i64) {
        push(&mut self.timestamps_out_of_order, path, (indexed, before));
    }

    pub(super) fn offset_not_found(&mut self, path: &Path, indexed: Offset, found: Offset) {
        push(&mut self.offsets_not_found, path, (indexed, found));
    }

    pub(super) fn non_consecutive(&mut self, path: &Path, gap: (Offset, Offset)) {
        push(&mut self.non_consecutive, path, gap);
    }

    /// Prints all of it, the newest pair of a file first, as Kafka does.
    pub(super) fn print(&self, output: &mut Output) {
        for (path, pairs) in &self.mismatches {
            output.note(format!("Mismatches in :{}", path.display()));
            for (indexed, found) in pairs.iter().rev() {
                output.note(format!("  Index offset: {indexed}, log offset: {found}"));
            }
        }
        for (path, pairs) in &self.timestamp_mismatches {
            output.note(format!("Found timestamp mismatch in :{}", path.display()));
            for (indexed, found) in pairs.iter().rev() {
                output.note(format!(
                    "  Index timestamp: {indexed}, log timestamp: {found}"
                ));
            }
        }
        for (path, pairs) in &self.timestamps_out_of_order {
            output.note(format!(
                "Found out of order timestamp in :{}",
                path.display()
            ));
            for (indexed, before) in pairs.iter().rev() {
                output.note(format!(
                    "  Index timestamp: {indexed}, Previously indexed timestamp: {before}"
                ));
            }
        }
        for pairs in self.offsets_not_found.values() {
            output.note("The following indexed offsets are not found in the log.");
            for (indexed, found) in pairs.iter().rev() {
                output.note(format!(
                    "Indexed offset: {indexed}, found log offset: {found}"
                ));
            }
        }
        for (path, pairs) in &self.non_consecutive {
            output.note(format!("Non-consecutive offsets in {}", path.display()));
            for (before, offset) in pairs {
                output.note(format!("  {before} is followed by {offset}"));
            }
        }
    }
}

fn push<T>(all: &mut BTreeMap<PathBuf, Vec<T>>, path: &Path, value: T) {
    let path = std::path::absolute(path).unwrap_or_else(|_| path.to_owned());
    all.entry(path).or_default().push(value);
}
