//! Loads a shard: reads the whole log of its partition, the last record of a key holds.

use crate::coordinator::KeyedRecordError;
use crate::coordinator::group::{GroupRecord, GroupShard};
use crate::record::{Batches, RecordBatch, parse_end_marker};
use crate::replica::{FirstBatch, Isolation, Partition, ReadFailure, ReadRequest};
use crate::types::Offset;

/// Bytes that are read at once.
const READ_BYTES: usize = 5 * 1024 * 1024;
/// Bytes that a batch may have without compression.
const BATCH_BYTES_MAX: usize = 256 * 1024 * 1024;

/// Why a shard cannot be loaded.
#[derive(Debug, thiserror::Error)]
pub(super) enum LoadError {
    /// The log cannot be read.
    #[error(transparent)]
    Read(#[from] ReadFailure),
    /// The file cannot be read.
    #[error(transparent)]
    Io(#[from] std::io::Error),
    /// A batch that is none.
    #[error(transparent)]
    Batch(#[from] crate::record::BatchError),
    /// Records that cannot be unpacked.
    #[error(transparent)]
    Decompress(#[from] crate::record::DecompressError),
    /// Bytes that are no records.
    #[error(transparent)]
    Record(#[from] crate::record::RecordError),
}

/// Replays the log; returns where it ends.
pub(super) fn load(partition: &Partition, shard: &mut GroupShard) -> Result<Offset, LoadError> {
    let mut from = partition.log_start_offset();
    let mut bytes = Vec::new();
    loop {
        let request = ReadRequest {
            from,
            bytes_max: READ_BYTES,
            isolation: Isolation::LogEnd,
            first_whole: FirstBatch::Whole,
        };
        let Some(plan) = partition.read(request)?.plan else {
            return Ok(from);
        };
        bytes.clear();
        plan.read_into(&mut bytes)?;
        let before = from;
        for batch in Batches::new(&bytes) {
            let batch = match batch {
                Ok(batch) => batch,
                // The read was cut at its limit.
                Err(crate::record::BatchError::Truncated { .. }) if from > before => break,
                Err(error) => return Err(error.into()),
            };
            let header = batch.header();
            let last = header.base_offset.plus(i64::from(header.last_offset_delta));
            if last >= from {
                replay_batch(&batch, shard)?;
                from = last.plus(1);
            }
        }
        if from == before {
            return Ok(from);
        }
    }
}

fn replay_batch(batch: &RecordBatch<'_>, shard: &mut GroupShard) -> Result<(), LoadError> {
    let header = batch.header();
    if header.attributes.is_control() {
        if let Some(marker) = parse_end_marker(batch) {
            shard.end_transaction(header.producer_id, marker.committed);
        }
        return Ok(());
    }
    let is_open = header.attributes.is_transactional();
    let producer = is_open.then_some(header.producer_id);
    let body = batch.decompressed_body(BATCH_BYTES_MAX)?;
    for record in batch.records(&body) {
        let record = record?;
        let at = header.base_offset.plus(i64::from(record.offset_delta)).0;
        match GroupRecord::decode(record.key.unwrap_or_default(), record.value) {
            Ok((record, _)) => shard.replay(&record, producer, at, true),
            // Kafka passes over what a later release wrote.
            Err(KeyedRecordError::UnknownType(kind)) => {
                tracing::warn!(kind, at, "an unknown record of a group is passed over");
            }
            Err(error) => tracing::error!(%error, at, "a broken record of a group is passed over"),
        }
    }
    Ok(())
}
