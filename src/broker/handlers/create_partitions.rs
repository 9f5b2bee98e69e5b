//! CreatePartitions, versions 0 to 3: more partitions for topics (KIP-195).

use super::wire::{text, topic_name};
use crate::broker::answer::Answer;
use crate::broker::context::RequestContext;
use crate::broker::dispatch::Handle;
use crate::controller::{CreatePartitions, NewPartitions, Refusal};
use crate::protocol::messages::create_partitions_request::CreatePartitionsTopic;
use crate::protocol::messages::create_partitions_response::CreatePartitionsTopicResult;
use crate::protocol::messages::{CreatePartitionsRequest, CreatePartitionsResponse};

impl Handle for CreatePartitionsRequest {
    async fn handle(self, context: &RequestContext<'_>) -> Answer {
        let topics: Vec<NewPartitions> = self.topics.iter().map(wanted).collect();
        let names: Vec<String> = topics.iter().map(|topic| topic.topic.clone()).collect();
        let command = CreatePartitions {
            topics,
            validate_only: self.validate_only,
        };
        let outcomes = match context.controller.submit(command).await {
            Ok(outcomes) => outcomes,
            Err(code) => names
                .into_iter()
                .map(|name| (name, Err(Refusal::plain(code))))
                .collect(),
        };
        let results = outcomes
            .into_iter()
            .map(|(name, outcome)| {
                let result = CreatePartitionsTopicResult::default().with_name(topic_name(&name));
                match outcome {
                    Ok(()) => result,
                    Err(refusal) => result
                        .with_error_code(refusal.code.code())
                        .with_error_message(Some(text(refusal.message))),
                }
            })
            .collect();
        CreatePartitionsResponse::default()
            .with_results(results)
            .into()
    }
}

fn wanted(topic: &CreatePartitionsTopic) -> NewPartitions {
    let assignments = topic.assignments.as_ref().map(|assignments| {
        assignments
            .iter()
            .map(|assignment| assignment.broker_ids.iter().map(|id| id.0).collect())
            .collect()
    });
    NewPartitions {
        topic: topic.name.to_string(),
        count: topic.count,
        assignments,
    }
}
