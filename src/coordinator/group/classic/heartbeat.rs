//! Heartbeat, and what comes of silence.

use super::{ClassicGroup, State};
use crate::coordinator::group::request::{Beat, Joined};
use crate::coordinator::group::step::Step;
use crate::protocol::ErrorCode;

impl ClassicGroup {
    /// Handles a heartbeat.
    pub(in crate::coordinator::group) fn heartbeat(
        &self,
        beat: &Beat,
        step: &mut Step<'_>,
    ) -> ErrorCode {
        if let Err(code) = self.check_member(&beat.member) {
            return code;
        }
        if beat.generation != self.generation {
            return ErrorCode::IllegalGeneration;
        }
        match self.state {
            State::Empty => return ErrorCode::UnknownMemberId,
            State::PreparingRebalance | State::CompletingRebalance | State::Stable => {}
        }
        self.restart_session(&beat.member.id, step);
        if self.state == State::PreparingRebalance {
            ErrorCode::RebalanceInProgress
        } else {
            ErrorCode::None
        }
    }

    /// Notes a sign of life.
    pub(in crate::coordinator::group) fn is_alive(&self, id: &str, step: &mut Step<'_>) {
        self.restart_session(id, step);
    }

    /// Takes away somebody who was silent for too long.
    pub(in crate::coordinator::group) fn session_is_over(&mut self, id: &str, step: &mut Step<'_>) {
        step.out.changed = true;
        if self.pending.remove(id) {
            if self.state == State::PreparingRebalance {
                self.complete_if_all_joined(step);
            }
            return;
        }
        let Some(member) = self.members.get(id) else {
            return;
        };
        // One that waits for an answer is alive; it has a new session with the answer.
        if !member.is_new && (member.join.is_some() || member.sync.is_some()) {
            return;
        }
        self.answer_join(id, Joined::refused("", ErrorCode::UnknownMemberId), step);
        self.remove(id);
        self.go_on_without_members(step);
    }

    /// Rebalances after somebody went.
    pub(super) fn go_on_without_members(&mut self, step: &mut Step<'_>) {
        match self.state {
            State::Stable | State::CompletingRebalance => self.prepare(step),
            State::PreparingRebalance => self.complete_if_all_joined(step),
            State::Empty => {}
        }
    }
}
