//! Consumer groups (KIP-848): the coordinator assigns, members follow step by step.
//!
//! ```text
//! group epoch        raised when members, subscriptions or topics change
//! target assignment  worked out for the group epoch
//! member epoch       that of the target assignment which the member has come to
//! ```
//!
//! Everything here is written down and changes only when its record is replayed; a request is
//! decided on what is there, and on copies of what it changes. No partition is given to a member
//! before the one that had it has said that it reads it no longer, or is gone.

mod checks;
mod heartbeat;
mod leave;
mod member;
mod reconcile;
mod records;
mod replay;
mod subscription;

use std::collections::{BTreeMap, BTreeSet, HashMap};

use super::assignor::Partitions;
use super::request::{ConsumerHeartbeat, DescribedConsumer, DescribedConsumerMember, Refused};
use super::shard::{Group, GroupShard};
use super::step::Step;
use crate::metadata::MetadataImage;
use crate::protocol::ErrorCode;
pub(super) use member::{ConsumerMember, MemberState};

/// The epoch of a group that nobody has joined.
const FIRST_EPOCH: i32 = 1;

/// A consumer group.
#[derive(Clone, Debug)]
pub(super) struct ConsumerGroup {
    id: String,
    epoch: i32,
    /// What the subscribed topics were when the epoch was raised last.
    topics_hash: i64,
    /// The epoch of the target assignment.
    target_epoch: i32,
    members: BTreeMap<String, ConsumerMember>,
    instances: HashMap<String, String>,
    target: BTreeMap<String, Partitions>,
    /// The topics that match each pattern.
    patterns: BTreeMap<String, BTreeSet<String>>,
}

impl ConsumerGroup {
    /// Returns a group without members.
    pub(super) fn new(id: &str) -> Self {
        Self {
            id: id.to_owned(),
            epoch: FIRST_EPOCH,
            topics_hash: 0,
            target_epoch: FIRST_EPOCH,
            members: BTreeMap::new(),
            instances: HashMap::new(),
            target: BTreeMap::new(),
            patterns: BTreeMap::new(),
        }
    }

    /// Returns whether it has members.
    pub(super) fn has_members(&self) -> bool {
        !self.members.is_empty()
    }

    /// Returns the name of its state.
    pub(super) fn state_name(&self) -> &'static str {
        if self.members.is_empty() {
            return "Empty";
        }
        if self.epoch > self.target_epoch {
            return "Assigning";
        }
        let settled = |member: &ConsumerMember| member.has_come_to(self.target_epoch);
        if self.members.values().all(settled) {
            "Stable"
        } else {
            "Reconciling"
        }
    }

    /// Makes everybody's silence due, as after a load.
    pub(super) fn start_sessions(&self, step: &mut Step<'_>) {
        let timeout_ms = step.config.consumer.session_timeout_ms;
        for (id, member) in &self.members {
            step.session(&self.id, id, timeout_ms);
            if member.state == MemberState::Unrevoked {
                let key = super::step::revoke_key(&self.id, id);
                step.after(key, i64::from(member.rebalance_timeout_ms));
            }
        }
    }

    /// Returns whether its members read a topic.
    pub(super) fn is_subscribed_to(&self, topic: &str) -> bool {
        let mut members = self.members.values();
        members.any(|member| self.topics_of(member).any(|read| read == topic))
    }

    /// Returns the topics of a member: those it names and those that its pattern matches.
    fn topics_of<'a>(&'a self, member: &'a ConsumerMember) -> impl Iterator<Item = &'a String> {
        let pattern = member
            .regex
            .as_ref()
            .and_then(|regex| self.patterns.get(regex));
        member.topics.iter().chain(pattern.into_iter().flatten())
    }

    /// Returns the assignor that most members ask for.
    fn assignor(&self, members: &BTreeMap<&str, &ConsumerMember>, default: &str) -> String {
        let mut votes: BTreeMap<&str, usize> = BTreeMap::new();
        for member in members.values() {
            if let Some(name) = &member.assignor {
                *votes.entry(name).or_default() += 1;
            }
        }
        let best = votes.into_iter().max_by_key(|(_, votes)| *votes);
        best.map_or_else(|| default.to_owned(), |(name, _)| name.to_owned())
    }

    fn describe(&self, default: &str) -> DescribedConsumer {
        let members = self
            .members
            .iter()
            .map(|(id, member)| DescribedConsumerMember {
                member: id.clone(),
                instance: member.instance.clone(),
                rack: member.rack.clone(),
                epoch: member.epoch,
                client: member.client.clone(),
                topics: member.topics.iter().cloned().collect(),
                regex: member.regex.clone().filter(|regex| !regex.is_empty()),
                assignment: member::list(&member.assigned),
                target: self.target.get(id).map(member::list).unwrap_or_default(),
            });
        let all = self
            .members
            .iter()
            .map(|(id, member)| (id.as_str(), member));
        DescribedConsumer {
            state: self.state_name(),
            epoch: self.epoch,
            assignment_epoch: self.target_epoch,
            assignor: self.assignor(&all.collect(), default),
            members: members.collect(),
        }
    }
}

