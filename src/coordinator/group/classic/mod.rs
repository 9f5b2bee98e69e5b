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
