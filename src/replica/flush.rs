//! When fsync happens: one runner a dirty partition, everyone waiting served by one call.
//!
//! The first append that finds no runner starts one; the runner flushes to where the log ended
//! when it began, and goes on while appends come in. Runners of several partitions run side by
//! side, so that the file system merges their journal commits. A failed flush is never tried
//! again: what the kernel has dropped from its cache a second call would call durable. It ends
//! acknowledgements for its whole log directory, for the life of the process.

use std::fmt;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use crate::storage::IoError;

/// Where flushes run: threads that may block.
pub trait FlushPool: Send + Sync + fmt::Debug {
    /// Runs a job soon, on a thread that may wait for the disk.
    fn run(&self, job: Box<dyn FnOnce() + Send>);
}

/// Whether a log directory is still trusted; shared by its partitions.
#[derive(Debug)]
pub struct DirFailure {
    dir: PathBuf,
    failed: AtomicBool,
    told: Box<dyn ToldOfFailure>,
}

/// Whoever must know that a log directory failed.
pub trait ToldOfFailure: Send + Sync + fmt::Debug {
    /// Is called once, for the first failure.
    fn dir_failed(&self, dir: &Path, error: &IoError);
}

impl DirFailure {
    /// Returns the state of a directory that works.
    #[must_use]
    pub fn new(dir: PathBuf, told: Box<dyn ToldOfFailure>) -> Arc<Self> {
        Arc::new(Self {
            dir,
            failed: AtomicBool::new(false),
            told,
        })
    }

    /// Returns whether the directory failed.
    #[must_use]
    pub fn is_failed(&self) -> bool {
        self.failed.load(Ordering::Acquire)
    }

    /// Takes the directory out of service.
    pub fn fail(&self, error: &IoError) {
        if !self.failed.swap(true, Ordering::AcqRel) {
            self.told.dir_failed(&self.dir, error);
        }
    }
}
