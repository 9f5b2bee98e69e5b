//! `metadata`, at each version and against Apache Kafka's answers.

use std::collections::BTreeSet;

use kt::protocol::messages::metadata_request::MetadataRequestTopic;
use kt::protocol::messages::{MetadataRequest, MetadataResponse};

use crate::harness::{TestBroker, code, topic, versions};

/// `AclEntry.supportedOperations` of a topic and of the cluster, as Apache Kafka answers.
const TOPIC_OPERATIONS: i32 = 3576;
const CLUSTER_OPERATIONS: i32 = 8096;

fn named(name: &str) -> MetadataRequestTopic {
    MetadataRequestTopic::default().with_name(Some(topic(name)))
}

fn by_id(id: uuid::Uuid) -> MetadataRequestTopic {
    MetadataRequestTopic::default()
        .with_name(None)
        .with_topic_id(id)
}

fn request(topics: Option<Vec<MetadataRequestTopic>>) -> MetadataRequest {
    MetadataRequest::default().with_topics(topics)
}

fn names(response: &MetadataResponse) -> Vec<&str> {
    let topics = response.topics.iter();
    topics
        .map(|topic| topic.name.as_ref().map_or("", |name| name.as_str()))
        .collect()
}

fn codes(response: &MetadataResponse) -> Vec<(&str, &'static str)> {
    let codes = response.topics.iter().map(|topic| code(topic.error_code));
    names(response).into_iter().zip(codes).collect()
}

#[test]
fn every_version_tells_brokers_and_topics() {
    let broker = TestBroker::start_with(&[("broker.rack", "r1")]);
    broker.create_topic("b", 2, &[]);
    broker.create_topic("a", 1, &[]);
    for version in versions::<MetadataRequest>() {
        let all = if version == 0 { Some(Vec::new()) } else { None };
        let response = broker.call(version, &request(all));
        assert_eq!(names(&response), ["a", "b"], "version {version}");
        let node = &response.brokers[0];
        assert_eq!(
            (node.node_id.0, node.host.as_str(), node.port),
            (1, "127.0.0.1", broker.port())
        );
        assert_eq!(node.rack.as_deref(), (version >= 1).then_some("r1"));
        let cluster = response.cluster_id.as_deref();
        assert_eq!(cluster, (version >= 2).then_some(broker.cluster_id()));
        assert_eq!(response.controller_id.0, if version >= 1 { 1 } else { -1 });
        assert_eq!(response.cluster_authorized_operations, i32::MIN);
        for topic in &response.topics {
            assert_eq!(topic.topic_id.is_nil(), version < 10);
            assert_eq!(topic.topic_authorized_operations, i32::MIN);
            for (number, partition) in (0..).zip(&topic.partitions) {
                assert_eq!(
                    (partition.error_code, partition.partition_index),
                    (0, number)
                );
                assert_eq!(partition.leader_id.0, 1);
                assert_eq!(partition.leader_epoch, if version >= 7 { 0 } else { -1 });
                assert_eq!(partition.replica_nodes[0].0, 1);
                assert_eq!(partition.isr_nodes[0].0, 1);
                assert!(partition.offline_replicas.is_empty());
            }
        }
        assert_eq!(response.topics[1].partitions.len(), 2);
    }
}

#[test]
fn an_empty_list_is_no_topic_from_version_1_on() {
    let broker = TestBroker::start();
    broker.create_topic("t", 1, &[]);
    for version in 1..=13 {
        assert!(
            broker
                .call(version, &request(Some(Vec::new())))
                .topics
                .is_empty()
        );
    }
}

#[test]
fn operations_are_told_if_asked_for() {
    let broker = TestBroker::start();
    broker.create_topic("t", 1, &[]);
    for version in 8..=13 {
        let mut asked = request(Some(vec![named("t"), named("no")]))
            .with_allow_auto_topic_creation(false)
            .with_include_topic_authorized_operations(true);
        asked.include_cluster_authorized_operations = version <= 10;
        let response = broker.call(version, &asked);
        for topic in &response.topics {
            assert_eq!(topic.topic_authorized_operations, TOPIC_OPERATIONS);
        }
        let cluster = if version <= 10 {
            CLUSTER_OPERATIONS
        } else {
            i32::MIN
        };
        assert_eq!(response.cluster_authorized_operations, cluster);
    }
}

#[test]
fn missing_topics_are_created_and_told_at_once() {
    let broker = TestBroker::start_with(&[("num.partitions", "3")]);
    for version in versions::<MetadataRequest>() {
        let name = format!("t{version}");
        let response = broker.call(version, &request(Some(vec![named(&name)])));
        assert_eq!(codes(&response), [(name.as_str(), "NONE")]);
        assert_eq!(response.topics[0].partitions.len(), 3);
    }
}

