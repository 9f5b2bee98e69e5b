//! `describe_cluster`, at each version and against Apache Kafka's answers.

use kt::protocol::messages::DescribeClusterRequest;

use crate::harness::{FINE, TestBroker, error, refusal, versions};

#[test]
fn every_version_tells_the_brokers() {
    let broker = TestBroker::start_with(&[("broker.rack", "r1")]);
    for version in versions::<DescribeClusterRequest>() {
        for operations in [false, true] {
            let mut request = DescribeClusterRequest::default()
                .with_include_cluster_authorized_operations(operations);
            request.include_fenced_brokers = version >= 2;
            let response = broker.call(version, &request);
            assert_eq!(
                error(response.error_code, response.error_message.as_ref()),
                FINE
            );
            assert_eq!(response.cluster_id.as_str(), broker.cluster_id());
            assert_eq!((response.controller_id.0, response.endpoint_type), (1, 1));
            let node = &response.brokers[0];
            assert_eq!((node.broker_id.0, node.host.as_str()), (1, "127.0.0.1"));
            assert_eq!(
                (node.port, node.rack.as_deref()),
                (broker.port(), Some("r1"))
            );
            assert!(!node.is_fenced);
            let expected = if operations { 8096 } else { i32::MIN };
            assert_eq!(response.cluster_authorized_operations, expected);
        }
    }
}

#[test]
fn a_broker_does_not_answer_for_controllers() {
    let broker = TestBroker::start();
    let cases = [
        (
            2,
            "MISMATCHED_ENDPOINT_TYPE",
            "The request was sent to an endpoint of type BROKER, but we wanted an endpoint of \
             type CONTROLLER",
        ),
        (
            3,
            "UNSUPPORTED_ENDPOINT_TYPE",
            "Unsupported endpoint type 3",
        ),
    ];
    for (endpoint_type, name, message) in cases {
        for version in 1..=2 {
            let request = DescribeClusterRequest::default().with_endpoint_type(endpoint_type);
            let response = broker.call(version, &request);
            let told = error(response.error_code, response.error_message.as_ref());
            assert_eq!(told, refusal(name, message));
            assert!(response.brokers.is_empty() && response.controller_id.0 == -1);
        }
    }
}
