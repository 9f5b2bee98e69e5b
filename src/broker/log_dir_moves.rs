//! Moves of partitions between this broker's log directories (KIP-113).
//!
//! A move is asked for, copies in the background as fast as
//! `replica.alter.log.dirs.io.max.bytes.per.second` allows, and swaps in the end. It is forgotten
//! when it ends, by success or not; its half-filled copy goes with it, and with a restart.

use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicI64, AtomicU64, Ordering};
use std::time::Duration;

use parking_lot::Mutex;
use tokio::sync::{Notify, Semaphore};

use super::state::BrokerState;
use super::stop::{Stop, stopped};
use crate::config::ConfigValue;
use crate::controller::{AssignReplicasToDirs, ReplicaDirectory};
use crate::replica::{MoveError, Partition};
use crate::rng::Rng;
use crate::storage::{FutureOf, Log};
use crate::types::{Offset, TopicPartition, Uuid};

/// Partitions that are not here yet and have a directory chosen; more are forgotten.
const PREFERRED_MAX: usize = 10_000;

/// A partition of a topic, by the topic's id.
type Key = (Uuid, i32);

/// A move that is under way.
#[derive(Debug)]
pub(super) struct Move {
    partition: Arc<Partition>,
    /// The log directory that it goes to.
    pub(super) target: PathBuf,
    copied_bytes: AtomicU64,
    copied_until: AtomicI64,
    cancelled: AtomicBool,
}

impl Move {
    /// Returns the size of the copy.
    pub(super) fn copied_bytes(&self) -> u64 {
        self.copied_bytes.load(Ordering::Relaxed)
    }

    /// Returns where the copy ends.
    pub(super) fn copied_until(&self) -> Offset {
        Offset(self.copied_until.load(Ordering::Relaxed))
    }

    fn is_cancelled(&self) -> bool {
        self.cancelled.load(Ordering::Relaxed)
    }
}

/// The moves of a broker.
#[derive(Debug, Default)]
pub(super) struct LogDirMoves {
    moves: Mutex<HashMap<Key, Arc<Move>>>,
    waiting: Mutex<Vec<Arc<Move>>>,
    asked: Notify,
}

impl LogDirMoves {
    /// Moves a partition, in the place of a move to elsewhere; a move to where it lies already only
    /// ends one that is under way.
    pub(super) fn ask(&self, partition: Arc<Partition>, target: PathBuf) {
        let key = key_of(&partition);
        let mut moves = self.moves.lock();
        if let Some(under_way) = moves.get(&key) {
            if under_way.target == target {
                return;
            }
            under_way.cancelled.store(true, Ordering::Relaxed);
            moves.remove(&key);
        }
        if partition.place().0 == target {
            return;
        }
        let asked = Arc::new(Move {
            partition,
            target,
            copied_bytes: AtomicU64::new(0),
            copied_until: AtomicI64::new(0),
            cancelled: AtomicBool::new(false),
        });
        moves.insert(key, Arc::clone(&asked));
        drop(moves);
        self.waiting.lock().push(asked);
        self.asked.notify_one();
    }

    /// Returns the move of a partition.
    pub(super) fn of(&self, partition: &Partition) -> Option<Arc<Move>> {
        self.moves.lock().get(&key_of(partition)).map(Arc::clone)
    }

    fn end(&self, ended: &Arc<Move>) {
        let mut moves = self.moves.lock();
        let key = key_of(&ended.partition);
        if moves
            .get(&key)
            .is_some_and(|known| Arc::ptr_eq(known, ended))
        {
            moves.remove(&key);
        }
    }
}

fn key_of(partition: &Partition) -> Key {
    (partition.topic_id, partition.topic_partition.partition)
}

/// Carries out what is asked for, until the broker stops.
pub(super) async fn run(state: Arc<BrokerState>, mut stop: Stop) {
    let threads = state.config.size("num.replica.alter.log.dirs.threads");
    let threads = if threads == 0 {
        state.config.log_dirs.len()
    } else {
        threads
    };
    let threads = Arc::new(Semaphore::new(threads.clamp(1, Semaphore::MAX_PERMITS)));
    let mut running = tokio::task::JoinSet::new();
    loop {
        let waiting = std::mem::take(&mut *state.moves.waiting.lock());
        for asked in waiting {
            let (state, stop) = (Arc::clone(&state), stop.clone());
            let threads = Arc::clone(&threads);
            running.spawn(async move {
                let _permit = threads.acquire_owned().await;
                carry_out(&state, &asked, &stop).await;
                state.moves.end(&asked);
            });
        }
        tokio::select! {
            () = stopped(&mut stop) => break,
            () = state.moves.asked.notified() => {}
            Some(_) = running.join_next() => {}
        }
    }
    while running.join_next().await.is_some() {}
}

async fn carry_out(state: &Arc<BrokerState>, asked: &Arc<Move>, stop: &Stop) {
    let name = &asked.partition.topic_partition;
    let target = asked.target.display();
    let job = {
        let (state, asked, stop) = (Arc::clone(state), Arc::clone(asked), stop.clone());
        move || copy_and_swap(&state, &asked, &stop)
    };
    match tokio::task::spawn_blocking(job).await {
        Ok(Ok(true)) => tracing::info!(partition = %name, %target, "moved"),
        Ok(Ok(false)) => return,
        Ok(Err(error)) => {
            tracing::error!(%error, partition = %name, %target, "not moved");
            return;
        }
        Err(error) => {
            tracing::error!(%error, partition = %name, %target, "not moved");
            return;
        }
    }
    let Some(directory) = state.dirs.id_of(&asked.target) else {
        return;
    };
    let replica = ReplicaDirectory {
        topic: asked.partition.topic_id,
        partition: name.partition,
        directory,
    };
    let assign = AssignReplicasToDirs {
        broker: state.node_id,
        replicas: vec![replica],
    };
    if let Err(code) = state.controller.submit(assign).await {
        tracing::warn!(%code, partition = %name, "the metadata has its old directory");
    }
}

