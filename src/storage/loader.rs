//! LogLoader: opens a partition's log after a clean or an unclean stop.
//!
//! After a clean stop only the end of the active segment is looked at. Otherwise all from the
//! recovery point's segment on is checked, batch by batch. Only a torn tail is cut, after its
//! bytes were put aside as `<segment>.log.cut-<ms>`; damage before good batches stays where it is
//! and is reported, since what was acknowledged may lie behind it. Index, snapshot and epoch files
//! that are missing or damaged are made anew, never a reason to refuse or to delete.

use std::path::PathBuf;
use std::sync::Arc;

use super::checkpoint::{LEADER_EPOCH_FILE, read_epochs};
use super::config::LogConfig;
use super::contents::{Contents, scan_dir};
use super::dir::{INDEX_SUFFIX, LOG_SUFFIX, SNAPSHOT_SUFFIX, TIME_INDEX_SUFFIX, TXN_INDEX_SUFFIX};
use super::error::{AtPath, IoError, LoadError};
use super::file_records::{HeaderScan, Scanned};
use super::index::{Entry as _, Index};
use super::leader_epoch::LeaderEpochCache;
use super::log::Log;
use super::producer_state::ProducerStateManager;
use super::recovery::Recovery;
use super::segments::{Segments, remove_if_there};
use super::transaction_index::AbortedTxn;
use super::truncate::TruncateError;
use crate::fs::{Fs, OpenMode};
use crate::types::{Offset, TimestampMs, TopicPartition};

/// What the checkpoints say about a log.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct StartState {
    /// Whether the log directory was closed in order.
    pub clean: bool,
    /// Up to where the log is known to be durable.
    pub recovery_point: Offset,
    /// Where the log begins, if that is behind its first segment's base.
    pub log_start: Offset,
}

