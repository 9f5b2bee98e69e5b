//! What the clients know: what they sent, what was acknowledged, what they have read.
//!
//! Everything that was acknowledged is sure. What was tried without an answer is a possibility,
//! until the next check has seen what became of it.

use std::collections::{BTreeMap, HashMap};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use uuid::Uuid;

use crate::content::{Identity, Scope};

/// A value that was acknowledged, and those that were tried since.
#[derive(Clone, Debug)]
pub struct Claim<T> {
    pub sure: T,
    pub maybe: Vec<T>,
}

impl<T: Clone + PartialEq> Claim<T> {
    pub const fn new(sure: T) -> Self {
        Self {
            sure,
            maybe: Vec::new(),
        }
    }

    /// Notes that a change is about to be asked for.
    pub fn attempt(&mut self, value: T) {
        self.maybe.push(value);
    }

    /// Notes that the change was acknowledged.
    pub fn confirm(&mut self, value: T) {
        self.sure = value;
        self.maybe.clear();
    }

    pub fn allows(&self, value: &T) -> bool {
        self.sure == *value || self.maybe.contains(value)
    }
}

/// How the records of a topic may go.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// Never.
    Plain,
    /// Those at the front when the log is larger than this.
    Retention { bytes: u64 },
    /// Those that a DeleteRecords names.
    Deleting,
    /// Those with a later record of the same key.
    Compacted,
}

/// What became of a batch.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fate {
    /// It was sent; nothing is known.
    Unknown,
    /// It was acknowledged before it was on the disk, with this offset.
    Written(i64),
    /// It was acknowledged, or read by a consumer, at this offset: it stays.
    Acked(i64),
    /// A check did not find it, and nobody sends it again: it stays away.
    Gone,
}

/// A batch that was sent, perhaps several times.
#[derive(Clone, Copy, Debug)]
pub struct SentBatch {
    pub producer: u32,
    /// Number of its first record.
    pub first: u64,
    pub count: u32,
    /// Whether its producer sends it until it is acknowledged.
    pub retried: bool,
    pub fate: Fate,
}

impl SentBatch {
    pub fn end(&self) -> u64 {
        self.first + u64::from(self.count)
    }

    pub fn identities(self) -> impl Iterator<Item = Identity> {
        let producer = self.producer;
        (self.first..self.end()).map(move |number| Identity { producer, number })
    }
}

/// What is known of a partition.
pub struct PartitionTruth {
    pub scope: Scope,
    pub kind: Kind,
    pub batches: Vec<SentBatch>,
    by_producer: HashMap<u32, Vec<usize>>,
    /// Where the log begins, by DeleteRecords.
    pub start: Claim<i64>,
    /// What a consumer has read.
    pub watched: Vec<(i64, Identity)>,
    /// The offset that the consumer asks for next.
    pub watched_until: i64,
}

impl PartitionTruth {
    fn new(scope: Scope, kind: Kind) -> Self {
        Self {
            scope,
            kind,
            batches: Vec::new(),
            by_producer: HashMap::new(),
            start: Claim::new(0),
            watched: Vec::new(),
            watched_until: 0,
        }
    }

    /// Notes a batch that is about to be sent; returns its index.
    pub fn sending(&mut self, batch: SentBatch) -> usize {
        let index = self.batches.len();
        self.batches.push(batch);
        self.by_producer
            .entry(batch.producer)
            .or_default()
            .push(index);
        index
    }

    /// Returns the index of the batch that a record was sent in.
    pub fn batch_of(&self, of: Identity) -> Option<usize> {
        let indexes = self.by_producer.get(&of.producer)?;
        let after = indexes.partition_point(|index| {
            let batch = self.batches.get(*index);
            batch.is_some_and(|batch| batch.first <= of.number)
        });
        let index = *indexes.get(after.checked_sub(1)?)?;
        let batch = self.batches.get(index)?;
        (of.number < batch.end()).then_some(index)
    }
}

