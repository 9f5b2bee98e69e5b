//! Moves of replicas that are under way.

use std::collections::BTreeMap;

use super::{Admin, Results, in_order};
use crate::client::error::ClientError;
use crate::client::metadata::{broker_ids, topic_name};
use crate::protocol::messages::alter_partition_reassignments_request as alter;
use crate::protocol::messages::list_partition_reassignments_request as request;
use crate::protocol::messages::{
    AlterPartitionReassignmentsRequest, BrokerId as WireId, ListPartitionReassignmentsRequest,
};
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

impl Admin {
    /// Gives partitions other replicas, or ends their moves (`None`); returns what became of each,
    /// in order.
    ///
    /// # Errors
    ///
    /// Fails if no broker answers, or if it answers with an error for all of them.
    pub async fn alter_partition_reassignments(
        &self,
        wanted: &BTreeMap<TopicPartition, Option<Vec<BrokerId>>>,
    ) -> Result<Results<TopicPartition, ()>, ClientError> {
        let timeout_ms = self.request_timeout_ms();
        let build = |_| {
            let mut topics: BTreeMap<&str, Vec<alter::ReassignablePartition>> = BTreeMap::new();
            for (partition, replicas) in wanted {
                let ids = |ids: &Vec<BrokerId>| ids.iter().map(|id| WireId(id.0)).collect();
                let entry = alter::ReassignablePartition::default()
                    .with_partition_index(partition.partition)
                    .with_replicas(replicas.as_ref().map(ids));
                topics.entry(&partition.topic).or_default().push(entry);
            }
            let topic = |(name, partitions)| {
                alter::ReassignableTopic::default()
                    .with_name(topic_name(name))
                    .with_partitions(partitions)
            };
            AlterPartitionReassignmentsRequest::default()
                .with_timeout_ms(timeout_ms)
                .with_topics(topics.into_iter().map(topic).collect())
        };
        let name = "alterPartitionReassignments";
        let call = self.call_controller(name, build, |response| vec![response.error_code]);
        let response = call.await?;
        ClientError::check(response.error_code, response.error_message.as_deref())?;
        let mut found = Vec::new();
        for topic in &response.responses {
            for partition in &topic.partitions {
                let message = partition.error_message.as_deref();
                let outcome = ClientError::check(partition.error_code, message);
                let name = topic.name.0.to_string();
                found.push((
                    TopicPartition::new(name, partition.partition_index),
                    outcome,
                ));
            }
        }
        let wanted = wanted.keys().cloned();
        Ok(in_order(wanted, found, ToString::to_string))
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