/// What opening a log found and did.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct LoadReport {
    /// Whether batches were checked one by one.
    pub recovered: bool,
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
        log.load_segments(start, now_ms, &mut report)?;
        log.load_epochs(&mut report)?;
        log.load_aborted(&found)?;
        log.load_producers(&found, start.clean, now_ms, &mut report)?;
        Ok((log, report))
    }

    fn load_segments(
        &mut self,
        start: StartState,
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
        let end = if start.clean {
            self.load_clean_end()?
        } else {
            None
        };
        // A recovery point below the end of a log that was closed in order marks damage that an
        // earlier start has found: it is to be found again.
        self.end = match end {
            Some(end) if start.recovery_point >= end => end,
            _ => Recovery {
                log: self,
                report,
                now_ms,
            }
            .run(start.recovery_point)?,
        };
        if self.end < start.log_start {
            report.warnings.push(format!(
                "{}: the log ends at {} although it should start at {}; it starts there, empty",
                self.partition, self.end, start.log_start
            ));
            self.start_over(start.log_start, now_ms)?;
        }
        self.start = start.log_start.max(self.segments.first_base());
        self.flushed = if report.recovered {
            start.recovery_point.min(self.end)
        } else {
            self.end
        };
        if self.flushed < self.end {
            self.note_unsynced()?;
        }
        Ok(())
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

    /// Finished segments with data that nobody has synced yet, as far as is known.
    fn note_unsynced(&mut self) -> Result<(), IoError> {
        let active = self.segments.active().base;
        let first = self
            .segments
            .floor(self.flushed)
            .map_or(active, |segment| segment.base);
        let bases: Vec<_> = self
            .segments
            .map
            .range(first..active)
            .map(|(base, _)| *base)
            .collect();
        for base in bases {
            let end = self.segments.next_base(base).unwrap_or(self.end);
            for suffix in [LOG_SUFFIX, INDEX_SUFFIX, TIME_INDEX_SUFFIX] {
                let path = self.segments.path(base, suffix);
                let file = self
                    .segments
                    .fs
                    .open(&path, OpenMode::ReadWrite)
                    .at("open", &path)?;
                self.unsynced.push((end, path, file));
            }
        }
        self.unsynced_name = Some(active);
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
        let indexes = indexes.filter(|indexes| !indexes.times.entries().is_empty());
        let Some(indexes) = indexes.filter(|_| active.bytes > 0) else {
            let rebuilt = active.rebuild(file.as_ref(), interval).at("read", &path)?;
            return Ok(rebuilt.bad.is_none().then_some(rebuilt.next_offset));
        };
        let begin = indexes
            .offsets
            .last()
            .map_or(0, |entry| i64::from(entry.position));
        let begin = u64::try_from(begin).unwrap_or(0);
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

    fn load_epochs(&mut self, report: &mut LoadReport) -> Result<(), LoadError> {
        let path = self.dir().join(LEADER_EPOCH_FILE);
        let known = std::mem::take(&mut self.epochs);
        match read_epochs(self.segments.fs.as_ref(), &path) {
            Ok(entries) if !entries.is_empty() || self.end == self.start => {
                self.epochs = LeaderEpochCache::new(&entries);
            }
            result => {
                if let Err(error) = result {
                    report
                        .warnings
                        .push(format!("{error}; the epochs are read from the log"));
                }
                self.scan_headers(self.start, |log, batch, _| {
                    log.epochs
                        .assign(batch.header.leader_epoch, batch.header.base_offset);
                    Ok(())
                })?;
            }
        }
        // What recovery has seen in the batches is right where the file differs.
        for (epoch, start) in known.entries() {
            if self.epochs.epoch_for_offset(*start) != Some(*epoch) {
                self.epochs.assign(*epoch, *start);
            }
        }
        self.epochs.truncate_from_end(self.end);
        self.epochs.truncate_from_start(self.start);
        Ok(())
    }

    fn load_aborted(&mut self, found: &Contents) -> Result<(), LoadError> {
        let mut all = Vec::new();
        for base in &found.transaction_indexes {
            let path = self.segments.path(*base, TXN_INDEX_SUFFIX);
            if !self.segments.map.contains_key(base) {
                continue;
            }
            let content = self.segments.fs.read(&path, 1 << 30).at("read", &path)?;
            let index: Index<AbortedTxn> = Index::parse(&content);
            let kept = index
                .entries()
                .iter()
                .filter(|txn| txn.last_offset < self.end);
            let before = all.len();
            all.extend(kept.copied());
            if content.len() != (all.len() - before) * AbortedTxn::BYTES {
                // Markers that are not in the log any more, or a torn entry.
                let kept = all.get(before..).unwrap_or_default().iter().copied();
                let mut index = super::truncate::rebuilt(kept);
                index
                    .persist(self.segments.fs.as_ref(), &path)
                    .at("write", &path)?;
            }
        }
        all.sort_unstable_by_key(|txn| txn.last_offset);
        self.aborted = super::truncate::rebuilt(all.into_iter());
        Ok(())
    }

    fn load_producers(
        &mut self,
        found: &Contents,
        clean: bool,
        now_ms: TimestampMs,
        report: &mut LoadReport,
    ) -> Result<(), LoadError> {
        for offset in &found.snapshots {
            let is_base = self.segments.map.contains_key(offset);
            if !is_base && (*offset != self.end || !clean) {
                let path = self.segments.path(*offset, SNAPSHOT_SUFFIX);
                remove_if_there(self.segments.fs.as_ref(), &path)?;
            }
        }
        self.rebuild_producers(found.snapshots.clone(), now_ms)
            .map_err(|error| match error {
                TruncateError::Io(error) => LoadError::Io(error),
                TruncateError::Read(error) => error.into(),
                TruncateError::Append(_) | TruncateError::BeyondHighWatermark { .. } => {
                    LoadError::Malformed {
                        path: self.dir().to_path_buf(),
                        reason: error.to_string(),
                    }
                }
            })?;
        if report.recovered {
            self.write_snapshot()?;
        }
        Ok(())
    }
}