/// Copies a partition's log and puts the copy in its place; returns whether it did.
fn copy_and_swap(state: &BrokerState, asked: &Move, stop: &Stop) -> Result<bool, String> {
    let mut rng = Rng::from_os();
    let partition = &asked.partition;
    let of = FutureOf {
        partition: partition.topic_partition.clone(),
        topic_id: partition.topic_id,
        id: rng.uuid(),
    };
    let config = partition.with_log(|log| log.config().clone());
    let future = state.dirs.create_future(&asked.target, &of, config);
    let mut future = future.map_err(|error| error.to_string())?;
    let dir = future.dir().to_path_buf();
    let outcome = match copy(state, asked, &mut future, stop) {
        Ok(Copied::Whole) => swap(state, asked, future, rng.uuid()),
        // The next start finds it, and begins anew.
        Ok(Copied::UntilStop) => return Ok(false),
        Ok(Copied::InVain) => Ok(false),
        Err(error) => Err(error.to_string()),
    };
    if !matches!(outcome, Ok(true)) {
        state.dirs.remove_later(vec![dir], 0);
    }
    outcome
}

/// Why copying ended.
enum Copied {
    /// The copy lacks little or nothing.
    Whole,
    /// The broker stops.
    UntilStop,
    /// The move was called off, or the topic deleted.
    InVain,
}

/// Copies until the copy lacks nothing that was there when it was looked at.
fn copy(
    state: &BrokerState,
    asked: &Move,
    future: &mut Log,
    stop: &Stop,
) -> Result<Copied, MoveError> {
    loop {
        if *stop.borrow() {
            return Ok(Copied::UntilStop);
        }
        if asked.is_cancelled() {
            return Ok(Copied::InVain);
        }
        let begin = state.clock.monotonic();
        let now_ms = state.clock.now_ms();
        let bytes = match asked.partition.copy_piece_to(future, now_ms) {
            Ok(bytes) => bytes,
            Err(MoveError::Retired) => return Ok(Copied::InVain),
            Err(error) => return Err(error),
        };
        let end = future.end_offset();
        asked.copied_until.store(end.0, Ordering::Relaxed);
        asked.copied_bytes.store(future.bytes(), Ordering::Relaxed);
        if end >= asked.partition.place().2 {
            return Ok(Copied::Whole);
        }
        pace(state, asked, bytes, begin, stop);
    }
}

/// Waits as long as the copied bytes should take at the rate that is set now.
fn pace(state: &BrokerState, asked: &Move, bytes: usize, begin: Duration, stop: &Stop) {
    let bytes = u128::try_from(bytes).unwrap_or(u128::MAX);
    while !*stop.borrow() && !asked.is_cancelled() {
        let rate = match state.setting("replica.alter.log.dirs.io.max.bytes.per.second") {
            Some(ConfigValue::Number(rate)) => u128::try_from(rate).unwrap_or(0).max(1),
            _ => u128::MAX,
        };
        let nanos = u64::try_from(bytes * 1_000_000_000 / rate).unwrap_or(u64::MAX);
        let elapsed = state.clock.monotonic().saturating_sub(begin);
        let left = Duration::from_nanos(nanos).saturating_sub(elapsed);
        if left.is_zero() {
            return;
        }
        std::thread::sleep(left.min(Duration::from_millis(50)));
    }
}

fn swap(state: &BrokerState, asked: &Move, future: Log, id: Uuid) -> Result<bool, String> {
    let partition = &asked.partition;
    let failure = state.dirs.failure_of(&asked.target);
    let now_ms = state.clock.now_ms();
    let mut renamed = None;
    let replaced = partition.replace_log(future, failure, now_ms, |old, future| {
        state.dirs.promote(future)?;
        // From here on the partition has two whole logs; a start keeps the one in use.
        renamed = Some(state.dirs.mark_deleted(old, id)?);
        Ok(())
    });
    match replaced {
        Ok(_) => {}
        Err(MoveError::Retired) => return Ok(false),
        Err(error) => return Err(error.to_string()),
    }
    let delay_ms = partition.file_delete_delay_ms();
    state
        .dirs
        .remove_later(renamed.into_iter().collect(), delay_ms);
    if let Err(error) = state.dirs.checkpoint(&state.replicas) {
        tracing::error!(%error, "checkpoints");
    }
    Ok(true)
}

/// Where partitions that are not here yet are to be made.
#[derive(Debug, Default)]
pub(super) struct PreferredDirs(Mutex<HashMap<TopicPartition, PathBuf>>);

impl PreferredDirs {
    /// Notes where a partition is to be made.
    pub(super) fn set(&self, partition: TopicPartition, log_dir: &Path) {
        let mut preferred = self.0.lock();
        if preferred.len() < PREFERRED_MAX {
            preferred.insert(partition, log_dir.to_path_buf());
        }
    }

    /// Takes what was noted for a partition.
    pub(super) fn take(&self, partition: &TopicPartition) -> Option<PathBuf> {
        self.0.lock().remove(partition)
    }
}
