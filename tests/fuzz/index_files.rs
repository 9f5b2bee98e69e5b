//! Index files and producer snapshots of any bytes, beside a whole log.
//!
//! The first byte chooses the file, the rest is its content. Records and aborted transactions are
//! served as with the file that was there, and no producer is taken for another.

use std::io::IoSlice;
use std::path::{Path, PathBuf};
use std::sync::{Arc, OnceLock};

use kt::fs::{Fs, OpenMode, SimFs};
use kt::record::{
    Append, Attributes, BatchBuilder, EndMarker, Producer, Seal, ValidatedBatch, end_marker_batch,
};
use kt::storage::{AbortedTxn, Log, LogConfig, LogManager, inspect};
use kt::types::{LeaderEpoch, TopicPartition, Uuid};

use crate::log_file::{Served, served};

const DIR: &str = "/data";
const NOW: i64 = 1_700_000_000_000;
/// The files of two segments, of which the first is never read again unless somebody asks for it.
const SUFFIXES: [&str; 4] = ["index", "timeindex", "txnindex", "snapshot"];
const BASES: [u64; 2] = [0, SECOND];
/// Where the second segment begins.
const SECOND: u64 = 24;

/// A disk with a log that was closed, and what the log serves.
struct Prepared {
    fs: SimFs,
    served: Served,
    aborted: Vec<AbortedTxn>,
}

fn config() -> LogConfig {
    LogConfig {
        index_interval_bytes: 64,
        ..LogConfig::default()
    }
}

fn open(fs: &SimFs) -> (LogManager, Log) {
    let fs: Arc<dyn Fs> = Arc::new(fs.clone());
    let mut manager = LogManager::open(fs, &[DIR.into()]).unwrap();
    let mut loaded = manager.load_all(&|_| config(), NOW).unwrap();
    (manager, loaded.logs.pop().unwrap().log)
}

fn prepared() -> &'static Prepared {
    static PREPARED: OnceLock<Prepared> = OnceLock::new();
    PREPARED.get_or_init(|| {
        let fs = SimFs::default();
        let shared: Arc<dyn Fs> = Arc::new(fs.clone());
        let dir = Path::new(DIR);
        let mut manager = LogManager::open(shared, &[dir.into()]).unwrap();
        manager.load_all(&|_| config(), NOW).unwrap();
        let partition = TopicPartition::new("t", 0);
        let created = manager.create(dir, &partition, Uuid(7), config(), NOW);
        let mut log = created.unwrap();
        for segment in 0..2 {
            if segment > 0 {
                log.roll(NOW).unwrap();
                let second = i64::try_from(SECOND).unwrap();
                assert_eq!(log.end_offset().0, second, "as the file names say");
            }
            for number in 0..8 {
                append(&mut log, segment * 8 + number);
            }
        }
        log.close().unwrap();
        manager.mark_clean(dir, 1).unwrap();
        drop(log);
        drop(manager);
        let (_, log) = open(&fs.fork());
        Prepared {
            served: served(&log),
            aborted: log.aborted_transactions(log.start_offset(), log.end_offset()),
            fs,
        }
    })
}

/// Appends two records of a transaction and its end.
fn append(log: &mut Log, number: i32) {
    let mut builder = BatchBuilder::new(1 << 20);
    for _ in 0..2 {
        let fits = builder.append(Some(b"key"), Some(&[0; 40]), &[], NOW + i64::from(number));
        assert_eq!(fits, Append::Fits);
    }
    let seal = Seal {
        attributes: Attributes(0).with_transactional(true),
        producer: Producer {
            id: 7,
            epoch: 0,
            base_sequence: number * 2,
        },
        ..Seal::default()
    };
    let bytes = builder.seal(&seal).unwrap().to_vec();
    let marker = EndMarker {
        committed: number % 2 == 0,
        coordinator_epoch: 0,
    };
    for bytes in [bytes, end_marker_batch(marker, 7, 0, NOW)] {
        let batch = ValidatedBatch::trusted(&bytes).unwrap();
        log.append(&batch, LeaderEpoch(0), NOW).unwrap();
    }
}

fn path(choice: u8) -> PathBuf {
    let choice = usize::from(choice);
    let suffix = SUFFIXES[choice % SUFFIXES.len()];
    let base = BASES[choice / SUFFIXES.len() % BASES.len()];
    Path::new(DIR).join(format!("t-0/{base:020}.{suffix}"))
}

pub fn samples() -> Vec<Vec<u8>> {
    let fs = &prepared().fs;
    let choices = 0..u8::try_from(SUFFIXES.len() * BASES.len()).unwrap();
    let sample = |choice: u8| {
        // The first segment begins without producers, so that it has no snapshot.
        let content = fs.read(&path(choice), u64::MAX).unwrap_or_default();
        [vec![choice], content].concat()
    };
    choices.map(sample).collect()
}

pub fn check(bytes: &[u8]) {
    let Some((choice, content)) = bytes.split_first() else {
        return;
    };
    drop(inspect::offset_index(content, kt::types::Offset(0)));
    drop(inspect::time_index(content, kt::types::Offset(0)));
    drop(inspect::transaction_index(content));
    drop(inspect::producer_snapshot(content));
    let prepared = prepared();
    for is_clean in [true, false] {
        let fs = prepared.fs.fork();
        if !is_clean {
            let marker = Path::new(DIR).join(".kafka_cleanshutdown");
            fs.remove_file(&marker).unwrap();
        }
        let file = fs.open(&path(*choice), OpenMode::Truncate).unwrap();
        file.write_all_at(&mut [IoSlice::new(content)], 0).unwrap();
        let (_manager, mut log) = open(&fs);
        assert_eq!(served(&log), prepared.served);
        let aborted = log.aborted_transactions(log.start_offset(), log.end_offset());
        assert_eq!(aborted, prepared.aborted);
        for at in [0, NOW + 3, NOW + 15, i64::MAX] {
            log.offset_for_timestamp(at).unwrap();
        }
        append(&mut log, 16);
    }
}
