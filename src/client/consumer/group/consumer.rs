//! The protocol of KIP-848: one heartbeat says everything, and the coordinator assigns.
//!
//! The member makes its own id. It joins with epoch 0, goes on with the epoch it is told, and
//! names what it reads after each change, so that what it gave up can go to another. A member
//! that is fenced gives up everything and joins again with epoch 0.

use std::sync::Arc;
use std::time::Duration;

use tokio::time::Instant;

use super::member::{Member, Signal, State, TargetAssignment};
use crate::client::error::ClientError;
use crate::client::group_coordinator::{for_group, has_moved};
use crate::client::metadata::{from_wire_uuid, text, to_wire_uuid, topic_name};
use crate::protocol::ErrorCode;
use crate::protocol::messages::consumer_group_heartbeat_request::TopicPartitions;
use crate::protocol::messages::{
    ConsumerGroupHeartbeatRequest, ConsumerGroupHeartbeatResponse, GroupId,
};

/// The epoch of a member that joins.
const JOIN_EPOCH: i32 = 0;
/// The epoch of a member that leaves.
const LEAVE_EPOCH: i32 = -1;
/// The epoch of a static member that steps out and means to come back.
const STATIC_LEAVE_EPOCH: i32 = -2;
/// How long a member that gives up takes to say so.
const LEAVE_PATIENCE: Duration = Duration::from_secs(5);

/// What the coordinator was told last; it is told again only what changed.
#[derive(Default)]
struct Sent {
    /// Whether it knows anything of this member.
    is_known: bool,
    topics: Vec<String>,
    owned: TargetAssignment,
}

/// Goes on with heartbeats until nothing can go on.
pub(super) async fn beat(member: Arc<Member>) {
    let mut sent = Sent::default();
    let mut failures = 0;
    member.state.lock().generation = JOIN_EPOCH;
    loop {
        if member.is_abandoned() {
            step_out(&member, &mut sent).await;
        }
        let wait = match heartbeat(&member, &mut sent).await {
            Ok(response) => {
                failures = 0;
                take(&member, &response)
            }
            Err(error) => {
                failures += 1;
                match take_error(&member, &mut sent, error) {
                    Wait::Backoff => member.coordinator.cluster().retry_wait(failures),
                    Wait::Nothing => Duration::ZERO,
                    Wait::Forever => return,
                }
            }
        };
        tokio::select! {
            () = member.nudge.notified() => {}
            () = tokio::time::sleep(wait) => {}
        }
    }
}

/// Leaves because the owner does not poll, and waits until it does again.
async fn step_out(member: &Member, sent: &mut Sent) {
    member.log_abandoned();
    let epoch = member.state.lock().generation;
    member.tell(epoch, Signal::Lost);
    // The session ends by itself where nobody hears this.
    let _unheard = leave(member, LEAVE_PATIENCE).await;
    while member.is_abandoned() {
        member.nudge.notified().await;
    }
    *sent = Sent::default();
    let mut state = member.state.lock();
    state.generation = JOIN_EPOCH;
    state.owned.clear();
}

async fn heartbeat(
    member: &Member,
    sent: &mut Sent,
) -> Result<ConsumerGroupHeartbeatResponse, ClientError> {
    let (request, topics, owned) = {
        let state = member.state.lock();
        let request = request(member, &state, sent);
        (request, state.topics.clone(), state.owned.clone())
    };
    let deadline = Instant::now() + member.client.request_timeout;
    let is_known = sent.is_known;
    let build = |version| {
        let mut request = request.clone();
        if version == 0 && !is_known && request.member_epoch == JOIN_EPOCH {
            // The first version has the coordinator make the id.
            request.member_id = text("");
        }
        request
    };
    let response = member
        .coordinator
        .try_call("consumerGroupHeartbeat", deadline, &build)
        .await?;
    ClientError::check(response.error_code, response.error_message.as_deref())?;
    *sent = Sent {
        is_known: true,
        topics,
        owned,
    };
    Ok(response)
}

