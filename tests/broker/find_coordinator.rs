//! `find_coordinator`, at each version and against Apache Kafka's answers.

use kt::protocol::messages::FindCoordinatorRequest;

use crate::describe_configs::topic_value;
use crate::harness::{TestBroker, code, text, versions};

#[test]
fn the_broker_coordinates_every_group_and_makes_the_topic_for_it() {
    let broker = TestBroker::start_with(&[("offsets.topic.num.partitions", "5")]);
    let here = (1, "127.0.0.1".to_owned(), broker.port());
    for version in versions::<FindCoordinatorRequest>() {
        let mut request = FindCoordinatorRequest::default();
        if version >= 4 {
            request.coordinator_keys = vec![text("a"), text("b")];
        } else {
            request.key = text("a");
        }
        let response = broker.call(version, &request);
        if version >= 4 {
            let keys: Vec<_> = response
                .coordinators
                .iter()
                .map(|c| c.key.as_str())
                .collect();
            assert_eq!(keys, ["a", "b"]);
            for found in &response.coordinators {
                assert_eq!(code(found.error_code), "NONE");
                let place = (found.node_id.0, found.host.to_string(), found.port);
                assert_eq!(place, here);
            }
        } else {
            assert_eq!(code(response.error_code), "NONE");
            let place = (response.node_id.0, response.host.to_string(), response.port);
            assert_eq!(place, here);
        }
    }
    let policy = topic_value(&broker, "__consumer_offsets", "cleanup.policy");
    assert_eq!(policy, "compact");
    assert!(broker.partition_dir("__consumer_offsets", 4).is_dir());
    assert!(!broker.partition_dir("__consumer_offsets", 5).exists());
}

#[test]
fn transactions_wait_and_unknown_kinds_are_refused() {
    let broker = TestBroker::start();
    let found = |kind| {
        let request = FindCoordinatorRequest::default()
            .with_key_type(kind)
            .with_coordinator_keys(vec![text("a")]);
        code(broker.call(6, &request).coordinators[0].error_code)
    };
    assert_eq!(found(1), "COORDINATOR_NOT_AVAILABLE");
    assert_eq!(found(5), "INVALID_REQUEST");
}
