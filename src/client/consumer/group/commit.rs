//! Positions that are committed, and where reading begins by what was committed.

use std::sync::Arc;
use std::time::Duration;

use tokio::time::Instant;

use super::{GroupProtocol, Member, Phase, classic, consumer};
use crate::client::admin::{
    CommittedOffsets, OffsetAndMetadata, commit_codes, commit_results, committed_offsets,
    fetch_codes, offset_commit_request, offset_fetch_request,
};
use crate::client::consumer::Consumer;
use crate::client::consumer::poll::Event;
use crate::client::consumer::positions::Position;
use crate::client::error::ClientError;
use crate::client::group_coordinator::for_group;
use crate::client::log::LogLevel;
use crate::protocol::ErrorCode;
use crate::types::TopicPartition;

/// Partitions, and where to go on in each.
type Offsets = Vec<(TopicPartition, OffsetAndMetadata)>;

/// Errors of a commit that a rebalance brings with it.
const OUTDATED: [ErrorCode; 5] = [
    ErrorCode::UnknownMemberId,
    ErrorCode::IllegalGeneration,
    ErrorCode::RebalanceInProgress,
    ErrorCode::FencedMemberEpoch,
    ErrorCode::StaleMemberEpoch,
];

impl Consumer {
    /// Commits where the polls have come to.
    ///
    /// # Errors
    ///
    /// Fails in Kafka's words if there is no group, or if this consumer is not in it any more.
    pub fn commit(&mut self) -> Result<(), ClientError> {
        let offsets = self.consumed();
        self.commit_offsets(&offsets)
    }

    /// Commits these offsets.
    ///
    /// # Errors
    ///
    /// Fails in Kafka's words if there is no group, or if this consumer is not in it any more.
    pub fn commit_offsets(
        &mut self,
        offsets: &[(TopicPartition, OffsetAndMetadata)],
    ) -> Result<(), ClientError> {
        let Some(group) = &self.group else {
            return Err(no_group());
        };
        if offsets.is_empty() {
            return Ok(());
        }
        let member = Arc::clone(&group.member);
        let deadline = self.cluster.api_deadline();
        let result = self.runtime.block_on(commit(&member, offsets, deadline));
        result.map_err(|error| match error.code() {
            Some(ErrorCode::UnknownMemberId | ErrorCode::IllegalGeneration) => {
                ClientError::CommitFailed
            }
            _ => error,
        })
    }

    /// Returns what the group has committed of these partitions.
    ///
    /// # Errors
    ///
    /// Fails in Kafka's words if there is no group, or no coordinator answers in time.
    pub fn committed(
        &mut self,
        partitions: &[TopicPartition],
    ) -> Result<CommittedOffsets, ClientError> {
        let Some(group) = &self.group else {
            return Err(no_group());
        };
        let member = Arc::clone(&group.member);
        let deadline = self.cluster.api_deadline();
        let asked = committed(&member, partitions, deadline);
        self.runtime.block_on(asked)
    }

    /// Commits if that is done by itself, and leaves the group.
    ///
    /// A static member stays in the group: it means to come back.
    ///
    /// # Errors
    ///
    /// Fails if the coordinator does not answer within `timeout`; the consumer is closed all the
    /// same.
    pub fn close(&mut self, timeout: Duration) -> Result<(), ClientError> {
        self.tasks = tokio::task::JoinSet::new();
        let offsets = self.consumed();
        let is_member = self.is_member();
        let Some(group) = &mut self.group else {
            return Ok(());
        };
        group.heartbeats = None;
        group.phase = Phase::Outside;
        let member = Arc::clone(&group.member);
        let inside = !is_member || member.identity().generation >= 0;
        let wants_commit = member.config.auto_commit.is_some() && inside && !offsets.is_empty();
        self.runtime.block_on(async {
            let deadline = Instant::now() + timeout;
            let mut result = Ok(());
            if wants_commit {
                result = commit(&member, &offsets, deadline).await;
                if let Err(error) = &result {
                    log_failure(&member, "Synchronous", &offsets, error);
                }
            }
            let reason = "the consumer is being closed";
            let left = match member.config.protocol {
                GroupProtocol::Classic => classic::leave(&member, reason, timeout).await,
                GroupProtocol::Consumer => consumer::leave(&member, timeout).await,
            };
            result.and(left)
        })
    }

