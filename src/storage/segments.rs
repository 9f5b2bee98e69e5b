//! LogSegments: the segments of one log, ordered by base offset; their files and indexes.

use std::collections::BTreeMap;
use std::fmt;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use parking_lot::Mutex;

use super::dir::{INDEX_SUFFIX, LOG_SUFFIX, SEGMENT_SUFFIXES, TIME_INDEX_SUFFIX, segment_path};
use super::error::{AtPath, IoError};
use super::index::Index;
use super::segment::{Indexes, Segment};
use crate::fs::{File, Fs, OpenMode};
use crate::types::Offset;

/// An index file is not larger than this, whatever its segment's settings were.
const INDEX_BYTES_MAX: u64 = 1 << 30;

/// The segments of a log; never empty once it is loaded.
pub(super) struct Segments {
    pub(super) fs: Arc<dyn Fs>,
    pub(super) dir: PathBuf,
    pub(super) map: BTreeMap<Offset, Segment>,
    /// The file of the segment that was read last and is not active: one descriptor a log.
    cold: Mutex<Option<(Offset, Arc<dyn File>)>>,
    pub(super) index_interval_bytes: u64,
}

impl fmt::Debug for Segments {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Segments")
            .field("dir", &self.dir)
            .field("map", &self.map)
            .finish()
    }
}

impl Segments {
    pub(super) const fn new(fs: Arc<dyn Fs>, dir: PathBuf, index_interval_bytes: u64) -> Self {
        Self {
            fs,
            dir,
            map: BTreeMap::new(),
            cold: Mutex::new(None),
            index_interval_bytes,
        }
    }

    pub(super) fn active(&self) -> &Segment {
        self.map
            .last_key_value()
            .expect("a loaded log has a segment")
            .1
    }

    pub(super) fn active_mut(&mut self) -> &mut Segment {
        self.map
            .last_entry()
            .expect("a loaded log has a segment")
            .into_mut()
    }

    pub(super) fn first_base(&self) -> Offset {
        *self
            .map
            .first_key_value()
            .expect("a loaded log has a segment")
            .0
    }

    /// Returns the segment that would hold `offset`.
    pub(super) fn floor(&self, offset: Offset) -> Option<&Segment> {
        self.map
            .range(..=offset)
            .next_back()
            .map(|(_, segment)| segment)
    }

    /// Returns the base of the segment behind, if there is one.
    pub(super) fn next_base(&self, base: Offset) -> Option<Offset> {
        self.map.range(base.plus(1)..).next().map(|(base, _)| *base)
    }

    /// Returns the bases of the oldest segment and of the one behind it, if there are two.
    pub(super) fn oldest_inactive(&self) -> Option<(Offset, Offset)> {
        let mut bases = self.map.keys();
        Some((*bases.next()?, *bases.next()?))
    }

    pub(super) fn bytes(&self) -> u64 {
        self.map.values().map(|segment| segment.bytes).sum()
    }

    pub(super) fn path(&self, base: Offset, suffix: &str) -> PathBuf {
        segment_path(&self.dir, base, suffix)
    }

    /// Returns a segment's file, opened if need be.
    pub(super) fn file(&self, segment: &Segment) -> Result<Arc<dyn File>, IoError> {
        if let Some(file) = &segment.file {
            return Ok(Arc::clone(file));
        }
        let mut cold = self.cold.lock();
        if let Some((base, file)) = cold.as_ref()
            && *base == segment.base
        {
            return Ok(Arc::clone(file));
        }
        let path = self.path(segment.base, LOG_SUFFIX);
        let file = self.fs.open(&path, OpenMode::Read).at("open", &path)?;
        *cold = Some((segment.base, Arc::clone(&file)));
        Ok(file)
    }

    /// Returns a segment's indexes, read or made anew if need be.
    pub(super) fn indexes<'s>(&self, segment: &'s Segment) -> Result<&'s Indexes, IoError> {
        if let Some(indexes) = segment.indexes.get() {
            return Ok(indexes);
        }
        let indexes = match self.read_indexes(segment.base)? {
            Some(indexes) => indexes,
            None => {
                let path = self.path(segment.base, LOG_SUFFIX);
                let file = self.file(segment)?;
                let mut copy = Segment::new(segment.base, segment.bytes, segment.created_ms);
                copy.holes.clone_from(&segment.holes);
                copy.rebuild(file.as_ref(), self.index_interval_bytes)
                    .at("read", &path)?;
                copy.force_time_entry();
                copy.indexes.into_inner().unwrap_or_default()
            }
        };
        Ok(segment.indexes.get_or_init(|| indexes))
    }

    /// Reads a segment's index files; `None` if one is missing.
    pub(super) fn read_indexes(&self, base: Offset) -> Result<Option<Indexes>, IoError> {
        let read = |suffix| {
            let path = self.path(base, suffix);
            match self.fs.read(&path, INDEX_BYTES_MAX) {
                Ok(content) => Ok(Some(content)),
                Err(error)
                    if matches!(
                        error.kind(),
                        io::ErrorKind::NotFound | io::ErrorKind::InvalidData
                    ) =>
                {
                    Ok(None)
                }
                Err(error) => Err(error).at("read", &path),
            }
        };
        let Some(offsets) = read(INDEX_SUFFIX)? else {
            return Ok(None);
        };
        let Some(times) = read(TIME_INDEX_SUFFIX)? else {
            return Ok(None);
        };
        Ok(Some(Indexes {
            offsets: Index::parse(&offsets),
            times: Index::parse(&times),
        }))
    }

    /// Removes a segment and its files.
    pub(super) fn remove(&mut self, base: Offset) -> Result<(), IoError> {
        self.map.remove(&base);
        self.forget_cold(base);
        for suffix in SEGMENT_SUFFIXES {
            remove_if_there(self.fs.as_ref(), &self.path(base, suffix))?;
        }
        Ok(())
    }

    pub(super) fn forget_cold(&self, base: Offset) {
        let mut cold = self.cold.lock();
        if cold.as_ref().is_some_and(|(kept, _)| *kept == base) {
            *cold = None;
        }
    }
}

/// Removes a file; it is no error if there is none.
pub(super) fn remove_if_there(fs: &dyn Fs, path: &Path) -> Result<(), IoError> {
    match fs.remove_file(path) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
        result => result.at("remove", path),
    }
}
