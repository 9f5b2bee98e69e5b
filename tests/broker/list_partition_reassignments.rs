//! `list_partition_reassignments`, at each version and against Apache Kafka's answers.

use kt::protocol::messages::ListPartitionReassignmentsRequest;
use kt::protocol::messages::list_partition_reassignments_request::ListPartitionReassignmentsTopics;

use crate::harness::{FINE, TestBroker, error, topic};

#[test]
fn nothing_is_on_the_move_and_what_is_missing_is_left_out() {
    let broker = TestBroker::start();
    broker.create_topic("t", 1, &[]);
    let of = |name: &str, partitions: &[i32]| {
        ListPartitionReassignmentsTopics::default()
            .with_name(topic(name))
            .with_partition_indexes(partitions.to_vec())
    };
    for topics in [
        None,
        Some(Vec::new()),
        Some(vec![of("t", &[0, 9]), of("no", &[0])]),
    ] {
        let request = ListPartitionReassignmentsRequest::default().with_topics(topics);
        let response = broker.call(0, &request);
        assert_eq!(
            error(response.error_code, response.error_message.as_ref()),
            FINE
        );
        assert!(response.topics.is_empty());
    }
}
