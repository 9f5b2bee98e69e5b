//! Groups as clients use them, for the tests of the group APIs; and what survives a restart.

use kt::protocol::messages::join_group_request::JoinGroupRequestProtocol;
use kt::protocol::messages::leave_group_request::MemberIdentity;
use kt::protocol::messages::offset_commit_request::{
    OffsetCommitRequestPartition, OffsetCommitRequestTopic,
};
use kt::protocol::messages::offset_fetch_request::{
    OffsetFetchRequestGroup, OffsetFetchRequestTopics,
};
use kt::protocol::messages::sync_group_request::SyncGroupRequestAssignment;
use kt::protocol::messages::{
    ConsumerGroupHeartbeatRequest, ConsumerGroupHeartbeatResponse, FindCoordinatorRequest, GroupId,
    HeartbeatRequest, JoinGroupRequest, JoinGroupResponse, LeaveGroupRequest, OffsetCommitRequest,
    OffsetFetchRequest, SyncGroupRequest,
};

use crate::harness::{TestBroker, code, text, topic};

/// Starts a broker with a topic `t` of two partitions and a coordinator that is ready.
pub(crate) fn start() -> TestBroker {
    start_with(&[])
}

/// The same with further settings.
pub(crate) fn start_with(settings: &[(&str, &str)]) -> TestBroker {
    let mut all = vec![
        ("offsets.topic.num.partitions", "3"),
        ("group.initial.rebalance.delay.ms", "0"),
    ];
    all.extend(settings);
    let broker = TestBroker::start_with(&all);
    broker.create_topic("t", 2, &[]);
    let request = FindCoordinatorRequest::default().with_key(text("g"));
    assert_eq!(broker.call(3, &request).error_code, 0);
    broker
}

pub(crate) fn group(name: &str) -> GroupId {
    GroupId(text(name))
}

/// A JoinGroup of a consumer.
pub(crate) fn joining(name: &str, member: &str) -> JoinGroupRequest {
    // Version 0 of a subscription: topic `t`, no user data.
    let subscription: &'static [u8] = b"\0\0\0\0\0\x01\0\x01t\xff\xff\xff\xff";
    let protocol = JoinGroupRequestProtocol::default()
        .with_name(text("range"))
        .with_metadata(subscription.into());
    JoinGroupRequest::default()
        .with_group_id(group(name))
        .with_member_id(text(member))
        .with_session_timeout_ms(10_000)
        .with_rebalance_timeout_ms(10_000)
        .with_protocol_type(text("consumer"))
        .with_protocols(vec![protocol])
}

/// Joins a group of nobody else, at a version, and returns the answer.
pub(crate) fn join(broker: &TestBroker, version: i16, name: &str) -> JoinGroupResponse {
    let mut request = joining(name, "");
    if version < 1 {
        request.rebalance_timeout_ms = -1;
    }
    let mut response = broker.call(version, &request);
    if version >= 4 {
        assert_eq!(code(response.error_code), "MEMBER_ID_REQUIRED");
        request.member_id = response.member_id;
        response = broker.call(version, &request);
    }
    assert_eq!(code(response.error_code), "NONE");
    response
}

/// Gives the only member of a group its assignment; returns the code and what it got.
pub(crate) fn sync(
    broker: &TestBroker,
    version: i16,
    name: &str,
    joined: &JoinGroupResponse,
) -> (&'static str, Vec<u8>) {
    let assignment = SyncGroupRequestAssignment::default()
        .with_member_id(joined.member_id.clone())
        .with_assignment((&b"all"[..]).into());
    let mut request = SyncGroupRequest::default()
        .with_group_id(group(name))
        .with_generation_id(joined.generation_id)
        .with_member_id(joined.member_id.clone())
        .with_assignments(vec![assignment]);
    if version >= 5 {
        request.protocol_type = Some(text("consumer"));
        request.protocol_name = Some(text("range"));
    }
    let response = broker.call(version, &request);
    (code(response.error_code), response.assignment.to_vec())
}

/// Makes a group with one member that has its assignment; returns its join's answer.
pub(crate) fn stable(broker: &TestBroker, name: &str) -> JoinGroupResponse {
    let joined = join(broker, 7, name);
    assert_eq!(sync(broker, 5, name, &joined), ("NONE", b"all".to_vec()));
    joined
}

pub(crate) fn heartbeat(
    broker: &TestBroker,
    version: i16,
    (name, member): (&str, &str),
    generation: i32,
) -> &'static str {
    let request = HeartbeatRequest::default()
        .with_group_id(group(name))
        .with_member_id(text(member))
        .with_generation_id(generation);
    code(broker.call(version, &request).error_code)
}

/// Lets members leave; returns the code of the request and those of the members.
pub(crate) fn leave(
    broker: &TestBroker,
    version: i16,
    name: &str,
    members: &[&str],
) -> (&'static str, Vec<&'static str>) {
    let mut request = LeaveGroupRequest::default().with_group_id(group(name));
    if version <= 2 {
        request.member_id = text(members[0]);
    } else {
        let of = |id: &&str| MemberIdentity::default().with_member_id(text(id));
        request.members = members.iter().map(of).collect();
    }
    let response = broker.call(version, &request);
    let codes = response.members.iter().map(|m| code(m.error_code));
    (code(response.error_code), codes.collect())
}

