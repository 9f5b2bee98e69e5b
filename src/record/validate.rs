//! What a broker checks on append and what it rewrites (LogValidator, ProduceRequest).
//!
//! The checks run in Kafka's order, since a client sees which one fails first: one batch of magic
//! 2, codec allowed, base offset 0, size, CRC, counts, no control batch, sequence; then the
//! records. Offsets are not assigned here. What is stored is the producer's own bytes, borrowed,
//! but for `compression.type` and for compressed batches with odd offset deltas.

use std::borrow::Cow;

use super::batch::{BatchError, BatchHeader, HEADER_BYTES, RecordBatch};
use super::builder::{Append, BatchBuilder, Header, Producer, Seal};
use super::compression::{Codec, DecompressError, compress};
use super::record::Records;
use super::stream::{RecordSummary, StreamError, StreamedRecords};
use super::validate_error::{RecordIssue, RecordIssueKind, ValidateError};
use crate::types::TimestampMs;

/// Whose time a topic's records carry (`message.timestamp.type`).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum TimestampType {
    /// The producer's.
    #[default]
    CreateTime,
    /// The broker's, at the append.
    LogAppendTime,
}

/// How far the records are looked at (`record.validation`).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Walk {
    /// Each record, decompressing if needed, as Kafka does.
    #[default]
    Full,
    /// Only the header and the CRC.
    HeaderOnly,
}

/// What a topic and a request allow.
#[derive(Clone, Debug)]
pub struct ValidateOptions {
    /// `max.message.bytes`.
    pub max_message_bytes: usize,
    /// Whether `cleanup.policy` has `compact`.
    pub compacted: bool,
    /// `message.timestamp.type`.
    pub timestamp_type: TimestampType,
    /// `message.timestamp.before.max.ms`.
    pub before_max_ms: i64,
    /// `message.timestamp.after.max.ms`.
    pub after_max_ms: i64,
    /// Whether the request's version allows zstd (Produce 7 and above).
    pub zstd_allowed: bool,
    /// How far the records are looked at.
    pub walk: Walk,
    /// The broker's time.
    pub now_ms: TimestampMs,
    /// `compression.type`; `None` keeps the producer's.
    pub target: Option<Codec>,
    /// `compression.CODEC.level` of the target.
    pub target_level: Option<i32>,
}

impl Default for ValidateOptions {
    /// Returns Kafka's defaults at the time 0.
    fn default() -> Self {
        Self {
            max_message_bytes: 1_048_588,
            compacted: false,
            timestamp_type: TimestampType::CreateTime,
            before_max_ms: i64::MAX,
            after_max_ms: 3_600_000,
            zstd_allowed: true,
            walk: Walk::Full,
            now_ms: 0,
            target: None,
            target_level: None,
        }
    }
}

/// A batch that may be appended: only base offset and leader epoch are still to be set, which are
/// not under the CRC.
#[derive(Clone, Debug)]
pub struct ValidatedBatch<'a> {
    /// The header as it will be stored.
    pub header: BatchHeader,
    /// The records as they will be stored.
    pub body: Cow<'a, [u8]>,
    /// Offset delta of the first record with the largest timestamp; under LogAppendTime, and where
    /// the records were not walked, of the last record.
    pub max_timestamp_offset_delta: i32,
    /// The time to be answered: -1 unless the topic's type is LogAppendTime.
    pub log_append_time_ms: TimestampMs,
}

impl<'a> ValidatedBatch<'a> {
    /// Takes a batch that this process has built itself: a marker, a coordinator's records.
    pub fn trusted(bytes: &'a [u8]) -> Result<Self, BatchError> {
        let batch = RecordBatch::parse(bytes)?;
        Ok(Self {
            header: *batch.header(),
            body: Cow::Borrowed(batch.body()),
            max_timestamp_offset_delta: batch.header().last_offset_delta,
            log_append_time_ms: -1,
        })
    }

