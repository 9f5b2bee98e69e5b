//! SyncGroup: the leader's assignment, and everybody's share of it.

use std::collections::BTreeMap;

use super::{ClassicGroup, State};
use crate::coordinator::group::request::{Sync, Synced};
use crate::coordinator::group::step::{ReplyId, Step};
use crate::protocol::ErrorCode;

impl ClassicGroup {
    /// Handles a SyncGroup.
    pub(in crate::coordinator::group) fn sync(
        &mut self,
        sync: &Sync,
        to: ReplyId,
        step: &mut Step<'_>,
    ) {
        if let Err(code) = self.check_sync(sync) {
            step.out.reply(to, Synced::refused(code));
            return;
        }
        step.out.changed = true;
        let id = &sync.member.id;
        if self.state == State::Stable {
            self.unsynced.remove(id);
            self.restart_session(id, step);
            step.out.reply(to, self.synced(id));
            return;
        }
        let stale = Synced::refused(ErrorCode::RebalanceInProgress);
        self.answer_sync(id, stale, step);
        if let Some(member) = self.members.get_mut(id) {
            member.sync = Some(to);
        }
        if self.leader.as_deref() == Some(id) {
            self.assign(sync, step);
        }
    }

    fn check_sync(&self, sync: &Sync) -> Result<(), ErrorCode> {
        self.check_member(&sync.member)?;
        if sync.generation != self.generation {
            return Err(ErrorCode::IllegalGeneration);
        }
        let differs = |asked: &Option<String>, ours: &Option<String>| {
            asked.is_some() && ours.is_some() && asked != ours
        };
        if differs(&sync.protocol_type, &self.protocol_type)
            || differs(&sync.protocol, &self.protocol)
        {
            return Err(ErrorCode::InconsistentGroupProtocol);
        }
        match self.state {
            State::Empty => Err(ErrorCode::UnknownMemberId),
            State::PreparingRebalance => Err(ErrorCode::RebalanceInProgress),
            State::CompletingRebalance | State::Stable => Ok(()),
        }
    }

    /// Puts the leader's assignment in force.
    fn assign(&mut self, sync: &Sync, step: &mut Step<'_>) {
        let given: BTreeMap<&String, &Vec<u8>> =
            sync.assignments.iter().map(|(id, a)| (id, a)).collect();
        let of = |id: &String| given.get(id).map_or_else(Vec::new, |a| (*a).clone());
        let all: BTreeMap<String, Vec<u8>> =
            self.members.keys().map(|id| (id.clone(), of(id))).collect();
        let since = self.state_since_ms;
        self.state_since_ms = Some(step.now.wall_ms);
        let record = self.record(Some(&all));
        let (_, value) = record.encode();
        if value.map_or(0, |value| value.len()) > step.config.record_bytes_max {
            // It could never be written down.
            self.state_since_ms = since;
            self.refuse_syncs(ErrorCode::UnknownServerError, step);
            self.prepare(step);
            return;
        }
        step.out.records.push(record);
        self.enter(State::Stable, step);
        for (id, assignment) in all {
            if let Some(member) = self.members.get_mut(&id) {
                member.assignment = assignment;
            }
            let waits = self.members.get(&id).is_some_and(|m| m.sync.is_some());
            if waits {
                let answer = self.synced(&id);
                self.answer_sync(&id, answer, step);
                self.restart_session(&id, step);
            }
        }
    }

    fn synced(&self, id: &str) -> Synced {
        let member = self.members.get(id);
        Synced {
            error: ErrorCode::None,
            protocol_type: self.protocol_type.clone(),
            protocol: self.protocol.clone(),
            assignment: member.map_or_else(Vec::new, |member| member.assignment.clone()),
        }
    }
}
