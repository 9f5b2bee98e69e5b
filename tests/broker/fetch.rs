//! `fetch`, at each version and against Apache Kafka's answers.

use std::time::{Duration, Instant};

use bytes::Bytes;
use kt::protocol::messages::fetch_request::{FetchPartition, FetchTopic, ForgottenTopic};
use kt::protocol::messages::fetch_response::PartitionData;
use kt::protocol::messages::{BrokerId, FetchRequest, FetchResponse};
use kt::record::{Batches, Codec};

use crate::harness::{TestBroker, batch, code, receive, send, topic, versions};

/// Asks for a partition from an offset on.
fn part(partition: i32, offset: i64) -> FetchPartition {
    FetchPartition::default()
        .with_partition(partition)
        .with_fetch_offset(offset)
        .with_partition_max_bytes(1024 * 1024)
}

fn of(name: &str, partitions: Vec<FetchPartition>) -> FetchTopic {
    FetchTopic::default()
        .with_topic(topic(name))
        .with_partitions(partitions)
}

fn request(topics: Vec<FetchTopic>) -> FetchRequest {
    FetchRequest::default()
        .with_replica_id(BrokerId(-1))
        .with_max_wait_ms(0)
        .with_min_bytes(1)
        .with_max_bytes(50 * 1024 * 1024)
        .with_session_epoch(-1)
        .with_topics(topics)
}

fn only(response: &FetchResponse) -> &PartitionData {
    assert_eq!(code(response.error_code), "NONE");
    &response.responses[0].partitions[0]
}

/// Returns the bytes from an offset of partition 0 on.
pub(crate) fn fetch_bytes(broker: &TestBroker, name: &str, offset: i64) -> Bytes {
    let response = broker.call(12, &request(vec![of(name, vec![part(0, offset)])]));
    let data = only(&response);
    assert_eq!(code(data.error_code), "NONE");
    data.records.clone().unwrap_or_default()
}

/// Returns the batches from an offset of partition 0 on: codec and values of each.
pub(crate) fn values(broker: &TestBroker, name: &str, offset: i64) -> Vec<(Codec, Vec<String>)> {
    values_in(&fetch_bytes(broker, name, offset))
}

fn values_in(bytes: &Bytes) -> Vec<(Codec, Vec<String>)> {
    let batches = Batches::new(bytes).map(|batch| {
        let batch = batch.unwrap();
        assert!(batch.crc_matches());
        let body = batch.decompressed_body(1 << 30).unwrap();
        let records = batch.records(&body).map(|record| {
            let record = record.unwrap();
            String::from_utf8(record.value.unwrap().to_vec()).unwrap()
        });
        (
            batch.header().attributes.codec().unwrap(),
            records.collect(),
        )
    });
    batches.collect()
}

/// Returns the values of all batches, one behind the other.
fn flat(bytes: &Bytes) -> Vec<String> {
    values_in(bytes)
        .into_iter()
        .flat_map(|(_, values)| values)
        .collect()
}

#[test]
fn every_version_reads_what_was_produced() {
    let broker = TestBroker::start();
    broker.create_topic("t", 1, &[]);
    let id = broker.topic_id("t");
    broker.produce_values("t", 0, &["a", "b"]);
    broker.produce_values("t", 0, &["c"]);
    for version in versions::<FetchRequest>() {
        let asked = if version >= 13 {
            FetchTopic::default()
                .with_topic_id(id)
                .with_partitions(vec![part(0, 2)])
        } else {
            of("t", vec![part(0, 2)])
        };
        let mut request = request(vec![asked]);
        if version < 7 {
            request.session_epoch = -1;
        }
        let response = broker.call(version, &request);
        assert_eq!(response.responses[0].topic_id.is_nil(), version < 13);
        let data = only(&response);
        assert_eq!((data.partition_index, code(data.error_code)), (0, "NONE"));
        assert_eq!((data.high_watermark, data.last_stable_offset), (3, 3));
        assert_eq!(data.log_start_offset, if version >= 5 { 0 } else { -1 });
        assert_eq!(data.aborted_transactions, None);
        assert_eq!(
            flat(data.records.as_ref().unwrap()),
            ["c"],
            "version {version}"
        );
    }
}

#[test]
fn a_batch_comes_whole_even_from_its_middle() {
    let broker = TestBroker::start();
    broker.create_topic("t", 1, &[]);
    broker.produce_values("t", 0, &["a", "b", "c"]);
    assert_eq!(flat(&fetch_bytes(&broker, "t", 1)), ["a", "b", "c"]);
}

#[test]
fn the_first_batch_comes_whole_whatever_its_size_and_the_rest_if_it_fits() {
    let broker = TestBroker::start();
    broker.create_topic("t", 1, &[]);
    let large = "x".repeat(10_000);
    for _ in 0..3 {
        broker.produce_values("t", 0, &[&large]);
    }
    for (bytes_max, batches) in [(1, 1), (12_000, 1), (25_000, 2), (40_000, 3)] {
        let asked = part(0, 0).with_partition_max_bytes(bytes_max);
        let response = broker.call(12, &request(vec![of("t", vec![asked])]));
        let records = only(&response).records.clone().unwrap();
        // Bytes of a batch that does not fit may follow, as in Kafka.
        let whole = Batches::new(&records).filter(Result::is_ok).count();
        assert_eq!(whole, batches, "{bytes_max}");
    }
}

