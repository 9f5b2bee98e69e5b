//! One poll: keeps metadata, positions and fetches going until something has come.
//!
//! Everything that waits for a broker is a task; its end is an [`Event`]. Fetches alone are
//! written here, not in a task, so that they are on the wire when the poll returns.

use std::time::Duration;

use tokio::time::Instant;

use super::fetcher::{Asked, NAMES_MAX, PartitionAnswer, answers, fetch_request};
use super::positions::{Assigned, Position, Start};
use super::{Consumer, Subscription};
use crate::client::admin::{
    ListedOffset, OffsetSpec, Results, list_offsets_request, listed_offsets,
};
use crate::client::cluster::Target;
use crate::client::error::ClientError;
use crate::client::log::{LogLevel, NETWORK_CLIENT};
use crate::client::metadata::{MetadataSnapshot, TopicMetadata, TopicsWanted};
use crate::protocol::messages::FetchResponse;
use crate::protocol::{ApiKey, ErrorCode, Retry, VersionRange};
use crate::types::{BrokerId, Offset, TopicPartition};

const RESETTER: &str = "org.apache.kafka.clients.consumer.internals.SubscriptionState";
/// How long one try to reach a leader may take; then it is looked up again.
const CONNECT_PATIENCE: Duration = Duration::from_secs(1);

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
}

/// What goes on with a leader.
#[derive(Debug)]
pub(super) enum LeaderState {
    /// A connection is being opened.
    Connecting,
    /// It owes an answer about these partitions.
    Fetching(Vec<Asked>),
}

