//! DescribeTopicPartitions, version 0: topics page by page, with eligible leader replicas
//! (KIP-966).

use super::metadata::offline_replicas;
use super::wire::{TOPIC_OPERATIONS, brokers, is_internal, topic_name, uuid};
use crate::broker::answer::Answer;
use crate::broker::context::RequestContext;
use crate::broker::dispatch::Handle;
use crate::metadata::{MetadataImage, PartitionImage, TopicImage};
use crate::protocol::ErrorCode;
use crate::protocol::messages::describe_topic_partitions_response::{
    Cursor, DescribeTopicPartitionsResponsePartition, DescribeTopicPartitionsResponseTopic,
};
use crate::protocol::messages::{
    self, DescribeTopicPartitionsRequest, DescribeTopicPartitionsResponse,
};
use crate::types::BrokerId;

/// Partitions of one answer (`max.request.partition.size.limit`).
const PARTITIONS_MAX: usize = 2000;

impl Handle for DescribeTopicPartitionsRequest {
    async fn handle(self, context: &RequestContext<'_>) -> Answer {
        let image = context.image.load();
        let mut names: Vec<String> = if self.topics.is_empty() {
            image.topics().map(|topic| topic.name.clone()).collect()
        } else {
            self.topics
                .iter()
                .map(|topic| topic.name.to_string())
                .collect()
        };
        names.sort();
        names.dedup();
        let (from_topic, mut from_partition) = match &self.cursor {
            Some(cursor) => (cursor.topic_name.to_string(), cursor.partition_index.max(0)),
            None => (String::new(), 0),
        };
        let limit = usize::try_from(self.response_partition_limit).unwrap_or(0);
        let mut left = limit.clamp(1, PARTITIONS_MAX);
        let mut response = DescribeTopicPartitionsResponse::default();
        for name in names.into_iter().filter(|name| *name >= from_topic) {
            if name != from_topic {
                from_partition = 0;
            }
            if left == 0 {
                response.next_cursor = Some(cursor(&name, 0));
                break;
            }
            let Some(topic) = image.topic(&name) else {
                response.topics.push(missing(&name));
                continue;
            };
            let first = usize::try_from(from_partition).unwrap_or(0);
            let told = described(topic, first, left, &image);
            left -= told.partitions.len();
            let next = first + told.partitions.len();
            response.topics.push(told);
            if next < topic.partitions.len() {
                response.next_cursor = Some(cursor(&name, i32::try_from(next).unwrap_or(0)));
                break;
            }
        }
        response.into()
    }
}

fn cursor(topic: &str, partition: i32) -> Cursor {
    Cursor::default()
        .with_topic_name(topic_name(topic))
        .with_partition_index(partition)
}

fn missing(name: &str) -> DescribeTopicPartitionsResponseTopic {
    DescribeTopicPartitionsResponseTopic::default()
        .with_error_code(ErrorCode::UnknownTopicOrPartition.code())
        .with_name(Some(topic_name(name)))
        .with_topic_authorized_operations(super::wire::OPERATIONS_UNASKED)
}

fn described(
    topic: &TopicImage,
    first: usize,
    count: usize,
    image: &MetadataImage,
) -> DescribeTopicPartitionsResponseTopic {
    let partitions = (0..).zip(&topic.partitions).skip(first).take(count);
    DescribeTopicPartitionsResponseTopic::default()
        .with_name(Some(topic_name(&topic.name)))
        .with_topic_id(uuid(topic.id))
        .with_is_internal(is_internal(&topic.name))
        .with_topic_authorized_operations(TOPIC_OPERATIONS)
        .with_partitions(
            partitions
                .map(|(number, partition)| told(number, partition, image))
                .collect(),
        )
}

fn told(
    number: i32,
    partition: &PartitionImage,
    image: &MetadataImage,
) -> DescribeTopicPartitionsResponsePartition {
    let leaderless = partition.leader == BrokerId::NONE;
    let code = if leaderless {
        ErrorCode::LeaderNotAvailable
    } else {
        ErrorCode::None
    };
    DescribeTopicPartitionsResponsePartition::default()
        .with_error_code(code.code())
        .with_partition_index(number)
        .with_leader_id(messages::BrokerId(partition.leader.0))
        .with_leader_epoch(partition.leader_epoch.0)
        .with_replica_nodes(brokers(&partition.replicas))
        .with_isr_nodes(brokers(&partition.isr))
        .with_eligible_leader_replicas(Some(brokers(&partition.eligible)))
        .with_last_known_elr(Some(brokers(&partition.last_known)))
        .with_offline_replicas(brokers(&offline_replicas(partition, image)))
}
