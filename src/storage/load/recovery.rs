//! Recovery: the check of a log, batch by batch, after an unclean stop.
//!
//! What becomes of bad bytes depends on whether they were synced, what follows, and how they look
//! (`loader.rs` says why):
//!
//! ```text
//!                                    nothing good behind    good batches behind
//! below the recovery point           hole                   hole
//! behind it, a sector is missing     cut                    cut, with all behind it
//! behind it, no sector is missing    cut                    hole
//! a good batch, misplaced            hole, or cut if a sector of its header is missing
//! ```
//!
//! A hole stays in the file, is not served, and is reported each time the log is opened. What is
//! cut was put aside before.

use std::path::Path;
use std::sync::Arc;

use super::damage::{find_batch, find_good, good_at, looks_unwritten};
use super::loader::LoadReport;
use super::placement::{Place, placed};
use crate::fs::{File, OpenMode};
use crate::storage::dir::LOG_SUFFIX;
use crate::storage::error::{AtPath, LoadError};
use crate::storage::file_records::{BatchScan, Checked, Hole, Located};
use crate::storage::leader_epoch::LeaderEpochCache;
use crate::storage::log::Log;
use crate::storage::segment::Segment;
use crate::storage::segments::Segments;
use crate::types::{LeaderEpoch, Offset, TimestampMs};

/// The check of a log after an unclean stop.
pub(in crate::storage) struct Recovery<'a> {
    pub(in crate::storage) log: &'a mut Log,
    pub(in crate::storage) report: &'a mut LoadReport,
    /// All below was synced; `None` if nobody knows.
    pub(in crate::storage) synced: Option<Offset>,
    pub(in crate::storage) now_ms: TimestampMs,
}

/// What a segment's check found at its end.
struct Checkup {
    /// The offset behind its last good batch or hole.
    next_offset: Offset,
    /// Where its last bad bytes begin, and why they are bad.
    bad: Option<(u64, String)>,
    /// Whether a power cut left them, though good batches are behind.
    is_torn: bool,
}

