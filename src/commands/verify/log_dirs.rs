//! The check of log directories: progress on a terminal, and the metadata that goes along.

use std::path::{Path, PathBuf};
use std::time::Duration;

use super::metadata::Replay;
use crate::cli::{CommandError, Output, Progress};
use crate::fs::{Fs, RealFs};
use crate::storage::inspect::{Expected, Guide, MetadataPlace, Report, verify_log_dirs};
use crate::types::{Offset, TopicPartition};

/// How long to wait before a file is read again that a broker is writing to.
const PAUSE: Duration = Duration::from_millis(20);

/// Checks log directories; fails if one is not there, or a topic is in none of them.
pub(in crate::commands) fn verify(
    dirs: &[PathBuf],
    topics: &[String],
    output: &Output,
) -> Result<Report, CommandError> {
    let mut bytes = 0;
    for dir in dirs {
        bytes += bytes_below(dir)?;
    }
    if let Some(topic) = topics.iter().find(|topic| !is_in_any(dirs, topic)) {
        let sentence = format!("No partition of the topic '{topic}' is there");
        let dirs: Vec<_> = dirs.iter().map(|dir| dir.display().to_string()).collect();
        return Err(CommandError::failed(sentence).hint(format!("Looked in {}.", dirs.join(", "))));
    }
    let mut guide = Companion {
        progress: Progress::counting(output, bytes, "Reading"),
        replay: Replay::default(),
        topics,
    };
    Ok(verify_log_dirs(&RealFs, dirs, &mut guide))
}

/// Returns how many bytes the files have, two levels deep.
fn bytes_below(dir: &Path) -> Result<u64, CommandError> {
    let entries = RealFs.read_dir(dir).map_err(|error| {
        let error = CommandError::failed(format!("{}: {error}", dir.display()));
        error.hint("A log directory is what log.dirs names; kt status tells the local broker's.")
    })?;
    let size = |path: &Path| RealFs.metadata(path).map_or(0, |metadata| metadata.bytes);
    let mut bytes = 0;
    for entry in entries {
        let path = dir.join(&entry.name);
        if entry.is_dir {
            let inner = RealFs.read_dir(&path).unwrap_or_default();
            let sizes = inner.iter().map(|entry| size(&path.join(&entry.name)));
            bytes += sizes.sum::<u64>();
        } else {
            bytes += size(&path);
        }
    }
    Ok(bytes)
}

fn is_in_any(dirs: &[PathBuf], topic: &str) -> bool {
    let is_of_topic = |name: &str| name.rsplit_once('-').is_some_and(|(name, _)| name == topic);
    dirs.iter().any(|dir| {
        let entries = RealFs.read_dir(dir).unwrap_or_default();
        entries.iter().any(|entry| is_of_topic(&entry.name))
    })
}

struct Companion<'a> {
    progress: Progress,
    replay: Replay,
    topics: &'a [String],
}

impl Guide for Companion<'_> {
    fn read_bytes(&mut self, bytes: u64) {
        self.progress.advance(bytes);
    }

    fn pause(&mut self) {
        std::thread::sleep(PAUSE);
    }

    fn begin_metadata(&mut self) {
        self.replay = Replay::default();
    }

    fn metadata_record(
        &mut self,
        place: MetadataPlace,
        offset: Offset,
        value: &[u8],
    ) -> Result<(), String> {
        self.replay.record(place, offset, value)
    }

    fn expected(&self, partition: &TopicPartition) -> Expected {
        self.replay.expected(partition)
    }

    fn wants(&self, topic: &str) -> bool {
        self.topics.is_empty() || self.topics.iter().any(|wanted| wanted == topic)
    }
}
