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

use std::collections::{BTreeMap, HashMap};
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
    partitions: Partitions,
    used_at: Duration,
}

/// The partitions of a session, in the order in which they are served; any of them is found,
/// moved or forgotten without looking at the others.
#[derive(Debug, Default)]
struct Partitions {
    next_place: u64,
    by_place: BTreeMap<u64, Remembered>,
    places: HashMap<(TopicKey, i32), u64>,
}

impl Partitions {
    fn of(asked: &[Asked]) -> Self {
        let mut partitions = Self::default();
        for asked in asked {
            partitions.set(asked.clone());
        }
        partitions
    }

    /// Adds a partition at the end, or changes what is asked of a known one.
    fn set(&mut self, asked: Asked) {
        let key = (asked.topic.clone(), asked.partition);
        if let Some(known) = self.get_mut(&key) {
            known.asked = asked;
            return;
        }
        let remembered = Remembered {
            asked,
            high_watermark: Offset::NONE,
            log_start_offset: Offset::NONE,
        };
        self.push(key, remembered);
    }

    fn push(&mut self, key: (TopicKey, i32), remembered: Remembered) {
        self.by_place.insert(self.next_place, remembered);
        self.places.insert(key, self.next_place);
        self.next_place += 1;
    }

    fn get_mut(&mut self, key: &(TopicKey, i32)) -> Option<&mut Remembered> {
        self.by_place.get_mut(self.places.get(key)?)
    }

    fn remove(&mut self, key: &(TopicKey, i32)) -> Option<Remembered> {
        self.by_place.remove(&self.places.remove(key)?)
    }

    /// Moves a partition behind all others.
    fn move_back(&mut self, key: &(TopicKey, i32)) {
        if let Some(remembered) = self.remove(key) {
            self.push(key.clone(), remembered);
        }
    }

    fn asked(&self) -> Vec<Asked> {
        self.by_place
            .values()
            .map(|remembered| remembered.asked.clone())
            .collect()
    }
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
        let session = Arc::new(Mutex::new(Session {
            id,
            next_epoch: 1,
            by_id,
            partitions: Partitions::of(asked),
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
        let asked = guard.partitions.asked();
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
        // Fairness: partitions that gave records go behind those that did not.
        for served in found.iter().filter(|found| found.bytes() > 0) {
            session
                .partitions
                .move_back(&(served.asked.topic.clone(), served.asked.partition));
        }
        found.retain(|found| session.remember(found, self.incremental));
        session.id
    }
}

impl Session {
    /// Takes new, changed and forgotten partitions.
    fn change(&mut self, topics: &[FetchTopic], forgotten: &[ForgottenTopic]) {
        for asked in topics.iter().flat_map(|topic| asked_of(topic, self.by_id)) {
            self.partitions.set(asked);
        }
        for topic in forgotten {
            let key = key_of(&topic.topic, topic.topic_id, self.by_id);
            for number in &topic.partitions {
                self.partitions.remove(&(key.clone(), *number));
            }
        }
    }

    /// Takes what is told of a partition; returns whether it must be told.
    fn remember(&mut self, found: &Found, incremental: bool) -> bool {
        let key = (found.asked.topic.clone(), found.asked.partition);
        let Some(known) = self.partitions.get_mut(&key) else {
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
        !incremental || found.bytes() > 0 || failed || moved
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

#[cfg(test)]
mod tests {
    use super::*;

    fn asked(partition: i32) -> Asked {
        Asked {
            topic: TopicKey::Name("t".into()),
            partition,
            from: Offset::ZERO,
            bytes_max: 1,
            leader_epoch: LeaderEpoch::NONE,
        }
    }

    #[test]
    fn served_partitions_go_behind_the_others_and_forgotten_ones_are_gone() {
        let mut partitions = Partitions::of(&[asked(0), asked(1), asked(2)]);
        let key = |number| (TopicKey::Name("t".into()), number);
        partitions.move_back(&key(0));
        partitions.set(Asked {
            from: Offset(7),
            ..asked(1)
        });
        partitions.remove(&key(2));
        let order: Vec<_> = partitions
            .asked()
            .iter()
            .map(|a| (a.partition, a.from.0))
            .collect();
        assert_eq!(order, [(1, 7), (0, 0)]);
    }

    #[test]
    fn a_full_cache_declines_until_a_session_has_been_idle() {
        let sessions = FetchSessions::new(1, Rng::seeded(1));
        let first = sessions.open(&[asked(0)], false, Duration::ZERO).unwrap();
        let soon = IDLE_EVICTION - Duration::from_secs(1);
        assert!(sessions.open(&[asked(0)], false, soon).is_none());
        let later = IDLE_EVICTION + Duration::from_secs(1);
        let second = sessions.open(&[asked(0)], false, later).unwrap();
        let ids = (first.lock().id, second.lock().id);
        assert!(sessions.find(ids.0).is_none() && sessions.find(ids.1).is_some());
    }
}
