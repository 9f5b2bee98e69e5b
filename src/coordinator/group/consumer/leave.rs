//! A member of a consumer group goes: by itself, for a while, or because it was silent.

use super::{ConsumerGroup, ConsumerMember, MemberState};
use crate::coordinator::group::assignor::Partitions;
use crate::coordinator::group::request::{ConsumerBeat, ConsumerHeartbeat, Refused};
use crate::coordinator::group::step::{Step, revoke_key, session_key};

/// What a static member says that will be back.
const FOR_A_WHILE: i32 = -2;

impl ConsumerGroup {
    /// Handles the heartbeat of a member that leaves.
    pub(super) fn leave(
        &self,
        beat: &ConsumerHeartbeat,
        step: &mut Step<'_>,
    ) -> Result<ConsumerBeat, Refused> {
        let member = match &beat.instance {
            Some(instance) => self.static_member(instance, &beat.member)?,
            None => {
                let held = self.members.get(&beat.member);
                held.ok_or_else(|| self.unknown(&beat.member))?
            }
        };
        step.timers.cancel(&revoke_key(&self.id, &beat.member));
        if beat.epoch == FOR_A_WHILE {
            // Its partitions stay its own until its session ends.
            let away = ConsumerMember {
                epoch: FOR_A_WHILE,
                state: MemberState::Stable,
                revoking: Partitions::new(),
                ..member.clone()
            };
            step.out
                .records
                .push(self.current_record(&beat.member, Some(&away)));
        } else {
            self.remove(&beat.member, step);
        }
        Ok(ConsumerBeat {
            member: beat.member.clone(),
            epoch: beat.epoch,
            heartbeat_interval_ms: 0,
            assignment: None,
        })
    }

    /// Takes away somebody who was silent for too long.
    pub(in crate::coordinator::group) fn session_is_over(&self, id: &str, step: &mut Step<'_>) {
        if self.members.contains_key(id) {
            self.remove(id, step);
        }
    }

    /// Takes away somebody who has not given up partitions in time.
    pub(in crate::coordinator::group) fn revoke_time_is_up(&self, id: &str, step: &mut Step<'_>) {
        let member = self.members.get(id);
        if member.is_some_and(|member| member.state == MemberState::Unrevoked) {
            self.remove(id, step);
        }
    }

    fn remove(&self, id: &str, step: &mut Step<'_>) {
        step.timers.cancel(&session_key(&self.id, id));
        step.timers.cancel(&revoke_key(&self.id, id));
        step.out.records.extend(self.member_tombstones(id));
        let mut others = self.members.iter().filter(|(other, _)| *other != id);
        let regex = self
            .members
            .get(id)
            .and_then(|member| member.regex.as_ref());
        if let Some(regex) = regex
            && self.patterns.contains_key(regex)
            && !others.any(|(_, member)| member.regex.as_ref() == Some(regex))
        {
            let record = self.pattern_record(regex, None, 0, step.now.wall_ms);
            step.out.records.push(record);
        }
        let epoch = self.epoch.saturating_add(1);
        step.out
            .records
            .push(self.epoch_record(epoch, self.topics_hash));
    }
}
