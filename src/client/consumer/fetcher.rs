//! Fetch requests: one a leader over all its partitions, and what its answer holds.
//!
//! Full requests without sessions: always legal, and nothing to lose with a connection.

use std::sync::Arc;

use super::config::ConsumerConfig;
use super::positions::{Assigned, Position};
use super::records::FetchedPartition;
use crate::client::admin::IsolationLevel;
use crate::client::error::ClientError;
use crate::client::metadata::{from_wire_uuid, to_wire_uuid, topic_name};
use crate::protocol::messages::fetch_request::{FetchPartition, FetchTopic};
use crate::protocol::messages::fetch_response::PartitionData;
use crate::protocol::messages::{FetchRequest, FetchResponse};
use crate::record::Batches;
use crate::types::{LeaderEpoch, Offset};

/// The first version that names topics by id.
const TOPIC_IDS: i16 = 13;
/// The highest version that names topics by name.
pub(super) const NAMES_MAX: i16 = 12;

/// A partition that a request asks for: its place, and the position at that time.
pub(super) type Asked = (usize, Offset);

/// Returns the request for these partitions.
pub(super) fn fetch_request(
    version: i16,
    config: &ConsumerConfig,
    list: &[Assigned],
    asked: &[Asked],
) -> FetchRequest {
    let mut topics: Vec<(Arc<str>, FetchTopic)> = Vec::new();
    for (place, position) in asked {
        let Some(assigned) = list.get(*place) else {
            continue;
        };
        let partition = FetchPartition::default()
            .with_partition(assigned.partition)
            .with_fetch_offset(position.0)
            .with_partition_max_bytes(config.partition_bytes_max);
        match topics.iter_mut().find(|(name, _)| *name == assigned.topic) {
            Some((_, topic)) => topic.partitions.push(partition),
            None => {
                let mut topic = FetchTopic::default().with_partitions(vec![partition]);
                if version >= TOPIC_IDS {
                    topic.topic_id = to_wire_uuid(assigned.id);
                } else {
                    topic.topic = topic_name(&assigned.topic);
                }
                topics.push((Arc::clone(&assigned.topic), topic));
            }
        }
    }
    FetchRequest::default()
        .with_max_wait_ms(config.fetch_wait_ms)
        .with_min_bytes(config.fetch_bytes_min)
        .with_max_bytes(config.fetch_bytes_max)
        .with_isolation_level(config.isolation.code())
        .with_topics(topics.into_iter().map(|(_, topic)| topic).collect())
}

/// What an answer says of one partition.
pub(super) struct PartitionAnswer {
    pub(super) place: usize,
    pub(super) position: Offset,
    pub(super) result: Result<FetchedPartition, ClientError>,
    /// The position behind what came.
    pub(super) next: Offset,
    /// The leader's epoch of the last batch that came.
    pub(super) epoch: Option<LeaderEpoch>,
}

/// Takes an answer apart; what was not asked for, or is no longer wanted, is left out.
pub(super) fn answers(
    list: &[Assigned],
    asked: &[Asked],
    response: FetchResponse,
    isolation: IsolationLevel,
) -> Vec<PartitionAnswer> {
    let mut found = Vec::new();
    for topic in response.responses {
        let id = from_wire_uuid(topic.topic_id);
        for data in topic.partitions {
            let place = asked.iter().find(|(place, _)| {
                list.get(*place).is_some_and(|assigned| {
                    let same_topic = if id.is_zero() {
                        *topic.topic.0 == *assigned.topic
                    } else {
                        assigned.id == id
                    };
                    same_topic && assigned.partition == data.partition_index
                })
            });
            let Some((place, position)) = place else {
                continue;
            };
            let Some(assigned) = list.get(*place) else {
                continue;
            };
            if assigned.position == Position::At(*position) {
                found.push(answer(assigned, (*place, *position), data, isolation));
            }
        }
    }
    found
}

fn answer(
    assigned: &Assigned,
    (place, position): Asked,
    data: PartitionData,
    isolation: IsolationLevel,
) -> PartitionAnswer {
    let mut next = position;
    let mut epoch = None;
    let checked = ClientError::check(data.error_code, None);
    let result = checked.and_then(|()| {
        let bytes = data.records.unwrap_or_default();
        for batch in Batches::new(&bytes).map_while(Result::ok) {
            next = next.max(batch.header().next_offset());
            epoch = Some(batch.header().leader_epoch);
        }
        if next == position && !bytes.is_empty() {
            return Err(stuck(assigned, position, &bytes));
        }
        let mut aborted = Vec::new();
        if isolation == IsolationLevel::ReadCommitted {
            let list = data.aborted_transactions.unwrap_or_default();
            aborted.extend(
                list.iter()
                    .map(|txn| (txn.producer_id.0, Offset(txn.first_offset))),
            );
            aborted.sort_by_key(|(_, first)| *first);
        }
        Ok(FetchedPartition {
            topic: Arc::clone(&assigned.topic),
            partition: assigned.partition,
            position,
            high_watermark: Offset(data.high_watermark),
            bytes,
            aborted,
        })
    });
    PartitionAnswer {
        place,
        position,
        result,
        next,
        epoch,
    }
}

/// Returns the error of an answer with bytes but without one batch that leads on.
fn stuck(assigned: &Assigned, position: Offset, bytes: &[u8]) -> ClientError {
    let partition = assigned.topic_partition();
    let reason = match Batches::new(bytes).next() {
        Some(Err(error)) => error.to_string(),
        _ => "the batches are older than the position".to_owned(),
    };
    ClientError::Broker {
        code: crate::protocol::ErrorCode::CorruptMessage,
        message: Some(format!(
            "Record batch for partition {partition} at offset {position} is invalid, cause: \
             {reason}"
        )),
    }
}
