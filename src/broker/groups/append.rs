//! Appends what a shard decided: one batch, or several if they would be too large.

use std::sync::Arc;

use super::settings::batch_bytes_max;
use crate::broker::errors::append_failure;
use crate::broker::state::BrokerState;
use crate::coordinator::group::{GroupRecord, encode_record};
use crate::protocol::ErrorCode;
use crate::record::{Append, BatchBuilder, Seal};
use crate::replica::{Ack, Partition};
use crate::types::Offset;

/// What was appended.
pub(super) struct Appended {
    /// The offset of each record, in order.
    pub(super) offsets: Vec<i64>,
    /// The high watermark that makes it durable, if that is not reached yet.
    pub(super) until: Option<Offset>,
}

/// Appends records to the partition of their groups.
pub(super) fn append(
    records: &[GroupRecord],
    partition: &Arc<Partition>,
    state: &BrokerState,
) -> Result<Appended, ErrorCode> {
    let now_ms = state.clock.now_ms();
    let bytes_max = batch_bytes_max(&state.config);
    let mut builder = BatchBuilder::new(bytes_max);
    let mut appended = Appended {
        offsets: Vec::new(),
        until: None,
    };
    for record in records {
        let (key, value) = encode_record(record);
        let mut fits = builder.append(Some(&key), value.as_deref(), &[], now_ms);
        if fits == Append::Full {
            write(&mut builder, partition, state, &mut appended)?;
            builder = BatchBuilder::new(bytes_max);
            fits = builder.append(Some(&key), value.as_deref(), &[], now_ms);
        }
        if fits == Append::Full {
            return Err(ErrorCode::UnknownServerError);
        }
    }
    write(&mut builder, partition, state, &mut appended)?;
    Ok(appended)
}

fn write(
    builder: &mut BatchBuilder,
    partition: &Arc<Partition>,
    state: &BrokerState,
    appended: &mut Appended,
) -> Result<(), ErrorCode> {
    let count = i64::from(builder.count());
    let now_ms = state.clock.now_ms();
    let batch = builder.seal(&Seal::default()).map_err(|error| {
        tracing::error!(%error, "a batch of group records");
        ErrorCode::UnknownServerError
    })?;
    let outcome = partition.append(batch, Ack::All, true, now_ms, &*state.flush_pool);
    let outcome = outcome.map_err(|error| {
        tracing::warn!(%error, partition = %partition.topic_partition, "group records");
        told(append_failure(&error))
    })?;
    let base = outcome.info.base_offset.0;
    appended.offsets.extend(base..base + count);
    if outcome.wait_for.is_some() {
        appended.until = outcome.wait_for;
    }
    Ok(())
}

/// Returns what members are told when their group cannot be written.
fn told(code: ErrorCode) -> ErrorCode {
    match code {
        ErrorCode::UnknownTopicOrPartition
        | ErrorCode::NotEnoughReplicas
        | ErrorCode::RequestTimedOut => ErrorCode::CoordinatorNotAvailable,
        ErrorCode::NotLeaderOrFollower | ErrorCode::KafkaStorageError => ErrorCode::NotCoordinator,
        ErrorCode::MessageTooLarge | ErrorCode::RecordListTooLarge => {
            ErrorCode::InvalidCommitOffsetSize
        }
        other => other,
    }
}
