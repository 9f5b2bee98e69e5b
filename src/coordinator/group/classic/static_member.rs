//! A static member that comes back under a new id (KIP-345).

use super::{ClassicGroup, State};
use crate::coordinator::group::request::{Join, Joined, Synced};
use crate::coordinator::group::step::{ReplyId, Step, session_key};
use crate::protocol::ErrorCode;

impl ClassicGroup {
    /// Puts a newcomer in the place of the member with the same static id, which is fenced.
    pub(super) fn join_in_place_of(
        &mut self,
        old: &str,
        id: String,
        (join, to): (&Join, ReplyId),
        step: &mut Step<'_>,
    ) {
        let leader_before = self.leader.clone().unwrap_or_default();
        let fenced = ErrorCode::FencedInstanceId;
        self.answer_join(old, Joined::refused(old, fenced), step);
        self.answer_sync(old, Synced::refused(fenced), step);
        step.timers.cancel(&session_key(&self.id, old));
        let was_leader = self.leader.as_deref() == Some(old);
        let Some(mut member) = self.members.remove(old) else {
            return;
        };
        let before = member.protocols.clone();
        member.update(join);
        if was_leader {
            self.leader = Some(id.clone());
        }
        self.add(id.clone(), member);
        self.restart_session(&id, step);
        let mut join = join.clone();
        join.member.id.clone_from(&id);
        match self.state {
            State::Stable if self.protocol == self.choose_protocol() => {
                self.note_subscriptions();
                step.out.records.push(self.record(None));
                let answer = self.back(&join, leader_before, &id);
                step.out.reply(to, answer);
            }
            // The leader may already know the old id: the group begins again.
            State::Stable | State::CompletingRebalance => {
                self.park_join(&id, &join, to, step);
                self.rebalance_or_complete(step);
            }
            State::PreparingRebalance => {
                self.park_join(&id, &join, to, step);
                self.complete_if_all_joined(step);
            }
            State::Empty => {
                if let Some(member) = self.members.get_mut(&id) {
                    member.protocols = before;
                }
                let refused = Joined::refused(&id, ErrorCode::UnknownMemberId);
                step.out.reply(to, refused);
            }
        }
    }

    /// Returns the answer to a static member that is back in a stable group.
    fn back(&self, join: &Join, leader_before: String, id: &str) -> Joined {
        let mut answer = self.joined(id);
        if join.can_skip_assignment {
            answer.skip_assignment = self.leader.as_deref() == Some(id);
        } else {
            // An older leader would compute an assignment: it is not told that it leads.
            answer.leader = leader_before;
            answer.members = Vec::new();
        }
        answer
    }
}
