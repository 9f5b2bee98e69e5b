//! What waits to be sent, by topic and partition; plain data under the accumulator's lock.

use std::collections::{HashMap, VecDeque};
use std::sync::Arc;

use super::batch::{Batch, Order};
use super::partitioner::Sticky;
use crate::client::error::ClientError;
use crate::rng::Rng;
use crate::types::{BrokerId, Uuid};

/// One partition's batches.
#[derive(Debug, Default)]
pub(super) struct PartitionQueue {
    /// The leader, if there is one.
    pub(super) leader: Option<BrokerId>,
    /// Closed batches, in their order; those to be sent again are first.
    pub(super) closed: VecDeque<Batch>,
    /// The batch that records are added to.
    pub(super) open: Option<Batch>,
    /// Batches that the broker owes an answer for.
    pub(super) in_flight: usize,
    /// Whether one of those was sent before.
    pub(super) retry_in_flight: bool,
    /// The batches that were sent and are not done, the oldest first.
    pub(super) outstanding: VecDeque<Order>,
    /// Producer id and epoch that the sequences below belong to.
    pub(super) writer: Option<(i64, i16)>,
    /// Whether the broker has stored a batch of that id and epoch.
    pub(super) confirmed: bool,
    /// Sequence number of the next batch's first record.
    pub(super) next_sequence: i32,
    /// Whether the broker has lost the thread: sequences start again once nothing is in flight.
    pub(super) restart_sequences: bool,
}

impl PartitionQueue {
    /// Puts a batch that failed back in its place.
    pub(super) fn put_back(&mut self, batch: Batch) {
        let place = self
            .closed
            .iter()
            .position(|other| other.order > batch.order)
            .unwrap_or(self.closed.len());
        self.closed.insert(place, batch);
    }
}

/// What is known of a topic.
#[derive(Debug)]
pub(super) enum TopicInfo {
    /// Not yet anything.
    Unknown,
    /// Its partitions are known.
    Known,
    /// It cannot be sent to.
    Failed(ClientError),
}

/// One topic's partitions.
#[derive(Debug)]
pub(super) struct TopicQueue {
    pub(super) name: Arc<str>,
    pub(super) id: Uuid,
    pub(super) info: TopicInfo,
    pub(super) partitions: Vec<PartitionQueue>,
    pub(super) sticky: Sticky,
}

/// How the sender is to end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Ending {
    /// When everything is sent.
    Flushed,
    /// Now; what is not sent fails.
    Now,
}

/// Everything under the lock.
#[derive(Debug)]
pub(super) struct State {
    pub(super) topics: Vec<TopicQueue>,
    by_name: HashMap<Arc<str>, usize>,
    /// The topic of the last record.
    pub(super) last_topic: usize,
    /// Bytes reserved by batches that are not done.
    pub(super) buffered: usize,
    /// Batches that are not done.
    pub(super) unfinished: usize,
    /// The number of the next batch.
    pub(super) next_serial: u64,
    /// Buffers of batches that are done.
    pub(super) spare: Vec<Vec<u8>>,
    pub(super) rng: Rng,
    /// Callers that wait for room.
    pub(super) starved: usize,
    /// Whether someone flushes.
    pub(super) flushing: bool,
    pub(super) ending: Option<Ending>,
    /// Why nothing can be sent any more.
    pub(super) fatal: Option<ClientError>,
}

impl State {
    /// Returns the state without topics.
    pub(super) fn new() -> Self {
        Self {
            topics: Vec::new(),
            by_name: HashMap::new(),
            last_topic: 0,
            buffered: 0,
            unfinished: 0,
            next_serial: 0,
            spare: Vec::new(),
            rng: Rng::from_os(),
            starved: 0,
            flushing: false,
            ending: None,
            fatal: None,
        }
    }

    /// Returns the number of a topic, added if it is new.
    pub(super) fn register(&mut self, name: &str) -> usize {
        if let Some(index) = self.by_name.get(name) {
            return *index;
        }
        let index = self.topics.len();
        let name: Arc<str> = name.into();
        self.by_name.insert(Arc::clone(&name), index);
        self.topics.push(TopicQueue {
            name,
            id: Uuid::ZERO,
            info: TopicInfo::Unknown,
            partitions: Vec::new(),
            sticky: Sticky::default(),
        });
        index
    }
}

/// Returns the queue of a partition.
pub(super) fn queue_mut(
    state: &mut State,
    topic: usize,
    partition: usize,
) -> Option<&mut PartitionQueue> {
    state.topics.get_mut(topic)?.partitions.get_mut(partition)
}
