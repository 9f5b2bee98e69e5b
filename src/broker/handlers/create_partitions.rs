//! CreatePartitions, versions 0 to 3: more partitions for topics that are there (KIP-195).

use std::collections::BTreeSet;

use super::wire::{text, topic_name};
use crate::broker::answer::Answer;
use crate::broker::context::RequestContext;
use crate::broker::dispatch::Handle;
use crate::controller::{CreatePartitions, NewPartitions, Refusal};
use crate::protocol::ErrorCode;
use crate::protocol::messages::create_partitions_request::CreatePartitionsTopic;
use crate::protocol::messages::create_partitions_response::CreatePartitionsTopicResult;
use crate::protocol::messages::{CreatePartitionsRequest, CreatePartitionsResponse, StrBytes};

impl Handle for CreatePartitionsRequest {
    async fn handle(self, context: &RequestContext<'_>) -> Answer {
        let topics: Vec<NewPartitions> = self.topics.iter().map(new_partitions).collect();
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
        let mut answered = BTreeSet::new();
        let once = |(name, _): &(String, Result<(), Refusal>)| answered.insert(name.clone());
        let results = outcomes.into_iter().filter(once).map(|(name, outcome)| {
            let answer = CreatePartitionsTopicResult::default().with_name(topic_name(&name));
            match outcome {
                Ok(()) => answer,
                Err(refusal) => answer
                    .with_error_code(refusal.code.code())
                    .with_error_message(sentence(refusal)),
            }
        });
        CreatePartitionsResponse::default()
            .with_results(results.collect())
            .into()
    }
}

/// Returns what the client is told beside the code; of a missing topic nothing, as Kafka does.
fn sentence(refusal: Refusal) -> Option<StrBytes> {
    let told = refusal.code != ErrorCode::UnknownTopicOrPartition;
    told.then(|| text(refusal.message))
}

fn new_partitions(topic: &CreatePartitionsTopic) -> NewPartitions {
    let assignments = topic.assignments.as_ref().map(|assignments| {
        let ids = assignments
            .iter()
            .map(|one| one.broker_ids.iter().map(|id| id.0).collect());
        ids.collect()
    });
    NewPartitions {
        topic: topic.name.to_string(),
        count: topic.count,
        assignments,
    }
}
