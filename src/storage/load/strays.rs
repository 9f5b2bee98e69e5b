//! Stray partitions: directories of topics that the metadata does not know (any more).
//!
//! They come from deletions that a crash interrupted: the topic is gone, or another one has its
//! name already, and its directory has not been renamed yet. As in Kafka they are renamed to
//! `-stray`, and left to a person. An id that cannot be read is no other id; nor is one that
//! differs in a few bits: ids are random, so that is damage. The right id is written back then.

use std::path::Path;

use super::dirs::{partition_dirs, read_topic_id};
use crate::storage::dir::{
    DirName, PARTITION_METADATA_FILE, partition_metadata_text, stray_dir_name,
};
use crate::storage::error::{AtPath, IoError, LoadError};

use crate::fs::Fs;
use crate::types::Uuid;

/// Two ids of 122 random bits differ in fewer bits than this once in 10^18 pairs.
const DAMAGED_BITS_MAX: u32 = 12;

/// Renames the strays of one log directory.
pub(in crate::storage) fn set_aside(
    fs: &dyn Fs,
    log_dir: &Path,
    topic_id_of: &dyn Fn(&str) -> Option<Uuid>,
    new_id: &mut dyn FnMut() -> Uuid,
    warnings: &mut Vec<String>,
) -> Result<(), LoadError> {
    let mut has_strays = false;
    for (name, dir) in partition_dirs(fs, log_dir)? {
        let DirName::Partition(partition) = name else {
            continue;
        };
        let found = read_topic_id(fs, &dir, warnings)?;
        let known = topic_id_of(&partition.topic);
        let reason = match (known, found) {
            (Some(known), Some(found)) if known == found => continue,
            (Some(known), found) if found.is_none_or(|found| is_damaged(known, found)) => {
                adopt(fs, &dir, known)?;
                if let Some(found) = found {
                    let path = dir.join(PARTITION_METADATA_FILE);
                    warnings.push(format!(
                        "{}: topic id {found} is damaged; it is {known}",
                        path.display()
                    ));
                }
                continue;
            }
            (Some(known), _) => format!("its topic has the id {known} now"),
            (None, _) => "its topic is not in the metadata".to_owned(),
        };
        let stray = log_dir.join(stray_dir_name(&partition, new_id()));
        fs.rename(&dir, &stray).at("rename", &dir)?;
        has_strays = true;
        warnings.push(format!(
            "{}: {reason}; it is now {}",
            dir.display(),
            stray.display()
        ));
    }
    if has_strays {
        fs.sync_dir(log_dir).at("sync", log_dir)?;
    }
    Ok(())
}

fn is_damaged(known: Uuid, found: Uuid) -> bool {
    (known.0 ^ found.0).count_ones() <= DAMAGED_BITS_MAX
}

fn adopt(fs: &dyn Fs, dir: &Path, id: Uuid) -> Result<(), IoError> {
    let path = dir.join(PARTITION_METADATA_FILE);
    let text = partition_metadata_text(id);
    fs.replace(&path, text.as_bytes()).at("replace", &path)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fs::SimFs;

    const DIR: &str = "/d";

    fn disk(partitions: &[(&str, &[u8])]) -> SimFs {
        let fs = SimFs::default();
        for (name, metadata) in partitions {
            let dir = Path::new(DIR).join(name);
            fs.create_dir_all(&dir).unwrap();
            if !metadata.is_empty() {
                fs.replace(&dir.join(PARTITION_METADATA_FILE), metadata)
                    .unwrap();
            }
        }
        fs
    }

    fn text(id: u128) -> Vec<u8> {
        partition_metadata_text(Uuid(id)).into_bytes()
    }

    fn names(fs: &SimFs) -> Vec<String> {
        let entries = fs.read_dir(Path::new(DIR)).unwrap();
        entries.into_iter().map(|entry| entry.name).collect()
    }

    fn run(fs: &SimFs) -> Vec<String> {
        let ids = |topic: &str| (topic == "t").then_some(Uuid(0xabcdef << 64));
        let mut warnings = Vec::new();
        let mut new_id = || Uuid(0xff);
        set_aside(fs, Path::new(DIR), &ids, &mut new_id, &mut warnings).unwrap();
        warnings
    }

    #[test]
    fn partitions_of_unknown_topics_and_of_other_ids_are_renamed() {
        let (known, other) = (text(0xabcdef << 64), text(0x1234_5678_9abc_def0));
        let fs = disk(&[("t-0", &known), ("t-1", &other), ("gone-0", &known)]);
        let warnings = run(&fs);
        let stray = |name: &str| format!("{name}.{:032x}-stray", 0xff);
        assert_eq!(
            names(&fs),
            [stray("gone-0"), "t-0".to_owned(), stray("t-1")]
        );
        assert_eq!(warnings.len(), 2, "{warnings:?}");
        assert!(run(&fs).is_empty(), "strays are left alone");
    }

    #[test]
    fn a_damaged_id_is_no_other_id_and_is_mended() {
        let good = text(0xabcdef << 64);
        for position in 0..good.len() {
            let mut metadata = good.clone();
            metadata[position] ^= 1;
            let fs = disk(&[("t-0", &metadata)]);
            run(&fs);
            let path = Path::new(DIR).join("t-0").join(PARTITION_METADATA_FILE);
            assert_eq!(fs.read(&path, 100).unwrap(), good, "{position}");
        }
        let fs = disk(&[("t-0", b"")]);
        run(&fs);
        assert_eq!(names(&fs), ["t-0"]);
    }
}
