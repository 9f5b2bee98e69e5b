//! Names and small files of log directories and partition directories.
//!
//! ```text
//! <topic>-<partition>                      a partition
//! <topic>-<partition>.<32 hex>-delete      one that is being deleted
//! <topic>-<partition>.<32 hex>-future      one that is moving here
//! <topic>-<partition>.<32 hex>-stray       one that the controller does not know
//! 00000000000000000042.log                 a segment whose first offset is 42
//! 00000000000000000042.log.cleaned         its compacted form, being written
//! 00000000000000000042.log.swap            the same, complete
//! ```

use std::path::{Path, PathBuf};

use crate::types::{Offset, TopicPartition, Uuid};

/// Suffix of a segment's records.
pub(super) const LOG_SUFFIX: &str = ".log";
/// Suffix of a segment's offset index.
pub(super) const INDEX_SUFFIX: &str = ".index";
/// Suffix of a segment's time index.
pub(super) const TIME_INDEX_SUFFIX: &str = ".timeindex";
/// Suffix of a segment's aborted transactions.
pub(super) const TXN_INDEX_SUFFIX: &str = ".txnindex";
/// Suffix of a snapshot of the producers.
pub(super) const SNAPSHOT_SUFFIX: &str = ".snapshot";
/// All suffixes of a segment's files; the snapshot is the one at its base.
pub(super) const SEGMENT_SUFFIXES: [&str; 5] = [
    LOG_SUFFIX,
    INDEX_SUFFIX,
    TIME_INDEX_SUFFIX,
    TXN_INDEX_SUFFIX,
    SNAPSHOT_SUFFIX,
];
/// Appended to the name of a file that is about to be removed.
pub(super) const DELETED_SUFFIX: &str = ".deleted";
/// Appended to the name of a file that a cleaning is writing.
pub(super) const CLEANED_SUFFIX: &str = ".cleaned";
/// Appended to the name of a file that is complete, and takes the place of others.
pub(super) const SWAP_SUFFIX: &str = ".swap";
/// The file with a partition's topic id.
pub const PARTITION_METADATA_FILE: &str = "partition.metadata";

/// Returns the path of a segment's file.
pub(super) fn segment_path(dir: &Path, base: Offset, suffix: &str) -> PathBuf {
    dir.join(format!("{:020}{suffix}", base.0))
}

/// Returns the base offset and the suffix of a segment's file name.
pub fn parse_segment_name(name: &str) -> Option<(Offset, &str)> {
    let (digits, suffix) = name.split_at_checked(20)?;
    if !digits.bytes().all(|byte| byte.is_ascii_digit()) || !suffix.starts_with('.') {
        return None;
    }
    Some((Offset(digits.parse().ok()?), suffix))
}

/// What the name of a directory in a log directory says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum DirName {
    /// A partition.
    Partition(TopicPartition),
    /// One that is to be removed.
    Deleted,
    /// One that is being copied here from another log directory.
    Future(TopicPartition),
    /// One that belongs to no known topic.
    Stray(TopicPartition),
}

impl DirName {
    /// Parses a directory's name; `None` if no partition has it.
    #[must_use]
    pub fn parse(name: &str) -> Option<Self> {
        for (suffix, of) in [
            ("-delete", None),
            ("-future", Some(Self::Future as fn(TopicPartition) -> Self)),
            ("-stray", Some(Self::Stray as fn(TopicPartition) -> Self)),
        ] {
            let Some(rest) = name.strip_suffix(suffix) else {
                continue;
            };
            let Some((rest, id)) = rest.rsplit_once('.') else {
                continue;
            };
            if id.len() != 32 || !id.bytes().all(|byte| byte.is_ascii_hexdigit()) {
                continue;
            }
            let partition = parse_partition(rest)?;
            return Some(of.map_or(Self::Deleted, |of| of(partition)));
        }
        parse_partition(name).map(Self::Partition)
    }
}

fn parse_partition(name: &str) -> Option<TopicPartition> {
    let (topic, partition) = name.rsplit_once('-')?;
    if topic.is_empty() || partition.is_empty() || !partition.bytes().all(|b| b.is_ascii_digit()) {
        return None;
    }
    Some(TopicPartition::new(topic, partition.parse().ok()?))
}

