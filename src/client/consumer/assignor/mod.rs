//! Who reads what: the leader of a classic group divides partitions by an assignor.
//!
//! All of them are deterministic: the same members and partitions give the same assignment,
//! whatever order they come in. No partition has two owners, and none is left over if anyone
//! subscribes to its topic.

mod range;
mod round_robin;
mod sticky;

use std::collections::{BTreeMap, BTreeSet};

use crate::record::consumer_protocol::{ConsumerProtocolSubscription, ProtocolTopicPartition};
use crate::record::fields::{Blob, Field as _, FieldError, Layout, struct_fields};
use crate::types::TopicPartition;

/// A way to divide partitions (`ConsumerPartitionAssignor`).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Assignor {
    /// Each topic's partitions in equal runs.
    Range,
    /// All partitions in turn.
    RoundRobin,
    /// In equal parts, and everyone keeps what it can; all stop to read meanwhile.
    Sticky,
    /// The same, but only what moves is stopped.
    CooperativeSticky,
}

/// How a rebalance is done (`RebalanceProtocol`).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum RebalanceProtocol {
    /// Everything is given up before a join.
    Eager,
    /// Only what goes to another is given up, after it (KIP-429).
    Cooperative,
}

/// A member, as an assignor sees it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct MemberSubscription {
    pub(crate) member_id: String,
    pub(crate) instance_id: Option<String>,
    pub(crate) topics: BTreeSet<String>,
    /// What it has, as far as it says.
    pub(crate) owned: Vec<TopicPartition>,
    /// Of which generation that is.
    pub(crate) generation: i32,
}

/// What each member gets.
pub(crate) type Assignments = BTreeMap<String, Vec<TopicPartition>>;

struct_fields! {
    /// What a member of the assignor `sticky` says of itself.
    #[expect(unreachable_pub, reason = "all structs of fields are public")]
    StickyUserData { previous_assignment: Vec<ProtocolTopicPartition>, generation: i32 }
    /// What a member of the assignor `cooperative-sticky` says of itself.
    #[expect(unreachable_pub, reason = "all structs of fields are public")]
    CooperativeStickyUserData { generation: i32 }
}

/// These have no version of their own, nor tags.
const PLAIN: Layout = Layout {
    version: 0,
    has_tags: false,
};

impl Assignor {
    const ALL: [Self; 4] = [
        Self::Range,
        Self::RoundRobin,
        Self::Sticky,
        Self::CooperativeSticky,
    ];

    /// Returns its name on the wire.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Range => "range",
            Self::RoundRobin => "roundrobin",
            Self::Sticky => "sticky",
            Self::CooperativeSticky => "cooperative-sticky",
        }
    }

    /// Returns the assignor of this name, on the wire or of its class.
    #[must_use]
    pub fn parse(name: &str) -> Option<Self> {
        let simple = name.strip_prefix("org.apache.kafka.clients.consumer.");
        let class = |assignor: Self| match assignor {
            Self::Range => "RangeAssignor",
            Self::RoundRobin => "RoundRobinAssignor",
            Self::Sticky => "StickyAssignor",
            Self::CooperativeSticky => "CooperativeStickyAssignor",
        };
        let mut known = Self::ALL.into_iter();
        known.find(|known| simple.is_some_and(|s| s == class(*known)) || name == known.name())
    }

    /// Returns whether it can leave what does not move with its owner.
    pub(crate) const fn is_cooperative(self) -> bool {
        matches!(self, Self::CooperativeSticky)
    }

    /// Returns what a member that speaks of `owned` tells the leader beside its topics.
    pub(crate) fn user_data(self, owned: &[TopicPartition], generation: i32) -> Option<Blob> {
        let mut out = Vec::new();
        match self {
            Self::Range | Self::RoundRobin => return None,
            Self::Sticky => StickyUserData {
                previous_assignment: by_topic(owned),
                generation,
            }
            .write_to(&mut out, PLAIN),
            Self::CooperativeSticky => {
                CooperativeStickyUserData { generation }.write_to(&mut out, PLAIN);
            }
        }
        Some(Blob(out))
    }

    /// Returns how a member looks to this assignor.
    pub(crate) fn member(
        self,
        member_id: &str,
        instance_id: Option<&str>,
        subscription: &ConsumerProtocolSubscription,
    ) -> MemberSubscription {
        let mut member = MemberSubscription {
            member_id: member_id.to_owned(),
            instance_id: instance_id.map(str::to_owned),
            topics: subscription.topics.iter().cloned().collect(),
            owned: flat(&subscription.owned_partitions),
            generation: subscription.generation_id,
        };
        let data = subscription
            .user_data
            .as_ref()
            .map(|data| data.0.as_slice());
        match (self, data) {
            (Self::Sticky, Some(data)) => {
                // What cannot be read is what a member that has nothing says.
                let read = sticky_data(data).unwrap_or_default();
                member.owned = flat(&read.previous_assignment);
                member.generation = read.generation;
            }
            (Self::CooperativeSticky, Some(data)) if member.generation < 0 => {
                let mut input = data;
                let read = CooperativeStickyUserData::read_from(&mut input, PLAIN);
                member.generation = read.map_or(-1, |read| read.generation);
            }
            _ => {}
        }
        member
    }

    /// Divides the partitions of topics, each with how many it has.
    pub(crate) fn assign(
        self,
        partitions: &BTreeMap<String, i32>,
        members: &[MemberSubscription],
    ) -> Assignments {
        let mut assigned = match self {
            Self::Range => range::assign(partitions, members),
            Self::RoundRobin => round_robin::assign(partitions, members),
            Self::Sticky => sticky::assign(partitions, members),
            Self::CooperativeSticky => sticky::assign_cooperatively(partitions, members),
        };
        for list in assigned.values_mut() {
            list.sort();
        }
        assigned
    }
}

