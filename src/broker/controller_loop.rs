//! The task that owns the metadata log: decides, appends, applies, and only then answers.
//!
//! Commands that wait are decided together, each on the image that the one before leaves, and
//! share one append and one flush. The brokers' replicas follow the new image before anyone is
//! answered, so that a created topic can be written to at once.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use arc_swap::ArcSwap;
use tokio::sync::{mpsc, oneshot, watch};

use super::image_apply::ImageApplier;
use crate::clock::Clock;
use crate::controller::{
    AllocateProducerIds, AssignReplicasToDirs, ClusterSettings, Context, Decide, MetadataLog,
    MetadataLogError,
};
use crate::metadata::{MetadataDelta, MetadataImage, MetadataRecord};
use crate::protocol::ErrorCode;
use crate::rng::Rng;
use crate::types::{BrokerId, Offset};

/// Commands that may wait at once.
const COMMANDS_MAX: usize = 1024;
/// How soon a partition that could not be hosted is tried again.
const HOST_AGAIN_AFTER: Duration = Duration::from_millis(500);
/// Commands that share one append.
const BATCH_MAX: usize = 64;

/// A command with the way to its answer, its types forgotten.
trait Job: Send {
    /// Decides, keeps the response and returns the records.
    fn decide(&mut self, context: &mut Context<'_>) -> Vec<MetadataRecord>;
    /// Gives the response away; or the error, if the records could not be appended.
    fn answer(self: Box<Self>, outcome: Result<(), ErrorCode>);
}

struct Submitted<C: Decide> {
    command: C,
    response: Option<C::Response>,
    answer: oneshot::Sender<Result<C::Response, ErrorCode>>,
}

impl<C> Job for Submitted<C>
where
    C: Decide + Send,
    C::Response: Send,
{
    fn decide(&mut self, context: &mut Context<'_>) -> Vec<MetadataRecord> {
        let result = self.command.decide(context);
        self.response = Some(result.response);
        result.records
    }

    fn answer(self: Box<Self>, outcome: Result<(), ErrorCode>) {
        let response = self.response.ok_or(ErrorCode::UnknownServerError);
        // A client that is gone no longer wants the answer.
        let _gone = self.answer.send(outcome.and(response));
    }
}

/// The way to the controller.
#[derive(Clone)]
pub(super) struct ControllerHandle {
    jobs: mpsc::Sender<Box<dyn Job>>,
    broker: BrokerId,
    broker_epoch: i64,
}

impl fmt::Debug for ControllerHandle {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ControllerHandle")
            .field("broker", &self.broker)
            .finish_non_exhaustive()
    }
}

impl ControllerHandle {
    /// Has a command decided; returns when what it changes is durable and in force.
    pub(super) async fn submit<C>(&self, command: C) -> Result<C::Response, ErrorCode>
    where
        C: Decide + Send + 'static,
        C::Response: Send + 'static,
    {
        let (answer, response) = oneshot::channel();
        let job = Box::new(Submitted {
            command,
            response: None,
            answer,
        });
        self.jobs
            .send(job)
            .await
            .map_err(|_| ErrorCode::NotController)?;
        response.await.map_err(|_| ErrorCode::NotController)?
    }

    /// Allocates a block of producer ids to this broker.
    pub(super) async fn allocate_producer_ids(&self) -> Result<std::ops::Range<i64>, ErrorCode> {
        let (broker, broker_epoch) = (self.broker, self.broker_epoch);
        self.submit(AllocateProducerIds {
            broker,
            broker_epoch,
        })
        .await
    }
}

/// The owner of the metadata log.
#[derive(Debug)]
pub(super) struct ControllerLoop {
    pub(super) log: MetadataLog,
    pub(super) image: MetadataImage,
    pub(super) published: Arc<ArcSwap<MetadataImage>>,
    /// Tells that the image was replaced.
    pub(super) changed: watch::Sender<()>,
    pub(super) settings: ClusterSettings,
    pub(super) applier: ImageApplier,
    pub(super) clock: Arc<dyn Clock>,
    pub(super) rng: Rng,
}