    /// Returns the size of the batch with its header.
    #[must_use]
    pub fn total_bytes(&self) -> usize {
        HEADER_BYTES + self.body.len()
    }
}

/// The most that a compressed batch may decompress to while it is only looked at.
const WALKED_BYTES_MAX: u64 = 2 << 30;
/// The most that a compressed batch may decompress to where it is compressed anew.
const REBUILT_BYTES_MAX: usize = 256 << 20;

/// Checks the records of one partition of a Produce request, and prepares them to be stored.
pub fn validate<'a>(
    bytes: &'a [u8],
    options: &ValidateOptions,
) -> Result<ValidatedBatch<'a>, ValidateError> {
    let batch = check_envelope(bytes, options)?;
    let codec = check_header(&batch)?;
    let mut walked = Walked {
        max_timestamp: batch.header().max_timestamp,
        max_offset_delta: batch.header().last_offset_delta,
        is_sequential: true,
    };
    if options.walk == Walk::Full {
        walked = walk_records(&batch, codec, options)?;
    }
    let target = options.target.unwrap_or(codec);
    let mut header = *batch.header();
    let mut body = Cow::Borrowed(batch.body());
    if codec != Codec::None && !walked.is_sequential {
        (header, body) = rebuild(&batch, target, options.target_level)?;
    } else if target != codec {
        let plain = batch.decompressed_body(REBUILT_BYTES_MAX)?;
        let mut compressed = Vec::with_capacity(plain.len() / 2);
        compress(target, options.target_level, &plain, &mut compressed)
            .map_err(ValidateError::Compress)?;
        header.attributes = header.attributes.with_codec(target);
        body = Cow::Owned(compressed);
    }
    let is_rebuilt = matches!(body, Cow::Owned(_));
    let is_stamped = options.timestamp_type == TimestampType::LogAppendTime;
    if is_stamped {
        header.attributes = header.attributes.with_log_append_time(true);
        walked.max_timestamp = options.now_ms;
        walked.max_offset_delta = header.last_offset_delta;
    }
    let is_changed = is_stamped || walked.max_timestamp != header.max_timestamp;
    header.max_timestamp = walked.max_timestamp;
    if is_rebuilt {
        header.seal(&body);
        check_size(HEADER_BYTES + body.len(), options)?;
    } else if is_changed {
        header.crc = header.computed_crc(&body);
    }
    Ok(ValidatedBatch {
        header,
        body,
        max_timestamp_offset_delta: walked.max_offset_delta,
        log_append_time_ms: if is_stamped { options.now_ms } else { -1 },
    })
}

/// Checks what can be told without believing the batch: one batch, its codec, its size, its CRC.
fn check_envelope<'a>(
    bytes: &'a [u8],
    options: &ValidateOptions,
) -> Result<RecordBatch<'a>, ValidateError> {
    if bytes.is_empty() {
        return Err(ValidateError::NoBatch);
    }
    let batch = RecordBatch::parse(bytes).map_err(|error| match error {
        BatchError::Magic { magic } => ValidateError::Magic(magic),
        BatchError::Truncated { .. } => ValidateError::NoBatch,
        BatchError::Length { .. } => ValidateError::Length(error),
    })?;
    let codec = batch.header().attributes.codec();
    if codec == Some(Codec::Zstd) && !options.zstd_allowed {
        return Err(ValidateError::ZstdNotAllowed);
    }
    if batch.bytes().len() < bytes.len() {
        return Err(ValidateError::ManyBatches);
    }
    if batch.header().base_offset.0 != 0 {
        return Err(ValidateError::BaseOffset(batch.header().base_offset.0));
    }
    check_size(bytes.len(), options)?;
    let (stored, computed) = (batch.header().crc, batch.computed_crc());
    if stored != computed {
        return Err(ValidateError::Crc { stored, computed });
    }
    Ok(batch)
}

fn check_size(bytes: usize, options: &ValidateOptions) -> Result<(), ValidateError> {
    let bytes_max = options.max_message_bytes;
    if bytes > bytes_max {
        Err(ValidateError::TooLarge { bytes, bytes_max })
    } else {
        Ok(())
    }
}

