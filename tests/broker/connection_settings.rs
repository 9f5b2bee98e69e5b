//! Settings that limit connections, requests and fetches.

use std::io::{ErrorKind, Read as _, Write as _};
use std::net::TcpStream;
use std::time::Duration;

use kt::protocol::messages::fetch_request::{FetchPartition, FetchTopic};
use kt::protocol::messages::{ApiVersionsRequest, BrokerId, FetchRequest, FetchResponse};

use crate::alter_configs::set;
use crate::describe_configs::BROKER;
use crate::harness::{TestBroker, receive, send, topic};

/// Asks something small on a connection; returns whether it is answered and not closed.
fn is_served(stream: &mut TcpStream) -> bool {
    send(stream, 0, &ApiVersionsRequest::default());
    match stream.peek(&mut [0; 1]) {
        Ok(0) => false,
        Ok(_) => {
            receive::<ApiVersionsRequest>(stream, 0);
            true
        }
        Err(error) => {
            assert_eq!(error.kind(), ErrorKind::ConnectionReset);
            false
        }
    }
}

/// Begins a request of so many bytes and says no more.
fn begin_request(stream: &mut TcpStream, bytes: u32) {
    let mut begin = bytes.to_be_bytes().to_vec();
    // Produce, version 9: only the header is looked at before all of it is there.
    begin.extend_from_slice(&[0, 0, 0, 9, 0, 0, 0, 7]);
    stream.write_all(&begin).unwrap();
}

/// Waits for the end of a connection.
fn is_closed(stream: &mut TcpStream) -> bool {
    match stream.read(&mut [0; 1]) {
        Ok(count) => count == 0,
        Err(error) => error.kind() == ErrorKind::ConnectionReset,
    }
}

#[test]
fn a_connection_over_the_limit_is_closed_at_once() {
    for key in ["max.connections", "max.connections.per.ip"] {
        let broker = TestBroker::start_with(&[(key, "2")]);
        let mut streams = [broker.connect(), broker.connect()];
        assert!(streams.iter_mut().all(is_served), "{key}");
        assert!(is_closed(&mut broker.connect()), "{key}");
        assert!(streams.iter_mut().all(is_served), "{key}");
    }
}

#[test]
fn the_limit_of_connections_changes_while_the_broker_runs() {
    for key in ["max.connections", "max.connections.per.ip"] {
        let broker = TestBroker::start();
        let mut first = broker.connect();
        assert!(is_served(&mut first));
        set(&broker, (BROKER, ""), key, "1");
        assert!(is_closed(&mut broker.connect()), "{key}");
        assert!(is_served(&mut first));
    }
}

#[test]
fn an_idle_connection_is_closed_after_its_time() {
    let broker = TestBroker::start_with(&[("connections.max.idle.ms", "50")]);
    let mut stream = broker.connect();
    assert!(is_served(&mut stream));
    assert!(is_closed(&mut stream));
}

#[test]
fn a_larger_request_closes_the_connection() {
    let broker = TestBroker::start_with(&[("socket.request.max.bytes", "1000")]);
    let mut stream = broker.connect();
    begin_request(&mut stream, 1000);
    stream
        .set_read_timeout(Some(Duration::from_millis(20)))
        .unwrap();
    let waiting = stream.read(&mut [0; 1]).unwrap_err();
    assert_eq!(waiting.kind(), ErrorKind::WouldBlock);
    let mut stream = broker.connect();
    begin_request(&mut stream, 1001);
    assert!(is_closed(&mut stream));
}

#[test]
fn large_requests_share_their_memory() {
    // Half of it is more than sockets hold, so what was written was read, and has its memory.
    const LARGE: usize = 32 << 20;
    let limit = (LARGE + 4096).to_string();
    let limits = [
        ("socket.request.max.bytes", limit.as_str()),
        ("queued.max.request.bytes", limit.as_str()),
    ];
    // Where one may have all that there is, the second waits until the first is gone.
    for (settings, waits) in [(&limits[..], true), (&limits[..1], false)] {
        let broker = TestBroker::start_with(settings);
        let mut first = broker.connect();
        begin_request(&mut first, u32::try_from(LARGE).unwrap());
        first.write_all(&vec![0; LARGE / 2]).unwrap();
        let mut second = broker.connect();
        let whole = second.try_clone().unwrap();
        let sender = std::thread::spawn(move || send_large(whole, LARGE));
        let short = Duration::from_millis(if waits { 300 } else { 30_000 });
        second.set_read_timeout(Some(short)).unwrap();
        let closed = match second.read(&mut [0; 1]) {
            Ok(count) => count == 0,
            Err(error) => error.kind() == ErrorKind::ConnectionReset,
        };
        // A request that is no request closes its connection once it is read.
        assert_eq!(closed, !waits, "{settings:?}");
        drop(first);
        second
            .set_read_timeout(Some(Duration::from_secs(30)))
            .unwrap();
        assert!(closed || is_closed(&mut second));
        sender.join().unwrap();
    }
}

/// Sends a whole request of an API that nobody has.
fn send_large(mut stream: TcpStream, bytes: usize) {
    let mut request = u32::try_from(bytes).unwrap().to_be_bytes().to_vec();
    request.extend_from_slice(&[0x7f, 0xff]);
    request.resize(4 + bytes, 0);
    // It may be closed before the last byte.
    drop(stream.write_all(&request));
}

fn fetch(broker: &TestBroker, (session_id, session_epoch): (i32, i32)) -> FetchResponse {
    let partition = |number: i32| {
        FetchPartition::default()
            .with_partition(number)
            .with_partition_max_bytes(1 << 20)
    };
    let asked = FetchTopic::default()
        .with_topic(topic("t"))
        .with_partitions(vec![partition(0), partition(1)]);
    let request = FetchRequest::default()
        .with_replica_id(BrokerId(-1))
        .with_max_bytes(50 << 20)
        .with_session_id(session_id)
        .with_session_epoch(session_epoch)
        .with_topics(vec![asked]);
    broker.call(12, &request)
}

#[test]
fn an_answer_to_fetch_has_no_more_than_the_brokers_limit() {
    let filled = |settings: &[(&str, &str)]| {
        let broker = TestBroker::start_with(settings);
        broker.create_topic("t", 2, &[]);
        for partition in 0..2 {
            broker.produce_values("t", partition, &[&"x".repeat(5000)]);
        }
        let response = fetch(&broker, (0, -1));
        let partitions = response.responses[0].partitions.iter();
        let sizes = partitions.map(|partition| partition.records.as_ref().map_or(0, |r| r.len()));
        sizes.filter(|bytes| *bytes > 0).count()
    };
    assert_eq!(filled(&[]), 2);
    // The first batch comes whole, whatever its size.
    assert_eq!(filled(&[("fetch.max.bytes", "1024")]), 1);
}

#[test]
fn no_more_fetch_sessions_are_kept_than_there_are_slots() {
    let session = |settings: &[(&str, &str)]| {
        let broker = TestBroker::start_with(settings);
        broker.create_topic("t", 2, &[]);
        fetch(&broker, (0, 0)).session_id
    };
    assert_ne!(session(&[]), 0);
    let none = ("max.incremental.fetch.session.cache.slots", "0");
    assert_eq!(session(&[none]), 0);
}
