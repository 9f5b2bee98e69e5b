//! A `.log` file of any bytes, after an unclean stop.
//!
//! The start ends; what it keeps is served or said to be damaged, and is served the same by the
//! next start; the log takes records, and no byte of what was kept is changed.

use std::io::IoSlice;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use kt::fs::{Fs, OpenMode, SimFs};
use kt::record::{Batches, Codec, Producer, ValidatedBatch};
use kt::storage::{Log, LogConfig, LogManager, ReadError};
use kt::types::{LeaderEpoch, Offset, TopicPartition, Uuid};

use crate::batches::{batch, resealed};

const DIR: &str = "/data";
const NOW: i64 = 1_700_000_000_000;
/// Offsets can be anything; so many of them are looked at.
const READS_MAX: usize = 200;

pub fn samples() -> Vec<Vec<u8>> {
    let producer = |base_sequence| Producer {
        id: 7,
        epoch: 0,
        base_sequence,
    };
    let logs = [
        vec![],
        vec![(Codec::None, 1, Producer::NONE)],
        vec![
            (Codec::None, 3, producer(0)),
            (Codec::Zstd, 5, producer(3)),
            (Codec::None, 1, Producer::NONE),
        ],
        vec![
            (Codec::Gzip, 2, Producer::NONE),
            (Codec::Lz4, 2, producer(0)),
        ],
    ];
    let mut samples: Vec<Vec<u8>> = logs.iter().map(|batches| log_of(batches)).collect();
    let mut hole = log_of(&logs[2]);
    hole.extend_from_slice(&[0; 5000]);
    hole.extend(log_of(&logs[1]));
    samples.push(hole);
    samples
}

fn log_of(batches: &[(Codec, i64, Producer)]) -> Vec<u8> {
    let fs = SimFs::default();
    let mut log = open(&fs).unwrap();
    for (codec, count, producer) in batches {
        let bytes = batch(*codec, *count, *producer);
        let batch = ValidatedBatch::trusted(&bytes).unwrap();
        log.append(&batch, LeaderEpoch(2), NOW).unwrap();
    }
    content(&fs)
}

fn path() -> PathBuf {
    Path::new(DIR).join("t-0/00000000000000000000.log")
}

fn content(fs: &SimFs) -> Vec<u8> {
    fs.read(&path(), u64::MAX).unwrap()
}

/// Opens the log, or makes it.
fn open(fs: &SimFs) -> Option<Log> {
    let fs: Arc<dyn Fs> = Arc::new(fs.clone());
    let mut manager = LogManager::open(fs, &[DIR.into()]).unwrap();
    let config = |_: &TopicPartition| LogConfig {
        // Smaller than Kafka's, so that a few batches have entries.
        index_interval_bytes: 64,
        ..LogConfig::default()
    };
    let mut loaded = manager.load_all(&config, NOW).unwrap();
    let partition = TopicPartition::new("t", 0);
    match loaded.logs.pop() {
        Some(found) => Some(found.log),
        None => {
            let dir = Path::new(DIR);
            let log = manager.create(dir, &partition, Uuid(7), config(&partition), NOW);
            log.ok()
        }
    }
}

/// What a log serves: base offset and bytes of each batch, and where it says that it can't.
pub type Served = (Vec<(Offset, Vec<u8>)>, Vec<Offset>);

pub fn served(log: &Log) -> Served {
    let (mut found, mut damaged) = (Vec::new(), Vec::new());
    let (mut next, end) = (log.start_offset(), log.end_offset());
    let mut reads = 0;
    while next < end && reads < READS_MAX {
        reads += 1;
        let plan = match log.read(next, 3000, end, true) {
            Ok(plan) => plan,
            Err(ReadError::Damaged { .. }) => {
                damaged.push(next);
                next = next.plus(1);
                continue;
            }
            Err(error) => panic!("{next}: {error}"),
        };
        let mut out = Vec::new();
        plan.read_into(&mut out).unwrap();
        assert!(!out.is_empty(), "nothing at {next} before {end}");
        for batch in Batches::new(&out) {
            let Ok(batch) = batch else { break };
            assert!(batch.crc_matches(), "a start looks at every batch");
            let header = batch.header();
            assert!(header.next_offset() > next, "{next}: {header:?}");
            found.push((header.base_offset, batch.bytes().to_vec()));
            next = header.next_offset();
        }
    }
    (found, damaged)
}

pub fn check(bytes: &[u8]) {
    for bytes in [bytes, &resealed(bytes)] {
        recover(bytes);
    }
}

fn recover(bytes: &[u8]) {
    let fs = SimFs::default();
    fs.create_dir_all(&Path::new(DIR).join("t-0")).unwrap();
    let file = fs.open(&path(), OpenMode::CreateNew).unwrap();
    file.write_all_at(&mut [IoSlice::new(bytes)], 0).unwrap();
    let log = open(&fs).unwrap();
    let kept = content(&fs);
    assert!(
        bytes.starts_with(&kept),
        "a start cuts, and changes nothing"
    );
    let first = served(&log);
    let end = log.end_offset();
    drop(log);
    let mut log = open(&fs).unwrap();
    assert_eq!(content(&fs), kept, "a second start cuts nothing");
    assert_eq!((served(&log), log.end_offset()), (first, end));
    let more = batch(Codec::None, 1, Producer::NONE);
    let appended = log.append(
        &ValidatedBatch::trusted(&more).unwrap(),
        LeaderEpoch(i32::MAX),
        NOW,
    );
    if let Ok(info) = appended {
        assert_eq!(info.base_offset, end);
        log.close().unwrap();
        assert!(content(&fs).starts_with(&kept));
    }
}
