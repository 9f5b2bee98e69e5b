//! The cleaner: picks the dirtiest of the compacted logs and has them cleaned.
//!
//! As many at once as `log.cleaner.threads` says, each on a thread that may block; then again,
//! until nothing is dirty enough, and after `log.cleaner.backoff.ms` again. Retention of compacted
//! logs has its turn here too. A damaged log is said to be so once, and left alone until the next
//! start; others go on. An idle broker pays a look at each compacted partition.

mod checkpoints;
mod pace;
mod settings;

use std::collections::HashSet;
use std::sync::Arc;

use tokio::task::JoinSet;

use self::checkpoints::{Checkpoints, Key, key_of};
use self::pace::Throttle;
use self::settings::CleanerConfig;
use super::retention::delete_expired;
use super::state::BrokerState;
use super::stop::{Stop, stopped};
use crate::replica::Partition;
use crate::rng::Rng;
use crate::storage::{CleanError, CleanReport, Cleanable, CleanerSettings, SwapError};

/// A partition that is to be cleaned.
struct Candidate {
    partition: Arc<Partition>,
    cleanable: Cleanable,
}

/// What became of it.
type Outcome = (Arc<Partition>, Result<CleanReport, CleanError>);

struct Cleaner {
    state: Arc<BrokerState>,
    stop: Stop,
    rng: Rng,
    checkpoints: Checkpoints,
    /// Damaged: not to be tried again.
    uncleanable: HashSet<Key>,
    /// Failed for another reason: to be tried again after the backoff.
    put_off: HashSet<Key>,
}

/// Runs until the broker stops.
pub(super) async fn run(state: Arc<BrokerState>, mut stop: Stop) {
    if !state.config.boolean("log.cleaner.enable") {
        return;
    }
    let mut cleaner = Cleaner {
        checkpoints: tokio::task::block_in_place(|| Checkpoints::read(&state)),
        state: Arc::clone(&state),
        stop: stop.clone(),
        rng: Rng::from_os(),
        uncleanable: HashSet::new(),
        put_off: HashSet::new(),
    };
    loop {
        let config = CleanerConfig::of(&state);
        tokio::task::block_in_place(|| {
            delete_expired(&state, &state.dirs, &stop, Partition::is_compacted);
            cleaner.forget_gone();
        });
        cleaner.put_off.clear();
        while cleaner.clean_dirtiest(&config).await && !*stop.borrow() {}
        tokio::select! {
            () = stopped(&mut stop) => return,
            () = tokio::time::sleep(config.backoff) => {}
        }
    }
}

impl Cleaner {
    /// Cleans the dirtiest logs; returns whether there were any.
    async fn clean_dirtiest(&mut self, config: &CleanerConfig) -> bool {
        let mut candidates = tokio::task::block_in_place(|| self.candidates());
        candidates.truncate(config.threads);
        if candidates.is_empty() {
            return false;
        }
        let mut running = JoinSet::new();
        for candidate in candidates {
            let settings = CleanerSettings {
                map_bytes_max: config.map_bytes_max,
                load_factor: config.load_factor,
                buffer_bytes: config.buffer_bytes,
                secret: (self.rng.next_u64(), self.rng.next_u64()),
                now_ms: self.state.clock.now_ms(),
            };
            let (state, stop) = (Arc::clone(&self.state), self.stop.clone());
            let rate = config.bytes_per_second;
            running.spawn_blocking(move || clean(&state, candidate, &settings, stop, rate));
        }
        while let Some(outcome) = running.join_next().await {
            match outcome {
                Ok(outcome) => self.note(outcome),
                Err(error) => tracing::error!(%error, "a cleaning failed"),
            }
        }
        self.write_checkpoints();
        true
    }

    /// Returns the logs that are due, the dirtiest first.
    fn candidates(&self) -> Vec<Candidate> {
        let now_ms = self.state.clock.now_ms();
        let mut due = Vec::new();
        for partition in self.state.replicas.all() {
            let key = key_of(&partition);
            if self.uncleanable.contains(&key) || self.put_off.contains(&key) {
                continue;
            }
            match partition.cleanable(self.checkpoints.get(&partition), now_ms) {
                Ok(Some(cleanable)) if cleanable.is_due() => due.push(Candidate {
                    partition,
                    cleanable,
                }),
                Ok(_) => {}
                Err(error) => {
                    let partition = &partition.topic_partition;
                    tracing::warn!(%error, %partition, "not cleaned");
                }
            }
        }
        due.sort_by(|a, b| b.cleanable.ratio().total_cmp(&a.cleanable.ratio()));
        due
    }

    fn note(&mut self, (partition, outcome): Outcome) {
        let name = &partition.topic_partition;
        let key = key_of(&partition);
        let error = match outcome {
            Ok(report) => {
                tracing::info!(
                    partition = %name,
                    clean_until = %report.clean_until,
                    keys = report.keys,
                    bytes_before = report.bytes_before,
                    bytes_after = report.bytes_after,
                    segments_before = report.segments_before,
                    segments_after = report.segments_after,
                    "cleaned"
                );
                self.checkpoints.set(&partition, report.clean_until);
                return;
            }
            Err(error) => error,
        };
        self.put_off.insert(key);
        match error {
            // The topic, or some of its segments, went meanwhile; or the broker stops.
            CleanError::Stopped | CleanError::Swap(SwapError::Gone) => {
                tracing::debug!(%error, partition = %name, "not cleaned");
            }
            CleanError::Io(_) if partition.is_retired() => {
                tracing::debug!(%error, partition = %name, "not cleaned");
            }
            CleanError::Damaged { .. } | CleanError::Swap(SwapError::Unfinished(_)) => {
                tracing::error!(%error, partition = %name, "uncleanable from now on");
                self.uncleanable.insert(key);
            }
            CleanError::Io(_) | CleanError::Swap(SwapError::Io(_)) => {
                tracing::warn!(%error, partition = %name, "not cleaned; tried again later");
            }
        }
    }

    /// Forgets what is known of partitions that are no longer hosted.
    fn forget_gone(&mut self) {
        let replicas = Arc::clone(&self.state.replicas);
        let is_hosted = |(topic_id, number): &Key| {
            let topic = replicas.topic_by_id(*topic_id);
            topic.is_some_and(|topic| topic.partition(*number).is_some())
        };
        self.uncleanable.retain(is_hosted);
        self.checkpoints.retain(is_hosted);
        self.write_checkpoints();
    }

    fn write_checkpoints(&mut self) {
        let state = Arc::clone(&self.state);
        let written = tokio::task::block_in_place(|| self.checkpoints.write(&state));
        if let Err(error) = written {
            tracing::error!(%error, "the cleaner's checkpoint");
        }
    }
}

/// Cleans one log, on a thread that may block.
fn clean(
    state: &BrokerState,
    candidate: Candidate,
    settings: &CleanerSettings,
    stop: Stop,
    bytes_per_second: f64,
) -> Outcome {
    let partition = candidate.partition;
    let plan = partition.plan_cleaning(candidate.cleanable);
    let clock = Arc::clone(&state.clock);
    let mut pace = Throttle::new(clock, stop, Arc::clone(&partition), bytes_per_second);
    let outcome = plan.run(settings, &mut pace, &mut |cleaned| {
        let files = partition.swap_cleaned(cleaned)?;
        state
            .dirs
            .remove_later(files, partition.file_delete_delay_ms());
        Ok(())
    });
    (partition, outcome)
}
