//! ListOffsets, versions 1 to 11: the offset at a time, or at an end of the log.
//!
//! Times below zero are names: -1 latest, -2 earliest, -3 the record with the largest timestamp
//! (KIP-734), -4 earliest kept locally (KIP-405), -5 last in remote storage, -6 first not yet in
//! remote storage. There is no remote storage here, so -4 is earliest, and -5 and -6 find
//! nothing.

use crate::broker::answer::Answer;
use crate::broker::context::RequestContext;
use crate::broker::dispatch::Handle;
use crate::broker::errors::{online, read_failure};
use crate::protocol::ErrorCode;
use crate::protocol::messages::list_offsets_request::ListOffsetsPartition;
use crate::protocol::messages::list_offsets_response::{
    ListOffsetsPartitionResponse, ListOffsetsTopicResponse,
};
use crate::protocol::messages::{ListOffsetsRequest, ListOffsetsResponse};
use crate::replica::{Isolation, Partition, ReadFailure};
use crate::storage::TimestampAndOffset;
use crate::types::{LeaderEpoch, Offset};

const LATEST: i64 = -1;
const EARLIEST: i64 = -2;
const MAX_TIMESTAMP: i64 = -3;
const EARLIEST_LOCAL: i64 = -4;
const LATEST_TIERED: i64 = -5;
const EARLIEST_PENDING_UPLOAD: i64 = -6;

/// An offset that was found, with the timestamp of its record or -1.
type Found = Option<(i64, Offset)>;

impl Handle for ListOffsetsRequest {
    async fn handle(self, context: &RequestContext<'_>) -> Answer {
        let isolation = match (self.replica_id.0, self.isolation_level) {
            (replica, _) if replica >= 0 || replica == -2 => Isolation::LogEnd,
            (_, 1) => Isolation::ReadCommitted,
            _ => Isolation::ReadUncommitted,
        };
        let topics = self.topics.iter().map(|topic| {
            let partitions = topic
                .partitions
                .iter()
                .map(|asked| answer(&topic.name, asked, isolation, context));
            ListOffsetsTopicResponse::default()
                .with_name(topic.name.clone())
                .with_partitions(partitions.collect())
        });
        ListOffsetsResponse::default()
            .with_topics(topics.collect())
            .into()
    }
}

fn answer(
    topic: &str,
    asked: &ListOffsetsPartition,
    isolation: Isolation,
    context: &RequestContext<'_>,
) -> ListOffsetsPartitionResponse {
    let answer = ListOffsetsPartitionResponse::default()
        .with_partition_index(asked.partition_index)
        .with_timestamp(-1)
        .with_offset(Offset::NONE.0);
    let hosted = context.replicas.hosted(topic, asked.partition_index);
    let partition = match online(hosted, ErrorCode::UnknownTopicOrPartition) {
        Ok(partition) => partition,
        Err(code) => return answer.with_error_code(code.code()),
    };
    let lowest = match context.version() {
        ..=6 => EARLIEST,
        7 => MAX_TIMESTAMP,
        8 => EARLIEST_LOCAL,
        9 | 10 => LATEST_TIERED,
        _ => EARLIEST_PENDING_UPLOAD,
    };
    if asked.timestamp < lowest {
        return answer.with_error_code(ErrorCode::UnsupportedVersion.code());
    }
    let found = partition
        .check_leader_epoch(LeaderEpoch(asked.current_leader_epoch))
        .and_then(|()| find(&partition, asked.timestamp, isolation));
    match found {
        Ok(Some((timestamp, offset))) => {
            // A field that version 3 lacks must stay at its default.
            let epoch = if context.version() >= 4 {
                partition
                    .epoch_of(offset)
                    .map_or(LeaderEpoch::NONE.0, |epoch| epoch.0)
            } else {
                LeaderEpoch::NONE.0
            };
            answer
                .with_timestamp(timestamp)
                .with_offset(offset.0)
                .with_leader_epoch(epoch)
        }
        Ok(None) => answer,
        Err(error) => answer.with_error_code(read_failure(&error).code()),
    }
}

fn find(partition: &Partition, timestamp: i64, isolation: Isolation) -> Result<Found, ReadFailure> {
    Ok(match timestamp {
        LATEST => Some((-1, partition.readable_until(isolation))),
        EARLIEST | EARLIEST_LOCAL => Some((-1, partition.log_start_offset())),
        LATEST_TIERED | EARLIEST_PENDING_UPLOAD => None,
        MAX_TIMESTAMP => partition.offset_of_max_timestamp()?.map(pair),
        time => partition.offset_for_timestamp(time, isolation)?.map(pair),
    })
}

fn pair(found: TimestampAndOffset) -> (i64, Offset) {
    (found.timestamp, found.offset)
}
