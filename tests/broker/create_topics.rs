//! `create_topics`, at each version and against Apache Kafka's answers.

use kt::protocol::messages::create_topics_request::{
    CreatableReplicaAssignment, CreatableTopic, CreatableTopicConfig,
};
use kt::protocol::messages::create_topics_response::CreatableTopicResult;
use kt::protocol::messages::{BrokerId, CreateTopicsRequest};

use crate::harness::{FINE, TestBroker, error, refusal, text, topic, versions};

fn new(name: &str, partitions: i32, replicas: i16) -> CreatableTopic {
    CreatableTopic::default()
        .with_name(topic(name))
        .with_num_partitions(partitions)
        .with_replication_factor(replicas)
}

fn with_config(name: &str, key: &str, value: Option<&str>) -> CreatableTopic {
    let config = CreatableTopicConfig::default()
        .with_name(text(key))
        .with_value(value.map(text));
    new(name, 1, 1).with_configs(vec![config])
}

fn assigned(partitions: i32, replicas: i16, lists: &[(i32, &[i32])]) -> CreatableTopic {
    let assignments = lists.iter().map(|(partition, brokers)| {
        CreatableReplicaAssignment::default()
            .with_partition_index(*partition)
            .with_broker_ids(brokers.iter().copied().map(BrokerId).collect())
    });
    new("t", partitions, replicas).with_assignments(assignments.collect())
}

fn create(
    broker: &TestBroker,
    version: i16,
    topics: Vec<CreatableTopic>,
) -> Vec<CreatableTopicResult> {
    let request = CreateTopicsRequest::default()
        .with_timeout_ms(20_000)
        .with_topics(topics);
    broker.call(version, &request).topics
}

fn outcome(result: &CreatableTopicResult) -> (&'static str, Option<String>) {
    error(result.error_code, result.error_message.as_ref())
}

#[test]
fn every_version_creates_and_tells_what_it_may() {
    let broker = TestBroker::start_with(&[("num.partitions", "2")]);
    for version in versions::<CreateTopicsRequest>() {
        let name = format!("t{version}");
        let config = CreatableTopicConfig::default()
            .with_name(text("retention.ms"))
            .with_value(Some(text("1000")));
        let asked = new(&name, -1, -1).with_configs(vec![config]);
        let results = create(&broker, version, vec![asked]);
        let result = &results[0];
        assert_eq!(outcome(result), FINE, "version {version}");
        let (partitions, replicas) = if version >= 5 { (2, 1) } else { (-1, -1) };
        assert_eq!(
            (result.num_partitions, result.replication_factor),
            (partitions, replicas)
        );
        assert_eq!(result.topic_id.is_nil(), version < 7);
        let configs = result.configs.as_ref().unwrap();
        assert_eq!(configs.len(), if version >= 5 { 33 } else { 0 });
        if version >= 5 {
            let line = |key: &str| {
                let config = configs
                    .iter()
                    .find(|config| config.name.as_str() == key)
                    .unwrap();
                (config.value.as_deref().unwrap(), config.config_source)
            };
            assert_eq!(line("retention.ms"), ("1000", 1));
            assert_eq!(line("segment.bytes"), ("1073741824", 5));
            // With eligible leader replicas it is a setting of the whole cluster.
            assert_eq!(line("min.insync.replicas"), ("1", 3));
        }
        if version >= 7 {
            assert_eq!(result.topic_id, broker.topic_id(&name));
        }
    }
}

#[test]
fn validating_creates_nothing() {
    let broker = TestBroker::start();
    for version in versions::<CreateTopicsRequest>() {
        let request = CreateTopicsRequest::default()
            .with_topics(vec![new("t", 3, 1)])
            .with_validate_only(true);
        let results = broker.call(version, &request).topics;
        assert_eq!(outcome(&results[0]), FINE);
        assert!(broker.topic_id("t").is_nil());
    }
}

