//! LeaveGroup: members go, by themselves or because an administrator says so.

use super::ClassicGroup;
use crate::coordinator::group::request::{Joined, Member, Synced};
use crate::coordinator::group::step::{Step, session_key};
use crate::protocol::ErrorCode;

impl ClassicGroup {
    /// Handles a LeaveGroup; returns a code for each who leaves.
    pub(in crate::coordinator::group) fn leave(
        &mut self,
        leaving: Vec<Member>,
        step: &mut Step<'_>,
    ) -> Vec<(Member, ErrorCode)> {
        step.out.changed = true;
        let mut gone = false;
        let mut answers = Vec::new();
        for member in leaving {
            let code = match self.leave_one(&member, step) {
                Ok(()) => {
                    gone = true;
                    ErrorCode::None
                }
                Err(code) => code,
            };
            answers.push((member, code));
        }
        if gone {
            self.go_on_without_members(step);
        }
        answers
    }

    fn leave_one(&mut self, member: &Member, step: &mut Step<'_>) -> Result<(), ErrorCode> {
        // An administrator knows only the static id.
        if member.id.is_empty() {
            let by_instance = member.instance.as_ref().and_then(|i| self.instances.get(i));
            let id = by_instance.cloned().ok_or(ErrorCode::UnknownMemberId)?;
            self.dismiss(&id, step);
            return Ok(());
        }
        if self.pending.remove(&member.id) {
            step.timers.cancel(&session_key(&self.id, &member.id));
            return Ok(());
        }
        self.check_member(member)?;
        self.dismiss(&member.id, step);
        Ok(())
    }

    fn dismiss(&mut self, id: &str, step: &mut Step<'_>) {
        let code = ErrorCode::UnknownMemberId;
        self.answer_join(id, Joined::refused("", code), step);
        self.answer_sync(id, Synced::refused(code), step);
        step.timers.cancel(&session_key(&self.id, id));
        self.remove(id);
    }
}
