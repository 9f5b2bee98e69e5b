//! Files and batches of metadata records: snapshots, the bootstrap checkpoint, sealed batches.
//!
//! ```text
//! snapshot    SnapshotHeader · KRaftVersion · Voters · batches of records · SnapshotFooter
//! bootstrap   SnapshotHeader · one batch of records · SnapshotFooter
//! ```
//!
//! The offsets inside are those of the file, from 0. A file is written whole or not at all.

use std::io;
use std::path::{Path, PathBuf};

use super::bootstrap::with_implied_settings;
use super::kraft::{self, Control, Voter};
use super::metadata_log_error::MetadataLogError;
use crate::fs::Fs;
use crate::metadata::{MetadataImage, MetadataRecord};
use crate::record::{
    Append, BatchBuilder, Batches, ControlRecord, ControlType, RecordBatch, Records, Seal,
    control_batch,
};
use crate::types::{LeaderEpoch, Offset, TimestampMs};

/// The file of bootstrap records in a log directory.
pub(super) const BOOTSTRAP_FILE: &str = "bootstrap.checkpoint";
/// Records of one batch, as KRaft limits one user operation.
pub(super) const BATCH_BYTES_MAX: usize = 8 << 20;
/// The most that a snapshot may hold.
const SNAPSHOT_BYTES_MAX: u64 = 2 << 30;

/// Writes the file of bootstrap records that `kafka-storage format` leaves in a log directory.
pub(super) fn bootstrap_checkpoint(records: &[MetadataRecord], now_ms: TimestampMs) -> Vec<u8> {
    let mut out = controls(&kraft::bootstrap_header(0), now_ms, LeaderEpoch(0));
    append_snapshot_batches(&mut out, 1, records, now_ms);
    out
}

/// Writes the snapshot that names the voters of a directory formatted for a dynamic quorum.
pub(super) fn first_checkpoint(voters: &[Voter], now_ms: TimestampMs) -> Vec<u8> {
    snapshot_bytes(voters, &[], now_ms)
}

pub(super) fn snapshot_bytes(
    voters: &[Voter],
    records: &[MetadataRecord],
    now_ms: TimestampMs,
) -> Vec<u8> {
    let header = kraft::snapshot_header(voters, now_ms);
    let next = i64::try_from(header.len()).expect("three records");
    let mut out = controls(&header, now_ms, LeaderEpoch(0));
    append_snapshot_batches(&mut out, next, records, now_ms);
    out
}

/// Appends batches of records and the footer, with the offsets that a snapshot's records have.
pub(super) fn append_snapshot_batches(
    out: &mut Vec<u8>,
    mut next: i64,
    records: &[MetadataRecord],
    now_ms: TimestampMs,
) {
    for mut batch in batches_of(records, now_ms) {
        // The base offset is not under the checksum.
        if let Some(field) = batch.get_mut(..8) {
            field.copy_from_slice(&next.to_be_bytes());
        }
        let count = RecordBatch::parse(&batch).map_or(0, |batch| batch.header().record_count);
        next += i64::from(count);
        out.extend_from_slice(&batch);
    }
    let footer = kraft::snapshot_footer();
    let records: Vec<ControlRecord<'_>> = footer.iter().map(as_control).collect();
    out.extend_from_slice(&control_batch(
        &records,
        now_ms,
        Offset(next),
        LeaderEpoch(0),
    ));
}

/// Cuts records into sealed batches under the size limit.
pub(super) fn batches_of(records: &[MetadataRecord], now_ms: TimestampMs) -> Vec<Vec<u8>> {
    let mut batches = Vec::new();
    let mut builder = BatchBuilder::new(BATCH_BYTES_MAX);
    let mut seal = |builder: &mut BatchBuilder| {
        let bytes = builder
            .seal(&Seal::default())
            .expect("nothing is compressed");
        batches.push(bytes.to_vec());
        builder.clear();
    };
    for record in records {
        let value = record.encode();
        if builder.append(None, Some(&value), &[], now_ms) != Append::Fits {
            seal(&mut builder);
            let alone = builder.append(None, Some(&value), &[], now_ms);
            assert_eq!(
                alone,
                Append::Fits,
                "a metadata record is far below the limit"
            );
        }
    }
    if !builder.is_empty() {
        seal(&mut builder);
    }
    batches
}

pub(super) fn decode_batch(
    batch: &RecordBatch<'_>,
    path: &Path,
) -> Result<Vec<(Offset, MetadataRecord)>, MetadataLogError> {
    let base = batch.header().base_offset;
    let damaged = |what: String| MetadataLogError::Damaged {
        path: path.to_owned(),
        offset: base,
        what,
    };
    let body = batch
        .decompressed_body(BATCH_BYTES_MAX * 8)
        .map_err(|e| damaged(e.to_string()))?;
    let mut decoded = Vec::new();
    for record in Records::new(&body, batch.header().record_count) {
        let record = record.map_err(|error| damaged(error.to_string()))?;
        let offset = base.plus(i64::from(record.offset_delta));
        let value = record.value.unwrap_or_default();
        let record = MetadataRecord::decode(value)
            .map_err(|source| MetadataLogError::Record { offset, source })?;
        decoded.push((offset, record));
    }
    Ok(decoded)
}

