//! What stays of a batch, and the batch that is left: pure functions over bytes
//! (Cleaner.cleanInto and MemoryRecords.filterTo).
//!
//! A batch of which all stays is copied as it is. Otherwise base offset, last offset, producer
//! and sequence stay, so that nothing moves; records keep their bytes, unless the batch gets a
//! delete horizon: that takes the base timestamp's place, and the deltas count from it (KIP-534).

use std::collections::HashMap;
use std::io;

use super::offset_map::OffsetMap;
use super::transactions::Role;
use crate::record::{
    BatchHeader, Codec, DecompressError, HEADER_BYTES, RecordBatch, RecordError, compress,
    put_varint, put_varlong, take_varint, take_varlong, varlong_bytes,
};
use crate::types::{Offset, TimestampMs};

/// The most that one batch may decompress to.
pub(super) const DECOMPRESSED_BYTES_MAX: usize = 256 << 20;

/// The last thing that a producer wrote.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum LastRecord {
    /// Records, of which the last has this offset.
    Data(Offset),
    /// A marker of this epoch, and no records of it.
    Marker(i16),
}

/// What decides about records.
#[derive(Clone, Copy, Debug)]
pub(super) struct Rules<'r> {
    /// The last offset of each key in the dirty section.
    pub(super) map: &'r OffsetMap,
    /// The first offset that the map knows nothing about; from here on all stays.
    pub(super) mapped_until: Offset,
    /// Where the cleaning ends; the batch before it stays, empty if need be.
    pub(super) until: Offset,
    /// The producers that are known.
    pub(super) producers: &'r HashMap<i64, LastRecord>,
    /// The time.
    pub(super) now_ms: TimestampMs,
    /// `delete.retention.ms`
    pub(super) delete_retention_ms: i64,
}

/// What stays of a batch.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Kept {
    /// Nothing.
    Nothing,
    /// All, as it is.
    Whole,
    /// This.
    Rebuilt(Vec<u8>),
}

