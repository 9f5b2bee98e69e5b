//! Moves of replicas that are under way.

use std::collections::BTreeMap;

use super::Admin;
use crate::client::error::ClientError;
use crate::client::metadata::{broker_ids, topic_name};
use crate::protocol::messages::ListPartitionReassignmentsRequest;
use crate::protocol::messages::list_partition_reassignments_request as request;
use crate::types::{BrokerId, TopicPartition};

/// A move of replicas that is under way.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reassignment {
    /// All replicas, those that come and those that go among them.
    pub replicas: Vec<BrokerId>,
    /// The replicas that come.
    pub adding: Vec<BrokerId>,
    /// The replicas that go.
    pub removing: Vec<BrokerId>,
}

impl Admin {
    /// Returns the moves that are under way, of these partitions or of all.
    ///
    /// # Errors
    ///
    /// Fails if no broker answers, or if it answers with an error.
    pub async fn list_partition_reassignments(
        &self,
        partitions: Option<&[TopicPartition]>,
    ) -> Result<BTreeMap<TopicPartition, Reassignment>, ClientError> {
        let timeout_ms = self.request_timeout_ms();
        let build = |_| {
            ListPartitionReassignmentsRequest::default()
                .with_timeout_ms(timeout_ms)
                .with_topics(partitions.map(by_topic))
        };
        let name = "listPartitionReassignments";
        let call = self.call_controller(name, build, |response| vec![response.error_code]);
        let response = call.await?;
        ClientError::check(response.error_code, response.error_message.as_deref())?;
        let mut found = BTreeMap::new();
        for topic in &response.topics {
            for partition in &topic.partitions {
                let moving = Reassignment {
                    replicas: broker_ids(&partition.replicas),
                    adding: broker_ids(&partition.adding_replicas),
                    removing: broker_ids(&partition.removing_replicas),
                };
                let name = topic.name.0.to_string();
                found.insert(TopicPartition::new(name, partition.partition_index), moving);
            }
        }
        Ok(found)
    }
}

fn by_topic(partitions: &[TopicPartition]) -> Vec<request::ListPartitionReassignmentsTopics> {
    let mut topics: BTreeMap<&str, Vec<i32>> = BTreeMap::new();
    for partition in partitions {
        topics
            .entry(&partition.topic)
            .or_default()
            .push(partition.partition);
    }
    let topic = |(name, indexes)| {
        request::ListPartitionReassignmentsTopics::default()
            .with_name(topic_name(name))
            .with_partition_indexes(indexes)
    };
    topics.into_iter().map(topic).collect()
}
