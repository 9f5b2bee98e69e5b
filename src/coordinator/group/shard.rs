//! The groups of one partition of `__consumer_offsets`.
//!
//! [`GroupShard::handle`] decides: members of classic groups change at once, everything that is
//! written down changes when its record is replayed. The owner appends [`Output::records`] and
//! has them replayed before it asks for anything else; if they cannot be appended and
//! [`Output::changed`] is set, it drops the shard and loads it again.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::classic::ClassicGroup;
use super::config::GroupConfig;
use super::consumer::ConsumerGroup;
use super::offsets::Offsets;
use super::record::{GroupRecord, OffsetCommitKey, OffsetCommitValue};
use super::request::{GroupRequest, GroupResponse, Join, Joined, Synced};
use super::step::{Output, ReplyId, Step, TimerKey};
use crate::coordinator::timer::{Now, Timers};
use crate::metadata::MetadataImage;
use crate::protocol::ErrorCode;
use crate::rng::Rng;

/// A group of either kind.
#[derive(Debug)]
pub(super) enum Group {
    /// Members assign.
    Classic(ClassicGroup),
    /// The coordinator assigns.
    Consumer(ConsumerGroup),
}

impl Group {
    /// Returns whether it has members.
    pub(super) fn has_members(&self) -> bool {
        match self {
            Self::Classic(group) => group.has_members(),
            Self::Consumer(group) => group.has_members(),
        }
    }

    /// Returns whether nobody is in it, nor about to be.
    pub(super) fn is_unused(&self) -> bool {
        match self {
            Self::Classic(group) => group.is_unused(),
            Self::Consumer(group) => !group.has_members(),
        }
    }

    /// Returns whether its members read a topic, or might.
    pub(super) fn is_subscribed_to(&self, topic: &str) -> bool {
        match self {
            Self::Classic(group) => group.is_subscribed_to(topic),
            Self::Consumer(group) => group.is_subscribed_to(topic),
        }
    }

    /// Returns the records that take it away.
    pub(super) fn tombstones(&self) -> Vec<GroupRecord> {
        match self {
            // Also for one of offsets alone, which was never written down.
            Self::Classic(group) => vec![group.tombstone()],
            Self::Consumer(group) => group.tombstones(),
        }
    }
}

/// The groups of one partition.
#[derive(Debug)]
pub struct GroupShard {
    pub(super) config: Arc<GroupConfig>,
    pub(super) groups: BTreeMap<String, Group>,
    pub(super) offsets: Offsets,
    timers: Timers<TimerKey>,
    rng: Rng,
    /// The topics as they were when they were last told of.
    topics: BTreeMap<String, crate::types::Uuid>,
}

impl GroupShard {
    /// Returns a shard without groups; its log is replayed next.
    #[must_use]
    pub fn new(config: GroupConfig, rng: Rng) -> Self {
        Self {
            config: Arc::new(config),
            groups: BTreeMap::new(),
            offsets: Offsets::default(),
            timers: Timers::default(),
            rng,
            topics: BTreeMap::new(),
        }
    }

    /// Begins to serve after a load: everybody's time runs from now.
    pub fn start(&mut self, now: Now, image: &MetadataImage) {
        self.note_topics(image);
        let mut out = Output::default();
        self.with_step(now, &mut out, |shard, step| {
            for group in shard.groups.values() {
                match group {
                    Group::Classic(group) => group.start_sessions(step),
                    Group::Consumer(group) => group.start_sessions(step),
                }
            }
            step.after(TimerKey::Expiry, step.config.retention_check_ms);
        });
    }

    /// Returns when it wants to be called, in elapsed milliseconds.
    #[must_use]
    pub fn next_due(&self) -> Option<i64> {
        self.timers.next()
    }

