//! DescribeTopicPartitions, version 0: topics page by page, with eligible leaders (KIP-966).
//!
//! Topics are answered in the order of their names. When a page is full, the cursor says with
//! which partition of which topic the next one begins.

use std::collections::BTreeSet;

use super::cluster_view::ClusterView;
use super::wire::{TOPIC_OPERATIONS, brokers, topic_name, uuid};
use crate::broker::answer::Answer;
use crate::broker::context::RequestContext;
use crate::broker::dispatch::Handle;
use crate::broker::internal_topics::is_internal;
use crate::controller::check_topic_name;
use crate::metadata::{PartitionImage, TopicImage};
use crate::protocol::ErrorCode;
use crate::protocol::messages::describe_topic_partitions_response::{
    Cursor, DescribeTopicPartitionsResponsePartition, DescribeTopicPartitionsResponseTopic,
};
use crate::protocol::messages::{
    BrokerId, DescribeTopicPartitionsRequest, DescribeTopicPartitionsResponse,
};

impl Handle for DescribeTopicPartitionsRequest {
    async fn handle(self, context: &RequestContext<'_>) -> Answer {
        let from = self
            .cursor
            .as_ref()
            .map_or("", |cursor| cursor.topic_name.as_str());
        let first = self
            .cursor
            .as_ref()
            .map_or(0, |cursor| cursor.partition_index);
        let named: BTreeSet<&str> = self
            .topics
            .iter()
            .map(|topic| topic.name.as_str())
            .collect();
        let all = named.is_empty();
        if first < 0 || (!all && !from.is_empty() && !named.contains(from)) {
            return refuse(&self).into();
        }
        let image = context.image.load();
        let most = context.config.number("max.request.partition.size.limit");
        let limit = i64::from(self.response_partition_limit).min(most).max(1);
        let mut page = Page {
            view: ClusterView {
                image: &image,
                listener: &context.connection.listener,
            },
            response: DescribeTopicPartitionsResponse::default(),
            left: usize::try_from(limit).unwrap_or(usize::MAX),
        };
        let begin = |name: &str| {
            if name == from {
                usize::try_from(first).unwrap_or(0)
            } else {
                0
            }
        };
        if all {
            for topic in image.topics_from(from) {
                if !page.put(&topic.name, Some(topic), begin(&topic.name)) {
                    break;
                }
            }
        } else {
            for name in named.into_iter().filter(|name| *name >= from) {
                if !page.put(name, image.topic(name).map(AsRef::as_ref), begin(name)) {
                    break;
                }
            }
        }
        page.response.into()
    }
}

/// Answers a cursor that points nowhere.
fn refuse(request: &DescribeTopicPartitionsRequest) -> DescribeTopicPartitionsResponse {
    let topics = request.topics.iter().map(|topic| {
        DescribeTopicPartitionsResponseTopic::default()
            .with_error_code(ErrorCode::InvalidRequest.code())
            .with_name(Some(topic_name(&topic.name)))
    });
    DescribeTopicPartitionsResponse::default().with_topics(topics.collect())
}

/// A page that is being filled.
struct Page<'a> {
    view: ClusterView<'a>,
    response: DescribeTopicPartitionsResponse,
    /// How many more partitions it takes.
    left: usize,
}

impl Page<'_> {
    /// Adds a topic, from one of its partitions on; `false` once the page is full.
    fn put(&mut self, name: &str, topic: Option<&TopicImage>, begin: usize) -> bool {
        if self.left == 0 {
            self.end_at(name, 0);
            return false;
        }
        let answer = DescribeTopicPartitionsResponseTopic::default()
            .with_name(Some(topic_name(name)))
            .with_is_internal(is_internal(name))
            .with_topic_authorized_operations(TOPIC_OPERATIONS);
        let Some(topic) = topic else {
            let code = match check_topic_name(name) {
                Ok(()) => ErrorCode::UnknownTopicOrPartition,
                Err(refusal) => refusal.code,
            };
            self.response
                .topics
                .push(answer.with_error_code(code.code()));
            return true;
        };
        let listed = (0..).zip(&topic.partitions).skip(begin).take(self.left);
        let listed: Vec<_> = listed
            .map(|(number, partition)| self.partition(number, partition))
            .collect();
        self.left -= listed.len();
        let next = begin + listed.len();
        self.response
            .topics
            .push(answer.with_topic_id(uuid(topic.id)).with_partitions(listed));
        if next < topic.partitions.len() {
            self.end_at(name, next);
            return false;
        }
        true
    }

    fn end_at(&mut self, topic: &str, partition: usize) {
        let cursor = Cursor::default()
            .with_topic_name(topic_name(topic))
            .with_partition_index(i32::try_from(partition).unwrap_or(i32::MAX));
        self.response.next_cursor = Some(cursor);
    }

    fn partition(
        &self,
        number: i32,
        partition: &PartitionImage,
    ) -> DescribeTopicPartitionsResponsePartition {
        let answer = DescribeTopicPartitionsResponsePartition::default()
            .with_partition_index(number)
            .with_leader_epoch(partition.leader_epoch.0)
            .with_replica_nodes(brokers(&partition.replicas))
            .with_isr_nodes(brokers(&partition.isr))
            .with_eligible_leader_replicas(Some(brokers(&partition.eligible)))
            .with_last_known_elr(Some(brokers(&partition.last_known)))
            .with_offline_replicas(brokers(&self.view.offline(partition)));
        match self.view.leader(partition) {
            Ok(leader) => answer.with_leader_id(BrokerId(leader.0)),
            Err(code) => answer
                .with_leader_id(BrokerId(-1))
                .with_error_code(code.code()),
        }
    }
}
