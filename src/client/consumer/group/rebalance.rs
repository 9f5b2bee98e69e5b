//! How partitions come and go: by joins of the classic protocol, by targets of KIP-848's.

use std::collections::BTreeSet;
use std::sync::Arc;

use super::classic::{Joined, Joining};
use super::{Background, Phase, classic, consumer, heartbeat};
use crate::client::consumer::Consumer;
use crate::client::consumer::assignor::RebalanceProtocol;
use crate::client::consumer::poll::Event;
use crate::client::consumer::positions::Position;
use crate::client::error::ClientError;
use crate::protocol::ErrorCode;
use crate::rng::Rng;
use crate::types::TopicPartition;

impl Consumer {
    /// Returns the partitions that this consumer reads.
    pub(super) fn owned(&self) -> BTreeSet<TopicPartition> {
        let list = self.assignment.list.iter();
        list.filter(|assigned| assigned.position != Position::Revoked)
            .map(|assigned| assigned.topic_partition())
            .collect()
    }

    /// Gives up partitions, and what was fetched of them.
    pub(super) fn revoke(&mut self, gone: &BTreeSet<TopicPartition>) {
        if gone.is_empty() {
            return;
        }
        for assigned in &mut self.assignment.list {
            if gone.contains(&assigned.topic_partition()) {
                assigned.position = Position::Revoked;
            }
        }
        self.current
            .retain(|part| !gone.contains(&TopicPartition::new(&*part.topic, part.partition)));
    }

    /// Gives up everything: it is another's already.
    pub(super) fn lose_all(&mut self) {
        let owned = self.owned();
        self.revoke(&owned);
    }

    /// Takes partitions, whose positions are to be asked for.
    fn place_all(&mut self, partitions: &BTreeSet<TopicPartition>) {
        for partition in partitions {
            let topic: Arc<str> = partition.topic.as_str().into();
            self.assignment
                .take_up(&topic, partition.partition, Position::Committed);
        }
        let Some(group) = &self.group else { return };
        for topic in group.topics.values() {
            self.assignment.update(topic);
        }
    }

    pub(super) fn drive_classic(&mut self) {
        let Some(wanted) = self.wanted_topics() else {
            return;
        };
        let Some(group) = &mut self.group else { return };
        if group.phase == Phase::Inside
            && (group.rejoin || wanted != group.joined_topics || group.is_outdated())
        {
            group.phase = Phase::Outside;
        }
        if group.phase != Phase::Outside || group.committing {
            return;
        }
        if self.start_commit() {
            self.set_phase(Phase::Preparing);
        } else {
            self.start_join();
        }
    }

    fn set_phase(&mut self, phase: Phase) {
        if let Some(group) = &mut self.group {
            group.phase = phase;
        }
    }

    /// Joins, after positions were committed.
    pub(super) fn start_join(&mut self) {
        let Some(topics) = self.wanted_topics() else {
            self.set_phase(Phase::Outside);
            return;
        };
        let Some(group) = &self.group else { return };
        let lost = group.member.identity().generation < 0;
        let cooperative =
            group.member.config.rebalance_protocol() == RebalanceProtocol::Cooperative;
        let (kept, gone): (BTreeSet<_>, BTreeSet<_>) = self
            .owned()
            .into_iter()
            .partition(|p| cooperative && !lost && topics.contains(&p.topic));
        self.revoke(&gone);
        let Some(group) = &mut self.group else { return };
        group.rejoin = false;
        group.heartbeats = None;
        group.phase = Phase::Joining;
        let joining = Joining {
            member: Arc::clone(&group.member),
            cluster: Arc::clone(&self.cluster),
            topics,
            owned: kept.into_iter().collect(),
            previous: group.previous.clone(),
            generation: group.previous_generation,
        };
        self.tasks
            .spawn(async move { Event::Joined(classic::join(joining).await) });
    }

