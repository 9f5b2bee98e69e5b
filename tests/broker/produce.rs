//! `produce`, at each version and against Apache Kafka's answers.

use std::io::{ErrorKind, Read as _, Write as _};

use bytes::{Bytes, BytesMut};
use kt::protocol::messages::ProduceRequest;
use kt::protocol::messages::produce_request::{PartitionProduceData, TopicProduceData};
use kt::record::{BatchHeader, Codec, Producer, Seal};

use crate::fetch::values;
use crate::harness::{
    FINE, TestBroker, batch, batch_at, code, error, receive, sealed, send, text, topic, versions,
};

fn to(data: TopicProduceData, partition: i32, batch: Bytes) -> ProduceRequest {
    let part = PartitionProduceData::default()
        .with_index(partition)
        .with_records(Some(batch));
    ProduceRequest::default()
        .with_acks(-1)
        .with_timeout_ms(20_000)
        .with_topic_data(vec![data.with_partition_data(vec![part])])
}

fn named(name: &str) -> TopicProduceData {
    TopicProduceData::default().with_name(topic(name))
}

#[test]
fn every_version_that_carries_batches_appends() {
    let broker = TestBroker::start();
    broker.create_topic("t", 2, &[]);
    let id = broker.topic_id("t");
    for (version, offset) in (3..=13).zip((0..).step_by(2)) {
        let data = if version >= 13 {
            TopicProduceData::default().with_topic_id(id)
        } else {
            named("t")
        };
        let response = broker.call(version, &to(data, 1, batch(&["a", "b"])));
        let topic = &response.responses[0];
        assert_eq!(
            topic.topic_id,
            if version >= 13 { id } else { uuid::Uuid::nil() }
        );
        let answer = &topic.partition_responses[0];
        assert_eq!(
            error(answer.error_code, answer.error_message.as_ref()),
            FINE
        );
        assert_eq!((answer.index, answer.base_offset), (1, offset));
        assert_eq!(answer.log_append_time_ms, -1);
        assert_eq!(answer.log_start_offset, if version >= 5 { 0 } else { -1 });
    }
    assert_eq!(versions::<ProduceRequest>(), 0..=13);
}

#[test]
fn message_sets_of_old_are_refused_in_their_own_layout() {
    let broker = TestBroker::start();
    broker.create_topic("t", 1, &[]);
    for version in 0_u8..=2 {
        let mut stream = broker.connect();
        let mut body = vec![0, 0, 0, version, 0, 0, 0, 7, 0, 1, b'x'];
        // acks 1, time-out 1000, one topic "t", one partition 0 with four bytes.
        body.extend([
            0, 1, 0, 0, 3, 232, 0, 0, 0, 1, 0, 1, b't', 0, 0, 0, 1, 0, 0, 0, 0,
        ]);
        body.extend([0, 0, 0, 4, 1, 2, 3, 4]);
        let length = u32::try_from(body.len()).unwrap().to_be_bytes();
        stream.write_all(&length).unwrap();
        stream.write_all(&body).unwrap();
        let mut answer = [0; 4];
        stream.read_exact(&mut answer).unwrap();
        let mut rest = vec![0; u32::from_be_bytes(answer).try_into().unwrap()];
        stream.read_exact(&mut rest).unwrap();
        // The id, one topic "t", one partition 0, UNSUPPORTED_VERSION, base offset -1.
        let mut expected = vec![
            0, 0, 0, 7, 0, 0, 0, 1, 0, 1, b't', 0, 0, 0, 1, 0, 0, 0, 0, 0, 35,
        ];
        expected.extend([255; 8]);
        if version >= 2 {
            expected.extend([255; 8]);
        }
        if version >= 1 {
            expected.extend([0; 4]);
        }
        assert_eq!(rest, expected, "version {version}");
    }
}

