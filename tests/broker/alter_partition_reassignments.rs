//! `alter_partition_reassignments`, at each version and against Apache Kafka's answers.

use kt::protocol::messages::alter_partition_reassignments_request::{
    ReassignablePartition, ReassignableTopic,
};
use kt::protocol::messages::{AlterPartitionReassignmentsRequest, BrokerId};

use crate::harness::{FINE, TestBroker, error, refusal, topic, versions};

fn of(name: &str, partitions: &[(i32, Option<&[i32]>)]) -> ReassignableTopic {
    let partitions = partitions.iter().map(|(index, replicas)| {
        let ids = |ids: &&[i32]| ids.iter().copied().map(BrokerId).collect();
        ReassignablePartition::default()
            .with_partition_index(*index)
            .with_replicas(replicas.as_ref().map(ids))
    });
    ReassignableTopic::default()
        .with_name(topic(name))
        .with_partitions(partitions.collect())
}

#[test]
fn what_is_so_already_is_fine_and_refusals_are_kafkas() {
    let broker = TestBroker::start();
    broker.create_topic("t", 2, &[]);
    for version in versions::<AlterPartitionReassignmentsRequest>() {
        let request = AlterPartitionReassignmentsRequest::default().with_topics(vec![
            of(
                "t",
                &[
                    (0, Some(&[1])),
                    (1, None),
                    (9, Some(&[1])),
                    (1, Some(&[1, 1])),
                ],
            ),
            of("u", &[(0, Some(&[5]))]),
        ]);
        let response = broker.call(version, &request);
        assert_eq!(response.error_code, 0);
        let outcomes = response.responses.iter().flat_map(|topic| {
            let partitions = topic.partitions.iter();
            partitions.map(|result| error(result.error_code, result.error_message.as_ref()))
        });
        let unknown = "UNKNOWN_TOPIC_OR_PARTITION";
        assert_eq!(
            outcomes.collect::<Vec<_>>(),
            [
                FINE,
                refusal(
                    "NO_REASSIGNMENT_IN_PROGRESS",
                    "No partition reassignment is in progress."
                ),
                refusal(unknown, "Unable to find partition t:9."),
                refusal(
                    "INVALID_REPLICA_ASSIGNMENT",
                    "The manual partition assignment includes the broker 1 more than once."
                ),
                refusal(unknown, "Unable to find a topic named u."),
            ]
        );
    }
}
