//! `offset_for_leader_epoch`, at each version and against Apache Kafka's answers.

use kt::protocol::messages::offset_for_leader_epoch_request::{
    OffsetForLeaderPartition, OffsetForLeaderTopic,
};
use kt::protocol::messages::{BrokerId, OffsetForLeaderEpochRequest};

use crate::harness::{TestBroker, code, topic, versions};

fn ask(
    broker: &TestBroker,
    version: i16,
    (name, partition): (&str, i32),
    current: i32,
    epoch: i32,
) -> (&'static str, i32, i64) {
    let asked = OffsetForLeaderPartition::default()
        .with_partition(partition)
        .with_current_leader_epoch(current)
        .with_leader_epoch(epoch);
    let topics = OffsetForLeaderTopic::default()
        .with_topic(topic(name))
        .with_partitions(vec![asked]);
    let request = OffsetForLeaderEpochRequest::default()
        .with_replica_id(BrokerId(-1))
        .with_topics(vec![topics]);
    let response = broker.call(version, &request);
    let answer = &response.topics[0].partitions[0];
    assert_eq!(answer.partition, partition);
    (
        code(answer.error_code),
        answer.leader_epoch,
        answer.end_offset,
    )
}

#[test]
fn every_version_tells_where_an_epoch_ends() {
    let broker = TestBroker::start();
    broker.create_topic("t", 1, &[]);
    broker.produce_values("t", 0, &["a", "b", "c"]);
    for version in versions::<OffsetForLeaderEpochRequest>() {
        let of = ("t", 0);
        assert_eq!(ask(&broker, version, of, -1, 0), ("NONE", 0, 3));
        assert_eq!(ask(&broker, version, of, 0, 0), ("NONE", 0, 3));
        assert_eq!(ask(&broker, version, of, -1, 9), ("NONE", -1, -1));
        assert_eq!(
            ask(&broker, version, of, 5, 0),
            ("UNKNOWN_LEADER_EPOCH", -1, -1)
        );
        let unknown = ("UNKNOWN_TOPIC_OR_PARTITION", -1, -1);
        assert_eq!(ask(&broker, version, ("t", 7), -1, 0), unknown);
        assert_eq!(ask(&broker, version, ("no", 0), -1, 0), unknown);
    }
}