#[test]
fn topics_that_are_not_there_are_refused() {
    let broker = TestBroker::start();
    broker.create_topic("t", 1, &[]);
    let unknown = "UNKNOWN_TOPIC_OR_PARTITION";
    for version in 3..=12 {
        assert_eq!(
            code(broker.produce(version, ("no", 0), batch(&["a"])).error_code),
            unknown
        );
        assert_eq!(
            code(broker.produce(version, ("t", 1), batch(&["a"])).error_code),
            unknown
        );
    }
    let data = TopicProduceData::default().with_topic_id(uuid::Uuid::from_u128(7));
    let response = broker.call(13, &to(data, 0, batch(&["a"])));
    let answer = &response.responses[0].partition_responses[0];
    assert_eq!(code(answer.error_code), "UNKNOWN_TOPIC_ID");
}

#[test]
fn each_codec_is_stored_as_it_came() {
    let broker = TestBroker::start();
    broker.create_topic("t", 1, &[]);
    for codec in Codec::ALL {
        let seal = Seal {
            codec,
            ..Seal::default()
        };
        let batch = sealed(1_700_000_000_000, &["a", "a", "a"], &seal);
        let answer = broker.produce(9, ("t", 0), batch);
        assert_eq!(answer.error_code, 0, "{codec:?}");
        assert_eq!(
            values(&broker, "t", answer.base_offset),
            [(codec, vec!["a".to_owned(); 3])]
        );
    }
}

#[test]
fn zstd_is_refused_below_version_7() {
    let broker = TestBroker::start();
    broker.create_topic("t", 1, &[]);
    let seal = Seal {
        codec: Codec::Zstd,
        ..Seal::default()
    };
    for version in 3..=7 {
        let answer = broker.produce(version, ("t", 0), sealed(0, &["a"], &seal));
        let expected = if version < 7 {
            "UNSUPPORTED_COMPRESSION_TYPE"
        } else {
            "NONE"
        };
        assert_eq!(code(answer.error_code), expected);
    }
}

#[test]
fn a_damaged_batch_is_refused_and_nothing_is_appended() {
    let broker = TestBroker::start();
    broker.create_topic("t", 1, &[]);
    let whole = batch(&["a", "b"]);
    let mut flipped = BytesMut::from(&whole[..]);
    let last = flipped.len() - 2;
    flipped[last] ^= 1;
    let put = |position: usize, byte: u8| {
        let mut bytes = BytesMut::from(&whole[..]);
        bytes[position] = byte;
        bytes.freeze()
    };
    let twice = Bytes::from([&whole[..], &whole[..]].concat());
    let cases = [
        (flipped.freeze(), "CORRUPT_MESSAGE"),
        // The length, the magic, the base offset.
        (put(8, 255), "CORRUPT_MESSAGE"),
        (put(16, 3), "CORRUPT_MESSAGE"),
        (put(16, 1), "INVALID_RECORD"),
        (put(7, 5), "INVALID_RECORD"),
        (twice, "INVALID_RECORD"),
        // Kafka drops a few bytes behind a batch; here it must be the only thing.
        (Bytes::from([&whole[..], &[9]].concat()), "INVALID_RECORD"),
        (whole.slice(..whole.len() - 1), "INVALID_RECORD"),
        (whole.slice(..10), "INVALID_RECORD"),
        (Bytes::new(), "INVALID_RECORD"),
    ];
    for (bytes, expected) in cases {
        let answer = broker.produce(9, ("t", 0), bytes);
        assert_eq!(
            (code(answer.error_code), answer.base_offset),
            (expected, -1)
        );
    }
    assert_eq!(broker.produce_values("t", 0, &["c"]), 0);
}

#[test]
fn a_record_without_a_key_is_refused_where_keys_are_compacted() {
    let broker = TestBroker::start();
    broker.create_topic("t", 1, &[("cleanup.policy", "compact")]);
    for version in 3..=12 {
        let answer = broker.produce(version, ("t", 0), batch(&["a", "b"]));
        assert_eq!(code(answer.error_code), "INVALID_RECORD");
        let told = version >= 8;
        assert_eq!(answer.error_message.is_some(), told, "version {version}");
        assert_eq!(answer.record_errors.len(), if told { 2 } else { 0 });
    }
}