#[track_caller]
fn assert_refused<const N: usize>(
    broker: &TestBroker,
    cases: [(CreatableTopic, &'static str, &str); N],
) {
    for (asked, name, message) in cases {
        let results = create(broker, 7, vec![asked]);
        assert_eq!(outcome(&results[0]), refusal(name, message));
        let counts = (results[0].num_partitions, results[0].replication_factor);
        assert_eq!(counts, (-1, -1));
    }
}

#[test]
fn names_are_refused_in_kafkas_words() {
    let broker = TestBroker::start();
    broker.create_topic("there", 1, &[]);
    broker.create_topic("x.y", 1, &[]);
    let invalid_name = "INVALID_TOPIC_EXCEPTION";
    let cases = [
        (
            new("there", 1, 1),
            "TOPIC_ALREADY_EXISTS",
            "Topic 'there' already exists.",
        ),
        (
            new("a b", 1, 1),
            invalid_name,
            "Topic name is invalid: 'a b' contains one or more characters other than ASCII \
             alphanumerics, '.', '_' and '-'",
        ),
        (
            new("", 1, 1),
            invalid_name,
            "Topic name is invalid: the empty string is not allowed",
        ),
        (
            new("..", 1, 1),
            invalid_name,
            "Topic name is invalid: '..' is not allowed",
        ),
        (
            new("x_y", 1, 1),
            invalid_name,
            "Topic 'x_y' collides with existing topic: x.y",
        ),
        (
            new("__cluster_metadata", 1, 1),
            "INVALID_REQUEST",
            "Creation of internal topic __cluster_metadata is prohibited.",
        ),
    ];
    assert_refused(&broker, cases);
}

#[test]
fn counts_and_settings_are_refused_in_kafkas_words() {
    let broker = TestBroker::start();
    let cases = [
        (
            new("p", 0, 1),
            "INVALID_PARTITIONS",
            "Number of partitions was set to an invalid non-positive value.",
        ),
        (
            new("r", 1, 0),
            "INVALID_REPLICATION_FACTOR",
            "Replication factor must be larger than 0, or -1 to use the default value.",
        ),
        (
            new("r", 1, 2),
            "INVALID_REPLICATION_FACTOR",
            "Unable to replicate the partition 2 time(s): The target replication factor of 2 \
             cannot be reached because only 1 broker(s) are registered or some brokers have all \
             their log directories cordoned.",
        ),
        (
            with_config("c", "nope", Some("1")),
            "INVALID_CONFIG",
            "Unknown topic config name: nope",
        ),
        (
            with_config("c", "retention.ms", None),
            "INVALID_CONFIG",
            "Null value not supported for topic configs: retention.ms",
        ),
        (
            with_config("c", "min.insync.replicas", Some("0")),
            "INVALID_CONFIG",
            "Invalid value 0 for configuration min.insync.replicas: Value must be at least 1",
        ),
        (
            new("p", 20_000, 1),
            "POLICY_VIOLATION",
            "Excessively large number of partitions per request.",
        ),
    ];
    assert_refused(&broker, cases);
}

#[test]
fn one_topic_fails_and_the_others_are_made() {
    let broker = TestBroker::start();
    let asked = vec![
        new("a b", 1, 1),
        new("t", 1, 1),
        new("dup", 1, 1),
        new("dup", 2, 1),
    ];
    let results = create(&broker, 7, asked);
    let told: Vec<_> = results
        .iter()
        .map(|r| (r.name.as_str(), outcome(r).0))
        .collect();
    assert_eq!(
        told,
        [
            ("a b", "INVALID_TOPIC_EXCEPTION"),
            ("t", "NONE"),
            ("dup", "INVALID_REQUEST")
        ]
    );
    assert_eq!(
        outcome(&results[2]).1.as_deref(),
        Some("Duplicate topic name.")
    );
    assert!(!broker.topic_id("t").is_nil() && broker.topic_id("dup").is_nil());
}

#[test]
fn too_many_partitions_together_are_refused_together() {
    let broker = TestBroker::start();
    let results = create(&broker, 5, vec![new("a", 6_000, 1), new("b", 6_000, 1)]);
    assert!(
        results
            .iter()
            .all(|result| outcome(result).0 == "POLICY_VIOLATION")
    );
}

#[test]
fn replicas_may_be_chosen_by_hand() {
    let broker = TestBroker::start();
    let results = create(&broker, 7, vec![assigned(-1, -1, &[(0, &[1]), (1, &[1])])]);
    assert_eq!(outcome(&results[0]), FINE);
    assert_eq!(
        (results[0].num_partitions, results[0].replication_factor),
        (2, 1)
    );
}

#[test]
fn a_choice_that_cannot_be_is_refused() {
    let broker = TestBroker::start();
    let gap = "partitions should be a consecutive 0-based integer sequence";
    let cases = [
        (
            assigned(2, -1, &[(0, &[1])]),
            "INVALID_REQUEST",
            "A manual partition assignment was specified, but numPartitions was not set to -1.",
        ),
        (
            assigned(-1, 1, &[(0, &[1])]),
            "INVALID_REQUEST",
            "A manual partition assignment was specified, but replication factor was not set to \
             -1.",
        ),
        (
            assigned(-1, -1, &[(0, &[1]), (2, &[1])]),
            "INVALID_REPLICA_ASSIGNMENT",
            gap,
        ),
        (
            assigned(-1, -1, &[(1, &[1])]),
            "INVALID_REPLICA_ASSIGNMENT",
            gap,
        ),
        (
            assigned(-1, -1, &[(-1, &[1])]),
            "INVALID_REPLICA_ASSIGNMENT",
            gap,
        ),
        (
            assigned(-1, -1, &[(0, &[1]), (0, &[1])]),
            "INVALID_REPLICA_ASSIGNMENT",
            "Found multiple manual partition assignments for partition 0",
        ),
        (
            assigned(-1, -1, &[(0, &[])]),
            "INVALID_REPLICA_ASSIGNMENT",
            "The manual partition assignment includes an empty replica list.",
        ),
        (
            assigned(-1, -1, &[(0, &[9])]),
            "INVALID_REPLICA_ASSIGNMENT",
            "The manual partition assignment includes broker 9, but no such broker is registered.",
        ),
        (
            assigned(-1, -1, &[(0, &[1]), (1, &[1, 1])]),
            "INVALID_REPLICA_ASSIGNMENT",
            "The manual partition assignment includes the broker 1 more than once.",
        ),
    ];
    for (asked, name, message) in cases {
        let results = create(&broker, 7, vec![asked]);
        assert_eq!(outcome(&results[0]), refusal(name, message));
    }
}

#[test]
fn names_that_collide_within_a_request_are_not_both_made_unlike_in_kafka() {
    let broker = TestBroker::start();
    let results = create(&broker, 7, vec![new("x.y", 1, 1), new("x_y", 1, 1)]);
    let told: Vec<_> = results.iter().map(|result| outcome(result).0).collect();
    assert_eq!(told, ["NONE", "INVALID_TOPIC_EXCEPTION"]);
}
