//! `uniform`: as even as the subscriptions allow, and as little moved as evenness allows.

use std::collections::{BTreeMap, BTreeSet};

use super::{Partitions, Subscriber};
use crate::types::Uuid;

/// A partition of a topic.
type Place = (Uuid, i32);

/// Who has what while it is worked out.
struct Work<'a> {
    members: &'a BTreeMap<&'a str, Subscriber<'a>>,
    /// What each member has.
    held: BTreeMap<&'a str, BTreeSet<Place>>,
    /// Members by how much they have.
    by_count: BTreeSet<(usize, &'a str)>,
}

impl<'a> Work<'a> {
    fn put(&mut self, member: &'a str, place: Place) {
        let held = self.held.entry(member).or_default();
        self.by_count.remove(&(held.len(), member));
        held.insert(place);
        self.by_count.insert((held.len(), member));
    }

    fn take(&mut self, member: &'a str, place: Place) {
        let held = self.held.entry(member).or_default();
        self.by_count.remove(&(held.len(), member));
        held.remove(&place);
        self.by_count.insert((held.len(), member));
    }

    /// Returns the member with the least that reads a topic.
    fn least(&self, topic: Uuid) -> Option<(usize, &'a str)> {
        let reads = |member: &str| {
            let member = self.members.get(member);
            member.is_some_and(|member| member.topics.contains(&topic))
        };
        self.by_count.iter().find(|(_, id)| reads(id)).copied()
    }

    /// Moves one partition from somebody to another who has at least two less.
    fn level(&mut self) -> bool {
        let from_most: Vec<(usize, &str)> = self.by_count.iter().rev().copied().collect();
        let Some((fewest, _)) = self.by_count.first().copied() else {
            return false;
        };
        for (count, id) in from_most {
            if count < fewest + 2 {
                return false;
            }
            let held = self.held.get(id).into_iter().flatten().rev();
            let found = held.copied().find_map(|place| {
                let (least, other) = self.least(place.0)?;
                (least + 2 <= count).then_some((place, other))
            });
            if let Some((place, other)) = found {
                self.take(id, place);
                self.put(other, place);
                return true;
            }
        }
        false
    }
}

/// Returns who is to read what.
pub(super) fn assign(
    members: &BTreeMap<&str, Subscriber<'_>>,
    topics: &BTreeMap<Uuid, i32>,
) -> BTreeMap<String, Partitions> {
    let mut work = Work {
        members,
        held: BTreeMap::new(),
        by_count: members.keys().map(|id| (0, *id)).collect(),
    };
    let mut free: BTreeSet<Place> = topics
        .iter()
        .flat_map(|(topic, count)| (0..*count).map(|number| (*topic, number)))
        .collect();
    for (id, member) in members {
        for (topic, numbers) in member.target.into_iter().flatten() {
            for number in numbers {
                if member.topics.contains(topic) && free.remove(&(*topic, *number)) {
                    work.put(id, (*topic, *number));
                }
            }
        }
    }
    for place in free {
        if let Some((_, id)) = work.least(place.0) {
            work.put(id, place);
        }
    }
    while work.level() {}
    let of = |id: &&str| {
        let mut partitions = Partitions::new();
        for (topic, number) in work.held.get(id).into_iter().flatten() {
            partitions.entry(*topic).or_default().insert(*number);
        }
        ((*id).to_owned(), partitions)
    };
    members.keys().map(of).collect()
}