/// Why a batch cannot be cleaned.
#[derive(Debug, thiserror::Error)]
pub(super) enum FilterError {
    /// It does not decompress.
    #[error(transparent)]
    Decompress(#[from] DecompressError),
    /// It is not the records that it promises.
    #[error(transparent)]
    Records(#[from] RecordError),
    /// The rest does not compress.
    #[error("the rest does not compress: {0}")]
    Compress(#[from] io::Error),
}

/// A record that stays.
struct KeptRecord<'b> {
    bytes: &'b [u8],
    timestamp_delta: i64,
}

impl Rules<'_> {
    /// Decides about a batch.
    pub(super) fn filter(&self, batch: &RecordBatch<'_>, role: Role) -> Result<Kept, FilterError> {
        let header = batch.header();
        let is_control = header.attributes.is_control();
        let is_needless_marker = is_control && role == Role::NotNeeded;
        let is_kept_empty = self.is_last_of_producer(header) || header.next_offset() == self.until;
        let is_dropped = if is_control {
            is_needless_marker && horizon(header).is_some_and(|horizon| horizon <= self.now_ms)
        } else {
            role == Role::NotNeeded
        };
        if is_dropped || header.record_count == 0 {
            return Ok(match (is_kept_empty, header.record_count) {
                (true, 0) => Kept::Whole,
                (true, _) => Kept::Rebuilt(emptied(header)),
                (false, _) => Kept::Nothing,
            });
        }
        let body = batch.decompressed_body(DECOMPRESSED_BYTES_MAX)?;
        let mut records = batch.records(&body);
        let mut kept = Vec::new();
        let mut has_tombstone = false;
        let mut is_whole = true;
        loop {
            let before = records.rest();
            let Some(record) = records.next() else { break };
            let record = record?;
            let bytes = before.len() - records.rest().len();
            let offset = header.base_offset.plus(i64::from(record.offset_delta));
            let stays = is_control || self.stays(header, offset, record.key, record.value);
            is_whole &= stays;
            if stays {
                has_tombstone |= record.value.is_none();
                kept.push(KeptRecord {
                    bytes: before.get(..bytes).unwrap_or_default(),
                    timestamp_delta: record.timestamp_delta,
                });
            }
        }
        let is_new_horizon =
            (has_tombstone || is_needless_marker) && !header.attributes.has_delete_horizon();
        if kept.is_empty() {
            return Ok(if is_kept_empty {
                Kept::Rebuilt(emptied(header))
            } else {
                Kept::Nothing
            });
        }
        if is_whole && !is_new_horizon {
            return Ok(Kept::Whole);
        }
        let new_horizon =
            is_new_horizon.then(|| self.now_ms.saturating_add(self.delete_retention_ms));
        Ok(Kept::Rebuilt(rebuilt(header, &kept, new_horizon)?))
    }

    fn stays(
        &self,
        header: &BatchHeader,
        offset: Offset,
        key: Option<&[u8]>,
        value: Option<&[u8]>,
    ) -> bool {
        if offset >= self.mapped_until {
            return true;
        }
        // Records without a key are from before the topic was compacted.
        let Some(key) = key else { return false };
        if self.map.get(key).is_some_and(|last| last > offset) {
            return false;
        }
        value.is_some() || horizon(header).is_none_or(|horizon| self.now_ms < horizon)
    }

    fn is_last_of_producer(&self, header: &BatchHeader) -> bool {
        if !header.has_producer_id() {
            return false;
        }
        match self.producers.get(&header.producer_id) {
            Some(LastRecord::Data(offset)) => header.last_offset() == *offset,
            Some(LastRecord::Marker(epoch)) => {
                header.attributes.is_control() && header.producer_epoch == *epoch
            }
            None => false,
        }
    }
}

/// Returns from when on tombstones and markers of a batch may go.
fn horizon(header: &BatchHeader) -> Option<TimestampMs> {
    let has_horizon = header.attributes.has_delete_horizon();
    has_horizon.then_some(header.base_timestamp)
}

/// Returns a batch without records that says the same of offsets and producer.
fn emptied(header: &BatchHeader) -> Vec<u8> {
    let mut header = BatchHeader {
        attributes: header
            .attributes
            .with_codec(Codec::None)
            .with_delete_horizon(false),
        base_timestamp: -1,
        record_count: 0,
        ..*header
    };
    header.seal(&[]);
    header.encode().to_vec()
}

/// Returns the batch of these records.
fn rebuilt(
    header: &BatchHeader,
    records: &[KeptRecord<'_>],
    new_horizon: Option<TimestampMs>,
) -> Result<Vec<u8>, FilterError> {
    let id = header.attributes.0 & 0x7;
    let codec = header.attributes.codec();
    let codec = codec.ok_or(DecompressError::UnknownCodec { id })?;
    let base_timestamp = new_horizon.unwrap_or(header.base_timestamp);
    let at = |delta: i64| header.base_timestamp.wrapping_add(delta);
    let mut body = Vec::with_capacity(records.iter().map(|record| record.bytes.len()).sum());
    for record in records {
        if new_horizon.is_none() {
            body.extend_from_slice(record.bytes);
            continue;
        }
        let delta = at(record.timestamp_delta).wrapping_sub(base_timestamp);
        put_with_delta(&mut body, record.bytes, delta)
            .ok_or(RecordError::Structure { index: 0 })?;
    }
    let largest = records
        .iter()
        .map(|record| at(record.timestamp_delta))
        .max();
    let has_own_times = !header.attributes.is_log_append_time();
    let max_timestamp = largest.filter(|_| has_own_times);
    let mut header = BatchHeader {
        attributes: header
            .attributes
            .with_delete_horizon(new_horizon.is_some() || header.attributes.has_delete_horizon()),
        base_timestamp,
        max_timestamp: max_timestamp.unwrap_or(header.max_timestamp),
        record_count: i32::try_from(records.len()).unwrap_or(i32::MAX),
        ..*header
    };
    let mut out = vec![0; HEADER_BYTES];
    compress(codec, None, &body, &mut out)?;
    if let Some((target, body)) = out.split_first_chunk_mut::<HEADER_BYTES>() {
        header.seal(body);
        *target = header.encode();
    }
    Ok(out)
}

/// Appends a record with another timestamp delta: all behind that field stays as it is.
fn put_with_delta(out: &mut Vec<u8>, mut record: &[u8], delta: i64) -> Option<()> {
    take_varint(&mut record)?;
    let (attributes, mut rest) = record.split_first()?;
    take_varlong(&mut rest)?;
    let bytes = 1 + varlong_bytes(delta) + rest.len();
    put_varint(out, i32::try_from(bytes).ok()?);
    out.push(*attributes);
    put_varlong(out, delta);
    out.extend_from_slice(rest);
    Some(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::record::end_marker_batch;
    use crate::record::{Append, Attributes, BatchBuilder, EndMarker, Producer, Seal};

    const NOW: i64 = 1_700_000_000_000;
    const RETENTION: i64 = 1000;

    type Pair<'a> = (Option<&'a str>, Option<&'a str>);

    /// A batch at offset 10; records are a second apart.
    fn batch(codec: Codec, producer: Producer, records: &[Pair<'_>]) -> Vec<u8> {
        let mut builder = BatchBuilder::new(usize::MAX);
        for (index, (key, value)) in (0..).zip(records) {
            let (key, value) = (key.map(str::as_bytes), value.map(str::as_bytes));
            let appended = builder.append(key, value, &[], NOW - 100_000 + index * 1000);
            assert_eq!(appended, Append::Fits);
        }
        let base_offset = Offset(10);
        let seal = Seal {
            codec,
            producer,
            base_offset,
            ..Seal::default()
        };
        builder.seal(&seal).unwrap();
        builder.into_bytes()
    }

    struct Case {
        map: OffsetMap,
        producers: HashMap<i64, LastRecord>,
        now_ms: i64,
        until: Offset,
    }

    impl Case {
        /// The keys were last seen at these offsets, the last of which is 99.
        fn with(keys: &[(&str, i64)]) -> Self {
            let mut map = OffsetMap::new(100, usize::MAX, 0.9, (1, 2));
            for (key, offset) in keys {
                map.put(key.as_bytes(), Offset(*offset)).unwrap();
            }
            Self {
                map,
                producers: HashMap::new(),
                now_ms: NOW,
                until: Offset(200),
            }
        }

        fn filter(&self, bytes: &[u8], role: Role) -> Kept {
            let rules = Rules {
                map: &self.map,
                mapped_until: Offset(100),
                until: self.until,
                producers: &self.producers,
                now_ms: self.now_ms,
                delete_retention_ms: RETENTION,
            };
            rules
                .filter(&RecordBatch::parse(bytes).unwrap(), role)
                .unwrap()
        }
    }

    /// Offset, timestamp, key, value.
    type Read = (i64, i64, Option<String>, Option<String>);

    fn read(bytes: &[u8]) -> (BatchHeader, Vec<Read>) {
        let batch = RecordBatch::parse(bytes).unwrap();
        assert!(batch.crc_matches() && batch.bytes().len() == bytes.len());
        let body = batch.decompressed_body(1 << 20).unwrap();
        let header = *batch.header();
        let text = |bytes: &[u8]| String::from_utf8(bytes.to_vec()).unwrap();
        let records = batch.records(&body).map(|record| {
            let record = record.unwrap();
            let offset = header.base_offset.0 + i64::from(record.offset_delta);
            let timestamp = header.base_timestamp + record.timestamp_delta;
            (
                offset,
                timestamp,
                record.key.map(text),
                record.value.map(text),
            )
        });
        (header, records.collect())
    }

    fn rebuilt(kept: Kept) -> (BatchHeader, Vec<Read>) {
        match kept {
            Kept::Rebuilt(bytes) => read(&bytes),
            other => panic!("{other:?}"),
        }
    }

    const A: Pair<'_> = (Some("a"), Some("1"));
    const B: Pair<'_> = (Some("b"), Some("2"));
    const C: Pair<'_> = (Some("c"), Some("3"));

    #[test]
    fn superseded_records_go_and_nothing_else_moves() {
        for codec in Codec::ALL {
            let producer = Producer {
                id: 7,
                epoch: 2,
                base_sequence: 5,
            };
            let bytes = batch(codec, producer, &[A, B, C]);
            let (before, all) = read(&bytes);
            let case = Case::with(&[("b", 11), ("c", 50)]);
            let (after, records) = rebuilt(case.filter(&bytes, Role::Counts));
            assert_eq!(records, all[..2], "{codec}");
            assert_eq!(after.attributes.codec(), Some(codec));
            assert_eq!(after.max_timestamp, NOW - 99_000);
            let expected = BatchHeader {
                length: after.length,
                crc: after.crc,
                max_timestamp: after.max_timestamp,
                record_count: 2,
                ..before
            };
            assert_eq!(after, expected);
        }
    }

    #[test]
    fn a_batch_of_which_all_stays_is_not_touched() {
        let bytes = batch(Codec::Zstd, Producer::NONE, &[A, B]);
        let case = Case::with(&[("b", 11), ("x", 50)]);
        assert_eq!(case.filter(&bytes, Role::Counts), Kept::Whole);
        let case = Case::with(&[("a", 50), ("b", 50)]);
        assert_eq!(case.filter(&bytes, Role::Counts), Kept::Nothing);
        assert_eq!(case.filter(&bytes, Role::NotNeeded), Kept::Nothing);
    }

    #[test]
    fn records_without_a_key_go_below_the_end_of_the_map_only() {
        let bytes = batch(Codec::None, Producer::NONE, &[(None, Some("1")), A]);
        let case = Case::with(&[]);
        let (_, records) = rebuilt(case.filter(&bytes, Role::Counts));
        assert_eq!(records.len(), 1);
        let mut later = bytes;
        later[..8].copy_from_slice(&100_i64.to_be_bytes());
        assert_eq!(case.filter(&later, Role::Counts), Kept::Whole);
    }

    #[test]
    fn a_tombstone_gets_a_horizon_and_goes_when_that_has_passed() {
        let bytes = batch(Codec::None, Producer::NONE, &[A, (Some("b"), None)]);
        let mut case = Case::with(&[("b", 11)]);
        let Kept::Rebuilt(first) = case.filter(&bytes, Role::Counts) else {
            panic!("a horizon was to be set");
        };
        let (header, records) = read(&first);
        assert_eq!(horizon(&header), Some(NOW + RETENTION));
        assert_eq!(records, read(&bytes).1, "times are as before");
        assert_eq!(header.max_timestamp, read(&bytes).0.max_timestamp);
        case.now_ms = NOW + RETENTION - 1;
        assert_eq!(case.filter(&first, Role::Counts), Kept::Whole);
        case.now_ms = NOW + RETENTION;
        let (header, rest) = rebuilt(case.filter(&first, Role::Counts));
        assert_eq!(rest, records[..1]);
        assert_eq!(horizon(&header), Some(NOW + RETENTION), "the horizon stays");
    }

    #[test]
    fn a_marker_that_ends_nothing_gets_a_horizon_and_goes_when_that_has_passed() {
        let marker = EndMarker {
            committed: false,
            coordinator_epoch: 3,
        };
        let bytes = end_marker_batch(marker, 7, 1, NOW - 5000);
        let mut case = Case::with(&[]);
        assert_eq!(case.filter(&bytes, Role::Counts), Kept::Whole);
        let Kept::Rebuilt(first) = case.filter(&bytes, Role::NotNeeded) else {
            panic!("a horizon was to be set");
        };
        let batch = RecordBatch::parse(&first).unwrap();
        assert_eq!(crate::record::parse_end_marker(&batch), Some(marker));
        assert_eq!(horizon(batch.header()), Some(NOW + RETENTION));
        assert_eq!(case.filter(&first, Role::NotNeeded), Kept::Whole);
        case.now_ms = NOW + RETENTION;
        assert_eq!(case.filter(&first, Role::Counts), Kept::Whole);
        assert_eq!(case.filter(&first, Role::NotNeeded), Kept::Nothing);
        case.producers.insert(7, LastRecord::Marker(1));
        let (header, records) = rebuilt(case.filter(&first, Role::NotNeeded));
        assert!(records.is_empty() && header.attributes.is_control());
        case.producers.insert(7, LastRecord::Marker(2));
        assert_eq!(case.filter(&first, Role::NotNeeded), Kept::Nothing);
    }

    #[test]
    fn a_producers_last_batch_stays_empty_and_so_does_the_last_before_the_end() {
        let producer = Producer {
            id: 7,
            epoch: 2,
            base_sequence: 5,
        };
        let bytes = batch(Codec::Gzip, producer, &[A, B]);
        let before = read(&bytes).0;
        for (last, until) in [(11, 200), (50, 12)] {
            let mut case = Case::with(&[("a", 50), ("b", 50)]);
            case.producers.insert(7, LastRecord::Data(Offset(last)));
            case.until = Offset(until);
            for role in [Role::Counts, Role::NotNeeded] {
                let Kept::Rebuilt(first) = case.filter(&bytes, role) else {
                    panic!("an empty batch was to stay");
                };
                let (after, records) = read(&first);
                assert!(records.is_empty() && first.len() == HEADER_BYTES);
                assert_eq!(after.last_offset(), before.last_offset());
                assert_eq!(after.last_sequence(), before.last_sequence());
                assert_eq!(after.attributes, Attributes(0));
                assert_eq!(after.max_timestamp, before.max_timestamp);
                assert_eq!(case.filter(&first, role), Kept::Whole);
                case.producers.clear();
                case.until = Offset(200);
                assert_eq!(case.filter(&first, role), Kept::Nothing);
                case.producers.insert(7, LastRecord::Data(Offset(last)));
                case.until = Offset(until);
            }
        }
    }

    #[test]
    fn damaged_batches_are_errors() {
        let mut bytes = batch(Codec::Gzip, Producer::NONE, &[A, B]);
        bytes[HEADER_BYTES + 20] ^= 0xff;
        let mut unknown = batch(Codec::None, Producer::NONE, &[A, B]);
        unknown[22] |= 7;
        let mut short = batch(Codec::None, Producer::NONE, &[A, B]);
        short[60] = 3;
        let case = Case::with(&[]);
        let producers = HashMap::new();
        let rules = Rules {
            map: &case.map,
            mapped_until: Offset(100),
            until: Offset(200),
            producers: &producers,
            now_ms: NOW,
            delete_retention_ms: 0,
        };
        for bytes in [bytes, unknown, short] {
            let batch = RecordBatch::parse(&bytes).unwrap();
            assert!(rules.filter(&batch, Role::Counts).is_err());
        }
    }
}
