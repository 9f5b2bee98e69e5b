//! One batch, or message of the old formats, held against its own checksum, counts and lengths.
//!
//! What the CRC does not cover (base offset, leader epoch) is only read here; whether it continues
//! what lies before is for [`super::order`].

use super::Frame;
use crate::record::{
    Codec, LEGACY_BYTES_MIN, LegacyMessage, MAGIC, RecordBatch, RecordSummary, StreamedRecords,
    parse_end_marker,
};
use crate::types::{LeaderEpoch, Offset, TimestampMs};

/// No batch decompresses to more.
const DECOMPRESSED_BYTES_MAX: u64 = 4 << 30;
/// Messages of the old formats are decompressed whole.
const LEGACY_BYTES_MAX: usize = 256 << 20;

/// What a sound batch says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct CheckedFrame {
    /// Its first offset.
    pub base_offset: Offset,
    /// Its last offset.
    pub last_offset: Offset,
    /// The epoch of the leader that wrote it; the old formats have none.
    pub leader_epoch: Option<LeaderEpoch>,
    /// Its largest timestamp, -1 without one.
    pub max_timestamp: TimestampMs,
    /// How many records it holds.
    pub records: u64,
    /// Whether compaction has taken records out of it.
    pub is_sparse: bool,
    /// Who wrote it, if it was an idempotent producer.
    pub producer: Option<FrameProducer>,
}

/// The part of a batch that producer state is made of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FrameProducer {
    /// Its id.
    pub id: i64,
    /// Its epoch.
    pub epoch: i16,
    /// Sequence number of its last record.
    pub last_sequence: i32,
    /// Whether the batch belongs to a transaction.
    pub is_transactional: bool,
    /// If the batch ends a transaction: whether the records count.
    pub committed: Option<bool>,
    /// Whether the batch is a control batch.
    pub is_control: bool,
}

/// Checks a batch's format, CRC, and that its records are those that it promises.
pub fn check_frame(frame: &Frame<'_>) -> Result<CheckedFrame, String> {
    match frame.magic() {
        MAGIC => check_batch(frame),
        0 | 1 => check_message(frame),
        magic => Err(format!(
            "the magic byte is {magic}, formats 0 to 2 are known"
        )),
    }
}

fn check_batch(frame: &Frame<'_>) -> Result<CheckedFrame, String> {
    let batch = RecordBatch::parse(frame.bytes).map_err(|error| error.to_string())?;
    let header = *batch.header();
    if !batch.crc_matches() {
        return Err(format!(
            "the CRC is wrong: {:08x} is stored, the bytes give {:08x}",
            header.crc,
            batch.computed_crc()
        ));
    }
    if header.base_offset.0 < 0 {
        return Err(format!("the base offset is {}", header.base_offset));
    }
    if header.last_offset_delta < 0 {
        return Err(format!(
            "the last offset delta is {}",
            header.last_offset_delta
        ));
    }
    let records = u64::try_from(header.record_count)
        .map_err(|_| format!("the record count is {}", header.record_count))?;
    check_records(&batch)?;
    let producer = header.has_producer_id().then(|| FrameProducer {
        id: header.producer_id,
        epoch: header.producer_epoch,
        last_sequence: header.last_sequence(),
        is_transactional: header.attributes.is_transactional(),
        committed: parse_end_marker(&batch).map(|marker| marker.committed),
        is_control: header.attributes.is_control(),
    });
    Ok(CheckedFrame {
        base_offset: header.base_offset,
        last_offset: header.last_offset(),
        leader_epoch: Some(header.leader_epoch),
        max_timestamp: header.max_timestamp,
        records,
        is_sparse: i64::from(header.record_count) != i64::from(header.last_offset_delta) + 1,
        producer,
    })
}

/// Checks that the records can be read, and that their offsets rise up to the batch's last.
fn check_records(batch: &RecordBatch<'_>) -> Result<(), String> {
    let header = batch.header();
    let mut last = -1;
    let mut follow = |summary: RecordSummary| {
        let delta = summary.offset_delta;
        if delta <= last || delta > header.last_offset_delta {
            return Err(format!(
                "a record has offset {} behind {}, in a batch up to {}",
                header.base_offset.plus(delta.into()),
                header.base_offset.plus(last.into()),
                header.last_offset()
            ));
        }
        last = delta;
        Ok(())
    };
    match header.attributes.codec() {
        None => Err(format!("codec {} is not known", header.attributes.0 & 7)),
        Some(Codec::None) => {
            for record in batch.records(batch.body()) {
                let record = record.map_err(|error| error.to_string())?;
                follow(RecordSummary::from(&record))?;
            }
            Ok(())
        }
        // Compaction leaves batches without a record, and without a compressed block then.
        Some(_) if header.record_count == 0 && batch.body().is_empty() => Ok(()),
        Some(codec) => {
            let count = header.record_count;
            let walk = StreamedRecords::new(codec, batch.body(), count, DECOMPRESSED_BYTES_MAX);
            for record in walk.map_err(|error| error.to_string())? {
                follow(record.map_err(|error| error.to_string())?)?;
            }
            Ok(())
        }
    }
}

fn check_message(frame: &Frame<'_>) -> Result<CheckedFrame, String> {
    let bytes = frame.bytes.len();
    let message = LegacyMessage::parse(frame.bytes)
        .filter(|_| bytes >= LEGACY_BYTES_MIN)
        .ok_or_else(|| format!("{bytes} bytes are no message of format {}", frame.magic()))?;
    if !message.crc_matches() {
        return Err("the CRC is wrong".to_owned());
    }
    let codec = message
        .codec()
        .ok_or_else(|| format!("codec {} is not known", message.attributes & 7))?;
    let mut checked = CheckedFrame {
        base_offset: message.offset,
        last_offset: message.offset,
        leader_epoch: None,
        max_timestamp: message.timestamp.unwrap_or(-1),
        records: 1,
        is_sparse: false,
        producer: None,
    };
    if codec != Codec::None {
        let inner = message
            .decompress(LEGACY_BYTES_MAX)
            .map_err(|error| error.to_string())?;
        let messages = message.inner(&inner);
        let first = messages.first().ok_or("it holds no messages")?;
        if messages.iter().any(|inner| !inner.crc_matches()) {
            return Err("the CRC of a message inside is wrong".to_owned());
        }
        checked.base_offset = first.offset;
        checked.records = u64::try_from(messages.len()).unwrap_or(u64::MAX);
    }
    Ok(checked)
}
