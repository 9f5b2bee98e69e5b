//! Finding records in a log by their offset.
//!
//! A read is planned here, under the partition's lock, with at most one or two small reads of
//! headers; the caller reads the records outside it. A plan covers whole batches of one segment.

use std::sync::Arc;

use super::dir::LOG_SUFFIX;
use super::error::{AtPath, ReadError};
use super::file_records::{HeaderScan, Located, Scanned};
use super::log::Log;
use super::offset_index::OffsetEntry;
use super::segment::Segment;
use crate::fs::File;
use crate::types::Offset;

/// Where the records of a read lie.
#[derive(Clone, Debug)]
pub struct ReadPlan {
    /// The segment's file; `None` if there is nothing to read.
    pub file: Option<Arc<dyn File>>,
    /// Base offset of the segment.
    pub segment: Offset,
    /// Where in the file.
    pub position: u64,
    /// How many bytes, whole batches.
    pub bytes: usize,
    /// Base offset of the first batch, at most the offset that was asked for but where compaction
    /// has left a gap.
    pub first_batch_base: Offset,
}

impl ReadPlan {
    const fn nothing(at: Offset) -> Self {
        Self {
            file: None,
            segment: at,
            position: 0,
            bytes: 0,
            first_batch_base: at,
        }
    }

    /// Reads the records into the end of `out`.
    pub fn read_into(&self, out: &mut Vec<u8>) -> std::io::Result<()> {
        let Some(file) = &self.file else {
            return Ok(());
        };
        let begin = out.len();
        out.resize(begin + self.bytes, 0);
        let target = out.get_mut(begin..).unwrap_or_default();
        file.read_exact_at(target, self.position)
    }
}

/// Below this many bytes a plan looks at headers to use them all; above, an index entry is near
/// enough.
const EXACT_BYTES: u64 = 64 << 10;

impl Log {
    /// Plans a read from `from` of at most `max_bytes` bytes, before `until`.
    ///
    /// `until` is the high watermark, the last stable offset or the log's end. If not even the
    /// first batch fits, it is planned alone with `min_one`, else nothing.
    pub fn read(
        &self,
        from: Offset,
        max_bytes: usize,
        until: Offset,
        min_one: bool,
    ) -> Result<ReadPlan, ReadError> {
        if from < self.start || from > self.end {
            return Err(ReadError::OutOfRange {
                partition: self.partition.to_string(),
                offset: from,
                start: self.start,
                end: self.end,
            });
        }
        let until = until.min(self.end);
        if from >= until {
            return Ok(ReadPlan::nothing(from));
        }
        let mut segment = self.segments.floor(from);
        while let Some(current) = segment {
            if let Some(first) = self.locate(current, from)? {
                if first.base >= self.end {
                    // No batch of this log has such an offset: a reader would wait for ever.
                    return Err(ReadError::Damaged {
                        path: self.segments.path(current.base, LOG_SUFFIX),
                        position: first.position,
                        offset: from,
                    });
                }
                if first.base >= until {
                    break;
                }
                return self.plan(current, &first, (max_bytes, until), min_one);
            }
            // Nothing of this segment is at or behind the offset; compaction leaves such gaps.
            let next = self.segments.next_base(current.base);
            segment = next.and_then(|base| self.segments.map.get(&base));
        }
        Ok(ReadPlan::nothing(from))
    }

    fn plan(
        &self,
        segment: &Segment,
        first: &Found,
        (max_bytes, until): (usize, Offset),
        min_one: bool,
    ) -> Result<ReadPlan, ReadError> {
        let file = self.segments.file(segment)?;
        let plan = |bytes: u64| ReadPlan {
            file: (bytes > 0).then_some(file),
            segment: segment.base,
            position: first.position,
            bytes: usize::try_from(bytes).unwrap_or(usize::MAX),
            first_batch_base: first.base,
        };
        let mut limit = self.position_of(segment, until)?;
        let hole = segment
            .holes
            .iter()
            .find(|hole| hole.begin >= first.position);
        limit = hole.map_or(limit, |hole| limit.min(hole.begin));
        let available = limit.saturating_sub(first.position);
        let max_bytes = u64::try_from(max_bytes).unwrap_or(u64::MAX);
        if available <= max_bytes {
            return Ok(plan(available));
        }
        let first_bytes = match first.bytes {
            Some(bytes) => bytes,
            None => self
                .batch_at(segment, first.position)?
                .map_or(available, |batch| batch.bytes),
        };
        if first_bytes >= max_bytes {
            let fits = first_bytes == max_bytes || min_one;
            return Ok(plan(if fits { first_bytes } else { 0 }));
        }
        let most = first.position + max_bytes;
        let cut = self.boundary(segment, first.position + first_bytes, most)?;
        Ok(plan(cut - first.position))
    }

