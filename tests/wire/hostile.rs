//! Bytes that no client should send, to a running broker: it answers or closes, and lives on.

use kt::protocol::{APIS, ApiKey};

use crate::broker::{framed, request, start_broker};
use crate::samples::{Direction, samples};

/// Far above what an idle broker holds, far below what a giant count could ask for.
const MEMORY_BYTES_MAX: u64 = 256 << 20;

/// The error code of an unsupported version.
const UNSUPPORTED_VERSION: [u8; 2] = [0, 35];

#[test]
fn api_versions_lists_the_table() {
    let broker = start_broker();
    let mut peer = broker.connect();
    peer.send_request(18, 0, 9, &[]);
    let mut expected = vec![0, 0, 0, 9, 0, 0];
    expected.extend(u32::try_from(APIS.len()).unwrap().to_be_bytes());
    for row in APIS {
        for number in [row.key.code(), row.versions.min, row.versions.max] {
            expected.extend(number.to_be_bytes());
        }
    }
    assert_eq!(peer.receive(), expected);
}

#[test]
fn api_versions_of_an_unknown_version_is_refused_in_version_0() {
    let broker = start_broker();
    let mut peer = broker.connect();
    // Version 5 to come, of which nothing is known but its header; and a negative one.
    for (version, body) in [
        (5, &[0, 3, b'k', b't', 2, b'1', 0, 7][..]),
        (127, &[0]),
        (-1, &[]),
    ] {
        peer.send_request(18, version, 3, body);
        let refusal = [0, 0, 0, 3, 0, 35, 0, 0, 0, 1, 0, 18, 0, 0, 0, 4];
        assert_eq!(peer.receive(), refusal, "version {version}");
    }
    // The connection stays open for the client's second try.
    peer.send_request(18, 3, 4, &[0, 3, b'k', b't', 2, b'1', 0]);
    assert_eq!(peer.receive()[..6], [0, 0, 0, 4, 0, 0]);
}

#[test]
fn api_versions_of_a_client_without_a_proper_name_is_an_invalid_request() {
    let broker = start_broker();
    let mut peer = broker.connect();
    peer.send_request(18, 3, 4, &[0, 4, b'k', b' ', b't', 2, b'1', 0]);
    assert_eq!(peer.receive()[..6], [0, 0, 0, 4, 0, 42]);
}

#[test]
fn an_unknown_key_or_version_closes_the_connection() {
    let broker = start_broker();
    for key in [-1, 4, 7, 52, 93, i16::MIN, i16::MAX] {
        broker.assert_closes(&framed(&request(key, 0, 1, &[0; 8])), &format!("key {key}"));
    }
    for row in APIS.iter().filter(|row| row.key != ApiKey::ApiVersions) {
        for version in [row.versions.min - 1, row.versions.max + 1, i16::MAX] {
            let frame = request(row.key.code(), version, 1, &[0; 8]);
            broker.assert_closes(&framed(&frame), &format!("{} v{version}", row.name));
        }
    }
    broker.assert_serves();
}

#[test]
fn a_length_out_of_range_closes_the_connection() {
    let broker = start_broker();
    for length in [-1, i32::MIN, i32::MAX, (100 << 20) + 1] {
        broker.assert_closes(&length.to_be_bytes(), &format!("length {length}"));
    }
    broker.assert_closes(b"GET / HTTP/1.1\r\nHost: localhost\r\n\r\n", "HTTP");
    broker.assert_closes(
        b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03",
        "a TLS hello",
    );
    broker.assert_serves();
}

#[test]
fn a_frame_shorter_than_its_header_closes_the_connection() {
    let broker = start_broker();
    let whole = request(18, 3, 1, &[0, 3, b'k', b't', 2, b'1', 0]);
    for length in 0..whole.len() {
        broker.assert_closes(&framed(&whole[..length]), &format!("{length} bytes"));
    }
    broker.assert_serves();
}

#[test]
fn half_a_frame_and_then_the_end_is_no_request() {
    let broker = start_broker();
    let whole = framed(&request(18, 0, 1, &[]));
    for length in 0..whole.len() {
        let mut peer = broker.connect();
        peer.send(&whole[..length]);
        peer.finish();
        assert!(peer.rest().is_empty(), "{length} bytes");
    }
    broker.assert_serves();
}

#[test]
fn a_frame_may_come_byte_by_byte() {
    let broker = start_broker();
    let mut peer = broker.connect();
    for byte in framed(&request(18, 0, 6, &[])) {
        peer.send(&[byte]);
    }
    assert_eq!(peer.receive()[..6], [0, 0, 0, 6, 0, 0]);
}

#[test]
fn requests_in_one_packet_are_answered_in_order() {
    let broker = start_broker();
    let mut peer = broker.connect();
    let packet: Vec<u8> = (0..50)
        .flat_map(|id| match id % 2 {
            0 => framed(&request(18, 0, id, &[])),
            // Metadata of no topic.
            _ => framed(&request(3, 1, id, &[0, 0, 0, 0])),
        })
        .collect();
    peer.send(&packet);
    for id in 0_i32..50 {
        assert_eq!(peer.receive()[..4], id.to_be_bytes());
    }
}

