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
            let relative = self
                .segments
                .indexes(segment)?
                .times
                .relative_for(timestamp);
            let begin = segment.base.plus(i64::from(relative)).max(self.start);
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
        let last = self.segments.indexes(segment)?.times.last();
        Ok(last.map_or((-1, Offset::NONE), |entry| {
            (
                entry.timestamp,
                segment.base.plus(i64::from(entry.relative)),
            )
        }))
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
