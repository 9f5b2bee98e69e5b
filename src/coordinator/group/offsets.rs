//! The committed offsets of a shard's groups, and those of transactions that have not ended.

use std::collections::{BTreeMap, HashMap};

use super::record::{GroupRecord, OffsetCommitKey, OffsetCommitValue};
use super::request::{FetchOffsets, FetchedOffset, NewOffset};
use crate::protocol::ErrorCode;

/// A committed offset.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Committed {
    pub(super) offset: i64,
    pub(super) leader_epoch: i32,
    pub(super) metadata: String,
    pub(super) committed_ms: i64,
    /// When it expires, if the client said so.
    pub(super) expires_ms: Option<i64>,
    /// Where its record stands in the log: a later one holds.
    written_at: i64,
}

/// A topic and the number of a partition.
type Place = (String, i32);
/// The offsets of one group.
type GroupOffsets = BTreeMap<String, BTreeMap<i32, Committed>>;

/// The committed offsets of a shard's groups.
#[derive(Debug, Default)]
pub(super) struct Offsets {
    groups: HashMap<String, GroupOffsets>,
    /// By producer: what its open transaction has committed.
    open: BTreeMap<i64, BTreeMap<(String, Place), Option<Committed>>>,
}

impl Offsets {
    /// Takes a record in; `producer` is that of an open transaction.
    pub(super) fn replay(
        &mut self,
        key: &OffsetCommitKey,
        value: Option<&OffsetCommitValue>,
        producer: Option<i64>,
        at: i64,
    ) {
        let place = (key.topic.clone(), key.partition);
        let committed = value.map(|value| Committed {
            offset: value.offset,
            leader_epoch: value.leader_epoch,
            metadata: value.metadata.clone(),
            committed_ms: value.commit_timestamp,
            expires_ms: (value.expire_timestamp >= 0).then_some(value.expire_timestamp),
            written_at: at,
        });
        match producer {
            Some(producer) => {
                let open = self.open.entry(producer).or_default();
                open.insert((key.group.clone(), place), committed);
            }
            None => self.put(&key.group, place, committed),
        }
    }

    fn put(&mut self, group: &str, (topic, partition): Place, committed: Option<Committed>) {
        let Some(committed) = committed else {
            if let Some(topics) = self.groups.get_mut(group) {
                if let Some(partitions) = topics.get_mut(&topic) {
                    partitions.remove(&partition);
                }
                topics.retain(|_, partitions| !partitions.is_empty());
                if topics.is_empty() {
                    self.groups.remove(group);
                }
            }
            return;
        };
        let topics = self.groups.entry(group.to_owned()).or_default();
        let partitions = topics.entry(topic).or_default();
        let later = |held: &Committed| held.written_at > committed.written_at;
        if !partitions.get(&partition).is_some_and(later) {
            partitions.insert(partition, committed);
        }
    }

    /// Ends a transaction.
    pub(super) fn end_transaction(&mut self, producer: i64, committed: bool) {
        for ((group, place), offset) in self.open.remove(&producer).unwrap_or_default() {
            if committed {
                self.put(&group, place, offset);
            }
        }
    }

    /// Returns the groups that open transactions have committed for.
    pub(super) fn has_open(&self, group: &str) -> bool {
        let mut open = self.open.values().flat_map(BTreeMap::keys);
        open.any(|(held, _)| held == group)
    }

    /// Returns whether an open transaction has committed for a partition.
    pub(super) fn is_open(&self, group: &str, topic: &str, partition: i32) -> bool {
        let key = (group.to_owned(), (topic.to_owned(), partition));
        self.open.values().any(|open| open.contains_key(&key))
    }

    /// Returns the offsets of a group.
    pub(super) fn of(&self, group: &str) -> impl Iterator<Item = (&String, i32, &Committed)> {
        let topics = self.groups.get(group).into_iter().flatten();
        topics.flat_map(|(topic, partitions)| {
            let of = move |(number, committed): (&i32, _)| (topic, *number, committed);
            partitions.iter().map(of)
        })
    }

