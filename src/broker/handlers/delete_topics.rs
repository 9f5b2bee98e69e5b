//! DeleteTopics, versions 1 to 6: by name, from version 6 on by name or id (KIP-516).
//!
//! A name or an id that a request has twice is refused and answered once. The sentence of an
//! error is told from version 5 on.

use std::collections::BTreeMap;

use super::wire::{text, topic_name, uuid};
use crate::broker::answer::Answer;
use crate::broker::context::RequestContext;
use crate::broker::dispatch::Handle;
use crate::controller::{DeleteTopics, Refusal, TopicRef};
use crate::protocol::ErrorCode;
use crate::protocol::messages::delete_topics_response::DeletableTopicResult;
use crate::protocol::messages::{DeleteTopicsRequest, DeleteTopicsResponse};
use crate::types::Uuid;

/// A topic as the request names it, and what is wrong with that.
type Named = (Option<String>, Uuid, Option<&'static str>);

impl Handle for DeleteTopicsRequest {
    async fn handle(self, context: &RequestContext<'_>) -> Answer {
        let named = named(&self);
        if !context.config.boolean("delete.topic.enable") {
            let code = match context.version() {
                ..3 => ErrorCode::InvalidRequest,
                _ => ErrorCode::TopicDeletionDisabled,
            };
            let results = named.into_iter().map(|(name, id, _)| {
                result(
                    name,
                    id,
                    Some(Refusal::new(code, "Topic deletion is disabled.")),
                )
            });
            return DeleteTopicsResponse::default()
                .with_responses(results.collect())
                .into();
        }
        let mut results = Vec::new();
        let mut topics = Vec::new();
        for (name, id, wrong) in named {
            match (wrong, name) {
                (Some(text), name) => {
                    let refusal = Refusal::new(ErrorCode::InvalidRequest, text);
                    results.push(result(name, id, Some(refusal)));
                }
                (None, Some(name)) => topics.push(TopicRef::Name(name)),
                (None, None) => topics.push(TopicRef::Id(id)),
            }
        }
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
        for (topic, outcome) in outcomes {
            results.push(match (topic, outcome) {
                (_, Ok((name, id))) => result(Some(name), id, None),
                (TopicRef::Name(name), Err(refusal)) => {
                    result(Some(name), Uuid::ZERO, Some(refusal))
                }
                (TopicRef::Id(id), Err(refusal)) => result(None, id, Some(refusal)),
            });
        }
        DeleteTopicsResponse::default()
            .with_responses(results)
            .into()
    }
}

/// Returns the topics of a request, each once, and what is wrong with the way they are named.
fn named(request: &DeleteTopicsRequest) -> Vec<Named> {
    let by_name = request
        .topic_names
        .iter()
        .map(|name| (Some(name.to_string()), Uuid::ZERO));
    let by_either = request.topics.iter().map(|topic| {
        let name = topic.name.as_ref().map(|name| name.to_string());
        (name, Uuid(topic.topic_id.as_u128()))
    });
    let all: Vec<(Option<String>, Uuid)> = by_name.chain(by_either).collect();
    let mut counts: BTreeMap<&(Option<String>, Uuid), usize> = BTreeMap::new();
    for topic in &all {
        *counts.entry(topic).or_default() += 1;
    }
    let mut named = Vec::new();
    for topic in &all {
        // The first mention stands for all.
        let Some(count) = counts.remove(topic) else {
            continue;
        };
        let (name, id) = topic;
        let wrong = match (name, id.is_zero()) {
            (None, true) => Some("Neither topic name nor id were specified."),
            (Some(_), false) => Some("You may not specify both topic name and topic id."),
            (Some(_), true) if count > 1 => Some("Duplicate topic name."),
            (None, false) if count > 1 => Some("Duplicate topic id."),
            _ => None,
        };
        named.push((name.clone(), *id, wrong));
    }
    named
}

fn result(name: Option<String>, id: Uuid, refusal: Option<Refusal>) -> DeletableTopicResult {
    let answer = DeletableTopicResult::default()
        .with_name(name.map(|name| topic_name(&name)))
        .with_topic_id(uuid(id));
    match refusal {
        None => answer,
        Some(refusal) => answer
            .with_error_code(refusal.code.code())
            .with_error_message(Some(text(refusal.message))),
    }
}