#[test]
fn a_client_may_say_no_to_creation_from_version_4_on() {
    let broker = TestBroker::start();
    for version in 4..=13 {
        let asked = request(Some(vec![named("t")])).with_allow_auto_topic_creation(false);
        let response = broker.call(version, &asked);
        assert_eq!(codes(&response), [("t", "UNKNOWN_TOPIC_OR_PARTITION")]);
        assert!(response.topics[0].partitions.is_empty());
    }
}

#[test]
fn the_configuration_may_say_no_to_creation() {
    let broker = TestBroker::start_with(&[("auto.create.topics.enable", "false")]);
    let response = broker.call(0, &request(Some(vec![named("t")])));
    assert_eq!(codes(&response), [("t", "UNKNOWN_TOPIC_OR_PARTITION")]);
}

#[test]
fn names_are_checked_and_told_once_in_their_order() {
    let broker = TestBroker::start();
    broker.create_topic("x.y", 1, &[]);
    for creation in [true, false] {
        let asked = ["z z", "x_y", "", "x.y", "x.y", "__transaction_state"];
        let asked = request(Some(asked.map(named).to_vec()));
        let response = broker.call(9, &asked.with_allow_auto_topic_creation(creation));
        let state = if creation {
            "NONE"
        } else {
            "UNKNOWN_TOPIC_OR_PARTITION"
        };
        assert_eq!(
            codes(&response),
            [
                ("", "INVALID_TOPIC_EXCEPTION"),
                ("__transaction_state", state),
                ("x.y", "NONE"),
                ("x_y", "UNKNOWN_TOPIC_OR_PARTITION"),
                ("z z", "INVALID_TOPIC_EXCEPTION"),
            ]
        );
        let internal = response.topics.iter().filter(|topic| topic.is_internal);
        assert_eq!(internal.count(), 1);
        // Once they are there, both answers would be the same.
        if creation {
            return;
        }
    }
}

#[test]
fn topics_are_found_by_id_from_version_12_on() {
    let broker = TestBroker::start();
    broker.create_topic("t", 1, &[]);
    let (id, unknown) = (broker.topic_id("t"), uuid::Uuid::from_u128(7));
    for version in 12..=13 {
        let topics = vec![
            by_id(unknown),
            by_id(id),
            by_id(id),
            by_id(uuid::Uuid::nil()),
        ];
        let asked = request(Some(topics)).with_include_topic_authorized_operations(true);
        let response = broker.call(version, &asked);
        assert_eq!(codes(&response), [("t", "NONE"), ("", "UNKNOWN_TOPIC_ID")]);
        assert_eq!(response.topics[0].topic_id, id);
        assert_eq!(
            (response.topics[1].topic_id, &response.topics[1].name),
            (unknown, &None)
        );
        assert_eq!(response.topics[1].topic_authorized_operations, i32::MIN);
    }
}

#[test]
fn an_id_at_version_10_or_11_is_an_invalid_request() {
    let broker = TestBroker::start();
    for version in 10..=11 {
        let asked = by_id(uuid::Uuid::from_u128(7)).with_name(Some(topic("q")));
        let response = broker.call(version, &request(Some(vec![asked])));
        assert_eq!(codes(&response), [("q", "INVALID_REQUEST")]);
        assert!(response.brokers.is_empty());
    }
}

#[test]
fn kafkas_own_topics_are_made_with_their_own_settings() {
    let broker = TestBroker::start_with(&[
        ("offsets.topic.num.partitions", "4"),
        ("transaction.state.log.num.partitions", "5"),
    ]);
    let asked = [named("__consumer_offsets"), named("__transaction_state")];
    let response = broker.call(12, &request(Some(asked.to_vec())));
    let counts: Vec<usize> = response
        .topics
        .iter()
        .map(|topic| topic.partitions.len())
        .collect();
    assert_eq!(counts, [4, 5]);
    assert!(response.topics.iter().all(|topic| topic.is_internal));
    let policies: BTreeSet<String> = ["__consumer_offsets", "__transaction_state"]
        .into_iter()
        .map(|name| crate::describe_configs::topic_value(&broker, name, "cleanup.policy"))
        .collect();
    assert_eq!(policies, BTreeSet::from(["compact".to_owned()]));
}

#[test]
fn a_topic_that_too_few_brokers_could_hold_is_no_reason_to_wait_unlike_in_kafka() {
    let broker = TestBroker::start_with(&[("default.replication.factor", "3")]);
    let response = broker.call(9, &request(Some(vec![named("t")])));
    assert_eq!(codes(&response), [("t", "INVALID_REPLICATION_FACTOR")]);
}