impl ControllerLoop {
    /// Decides and carries out one command, before or outside of [`Self::run`].
    pub(super) fn execute<C: Decide>(&mut self, command: &C) -> Result<C::Response, ErrorCode> {
        let image = self.image.clone();
        let now_ms = self.clock.now_ms();
        let settings = &self.settings;
        let mut context = Context {
            image: &image,
            settings,
            now_ms,
            rng: &mut self.rng,
        };
        let result = command.decide(&mut context);
        self.commit(&result.records)?;
        Ok(result.response)
    }

    /// Starts the task; it ends, and gives the log back, when every handle is gone.
    pub(super) fn run(
        mut self,
        broker: BrokerId,
        broker_epoch: i64,
    ) -> (ControllerHandle, tokio::task::JoinHandle<Self>) {
        let (jobs, mut receiver) = mpsc::channel::<Box<dyn Job>>(COMMANDS_MAX);
        let task = tokio::spawn(async move {
            let mut batch = Vec::new();
            loop {
                let received = receiver.recv_many(&mut batch, BATCH_MAX);
                let received = if self.applier.unhosted.is_empty() {
                    Some(received.await)
                } else {
                    tokio::time::timeout(HOST_AGAIN_AFTER, received).await.ok()
                };
                if received == Some(0) {
                    return self;
                }
                let jobs = std::mem::take(&mut batch);
                // The flush waits for the disk; other connections go on meanwhile.
                tokio::task::block_in_place(|| {
                    self.host_again();
                    self.step(jobs);
                });
            }
        });
        (
            ControllerHandle {
                jobs,
                broker,
                broker_epoch,
            },
            task,
        )
    }

    /// Closes the log.
    pub(super) fn close(self) -> Result<(), MetadataLogError> {
        self.log.close()
    }

    /// Hosts what a full disk had no room for.
    fn host_again(&mut self) {
        if self.applier.unhosted.is_empty() {
            return;
        }
        self.applier.host_again(&self.image);
        if let Err(code) = self.assign_directories() {
            tracing::warn!(code = code.name(), "directories are not told");
        }
    }

    fn step(&mut self, mut jobs: Vec<Box<dyn Job>>) {
        let mut scratch = self.image.clone();
        let mut records = Vec::new();
        let base = self.log.end_offset();
        for job in &mut jobs {
            let now_ms = self.clock.now_ms();
            let settings = &self.settings;
            let mut context = Context {
                image: &scratch,
                settings,
                now_ms,
                rng: &mut self.rng,
            };
            let decided = job.decide(&mut context);
            let first = base.0 + i64::try_from(records.len()).unwrap_or(i64::MAX);
            apply_all(&mut scratch, Offset(first), &decided);
            records.extend(decided);
        }
        let outcome = self.commit(&records);
        for job in jobs {
            job.answer(outcome);
        }
    }

    /// Notes where the replicas lie that the applier has just found or made; with one directory
    /// they lie where they were expected.
    pub(super) fn assign_directories(&mut self) -> Result<(), ErrorCode> {
        let replicas = std::mem::take(&mut self.applier.misplaced);
        if replicas.is_empty() {
            return Ok(());
        }
        let broker = self.applier.node_id;
        self.execute(&AssignReplicasToDirs { broker, replicas })
    }

    /// Appends records, makes the next image, and has the replicas follow it.
    fn commit(&mut self, records: &[MetadataRecord]) -> Result<(), ErrorCode> {
        if records.is_empty() {
            return Ok(());
        }
        let now_ms = self.clock.now_ms();
        let base = self.log.append(records, now_ms).map_err(|error| {
            tracing::error!(%error, "the metadata log cannot be written");
            ErrorCode::KafkaStorageError
        })?;
        let before = self.image.clone();
        apply_all(&mut self.image, base, records);
        let delta = MetadataDelta::between(&before, &self.image);
        self.applier.apply(&self.image, &delta);
        self.assign_directories()?;
        self.published.store(Arc::new(self.image.clone()));
        self.changed.send_replace(());
        if let Err(error) = self.log.maybe_snapshot(&self.image, now_ms) {
            // The log itself holds everything; the next attempt comes with the next record.
            tracing::warn!(%error, "no snapshot of the metadata");
        }
        Ok(())
    }
}

/// Applies records that were decided on this very image.
fn apply_all(image: &mut MetadataImage, base: Offset, records: &[MetadataRecord]) {
    for (offset, record) in (base.0..).map(Offset).zip(records) {
        image
            .apply(offset, record)
            .expect("a decision fits the image that it was made on");
    }
}
