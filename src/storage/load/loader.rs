//! LogLoader: opens a partition's log after a clean or an unclean stop.
//!
//! After a clean stop only the end of the active segment is looked at. Otherwise all from the
//! recovery point's segment on is checked, batch by batch (`recovery.rs`). What bad bytes mean:
//!
//! An acknowledged record was synced, and all before it in its log with it (`flush.rs`; where
//! flushes do not come before acknowledgements, no record is promised to survive a power cut).
//! What a power cut takes was therefore never acknowledged, nor anything behind it. So:
//!
//! * *Below the recovery point* everything was synced. Bad bytes there are rot: they stay, reads
//!   of their offsets fail, what is before and behind is served, and the log's end does not fall
//!   below the recovery point, so that no offset is given twice.
//! * *Behind it, with nothing good behind,* they are the torn tail of a write: cut.
//! * *Behind it, with good batches behind,* they are either what a power cut left of writes that
//!   reached the disk out of order, or rot in records that were acknowledged after the recovery
//!   point was written. A sector that a power cut left out is zeros, since the file only grows
//!   (a cut, by recovery or by truncation, is synced before anything is appended again). If such a
//!   sector is found, nothing behind was acknowledged: all of it is cut, as a gap would break the
//!   order of idempotent producers. If not, it is rot, and stays as below the recovery point.
//! * A batch whose CRC is right is no torn write: one in the wrong place (`placement.rs`) stays,
//!   unless a sector ends within the bytes that the CRC does not cover, and those are missing.
//! * Where the recovery point is not known, since its checkpoint is damaged, only tails are cut.
//!
//! Nothing is cut before its bytes were put aside as `<segment>.log.cut-<ms>`; what was found and
//! done is in the report. What is left to doubt: rot that zeroes a sector of a record that was
//! acknowledged after the last checkpoint of the recovery point, found after an unclean stop. Its
//! records are put aside with a warning, not served.
//!
//! Index, snapshot and epoch files that are missing or damaged are made anew, never a reason to
//! refuse or to delete. The holes are in a file of our own, so that a clean start knows them.

use std::io::ErrorKind;
use std::path::PathBuf;
use std::sync::Arc;

use super::contents::scan_dir;
use super::recovery::Recovery;
use crate::fs::{Fs, OpenMode};
use crate::storage::checkpoint::{DAMAGE_FILE, damage_text, read_damage};
use crate::storage::config::LogConfig;
use crate::storage::dir::{
    INDEX_SUFFIX, LOG_SUFFIX, PARTITION_METADATA_FILE, TIME_INDEX_SUFFIX, TXN_INDEX_SUFFIX,
};
use crate::storage::error::{AtPath, IoError, LoadError};
use crate::storage::file_records::{HeaderScan, Scanned};
use crate::storage::index::Index;
use crate::storage::leader_epoch::LeaderEpochCache;
use crate::storage::log::Log;
use crate::storage::offset_index::OffsetEntry;
use crate::storage::producer_state::ProducerStateManager;
use crate::storage::segments::{Segments, remove_if_there};
use crate::storage::truncate::TruncateError;
use crate::types::{LeaderEpoch, Offset, TimestampMs, TopicPartition};

/// What the checkpoints say about a log.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct StartState {
    /// Whether the log directory was closed in order.
    pub clean: bool,
    /// Up to where the log is known to be durable; [`Offset::NONE`] if that is not known.
    pub recovery_point: Offset,
    /// Where the log begins, if that is behind its first segment's base.
    pub log_start: Offset,
}

/// What opening a log found and did.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct LoadReport {
    /// Whether batches were checked one by one.
    pub recovered: bool,
    /// Base of the first segment that was checked.
    pub checked_from: Offset,
    /// How many bytes were checked.
    pub checked_bytes: u64,
    /// What was cut.
    pub cuts: Vec<Cut>,
    /// What a person should know.
    pub warnings: Vec<String>,
}

/// A torn tail that was cut.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Cut {
    /// The segment's file.
    pub path: PathBuf,
    /// Where it ends now.
    pub position: u64,
    /// How many bytes went.
    pub bytes: u64,
    /// Where they are kept; `None` if they were zeros.
    pub kept: Option<PathBuf>,
}

