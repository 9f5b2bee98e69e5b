//! One step of a shard: what it may use, and what comes of it.

use super::config::GroupConfig;
use super::record::GroupRecord;
use super::request::GroupResponse;
use crate::coordinator::timer::{Now, Timers};
use crate::rng::Rng;

/// The number of a request that waits for its answer; the owner keeps the way back.
pub type ReplyId = u64;

/// What comes of a step.
#[derive(Debug, Default)]
pub struct Output {
    /// To be appended in one batch, and replayed.
    pub records: Vec<GroupRecord>,
    /// To be given when all that was written so far is durable.
    pub replies: Vec<(ReplyId, GroupResponse)>,
    /// Whether the shard has changed beyond what the records say: if they cannot be appended, its
    /// state is no longer that of the log.
    pub changed: bool,
}

impl Output {
    /// Adds an answer.
    pub(super) fn reply(&mut self, to: ReplyId, response: impl Into<GroupResponse>) {
        self.replies.push((to, response.into()));
    }
}

/// What a timeout is of.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) enum TimerKey {
    /// A member is silent for too long (also one that was only promised its id).
    Session {
        /// The group.
        group: String,
        /// The member.
        member: String,
    },
    /// Members have not joined again in time, or the first rebalance was delayed enough.
    Join(String),
    /// Members have not asked for their assignment in time.
    Sync(String),
    /// A member of a consumer group has not given up partitions in time.
    Revoke {
        /// The group.
        group: String,
        /// The member.
        member: String,
    },
    /// Offsets may have expired.
    Expiry,
}

/// What a step may use.
#[derive(Debug)]
pub(super) struct Step<'a> {
    pub(super) now: Now,
    pub(super) config: &'a GroupConfig,
    pub(super) timers: &'a mut Timers<TimerKey>,
    pub(super) rng: &'a mut Rng,
    pub(super) out: &'a mut Output,
}

impl Step<'_> {
    /// Makes something due in so many milliseconds.
    pub(super) fn after(&mut self, key: TimerKey, ms: i64) {
        let at = self.now.elapsed_ms.saturating_add(ms.max(0));
        self.timers.set(key, at);
    }

    /// Makes a member's silence due.
    pub(super) fn session(&mut self, group: &str, member: &str, ms: i64) {
        self.after(session_key(group, member), ms);
    }
}

/// Returns the timer of a member's silence.
pub(super) fn session_key(group: &str, member: &str) -> TimerKey {
    TimerKey::Session {
        group: group.to_owned(),
        member: member.to_owned(),
    }
}

/// Returns the timer of a member's revocation.
pub(super) fn revoke_key(group: &str, member: &str) -> TimerKey {
    TimerKey::Revoke {
        group: group.to_owned(),
        member: member.to_owned(),
    }
}
