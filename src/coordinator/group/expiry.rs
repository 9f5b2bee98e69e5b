//! Offsets that nobody needs any more, and groups without offsets and members (KIP-211).

use super::classic::{ClassicGroup, State};
use super::offsets::{Committed, offset_tombstone};
use super::shard::{Group, GroupShard};
use super::step::{Step, TimerKey};

impl GroupShard {
    /// Takes away what has expired, and has itself called again.
    pub(super) fn expire(&self, step: &mut Step<'_>) {
        step.after(TimerKey::Expiry, step.config.retention_check_ms);
        for (id, group) in &self.groups {
            let mut all = true;
            let mut records = Vec::new();
            for (topic, partition, committed) in self.offsets.of(id) {
                let expired = !group.is_subscribed_to(topic)
                    && !self.offsets.is_open(id, topic, partition)
                    && has_expired(group, committed, step);
                if expired {
                    records.push(offset_tombstone(id, topic, partition));
                } else {
                    all = false;
                }
            }
            step.out.records.extend(records);
            if all && group.is_unused() && !self.offsets.has_open(id) {
                step.out.records.extend(group.tombstones());
            }
        }
    }

    /// Takes away the offsets of topics that are no more.
    pub(super) fn forget_topics(&self, gone: &[String], step: &mut Step<'_>) {
        for id in self.offsets.groups() {
            for (topic, partition, _) in self.offsets.of(id) {
                if gone.contains(topic) {
                    step.out
                        .records
                        .push(offset_tombstone(id, topic, partition));
                }
            }
        }
    }
}

fn has_expired(group: &Group, committed: &Committed, step: &Step<'_>) -> bool {
    let since = match group {
        Group::Classic(group) => match expires_since(group, committed) {
            Some(since) => since,
            None => return false,
        },
        Group::Consumer(_) => committed.committed_ms,
    };
    let now_ms = step.now.wall_ms;
    match committed.expires_ms {
        Some(expires_ms) => now_ms >= expires_ms,
        None => now_ms.saturating_sub(since) >= step.config.offsets_retention_ms,
    }
}

/// Returns from when on an offset's time runs; `None` while it does not.
fn expires_since(group: &ClassicGroup, committed: &Committed) -> Option<i64> {
    if group.protocol_type.is_none() {
        return Some(committed.committed_ms);
    }
    match group.state {
        State::Empty => Some(group.state_since_ms.unwrap_or(committed.committed_ms)),
        State::Stable if group.knows_subscriptions() => Some(committed.committed_ms),
        State::Stable | State::PreparingRebalance | State::CompletingRebalance => None,
    }
}
