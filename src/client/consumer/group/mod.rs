//! A consumer in a group: which partitions are its own, by which protocol it came to them.
//!
//! A poll drives the membership: it joins, takes what it is given, commits, as Kafka's consumer
//! does in its own. Only heartbeats go on between polls, on a thread of the runtime. The group's
//! calls have connections of their own, so that a held join delays no fetch.

mod classic;
mod commit;
mod config;
mod consumer;
#[cfg(test)]
mod fake_coordinator;
mod heartbeat;
mod member;
#[cfg(test)]
mod membership_tests;
mod rebalance;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::Duration;

use tokio::sync::mpsc;
use tokio::task::JoinHandle;

pub use config::{GroupConfig, GroupProtocol};

pub(super) use classic::Joined;
pub(super) use member::{Member, Signal, Told};

use super::positions::Position;
use super::{Consumer, ConsumerConfig, Subscription};
use crate::client::cluster::Cluster;
use crate::client::config::ClientConfig;
use crate::client::error::ClientError;
use crate::client::group_coordinator::GroupCoordinator;
use crate::client::log::Log;
use crate::client::metadata::{MetadataSnapshot, TopicMetadata};
use crate::types::TopicPartition;

/// A task that ends with its owner.
#[derive(Debug)]
struct Background(JoinHandle<()>);

impl Drop for Background {
    fn drop(&mut self) {
        self.0.abort();
    }
}

/// Where the member stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Phase {
    /// Not in the group.
    Outside,
    /// Positions are being committed before partitions go.
    Preparing,
    /// It joins, by the classic protocol.
    Joining,
    /// In the group.
    Inside,
}

/// The membership of a consumer.
#[derive(Debug)]
pub(super) struct Group {
    pub(super) member: Arc<Member>,
    told: mpsc::UnboundedReceiver<Told>,
    heartbeats: Option<Background>,
    phase: Phase,
    /// The topics that are subscribed to and exist.
    topics: BTreeMap<String, TopicMetadata>,
    /// How many partitions topics have that metadata showed last, subscribed to or not.
    counts: BTreeMap<String, i32>,
    /// The topics that the member said it wants when it joined.
    joined_topics: BTreeSet<String>,
    /// What the assignment was made for, where this member made it.
    watched: Option<BTreeMap<String, i32>>,
    /// Whether to join again.
    rejoin: bool,
    /// What it was given last, and in which generation.
    previous: Vec<TopicPartition>,
    previous_generation: i32,
    /// Whether positions were committed before partitions go.
    prepared: bool,
    /// Whether it was given anything yet, if only nothing.
    was_assigned: bool,
    committing: bool,
    next_commit: Duration,
}

impl Group {
    pub(super) fn new(config: &ConsumerConfig) -> Option<Self> {
        let group = config.group.clone()?;
        let client = config.client.clone();
        // The other connections say it when a broker is out of reach.
        let quiet = ClientConfig {
            log: Log::silent(),
            ..client.clone()
        };
        let coordinator = GroupCoordinator::new(Cluster::new(quiet), &group.id);
        let (member, told) = Member::new(group, client, coordinator);
        Some(Self {
            member,
            told,
            heartbeats: None,
            phase: Phase::Outside,
            topics: BTreeMap::new(),
            counts: BTreeMap::new(),
            joined_topics: BTreeSet::new(),
            watched: None,
            rejoin: false,
            previous: Vec::new(),
            previous_generation: -1,
            prepared: false,
            was_assigned: false,
            committing: false,
            next_commit: Duration::ZERO,
        })
    }

    /// Returns whether metadata has shown this topic.
    pub(super) fn knows(&self, topic: &str) -> bool {
        self.topics.contains_key(topic)
    }

    /// Returns topics that others subscribe to, and that this member assigns.
    pub(super) fn watched_topics(&self) -> impl Iterator<Item = &String> {
        self.watched.iter().flat_map(BTreeMap::keys)
    }

    /// Begins anew with another subscription; what was under way is not waited for.
    pub(super) fn subscribe_anew(&mut self) {
        if matches!(self.phase, Phase::Preparing | Phase::Joining) {
            self.phase = Phase::Outside;
        }
        self.committing = false;
        self.prepared = false;
        self.rejoin = true;
        self.topics.clear();
        self.watched = None;
    }

