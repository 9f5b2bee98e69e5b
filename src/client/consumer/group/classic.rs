//! The classic protocol: join, assign if this member leads, sync; leave.
//!
//! [`join`] goes on until the member is in the group or something is wrong that does not pass:
//! it takes an id where one is asked for, another where its own is unknown, and begins again
//! where the group rebalances meanwhile.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use tokio::time::Instant;

use super::member::Member;
use crate::client::cluster::Cluster;
use crate::client::config::ClientConfig;
use crate::client::consumer::assignor::{Assignor, MemberSubscription, by_topic, flat};
use crate::client::error::ClientError;
use crate::client::group_coordinator::{GroupCoordinator, GroupMember, for_group};
use crate::client::log::LogLevel;
use crate::client::metadata::{TopicsWanted, text};
use crate::protocol::ErrorCode;
use crate::protocol::messages::join_group_request::JoinGroupRequestProtocol;
use crate::protocol::messages::leave_group_request::MemberIdentity;
use crate::protocol::messages::sync_group_request::SyncGroupRequestAssignment;
use crate::protocol::messages::{
    GroupId, JoinGroupRequest, JoinGroupResponse, LeaveGroupRequest, StrBytes, SyncGroupRequest,
    SyncGroupResponse,
};
use crate::record::consumer_protocol::{
    CONSUMER_PROTOCOL, ConsumerProtocolAssignment, ConsumerProtocolSubscription, PROTOCOL_VERSION,
    decode, encode,
};
use crate::types::TopicPartition;

/// How much longer than a rebalance a join may take, as Kafka's client has it.
const JOIN_LAPSE: Duration = Duration::from_secs(5);

/// What a join begins with.
#[derive(Debug)]
pub(super) struct Joining {
    pub(super) member: Arc<Member>,
    /// Where topics are looked up, for the leader.
    pub(super) cluster: Arc<Cluster>,
    pub(super) topics: BTreeSet<String>,
    /// What the member has, and goes on to read meanwhile.
    pub(super) owned: Vec<TopicPartition>,
    /// What it had before, which sticky assignors give back.
    pub(super) previous: Vec<TopicPartition>,
    /// The generation that this is of.
    pub(super) generation: i32,
}

/// What a join ends with.
#[derive(Debug)]
pub(in crate::client::consumer) struct Joined {
    pub(super) assigned: Vec<TopicPartition>,
    /// The topics of the group and how many partitions each has, if this member leads.
    pub(super) watched: Option<BTreeMap<String, i32>>,
    /// The topics that the member said it wants.
    pub(super) topics: BTreeSet<String>,
}

/// Why a try to join did not lead into the group.
enum Setback {
    /// Again, at once.
    Again,
    /// Again, after a moment.
    Later,
    /// Never.
    Failed(ClientError),
}

/// Joins the group.
pub(super) async fn join(joining: Joining) -> Result<Joined, ClientError> {
    let member = &joining.member;
    // A join is held while others are awaited. It has a connection of its own, so that nothing
    // else waits behind it, and an answer as late as the rebalance may last.
    let rebalance = member.config.max_poll_interval + JOIN_LAPSE;
    let client = ClientConfig {
        request_timeout: member.client.request_timeout.max(rebalance),
        ..member.client.clone()
    };
    let coordinator = GroupCoordinator::new(Cluster::new(client), &member.config.id);
    let mut failures = 0;
    loop {
        match try_join(&joining, &coordinator).await {
            Ok(joined) => return Ok(joined),
            Err(Setback::Failed(error)) => return Err(for_group(error, &member.config.id)),
            Err(Setback::Again) => {}
            Err(Setback::Later) => {
                failures += 1;
                tokio::time::sleep(coordinator.cluster().retry_wait(failures)).await;
            }
        }
    }
}

async fn try_join(joining: &Joining, coordinator: &GroupCoordinator) -> Result<Joined, Setback> {
    let member = &joining.member;
    let deadline = Instant::now() + coordinator.cluster().config().request_timeout;
    let build = |version| join_request(version, joining, &member.identity());
    let response = coordinator
        .try_call("joinGroup", deadline, &build)
        .await
        .map_err(|error| setback(coordinator, error))?;
    if let Err(error) = ClientError::check(response.error_code, None) {
        return Err(refused(joining, coordinator, error, Some(&response)));
    }
    {
        let mut state = member.state.lock();
        state.generation = response.generation_id;
        state.member_id = response.member_id.to_string();
    }
    let name = response.protocol_name.as_deref().unwrap_or_default();
    let assignor = member
        .config
        .assignors
        .iter()
        .find(|known| known.name() == name);
    let assignor = *assignor.ok_or_else(|| {
        Setback::Failed(ClientError::InvalidArgument {
            message: format!("Coordinator selected invalid assignment protocol: {name}"),
        })
    })?;
    let leads = response.leader == response.member_id;
    let (assignments, watched) = if leads {
        let (assignments, watched) = lead(joining, assignor, &response).await?;
        let assignments = if response.skip_assignment {
            Vec::new()
        } else {
            assignments
        };
        (assignments, Some(watched))
    } else {
        (Vec::new(), None)
    };
    let synced = sync(joining, coordinator, &response, assignments).await?;
    let assigned = read_assignment(&synced).map_err(Setback::Failed)?;
    Ok(Joined {
        assigned,
        watched,
        topics: joining.topics.clone(),
    })
}

