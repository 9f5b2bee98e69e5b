//! Classic groups: members choose the assignment among themselves, the coordinator counts heads.
//!
//! ```text
//! Empty ──join──▶ PreparingRebalance ──all joined, or time is up──▶ CompletingRebalance
//!   ▲                 ▲     │ nobody is left                            │ the leader's assignment
//!   └─────────────────┼─────┘                                           ▼
//!                     └── join, leave, silence, changed metadata ── Stable
//! ```
//!
//! A generation begins when PreparingRebalance ends. Only a Stable group and an Empty one are
//! written down; what happens between is lost in a crash, after which members join again.

mod describe;
mod heartbeat;
mod join;
mod leave;
mod member;
mod protocols;
mod rebalance;
mod static_member;
mod sync;

use std::collections::{BTreeMap, BTreeSet, HashMap};

use super::record::{GroupMetadataKey, GroupMetadataValue, GroupRecord};
use super::request::{Join, Joined, Member, Synced};
use super::step::{ReplyId, Step};
use crate::protocol::ErrorCode;
pub(super) use member::ClassicMember;

/// Where a group stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum State {
    /// It has no members; offsets may be there.
    Empty,
    /// Members are to join.
    PreparingRebalance,
    /// Members wait for their assignment.
    CompletingRebalance,
    /// Members read.
    Stable,
}

impl State {
    /// Returns Kafka's name.
    pub(super) const fn name(self) -> &'static str {
        match self {
            Self::Empty => "Empty",
            Self::PreparingRebalance => "PreparingRebalance",
            Self::CompletingRebalance => "CompletingRebalance",
            Self::Stable => "Stable",
        }
    }
}

/// A classic group.
#[derive(Clone, Debug)]
pub(super) struct ClassicGroup {
    pub(super) id: String,
    pub(super) state: State,
    /// Since when, as far as is known.
    pub(super) state_since_ms: Option<i64>,
    pub(super) generation: i32,
    pub(super) protocol_type: Option<String>,
    protocol: Option<String>,
    leader: Option<String>,
    members: BTreeMap<String, ClassicMember>,
    /// Members by their static ids.
    instances: HashMap<String, String>,
    /// Ids that were given out, whose owners have not joined yet.
    pending: BTreeSet<String>,
    /// Members that have not asked for their assignment.
    unsynced: BTreeSet<String>,
    /// The first rebalance of an empty group: what is left of the time to wait for more members.
    initial: Option<InitialDelay>,
    /// The topics that the members read, as far as they can be told.
    subscribed: Option<BTreeSet<String>>,
}

/// The time that an empty group waits for more members than the first.
#[derive(Clone, Copy, Debug)]
struct InitialDelay {
    /// The delay that runs.
    delay_ms: i64,
    /// How much longer it may be.
    remaining_ms: i64,
    /// Whether somebody came since it runs.
    has_newcomer: bool,
}

impl ClassicGroup {
    /// Returns a group without members.
    pub(super) fn new(id: &str) -> Self {
        Self {
            id: id.to_owned(),
            state: State::Empty,
            state_since_ms: None,
            generation: 0,
            protocol_type: None,
            protocol: None,
            leader: None,
            members: BTreeMap::new(),
            instances: HashMap::new(),
            pending: BTreeSet::new(),
            unsynced: BTreeSet::new(),
            initial: None,
            subscribed: None,
        }
    }

    /// Returns the group of a record.
    pub(super) fn of_record(id: &str, value: &GroupMetadataValue) -> Self {
        let mut group = Self::new(id);
        let protocol = value.protocol.clone();
        for record in &value.members {
            let member = ClassicMember::of_record(record, protocol.as_deref());
            group.add(record.member_id.clone(), member);
        }
        group.state = if group.members.is_empty() {
            State::Empty
        } else {
            State::Stable
        };
        let since = value.current_state_timestamp;
        group.state_since_ms = (since >= 0).then_some(since);
        group.generation = value.generation;
        group.protocol_type = Some(value.protocol_type.clone()).filter(|kind| !kind.is_empty());
        group.protocol = protocol;
        group.leader.clone_from(&value.leader);
        group.note_subscriptions();
        group
    }