#[test]
fn offsets_and_topics_that_are_not_there_are_told() {
    let broker = TestBroker::start();
    broker.create_topic("t", 1, &[]);
    broker.produce_values("t", 0, &["a"]);
    let cases = [
        ("t", 0, 2, "OFFSET_OUT_OF_RANGE"),
        ("t", 0, -1, "OFFSET_OUT_OF_RANGE"),
        ("t", 5, 0, "UNKNOWN_TOPIC_OR_PARTITION"),
        ("no", 0, 0, "UNKNOWN_TOPIC_OR_PARTITION"),
    ];
    for version in [4, 12] {
        for (name, partition, offset, expected) in cases {
            let asked = request(vec![of(name, vec![part(partition, offset)])]);
            let response = broker.call(version, &asked);
            let data = only(&response);
            assert_eq!((code(data.error_code), data.high_watermark), (expected, -1));
            assert!(data.records.as_ref().is_none_or(Bytes::is_empty));
        }
    }
    let asked = FetchTopic::default()
        .with_topic_id(uuid::Uuid::from_u128(7))
        .with_partitions(vec![part(0, 0)]);
    let response = broker.call(13, &request(vec![asked]));
    assert_eq!(code(only(&response).error_code), "UNKNOWN_TOPIC_ID");
}

#[test]
fn a_leader_epoch_of_the_future_is_told() {
    let broker = TestBroker::start();
    broker.create_topic("t", 1, &[]);
    for version in [9, 12] {
        let asked = part(0, 0).with_current_leader_epoch(5);
        let response = broker.call(version, &request(vec![of("t", vec![asked])]));
        assert_eq!(code(only(&response).error_code), "UNKNOWN_LEADER_EPOCH");
    }
}

#[test]
fn without_records_the_answer_waits_for_them() {
    let broker = TestBroker::start();
    broker.create_topic("t", 1, &[]);
    let mut stream = broker.connect();
    let waiting = request(vec![of("t", vec![part(0, 0)])]).with_max_wait_ms(25_000);
    send(&mut stream, 12, &waiting);
    broker.produce_values("t", 0, &["a"]);
    let response = receive::<FetchRequest>(&mut stream, 12);
    assert_eq!(flat(only(&response).records.as_ref().unwrap()), ["a"]);
}

#[test]
fn without_records_the_answer_is_empty_when_the_time_is_up() {
    let broker = TestBroker::start();
    broker.create_topic("t", 1, &[]);
    let begin = Instant::now();
    let waiting = request(vec![of("t", vec![part(0, 0)])]).with_max_wait_ms(200);
    let response = broker.call(12, &waiting);
    assert!(begin.elapsed() >= Duration::from_millis(200));
    let data = only(&response);
    assert_eq!((code(data.error_code), data.high_watermark), ("NONE", 0));
    assert!(data.records.as_ref().is_none_or(Bytes::is_empty));
}

#[test]
fn an_error_is_told_without_waiting() {
    let broker = TestBroker::start();
    let waiting = request(vec![of("no", vec![part(0, 0)])]).with_max_wait_ms(25_000);
    let begin = Instant::now();
    broker.call(12, &waiting);
    assert!(begin.elapsed() < Duration::from_secs(20));
}

#[test]
fn a_session_answers_only_what_changed() {
    let broker = TestBroker::start();
    broker.create_topic("t", 3, &[]);
    broker.produce_values("t", 0, &["a"]);
    let parts = vec![part(0, 0), part(1, 0), part(2, 0)];
    let first = broker.call(12, &request(vec![of("t", parts)]).with_session_epoch(0));
    assert_eq!(first.responses[0].partitions.len(), 3);
    if first.session_id == 0 {
        // To decline is always allowed.
        return;
    }
    let next = |epoch: i32, topics: Vec<FetchTopic>| {
        request(topics)
            .with_session_id(first.session_id)
            .with_session_epoch(epoch)
    };
    let nothing = broker.call(12, &next(1, vec![of("t", vec![part(0, 1)])]));
    assert_eq!(
        (code(nothing.error_code), nothing.responses.len()),
        ("NONE", 0)
    );
    broker.produce_values("t", 2, &["b"]);
    let changed = broker.call(12, &next(2, Vec::new()));
    let told: Vec<i32> = changed.responses[0]
        .partitions
        .iter()
        .map(|p| p.partition_index)
        .collect();
    assert_eq!(told, [2]);
    let forgotten = ForgottenTopic::default()
        .with_topic(topic("t"))
        .with_partitions(vec![2]);
    let rest = broker.call(
        12,
        &next(3, Vec::new()).with_forgotten_topics_data(vec![forgotten]),
    );
    assert_eq!(rest.responses.len(), 0);
    let wrong = broker.call(12, &next(9, Vec::new()));
    assert_eq!(code(wrong.error_code), "INVALID_FETCH_SESSION_EPOCH");
    let unknown = request(Vec::new())
        .with_session_id(first.session_id ^ 1)
        .with_session_epoch(1);
    let unknown = broker.call(12, &unknown);
    assert_eq!(code(unknown.error_code), "FETCH_SESSION_ID_NOT_FOUND");
}

#[test]
fn a_large_answer_comes_in_one_piece() {
    let broker = TestBroker::start();
    broker.create_topic("t", 1, &[("max.message.bytes", "5000000")]);
    let large = "x".repeat(3_000_000);
    for _ in 0..3 {
        let answer = broker.produce(9, ("t", 0), batch(&[&large]));
        assert_eq!(answer.error_code, 0);
    }
    let asked = part(0, 0).with_partition_max_bytes(20_000_000);
    let response = broker.call(12, &request(vec![of("t", vec![asked])]));
    let values = flat(only(&response).records.as_ref().unwrap());
    assert_eq!(values.len(), 3);
    assert!(values.iter().all(|value| *value == large));
}