/// When metadata is asked for.
#[derive(Debug, Default)]
pub(super) struct Refresh {
    asking: bool,
    wanted: bool,
    failures: u32,
    not_before: Duration,
    fresh_until: Option<Duration>,
    /// Whether an answer has come: what appears later is new.
    answered: bool,
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
                () = self.wake.notified() => return Ok(()),
                () = end => return Ok(()),
                () = tokio::time::sleep(wait) => {}
            }
            while let Some(Ok(event)) = self.tasks.try_join_next() {
                self.take_or_keep(event)?;
            }
        }
    }

    fn now(&self) -> Duration {
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
        }
    }

    /// Asks for metadata if that is due; else returns when it will be.
    fn start_refresh(&mut self) -> Option<Duration> {
        let wanted = match &self.subscription {
            Subscription::Nothing => return None,
            Subscription::Matching(_) => TopicsWanted::All,
            Subscription::Topics(names) => self.named(names.clone()),
            Subscription::Partitions => {
                let list = self.assignment.list.iter();
                let mut names: Vec<String> = list.map(|a| a.topic.to_string()).collect();
                names.sort();
                names.dedup();
                self.named(names)
            }
        };
        if self.refresh.asking {
            return None;
        }
        let now = self.now();
        let leaderless = self
            .assignment
            .list
            .iter()
            .any(|assigned| assigned.leader.is_none());
        let missing = match &self.subscription {
            Subscription::Topics(names) => {
                names.iter().any(|name| !self.assignment.has_topic(name))
            }
            Subscription::Nothing | Subscription::Partitions | Subscription::Matching(_) => false,
        };
        let stale = self.refresh.fresh_until.is_none_or(|until| until <= now);
        if !(leaderless || missing || stale || self.refresh.wanted) {
            return self.refresh.fresh_until;
        }
        if self.refresh.not_before > now {
            return Some(self.refresh.not_before);
        }
        self.refresh.asking = true;
        self.refresh.wanted = false;
        let cluster = std::sync::Arc::clone(&self.cluster);
        self.tasks.spawn(async move {
            let deadline = cluster.api_deadline();
            Event::Metadata(cluster.metadata("metadata", &wanted, deadline).await)
        });
        None
    }

    fn named(&self, names: Vec<String>) -> TopicsWanted {
        if self.config.auto_create_topics {
            TopicsWanted::NamesOrCreate(names)
        } else {
            TopicsWanted::Names(names)
        }
    }

    fn take_metadata(
        &mut self,
        result: Result<MetadataSnapshot, ClientError>,
    ) -> Result<(), ClientError> {
        let now = self.now();
        self.refresh.asking = false;
        let snapshot = match result {
            Ok(snapshot) => snapshot,
            Err(error) => {
                self.refresh.failures += 1;
                self.refresh.wanted = true;
                self.refresh.not_before = now + self.cluster.retry_wait(self.refresh.failures);
                return if error.is_retriable() {
                    Ok(())
                } else {
                    Err(error)
                };
            }
        };
        let recoverable = snapshot.recoverable_errors();
        if let Some(errors) = &recoverable {
            let id = snapshot.correlation_id;
            let line = format!(
                "The metadata response from the cluster reported a recoverable issue with \
                 correlation id {id} : {errors}"
            );
            self.config
                .client
                .log_line(LogLevel::Warn, NETWORK_CLIENT, &line);
        }
        self.refresh.fresh_until = Some(now + self.config.client.metadata_max_age);
        let leaderless =
            |topic: &TopicMetadata| topic.partitions.iter().any(|p| p.leader.is_none());
        let unsettled = recoverable.is_some() || snapshot.topics.iter().any(leaderless);
        self.refresh.failures = if unsettled {
            self.refresh.failures + 1
        } else {
            0
        };
        let wait = self.cluster.retry_wait(self.refresh.failures.max(1));
        self.refresh.not_before = now + wait;
        for topic in &snapshot.topics {
            self.take_topic(topic)?;
        }
        self.refresh.answered = true;
        Ok(())
    }

    fn take_topic(&mut self, topic: &TopicMetadata) -> Result<(), ClientError> {
        let wanted = match &self.subscription {
            Subscription::Nothing => false,
            Subscription::Partitions => self.assignment.has_topic(&topic.name),
            Subscription::Topics(names) => names.contains(&topic.name),
            Subscription::Matching(matches) => matches(&topic.name),
        };
        if !wanted {
            return Ok(());
        }
        match topic.error {
            None => {}
            Some(code) if code.retry() == Retry::Later => return Ok(()),
            Some(code) => {
                let message = match code {
                    ErrorCode::InvalidTopicException => {
                        Some(format!("Invalid topics: [{}]", topic.name))
                    }
                    ErrorCode::TopicAuthorizationFailed => {
                        Some(format!("Not authorized to access topics: [{}]", topic.name))
                    }
                    _ => None,
                };
                return Err(ClientError::Broker { code, message });
            }
        }
        if !matches!(self.subscription, Subscription::Partitions) {
            // What was not there when the subscription began is read whole.
            let start = if self.refresh.answered {
                Start::Earliest
            } else {
                self.start
            };
            let name: std::sync::Arc<str> = topic.name.as_str().into();
            for partition in &topic.partitions {
                let number = partition.partition;
                if self.assignment.find(&name, number).is_none() {
                    let place = TopicPartition::new(&*name, number);
                    let position = self.position_of(start, &place)?;
                    self.assignment.place(&name, number, position);
                }
            }
        }
        self.assignment.update(topic);
        Ok(())
    }

    /// Asks leaders for the offsets that positions wait for.
    fn ask_for_positions(&mut self) {
        let now = self.now();
        let mut groups: std::collections::BTreeMap<BrokerId, Vec<(usize, OffsetSpec)>> =
            std::collections::BTreeMap::new();
        for (place, assigned) in self.assignment.list.iter_mut().enumerate() {
            if let (Position::Wanted(spec), Some(leader)) = (assigned.position, assigned.leader)
                && assigned.retry_at <= now
            {
                assigned.position = Position::Asked(spec);
                groups.entry(leader).or_default().push((place, spec));
            }
        }
        for (leader, group) in groups {
            let cluster = std::sync::Arc::clone(&self.cluster);
            let isolation = self.config.isolation;
            let timeout_ms = i32::try_from(self.config.client.request_timeout.as_millis());
            let timeout_ms = timeout_ms.unwrap_or(i32::MAX);
            let place = |(place, _): &(usize, OffsetSpec)| *place;
            let places: Vec<usize> = group.iter().map(place).collect();
            let list = &self.assignment.list;
            let item = |(place, spec): &(usize, OffsetSpec)| {
                list.get(*place)
                    .map(|assigned| (assigned.topic_partition(), *spec))
            };
            let items: Vec<_> = group.iter().filter_map(item).collect();
            self.tasks.spawn(async move {
                let build = |version| list_offsets_request(version, isolation, timeout_ms, &items);
                let deadline =
                    Instant::now() + CONNECT_PATIENCE.max(cluster.config().request_timeout);
                let call = cluster.call("listOffsets", Target::Broker(leader), deadline, build);
                Event::Offsets(places, call.await.map(|response| listed_offsets(&response)))
            });
        }
    }

    fn take_offsets(
        &mut self,
        places: &[usize],
        result: Result<Results<TopicPartition, ListedOffset>, ClientError>,
    ) {
        let retry_at = self.now() + self.cluster.retry_wait(1);
        let found = result.unwrap_or_default();
        for place in places {
            let Some(assigned) = self.assignment.list.get_mut(*place) else {
                continue;
            };
            let Position::Asked(spec) = assigned.position else {
                // A seek came in between.
                continue;
            };
            let name = assigned.topic_partition();
            let listed = found.iter().find(|(partition, _)| *partition == name);
            match listed {
                Some((_, Ok(listed))) if listed.offset >= Offset::ZERO => {
                    assigned.position = Position::At(listed.offset);
                    let offset = listed.offset;
                    let line = format!(
                        "Resetting offset for partition {name} to position \
                         FetchPosition{{offset={offset}}}."
                    );
                    self.config.client.log_line(LogLevel::Info, RESETTER, &line);
                }
                // No record is that young: begin at the end.
                Some((_, Ok(_))) if spec != OffsetSpec::Latest => {
                    assigned.position = Position::Wanted(OffsetSpec::Latest);
                }
                _ => {
                    assigned.position = Position::Wanted(spec);
                    assigned.retry_at = retry_at;
                    self.refresh.wanted = true;
                }
            }
        }
    }

    /// Sends a fetch to every leader that owes no answer; returns when one will be due.
    async fn send_fetches(&mut self) -> Result<Option<Duration>, ClientError> {
        let now = self.now();
        let mut due = None;
        let mut groups: std::collections::BTreeMap<BrokerId, Vec<Asked>> =
            std::collections::BTreeMap::new();
        for (place, assigned) in self.assignment.list.iter().enumerate() {
            if matches!(assigned.position, Position::Lost) {
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

    /// Begins again where `auto.offset.reset` says: the position is not in the log any more.
    fn out_of_range(&mut self, place: usize, position: Offset) -> Result<(), ClientError> {
        let name = self
            .assignment
            .list
            .get(place)
            .map(Assigned::topic_partition);
        let Some(name) = name else { return Ok(()) };
        let reset = self.reset(&name);
        if let Some(assigned) = self.assignment.list.get_mut(place) {
            assigned.position = match &reset {
                Ok(spec) => Position::Wanted(*spec),
                Err(_) => Position::Lost,
            };
        }
        if reset.is_err() {
            return Err(ClientError::Broker {
                code: ErrorCode::OffsetOutOfRange,
                message: Some(format!(
                    "Fetch position FetchPosition{{offset={position}}} is out of range for \
                     partition {name}"
                )),
            });
        }
        let line = format!(
            "Fetch position FetchPosition{{offset={position}}} is out of range for partition \
             {name}, resetting offset"
        );
        self.config.client.log_line(LogLevel::Info, RESETTER, &line);
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