    /// Makes everybody's silence due, as after a load.
    pub(super) fn start_sessions(&self, step: &mut Step<'_>) {
        for (id, member) in &self.members {
            step.session(&self.id, id, i64::from(member.session_timeout_ms));
        }
    }

    /// Returns the group's record; `assignments` are those about to be in force.
    fn record(&self, assignments: Option<&BTreeMap<String, Vec<u8>>>) -> GroupRecord {
        let protocol = self.protocol.as_deref().unwrap_or_default();
        let members = self.members.iter().map(|(id, member)| {
            let assignment = match assignments {
                Some(all) => all.get(id).map_or(&[][..], Vec::as_slice),
                None => &member.assignment,
            };
            member.record(id, protocol, assignment)
        });
        let value = GroupMetadataValue {
            protocol_type: self.protocol_type.clone().unwrap_or_default(),
            generation: self.generation,
            protocol: self.protocol.clone(),
            leader: self.leader.clone(),
            current_state_timestamp: self.state_since_ms.unwrap_or(-1),
            members: members.collect(),
        };
        let key = GroupMetadataKey {
            group: self.id.clone(),
        };
        GroupRecord::GroupMetadata(key, Some(value))
    }

    /// Returns the record that takes the group away.
    pub(super) fn tombstone(&self) -> GroupRecord {
        let key = GroupMetadataKey {
            group: self.id.clone(),
        };
        GroupRecord::GroupMetadata(key, None)
    }

    /// Returns whether nobody is in it, nor about to be.
    pub(super) fn is_unused(&self) -> bool {
        self.members.is_empty() && self.pending.is_empty() && self.state == State::Empty
    }

    /// Returns whether it has members.
    pub(super) fn has_members(&self) -> bool {
        !self.members.is_empty()
    }

    fn enter(&mut self, state: State, step: &Step<'_>) {
        self.state = state;
        self.state_since_ms = Some(step.now.wall_ms);
    }

    fn add(&mut self, id: String, member: ClassicMember) {
        if let Some(instance) = &member.instance {
            self.instances.insert(instance.clone(), id.clone());
        }
        if self.leader.is_none() {
            self.leader = Some(id.clone());
        }
        self.pending.remove(&id);
        self.members.insert(id, member);
    }

    /// Takes a member away; what it waits for is answered by the caller before.
    fn remove(&mut self, id: &str) {
        let Some(member) = self.members.remove(id) else {
            return;
        };
        if let Some(instance) = &member.instance
            && self.instances.get(instance).is_some_and(|held| held == id)
        {
            self.instances.remove(instance);
        }
        if self.leader.as_deref() == Some(id) {
            self.leader = self.members.keys().next().cloned();
        }
        self.unsynced.remove(id);
    }

    /// Checks that a member is who it says it is.
    pub(super) fn check_member(&self, member: &Member) -> Result<(), ErrorCode> {
        if let Some(instance) = &member.instance {
            match self.instances.get(instance) {
                None => return Err(ErrorCode::UnknownMemberId),
                Some(id) if *id != member.id => return Err(ErrorCode::FencedInstanceId),
                Some(_) => {}
            }
        }
        if self.members.contains_key(&member.id) {
            Ok(())
        } else {
            Err(ErrorCode::UnknownMemberId)
        }
    }

    /// Returns the answer to a member's JoinGroup that changes nothing.
    fn joined(&self, id: &str) -> Joined {
        let is_leader = self.leader.as_deref() == Some(id);
        Joined {
            error: ErrorCode::None,
            generation: self.generation,
            protocol_type: self.protocol_type.clone(),
            protocol: self.protocol.clone(),
            leader: self.leader.clone().unwrap_or_default(),
            skip_assignment: false,
            member: id.to_owned(),
            members: if is_leader {
                self.introductions()
            } else {
                Vec::new()
            },
        }
    }

