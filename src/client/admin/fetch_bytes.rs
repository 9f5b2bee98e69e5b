//! Batches as a broker sends them, unread: for tools that check or compare replicas.

use super::Admin;
use crate::client::cluster::Target;
use crate::client::error::ClientError;
use crate::client::metadata::{from_wire_uuid, to_wire_uuid, topic_name};
use crate::protocol::messages::fetch_request::{FetchPartition, FetchTopic, ReplicaState};
use crate::protocol::messages::{BrokerId as WireBrokerId, FetchRequest, FetchResponse};
use crate::types::{BrokerId, Offset, TopicPartition, Uuid};

/// The first version that names topics by id.
const TOPIC_IDS: i16 = 13;
/// The first version that says in a tag which replica asks.
const REPLICA_STATE: i16 = 15;
/// What a tool poses as (`FetchRequest.DEBUGGING_CONSUMER_ID`): any replica answers, to its end.
const DEBUGGING_CONSUMER: WireBrokerId = WireBrokerId(-2);

/// Who asks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FetchRole {
    /// A consumer: leaders answer, up to the high watermark.
    Consumer,
    /// A tool that compares replicas: followers answer too, up to their log's end.
    Debugger,
}

/// What is asked of a broker at once.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FetchLimits {
    /// Bytes of one partition at most; the first batch comes whole.
    pub partition_bytes_max: i32,
    /// Bytes of all partitions at most.
    pub bytes_max: i32,
    /// How long the broker may wait for something new.
    pub wait_max_ms: i32,
}

/// A partition, by name and id, and the offset from which on it is wanted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FetchFrom {
    /// The partition.
    pub partition: TopicPartition,
    /// The id of its topic; zero with brokers before 2.8.
    pub topic_id: Uuid,
    /// The first offset.
    pub offset: Offset,
}

/// What a broker has of a partition.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FetchedBytes {
    /// Offset up to which all replicas have it.
    pub high_watermark: Offset,
    /// Where the log begins.
    pub log_start: Offset,
    /// Batches, the last one perhaps cut.
    pub records: bytes::Bytes,
}

impl Admin {
    /// Asks one broker for batches of these partitions; one that the answer lacks is an error.
    ///
    /// # Errors
    ///
    /// Fails if the broker does not answer; what is wrong with one partition is in its result.
    pub async fn fetch_bytes(
        &self,
        broker: BrokerId,
        role: FetchRole,
        wanted: &[FetchFrom],
        limits: FetchLimits,
    ) -> Result<Vec<Result<FetchedBytes, ClientError>>, ClientError> {
        let deadline = self.cluster.api_deadline();
        let build = |version| request(version, role, wanted, limits);
        let target = Target::Broker(broker);
        let call = self.cluster.call("fetch", target, deadline, build);
        let response = call.await?;
        ClientError::check(response.error_code, None)?;
        Ok(wanted.iter().map(|from| answer(&response, from)).collect())
    }
}

fn request(
    version: i16,
    role: FetchRole,
    wanted: &[FetchFrom],
    limits: FetchLimits,
) -> FetchRequest {
    let mut topics: Vec<(&str, FetchTopic)> = Vec::new();
    for from in wanted {
        let partition = FetchPartition::default()
            .with_partition(from.partition.partition)
            .with_fetch_offset(from.offset.0)
            .with_partition_max_bytes(limits.partition_bytes_max);
        let name = from.partition.topic.as_str();
        match topics.iter_mut().find(|(known, _)| *known == name) {
            Some((_, topic)) => topic.partitions.push(partition),
            None => {
                let mut topic = FetchTopic::default().with_partitions(vec![partition]);
                if version >= TOPIC_IDS {
                    topic.topic_id = to_wire_uuid(from.topic_id);
                } else {
                    topic.topic = topic_name(name);
                }
                topics.push((name, topic));
            }
        }
    }
    let mut request = FetchRequest::default()
        .with_max_wait_ms(limits.wait_max_ms)
        .with_min_bytes(1)
        .with_max_bytes(limits.bytes_max)
        .with_topics(topics.into_iter().map(|(_, topic)| topic).collect());
    if role == FetchRole::Debugger {
        if version >= REPLICA_STATE {
            let state = ReplicaState::default().with_replica_id(DEBUGGING_CONSUMER);
            request.replica_state = state;
        } else {
            request.replica_id = DEBUGGING_CONSUMER;
        }
    }
    request
}

fn answer(response: &FetchResponse, from: &FetchFrom) -> Result<FetchedBytes, ClientError> {
    let is_asked = |id: uuid::Uuid, name: &str| match from_wire_uuid(id) {
        id if id.is_zero() => *name == from.partition.topic,
        id => id == from.topic_id,
    };
    let topics = response.responses.iter();
    let mut partitions = topics
        .filter(|topic| is_asked(topic.topic_id, &topic.topic.0))
        .flat_map(|topic| &topic.partitions);
    let data = partitions
        .find(|data| data.partition_index == from.partition.partition)
        .ok_or_else(|| ClientError::Incomplete {
            what: from.partition.to_string(),
        })?;
    ClientError::check(data.error_code, None)?;
    Ok(FetchedBytes {
        high_watermark: Offset(data.high_watermark),
        log_start: Offset(data.log_start_offset),
        records: data.records.clone().unwrap_or_default(),
    })
}
