//! Rebuilding the producer state of a log: the newest good snapshot, then what lies behind it.
//!
//! A snapshot has only the last batch of each producer. What else belongs to the window of five
//! is read again from the headers near the log's end, so that a batch that is sent again after a
//! restart is known as one.

use std::collections::HashMap;

use crate::record::{BatchHeader, HEADER_BYTES};
use crate::storage::dir::{LOG_SUFFIX, SNAPSHOT_SUFFIX};
use crate::storage::error::{AtPath, IoError};
use crate::storage::file_records::{HeaderScan, Scanned};
use crate::storage::log::Log;
use crate::storage::producer::{BatchMetadata, ProducerState, WINDOW};
use crate::storage::producer_snapshot;
use crate::storage::producer_state::ProducerStateManager;
use crate::storage::segment::Segment;
use crate::storage::segments::remove_if_there;
use crate::storage::truncate::TruncateError;
use crate::types::{Offset, TimestampMs};

/// How many index entries from the end the headers are read again: some 256 KiB of small batches,
/// or as many large ones.
const REFILL_ENTRIES: usize = 64;
/// How many segments, if the last ones do not hold what is wanted of each producer.
const REFILL_SEGMENTS: usize = 64;
/// No snapshot is larger: a million producers.
const SNAPSHOT_BYTES_MAX: u64 = 64 << 20;

impl Log {
    /// Makes the producer state anew from one of the snapshots, in rising order, and the log.
    ///
    /// Ended transactions wait for [`Log::on_high_watermark`] again.
    pub(in crate::storage) fn rebuild_producers(
        &mut self,
        snapshots: Vec<Offset>,
        now_ms: TimestampMs,
    ) -> Result<(), TruncateError> {
        let (offset, producers) = self.newest_snapshot(snapshots)?;
        let is_restored = producers.is_some();
        self.producers = ProducerStateManager::restored(producers.unwrap_or_default());
        self.producers
            .remove_expired(now_ms, self.config.producer_id_expiration_ms);
        if is_restored && !self.producers.is_empty() {
            self.refill_windows(offset)?;
        }
        if offset < self.end {
            self.scan_headers(offset, |log, batch, file| {
                let header = batch.header;
                if !header.has_producer_id() {
                    return Ok(());
                }
                let mut body = Vec::new();
                if header.attributes.is_control() {
                    let bytes = usize::try_from(batch.bytes).unwrap_or(usize::MAX);
                    body.resize(bytes.saturating_sub(HEADER_BYTES), 0);
                    let begin = batch.position + 61;
                    file.read_exact_at(&mut body, begin).at("read", log.dir())?;
                }
                match log.producers.update(&header, &body) {
                    Some(completed) => log.note_completed(&completed),
                    None => Ok(()),
                }
            })?;
            self.sync_aborted()?;
        }
        self.producers
            .remove_expired(now_ms, self.config.producer_id_expiration_ms);
        Ok(())
    }

    /// Makes the transactions durable that the log told of and an index did not: the next snapshot
    /// may be all that the next start reads.
    fn sync_aborted(&self) -> Result<(), IoError> {
        let is_index = |path: &std::path::Path| path.extension().is_some_and(|e| e == "txnindex");
        let indexes = self.unsynced.iter().filter(|(_, path, _)| is_index(path));
        for (_, path, file) in indexes.clone() {
            file.sync_data().at("sync", path)?;
        }
        match indexes.count() {
            0 => Ok(()),
            _ => self.segments.fs.sync_dir(self.dir()).at("sync", self.dir()),
        }
    }

    /// Returns the newest snapshot at or before the log's end that can be read, and its offset;
    /// damaged ones are removed.
    fn newest_snapshot(
        &self,
        mut offsets: Vec<Offset>,
    ) -> Result<(Offset, Option<Producers>), IoError> {
        let fs = std::sync::Arc::clone(&self.segments.fs);
        while let Some(offset) = offsets.pop() {
            let path = self.segments.path(offset, SNAPSHOT_SUFFIX);
            if offset > self.end {
                continue;
            }
            let content = match fs.read(&path, SNAPSHOT_BYTES_MAX) {
                Ok(content) => content,
                Err(error) if error.kind() == std::io::ErrorKind::NotFound => continue,
                result => result.at("read", &path)?,
            };
            match producer_snapshot::parse(&content) {
                Ok(producers) => return Ok((offset, Some(producers))),
                Err(_) => remove_if_there(fs.as_ref(), &path)?,
            }
        }
        // Below the start too: what is in the files is remembered, though it is not served.
        Ok((self.segments.first_base(), None))
    }

    /// Reads again, before `until`, the batches that the snapshot has forgotten.
    fn refill_windows(&mut self, until: Offset) -> Result<(), IoError> {
        let mut older = Windows::new();
        let segments = self.segments.map.range(..until).rev();
        // A log that has just rolled has what it knew in the segments before.
        for (_, segment) in segments.take(REFILL_SEGMENTS) {
            for (id, mut batches) in self.near_end(segment, until)? {
                let known = older.entry(id).or_default();
                batches.append(known);
                *known = batches;
            }
            let is_full = |id| older.get(&id).is_some_and(|known| known.len() >= WINDOW);
            if self.producers.iter().all(|(id, _)| is_full(id)) {
                break;
            }
        }
        for (id, state) in self.producers.all_mut() {
            if let Some(older) = older.get(id) {
                state.refill(older);
            }
        }
        Ok(())
    }

    /// Returns the batches of known producers near the end of a segment, or near `until`.
    fn near_end(&self, segment: &Segment, until: Offset) -> Result<Windows, IoError> {
        let entries = self.segments.indexes(segment)?.offsets.entries();
        let begin = entries
            .len()
            .checked_sub(REFILL_ENTRIES)
            .and_then(|index| entries.get(index));
        let begin = begin.map_or(0, |entry| u64::try_from(entry.position).unwrap_or(0));
        let file = self.segments.file(segment)?;
        let path = self.segments.path(segment.base, LOG_SUFFIX);
        let mut scan = HeaderScan::new(file.as_ref(), &segment.holes, begin, segment.bytes);
        let mut found = Windows::new();
        loop {
            let header = match scan.next().at("read", &path)? {
                Scanned::Batch(batch) => batch.header,
                Scanned::Hole(_) => continue,
                Scanned::Bad(_) | Scanned::End => break,
            };
            if header.base_offset >= until {
                break;
            }
            if is_of_known(&header, &self.producers) {
                found
                    .entry(header.producer_id)
                    .or_default()
                    .push(metadata(&header));
            }
        }
        Ok(found)
    }
}

/// Batches by their producer, in the order of the log.
type Windows = HashMap<i64, Vec<BatchMetadata>>;
type Producers = HashMap<i64, ProducerState>;

fn is_of_known(header: &BatchHeader, producers: &ProducerStateManager) -> bool {
    header.has_producer_id()
        && !header.attributes.is_control()
        && producers
            .get(header.producer_id)
            .is_some_and(|state| state.epoch() == header.producer_epoch)
}

const fn metadata(header: &BatchHeader) -> BatchMetadata {
    BatchMetadata {
        last_sequence: header.last_sequence(),
        last_offset: header.last_offset(),
        offset_delta: header.last_offset_delta,
        timestamp: header.max_timestamp,
    }
}
