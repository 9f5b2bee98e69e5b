//! A partition's directory: its segments in order, and the files that tell of all of them.

use std::collections::{BTreeMap, BTreeSet};
use std::io;
use std::path::{Path, PathBuf};

use super::kraft_files::{MetadataPlace, check_quorum_state, check_snapshot, snapshot_name};
use super::log_dirs::{Expected, Guide};
use super::segment::{SegmentFiles, Walk, read_if_there};
use super::small_files::{LogEnds, check_epochs, topic_id};
use super::{Finding, Report, Severity, parse_segment_name};
use crate::fs::Fs;
use crate::storage::checkpoint::LEADER_EPOCH_FILE;
use crate::storage::dir::{
    INDEX_SUFFIX, LOG_SUFFIX, PARTITION_METADATA_FILE, SNAPSHOT_SUFFIX, TIME_INDEX_SUFFIX,
    TXN_INDEX_SUFFIX, segment_path,
};
use crate::types::{Offset, Uuid};

/// The state of the quorum, in the metadata log's directory.
const QUORUM_STATE_FILE: &str = "quorum-state";

/// A partition's directory, and what is known of it.
#[derive(Clone, Copy, Debug)]
pub(super) struct PartitionDir<'a> {
    pub(super) fs: &'a dyn Fs,
    pub(super) dir: &'a Path,
    /// Whether a broker may be writing to it.
    pub(super) is_live: bool,
    /// Whether the log directory was closed in order.
    pub(super) is_clean: bool,
    pub(super) is_metadata: bool,
    /// Whether compaction may have taken records away.
    pub(super) may_be_compacted: bool,
    pub(super) expected: &'a Expected,
}

/// What a partition's directory holds.
#[derive(Debug)]
pub(super) struct CheckedPartition {
    pub(super) report: Report,
    pub(super) ends: LogEnds,
    pub(super) topic_id: Option<Uuid>,
}

#[derive(Debug, Default)]
struct Listed {
    segments: Vec<Offset>,
    producer_snapshots: BTreeSet<Offset>,
    kraft_snapshots: BTreeMap<Offset, PathBuf>,
    leftovers: Vec<(PathBuf, &'static str)>,
}

impl PartitionDir<'_> {
    /// Checks all of it; fails if the directory cannot be read, or a file is gone meanwhile.
    pub(super) fn check(&self, guide: &mut dyn Guide) -> io::Result<CheckedPartition> {
        let listed = self.list()?;
        let mut walk = Walk::default();
        walk.report.totals.partitions = 1;
        for (path, what) in &listed.leftovers {
            walk.report.add(Finding::note(path, *what));
        }
        let metadata_from = self.check_kraft(&listed, &mut walk, guide)?;
        if let Some(from) = metadata_from
            && let Some(first) = listed.segments.first()
            && *first > from
        {
            let what = format!("the log begins at {first}, its newest snapshot ends at {from}");
            walk.report
                .add(Finding::damage(self.dir, what).offset(from));
        }
        self.check_segments(&listed, metadata_from, &mut walk, guide)?;
        let first = listed.segments.first().copied().unwrap_or_default();
        let last = listed.segments.last().copied().unwrap_or_default();
        let end = walk.order.next().unwrap_or(last).max(last);
        self.check_snapshots(&listed, end, &mut walk)?;
        self.check_leader_epochs(&mut walk);
        let path = self.dir.join(PARTITION_METADATA_FILE);
        let topic_id = topic_id(self.fs, &path, &mut walk.report);
        self.check_topic_id(&path, topic_id, &mut walk.report);
        Ok(CheckedPartition {
            report: self.settled(walk),
            ends: LogEnds { first, end },
            topic_id,
        })
    }

    fn list(&self) -> io::Result<Listed> {
        let mut listed = Listed::default();
        let mut others = Vec::new();
        for entry in self.fs.read_dir(self.dir)? {
            let path = self.dir.join(&entry.name);
            let name = entry.name.as_str();
            match parse_segment_name(name) {
                _ if entry.is_dir => {}
                Some((base, LOG_SUFFIX)) => listed.segments.push(base),
                Some((base, SNAPSHOT_SUFFIX)) => {
                    listed.producer_snapshots.insert(base);
                }
                Some((base, INDEX_SUFFIX | TIME_INDEX_SUFFIX | TXN_INDEX_SUFFIX)) => {
                    others.push((base, path));
                }
                Some((_, suffix)) if suffix.starts_with(".log.cut-") => {
                    let what = "a torn tail that a start of a broker has cut off and kept";
                    listed.leftovers.push((path, what));
                }
                Some((_, suffix)) if suffix.ends_with(".deleted") => {}
                Some((_, suffix)) if suffix.ends_with(".cleaned") || suffix.ends_with(".swap") => {
                    let what = "an unfinished compaction; the next start of a broker ends it";
                    listed.leftovers.push((path, what));
                }
                _ => {
                    if let Some((end, _)) = snapshot_name(name).filter(|_| self.is_metadata) {
                        listed.kraft_snapshots.insert(end, path);
                    }
                }
            }
        }
        let is_lonely = |(base, _): &(Offset, PathBuf)| !listed.segments.contains(base);
        let lonely = others.into_iter().filter(is_lonely);
        let what = "has no log beside it; the next start of a broker removes it";
        listed
            .leftovers
            .extend(lonely.map(|(_, path)| (path, what)));
        Ok(listed)
    }

