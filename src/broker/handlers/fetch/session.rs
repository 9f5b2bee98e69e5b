//! Fetch sessions (KIP-227): a client with many partitions names them once.
//!
//! ```text
//! session id, epoch    means
//! 0, -1                no session
//! 0,  0                full fetch; open a session
//! id, 0                close the session, open another
//! id, n                incremental: changed and forgotten partitions only; n must be the next
//! id, -1               close the session, full fetch without one
//! ```
//!
//! An incremental answer holds only partitions with records, an error, or marks that moved. After
//! an error the remembered marks are forgotten, so that the recovery is told.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use parking_lot::Mutex;

use super::read::Found;
use super::{Asked, TOPIC_ID_VERSION_MIN, TopicKey};
use crate::broker::context::RequestContext;
use crate::protocol::ErrorCode;
use crate::protocol::messages::FetchRequest;
use crate::protocol::messages::fetch_request::{FetchPartition, FetchTopic, ForgottenTopic};
use crate::rng::Rng;
use crate::types::{LeaderEpoch, Offset, Uuid};

/// A session that was not used for this long may make room (`FetchSession`, KIP-227).
const IDLE_EVICTION: Duration = Duration::from_secs(120);
/// The epoch of a request that wants no session.
const FINAL_EPOCH: i32 = -1;
/// The epoch of a request that opens a session.
const INITIAL_EPOCH: i32 = 0;

/// All open sessions.
#[derive(Debug)]
pub(in crate::broker) struct FetchSessions {
    slots: Mutex<Slots>,
    slots_max: usize,
}

#[derive(Debug)]
struct Slots {
    sessions: HashMap<i32, Arc<Mutex<Session>>>,
    rng: Rng,
}

#[derive(Debug)]
struct Session {
    id: i32,
    next_epoch: i32,
    by_id: bool,
    partitions: Vec<Remembered>,
    used_at: Duration,
}

#[derive(Debug)]
struct Remembered {
    asked: Asked,
    high_watermark: Offset,
    log_start_offset: Offset,
}

/// What a request asks for, with the session it belongs to.
pub(super) struct Opened {
    asked: Vec<Asked>,
    session: Option<Arc<Mutex<Session>>>,
    incremental: bool,
}

impl FetchSessions {
    pub(in crate::broker) fn new(slots_max: usize, rng: Rng) -> Self {
        Self {
            slots: Mutex::new(Slots {
                sessions: HashMap::new(),
                rng,
            }),
            slots_max,
        }
    }

    fn close(&self, id: i32) {
        self.slots.lock().sessions.remove(&id);
    }

    fn find(&self, id: i32) -> Option<Arc<Mutex<Session>>> {
        self.slots.lock().sessions.get(&id).map(Arc::clone)
    }

    /// Opens a session, or declines if every slot is in use.
    fn open(&self, asked: &[Asked], by_id: bool, now: Duration) -> Option<Arc<Mutex<Session>>> {
        let mut slots = self.slots.lock();
        if slots.sessions.len() >= self.slots_max {
            let oldest = slots
                .sessions
                .iter()
                .map(|(id, session)| (session.lock().used_at, *id))
                .min()
                .filter(|(used_at, _)| now.saturating_sub(*used_at) > IDLE_EVICTION);
            slots.sessions.remove(&oldest?.1);
        }
        let id = loop {
            let id = i32::try_from(slots.rng.below(0x7fff_ffff)).unwrap_or(0) + 1;
            if !slots.sessions.contains_key(&id) {
                break id;
            }
        };
        let remember = |asked: &Asked| Remembered {
            asked: asked.clone(),
            high_watermark: Offset::NONE,
            log_start_offset: Offset::NONE,
        };
        let session = Arc::new(Mutex::new(Session {
            id,
            next_epoch: 1,
            by_id,
            partitions: asked.iter().map(remember).collect(),
            used_at: now,
        }));
        slots.sessions.insert(id, Arc::clone(&session));
        Some(session)
    }
}

