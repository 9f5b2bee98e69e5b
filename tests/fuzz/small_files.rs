//! Checkpoints and what says whose a directory is, of any bytes.
//!
//! The first byte chooses the file, the rest is its content. What is read is what would be written
//! again; what cannot be read is refused.

use std::io::IoSlice;
use std::path::Path;

use kt::config::Properties;
use kt::fs::{Fs, OpenMode, SimFs};
use kt::storage::checkpoint::{
    damage_text, epochs_text, read_damage, read_epochs, read_offsets, write_offsets,
};
use kt::storage::{
    LogConfig, LogManager, MetaProperties, PARTITION_METADATA_FILE, partition_metadata_text,
};
use kt::types::{BrokerId, LeaderEpoch, Offset, TopicPartition, Uuid};

const DIR: &str = "/data";
const FILE: &str = "/data/file";

pub fn samples() -> Vec<Vec<u8>> {
    let fs = SimFs::default();
    fs.create_dir_all(Path::new(DIR)).unwrap();
    let partition = TopicPartition::new("a-topic", 3);
    let entries = [(&partition, Offset(17))];
    write_offsets(&fs, Path::new(FILE), entries.into_iter()).unwrap();
    let meta = MetaProperties {
        cluster_id: "4L6g3nShT-eMCtK--X86sw".into(),
        node_id: BrokerId(3),
        directory_id: Some(Uuid(99)),
    };
    meta.write(&fs, Path::new(DIR)).unwrap();
    let read = |path: &str| fs.read(Path::new(path), 1000).unwrap();
    let contents = [
        read(FILE),
        epochs_text(&[(LeaderEpoch(0), Offset(0)), (LeaderEpoch(4), Offset(9))]).into_bytes(),
        damage_text(&[(Offset(3), Offset(5))]).into_bytes(),
        read("/data/meta.properties"),
        partition_metadata_text(Uuid(7 << 100)).into_bytes(),
        b"a=1\n# comment\nb : two \\\n  lines\nc\\u0041=\\t\n".to_vec(),
    ];
    let numbered = (0..).zip(contents);
    let sample = |(choice, content): (u8, Vec<u8>)| [vec![choice], content].concat();
    numbered.map(sample).collect()
}

fn disk(path: &Path, content: &[u8]) -> SimFs {
    let fs = SimFs::default();
    fs.create_dir_all(path.parent().unwrap()).unwrap();
    let file = fs.open(path, OpenMode::CreateNew).unwrap();
    file.write_all_at(&mut [IoSlice::new(content)], 0).unwrap();
    fs
}

pub fn check(bytes: &[u8]) {
    let Some((choice, content)) = bytes.split_first() else {
        return;
    };
    let file = Path::new(FILE);
    match choice % 6 {
        0 => {
            let fs = disk(file, content);
            if let Ok(entries) = read_offsets(&fs, file) {
                let again = entries
                    .iter()
                    .map(|(partition, offset)| (partition, *offset));
                write_offsets(&fs, file, again).unwrap();
                assert_eq!(read_offsets(&fs, file).unwrap(), entries);
            }
        }
        1 => {
            if let Ok(entries) = read_epochs(&disk(file, content), file) {
                let again = disk(file, epochs_text(&entries).as_bytes());
                assert_eq!(read_epochs(&again, file).unwrap(), entries);
            }
        }
        2 => {
            if let Ok(entries) = read_damage(&disk(file, content), file) {
                let again = disk(file, damage_text(&entries).as_bytes());
                assert_eq!(read_damage(&again, file).unwrap(), entries);
            }
        }
        3 => meta_properties(content),
        4 => partition_metadata(content),
        _ => drop(Properties::parse(content)),
    }
}

fn meta_properties(content: &[u8]) {
    let dir = Path::new(DIR);
    let fs = disk(&dir.join("meta.properties"), content);
    if let Ok(meta) = MetaProperties::read(&fs, dir) {
        let meta = meta.unwrap();
        meta.write(&fs, dir).unwrap();
        assert_eq!(MetaProperties::read(&fs, dir).unwrap().unwrap(), meta);
    }
}

/// A partition is there whatever its `partition.metadata` says.
fn partition_metadata(content: &[u8]) {
    let dir = Path::new(DIR).join("t-0");
    let fs = disk(&dir.join(PARTITION_METADATA_FILE), content);
    let mut manager = LogManager::open(std::sync::Arc::new(fs), &[DIR.into()]).unwrap();
    let loaded = manager.load_all(&|_| LogConfig::default(), 0).unwrap();
    let [found] = &loaded.logs[..] else {
        panic!("{} logs", loaded.logs.len());
    };
    if let Some(id) = found.topic_id {
        // The last digit has bits to spare.
        let digits = id.to_string().chars().take(21).collect::<String>();
        assert!(String::from_utf8_lossy(content).contains(&digits));
    }
}
