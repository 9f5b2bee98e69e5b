//! The leader-epoch checkpoint of one log, written by its owner and by flushes at once.
//!
//! A flush runs outside the partition's lock, so that an older text may want to be written after a
//! newer one. Texts are numbered where they are made, under that lock; an older one than what the
//! file has is left out. A start that finds the epochs older than the checkpointed log start would
//! not believe the latter.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use parking_lot::Mutex;

use super::checkpoint::{LEADER_EPOCH_FILE, epochs_text};
use super::error::{AtPath, IoError};
use super::leader_epoch::LeaderEpochCache;
use crate::fs::Fs;
use crate::types::{LeaderEpoch, Offset};

/// The file, and which text it has.
#[derive(Debug, Default)]
pub(super) struct EpochFile {
    numbers: AtomicU64,
    /// The newest text in the file; held while a text is written.
    written: Mutex<Written>,
}

#[derive(Debug, Default)]
struct Written {
    number: u64,
    /// What the file durably has, if that is known.
    text: Option<String>,
}

impl EpochFile {
    /// Returns a file that durably has these entries.
    pub(super) fn holding(entries: &[(LeaderEpoch, Offset)]) -> Arc<Self> {
        let text = Some(epochs_text(entries));
        Arc::new(Self {
            numbers: AtomicU64::new(0),
            written: Mutex::new(Written { number: 0, text }),
        })
    }
}

/// A text of the file.
#[derive(Clone, Debug)]
pub(super) struct EpochText {
    file: Arc<EpochFile>,
    path: PathBuf,
    number: u64,
    text: String,
}

impl EpochText {
    /// Returns the text for these epochs; to be called under the log's lock.
    pub(super) fn new(file: &Arc<EpochFile>, dir: &Path, epochs: &LeaderEpochCache) -> Self {
        Self {
            file: Arc::clone(file),
            path: dir.join(LEADER_EPOCH_FILE),
            number: file.numbers.fetch_add(1, Ordering::Relaxed) + 1,
            text: epochs_text(epochs.entries()),
        }
    }

    /// Returns whether it says the same as these epochs.
    pub(super) fn is_of(&self, epochs: &LeaderEpochCache) -> bool {
        self.text == epochs_text(epochs.entries())
    }

    /// Replaces the file, unless it has a newer text, or the same.
    pub(super) fn write(&self, fs: &dyn Fs) -> Result<(), IoError> {
        let mut written = self.file.written.lock();
        if self.number < written.number {
            return Ok(());
        }
        if written.text.as_ref() != Some(&self.text) {
            written.text = None;
            fs.replace(&self.path, self.text.as_bytes())
                .at("replace", &self.path)?;
            written.text = Some(self.text.clone());
        }
        written.number = self.number;
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fs::SimFs;

    #[test]
    fn an_older_text_does_not_replace_a_newer_one() {
        let (fs, file) = (SimFs::default(), Arc::new(EpochFile::default()));
        let mut epochs = LeaderEpochCache::default();
        epochs.assign(LeaderEpoch(1), Offset(0));
        let older = EpochText::new(&file, Path::new("/"), &epochs);
        epochs.truncate_from_start(Offset(5));
        let newer = EpochText::new(&file, Path::new("/"), &epochs);
        assert!(newer.is_of(&epochs) && !older.is_of(&epochs));
        newer.write(&fs).unwrap();
        older.write(&fs).unwrap();
        let path = Path::new("/").join(LEADER_EPOCH_FILE);
        assert_eq!(fs.read(&path, 100).unwrap(), b"0\n1\n1 5\n");
        let calls = fs.calls();
        EpochText::new(&file, Path::new("/"), &epochs)
            .write(&fs)
            .unwrap();
        assert_eq!(fs.calls(), calls, "it says so already");
    }
}