    /// Returns the groups that have offsets.
    pub(super) fn groups(&self) -> impl Iterator<Item = &String> {
        self.groups.keys()
    }

    /// Returns whether a partition has an offset.
    pub(super) fn has_partition(&self, group: &str, topic: &str, partition: i32) -> bool {
        let topics = self.groups.get(group);
        let partitions = topics.and_then(|topics| topics.get(topic));
        partitions.is_some_and(|partitions| partitions.contains_key(&partition))
    }

    /// Returns what OffsetFetch tells of a group.
    pub(super) fn fetch(&self, asked: &FetchOffsets) -> Vec<(String, Vec<FetchedOffset>)> {
        let Some(topics) = &asked.topics else {
            return self.fetch_all(asked);
        };
        let held = self.groups.get(&asked.group);
        let of = |(topic, numbers): &(String, Vec<i32>)| {
            let partitions = held.and_then(|held| held.get(topic));
            let of = |number: &i32| {
                let found = partitions.and_then(|partitions| partitions.get(number));
                self.fetched(asked, topic, *number, found)
            };
            (topic.clone(), numbers.iter().map(of).collect())
        };
        topics.iter().map(of).collect()
    }

    fn fetch_all(&self, asked: &FetchOffsets) -> Vec<(String, Vec<FetchedOffset>)> {
        let topics = self.groups.get(&asked.group).into_iter().flatten();
        let of = |(topic, partitions): (&String, &BTreeMap<i32, Committed>)| {
            let of = |(number, found): (&i32, _)| self.fetched(asked, topic, *number, Some(found));
            (topic.clone(), partitions.iter().map(of).collect())
        };
        topics.map(of).collect()
    }

    fn fetched(
        &self,
        asked: &FetchOffsets,
        topic: &str,
        partition: i32,
        found: Option<&Committed>,
    ) -> FetchedOffset {
        let unsettled = asked.require_stable && self.is_open(&asked.group, topic, partition);
        match found.filter(|_| !unsettled) {
            Some(found) => FetchedOffset {
                partition,
                offset: found.offset,
                leader_epoch: found.leader_epoch,
                metadata: found.metadata.clone(),
                error: ErrorCode::None,
            },
            None => FetchedOffset {
                partition,
                offset: -1,
                leader_epoch: -1,
                metadata: String::new(),
                error: if unsettled {
                    ErrorCode::UnstableOffsetCommit
                } else {
                    ErrorCode::None
                },
            },
        }
    }
}

/// Returns the record of a commit.
pub(super) fn commit_record(
    group: &str,
    offset: &NewOffset,
    now_ms: i64,
    retention_ms: Option<i64>,
) -> GroupRecord {
    let key = OffsetCommitKey {
        group: group.to_owned(),
        topic: offset.topic.clone(),
        partition: offset.partition,
    };
    let value = OffsetCommitValue {
        offset: offset.offset,
        leader_epoch: offset.leader_epoch,
        metadata: offset.metadata.clone(),
        commit_timestamp: now_ms,
        expire_timestamp: retention_ms.map_or(-1, |ms| now_ms.saturating_add(ms)),
        topic_id: offset.topic_id,
    };
    GroupRecord::OffsetCommit(key, Some(value))
}

/// Returns the record that takes an offset away.
pub(super) fn offset_tombstone(group: &str, topic: &str, partition: i32) -> GroupRecord {
    let key = OffsetCommitKey {
        group: group.to_owned(),
        topic: topic.to_owned(),
        partition,
    };
    GroupRecord::OffsetCommit(key, None)
}

/// Returns the bytes of a record as Kafka writes it: only version 1 of an offset has room for the
/// time at which it expires.
#[must_use]
pub fn encode(record: &GroupRecord) -> (Vec<u8>, Option<Vec<u8>>) {
    match record {
        GroupRecord::OffsetCommit(_, Some(value)) if value.expire_timestamp >= 0 => {
            record.encode_at(Some(1))
        }
        _ => record.encode(),
    }
}