/// Resolves the session and the partitions of a request.
pub(super) fn open(
    request: &FetchRequest,
    context: &RequestContext<'_>,
) -> Result<Opened, ErrorCode> {
    let by_id = context.version() >= TOPIC_ID_VERSION_MIN;
    let sessions = &context.fetch_sessions;
    let (id, epoch) = (request.session_id, request.session_epoch);
    if context.version() >= 7 && epoch != INITIAL_EPOCH && epoch != FINAL_EPOCH {
        let session = sessions.find(id).ok_or(ErrorCode::FetchSessionIdNotFound)?;
        let mut guard = session.lock();
        if guard.by_id != by_id {
            return Err(ErrorCode::FetchSessionTopicIdError);
        }
        if guard.next_epoch != epoch {
            return Err(ErrorCode::InvalidFetchSessionEpoch);
        }
        guard.next_epoch = if epoch == i32::MAX { 1 } else { epoch + 1 };
        guard.used_at = context.clock.monotonic();
        guard.change(&request.topics, &request.forgotten_topics_data);
        let asked = guard
            .partitions
            .iter()
            .map(|remembered| remembered.asked.clone())
            .collect();
        drop(guard);
        return Ok(Opened {
            asked,
            session: Some(session),
            incremental: true,
        });
    }
    if id != 0 {
        sessions.close(id);
    }
    let asked: Vec<Asked> = request
        .topics
        .iter()
        .flat_map(|topic| asked_of(topic, by_id))
        .collect();
    let wanted = context.version() >= 7 && epoch == INITIAL_EPOCH && !asked.is_empty();
    let session = if wanted {
        sessions.open(&asked, by_id, context.clock.monotonic())
    } else {
        None
    };
    Ok(Opened {
        asked,
        session,
        incremental: false,
    })
}

impl Opened {
    /// Returns the partitions to read, in the order to read them.
    pub(super) fn asked(&self) -> Vec<Asked> {
        self.asked.clone()
    }

    /// Remembers what is told, leaves out what need not be, and returns the session's id.
    pub(super) fn close(self, found: &mut Vec<Found>) -> i32 {
        let Some(session) = self.session else {
            return 0;
        };
        let mut session = session.lock();
        let mut served = Vec::new();
        found.retain(|found| session.remember(found, self.incremental, &mut served));
        // Fairness: partitions that gave records go behind those that did not.
        session.move_back(&served);
        session.id
    }
}

impl Session {
    /// Takes new, changed and forgotten partitions.
    fn change(&mut self, topics: &[FetchTopic], forgotten: &[ForgottenTopic]) {
        let by_id = self.by_id;
        for asked in topics.iter().flat_map(|topic| asked_of(topic, by_id)) {
            let same = |known: &&mut Remembered| {
                known.asked.topic == asked.topic && known.asked.partition == asked.partition
            };
            match self.partitions.iter_mut().find(same) {
                Some(known) => known.asked = asked,
                None => self.partitions.push(Remembered {
                    asked,
                    high_watermark: Offset::NONE,
                    log_start_offset: Offset::NONE,
                }),
            }
        }
        for topic in forgotten {
            let key = key_of(&topic.topic, topic.topic_id, by_id);
            self.partitions.retain(|known| {
                known.asked.topic != key || !topic.partitions.contains(&known.asked.partition)
            });
        }
    }

    /// Takes what is told of a partition; returns whether it must be told.
    fn remember(
        &mut self,
        found: &Found,
        incremental: bool,
        served: &mut Vec<(TopicKey, i32)>,
    ) -> bool {
        let same = |known: &&mut Remembered| {
            known.asked.topic == found.asked.topic && known.asked.partition == found.asked.partition
        };
        let Some(known) = self.partitions.iter_mut().find(same) else {
            return true;
        };
        let moved = known.high_watermark != found.high_watermark
            || known.log_start_offset != found.log_start_offset;
        let failed = found.code != ErrorCode::None;
        let (high, start) = if failed {
            (Offset::NONE, Offset::NONE)
        } else {
            (found.high_watermark, found.log_start_offset)
        };
        known.high_watermark = high;
        known.log_start_offset = start;
        if found.bytes() > 0 {
            served.push((found.asked.topic.clone(), found.asked.partition));
        }
        !incremental || found.bytes() > 0 || failed || moved
    }

    fn move_back(&mut self, served: &[(TopicKey, i32)]) {
        for (topic, partition) in served {
            let same = |known: &Remembered| {
                known.asked.topic == *topic && known.asked.partition == *partition
            };
            if let Some(index) = self.partitions.iter().position(same) {
                let known = self.partitions.remove(index);
                self.partitions.push(known);
            }
        }
    }
}

fn key_of(name: &str, id: uuid::Uuid, by_id: bool) -> TopicKey {
    if by_id {
        TopicKey::Id(Uuid(id.as_u128()))
    } else {
        TopicKey::Name(name.into())
    }
}

fn asked_of(topic: &FetchTopic, by_id: bool) -> impl Iterator<Item = Asked> {
    let key = key_of(&topic.topic, topic.topic_id, by_id);
    topic
        .partitions
        .iter()
        .map(move |partition: &FetchPartition| Asked {
            topic: key.clone(),
            partition: partition.partition,
            from: Offset(partition.fetch_offset),
            bytes_max: usize::try_from(partition.partition_max_bytes).unwrap_or(0),
            leader_epoch: LeaderEpoch(partition.current_leader_epoch),
        })
}
