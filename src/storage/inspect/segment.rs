//! One segment: its batches, one by one, and its indexes beside them.
//!
//! Behind bad bytes the walk goes on with the next good batch, so that each place is told. A log
//! that a broker is writing to may end in the middle of a batch: that place is read again before
//! it is called damage.

use std::io;
use std::path::{Path, PathBuf};

use super::batch_check::check_frame;
use super::index_check::{OffsetIndexCheck, TimeIndexCheck};
use super::kraft_files::{MetadataPlace, metadata_records};
use super::log_dirs::Guide;
use super::order::OffsetOrder;
use super::producers::{ProducerReplay, Verdict};
use super::{CheckedFrame, Finding, FrameScan, Report};
use crate::fs::{File, Fs, OpenMode};
use crate::storage::dir::{
    INDEX_SUFFIX, LOG_SUFFIX, TIME_INDEX_SUFFIX, TXN_INDEX_SUFFIX, segment_path,
};
use crate::storage::load::damage::find_batch;
use crate::types::{LeaderEpoch, Offset};

/// An index file is not larger than this, whatever its segment's settings were.
const INDEX_BYTES_MAX: u64 = 1 << 30;
/// So much is kept of what one file may tell; a report shows less.
const KEPT_MAX: usize = 1000;
/// How often the end of a log is read again that is being written to.
const TAIL_READS: usize = 20;

/// A segment, and where it lies.
#[derive(Clone, Copy, Debug)]
pub(super) struct SegmentFiles<'a> {
    pub(super) fs: &'a dyn Fs,
    pub(super) dir: &'a Path,
    pub(super) base: Offset,
    /// Where the next segment begins; `None` for the last.
    pub(super) next_base: Option<Offset>,
    /// Whether a broker may be writing to it.
    pub(super) is_live: bool,
    /// For the metadata log: where the newest snapshot ends.
    pub(super) metadata_from: Option<Offset>,
}

/// Batches in a row that one leader epoch has.
#[derive(Clone, Copy, Debug)]
pub(super) struct EpochRun {
    pub(super) epoch: LeaderEpoch,
    pub(super) first_base: Offset,
    pub(super) last_offset: Offset,
}

/// What is known of a log from its begin up to a segment.
#[derive(Debug, Default)]
pub(super) struct Walk {
    pub(super) order: OffsetOrder,
    pub(super) producers: ProducerReplay,
    pub(super) epochs: Vec<EpochRun>,
    /// Offsets that are missing: damage only if the log was never compacted.
    pub(super) gaps: Vec<Finding>,
    /// What else is damage only then.
    pub(super) unless_compacted: Vec<Finding>,
    /// Whether a batch shows that it was.
    pub(super) is_compacted: bool,
    pub(super) report: Report,
}

impl Walk {
    pub(super) fn verdict(&mut self, verdict: Verdict) {
        match verdict {
            Verdict::Damage(finding) => self.report.add(finding),
            Verdict::UnlessCompacted(finding) => keep(&mut self.unless_compacted, finding),
        }
    }

    fn note_epoch(&mut self, frame: &CheckedFrame) {
        let (Some(epoch), base) = (frame.leader_epoch, frame.base_offset) else {
            return;
        };
        match self.epochs.last_mut() {
            Some(run) if run.epoch == epoch => run.last_offset = frame.last_offset,
            _ => self.epochs.push(EpochRun {
                epoch,
                first_base: base,
                last_offset: frame.last_offset,
            }),
        }
    }
}

/// What the walk meets next.
enum Met {
    Sound(u64, CheckedFrame, Option<String>),
    Bad(u64, String),
    End,
}

