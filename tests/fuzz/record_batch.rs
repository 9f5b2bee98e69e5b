//! Records of producers: batches, records, the five codecs, the formats before 0.11.
//!
//! Nothing panics; memory is bounded by the input; what is accepted to be stored is a whole batch
//! that reads back, record for record.

use allocation_counter::measure;
use kt::record::{
    BatchHeader, Batches, Codec, LEGACY_BYTES_MIN, LegacyMessage, Producer, RecordBatch,
    ValidateOptions, ValidatedBatch, Walk, parse_end_marker, validate,
};

use crate::batches::{batch, resealed};

/// The most that a read may decompress to here.
const DECOMPRESSED_BYTES_MAX: usize = 1 << 20;
/// What a decoder may take for itself: tables and windows of the codecs.
const DECODER_BYTES: u64 = 9 << 20;

pub fn samples() -> Vec<Vec<u8>> {
    let mut samples = vec![Vec::new(), vec![0; LEGACY_BYTES_MIN]];
    for codec in Codec::ALL {
        samples.push(batch(codec, 1, Producer::NONE));
        samples.push(batch(codec, 20, Producer::NONE));
    }
    let producer = Producer {
        id: 7,
        epoch: 1,
        base_sequence: 3,
    };
    samples.push(batch(Codec::None, 3, producer));
    samples.push(legacy());
    samples
}

/// Returns a message of magic 1, as a log of 0.10 has it.
fn legacy() -> Vec<u8> {
    let mut after_crc = vec![1, 0];
    after_crc.extend_from_slice(&1000_i64.to_be_bytes());
    after_crc.extend_from_slice(&(-1_i32).to_be_bytes());
    after_crc.extend_from_slice(&5_i32.to_be_bytes());
    after_crc.extend_from_slice(b"value");
    let mut message = 0_i64.to_be_bytes().to_vec();
    let length = i32::try_from(after_crc.len() + 4).unwrap();
    message.extend_from_slice(&length.to_be_bytes());
    message.extend_from_slice(&[0; 4]);
    message.extend_from_slice(&after_crc);
    message
}

pub fn check(bytes: &[u8]) {
    for bytes in [bytes, &resealed(bytes)] {
        read(bytes);
        for walk in [Walk::Full, Walk::HeaderOnly] {
            for compacted in [false, true] {
                let options = ValidateOptions {
                    walk,
                    compacted,
                    ..ValidateOptions::default()
                };
                store(bytes, &options);
            }
        }
        for target in Codec::ALL {
            let options = ValidateOptions {
                target: Some(target),
                ..ValidateOptions::default()
            };
            // Recompressing a bomb takes what it takes; `REBUILT_BYTES_MAX` bounds it.
            if let Ok(batch) = validate(bytes, &options) {
                check_stored(&batch, Walk::Full);
            }
        }
    }
}

/// Validates what a producer sent; the walk over it is in bounded memory.
fn store(bytes: &[u8], options: &ValidateOptions) {
    let mut outcome = None;
    let bound = u64::try_from(bytes.len()).unwrap() * 8 + DECODER_BYTES;
    let used = measure(|| outcome = validate(bytes, options).ok());
    assert!(
        used.bytes_max <= bound,
        "{} of {bound} bytes",
        used.bytes_max
    );
    if let Some(batch) = outcome {
        check_stored(&batch, options.walk);
    }
}

/// Checks that what goes to the disk is a whole batch; if it was walked, with all its records.
fn check_stored(batch: &ValidatedBatch<'_>, walk: Walk) {
    let mut stored = batch.header.encode().to_vec();
    stored.extend_from_slice(&batch.body);
    let parsed = RecordBatch::parse(&stored).unwrap();
    assert!(parsed.crc_matches());
    if walk == Walk::Full
        && let Ok(body) = parsed.decompressed_body(DECOMPRESSED_BYTES_MAX)
    {
        let count = parsed.records(&body).map(Result::unwrap).count();
        assert_eq!(i32::try_from(count), Ok(parsed.header().record_count));
    }
}

/// Reads bytes as consumers and tools do that trust nobody.
fn read(bytes: &[u8]) {
    for batch in Batches::new(bytes) {
        let Ok(batch) = batch else { break };
        assert_eq!(
            BatchHeader::parse(batch.bytes()).as_ref(),
            Some(batch.header())
        );
        let Ok(body) = batch.decompressed_body(DECOMPRESSED_BYTES_MAX) else {
            continue;
        };
        assert!(body.len() <= DECOMPRESSED_BYTES_MAX.max(bytes.len()));
        let _ = parse_end_marker(&batch);
        for record in batch.records(&body) {
            let Ok(record) = record else { break };
            record.headers.for_each(|_| ());
        }
    }
    if let Some(message) = LegacyMessage::parse(bytes)
        && let Ok(inner) = message.decompress(DECOMPRESSED_BYTES_MAX)
    {
        drop(message.inner(&inner));
    }
}
