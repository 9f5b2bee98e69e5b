//! JoinGroup: who may come, and what it sets off.

use super::member::{ClassicMember, NEW_MEMBER_JOIN_TIMEOUT_MS};
use super::{ClassicGroup, State};
use crate::coordinator::group::request::{Join, Joined};
use crate::coordinator::group::step::{ReplyId, Step, session_key};
use crate::protocol::ErrorCode;

impl ClassicGroup {
    /// Handles a JoinGroup.
    pub(in crate::coordinator::group) fn join(
        &mut self,
        join: &Join,
        to: ReplyId,
        step: &mut Step<'_>,
    ) {
        step.out.changed = true;
        if !self.has_room_for(&join.member.id, step) {
            // A pending id is given back; a member that is over the limit was never in.
            if self.pending.remove(&join.member.id) {
                step.timers.cancel(&session_key(&self.id, &join.member.id));
            }
            step.out
                .reply(to, Joined::refused("", ErrorCode::GroupMaxSizeReached));
            return;
        }
        if !self.accepts(&join.protocol_type, &join.protocols) {
            let refused = Joined::refused(&join.member.id, ErrorCode::InconsistentGroupProtocol);
            step.out.reply(to, refused);
            return;
        }
        if join.member.id.is_empty() {
            self.join_anew(join, to, step);
        } else {
            self.join_again(join, to, step);
        }
    }

    fn has_room_for(&self, id: &str, step: &Step<'_>) -> bool {
        let most = step.config.size_max;
        let member = self.members.get(id);
        match self.state {
            State::Empty => true,
            State::PreparingRebalance => {
                let waits = |member: &ClassicMember| member.join.is_some();
                member.is_some_and(waits)
                    || self.members.values().filter(|m| waits(m)).count() < most
            }
            State::CompletingRebalance | State::Stable => {
                member.is_some() || self.members.len() < most
            }
        }
    }

    /// Lets somebody in who has no id yet.
    fn join_anew(&mut self, join: &Join, to: ReplyId, step: &mut Step<'_>) {
        let name = join.member.instance.as_ref().unwrap_or(&join.client.id);
        let id = format!("{name}-{}", hyphenated(step.rng.uuid().0));
        if let Some(instance) = &join.member.instance {
            if let Some(old) = self.instances.get(instance).cloned() {
                self.join_in_place_of(&old, id, (join, to), step);
            } else {
                self.admit(id, join, to, step);
            }
        } else if join.needs_known_id {
            // It comes back with the id: so that a client that is gone leaves no member behind.
            step.session(&self.id, &id, i64::from(join.session_timeout_ms));
            self.pending.insert(id.clone());
            step.out
                .reply(to, Joined::refused(&id, ErrorCode::MemberIdRequired));
        } else {
            self.admit(id, join, to, step);
        }
    }

    /// Makes a member, parks its request, and rebalances.
    fn admit(&mut self, id: String, join: &Join, to: ReplyId, step: &mut Step<'_>) {
        let mut member = ClassicMember::of(join);
        member.is_new = true;
        member.join = Some(to);
        if let Some(initial) = &mut self.initial {
            initial.has_newcomer = true;
        }
        if self.protocol_type.is_none() || self.state == State::Empty {
            self.protocol_type = Some(join.protocol_type.clone());
        }
        step.session(&self.id, &id, NEW_MEMBER_JOIN_TIMEOUT_MS);
        self.add(id, member);
        self.rebalance_or_complete(step);
    }

    /// Handles a JoinGroup with an id.
    fn join_again(&mut self, join: &Join, to: ReplyId, step: &mut Step<'_>) {
        let id = &join.member.id;
        if self.pending.contains(id) && join.member.instance.is_none() {
            self.admit(id.clone(), join, to, step);
            return;
        }
        if let Err(code) = self.check_member(&join.member) {
            step.out.reply(to, Joined::refused(id, code));
            return;
        }
        let is_leader = self.leader.as_deref() == Some(id);
        let member = self.members.get(id);
        let same = member.is_some_and(|member| member.protocols == join.protocols);
        match self.state {
            // The leader's metadata may be the same, and yet it may want another assignment.
            State::Stable if same && !is_leader => step.out.reply(to, self.joined(id)),
            State::CompletingRebalance if same => step.out.reply(to, self.joined(id)),
            State::PreparingRebalance | State::CompletingRebalance | State::Stable => {
                self.join_changed(join, to, step);
            }
            State::Empty => {
                let refused = Joined::refused(id, ErrorCode::UnknownMemberId);
                step.out.reply(to, refused);
            }
        }
    }

    /// Takes over what a member says now, parks its request, and rebalances.
    pub(super) fn join_changed(&mut self, join: &Join, to: ReplyId, step: &mut Step<'_>) {
        let id = &join.member.id;
        if let Some(member) = self.members.get_mut(id) {
            member.update(join);
        }
        self.park_join(id, join, to, step);
        self.rebalance_or_complete(step);
    }
}

/// Returns an id as Java prints a UUID.
fn hyphenated(id: u128) -> String {
    let digits = format!("{id:032x}");
    let part = |from: usize, to: usize| digits.get(from..to).unwrap_or_default();
    format!(
        "{}-{}-{}-{}-{}",
        part(0, 8),
        part(8, 12),
        part(12, 16),
        part(16, 20),
        part(20, 32)
    )
}
