//! Blocks that are allocated before they are written: large logs grow in steps, so that a flush
//! changes less of the file system; one that must go on has some to spare on a full disk.

use std::path::Path;
use std::sync::Arc;

use super::error::{AtPath, IoError};
use super::log::Log;
use crate::fs::{File, OpenMode};

/// Blocks are allocated ahead from this size on.
const ALLOCATE_FROM: u64 = 1 << 20;
/// Steps in which they are.
const ALLOCATE_STEPS: [u64; 3] = [4 << 20, 16 << 20, 64 << 20];
/// What a log keeps to spare that must go on: hundreds of changes. Taken anew when half is left.
const SPARE_BYTES: u64 = 256 << 10;

impl Log {
    /// Creates the file of a segment; with what it must have to spare, or not at all. Returns how
    /// much is allocated.
    pub(super) fn create_with_spare(
        &mut self,
        path: &Path,
    ) -> Result<(Arc<dyn File>, u64), IoError> {
        let fs = Arc::clone(&self.segments.fs);
        let file = fs.open(path, OpenMode::Truncate).at("create", path)?;
        if !self.config.keeps_spare {
            return Ok((file, 0));
        }
        match file.allocate(0, SPARE_BYTES).at("allocate", path) {
            Ok(()) => Ok((file, SPARE_BYTES)),
            Err(error) if error.is_storage_full() => {
                // A segment of this name must not lie among the records that follow.
                if let Err(left) = fs.remove_file(path) {
                    self.poison(format!("cannot remove {}: {left}", path.display()));
                }
                Err(error)
            }
            // Not every file system can.
            Err(_) => Ok((file, 0)),
        }
    }

    /// Sees to blocks for so many bytes more.
    pub(super) fn allocate_ahead(&mut self, bytes: u64) {
        let keeps_spare = self.config.keeps_spare;
        let active = self.segments.active_mut();
        let needed = active.bytes + bytes;
        let spare = if keeps_spare { SPARE_BYTES } else { 0 };
        let is_small = needed < ALLOCATE_FROM;
        if needed + spare / 2 <= active.allocated || (is_small && !keeps_spare) {
            return;
        }
        let step = if is_small {
            SPARE_BYTES
        } else {
            let mut steps = ALLOCATE_STEPS.into_iter();
            steps
                .find(|step| active.allocated < *step)
                .unwrap_or(64 << 20)
        };
        // A segment that is due goes on behind its limit, if there is no room for another.
        let limit = self.config.segment_bytes.max(needed) + spare;
        let until = (needed + step).min(limit);
        let file = active.file.as_ref().expect("the active segment is open");
        match file.allocate(active.bytes, until - active.bytes) {
            Ok(()) => active.allocated = until,
            // A full disk may have room later; until then, what it gave before is used.
            Err(_) if keeps_spare => {}
            // Not every file system can, and a full one need not: writes go on without.
            Err(_) => active.allocated = u64::MAX,
        }
    }
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::MetadataExt as _;

    use super::*;
    use crate::fs::{Fs, RealFs, Repeat, SimFault, SimFs};
    use crate::record::{Append, BatchBuilder, Seal, ValidatedBatch};
    use crate::storage::{AppendError, LogConfig, LogManager};
    use crate::types::{LeaderEpoch, TimestampMs, TopicPartition, Uuid};

    fn create(fs: Arc<dyn Fs>, dir: &Path, config: LogConfig) -> Log {
        let manager = LogManager::open(fs, &[dir.to_path_buf()]).unwrap();
        let partition = TopicPartition::new("t", 0);
        manager.create(dir, &partition, Uuid(7), config, 5).unwrap()
    }

    fn append(log: &mut Log, now_ms: TimestampMs) -> Result<(), AppendError> {
        let mut builder = BatchBuilder::new(1000);
        assert_eq!(builder.append(None, Some(b"v"), &[], now_ms), Append::Fits);
        let bytes = builder.seal(&Seal::default()).unwrap();
        let batch = ValidatedBatch::trusted(bytes).unwrap();
        log.append(&batch, LeaderEpoch(0), now_ms).map(|_| ())
    }

    /// Returns the size of a log's first file and what the disk holds for it, after one append.
    fn after_append(config: LogConfig) -> (u64, u64) {
        let folder = tempfile::tempdir().unwrap();
        let mut log = create(RealFs::shared(), folder.path(), config);
        append(&mut log, 5).unwrap();
        let file = log.dir().join("00000000000000000000.log");
        let metadata = file.metadata().unwrap();
        (metadata.len(), metadata.blocks() * 512)
    }

    #[test]
    fn a_full_disk_does_not_stop_a_log_because_a_segment_is_due() {
        let due = LogConfig {
            segment_ms: 1,
            keeps_spare: true,
            ..LogConfig::default()
        };
        let (mut calls, mut kept, mut refused) = (1, 0, 0);
        let mut failing = 0;
        while failing < calls {
            let fs = SimFs::default();
            let mut log = create(Arc::new(fs.clone()), Path::new("/d"), due.clone());
            append(&mut log, 5).unwrap();
            let before = fs.all_calls();
            fs.fail_any_after(failing, SimFault::NoSpace, Repeat::Once);
            let appended = append(&mut log, 500);
            calls = fs.all_calls() - before;
            kept += u32::from(log.segments.map.len() == 1);
            refused += u32::from(appended.is_err());
            fs.heal();
            append(&mut log, 501).unwrap();
            assert_eq!(log.segments.map.len(), 2, "call {failing}");
            failing += 1;
        }
        assert!(kept > 2, "{kept}");
        assert_eq!(refused, 1, "only the write itself");
    }

    #[test]
    fn a_log_that_must_go_on_has_blocks_to_spare_and_is_no_longer_for_it() {
        let (plain, plain_blocks) = after_append(LogConfig::default());
        assert!(plain_blocks < SPARE_BYTES, "{plain_blocks}");
        // Also where the segment is at its limit.
        for segment_bytes in [LogConfig::default().segment_bytes, plain] {
            let (bytes, blocks) = after_append(LogConfig {
                keeps_spare: true,
                segment_bytes,
                ..LogConfig::default()
            });
            assert_eq!(bytes, plain);
            assert!(blocks >= SPARE_BYTES, "{blocks}");
        }
    }
}