pub(super) fn controls(records: &[Control], now_ms: TimestampMs, epoch: LeaderEpoch) -> Vec<u8> {
    let records: Vec<ControlRecord<'_>> = records.iter().map(as_control).collect();
    control_batch(&records, now_ms, Offset::ZERO, epoch)
}

pub(super) fn as_control((control_type, value): &Control) -> ControlRecord<'_> {
    ControlRecord {
        control_type: *control_type,
        value,
    }
}

/// Lists the snapshots, the oldest first: end offset, epoch, path.
pub(super) fn snapshots(
    fs: &dyn Fs,
    dir: &Path,
) -> io::Result<Vec<(Offset, LeaderEpoch, PathBuf)>> {
    let parse = |name: &str| {
        let (offset, epoch) = name.strip_suffix(".checkpoint")?.split_once('-')?;
        Some((
            Offset(offset.parse().ok()?),
            LeaderEpoch(epoch.parse().ok()?),
            dir.join(name),
        ))
    };
    let entries = fs.read_dir(dir)?;
    let mut found: Vec<_> = entries
        .iter()
        .filter_map(|entry| parse(&entry.name))
        .collect();
    found.sort_unstable();
    Ok(found)
}

/// Applies a snapshot; every record of it stands for the state at its end.
pub(super) fn read_snapshot(
    fs: &dyn Fs,
    path: &Path,
    end: Offset,
    image: &mut MetadataImage,
) -> Result<(), MetadataLogError> {
    let at = |source| MetadataLogError::Io {
        path: path.to_owned(),
        source,
    };
    let content = fs.read(path, SNAPSHOT_BYTES_MAX).map_err(at)?;
    let last = Offset((end.0 - 1).max(0));
    for record in checkpoint_records(&content, path)? {
        image
            .apply(last, &record)
            .map_err(|source| MetadataLogError::Apply {
                offset: last,
                source,
            })?;
    }
    Ok(())
}

/// Reads the bootstrap records of a formatted log directory, if there are any.
pub(super) fn read_bootstrap(
    fs: &dyn Fs,
    log_dir: &Path,
) -> Result<Option<Vec<MetadataRecord>>, MetadataLogError> {
    let path = log_dir.join(BOOTSTRAP_FILE);
    let content = match fs.read(&path, SNAPSHOT_BYTES_MAX) {
        Ok(content) => content,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
        Err(source) => return Err(MetadataLogError::Io { path, source }),
    };
    Ok(Some(with_implied_settings(checkpoint_records(
        &content, &path,
    )?)))
}

/// Returns the metadata records of a checkpoint file; one without its header or its footer, with a
/// wrong CRC or with a gap is damaged.
fn checkpoint_records(
    content: &[u8],
    path: &Path,
) -> Result<Vec<MetadataRecord>, MetadataLogError> {
    let mut next = Offset::ZERO;
    let damaged = |offset: Offset, what: &str| MetadataLogError::Damaged {
        path: path.to_owned(),
        offset,
        what: what.to_owned(),
    };
    let mut records = Vec::new();
    let (mut first, mut last) = (None, None);
    for batch in Batches::new(content) {
        let batch = batch.map_err(|error| damaged(next, &error.to_string()))?;
        if !batch.crc_matches() {
            return Err(damaged(next, "the CRC is wrong"));
        }
        if batch.header().base_offset != next {
            return Err(damaged(next, "a batch is missing"));
        }
        next = batch.header().next_offset();
        last = None;
        if batch.header().attributes.is_control() {
            let types = control_types(&batch).ok_or_else(|| damaged(next, "a bad control"))?;
            first = first.or_else(|| types.first().copied());
            last = types.last().copied();
            continue;
        }
        let decoded = decode_batch(&batch, path)?;
        records.extend(decoded.into_iter().map(|(_, record)| record));
    }
    if first != Some(ControlType::SnapshotHeader) {
        return Err(damaged(Offset::ZERO, "the header is missing"));
    }
    if last != Some(ControlType::SnapshotFooter) {
        return Err(damaged(next, "the footer is missing"));
    }
    Ok(records)
}

fn control_types(batch: &RecordBatch<'_>) -> Option<Vec<ControlType>> {
    let records = Records::new(batch.body(), batch.header().record_count);
    records
        .map(|record| ControlType::parse_key(record.ok()?.key?))
        .collect()
}
