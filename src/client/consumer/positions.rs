//! Which partitions are read, and where each is.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use crate::client::admin::OffsetSpec;
use crate::client::metadata::TopicMetadata;
use crate::types::{BrokerId, LeaderEpoch, Offset, TopicPartition, Uuid};

/// Where to begin reading a partition.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Start {
    /// Where `auto.offset.reset` says.
    Reset,
    /// At the log's start.
    Earliest,
    /// At its end.
    Latest,
    /// At this offset.
    Offset(Offset),
    /// At the first record at or after this time, or at the end.
    Timestamp(i64),
}

/// Where a partition is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Position {
    /// The offset is to be asked for.
    Wanted(OffsetSpec),
    /// It was asked for.
    Asked(OffsetSpec),
    /// The next record that is wanted.
    At(Offset),
    /// What the group has committed is to be asked for.
    Committed,
    /// It was asked for.
    CommittedAsked,
    /// Nowhere: an error was reported, and a seek is needed.
    Lost,
    /// The partition is another's now; only its place is kept.
    Revoked,
}

/// One partition that is read.
#[derive(Debug)]
pub(super) struct Assigned {
    pub(super) topic: Arc<str>,
    pub(super) id: Uuid,
    pub(super) partition: i32,
    pub(super) leader: Option<BrokerId>,
    pub(super) position: Position,
    /// The leader's epoch of the record before the position, if it is known.
    pub(super) epoch: Option<LeaderEpoch>,
    /// Not to be fetched before this time, after an error.
    pub(super) retry_at: Duration,
}

impl Assigned {
    /// Returns topic and number.
    pub(super) fn topic_partition(&self) -> TopicPartition {
        TopicPartition::new(&*self.topic, self.partition)
    }
}

/// The partitions that are read; they are known by their places, which never change.
#[derive(Debug, Default)]
pub(super) struct Assignment {
    pub(super) list: Vec<Assigned>,
    places: BTreeMap<(Arc<str>, i32), usize>,
}

impl Assignment {
    /// Returns the place of a partition, added if it is new.
    pub(super) fn place(&mut self, topic: &Arc<str>, partition: i32, position: Position) -> usize {
        let key = (Arc::clone(topic), partition);
        if let Some(place) = self.places.get(&key) {
            return *place;
        }
        let place = self.list.len();
        self.places.insert(key, place);
        self.list.push(Assigned {
            topic: Arc::clone(topic),
            id: Uuid::ZERO,
            partition,
            leader: None,
            position,
            epoch: None,
            retry_at: Duration::ZERO,
        });
        place
    }

    /// Reads a partition that the group gives, be it new or one that was revoked.
    pub(super) fn take_up(&mut self, topic: &Arc<str>, partition: i32, position: Position) {
        let place = self.place(topic, partition, position);
        if let Some(assigned) = self.list.get_mut(place) {
            assigned.position = position;
            assigned.epoch = None;
            assigned.retry_at = Duration::ZERO;
        }
    }

    /// Returns the place of a partition, if it is read.
    pub(super) fn find(&self, topic: &str, partition: i32) -> Option<usize> {
        self.places.get(&(Arc::from(topic), partition)).copied()
    }

    /// Returns whether any partition of a topic is read.
    pub(super) fn has_topic(&self, topic: &str) -> bool {
        let first = (Arc::from(topic), i32::MIN);
        let next = self.places.range(first..).next();
        next.is_some_and(|((name, _), _)| **name == *topic)
    }

    /// Takes leaders and ids from metadata.
    pub(super) fn update(&mut self, found: &TopicMetadata) {
        for partition in &found.partitions {
            let Some(place) = self.find(&found.name, partition.partition) else {
                continue;
            };
            if let Some(assigned) = self.list.get_mut(place) {
                assigned.leader = partition.leader;
                assigned.id = found.id;
            }
        }
    }

    /// Forgets everything.
    pub(super) fn clear(&mut self) {
        self.list.clear();
        self.places.clear();
    }
}