    /// Returns where the polls have come to.
    pub(super) fn consumed(&self) -> Offsets {
        let list = self.assignment.list.iter();
        let consumed = list.filter_map(|assigned| match assigned.position {
            Position::At(offset) => {
                let offset = OffsetAndMetadata {
                    leader_epoch: assigned.epoch,
                    ..OffsetAndMetadata::new(offset)
                };
                Some((assigned.topic_partition(), offset))
            }
            _ => None,
        });
        consumed.collect()
    }

    /// Begins to commit where the polls have come to, if that is done by itself.
    pub(super) fn start_commit(&mut self) -> bool {
        let offsets = self.consumed();
        let is_member = self.is_member();
        let Some(group) = &mut self.group else {
            return false;
        };
        let member = Arc::clone(&group.member);
        let inside = !is_member || member.identity().generation >= 0;
        if offsets.is_empty() || member.config.auto_commit.is_none() || !inside {
            return false;
        }
        group.committing = true;
        // A rebalance does not wait for more than that.
        let timeout = member
            .client
            .api_timeout
            .min(member.config.max_poll_interval);
        self.tasks.spawn(async move {
            let deadline = Instant::now() + timeout;
            let result = commit(&member, &offsets, deadline).await;
            if let Err(error) = &result {
                let outdated = error.code().is_some_and(|code| OUTDATED.contains(&code));
                if !outdated {
                    log_failure(&member, "Asynchronous", &offsets, error);
                }
            }
            Event::Committed(result)
        });
        true
    }

    /// Takes the end of a commit.
    pub(in crate::client::consumer) fn take_committed(
        &mut self,
        result: Result<(), ClientError>,
    ) -> Result<(), ClientError> {
        let retry_at = self.now() + self.cluster.retry_wait(1);
        let Some(group) = &mut self.group else {
            return Ok(());
        };
        group.committing = false;
        let fenced = Some(ErrorCode::FencedInstanceId);
        if result.as_ref().is_err_and(ClientError::is_retriable) {
            group.next_commit = group.next_commit.min(retry_at);
        }
        if group.phase == Phase::Preparing {
            match group.member.config.protocol {
                GroupProtocol::Classic => self.start_join(),
                GroupProtocol::Consumer => {
                    group.phase = Phase::Inside;
                    group.prepared = true;
                }
            }
        }
        match result {
            Err(error) if error.code() == fenced => Err(error),
            _ => Ok(()),
        }
    }

    /// Commits when the interval is over; returns when that will be.
    pub(super) fn auto_commit(&mut self) -> Option<Duration> {
        let now = self.now();
        let is_member = self.is_member();
        let group = self.group.as_mut()?;
        let interval = group.member.config.auto_commit?;
        if group.committing || (is_member && group.phase != Phase::Inside) {
            return None;
        }
        if group.next_commit <= now {
            group.next_commit = now + interval;
            self.start_commit();
            return Some(now + interval);
        }
        Some(group.next_commit)
    }

    /// Asks for what was committed of partitions that wait for it.
    pub(super) fn ask_for_committed(&mut self) {
        let now = self.now();
        let Some(group) = &self.group else { return };
        let (mut places, mut partitions) = (Vec::new(), Vec::new());
        for (place, assigned) in self.assignment.list.iter_mut().enumerate() {
            if assigned.position == Position::Committed && assigned.retry_at <= now {
                assigned.position = Position::CommittedAsked;
                places.push(place);
                partitions.push(assigned.topic_partition());
            }
        }
        if places.is_empty() {
            return;
        }
        let member = Arc::clone(&group.member);
        self.tasks.spawn(async move {
            let deadline = Instant::now() + member.client.api_timeout;
            let result = committed(&member, &partitions, deadline).await;
            Event::Began(places, result)
        });
    }

