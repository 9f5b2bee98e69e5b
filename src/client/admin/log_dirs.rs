//! The log directories of brokers: what lies where, and moving it (KIP-113).

use std::collections::BTreeMap;

use super::Admin;
use crate::client::cluster::Target;
use crate::client::error::ClientError;
use crate::client::metadata::topic_name;
use crate::protocol::messages::alter_replica_log_dirs_request::{
    AlterReplicaLogDir, AlterReplicaLogDirTopic,
};
use crate::protocol::messages::{AlterReplicaLogDirsRequest, DescribeLogDirsRequest, StrBytes};
use crate::types::{BrokerId, TopicPartition};

/// A log directory of a broker.
#[derive(Clone, Debug)]
pub struct LogDirDescription {
    /// Where it is.
    pub path: String,
    /// What is wrong with it.
    pub error: Option<ClientError>,
    /// What lies in it; a partition that is being moved here is in the list too.
    pub replicas: Vec<ReplicaInfo>,
    /// The volume's size in bytes, if the broker tells.
    pub total_bytes: Option<i64>,
    /// What may still be written there.
    pub usable_bytes: Option<i64>,
}

/// A partition in a log directory.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ReplicaInfo {
    /// The partition.
    pub partition: TopicPartition,
    /// The size of its segments.
    pub bytes: i64,
    /// How far the copy lags behind the log.
    pub offset_lag: i64,
    /// Whether it is a copy on its way, to become the log.
    pub is_future: bool,
}

/// A replica on a broker.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Replica {
    /// The broker.
    pub broker: BrokerId,
    /// The partition.
    pub partition: TopicPartition,
}

impl Admin {
    /// Describes the log directories of a broker.
    ///
    /// # Errors
    ///
    /// Fails if the broker does not answer, or answers with an error for all of them.
    pub async fn describe_log_dirs(
        &self,
        broker: BrokerId,
    ) -> Result<Vec<LogDirDescription>, ClientError> {
        let deadline = self.cluster.api_deadline();
        let build = |_| DescribeLogDirsRequest::default();
        let call = self
            .cluster
            .call("describeLogDirs", Target::Broker(broker), deadline, build);
        let response = call.await?;
        ClientError::check(response.error_code, None)?;
        let described = response.results.into_iter().map(|result| {
            let dir = result.known;
            let replicas = dir.topics.iter().flat_map(|topic| {
                topic.partitions.iter().map(|partition| ReplicaInfo {
                    partition: TopicPartition::new(
                        topic.name.to_string(),
                        partition.partition_index,
                    ),
                    bytes: partition.partition_size,
                    offset_lag: partition.offset_lag,
                    is_future: partition.is_future_key,
                })
            });
            let told = |bytes: i64| (bytes >= 0).then_some(bytes);
            LogDirDescription {
                path: dir.log_dir.to_string(),
                error: ClientError::check(dir.error_code, None).err(),
                replicas: replicas.collect(),
                total_bytes: told(dir.total_bytes),
                usable_bytes: told(dir.usable_bytes),
            }
        });
        Ok(described.collect())
    }

    /// Begins to move replicas to log directories of their brokers; returns what became of each.
    ///
    /// # Errors
    ///
    /// Fails if a broker does not answer.
    pub async fn alter_replica_log_dirs(
        &self,
        moves: &BTreeMap<Replica, String>,
    ) -> Result<BTreeMap<Replica, Result<(), ClientError>>, ClientError> {
        let mut by_broker: BTreeMap<BrokerId, BTreeMap<&str, Topics<'_>>> = BTreeMap::new();
        for (replica, path) in moves {
            let dirs = by_broker.entry(replica.broker).or_default();
            let topics = dirs.entry(path.as_str()).or_default();
            let partitions = topics.entry(replica.partition.topic.as_str()).or_default();
            partitions.push(replica.partition.partition);
        }
        let mut results = BTreeMap::new();
        for (broker, dirs) in by_broker {
            let deadline = self.cluster.api_deadline();
            let request = request(&dirs);
            let build = |_| request.clone();
            let target = Target::Broker(broker);
            let call = self
                .cluster
                .call("alterReplicaLogDirs", target, deadline, build);
            for topic in call.await?.results {
                for partition in topic.partitions {
                    let name = topic.topic_name.to_string();
                    let replica = Replica {
                        broker,
                        partition: TopicPartition::new(name, partition.partition_index),
                    };
                    results.insert(replica, ClientError::check(partition.error_code, None));
                }
            }
        }
        Ok(results)
    }
}

/// Partitions by topic.
type Topics<'a> = BTreeMap<&'a str, Vec<i32>>;

fn request(dirs: &BTreeMap<&str, Topics<'_>>) -> AlterReplicaLogDirsRequest {
    let dirs = dirs.iter().map(|(path, topics)| {
        let topics = topics.iter().map(|(name, partitions)| {
            AlterReplicaLogDirTopic::default()
                .with_name(topic_name(name))
                .with_partitions(partitions.clone())
        });
        AlterReplicaLogDir::default()
            .with_path(StrBytes::from_string((*path).to_owned()))
            .with_topics(topics.collect())
    });
    AlterReplicaLogDirsRequest::default().with_dirs(dirs.collect())
}