/// A commit of one offset, as an administrator does it.
pub(crate) fn committing(
    broker: &TestBroker,
    version: i16,
    (name, topic_name, partition): (&str, &str, i32),
    offset: i64,
) -> OffsetCommitRequest {
    let partition = OffsetCommitRequestPartition::default()
        .with_partition_index(partition)
        .with_committed_offset(offset)
        .with_committed_metadata(Some(text("noon")));
    let mut of = OffsetCommitRequestTopic::default().with_partitions(vec![partition]);
    if version >= 10 {
        of.topic_id = broker.topic_id(topic_name);
    } else {
        of.name = topic(topic_name);
    }
    OffsetCommitRequest::default()
        .with_group_id(group(name))
        .with_generation_id_or_member_epoch(-1)
        .with_topics(vec![of])
}

/// Sends a commit of one offset and returns its code.
pub(crate) fn committed(
    broker: &TestBroker,
    version: i16,
    request: &OffsetCommitRequest,
) -> &'static str {
    code(broker.call(version, request).topics[0].partitions[0].error_code)
}

/// Commits an offset of `t`-0 as an administrator; it must be accepted.
pub(crate) fn commit(broker: &TestBroker, name: &str, offset: i64) {
    let request = committing(broker, 8, (name, "t", 0), offset);
    assert_eq!(committed(broker, 8, &request), "NONE");
}

/// Returns the committed offset of `t`-0.
pub(crate) fn fetch(broker: &TestBroker, name: &str) -> i64 {
    let of = OffsetFetchRequestTopics::default()
        .with_name(topic("t"))
        .with_partition_indexes(vec![0]);
    let of = OffsetFetchRequestGroup::default()
        .with_group_id(group(name))
        .with_topics(Some(vec![of]));
    let request = OffsetFetchRequest::default().with_groups(vec![of]);
    let response = broker.call(8, &request);
    assert_eq!(code(response.groups[0].error_code), "NONE");
    response.groups[0].topics[0].partitions[0].committed_offset
}

/// The first heartbeat of a consumer group's member that reads `t`.
pub(crate) fn entering(name: &str, member: &str) -> ConsumerGroupHeartbeatRequest {
    ConsumerGroupHeartbeatRequest::default()
        .with_group_id(group(name))
        .with_member_id(text(member))
        .with_rebalance_timeout_ms(10_000)
        .with_subscribed_topic_names(Some(vec![topic("t")]))
        .with_topic_partitions(Some(Vec::new()))
}

/// Returns the partitions that an answer assigns.
pub(crate) fn assigned(response: &ConsumerGroupHeartbeatResponse) -> Option<Vec<i32>> {
    let assignment = response.assignment.as_ref()?;
    let topics = assignment.topic_partitions.iter();
    Some(topics.flat_map(|topic| topic.partitions.clone()).collect())
}

#[test]
fn groups_and_offsets_are_there_after_a_restart() {
    let mut broker = start();
    let joined = stable(&broker, "g");
    let mut request = committing(&broker, 7, ("g", "t", 0), 41);
    request.generation_id_or_member_epoch = joined.generation_id;
    request.member_id = joined.member_id.clone();
    assert_eq!(committed(&broker, 7, &request), "NONE");
    let entered = broker.call(1, &entering("c", "m"));
    assert_eq!(assigned(&entered), Some(vec![0, 1]));
    broker.restart();
    assert_eq!(fetch(&broker, "g"), 41);
    assert_eq!(heartbeat(&broker, 4, ("g", &joined.member_id), 1), "NONE");
    assert_eq!(sync(&broker, 5, "g", &joined), ("NONE", b"all".to_vec()));
    let beat = ConsumerGroupHeartbeatRequest::default()
        .with_group_id(group("c"))
        .with_member_id(text("m"))
        .with_member_epoch(entered.member_epoch)
        .with_subscribed_topic_names(None);
    assert_eq!(broker.call(1, &beat).error_code, 0);
}

#[test]
fn two_members_of_a_group_meet_on_two_connections() {
    let broker = start();
    let first = stable(&broker, "g");
    let mut other = broker.connect();
    let request = joining("g", "");
    crate::harness::send(&mut other, 3, &request);
    let is_told = || heartbeat(&broker, 4, ("g", &first.member_id), 1) == "REBALANCE_IN_PROGRESS";
    crate::harness::until(is_told);
    let again = broker.call(7, &joining("g", &first.member_id));
    let joined = crate::harness::receive::<JoinGroupRequest>(&mut other, 3);
    assert_eq!((again.generation_id, joined.generation_id), (2, 2));
    assert_eq!((again.members.len(), joined.members.len()), (2, 0));
    assert_eq!(joined.leader, first.member_id);
}