    /// Takes where reading begins.
    pub(in crate::client::consumer) fn take_beginnings(
        &mut self,
        places: &[usize],
        result: Result<CommittedOffsets, ClientError>,
    ) -> Result<(), ClientError> {
        let retry_at = self.now() + self.cluster.retry_wait(1);
        let mut outcome = Ok(());
        let found = match result {
            Ok(found) => found,
            Err(error) => {
                let again = error.is_retriable()
                    || error.code().is_some_and(|code| OUTDATED.contains(&code));
                if !again {
                    outcome = Err(error);
                }
                Vec::new()
            }
        };
        let failed = outcome.is_err();
        let mut unplaced = Vec::new();
        for place in places {
            let Some(assigned) = self.assignment.list.get_mut(*place) else {
                continue;
            };
            if assigned.position != Position::CommittedAsked {
                continue;
            }
            let name = assigned.topic_partition();
            match found.iter().find(|(partition, _)| *partition == name) {
                Some((_, Ok(Some(committed)))) => {
                    assigned.position = Position::At(committed.offset);
                    assigned.epoch = committed.leader_epoch;
                }
                Some((_, Ok(None))) => unplaced.push((*place, name)),
                _ if failed => assigned.position = Position::Lost,
                _ => {
                    assigned.position = Position::Committed;
                    assigned.retry_at = retry_at;
                }
            }
        }
        for (place, name) in unplaced {
            let reset = self.reset(&name);
            if let Some(assigned) = self.assignment.list.get_mut(place) {
                match reset {
                    Ok(spec) => assigned.position = Position::Wanted(spec),
                    Err(error) => {
                        assigned.position = Position::Lost;
                        outcome = outcome.and(Err(error));
                    }
                }
            }
        }
        outcome
    }
}

fn no_group() -> ClientError {
    ClientError::Broker {
        code: ErrorCode::InvalidGroupId,
        message: Some(
            "To use the group management or offset commit APIs, you must provide a valid \
             group.id in the consumer configuration."
                .into(),
        ),
    }
}

fn log_failure(member: &Member, kind: &str, offsets: &Offsets, error: &ClientError) {
    let shown = offsets.iter().map(|(partition, offset)| {
        let epoch = offset
            .leader_epoch
            .map_or("null".to_owned(), |e| e.to_string());
        format!(
            "{partition}=OffsetAndMetadata{{offset={}, leaderEpoch={epoch}, metadata=''}}",
            offset.offset
        )
    });
    let shown: Vec<_> = shown.collect();
    let shown = shown.join(", ");
    let line = format!("{kind} auto-commit of offsets {{{shown}}} failed: {error}");
    member.log(LogLevel::Warn, &line);
}

/// Commits; again while the coordinator or a partition is not ready.
async fn commit(
    member: &Member,
    offsets: &[(TopicPartition, OffsetAndMetadata)],
    deadline: Instant,
) -> Result<(), ClientError> {
    let mut failures = 0;
    loop {
        let who = member.identity();
        let build = |version| offset_commit_request(version, &who, offsets);
        let coordinator = &member.coordinator;
        let response = coordinator
            .call("commitOffsets", deadline, build, commit_codes)
            .await?;
        let refused = commit_results(&response)
            .into_iter()
            .find_map(|(_, result)| result.err());
        let Some(error) = refused else {
            return Ok(());
        };
        let stale = error.code() == Some(ErrorCode::StaleMemberEpoch);
        if !stale && !error.is_retriable() {
            return Err(for_group(error, &who.group));
        }
        failures += 1;
        let wait = coordinator.cluster().retry_wait(failures);
        if Instant::now() + wait >= deadline {
            return Err(error);
        }
        tokio::time::sleep(wait).await;
    }
}

/// Returns what is committed; asks again while transactions are open.
async fn committed(
    member: &Member,
    partitions: &[TopicPartition],
    deadline: Instant,
) -> Result<CommittedOffsets, ClientError> {
    let who = member.identity();
    let build = |version| offset_fetch_request(version, &who, Some(partitions), true);
    let call = member
        .coordinator
        .call("fetchCommittedOffsets", deadline, build, fetch_codes);
    let found = committed_offsets(call.await?).map_err(|error| for_group(error, &who.group))?;
    // What waits for a transaction is asked for again by the next poll.
    let unstable = |error: &ClientError| error.code() == Some(ErrorCode::UnstableOffsetCommit);
    let settled = |result: &Result<Option<OffsetAndMetadata>, ClientError>| {
        !result.as_ref().is_err_and(unstable)
    };
    if let Some((_, Err(error))) = found
        .iter()
        .find(|(_, result)| result.as_ref().is_err_and(|error| !error.is_retriable()))
    {
        return Err(error.clone());
    }
    Ok(found
        .into_iter()
        .filter(|(_, result)| settled(result))
        .collect())
}
