//! Settings of what a broker is and where: its number, its listeners, its directories, and Kafka's
//! own topics.

use std::net::TcpStream;

use kt::protocol::messages::metadata_request::MetadataRequestTopic;
use kt::protocol::messages::{MetadataRequest, MetadataResponse};

use crate::describe_configs::topic_value;
use crate::harness::{TestBroker, receive, send, topic};

fn metadata(stream: &mut TcpStream) -> MetadataResponse {
    send(stream, 9, &MetadataRequest::default().with_topics(None));
    receive::<MetadataRequest>(stream, 9)
}

/// Returns where clients are told to find the broker, asked over a listener.
fn told(broker: &TestBroker, listener: usize) -> (String, i32) {
    let response = metadata(&mut broker.connect_to(listener));
    let node = &response.brokers[0];
    (node.host.to_string(), node.port)
}

#[test]
fn a_broker_has_its_number_by_either_name() {
    let number = |broker: &TestBroker| metadata(&mut broker.connect()).brokers[0].node_id.0;
    let start = |id: &str| TestBroker::start_with(&[("node.id", id), ("broker.id", id)]);
    assert_eq!(number(&start("7")), 7);
    let old = TestBroker::start_without("node.id", &[("broker.id", "8")]);
    assert_eq!(number(&old), 8);
}

#[test]
fn each_listener_tells_its_own_address() {
    let broker = TestBroker::start_with(&[
        ("listeners", "ONE://127.0.0.1:0,TWO://127.0.0.1:0"),
        (
            "listener.security.protocol.map",
            "ONE:PLAINTEXT,TWO:PLAINTEXT",
        ),
    ]);
    let ports: Vec<i32> = broker.ports();
    assert_eq!(ports.len(), 2);
    for (listener, port) in ports.into_iter().enumerate() {
        assert_eq!(told(&broker, listener), ("127.0.0.1".to_owned(), port));
    }
}

#[test]
fn clients_are_told_the_advertised_address() {
    // The port that was bound stands in for 0.
    let advertised = ("advertised.listeners", "PLAINTEXT://kafka.example:0");
    let broker = TestBroker::start_with(&[advertised]);
    let told = told(&broker, 0);
    assert_eq!(told, ("kafka.example".to_owned(), broker.port()));
}

#[test]
fn clients_are_not_told_of_a_controllers_listener() {
    let listeners = "CONTROLLER://127.0.0.1:0,PLAINTEXT://127.0.0.1:0";
    let broker = TestBroker::start_with(&[
        ("listeners", listeners),
        ("controller.listener.names", "CONTROLLER"),
    ]);
    let ports = broker.ports();
    assert_eq!(ports.len(), 1);
    assert_eq!(told(&broker, 0), ("127.0.0.1".to_owned(), ports[0]));
}

#[test]
fn partitions_and_metadata_lie_in_the_directories_that_are_named() {
    let folder = tempfile::tempdir().unwrap();
    let path = |name: &str| folder.path().join(name);
    let text = |name: &str| path(name).display().to_string();
    let both = format!("{},{}", text("a"), text("b"));
    let broker = TestBroker::start_with(&[
        ("log.dirs", both.as_str()),
        ("metadata.log.dir", text("b").as_str()),
    ]);
    broker.create_topic("t", 4, &[]);
    assert!(path("b").join("__cluster_metadata-0").is_dir());
    assert!(!path("a").join("__cluster_metadata-0").exists());
    let partitions = |name: &str| {
        let numbers = 0..4;
        numbers
            .filter(|number| path(name).join(format!("t-{number}")).is_dir())
            .count()
    };
    assert_eq!((partitions("a"), partitions("b")), (2, 2));
    let broker = TestBroker::start_without("log.dirs", &[("log.dir", text("c").as_str())]);
    broker.create_topic("t", 1, &[]);
    assert!(path("c").join("t-0").is_dir());
}

#[test]
fn kafkas_own_topics_have_the_partitions_and_segments_that_are_asked_for() {
    let cases = [
        (
            "__consumer_offsets",
            "offsets.topic.num.partitions",
            "offsets.topic.segment.bytes",
        ),
        (
            "__transaction_state",
            "transaction.state.log.num.partitions",
            "transaction.state.log.segment.bytes",
        ),
        (
            "__share_group_state",
            "share.coordinator.state.topic.num.partitions",
            "share.coordinator.state.topic.segment.bytes",
        ),
    ];
    for (name, partitions, segment_bytes) in cases {
        let broker = TestBroker::start_with(&[(partitions, "3"), (segment_bytes, "2097152")]);
        let asked = MetadataRequestTopic::default().with_name(Some(topic(name)));
        let request = MetadataRequest::default().with_topics(Some(vec![asked]));
        let response = broker.call(9, &request);
        assert_eq!(response.topics[0].partitions.len(), 3, "{name}");
        assert_eq!(topic_value(&broker, name, "segment.bytes"), "2097152");
    }
}
