//! Produce requests to one broker, in order: writes them, matches answers to batches.
//!
//! Says of each batch whether it was stored, refused, sent without an answer, or not sent at all;
//! what to do about that is the sender's business.

use std::collections::VecDeque;
use std::sync::Arc;
use std::time::Duration;

use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender};
use tokio::time::Instant;

use super::batch::Batch;
use super::config::Acks;
use super::request::{Entry, RequestHead, produce_frame};
use crate::client::cluster::{Cluster, Target};
use crate::client::error::ClientError;
use crate::client::handshake::{Expected, Session};
use crate::client::metadata::from_wire_uuid;
use crate::protocol::messages::produce_response::PartitionProduceResponse;
use crate::protocol::messages::{ProduceRequest, ProduceResponse};
use crate::protocol::{ApiKey, ErrorCode, VersionRange};
use crate::types::{BrokerId, Offset, TimestampMs, Uuid};

/// How long one try to reach the broker may take; then the leader is looked up again.
const CONNECT_PATIENCE: Duration = Duration::from_secs(1);

/// Batches for one request, and their bytes.
#[derive(Debug)]
pub(super) struct Job {
    pub(super) batches: Vec<Batch>,
    pub(super) entries: Vec<Entry>,
}

/// What became of a batch.
#[derive(Debug)]
pub(super) enum Outcome {
    /// The broker has it, or need not say so.
    Stored(Offset, Option<TimestampMs>),
    /// The broker refused it.
    Refused(ClientError),
    /// It was sent, but no answer came: the broker may have it.
    Unanswered(ClientError),
    /// It was not sent.
    NotSent(ClientError),
}

/// What became of a request.
#[derive(Debug)]
pub(super) struct Report {
    pub(super) broker: BrokerId,
    pub(super) batches: Vec<(Batch, Outcome)>,
}

/// A request that was sent.
struct Flying {
    expected: Expected<ProduceRequest>,
    job: Job,
}

/// The requests to one broker.
pub(super) struct Node {
    pub(super) broker: BrokerId,
    pub(super) cluster: Arc<Cluster>,
    pub(super) acks: Acks,
    pub(super) jobs: UnboundedReceiver<Job>,
    pub(super) reports: UnboundedSender<Report>,
}

impl Node {
    /// Sends jobs until there are no more, and reports on each.
    pub(super) async fn run(mut self) {
        let mut flying: VecDeque<Flying> = VecDeque::new();
        loop {
            let job = match flying.front_mut() {
                None => self.jobs.recv().await,
                Some(oldest) => tokio::select! {
                    biased;
                    answer = oldest.expected.response() => {
                        if let Some(done) = flying.pop_front() {
                            self.report(answered(self.broker, done.job, answer));
                        }
                        continue;
                    }
                    job = self.jobs.recv() => job,
                },
            };
            let Some(job) = job else { return };
            if let Some(sent) = self.start(job).await {
                flying.push_back(sent);
            }
        }
    }

    fn report(&self, batches: Vec<(Batch, Outcome)>) {
        let report = Report {
            broker: self.broker,
            batches,
        };
        // Without a receiver the producer is gone, and nobody wants to know.
        let _gone = self.reports.send(report);
    }

    /// Sends a job; `None` if no answer is to come.
    async fn start(&mut self, job: Job) -> Option<Flying> {
        let deadline = Instant::now() + CONNECT_PATIENCE;
        let session = self
            .cluster
            .session("produce", Target::Broker(self.broker), deadline);
        let session = match session.await {
            Ok(session) => session,
            Err(error) => {
                self.report(all(job, &|| Outcome::NotSent(error.clone())));
                // What waits behind it would only wait as long again.
                while let Ok(job) = self.jobs.try_recv() {
                    self.report(all(job, &|| Outcome::NotSent(error.clone())));
                }
                return None;
            }
        };
        match self.send(&session, &job).await {
            Ok(Some(expected)) => Some(Flying { expected, job }),
            Ok(None) => {
                self.report(all(job, &|| Outcome::Stored(Offset::NONE, None)));
                None
            }
            Err(error @ (ClientError::UnsupportedVersion { .. } | ClientError::Wire(_))) => {
                self.report(all(job, &|| Outcome::Refused(error.clone())));
                None
            }
            Err(error) => {
                self.report(all(job, &|| Outcome::Unanswered(error.clone())));
                None
            }
        }
    }

