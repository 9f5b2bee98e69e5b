//! A member of a consumer group.

use std::collections::BTreeSet;

use crate::coordinator::group::assignor::Partitions;
use crate::coordinator::group::request::{Assignment, Client, ConsumerHeartbeat};

/// How far a member has followed its target.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(in crate::coordinator::group) enum MemberState {
    /// It has what it was told to have.
    #[default]
    Stable,
    /// It has been asked to give something up.
    Unrevoked,
    /// It waits for what others have not given up yet.
    Unreleased,
}

impl MemberState {
    /// Returns the number in a record.
    pub(super) const fn number(self) -> i8 {
        match self {
            Self::Stable => 0,
            Self::Unrevoked => 1,
            Self::Unreleased => 2,
        }
    }

    /// Returns the state of a record; one that is not known is settled anew.
    pub(super) const fn of_number(number: i8) -> Self {
        match number {
            0 => Self::Stable,
            1 => Self::Unrevoked,
            _ => Self::Unreleased,
        }
    }
}

/// A member of a consumer group.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(in crate::coordinator::group) struct ConsumerMember {
    pub(super) instance: Option<String>,
    pub(super) rack: Option<String>,
    pub(super) client: Client,
    pub(super) topics: BTreeSet<String>,
    pub(super) regex: Option<String>,
    pub(super) rebalance_timeout_ms: i32,
    pub(super) assignor: Option<String>,
    pub(super) epoch: i32,
    pub(super) previous_epoch: i32,
    pub(super) state: MemberState,
    pub(super) assigned: Partitions,
    /// What it was asked to give up.
    pub(super) revoking: Partitions,
}

impl ConsumerMember {
    /// Returns whether it has all of a target assignment.
    pub(super) fn has_come_to(&self, target_epoch: i32) -> bool {
        self.state == MemberState::Stable && self.epoch == target_epoch
    }

    /// Takes over what it says of itself.
    pub(super) fn update(&mut self, beat: &ConsumerHeartbeat) {
        if let Some(instance) = &beat.instance {
            self.instance = Some(instance.clone());
        }
        if let Some(rack) = &beat.rack {
            self.rack = Some(rack.clone());
        }
        if beat.rebalance_timeout_ms != -1 {
            self.rebalance_timeout_ms = beat.rebalance_timeout_ms;
        }
        if let Some(assignor) = &beat.assignor {
            self.assignor = Some(assignor.clone());
        }
        if let Some(topics) = &beat.topics {
            self.topics = topics.iter().cloned().collect();
        }
        if let Some(regex) = &beat.regex {
            self.regex = Some(regex.clone());
        }
        self.client = beat.client.clone();
    }

    /// Returns whether it reads other topics than another.
    pub(super) fn reads_otherwise(&self, other: &Self) -> bool {
        self.topics != other.topics || self.regex != other.regex
    }

    /// Returns whether what is written down of its subscription differs.
    pub(super) fn says_otherwise(&self, other: &Self) -> bool {
        self.reads_otherwise(other)
            || self.instance != other.instance
            || self.rack != other.rack
            || self.client != other.client
            || self.rebalance_timeout_ms != other.rebalance_timeout_ms
            || self.assignor != other.assignor
    }

    /// Returns whether what is written down of its assignment differs.
    pub(super) fn stands_otherwise(&self, other: &Self) -> bool {
        self.epoch != other.epoch
            || self.previous_epoch != other.previous_epoch
            || self.state != other.state
            || self.assigned != other.assigned
            || self.revoking != other.revoking
    }
}

/// Returns partitions as an answer lists them.
pub(super) fn list(partitions: &Partitions) -> Assignment {
    let of = |(topic, numbers): (&crate::types::Uuid, &BTreeSet<i32>)| {
        (*topic, numbers.iter().copied().collect())
    };
    partitions.iter().map(of).collect()
}
