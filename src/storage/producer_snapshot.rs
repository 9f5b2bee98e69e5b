//! `.snapshot`: the producer state at the offset that names the file, the first not included.
//!
//! ```text
//! i16 version 1 | u32 CRC-32C of what follows | i32 count | entries of 46 bytes:
//! i64 producer id | i16 epoch | i32 last sequence | i64 last offset | i32 offset delta
//! i64 timestamp | i32 coordinator epoch | i64 first offset of the open transaction, or -1
//! ```
//! Of each producer only its last batch is kept, as the format has it.

use std::collections::HashMap;

use crc_fast::{CrcAlgorithm, checksum};

use super::producer::{BatchMetadata, ProducerState};
use crate::types::Offset;

const VERSION: i16 = 1;
const CRC_END: usize = 6;
const ENTRY_BYTES: usize = 46;

/// Why a snapshot is not believed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the producer snapshot is malformed: {reason}")]
pub struct SnapshotError {
    reason: &'static str,
}

/// Returns the file's content for these producers.
pub(super) fn encode(producers: &HashMap<i64, ProducerState>) -> Vec<u8> {
    let mut sorted: Vec<_> = producers.iter().collect();
    sorted.sort_unstable_by_key(|(id, _)| **id);
    let mut out = Vec::with_capacity(10 + sorted.len() * ENTRY_BYTES);
    out.extend_from_slice(&VERSION.to_be_bytes());
    out.extend_from_slice(&[0; 4]);
    let count = i32::try_from(sorted.len()).unwrap_or(i32::MAX);
    out.extend_from_slice(&count.to_be_bytes());
    for (id, state) in sorted {
        let last = state.last_batch();
        out.extend_from_slice(&id.to_be_bytes());
        out.extend_from_slice(&state.epoch().to_be_bytes());
        out.extend_from_slice(&last.map_or(-1, |batch| batch.last_sequence).to_be_bytes());
        out.extend_from_slice(&last.map_or(-1, |batch| batch.last_offset.0).to_be_bytes());
        out.extend_from_slice(&last.map_or(0, |batch| batch.offset_delta).to_be_bytes());
        out.extend_from_slice(&state.last_timestamp().to_be_bytes());
        out.extend_from_slice(&state.coordinator_epoch().to_be_bytes());
        out.extend_from_slice(&state.txn_first_offset().map_or(-1, |o| o.0).to_be_bytes());
    }
    let crc = crc_of(out.get(CRC_END..).unwrap_or_default());
    if let Some(field) = out.get_mut(2..CRC_END) {
        field.copy_from_slice(&crc.to_be_bytes());
    }
    out
}

/// Returns the producers of a file's content.
pub(super) fn parse(content: &[u8]) -> Result<HashMap<i64, ProducerState>, SnapshotError> {
    let error = |reason| SnapshotError { reason };
    let short = error("it is too short");
    let (version, rest) = content.split_first_chunk().ok_or(short)?;
    let (crc, rest) = rest.split_first_chunk().ok_or(short)?;
    if i16::from_be_bytes(*version) != VERSION {
        return Err(error("unknown version"));
    }
    if u32::from_be_bytes(*crc) != crc_of(rest) {
        return Err(error("the CRC does not match"));
    }
    let (count, entries) = rest.split_first_chunk().ok_or(short)?;
    let expected = usize::try_from(i32::from_be_bytes(*count)).ok();
    if !entries.len().is_multiple_of(ENTRY_BYTES) || expected != Some(entries.len() / ENTRY_BYTES) {
        return Err(error("the count does not match"));
    }
    let mut producers = HashMap::with_capacity(entries.len() / ENTRY_BYTES);
    for entry in entries.chunks_exact(ENTRY_BYTES) {
        let (id, state) = parse_entry(entry).ok_or(short)?;
        producers.insert(id, state);
    }
    Ok(producers)
}

fn parse_entry(entry: &[u8]) -> Option<(i64, ProducerState)> {
    let (id, rest) = entry.split_first_chunk()?;
    let (epoch, rest) = rest.split_first_chunk()?;
    let (last_sequence, rest) = rest.split_first_chunk()?;
    let (last_offset, rest) = rest.split_first_chunk()?;
    let (offset_delta, rest) = rest.split_first_chunk()?;
    let (timestamp, rest) = rest.split_first_chunk()?;
    let (coordinator_epoch, rest) = rest.split_first_chunk()?;
    let txn_first = Offset(i64::from_be_bytes(*rest.first_chunk()?));
    let last_offset = Offset(i64::from_be_bytes(*last_offset));
    let timestamp = i64::from_be_bytes(*timestamp);
    let batch = BatchMetadata {
        last_sequence: i32::from_be_bytes(*last_sequence),
        last_offset,
        offset_delta: i32::from_be_bytes(*offset_delta),
        timestamp,
    };
    let state = ProducerState::restored(
        i16::from_be_bytes(*epoch),
        i32::from_be_bytes(*coordinator_epoch),
        timestamp,
        (last_offset.0 >= 0).then_some(batch),
        (txn_first.0 >= 0).then_some(txn_first),
    );
    Some((i64::from_be_bytes(*id), state))
}

#[expect(
    clippy::cast_possible_truncation,
    reason = "a 32-bit checksum in a 64-bit number"
)]
fn crc_of(bytes: &[u8]) -> u32 {
    checksum(CrcAlgorithm::Crc32Iscsi, bytes) as u32
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::record::tests::unhex;

    const ONE_PRODUCER: &str = "0001cb54388c000000010000000000000fa000000000000400000000000000090\
        00000040000018bcfe5680000000000ffffffffffffffff";

    #[test]
    fn the_worked_snapshot_is_read_and_written() {
        let bytes = unhex(ONE_PRODUCER);
        let producers = parse(&bytes).unwrap();
        let state = &producers[&4000];
        assert_eq!(state.last_timestamp(), 1_700_000_000_000);
        assert_eq!(state.last_batch().unwrap().last_offset, Offset(9));
        assert_eq!(state.last_batch().unwrap().last_sequence, 4);
        assert_eq!(state.txn_first_offset(), None);
        assert_eq!(encode(&producers), bytes);
    }

    #[test]
    fn every_flipped_bit_and_every_cut_is_seen() {
        let bytes = unhex(ONE_PRODUCER);
        for position in 0..bytes.len() {
            let mut other = bytes.clone();
            other[position] ^= 4;
            assert!(parse(&other).is_err(), "{position}");
            assert!(parse(&bytes[..position]).is_err(), "{position}");
        }
    }
}
