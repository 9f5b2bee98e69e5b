//! Topics: create, delete, list, add partitions.

use std::collections::BTreeMap;

use super::config_entry::{ConfigEntry, ConfigSource, ConfigType};
use super::{Admin, Apply, Results, in_order};
use crate::client::cluster::Target;
use crate::client::error::ClientError;
use crate::client::metadata::{TopicsWanted, from_wire_uuid, text, topic_name};
use crate::protocol::messages::create_partitions_request::{
    CreatePartitionsAssignment, CreatePartitionsTopic,
};
use crate::protocol::messages::create_topics_request::{
    CreatableReplicaAssignment, CreatableTopic, CreatableTopicConfig,
};
use crate::protocol::messages::create_topics_response::CreatableTopicResult;
use crate::protocol::messages::delete_topics_request::DeleteTopicState;
use crate::protocol::messages::{
    self, CreatePartitionsRequest, CreateTopicsRequest, DeleteTopicsRequest,
};
use crate::types::{BrokerId, Uuid};

/// A topic to be made.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct NewTopic {
    /// Its name.
    pub name: String,
    /// How many partitions; `None` is the broker's default.
    pub partitions: Option<i32>,
    /// How many replicas each has; `None` is the broker's default.
    pub replication_factor: Option<i16>,
    /// Where the replicas of each partition are; not together with the two above.
    pub assignments: BTreeMap<i32, Vec<BrokerId>>,
    /// Its settings.
    pub configs: BTreeMap<String, String>,
}

/// What became of a new topic.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CreatedTopic {
    /// Its id; zero from brokers before 2.8.
    pub id: Uuid,
    /// How many partitions it has, if the broker tells.
    pub partitions: Option<i32>,
    /// How many replicas each has, if the broker tells.
    pub replication_factor: Option<i16>,
    /// Its settings, if the broker tells.
    pub configs: Option<Vec<ConfigEntry>>,
}

/// A topic that is to have more partitions.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewPartitions {
    /// The topic's name.
    pub topic: String,
    /// How many partitions it is to have in all.
    pub total: i32,
    /// Where the replicas of each new partition are; `None` leaves it to the controller.
    pub assignments: Option<Vec<Vec<BrokerId>>>,
}

/// A topic in a list.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TopicListing {
    /// Its name.
    pub name: String,
    /// Its id; zero from brokers before 2.8.
    pub id: Uuid,
    /// Whether it is Kafka's own.
    pub internal: bool,
}

impl Admin {
    /// Makes topics.
    ///
    /// # Errors
    ///
    /// Fails if no broker takes the request; what is wrong with one topic is in its result.
    pub async fn create_topics(
        &self,
        topics: &[NewTopic],
        apply: Apply,
    ) -> Result<Results<String, CreatedTopic>, ClientError> {
        let timeout_ms = self.request_timeout_ms();
        let with_defaults = topics.iter().filter(|topic| {
            let incomplete = topic.partitions.is_none() || topic.replication_factor.is_none();
            topic.assignments.is_empty() && incomplete
        });
        let with_defaults: Vec<&str> = with_defaults.map(|topic| topic.name.as_str()).collect();
        if !with_defaults.is_empty() {
            let deadline = self.cluster.api_deadline();
            let session = self
                .cluster
                .session("createTopics", Target::Controller, deadline);
            let version = session
                .await?
                .versions
                .choose(crate::protocol::ApiKey::CreateTopics)?;
            if version < 4 {
                return Err(ClientError::UnsupportedVersion {
                    message: format!(
                        "Creating topics with default partitions/replication factor are only \
                         supported in CreateTopicRequest version 4+. The following topics need \
                         values for partitions and replicas: [{}]",
                        with_defaults.join(", ")
                    ),
                });
            }
        }
        let build = |_| {
            CreateTopicsRequest::default()
                .with_topics(topics.iter().map(creatable).collect())
                .with_timeout_ms(timeout_ms)
                .with_validate_only(apply == Apply::ValidateOnly)
        };
        let call = self.call_controller("createTopics", build, |response| {
            response
                .topics
                .iter()
                .map(|topic| topic.error_code)
                .collect()
        });
        let found = call.await?.topics.iter().map(created).collect();
        let names = topics.iter().map(|topic| topic.name.clone());
        Ok(in_order(names, found, |name| format!("topic {name}")))
    }

    /// Deletes topics by name.
    ///
    /// # Errors
    ///
    /// Fails if no broker takes the request; what is wrong with one topic is in its result.
    pub async fn delete_topics(
        &self,
        names: &[String],
    ) -> Result<Results<String, ()>, ClientError> {
        let timeout_ms = self.request_timeout_ms();
        let build = |version| {
            let request = DeleteTopicsRequest::default().with_timeout_ms(timeout_ms);
            if version < 6 {
                let names = names.iter().map(|name| topic_name(name)).collect();
                return request.with_topic_names(names);
            }
            let by_name =
                |name: &String| DeleteTopicState::default().with_name(Some(topic_name(name)));
            request.with_topics(names.iter().map(by_name).collect())
        };
        let call = self.call_controller("deleteTopics", build, |response| {
            response
                .responses
                .iter()
                .map(|topic| topic.error_code)
                .collect()
        });
        let response = call.await?;
        let found = response.responses.iter().map(|topic| {
            let name = topic
                .name
                .as_ref()
                .map_or_else(String::new, |name| name.0.to_string());
            (
                name,
                ClientError::check(topic.error_code, topic.error_message.as_deref()),
            )
        });
        Ok(in_order(names.iter().cloned(), found.collect(), |name| {
            format!("topic {name}")
        }))
    }

