//! The text files that keep offsets: version, count, one entry a line.
//!
//! ```text
//! 0
//! 2
//! topic partition offset       in a log directory
//! epoch startOffset            in leader-epoch-checkpoint
//! firstOffset nextOffset       in damaged-offsets-checkpoint
//! ```
//! Each is replaced as a whole. An empty file has no entries; a wrong version, count or line is an
//! error, which the caller answers with a default and a warning, never with deletion.

use std::fmt::Write as _;
use std::path::Path;

use super::error::{AtPath, IoError};
use crate::fs::Fs;
use crate::types::{LeaderEpoch, Offset, TopicPartition};

/// Names of the checkpoint files of a log directory.
pub const RECOVERY_POINT_FILE: &str = "recovery-point-offset-checkpoint";
/// Where logs start, for those that start elsewhere than their first segment.
pub const LOG_START_FILE: &str = "log-start-offset-checkpoint";
/// High watermarks.
pub const HIGH_WATERMARK_FILE: &str = "replication-offset-checkpoint";
/// Up to where compacted logs are clean.
pub const CLEANER_FILE: &str = "cleaner-offset-checkpoint";
/// In a partition's directory: where each leader's epoch begins.
pub const LEADER_EPOCH_FILE: &str = "leader-epoch-checkpoint";
/// In a partition's directory, ours alone: offsets whose records are damaged.
pub const DAMAGE_FILE: &str = "damaged-offsets-checkpoint";

/// No checkpoint file is larger; 10,000 partitions take 3 MiB at most.
const BYTES_MAX: u64 = 64 << 20;

/// Why a checkpoint gives no entries.
#[derive(Debug, thiserror::Error)]
pub enum CheckpointError {
    /// It cannot be read.
    #[error(transparent)]
    Io(#[from] IoError),
    /// It is no checkpoint.
    #[error("line {line} of the checkpoint is malformed: {text:?}")]
    Malformed {
        /// Number of the line, from 1.
        line: usize,
        /// Its beginning.
        text: String,
    },
}

/// Reads a checkpoint of offsets; a missing file has no entries.
pub fn read_offsets(
    fs: &dyn Fs,
    path: &Path,
) -> Result<Vec<(TopicPartition, Offset)>, CheckpointError> {
    parse(&read(fs, path)?, |line| {
        // The topic is what is before the last two fields, as Kafka allows no spaces in it.
        let mut fields = line.split(' ');
        let (topic, partition, offset) = (fields.next()?, fields.next()?, fields.next()?);
        let partition = TopicPartition::new(topic, partition.parse().ok()?);
        let entry = (partition, Offset(offset.parse().ok()?));
        fields.next().is_none().then_some(entry)
    })
}

/// Replaces a checkpoint of offsets.
pub fn write_offsets<'a>(
    fs: &dyn Fs,
    path: &Path,
    entries: impl ExactSizeIterator<Item = (&'a TopicPartition, Offset)>,
) -> Result<(), IoError> {
    let mut text = format!("0\n{}\n", entries.len());
    for (partition, offset) in entries {
        // Writing to a string cannot fail.
        let _ = writeln!(text, "{} {} {offset}", partition.topic, partition.partition);
    }
    fs.replace(path, text.as_bytes()).at("replace", path)
}

/// Reads a checkpoint of leader epochs; a missing file has no entries.
pub fn read_epochs(
    fs: &dyn Fs,
    path: &Path,
) -> Result<Vec<(LeaderEpoch, Offset)>, CheckpointError> {
    parse(&read(fs, path)?, |line| {
        let (epoch, offset) = line.split_once(' ')?;
        Some((
            LeaderEpoch(epoch.parse().ok()?),
            Offset(offset.parse().ok()?),
        ))
    })
}

/// Returns a checkpoint of leader epochs as text.
#[must_use]
pub fn epochs_text(entries: &[(LeaderEpoch, Offset)]) -> String {
    let mut text = format!("0\n{}\n", entries.len());
    for (epoch, offset) in entries {
        let _ = writeln!(text, "{epoch} {offset}");
    }
    text
}

/// Reads the damaged offsets of a partition: the first, and the one behind the last, of each run.
pub fn read_damage(fs: &dyn Fs, path: &Path) -> Result<Vec<(Offset, Offset)>, CheckpointError> {
    parse(&read(fs, path)?, |line| {
        let (first, next) = line.split_once(' ')?;
        Some((Offset(first.parse().ok()?), Offset(next.parse().ok()?)))
    })
}

/// Returns damaged offsets as text.
#[must_use]
pub fn damage_text(damage: &[(Offset, Offset)]) -> String {
    let mut text = format!("0\n{}\n", damage.len());
    for (first, next) in damage {
        let _ = writeln!(text, "{first} {next}");
    }
    text
}

fn read(fs: &dyn Fs, path: &Path) -> Result<Vec<u8>, IoError> {
    match fs.read(path, BYTES_MAX) {
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(Vec::new()),
        result => result.at("read", path),
    }
}

fn parse<E>(content: &[u8], entry: impl Fn(&str) -> Option<E>) -> Result<Vec<E>, CheckpointError> {
    let text = String::from_utf8_lossy(content);
    let malformed = |line: usize, text: &str| CheckpointError::Malformed {
        line,
        text: text.chars().take(100).collect(),
    };
    let mut lines = text.lines();
    let Some(version) = lines.next() else {
        return Ok(Vec::new());
    };
    if version.trim() != "0" {
        return Err(malformed(1, version));
    }
    let count = lines.next().unwrap_or_default();
    let expected: usize = count.trim().parse().map_err(|_| malformed(2, count))?;
    let mut entries = Vec::new();
    for (index, line) in lines.enumerate() {
        entries.push(entry(line.trim_end()).ok_or_else(|| malformed(index + 3, line))?);
    }
    if entries.len() != expected {
        return Err(malformed(2, count));
    }
    Ok(entries)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fs::RealFs;

    #[test]
    fn offsets_come_back_and_the_text_is_kafkas() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join(RECOVERY_POINT_FILE);
        assert!(read_offsets(&RealFs, &path).unwrap().is_empty());
        let (a, b) = (TopicPartition::new("a.b", 0), TopicPartition::new("c", 11));
        let entries = [(&a, Offset(5)), (&b, Offset(0))];
        write_offsets(&RealFs, &path, entries.into_iter()).unwrap();
        assert_eq!(RealFs.read(&path, 100).unwrap(), b"0\n2\na.b 0 5\nc 11 0\n");
        let read = read_offsets(&RealFs, &path).unwrap();
        assert_eq!(read, vec![(a, Offset(5)), (b, Offset(0))]);
    }

    #[test]
    fn malformed_files_are_errors() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join(LEADER_EPOCH_FILE);
        for text in [
            "1\n0\n",
            "0\n",
            "0\nx\n",
            "0\n2\n1 2\n",
            "0\n1\n1 2 3\n",
            "0\n1\n12\n",
        ] {
            RealFs.replace(&path, text.as_bytes()).unwrap();
            assert!(read_epochs(&RealFs, &path).is_err(), "{text:?}");
        }
        RealFs.replace(&path, b"").unwrap();
        assert!(read_epochs(&RealFs, &path).unwrap().is_empty());
        let epochs = [(LeaderEpoch(0), Offset(0)), (LeaderEpoch(3), Offset(9))];
        RealFs
            .replace(&path, epochs_text(&epochs).as_bytes())
            .unwrap();
        assert_eq!(read_epochs(&RealFs, &path).unwrap(), epochs);
    }
}
