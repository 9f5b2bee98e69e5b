//! What lies in a partition's directory, and a walk over all that its log holds.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::leftovers;
use crate::fs::File;
use crate::storage::dir::{
    INDEX_SUFFIX, LOG_SUFFIX, SNAPSHOT_SUFFIX, TIME_INDEX_SUFFIX, TXN_INDEX_SUFFIX,
    parse_segment_name,
};
use crate::storage::error::{AtPath, IoError, LoadError, ReadError};
use crate::storage::file_records::{HeaderScan, Located, Scanned};
use crate::storage::log::Log;
use crate::storage::segment::Segment;
use crate::storage::segments::{Segments, remove_if_there};
use crate::types::{Offset, TimestampMs};

/// What else lies in a partition's directory.
#[derive(Debug, Default)]
pub(in crate::storage) struct Contents {
    pub(in crate::storage) snapshots: Vec<Offset>,
    pub(in crate::storage) transaction_indexes: Vec<Offset>,
}

/// Lists the directory: segments, snapshots; finishes interrupted deletions.
pub(in crate::storage) fn scan_dir(
    segments: &mut Segments,
    now_ms: TimestampMs,
) -> Result<Contents, LoadError> {
    let mut found = Contents::default();
    let mut indexes = BTreeMap::new();
    let fs = Arc::clone(&segments.fs);
    for entry in leftovers::finish(segments)? {
        let path = segments.dir.join(&entry.name);
        if entry.is_dir {
            continue;
        }
        let Some((offset, suffix)) = parse_segment_name(&entry.name) else {
            continue;
        };
        match suffix {
            LOG_SUFFIX => {
                let bytes = fs.metadata(&path).at("read", &path)?.bytes;
                segments
                    .map
                    .insert(offset, Segment::new(offset, bytes, now_ms));
            }
            SNAPSHOT_SUFFIX => found.snapshots.push(offset),
            INDEX_SUFFIX | TIME_INDEX_SUFFIX | TXN_INDEX_SUFFIX => {
                if suffix == TXN_INDEX_SUFFIX {
                    found.transaction_indexes.push(offset);
                }
                indexes.insert(path, offset);
            }
            _ => {}
        }
    }
    for (path, offset) in indexes {
        if !segments.map.contains_key(&offset) {
            remove_if_there(fs.as_ref(), &path)?;
        }
    }
    found
        .transaction_indexes
        .retain(|base| segments.map.contains_key(base));
    Ok(found)
}

impl Log {
    /// Calls `see` for each batch from `from` on, by its header.
    pub(in crate::storage) fn scan_headers(
        &mut self,
        from: Offset,
        mut see: impl FnMut(&mut Self, &Located, &Arc<dyn File>) -> Result<(), IoError>,
    ) -> Result<(), IoError> {
        let first = self
            .segments
            .floor(from)
            .map_or(from, |segment| segment.base);
        let bases: Vec<_> = self
            .segments
            .map
            .range(first..)
            .map(|(base, _)| *base)
            .collect();
        for base in bases {
            let Some(segment) = self.segments.map.get(&base) else {
                continue;
            };
            let begin = match self.search(segment, from.max(base)) {
                Ok(Some(batch)) => batch.position,
                Ok(None) => continue,
                Err(ReadError::Io(error)) => return Err(error),
                Err(ReadError::Damaged { .. } | ReadError::OutOfRange { .. }) => 0,
            };
            let file = self.segments.file(segment)?;
            let (holes, end) = (segment.holes.clone(), segment.bytes);
            let path = self.segments.path(base, LOG_SUFFIX);
            let mut scan = HeaderScan::new(file.as_ref(), &holes, begin, end);
            loop {
                match scan.next().at("read", &path)? {
                    Scanned::Batch(batch) if batch.header.last_offset() < from => {}
                    Scanned::Batch(batch) => see(self, &batch, &file)?,
                    Scanned::Hole(_) => {}
                    Scanned::Bad(_) | Scanned::End => break,
                }
            }
        }
        Ok(())
    }
}
