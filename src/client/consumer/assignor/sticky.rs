//! In equal parts, and everyone keeps what it has as far as that allows.
//!
//! First everyone keeps what it owns and still may have. What nobody owns goes to whoever has
//! least. Then partitions move from who has more to who has at least two fewer, until none can:
//! each move brings the parts closer, so it ends, and with equal subscriptions nobody has two
//! more than another.

use std::collections::{BTreeMap, BTreeSet};

use super::{Assignments, MemberSubscription, in_order, nothing};
use crate::types::TopicPartition;

pub(super) fn assign(
    partitions: &BTreeMap<String, i32>,
    members: &[MemberSubscription],
) -> Assignments {
    let mut assigned = nothing(members);
    let owners = owners(partitions, members);
    for (partition, owner) in &owners {
        give(&mut assigned, owner, partition.clone());
    }
    let readers = readers(partitions, members);
    for (topic, count) in partitions {
        let Some(readers) = readers.get(topic.as_str()) else {
            continue;
        };
        for number in 0..*count {
            let partition = TopicPartition::new(topic.clone(), number);
            if owners.contains_key(&partition) {
                continue;
            }
            if let Some((reader, _)) = least(&assigned, readers) {
                let reader = reader.to_owned();
                give(&mut assigned, &reader, partition);
            }
        }
    }
    balance(&mut assigned, &readers);
    assigned
}

/// As [`assign`], but what another still owns is given to nobody in this round.
pub(super) fn assign_cooperatively(
    partitions: &BTreeMap<String, i32>,
    members: &[MemberSubscription],
) -> Assignments {
    let mut assigned = assign(partitions, members);
    let owned: Vec<(&str, &TopicPartition)> = members
        .iter()
        .flat_map(|member| member.owned.iter().map(|p| (member.member_id.as_str(), p)))
        .collect();
    let mut claims: BTreeMap<&TopicPartition, BTreeSet<&str>> = BTreeMap::new();
    for (owner, partition) in owned {
        claims.entry(partition).or_default().insert(owner);
    }
    for (id, list) in &mut assigned {
        list.retain(|partition| {
            let others = claims.get(partition);
            others.is_none_or(|owners| owners.iter().all(|owner| owner == id))
        });
    }
    assigned
}

/// Returns who owns what: of the newest generation that claims it, and nobody if two do.
fn owners<'a>(
    partitions: &BTreeMap<String, i32>,
    members: &'a [MemberSubscription],
) -> BTreeMap<TopicPartition, &'a str> {
    let mut claims: BTreeMap<&TopicPartition, (i32, Option<&str>)> = BTreeMap::new();
    for member in members {
        for partition in &member.owned {
            let exists = partitions
                .get(&partition.topic)
                .is_some_and(|count| (0..*count).contains(&partition.partition));
            if !exists || !member.topics.contains(&partition.topic) {
                continue;
            }
            let mine = (member.generation, Some(member.member_id.as_str()));
            let claim = claims.entry(partition).or_insert(mine);
            if claim.0 < mine.0 {
                *claim = mine;
            } else if claim.0 == mine.0 && claim.1 != mine.1 {
                *claim = (mine.0, None);
            }
        }
    }
    let settled = claims.into_iter();
    settled
        .filter_map(|(partition, (_, owner))| Some((partition.clone(), owner?)))
        .collect()
}

/// Returns who may have the partitions of each topic, in order.
fn readers<'a>(
    partitions: &'a BTreeMap<String, i32>,
    members: &'a [MemberSubscription],
) -> BTreeMap<&'a str, Vec<&'a str>> {
    let ordered = in_order(members);
    let of_topic = |topic: &'a String| {
        let readers = ordered
            .iter()
            .filter(|member| member.topics.contains(topic));
        let readers: Vec<&str> = readers.map(|member| member.member_id.as_str()).collect();
        (!readers.is_empty()).then_some((topic.as_str(), readers))
    };
    partitions.keys().filter_map(of_topic).collect()
}

fn give(assigned: &mut Assignments, member: &str, partition: TopicPartition) {
    if let Some(list) = assigned.get_mut(member) {
        list.push(partition);
    }
}

/// Returns the first of those that have least, and how much that is.
fn least<'r>(assigned: &Assignments, readers: &[&'r str]) -> Option<(&'r str, usize)> {
    let count = |reader: &&str| assigned.get(*reader).map_or(0, Vec::len);
    let first = readers.iter().min_by_key(|reader| count(reader))?;
    Some((first, count(first)))
}

fn balance(assigned: &mut Assignments, readers: &BTreeMap<&str, Vec<&str>>) {
    loop {
        let mut moved = false;
        let mut ids: Vec<String> = assigned.keys().cloned().collect();
        ids.sort_by_key(|id| std::cmp::Reverse(assigned.get(id).map_or(0, Vec::len)));
        for id in ids {
            // From the end, so that what was kept longest stays.
            let mut place = assigned.get(&id).map_or(0, Vec::len);
            while place > 0 {
                place -= 1;
                let Some(list) = assigned.get(&id) else { break };
                let target = list
                    .get(place)
                    .and_then(|partition| readers.get(partition.topic.as_str()))
                    .and_then(|readers| least(assigned, readers));
                let Some((target, theirs)) = target else {
                    continue;
                };
                if list.len() < theirs + 2 {
                    continue;
                }
                let target = target.to_owned();
                if let Some(list) = assigned.get_mut(&id) {
                    let partition = list.remove(place);
                    give(assigned, &target, partition);
                    moved = true;
                }
            }
        }
        if !moved {
            return;
        }
    }
}
