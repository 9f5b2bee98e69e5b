//! The producer's id and epoch, and the sequence numbers of its batches.
//!
//! By id, epoch and sequence the broker knows a batch that it has already, and one that comes too
//! early. Each partition counts its own records; 0 follows 2^31-1.

use std::sync::Arc;
use std::sync::atomic::{AtomicI32, Ordering};

use tokio::task::JoinHandle;

use super::batch::Batch;
use super::config::ProducerConfig;
use super::queue::PartitionQueue;
use crate::client::cluster::{Cluster, Target};
use crate::client::error::ClientError;
use crate::protocol::messages::{InitProducerIdRequest, InitProducerIdResponse};
use crate::record::Producer as Writer;

type Asked = Result<InitProducerIdResponse, ClientError>;

/// The producer's id and epoch.
#[derive(Debug)]
pub(super) struct Identity {
    wanted: bool,
    cluster: Arc<Cluster>,
    id: Option<i64>,
    epoch: AtomicI32,
    asking: Option<JoinHandle<Asked>>,
}

impl Identity {
    /// Returns the identity of a producer; none if it is not idempotent.
    pub(super) fn new(config: &ProducerConfig, cluster: Arc<Cluster>) -> Self {
        Self {
            wanted: config.idempotent,
            cluster,
            id: None,
            epoch: AtomicI32::new(0),
            asking: None,
        }
    }

    /// Returns whether batches can be sent.
    pub(super) const fn is_ready(&self) -> bool {
        !self.wanted || self.id.is_some()
    }

    fn current(&self) -> Option<(i64, i16)> {
        let epoch = i16::try_from(self.epoch.load(Ordering::Relaxed)).unwrap_or(i16::MAX);
        self.id.map(|id| (id, epoch))
    }

    /// Asks for an id, if one is needed and not asked for.
    pub(super) fn start_if_wanted(&mut self) {
        if self.is_ready() || self.asking.is_some() {
            return;
        }
        let cluster = Arc::clone(&self.cluster);
        self.asking = Some(tokio::spawn(ask(cluster)));
    }

    /// Waits for the id that was asked for; an error means that nothing can ever be sent.
    pub(super) async fn finished(&mut self) -> Option<ClientError> {
        let Some(asking) = &mut self.asking else {
            return std::future::pending().await;
        };
        let asked = asking.await;
        self.asking = None;
        match asked {
            Ok(Ok(response)) => {
                self.id = Some(response.producer_id.0);
                self.epoch
                    .store(i32::from(response.producer_epoch), Ordering::Relaxed);
                None
            }
            Ok(Err(ClientError::UnsupportedVersion { .. })) => {
                // A broker before 0.11 knows no producer ids; nor did its clients.
                self.wanted = false;
                None
            }
            Ok(Err(error)) if error.is_retriable() => None,
            Ok(Err(error)) => Some(error),
            Err(_) => None,
        }
    }
}

impl Drop for Identity {
    fn drop(&mut self) {
        if let Some(asking) = &self.asking {
            asking.abort();
        }
    }
}

async fn ask(cluster: Arc<Cluster>) -> Asked {
    let build = |_| {
        InitProducerIdRequest::default()
            .with_transactional_id(None)
            .with_transaction_timeout_ms(i32::MAX)
    };
    loop {
        let deadline = cluster.api_deadline();
        let response = cluster
            .call("initProducerId", Target::Any, deadline, build)
            .await?;
        match ClientError::check(response.error_code, None) {
            Ok(()) => return Ok(response),
            Err(error) if error.is_retriable() => tokio::time::sleep(cluster.retry_wait(1)).await,
            Err(error) => return Err(error),
        }
    }
}

/// Gives a batch its sequence numbers; false if it must wait for older ones of another epoch.
pub(super) fn assign(queue: &mut PartitionQueue, batch: &mut Batch, identity: &Identity) -> bool {
    let Some(current) = identity.current() else {
        return true;
    };
    if batch.writer.is_some() {
        return true;
    }
    if queue.writer != Some(current) {
        if !queue.outstanding.is_empty() {
            return false;
        }
        queue.writer = Some(current);
        queue.confirmed = false;
        queue.next_sequence = 0;
    }
    number_batch(queue, batch, current);
    true
}

/// Begins the sequences of a partition again, with the next epoch.
///
/// The broker takes sequence 0 from a new epoch only, and drops what it knew of the old one.
pub(super) fn restart(queue: &mut PartitionQueue, identity: &Identity) {
    queue.restart_sequences = false;
    let Some(mut current) = identity.current() else {
        return;
    };
    if queue.writer == Some(current) {
        let next = i32::from(current.1.checked_add(1).unwrap_or(0));
        identity.epoch.store(next, Ordering::Relaxed);
        current = identity.current().unwrap_or(current);
    }
    queue.writer = Some(current);
    queue.confirmed = false;
    queue.next_sequence = 0;
    let mut closed = std::mem::take(&mut queue.closed);
    for batch in closed.iter_mut().filter(|batch| batch.writer.is_some()) {
        number_batch(queue, batch, current);
    }
    queue.closed = closed;
}

fn number_batch(queue: &mut PartitionQueue, batch: &mut Batch, (id, epoch): (i64, i16)) {
    let base_sequence = queue.next_sequence;
    batch.writer = Some(Writer {
        id,
        epoch,
        base_sequence,
    });
    queue.next_sequence = base_sequence.wrapping_add(batch.count()) & i32::MAX;
}
