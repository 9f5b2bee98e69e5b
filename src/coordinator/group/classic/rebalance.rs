//! A rebalance: from the first who joins to the next generation.

use super::{ClassicGroup, InitialDelay, State};
use crate::coordinator::group::request::{Joined, Synced};
use crate::coordinator::group::step::{Step, TimerKey, session_key};
use crate::protocol::ErrorCode;

impl ClassicGroup {
    /// Begins a rebalance, or ends the one that runs if everybody is there.
    pub(super) fn rebalance_or_complete(&mut self, step: &mut Step<'_>) {
        match self.state {
            State::Empty | State::CompletingRebalance | State::Stable => self.prepare(step),
            State::PreparingRebalance => self.complete_if_all_joined(step),
        }
    }

    /// Begins a rebalance.
    pub(super) fn prepare(&mut self, step: &mut Step<'_>) {
        if self.state == State::CompletingRebalance {
            self.refuse_syncs(ErrorCode::RebalanceInProgress, step);
        }
        step.timers.cancel(&TimerKey::Sync(self.id.clone()));
        let was_empty = self.state == State::Empty;
        self.enter(State::PreparingRebalance, step);
        if was_empty {
            let delay_ms = step.config.initial_rebalance_delay_ms;
            let remaining_ms = (self.rebalance_timeout_ms() - delay_ms).max(0);
            self.initial = Some(InitialDelay {
                delay_ms,
                remaining_ms,
                has_newcomer: false,
            });
            if delay_ms == 0 {
                self.time_is_up(step);
            } else {
                step.after(TimerKey::Join(self.id.clone()), delay_ms);
            }
        } else if self.has_all_joined() {
            self.complete(step);
        } else {
            self.wait_for_joins(step);
        }
    }

    fn wait_for_joins(&self, step: &mut Step<'_>) {
        let timeout_ms = self.rebalance_timeout_ms();
        step.after(TimerKey::Join(self.id.clone()), timeout_ms);
    }

    /// Answers all who wait for their assignment with an error.
    pub(super) fn refuse_syncs(&mut self, code: ErrorCode, step: &mut Step<'_>) {
        let waiting: Vec<String> = self.members.keys().cloned().collect();
        for id in waiting {
            if let Some(member) = self.members.get_mut(&id) {
                member.assignment = Vec::new();
            }
            self.answer_sync(&id, Synced::refused(code), step);
        }
        self.unsynced.clear();
    }

    /// Returns how long members may take: the longest that one of them asked for.
    pub(super) fn rebalance_timeout_ms(&self) -> i64 {
        let timeouts = self.members.values().map(|m| m.rebalance_timeout_ms);
        i64::from(timeouts.max().unwrap_or(0))
    }

    fn has_all_joined(&self) -> bool {
        self.pending.is_empty() && self.members.values().all(|member| member.join.is_some())
    }

    /// Ends the rebalance if nobody is missing; the first one of a group has its own time.
    pub(super) fn complete_if_all_joined(&mut self, step: &mut Step<'_>) {
        if self.initial.is_none() && self.has_all_joined() {
            self.complete(step);
        }
    }

    /// Goes on when the time to join is up.
    pub(in crate::coordinator::group) fn time_is_up(&mut self, step: &mut Step<'_>) {
        step.out.changed = true;
        if self.state != State::PreparingRebalance {
            return;
        }
        if let Some(initial) = self.initial
            && initial.has_newcomer
            && initial.remaining_ms > 0
        {
            let delay_ms = step.config.initial_rebalance_delay_ms;
            let delay_ms = delay_ms.min(initial.remaining_ms);
            self.initial = Some(InitialDelay {
                delay_ms,
                remaining_ms: (initial.remaining_ms - initial.delay_ms).max(0),
                has_newcomer: false,
            });
            step.after(TimerKey::Join(self.id.clone()), delay_ms);
            return;
        }
        self.complete(step);
    }

    /// Ends the rebalance: a new generation, and everybody's answer.
    fn complete(&mut self, step: &mut Step<'_>) {
        step.timers.cancel(&TimerKey::Join(self.id.clone()));
        let dynamic = self.members.iter().filter(|(_, member)| {
            // Static members stay until their sessions end.
            member.join.is_none() && member.instance.is_none()
        });
        let missing: Vec<String> = dynamic.map(|(id, _)| id.clone()).collect();
        for id in missing {
            step.timers.cancel(&session_key(&self.id, &id));
            self.remove(&id);
        }
        if !self.elect_joined_leader() {
            self.wait_for_joins(step);
            return;
        }
        self.initial = None;
        self.generation = self.generation.wrapping_add(1).max(1);
        self.unsynced.clear();
        if self.members.is_empty() {
            self.protocol = None;
            self.leader = None;
            self.enter(State::Empty, step);
            self.note_subscriptions();
            step.out.records.push(self.record(None));
            return;
        }
        self.protocol = self.choose_protocol();
        self.enter(State::CompletingRebalance, step);
        self.note_subscriptions();
        self.answer_joins(step);
    }

    fn answer_joins(&mut self, step: &mut Step<'_>) {
        let ids: Vec<String> = self.members.keys().cloned().collect();
        for id in ids {
            let answer: Joined = self.joined(&id);
            self.answer_join(&id, answer, step);
            if let Some(member) = self.members.get_mut(&id) {
                member.is_new = false;
            }
            self.restart_session(&id, step);
            self.unsynced.insert(id);
        }
        let timeout_ms = self.rebalance_timeout_ms();
        step.after(TimerKey::Sync(self.id.clone()), timeout_ms);
    }

    /// Makes somebody the leader who has joined; returns `false` if there are only others.
    fn elect_joined_leader(&mut self) -> bool {
        let has_joined = |id: &String| {
            let member = self.members.get(id);
            member.is_some_and(|member| member.join.is_some())
        };
        if self.members.is_empty() || self.leader.as_ref().is_some_and(has_joined) {
            return true;
        }
        let joined = self.members.iter().find(|(_, m)| m.join.is_some());
        match joined.map(|(id, _)| id.clone()) {
            Some(id) => {
                self.leader = Some(id);
                true
            }
            None => false,
        }
    }

    /// Takes away those who have not asked for their assignment in time.
    pub(in crate::coordinator::group) fn sync_time_is_up(&mut self, step: &mut Step<'_>) {
        step.out.changed = true;
        if !matches!(self.state, State::CompletingRebalance | State::Stable)
            || self.unsynced.is_empty()
        {
            return;
        }
        for id in std::mem::take(&mut self.unsynced) {
            step.timers.cancel(&session_key(&self.id, &id));
            self.remove(&id);
        }
        self.prepare(step);
    }
}
