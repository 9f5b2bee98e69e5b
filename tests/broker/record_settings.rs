//! Settings of what is stored of a batch, and which batches are: those of topics are in
//! `topic_settings`, here are the broker's defaults of each, the levels, and kt's own.

use bytes::Bytes;
use kt::record::{BatchHeader, Codec, HEADER_BYTES};

use crate::alter_configs::set;
use crate::describe_configs::TOPIC;
use crate::fetch::{fetch_bytes, values};
use crate::harness::{TestBroker, batch, batch_at, code};

const T: (&str, i32) = ("t", 0);

fn broker(settings: &[(&str, &str)]) -> TestBroker {
    let broker = TestBroker::start_with(settings);
    broker.create_topic("t", 1, &[]);
    broker
}

/// Text that compresses the better the more is tried.
fn text() -> String {
    let words = [
        "log", "offset", "leader", "epoch", "batch", "index", "topic",
    ];
    let mut state: usize = 1;
    let mut text = String::new();
    while text.len() < 200_000 {
        state = state
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1);
        text.push_str(words[(state >> 33) % words.len()]);
        text.push_str(&((state >> 40) % 50).to_string());
    }
    text
}

#[test]
fn the_brokers_compression_is_that_of_topics_without_their_own() {
    let broker = broker(&[("compression.type", "zstd")]);
    broker.produce_values("t", 0, &["a"]);
    assert_eq!(values(&broker, "t", 0)[0].0, Codec::Zstd);
    set(&broker, (TOPIC, "t"), "compression.type", "gzip");
    broker.produce_values("t", 0, &["a"]);
    assert_eq!(values(&broker, "t", 1)[0].0, Codec::Gzip);
}

#[test]
fn a_higher_level_compresses_better() {
    let text = text();
    let stored = |settings: &[(&str, &str)], configs: &[(&str, &str)]| {
        let broker = TestBroker::start_with(settings);
        broker.create_topic("t", 1, configs);
        broker.produce_values("t", 0, &[&text]);
        fetch_bytes(&broker, "t", 0).len()
    };
    for (codec, key, low, high) in [
        ("gzip", "compression.gzip.level", "1", "9"),
        ("zstd", "compression.zstd.level", "-50", "19"),
    ] {
        let kind = ("compression.type", codec);
        let of_topic = |level| stored(&[], &[kind, (key, level)]);
        let of_broker = |level| stored(&[kind, (key, level)], &[]);
        assert!(of_topic(high) < of_topic(low), "{codec}");
        assert_eq!(of_broker(low), of_topic(low), "{codec}");
        assert_eq!(of_broker(high), of_topic(high), "{codec}");
    }
}

#[test]
fn the_brokers_limits_of_timestamps_hold_for_topics_without_their_own() {
    let future = 4_000_000_000_000;
    let produce = |settings: &[(&str, &str)], time: i64| {
        let answer = broker(settings).produce(9, T, batch_at(time, &["a"]));
        code(answer.error_code)
    };
    assert_eq!(produce(&[], 1000), "NONE");
    let before = ("log.message.timestamp.before.max.ms", "60000");
    assert_eq!(produce(&[before], 1000), "INVALID_TIMESTAMP");
    assert_eq!(produce(&[], future), "INVALID_TIMESTAMP");
    let after = ("log.message.timestamp.after.max.ms", "9000000000000");
    assert_eq!(produce(&[after], future), "NONE");
}

#[test]
fn the_brokers_kind_of_timestamp_holds_for_topics_without_their_own() {
    let time = |settings: &[(&str, &str)]| {
        let answer = broker(settings).produce(9, T, batch_at(1000, &["a"]));
        answer.log_append_time_ms
    };
    assert_eq!(time(&[]), -1);
    let append = ("log.message.timestamp.type", "LogAppendTime");
    assert!(time(&[append]) > 1_700_000_000_000);
}

#[test]
fn the_brokers_cleanup_policy_asks_for_keys() {
    let broker = broker(&[("log.cleanup.policy", "compact")]);
    let answer = broker.produce(9, T, batch(&["a"]));
    assert_eq!(code(answer.error_code), "INVALID_RECORD");
}

#[test]
fn validation_of_the_header_alone_lets_a_broken_record_pass() {
    let whole = batch(&["a", "b"]);
    let (header, body) = whole.split_at(HEADER_BYTES);
    let mut body = body.to_vec();
    // The first record's length.
    body[0] = 2;
    let mut header = BatchHeader::parse(header).unwrap();
    header.seal(&body);
    let broken = Bytes::from([&header.encode()[..], &body].concat());
    for (validation, expected) in [("full", "INVALID_RECORD"), ("header", "NONE")] {
        let broker = broker(&[("record.validation", validation)]);
        let answer = broker.produce(9, T, broken.clone());
        assert_eq!(code(answer.error_code), expected, "{validation}");
    }
}