fn check_header(batch: &RecordBatch<'_>) -> Result<Codec, ValidateError> {
    let header = batch.header();
    let (last, count) = (header.last_offset_delta, header.record_count);
    if last < 0 {
        return Err(ValidateError::OffsetRange(last));
    }
    if count <= 0 {
        return Err(ValidateError::Count(count));
    }
    if count - 1 != last {
        return Err(ValidateError::CountMismatch { last, count });
    }
    if header.attributes.is_control() {
        return Err(ValidateError::Control);
    }
    if header.has_producer_id() && header.base_sequence < 0 {
        let (sequence, producer_id) = (header.base_sequence, header.producer_id);
        return Err(ValidateError::Sequence {
            sequence,
            producer_id,
        });
    }
    if header.attributes.is_log_append_time() {
        return Err(ValidateError::LogAppendTimeBit);
    }
    let id = header.attributes.0 & 0x7;
    header
        .attributes
        .codec()
        .ok_or(DecompressError::UnknownCodec { id }.into())
}

/// What a walk found.
#[derive(Clone, Copy)]
struct Walked {
    max_timestamp: TimestampMs,
    max_offset_delta: i32,
    is_sequential: bool,
}

fn walk_records(
    batch: &RecordBatch<'_>,
    codec: Codec,
    options: &ValidateOptions,
) -> Result<Walked, ValidateError> {
    let header = batch.header();
    let mut walker = Walker::new(header, options);
    if codec == Codec::None {
        for record in Records::new(batch.body(), header.record_count) {
            let record = record.map_err(StreamError::Record)?;
            walker.see(RecordSummary::from(&record));
        }
    } else {
        let streamed =
            StreamedRecords::new(codec, batch.body(), header.record_count, WALKED_BYTES_MAX)
                .map_err(StreamError::Codec)?;
        for summary in streamed {
            walker.see(summary?);
        }
    }
    walker.finish()
}

struct Walker<'a> {
    options: &'a ValidateOptions,
    base_timestamp: TimestampMs,
    earliest: TimestampMs,
    latest: TimestampMs,
    index: i32,
    walked: Walked,
    issues: Vec<RecordIssue>,
    total: usize,
    has_timestamp: bool,
}

impl<'a> Walker<'a> {
    const fn new(header: &BatchHeader, options: &'a ValidateOptions) -> Self {
        Self {
            options,
            base_timestamp: header.base_timestamp,
            earliest: options.now_ms.saturating_sub(options.before_max_ms),
            latest: options.now_ms.saturating_add(options.after_max_ms),
            index: 0,
            walked: Walked {
                max_timestamp: -1,
                max_offset_delta: 0,
                is_sequential: true,
            },
            issues: Vec::new(),
            total: 0,
            has_timestamp: false,
        }
    }

    #[inline]
    fn see(&mut self, record: RecordSummary) {
        let timestamp = self.base_timestamp.wrapping_add(record.timestamp_delta);
        if self.options.compacted && !record.has_key {
            self.refuse(RecordIssueKind::NullKey);
        } else if self.options.timestamp_type == TimestampType::CreateTime
            && timestamp != -1
            && !(self.earliest..=self.latest).contains(&timestamp)
        {
            let (earliest, latest) = (self.earliest, self.latest);
            self.has_timestamp = true;
            self.refuse(RecordIssueKind::Timestamp {
                timestamp,
                earliest,
                latest,
            });
        }
        if timestamp > self.walked.max_timestamp {
            self.walked.max_timestamp = timestamp;
            self.walked.max_offset_delta = self.index;
        }
        self.walked.is_sequential &= record.offset_delta == self.index;
        self.index += 1;
    }

    #[cold]
    fn refuse(&mut self, kind: RecordIssueKind) {
        self.total += 1;
        if self.issues.len() < ValidateError::ISSUES_MAX {
            self.issues.push(RecordIssue {
                index: self.index,
                kind,
            });
        }
    }

