//! Control records: transaction markers, and what KRaft writes into its log.
//!
//! ```text
//! key    i16 version 0 | i16 type
//! value  of commit and abort: i16 version 0 | i32 coordinator epoch
//! ```
//! The values of the other types are messages of the protocol and come as bytes from the caller.

use super::batch::{Attributes, RecordBatch};
use super::builder::{Append, BatchBuilder, Producer, Seal};
use crate::types::{LeaderEpoch, Offset, TimestampMs};

/// What a control record says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ControlType {
    /// A transaction ended, its records do not count.
    Abort,
    /// A transaction ended, its records count.
    Commit,
    /// A leader of a KRaft quorum begins its epoch.
    LeaderChange,
    /// First record of a KRaft snapshot.
    SnapshotHeader,
    /// Last record of a KRaft snapshot.
    SnapshotFooter,
    /// Version of the KRaft protocol.
    KRaftVersion,
    /// Voters of the KRaft quorum.
    KRaftVoters,
    /// A type from the future.
    Unknown(i16),
}

impl ControlType {
    /// Returns the number in the key.
    #[must_use]
    pub const fn id(self) -> i16 {
        match self {
            Self::Abort => 0,
            Self::Commit => 1,
            Self::LeaderChange => 2,
            Self::SnapshotHeader => 3,
            Self::SnapshotFooter => 4,
            Self::KRaftVersion => 5,
            Self::KRaftVoters => 6,
            Self::Unknown(id) => id,
        }
    }

    /// Returns the type of this number.
    #[must_use]
    pub const fn from_id(id: i16) -> Self {
        match id {
            0 => Self::Abort,
            1 => Self::Commit,
            2 => Self::LeaderChange,
            3 => Self::SnapshotHeader,
            4 => Self::SnapshotFooter,
            5 => Self::KRaftVersion,
            6 => Self::KRaftVoters,
            id => Self::Unknown(id),
        }
    }

    /// Returns the type that a control record's key names; `None` if it is no such key.
    #[must_use]
    pub fn parse_key(key: &[u8]) -> Option<Self> {
        let (version, rest) = key.split_first_chunk()?;
        if i16::from_be_bytes(*version) < 0 {
            return None;
        }
        Some(Self::from_id(i16::from_be_bytes(*rest.first_chunk()?)))
    }

    /// Returns the key.
    #[must_use]
    pub const fn key(self) -> [u8; 4] {
        let [high, low] = self.id().to_be_bytes();
        [0, 0, high, low]
    }
}

/// A control record to be written.
#[derive(Clone, Copy, Debug)]
pub struct ControlRecord<'a> {
    /// Its type.
    pub control_type: ControlType,
    /// Its value, encoded.
    pub value: &'a [u8],
}

/// The end of a transaction in one partition.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct EndMarker {
    /// Whether the transaction's records count.
    pub committed: bool,
    /// Epoch of the coordinator that decided it.
    pub coordinator_epoch: i32,
}

/// Returns a sealed control batch of nobody, as a KRaft leader writes it.
///
/// # Panics
///
/// If there is no record.
#[must_use]
pub fn control_batch(
    records: &[ControlRecord<'_>],
    timestamp: TimestampMs,
    base_offset: Offset,
    leader_epoch: LeaderEpoch,
) -> Vec<u8> {
    let attributes = Attributes(0).with_control(true);
    let seal = Seal {
        attributes,
        base_offset,
        leader_epoch,
        ..Seal::default()
    };
    build(records, timestamp, &seal)
}

/// Returns the sealed batch that ends a transaction; the base offset is assigned at the append.
#[must_use]
pub fn end_marker_batch(
    marker: EndMarker,
    producer_id: i64,
    producer_epoch: i16,
    timestamp: TimestampMs,
) -> Vec<u8> {
    let control_type = if marker.committed {
        ControlType::Commit
    } else {
        ControlType::Abort
    };
    let [a, b, c, d] = marker.coordinator_epoch.to_be_bytes();
    let seal = Seal {
        attributes: Attributes(0).with_control(true).with_transactional(true),
        producer: Producer {
            id: producer_id,
            epoch: producer_epoch,
            base_sequence: -1,
        },
        ..Seal::default()
    };
    build(
        &[ControlRecord {
            control_type,
            value: &[0, 0, a, b, c, d],
        }],
        timestamp,
        &seal,
    )
}

/// Returns what a control batch says about the end of a transaction, `None` if it says nothing.
#[must_use]
pub fn parse_end_marker(batch: &RecordBatch<'_>) -> Option<EndMarker> {
    if !batch.header().attributes.is_control() {
        return None;
    }
    parse_end_marker_body(batch.body(), batch.header().record_count)
}

/// The same from the records alone; control batches are never compressed.
#[must_use]
pub fn parse_end_marker_body(body: &[u8], record_count: i32) -> Option<EndMarker> {
    let record = super::record::Records::new(body, record_count)
        .next()?
        .ok()?;
    let committed = match ControlType::parse_key(record.key?)? {
        ControlType::Commit => true,
        ControlType::Abort => false,
        ControlType::LeaderChange
        | ControlType::SnapshotHeader
        | ControlType::SnapshotFooter
        | ControlType::KRaftVersion
        | ControlType::KRaftVoters
        | ControlType::Unknown(_) => return None,
    };
    let epoch = record.value?.get(2..)?.first_chunk()?;
    Some(EndMarker {
        committed,
        coordinator_epoch: i32::from_be_bytes(*epoch),
    })
}

fn build(records: &[ControlRecord<'_>], timestamp: TimestampMs, seal: &Seal) -> Vec<u8> {
    let mut builder = BatchBuilder::new(usize::MAX);
    for record in records {
        let key = record.control_type.key();
        let appended = builder.append(Some(&key), Some(record.value), &[], timestamp);
        assert_eq!(appended, Append::Fits, "control records are small");
    }
    builder
        .seal(seal)
        .expect("without a codec nothing can fail");
    builder.into_bytes()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::record::tests::{COMMIT_BATCH, unhex};

    #[test]
    fn the_worked_commit_marker_is_written_and_read() {
        let expected = unhex(COMMIT_BATCH);
        let batch = RecordBatch::parse(&expected).unwrap();
        let marker = parse_end_marker(&batch).unwrap();
        assert_eq!(
            marker,
            EndMarker {
                committed: true,
                coordinator_epoch: 0
            }
        );
        let mut bytes = end_marker_batch(marker, 4000, 0, 1_700_000_000_001);
        bytes[..8].copy_from_slice(&20_i64.to_be_bytes());
        bytes[12..16].copy_from_slice(&0_i32.to_be_bytes());
        assert_eq!(bytes, expected);
    }

    #[test]
    fn a_kraft_batch_is_control_but_no_marker() {
        let record = ControlRecord {
            control_type: ControlType::LeaderChange,
            value: b"\0\0",
        };
        let bytes = control_batch(&[record, record], 5, Offset(7), LeaderEpoch(3));
        let batch = RecordBatch::parse(&bytes).unwrap();
        assert!(batch.crc_matches() && batch.header().attributes.is_control());
        assert_eq!(batch.header().last_offset(), Offset(8));
        assert_eq!(parse_end_marker(&batch), None);
    }

    #[test]
    fn types_keep_their_numbers() {
        for id in -1..9 {
            assert_eq!(ControlType::from_id(id).id(), id);
            assert_eq!(
                ControlType::parse_key(&ControlType::from_id(id).key())
                    .unwrap()
                    .id(),
                id
            );
        }
        assert_eq!(ControlType::parse_key(&[0, 0, 0]), None);
    }
}
