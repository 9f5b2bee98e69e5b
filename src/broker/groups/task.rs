//! The task of one shard: requests, the time, and the log.

use std::collections::{HashMap, VecDeque};
use std::future::poll_fn;
use std::sync::Arc;
use std::time::Duration;

use tokio::sync::{mpsc, oneshot};

use super::Job;
use super::append::append;
use super::load::load;
use super::settings::group_config;
use crate::broker::state::BrokerState;
use crate::broker::stop::stopped;
use crate::coordinator::group::{GroupRequest, GroupResponse, GroupShard, Output, ReplyId};
use crate::coordinator::timer::Now;
use crate::protocol::ErrorCode;
use crate::replica::{Partition, WaiterId};
use crate::rng::Rng;
use crate::types::Offset;

type Answer = oneshot::Sender<Result<GroupResponse, ErrorCode>>;

/// The number that nobody waits under.
const NOBODY: ReplyId = 0;

/// The task of one shard.
pub(super) struct ShardTask {
    state: Arc<BrokerState>,
    partition: Arc<Partition>,
    jobs: mpsc::Receiver<Job>,
    shard: GroupShard,
    /// Who waits for an answer.
    waiting: HashMap<ReplyId, Answer>,
    last_id: ReplyId,
    /// Answers that wait until what was written before them is durable.
    decided: VecDeque<(Offset, Answer, GroupResponse)>,
    /// Where the last record ends that may not be durable yet.
    written: Offset,
    waiter: Option<WaiterId>,
}

/// Why the task goes on.
enum Event {
    Job(Option<Box<Job>>),
    Due,
    Topics,
    Durable(bool),
    Stop,
}

impl ShardTask {
    /// Returns a task that has not loaded its shard.
    pub(super) fn new(
        state: Arc<BrokerState>,
        partition: Arc<Partition>,
        jobs: mpsc::Receiver<Job>,
    ) -> Self {
        let shard = GroupShard::new(group_config(&state.config), Rng::from_os());
        Self {
            state,
            partition,
            jobs,
            shard,
            waiting: HashMap::new(),
            last_id: NOBODY,
            decided: VecDeque::new(),
            written: Offset::ZERO,
            waiter: None,
        }
    }

    /// Serves the shard until the broker stops or the log fails.
    pub(super) async fn run(mut self) {
        let partition = Arc::clone(&self.partition);
        let loaded = tokio::task::block_in_place(|| load(&partition, &mut self.shard));
        match loaded {
            // A crash may have left what is not flushed: nobody is told of it before it is.
            Ok(end) => self.written = end,
            Err(error) => {
                tracing::error!(%error, partition = %partition.topic_partition, "loading groups");
                return;
            }
        }
        let image = self.state.image.load_full();
        self.shard.start(self.now(), &image);
        let mut stop = self.state.stop.clone();
        let mut topics = self.state.image_changed.clone();
        loop {
            let event = tokio::select! {
                biased;
                () = stopped(&mut stop) => Event::Stop,
                durable = durable(&partition, &self.decided, &mut self.waiter) => {
                    Event::Durable(durable)
                }
                job = self.jobs.recv() => Event::Job(job.map(Box::new)),
                () = sleep(self.shard.next_due(), &self.state) => Event::Due,
                changed = topics.changed() => match changed {
                    Ok(()) => Event::Topics,
                    Err(_) => Event::Stop,
                },
            };
            let goes_on = match event {
                Event::Job(Some(job)) => self.serve(*job),
                Event::Due => self.step(GroupRequest::Tick, NOBODY),
                Event::Topics => self.is_hosted() && self.step(GroupRequest::TopicsChanged, NOBODY),
                Event::Durable(reached) => {
                    self.release();
                    reached
                }
                Event::Job(None) | Event::Stop => false,
            };
            if !goes_on {
                break;
            }
        }
        self.refuse_all();
    }

    /// Returns whether the partition is still the one of its name.
    fn is_hosted(&self) -> bool {
        let name = &self.partition.topic_partition;
        let hosted = self.state.replicas.partition(&name.topic, name.partition);
        hosted.is_some_and(|hosted| Arc::ptr_eq(&hosted, &self.partition))
    }

    fn now(&self) -> Now {
        Now {
            wall_ms: self.state.clock.now_ms(),
            elapsed_ms: elapsed_ms(&self.state),
        }
    }

    fn serve(&mut self, job: Job) -> bool {
        self.last_id += 1;
        self.waiting.insert(self.last_id, job.answer);
        self.step(job.request, self.last_id)
    }

    /// Decides, appends, replays; returns whether the shard can go on.
    fn step(&mut self, request: GroupRequest, id: ReplyId) -> bool {
        let image = self.state.image.load();
        let output = self.shard.handle(request, id, self.now(), &image);
        drop(image);
        let Output {
            records,
            replies,
            changed,
        } = output;
        let mut failure = None;
        if !records.is_empty() {
            match append(&records, &self.partition, &self.state) {
                Ok(appended) => {
                    for (record, at) in records.iter().zip(&appended.offsets) {
                        self.shard.replay(record, None, *at, false);
                    }
                    if let Some(until) = appended.until {
                        self.written = until;
                    }
                }
                Err(code) => failure = Some(code),
            }
        }
        for (id, response) in replies {
            let Some(answer) = self.waiting.remove(&id) else {
                continue;
            };
            match failure {
                Some(code) => give(answer, Err(code)),
                None => self.decided.push_back((self.written, answer, response)),
            }
        }
        self.release();
        failure.is_none() || !changed
    }

    /// Gives the answers that wait for nothing any more.
    fn release(&mut self) {
        while let Some((until, ..)) = self.decided.front() {
            if !self.partition.is_acknowledged(*until) {
                return;
            }
            if let Some((_, answer, response)) = self.decided.pop_front() {
                give(answer, Ok(response));
            }
        }
    }

    /// Answers everybody who still waits: nothing more is decided here.
    fn refuse_all(&mut self) {
        self.jobs.close();
        let gone = ErrorCode::CoordinatorNotAvailable;
        if let Some(waiter) = self.waiter {
            self.partition.cancel_wait(waiter);
        }
        for (_, answer) in self.waiting.drain() {
            give(answer, Err(gone));
        }
        for (_, answer, _) in self.decided.drain(..) {
            give(answer, Err(gone));
        }
        while let Ok(job) = self.jobs.try_recv() {
            give(job.answer, Err(gone));
        }
    }
}

fn give(answer: Answer, response: Result<GroupResponse, ErrorCode>) {
    // A client that is gone no longer wants it.
    let _gone = answer.send(response);
}

fn elapsed_ms(state: &BrokerState) -> i64 {
    i64::try_from(state.clock.monotonic().as_millis()).unwrap_or(i64::MAX)
}

/// Waits until the first answer can be given; returns `false` if its records never will be
/// durable.
async fn durable(
    partition: &Partition,
    decided: &VecDeque<(Offset, Answer, GroupResponse)>,
    waiter: &mut Option<WaiterId>,
) -> bool {
    let Some(until) = decided.front().map(|(until, ..)| *until) else {
        return std::future::pending().await;
    };
    let reached = poll_fn(|context| partition.poll_high_watermark(until, waiter, context));
    reached.await.is_ok()
}

/// Waits until something is due.
async fn sleep(due: Option<i64>, state: &BrokerState) {
    let Some(due) = due else {
        return std::future::pending().await;
    };
    let left = due.saturating_sub(elapsed_ms(state));
    let left = u64::try_from(left).unwrap_or(0);
    tokio::time::sleep(Duration::from_millis(left)).await;
}