impl GroupShard {
    /// Handles ConsumerGroupHeartbeat.
    pub(super) fn consumer_heartbeat(
        &self,
        beat: ConsumerHeartbeat,
        image: &MetadataImage,
        step: &mut Step<'_>,
    ) -> Result<super::request::ConsumerBeat, Refused> {
        checks::check_request(&beat, &step.config.consumer)?;
        let not_found = |message: String| Refused::new(ErrorCode::GroupIdNotFound, message);
        let id = &beat.group;
        let joins = beat.epoch == 0;
        let new;
        let group = match self.groups.get(&beat.group) {
            Some(Group::Consumer(group)) => group,
            // An empty group changes its kind.
            Some(held @ Group::Classic(_)) if joins && held.is_unused() => {
                step.out.records.extend(held.tombstones());
                new = ConsumerGroup::new(&beat.group);
                &new
            }
            Some(Group::Classic(_)) => {
                return Err(not_found(format!("Group {id} is not a consumer group.")));
            }
            None if joins => {
                new = ConsumerGroup::new(&beat.group);
                &new
            }
            None => return Err(not_found(format!("Consumer group {id} not found."))),
        };
        if beat.epoch < 0 {
            group.leave(&beat, step)
        } else {
            group.heartbeat(&beat, image, step)
        }
    }

