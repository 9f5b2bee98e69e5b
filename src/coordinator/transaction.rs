//! The records of `__transaction_state`.

use super::keyed::keyed_records;
use crate::record::fields::struct_fields;

struct_fields! {
    /// Partitions of a topic that a transaction has written to.
    TransactionPartitions { topic: String, partition_ids: Vec<i32> }
}

keyed_records! {
    /// A record of `__transaction_state`.
    TransactionRecord {
        0 TransactionLog (TransactionLogKey, TransactionLogValue) reads 1 writes 1 tags from 1
        { transactional_id: String }
        => {
            producer_id: i64, previous_producer_id: i64 [tag 0, else -1],
            next_producer_id: i64 [tag 1, else -1], producer_epoch: i16,
            next_producer_epoch: i16 [tag 3, else -1], transaction_timeout_ms: i32,
            transaction_status: i8, transaction_partitions: Option<Vec<TransactionPartitions>>,
            transaction_last_update_timestamp_ms: i64, transaction_start_timestamp_ms: i64,
            client_transaction_version: i16 [tag 2, else 0],
        }
    }
}
