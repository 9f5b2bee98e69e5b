//! A shard with a log in memory and a clock that the test moves.

use std::collections::BTreeMap;

use super::record::GroupRecord;
use super::request::{
    Beat, Client, Commit, ConsumerBeat, ConsumerHeartbeat, FetchOffsets, GroupRequest,
    GroupResponse, Join, Joined, Member, NewOffset, Refused, Sync, Synced,
};
use super::step::ReplyId;
use super::{GroupConfig, GroupShard, encode_record};
use crate::coordinator::timer::Now;
use crate::metadata::record::{Partition, Topic};
use crate::metadata::{MetadataImage, MetadataRecord};
use crate::protocol::ErrorCode;
use crate::rng::Rng;
use crate::types::{Offset, Uuid};

/// A shard with a log in memory.
pub(super) struct Testbed {
    pub(super) shard: GroupShard,
    pub(super) log: Vec<GroupRecord>,
    pub(super) now: Now,
    pub(super) image: MetadataImage,
    answers: BTreeMap<ReplyId, GroupResponse>,
    config: GroupConfig,
    last: ReplyId,
}

impl Testbed {
    pub(super) fn new(config: GroupConfig) -> Self {
        let mut this = Self {
            shard: GroupShard::new(config.clone(), Rng::seeded(5)),
            log: Vec::new(),
            now: Now {
                wall_ms: 1_000_000,
                elapsed_ms: 0,
            },
            image: MetadataImage::default(),
            answers: BTreeMap::new(),
            config,
            last: 0,
        };
        this.shard.start(this.now, &this.image);
        this
    }

    /// Makes a topic, or gives it more partitions.
    pub(super) fn topic(&mut self, name: &str, id: u128, partitions: i32) {
        let topic_id = Uuid(id);
        if self.image.topic(name).is_none() {
            let record = Topic {
                name: name.to_owned(),
                topic_id,
            };
            let record = MetadataRecord::Topic(record);
            self.image.apply(Offset::ZERO, &record).unwrap();
        }
        let has = self
            .image
            .topic(name)
            .map_or(0, |topic| topic.partitions.len());
        for number in i32::try_from(has).unwrap()..partitions {
            let record = Partition {
                partition_id: number,
                topic_id,
                ..Partition::default()
            };
            let record = MetadataRecord::Partition(record);
            self.image.apply(Offset::ZERO, &record).unwrap();
        }
    }

    /// Sends a request; the answer may come later.
    pub(super) fn send(&mut self, request: GroupRequest) -> ReplyId {
        self.last += 1;
        let id = self.last;
        self.step(request, id);
        id
    }

    fn step(&mut self, request: GroupRequest, id: ReplyId) {
        let output = self.shard.handle(request, id, self.now, &self.image);
        for record in output.records {
            // What cannot be read back was never written.
            let (key, value) = encode_record(&record);
            let (read, _) = GroupRecord::decode(&key, value.as_deref()).unwrap();
            let at = i64::try_from(self.log.len()).unwrap();
            self.shard.replay(&read, None, at, false);
            self.log.push(read);
        }
        self.answers.extend(output.replies);
    }

    /// Lets time pass; everything that is due happens in order.
    pub(super) fn pass(&mut self, ms: i64) {
        let end = self.now.elapsed_ms + ms;
        while let Some(due) = self.shard.next_due().filter(|due| *due <= end) {
            let step = (due - self.now.elapsed_ms).max(0);
            self.now.elapsed_ms += step;
            self.now.wall_ms += step;
            self.step(GroupRequest::Tick, 0);
        }
        self.now.wall_ms += end - self.now.elapsed_ms;
        self.now.elapsed_ms = end;
    }

    /// Loads the shard anew from its log, as after a crash.
    pub(super) fn crash(&mut self) {
        self.shard = GroupShard::new(self.config.clone(), Rng::seeded(9));
        for (at, record) in (0..).zip(&self.log) {
            self.shard.replay(record, None, at, true);
        }
        self.answers.clear();
        self.shard.start(self.now, &self.image);
    }

