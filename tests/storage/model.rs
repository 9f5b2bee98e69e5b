//! What the tests write, and what they expect to read back.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use kt::fs::Fs;
use kt::record::{Append, BatchBuilder, Batches, Producer, Seal, ValidatedBatch};
use kt::storage::{AppendInfo, LoadReport, Log, LogConfig, StartState};
use kt::types::{LeaderEpoch, Offset, TopicPartition};

pub(crate) const NOW: i64 = 1_700_000_000_000;

pub(crate) fn partition() -> TopicPartition {
    TopicPartition::new("t", 0)
}

pub(crate) fn dir(root: &Path) -> PathBuf {
    root.join("t-0")
}

/// Opens the log with these settings.
pub(crate) fn load(
    fs: &Arc<dyn Fs>,
    root: &Path,
    config: &LogConfig,
    start: StartState,
) -> (Log, LoadReport) {
    Log::load(
        Arc::clone(fs),
        dir(root),
        partition(),
        config.clone(),
        start,
        NOW,
    )
    .unwrap()
}

/// A batch of `count` records of `bytes` bytes each, all of them saying `tag`.
pub(crate) fn batch(tag: u64, count: u64, bytes: usize, producer: Producer) -> Vec<u8> {
    let mut builder = BatchBuilder::new(usize::MAX);
    for index in 0..count {
        let mut value = format!("{tag}:{index}:").into_bytes();
        value.resize(value.len().max(bytes), b'.');
        let timestamp = NOW + i64::try_from(tag).unwrap();
        assert_eq!(
            builder.append(Some(b"key"), Some(&value), &[], timestamp),
            Append::Fits
        );
    }
    builder
        .seal(&Seal {
            producer,
            ..Seal::default()
        })
        .unwrap();
    builder.into_bytes()
}

/// Appends a batch as a leader does.
pub(crate) fn append(log: &mut Log, bytes: &[u8], epoch: i32) -> AppendInfo {
    log.append(
        &ValidatedBatch::trusted(bytes).unwrap(),
        LeaderEpoch(epoch),
        NOW,
    )
    .unwrap()
}

/// Syncs all, as the flush runner does.
pub(crate) fn flush(fs: &Arc<dyn Fs>, log: &mut Log) {
    if let Some(plan) = log.flush_plan() {
        plan.run(fs.as_ref()).unwrap();
        log.flushed(&plan);
    }
}

/// Reads all from `from` on, in pieces of `max_bytes`: base offsets and the batches' bytes.
pub(crate) fn read_all(log: &Log, from: Offset, max_bytes: usize) -> Vec<(i64, Vec<u8>)> {
    let mut found = Vec::new();
    let mut next = from;
    while next < log.end_offset() {
        let plan = log.read(next, max_bytes, log.end_offset(), true).unwrap();
        let mut out = Vec::new();
        plan.read_into(&mut out).unwrap();
        assert!(
            !out.is_empty(),
            "something lies before the end {}",
            log.end_offset()
        );
        for batch in Batches::new(&out) {
            let batch = batch.unwrap();
            assert!(batch.crc_matches());
            next = batch.header().next_offset();
            found.push((batch.header().base_offset.0, batch.bytes()[16..].to_vec()));
        }
    }
    found
}
