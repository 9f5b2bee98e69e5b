//! Assignors of consumer groups: pure functions from subscriptions to partitions.

mod range;
mod uniform;

use std::collections::{BTreeMap, BTreeSet};

use crate::types::Uuid;

/// Partitions by topic.
pub(super) type Partitions = BTreeMap<Uuid, BTreeSet<i32>>;

/// What an assignor is told of a member.
#[derive(Debug)]
pub(super) struct Subscriber<'a> {
    /// The topics that it reads, of those that exist.
    pub(super) topics: BTreeSet<Uuid>,
    /// Its static id.
    pub(super) instance: Option<&'a str>,
    /// What it is to read so far.
    pub(super) target: Option<&'a Partitions>,
}

/// Returns whether an assignor of this name is known.
pub(super) fn is_known(name: &str) -> bool {
    matches!(name, "uniform" | "range")
}

/// Returns who is to read what; `topics` are the subscribed ones and how many partitions they
/// have.
pub(super) fn assign(
    name: &str,
    members: &BTreeMap<&str, Subscriber<'_>>,
    topics: &BTreeMap<Uuid, i32>,
) -> BTreeMap<String, Partitions> {
    match name {
        "range" => range::assign(members, topics),
        _ => uniform::assign(members, topics),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rng::Rng;

    fn count(partitions: &Partitions) -> usize {
        partitions.values().map(BTreeSet::len).sum()
    }

    /// Assigns once more with what came out as the present target.
    fn again(
        name: &str,
        members: &BTreeMap<&str, Subscriber<'_>>,
        before: &BTreeMap<String, Partitions>,
        topics: &BTreeMap<Uuid, i32>,
    ) -> BTreeMap<String, Partitions> {
        let with = members.iter().map(|(id, member)| {
            let subscriber = Subscriber {
                topics: member.topics.clone(),
                instance: None,
                target: before.get(*id),
            };
            (*id, subscriber)
        });
        assign(name, &with.collect(), topics)
    }

    #[test]
    fn every_partition_has_one_owner_who_reads_it_and_nobody_has_two_more_than_needed() {
        let mut rng = Rng::seeded(7);
        let names = ["a", "b", "c", "d", "e", "f", "g"];
        for round in 0..300 {
            let topics: BTreeMap<Uuid, i32> = (1..=rng.below(5) + 1)
                .map(|id| {
                    (
                        Uuid(u128::from(id)),
                        i32::try_from(rng.below(9) + 1).unwrap(),
                    )
                })
                .collect();
            let same = round % 2 == 0;
            let chosen = names
                .iter()
                .take(usize::try_from(rng.below(7) + 1).unwrap());
            let members: BTreeMap<&str, Subscriber<'_>> = chosen
                .map(|name| {
                    let all = topics.keys().copied();
                    let some = all.filter(|_| same || rng.below(2) == 0).collect();
                    let subscriber = Subscriber {
                        topics: some,
                        instance: None,
                        target: None,
                    };
                    (*name, subscriber)
                })
                .collect();
            for name in ["uniform", "range"] {
                let assigned = assign(name, &members, &topics);
                let mut owners: BTreeMap<(Uuid, i32), &str> = BTreeMap::new();
                for (member, partitions) in &assigned {
                    for (topic, numbers) in partitions {
                        assert!(members[member.as_str()].topics.contains(topic));
                        for number in numbers {
                            assert_eq!(owners.insert((*topic, *number), member), None);
                        }
                    }
                }
                let readable = topics.iter().filter(|(topic, _)| {
                    members.values().any(|member| member.topics.contains(topic))
                });
                let expected: i32 = readable.map(|(_, count)| count).sum();
                assert_eq!(i32::try_from(owners.len()).unwrap(), expected, "{name}");
                assert_eq!(
                    again(name, &members, &assigned, &topics),
                    assigned,
                    "{name}"
                );
                if same && name == "uniform" {
                    let counts: Vec<usize> = assigned.values().map(count).collect();
                    let spread = counts.iter().max().unwrap() - counts.iter().min().unwrap();
                    assert!(spread <= 1, "{counts:?}");
                }
            }
        }
    }

    #[test]
    fn a_newcomer_takes_only_its_share() {
        let topics = BTreeMap::from([(Uuid(1), 6)]);
        let both = BTreeSet::from([Uuid(1)]);
        let subscriber = || Subscriber {
            topics: both.clone(),
            instance: None,
            target: None,
        };
        let two = BTreeMap::from([("a", subscriber()), ("b", subscriber())]);
        let before = assign("uniform", &two, &topics);
        let three = BTreeMap::from([
            ("a", subscriber()),
            ("b", subscriber()),
            ("c", subscriber()),
        ]);
        let after = again("uniform", &three, &before, &topics);
        for member in ["a", "b"] {
            let (old, new) = (&before[member][&Uuid(1)], &after[member][&Uuid(1)]);
            assert!(new.is_subset(old) && new.len() == 2, "{old:?} {new:?}");
        }
    }
}