    pub(super) fn answer(&mut self, id: ReplyId) -> Option<GroupResponse> {
        self.answers.remove(&id)
    }

    pub(super) fn ask(&mut self, request: GroupRequest) -> GroupResponse {
        let id = self.send(request);
        self.answer(id).expect("it is answered at once")
    }

    pub(super) fn joined(&mut self, id: ReplyId) -> Joined {
        match self.answer(id) {
            Some(GroupResponse::Joined(joined)) => joined,
            other => panic!("{other:?}"),
        }
    }

    pub(super) fn synced(&mut self, id: ReplyId) -> Synced {
        match self.answer(id) {
            Some(GroupResponse::Synced(synced)) => synced,
            other => panic!("{other:?}"),
        }
    }

    /// Sends a heartbeat of a classic member.
    pub(super) fn beat(&mut self, id: &str, generation: i32) -> ErrorCode {
        let beat = Beat {
            group: "g".to_owned(),
            generation,
            member: member(id),
        };
        match self.ask(GroupRequest::Heartbeat(beat)) {
            GroupResponse::Code(code) => code,
            other => panic!("{other:?}"),
        }
    }

    /// Commits an offset of partition 0 of topic `t`.
    pub(super) fn commit(&mut self, id: &str, epoch: i32, offset: i64) -> ErrorCode {
        let commit = Commit {
            group: "g".to_owned(),
            member: member(id),
            epoch,
            names_missing_group: true,
            offsets: vec![NewOffset {
                topic: "t".to_owned(),
                offset,
                ..NewOffset::default()
            }],
            ..Commit::default()
        };
        match self.ask(GroupRequest::Commit(commit)) {
            GroupResponse::Codes(codes) => codes[0],
            other => panic!("{other:?}"),
        }
    }

    /// Returns the committed offset of partition 0 of topic `t`.
    pub(super) fn committed(&mut self) -> i64 {
        let asked = FetchOffsets {
            group: "g".to_owned(),
            epoch: -1,
            topics: Some(vec![("t".to_owned(), vec![0])]),
            ..FetchOffsets::default()
        };
        match self.ask(GroupRequest::Fetch(asked)) {
            GroupResponse::Fetched(fetched) => fetched[0].1[0].offset,
            other => panic!("{other:?}"),
        }
    }

    /// Sends a heartbeat of a consumer group's member.
    pub(super) fn consumer(&mut self, beat: ConsumerHeartbeat) -> Result<ConsumerBeat, Refused> {
        match self.ask(GroupRequest::ConsumerHeartbeat(beat)) {
            GroupResponse::ConsumerHeartbeat(answer) => answer,
            other => panic!("{other:?}"),
        }
    }
}

pub(super) fn member(id: &str) -> Member {
    Member {
        id: id.to_owned(),
        instance: None,
    }
}

/// A JoinGroup of an old client, which is let in at once.
pub(super) fn join(id: &str) -> Join {
    Join {
        group: "g".to_owned(),
        member: member(id),
        client: Client {
            id: "c".to_owned(),
            host: "/127.0.0.1".to_owned(),
        },
        session_timeout_ms: 10_000,
        rebalance_timeout_ms: 60_000,
        protocol_type: "consumer".to_owned(),
        protocols: vec![(
            "range".to_owned(),
            vec![0, 0, 0, 0, 0, 0, 255, 255, 255, 255],
        )],
        ..Join::default()
    }
}

pub(super) fn sync(id: &str, generation: i32, assignments: &[(&str, &str)]) -> Sync {
    let given = assignments.iter();
    Sync {
        group: "g".to_owned(),
        generation,
        member: member(id),
        assignments: given
            .map(|(id, bytes)| ((*id).to_owned(), bytes.as_bytes().to_vec()))
            .collect(),
        ..Sync::default()
    }
}
