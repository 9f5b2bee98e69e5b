//! When the producer asks for metadata, and what it makes of the answer.

use std::sync::Arc;
use std::time::Duration;

use tokio::task::JoinHandle;

use super::accumulator::Accumulator;
use super::queue::{PartitionQueue, TopicInfo};
use crate::client::cluster::Cluster;
use crate::client::config::ClientConfig;
use crate::client::error::ClientError;
use crate::client::log::{LogLevel, NETWORK_CLIENT};
use crate::client::metadata::{MetadataSnapshot, TopicMetadata, TopicsWanted};
use crate::protocol::{ErrorCode, Retry};

/// The producer's requests for metadata, one at a time.
#[derive(Debug)]
pub(super) struct Refresh {
    cluster: Arc<Cluster>,
    asking: Option<JoinHandle<Result<MetadataSnapshot, ClientError>>>,
    wanted: bool,
    /// Requests in a row that did not bring what was wanted.
    failures: u32,
    not_before: Duration,
    fresh_until: Option<Duration>,
}

impl Refresh {
    pub(super) const fn new(cluster: Arc<Cluster>) -> Self {
        Self {
            cluster,
            asking: None,
            wanted: false,
            failures: 0,
            not_before: Duration::ZERO,
            fresh_until: None,
        }
    }

    /// Asks again soon: a leader may have moved.
    pub(super) const fn want(&mut self) {
        self.wanted = true;
    }

    /// Asks if that is due; else returns when it will be.
    pub(super) fn start_if_due(
        &mut self,
        accumulator: &Accumulator,
        leaderless: bool,
        now: Duration,
    ) -> Option<Duration> {
        if self.asking.is_some() {
            return None;
        }
        let mut unknown = false;
        let names: Vec<String> = accumulator
            .lock()
            .topics
            .iter()
            .filter(|topic| !matches!(topic.info, TopicInfo::Failed(_)))
            .map(|topic| {
                unknown |= matches!(topic.info, TopicInfo::Unknown);
                topic.name.to_string()
            })
            .collect();
        if names.is_empty() {
            return None;
        }
        let stale = self.fresh_until.is_none_or(|until| until <= now);
        if !(unknown || leaderless || self.wanted || stale) {
            return self.fresh_until;
        }
        if self.not_before > now {
            return Some(self.not_before);
        }
        self.wanted = false;
        let cluster = Arc::clone(&self.cluster);
        self.asking = Some(tokio::spawn(async move {
            let wanted = TopicsWanted::NamesOrCreate(names);
            let deadline = cluster.api_deadline();
            cluster.metadata("metadata", &wanted, deadline).await
        }));
        None
    }

    /// Waits for the answer to what was asked; `None` if there is none.
    pub(super) async fn finished(&mut self) -> Option<MetadataSnapshot> {
        let Some(asking) = &mut self.asking else {
            return std::future::pending().await;
        };
        let answer = asking.await;
        self.asking = None;
        answer.ok()?.ok()
    }

    /// Notes an answer; if a topic is still unknown, the next request waits a little.
    pub(super) fn succeeded(&mut self, accumulator: &Accumulator, now: Duration) {
        let satisfied = {
            let state = accumulator.lock();
            state.topics.iter().all(|topic| {
                let leaders = topic.partitions.iter().all(|queue| queue.leader.is_some());
                leaders && !matches!(topic.info, TopicInfo::Unknown)
            })
        };
        self.fresh_until = Some(now + self.cluster.config().metadata_max_age);
        self.failures = if satisfied { 0 } else { self.failures + 1 };
        self.not_before = now + self.cluster.retry_wait(self.failures.max(1));
    }

    /// Notes that no broker answered.
    pub(super) fn failed(&mut self, now: Duration) {
        self.failures += 1;
        self.wanted = true;
        self.not_before = now + self.cluster.retry_wait(self.failures);
    }
}

impl Drop for Refresh {
    fn drop(&mut self) {
        if let Some(asking) = &self.asking {
            asking.abort();
        }
    }
}

/// Takes an answer into the queues.
pub(super) fn apply(accumulator: &Accumulator, snapshot: &MetadataSnapshot, config: &ClientConfig) {
    if let Some(errors) = snapshot.recoverable_errors() {
        let id = snapshot.correlation_id;
        let line = format!(
            "The metadata response from the cluster reported a recoverable issue with \
             correlation id {id} : {errors}"
        );
        config.log_line(LogLevel::Warn, NETWORK_CLIENT, &line);
    }
    let mut state = accumulator.lock();
    for topic in &mut state.topics {
        let Some(found) = snapshot.topic(&topic.name) else {
            continue;
        };
        match found.error {
            None => {
                topic.id = found.id;
                set_partitions(&mut topic.partitions, found);
                if !topic.partitions.is_empty() {
                    topic.info = TopicInfo::Known;
                }
            }
            Some(code) if code.retry() == Retry::Later => {}
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
                topic.info = TopicInfo::Failed(ClientError::Broker { code, message });
            }
        }
    }
    drop(state);
    accumulator.notify_callers();
}

fn set_partitions(queues: &mut Vec<PartitionQueue>, found: &TopicMetadata) {
    for partition in &found.partitions {
        let Ok(index) = usize::try_from(partition.partition) else {
            continue;
        };
        // Partitions come in order; a gap is filled by those that follow.
        if index == queues.len() {
            queues.push(PartitionQueue::default());
        }
        if let Some(queue) = queues.get_mut(index) {
            queue.leader = partition.leader;
        }
    }
}
