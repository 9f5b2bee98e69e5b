//! The sending thread: picks batches that are due, sends them, and deals with what comes back.
//!
//! A batch that goes again keeps its sequence numbers, so that the broker knows what it has. If
//! the broker has lost the thread (an earlier batch failed for good), the sequences begin again
//! with the next epoch once nothing is in flight, as in
//! `TransactionManager.bumpIdempotentProducerEpoch`.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel};
use tokio::task::JoinHandle;

use super::accumulator::Accumulator;
use super::batch::{Batch, Completion, RecordMetadata};
use super::config::ProducerConfig;
use super::idempotence::Identity;
use super::node::{Job, Node, Outcome, Report};
use super::queue::{Ending, PartitionQueue, queue_mut};
use super::refresh::{Refresh, apply};
use super::request::Entry;
use crate::client::cluster::Cluster;
use crate::client::error::ClientError;
use crate::protocol::{ErrorCode, Retry};
use crate::types::{BrokerId, Offset, TimestampMs};

/// What is called for every batch that is done.
pub type OnCompletion = Box<dyn FnMut(&Completion<'_>) + Send>;

struct NodeHandle {
    jobs: UnboundedSender<Job>,
    in_flight: usize,
    task: JoinHandle<()>,
}

/// The sending thread.
pub(super) struct Sender {
    pub(super) accumulator: Arc<Accumulator>,
    cluster: Arc<Cluster>,
    pub(super) config: ProducerConfig,
    nodes: HashMap<BrokerId, NodeHandle>,
    reports: (UnboundedSender<Report>, UnboundedReceiver<Report>),
    pub(super) identity: Identity,
    refresh: Refresh,
    on_completion: OnCompletion,
}

impl Sender {
    /// Returns a sender of what `accumulator` holds.
    pub(super) fn new(
        accumulator: Arc<Accumulator>,
        config: ProducerConfig,
        on_completion: OnCompletion,
    ) -> Self {
        let cluster = Cluster::new(config.client.clone());
        Self {
            accumulator,
            identity: Identity::new(&config, Arc::clone(&cluster)),
            refresh: Refresh::new(Arc::clone(&cluster)),
            cluster,
            config,
            nodes: HashMap::new(),
            reports: unbounded_channel(),
            on_completion,
        }
    }

    /// Sends until the producer ends.
    pub(super) async fn run(mut self) {
        loop {
            let now = self.config.client.clock.monotonic();
            let plan = self.plan(now);
            for batch in plan.expired {
                let error = self.expired(&batch, now);
                self.done(batch, &Err(error));
            }
            if plan.ended {
                break;
            }
            for (broker, batches) in plan.requests {
                self.dispatch(broker, batches);
            }
            let mut next = plan.next;
            if let Some(at) = self
                .refresh
                .start_if_due(&self.accumulator, plan.leaderless, now)
            {
                next = Some(next.map_or(at, |next| next.min(at)));
            }
            self.identity.start_if_wanted();
            let wait = next.map_or(Duration::from_secs(3600), |at| at.saturating_sub(now));
            tokio::select! {
                Some(report) = self.reports.1.recv() => self.settle_all(report),
                snapshot = self.refresh.finished() => {
                    let now = self.config.client.clock.monotonic();
                    if let Some(snapshot) = snapshot {
                        apply(&self.accumulator, &snapshot, &self.config.client);
                        self.refresh.succeeded(&self.accumulator, now);
                    } else {
                        self.refresh.failed(now);
                    }
                }
                failed = self.identity.finished() => {
                    if let Some(error) = failed {
                        self.accumulator.lock().fatal = Some(error);
                        self.accumulator.notify_callers();
                    }
                }
                () = self.accumulator.work.notified() => {}
                () = tokio::time::sleep(wait) => {}
            }
            while let Ok(report) = self.reports.1.try_recv() {
                self.settle_all(report);
            }
        }
        for (_, node) in self.nodes.drain() {
            node.task.abort();
        }
    }

    /// Seals batches and hands them to a broker.
    fn dispatch(&mut self, broker: BrokerId, batches: Vec<Batch>) {
        let mut job = Job {
            batches: Vec::with_capacity(batches.len()),
            entries: Vec::with_capacity(batches.len()),
        };
        let names: Vec<_> = {
            let state = self.accumulator.lock();
            let name = |batch: &Batch| {
                let topic = state.topics.get(batch.topic);
                topic.map(|topic| (Arc::clone(&topic.name), topic.id))
            };
            batches.iter().map(name).collect()
        };
        for (mut batch, name) in batches.into_iter().zip(names) {
            let (topic, id) = name.expect("a batch's topic is never forgotten");
            match batch.seal(self.config.codec, self.config.level) {
                Ok(sealed) => {
                    job.entries.push(Entry {
                        topic,
                        id,
                        partition: number(batch.partition),
                        batch: sealed,
                    });
                    job.batches.push(batch);
                }
                Err(error) => {
                    let error = ClientError::InvalidArgument {
                        message: format!("Compression failed: {error}"),
                    };
                    self.settle(batch, Outcome::Refused(error));
                }
            }
        }
        if job.batches.is_empty() {
            return;
        }
        let node = self.node(broker);
        node.in_flight += 1;
        // The task ends only with this sender.
        let _sent = node.jobs.send(job);
    }

    fn node(&mut self, broker: BrokerId) -> &mut NodeHandle {
        self.nodes.entry(broker).or_insert_with(|| {
            let (jobs, receiver) = unbounded_channel();
            let node = Node {
                broker,
                cluster: Arc::clone(&self.cluster),
                acks: self.config.acks,
                jobs: receiver,
                reports: self.reports.0.clone(),
            };
            NodeHandle {
                jobs,
                in_flight: 0,
                task: tokio::spawn(node.run()),
            }
        })
    }

    /// Returns how many requests a broker owes an answer for.
    pub(super) fn in_flight(&self, broker: BrokerId) -> usize {
        self.nodes.get(&broker).map_or(0, |node| node.in_flight)
    }

    fn settle_all(&mut self, report: Report) {
        if let Some(node) = self.nodes.get_mut(&report.broker) {
            node.in_flight -= 1;
        }
        for (batch, outcome) in report.batches {
            self.settle(batch, outcome);
        }
    }

    /// Decides what to do with a batch that came back.
    fn settle(&mut self, mut batch: Batch, outcome: Outcome) {
        let now = self.config.client.clock.monotonic();
        let mut guard = self.accumulator.lock();
        let state = &mut *guard;
        let Some(queue) = queue_mut(state, batch.topic, batch.partition) else {
            return;
        };
        queue.in_flight -= 1;
        if queue.in_flight == 0 {
            queue.retry_in_flight = false;
        }
        let oldest = queue.outstanding.front() == Some(&batch.order);
        let (error, counts) = match outcome {
            Outcome::Stored(offset, time) => {
                queue.confirmed = true;
                drop(guard);
                return self.done(batch, &Ok((offset, time)));
            }
            Outcome::Refused(error) => match self.refused(queue, &batch, &error, oldest) {
                Refused::Stored => {
                    drop(guard);
                    return self.done(batch, &Ok((Offset::NONE, None)));
                }
                Refused::TooLarge => {
                    drop(guard);
                    return self.split(batch, error);
                }
                Refused::Again { counts } => (error, counts),
                Refused::Failed => {
                    drop(guard);
                    return self.done(batch, &Err(error));
                }
            },
            Outcome::Unanswered(error) => (error, true),
            Outcome::NotSent(error) => (error, false),
        };
        if counts {
            batch.attempts += 1;
        }
        let out_of_tries = batch.attempts > self.config.retries;
        if out_of_tries || batch.created + self.config.delivery_timeout <= now {
            drop(guard);
            return self.done(batch, &Err(error));
        }
        batch.retry_at = now + self.cluster.retry_wait(batch.attempts.max(1));
        queue.put_back(batch);
        drop(guard);
        self.refresh.want();
    }

    /// Judges an error that the broker answered.
    fn refused(
        &self,
        queue: &mut PartitionQueue,
        batch: &Batch,
        error: &ClientError,
        oldest: bool,
    ) -> Refused {
        let Some(code) = error.code() else {
            return Refused::Failed;
        };
        match code {
            ErrorCode::DuplicateSequenceNumber => Refused::Stored,
            ErrorCode::MessageTooLarge | ErrorCode::RecordListTooLarge if batch.count() > 1 => {
                Refused::TooLarge
            }
            ErrorCode::OutOfOrderSequenceNumber
            | ErrorCode::UnknownProducerId
            | ErrorCode::InvalidProducerEpoch
                if self.config.idempotent =>
            {
                // Behind one that is to go again this is no news: the order was kept.
                queue.restart_sequences |= oldest;
                Refused::Again { counts: oldest }
            }
            _ if code.retry() == Retry::Later => Refused::Again { counts: true },
            _ => Refused::Failed,
        }
    }

    /// Cuts a batch that the broker finds too large, and sends the halves.
    fn split(&mut self, batch: Batch, error: ClientError) {
        let (topic, partition, whole) = (batch.topic, batch.partition, batch.order);
        match batch.split(self.config.codec, self.config.level) {
            Ok((low, high)) => {
                let mut state = self.accumulator.lock();
                state.unfinished += 1;
                if let Some(queue) = queue_mut(&mut state, topic, partition) {
                    let place = queue.outstanding.iter().position(|order| *order == whole);
                    // The first half has the place of the whole.
                    let behind = place.map_or(queue.outstanding.len(), |place| place + 1);
                    queue.outstanding.insert(behind, high.order);
                    queue.put_back(low);
                    queue.put_back(high);
                }
            }
            Err(batch) => self.done(*batch, &Err(error)),
        }
    }

    fn expired(&self, batch: &Batch, now: Duration) -> ClientError {
        let state = self.accumulator.lock();
        if let Some(error) = &state.fatal {
            return error.clone();
        }
        if state.ending == Some(Ending::Now) {
            return ClientError::Closed {
                message: "Producer is closed forcefully.".into(),
            };
        }
        let topic = state
            .topics
            .get(batch.topic)
            .map_or("", |topic| &topic.name);
        let age_ms = now.saturating_sub(batch.created).as_millis();
        ClientError::Timeout {
            message: format!(
                "Expiring {} record(s) for {topic}-{}:{age_ms} ms has passed since batch \
                 creation. The request has not been sent, or no server response has been \
                 received yet.",
                batch.count(),
                batch.partition
            ),
        }
    }

    /// Tells everyone concerned what became of a batch, and lets go of it.
    fn done(
        &mut self,
        mut batch: Batch,
        result: &Result<(Offset, Option<TimestampMs>), ClientError>,
    ) {
        let name = {
            let mut state = self.accumulator.lock();
            if let Some(queue) = queue_mut(&mut state, batch.topic, batch.partition) {
                let order = batch.order;
                if let Some(at) = queue.outstanding.iter().position(|other| *other == order) {
                    queue.outstanding.remove(at);
                }
            }
            state
                .topics
                .get(batch.topic)
                .map(|topic| Arc::clone(&topic.name))
        };
        let partition = number(batch.partition);
        for waiter in std::mem::take(&mut batch.waiters) {
            let answer = result.clone().map(|(offset, time)| RecordMetadata {
                partition,
                offset: if offset == Offset::NONE {
                    offset
                } else {
                    offset.plus(waiter.index)
                },
                log_append_time: time,
            });
            // The caller may have stopped waiting.
            let _gone = waiter.answer.send(answer);
        }
        let tokens = std::mem::take(&mut batch.tokens);
        (self.on_completion)(&Completion {
            topic: name.as_deref().unwrap_or(""),
            partition,
            count: batch.count(),
            result: result.as_ref().map(|(offset, _)| *offset),
            log_append_time: result.as_ref().ok().and_then(|(_, time)| *time),
            tokens: &tokens,
            batch: &batch,
        });
        self.accumulator.finished(batch);
    }
}

/// What an error that the broker answered means for the batch.
enum Refused {
    /// The broker has it already.
    Stored,
    /// In halves it may fit.
    TooLarge,
    /// It may succeed later; whether this try counts.
    Again { counts: bool },
    /// It failed for good.
    Failed,
}

fn number(partition: usize) -> i32 {
    i32::try_from(partition).expect("a partition's number came as an int32")
}