    /// Checks what KRaft keeps; returns where the newest snapshot ends.
    fn check_kraft(
        &self,
        listed: &Listed,
        walk: &mut Walk,
        guide: &mut dyn Guide,
    ) -> io::Result<Option<Offset>> {
        if !self.is_metadata {
            return Ok(None);
        }
        guide.begin_metadata();
        let newest = listed.kraft_snapshots.last_key_value();
        let from = newest.map(|(end, _)| *end).unwrap_or_default();
        for (end, path) in &listed.kraft_snapshots {
            let place = if *end == from {
                MetadataPlace::Snapshot
            } else {
                MetadataPlace::Superseded
            };
            check_snapshot(self.fs, path, place, &mut walk.report, guide)?;
        }
        let path = self.dir.join(QUORUM_STATE_FILE);
        check_quorum_state(self.fs, &path, &mut walk.report);
        Ok(Some(from))
    }

    fn check_segments(
        &self,
        listed: &Listed,
        metadata_from: Option<Offset>,
        walk: &mut Walk,
        guide: &mut dyn Guide,
    ) -> io::Result<()> {
        for (place, base) in listed.segments.iter().enumerate() {
            if listed.producer_snapshots.contains(base) {
                self.check_snapshot_at(*base, walk)?;
            }
            let files = SegmentFiles {
                fs: self.fs,
                dir: self.dir,
                base: *base,
                next_base: listed.segments.get(place + 1).copied(),
                is_live: self.is_live,
                metadata_from,
            };
            match files.check(walk, guide) {
                Err(error) if self.is_live && error.kind() == io::ErrorKind::NotFound => {
                    return Err(error);
                }
                Err(error) => {
                    let path = segment_path(self.dir, *base, LOG_SUFFIX);
                    let what = format!("cannot be read: {error}");
                    walk.report.add(Finding::damage(&path, what));
                }
                Ok(()) => {}
            }
        }
        Ok(())
    }

    /// Holds a snapshot of the producers against the walk, which is at its offset.
    fn check_snapshot_at(&self, offset: Offset, walk: &mut Walk) -> io::Result<()> {
        let path = segment_path(self.dir, offset, SNAPSHOT_SUFFIX);
        let Some(content) = read_if_there(self.fs, &path)? else {
            return Ok(());
        };
        walk.report.totals.bytes += u64::try_from(content.len()).unwrap_or(0);
        let mut verdicts = Vec::new();
        walk.producers
            .snapshot(&path, &content, offset, &mut |verdict| {
                verdicts.push(verdict);
            });
        verdicts
            .into_iter()
            .for_each(|verdict| walk.verdict(verdict));
        Ok(())
    }

    /// The snapshots that no segment begins with: that at the log's end, and stale ones.
    fn check_snapshots(&self, listed: &Listed, end: Offset, walk: &mut Walk) -> io::Result<()> {
        for offset in &listed.producer_snapshots {
            if listed.segments.contains(offset) {
                continue;
            }
            if *offset == end {
                self.check_snapshot_at(*offset, walk)?;
            } else {
                let path = segment_path(self.dir, *offset, SNAPSHOT_SUFFIX);
                let what = "belongs to no segment; the next start of a broker removes it";
                walk.report.add(Finding::note(&path, what));
            }
        }
        Ok(())
    }

    fn check_leader_epochs(&self, walk: &mut Walk) {
        let path = self.dir.join(LEADER_EPOCH_FILE);
        let Walk { epochs, report, .. } = walk;
        check_epochs(self.fs, &path, (epochs, self.is_clean), report);
        let newest = epochs.iter().max_by_key(|run| run.epoch);
        if let (Some(known), Some(run)) = (self.expected.leader_epoch, newest)
            && run.epoch > known
            && !self.is_live
        {
            let what = format!(
                "the batch at offset {} has leader epoch {}, the metadata log knows {known}",
                run.first_base, run.epoch
            );
            report.add(Finding::damage(self.dir, what).offset(run.first_base));
        }
    }

    fn check_topic_id(&self, path: &Path, found: Option<Uuid>, report: &mut Report) {
        if let (Some(found), Some(expected)) = (found, self.expected.topic_id)
            && found != expected
        {
            let what = format!("names topic id {found}, the metadata log {expected}");
            report.add(Finding::damage(path, what));
        }
    }

    /// Decides about what only compaction may leave.
    fn settled(&self, mut walk: Walk) -> Report {
        let is_compacted = self.may_be_compacted || walk.is_compacted;
        if !is_compacted {
            for finding in walk.gaps.into_iter().chain(walk.unless_compacted) {
                walk.report.add(finding);
            }
        } else if let Some(first) = walk.gaps.into_iter().next() {
            walk.report.add(Finding {
                severity: Severity::Note,
                what: "compaction has taken offsets away, here for the first time".to_owned(),
                ..first
            });
        }
        walk.report
    }
}
