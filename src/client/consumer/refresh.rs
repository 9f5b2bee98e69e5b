//! When the consumer asks for metadata, and what it makes of the answer.

use std::sync::Arc;
use std::time::Duration;

use super::group::Group;
use super::poll::Event;
use super::positions::{Position, Start};
use super::{Consumer, Subscription};
use crate::client::error::ClientError;
use crate::client::log::{LogLevel, NETWORK_CLIENT};
use crate::client::metadata::{MetadataSnapshot, TopicMetadata, TopicsWanted};
use crate::protocol::{ErrorCode, Retry};
use crate::types::TopicPartition;

/// When metadata is asked for.
#[derive(Debug, Default)]
pub(super) struct Refresh {
    pub(super) asking: bool,
    pub(super) wanted: bool,
    failures: u32,
    not_before: Duration,
    fresh_until: Option<Duration>,
    /// Whether an answer has come: what appears later is new.
    pub(super) answered: bool,
}

impl Consumer {
    /// Asks for metadata if that is due; else returns when it will be.
    pub(super) fn start_refresh(&mut self) -> Option<Duration> {
        let wanted = match &self.subscription {
            Subscription::Nothing => return None,
            Subscription::Matching(_) => TopicsWanted::All,
            Subscription::Topics(names) => {
                let watched = self.group.iter().flat_map(Group::watched_topics);
                let mut names: Vec<String> = names.iter().chain(watched).cloned().collect();
                names.sort();
                names.dedup();
                self.named(names)
            }
            Subscription::Partitions => {
                let list = self.assignment.list.iter();
                let mut names: Vec<String> = list.map(|a| a.topic.to_string()).collect();
                names.sort();
                names.dedup();
                self.named(names)
            }
        };
        if self.refresh.asking {
            return None;
        }
        let now = self.now();
        let leaderless =
            self.assignment.list.iter().any(|assigned| {
                assigned.leader.is_none() && assigned.position != Position::Revoked
            });
        let missing = match (&self.subscription, &self.group) {
            (Subscription::Topics(names), Some(group)) => {
                names.iter().any(|name| !group.knows(name))
            }
            (Subscription::Topics(names), None) => {
                names.iter().any(|name| !self.assignment.has_topic(name))
            }
            (Subscription::Nothing | Subscription::Partitions | Subscription::Matching(_), _) => {
                false
            }
        };
        let stale = self.refresh.fresh_until.is_none_or(|until| until <= now);
        if !(leaderless || missing || stale || self.refresh.wanted) {
            return self.refresh.fresh_until;
        }
        if self.refresh.not_before > now {
            return Some(self.refresh.not_before);
        }
        self.refresh.asking = true;
        self.refresh.wanted = false;
        let cluster = Arc::clone(&self.cluster);
        self.tasks.spawn(async move {
            let deadline = cluster.api_deadline();
            Event::Metadata(cluster.metadata("metadata", &wanted, deadline).await)
        });
        None
    }

    fn named(&self, names: Vec<String>) -> TopicsWanted {
        if self.config.auto_create_topics {
            TopicsWanted::NamesOrCreate(names)
        } else {
            TopicsWanted::Names(names)
        }
    }

    pub(super) fn take_metadata(
        &mut self,
        result: Result<MetadataSnapshot, ClientError>,
    ) -> Result<(), ClientError> {
        let now = self.now();
        self.refresh.asking = false;
        let snapshot = match result {
            Ok(snapshot) => snapshot,
            Err(error) => {
                self.refresh.failures += 1;
                self.refresh.wanted = true;
                self.refresh.not_before = now + self.cluster.retry_wait(self.refresh.failures);
                return if error.is_retriable() {
                    Ok(())
                } else {
                    Err(error)
                };
            }
        };
        let recoverable = snapshot.recoverable_errors();
        if let Some(errors) = &recoverable {
            let id = snapshot.correlation_id;
            let line = format!(
                "The metadata response from the cluster reported a recoverable issue with \
                 correlation id {id} : {errors}"
            );
            self.config
                .client
                .log_line(LogLevel::Warn, NETWORK_CLIENT, &line);
        }
        self.refresh.fresh_until = Some(now + self.config.client.metadata_max_age);
        let leaderless =
            |topic: &TopicMetadata| topic.partitions.iter().any(|p| p.leader.is_none());
        let unsettled = recoverable.is_some() || snapshot.topics.iter().any(leaderless);
        self.refresh.failures = if unsettled {
            self.refresh.failures + 1
        } else {
            0
        };
        let wait = self.cluster.retry_wait(self.refresh.failures.max(1));
        self.refresh.not_before = now + wait;
        if let Some(group) = &mut self.group {
            let is_whole = matches!(self.subscription, Subscription::Matching(_));
            group.take_counts(&snapshot, is_whole);
        }
        for topic in &snapshot.topics {
            self.take_topic(topic)?;
        }
        self.refresh.answered = true;
        Ok(())
    }

    fn take_topic(&mut self, topic: &TopicMetadata) -> Result<(), ClientError> {
        let wanted = match &self.subscription {
            Subscription::Nothing => false,
            Subscription::Partitions => self.assignment.has_topic(&topic.name),
            Subscription::Topics(names) => names.contains(&topic.name),
            Subscription::Matching(matches) => matches(&topic.name),
        };
        if !wanted {
            return Ok(());
        }
        match topic.error {
            None => {}
            Some(code) if code.retry() == Retry::Later => return Ok(()),
            Some(code) => {
                let message = match code {
                    ErrorCode::InvalidTopicException => {
                        Some(format!("Invalid topics: [{}]", topic.name))
                    }
                    ErrorCode::TopicAuthorizationFailed => {
                        Some(format!("Not authorized to access topics: [{}]", topic.name))
                    }
                    _ => None,
                };
                return Err(ClientError::Broker { code, message });
            }
        }
        if self.is_member() {
            if let Some(group) = &mut self.group {
                group.take_topic(topic);
            }
        } else if !matches!(self.subscription, Subscription::Partitions) {
            // What was not there when the subscription began is read whole.
            let start = if self.refresh.answered {
                Start::Earliest
            } else {
                self.start
            };
            let name: Arc<str> = topic.name.as_str().into();
            for partition in &topic.partitions {
                let number = partition.partition;
                if self.assignment.find(&name, number).is_none() {
                    let place = TopicPartition::new(&*name, number);
                    let position = self.position_of(start, &place)?;
                    self.assignment.place(&name, number, position);
                }
            }
        }
        self.assignment.update(topic);
        Ok(())
    }
}
