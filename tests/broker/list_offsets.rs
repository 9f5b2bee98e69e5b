//! `list_offsets`, at each version and against Apache Kafka's answers.

use kt::protocol::messages::list_offsets_request::{ListOffsetsPartition, ListOffsetsTopic};
use kt::protocol::messages::{BrokerId, ListOffsetsRequest};

use crate::harness::{TestBroker, batch_at, code, topic, versions};

pub(crate) const LATEST: i64 = -1;
pub(crate) const EARLIEST: i64 = -2;
const MAX_TIMESTAMP: i64 = -3;

/// An error, an offset, the timestamp beside it, and the leader epoch.
type Told = (&'static str, i64, i64, i32);

fn list(broker: &TestBroker, version: i16, (name, partition): (&str, i32), time: i64) -> Told {
    let asked = ListOffsetsPartition::default()
        .with_partition_index(partition)
        .with_timestamp(time);
    let topics = ListOffsetsTopic::default()
        .with_name(topic(name))
        .with_partitions(vec![asked]);
    let request = ListOffsetsRequest::default()
        .with_replica_id(BrokerId(-1))
        .with_topics(vec![topics]);
    let response = broker.call(version, &request);
    let answer = &response.topics[0].partitions[0];
    assert_eq!(answer.partition_index, partition);
    (
        code(answer.error_code),
        answer.offset,
        answer.timestamp,
        answer.leader_epoch,
    )
}

/// Returns the offset at a time or an end.
#[track_caller]
pub(crate) fn offset_of(broker: &TestBroker, of: (&str, i32), time: i64) -> i64 {
    let told = list(broker, 7, of, time);
    assert_eq!(told.0, "NONE");
    told.1
}

#[test]
fn every_version_finds_the_ends_and_times() {
    let broker = TestBroker::start();
    broker.create_topic("t", 1, &[]);
    let now = 1_700_000_000_000;
    for step in 0..3 {
        let time = now + 1000 * step;
        let answer = broker.produce(9, ("t", 0), batch_at(time, &["a", "b"]));
        assert_eq!(answer.error_code, 0);
    }
    for version in versions::<ListOffsetsRequest>() {
        let epoch = if version >= 4 { 0 } else { -1 };
        let of = ("t", 0);
        assert_eq!(list(&broker, version, of, LATEST), ("NONE", 6, -1, epoch));
        assert_eq!(list(&broker, version, of, EARLIEST), ("NONE", 0, -1, epoch));
        assert_eq!(
            list(&broker, version, of, now + 500),
            ("NONE", 2, now + 1000, epoch)
        );
        assert_eq!(
            list(&broker, version, of, now + 1001),
            ("NONE", 3, now + 1001, epoch)
        );
        assert_eq!(list(&broker, version, of, now + 9000), ("NONE", -1, -1, -1));
        let last = list(&broker, version, of, MAX_TIMESTAMP);
        if version >= 7 {
            assert_eq!(last, ("NONE", 5, now + 2001, epoch));
        } else {
            assert_eq!(last, ("UNSUPPORTED_VERSION", -1, -1, -1));
        }
        let unknown = ("UNKNOWN_TOPIC_OR_PARTITION", -1, -1, -1);
        assert_eq!(list(&broker, version, ("t", 3), LATEST), unknown);
        assert_eq!(list(&broker, version, ("no", 0), LATEST), unknown);
    }
}

#[test]
fn without_remote_storage_the_local_log_is_all_there_is() {
    let broker = TestBroker::start();
    broker.create_topic("t", 1, &[]);
    broker.produce_values("t", 0, &["a", "b"]);
    let of = ("t", 0);
    assert_eq!(list(&broker, 8, of, -4), ("NONE", 0, -1, 0));
    assert_eq!(list(&broker, 7, of, -4).0, "UNSUPPORTED_VERSION");
    assert_eq!(list(&broker, 9, of, -5), ("NONE", -1, -1, -1));
    assert_eq!(list(&broker, 8, of, -5).0, "UNSUPPORTED_VERSION");
    assert_eq!(list(&broker, 11, of, -7).0, "UNSUPPORTED_VERSION");
}