/// Reads the sticky assignor's data; the oldest layout lacks the generation.
fn sticky_data(data: &[u8]) -> Result<StickyUserData, FieldError> {
    let mut input = data;
    StickyUserData::read_from(&mut input, PLAIN).or_else(|_| {
        let mut input = data;
        Ok(StickyUserData {
            previous_assignment: Vec::read_from(&mut input, PLAIN)?,
            generation: -1,
        })
    })
}

/// Returns members in the order in which Kafka serves them: static ones first, by their ids.
fn in_order(members: &[MemberSubscription]) -> Vec<&MemberSubscription> {
    let mut ordered: Vec<_> = members.iter().collect();
    ordered.sort_by(|a, b| {
        let key = |m: &MemberSubscription| (m.instance_id.is_none(), m.instance_id.clone());
        key(a)
            .cmp(&key(b))
            .then_with(|| a.member_id.cmp(&b.member_id))
    });
    ordered
}

/// Returns an assignment of nothing to everyone.
fn nothing(members: &[MemberSubscription]) -> Assignments {
    let ids = members.iter().map(|member| member.member_id.clone());
    ids.map(|id| (id, Vec::new())).collect()
}

/// Groups partitions as the wire has them.
pub(crate) fn by_topic(partitions: &[TopicPartition]) -> Vec<ProtocolTopicPartition> {
    let mut topics: BTreeMap<&str, Vec<i32>> = BTreeMap::new();
    for partition in partitions {
        let numbers = topics.entry(&partition.topic).or_default();
        numbers.push(partition.partition);
    }
    let topic = |(topic, mut partitions): (&str, Vec<i32>)| {
        partitions.sort_unstable();
        ProtocolTopicPartition {
            topic: topic.to_owned(),
            partitions,
        }
    };
    topics.into_iter().map(topic).collect()
}