    /// Returns the last start of a batch in `known..=most`, where `known` is one.
    fn boundary(&self, segment: &Segment, known: u64, most: u64) -> Result<u64, ReadError> {
        let entry = self
            .segments
            .indexes(segment)?
            .offsets
            .boundary(known, most);
        let indexed = entry.and_then(|entry| self.confirmed(segment, entry).transpose());
        let mut cut = indexed.transpose()?.unwrap_or(known);
        if cut - known >= EXACT_BYTES {
            return Ok(cut);
        }
        let path = self.segments.path(segment.base, LOG_SUFFIX);
        let file = self.segments.file(segment)?;
        let mut scan = HeaderScan::new(file.as_ref(), &segment.holes, cut, segment.bytes);
        while let Scanned::Batch(batch) = scan.next().at("read", &path)? {
            let end = batch.position + batch.bytes;
            if end > most {
                break;
            }
            cut = end;
        }
        Ok(cut)
    }

    /// Returns where an index entry says a batch starts, if one does: an index is not synced with
    /// each write, and is not believed.
    fn confirmed(&self, segment: &Segment, entry: OffsetEntry) -> Result<Option<u64>, ReadError> {
        let batch = self.batch_at(segment, entry.start())?;
        let last = segment.base.plus(i64::from(entry.relative));
        Ok(batch
            .filter(|batch| batch.header.last_offset() == last)
            .map(|batch| batch.position))
    }

    /// Returns where the first batch that ends at or behind `offset` lies in a segment.
    fn locate(&self, segment: &Segment, offset: Offset) -> Result<Option<Found>, ReadError> {
        if segment.base == self.segments.active().base
            && self
                .recent
                .front()
                .is_some_and(|(base, _, _)| *base <= offset)
        {
            let index = self.recent.partition_point(|(_, last, _)| *last < offset);
            let Some((base, _, position)) = self.recent.get(index).copied() else {
                return Ok(None);
            };
            let end = self
                .recent
                .get(index + 1)
                .map_or(segment.bytes, |(_, _, next)| *next);
            return Ok(Some(Found {
                base,
                position,
                bytes: Some(end - position),
            }));
        }
        let located = self.search(segment, offset)?;
        Ok(located.map(|batch| Found {
            base: batch.header.base_offset,
            position: batch.position,
            bytes: Some(batch.bytes),
        }))
    }

    /// The same by index and headers.
    pub(super) fn search(
        &self,
        segment: &Segment,
        offset: Offset,
    ) -> Result<Option<Located>, ReadError> {
        let relative = offset.0.saturating_sub(segment.base.0);
        match self.segments.indexes(segment)?.offsets.floor(relative) {
            Some(entry) => match self.confirmed(segment, entry)? {
                Some(begin) => self.search_from(segment, offset, begin),
                None => self.search_from(segment, offset, 0),
            },
            None => self.search_from(segment, offset, 0),
        }
    }

    fn search_from(
        &self,
        segment: &Segment,
        offset: Offset,
        begin: u64,
    ) -> Result<Option<Located>, ReadError> {
        let path = self.segments.path(segment.base, LOG_SUFFIX);
        let file = self.segments.file(segment)?;
        let mut scan = HeaderScan::new(file.as_ref(), &segment.holes, begin, segment.bytes);
        loop {
            match scan.next().at("read", &path)? {
                Scanned::Batch(batch) if batch.header.last_offset() >= offset => {
                    return Ok(Some(batch));
                }
                Scanned::Batch(_) => {}
                Scanned::Hole(hole) if hole.next_offset <= offset => {}
                Scanned::Hole(hole) => {
                    return Err(ReadError::Damaged {
                        path,
                        position: hole.begin,
                        offset,
                    });
                }
                Scanned::Bad(position) => {
                    return Err(ReadError::Damaged {
                        path,
                        position,
                        offset,
                    });
                }
                Scanned::End => return Ok(None),
            }
        }
    }

    /// Returns where the records before `until` end in a segment.
    fn position_of(&self, segment: &Segment, until: Offset) -> Result<u64, ReadError> {
        let next = self.segments.next_base(segment.base).unwrap_or(self.end);
        if until >= next {
            return Ok(segment.bytes);
        }
        match self.locate(segment, until) {
            Ok(Some(found)) => Ok(found.position),
            Ok(None) => Ok(segment.bytes),
            // The records up to the damage are good.
            Err(ReadError::Damaged { position, .. }) => Ok(position),
            Err(error) => Err(error),
        }
    }

    fn batch_at(&self, segment: &Segment, position: u64) -> Result<Option<Located>, ReadError> {
        let path = self.segments.path(segment.base, LOG_SUFFIX);
        let file = self.segments.file(segment)?;
        let mut scan = HeaderScan::new(file.as_ref(), &segment.holes, position, segment.bytes);
        match scan.next().at("read", &path)? {
            Scanned::Batch(batch) => Ok(Some(batch)),
            Scanned::Hole(_) | Scanned::Bad(_) | Scanned::End => Ok(None),
        }
    }
}

/// A batch that a read begins with.
struct Found {
    base: Offset,
    position: u64,
    bytes: Option<u64>,
}
