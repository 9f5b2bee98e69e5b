//! `--generate`: a proposal that spreads topics over brokers.
//!
//! Leaders take turns over the brokers, replicas follow in an order in which neighbours are on
//! different racks, as far as there are several.

use std::collections::BTreeMap;

use serde_json::json;

use super::plan_file::{document, parse_topics};
use super::state::{Assignment, brokers, log_dirs, of_topics};
use super::{failed, read_file};
use crate::cli::{CommandError, Format, Output};
use crate::client::Admin;
use crate::client::BrokerNode;
use crate::rng::Rng;
use crate::types::{BrokerId, TopicPartition};

/// What a proposal is to be made of.
pub(super) struct Wanted<'o> {
    pub(super) topics_file: &'o str,
    pub(super) broker_list: &'o str,
    pub(super) is_rack_aware: bool,
}

pub(super) async fn run(
    admin: &Admin,
    wanted: Wanted<'_>,
    format: Format,
    output: &mut Output,
) -> Result<(), CommandError> {
    let ids = parse_brokers(wanted.broker_list)?;
    let topics = parse_topics(&read_file(wanted.topics_file)?)?;
    let current = of_topics(admin, &topics).await?;
    let mut nodes = brokers(admin).await?;
    nodes.retain(|node| ids.contains(&node.id));
    let order = order(&nodes, wanted.is_rack_aware)?;
    let proposed = propose(&current, &order, &mut Rng::from_os())?;
    let dirs = log_dirs(admin, &current).await?;
    let current = document(&current, &dirs);
    let proposed = document(&proposed, &BTreeMap::new());
    match format {
        Format::Json => output.json(&json!({"current": current, "proposed": proposed})),
        Format::Text | Format::Table => {
            output.line("Current partition replica assignment")?;
            output.json(&current)?;
            output.line("")?;
            output.line("Proposed partition reassignment configuration")?;
            output.json(&proposed)
        }
    }
}

fn parse_brokers(list: &str) -> Result<Vec<BrokerId>, CommandError> {
    let mut ids = Vec::new();
    for id in list.split(',') {
        let parsed = id.trim().parse().map(BrokerId);
        let id = parsed.map_err(|_| failed(format!("For input string: \"{id}\"")))?;
        if ids.contains(&id) {
            return Err(failed(format!(
                "Broker list contains duplicate entries: [{id}]"
            )));
        }
        ids.push(id);
    }
    Ok(ids)
}

/// Returns the brokers so that neighbours are on different racks: one of each rack in turn.
fn order(nodes: &[BrokerNode], is_rack_aware: bool) -> Result<Vec<BrokerId>, CommandError> {
    let mut ids: Vec<BrokerId> = nodes.iter().map(|node| node.id).collect();
    ids.sort_unstable();
    let with_rack = nodes.iter().filter(|node| node.rack.is_some()).count();
    if !is_rack_aware || with_rack == 0 {
        return Ok(ids);
    }
    if with_rack < nodes.len() {
        return Err(failed(
            "Not all brokers have rack information. Add --disable-rack-aware in command line to \
             make replica assignment without rack information.",
        ));
    }
    let mut racks: BTreeMap<&str, Vec<BrokerId>> = BTreeMap::new();
    for node in nodes {
        let rack = node.rack.as_deref().unwrap_or_default();
        racks.entry(rack).or_default().push(node.id);
    }
    for ids in racks.values_mut() {
        ids.sort_unstable();
        ids.reverse();
    }
    let mut order = Vec::new();
    while order.len() < ids.len() {
        order.extend(racks.values_mut().filter_map(Vec::pop));
    }
    Ok(order)
}

fn propose(
    current: &Assignment,
    order: &[BrokerId],
    rng: &mut Rng,
) -> Result<Assignment, CommandError> {
    if order.is_empty() {
        return Err(failed(
            "All brokers are currently fenced, or have all their log directories cordoned.",
        ));
    }
    let mut proposed = Assignment::new();
    let mut topics: BTreeMap<&str, Vec<(&TopicPartition, usize)>> = BTreeMap::new();
    for (partition, replicas) in current {
        let partitions = topics.entry(&partition.topic).or_default();
        partitions.push((partition, replicas.len()));
    }
    for partitions in topics.values() {
        let factor = partitions.first().map_or(1, |(_, factor)| *factor);
        if factor > order.len() {
            return Err(failed(format!(
                "The target replication factor of {factor} cannot be reached because only {} \
                 broker(s) are registered or some brokers have all their log directories cordoned.",
                order.len()
            )));
        }
        let start = index(rng, order.len());
        let mut shift = index(rng, order.len().saturating_sub(1).max(1));
        for (number, (partition, _)) in partitions.iter().enumerate() {
            if number > 0 && number.is_multiple_of(order.len()) {
                shift += 1;
            }
            proposed.insert(
                (*partition).clone(),
                spread(order, number + start, shift, factor),
            );
        }
    }
    Ok(proposed)
}

fn index(rng: &mut Rng, below: usize) -> usize {
    let below = u64::try_from(below).unwrap_or(u64::MAX);
    usize::try_from(rng.next_u64() % below).unwrap_or(0)
}

/// Returns `factor` brokers of the circle, the first at `first`, the others behind a gap.
fn spread(order: &[BrokerId], first: usize, shift: usize, factor: usize) -> Vec<BrokerId> {
    let count = order.len();
    let first = first % count;
    let places = std::iter::once(first).chain((0..factor.saturating_sub(1)).map(|further| {
        let gap = 1 + (shift + further) % (count - 1);
        (first + gap) % count
    }));
    places
        .filter_map(|place| order.get(place).copied())
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn node(id: i32, rack: Option<&str>) -> BrokerNode {
        BrokerNode {
            id: BrokerId(id),
            host: "h".into(),
            port: 1,
            rack: rack.map(str::to_owned),
            fenced: false,
        }
    }

    #[test]
    fn a_proposal_spreads_leaders_and_keeps_replicas_apart() {
        let current: Assignment = (0..12)
            .map(|number| {
                (
                    TopicPartition::new("t", number),
                    vec![BrokerId(1), BrokerId(2)],
                )
            })
            .collect();
        let order: Vec<BrokerId> = [1, 2, 3].map(BrokerId).to_vec();
        for seed in 0..20 {
            let proposed = propose(&current, &order, &mut Rng::seeded(seed)).unwrap();
            for id in &order {
                let leads = proposed.values().filter(|replicas| replicas[0] == *id);
                assert_eq!(leads.count(), 4);
            }
            assert!(proposed.values().all(|replicas| replicas[0] != replicas[1]));
        }
    }

    #[test]
    fn racks_alternate_and_half_known_racks_are_refused() {
        let nodes = [node(1, Some("a")), node(2, Some("a")), node(3, Some("b"))];
        assert_eq!(order(&nodes, true).unwrap(), [1, 3, 2].map(BrokerId));
        let nodes = [node(2, None), node(1, Some("a"))];
        assert!(order(&nodes, true).is_err());
        assert_eq!(order(&nodes, false).unwrap(), [1, 2].map(BrokerId));
    }

    #[test]
    fn too_few_brokers_are_told() {
        let current = [(TopicPartition::new("t", 0), vec![BrokerId(1), BrokerId(2)])];
        let current = current.into_iter().collect();
        let mut rng = Rng::seeded(1);
        let error = propose(&current, &[BrokerId(1)], &mut rng).unwrap_err();
        assert!(error.sentence().contains("replication factor of 2"));
        assert!(propose(&current, &[], &mut rng).is_err());
    }
}
