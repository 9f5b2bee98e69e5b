//! `consumer_group_heartbeat`, at each version and against Apache Kafka's answers.

use kt::protocol::messages::{ConsumerGroupHeartbeatRequest, StrBytes};

use crate::groups::{assigned, entering, group, stable, start};
use crate::harness::{TestBroker, error, refusal, text, versions};

fn refused(
    broker: &TestBroker,
    change: impl FnOnce(&mut ConsumerGroupHeartbeatRequest),
) -> (&'static str, Option<String>) {
    let mut request = entering("c", "m");
    change(&mut request);
    let response = broker.call(1, &request);
    assert_eq!(response.member_id, None);
    error(response.error_code, response.error_message.as_ref())
}

#[test]
fn each_version_lets_a_member_in_and_gives_it_everything() {
    let broker = start();
    for version in versions::<ConsumerGroupHeartbeatRequest>() {
        let name = format!("c{version}");
        let id = if version == 0 { "" } else { "mine" };
        let response = broker.call(version, &entering(&name, id));
        assert_eq!(response.error_code, 0, "{:?}", response.error_message);
        let given = response.member_id.clone().unwrap();
        assert_eq!(given.len(), if version == 0 { 22 } else { 4 });
        assert_eq!(response.member_epoch, 2);
        assert_eq!(response.heartbeat_interval_ms, 5000);
        assert_eq!(assigned(&response), Some(vec![0, 1]));
        let beat = ConsumerGroupHeartbeatRequest::default()
            .with_group_id(group(&name))
            .with_member_id(given)
            .with_member_epoch(2)
            .with_subscribed_topic_names(None);
        let response = broker.call(version, &beat);
        assert_eq!((response.error_code, response.member_epoch), (0, 2));
        assert_eq!(assigned(&response), None, "nothing is new");
        let response = broker.call(version, &beat.with_member_epoch(-1));
        assert_eq!((response.error_code, response.member_epoch), (0, -1));
    }
}

#[test]
fn broken_requests_are_refused_with_kafkas_sentences() {
    let broker = start();
    let invalid = |message| refusal("INVALID_REQUEST", message);
    let none = StrBytes::default();
    let said = refused(&broker, |r| r.member_id = none.clone());
    assert_eq!(said, invalid("MemberId can't be empty."));
    let said = refused(&broker, |r| r.group_id = group(""));
    assert_eq!(said, invalid("GroupId can't be empty."));
    let said = refused(&broker, |r| r.instance_id = Some(none));
    assert_eq!(said, invalid("InstanceId can't be empty."));
    let said = refused(&broker, |r| r.rebalance_timeout_ms = -1);
    let expected = "RebalanceTimeoutMs must be provided in first request.";
    assert_eq!(said, invalid(expected));
    let said = refused(&broker, |r| r.topic_partitions = None);
    assert_eq!(
        said,
        invalid("TopicPartitions must be empty when (re-)joining.")
    );
    let said = refused(&broker, |r| r.subscribed_topic_names = None);
    let expected = "Either SubscribedTopicNames or SubscribedTopicRegex must be non-null when \
                    (re-)joining.";
    assert_eq!(said, invalid(expected));
    let said = refused(&broker, |r| r.member_epoch = -2);
    assert_eq!(said, invalid("InstanceId can't be null."));
    let said = refused(&broker, |r| r.member_epoch = -3);
    assert_eq!(said, invalid("MemberEpoch is invalid."));
    let said = refused(&broker, |r| r.server_assignor = Some(text("xx")));
    let expected = "ServerAssignor xx is not supported. Supported assignors: uniform, range.";
    assert_eq!(said, refusal("UNSUPPORTED_ASSIGNOR", expected));
    let said = refused(&broker, |r| r.subscribed_topic_regex = Some(text("[")));
    assert_eq!(said.0, "INVALID_REGULAR_EXPRESSION");
}

#[test]
fn strangers_and_old_epochs_are_refused_with_kafkas_sentences() {
    let broker = start();
    stable(&broker, "g");
    let said = refused(&broker, |r| r.member_epoch = 3);
    let expected = "Consumer group c not found.";
    assert_eq!(said, refusal("GROUP_ID_NOT_FOUND", expected));
    assert_eq!(broker.call(1, &entering("c", "a")).error_code, 0);
    let said = refused(&broker, |r| r.member_epoch = 3);
    let expected = "Member m is not a member of group c.";
    assert_eq!(said, refusal("UNKNOWN_MEMBER_ID", expected));
    let said = refused(&broker, |r| {
        r.member_id = text("a");
        r.member_epoch = 50;
    });
    let expected = "The consumer group member has a greater member epoch (50) than the one known \
                    by the group coordinator (2). The member must abandon all its partitions and \
                    rejoin.";
    assert_eq!(said, refusal("FENCED_MEMBER_EPOCH", expected));
    let mut with_instance = entering("i", "a");
    with_instance.instance_id = Some(text("i"));
    assert_eq!(broker.call(1, &with_instance).error_code, 0);
    let said = refused(&broker, |r| {
        r.group_id = group("i");
        r.instance_id = Some(text("i"));
    });
    let expected = "Static member m with instance id i cannot join the group because the instance \
                    id is owned by a member.";
    assert_eq!(said, refusal("UNRELEASED_INSTANCE_ID", expected));
}

#[test]
fn a_classic_group_with_members_is_not_taken_over() {
    let broker = start();
    stable(&broker, "g");
    let said = refused(&broker, |r| r.group_id = group("g"));
    let expected = "Group g is not a consumer group.";
    assert_eq!(said, refusal("GROUP_ID_NOT_FOUND", expected));
}
