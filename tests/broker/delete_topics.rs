//! `delete_topics`, at each version and against Apache Kafka's answers.

use kt::protocol::messages::DeleteTopicsRequest;
use kt::protocol::messages::delete_topics_request::DeleteTopicState;
use kt::protocol::messages::delete_topics_response::DeletableTopicResult;

use crate::harness::{TestBroker, code, topic, versions};

fn state(name: Option<&str>, id: uuid::Uuid) -> DeleteTopicState {
    DeleteTopicState::default()
        .with_name(name.map(topic))
        .with_topic_id(id)
}

fn by_names(version: i16, names: &[&str]) -> DeleteTopicsRequest {
    let request = DeleteTopicsRequest::default().with_timeout_ms(20_000);
    if version >= 6 {
        let topics = names
            .iter()
            .map(|name| state(Some(name), uuid::Uuid::nil()));
        return request.with_topics(topics.collect());
    }
    request.with_topic_names(names.iter().map(|name| topic(name)).collect())
}

fn told(result: &DeletableTopicResult) -> (&str, &'static str, Option<&str>) {
    let name = result.name.as_ref().map_or("-", |name| name.as_str());
    (
        name,
        code(result.error_code),
        result.error_message.as_deref(),
    )
}

#[test]
fn every_version_deletes_by_name() {
    let broker = TestBroker::start();
    for version in versions::<DeleteTopicsRequest>() {
        broker.create_topic("t", 2, &[]);
        let id = broker.topic_id("t");
        let mut responses = broker
            .call(version, &by_names(version, &["t", "no", "d", "d"]))
            .responses;
        let from_5 = |text: &'static str| (version >= 5).then_some(text);
        assert_eq!(responses.len(), 3, "version {version}");
        responses.sort_by_key(|result| result.name.as_ref().map(|name| name.to_string()));
        let unknown = from_5("This server does not host this topic-partition.");
        assert_eq!(
            responses.iter().map(told).collect::<Vec<_>>(),
            [
                ("d", "INVALID_REQUEST", from_5("Duplicate topic name.")),
                ("no", "UNKNOWN_TOPIC_OR_PARTITION", unknown),
                ("t", "NONE", None),
            ]
        );
        assert_eq!(
            responses[2].topic_id,
            if version >= 6 { id } else { uuid::Uuid::nil() }
        );
        assert!(broker.topic_id("t").is_nil());
    }
}

#[test]
fn version_6_deletes_by_id() {
    let broker = TestBroker::start();
    broker.create_topic("t", 1, &[]);
    broker.create_topic("both", 1, &[]);
    let (id, both, unknown) = (
        broker.topic_id("t"),
        broker.topic_id("both"),
        uuid::Uuid::from_u128(77),
    );
    let topics = vec![
        state(None, uuid::Uuid::nil()),
        state(Some("both"), both),
        state(None, unknown),
        state(None, uuid::Uuid::from_u128(8)),
        state(None, uuid::Uuid::from_u128(8)),
        state(None, id),
    ];
    let request = DeleteTopicsRequest::default()
        .with_timeout_ms(20_000)
        .with_topics(topics);
    let mut responses = broker.call(6, &request).responses;
    responses.sort_by_key(|result| (result.error_code, result.error_message.clone()));
    assert_eq!(
        responses.iter().map(told).collect::<Vec<_>>(),
        [
            ("t", "NONE", None),
            ("-", "INVALID_REQUEST", Some("Duplicate topic id.")),
            (
                "-",
                "INVALID_REQUEST",
                Some("Neither topic name nor id were specified.")
            ),
            (
                "both",
                "INVALID_REQUEST",
                Some("You may not specify both topic name and topic id.")
            ),
            (
                "-",
                "UNKNOWN_TOPIC_ID",
                Some("This server does not host this topic ID.")
            ),
        ]
    );
    assert_eq!(
        (responses[0].topic_id, responses[4].topic_id),
        (id, unknown)
    );
    assert_eq!(broker.topic_id("both"), both);
}

#[test]
fn deletion_may_be_switched_off() {
    let broker = TestBroker::start_with(&[("delete.topic.enable", "false")]);
    broker.create_topic("t", 1, &[]);
    for version in versions::<DeleteTopicsRequest>() {
        let responses = broker.call(version, &by_names(version, &["t"])).responses;
        let expected = if version < 3 {
            "INVALID_REQUEST"
        } else {
            "TOPIC_DELETION_DISABLED"
        };
        assert_eq!(told(&responses[0]).1, expected);
        assert!(!broker.topic_id("t").is_nil());
    }
}

#[test]
fn a_topic_of_the_same_name_begins_empty() {
    let broker = TestBroker::start();
    broker.create_topic("t", 1, &[]);
    let before = broker.topic_id("t");
    assert_eq!(broker.produce_values("t", 0, &["a", "b"]), 0);
    broker.call(6, &by_names(6, &["t"]));
    broker.create_topic("t", 1, &[]);
    assert_ne!(broker.topic_id("t"), before);
    assert_eq!(broker.produce_values("t", 0, &["c"]), 0);
}
