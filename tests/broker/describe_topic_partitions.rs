//! `describe_topic_partitions`, at each version and against Apache Kafka's answers.

use kt::protocol::messages::describe_topic_partitions_request::{Cursor, TopicRequest};
use kt::protocol::messages::describe_topic_partitions_response as response;
use kt::protocol::messages::{DescribeTopicPartitionsRequest, DescribeTopicPartitionsResponse};

use crate::harness::{TestBroker, code, topic};

fn describe(
    broker: &TestBroker,
    topics: &[&str],
    limit: i32,
    cursor: Option<(&str, i32)>,
) -> DescribeTopicPartitionsResponse {
    let topics = topics
        .iter()
        .map(|name| TopicRequest::default().with_name(topic(name)));
    let cursor = cursor.map(|(name, partition)| {
        Cursor::default()
            .with_topic_name(topic(name))
            .with_partition_index(partition)
    });
    let request = DescribeTopicPartitionsRequest::default()
        .with_topics(topics.collect())
        .with_response_partition_limit(limit)
        .with_cursor(cursor);
    broker.call(0, &request)
}

/// Returns `name: partitions` or `name: error` for each topic, and the cursor.
fn told(response: &DescribeTopicPartitionsResponse) -> (Vec<String>, Option<(&str, i32)>) {
    let line = |topic: &response::DescribeTopicPartitionsResponseTopic| {
        let name = topic.name.as_ref().unwrap().as_str();
        if topic.error_code != 0 {
            return format!("{name}: {}", code(topic.error_code));
        }
        let numbers: Vec<String> = topic
            .partitions
            .iter()
            .map(|p| p.partition_index.to_string())
            .collect();
        format!("{name}: {}", numbers.join(" "))
    };
    let cursor = response.next_cursor.as_ref();
    let cursor = cursor.map(|cursor| (cursor.topic_name.as_str(), cursor.partition_index));
    (response.topics.iter().map(line).collect(), cursor)
}

fn broker() -> TestBroker {
    let broker = TestBroker::start();
    broker.create_topic("m2", 1, &[]);
    broker.create_topic("m1", 3, &[]);
    broker.create_topic("__consumer_offsets", 1, &[]);
    broker
}

#[test]
fn all_topics_are_told_in_order() {
    let broker = broker();
    let response = describe(&broker, &[], 2000, None);
    let (lines, cursor) = told(&response);
    assert_eq!(lines, ["__consumer_offsets: 0", "m1: 0 1 2", "m2: 0"]);
    assert_eq!(cursor, None);
    assert!(response.topics[0].is_internal && !response.topics[1].is_internal);
    let topic = &response.topics[1];
    assert_eq!(topic.topic_id, broker.topic_id("m1"));
    assert_eq!(topic.topic_authorized_operations, 3576);
    let partition = &topic.partitions[0];
    assert_eq!((partition.leader_id.0, partition.leader_epoch), (1, 0));
    assert_eq!(
        (partition.replica_nodes[0].0, partition.isr_nodes[0].0),
        (1, 1)
    );
    assert_eq!(partition.eligible_leader_replicas, Some(Vec::new()));
    assert_eq!(partition.last_known_elr, Some(Vec::new()));
}

#[test]
fn a_full_page_ends_with_a_cursor() {
    let broker = broker();
    let cases = [
        (2, None, vec!["m1: 0 1"], Some(("m1", 2))),
        (3, None, vec!["m1: 0 1 2"], Some(("m2", 0))),
        (4, None, vec!["m1: 0 1 2", "m2: 0"], None),
        (0, None, vec!["m1: 0"], Some(("m1", 1))),
        (2000, Some(("m1", 2)), vec!["m1: 2", "m2: 0"], None),
        (2000, Some(("m1", 7)), vec!["m1: ", "m2: 0"], None),
    ];
    for (limit, begin, lines, cursor) in cases {
        let response = describe(&broker, &["m2", "m1", "m1"], limit, begin);
        assert_eq!(
            told(&response),
            (lines.into_iter().map(str::to_owned).collect(), cursor)
        );
    }
}

#[test]
fn the_configuration_bounds_a_page() {
    let broker = TestBroker::start_with(&[("max.request.partition.size.limit", "2")]);
    broker.create_topic("t", 3, &[]);
    assert_eq!(told(&describe(&broker, &[], 2000, None)).1, Some(("t", 2)));
}

#[test]
fn a_cursor_beyond_a_deleted_topic_goes_on_behind_it() {
    let broker = broker();
    let response = describe(&broker, &[], 2000, Some(("m11", 2)));
    assert_eq!(told(&response).0, ["m2: 0"]);
}

#[test]
fn a_cursor_that_points_nowhere_is_an_invalid_request() {
    let broker = broker();
    for (topics, cursor) in [(["m2"], ("m1", 2)), (["m1"], ("m1", -1))] {
        let response = describe(&broker, &topics, 2000, Some(cursor));
        assert_eq!(
            told(&response).0,
            [format!("{}: INVALID_REQUEST", topics[0])]
        );
    }
}

#[test]
fn topics_that_are_not_there_are_told_with_their_error() {
    let broker = broker();
    let response = describe(
        &broker,
        &["nope", "a b", "__transaction_state", "m2"],
        2000,
        None,
    );
    assert_eq!(
        told(&response).0,
        [
            "__transaction_state: UNKNOWN_TOPIC_OR_PARTITION",
            "a b: INVALID_TOPIC_EXCEPTION",
            "m2: 0",
            "nope: UNKNOWN_TOPIC_OR_PARTITION",
        ]
    );
    assert!(response.topics[0].is_internal);
    assert!(
        response
            .topics
            .iter()
            .all(|topic| topic.topic_authorized_operations == 3576)
    );
}