    async fn send(
        &self,
        session: &Session,
        job: &Job,
    ) -> Result<Option<Expected<ProduceRequest>>, ClientError> {
        let spoken = crate::client::handshake::client_versions(ApiKey::Produce);
        let named_only = job.entries.iter().any(|entry| entry.id.is_zero());
        let max = if named_only { 12 } else { spoken.max };
        let range = VersionRange { max, ..spoken };
        let version = session.versions.choose_within(ApiKey::Produce, range)?;
        let timeout = self.cluster.config().request_timeout.as_millis();
        let frame = |correlation_id| {
            let head = RequestHead {
                version,
                correlation_id,
                client_id: session.client_id(),
                acks: self.acks,
                timeout_ms: i32::try_from(timeout).unwrap_or(i32::MAX),
            };
            produce_frame(&head, &job.entries)
        };
        if self.acks == Acks::None {
            session.connection.send_unanswered(frame).await?;
            return Ok(None);
        }
        let answer = session.connection.send(frame).await?;
        Ok(Some(Expected::new(answer, version)))
    }
}

fn all(job: Job, outcome: &dyn Fn() -> Outcome) -> Vec<(Batch, Outcome)> {
    job.batches
        .into_iter()
        .map(|batch| (batch, outcome()))
        .collect()
}

/// Matches an answer to the batches of its request.
fn answered(
    broker: BrokerId,
    job: Job,
    answer: Result<ProduceResponse, ClientError>,
) -> Vec<(Batch, Outcome)> {
    let response = match answer {
        Ok(response) => response,
        Err(error @ ClientError::Wire(_)) => {
            return all(job, &|| Outcome::Unanswered(error.clone()));
        }
        Err(error) => {
            let (code, reason) = match error {
                ClientError::Timeout { .. } => (ErrorCode::RequestTimedOut, " due to timeout"),
                _ => (ErrorCode::NetworkException, ""),
            };
            let message = format!("Disconnected from node {broker}{reason}");
            let message = Some(message);
            let error = ClientError::Broker { code, message };
            return all(job, &|| Outcome::Unanswered(error.clone()));
        }
    };
    let Job { batches, entries } = job;
    let outcome = |entry: &Entry| match find(&response, &entry.topic, entry.id, entry.partition) {
        Some(partition) => outcome(partition),
        None => Outcome::Unanswered(ClientError::Incomplete {
            what: format!("partition {}-{}", entry.topic, entry.partition),
        }),
    };
    batches
        .into_iter()
        .zip(&entries)
        .map(|(batch, entry)| (batch, outcome(entry)))
        .collect()
}

fn find<'a>(
    response: &'a ProduceResponse,
    name: &str,
    id: Uuid,
    partition: i32,
) -> Option<&'a PartitionProduceResponse> {
    let topics = response.responses.iter().filter(|topic| {
        let by_id = !id.is_zero() && from_wire_uuid(topic.topic_id) == id;
        by_id || *topic.name.0 == *name
    });
    let mut partitions = topics.flat_map(|topic| &topic.partition_responses);
    partitions.find(|found| found.index == partition)
}

fn outcome(partition: &PartitionProduceResponse) -> Outcome {
    let code = partition.error_code;
    let mut message = partition.error_message.as_deref().map(str::to_owned);
    if let Some(error) = partition.record_errors.first()
        && let Some(text) = error.batch_index_error_message.as_deref()
    {
        message = Some(text.to_owned());
    }
    match ClientError::check(code, message.as_deref()) {
        Ok(()) => {
            let time = partition.log_append_time_ms;
            Outcome::Stored(Offset(partition.base_offset), (time >= 0).then_some(time))
        }
        Err(error) => Outcome::Refused(error),
    }
}