/// A partition, shared by those who work on it.
pub type Partition = Arc<Mutex<PartitionTruth>>;

pub fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// One life of a topic: from its creation to its deletion.
pub struct Incarnation {
    /// Its id, once the creation was acknowledged or the topic was seen.
    pub id: Option<Uuid>,
    pub partitions: Vec<Partition>,
    pub count: Claim<usize>,
    pub configs: BTreeMap<String, Claim<Option<String>>>,
}

/// What is known of a topic.
pub struct TopicTruth {
    /// Which incarnation is there.
    pub life: Claim<Option<usize>>,
    pub incarnations: Vec<Incarnation>,
}

/// What is known of everything that one seed has done.
pub struct Truth {
    pub seed: u64,
    pub topics: Mutex<BTreeMap<String, TopicTruth>>,
    pub acked_records: AtomicU64,
    /// What is being done, for whoever reads of a violation.
    stage: Mutex<String>,
    violations: Mutex<Vec<String>>,
}

impl Truth {
    pub const fn new(seed: u64) -> Self {
        Self {
            seed,
            topics: Mutex::new(BTreeMap::new()),
            acked_records: AtomicU64::new(0),
            stage: Mutex::new(String::new()),
            violations: Mutex::new(Vec::new()),
        }
    }

    /// Notes what is about to be done.
    pub fn stage(&self, what: impl Into<String>) {
        *lock(&self.stage) = what.into();
    }

    pub fn stage_now(&self) -> String {
        lock(&self.stage).clone()
    }

    /// Notes that something is not as promised.
    pub fn violation(&self, what: impl Into<String>) {
        let stage = lock(&self.stage).clone();
        lock(&self.violations).push(format!("{stage}: {}", what.into()));
    }

    pub fn violations(&self) -> Vec<String> {
        lock(&self.violations).clone()
    }

    pub fn acked(&self, records: u32) {
        self.acked_records
            .fetch_add(u64::from(records), Ordering::Relaxed);
    }

    /// Notes that a topic is about to be created; returns which incarnation it would be.
    pub fn creating(&self, name: &str, shape: &TopicShape) -> usize {
        let mut topics = lock(&self.topics);
        let topic = topics.entry(name.to_owned()).or_insert_with(|| TopicTruth {
            life: Claim::new(None),
            incarnations: Vec::new(),
        });
        let index = topic.incarnations.len();
        let partition = |number| {
            let scope = Scope {
                name: format!("{}/{name}/{index}/{number}", self.seed),
                bytes_max: shape.value_bytes_max,
                keys: if shape.kind == Kind::Compacted { 40 } else { 0 },
            };
            Arc::new(Mutex::new(PartitionTruth::new(scope, shape.kind)))
        };
        let configs = shape.configs.iter();
        topic.incarnations.push(Incarnation {
            id: None,
            partitions: (0..shape.partitions).map(partition).collect(),
            count: Claim::new(shape.partitions),
            configs: configs
                .map(|(key, value)| (key.clone(), Claim::new(Some(value.clone()))))
                .collect(),
        });
        topic.life.attempt(Some(index));
        index
    }

    /// Changes what is known of a topic.
    pub fn of<T>(&self, name: &str, change: impl FnOnce(&mut TopicTruth) -> T) -> Option<T> {
        lock(&self.topics).get_mut(name).map(change)
    }

    /// Returns the incarnation of a topic that is surely there.
    pub fn living<T>(&self, name: &str, see: impl FnOnce(&mut Incarnation) -> T) -> Option<T> {
        let mut topics = lock(&self.topics);
        let topic = topics.get_mut(name)?;
        let index = topic.life.sure?;
        topic.incarnations.get_mut(index).map(see)
    }
}

/// How a topic is created.
#[derive(Clone, Debug)]
pub struct TopicShape {
    pub kind: Kind,
    pub partitions: usize,
    pub value_bytes_max: u64,
    pub configs: Vec<(String, String)>,
}
