//! One poll: keeps metadata, positions and fetches going until something has come.
//!
//! Everything that waits for a broker is a task; its end is an [`Event`]. Fetches alone are
//! written here, not in a task, so that they are on the wire when the poll returns.

use std::time::Duration;

use tokio::time::Instant;

use super::Consumer;
use super::fetcher::{Asked, NAMES_MAX, PartitionAnswer, answers, fetch_request};
use super::group::{Joined, next_told};
use super::positions::Position;
use crate::client::admin::{CommittedOffsets, ListedOffset, Results};
use crate::client::cluster::Target;
use crate::client::error::ClientError;
use crate::client::metadata::MetadataSnapshot;
use crate::protocol::messages::FetchResponse;
use crate::protocol::{ApiKey, ErrorCode, VersionRange};
use crate::types::{BrokerId, TopicPartition};

/// How long one try to reach a leader may take; then it is looked up again.
pub(super) const CONNECT_PATIENCE: Duration = Duration::from_secs(1);

/// The end of a task.
#[derive(Debug)]
pub(super) enum Event {
    Metadata(Result<MetadataSnapshot, ClientError>),
    Offsets(
        Vec<usize>,
        Result<Results<TopicPartition, ListedOffset>, ClientError>,
    ),
    Connected(BrokerId, bool),
    Fetched(BrokerId, Box<Result<FetchResponse, ClientError>>),
    /// A join ended.
    Joined(Result<Joined, ClientError>),
    /// Positions were committed.
    Committed(Result<(), ClientError>),
    /// What the group has committed of these partitions.
    Began(Vec<usize>, Result<CommittedOffsets, ClientError>),
}

/// What goes on with a leader.
#[derive(Debug)]
pub(super) enum LeaderState {
    /// A connection is being opened.
    Connecting,
    /// It owes an answer about these partitions.
    Fetching(Vec<Asked>),
}

impl Consumer {
    /// Goes on until there is something in `current`, or the time is over.
    pub(super) async fn poll_until(&mut self, timeout: Duration) -> Result<(), ClientError> {
        let deadline = Instant::now().checked_add(timeout);
        if let Some(error) = self.failed.take() {
            return Err(error);
        }
        loop {
            let mut due = self.start_refresh();
            if self.current.is_empty() {
                // Positions are where the caller has come to: nothing waits to be handed over.
                due = earlier(due, self.drive_group()?);
            }
            self.ask_for_positions();
            due = earlier(due, self.send_fetches().await?);
            if !self.current.is_empty() {
                return Ok(());
            }
            let now = self.now();
            let wait = due.map_or(Duration::from_secs(3600), |at| at.saturating_sub(now));
            let end = async {
                match deadline {
                    Some(deadline) => tokio::time::sleep_until(deadline).await,
                    None => std::future::pending().await,
                }
            };
            tokio::select! {
                biased;
                Some(event) = self.tasks.join_next(), if !self.tasks.is_empty() => {
                    // A task ends in another way only by a panic, which was printed.
                    if let Ok(event) = event {
                        self.take_or_keep(event)?;
                    }
                }
                Some(told) = next_told(&mut self.group) => self.take_told(told)?,
                () = self.wake.notified() => return Ok(()),
                () = end => return Ok(()),
                () = tokio::time::sleep(wait) => {}
            }
            while let Some(Ok(event)) = self.tasks.try_join_next() {
                self.take_or_keep(event)?;
            }
        }
    }

    pub(super) fn now(&self) -> Duration {
        self.config.client.clock.monotonic()
    }

    /// Takes an event; an error waits for the next poll if this one has brought something.
    fn take_or_keep(&mut self, event: Event) -> Result<(), ClientError> {
        match self.take(event) {
            Err(error) if !self.current.is_empty() => {
                self.failed.get_or_insert(error);
                Ok(())
            }
            result => result,
        }
    }

    fn take(&mut self, event: Event) -> Result<(), ClientError> {
        match event {
            Event::Metadata(result) => self.take_metadata(result),
            Event::Offsets(places, result) => {
                self.take_offsets(&places, result);
                Ok(())
            }
            Event::Connected(leader, connected) => {
                self.leaders.remove(&leader);
                self.refresh.wanted |= !connected;
                Ok(())
            }
            Event::Fetched(leader, result) => self.take_fetched(leader, *result),
            Event::Joined(result) => self.take_joined(result),
            Event::Committed(result) => self.take_committed(result),
            Event::Began(places, result) => self.take_beginnings(&places, result),
        }
    }