fn request(member: &Member, state: &State, sent: &Sent) -> ConsumerGroupHeartbeatRequest {
    let config = &member.config;
    let mut request = ConsumerGroupHeartbeatRequest::default()
        .with_group_id(GroupId(text(&config.id)))
        .with_member_id(text(&state.member_id))
        .with_member_epoch(state.generation)
        .with_instance_id(config.instance_id.as_deref().map(text));
    let whole = !sent.is_known || state.generation == JOIN_EPOCH;
    if whole {
        let timeout = config.max_poll_interval.as_millis();
        request.rebalance_timeout_ms = i32::try_from(timeout).unwrap_or(i32::MAX);
        request.rack_id = config.rack.as_deref().map(text);
        request.server_assignor = config.remote_assignor.as_deref().map(text);
    }
    if whole || state.topics != sent.topics {
        let names = state.topics.iter().map(|name| topic_name(name));
        request.subscribed_topic_names = Some(names.collect());
    }
    if whole || state.owned != sent.owned {
        let owned = state.owned.iter().map(|(id, partitions)| {
            TopicPartitions::default()
                .with_topic_id(to_wire_uuid(*id))
                .with_partitions(partitions.clone())
        });
        request.topic_partitions = Some(owned.collect());
    }
    request
}

/// Takes what the coordinator says; returns when it wants to hear again.
fn take(member: &Member, response: &ConsumerGroupHeartbeatResponse) -> Duration {
    let epoch = response.member_epoch;
    {
        let mut state = member.state.lock();
        state.generation = epoch;
        if let Some(id) = &response.member_id {
            state.member_id = id.to_string();
        }
        if let Some(assignment) = &response.assignment {
            let topics = assignment.topic_partitions.iter();
            let target = topics.map(|t| (from_wire_uuid(t.topic_id), t.partitions.clone()));
            state.target = Some(target.collect());
        }
    }
    if response.assignment.is_some() {
        member.tell(epoch, Signal::Assigned);
    }
    Duration::from_millis(u64::try_from(response.heartbeat_interval_ms).unwrap_or(1))
}

/// What follows an error.
enum Wait {
    Nothing,
    Backoff,
    Forever,
}

fn take_error(member: &Member, sent: &mut Sent, error: ClientError) -> Wait {
    match error.code() {
        Some(ErrorCode::FencedMemberEpoch | ErrorCode::UnknownMemberId) => {
            let epoch = {
                let mut state = member.state.lock();
                let epoch = state.generation;
                state.generation = JOIN_EPOCH;
                state.owned.clear();
                state.target = None;
                epoch
            };
            *sent = Sent::default();
            member.tell(epoch, Signal::Lost);
            Wait::Nothing
        }
        // Another has this static id, and its session is to end first.
        Some(ErrorCode::UnreleasedInstanceId) => Wait::Backoff,
        Some(code) if has_moved(code) => {
            if code != ErrorCode::CoordinatorLoadInProgress {
                member.coordinator.forget();
            }
            sent.is_known = false;
            Wait::Backoff
        }
        _ if error.is_retriable() => {
            member.coordinator.forget();
            sent.is_known = false;
            Wait::Backoff
        }
        _ => {
            let error = for_group(error, &member.config.id);
            let epoch = member.state.lock().generation;
            member.tell(epoch, Signal::Failed(error));
            Wait::Forever
        }
    }
}

/// Tells the coordinator that the member goes.
pub(super) async fn leave(member: &Member, timeout: Duration) -> Result<(), ClientError> {
    let who = member.identity();
    if who.generation < JOIN_EPOCH {
        return Ok(());
    }
    let epoch = if who.instance_id.is_some() {
        STATIC_LEAVE_EPOCH
    } else {
        LEAVE_EPOCH
    };
    member.state.lock().generation = LEAVE_EPOCH;
    let build = |_| {
        ConsumerGroupHeartbeatRequest::default()
            .with_group_id(GroupId(text(&who.group)))
            .with_member_id(text(&who.member_id))
            .with_member_epoch(epoch)
            .with_instance_id(who.instance_id.as_deref().map(text))
    };
    let deadline = Instant::now() + timeout;
    let coordinator = &member.coordinator;
    let response = coordinator
        .try_call("consumerGroupHeartbeat", deadline, &build)
        .await?;
    ClientError::check(response.error_code, response.error_message.as_deref())
}