impl Log {
    /// Opens a partition's log; makes it where there is none.
    pub fn load(
        fs: Arc<dyn Fs>,
        dir: PathBuf,
        partition: TopicPartition,
        config: LogConfig,
        start: StartState,
        now_ms: TimestampMs,
    ) -> Result<(Self, LoadReport), LoadError> {
        let mut report = LoadReport::default();
        let is_new_dir = !fs.exists(&dir);
        if is_new_dir {
            fs.create_dir_all(&dir).at("create", &dir)?;
        }
        let mut segments = Segments::new(fs, dir, config.index_interval_bytes);
        let found = scan_dir(&mut segments, now_ms)?;
        let mut log = Self {
            partition,
            config,
            segments,
            start: start.log_start,
            end: Offset::ZERO,
            flushed: Offset::ZERO,
            epochs: LeaderEpochCache::default(),
            epochs_due: false,
            epoch_file: Arc::default(),
            producers: ProducerStateManager::default(),
            aborted: Index::default(),
            unsynced: Vec::new(),
            unsynced_name: None,
            is_identity_unsynced: false,
            is_new_dir,
            recent: std::collections::VecDeque::new(),
            truncations: 0,
            poison: None,
        };
        let epochs = log.read_epoch_file(start.clean, &mut report);
        log.load_segments(start, epochs.as_deref(), now_ms, &mut report)?;
        log.load_epochs(epochs)?;
        log.load_aborted(&found, &mut report, now_ms)?;
        log.load_producers(&found, start.clean, now_ms, &report)?;
        if report.recovered {
            log.note_unsynced(report.checked_from)?;
        }
        if !start.clean {
            // Who was killed may have made names that are not durable yet.
            log.is_new_dir = true;
            log.unsynced_name = Some(log.segments.active().base);
            log.is_identity_unsynced = log
                .segments
                .fs
                .exists(&log.dir().join(PARTITION_METADATA_FILE));
        }
        Ok((log, report))
    }

    fn load_segments(
        &mut self,
        start: StartState,
        epochs: Option<&[(LeaderEpoch, Offset)]>,
        now_ms: TimestampMs,
        report: &mut LoadReport,
    ) -> Result<(), LoadError> {
        if self.segments.map.is_empty() {
            self.create_segment(start.log_start, now_ms)?;
            self.start = start.log_start;
            self.end = start.log_start;
            self.flushed = start.log_start;
            return Ok(());
        }
        self.open_active()?;
        let synced = (start.recovery_point >= Offset::ZERO).then_some(start.recovery_point);
        let path = self.dir().join(DAMAGE_FILE);
        let damage = read_damage(self.segments.fs.as_ref(), &path);
        // A list that cannot be read may name anything.
        let damage = damage.unwrap_or_else(|_| vec![(Offset::ZERO, Offset::ZERO)]);
        let clean_end = if start.clean && damage.is_empty() {
            self.load_clean_end()?
        } else {
            None
        };
        self.end = match clean_end {
            // A log that was closed in order ends at its recovery point.
            Some(end) if synced.is_none_or(|synced| synced == end) => {
                self.confirm_times()?;
                end
            }
            _ => {
                let first = damage.first().map_or(Offset(i64::MAX), |(first, _)| *first);
                // A segment's indexes are synced with the first records of the next one.
                let last_synced = synced.map_or(Offset::ZERO, |synced| synced.plus(-1));
                let (log, report) = (&mut *self, &mut *report);
                Recovery {
                    log,
                    report,
                    synced,
                    now_ms,
                }
                .run(first.min(last_synced))?
            }
        };
        if report.recovered {
            self.note_damage(&damage)?;
            if let Some(synced) = synced.filter(|synced| *synced > self.end) {
                report.warnings.push(format!(
                    "{}: the log ends at {} although it was synced up to {synced}",
                    self.partition, self.end
                ));
            }
        }
        let log_start = self.believed_start(start.log_start, epochs, report);
        if self.end < log_start {
            report.warnings.push(format!(
                "{}: the log ends at {} although it should start at {log_start}; it starts there, \
                 empty",
                self.partition, self.end
            ));
            self.start_over(log_start, now_ms)?;
        }
        self.start = log_start.max(self.segments.first_base());
        self.flushed = if report.recovered {
            start.recovery_point.clamp(self.start, self.end)
        } else {
            self.end
        };
        Ok(())
    }

    /// Makes the active segment's indexes anew if the log contradicts their last timestamp.
    fn confirm_times(&mut self) -> Result<(), LoadError> {
        let active = self.segments.active();
        let last = active
            .indexes
            .get()
            .and_then(|indexes| indexes.times.last());
        let Some(last) = last else {
            return Ok(());
        };
        if self.is_true(active, last)? {
            return Ok(());
        }
        let path = self.segments.path(active.base, LOG_SUFFIX);
        let file = self.segments.file(active)?;
        let interval = self.segments.index_interval_bytes;
        let active = self.segments.active_mut();
        active.rebuild(file.as_ref(), interval).at("read", &path)?;
        Ok(())
    }

