//! Throttles: set before a move, taken away after it.

use std::collections::{BTreeMap, BTreeSet};

use super::state::{Assignment, brokers, described, topics_of};
use super::{call_failed, plural};
use crate::cli::{CommandError, Output};
use crate::client::Admin;
use crate::client::admin::{
    Apply, ConfigChange, ConfigOperation, ConfigResource, Reassignment, Replica, ResourceKind,
};
use crate::types::{BrokerId, TopicPartition};

const BROKER_RATES: [&str; 2] = [
    "leader.replication.throttled.rate",
    "follower.replication.throttled.rate",
];
const LOG_DIRS_RATE: &str = "replica.alter.log.dirs.io.max.bytes.per.second";
const LEADER_REPLICAS: &str = "leader.replication.throttled.replicas";
const FOLLOWER_REPLICAS: &str = "follower.replication.throttled.replicas";

/// Where a partition's records come from, and where they go.
#[derive(Debug, Default)]
struct Flow {
    sources: BTreeSet<BrokerId>,
    destinations: BTreeSet<BrokerId>,
}

/// Limits what moves between brokers: on every topic and broker that takes part.
pub(super) async fn set_between_brokers(
    admin: &Admin,
    current: &Assignment,
    wanted: &Assignment,
    under_way: &BTreeMap<TopicPartition, Reassignment>,
    rate: i64,
) -> Result<(), CommandError> {
    let flows = flows(current, wanted, under_way);
    let mut topics: BTreeMap<&str, (BTreeSet<String>, BTreeSet<String>)> = BTreeMap::new();
    let mut taking_part = BTreeSet::new();
    for (partition, flow) in &flows {
        let (leaders, followers) = topics.entry(&partition.topic).or_default();
        let pair = |id: &BrokerId| format!("{}:{id}", partition.partition);
        leaders.extend(flow.sources.iter().map(pair));
        followers.extend(flow.destinations.iter().map(pair));
        taking_part.extend(flow.sources.iter().chain(&flow.destinations));
    }
    let joined = |pairs: BTreeSet<String>| pairs.into_iter().collect::<Vec<_>>().join(",");
    let mut changes = Vec::new();
    for (topic, (leaders, followers)) in topics {
        let resource = ConfigResource::new(ResourceKind::Topic, topic);
        let set = vec![
            set(LEADER_REPLICAS, joined(leaders)),
            set(FOLLOWER_REPLICAS, joined(followers)),
        ];
        changes.push((resource, set));
    }
    for broker in taking_part {
        let rates = BROKER_RATES.map(|name| set(name, rate.to_string()));
        changes.push((of_broker(broker), rates.to_vec()));
    }
    alter(admin, &changes).await
}

fn flows(
    current: &Assignment,
    wanted: &Assignment,
    under_way: &BTreeMap<TopicPartition, Reassignment>,
) -> BTreeMap<TopicPartition, Flow> {
    let mut flows: BTreeMap<TopicPartition, Flow> = BTreeMap::new();
    for (partition, moving) in under_way {
        let flow = flows.entry(partition.clone()).or_default();
        let stays = moving
            .replicas
            .iter()
            .filter(|id| !moving.adding.contains(id));
        flow.sources.extend(stays);
        flow.destinations.extend(&moving.adding);
    }
    for (partition, target) in wanted {
        let present = current.get(partition).map_or(&[][..], Vec::as_slice);
        let flow = flows.entry(partition.clone()).or_default();
        if flow.sources.is_empty() {
            flow.sources.extend(present);
        }
        let new = target.iter().filter(|id| !flow.sources.contains(id));
        flow.destinations = new.copied().collect();
    }
    flows
}

/// Limits what moves between the log directories of the brokers of these replicas.
pub(super) async fn set_between_log_dirs(
    admin: &Admin,
    replicas: impl Iterator<Item = &Replica>,
    rate: i64,
) -> Result<(), CommandError> {
    let ids: BTreeSet<BrokerId> = replicas.map(|replica| replica.broker).collect();
    let change = |id| (of_broker(id), vec![set(LOG_DIRS_RATE, rate.to_string())]);
    let changes: Vec<_> = ids.into_iter().map(change).collect();
    alter(admin, &changes).await
}

/// Takes all throttles away: of every broker that is there, and of the topics that exist.
pub(super) async fn clear(
    admin: &Admin,
    wanted: &Assignment,
    output: &mut Output,
) -> Result<(), CommandError> {
    let nodes = brokers(admin).await?;
    let ids: BTreeSet<BrokerId> = nodes.iter().map(|node| node.id).collect();
    let names: Vec<String> = ids.iter().map(ToString::to_string).collect();
    output.line(format!(
        "Clearing broker-level throttles on broker{} {}",
        plural(names.len()),
        names.join(",")
    ))?;
    let rates = || {
        let all = BROKER_RATES.iter().chain(std::iter::once(&LOG_DIRS_RATE));
        all.map(|name| delete(name)).collect::<Vec<_>>()
    };
    let changes: Vec<_> = ids.into_iter().map(|id| (of_broker(id), rates())).collect();
    alter(admin, &changes).await?;
    let topics = topics_of(wanted);
    output.line(format!(
        "Clearing topic-level throttles on topic{} {}",
        plural(topics.len()),
        topics.join(",")
    ))?;
    let (found, _) = described(admin, &topics).await?;
    let existing = topics_of(&found).into_iter().map(|topic| {
        let resource = ConfigResource::new(ResourceKind::Topic, topic);
        (
            resource,
            vec![delete(LEADER_REPLICAS), delete(FOLLOWER_REPLICAS)],
        )
    });
    alter(admin, &existing.collect::<Vec<_>>()).await
}

fn of_broker(id: BrokerId) -> ConfigResource {
    ConfigResource::new(ResourceKind::Broker, id.to_string())
}

fn set(name: &str, value: String) -> ConfigChange {
    ConfigChange {
        name: name.to_owned(),
        operation: ConfigOperation::Set(value),
    }
}

fn delete(name: &str) -> ConfigChange {
    ConfigChange {
        name: name.to_owned(),
        operation: ConfigOperation::Delete,
    }
}

async fn alter(
    admin: &Admin,
    changes: &[(ConfigResource, Vec<ConfigChange>)],
) -> Result<(), CommandError> {
    if changes.is_empty() {
        return Ok(());
    }
    let altered = admin.incremental_alter_configs(changes, Apply::Now).await;
    for (_, outcome) in altered.map_err(call_failed)? {
        outcome.map_err(call_failed)?;
    }
    Ok(())
}