    /// Handles a request, or the passing of time.
    pub fn handle(
        &mut self,
        request: GroupRequest,
        to: ReplyId,
        now: Now,
        image: &MetadataImage,
    ) -> Output {
        let mut out = Output::default();
        self.with_step(now, &mut out, |shard, step| match request {
            GroupRequest::Join(join) => shard.join(&join, to, step),
            GroupRequest::Sync(sync) => match shard.classic(&sync.group) {
                Some(group) => group.sync(&sync, to, step),
                None => {
                    let refused = Synced::refused(ErrorCode::UnknownMemberId);
                    step.out.reply(to, refused);
                }
            },
            GroupRequest::Heartbeat(beat) => {
                let code = match shard.classic(&beat.group) {
                    Some(group) => group.heartbeat(&beat, step),
                    None => ErrorCode::UnknownMemberId,
                };
                step.out.reply(to, code);
            }
            GroupRequest::Leave(id, members) => {
                let left = match shard.classic(&id) {
                    Some(group) => group.leave(members, step),
                    None => {
                        let unknown = |member| (member, ErrorCode::UnknownMemberId);
                        members.into_iter().map(unknown).collect()
                    }
                };
                step.out.reply(to, GroupResponse::Left(left));
            }
            GroupRequest::Commit(commit) => shard.commit(&commit, to, step),
            GroupRequest::DeleteOffsets(id, partitions) => {
                let response = shard.delete_offsets(&id, &partitions, step);
                step.out.reply(to, response);
            }
            GroupRequest::DeleteGroup(id) => {
                let code = shard.delete_group(&id, step);
                step.out.reply(to, code);
            }
            GroupRequest::ConsumerHeartbeat(beat) => {
                let response = shard.consumer_heartbeat(beat, image, step);
                step.out
                    .reply(to, GroupResponse::ConsumerHeartbeat(response));
            }
            GroupRequest::TopicsChanged => shard.topics_changed(image, step),
            GroupRequest::Tick => shard.tick(step),
            reading => {
                let response = shard.read(reading);
                step.out.reply(to, response);
            }
        });
        out
    }

    /// Answers what changes nothing.
    fn read(&self, request: GroupRequest) -> GroupResponse {
        match request {
            GroupRequest::Fetch(asked) => self.fetch(&asked),
            GroupRequest::List { states, types } => {
                GroupResponse::Listed(self.list(&states, &types))
            }
            GroupRequest::DescribeClassic(id) => GroupResponse::Classic(self.describe_classic(&id)),
            GroupRequest::DescribeConsumer(id) => {
                GroupResponse::Consumer(self.describe_consumer(&id))
            }
            _ => GroupResponse::Code(ErrorCode::UnknownServerError),
        }
    }