    /// Returns what the leader is told of all members.
    fn introductions(&self) -> Vec<(Member, Vec<u8>)> {
        let protocol = self.protocol.as_deref().unwrap_or_default();
        let of = |(id, member): (&String, &ClassicMember)| {
            let introduced = Member {
                id: id.clone(),
                instance: member.instance.clone(),
            };
            (introduced, member.metadata(protocol).to_vec())
        };
        self.members.iter().map(of).collect()
    }

    fn answer_join(&mut self, id: &str, answer: Joined, step: &mut Step<'_>) {
        if let Some(member) = self.members.get_mut(id)
            && let Some(to) = member.join.take()
        {
            step.out.reply(to, answer);
        }
    }

    fn answer_sync(&mut self, id: &str, answer: Synced, step: &mut Step<'_>) {
        if let Some(member) = self.members.get_mut(id)
            && let Some(to) = member.sync.take()
        {
            step.out.reply(to, answer);
        }
        self.unsynced.remove(id);
    }

    /// Makes a member's silence due anew.
    fn restart_session(&self, id: &str, step: &mut Step<'_>) {
        if let Some(member) = self.members.get(id) {
            step.session(&self.id, id, i64::from(member.session_timeout_ms));
        }
    }

    /// Parks a JoinGroup; one that waited before is answered so that nobody waits for ever.
    fn park_join(&mut self, id: &str, join: &Join, to: ReplyId, step: &mut Step<'_>) {
        let stale = Joined::refused(&join.member.id, ErrorCode::RebalanceInProgress);
        self.answer_join(id, stale, step);
        if let Some(member) = self.members.get_mut(id) {
            member.join = Some(to);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::coordinator::group::GroupConfig;
    use crate::coordinator::group::request::{GroupRequest, GroupResponse};
    use crate::coordinator::group::testbed::{Testbed, join, member, sync};

    fn testbed() -> Testbed {
        Testbed::new(GroupConfig::default())
    }

    /// Lets one member in and gives it an assignment; returns its id.
    fn stable(bed: &mut Testbed) -> String {
        let asked = bed.send(GroupRequest::Join(join("")));
        let joined = bed.joined(asked);
        assert_eq!((joined.error, joined.generation), (ErrorCode::None, 1));
        assert_eq!(joined.leader, joined.member);
        assert_eq!(joined.members.len(), 1);
        let id = joined.member;
        let asked = bed.send(GroupRequest::Sync(sync(&id, 1, &[(&id, "all")])));
        assert_eq!(bed.synced(asked).assignment, b"all");
        id
    }

    /// Lets two members in, both stable in generation 2; returns their ids, the leader's first.
    fn pair(bed: &mut Testbed) -> (String, String) {
        let first = stable(bed);
        let asked = bed.send(GroupRequest::Join(join("")));
        assert_eq!(bed.answer(asked), None, "the first has not joined again");
        assert_eq!(bed.beat(&first, 1), ErrorCode::RebalanceInProgress);
        let again = bed.send(GroupRequest::Join(join(&first)));
        let (leader, other) = (bed.joined(again), bed.joined(asked));
        assert_eq!((leader.generation, other.generation), (2, 2));
        assert_eq!((leader.members.len(), other.members.len()), (2, 0));
        let waits = bed.send(GroupRequest::Sync(sync(&other.member, 2, &[])));
        assert_eq!(bed.answer(waits), None, "the leader has not assigned");
        let given = [(first.as_str(), "a"), (other.member.as_str(), "b")];
        let asked = bed.send(GroupRequest::Sync(sync(&first, 2, &given)));
        assert_eq!(bed.synced(asked).assignment, b"a");
        assert_eq!(bed.synced(waits).assignment, b"b");
        (first, other.member)
    }

    fn state(bed: &mut Testbed) -> &'static str {
        match bed.ask(GroupRequest::DescribeClassic("g".to_owned())) {
            GroupResponse::Classic(Ok(group)) => group.state,
            other => panic!("{other:?}"),
        }
    }

    fn leave(bed: &mut Testbed, who: Member) -> ErrorCode {
        match bed.ask(GroupRequest::Leave("g".to_owned(), vec![who])) {
            GroupResponse::Left(left) => left[0].1,
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn members_join_share_and_go_one_after_the_other() {
        let mut bed = testbed();
        let (first, second) = pair(&mut bed);
        assert_eq!(state(&mut bed), "Stable");
        assert_eq!(leave(&mut bed, member(&second)), ErrorCode::None);
        assert_eq!(state(&mut bed), "PreparingRebalance");
        let again = bed.send(GroupRequest::Join(join(&first)));
        assert_eq!(bed.joined(again).generation, 3);
        assert_eq!(state(&mut bed), "CompletingRebalance");
        assert_eq!(leave(&mut bed, member(&first)), ErrorCode::None);
        assert_eq!(state(&mut bed), "Empty");
        assert_eq!(leave(&mut bed, member(&first)), ErrorCode::UnknownMemberId);
    }

    #[test]
    fn a_newcomer_is_told_its_id_first_and_must_come_back_in_time() {
        let mut bed = testbed();
        let mut new = join("");
        new.needs_known_id = true;
        let asked = bed.send(GroupRequest::Join(new.clone()));
        let told = bed.joined(asked);
        assert_eq!(told.error, ErrorCode::MemberIdRequired);
        assert!(told.member.starts_with("c-"), "{}", told.member);
        let asked = bed.send(GroupRequest::Join(join(&told.member)));
        assert_eq!(bed.joined(asked).error, ErrorCode::None);
        let asked = bed.send(GroupRequest::Join(new));
        let late = bed.joined(asked).member;
        bed.pass(10_001);
        let asked = bed.send(GroupRequest::Join(join(&late)));
        assert_eq!(bed.joined(asked).error, ErrorCode::UnknownMemberId);
    }

    #[test]
    fn a_silent_member_goes_and_the_rest_rebalances() {
        let mut bed = testbed();
        let (first, second) = pair(&mut bed);
        bed.pass(6_000);
        assert_eq!(bed.beat(&first, 2), ErrorCode::None);
        bed.pass(6_000);
        assert_eq!(bed.beat(&second, 2), ErrorCode::UnknownMemberId);
        assert_eq!(bed.beat(&first, 2), ErrorCode::RebalanceInProgress);
    }

    #[test]
    fn who_does_not_join_again_in_time_is_out() {
        let mut bed = testbed();
        let (first, second) = pair(&mut bed);
        let asked = bed.send(GroupRequest::Join(join("")));
        let again = bed.send(GroupRequest::Join(join(&first)));
        for _ in 0..12 {
            assert_eq!(bed.answer(again), None);
            assert_eq!(bed.beat(&second, 2), ErrorCode::RebalanceInProgress);
            bed.pass(5_000);
        }
        assert_eq!(bed.joined(again).members.len(), 2);
        assert_eq!(bed.joined(asked).generation, 3);
        assert_eq!(bed.beat(&second, 2), ErrorCode::UnknownMemberId);
    }

    #[test]
    fn who_does_not_ask_for_its_assignment_is_out() {
        let mut bed = testbed();
        let asked = bed.send(GroupRequest::Join(join("")));
        let id = bed.joined(asked).member;
        for _ in 0..12 {
            assert_eq!(bed.beat(&id, 1), ErrorCode::None);
            bed.pass(5_000);
        }
        assert_eq!(bed.beat(&id, 1), ErrorCode::UnknownMemberId);
        assert_eq!(state(&mut bed), "Empty");
    }

    #[test]
    fn a_follower_repeats_its_join_and_a_leader_rebalances() {
        let mut bed = testbed();
        let (first, second) = pair(&mut bed);
        let asked = bed.send(GroupRequest::Join(join(&second)));
        assert_eq!(bed.joined(asked).generation, 2);
        let asked = bed.send(GroupRequest::Join(join(&first)));
        assert_eq!(bed.answer(asked), None, "the other one must join again");
        assert_eq!(state(&mut bed), "PreparingRebalance");
    }

    #[test]
    fn generations_and_protocols_are_checked() {
        let mut bed = testbed();
        let id = stable(&mut bed);
        assert_eq!(bed.beat(&id, 2), ErrorCode::IllegalGeneration);
        assert_eq!(bed.beat("x", 1), ErrorCode::UnknownMemberId);
        let asked = bed.send(GroupRequest::Sync(sync(&id, 7, &[])));
        assert_eq!(bed.synced(asked).error, ErrorCode::IllegalGeneration);
        let mut other = sync(&id, 1, &[]);
        other.protocol = Some("sticky".to_owned());
        let asked = bed.send(GroupRequest::Sync(other));
        assert_eq!(
            bed.synced(asked).error,
            ErrorCode::InconsistentGroupProtocol
        );
        let mut other = join("");
        other.protocols = vec![("sticky".to_owned(), Vec::new())];
        let asked = bed.send(GroupRequest::Join(other));
        assert_eq!(
            bed.joined(asked).error,
            ErrorCode::InconsistentGroupProtocol
        );
        let mut other = join("");
        other.session_timeout_ms = 5;
        let asked = bed.send(GroupRequest::Join(other));
        assert_eq!(bed.joined(asked).error, ErrorCode::InvalidSessionTimeout);
    }

    #[test]
    fn a_full_group_takes_nobody_in() {
        let mut bed = Testbed::new(GroupConfig {
            size_max: 1,
            ..GroupConfig::default()
        });
        stable(&mut bed);
        let asked = bed.send(GroupRequest::Join(join("")));
        assert_eq!(bed.joined(asked).error, ErrorCode::GroupMaxSizeReached);
    }

    #[test]
    fn the_first_rebalance_waits_for_more_members() {
        let mut bed = Testbed::new(GroupConfig {
            initial_rebalance_delay_ms: 3_000,
            ..GroupConfig::default()
        });
        let first = bed.send(GroupRequest::Join(join("")));
        bed.pass(2_000);
        let second = bed.send(GroupRequest::Join(join("")));
        bed.pass(2_000);
        assert_eq!(bed.answer(first), None, "a newcomer makes it longer");
        bed.pass(2_000);
        let (first, second) = (bed.joined(first), bed.joined(second));
        assert_eq!((first.generation, second.generation), (1, 1));
        assert_eq!(first.members.len() + second.members.len(), 2);
    }

    #[test]
    fn a_static_member_comes_back_without_a_rebalance_and_its_old_id_is_fenced() {
        let mut bed = testbed();
        let mut new = join("");
        new.member.instance = Some("i".to_owned());
        let asked = bed.send(GroupRequest::Join(new.clone()));
        let old = bed.joined(asked).member;
        assert!(old.starts_with("i-"), "{old}");
        let asked = bed.send(GroupRequest::Sync(sync(&old, 1, &[(&old, "all")])));
        assert_eq!(bed.synced(asked).error, ErrorCode::None);
        new.can_skip_assignment = true;
        let asked = bed.send(GroupRequest::Join(new.clone()));
        let back = bed.joined(asked);
        assert_eq!((back.generation, back.skip_assignment), (1, true));
        assert_eq!(back.leader, back.member);
        new.can_skip_assignment = false;
        let asked = bed.send(GroupRequest::Join(new));
        let again = bed.joined(asked);
        assert_eq!(again.leader, back.member, "an older leader must not assign");
        assert_eq!(again.members, []);
        let asked = bed.send(GroupRequest::Sync(sync(&again.member, 1, &[])));
        assert_eq!(bed.synced(asked).assignment, b"all");
        let fenced = Member {
            id: old,
            instance: Some("i".to_owned()),
        };
        assert_eq!(leave(&mut bed, fenced), ErrorCode::FencedInstanceId);
        let by_instance = Member {
            id: String::new(),
            instance: Some("i".to_owned()),
        };
        assert_eq!(leave(&mut bed, by_instance), ErrorCode::None);
    }

    #[test]
    fn a_stable_group_is_there_after_a_crash_and_a_new_session_runs() {
        let mut bed = testbed();
        let (first, second) = pair(&mut bed);
        assert_eq!(bed.commit(&first, 2, 41), ErrorCode::None);
        bed.crash();
        assert_eq!(bed.committed(), 41);
        assert_eq!(bed.beat(&first, 2), ErrorCode::None);
        let asked = bed.send(GroupRequest::Sync(sync(&second, 2, &[])));
        assert_eq!(bed.synced(asked).assignment, b"b");
        bed.pass(10_001);
        assert_eq!(state(&mut bed), "Empty");
    }

    #[test]
    fn only_members_of_the_generation_commit_while_there_are_any() {
        let mut bed = testbed();
        assert_eq!(
            bed.commit("", -1, 1),
            ErrorCode::None,
            "a group of offsets alone"
        );
        assert_eq!(bed.commit("m", 3, 1), ErrorCode::UnknownMemberId);
        let id = stable(&mut bed);
        assert_eq!(bed.commit("", -1, 2), ErrorCode::UnknownMemberId);
        assert_eq!(bed.commit("x", 1, 2), ErrorCode::UnknownMemberId);
        assert_eq!(bed.commit(&id, 2, 2), ErrorCode::IllegalGeneration);
        assert_eq!(bed.commit(&id, 1, 2), ErrorCode::None);
        let asked = bed.send(GroupRequest::Join(join(&id)));
        assert_eq!(bed.joined(asked).generation, 2);
        assert_eq!(bed.commit(&id, 2, 3), ErrorCode::RebalanceInProgress);
        assert_eq!(bed.committed(), 2);
    }

    #[test]
    fn offsets_expire_once_the_group_is_empty_for_long_enough() {
        let mut bed = Testbed::new(GroupConfig {
            offsets_retention_ms: 3_600_000,
            ..GroupConfig::default()
        });
        let id = stable(&mut bed);
        assert_eq!(bed.commit(&id, 1, 5), ErrorCode::None);
        assert_eq!(leave(&mut bed, member(&id)), ErrorCode::None);
        bed.pass(3_500_000);
        assert_eq!(bed.committed(), 5);
        bed.pass(1_300_000);
        assert_eq!(bed.committed(), -1);
        bed.crash();
        let listed = bed.ask(GroupRequest::List {
            states: Vec::new(),
            types: Vec::new(),
        });
        assert_eq!(
            listed,
            GroupResponse::Listed(Vec::new()),
            "the group went too"
        );
    }

    #[test]
    fn an_offset_with_its_own_retention_expires_by_that() {
        let mut bed = testbed();
        let commit = crate::coordinator::group::request::Commit {
            group: "g".to_owned(),
            epoch: -1,
            retention_ms: Some(1_000),
            offsets: vec![crate::coordinator::group::request::NewOffset {
                topic: "t".to_owned(),
                offset: 9,
                ..Default::default()
            }],
            ..Default::default()
        };
        bed.ask(GroupRequest::Commit(commit));
        bed.crash();
        assert_eq!(bed.committed(), 9);
        bed.pass(600_001);
        assert_eq!(bed.committed(), -1);
    }

    #[test]
    fn a_group_with_members_is_not_deleted_and_an_empty_one_takes_its_offsets_along() {
        let mut bed = testbed();
        let id = stable(&mut bed);
        bed.commit(&id, 1, 5);
        let delete = || GroupRequest::DeleteGroup("g".to_owned());
        let code = |code| GroupResponse::Code(code);
        assert_eq!(bed.ask(delete()), code(ErrorCode::NonEmptyGroup));
        leave(&mut bed, member(&id));
        assert_eq!(bed.ask(delete()), code(ErrorCode::None));
        assert_eq!(bed.committed(), -1);
        assert_eq!(bed.ask(delete()), code(ErrorCode::GroupIdNotFound));
        bed.crash();
        assert_eq!(bed.ask(delete()), code(ErrorCode::GroupIdNotFound));
    }

    #[test]
    fn offsets_of_a_deleted_topic_go() {
        let mut bed = testbed();
        bed.topic("t", 1, 1);
        bed.send(GroupRequest::TopicsChanged);
        assert_eq!(bed.commit("", -1, 5), ErrorCode::None);
        bed.image = crate::metadata::MetadataImage::default();
        bed.send(GroupRequest::TopicsChanged);
        assert_eq!(bed.committed(), -1);
    }
}
