//! The records of `__remote_log_metadata`, which brokers with tiered storage write (KIP-405).
//!
//! ```text
//! type unsigned varint · version unsigned varint · body
//! ```
//!
//! kt has no tiered storage; its tools read these records of other clusters.

use serde_json::{Value, json};

use crate::record::fields::{Blob, Field as _, FieldError, Layout, struct_fields, take_unsigned};
use crate::types::Uuid;

/// Bytes that are no record of this topic.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum RemoteLogError {
    /// A field is broken.
    #[error(transparent)]
    Field(#[from] FieldError),
    /// A type or version that is not known.
    #[error("unknown record type {key}, version {version}")]
    Unknown {
        /// The type's number.
        key: u32,
        /// The version.
        version: u32,
    },
}

struct_fields! {
    /// A partition and its topic's id.
    TopicIdPartitionEntry { name: String, id: Uuid, partition: i32 }
    /// A segment that was copied away.
    RemoteLogSegmentIdEntry { topic_id_partition: TopicIdPartitionEntry, id: Uuid }
    /// A leader's epoch and its first offset in a segment.
    SegmentLeaderEpochEntry { leader_epoch: i32, offset: i64 }
    /// A segment is being copied.
    RemoteLogSegmentMetadataRecord {
        remote_log_segment_id: RemoteLogSegmentIdEntry, start_offset: i64, end_offset: i64,
        broker_id: i32, max_timestamp_ms: i64, event_timestamp_ms: i64,
        segment_leader_epochs: Vec<SegmentLeaderEpochEntry>, segment_size_in_bytes: i32,
        custom_metadata: Option<Blob>, remote_log_segment_state: i8,
        txn_index_empty: bool [tag 0, else false],
    }
    /// What became of a segment.
    RemoteLogSegmentMetadataUpdateRecord {
        remote_log_segment_id: RemoteLogSegmentIdEntry, broker_id: i32, event_timestamp_ms: i64,
        custom_metadata: Option<Blob>, remote_log_segment_state: i8,
    }
    /// A partition is being deleted.
    RemotePartitionDeleteMetadataRecord {
        topic_id_partition: TopicIdPartitionEntry, broker_id: i32, event_timestamp_ms: i64,
        remote_partition_delete_state: i8,
    }
    /// A segment, in a snapshot of a partition's segments.
    RemoteLogSegmentMetadataSnapshotRecord {
        segment_id: Uuid, start_offset: i64, end_offset: i64, broker_id: i32,
        max_timestamp_ms: i64, event_timestamp_ms: i64,
        segment_leader_epochs: Vec<SegmentLeaderEpochEntry>, segment_size_in_bytes: i32,
        custom_metadata: Option<Blob>, remote_log_segment_state: i8,
        txn_index_empty: bool [tag 0, else false],
    }
}

/// Returns a record as JSON: its type, version and fields.
pub fn to_json(bytes: &[u8]) -> Result<Value, RemoteLogError> {
    let mut input = bytes;
    let key = take_unsigned(&mut input)?;
    let version = take_unsigned(&mut input)?;
    let layout = Layout {
        version,
        has_tags: true,
    };
    macro_rules! read {
        ($record:ident) => {
            (
                stringify!($record),
                $record::read_from(&mut input, layout)?.to_json(layout),
            )
        };
    }
    let (name, data) = match (key, version) {
        (0, 0) => read!(RemoteLogSegmentMetadataRecord),
        (1, 0) => read!(RemoteLogSegmentMetadataUpdateRecord),
        (2, 0) => read!(RemotePartitionDeleteMetadataRecord),
        (3, 0) => read!(RemoteLogSegmentMetadataSnapshotRecord),
        _ => return Err(RemoteLogError::Unknown { key, version }),
    };
    match input.len() {
        0 => Ok(json!({"type": name, "version": version, "data": data})),
        trailing => Err(FieldError::Trailing(trailing).into()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_deleted_partition_is_told_and_every_cut_is_an_error() {
        let record = RemotePartitionDeleteMetadataRecord {
            broker_id: 1,
            ..RemotePartitionDeleteMetadataRecord::default()
        };
        let mut bytes = vec![2, 0];
        record.write_to(
            &mut bytes,
            Layout {
                version: 0,
                has_tags: true,
            },
        );
        let shown = to_json(&bytes).unwrap();
        assert_eq!(shown["data"]["brokerId"], 1);
        for length in 0..bytes.len() {
            to_json(&bytes[..length]).unwrap_err();
        }
        assert!(matches!(
            to_json(&[9, 0]),
            Err(RemoteLogError::Unknown { key: 9, .. })
        ));
    }
}
