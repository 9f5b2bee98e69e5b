//! A full disk is told of once in a while.
//!
//! Producers are refused with KAFKA_STORAGE_ERROR as long as the disk is full, consumers and
//! deletions go on, and so do the metadata and Kafka's own topics with what they have to spare
//! (`keeps_spare` of their logs). Writing resumes by itself: a write that fails leaves nothing
//! behind.

use std::error::Error;
use std::sync::atomic::{AtomicI64, Ordering};

use crate::fs;
use crate::types::TimestampMs;

/// How often a full disk is told of.
const TELL_EVERY_MS: i64 = 60_000;

/// Returns whether an error says that a disk is full.
fn is_storage_full(error: &(dyn Error + 'static)) -> bool {
    let mut source = Some(error);
    while let Some(error) = source {
        if error.downcast_ref().is_some_and(fs::is_storage_full) {
            return true;
        }
        source = error.source();
    }
    false
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
    use std::io;

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
}
