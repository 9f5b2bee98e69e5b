//! `offset_delete`, at its version and against Apache Kafka's answers.

use kt::protocol::messages::OffsetDeleteRequest;
use kt::protocol::messages::offset_delete_request::{
    OffsetDeleteRequestPartition, OffsetDeleteRequestTopic,
};

use crate::groups::{commit, entering, fetch, group, start};
use crate::harness::{TestBroker, code, topic};

fn delete(broker: &TestBroker, name: &str) -> (&'static str, Vec<&'static str>) {
    let partition = |index| OffsetDeleteRequestPartition::default().with_partition_index(index);
    let of = OffsetDeleteRequestTopic::default()
        .with_name(topic("t"))
        .with_partitions(vec![partition(0), partition(9)]);
    let request = OffsetDeleteRequest::default()
        .with_group_id(group(name))
        .with_topics(vec![of]);
    let response = broker.call(0, &request);
    let partitions = response.topics.iter().flat_map(|topic| &topic.partitions);
    let codes = partitions.map(|partition| code(partition.error_code));
    (code(response.error_code), codes.collect())
}

#[test]
fn offsets_that_nobody_reads_on_from_go() {
    let broker = start();
    commit(&broker, "s", 7);
    let gone = ("NONE", vec!["NONE", "UNKNOWN_TOPIC_OR_PARTITION"]);
    assert_eq!(delete(&broker, "s"), gone);
    assert_eq!(fetch(&broker, "s"), -1);
    broker.call(1, &entering("c", "m"));
    let subscribed = vec!["GROUP_SUBSCRIBED_TO_TOPIC", "UNKNOWN_TOPIC_OR_PARTITION"];
    assert_eq!(delete(&broker, "c"), ("NONE", subscribed));
    assert_eq!(delete(&broker, "missing"), ("GROUP_ID_NOT_FOUND", vec![]));
    assert_eq!(delete(&broker, ""), ("INVALID_GROUP_ID", vec![]));
}
