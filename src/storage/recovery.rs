//! Recovery: the check of a log, batch by batch, after an unclean stop.
//!
//! A torn tail is cut, after its bytes were put aside. Bad bytes before a good batch are a hole:
//! they stay, are not served, and are reported each time the log is opened.

use std::io::{self, IoSlice};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::dir::LOG_SUFFIX;
use super::error::{AtPath, LoadError};
use super::file_records::{BatchScan, Checked, Hole, Located, find_batch};
use super::leader_epoch::LeaderEpochCache;
use super::loader::{Cut, LoadReport};
use super::log::Log;
use super::segment::Segment;
use super::segments::Segments;
use crate::fs::{File, Fs, OpenMode};
use crate::record::BatchHeader;
use crate::types::{LeaderEpoch, Offset, TimestampMs};

/// The check of a log after an unclean stop.
pub(super) struct Recovery<'a> {
    pub(super) log: &'a mut Log,
    pub(super) report: &'a mut LoadReport,
    pub(super) now_ms: TimestampMs,
}

impl Recovery<'_> {
    /// Checks the segments from the recovery point's on; returns the log's end.
    pub(super) fn run(&mut self, recovery_point: Offset) -> Result<Offset, LoadError> {
        self.report.recovered = true;
        self.log.epochs = LeaderEpochCache::default();
        let segments = &self.log.segments;
        let first = segments
            .floor(recovery_point)
            .map_or(segments.first_base(), |s| s.base);
        let bases: Vec<_> = segments.map.range(first..).map(|(base, _)| *base).collect();
        let mut end = first;
        for (index, base) in bases.iter().enumerate() {
            let later = bases.get(index + 1..).unwrap_or_default();
            if *base < end && self.is_without_batch(*base, end)? {
                // A roll that failed leaves such a file.
                self.drop_segment(*base)?;
                continue;
            }
            end = self.check_segment(*base, end.max(*base), later)?;
            if later
                .iter()
                .all(|base| !self.log.segments.map.contains_key(base))
            {
                break;
            }
        }
        for base in &bases {
            let Segments { fs, dir, map, .. } = &mut self.log.segments;
            if let Some(segment) = map.get_mut(base) {
                segment.persist_indexes(fs.as_ref(), dir)?;
            }
        }
        self.log.open_active()?;
        Ok(end)
    }

    fn check_segment(
        &mut self,
        base: Offset,
        expected: Offset,
        later: &[Offset],
    ) -> Result<Offset, LoadError> {
        let path = self.log.segments.path(base, LOG_SUFFIX);
        let fs = Arc::clone(&self.log.segments.fs);
        let file = fs.open(&path, OpenMode::ReadWrite).at("open", &path)?;
        let interval = self.log.segments.index_interval_bytes;
        let mut segment = self.log.segments.map.remove(&base).expect("it was listed");
        let size = segment.bytes;
        segment.reset();
        self.report.checked_bytes += size;
        let mut scan = BatchScan::new(file.as_ref(), 0, size);
        let mut next_offset = expected;
        let mut epoch = LeaderEpoch::NONE;
        let result = loop {
            let (position, reason) = match scan.next().at("read", &path)? {
                Checked::End => break None,
                Checked::Bad(position, reason) => (position, reason),
                Checked::Batch(position, batch) => {
                    let header = *batch.header();
                    let Err(reason) = follows(&header, base, next_offset, epoch) else {
                        let bytes = u64::try_from(batch.bytes().len()).unwrap_or(0);
                        segment.note(
                            &Located {
                                position,
                                bytes,
                                header,
                            },
                            interval,
                        );
                        self.log
                            .epochs
                            .assign(header.leader_epoch, header.base_offset);
                        next_offset = header.next_offset();
                        epoch = header.leader_epoch;
                        continue;
                    };
                    (position, reason)
                }
            };
            let found =
                find_batch(file.as_ref(), position + 1, size, next_offset).at("read", &path)?;
            let Some(until) = found else {
                break Some((position, reason));
            };
            let next = first_offset_at(file.as_ref(), until, size).at("read", &path)?;
            let hole = Hole {
                begin: position,
                until,
                first_offset: next_offset,
                next_offset: next,
            };
            self.note_hole(&mut segment, hole, &path, &reason);
            next_offset = next;
            epoch = LeaderEpoch::NONE;
            scan.seek(until);
        };
        segment.file = None;
        self.log.segments.map.insert(base, segment);
        let is_short = later.first().is_some_and(|later| next_offset < *later);
        if result.is_some() || is_short {
            let (position, reason) = result.unwrap_or((size, "it ends early".to_owned()));
            next_offset = self.end_with(base, (position, size, &reason), next_offset, later)?;
        }
        self.log
            .segments
            .map
            .get_mut(&base)
            .expect("it is back")
            .force_time_entry();
        Ok(next_offset)
    }

    /// Decides about bytes behind the last good batch of a segment.
    fn end_with(
        &mut self,
        base: Offset,
        (position, size, reason): (u64, u64, &str),
        next_offset: Offset,
        later: &[Offset],
    ) -> Result<Offset, LoadError> {
        let mut good = None;
        for later in later {
            if !self.is_without_batch(*later, next_offset)? {
                good = Some(*later);
                break;
            }
        }
        let path = self.log.segments.path(base, LOG_SUFFIX);
        if let Some(next) = good {
            return self.leave_gap(&path, (base, next), (position, size, reason), next_offset);
        }
        if position < size {
            self.cut(&path, position, size, reason)?;
        }
        for later in later {
            self.drop_segment(*later)?;
        }
        Ok(next_offset)
    }

    /// Good records follow in another segment: nothing is cut.
    fn leave_gap(
        &mut self,
        path: &Path,
        (base, next): (Offset, Offset),
        (position, size, reason): (u64, u64, &str),
        next_offset: Offset,
    ) -> Result<Offset, LoadError> {
        if position == size {
            // Compaction leaves such gaps, so they are no errors to a reader.
            if !self.log.config.compact {
                self.report.warnings.push(format!(
                    "{}: ends before offset {next_offset}, the next segment begins at {next}",
                    path.display()
                ));
            }
            return Ok(next_offset);
        }
        let hole = Hole {
            begin: position,
            until: size,
            first_offset: next_offset,
            next_offset: next,
        };
        let mut segment = self
            .log
            .segments
            .map
            .remove(&base)
            .expect("it was put back");
        self.note_hole(&mut segment, hole, path, reason);
        segment.bytes = size;
        self.log.segments.map.insert(base, segment);
        Ok(next)
    }

    fn note_hole(&mut self, segment: &mut Segment, hole: Hole, path: &Path, reason: &str) {
        self.report.warnings.push(format!(
            "{}: damaged at position {} ({reason}): {} bytes, offsets {} to {}, are not served; \
             good records follow",
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
        let Some(segment) = self.log.segments.map.get(&base) else {
            return Ok(true);
        };
        let path = self.log.segments.path(base, LOG_SUFFIX);
        let file = self
            .log
            .segments
            .fs
            .open(&path, OpenMode::Read)
            .at("open", &path)?;
        let found = find_batch(file.as_ref(), 0, segment.bytes, least.max(base));
        Ok(found.at("read", &path)?.is_none())
    }

    fn drop_segment(&mut self, base: Offset) -> Result<(), LoadError> {
        let path = self.log.segments.path(base, LOG_SUFFIX);
        let Some(size) = self
            .log
            .segments
            .map
            .get(&base)
            .map(|segment| segment.bytes)
        else {
            return Ok(());
        };
        if size > 0 {
            self.cut(&path, 0, size, "no good batch in it")?;
        }
        self.log.segments.remove(base)?;
        Ok(())
    }

    /// Cuts a torn tail, after its bytes were put aside.
    fn cut(
        &mut self,
        path: &Path,
        position: u64,
        size: u64,
        reason: &str,
    ) -> Result<(), LoadError> {
        let fs = Arc::clone(&self.log.segments.fs);
        let file = fs.open(path, OpenMode::ReadWrite).at("open", path)?;
        let mut kept = path.as_os_str().to_os_string();
        kept.push(format!(".cut-{}", self.now_ms));
        let kept = PathBuf::from(kept);
        let has_data = copy_tail(fs.as_ref(), file.as_ref(), &kept, (position, size))
            .at("put the tail aside in", &kept)?;
        file.set_bytes(position).at("cut", path)?;
        file.sync_all().at("sync", path)?;
        self.report.cuts.push(Cut {
            path: path.to_path_buf(),
            position,
            bytes: size - position,
            kept: has_data.then_some(kept),
        });
        self.report.warnings.push(format!(
            "{}: {} bytes behind position {position} were no whole batch ({reason}) and are cut",
            path.display(),
            size - position
        ));
        Ok(())
    }
}

/// Checks what the CRC does not cover: that a batch continues the log.
fn follows(
    header: &BatchHeader,
    base: Offset,
    expected: Offset,
    epoch: LeaderEpoch,
) -> Result<(), String> {
    let found = header.base_offset;
    if found < expected {
        return Err(format!(
            "offset {found} where {expected} or more is expected"
        ));
    }
    if header.last_offset().0.saturating_sub(base.0) > i64::from(i32::MAX) {
        return Err(format!("offset {found} is too far from the segment's base"));
    }
    if header.leader_epoch < epoch {
        return Err(format!(
            "leader epoch {} behind {epoch}",
            header.leader_epoch
        ));
    }
    Ok(())
}

fn first_offset_at(file: &dyn File, position: u64, end: u64) -> io::Result<Offset> {
    match BatchScan::new(file, position, end).next()? {
        Checked::Batch(_, batch) => Ok(batch.header().base_offset),
        Checked::Bad(..) | Checked::End => Err(io::ErrorKind::InvalidData.into()),
    }
}

/// Copies `begin..end` to a file of its own, unless it is all zeros; returns whether it did.
fn copy_tail(
    fs: &dyn Fs,
    file: &dyn File,
    target: &Path,
    (begin, end): (u64, u64),
) -> io::Result<bool> {
    let mut piece = vec![0; 1 << 20];
    let mut copy: Option<Arc<dyn File>> = None;
    let mut position = begin;
    while position < end {
        let bytes = usize::try_from(end - position)
            .unwrap_or(usize::MAX)
            .min(piece.len());
        let part = piece.get_mut(..bytes).unwrap_or_default();
        file.read_exact_at(part, position)?;
        if copy.is_none() && part.iter().any(|byte| *byte != 0) {
            copy = Some(fs.open(target, OpenMode::Truncate)?);
        }
        if let Some(copy) = &copy {
            copy.write_all_at(&mut [IoSlice::new(part)], position - begin)?;
        }
        position += u64::try_from(bytes).map_err(io::Error::other)?;
    }
    match copy {
        Some(copy) => copy.sync_all().map(|()| true),
        None => Ok(false),
    }
}
