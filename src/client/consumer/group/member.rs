//! What the tasks of one member share: who it is, whether its owner still polls, what it is told.

use std::sync::Arc;
use std::time::Duration;

use parking_lot::Mutex;
use tokio::sync::{Notify, mpsc};

use super::config::GroupConfig;
use crate::client::config::ClientConfig;
use crate::client::error::ClientError;
use crate::client::group_coordinator::{GroupCoordinator, GroupMember};
use crate::client::log::LogLevel;
use crate::types::Uuid;

const CONSUMER_COORDINATOR: &str =
    "org.apache.kafka.clients.consumer.internals.ConsumerCoordinator";

/// What a task tells the poll.
#[derive(Debug)]
pub(in crate::client::consumer) enum Signal {
    /// The group rebalances: join again.
    Rebalance,
    /// The member is none any more; what it had is another's.
    Lost,
    /// The coordinator has told what to read.
    Assigned,
    /// Nothing can go on.
    Failed(ClientError),
}

/// A signal, and the generation that it is about.
pub(in crate::client::consumer) type Told = (i32, Signal);

/// Partitions by topic id, as the coordinator assigns them by the protocol of KIP-848.
pub(super) type TargetAssignment = Vec<(Uuid, Vec<i32>)>;

/// What changes; the lock is held for lines that can be seen at once.
#[derive(Debug, Default)]
pub(super) struct State {
    /// The generation or the member's epoch; -1 for none.
    pub(super) generation: i32,
    pub(super) member_id: String,
    /// Since when nobody polls; `None` while someone does.
    pub(super) idle_since: Option<Duration>,
    /// Topics, by the protocol of KIP-848.
    pub(super) topics: Vec<String>,
    /// What the member reads, by the protocol of KIP-848.
    pub(super) owned: TargetAssignment,
    /// What it is to read, until that was taken.
    pub(super) target: Option<TargetAssignment>,
}

/// What the tasks of one member share.
#[derive(Debug)]
pub(in crate::client::consumer) struct Member {
    pub(super) config: GroupConfig,
    pub(super) client: ClientConfig,
    pub(super) coordinator: GroupCoordinator,
    pub(super) state: Mutex<State>,
    /// Has the heartbeat of KIP-848 go out at once.
    pub(super) nudge: Notify,
    signals: mpsc::UnboundedSender<Told>,
}

impl Member {
    pub(super) fn new(
        config: GroupConfig,
        client: ClientConfig,
        coordinator: GroupCoordinator,
    ) -> (Arc<Self>, mpsc::UnboundedReceiver<Told>) {
        let (signals, told) = mpsc::unbounded_channel();
        let member = Self {
            config,
            client,
            coordinator,
            state: Mutex::new(State {
                generation: -1,
                ..State::default()
            }),
            nudge: Notify::new(),
            signals,
        };
        (Arc::new(member), told)
    }

    /// Returns who speaks on the wire.
    pub(super) fn identity(&self) -> GroupMember {
        let state = self.state.lock();
        GroupMember {
            group: self.config.id.clone(),
            generation: state.generation,
            member_id: state.member_id.clone(),
            instance_id: self.config.instance_id.clone(),
        }
    }

    /// Tells the poll; one that is gone needs no news.
    pub(super) fn tell(&self, generation: i32, signal: Signal) {
        drop(self.signals.send((generation, signal)));
    }

    /// Returns the time of the client's clock.
    pub(super) fn now(&self) -> Duration {
        self.client.clock.monotonic()
    }

    /// Notes that the owner polls, or that it has stopped to.
    pub(in crate::client::consumer) fn set_polling(&self, is_polling: bool) {
        let was_abandoned = self.is_abandoned();
        let idle_since = if is_polling { None } else { Some(self.now()) };
        self.state.lock().idle_since = idle_since;
        if was_abandoned {
            self.nudge.notify_one();
        }
    }

    /// Returns whether the owner has not polled for `max.poll.interval.ms`.
    pub(super) fn is_abandoned(&self) -> bool {
        let idle_since = self.state.lock().idle_since;
        let limit = self.config.max_poll_interval;
        idle_since.is_some_and(|since| self.now().saturating_sub(since) > limit)
    }

    /// Writes a line of the group's to the log.
    pub(super) fn log(&self, level: LogLevel, message: &str) {
        self.client.log_line(level, CONSUMER_COORDINATOR, message);
    }

    /// Says that the owner took too long between two polls.
    pub(super) fn log_abandoned(&self) {
        self.log(
            LogLevel::Warn,
            "consumer poll timeout has expired. This means the time between subsequent calls to \
             poll() was longer than the configured max.poll.interval.ms, which typically implies \
             that the poll loop is spending too much time processing messages. You can address \
             this either by increasing max.poll.interval.ms or by reducing the maximum size of \
             batches returned in poll() with max.poll.records.",
        );
    }
}
