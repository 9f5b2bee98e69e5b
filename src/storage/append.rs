//! Appending to a log: a leader's batches and a follower's, rolling, writing at the end.
//!
//! One write a batch, or a run of replicated ones; nothing is copied. What a failed write left
//! behind the end is cut off at once, or the log takes no more writes.

use std::io::IoSlice;

use super::dir::LOG_SUFFIX;
use super::error::{AppendError, AtPath, IoError};
use super::file_records::Located;
use super::log::Log;
use super::producer_state::ProducerCheck;
use super::segment::{NextBatch, Segment};
use crate::record::{BatchHeader, Batches, RecordBatch, ValidatedBatch};
use crate::types::{LeaderEpoch, Offset, TimestampMs};

/// What an append answers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct AppendInfo {
    /// Offset of the first record.
    pub base_offset: Offset,
    /// Offset of the last record.
    pub last_offset: Offset,
    /// The broker's time under LogAppendTime, else -1.
    pub log_append_time_ms: TimestampMs,
    /// The log's start.
    pub log_start_offset: Offset,
    /// Whether the batch was in the log already.
    pub duplicate: bool,
}

/// What appending a leader's batches answers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FollowerAppend {
    /// Offset of the first record, `None` if there was no whole batch.
    pub first_offset: Option<Offset>,
    /// The log's end.
    pub end_offset: Offset,
    /// Bytes that were whole batches.
    pub bytes: usize,
}

/// How many of the last batches are known by position.
const RECENT_MAX: usize = 16;
impl Log {
    /// Appends a leader's batch: checks its producer, gives it offsets and epoch, writes it.
    pub fn append(
        &mut self,
        batch: &ValidatedBatch<'_>,
        leader_epoch: LeaderEpoch,
        now_ms: TimestampMs,
    ) -> Result<AppendInfo, AppendError> {
        self.check_writable()?;
        let bytes = self.check_segment_size(batch.total_bytes())?;
        let header = BatchHeader {
            base_offset: self.end,
            leader_epoch,
            ..batch.header
        };
        if header.has_producer_id()
            && let ProducerCheck::Duplicate(known) =
                self.producers
                    .check(&header, &batch.body, &self.partition)?
        {
            let is_stamped = batch.log_append_time_ms >= 0;
            return Ok(AppendInfo {
                base_offset: known.first_offset(),
                last_offset: known.last_offset,
                log_append_time_ms: if is_stamped { known.timestamp } else { -1 },
                log_start_offset: self.start,
                duplicate: true,
            });
        }
        self.roll_if_needed(&NextBatch {
            bytes,
            pending_bytes: 0,
            last_offset: header.last_offset(),
            max_timestamp: header.max_timestamp,
            now_ms,
        })?;
        let encoded = header.encode();
        let position = self.write(
            &mut [IoSlice::new(&encoded), IoSlice::new(&batch.body)],
            bytes,
        )?;
        self.note(
            &Located {
                position,
                bytes,
                header,
            },
            &batch.body,
        )?;
        self.show_indexes(now_ms);
        Ok(AppendInfo {
            base_offset: header.base_offset,
            last_offset: header.last_offset(),
            log_append_time_ms: batch.log_append_time_ms,
            log_start_offset: self.start,
            duplicate: false,
        })
    }

    /// Appends batches that have their offsets and epochs: a leader's, or a metadata log's own.
    ///
    /// What follows the last whole batch is left out. The CRC is checked, and that offsets rise.
    pub fn append_as_follower(
        &mut self,
        records: &[u8],
        now_ms: TimestampMs,
    ) -> Result<FollowerAppend, AppendError> {
        self.check_writable()?;
        let mut answer = FollowerAppend {
            first_offset: None,
            end_offset: self.end,
            bytes: 0,
        };
        let mut rest = records;
        while !rest.is_empty() {
            let run = self.collect_run(rest, now_ms)?;
            if run.batches.is_empty() {
                break;
            }
            let (taken, left) = rest.split_at_checked(run.bytes).unwrap_or((rest, &[]));
            let bytes = u64::try_from(run.bytes).unwrap_or(u64::MAX);
            let mut position = self.write(&mut [IoSlice::new(taken)], bytes)?;
            for batch in &run.batches {
                let bytes = u64::try_from(batch.bytes().len()).unwrap_or(u64::MAX);
                let header = *batch.header();
                self.note(
                    &Located {
                        position,
                        bytes,
                        header,
                    },
                    batch.body(),
                )?;
                answer.first_offset.get_or_insert(header.base_offset);
                position += bytes;
            }
            answer.bytes += run.bytes;
            answer.end_offset = self.end;
            rest = left;
        }
        self.show_indexes(now_ms);
        Ok(answer)
    }

