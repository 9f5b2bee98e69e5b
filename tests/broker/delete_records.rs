//! `delete_records`, at each version and against Apache Kafka's answers.

use kt::protocol::messages::DeleteRecordsRequest;
use kt::protocol::messages::delete_records_request::{DeleteRecordsPartition, DeleteRecordsTopic};

use crate::harness::{TestBroker, code, topic, versions};
use crate::list_offsets::{EARLIEST, LATEST, offset_of};

/// Returns the request that raises the start of these partitions.
pub(crate) fn request(name: &str, asked: &[(i32, i64)]) -> DeleteRecordsRequest {
    let partitions = asked.iter().map(|(partition, offset)| {
        DeleteRecordsPartition::default()
            .with_partition_index(*partition)
            .with_offset(*offset)
    });
    let asked = DeleteRecordsTopic::default()
        .with_name(topic(name))
        .with_partitions(partitions.collect());
    DeleteRecordsRequest::default()
        .with_timeout_ms(20_000)
        .with_topics(vec![asked])
}

pub(crate) fn delete(
    broker: &TestBroker,
    version: i16,
    name: &str,
    asked: &[(i32, i64)],
) -> Vec<(i32, i64, &'static str)> {
    let mut response = broker.call(version, &request(name, asked));
    assert_eq!(response.topics[0].name, topic(name));
    let results = response.topics.remove(0).partitions.into_iter();
    results
        .map(|r| (r.partition_index, r.low_watermark, code(r.error_code)))
        .collect()
}

#[test]
fn every_version_raises_the_start() {
    let broker = TestBroker::start();
    for version in versions::<DeleteRecordsRequest>() {
        let name = format!("t{version}");
        broker.create_topic(&name, 2, &[]);
        broker.produce_values(&name, 0, &["a", "b", "c"]);
        broker.produce_values(&name, 1, &["a"]);
        // Back again is no error: the start stays where it is.
        for (offset, start) in [(2, 2), (1, 2), (0, 2), (-1, 3)] {
            assert_eq!(
                delete(&broker, version, &name, &[(0, offset)]),
                [(0, start, "NONE")]
            );
            assert_eq!(offset_of(&broker, (&name, 0), EARLIEST), start);
        }
        assert_eq!(offset_of(&broker, (&name, 0), LATEST), 3);
        assert_eq!(offset_of(&broker, (&name, 1), EARLIEST), 0);
    }
}

#[test]
fn offsets_that_are_not_there_are_refused() {
    let broker = TestBroker::start();
    broker.create_topic("t", 1, &[]);
    for version in versions::<DeleteRecordsRequest>() {
        assert_eq!(
            delete(&broker, version, "t", &[(0, 5), (0, -2), (9, 0)]),
            [
                (0, -1, "OFFSET_OUT_OF_RANGE"),
                (0, -1, "OFFSET_OUT_OF_RANGE"),
                (9, -1, "UNKNOWN_TOPIC_OR_PARTITION")
            ]
        );
        let unknown = [(0, -1, "UNKNOWN_TOPIC_OR_PARTITION")];
        assert_eq!(delete(&broker, version, "no", &[(0, 0)]), unknown);
    }
}

#[test]
fn what_only_compaction_may_delete_stays() {
    let broker = TestBroker::start();
    broker.create_topic("t", 1, &[("cleanup.policy", "compact")]);
    broker.create_topic("__consumer_offsets", 1, &[]);
    assert_eq!(
        delete(&broker, 2, "t", &[(0, 0)]),
        [(0, -1, "POLICY_VIOLATION")]
    );
    assert_eq!(
        delete(&broker, 2, "__consumer_offsets", &[(0, 0)]),
        [(0, -1, "INVALID_TOPIC_EXCEPTION")]
    );
}

#[test]
fn deleted_records_stay_deleted_after_a_restart() {
    let mut broker = TestBroker::start();
    broker.create_topic("t", 1, &[]);
    broker.produce_values("t", 0, &["a", "b", "c"]);
    assert_eq!(delete(&broker, 2, "t", &[(0, 2)]), [(0, 2, "NONE")]);
    broker.restart();
    assert_eq!(offset_of(&broker, ("t", 0), EARLIEST), 2);
    assert_eq!(offset_of(&broker, ("t", 0), LATEST), 3);
}
