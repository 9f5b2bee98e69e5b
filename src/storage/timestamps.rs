//! Finding records in a log by their timestamp, for ListOffsets.
//!
//! Time index, then headers, then the records of one batch. Reads under the caller's lock; it is
//! asked rarely.

use std::io;

use super::dir::LOG_SUFFIX;
use super::error::{AtPath, ReadError};
use super::file_records::{HeaderScan, Scanned};
use super::log::Log;
use super::segment::Segment;
use super::time_index::TimeEntry;
use crate::record::{RecordBatch, StreamError};
use crate::types::{LeaderEpoch, Offset, TimestampMs};

/// A record found by its time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TimestampAndOffset {
    /// Its timestamp.
    pub timestamp: TimestampMs,
    /// Its offset.
    pub offset: Offset,
    /// Epoch of the leader that appended it.
    pub leader_epoch: LeaderEpoch,
}

/// The most that one batch may decompress to when a record in it is looked for.
const DECOMPRESSED_BYTES_MAX: usize = 256 << 20;

impl Log {
    /// Returns the first record whose timestamp is `timestamp` or later, at or behind the start.
    pub fn offset_for_timestamp(
        &self,
        timestamp: TimestampMs,
    ) -> Result<Option<TimestampAndOffset>, ReadError> {
        for segment in self.segments.map.values() {
            if self.largest_timestamp(segment)?.0 < timestamp {
                continue;
            }
            let entry = self.segments.indexes(segment)?.times.before(timestamp);
            let begin = match entry {
                Some(entry) if self.is_true(segment, entry)? => {
                    segment.base.plus(i64::from(entry.relative))
                }
                _ => segment.base,
            };
            let begin = begin.max(self.start);
            if let Some(found) = self.first_at(segment, begin, timestamp)? {
                return Ok(Some(found));
            }
        }
        Ok(None)
    }

    /// Returns the first record with the largest timestamp of the log.
    pub fn max_timestamp(&self) -> Result<Option<TimestampAndOffset>, ReadError> {
        let mut largest: Option<(TimestampMs, &Segment)> = None;
        for segment in self.segments.map.values() {
            let (timestamp, _) = self.largest_timestamp(segment)?;
            if timestamp >= 0 && largest.is_none_or(|(known, _)| timestamp > known) {
                largest = Some((timestamp, segment));
            }
        }
        let Some((timestamp, segment)) = largest else {
            return Ok(None);
        };
        let begin = segment.base.max(self.start);
        self.first_at(segment, begin, timestamp)
    }

    /// Returns the largest timestamp of a segment, and the last offset of the batch that has it.
    pub(super) fn largest_timestamp(
        &self,
        segment: &Segment,
    ) -> Result<(TimestampMs, Offset), ReadError> {
        if segment.max_timestamp >= 0 || segment.bytes == 0 {
            return Ok((segment.max_timestamp, segment.max_timestamp_offset));
        }
        let indexes = self.segments.indexes(segment)?;
        if let Some(last) = indexes.times.last()
            && indexes.times.is_whole()
            && self.is_true(segment, last)?
        {
            let offset = segment.base.plus(i64::from(last.relative));
            return Ok((last.timestamp, offset));
        }
        // Retention deletes by this number: an index that the log contradicts is not asked.
        let path = self.segments.path(segment.base, LOG_SUFFIX);
        let file = self.segments.file(segment)?;
        let mut scan = HeaderScan::new(file.as_ref(), &segment.holes, 0, segment.bytes);
        let mut largest = (-1, Offset::NONE);
        loop {
            match scan.next().at("read", &path)? {
                Scanned::Batch(batch) if batch.header.max_timestamp > largest.0 => {
                    largest = (batch.header.max_timestamp, batch.header.last_offset());
                }
                Scanned::Batch(_) | Scanned::Hole(_) => {}
                Scanned::Bad(_) | Scanned::End => return Ok(largest),
            }
        }
    }

    /// Returns whether the batch that a time-index entry names has the entry's timestamp.
    pub(super) fn is_true(&self, segment: &Segment, entry: TimeEntry) -> Result<bool, ReadError> {
        let offset = segment.base.plus(i64::from(entry.relative));
        match self.search(segment, offset) {
            // Older releases of Kafka name a record inside the batch, not its last.
            Ok(Some(batch)) => {
                Ok(batch.header.base_offset <= offset
                    && batch.header.max_timestamp == entry.timestamp)
            }
            Ok(None) | Err(ReadError::Damaged { .. }) => Ok(false),
            Err(error) => Err(error),
        }
    }

    fn first_at(
        &self,
        segment: &Segment,
        begin: Offset,
        timestamp: TimestampMs,
    ) -> Result<Option<TimestampAndOffset>, ReadError> {
        let Some(first) = self.search(segment, begin)? else {
            return Ok(None);
        };
        let path = self.segments.path(segment.base, LOG_SUFFIX);
        let file = self.segments.file(segment)?;
        let mut scan =
            HeaderScan::new(file.as_ref(), &segment.holes, first.position, segment.bytes);
        while let Scanned::Batch(batch) = scan.next().at("read", &path)? {
            if batch.header.max_timestamp < timestamp || batch.header.last_offset() < begin {
                continue;
            }
            let bytes = usize::try_from(batch.bytes).unwrap_or(usize::MAX);
            let mut content = vec![0; bytes];
            file.read_exact_at(&mut content, batch.position)
                .at("read", &path)?;
            let damaged = |_| ReadError::Damaged {
                path: path.clone(),
                position: batch.position,
                offset: begin,
            };
            if let Some(found) = first_record_at(&content, begin, timestamp).map_err(damaged)? {
                return Ok(Some(found));
            }
        }
        Ok(None)
    }
}

fn first_record_at(
    content: &[u8],
    begin: Offset,
    timestamp: TimestampMs,
) -> Result<Option<TimestampAndOffset>, StreamError> {
    let invalid =
        |error: String| StreamError::Codec(io::Error::new(io::ErrorKind::InvalidData, error));
    let batch = RecordBatch::parse(content).map_err(|error| invalid(error.to_string()))?;
    let header = batch.header();
    let found = |timestamp, offset| TimestampAndOffset {
        timestamp,
        offset,
        leader_epoch: header.leader_epoch,
    };
    if header.attributes.is_log_append_time() {
        let offset = header.base_offset.max(begin);
        return Ok(Some(found(header.max_timestamp, offset)));
    }
    let body = batch
        .decompressed_body(DECOMPRESSED_BYTES_MAX)
        .map_err(|error| invalid(error.to_string()))?;
    for record in batch.records(&body) {
        let record = record?;
        let at = header.base_timestamp.wrapping_add(record.timestamp_delta);
        let offset = header.base_offset.plus(i64::from(record.offset_delta));
        if at >= timestamp && offset >= begin {
            return Ok(Some(found(at, offset)));
        }
    }
    Ok(None)
}
