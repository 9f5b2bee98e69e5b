//! The records of `__share_group_state` (KIP-932).

use super::keyed::keyed_records;
use crate::record::fields::struct_fields;
use crate::types::Uuid;

struct_fields! {
    /// Offsets of a share partition in one state.
    StateBatch { first_offset: i64, last_offset: i64, delivery_state: i8, delivery_count: i16 }
}

keyed_records! {
    /// A record of `__share_group_state`.
    ShareRecord {
        0 ShareSnapshot (ShareSnapshotKey, ShareSnapshotValue) reads 0 writes 0 tags from 0
        { group_id: String, topic_id: Uuid, partition: i32 }
        => {
            snapshot_epoch: i32, state_epoch: i32, leader_epoch: i32, start_offset: i64,
            delivery_complete_count: i32 [tag 0, else -1], create_timestamp: i64,
            write_timestamp: i64, state_batches: Vec<StateBatch>,
        }
        1 ShareUpdate (ShareUpdateKey, ShareUpdateValue) reads 0 writes 0 tags from 0
        { group_id: String, topic_id: Uuid, partition: i32 }
        => {
            snapshot_epoch: i32, leader_epoch: i32, start_offset: i64,
            delivery_complete_count: i32 [tag 0, else -1], state_batches: Vec<StateBatch>,
        }
    }
}