/// Decides what an error of the connection means.
fn setback(coordinator: &GroupCoordinator, error: ClientError) -> Setback {
    if error.is_retriable() {
        coordinator.forget();
        return Setback::Later;
    }
    Setback::Failed(error)
}

/// Decides what the coordinator's error means for the join.
fn refused(
    joining: &Joining,
    coordinator: &GroupCoordinator,
    error: ClientError,
    response: Option<&JoinGroupResponse>,
) -> Setback {
    let member = &joining.member;
    match error.code() {
        Some(ErrorCode::MemberIdRequired) => {
            if let Some(response) = response {
                let mut state = member.state.lock();
                state.generation = -1;
                state.member_id = response.member_id.to_string();
            }
            Setback::Again
        }
        Some(ErrorCode::UnknownMemberId) => {
            let mut state = member.state.lock();
            state.generation = -1;
            state.member_id.clear();
            Setback::Again
        }
        Some(ErrorCode::IllegalGeneration) => {
            member.state.lock().generation = -1;
            Setback::Again
        }
        Some(ErrorCode::RebalanceInProgress) => Setback::Again,
        Some(ErrorCode::CoordinatorLoadInProgress) => Setback::Later,
        Some(ErrorCode::NotCoordinator | ErrorCode::CoordinatorNotAvailable) => {
            coordinator.forget();
            Setback::Later
        }
        Some(ErrorCode::UnknownServerError) => Setback::Failed(error),
        _ if error.is_retriable() => Setback::Later,
        _ => Setback::Failed(error),
    }
}

fn join_request(version: i16, joining: &Joining, who: &GroupMember) -> JoinGroupRequest {
    let config = &joining.member.config;
    let millis = |time: Duration| i32::try_from(time.as_millis()).unwrap_or(i32::MAX);
    let protocol = |assignor: &Assignor| {
        JoinGroupRequestProtocol::default()
            .with_name(text(assignor.name()))
            .with_metadata(Bytes::from(subscription(joining, *assignor)))
    };
    let mut request = JoinGroupRequest::default()
        .with_group_id(GroupId(text(&who.group)))
        .with_session_timeout_ms(millis(config.session_timeout))
        .with_member_id(text(&who.member_id))
        .with_protocol_type(text(CONSUMER_PROTOCOL))
        .with_protocols(config.assignors.iter().map(protocol).collect());
    if version >= 1 {
        request.rebalance_timeout_ms = millis(config.max_poll_interval);
    }
    if version >= 5 {
        request.group_instance_id = who.instance_id.as_deref().map(text);
    }
    request
}

fn subscription(joining: &Joining, assignor: Assignor) -> Vec<u8> {
    let previous = if assignor.is_cooperative() {
        &joining.owned
    } else {
        &joining.previous
    };
    let subscription = ConsumerProtocolSubscription {
        topics: joining.topics.iter().cloned().collect(),
        user_data: assignor.user_data(previous, joining.generation),
        owned_partitions: by_topic(&joining.owned),
        generation_id: joining.generation,
        rack_id: joining.member.config.rack.clone(),
    };
    encode(&subscription, PROTOCOL_VERSION)
}

/// Divides the partitions among the members.
async fn lead(
    joining: &Joining,
    assignor: Assignor,
    response: &JoinGroupResponse,
) -> Result<(Vec<SyncGroupRequestAssignment>, BTreeMap<String, i32>), Setback> {
    let mut members: Vec<MemberSubscription> = Vec::new();
    let mut topics = BTreeSet::new();
    for found in &response.members {
        let read = decode::<ConsumerProtocolSubscription>(&found.metadata);
        let (subscription, _) = read.map_err(|error| {
            Setback::Failed(ClientError::InvalidArgument {
                message: format!(
                    "The subscription of {} cannot be read: {error}",
                    found.member_id.as_str()
                ),
            })
        })?;
        topics.extend(subscription.topics.iter().cloned());
        let instance = found.group_instance_id.as_deref();
        members.push(assignor.member(&found.member_id, instance, &subscription));
    }
    let watched = count_partitions(joining, topics).await?;
    let assigned = assignor.assign(&watched, &members);
    let assignment = |(id, partitions): (String, Vec<TopicPartition>)| {
        let blob = ConsumerProtocolAssignment {
            assigned_partitions: by_topic(&partitions),
            user_data: None,
        };
        SyncGroupRequestAssignment::default()
            .with_member_id(text(&id))
            .with_assignment(Bytes::from(encode(&blob, PROTOCOL_VERSION)))
    };
    Ok((assigned.into_iter().map(assignment).collect(), watched))
}