    fn with_step(
        &mut self,
        now: Now,
        out: &mut Output,
        action: impl FnOnce(&mut Self, &mut Step<'_>),
    ) {
        // The groups are borrowed beside what a step may use.
        let mut timers = std::mem::take(&mut self.timers);
        let mut rng = self.rng.clone();
        let config = Arc::clone(&self.config);
        let mut step = Step {
            now,
            config: &config,
            timers: &mut timers,
            rng: &mut rng,
            out,
        };
        action(self, &mut step);
        self.timers = timers;
        self.rng = rng;
    }

    fn classic(&mut self, id: &str) -> Option<&mut ClassicGroup> {
        match self.groups.get_mut(id) {
            Some(Group::Classic(group)) => Some(group),
            Some(Group::Consumer(_)) | None => None,
        }
    }

    fn join(&mut self, join: &Join, to: ReplyId, step: &mut Step<'_>) {
        let timeout_ms = i64::from(join.session_timeout_ms);
        let most = step.config.session_timeout_max_ms;
        if !(step.config.session_timeout_min_ms..=most).contains(&timeout_ms) {
            let code = ErrorCode::InvalidSessionTimeout;
            step.out.reply(to, Joined::refused(&join.member.id, code));
            return;
        }
        let is_new = join.member.id.is_empty();
        match self.groups.get(&join.group) {
            None if is_new => {
                let group = ClassicGroup::new(&join.group);
                self.groups
                    .insert(join.group.clone(), Group::Classic(group));
            }
            Some(Group::Consumer(group)) if is_new && !group.has_members() => {
                // An empty group changes its kind (KIP-848).
                step.out.records.extend(group.tombstones());
                let group = ClassicGroup::new(&join.group);
                self.groups
                    .insert(join.group.clone(), Group::Classic(group));
            }
            Some(Group::Consumer(_)) => {
                let code = if is_new {
                    ErrorCode::GroupIdNotFound
                } else {
                    ErrorCode::UnknownMemberId
                };
                step.out.reply(to, Joined::refused(&join.member.id, code));
                return;
            }
            None => {
                let code = ErrorCode::UnknownMemberId;
                step.out.reply(to, Joined::refused(&join.member.id, code));
                return;
            }
            Some(Group::Classic(_)) => {}
        }
        if let Some(group) = self.classic(&join.group) {
            group.join(join, to, step);
        }
    }

    /// Does everything that is due.
    fn tick(&mut self, step: &mut Step<'_>) {
        while let Some(key) = step.timers.pop(step.now.elapsed_ms) {
            match key {
                TimerKey::Session { group, member } => match self.groups.get_mut(&group) {
                    Some(Group::Classic(group)) => group.session_is_over(&member, step),
                    Some(Group::Consumer(group)) => group.session_is_over(&member, step),
                    None => {}
                },
                TimerKey::Join(id) => {
                    if let Some(group) = self.classic(&id) {
                        group.time_is_up(step);
                    }
                }
                TimerKey::Sync(id) => {
                    if let Some(group) = self.classic(&id) {
                        group.sync_time_is_up(step);
                    }
                }
                TimerKey::Revoke { group, member } => {
                    if let Some(Group::Consumer(group)) = self.groups.get(&group) {
                        group.revoke_time_is_up(&member, step);
                    }
                }
                TimerKey::Expiry => self.expire(step),
            }
            // What a consumer group decides next rests on what is written so far.
            if !step.out.records.is_empty() {
                break;
            }
        }
    }

    fn note_topics(&mut self, image: &MetadataImage) {
        let topics = image.topics().map(|topic| (topic.name.clone(), topic.id));
        self.topics = topics.collect();
    }

    fn topics_changed(&mut self, image: &MetadataImage, step: &mut Step<'_>) {
        let is_gone = |(name, id): (&String, &crate::types::Uuid)| {
            let now = image.topic(name);
            now.is_none_or(|topic| topic.id != *id)
                .then(|| name.clone())
        };
        let gone: Vec<String> = self.topics.iter().filter_map(is_gone).collect();
        if !gone.is_empty() {
            self.forget_topics(&gone, step);
        }
        self.note_topics(image);
    }

    /// Takes a record of the log in; `producer` is that of an open transaction, `loading` says
    /// whether the shard is being loaded.
    pub fn replay(&mut self, record: &GroupRecord, producer: Option<i64>, at: i64, loading: bool) {
        match record {
            GroupRecord::OffsetCommit(key, value) => {
                self.replay_offset(key, value.as_ref(), producer, at);
            }
            GroupRecord::LegacyOffsetCommit(key, value) => {
                let key = OffsetCommitKey {
                    group: key.group.clone(),
                    topic: key.topic.clone(),
                    partition: key.partition,
                };
                let value = value.as_ref().map(|value| OffsetCommitValue {
                    offset: value.offset,
                    metadata: value.metadata.clone(),
                    commit_timestamp: value.commit_timestamp,
                    ..OffsetCommitValue::default()
                });
                self.replay_offset(&key, value.as_ref(), producer, at);
            }
            GroupRecord::GroupMetadata(key, Some(value)) if loading => {
                let group = ClassicGroup::of_record(&key.group, value);
                self.groups.insert(key.group.clone(), Group::Classic(group));
            }
            // The group in memory is the one that the record was made of.
            GroupRecord::GroupMetadata(_, Some(_)) => {}
            GroupRecord::GroupMetadata(key, None) => {
                if matches!(self.groups.get(&key.group), Some(Group::Classic(_))) {
                    self.groups.remove(&key.group);
                }
            }
            other => self.replay_consumer(other),
        }
    }

    fn replay_offset(
        &mut self,
        key: &OffsetCommitKey,
        value: Option<&OffsetCommitValue>,
        producer: Option<i64>,
        at: i64,
    ) {
        self.offsets.replay(key, value, producer, at);
        if value.is_some() && !self.groups.contains_key(&key.group) {
            // A group of offsets alone.
            let group = ClassicGroup::new(&key.group);
            self.groups.insert(key.group.clone(), Group::Classic(group));
        }
    }

    /// Takes the end of a transaction in.
    pub fn end_transaction(&mut self, producer: i64, committed: bool) {
        self.offsets.end_transaction(producer, committed);
    }
}
