//! A log on its way to another log directory: `<topic>-<partition>.<id>-future` beside the others.
//!
//! It is filled from the log in use, then takes its name. Both are whole at that moment, so that a
//! crash between the two renames leaves two equal logs of which a start keeps one.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::checkpoint::{LEADER_EPOCH_FILE, epochs_text};
use super::config::LogConfig;
use super::dir::future_dir_name;
use super::error::{AtPath, IoError, LoadError};
use super::load::StartState;
use super::log::Log;
use super::manager::LogManager;
use super::truncate::TruncateError;
use crate::types::{TimestampMs, TopicPartition, Uuid};

/// Whose a future log is.
#[derive(Clone, Debug)]
pub struct FutureOf {
    /// The partition.
    pub partition: TopicPartition,
    /// Its topic's id.
    pub topic_id: Uuid,
    /// Makes the directory's name one of its own.
    pub id: Uuid,
}

impl LogManager {
    /// Makes an empty future log in a log directory.
    pub fn create_future(
        &self,
        log_dir: &Path,
        of: &FutureOf,
        config: LogConfig,
        now_ms: TimestampMs,
    ) -> Result<Log, LoadError> {
        let dir = log_dir.join(future_dir_name(&of.partition, of.id));
        let (fs, start) = (Arc::clone(self.fs()), StartState::default());
        let (mut log, _) = Log::load(fs, dir, of.partition.clone(), config, start, now_ms)?;
        if !of.topic_id.is_zero() {
            log.write_partition_metadata(of.topic_id)?;
        }
        Ok(log)
    }

    /// Gives a future log the name of the partition, durably.
    pub fn promote(&self, log: &mut Log) -> Result<(), IoError> {
        let from = log.dir().to_path_buf();
        let to = from.with_file_name(log.partition().to_string());
        self.fs().rename(&from, &to).at("rename", &from)?;
        if let Some(parent) = to.parent() {
            self.fs().sync_dir(parent).at("sync", parent)?;
        }
        log.lies_in(to);
        Ok(())
    }
}

impl Log {
    /// Takes over what another copy of this log knows besides its records: where it begins, its
    /// leaders' epochs, its producers and aborted transactions.
    ///
    /// Both must end at the same offset.
    pub fn take_over(&mut self, other: &Self) -> Result<(), TruncateError> {
        assert_eq!(self.end, other.end, "a copy is whole before it takes over");
        self.advance_start_offset(other.start, other.end)?;
        let path = self.dir().join(LEADER_EPOCH_FILE);
        let text = epochs_text(other.epochs.entries());
        let written = self.segments.fs.replace(&path, text.as_bytes());
        written.at("replace", &path)?;
        self.epochs = other.epochs.clone();
        self.epochs.mark_clean();
        self.producers = other.producers.clone();
        Ok(())
    }

    fn lies_in(&mut self, dir: PathBuf) {
        self.segments.dir = dir;
        for (_, path, _) in &mut self.unsynced {
            if let Some(name) = path.file_name() {
                *path = self.segments.dir.join(name);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fs::SimFs;
    use crate::record::tests::unhex;
    use crate::types::Offset;

    #[test]
    fn a_future_log_takes_the_name_and_the_state_of_the_log_it_replaces() {
        let fs: Arc<SimFs> = Arc::new(SimFs::default());
        let manager = LogManager::open(
            Arc::clone(&fs) as Arc<dyn crate::fs::Fs>,
            &[PathBuf::from("/a"), PathBuf::from("/b")],
        )
        .unwrap();
        let partition = TopicPartition::new("t", 0);
        let config = LogConfig::default();
        let mut log = manager
            .create(Path::new("/a"), &partition, Uuid(1), config.clone(), 0)
            .unwrap();
        let batch = unhex(crate::record::tests::DATA_BATCH);
        log.append_as_follower(&batch, 0).unwrap();
        let of = FutureOf {
            partition,
            topic_id: Uuid(1),
            id: Uuid(2),
        };
        let mut future = manager
            .create_future(Path::new("/b"), &of, config, 0)
            .unwrap();
        future.append_as_follower(&batch, 0).unwrap();
        future.take_over(&log).unwrap();
        manager.promote(&mut future).unwrap();
        assert_eq!(future.dir(), Path::new("/b/t-0"));
        assert_eq!(future.epochs().entries(), log.epochs().entries());
        future.append_as_follower(&[], 0).unwrap();
        assert_eq!(future.end_offset(), Offset(1));
        future.close().unwrap();
    }
}
