//! What the cluster says about replicas: where they are, where they lie, what is on the move.

use std::collections::{BTreeMap, BTreeSet};

use super::{call_failed, failed};
use crate::cli::CommandError;
use crate::client::BrokerNode;
use crate::client::admin::{Reassignment, Replica};
use crate::client::{Admin, ClientError};
use crate::protocol::ErrorCode;
use crate::types::{BrokerId, TopicPartition};

/// How many partitions to ask for at a time.
const PAGE: i32 = 2000;

/// Replicas by partition.
pub(super) type Assignment = BTreeMap<TopicPartition, Vec<BrokerId>>;

/// Where a replica lies.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Place {
    /// The log directory in use.
    pub(super) current: Option<String>,
    /// The log directory that it is being moved to.
    pub(super) future: Option<String>,
}

/// Returns the brokers that are there.
pub(super) async fn brokers(admin: &Admin) -> Result<Vec<BrokerNode>, CommandError> {
    let cluster = admin.describe_cluster(false).await.map_err(call_failed)?;
    Ok(cluster.brokers)
}

/// Returns the assignment of whole topics, all of which must exist.
pub(super) async fn of_topics(admin: &Admin, names: &[String]) -> Result<Assignment, CommandError> {
    let (found, missing) = described(admin, names).await?;
    match missing.first() {
        Some(name) => Err(not_found(name)),
        None => Ok(found),
    }
}

/// Returns the present replicas of partitions, all of which must exist.
pub(super) async fn of_partitions(
    admin: &Admin,
    wanted: &Assignment,
) -> Result<Assignment, CommandError> {
    let all = of_topics(admin, &topics_of(wanted)).await?;
    let mut found = Assignment::new();
    for partition in wanted.keys() {
        let Some(replicas) = all.get(partition) else {
            return Err(failed(format!(
                "org.apache.kafka.common.errors.UnknownTopicOrPartitionException: Unable to find \
                 partition: {partition}"
            )));
        };
        found.insert(partition.clone(), replicas.clone());
    }
    Ok(found)
}

/// Returns the present replicas of those topics that exist, and the names of the others.
pub(super) async fn described(
    admin: &Admin,
    names: &[String],
) -> Result<(Assignment, Vec<String>), CommandError> {
    let (mut found, mut missing) = (Assignment::new(), Vec::new());
    for (name, topic) in admin
        .describe_topics(names, PAGE)
        .await
        .map_err(call_failed)?
    {
        match topic {
            Ok(topic) => {
                for partition in topic.partitions {
                    let name = TopicPartition::new(topic.name.clone(), partition.partition);
                    found.insert(name, partition.replicas);
                }
            }
            Err(ClientError::Broker {
                code: ErrorCode::UnknownTopicOrPartition,
                ..
            }) => missing.push(name),
            Err(error) => return Err(call_failed(error)),
        }
    }
    Ok((found, missing))
}

fn not_found(topic: &str) -> CommandError {
    failed(format!(
        "org.apache.kafka.common.errors.UnknownTopicOrPartitionException: Topic {topic} not found."
    ))
}

/// Returns the names of the topics of an assignment.
pub(super) fn topics_of(assignment: &Assignment) -> Vec<String> {
    let names: BTreeSet<&str> = assignment.keys().map(|name| name.topic.as_str()).collect();
    names.into_iter().map(ToOwned::to_owned).collect()
}

/// Returns what is on the move.
pub(super) async fn moving(
    admin: &Admin,
) -> Result<BTreeMap<TopicPartition, Reassignment>, CommandError> {
    let all = admin.list_partition_reassignments(None).await;
    all.map_err(call_failed)
}

/// Returns where replicas lie, as far as their brokers are there and tell.
pub(super) async fn places(
    admin: &Admin,
    replicas: impl Iterator<Item = &Replica>,
    live: &[BrokerNode],
) -> Result<BTreeMap<Replica, Place>, CommandError> {
    let wanted: BTreeSet<&Replica> = replicas.collect();
    let ids: BTreeSet<BrokerId> = wanted.iter().map(|replica| replica.broker).collect();
    let mut places: BTreeMap<Replica, Place> = BTreeMap::new();
    for broker in ids {
        if !live.iter().any(|node| node.id == broker) {
            continue;
        }
        let dirs = admin.describe_log_dirs(broker).await.map_err(call_failed)?;
        for dir in dirs {
            for found in dir.replicas {
                let replica = Replica {
                    broker,
                    partition: found.partition,
                };
                if !wanted.contains(&replica) {
                    continue;
                }
                let place = places.entry(replica).or_default();
                if found.is_future {
                    place.future = Some(dir.path.clone());
                } else {
                    place.current = Some(dir.path.clone());
                }
            }
        }
    }
    Ok(places)
}

/// Returns every replica of an assignment.
pub(super) fn replicas_of(assignment: &Assignment) -> Vec<Replica> {
    let replicas = assignment.iter().flat_map(|(partition, brokers)| {
        brokers.iter().map(|broker| Replica {
            broker: *broker,
            partition: partition.clone(),
        })
    });
    replicas.collect()
}

/// Returns the log directories in use of an assignment's replicas.
pub(super) async fn log_dirs(
    admin: &Admin,
    assignment: &Assignment,
) -> Result<BTreeMap<Replica, String>, CommandError> {
    let live = brokers(admin).await?;
    let replicas = replicas_of(assignment);
    let places = places(admin, replicas.iter(), &live).await?;
    let known = places.into_iter();
    Ok(known
        .filter_map(|(replica, place)| Some((replica, place.current?)))
        .collect())
}

/// Returns ids as Kafka prints them.
pub(super) fn joined(ids: &[BrokerId]) -> String {
    let ids: Vec<_> = ids.iter().map(ToString::to_string).collect();
    ids.join(",")
}
