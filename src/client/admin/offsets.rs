//! Offsets of partitions: first, last, by time.

use super::leaders::LeaderCall;
use super::{Admin, Results};
use crate::client::cluster::Target;
use crate::client::error::ClientError;
use crate::client::metadata::topic_name;
use crate::protocol::messages::list_offsets_request::{ListOffsetsPartition, ListOffsetsTopic};
use crate::protocol::messages::{
    BrokerId as WireBrokerId, ListOffsetsRequest, ListOffsetsResponse,
};
use crate::protocol::{ApiKey, VersionRange};
use crate::types::{LeaderEpoch, Offset, TimestampMs, TopicPartition};

/// Which offset of a partition is meant (`OffsetSpec`).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum OffsetSpec {
    /// One past the last record.
    Latest,
    /// The log's start.
    Earliest,
    /// The record with the largest timestamp.
    MaxTimestamp,
    /// The start of what the broker holds itself.
    EarliestLocal,
    /// The last record in tiered storage.
    LatestTiered,
    /// The first record that is to go to tiered storage.
    EarliestPendingUpload,
    /// The first record at or after this time.
    Timestamp(TimestampMs),
}

impl OffsetSpec {
    /// Returns the timestamp that stands for it on the wire.
    #[must_use]
    pub const fn timestamp(self) -> TimestampMs {
        match self {
            Self::Latest => -1,
            Self::Earliest => -2,
            Self::MaxTimestamp => -3,
            Self::EarliestLocal => -4,
            Self::LatestTiered => -5,
            Self::EarliestPendingUpload => -6,
            Self::Timestamp(timestamp) => timestamp,
        }
    }

    /// Returns the first version of ListOffsets that knows it.
    #[must_use]
    pub const fn min_version(self) -> i16 {
        match self {
            Self::Latest | Self::Earliest | Self::Timestamp(_) => 1,
            Self::MaxTimestamp => 7,
            Self::EarliestLocal => 8,
            Self::LatestTiered => 9,
            Self::EarliestPendingUpload => 11,
        }
    }
}

/// Whether records of transactions that are still open count.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum IsolationLevel {
    /// They do.
    #[default]
    ReadUncommitted,
    /// They do not, nor those of aborted ones.
    ReadCommitted,
}

impl IsolationLevel {
    /// Returns the number on the wire.
    #[must_use]
    pub const fn code(self) -> i8 {
        match self {
            Self::ReadUncommitted => 0,
            Self::ReadCommitted => 1,
        }
    }
}

/// An offset that was asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ListedOffset {
    /// The offset, or -1 if no record matches.
    pub offset: Offset,
    /// The record's timestamp, or -1 if that does not apply.
    pub timestamp: TimestampMs,
    /// The epoch of the record, if the broker tells.
    pub leader_epoch: Option<LeaderEpoch>,
}

/// Returns a ListOffsets request; also for the consumer, which asks leaders by itself.
pub(crate) fn list_offsets_request(
    version: i16,
    isolation: IsolationLevel,
    timeout_ms: i32,
    items: &[(TopicPartition, OffsetSpec)],
) -> ListOffsetsRequest {
    let mut topics: Vec<ListOffsetsTopic> = Vec::new();
    for (partition, spec) in items {
        let entry = ListOffsetsPartition::default()
            .with_partition_index(partition.partition)
            .with_current_leader_epoch(-1)
            .with_timestamp(spec.timestamp());
        match topics
            .iter_mut()
            .find(|topic| topic.name.0 == *partition.topic)
        {
            Some(topic) => topic.partitions.push(entry),
            None => topics.push(
                ListOffsetsTopic::default()
                    .with_name(topic_name(&partition.topic))
                    .with_partitions(vec![entry]),
            ),
        }
    }
    let mut request = ListOffsetsRequest::default()
        .with_replica_id(WireBrokerId(-1))
        .with_topics(topics);
    if version >= 2 {
        request.isolation_level = isolation.code();
    }
    if version >= 10 {
        request.timeout_ms = timeout_ms;
    }
    request
}

/// Returns what a ListOffsets response says of each partition.
pub(crate) fn listed_offsets(
    response: &ListOffsetsResponse,
) -> Results<TopicPartition, ListedOffset> {
    let mut found = Vec::new();
    for topic in &response.topics {
        for partition in &topic.partitions {
            let checked = ClientError::check(partition.error_code, None);
            let epoch = partition.leader_epoch;
            let result = checked.map(|()| ListedOffset {
                offset: Offset(partition.offset),
                timestamp: partition.timestamp,
                leader_epoch: (epoch >= 0).then_some(LeaderEpoch(epoch)),
            });
            let name = topic.name.0.to_string();
            found.push((TopicPartition::new(name, partition.partition_index), result));
        }
    }
    found
}

struct ListOffsets {
    isolation: IsolationLevel,
    timeout_ms: i32,
}

impl LeaderCall for ListOffsets {
    type Item = OffsetSpec;
    type Output = ListedOffset;
    type Request = ListOffsetsRequest;

    const NAME: &'static str = "listOffsets";

    fn request(&self, version: i16, items: &[(TopicPartition, OffsetSpec)]) -> ListOffsetsRequest {
        list_offsets_request(version, self.isolation, self.timeout_ms, items)
    }

    fn results(&self, response: ListOffsetsResponse) -> Results<TopicPartition, ListedOffset> {
        listed_offsets(&response)
    }
}

impl Admin {
    /// Returns offsets of partitions.
    ///
    /// # Errors
    ///
    /// Fails if no broker answers, or if it is too old for one of the questions; what is wrong
    /// with one partition is in its result.
    pub async fn list_offsets(
        &self,
        wanted: &[(TopicPartition, OffsetSpec)],
        isolation: IsolationLevel,
    ) -> Result<Results<TopicPartition, ListedOffset>, ClientError> {
        let lowest = wanted.iter().map(|(_, spec)| spec.min_version()).max();
        let lowest = lowest.unwrap_or(1);
        if lowest > 1 {
            // A broker that is too old would take the special number for a timestamp.
            let versions = self.broker_versions(Target::Any).await?;
            let spoken = ApiKey::ListOffsets.row().versions;
            versions.choose_within(
                ApiKey::ListOffsets,
                VersionRange {
                    min: lowest,
                    ..spoken
                },
            )?;
        }
        let call = ListOffsets {
            isolation,
            timeout_ms: self.request_timeout_ms(),
        };
        self.call_leaders(&call, wanted).await
    }
}
