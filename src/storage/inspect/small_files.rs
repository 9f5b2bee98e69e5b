//! The small files of a partition and of a log directory: text that is replaced as a whole.

use std::collections::HashMap;
use std::io;
use std::path::Path;

use super::segment::EpochRun;
use super::{Finding, Report};
use crate::fs::Fs;
use crate::storage::checkpoint::{self, CheckpointError};
use crate::storage::dir::parse_partition_metadata;
use crate::types::{LeaderEpoch, Offset, TopicPartition, Uuid};

/// `partition.metadata` is two lines.
const IDENTITY_BYTES_MAX: u64 = 4096;

/// Where a log begins and ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct LogEnds {
    pub(super) first: Offset,
    pub(super) end: Offset,
}

/// Reads a checkpoint of offsets; one that cannot be read is told, and is as one without entries.
pub(super) fn offsets(
    fs: &dyn Fs,
    path: &Path,
    report: &mut Report,
) -> HashMap<TopicPartition, Offset> {
    report.totals.bytes += fs.metadata(path).map_or(0, |metadata| metadata.bytes);
    match checkpoint::read_offsets(fs, path) {
        Err(error) => {
            report.add(Finding::damage(path, error.to_string()));
            HashMap::new()
        }
        Ok(entries) => {
            let mut known = HashMap::new();
            for (partition, offset) in entries {
                if offset.0 < 0 {
                    let what = format!("{partition} is said to be at {offset}");
                    report.add(Finding::damage(path, what).offset(offset));
                }
                if known.insert(partition.clone(), offset).is_some() {
                    let what = format!("{partition} is in it twice");
                    report.add(Finding::damage(path, what));
                }
            }
            known
        }
    }
}

/// Holds a checkpoint against the logs' ends: what was said to be there must be.
pub(super) fn offsets_fit(
    path: &Path,
    entries: &HashMap<TopicPartition, Offset>,
    logs: &HashMap<TopicPartition, LogEnds>,
    report: &mut Report,
) {
    let mut beyond: Vec<_> = entries
        .iter()
        .filter_map(|(partition, offset)| {
            let log = logs.get(partition)?;
            (*offset > log.end).then_some((partition, *offset, log.end))
        })
        .collect();
    beyond.sort_unstable();
    for (partition, offset, end) in beyond {
        let what = format!("{partition} is said to be at {offset}, its log ends at {end}");
        report.add(Finding::damage(path, what).offset(end));
    }
}

/// Reads a partition's topic id.
pub(super) fn topic_id(fs: &dyn Fs, path: &Path, report: &mut Report) -> Option<Uuid> {
    match fs.read(path, IDENTITY_BYTES_MAX) {
        Ok(content) => {
            report.totals.bytes += u64::try_from(content.len()).unwrap_or(0);
            let id = parse_partition_metadata(&content);
            if id.is_none() {
                report.add(Finding::damage(path, "it names no topic id"));
            }
            id
        }
        Err(error) if error.kind() == io::ErrorKind::NotFound => {
            // Before 2.8 there was none.
            report.add(Finding::note(path, "is missing; a broker makes it anew"));
            None
        }
        Err(error) => {
            report.add(Finding::damage(path, error.to_string()));
            None
        }
    }
}

/// Holds the leader epochs of a partition against those of its batches.
pub(super) fn check_epochs(
    fs: &dyn Fs,
    path: &Path,
    (runs, is_clean): (&[EpochRun], bool),
    report: &mut Report,
) {
    report.totals.bytes += fs.metadata(path).map_or(0, |metadata| metadata.bytes);
    let entries = match checkpoint::read_epochs(fs, path) {
        Ok(entries) => entries,
        Err(error @ CheckpointError::Malformed { .. }) => {
            return report.add(Finding::damage(path, error.to_string()));
        }
        Err(CheckpointError::Io(error)) => {
            return report.add(Finding::damage(path, error.to_string()));
        }
    };
    let mut before: Option<(LeaderEpoch, Offset)> = None;
    for (epoch, start) in &entries {
        let rises = before.is_none_or(|before| *epoch > before.0 && *start > before.1);
        if !rises || epoch.0 < 0 || start.0 < 0 {
            let what = format!("epoch {epoch} at offset {start} does not rise");
            report.add(Finding::damage(path, what).offset(*start));
        }
        if let Some(what) = contradiction((*epoch, *start), before.is_none(), runs) {
            report.add(Finding::damage(path, what).offset(*start));
        }
        before = Some((*epoch, *start));
    }
    let Some((last, _)) = before else {
        return;
    };
    let first = entries.first().map_or(LeaderEpoch(0), |(epoch, _)| *epoch);
    let is_missing = |run: &&EpochRun| {
        let is_listed = entries.iter().any(|(epoch, _)| *epoch == run.epoch);
        // A broker writes the newest ones when it has time to, and drops the oldest with the
        // records.
        !is_listed && run.epoch >= first && (run.epoch <= last || is_clean)
    };
    for run in runs.iter().filter(is_missing) {
        let what = format!(
            "epoch {} of the batch at offset {} is missing",
            run.epoch, run.first_base
        );
        report.add(Finding::damage(path, what).offset(run.first_base));
    }
}

/// Returns what the batches say against an epoch that begins at an offset.
fn contradiction(
    (epoch, start): (LeaderEpoch, Offset),
    is_first: bool,
    runs: &[EpochRun],
) -> Option<String> {
    for run in runs {
        if run.epoch < epoch && run.last_offset >= start {
            return Some(format!(
                "epoch {epoch} is said to begin at offset {start}, offset {} has {}",
                run.last_offset, run.epoch
            ));
        }
        // The first one begins where the log does, which may be in the middle of a run.
        let may_be_cut = is_first && run.epoch == epoch;
        if run.epoch >= epoch && run.first_base < start && !may_be_cut {
            return Some(format!(
                "epoch {epoch} is said to begin at offset {start}, the batch at {} has {}",
                run.first_base, run.epoch
            ));
        }
    }
    None
}
