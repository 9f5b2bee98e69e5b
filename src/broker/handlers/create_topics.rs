//! CreateTopics, versions 2 to 7: what was made, and from version 5 on with which settings.
//!
//! A name that a request has twice is refused and answered once (KIP-4); version 7 tells the
//! topic's id (KIP-516). The answer comes when the metadata is durable and the partitions can be
//! written to, so the time-out of the request has nothing to wait for.

use std::collections::BTreeSet;

use super::describe_configs::layers;
use super::wire::{text, topic_name, uuid};
use crate::broker::answer::Answer;
use crate::broker::context::RequestContext;
use crate::broker::dispatch::Handle;
use crate::config::ConfigEntry;
use crate::controller::{CreateTopics, CreatedTopic, NewTopic, Refusal};
use crate::protocol::messages::create_topics_request::CreatableTopic;
use crate::protocol::messages::create_topics_response::{
    CreatableTopicConfigs, CreatableTopicResult,
};
use crate::protocol::messages::{CreateTopicsRequest, CreateTopicsResponse};

impl Handle for CreateTopicsRequest {
    async fn handle(self, context: &RequestContext<'_>) -> Answer {
        let topics: Vec<NewTopic> = self.topics.iter().map(new_topic).collect();
        let command = CreateTopics {
            topics: topics.clone(),
            validate_only: self.validate_only,
        };
        let outcomes = match context.controller.submit(command).await {
            Ok(outcomes) => outcomes,
            Err(code) => {
                let refused = |topic: &NewTopic| (topic.name.clone(), Err(Refusal::plain(code)));
                topics.iter().map(refused).collect()
            }
        };
        let mut answered = BTreeSet::new();
        let mut results = Vec::new();
        for (topic, (name, outcome)) in topics.iter().zip(outcomes) {
            if answered.insert(name) {
                results.push(result(topic, outcome, context));
            }
        }
        CreateTopicsResponse::default().with_topics(results).into()
    }
}

fn new_topic(topic: &CreatableTopic) -> NewTopic {
    let assignments = topic.assignments.iter().map(|assignment| {
        let brokers = assignment.broker_ids.iter().map(|id| id.0).collect();
        (assignment.partition_index, brokers)
    });
    let configs = topic.configs.iter().map(|config| {
        let value = config.value.as_ref().map(|value| value.to_string());
        (config.name.to_string(), value)
    });
    NewTopic {
        name: topic.name.to_string(),
        partitions: topic.num_partitions,
        replication_factor: topic.replication_factor,
        assignments: assignments.collect(),
        configs: configs.collect(),
    }
}

fn result(
    topic: &NewTopic,
    outcome: Result<CreatedTopic, Refusal>,
    context: &RequestContext<'_>,
) -> CreatableTopicResult {
    let answer = CreatableTopicResult::default().with_name(topic_name(&topic.name));
    let created = match outcome {
        Ok(created) => created,
        Err(refusal) => {
            return answer
                .with_error_code(refusal.code.code())
                .with_error_message(Some(text(refusal.message)));
        }
    };
    let answer = answer
        .with_error_message(None)
        .with_topic_id(uuid(created.id));
    if context.version() < 5 {
        return answer;
    }
    let image = context.image.load();
    let set = topic
        .configs
        .iter()
        .filter_map(|(key, value)| Some((key.clone(), value.clone()?)));
    let entries = layers(context, &image).describe_topic(&set.collect());
    answer
        .with_num_partitions(created.partitions)
        .with_replication_factor(created.replication_factor)
        .with_configs(Some(entries.into_iter().map(config).collect()))
}

fn config(entry: ConfigEntry) -> CreatableTopicConfigs {
    CreatableTopicConfigs::default()
        .with_name(text(entry.name))
        .with_value(entry.value.map(text))
        .with_read_only(entry.read_only)
        .with_config_source(entry.source.wire_id())
        .with_is_sensitive(entry.sensitive)
}
