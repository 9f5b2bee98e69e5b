//! ListPartitionReassignments, version 0: partitions whose replicas are on the move (KIP-455).

use super::wire::{brokers, topic_name};
use crate::broker::answer::Answer;
use crate::broker::context::RequestContext;
use crate::broker::dispatch::Handle;
use crate::metadata::TopicImage;
use crate::protocol::messages::list_partition_reassignments_response::{
    OngoingPartitionReassignment, OngoingTopicReassignment,
};
use crate::protocol::messages::{
    ListPartitionReassignmentsRequest, ListPartitionReassignmentsResponse,
};

impl Handle for ListPartitionReassignmentsRequest {
    async fn handle(self, context: &RequestContext<'_>) -> Answer {
        let image = context.image.load();
        let mut topics = Vec::new();
        match &self.topics {
            None => topics.extend(image.topics().filter_map(|topic| ongoing(topic, None))),
            Some(asked) => {
                for asked in asked {
                    let topic = image.topic(&asked.name);
                    let wanted = Some(asked.partition_indexes.as_slice());
                    topics.extend(topic.and_then(|topic| ongoing(topic, wanted)));
                }
            }
        }
        ListPartitionReassignmentsResponse::default()
            .with_error_message(None)
            .with_topics(topics)
            .into()
    }
}

fn ongoing(topic: &TopicImage, wanted: Option<&[i32]>) -> Option<OngoingTopicReassignment> {
    let partitions: Vec<_> = (0..)
        .zip(&topic.partitions)
        .filter(|(number, _)| wanted.is_none_or(|wanted| wanted.contains(number)))
        .filter(|(_, partition)| !partition.adding.is_empty() || !partition.removing.is_empty())
        .map(|(number, partition)| {
            OngoingPartitionReassignment::default()
                .with_partition_index(number)
                .with_replicas(brokers(&partition.replicas))
                .with_adding_replicas(brokers(&partition.adding))
                .with_removing_replicas(brokers(&partition.removing))
        })
        .collect();
    (!partitions.is_empty()).then(|| {
        OngoingTopicReassignment::default()
            .with_name(topic_name(&topic.name))
            .with_partitions(partitions)
    })
}