/// Returns how many partitions each topic has; none where there is no such topic.
async fn count_partitions(
    joining: &Joining,
    topics: BTreeSet<String>,
) -> Result<BTreeMap<String, i32>, Setback> {
    let names: Vec<String> = topics.iter().cloned().collect();
    let cluster = &joining.cluster;
    let deadline = cluster.api_deadline();
    let wanted = TopicsWanted::Names(names);
    let found = cluster.metadata("metadata", &wanted, deadline).await;
    let found = found.map_err(|error| {
        if error.is_retriable() {
            Setback::Later
        } else {
            Setback::Failed(error)
        }
    })?;
    let count = |name: &String| {
        let topic = found.topic(name).filter(|topic| topic.error.is_none());
        let count = topic.map_or(0, |topic| topic.partitions.len());
        (name.clone(), i32::try_from(count).unwrap_or(i32::MAX))
    };
    let counted: BTreeMap<String, i32> = topics.iter().map(count).collect();
    let missing: Vec<&str> = counted
        .iter()
        .filter(|(_, count)| **count == 0)
        .map(|(name, _)| name.as_str())
        .collect();
    if !missing.is_empty() {
        let missing = missing.join(", ");
        let line =
            format!("The following subscribed topics are not assigned to any members: [{missing}]");
        joining.member.log(LogLevel::Info, &line);
    }
    Ok(counted)
}

async fn sync(
    joining: &Joining,
    coordinator: &GroupCoordinator,
    joined: &JoinGroupResponse,
    assignments: Vec<SyncGroupRequestAssignment>,
) -> Result<SyncGroupResponse, Setback> {
    let member = &joining.member;
    let who = member.identity();
    let build = |version| {
        let mut request = SyncGroupRequest::default()
            .with_group_id(GroupId(text(&who.group)))
            .with_generation_id(who.generation)
            .with_member_id(text(&who.member_id))
            .with_assignments(assignments.clone());
        if version >= 3 {
            request.group_instance_id = who.instance_id.as_deref().map(text);
        }
        if version >= 5 {
            request.protocol_type = Some(text(CONSUMER_PROTOCOL));
            request.protocol_name.clone_from(&joined.protocol_name);
        }
        request
    };
    let deadline = Instant::now() + coordinator.cluster().config().request_timeout;
    let response = coordinator
        .try_call("syncGroup", deadline, &build)
        .await
        .map_err(|error| setback(coordinator, error))?;
    match ClientError::check(response.error_code, None) {
        Ok(()) => Ok(response),
        Err(error) => Err(refused(joining, coordinator, error, None)),
    }
}

/// Reads what the leader has given this member.
fn read_assignment(synced: &SyncGroupResponse) -> Result<Vec<TopicPartition>, ClientError> {
    if synced.assignment.is_empty() {
        return Ok(Vec::new());
    }
    let read = decode::<ConsumerProtocolAssignment>(&synced.assignment);
    let (assignment, _) = read.map_err(|error| ClientError::InvalidArgument {
        message: format!("The leader's assignment cannot be read: {error}"),
    })?;
    Ok(flat(&assignment.assigned_partitions))
}

/// Leaves the group; a static member stays, as its session goes on.
pub(super) async fn leave(
    member: &Member,
    reason: &str,
    timeout: Duration,
) -> Result<(), ClientError> {
    let who = member.identity();
    if who.instance_id.is_some() || who.member_id.is_empty() {
        return Ok(());
    }
    {
        let mut state = member.state.lock();
        state.generation = -1;
        state.member_id.clear();
    }
    let build = |version| {
        let request = LeaveGroupRequest::default().with_group_id(GroupId(text(&who.group)));
        if version < 3 {
            return request.with_member_id(text(&who.member_id));
        }
        let mut leaver = MemberIdentity::default().with_member_id(text(&who.member_id));
        if version >= 5 {
            leaver.reason = Some(StrBytes::from_string(reason.to_owned()));
        }
        request.with_members(vec![leaver])
    };
    let deadline = Instant::now() + timeout;
    let coordinator = &member.coordinator;
    let response = coordinator.try_call("leaveGroup", deadline, &build).await?;
    ClientError::check(response.error_code, None)
}
