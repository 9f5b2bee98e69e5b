//! `create_partitions`, at each version and against Apache Kafka's answers.

use kt::protocol::messages::create_partitions_request::{
    CreatePartitionsAssignment, CreatePartitionsTopic,
};
use kt::protocol::messages::{BrokerId, CreatePartitionsRequest};

use crate::harness::{FINE, TestBroker, error, refusal, topic, versions};

fn more(name: &str, count: i32, assignments: Option<&[&[i32]]>) -> CreatePartitionsTopic {
    let assignments = assignments.map(|lists| {
        let lists = lists.iter().map(|brokers| {
            let brokers = brokers.iter().copied().map(BrokerId).collect();
            CreatePartitionsAssignment::default().with_broker_ids(brokers)
        });
        lists.collect()
    });
    CreatePartitionsTopic::default()
        .with_name(topic(name))
        .with_count(count)
        .with_assignments(assignments)
}

fn create(
    broker: &TestBroker,
    version: i16,
    topics: Vec<CreatePartitionsTopic>,
) -> Vec<(String, (&'static str, Option<String>))> {
    let request = CreatePartitionsRequest::default()
        .with_timeout_ms(20_000)
        .with_topics(topics);
    let results = broker.call(version, &request).results.into_iter();
    results
        .map(|r| {
            (
                r.name.to_string(),
                error(r.error_code, r.error_message.as_ref()),
            )
        })
        .collect()
}

#[test]
fn every_version_adds_partitions_that_can_be_written_to() {
    let broker = TestBroker::start();
    broker.create_topic("t", 1, &[]);
    for (version, count) in versions::<CreatePartitionsRequest>().zip(2..) {
        let chosen: &[&[i32]] = &[&[1]];
        let assignments = (version % 2 == 1).then_some(chosen);
        let results = create(&broker, version, vec![more("t", count, assignments)]);
        assert_eq!(results, [("t".to_owned(), FINE)]);
        assert_eq!(broker.produce_values("t", count - 1, &["x"]), 0);
    }
}

#[test]
fn validating_adds_nothing() {
    let broker = TestBroker::start();
    broker.create_topic("t", 1, &[]);
    for version in versions::<CreatePartitionsRequest>() {
        let request = CreatePartitionsRequest::default()
            .with_topics(vec![more("t", 2, None)])
            .with_validate_only(true);
        assert_eq!(broker.call(version, &request).results[0].error_code, 0);
    }
    let again = create(&broker, 3, vec![more("t", 1, None)]);
    assert_eq!(
        again[0].1,
        refusal("INVALID_PARTITIONS", "Topic already has 1 partition(s).")
    );
}

#[test]
fn refusals_are_worded_as_kafka_words_them() {
    let broker = TestBroker::start();
    broker.create_topic("t", 2, &[]);
    let replicas = "INVALID_REPLICA_ASSIGNMENT";
    type Case<'a> = (i32, Option<&'a [&'a [i32]]>, &'a str, &'a str);
    let cases: [Case<'_>; 6] = [
        (
            2,
            None,
            "INVALID_PARTITIONS",
            "Topic already has 2 partition(s).",
        ),
        (
            1,
            None,
            "INVALID_PARTITIONS",
            "The topic t currently has 2 partition(s); 1 would not be an increase.",
        ),
        (
            4,
            Some(&[&[1]]),
            replicas,
            "Attempted to add 2 additional partition(s), but only 1 assignment(s) were specified.",
        ),
        (
            4,
            Some(&[&[1], &[1, 1]]),
            replicas,
            "The manual partition assignment includes the broker 1 more than once.",
        ),
        (
            4,
            Some(&[&[1], &[2]]),
            replicas,
            "The manual partition assignment includes broker 2, but no such broker is registered.",
        ),
        (
            4,
            Some(&[&[1], &[]]),
            replicas,
            "The manual partition assignment includes an empty replica list.",
        ),
    ];
    for (count, assignments, name, message) in cases {
        let results = create(&broker, 3, vec![more("t", count, assignments)]);
        assert_eq!(results[0].1, refusal(name, message));
    }
}

#[test]
fn each_topic_has_its_own_outcome_once() {
    let broker = TestBroker::start();
    broker.create_topic("t", 1, &[]);
    let asked = vec![
        more("no", 2, None),
        more("dup", 1, None),
        more("dup", 2, None),
        more("t", 2, None),
    ];
    assert_eq!(
        create(&broker, 0, asked),
        [
            ("no".to_owned(), ("UNKNOWN_TOPIC_OR_PARTITION", None)),
            (
                "dup".to_owned(),
                refusal("INVALID_REQUEST", "Duplicate topic name.")
            ),
            ("t".to_owned(), FINE),
        ]
    );
}

#[test]
fn too_many_at_once_are_refused_and_none_is_made_unlike_in_kafka() {
    let broker = TestBroker::start();
    broker.create_topic("t", 1, &[]);
    let results = create(&broker, 3, vec![more("t", 20_000, None)]);
    assert_eq!(results[0].1.0, "POLICY_VIOLATION");
    let again = create(&broker, 3, vec![more("t", 1, None)]);
    assert_eq!(
        again[0].1,
        refusal("INVALID_PARTITIONS", "Topic already has 1 partition(s).")
    );
}
