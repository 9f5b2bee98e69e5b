//! Each setting of groups changes what a client sees.

use kt::protocol::ErrorCode;
use kt::protocol::messages::{ConsumerGroupDescribeRequest, ConsumerGroupHeartbeatRequest};
use kt::record::{Append, BatchBuilder, Seal};

use crate::alter_configs::set;
use crate::groups::{committed, committing, entering, fetch, group, join, joining, start_with};
use crate::harness::{TestBroker, code, receive, send, text, until};

#[test]
fn session_timeouts_have_bounds() {
    let broker = start_with(&[
        ("group.min.session.timeout.ms", "20000"),
        ("group.max.session.timeout.ms", "30000"),
    ]);
    for (timeout_ms, expected) in [
        (19_999, "INVALID_SESSION_TIMEOUT"),
        (20_000, "NONE"),
        (30_001, "INVALID_SESSION_TIMEOUT"),
    ] {
        let mut request = joining("g", "");
        request.session_timeout_ms = timeout_ms;
        assert_eq!(code(broker.call(3, &request).error_code), expected);
    }
}

#[test]
fn a_group_has_a_largest_size() {
    let broker = start_with(&[("group.max.size", "1"), ("group.consumer.max.size", "1")]);
    join(&broker, 7, "g");
    let response = broker.call(3, &joining("g", ""));
    assert_eq!(code(response.error_code), "GROUP_MAX_SIZE_REACHED");
    assert_eq!(broker.call(1, &entering("c", "a")).error_code, 0);
    let response = broker.call(1, &entering("c", "b"));
    assert_eq!(code(response.error_code), "GROUP_MAX_SIZE_REACHED");
}

#[test]
fn the_first_rebalance_waits_for_a_second_member() {
    let broker = start_with(&[("group.initial.rebalance.delay.ms", "700")]);
    let (mut one, mut other) = (broker.connect(), broker.connect());
    send(&mut one, 3, &joining("g", ""));
    send(&mut other, 3, &joining("g", ""));
    type Join = kt::protocol::messages::JoinGroupRequest;
    let joined = [receive::<Join>(&mut one, 3), receive::<Join>(&mut other, 3)];
    assert_eq!(joined.each_ref().map(|joined| joined.generation_id), [1, 1]);
    assert_eq!(joined[0].members.len() + joined[1].members.len(), 2);
}

#[test]
fn metadata_has_a_largest_size() {
    let broker = start_with(&[("offset.metadata.max.bytes", "3")]);
    let mut request = committing(&broker, 8, ("s", "t", 0), 1);
    let refused = ErrorCode::OffsetMetadataTooLarge.name();
    assert_eq!(committed(&broker, 8, &request), refused);
    request.topics[0].partitions[0].committed_metadata = Some(text("one"));
    assert_eq!(committed(&broker, 8, &request), "NONE");
}

#[test]
fn an_offset_goes_when_its_own_time_is_up() {
    let broker = start_with(&[("offsets.retention.check.interval.ms", "20")]);
    let mut request = committing(&broker, 2, ("s", "t", 0), 5);
    request.retention_time_ms = 1;
    assert_eq!(committed(&broker, 2, &request), "NONE");
    until(|| fetch(&broker, "s") == -1);
}

#[test]
fn old_offsets_go() {
    let mut broker = start_with(&[
        ("offsets.topic.num.partitions", "1"),
        ("offsets.retention.minutes", "1"),
    ]);
    let young = committing(&broker, 8, ("young", "t", 0), 5);
    assert_eq!(committed(&broker, 8, &young), "NONE");
    // What a group committed in 1970.
    let mut builder = BatchBuilder::new(1000);
    let key = b"\0\x01\0\x03old\0\x01t\0\0\0\0";
    let value = b"\0\x03\0\0\0\0\0\0\0\x07\xff\xff\xff\xff\0\0\0\0\0\0\0\0\0\x01";
    assert_eq!(builder.append(Some(key), Some(value), &[], 1), Append::Fits);
    builder.seal(&Seal::default()).unwrap();
    let batch = builder.into_bytes().into();
    let answer = broker.produce(9, ("__consumer_offsets", 0), batch);
    assert_eq!(code(answer.error_code), "NONE");
    broker.restart();
    assert_eq!(fetch(&broker, "old"), 7);
    broker.set("offsets.retention.check.interval.ms", "20");
    broker.restart();
    until(|| fetch(&broker, "old") == -1);
    assert_eq!(fetch(&broker, "young"), 5);
}

#[test]
fn consumer_groups_are_told_when_to_come_again() {
    let broker = start_with(&[("group.consumer.heartbeat.interval.ms", "6000")]);
    let interval = |name: &str| {
        let response = broker.call(1, &entering(name, "m"));
        response.heartbeat_interval_ms
    };
    assert_eq!(interval("c"), 6000);
    set(
        &broker,
        (32, "own"),
        "consumer.heartbeat.interval.ms",
        "7000",
    );
    assert_eq!(interval("own"), 7000);
}

#[test]
fn the_first_assignor_is_the_default_and_others_are_refused() {
    let broker = start_with(&[("group.consumer.assignors", "range")]);
    assert_eq!(broker.call(1, &entering("c", "m")).error_code, 0);
    let request = ConsumerGroupDescribeRequest::default().with_group_ids(vec![group("c")]);
    let response = broker.call(1, &request);
    assert_eq!(response.groups[0].assignor_name.as_str(), "range");
    let mut request = entering("c", "n");
    request.server_assignor = Some(text("uniform"));
    let response = broker.call(1, &request);
    assert_eq!(code(response.error_code), "UNSUPPORTED_ASSIGNOR");
}

fn is_member(broker: &TestBroker, name: &str, epoch: i32) -> bool {
    let beat = ConsumerGroupHeartbeatRequest::default()
        .with_group_id(group(name))
        .with_member_id(text("m"))
        .with_member_epoch(epoch)
        .with_subscribed_topic_names(None);
    code(broker.call(1, &beat).error_code) == "NONE"
}

fn is_empty(broker: &TestBroker, name: &str) -> bool {
    let request = ConsumerGroupDescribeRequest::default().with_group_ids(vec![group(name)]);
    broker.call(1, &request).groups[0].group_state.as_str() == "Empty"
}

#[test]
fn a_silent_member_of_a_consumer_group_goes() {
    let broker = start_with(&[
        ("group.consumer.min.session.timeout.ms", "100"),
        ("group.consumer.session.timeout.ms", "200"),
    ]);
    set(&broker, (32, "own"), "consumer.session.timeout.ms", "60000");
    let epoch = broker.call(1, &entering("own", "m")).member_epoch;
    broker.call(1, &entering("c", "m"));
    until(|| is_empty(&broker, "c"));
    assert!(is_member(&broker, "own", epoch), "it has longer");
}