    /// Takes a topic that is subscribed to.
    pub(super) fn take_topic(&mut self, topic: &TopicMetadata) {
        self.topics.insert(topic.name.clone(), topic.clone());
    }

    /// Takes how many partitions topics have, and forgets topics that are gone.
    pub(super) fn take_counts(&mut self, snapshot: &MetadataSnapshot, is_whole: bool) {
        for topic in &snapshot.topics {
            let count = match topic.error {
                None => i32::try_from(topic.partitions.len()).unwrap_or(i32::MAX),
                Some(_) => 0,
            };
            self.counts.insert(topic.name.clone(), count);
        }
        let is_there = |name: &str| match snapshot.topic(name) {
            Some(topic) => topic.error.is_none(),
            None => !is_whole,
        };
        self.topics.retain(|name, _| is_there(name));
    }

    /// Returns whether what this member has assigned no longer fits the topics.
    fn is_outdated(&self) -> bool {
        let differs = |(name, count): (&String, &i32)| {
            self.counts.get(name).is_some_and(|found| found != count)
        };
        self.watched
            .as_ref()
            .is_some_and(|watched| watched.iter().any(differs))
    }
}

/// Waits for what the member's tasks tell.
pub(super) async fn next_told(group: &mut Option<Group>) -> Option<Told> {
    match group {
        Some(group) => group.told.recv().await,
        None => std::future::pending().await,
    }
}

impl Consumer {
    /// Returns whether partitions come from a group.
    pub(super) const fn is_member(&self) -> bool {
        let by_topic = matches!(
            self.subscription,
            Subscription::Topics(_) | Subscription::Matching(_)
        );
        self.group.is_some() && by_topic
    }

    /// Returns whether this consumer is to be in a group.
    #[must_use]
    pub const fn is_in_group(&self) -> bool {
        self.group.is_some()
    }

    /// Returns whether what is to be read is settled: at once without a group, in one when its
    /// partitions were given and their positions are known.
    #[must_use]
    pub fn is_placed(&self) -> bool {
        let Some(group) = &self.group else {
            return true;
        };
        let inside = !self.is_member() || (group.phase == Phase::Inside && group.was_assigned);
        let settled = |position: Position| {
            matches!(
                position,
                Position::At(_) | Position::Lost | Position::Revoked
            )
        };
        let list = self.assignment.list.iter();
        inside && list.map(|assigned| assigned.position).all(settled)
    }

    /// Does what is to be done for the group; returns when there will be more.
    pub(super) fn drive_group(&mut self) -> Result<Option<Duration>, ClientError> {
        let told = |group: &mut Group| group.told.try_recv().ok();
        while let Some(told) = self.group.as_mut().and_then(told) {
            self.take_told(told)?;
        }
        let Some(group) = &self.group else {
            return Ok(None);
        };
        if self.is_member() {
            match group.member.config.protocol {
                GroupProtocol::Classic => self.drive_classic(),
                GroupProtocol::Consumer => self.drive_consumer(),
            }
        }
        self.ask_for_committed();
        Ok(self.auto_commit())
    }

    /// Takes what a task of the member tells.
    pub(super) fn take_told(&mut self, (generation, signal): Told) -> Result<(), ClientError> {
        let Some(group) = &mut self.group else {
            return Ok(());
        };
        match signal {
            Signal::Rebalance => {
                group.rejoin |= generation == group.previous_generation;
                Ok(())
            }
            Signal::Assigned => Ok(()),
            Signal::Lost => {
                if group.phase == Phase::Inside
                    && group.member.config.protocol == GroupProtocol::Classic
                {
                    group.phase = Phase::Outside;
                }
                self.lose_all();
                Ok(())
            }
            Signal::Failed(error) => {
                group.phase = Phase::Outside;
                group.heartbeats = None;
                Err(error)
            }
        }
    }

    /// Returns the topics that are wanted, once they are known.
    fn wanted_topics(&self) -> Option<BTreeSet<String>> {
        if !self.refresh.answered {
            return None;
        }
        match &self.subscription {
            Subscription::Topics(names) => Some(names.iter().cloned().collect()),
            Subscription::Matching(_) => {
                let group = self.group.as_ref()?;
                Some(group.topics.keys().cloned().collect())
            }
            Subscription::Nothing | Subscription::Partitions => None,
        }
    }
}
