//! AlterPartitionReassignments, versions 0 and 1: gives partitions other replicas (KIP-455).

use super::wire::{text, topic_name};
use crate::broker::answer::Answer;
use crate::broker::context::RequestContext;
use crate::broker::dispatch::Handle;
use crate::controller::{AlterPartitionReassignments, Reassignment};
use crate::protocol::messages::alter_partition_reassignments_response::{
    ReassignablePartitionResponse, ReassignableTopicResponse,
};
use crate::protocol::messages::{
    AlterPartitionReassignmentsRequest, AlterPartitionReassignmentsResponse,
};
use crate::types::BrokerId;

impl Handle for AlterPartitionReassignmentsRequest {
    async fn handle(self, context: &RequestContext<'_>) -> Answer {
        let partitions = self.topics.iter().flat_map(|topic| {
            topic.partitions.iter().map(|asked| Reassignment {
                topic: topic.name.to_string(),
                partition: asked.partition_index,
                replicas: asked
                    .replicas
                    .as_ref()
                    .map(|ids| ids.iter().map(|id| BrokerId(id.0)).collect()),
            })
        });
        let command = AlterPartitionReassignments {
            partitions: partitions.collect(),
            may_change_factor: self.allow_replication_factor_change,
        };
        let answer = AlterPartitionReassignmentsResponse::default()
            .with_allow_replication_factor_change(self.allow_replication_factor_change)
            .with_error_message(None);
        let outcomes = match context.controller.submit(command).await {
            Ok(outcomes) => outcomes,
            Err(code) => {
                return answer
                    .with_error_code(code.code())
                    .with_error_message(Some(text(code.message())))
                    .into();
            }
        };
        let mut outcomes = outcomes.into_iter();
        let topics = self.topics.iter().map(|topic| {
            let partitions = topic.partitions.iter().map(|asked| {
                let result = ReassignablePartitionResponse::default()
                    .with_partition_index(asked.partition_index);
                match outcomes.next() {
                    Some(Err(refusal)) => result
                        .with_error_code(refusal.code.code())
                        .with_error_message(Some(text(refusal.message))),
                    Some(Ok(())) | None => result.with_error_message(None),
                }
            });
            ReassignableTopicResponse::default()
                .with_name(topic_name(&topic.name))
                .with_partitions(partitions.collect())
        });
        let topics = topics.collect();
        answer.with_responses(topics).into()
    }
}