    /// Sends a fetch to every leader that owes no answer; returns when one will be due.
    async fn send_fetches(&mut self) -> Result<Option<Duration>, ClientError> {
        let now = self.now();
        let mut due = None;
        let mut groups: std::collections::BTreeMap<BrokerId, Vec<Asked>> =
            std::collections::BTreeMap::new();
        for (place, assigned) in self.assignment.list.iter().enumerate() {
            if matches!(assigned.position, Position::Lost | Position::Revoked) {
                continue;
            }
            if assigned.retry_at > now {
                due = earlier(due, Some(assigned.retry_at));
                continue;
            }
            if let (Position::At(offset), Some(leader)) = (assigned.position, assigned.leader)
                && !self.leaders.contains_key(&leader)
            {
                groups.entry(leader).or_default().push((place, offset));
            }
        }
        for (leader, mut asked) in groups {
            // The broker fills an answer in the order of the request: everyone is first in turn.
            let count = asked.len();
            asked.rotate_left(self.turn % count);
            self.turn = self.turn.wrapping_add(1);
            self.send_fetch(leader, asked).await?;
        }
        Ok(due)
    }

    async fn send_fetch(&mut self, leader: BrokerId, asked: Vec<Asked>) -> Result<(), ClientError> {
        let Some(session) = self.cluster.live_session(leader) else {
            self.leaders.insert(leader, LeaderState::Connecting);
            let cluster = std::sync::Arc::clone(&self.cluster);
            self.tasks.spawn(async move {
                let deadline = Instant::now() + CONNECT_PATIENCE;
                let session = cluster
                    .session("fetch", Target::Broker(leader), deadline)
                    .await;
                Event::Connected(leader, session.is_ok())
            });
            return Ok(());
        };
        let list = &self.assignment.list;
        let unnamed = |(place, _): &Asked| list.get(*place).is_none_or(|a| a.id.is_zero());
        let spoken = ApiKey::Fetch.row().versions;
        let max = if asked.iter().any(unnamed) {
            NAMES_MAX
        } else {
            spoken.max
        };
        let range = VersionRange { max, ..spoken };
        let version = session.versions.choose_within(ApiKey::Fetch, range)?;
        let request = fetch_request(version, &self.config, list, &asked);
        match session.send_version(version, &request).await {
            Ok(mut expected) => {
                self.leaders.insert(leader, LeaderState::Fetching(asked));
                self.tasks.spawn(async move {
                    Event::Fetched(leader, Box::new(expected.response().await))
                });
            }
            Err(error) if error.is_retriable() => self.refresh.wanted = true,
            Err(error) => return Err(error),
        }
        Ok(())
    }

    fn take_fetched(
        &mut self,
        leader: BrokerId,
        result: Result<FetchResponse, ClientError>,
    ) -> Result<(), ClientError> {
        let Some(LeaderState::Fetching(asked)) = self.leaders.remove(&leader) else {
            return Ok(());
        };
        let response = match result {
            Ok(response) => response,
            Err(error) if error.is_retriable() => {
                self.refresh.wanted = true;
                return Ok(());
            }
            Err(error) => return Err(error),
        };
        if let Err(error) = ClientError::check(response.error_code, None) {
            if !error.is_retriable() {
                return Err(error);
            }
            self.delay(&asked);
            return Ok(());
        }
        let list = &self.assignment.list;
        let mut result = Ok(());
        for answer in answers(list, &asked, response, self.config.isolation) {
            // One partition's error does not take away what the others have.
            result = result.and(self.take_answer(answer));
        }
        result
    }

    fn take_answer(&mut self, answer: PartitionAnswer) -> Result<(), ClientError> {
        let Some(assigned) = self.assignment.list.get_mut(answer.place) else {
            return Ok(());
        };
        let error = match answer.result {
            Ok(part) => {
                assigned.position = Position::At(answer.next);
                assigned.epoch = answer.epoch.or(assigned.epoch);
                if !part.bytes.is_empty() {
                    self.current.push(part);
                }
                return Ok(());
            }
            Err(error) => error,
        };
        if error.code() == Some(ErrorCode::OffsetOutOfRange) {
            return self.out_of_range(answer.place, answer.position);
        }
        let retry = match error.code() {
            Some(ErrorCode::UnknownServerError) => true,
            Some(ErrorCode::CorruptMessage) => false,
            _ => error.is_retriable(),
        };
        if !retry {
            assigned.position = Position::Lost;
            return Err(error);
        }
        self.delay(&[(answer.place, answer.position)]);
        Ok(())
    }

    /// Leaves partitions alone for a moment, and looks for their leaders.
    fn delay(&mut self, asked: &[Asked]) {
        let retry_at = self.now() + self.cluster.retry_wait(1);
        for (place, _) in asked {
            if let Some(assigned) = self.assignment.list.get_mut(*place) {
                assigned.retry_at = retry_at;
            }
        }
        self.refresh.wanted = true;
    }
}

fn earlier(a: Option<Duration>, b: Option<Duration>) -> Option<Duration> {
    match (a, b) {
        (Some(a), Some(b)) => Some(a.min(b)),
        (a, b) => a.or(b),
    }
}
