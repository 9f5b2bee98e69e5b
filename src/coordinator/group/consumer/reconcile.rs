//! One step of a member towards its target.

use std::collections::BTreeSet;

use super::{ConsumerMember, MemberState};
use crate::coordinator::group::assignor::Partitions;
use crate::types::Uuid;

/// What a member is to come to.
pub(super) struct Aim<'a> {
    /// The epoch of the target assignment.
    pub(super) epoch: i32,
    /// The member's part of it.
    pub(super) target: &'a Partitions,
    /// What the member says it has; `None` if it says nothing.
    pub(super) owned: Option<&'a [(Uuid, Vec<i32>)]>,
}

impl Aim<'_> {
    /// Takes one step: gives up first, then goes to the target's epoch, then takes what is free.
    ///
    /// `is_held` tells whether another member has a partition.
    pub(super) fn step(&self, member: &mut ConsumerMember, is_held: impl Fn(Uuid, i32) -> bool) {
        match member.state {
            MemberState::Stable if member.epoch == self.epoch => {}
            MemberState::Unrevoked if self.still_owns(&member.revoking) => {}
            MemberState::Unrevoked => {
                // It has given up what it was asked for: that is one epoch on.
                let epoch = member.epoch.saturating_add(1).min(self.epoch);
                self.step_from(member, epoch, is_held);
            }
            MemberState::Stable | MemberState::Unreleased => {
                self.step_from(member, member.epoch, is_held);
            }
        }
    }

    fn step_from(
        &self,
        member: &mut ConsumerMember,
        epoch: i32,
        is_held: impl Fn(Uuid, i32) -> bool,
    ) {
        let none = BTreeSet::new();
        let (mut kept, mut revoked) = (Partitions::new(), Partitions::new());
        for (topic, numbers) in &member.assigned {
            let wanted = self.target.get(topic).unwrap_or(&none);
            for number in numbers {
                let to = if wanted.contains(number) {
                    &mut kept
                } else {
                    &mut revoked
                };
                to.entry(*topic).or_default().insert(*number);
            }
        }
        if !revoked.is_empty() && self.still_owns(&revoked) {
            member.state = MemberState::Unrevoked;
            set_epoch(member, epoch);
            member.assigned = kept;
            member.revoking = revoked;
            return;
        }
        let mut waits = false;
        for (topic, numbers) in self.target {
            for number in numbers {
                let has = kept.get(topic).is_some_and(|kept| kept.contains(number));
                if has {
                    continue;
                }
                if is_held(*topic, *number) {
                    waits = true;
                } else {
                    kept.entry(*topic).or_default().insert(*number);
                }
            }
        }
        member.state = if waits {
            MemberState::Unreleased
        } else {
            MemberState::Stable
        };
        set_epoch(member, self.epoch);
        member.assigned = kept;
        member.revoking = Partitions::new();
    }

    /// Returns whether the member may still have some of these; one that says nothing may.
    fn still_owns(&self, revoked: &Partitions) -> bool {
        let Some(owned) = self.owned else {
            return true;
        };
        owned.iter().any(|(topic, numbers)| {
            let revoked = revoked.get(topic);
            let is_revoked = |number| revoked.is_some_and(|revoked| revoked.contains(number));
            numbers.iter().any(is_revoked)
        })
    }
}

fn set_epoch(member: &mut ConsumerMember, epoch: i32) {
    if member.epoch != epoch {
        member.previous_epoch = member.epoch;
        member.epoch = epoch;
    }
}