#[test]
fn a_client_may_have_no_name() {
    let broker = start_broker();
    let mut peer = broker.connect();
    peer.send_frame(&[0, 18, 0, 0, 0, 0, 0, 8, 0xff, 0xff]);
    assert_eq!(peer.receive()[..6], [0, 0, 0, 8, 0, 0]);
}

#[test]
fn giant_counts_close_the_connection_and_cost_no_memory() {
    let broker = start_broker();
    let giant = [0xff, 0xff, 0xff, 0xff, 0x07];
    // Tags of the header, of the body, and a known tag (Fetch's cluster id) without end.
    broker.assert_closes(&framed(&request(3, 12, 1, &giant)), "header tags");
    let metadata = [&[0, 0, 1, 0][..], &giant].concat();
    broker.assert_closes(&framed(&request(3, 12, 1, &metadata)), "body tags");
    let fetch = [&[0; 1 + 4 + 13 + 8][..], &[1, 1, 1, 1, 0], &giant, &giant].concat();
    broker.assert_closes(&framed(&request(1, 12, 1, &fetch)), "a known tag");
    // The four bytes that ask for gigabytes.
    let topics = i32::MAX.to_be_bytes();
    broker.assert_closes(&framed(&request(3, 1, 1, &topics)), "topics");
    broker.assert_serves();
    if let Some(bytes) = broker.memory_peak_bytes() {
        assert!(bytes < MEMORY_BYTES_MAX, "{bytes} bytes");
    }
}

#[test]
fn a_body_that_ends_too_early_closes_the_connection() {
    let broker = start_broker();
    for sample in samples() {
        if sample.direction == Direction::Request && !sample.body.is_empty() {
            let tags: &[u8] = if sample.key.is_flexible(sample.version) {
                &[0]
            } else {
                &[]
            };
            let body = [tags, &sample.body[..sample.body.len() / 2]].concat();
            let frame = request(sample.key.code(), sample.version, 1, &body);
            broker.assert_closes(&framed(&frame), &sample.name);
        }
    }
    broker.assert_serves();
}

#[test]
fn produce_of_old_message_sets_is_refused_in_its_own_version() {
    let broker = start_broker();
    let body = old_produce(1);
    for version in 0..=2 {
        let mut peer = broker.connect();
        peer.send_request(0, version, 4, &body);
        let mut expected = vec![0, 0, 0, 4, 0, 0, 0, 1, 0, 1, b't', 0, 0, 0, 2];
        for partition in [0_u32, 7] {
            expected.extend(partition.to_be_bytes());
            expected.extend(UNSUPPORTED_VERSION);
            expected.extend((-1_i64).to_be_bytes());
            if version == 2 {
                expected.extend((-1_i64).to_be_bytes());
            }
        }
        if version >= 1 {
            expected.extend([0; 4]);
        }
        assert_eq!(peer.receive(), expected, "version {version}");
        peer.send_request(18, 0, 5, &[]);
        assert_eq!(
            peer.receive()[..4],
            [0, 0, 0, 5],
            "the connection stays open"
        );
    }
}

#[test]
fn produce_of_old_message_sets_that_wants_no_answer_closes_the_connection() {
    let broker = start_broker();
    for version in 0..=2 {
        let frame = request(0, version, 4, &old_produce(0));
        broker.assert_closes(&framed(&frame), &format!("version {version}"));
    }
    broker.assert_serves();
}

/// Returns a Produce body below version 3: topic "t", partitions 0 and 7 with three bytes each.
fn old_produce(acks: u8) -> Vec<u8> {
    let mut body = vec![0, acks, 0, 0, 3, 0xe8, 0, 0, 0, 1, 0, 1, b't', 0, 0, 0, 2];
    body.extend([0, 0, 0, 0, 0, 0, 0, 3, 1, 2, 3]);
    body.extend([0, 0, 0, 7, 0, 0, 0, 3, 1, 2, 3]);
    body
}

#[test]
fn many_broken_connections_leave_the_broker_well() {
    let broker = start_broker();
    let mut state = 7_u64;
    for _ in 0..300 {
        let mut peer = broker.connect();
        let mut frame = Vec::new();
        for _ in 0..40 {
            state = state
                .wrapping_mul(6_364_136_223_846_793_005)
                .wrapping_add(1);
            frame.extend(state.to_be_bytes().first());
        }
        // A key that is served, so that the bytes get as far as a body.
        let row = &APIS[usize::from(frame[0]) % APIS.len()];
        let frame = request(row.key.code(), row.versions.max, 1, &frame);
        peer.send_frame(&frame);
        peer.finish();
        peer.rest();
    }
    broker.assert_serves();
    if let Some(bytes) = broker.memory_peak_bytes() {
        assert!(bytes < MEMORY_BYTES_MAX, "{bytes} bytes");
    }
}
