//! CreateTopics, versions 2 to 7 (KIP-4, KIP-525, KIP-516).

use super::describe_configs::layers_of;
use super::wire::{text, topic_name, uuid};
use crate::broker::answer::Answer;
use crate::broker::context::RequestContext;
use crate::broker::dispatch::Handle;
use crate::config::resolve::ConfigMap;
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
            Err(code) => topics
                .iter()
                .map(|topic| (topic.name.clone(), Err(Refusal::plain(code))))
                .collect(),
        };
        let results = outcomes
            .into_iter()
            .map(|(name, outcome)| {
                let asked = topics.iter().find(|topic| topic.name == name);
                result(&name, outcome, asked, context)
            })
            .collect();
        CreateTopicsResponse::default().with_topics(results).into()
    }
}

fn new_topic(topic: &CreatableTopic) -> NewTopic {
    NewTopic {
        name: topic.name.to_string(),
        partitions: topic.num_partitions,
        replication_factor: topic.replication_factor,
        assignments: topic
            .assignments
            .iter()
            .map(|a| {
                (
                    a.partition_index,
                    a.broker_ids.iter().map(|id| id.0).collect(),
                )
            })
            .collect(),
        configs: topic
            .configs
            .iter()
            .map(|c| {
                (
                    c.name.to_string(),
                    c.value.as_ref().map(ToString::to_string),
                )
            })
            .collect(),
    }
}

fn result(
    name: &str,
    outcome: Result<CreatedTopic, Refusal>,
    asked: Option<&NewTopic>,
    context: &RequestContext<'_>,
) -> CreatableTopicResult {
    let result = CreatableTopicResult::default().with_name(topic_name(name));
    let created = match outcome {
        Ok(created) => created,
        Err(refusal) => {
            return result
                .with_error_code(refusal.code.code())
                .with_error_message(Some(text(refusal.message)));
        }
    };
    if context.version() < 5 {
        return result;
    }
    let mut result = result
        .with_num_partitions(created.partitions)
        .with_replication_factor(created.replication_factor)
        .with_configs(Some(configs(asked, context)));
    if context.version() >= 7 {
        result.topic_id = uuid(created.id);
    }
    result
}

/// Returns what is in force for the topic, as if it was there already.
fn configs(asked: Option<&NewTopic>, context: &RequestContext<'_>) -> Vec<CreatableTopicConfigs> {
    let image = context.image.load();
    let overrides: ConfigMap = asked
        .map(|topic| topic.configs.as_slice())
        .unwrap_or_default()
        .iter()
        .filter_map(|(name, value)| Some((name.clone(), value.clone()?)))
        .collect();
    layers_of(context, &image)
        .with(|layers| layers.describe_topic(&overrides))
        .into_iter()
        .map(|entry| {
            CreatableTopicConfigs::default()
                .with_name(text(entry.name))
                .with_value(entry.value.map(text))
                .with_read_only(entry.read_only)
                .with_config_source(entry.source.wire_id())
                .with_is_sensitive(entry.sensitive)
        })
        .collect()
}