#[test]
fn acks_other_than_0_1_and_all_are_refused() {
    let broker = TestBroker::start();
    broker.create_topic("t", 1, &[]);
    let request = to(named("t"), 0, batch(&["a"])).with_acks(2);
    let response = broker.call(9, &request);
    let answer = &response.responses[0].partition_responses[0];
    assert_eq!(code(answer.error_code), "INVALID_REQUIRED_ACKS");
}

#[test]
fn without_acks_there_is_no_answer_and_the_order_stays() {
    let broker = TestBroker::start();
    broker.create_topic("t", 1, &[]);
    let mut stream = broker.connect();
    send(
        &mut stream,
        9,
        &to(named("t"), 0, batch(&["a"])).with_acks(0),
    );
    send(&mut stream, 9, &to(named("t"), 0, batch(&["b"])));
    let response = receive::<ProduceRequest>(&mut stream, 9);
    assert_eq!(response.responses[0].partition_responses[0].base_offset, 1);
}

#[test]
fn without_acks_a_failure_closes_the_connection() {
    let broker = TestBroker::start();
    let mut stream = broker.connect();
    send(
        &mut stream,
        9,
        &to(named("no"), 0, batch(&["a"])).with_acks(0),
    );
    match stream.read(&mut [0; 1]) {
        Ok(count) => assert_eq!(count, 0),
        Err(error) => assert_eq!(error.kind(), ErrorKind::ConnectionReset),
    }
}

#[test]
fn pipelined_requests_are_answered_in_their_order() {
    let broker = TestBroker::start();
    broker.create_topic("t", 1, &[]);
    let mut stream = broker.connect();
    for _ in 0..20 {
        send(&mut stream, 9, &to(named("t"), 0, batch(&["a"])));
    }
    for offset in 0..20 {
        let response = receive::<ProduceRequest>(&mut stream, 9);
        assert_eq!(
            response.responses[0].partition_responses[0].base_offset,
            offset
        );
    }
}

#[test]
fn an_idempotent_producer_repeats_itself_without_a_second_copy() {
    let broker = TestBroker::start();
    broker.create_topic("t", 1, &[]);
    let from = |base_sequence: i32| {
        let producer = Producer {
            id: 9,
            epoch: 0,
            base_sequence,
        };
        sealed(
            1_700_000_000_000,
            &["a", "b"],
            &Seal {
                producer,
                ..Seal::default()
            },
        )
    };
    for (sequence, expected) in [(0, 0), (2, 2), (0, 0), (2, 2), (4, 4)] {
        let answer = broker.produce(9, ("t", 0), from(sequence));
        assert_eq!(
            (code(answer.error_code), answer.base_offset),
            ("NONE", expected)
        );
    }
    let answer = broker.produce(9, ("t", 0), from(99));
    assert_eq!(code(answer.error_code), "OUT_OF_ORDER_SEQUENCE_NUMBER");
}

#[test]
fn a_control_batch_of_a_client_is_not_appended() {
    let broker = TestBroker::start();
    broker.create_topic("t", 1, &[]);
    let seal = Seal {
        attributes: kt::record::Attributes(0).with_control(true),
        ..Seal::default()
    };
    let answer = broker.produce(9, ("t", 0), sealed(0, &["a"], &seal));
    assert_eq!(code(answer.error_code), "INVALID_RECORD");
}

#[test]
fn what_the_broker_assigns_is_in_the_stored_batch() {
    let broker = TestBroker::start();
    broker.create_topic("t", 1, &[]);
    broker.produce_values("t", 0, &["a"]);
    let answer = broker.produce(9, ("t", 0), batch_at(1_700_000_000_000, &["b", "c"]));
    assert_eq!(answer.base_offset, 1);
    let stored = crate::fetch::fetch_bytes(&broker, "t", 1);
    let header = BatchHeader::parse(&stored).unwrap();
    assert_eq!((header.base_offset.0, header.leader_epoch.0), (1, 0));
    assert_eq!(header.max_timestamp, 1_700_000_000_001);
    assert_eq!(
        text("c").as_bytes(),
        &stored[stored.len() - 2..stored.len() - 1]
    );
}