impl Recovery<'_> {
    /// Checks the segments from the one that holds `from` on; returns the log's end.
    pub(in crate::storage) fn run(&mut self, from: Offset) -> Result<Offset, LoadError> {
        self.report.recovered = true;
        self.log.epochs = LeaderEpochCache::default();
        let segments = &self.log.segments;
        let first = segments
            .floor(from)
            .map_or(segments.first_base(), |s| s.base);
        self.report.checked_from = first;
        let bases: Vec<_> = segments.map.range(first..).map(|(base, _)| *base).collect();
        let mut end = first;
        for (index, base) in bases.iter().enumerate() {
            let later = bases.get(index + 1..).unwrap_or_default();
            if *base < end && self.is_without_batch(*base, end)? {
                // A roll that failed leaves such a file.
                self.drop_segment(*base)?;
                continue;
            }
            let path = self.log.segments.path(*base, LOG_SUFFIX);
            let checkup = self.check_segment(*base, end.max(*base), later)?;
            end = self.settle(&path, *base, checkup, later)?;
            if !later.is_empty() && later.iter().all(|base| self.is_gone(*base)) {
                break;
            }
        }
        self.finish(&bases, end)
    }

    /// Returns the first segment that is not empty: a roll that nothing followed proves nothing.
    fn first_with_bytes(&self, later: &[Offset]) -> Result<Option<Offset>, LoadError> {
        for base in later {
            if self.file_bytes(*base)? > 0 {
                return Ok(Some(*base));
            }
        }
        Ok(None)
    }

    pub(in crate::storage) fn is_gone(&self, base: Offset) -> bool {
        !self.log.segments.map.contains_key(&base)
    }

    /// Writes the indexes; makes the segment that is appended to.
    fn finish(&mut self, bases: &[Offset], end: Offset) -> Result<Offset, LoadError> {
        for base in bases {
            let Segments { fs, dir, map, .. } = &mut self.log.segments;
            if let Some(segment) = map.get_mut(base) {
                segment.force_time_entry();
                segment.persist_indexes(fs.as_ref(), dir)?;
            }
        }
        let active = self.log.segments.active();
        let ends_in_hole = active
            .holes
            .last()
            .is_some_and(|hole| hole.until == active.bytes);
        if ends_in_hole && end > active.base {
            // Nothing is appended behind damage.
            self.log.create_segment(end, self.now_ms)?;
        }
        self.log.open_active()?;
        Ok(end)
    }

    fn check_segment(
        &mut self,
        base: Offset,
        expected: Offset,
        later: &[Offset],
    ) -> Result<Checkup, LoadError> {
        let path = self.log.segments.path(base, LOG_SUFFIX);
        let fs = Arc::clone(&self.log.segments.fs);
        let file = fs.open(&path, OpenMode::Read).at("open", &path)?;
        let mut segment = self.log.segments.map.remove(&base).expect("it was listed");
        let size = segment.bytes;
        segment.reset();
        segment.file = None;
        self.report.checked_bytes += size;
        let mut place = Place {
            base,
            expected,
            epoch: LeaderEpoch::NONE,
            next_base: self.first_with_bytes(later)?,
            may_have_gaps: self.log.config.compact,
        };
        let outcome = self.check_batches(&mut segment, &mut place, file.as_ref(), &path, size);
        self.log.segments.map.insert(base, segment);
        let (bad, is_torn) = outcome?;
        Ok(Checkup {
            next_offset: place.expected,
            bad,
            is_torn,
        })
    }

    /// Walks a segment's batches, over holes, to its end or to where it is torn.
    fn check_batches(
        &mut self,
        segment: &mut Segment,
        place: &mut Place,
        file: &dyn File,
        path: &Path,
        size: u64,
    ) -> Result<(Option<(u64, String)>, bool), LoadError> {
        let interval = self.log.segments.index_interval_bytes;
        let mut scan = BatchScan::new(file, 0, size);
        loop {
            let (position, reason) = match scan.next().at("read", path)? {
                Checked::End => return Ok((None, false)),
                Checked::Bad(position, reason) => (position, reason),
                Checked::Batch(position, batch) => {
                    let header = *batch.header();
                    let bytes = u64::try_from(batch.bytes().len()).unwrap_or(0);
                    match placed(place, &header, (file, position + bytes, size)).at("read", path)? {
                        Ok(()) => {
                            let located = Located {
                                position,
                                bytes,
                                header,
                            };
                            segment.note(&located, interval);
                            self.log
                                .epochs
                                .assign(header.leader_epoch, header.base_offset);
                            place.expected = header.next_offset();
                            place.epoch = header.leader_epoch;
                        }
                        // The first bytes of a header are under no CRC, and may be all that a
                        // sector lacks.
                        Err(reason)
                            if self.may_be_torn(place.expected, position + bytes == size)
                                && looks_unwritten(file, position, position + bytes)
                                    .at("read", path)? =>
                        {
                            let is_torn = self.is_behind_synced(place.expected);
                            return Ok((Some((position, reason)), is_torn));
                        }
                        Err(reason) => {
                            let count = i64::from(header.last_offset_delta) + 1;
                            let hole = Hole {
                                begin: position,
                                until: position + bytes,
                                first_offset: place.expected,
                                next_offset: place.expected.plus(count),
                            };
                            self.note_hole(segment, hole, path, &reason);
                            place.expected = hole.next_offset;
                        }
                    }
                    continue;
                }
            };
            let good = find_good(file, position, size, place.expected).at("read", path)?;
            let Some(until) = good else {
                return Ok((Some((position, reason)), false));
            };
            if self.is_behind_synced(place.expected)
                && looks_unwritten(file, position, until).at("read", path)?
            {
                return Ok((Some((position, reason)), true));
            }
            let next = good_at(file, until, size, place.expected).at("read", path)?;
            let hole = Hole {
                begin: position,
                until,
                first_offset: place.expected,
                next_offset: next.unwrap_or(place.expected),
            };
            self.note_hole(segment, hole, path, &reason);
            place.expected = hole.next_offset;
            scan.seek(until);
        }
    }

    /// Whether an offset is known not to have been synced when it was last told; only then may
    /// good batches behind it be taken away.
    fn is_behind_synced(&self, offset: Offset) -> bool {
        self.synced.is_some_and(|synced| offset >= synced)
    }

    /// Whether a batch in the wrong place may be a torn write: one that was not synced, or the
    /// last one where nobody knows what was.
    fn may_be_torn(&self, offset: Offset, is_last: bool) -> bool {
        self.is_behind_synced(offset) || self.synced.is_none() && is_last
    }

    /// Decides about the end of a segment; returns the offset that the next one begins with, or
    /// the log's end if no later segment is left.
    fn settle(
        &mut self,
        path: &Path,
        base: Offset,
        checkup: Checkup,
        later: &[Offset],
    ) -> Result<Offset, LoadError> {
        let next_offset = checkup.next_offset;
        let size = self.file_bytes(base)?;
        if checkup.is_torn {
            let (position, reason) = checkup.bad.unwrap_or((size, String::new()));
            return self.cut_all(path, (position, size, &reason), next_offset, later);
        }
        let Some((position, reason)) = checkup.bad else {
            return self.settle_whole(path, next_offset, later);
        };
        let next = self.good_segment(next_offset, later)?;
        if next.is_none() {
            let synced = self.synced.filter(|synced| next_offset < *synced);
            let Some(synced) = synced else {
                return self.cut_all(path, (position, size, &reason), next_offset, later);
            };
            let next = later.first().map_or(synced, |later| synced.min(*later));
            return self.leave_rest(path, base, (position, size, &reason), (next_offset, next));
        }
        let file = self
            .log
            .segments
            .fs
            .open(path, OpenMode::Read)
            .at("open", path)?;
        if self.is_behind_synced(next_offset)
            && looks_unwritten(file.as_ref(), position, size).at("read", path)?
        {
            return self.cut_all(path, (position, size, &reason), next_offset, later);
        }
        let next = later.first().copied().unwrap_or(next_offset);
        self.leave_rest(path, base, (position, size, &reason), (next_offset, next))
    }

    /// The same for a segment without bad bytes at its end.
    fn settle_whole(
        &mut self,
        path: &Path,
        next_offset: Offset,
        later: &[Offset],
    ) -> Result<Offset, LoadError> {
        let Some(next) = later.first().filter(|next| next_offset < **next) else {
            return Ok(next_offset);
        };
        // Compaction leaves such gaps, so they are no errors to a reader.
        if self.log.config.compact {
            return Ok(next_offset);
        }
        if self.is_behind_synced(next_offset) {
            // Nothing of this segment is bad: only those behind it go.
            return self.cut_all(path, (0, 0, ""), next_offset, later);
        }
        self.report.warnings.push(format!(
            "{}: ends before offset {next_offset}, the next segment begins at {next}",
            path.display()
        ));
        Ok(next_offset)
    }

    /// Returns the first segment with a good batch.
    fn good_segment(&self, least: Offset, later: &[Offset]) -> Result<Option<Offset>, LoadError> {
        for base in later {
            if !self.is_without_batch(*base, least)? {
                return Ok(Some(*base));
            }
        }
        Ok(None)
    }

    /// Leaves bad bytes up to the end of a segment where they are.
    fn leave_rest(
        &mut self,
        path: &Path,
        base: Offset,
        (position, size, reason): (u64, u64, &str),
        (first_offset, next_offset): (Offset, Offset),
    ) -> Result<Offset, LoadError> {
        let hole = Hole {
            begin: position,
            until: size,
            first_offset,
            next_offset,
        };
        let map = &mut self.log.segments.map;
        let mut segment = map.remove(&base).expect("it was put back");
        self.note_hole(&mut segment, hole, path, reason);
        self.log.segments.map.insert(base, segment);
        Ok(next_offset)
    }

    fn note_hole(&mut self, segment: &mut Segment, hole: Hole, path: &Path, reason: &str) {
        self.report.warnings.push(format!(
            "{}: damaged at position {} ({reason}): {} bytes, offsets {} to {}, are not served, \
             and stay where they are",
            path.display(),
            hole.begin,
            hole.until - hole.begin,
            hole.first_offset,
            hole.next_offset.0 - 1
        ));
        segment.bytes = hole.until;
        segment.holes.push(hole);
    }

    /// Returns whether a segment has no good batch at `least` or behind.
    fn is_without_batch(&self, base: Offset, least: Offset) -> Result<bool, LoadError> {
        let size = self.file_bytes(base)?;
        if size == 0 {
            return Ok(true);
        }
        let path = self.log.segments.path(base, LOG_SUFFIX);
        let fs = &self.log.segments.fs;
        let file = fs.open(&path, OpenMode::Read).at("open", &path)?;
        let (file, least) = (file.as_ref(), least.max(base));
        // At the file's beginning a batch is in its place; elsewhere it must prove itself.
        let first = good_at(file, 0, size, least).at("read", &path)?;
        Ok(first.is_none()
            && find_batch(file, 0, size, least)
                .at("read", &path)?
                .is_none())
    }

    /// Returns the size of a segment's file, 0 if the segment is gone.
    pub(in crate::storage) fn file_bytes(&self, base: Offset) -> Result<u64, LoadError> {
        if self.is_gone(base) {
            return Ok(0);
        }
        let path = self.log.segments.path(base, LOG_SUFFIX);
        let metadata = self.log.segments.fs.metadata(&path).at("read", &path)?;
        Ok(metadata.bytes)
    }
}