    /// Writes down which offsets are damaged, if that is news.
    fn note_damage(&mut self, known: &[(Offset, Offset)]) -> Result<(), IoError> {
        let holes = self
            .segments
            .map
            .values()
            .flat_map(|segment| &segment.holes);
        let damage: Vec<_> = holes
            .map(|hole| (hole.first_offset, hole.next_offset))
            .collect();
        if damage == known {
            return Ok(());
        }
        let path = self.dir().join(DAMAGE_FILE);
        if damage.is_empty() {
            return remove_if_there(self.segments.fs.as_ref(), &path);
        }
        let text = damage_text(&damage);
        self.segments
            .fs
            .replace(&path, text.as_bytes())
            .at("replace", &path)
    }

    fn start_over(&mut self, at: Offset, now_ms: TimestampMs) -> Result<(), LoadError> {
        self.truncate_fully_and_start_at(at, now_ms)
            .map_err(|error| match error {
                TruncateError::Io(error) => LoadError::Io(error),
                TruncateError::Append(_)
                | TruncateError::Read(_)
                | TruncateError::BeyondHighWatermark { .. } => LoadError::Malformed {
                    path: self.dir().to_path_buf(),
                    reason: error.to_string(),
                },
            })
    }

    /// Notes what nobody has synced yet, as far as is known: finished segments that were checked,
    /// with the indexes that were made anew.
    fn note_unsynced(&mut self, checked_from: Offset) -> Result<(), IoError> {
        let active = self.segments.active().base;
        let checked = self.segments.map.range(checked_from.min(active)..active);
        let bases: Vec<_> = checked.map(|(base, _)| *base).collect();
        for base in bases {
            let end = self.segments.next_base(base).unwrap_or(self.end);
            for suffix in [
                LOG_SUFFIX,
                INDEX_SUFFIX,
                TIME_INDEX_SUFFIX,
                TXN_INDEX_SUFFIX,
            ] {
                let path = self.segments.path(base, suffix);
                match self.segments.fs.open(&path, OpenMode::ReadWrite) {
                    Ok(file) => self.unsynced.push((end, path, file)),
                    // Only segments with aborted transactions have that file.
                    Err(error)
                        if suffix == TXN_INDEX_SUFFIX && error.kind() == ErrorKind::NotFound => {}
                    Err(source) => return Err(source).at("open", &path),
                }
            }
        }
        Ok(())
    }

    /// Finds the end of a log that was closed in order; `None` if its active segment does not end
    /// with a whole batch.
    fn load_clean_end(&mut self) -> Result<Option<Offset>, LoadError> {
        let base = self.segments.active().base;
        let indexes = self.segments.read_indexes(base)?;
        let interval = self.segments.index_interval_bytes;
        let path = self.segments.path(base, LOG_SUFFIX);
        let active = self.segments.active_mut();
        let file = active.file.clone().expect("the active segment is open");
        if active.bytes == 0
            && let Some(empty) = indexes.as_ref().filter(|indexes| indexes.are_empty_files())
        {
            // Nothing is made anew, nor to be synced: there may be thousands of these.
            active.take_indexes(empty.clone(), 0);
            return Ok(Some(base));
        }
        let indexes = indexes.filter(|indexes| {
            let last = indexes.offsets.last().map_or(0, OffsetEntry::start);
            // An index that points behind the end would hide all that is before.
            last < active.bytes && !indexes.times.entries().is_empty() && indexes.times.is_whole()
        });
        let Some(indexes) = indexes.filter(|_| active.bytes > 0) else {
            let rebuilt = active.rebuild(file.as_ref(), interval).at("read", &path)?;
            return Ok(rebuilt.bad.is_none().then_some(rebuilt.next_offset));
        };
        let begin = indexes.offsets.last().map_or(0, OffsetEntry::start);
        let expected = indexes
            .offsets
            .last()
            .map(|entry| base.plus(i64::from(entry.relative)));
        let end = active.bytes;
        active.take_indexes(indexes, end - begin.min(end));
        let mut scan = HeaderScan::new(file.as_ref(), &[], begin, end);
        let mut next_offset = base;
        let mut is_first = true;
        loop {
            match scan.next().at("read", &path)? {
                Scanned::Batch(batch) => {
                    let last = batch.header.last_offset();
                    if is_first && expected.is_some_and(|expected| expected != last) {
                        // The index is not this log's.
                        let rebuilt = active.rebuild(file.as_ref(), interval).at("read", &path)?;
                        return Ok(rebuilt.bad.is_none().then_some(rebuilt.next_offset));
                    }
                    is_first = false;
                    if batch.header.max_timestamp > active.max_timestamp {
                        active.max_timestamp = batch.header.max_timestamp;
                        active.max_timestamp_offset = last;
                    }
                    next_offset = batch.header.next_offset();
                }
                Scanned::End => return Ok(Some(next_offset)),
                Scanned::Hole(_) | Scanned::Bad(_) => return Ok(None),
            }
        }
    }
}
