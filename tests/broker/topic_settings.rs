//! A setting that is changed while the broker runs acts on the next request.

use kt::record::{BatchHeader, Codec, Seal};

use crate::alter_configs::set;
use crate::describe_configs::{BROKER, TOPIC, topic_value};
use crate::fetch::{fetch_bytes, values};
use crate::harness::{TestBroker, batch, batch_at, code, sealed};

const T: (&str, i32) = ("t", 0);

fn broker() -> TestBroker {
    let broker = TestBroker::start();
    broker.create_topic("t", 1, &[]);
    broker
}

#[test]
fn max_message_bytes_refuses_larger_batches() {
    let broker = broker();
    let large = batch(&[&"x".repeat(5000)]);
    assert_eq!(broker.produce(9, T, large.clone()).error_code, 0);
    set(&broker, (TOPIC, "t"), "max.message.bytes", "1000");
    assert_eq!(
        code(broker.produce(9, T, large).error_code),
        "MESSAGE_TOO_LARGE"
    );
    assert_eq!(broker.produce(9, T, batch(&["x"])).error_code, 0);
}

#[test]
fn a_brokers_setting_acts_on_topics_without_their_own() {
    let broker = broker();
    let large = batch(&[&"x".repeat(5000)]);
    set(&broker, (BROKER, ""), "message.max.bytes", "1000");
    assert_eq!(topic_value(&broker, "t", "max.message.bytes"), "1000");
    assert_eq!(
        code(broker.produce(9, T, large.clone()).error_code),
        "MESSAGE_TOO_LARGE"
    );
    set(&broker, (BROKER, "1"), "message.max.bytes", "6000");
    assert_eq!(broker.produce(9, T, large.clone()).error_code, 0);
    set(&broker, (TOPIC, "t"), "max.message.bytes", "2000");
    assert_eq!(
        code(broker.produce(9, T, large).error_code),
        "MESSAGE_TOO_LARGE"
    );
}

#[test]
fn the_append_time_takes_the_place_of_the_producers() {
    let broker = broker();
    set(
        &broker,
        (TOPIC, "t"),
        "message.timestamp.type",
        "LogAppendTime",
    );
    let answer = broker.produce(9, T, batch_at(1000, &["a", "b"]));
    assert!(answer.log_append_time_ms > 1_700_000_000_000);
    let stored = fetch_bytes(&broker, "t", 0);
    let header = BatchHeader::parse(&stored).unwrap();
    assert!(header.attributes.is_log_append_time());
    assert_eq!(header.max_timestamp, answer.log_append_time_ms);
    set(
        &broker,
        (TOPIC, "t"),
        "message.timestamp.type",
        "CreateTime",
    );
    assert_eq!(
        broker
            .produce(9, T, batch_at(1000, &["a"]))
            .log_append_time_ms,
        -1
    );
}

#[test]
fn timestamps_too_far_off_are_refused() {
    let broker = broker();
    assert_eq!(broker.produce(9, T, batch_at(1000, &["a"])).error_code, 0);
    set(
        &broker,
        (TOPIC, "t"),
        "message.timestamp.before.max.ms",
        "60000",
    );
    let answer = broker.produce(9, T, batch_at(1000, &["a"]));
    assert_eq!(code(answer.error_code), "INVALID_TIMESTAMP");
    let future = 4_000_000_000_000;
    let answer = broker.produce(9, T, batch_at(future, &["a"]));
    assert_eq!(code(answer.error_code), "INVALID_TIMESTAMP");
    set(
        &broker,
        (TOPIC, "t"),
        "message.timestamp.after.max.ms",
        "9000000000000",
    );
    assert_eq!(broker.produce(9, T, batch_at(future, &["a"])).error_code, 0);
}

#[test]
fn compression_type_compresses_anew() {
    let broker = broker();
    let value = "x".repeat(1000);
    let gzip = Seal {
        codec: Codec::Gzip,
        ..Seal::default()
    };
    let cases = [
        ("uncompressed", Codec::None),
        ("gzip", Codec::Gzip),
        ("snappy", Codec::Snappy),
        ("lz4", Codec::Lz4),
        ("zstd", Codec::Zstd),
        ("producer", Codec::Gzip),
    ];
    for (name, codec) in cases {
        set(&broker, (TOPIC, "t"), "compression.type", name);
        let answer = broker.produce(9, T, sealed(1_700_000_000_000, &[&value, "b"], &gzip));
        assert_eq!(answer.error_code, 0, "{name}");
        let expected = vec![value.clone(), "b".to_owned()];
        assert_eq!(
            values(&broker, "t", answer.base_offset),
            [(codec, expected)],
            "{name}"
        );
    }
}

#[test]
fn compaction_asks_for_keys() {
    let broker = broker();
    assert_eq!(broker.produce(9, T, batch(&["a"])).error_code, 0);
    set(&broker, (TOPIC, "t"), "cleanup.policy", "compact");
    assert_eq!(
        code(broker.produce(9, T, batch(&["a"])).error_code),
        "INVALID_RECORD"
    );
}

#[test]
fn segment_bytes_begins_new_files() {
    let broker = broker();
    let segments = || {
        let files = std::fs::read_dir(broker.partition_dir("t", 0)).unwrap();
        let names = files.map(|file| file.unwrap().file_name().into_string().unwrap());
        names.filter(|name| name.ends_with(".log")).count()
    };
    let large = "x".repeat(600_000);
    let fill = || {
        for _ in 0..4 {
            broker.produce_values("t", 0, &[&large]);
        }
    };
    fill();
    assert_eq!(segments(), 1);
    set(&broker, (TOPIC, "t"), "segment.bytes", "1048576");
    fill();
    assert_eq!(segments(), 5);
}

#[test]
fn min_insync_replicas_asks_for_no_more_than_there_are_replicas() {
    let broker = broker();
    set(&broker, (TOPIC, "t"), "min.insync.replicas", "2");
    assert_eq!(broker.produce(9, T, batch(&["a"])).error_code, 0);
}
