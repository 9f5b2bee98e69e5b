//! Consumer groups (KIP-848): the coordinator assigns, members follow step by step.
//!
//! ```text
//! group epoch        raised when members, subscriptions or topics change
//! target assignment  worked out for the group epoch
//! member epoch       that of the target assignment which the member has come to
//! ```
//!
//! Everything here is written down and changes only when its record is replayed; a request is
//! decided on what is there, and on copies of what it changes. No partition is given to a member
//! before the one that had it has said that it reads it no longer, or is gone.

mod checks;
mod heartbeat;
mod leave;
mod member;
mod reconcile;
mod records;
mod replay;
mod subscription;

use std::collections::{BTreeMap, BTreeSet, HashMap};

use super::assignor::Partitions;
use super::request::{ConsumerHeartbeat, DescribedConsumer, DescribedConsumerMember, Refused};
use super::shard::{Group, GroupShard};
use super::step::Step;
use crate::metadata::MetadataImage;
use crate::protocol::ErrorCode;
pub(super) use member::{ConsumerMember, MemberState};

/// The epoch of a group that nobody has joined.
const FIRST_EPOCH: i32 = 1;

/// A consumer group.
#[derive(Clone, Debug)]
pub(super) struct ConsumerGroup {
    id: String,
    epoch: i32,
    /// What the subscribed topics were when the epoch was raised last.
    topics_hash: i64,
    /// The epoch of the target assignment.
    target_epoch: i32,
    members: BTreeMap<String, ConsumerMember>,
    instances: HashMap<String, String>,
    target: BTreeMap<String, Partitions>,
    /// The topics that match each pattern.
    patterns: BTreeMap<String, BTreeSet<String>>,
}

impl ConsumerGroup {
    /// Returns a group without members.
    pub(super) fn new(id: &str) -> Self {
        Self {
            id: id.to_owned(),
            epoch: FIRST_EPOCH,
            topics_hash: 0,
            target_epoch: FIRST_EPOCH,
            members: BTreeMap::new(),
            instances: HashMap::new(),
            target: BTreeMap::new(),
            patterns: BTreeMap::new(),
        }
    }

    /// Returns whether it has members.
    pub(super) fn has_members(&self) -> bool {
        !self.members.is_empty()
    }

    /// Returns the name of its state.
    pub(super) fn state_name(&self) -> &'static str {
        if self.members.is_empty() {
            return "Empty";
        }
        if self.epoch > self.target_epoch {
            return "Assigning";
        }
        let settled = |member: &ConsumerMember| member.has_come_to(self.target_epoch);
        if self.members.values().all(settled) {
            "Stable"
        } else {
            "Reconciling"
        }
    }

    /// Makes everybody's silence due, as after a load.
    pub(super) fn start_sessions(&self, step: &mut Step<'_>) {
        let timeout_ms = step.config.consumer.session_timeout_ms;
        for (id, member) in &self.members {
            step.session(&self.id, id, timeout_ms);
            if member.state == MemberState::Unrevoked {
                let key = super::step::revoke_key(&self.id, id);
                step.after(key, i64::from(member.rebalance_timeout_ms));
            }
        }
    }

    /// Returns whether its members read a topic.
    pub(super) fn is_subscribed_to(&self, topic: &str) -> bool {
        let mut members = self.members.values();
        members.any(|member| self.topics_of(member).any(|read| read == topic))
    }

    /// Returns the topics of a member: those it names and those that its pattern matches.
    fn topics_of<'a>(&'a self, member: &'a ConsumerMember) -> impl Iterator<Item = &'a String> {
        let pattern = member
            .regex
            .as_ref()
            .and_then(|regex| self.patterns.get(regex));
        member.topics.iter().chain(pattern.into_iter().flatten())
    }

    /// Returns the assignor that most members ask for.
    fn assignor(&self, members: &BTreeMap<&str, &ConsumerMember>, default: &str) -> String {
        let mut votes: BTreeMap<&str, usize> = BTreeMap::new();
        for member in members.values() {
            if let Some(name) = &member.assignor {
                *votes.entry(name).or_default() += 1;
            }
        }
        let best = votes.into_iter().max_by_key(|(_, votes)| *votes);
        best.map_or_else(|| default.to_owned(), |(name, _)| name.to_owned())
    }

    fn describe(&self, default: &str) -> DescribedConsumer {
        let members = self
            .members
            .iter()
            .map(|(id, member)| DescribedConsumerMember {
                member: id.clone(),
                instance: member.instance.clone(),
                rack: member.rack.clone(),
                epoch: member.epoch,
                client: member.client.clone(),
                topics: member.topics.iter().cloned().collect(),
                regex: member.regex.clone().filter(|regex| !regex.is_empty()),
                assignment: member::list(&member.assigned),
                target: self.target.get(id).map(member::list).unwrap_or_default(),
            });
        let all = self
            .members
            .iter()
            .map(|(id, member)| (id.as_str(), member));
        DescribedConsumer {
            state: self.state_name(),
            epoch: self.epoch,
            assignment_epoch: self.target_epoch,
            assignor: self.assignor(&all.collect(), default),
            members: members.collect(),
        }
    }
}

impl GroupShard {
    /// Handles ConsumerGroupHeartbeat.
    pub(super) fn consumer_heartbeat(
        &self,
        beat: ConsumerHeartbeat,
        image: &MetadataImage,
        step: &mut Step<'_>,
    ) -> Result<super::request::ConsumerBeat, Refused> {
        checks::check_request(&beat, &step.config.consumer)?;
        let not_found = |message: String| Refused::new(ErrorCode::GroupIdNotFound, message);
        let id = &beat.group;
        let joins = beat.epoch == 0;
        let new;
        let group = match self.groups.get(&beat.group) {
            Some(Group::Consumer(group)) => group,
            // An empty group changes its kind.
            Some(held @ Group::Classic(_)) if joins && held.is_unused() => {
                step.out.records.extend(held.tombstones());
                new = ConsumerGroup::new(&beat.group);
                &new
            }
            Some(Group::Classic(_)) => {
                return Err(not_found(format!("Group {id} is not a consumer group.")));
            }
            None if joins => {
                new = ConsumerGroup::new(&beat.group);
                &new
            }
            None => return Err(not_found(format!("Consumer group {id} not found."))),
        };
        if beat.epoch < 0 {
            group.leave(&beat, step)
        } else {
            group.heartbeat(&beat, image, step)
        }
    }

    /// Handles ConsumerGroupDescribe for one group; the sentence if there is no such group.
    pub(super) fn describe_consumer(&self, id: &str) -> Result<DescribedConsumer, String> {
        let default = self.config.consumer.assignors.first();
        match self.groups.get(id) {
            Some(Group::Consumer(group)) => {
                Ok(group.describe(default.map_or("uniform", String::as_str)))
            }
            Some(Group::Classic(_)) => Err(format!("Group {id} is not a consumer group.")),
            None => Err(format!("Group {id} not found.")),
        }
    }
}
