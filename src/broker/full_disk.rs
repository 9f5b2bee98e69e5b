//! What a full disk changes: it is told once in a while, and a reserve keeps the metadata and
//! Kafka's own topics going.
//!
//! ```text
//! <log dir>/.kt-reserve     blocks without content, given back when the broker itself needs them
//! ```
//!
//! Producers are refused with KAFKA_STORAGE_ERROR as long as the disk is full, consumers and
//! deletions go on, and writing resumes by itself: a write that fails leaves nothing behind.

use std::error::Error;
use std::io;
use std::path::Path;
use std::sync::atomic::{AtomicI64, Ordering};

use crate::fs::{Fs, OpenMode};
use crate::types::TimestampMs;

const RESERVE_FILE: &str = ".kt-reserve";
/// The reserve is this part of the volume, within these bounds.
const RESERVE_PART: u64 = 256;
const RESERVE_BYTES_MIN: u64 = 256 << 10;
const RESERVE_BYTES_MAX: u64 = 16 << 20;
/// It is only taken where so many times as much is free.
const FREE_TIMES: u64 = 8;
/// How often a full disk is told of.
const TELL_EVERY_MS: i64 = 60_000;

/// Returns whether an error says that a disk is full.
pub(super) fn is_storage_full(error: &(dyn Error + 'static)) -> bool {
    let mut source = Some(error);
    while let Some(error) = source {
        let is_full = error.downcast_ref().is_some_and(|error: &io::Error| {
            matches!(
                error.kind(),
                io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded
            )
        });
        if is_full {
            return true;
        }
        source = error.source();
    }
    false
}

/// Takes the reserve of a log directory, if there is room and it is not there.
pub(super) fn keep_reserve(fs: &dyn Fs, log_dir: &Path) -> io::Result<()> {
    let path = log_dir.join(RESERVE_FILE);
    if fs.exists(&path) {
        return Ok(());
    }
    let space = fs.space(log_dir)?;
    let bytes = (space.total / RESERVE_PART).clamp(RESERVE_BYTES_MIN, RESERVE_BYTES_MAX);
    if space.usable < bytes.saturating_mul(FREE_TIMES) {
        return Ok(());
    }
    let file = fs.open(&path, OpenMode::CreateNew)?;
    file.allocate(0, bytes)
}

/// Gives the reserve of a log directory back; returns whether there was one.
pub(super) fn release_reserve(fs: &dyn Fs, log_dir: &Path) -> bool {
    let released = fs.remove_file(&log_dir.join(RESERVE_FILE)).is_ok();
    if released {
        tracing::warn!(dir = %log_dir.display(), "the disk is full; the reserve is used");
    }
    released
}

/// Tells of a full disk, not at every request.
#[derive(Debug)]
pub(super) struct FullDisk {
    told_ms: AtomicI64,
}

impl Default for FullDisk {
    fn default() -> Self {
        Self {
            told_ms: AtomicI64::new(TimestampMs::MIN),
        }
    }
}

impl FullDisk {
    /// Tells of a write that failed, if the disk is full and that was not told just now.
    pub(super) fn note(&self, error: &(dyn Error + 'static), now_ms: TimestampMs) {
        if !is_storage_full(error) {
            return;
        }
        let told_ms = self.told_ms.load(Ordering::Relaxed);
        if now_ms.saturating_sub(told_ms) >= TELL_EVERY_MS {
            self.told_ms.store(now_ms, Ordering::Relaxed);
            tracing::error!(
                %error,
                "producers are refused until there is space; consumers and deletions go on"
            );
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::storage::{AppendError, IoError};

    #[test]
    fn a_full_disk_is_seen_below_other_errors() {
        let full = |kind: io::ErrorKind| {
            AppendError::from(IoError {
                action: "write",
                path: "/x".into(),
                source: kind.into(),
            })
        };
        assert!(is_storage_full(&full(io::ErrorKind::StorageFull)));
        assert!(!is_storage_full(&full(io::ErrorKind::PermissionDenied)));
    }

    #[test]
    fn a_reserve_is_taken_once_and_given_back_once() {
        let dir = tempfile::tempdir().unwrap();
        let fs = crate::fs::RealFs;
        keep_reserve(&fs, dir.path()).unwrap();
        keep_reserve(&fs, dir.path()).unwrap();
        assert!(release_reserve(&fs, dir.path()));
        assert!(!release_reserve(&fs, dir.path()));
    }
}