    fn finish(self) -> Result<Walked, ValidateError> {
        if self.total > 0 {
            let Self {
                issues,
                total,
                has_timestamp,
                ..
            } = self;
            return Err(ValidateError::Records {
                issues,
                total,
                has_timestamp,
            });
        }
        Ok(self.walked)
    }
}

/// Builds the batch anew with offset deltas 0, 1, 2, …; Kafka does so for the sake of old clients.
fn rebuild(
    batch: &RecordBatch<'_>,
    target: Codec,
    level: Option<i32>,
) -> Result<(BatchHeader, Cow<'static, [u8]>), ValidateError> {
    let header = batch.header();
    let plain = batch.decompressed_body(REBUILT_BYTES_MAX)?;
    let mut builder = BatchBuilder::new(usize::MAX);
    let mut headers: Vec<Header<'_>> = Vec::new();
    for record in batch.records(&plain) {
        let record = record.map_err(StreamError::Record)?;
        headers.clear();
        headers.extend(record.headers.map(|(key, value)| Header { key, value }));
        let timestamp = header.base_timestamp.wrapping_add(record.timestamp_delta);
        let appended = builder.append(record.key, record.value, &headers, timestamp);
        assert_eq!(appended, Append::Fits, "the batch has no limit");
    }
    let producer = Producer {
        id: header.producer_id,
        epoch: header.producer_epoch,
        base_sequence: header.base_sequence,
    };
    let seal = Seal {
        codec: target,
        level,
        producer,
        attributes: header.attributes,
        ..Seal::default()
    };
    builder.seal(&seal).map_err(ValidateError::Compress)?;
    let mut bytes = builder.into_bytes();
    let header = BatchHeader::parse(&bytes).expect("a sealed batch has a header");
    bytes.drain(..HEADER_BYTES);
    Ok((header, Cow::Owned(bytes)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::record::batch::Attributes;
    use crate::types::TopicPartition;

    const NOW: i64 = 1_700_000_000_000;

    fn options() -> ValidateOptions {
        ValidateOptions {
            now_ms: NOW,
            ..ValidateOptions::default()
        }
    }

    fn batch(codec: Codec, timestamps: &[i64]) -> Vec<u8> {
        let mut builder = BatchBuilder::new(usize::MAX);
        for (index, timestamp) in timestamps.iter().enumerate() {
            let key = (index > 0).then_some(&b"key"[..]);
            assert_eq!(
                builder.append(key, Some(b"value"), &[], *timestamp),
                Append::Fits
            );
        }
        builder
            .seal(&Seal {
                codec,
                ..Seal::default()
            })
            .unwrap();
        builder.into_bytes()
    }

    /// Changes the header and seals again.
    fn changed(bytes: &[u8], change: impl FnOnce(&mut BatchHeader)) -> Vec<u8> {
        let mut header = BatchHeader::parse(bytes).unwrap();
        change(&mut header);
        header.crc = header.computed_crc(&bytes[HEADER_BYTES..]);
        [&header.encode()[..], &bytes[HEADER_BYTES..]].concat()
    }

    fn stored(batch: &ValidatedBatch<'_>) -> Vec<u8> {
        [&batch.header.encode()[..], &batch.body].concat()
    }

    #[test]
    fn a_good_batch_is_stored_as_sent() {
        for codec in Codec::ALL {
            let bytes = batch(codec, &[NOW, NOW + 5, NOW + 2]);
            let valid = validate(&bytes, &options()).unwrap();
            assert!(matches!(valid.body, Cow::Borrowed(_)));
            assert_eq!(stored(&valid), bytes);
            assert_eq!(
                (valid.max_timestamp_offset_delta, valid.log_append_time_ms),
                (1, -1)
            );
        }
    }

    type Case = (fn(&mut BatchHeader), &'static str);

    #[test]
    fn checks_fail_in_kafkas_order() {
        let bytes = batch(Codec::Zstd, &[NOW, NOW]);
        let partition = TopicPartition::new("t", 0);
        let text = |bytes: &[u8], options: &ValidateOptions| {
            validate(bytes, options).unwrap_err().message(&partition)
        };
        let small = ValidateOptions {
            max_message_bytes: 60,
            zstd_allowed: false,
            ..options()
        };
        let two = [bytes.clone(), bytes.clone()].concat();
        assert!(text(&[], &small).contains("exactly one"));
        assert!(text(&two, &small).contains("ZStandard"));
        let small = ValidateOptions {
            zstd_allowed: true,
            ..small
        };
        assert!(text(&two, &small).contains("exactly one record batch"));
        let shifted = changed(&bytes, |header| header.base_offset.0 = 3);
        assert!(text(&shifted, &small).ends_with("should be 0, but it is 3"));
        assert!(text(&bytes, &small).ends_with("maximum configured value of 60."));
        let mut broken = bytes.clone();
        *broken.last_mut().unwrap() ^= 1;
        assert!(text(&broken, &options()).starts_with("Record is corrupt (stored crc = "));
        let cases: [Case; 6] = [
            (
                |h| h.last_offset_delta = -2,
                "Batch has an invalid offset range: [0, -2]",
            ),
            (
                |h| h.record_count = 0,
                "Invalid reported count for record batch: 0",
            ),
            (
                |h| h.record_count = 3,
                "Inconsistent batch offset range [0, 1] and count",
            ),
            (
                |h| h.attributes = h.attributes.with_control(true),
                "Clients are not allowed",
            ),
            (
                |h| h.producer_id = 5,
                "Invalid sequence number -1 in record batch with producerId 5",
            ),
            (
                |h| h.attributes = h.attributes.with_log_append_time(true),
                "One or more records",
            ),
        ];
        for (change, expected) in cases {
            let message = text(&changed(&bytes, change), &options());
            assert!(message.starts_with(expected), "{message}");
        }
    }

    #[test]
    fn a_batch_that_is_cut_short_is_none_and_an_impossible_length_is_corrupt() {
        let bytes = batch(Codec::None, &[NOW]);
        let error = validate(&bytes[..bytes.len() - 1], &options()).unwrap_err();
        assert!(matches!(error, ValidateError::NoBatch));
        let error = validate(&changed(&bytes, |h| h.length = 5), &options()).unwrap_err();
        assert!(matches!(error, ValidateError::Length(_)));
    }

    #[test]
    fn null_keys_and_wild_timestamps_are_told_by_record() {
        let partition = TopicPartition::new("t", 0);
        for codec in [Codec::None, Codec::Lz4] {
            let bytes = batch(codec, &[NOW, NOW]);
            let compacted = ValidateOptions {
                compacted: true,
                ..options()
            };
            let error = validate(&bytes, &compacted).unwrap_err();
            assert_eq!(
                error.message(&partition),
                "One or more records have been rejected due to 1 record errors in total, and only \
                 showing the first three errors at most: [RecordError(batchIndex=0, \
                 message='Compacted topic cannot accept message without key in topic partition \
                 t-0')]"
            );
            let bytes = batch(codec, &[NOW, NOW + 3_600_001, -1]);
            let ValidateError::Records {
                issues,
                has_timestamp: true,
                ..
            } = validate(&bytes, &options()).unwrap_err()
            else {
                panic!("expected record errors");
            };
            assert_eq!(issues.len(), 1);
            assert_eq!(
                issues[0].message(&partition),
                "Timestamp 1700003600001 of message with offset 1 is out of range. The timestamp \
                 should be within [-9223370336854775807, 1700003600000]"
            );
        }
    }

    #[test]
    fn a_count_that_the_records_do_not_bear_out_is_refused() {
        for codec in [Codec::None, Codec::Gzip] {
            for count in [1, 3] {
                let bytes = changed(&batch(codec, &[NOW, NOW]), |header| {
                    header.record_count = count;
                    header.last_offset_delta = count - 1;
                });
                let error = validate(&bytes, &options()).unwrap_err();
                assert!(matches!(
                    error,
                    ValidateError::Structure(StreamError::Record(_))
                ));
                let relaxed = ValidateOptions {
                    walk: Walk::HeaderOnly,
                    ..options()
                };
                assert!(validate(&bytes, &relaxed).is_ok());
            }
        }
    }

    #[test]
    fn log_append_time_is_stamped_with_a_new_crc() {
        let bytes = batch(Codec::Gzip, &[5, 9]);
        let stamped = ValidateOptions {
            timestamp_type: TimestampType::LogAppendTime,
            ..options()
        };
        let valid = validate(&bytes, &stamped).unwrap();
        assert_eq!(valid.header.max_timestamp, NOW);
        assert_eq!(valid.header.base_timestamp, 5);
        assert_eq!(valid.log_append_time_ms, NOW);
        let stored = stored(&valid);
        let batch = RecordBatch::parse(&stored).unwrap();
        assert!(batch.crc_matches() && batch.header().attributes.is_log_append_time());
    }

    #[test]
    fn a_wrong_maximum_is_mended() {
        let bytes = changed(&batch(Codec::None, &[NOW, NOW + 7]), |h| {
            h.max_timestamp = NOW;
        });
        let valid = validate(&bytes, &options()).unwrap();
        assert_eq!(valid.header.max_timestamp, NOW + 7);
        assert!(RecordBatch::parse(&stored(&valid)).unwrap().crc_matches());
    }

    #[test]
    fn another_compression_type_compresses_anew_and_keeps_the_producer() {
        let bytes = changed(&batch(Codec::Gzip, &[NOW; 50]), |header| {
            header.producer_id = 9;
            header.producer_epoch = 2;
            header.base_sequence = 100;
            header.attributes = header.attributes.with_transactional(true);
        });
        for target in [Codec::None, Codec::Zstd, Codec::Snappy] {
            let valid = validate(
                &bytes,
                &ValidateOptions {
                    target: Some(target),
                    ..options()
                },
            )
            .unwrap();
            let stored = stored(&valid);
            let batch = RecordBatch::parse(&stored).unwrap();
            assert!(batch.crc_matches());
            let header = batch.header();
            assert_eq!(header.attributes, Attributes(0x10).with_codec(target));
            assert_eq!((header.producer_id, header.last_sequence()), (9, 149));
            let body = batch.decompressed_body(10_000).unwrap();
            assert_eq!(batch.records(&body).filter(Result::is_ok).count(), 50);
        }
        let small = ValidateOptions {
            target: Some(Codec::None),
            max_message_bytes: bytes.len() + 10,
            ..options()
        };
        assert!(matches!(
            validate(&bytes, &small),
            Err(ValidateError::TooLarge { .. })
        ));
    }

    #[test]
    fn odd_offset_deltas_of_a_compressed_batch_are_numbered_anew() {
        let plain = batch(Codec::None, &[NOW, NOW]);
        let mut body = plain[HEADER_BYTES..].to_vec();
        // The first record's offset delta: 0 becomes 5.
        assert_eq!(body[3], 0);
        body[3] = 10;
        let mut compressed = Vec::new();
        compress(Codec::Zstd, None, &body, &mut compressed).unwrap();
        let mut header = BatchHeader::parse(&plain).unwrap();
        header.attributes = Attributes(0).with_codec(Codec::Zstd);
        header.seal(&compressed);
        let bytes = [&header.encode()[..], &compressed].concat();
        let valid = validate(&bytes, &options()).unwrap();
        let stored = stored(&valid);
        let batch = RecordBatch::parse(&stored).unwrap();
        assert!(batch.crc_matches());
        let body = batch.decompressed_body(1000).unwrap();
        let deltas: Vec<_> = batch
            .records(&body)
            .map(|r| r.unwrap().offset_delta)
            .collect();
        assert_eq!(deltas, vec![0, 1]);
    }
}
