//! Topics, described: by pages of partitions, or by metadata where a broker has no pages.

use super::{Admin, Results, in_order};
use crate::client::error::ClientError;
use crate::client::metadata::{
    PartitionMetadata, TopicMetadata, TopicsWanted, broker_ids, broker_or_none, error_or_none,
    from_wire_uuid, topic_name,
};
use crate::protocol::messages::describe_topic_partitions_request::{Cursor, TopicRequest};
use crate::protocol::messages::describe_topic_partitions_response::{
    DescribeTopicPartitionsResponsePartition, DescribeTopicPartitionsResponseTopic,
};
use crate::protocol::messages::{self, DescribeTopicPartitionsRequest};
use crate::types::{BrokerId, LeaderEpoch, Uuid};

/// A partition, described.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PartitionDescription {
    /// The partition's number.
    pub partition: i32,
    /// Its leader, if it has one.
    pub leader: Option<BrokerId>,
    /// The leader's epoch.
    pub leader_epoch: LeaderEpoch,
    /// All replicas, the preferred leader first.
    pub replicas: Vec<BrokerId>,
    /// The replicas in sync.
    pub isr: Vec<BrokerId>,
    /// The replicas that may lead without loss; `None` if the broker cannot tell.
    pub elr: Option<Vec<BrokerId>>,
    /// The last of them that were known; `None` if the broker cannot tell.
    pub last_known_elr: Option<Vec<BrokerId>>,
    /// The replicas that are offline.
    pub offline: Vec<BrokerId>,
}

/// A topic, described.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TopicDescription {
    /// Its name.
    pub name: String,
    /// Its id; zero from brokers before 2.8.
    pub id: Uuid,
    /// Whether it is Kafka's own.
    pub internal: bool,
    /// Its partitions, in order of their numbers.
    pub partitions: Vec<PartitionDescription>,
}

impl Admin {
    /// Describes topics by name, asking for at most `page_max` partitions at a time.
    ///
    /// # Errors
    ///
    /// Fails if no broker answers; what is wrong with one topic is in its result.
    pub async fn describe_topics(
        &self,
        names: &[String],
        page_max: i32,
    ) -> Result<Results<String, TopicDescription>, ClientError> {
        match self.describe_by_pages(names, page_max).await {
            Err(ClientError::UnsupportedVersion { .. }) => self.describe_by_metadata(names).await,
            result => result,
        }
    }

    /// Describes topics by id, which never tells of eligible leader replicas.
    ///
    /// # Errors
    ///
    /// Fails if no broker answers; what is wrong with one topic is in its result.
    pub async fn describe_topics_by_id(
        &self,
        ids: &[Uuid],
    ) -> Result<Results<Uuid, TopicDescription>, ClientError> {
        let deadline = self.cluster.api_deadline();
        let wanted = TopicsWanted::Ids(ids.to_vec());
        let call = self
            .cluster
            .metadata("describeTopicsWithIds", &wanted, deadline);
        let found = call.await?.topics.into_iter();
        let found = found
            .map(|topic| (topic.id, from_metadata(topic)))
            .collect();
        Ok(in_order(ids.iter().copied(), found, |id| {
            format!("topic id {id}")
        }))
    }

    async fn describe_by_metadata(
        &self,
        names: &[String],
    ) -> Result<Results<String, TopicDescription>, ClientError> {
        let deadline = self.cluster.api_deadline();
        let wanted = TopicsWanted::Names(names.to_vec());
        let call = self.cluster.metadata("describeTopics", &wanted, deadline);
        let found = call.await?.topics.into_iter();
        let found = found
            .map(|topic| (topic.name.clone(), from_metadata(topic)))
            .collect();
        Ok(in_order(names.iter().cloned(), found, |name| {
            format!("topic {name}")
        }))
    }

    async fn describe_by_pages(
        &self,
        names: &[String],
        page_max: i32,
    ) -> Result<Results<String, TopicDescription>, ClientError> {
        let mut sorted: Vec<String> = names.to_vec();
        sorted.sort();
        sorted.dedup();
        let mut found: Results<String, TopicDescription> = Vec::new();
        let mut cursor: Option<(String, i32)> = None;
        loop {
            if let Some((topic, _)) = &cursor {
                sorted.retain(|name| name >= topic);
            }
            let build = |_| {
                let topic = |name: &String| TopicRequest::default().with_name(topic_name(name));
                let cursor = cursor.as_ref().map(|(topic, partition)| {
                    Cursor::default()
                        .with_topic_name(topic_name(topic))
                        .with_partition_index(*partition)
                });
                DescribeTopicPartitionsRequest::default()
                    .with_topics(sorted.iter().map(topic).collect())
                    .with_response_partition_limit(page_max)
                    .with_cursor(cursor)
            };
            let response = self.call_any("describeTopics", build).await?;
            for topic in &response.topics {
                add_page(&mut found, topic);
            }
            let next = response
                .next_cursor
                .map(|next| (next.topic_name.0.to_string(), next.partition_index));
            if next.is_none() {
                break;
            }
            if next == cursor {
                let what = "the topics behind a cursor that does not move".into();
                return Err(ClientError::Incomplete { what });
            }
            cursor = next;
        }
        Ok(in_order(names.iter().cloned(), found, |name| {
            format!("topic {name}")
        }))
    }
}

fn from_metadata(topic: TopicMetadata) -> Result<TopicDescription, ClientError> {
    if let Some(code) = topic.error {
        return Err(code.into());
    }
    let describe = |partition: PartitionMetadata| PartitionDescription {
        partition: partition.partition,
        leader: partition.leader,
        leader_epoch: partition.leader_epoch,
        replicas: partition.replicas,
        isr: partition.isr,
        elr: None,
        last_known_elr: None,
        offline: partition.offline,
    };
    Ok(TopicDescription {
        name: topic.name,
        id: topic.id,
        internal: topic.internal,
        partitions: topic.partitions.into_iter().map(describe).collect(),
    })
}

/// Adds what one page says of a topic; a topic may go on from one page to the next.
fn add_page(
    found: &mut Results<String, TopicDescription>,
    topic: &DescribeTopicPartitionsResponseTopic,
) {
    let name = topic
        .name
        .as_ref()
        .map_or_else(String::new, |name| name.0.to_string());
    if let Some(code) = error_or_none(topic.error_code) {
        found.push((name, Err(code.into())));
        return;
    }
    let partitions = topic.partitions.iter().map(describe_partition);
    if let Some((last, Ok(description))) = found.last_mut()
        && *last == name
    {
        description.partitions.extend(partitions);
        return;
    }
    let description = TopicDescription {
        name: name.clone(),
        id: from_wire_uuid(topic.topic_id),
        internal: topic.is_internal,
        partitions: partitions.collect(),
    };
    found.push((name, Ok(description)));
}

fn describe_partition(
    partition: &DescribeTopicPartitionsResponsePartition,
) -> PartitionDescription {
    let optional = |ids: &Option<Vec<messages::BrokerId>>| {
        Some(ids.as_deref().map(broker_ids).unwrap_or_default())
    };
    PartitionDescription {
        partition: partition.partition_index,
        leader: broker_or_none(partition.leader_id.0),
        leader_epoch: LeaderEpoch(partition.leader_epoch),
        replicas: broker_ids(&partition.replica_nodes),
        isr: broker_ids(&partition.isr_nodes),
        elr: optional(&partition.eligible_leader_replicas),
        last_known_elr: optional(&partition.last_known_elr),
        offline: broker_ids(&partition.offline_replicas),
    }
}