    /// Adds partitions to topics.
    ///
    /// # Errors
    ///
    /// Fails if no broker takes the request; what is wrong with one topic is in its result.
    pub async fn create_partitions(
        &self,
        topics: &[NewPartitions],
        apply: Apply,
    ) -> Result<Results<String, ()>, ClientError> {
        let timeout_ms = self.request_timeout_ms();
        let more = |topic: &NewPartitions| {
            let assignments = topic.assignments.as_ref().map(|lists| {
                let assignment = |ids: &Vec<BrokerId>| {
                    CreatePartitionsAssignment::default().with_broker_ids(wire_ids(ids))
                };
                lists.iter().map(assignment).collect()
            });
            CreatePartitionsTopic::default()
                .with_name(topic_name(&topic.topic))
                .with_count(topic.total)
                .with_assignments(assignments)
        };
        let build = |_| {
            CreatePartitionsRequest::default()
                .with_topics(topics.iter().map(more).collect())
                .with_timeout_ms(timeout_ms)
                .with_validate_only(apply == Apply::ValidateOnly)
        };
        let call = self.call_controller("createPartitions", build, |response| {
            response
                .results
                .iter()
                .map(|topic| topic.error_code)
                .collect()
        });
        let response = call.await?;
        let found = response.results.iter().map(|topic| {
            let result = ClientError::check(topic.error_code, topic.error_message.as_deref());
            (topic.name.0.to_string(), result)
        });
        let names = topics.iter().map(|topic| topic.topic.clone());
        Ok(in_order(names, found.collect(), |name| {
            format!("topic {name}")
        }))
    }

    /// Returns all topics, in order of their names.
    ///
    /// # Errors
    ///
    /// Fails if no broker answers.
    pub async fn list_topics(&self) -> Result<Vec<TopicListing>, ClientError> {
        let deadline = self.cluster.api_deadline();
        let call = self
            .cluster
            .metadata("listTopics", &TopicsWanted::All, deadline);
        let listed = call.await?.topics.into_iter().map(|topic| TopicListing {
            name: topic.name,
            id: topic.id,
            internal: topic.internal,
        });
        Ok(listed.collect())
    }
}

fn creatable(topic: &NewTopic) -> CreatableTopic {
    let by_hand = !topic.assignments.is_empty();
    let assignment = |(partition, ids): (&i32, &Vec<BrokerId>)| {
        CreatableReplicaAssignment::default()
            .with_partition_index(*partition)
            .with_broker_ids(wire_ids(ids))
    };
    let config = |(name, value): (&String, &String)| {
        CreatableTopicConfig::default()
            .with_name(text(name))
            .with_value(Some(text(value)))
    };
    let partitions = topic.partitions.filter(|_| !by_hand).unwrap_or(-1);
    let replicas = topic.replication_factor.filter(|_| !by_hand).unwrap_or(-1);
    CreatableTopic::default()
        .with_name(topic_name(&topic.name))
        .with_num_partitions(partitions)
        .with_replication_factor(replicas)
        .with_assignments(topic.assignments.iter().map(assignment).collect())
        .with_configs(topic.configs.iter().map(config).collect())
}

fn created(topic: &CreatableTopicResult) -> (String, Result<CreatedTopic, ClientError>) {
    let checked = ClientError::check(topic.error_code, topic.error_message.as_deref());
    let result = checked.map(|()| CreatedTopic {
        id: from_wire_uuid(topic.topic_id),
        partitions: (topic.num_partitions >= 0).then_some(topic.num_partitions),
        replication_factor: (topic.replication_factor >= 0).then_some(topic.replication_factor),
        configs: topic.configs.as_ref().map(|configs| {
            let entry =
                |config: &messages::create_topics_response::CreatableTopicConfigs| ConfigEntry {
                    name: config.name.to_string(),
                    value: config.value.as_ref().map(|value| value.to_string()),
                    source: ConfigSource::from_code(config.config_source),
                    read_only: config.read_only,
                    sensitive: config.is_sensitive,
                    synonyms: Vec::new(),
                    kind: ConfigType::Unknown,
                    documentation: None,
                };
            configs.iter().map(entry).collect()
        }),
    });
    (topic.name.0.to_string(), result)
}

fn wire_ids(ids: &[BrokerId]) -> Vec<messages::BrokerId> {
    ids.iter().map(|id| messages::BrokerId(id.0)).collect()
}