/// Returns partitions one by one.
pub(crate) fn flat(topics: &[ProtocolTopicPartition]) -> Vec<TopicPartition> {
    let of_topic = |topic: &ProtocolTopicPartition| {
        let name = topic.topic.clone();
        let numbers = topic.partitions.clone().into_iter();
        numbers.map(move |number| TopicPartition::new(name.clone(), number))
    };
    topics.iter().flat_map(of_topic).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rng::Rng;

    fn member(id: &str, topics: &[&str]) -> MemberSubscription {
        MemberSubscription {
            member_id: id.to_owned(),
            instance_id: None,
            topics: topics.iter().map(|topic| (*topic).to_owned()).collect(),
            owned: Vec::new(),
            generation: -1,
        }
    }

    fn topics(list: &[(&str, i32)]) -> BTreeMap<String, i32> {
        list.iter()
            .map(|(name, count)| ((*name).to_owned(), *count))
            .collect()
    }

    fn shown(assigned: &Assignments) -> Vec<String> {
        let show = |(id, list): (&String, &Vec<TopicPartition>)| {
            let list: Vec<_> = list.iter().map(ToString::to_string).collect();
            format!("{id}: {}", list.join(" "))
        };
        assigned.iter().map(show).collect()
    }

    #[test]
    fn range_gives_runs_of_each_topic_and_round_robin_turns() {
        let members = [member("b", &["t", "u"]), member("a", &["t", "u"])];
        let partitions = topics(&[("t", 3), ("u", 3)]);
        let range = Assignor::Range.assign(&partitions, &members);
        assert_eq!(shown(&range), ["a: t-0 t-1 u-0 u-1", "b: t-2 u-2"]);
        let turns = Assignor::RoundRobin.assign(&partitions, &members);
        assert_eq!(shown(&turns), ["a: t-0 t-2 u-1", "b: t-1 u-0 u-2"]);
    }

    #[test]
    fn round_robin_passes_members_over_that_do_not_subscribe() {
        let members = [
            member("a", &["t"]),
            member("b", &["t", "u"]),
            member("c", &["u"]),
        ];
        let turns = Assignor::RoundRobin.assign(&topics(&[("t", 3), ("u", 2)]), &members);
        assert_eq!(shown(&turns), ["a: t-0 t-2", "b: t-1 u-1", "c: u-0"]);
    }

    #[test]
    fn static_members_come_first_by_their_own_ids() {
        let mut fixed = member("z", &["t"]);
        fixed.instance_id = Some("box".into());
        let assigned = Assignor::Range.assign(&topics(&[("t", 3)]), &[member("a", &["t"]), fixed]);
        assert_eq!(shown(&assigned), ["a: t-2", "z: t-0 t-1"]);
    }

    /// Random groups: some members with what an earlier assignment gave them, some new.
    fn random_group(rng: &mut Rng) -> (BTreeMap<String, i32>, Vec<MemberSubscription>) {
        let mut partitions = BTreeMap::new();
        for topic in 0..=rng.below(4) {
            let count = i32::try_from(rng.below(9)).unwrap();
            partitions.insert(format!("t{topic}"), count);
        }
        let same = rng.below(2) == 0;
        let mut members = Vec::new();
        for id in 0..=rng.below(6) {
            let mut member = member(&format!("m{id}"), &[]);
            for topic in partitions.keys() {
                if same || rng.below(3) > 0 {
                    member.topics.insert(topic.clone());
                }
            }
            members.push(member);
        }
        (partitions, members)
    }

    fn check(
        name: &str,
        partitions: &BTreeMap<String, i32>,
        members: &[MemberSubscription],
        assigned: &Assignments,
        whole: bool,
    ) {
        let mut owners: BTreeMap<&TopicPartition, &str> = BTreeMap::new();
        assert_eq!(assigned.len(), members.len(), "{name}");
        for (id, list) in assigned {
            let member = members
                .iter()
                .find(|member| member.member_id == *id)
                .unwrap();
            for partition in list {
                assert!(
                    member.topics.contains(&partition.topic),
                    "{name} {id} {partition}"
                );
                assert!(
                    partition.partition < partitions[&partition.topic],
                    "{name} {partition}"
                );
                let other = owners.insert(partition, id);
                assert_eq!(other, None, "{name} {partition}");
            }
        }
        let wanted: i32 = partitions
            .iter()
            .filter(|(topic, _)| members.iter().any(|m| m.topics.contains(*topic)))
            .map(|(_, count)| *count)
            .sum();
        if whole {
            assert_eq!(owners.len(), usize::try_from(wanted).unwrap(), "{name}");
        }
    }

    /// No partition could go to a member that has two fewer.
    fn balanced(name: &str, members: &[MemberSubscription], assigned: &Assignments) {
        for (id, list) in assigned {
            for partition in list {
                for member in members
                    .iter()
                    .filter(|m| m.topics.contains(&partition.topic))
                {
                    let theirs = assigned[&member.member_id].len();
                    assert!(
                        list.len() < theirs + 2,
                        "{name}: {id} {partition} {assigned:?}"
                    );
                }
            }
        }
    }

    #[test]
    fn every_assignor_gives_each_partition_to_one_that_wants_it() {
        let mut rng = Rng::seeded(7);
        for round in 0..300 {
            let (partitions, members) = random_group(&mut rng);
            for assignor in Assignor::ALL {
                let name = format!("{} {round}", assignor.name());
                let assigned = assignor.assign(&partitions, &members);
                check(&name, &partitions, &members, &assigned, true);
                if assignor == Assignor::Sticky || assignor == Assignor::CooperativeSticky {
                    balanced(&name, &members, &assigned);
                }
            }
        }
    }

    fn with_owned(members: &mut [MemberSubscription], assigned: &Assignments, generation: i32) {
        for member in members {
            member.owned = assigned.get(&member.member_id).cloned().unwrap_or_default();
            member.generation = generation;
        }
    }

    #[test]
    fn sticky_keeps_everything_when_nothing_changes() {
        let mut rng = Rng::seeded(8);
        for _ in 0..300 {
            let (partitions, mut members) = random_group(&mut rng);
            let first = Assignor::Sticky.assign(&partitions, &members);
            with_owned(&mut members, &first, 1);
            assert_eq!(Assignor::Sticky.assign(&partitions, &members), first);
            assert_eq!(
                Assignor::CooperativeSticky.assign(&partitions, &members),
                first
            );
        }
    }

    #[test]
    fn sticky_moves_no_more_than_it_must_when_a_member_comes() {
        let partitions = topics(&[("t", 12)]);
        let mut members = vec![member("a", &["t"]), member("b", &["t"])];
        let first = Assignor::Sticky.assign(&partitions, &members);
        with_owned(&mut members, &first, 1);
        members.push(member("c", &["t"]));
        let second = Assignor::Sticky.assign(&partitions, &members);
        assert_eq!(second["c"].len(), 4);
        for id in ["a", "b"] {
            assert_eq!(second[id].len(), 4);
            assert!(
                second[id]
                    .iter()
                    .all(|partition| first[id].contains(partition))
            );
        }
    }

    #[test]
    fn an_owner_of_an_older_generation_does_not_count() {
        let partitions = topics(&[("t", 2)]);
        let mut old = member("a", &["t"]);
        old.owned = vec![TopicPartition::new("t", 0), TopicPartition::new("t", 1)];
        old.generation = 1;
        let mut new = member("b", &["t"]);
        new.owned = vec![TopicPartition::new("t", 0)];
        new.generation = 2;
        let assigned = Assignor::Sticky.assign(&partitions, &[old, new]);
        assert_eq!(shown(&assigned), ["a: t-1", "b: t-0"]);
    }

    #[test]
    fn cooperation_takes_two_rounds_and_no_partition_twice_in_between() {
        let mut rng = Rng::seeded(9);
        for round in 0..300 {
            let (partitions, mut members) = random_group(&mut rng);
            let assignor = Assignor::CooperativeSticky;
            let first = assignor.assign(&partitions, &members);
            with_owned(&mut members, &first, 1);
            let every: Vec<&str> = partitions.keys().map(String::as_str).collect();
            members.push(member("n", &every));
            let second = assignor.assign(&partitions, &members);
            let name = format!("round {round}");
            check(&name, &partitions, &members, &second, false);
            for (id, list) in &second {
                for partition in list {
                    let owner = first.iter().find(|(_, owned)| owned.contains(partition));
                    assert!(
                        owner.is_none_or(|(owner, _)| owner == id),
                        "{name} {partition}"
                    );
                }
            }
            with_owned(&mut members, &second, 2);
            let third = assignor.assign(&partitions, &members);
            check(&name, &partitions, &members, &third, true);
            balanced(&name, &members, &third);
        }
    }

    #[test]
    fn names_are_those_of_the_classes_and_of_the_wire() {
        let class = "org.apache.kafka.clients.consumer.CooperativeStickyAssignor";
        assert_eq!(Assignor::parse(class), Some(Assignor::CooperativeSticky));
        assert_eq!(Assignor::parse("range"), Some(Assignor::Range));
        assert_eq!(Assignor::parse("RangeAssignor"), None);
    }

    #[test]
    fn sticky_data_comes_back_and_the_oldest_layout_is_read() {
        let owned = [TopicPartition::new("t", 1), TopicPartition::new("t", 0)];
        let data = Assignor::Sticky.user_data(&owned, 5).unwrap();
        let bytes = [
            &[0, 0, 0, 1, 0, 1, b't', 0, 0, 0, 2][..],
            &[0, 0, 0, 0, 0, 0, 0, 1],
            &[0, 0, 0, 5],
        ];
        assert_eq!(data.0, bytes.concat());
        assert_eq!(sticky_data(&data.0).unwrap().generation, 5);
        let old = sticky_data(&data.0[..data.0.len() - 4]).unwrap();
        assert_eq!(
            (old.generation, flat(&old.previous_assignment).len()),
            (-1, 2)
        );
    }
}
