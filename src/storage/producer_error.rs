//! Why a producer's batch is refused: its epoch, its sequence, its transaction.

use crate::types::Offset;

/// Why a producer's batch is refused; the texts are Kafka's.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ProducerError {
    /// `INVALID_PRODUCER_EPOCH`.
    #[error(
        "Epoch of producer {producer_id} at offset {offset} in {partition} is {found}, which is \
         smaller than the last seen epoch {current}"
    )]
    InvalidEpoch {
        /// The producer.
        producer_id: i64,
        /// Where the batch would have gone.
        offset: Offset,
        /// The partition.
        partition: String,
        /// The batch's epoch.
        found: i16,
        /// The known epoch.
        current: i16,
    },
    /// `OUT_OF_ORDER_SEQUENCE_NUMBER`: a new epoch does not begin with 0.
    #[error(
        "Invalid sequence number for new epoch of producer {producer_id} at offset {offset} in \
         partition {partition}: {epoch} (request epoch), {found} (seq. number), {current} \
         (current producer epoch)"
    )]
    NewEpochSequence {
        /// The producer.
        producer_id: i64,
        /// Where the batch would have gone.
        offset: Offset,
        /// The partition.
        partition: String,
        /// The batch's epoch.
        epoch: i16,
        /// The batch's first sequence number.
        found: i32,
        /// The known epoch.
        current: i16,
    },
    /// `OUT_OF_ORDER_SEQUENCE_NUMBER`.
    #[error(
        "Out of order sequence number for producer {producer_id} at offset {offset} in partition \
         {partition}: {found} (incoming seq. number), {last} (current end sequence number)"
    )]
    OutOfOrderSequence {
        /// The producer.
        producer_id: i64,
        /// Where the batch would have gone.
        offset: Offset,
        /// The partition.
        partition: String,
        /// The batch's first sequence number.
        found: i32,
        /// The last one known.
        last: i32,
    },
    /// `TRANSACTION_COORDINATOR_FENCED`.
    #[error(
        "Invalid coordinator epoch for producerId {producer_id} at offset {offset} in partition \
         {partition}: {found} (zombie), {current} (current)"
    )]
    CoordinatorFenced {
        /// The producer.
        producer_id: i64,
        /// Where the marker would have gone.
        offset: Offset,
        /// The partition.
        partition: String,
        /// The marker's coordinator epoch.
        found: i32,
        /// The known one.
        current: i32,
    },
    /// `INVALID_TXN_STATE`: a batch outside the open transaction.
    #[error(
        "Expected transactional write from producer {producer_id} at offset {offset} in partition \
         {partition}"
    )]
    NotTransactional {
        /// The producer.
        producer_id: i64,
        /// Where the batch would have gone.
        offset: Offset,
        /// The partition.
        partition: String,
    },
}