/// Returns the name for a partition's directory that is to be removed, within 255 bytes.
#[must_use]
pub fn delete_dir_name(partition: &TopicPartition, id: Uuid) -> String {
    dir_name(partition, id, "delete")
}

/// Returns the name for a directory that a partition is being moved to, within 255 bytes.
pub(super) fn future_dir_name(partition: &TopicPartition, id: Uuid) -> String {
    dir_name(partition, id, "future")
}

/// Returns the name for the directory of a partition that belongs to no topic.
pub(super) fn stray_dir_name(partition: &TopicPartition, id: Uuid) -> String {
    dir_name(partition, id, "stray")
}

fn dir_name(partition: &TopicPartition, id: Uuid, what: &str) -> String {
    let suffix = format!("-{}.{:032x}-{what}", partition.partition, id.0);
    let room = 255_usize.saturating_sub(suffix.len());
    let topic = partition.topic.get(..room).unwrap_or(&partition.topic);
    format!("{topic}{suffix}")
}

/// Returns the content of `partition.metadata`.
#[must_use]
pub fn partition_metadata_text(topic_id: Uuid) -> String {
    format!("version: 0\ntopic_id: {topic_id}")
}

/// Returns the topic id of a `partition.metadata`; `None` if it is malformed or names no id.
#[must_use]
pub(super) fn parse_partition_metadata(content: &[u8]) -> Option<Uuid> {
    let text = std::str::from_utf8(content).ok()?;
    let mut lines = text.lines();
    let (key, version) = lines.next()?.split_once(':')?;
    if key.trim() != "version" || version.trim() != "0" {
        return None;
    }
    let (key, id) = lines.next()?.split_once(':')?;
    let id: Uuid = id.trim().parse().ok()?;
    (key.trim() == "topic_id" && !id.is_zero()).then_some(id)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn directory_names_are_told_apart() {
        let t = || TopicPartition::new("my-topic.x", 3);
        let id = "0123456789abcdef0123456789abcdef";
        assert_eq!(
            DirName::parse("my-topic.x-3"),
            Some(DirName::Partition(t()))
        );
        assert_eq!(
            DirName::parse(&format!("my-topic.x-3.{id}-delete")),
            Some(DirName::Deleted)
        );
        assert_eq!(
            DirName::parse(&format!("my-topic.x-3.{id}-future")),
            Some(DirName::Future(t()))
        );
        assert_eq!(
            DirName::parse(&format!("my-topic.x-3.{id}-stray")),
            Some(DirName::Stray(t()))
        );
        for name in [
            "lost+found",
            "topic",
            "-1",
            "topic-",
            "topic-x",
            "a-3.zz-delete",
            "t-+1",
        ] {
            assert_eq!(DirName::parse(name), None, "{name}");
        }
    }

    #[test]
    fn the_name_of_a_deleted_partition_is_short_enough() {
        let partition = TopicPartition::new("t".repeat(249), 12);
        let name = delete_dir_name(&partition, Uuid(0xab));
        assert_eq!(name.len(), 255);
        assert_eq!(DirName::parse(&name), Some(DirName::Deleted));
    }

    #[test]
    fn segment_names_are_parsed() {
        assert_eq!(
            parse_segment_name("00000000000000000042.timeindex"),
            Some((Offset(42), ".timeindex"))
        );
        for name in [
            "42.log",
            "leader-epoch-checkpoint",
            "0000000000000000004x.log",
            "",
        ] {
            assert_eq!(parse_segment_name(name), None);
        }
    }

    #[test]
    fn partition_metadata_comes_back_and_zero_is_refused() {
        let id = Uuid(77);
        let text = partition_metadata_text(id);
        assert_eq!(parse_partition_metadata(text.as_bytes()), Some(id));
        let zero = partition_metadata_text(Uuid::ZERO);
        assert_eq!(parse_partition_metadata(zero.as_bytes()), None);
        assert_eq!(parse_partition_metadata(b"version: 1\ntopic_id: x"), None);
    }
}
