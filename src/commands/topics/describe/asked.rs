//! What `topics --describe` asks the cluster: the topics, and what is told of them elsewhere.

use std::collections::HashMap;

use super::super::options::Options;
use super::super::{call_failed, failed, matching};
use crate::cli::CommandError;
use crate::client::Admin;
use crate::client::admin::{
    ConfigEntry, ConfigResource, PartitionDescription, Reassignment, ResourceKind, TopicDescription,
};
use crate::protocol::ErrorCode;
use crate::types::{BrokerId, TopicPartition, Uuid};

/// Asks for the topics, by id if one is given.
pub(super) async fn described(
    admin: &Admin,
    options: &Options,
) -> Result<Vec<TopicDescription>, CommandError> {
    let id = options
        .topic_id
        .as_deref()
        .filter(|text| !text.is_empty())
        .map(parse_id);
    if let Some(id) = id.transpose()?.filter(|id| !id.is_zero()) {
        return described_by_id(admin, id, options.if_exists).await;
    }
    let names = matching(admin, options).await?;
    if names.is_empty() {
        return Ok(Vec::new());
    }
    let page = options
        .page
        .value("partition-size-limit-per-response")
        .map_err(failed)?;
    let results = admin
        .describe_topics(&names, page)
        .await
        .map_err(|error| call_failed(&error))?;
    let topics = results
        .into_iter()
        .map(|(_, result)| result)
        .collect::<Result<Vec<_>, _>>();
    topics.map_err(|error| call_failed(&error))
}

async fn described_by_id(
    admin: &Admin,
    id: Uuid,
    if_exists: bool,
) -> Result<Vec<TopicDescription>, CommandError> {
    let results = admin
        .describe_topics_by_id(&[id])
        .await
        .map_err(|error| call_failed(&error))?;
    let mut topics = Vec::new();
    for (_, result) in results {
        match result {
            Ok(topic) => topics.push(topic),
            Err(error) if error.code() == Some(ErrorCode::UnknownTopicId) => {
                if !if_exists {
                    return Err(failed(format!("TopicId '{id}' does not exist as expected")));
                }
            }
            Err(error) => return Err(call_failed(&error)),
        }
    }
    Ok(topics)
}

/// Reads an id; the sentence tells how many bytes the text stands for, as Kafka's does.
fn parse_id(text: &str) -> Result<Uuid, CommandError> {
    text.parse().map_err(|_| {
        let characters = text.trim_end_matches('=').len();
        if text.len() > 24 {
            return failed(format!(
                "Input string with prefix `{}` is too long to be decoded as a base64 UUID",
                text.chars().take(24).collect::<String>()
            ));
        }
        failed(format!(
            "Input string `{text}` decoded as {} bytes, which is not equal to the expected 16 \
             bytes of a base64-encoded UUID",
            characters * 6 / 8
        ))
    })
}

/// What is told of topics elsewhere: their settings, moves of replicas, which brokers live.
pub(super) struct Surroundings {
    pub(super) configs: HashMap<String, Vec<ConfigEntry>>,
    pub(super) moves: HashMap<TopicPartition, Reassignment>,
    pub(super) live: Vec<BrokerId>,
}

impl Surroundings {
    pub(super) async fn of(
        admin: &Admin,
        topics: &[TopicDescription],
    ) -> Result<Self, CommandError> {
        let mut surroundings = Self {
            configs: HashMap::new(),
            moves: HashMap::new(),
            live: Vec::new(),
        };
        if topics.is_empty() {
            return Ok(surroundings);
        }
        let resources: Vec<_> = topics
            .iter()
            .map(|topic| ConfigResource::new(ResourceKind::Topic, topic.name.clone()))
            .collect();
        let results = admin
            .describe_configs(&resources)
            .await
            .map_err(|error| call_failed(&error))?;
        for (resource, result) in results {
            let entries = result.map_err(|error| call_failed(&error))?;
            surroundings.configs.insert(resource.name, entries);
        }
        let partitions: Vec<_> = topics
            .iter()
            .flat_map(|topic| {
                let of_topic = |partition: &PartitionDescription| {
                    TopicPartition::new(topic.name.clone(), partition.partition)
                };
                topic.partitions.iter().map(of_topic)
            })
            .collect();
        // A caller who must not see moves sees the topics all the same.
        if let Ok(moves) = admin.list_partition_reassignments(Some(&partitions)).await {
            surroundings.moves = moves.into_iter().collect();
        }
        let cluster = admin
            .describe_cluster(false)
            .await
            .map_err(|error| call_failed(&error))?;
        surroundings.live = cluster.brokers.iter().map(|broker| broker.id).collect();
        Ok(surroundings)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_id_that_is_none_is_told_by_its_bytes() {
        let text = "Error while executing topic command : Input string `foo` decoded as 2 bytes, \
                    which is not equal to the expected 16 bytes of a base64-encoded UUID";
        assert_eq!(parse_id("foo").unwrap_err().sentence(), text);
    }
}