    /// Handles ConsumerGroupDescribe for one group; the sentence if there is no such group.
    pub(super) fn describe_consumer(&self, id: &str) -> Result<DescribedConsumer, String> {
        let default = self.config.consumer.assignors.first();
        match self.groups.get(id) {
            Some(Group::Consumer(group)) => {
                Ok(group.describe(default.map_or("uniform", String::as_str)))
            }
            Some(Group::Classic(_)) => Err(format!("Group {id} is not a consumer group.")),
            None => Err(format!("Group {id} not found.")),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::coordinator::group::GroupConfig;
    use crate::coordinator::group::request::{Assignment, ConsumerBeat, GroupRequest};
    use crate::coordinator::group::testbed::{Testbed, join};
    use crate::rng::Rng;
    use crate::types::Uuid;

    fn testbed() -> Testbed {
        let mut bed = Testbed::new(GroupConfig::default());
        bed.topic("t", 1, 4);
        bed
    }

    fn first(id: &str) -> ConsumerHeartbeat {
        ConsumerHeartbeat {
            group: "g".to_owned(),
            member: id.to_owned(),
            rebalance_timeout_ms: 60_000,
            topics: Some(vec!["t".to_owned()]),
            owned: Some(Vec::new()),
            makes_own_id: true,
            ..ConsumerHeartbeat::default()
        }
    }

    fn next(id: &str, epoch: i32, owned: Option<Assignment>) -> ConsumerHeartbeat {
        ConsumerHeartbeat {
            group: "g".to_owned(),
            member: id.to_owned(),
            epoch,
            rebalance_timeout_ms: -1,
            owned,
            makes_own_id: true,
            ..ConsumerHeartbeat::default()
        }
    }

    fn of_t(numbers: &[i32]) -> Assignment {
        vec![(Uuid(1), numbers.to_vec())]
    }

    fn code(answer: Result<ConsumerBeat, Refused>) -> ErrorCode {
        answer.map_or_else(|refused| refused.code, |_| ErrorCode::None)
    }

    #[test]
    fn a_partition_changes_hands_only_when_its_owner_has_given_it_up() {
        let mut bed = testbed();
        let a = bed.consumer(first("a")).unwrap();
        assert_eq!((a.epoch, a.assignment), (2, Some(of_t(&[0, 1, 2, 3]))));
        let b = bed.consumer(first("b")).unwrap();
        assert_eq!(
            (b.epoch, b.assignment),
            (3, Some(Vec::new())),
            "nothing is free"
        );
        let a = bed
            .consumer(next("a", 2, Some(of_t(&[0, 1, 2, 3]))))
            .unwrap();
        let kept = a.assignment.unwrap();
        assert_eq!((a.epoch, kept[0].1.len()), (2, 2), "it is to give two up");
        let b = bed.consumer(next("b", 3, None)).unwrap();
        assert_eq!(b.assignment, None, "they are not given up yet");
        let a = bed.consumer(next("a", 2, Some(kept.clone()))).unwrap();
        assert_eq!(a.epoch, 3);
        let b = bed.consumer(next("b", 3, None)).unwrap();
        let got = b.assignment.unwrap();
        assert_eq!(got[0].1.len(), 2);
        assert!(got[0].1.iter().all(|number| !kept[0].1.contains(number)));
    }

    #[test]
    fn who_does_not_give_up_in_time_is_fenced() {
        let mut bed = testbed();
        bed.consumer(first("a")).unwrap();
        bed.consumer(first("b")).unwrap();
        let all = Some(of_t(&[0, 1, 2, 3]));
        for _ in 0..12 {
            bed.consumer(next("a", 2, all.clone())).unwrap();
            bed.consumer(next("b", 3, None)).unwrap();
            bed.pass(5_000);
        }
        let answer = bed.consumer(next("a", 2, all));
        assert_eq!(code(answer), ErrorCode::UnknownMemberId);
        let b = bed.consumer(next("b", 3, None)).unwrap();
        assert_eq!(b.assignment, Some(of_t(&[0, 1, 2, 3])));
    }

    #[test]
    fn a_silent_member_goes_and_a_crash_forgets_nobody() {
        let mut bed = testbed();
        bed.consumer(first("a")).unwrap();
        bed.consumer(first("b")).unwrap();
        bed.crash();
        assert_eq!(code(bed.consumer(next("b", 3, None))), ErrorCode::None);
        bed.pass(44_000);
        assert_eq!(code(bed.consumer(next("b", 3, None))), ErrorCode::None);
        bed.pass(2_000);
        let answer = bed.consumer(next("a", 2, None));
        assert_eq!(code(answer), ErrorCode::UnknownMemberId);
        let b = bed.consumer(next("b", 3, None)).unwrap();
        assert_eq!(b.assignment, Some(of_t(&[0, 1, 2, 3])));
    }

    #[test]
    fn epochs_are_checked_but_for_a_lost_answer() {
        let mut bed = testbed();
        bed.consumer(first("a")).unwrap();
        assert_eq!(
            code(bed.consumer(next("a", 9, None))),
            ErrorCode::FencedMemberEpoch
        );
        assert_eq!(
            code(bed.consumer(next("a", 1, None))),
            ErrorCode::FencedMemberEpoch
        );
        assert_eq!(
            code(bed.consumer(next("x", 1, None))),
            ErrorCode::UnknownMemberId
        );
        let again = bed.consumer(first("a")).unwrap();
        assert_eq!(again.assignment, Some(of_t(&[0, 1, 2, 3])));
    }

    #[test]
    fn a_static_member_that_is_away_for_a_while_keeps_its_partitions() {
        let mut bed = testbed();
        let with = |mut beat: ConsumerHeartbeat| {
            beat.instance = Some("i".to_owned());
            beat
        };
        bed.consumer(with(first("a"))).unwrap();
        let taken = bed.consumer(with(first("b")));
        assert_eq!(code(taken), ErrorCode::UnreleasedInstanceId);
        let away = bed.consumer(with(next("a", -2, None))).unwrap();
        assert_eq!(away.epoch, -2);
        let other = bed.consumer(first("c")).unwrap();
        assert_eq!(other.assignment, Some(Vec::new()));
        let back = bed.consumer(with(first("b"))).unwrap();
        assert_eq!(
            back.assignment.unwrap()[0].1.len(),
            2,
            "the other's half goes"
        );
        let fenced = bed.consumer(with(next("a", 2, None)));
        assert_eq!(code(fenced), ErrorCode::FencedInstanceId);
    }

    #[test]
    fn a_pattern_and_new_partitions_are_followed() {
        let mut bed = testbed();
        let mut beat = first("a");
        beat.topics = None;
        beat.regex = Some("t.*".to_owned());
        bed.consumer(beat.clone()).unwrap();
        bed.topic("t2", 2, 1);
        let a = bed.consumer(next("a", 2, None)).unwrap();
        let both = vec![(Uuid(1), vec![0, 1, 2, 3]), (Uuid(2), vec![0])];
        assert_eq!((a.epoch, a.assignment), (3, Some(both)));
        bed.topic("t", 1, 5);
        let a = bed.consumer(next("a", 3, None)).unwrap();
        assert_eq!(a.assignment.unwrap()[0].1, [0, 1, 2, 3, 4]);
        beat.member = "b".to_owned();
        beat.regex = Some("[".to_owned());
        assert_eq!(
            code(bed.consumer(beat)),
            ErrorCode::InvalidRegularExpression
        );
    }

    #[test]
    fn commits_need_the_members_epoch() {
        let mut bed = testbed();
        bed.consumer(first("a")).unwrap();
        assert_eq!(bed.commit("a", 1, 4), ErrorCode::StaleMemberEpoch);
        assert_eq!(bed.commit("x", 2, 4), ErrorCode::UnknownMemberId);
        assert_eq!(bed.commit("a", 2, 4), ErrorCode::None);
        bed.crash();
        assert_eq!(bed.committed(), 4);
    }

    #[test]
    fn an_empty_group_changes_its_kind_and_keeps_its_offsets() {
        let mut bed = testbed();
        bed.consumer(first("a")).unwrap();
        assert_eq!(bed.commit("a", 2, 4), ErrorCode::None);
        let asked = bed.send(GroupRequest::Join(join("")));
        assert_ne!(bed.joined(asked).error, ErrorCode::None, "it has a member");
        bed.consumer(next("a", -1, None)).unwrap();
        let asked = bed.send(GroupRequest::Join(join("")));
        let member = bed.joined(asked).member;
        assert_eq!(bed.committed(), 4);
        assert_eq!(
            code(bed.consumer(first("a"))),
            ErrorCode::GroupIdNotFound,
            "it has a classic member"
        );
        let gone = vec![crate::coordinator::group::testbed::member(&member)];
        bed.send(GroupRequest::Leave("g".to_owned(), gone));
        bed.consumer(first("a")).unwrap();
        bed.crash();
        assert_eq!(bed.committed(), 4);
        assert_eq!(code(bed.consumer(next("a", 2, None))), ErrorCode::None);
    }

    /// What a client of the model has and does.
    #[derive(Default)]
    struct Model {
        epoch: i32,
        owned: BTreeSet<i32>,
        /// What it was told to have.
        told: BTreeSet<i32>,
        /// Whether an answer was lost: the next heartbeat says everything again.
        lost: bool,
    }

    #[test]
    fn no_partition_is_ever_read_by_two_and_all_are_read_once_it_is_quiet() {
        let mut rng = Rng::seeded(11);
        for _ in 0..40 {
            let mut bed = testbed();
            bed.topic("t", 1, 7);
            let mut clients: BTreeMap<String, Model> = BTreeMap::new();
            for _ in 0..150 {
                let name = format!("m{}", rng.below(5));
                let dice = rng.below(20);
                if dice == 0 {
                    bed.crash();
                }
                if dice == 1 && clients.remove(&name).is_some() {
                    drop(bed.consumer(next(&name, -1, None)));
                    continue;
                }
                let client = clients.entry(name.clone()).or_default();
                turn_of(&mut bed, client, &name, dice);
                check_owners(&clients);
            }
            for _ in 0..12 {
                for (name, client) in &mut clients {
                    turn_of(&mut bed, client, name, 4);
                }
                check_owners(&clients);
            }
            let read: usize = clients.values().map(|client| client.owned.len()).sum();
            if !clients.is_empty() {
                assert_eq!(read, 7);
            }
        }
    }

    fn check_owners(clients: &BTreeMap<String, Model>) {
        let mut all = BTreeSet::new();
        for number in clients.values().flat_map(|client| &client.owned) {
            assert!(all.insert(*number), "{number} is read by two");
        }
    }

    fn turn_of(bed: &mut Testbed, client: &mut Model, name: &str, dice: u64) {
        // It gives up and takes what it was told, at its own pace.
        if !dice.is_multiple_of(3) {
            client.owned = client.told.clone();
        }
        let owned = of_t(&client.owned.iter().copied().collect::<Vec<_>>());
        let mut beat = if client.epoch == 0 {
            first(name)
        } else {
            next(name, client.epoch, Some(owned))
        };
        if client.lost {
            beat.rebalance_timeout_ms = 60_000;
            beat.topics = Some(vec!["t".to_owned()]);
        }
        let answer = bed.consumer(beat);
        client.lost = dice == 2;
        match answer {
            Ok(_) if client.lost => {}
            Ok(answer) => {
                client.epoch = answer.epoch;
                if let Some(assignment) = answer.assignment {
                    let numbers = assignment.into_iter().flat_map(|(_, numbers)| numbers);
                    client.told = numbers.collect();
                    client.owned.retain(|number| client.told.contains(number));
                }
            }
            Err(_) => *client = Model::default(),
        }
    }
}
