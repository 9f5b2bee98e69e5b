//! DeleteTopics, versions 1 to 6: by name, from version 6 on also by id (KIP-516).

use super::wire::{text, topic_name, uuid};
use crate::broker::answer::Answer;
use crate::broker::context::RequestContext;
use crate::broker::dispatch::Handle;
use crate::controller::{DeleteTopics, Refusal, TopicRef};
use crate::protocol::messages::delete_topics_response::DeletableTopicResult;
use crate::protocol::messages::{DeleteTopicsRequest, DeleteTopicsResponse};
use crate::types::Uuid;

impl Handle for DeleteTopicsRequest {
    async fn handle(self, context: &RequestContext<'_>) -> Answer {
        let topics: Vec<TopicRef> = if context.version() >= 6 {
            let named =
                |topic: &crate::protocol::messages::delete_topics_request::DeleteTopicState| {
                    match &topic.name {
                        Some(name) => TopicRef::Name(name.to_string()),
                        None => TopicRef::Id(Uuid(topic.topic_id.as_u128())),
                    }
                };
            self.topics.iter().map(named).collect()
        } else {
            self.topic_names
                .iter()
                .map(|name| TopicRef::Name(name.to_string()))
                .collect()
        };
        let outcomes = match context
            .controller
            .submit(DeleteTopics {
                topics: topics.clone(),
            })
            .await
        {
            Ok(outcomes) => outcomes,
            Err(code) => topics
                .into_iter()
                .map(|topic| (topic, Err(Refusal::plain(code))))
                .collect(),
        };
        let responses = outcomes
            .into_iter()
            .map(|(topic, outcome)| result(&topic, outcome, context.version()))
            .collect();
        DeleteTopicsResponse::default()
            .with_responses(responses)
            .into()
    }
}

fn result(
    topic: &TopicRef,
    outcome: Result<(String, Uuid), Refusal>,
    version: i16,
) -> DeletableTopicResult {
    let mut result = DeletableTopicResult::default().with_name(None);
    match (&outcome, topic) {
        (Ok((name, _)), _) | (Err(_), TopicRef::Name(name)) => {
            result.name = Some(topic_name(name));
        }
        (Err(_), TopicRef::Id(_)) => {}
    }
    if version >= 6 {
        result.topic_id = match (&outcome, topic) {
            (Ok((_, id)), _) | (Err(_), TopicRef::Id(id)) => uuid(*id),
            (Err(_), TopicRef::Name(_)) => uuid::Uuid::nil(),
        };
    }
    if let Err(refusal) = outcome {
        result.error_code = refusal.code.code();
        if version >= 5 {
            result.error_message = Some(text(refusal.message));
        }
    }
    result
}