impl SegmentFiles<'_> {
    fn path(&self, suffix: &str) -> PathBuf {
        segment_path(self.dir, self.base, suffix)
    }

    /// Checks all of it; fails if a file cannot be read.
    pub(super) fn check(&self, walk: &mut Walk, guide: &mut dyn Guide) -> io::Result<()> {
        let path = self.path(LOG_SUFFIX);
        // The log first: an index that is read later has what the log had.
        let file = self.fs.open(&path, OpenMode::Read)?;
        let size = file.bytes()?;
        walk.report.totals.segments += 1;
        let mut found = Vec::new();
        let mut find = |finding| keep(&mut found, finding);
        let (path_of_offsets, content) = self.index(INDEX_SUFFIX, size, walk, guide)?;
        let mut offsets = OffsetIndexCheck::new(&path_of_offsets, &content, self.base, &mut find);
        let (path_of_times, content) = self.index(TIME_INDEX_SUFFIX, size, walk, guide)?;
        let mut times = TimeIndexCheck::new(&path_of_times, &content, self.base, &mut find);
        let mut scan = FrameScan::new(file.as_ref(), size);
        let mut told = 0;
        let end = loop {
            match self.meet(&mut scan, size, guide)? {
                Met::End => break size,
                Met::Sound(position, frame, wrong_record) => {
                    self.sound(walk, (&path, position), &frame, wrong_record);
                    offsets.batch(position, &frame, &mut find);
                    times.batch(&frame, &mut find);
                }
                Met::Bad(position, reason) => {
                    let least = walk.order.next().unwrap_or(self.base);
                    let Some(until) = find_batch(file.as_ref(), position + 1, size, least)? else {
                        let end = self.tail(file.as_ref(), (position, size), guide)?;
                        if !end {
                            let what = self.tail_text(size - position, &reason);
                            let finding = Finding::damage(&path, what).at(position);
                            walk.report.add(finding.offset(least));
                        }
                        offsets.hole(size);
                        times.hole();
                        break position;
                    };
                    let bytes = until - position;
                    let what = format!("{bytes} bytes are no good batch: {reason}");
                    let finding = Finding::damage(&path, what).at(position).offset(least);
                    walk.report.add(finding);
                    offsets.hole(until);
                    times.hole();
                    scan = FrameScan::between(file.as_ref(), until, size);
                }
            }
            guide.read_bytes(scan.position() - told);
            told = scan.position();
        };
        guide.read_bytes(size - told);
        walk.report.totals.bytes += size;
        offsets.end(end, &mut find);
        times.end(&mut find);
        found
            .into_iter()
            .for_each(|finding| walk.report.add(finding));
        self.check_transactions(walk, guide)
    }

    /// Reads an index; one that is missing can be made anew.
    fn index(
        &self,
        suffix: &str,
        log_bytes: u64,
        walk: &mut Walk,
        guide: &mut dyn Guide,
    ) -> io::Result<(PathBuf, Vec<u8>)> {
        let path = self.path(suffix);
        let content = read_if_there(self.fs, &path)?;
        if content.is_none() && self.next_base.is_some() && log_bytes > 0 {
            let what = "is missing; a broker makes it anew";
            walk.report.add(Finding::note(&path, what));
        }
        let content = content.unwrap_or_default();
        self.count(&content, walk, guide);
        Ok((path, content))
    }

    fn count(&self, content: &[u8], walk: &mut Walk, guide: &mut dyn Guide) {
        let bytes = u64::try_from(content.len()).unwrap_or(0);
        walk.report.totals.bytes += bytes;
        guide.read_bytes(bytes);
    }

    fn meet(&self, scan: &mut FrameScan<'_>, size: u64, guide: &mut dyn Guide) -> io::Result<Met> {
        let position = scan.position();
        let Some(frame) = scan.next_frame()? else {
            return Ok(if position >= size {
                Met::End
            } else {
                let left = size - position;
                Met::Bad(
                    position,
                    format!("no whole batch is in the last {left} bytes"),
                )
            });
        };
        Ok(match check_frame(&frame) {
            Err(reason) => Met::Bad(position, reason),
            Ok(checked) => {
                let wrong = self.metadata_from.and_then(|from| {
                    let place = MetadataPlace::Log { from };
                    metadata_records(&frame, place, guide).err()
                });
                Met::Sound(position, checked, wrong)
            }
        })
    }

    /// Takes a sound batch: does it belong here?
    fn sound(
        &self,
        walk: &mut Walk,
        (path, position): (&Path, u64),
        frame: &CheckedFrame,
        wrong_record: Option<String>,
    ) {
        let (base, last) = (frame.base_offset, frame.last_offset);
        let damage = |what: String| Finding::damage(path, what).at(position).offset(base);
        walk.report.totals.batches += 1;
        walk.report.totals.records += frame.records;
        walk.is_compacted |= frame.is_sparse;
        let misfit = walk.order.follow(frame);
        for what in misfit.wrong {
            walk.report.add(damage(what));
        }
        if base < self.base {
            let what = format!("offset {base} lies before the file's first, {}", self.base);
            walk.report.add(damage(what));
        } else if let Some(next) = self.next_base
            && last >= next
        {
            let what = format!("offset {last} belongs to the next segment, which begins at {next}");
            walk.report.add(damage(what));
        } else if last.0 - self.base.0 > i64::from(i32::MAX) {
            let what = format!(
                "offset {last} is too far from the file's first, {}",
                self.base
            );
            walk.report.add(damage(what));
        }
        if let Some((first, until)) = misfit.gap {
            let what = format!(
                "offsets {first} to {} are missing before it",
                until.plus(-1)
            );
            keep(&mut walk.gaps, damage(what));
        }
        if let Some(what) = wrong_record {
            walk.report.add(damage(what));
        }
        walk.note_epoch(frame);
        walk.producers.batch(frame);
    }

    /// Looks again at an end that is no whole batch; returns whether it is as it may be.
    fn tail(
        &self,
        file: &dyn File,
        (position, size): (u64, u64),
        guide: &mut dyn Guide,
    ) -> io::Result<bool> {
        if !self.is_live || self.next_base.is_some() {
            return Ok(false);
        }
        // Space that a broker has made ahead.
        if is_zero(file, position, size)? {
            return Ok(true);
        }
        for _ in 0..TAIL_READS {
            guide.pause();
            let size = file.bytes()?;
            let mut scan = FrameScan::between(file, position.min(size), size);
            let is_whole = match scan.next_frame()? {
                Some(frame) => check_frame(&frame).is_ok(),
                None => size <= position,
            };
            if is_whole {
                return Ok(true);
            }
        }
        Ok(false)
    }

    fn tail_text(&self, bytes: u64, reason: &str) -> String {
        if self.next_base.is_some() {
            return format!("the last {bytes} bytes are no good batch: {reason}");
        }
        format!(
            "the last {bytes} bytes are no good batch: {reason}; a broker that recovers here cuts \
             them off"
        )
    }

    fn check_transactions(&self, walk: &mut Walk, guide: &mut dyn Guide) -> io::Result<()> {
        let path = self.path(TXN_INDEX_SUFFIX);
        let content = read_if_there(self.fs, &path)?;
        self.count(content.as_deref().unwrap_or_default(), walk, guide);
        let mut verdicts = Vec::new();
        walk.producers
            .end_segment(&path, content.as_deref(), &mut |verdict| {
                verdicts.push(verdict);
            });
        verdicts
            .into_iter()
            .for_each(|verdict| walk.verdict(verdict));
        Ok(())
    }
}

/// Adds a finding, unless there are more than anybody reads.
fn keep(findings: &mut Vec<Finding>, finding: Finding) {
    if findings.len() < KEPT_MAX {
        findings.push(finding);
    }
}

pub(super) fn read_if_there(fs: &dyn Fs, path: &Path) -> io::Result<Option<Vec<u8>>> {
    match fs.read(path, INDEX_BYTES_MAX) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        result => result.map(Some),
    }
}

fn is_zero(file: &dyn File, begin: u64, end: u64) -> io::Result<bool> {
    let mut piece = vec![0; 1 << 16];
    let mut position = begin;
    while position < end {
        let left = usize::try_from(end - position).unwrap_or(usize::MAX);
        let count = left.min(piece.len());
        let part = piece.get_mut(..count).unwrap_or_default();
        file.read_exact_at(part, position)?;
        if part.iter().any(|byte| *byte != 0) {
            return Ok(false);
        }
        position += u64::try_from(count).map_err(io::Error::other)?;
    }
    Ok(true)
}
