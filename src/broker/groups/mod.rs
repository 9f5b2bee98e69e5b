//! The group coordinator of this broker: a task for each partition of `__consumer_offsets`.
//!
//! A task owns the partition's [`GroupShard`](crate::coordinator::group::GroupShard): it loads
//! it from the log, hands it requests and the time, appends and replays what it decides, and gives
//! an answer once everything that was written before it is durable.
//!
//! ```text
//! handler ── ask ──▶ task: decide ▶ append ▶ replay ──▶ high watermark passes ──▶ answer
//! ```
//!
//! A shard that could not be written is dropped and loaded again by the next request.

mod append;
mod load;
mod settings;
mod task;

use std::collections::HashMap;
use std::sync::Arc;

use parking_lot::Mutex;
use tokio::sync::{mpsc, oneshot};
use tokio::task::JoinHandle;

use super::internal_topics::{GROUP_METADATA, automatic_topic};
use super::state::BrokerState;
use crate::controller::CreateTopics;
use crate::coordinator::group::{GroupRequest, GroupResponse, partition_for};
use crate::protocol::ErrorCode;
pub(super) use settings::consumer_settings;
use task::ShardTask;

/// Requests that may wait for one shard.
const JOBS_MAX: usize = 1024;

/// A request and the way back.
pub(super) struct Job {
    request: GroupRequest,
    answer: oneshot::Sender<Result<GroupResponse, ErrorCode>>,
}

/// The shards that run here.
#[derive(Debug, Default)]
pub(super) struct Groups {
    shards: Mutex<HashMap<i32, Shard>>,
}

/// The way to a shard's task.
#[derive(Debug)]
struct Shard {
    jobs: mpsc::Sender<Job>,
    task: JoinHandle<()>,
}

impl std::fmt::Debug for Job {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Job")
            .field("request", &self.request)
            .finish()
    }
}

impl Groups {
    /// Starts the shards of every partition that is hosted here: their timeouts run from now.
    pub(super) fn start(state: &Arc<BrokerState>) {
        for number in 0..partitions(state) {
            drop(state.groups.shard(state, number));
        }
    }

    /// Waits until every task has ended, after the broker's stop was announced.
    pub(super) async fn ended(&self) {
        let shards = std::mem::take(&mut *self.shards.lock());
        for shard in shards.into_values() {
            drop(shard.jobs);
            if let Err(error) = shard.task.await {
                tracing::error!(%error, "a shard of the group coordinator failed");
            }
        }
    }

    /// Has a group's shard do something.
    pub(super) async fn ask(
        &self,
        state: &Arc<BrokerState>,
        group: &str,
        request: GroupRequest,
    ) -> Result<GroupResponse, ErrorCode> {
        let number = partition_for(group, partitions(state));
        self.ask_shard(state, number, request).await
    }

    /// Asks every shard; those that do not answer are left out.
    pub(super) async fn ask_all(
        &self,
        state: &Arc<BrokerState>,
        request: &GroupRequest,
    ) -> Result<Vec<GroupResponse>, ErrorCode> {
        let mut answers = Vec::new();
        for number in 0..partitions(state) {
            answers.push(self.ask_shard(state, number, request.clone()).await?);
        }
        Ok(answers)
    }

    async fn ask_shard(
        &self,
        state: &Arc<BrokerState>,
        number: i32,
        request: GroupRequest,
    ) -> Result<GroupResponse, ErrorCode> {
        let jobs = self.shard(state, number).ok_or(ErrorCode::NotCoordinator)?;
        let (answer, response) = oneshot::channel();
        let gone = ErrorCode::CoordinatorNotAvailable;
        let job = Job { request, answer };
        jobs.send(job).await.map_err(|_| gone)?;
        response.await.map_err(|_| gone)?
    }

    /// Returns the way to a shard, which is started if need be.
    fn shard(&self, state: &Arc<BrokerState>, number: i32) -> Option<mpsc::Sender<Job>> {
        let mut shards = self.shards.lock();
        if let Some(shard) = shards.get(&number)
            && !shard.jobs.is_closed()
        {
            return Some(shard.jobs.clone());
        }
        if *state.stop.borrow() {
            return None;
        }
        let partition = state.replicas.partition(GROUP_METADATA, number)?;
        let (jobs, receiver) = mpsc::channel(JOBS_MAX);
        let task = ShardTask::new(Arc::clone(state), partition, receiver);
        let task = tokio::spawn(task.run());
        let shard = Shard {
            jobs: jobs.clone(),
            task,
        };
        shards.insert(number, shard);
        Some(jobs)
    }
}

/// Returns how many partitions `__consumer_offsets` has; 0 if it is not there yet.
pub(super) fn partitions(state: &BrokerState) -> i32 {
    let image = state.image.load();
    let topic = image.topic(GROUP_METADATA);
    topic.map_or(0, |topic| {
        i32::try_from(topic.partitions.len()).unwrap_or(0)
    })
}

/// Makes `__consumer_offsets` if it is not there.
pub(super) async fn ensure_topic(state: &Arc<BrokerState>) -> Result<(), ErrorCode> {
    if partitions(state) > 0 {
        return Ok(());
    }
    let command = CreateTopics {
        topics: vec![automatic_topic(GROUP_METADATA, state)],
        validate_only: false,
    };
    let outcomes = state.controller.submit(command).await?;
    match outcomes.into_iter().next() {
        Some((_, Err(refusal))) if refusal.code != ErrorCode::TopicAlreadyExists => {
            tracing::warn!(code = %refusal.code, "the topic of the groups cannot be made");
            Err(ErrorCode::CoordinatorNotAvailable)
        }
        _ => Ok(()),
    }
}