    /// Takes as many batches from the front as one segment holds; rolls before the first if need
    /// be.
    fn collect_run<'r>(
        &mut self,
        records: &'r [u8],
        now_ms: TimestampMs,
    ) -> Result<Run<'r>, AppendError> {
        let mut run = Run {
            batches: Vec::new(),
            bytes: 0,
        };
        let mut expected = self.end;
        for batch in Batches::new(records) {
            let batch = match batch {
                Ok(batch) => batch,
                Err(crate::record::BatchError::Truncated { .. }) => break,
                Err(error) => return Err(error.into()),
            };
            let header = batch.header();
            let next = NextBatch {
                bytes: self.check_segment_size(batch.bytes().len())?,
                pending_bytes: u64::try_from(run.bytes).unwrap_or(u64::MAX),
                last_offset: header.last_offset(),
                max_timestamp: header.max_timestamp,
                now_ms,
            };
            check_replicated(&batch, expected)?;
            if run.batches.is_empty() {
                self.roll_if_needed(&next)?;
            } else if self.segments.active().should_roll(&self.config, &next) {
                break;
            }
            expected = header.next_offset();
            run.bytes += batch.bytes().len();
            run.batches.push(batch);
        }
        Ok(run)
    }

    /// Finishes the active segment and begins another at the log's end.
    pub fn roll(&mut self, now_ms: TimestampMs) -> Result<(), AppendError> {
        self.check_writable()?;
        let base = self.end;
        if self.segments.active().bytes == 0 && self.segments.active().base == base {
            return Ok(());
        }
        if self.unsynced_name.is_some() {
            // Names become durable in order: no crash leaves a segment without those before it.
            self.sync_names()?;
        }
        let changed = self.finish_active()?;
        self.write_snapshot()?;
        let path = self.segments.path(base, LOG_SUFFIX);
        let (file, allocated) = match self.create_with_spare(&path) {
            Ok(created) => created,
            Err(error) => {
                self.remove_snapshot();
                return Err(error.into());
            }
        };
        let old = self.segments.active_mut();
        old.finish();
        let old_base = old.base;
        let old_file = old.file.take();
        // Read again when somebody asks for old records.
        old.indexes = std::sync::OnceLock::new();
        if let Some(file) = old_file {
            self.unsynced
                .push((base, self.segments.path(old_base, LOG_SUFFIX), file));
        }
        self.unsynced
            .extend(changed.into_iter().map(|(path, file)| (base, path, file)));
        let mut segment = Segment::new(base, 0, now_ms);
        segment.file = Some(file);
        segment.allocated = allocated;
        self.segments.map.insert(base, segment);
        self.unsynced_name = Some(base);
        self.epochs_due |= self.epochs.is_dirty();
        self.recent.clear();
        Ok(())
    }

    fn check_segment_size(&self, bytes: usize) -> Result<u64, AppendError> {
        let bytes = u64::try_from(bytes).unwrap_or(u64::MAX);
        let bytes_max = self.config.segment_bytes;
        if bytes > bytes_max {
            let partition = self.partition.to_string();
            return Err(AppendError::LargerThanSegment {
                partition,
                bytes,
                bytes_max,
            });
        }
        Ok(bytes)
    }

    fn roll_if_needed(&mut self, next: &NextBatch) -> Result<(), AppendError> {
        self.load_first_timestamp()?;
        if !self.segments.active().should_roll(&self.config, next) {
            return Ok(());
        }
        match self.roll(next.now_ms) {
            // A full disk has no room for another segment; this one may have blocks to spare.
            Err(AppendError::Io(error))
                if error.is_storage_full() && self.segments.active().can_take(next) =>
            {
                Ok(())
            }
            outcome => outcome,
        }
    }

    /// After a restart the first batch's time is read once it matters.
    fn load_first_timestamp(&mut self) -> Result<(), IoError> {
        let active = self.segments.active();
        if active.first_timestamp.is_some() || active.bytes == 0 {
            return Ok(());
        }
        let path = self.segments.path(active.base, LOG_SUFFIX);
        let mut bytes = [0; crate::record::HEADER_BYTES];
        self.segments
            .file(active)?
            .read_exact_at(&mut bytes, 0)
            .at("read", &path)?;
        let header = BatchHeader::parse(&bytes);
        self.segments.active_mut().first_timestamp = header.map(|header| header.max_timestamp);
        Ok(())
    }

    /// Writes at the log's end; returns where that was.
    fn write(&mut self, slices: &mut [IoSlice<'_>], bytes: u64) -> Result<u64, AppendError> {
        self.allocate_ahead(bytes);
        let active = self.segments.active();
        let position = active.bytes;
        let file = active.file.as_ref().expect("the active segment is open");
        if let Err(error) = file.write_all_at(slices, position) {
            let path = self.segments.path(active.base, LOG_SUFFIX);
            // Part of it may be there. Nobody may take it for records, now or after a restart:
            // the cut is synced, so that recovery finds zeros where it finds nothing of ours.
            let is_as_before = file.bytes().is_ok_and(|bytes| bytes == position);
            if !is_as_before
                && let Err(cut) = file.set_bytes(position).and_then(|()| file.sync_all())
            {
                self.poison(format!(
                    "cannot cut {} after a failed write: {cut}",
                    path.display()
                ));
            }
            return Err(IoError {
                action: "write",
                path,
                source: error,
            }
            .into());
        }
        Ok(position)
    }

    /// Notes a batch that was written at the end.
    fn note(&mut self, batch: &Located, body: &[u8]) -> Result<(), AppendError> {
        let header = &batch.header;
        assert!(header.base_offset >= self.end, "offsets rise");
        self.segments
            .active_mut()
            .note(batch, self.config.index_interval_bytes);
        self.end = header.next_offset();
        self.epochs.assign(header.leader_epoch, header.base_offset);
        if self.recent.len() == RECENT_MAX {
            self.recent.pop_front();
        }
        self.recent
            .push_back((header.base_offset, header.last_offset(), batch.position));
        if let Some(completed) = self.producers.update(header, body) {
            self.note_completed(&completed)?;
        }
        Ok(())
    }
}

/// Batches that go into one segment with one write.
struct Run<'r> {
    batches: Vec<RecordBatch<'r>>,
    bytes: usize,
}

fn check_replicated(batch: &RecordBatch<'_>, expected: Offset) -> Result<(), AppendError> {
    let header = batch.header();
    if header.base_offset < expected || header.last_offset_delta < 0 {
        return Err(AppendError::UnexpectedOffset {
            expected,
            found: header.base_offset,
        });
    }
    let (stored, computed) = (header.crc, batch.computed_crc());
    if stored != computed {
        return Err(AppendError::Crc {
            offset: header.base_offset,
            stored,
            computed,
        });
    }
    Ok(())
}