    /// Takes what a join ended with.
    pub(in crate::client::consumer) fn take_joined(
        &mut self,
        result: Result<Joined, ClientError>,
    ) -> Result<(), ClientError> {
        let now = self.now();
        let Some(group) = &mut self.group else {
            return Ok(());
        };
        let joined = match result {
            Ok(joined) => joined,
            Err(error) => {
                group.phase = Phase::Outside;
                let lost = [ErrorCode::UnknownMemberId, ErrorCode::IllegalGeneration];
                if error.code().is_some_and(|code| lost.contains(&code)) {
                    self.lose_all();
                    return Ok(());
                }
                return Err(error);
            }
        };
        let generation = group.member.identity().generation;
        group.phase = Phase::Inside;
        group.was_assigned = true;
        group.joined_topics = joined.topics;
        group.watched = joined.watched;
        group.previous.clone_from(&joined.assigned);
        group.previous_generation = generation;
        if let Some(interval) = group.member.config.auto_commit {
            group.next_commit = now + interval;
        }
        let beats = heartbeat::beat(Arc::clone(&group.member), generation);
        group.heartbeats = Some(Background(tokio::spawn(beats)));
        let assigned: BTreeSet<TopicPartition> = joined.assigned.into_iter().collect();
        let gone = self.move_to(&assigned);
        if gone && let Some(group) = &mut self.group {
            // What was given up is given to another in a second round (KIP-429).
            group.rejoin = true;
        }
        Ok(())
    }

    /// Reads these partitions and no others; returns whether any had to go.
    fn move_to(&mut self, assigned: &BTreeSet<TopicPartition>) -> bool {
        let owned = self.owned();
        let gone: BTreeSet<TopicPartition> = owned.difference(assigned).cloned().collect();
        let come: BTreeSet<TopicPartition> = assigned.difference(&owned).cloned().collect();
        self.revoke(&gone);
        self.place_all(&come);
        !gone.is_empty()
    }

    pub(super) fn drive_consumer(&mut self) {
        let Some(wanted) = self.wanted_topics() else {
            return;
        };
        let now = self.now();
        let Some(group) = &mut self.group else { return };
        let topics: Vec<String> = wanted.into_iter().collect();
        let member = Arc::clone(&group.member);
        let changed = {
            let mut state = member.state.lock();
            if state.member_id.is_empty() {
                state.member_id = Rng::from_os().uuid().to_string();
            }
            let changed = state.topics != topics;
            state.topics = topics;
            changed
        };
        if group.phase == Phase::Outside {
            group.phase = Phase::Inside;
            if let Some(interval) = member.config.auto_commit {
                group.next_commit = now + interval;
            }
            let beats = consumer::beat(Arc::clone(&member));
            group.heartbeats = Some(Background(tokio::spawn(beats)));
        } else if changed {
            member.nudge.notify_one();
        }
        if group.phase == Phase::Inside {
            self.reconcile();
        }
    }

    /// Goes to what the coordinator has told to read, positions committed first.
    fn reconcile(&mut self) {
        let Some(group) = &self.group else { return };
        let member = Arc::clone(&group.member);
        let Some(target) = member.state.lock().target.clone() else {
            return;
        };
        let mut wanted = BTreeSet::new();
        for (id, partitions) in &target {
            let Some(topic) = group.topics.values().find(|topic| topic.id == *id) else {
                // Newer than our metadata.
                self.refresh.wanted = true;
                return;
            };
            let numbers = partitions.iter();
            wanted.extend(numbers.map(|number| TopicPartition::new(topic.name.clone(), *number)));
        }
        let leaves = self.owned().difference(&wanted).next().is_some();
        if leaves && !group.prepared {
            if group.committing {
                return;
            }
            if self.start_commit() {
                self.set_phase(Phase::Preparing);
                return;
            }
        }
        self.move_to(&wanted);
        if let Some(group) = &mut self.group {
            group.prepared = false;
            group.was_assigned = true;
        }
        let mut state = member.state.lock();
        if state.target.as_ref() == Some(&target) {
            state.target = None;
        }
        if state.owned != target {
            state.owned = target;
            member.nudge.notify_one();
        }
    }
}
