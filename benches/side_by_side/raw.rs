//! A raw client: requests built once, several in flight, answers drained. It uses a fraction of
//! the broker's processor time, so that the broker's own ceiling shows.

use std::io::Write as _;
use std::net::TcpStream;
use std::time::{Duration, Instant};

use bytes::{Bytes, BytesMut};
use kt::protocol::encode_request;
use kt::protocol::messages::fetch_request::{FetchPartition, FetchTopic};
use kt::protocol::messages::produce_request::{PartitionProduceData, TopicProduceData};
use kt::protocol::messages::{BrokerId, FetchRequest, ProduceRequest, StrBytes, TopicName};
use kt::record::{Append, BatchBuilder, Codec, Seal};

use crate::machine::read_frame;

/// Records of one size, as a sealed batch of at most `bytes_max` bytes.
pub fn batch(record_bytes: usize, bytes_max: usize, codec: Codec) -> Bytes {
    let mut builder = BatchBuilder::new(bytes_max);
    for index in 0_u64.. {
        // Text that compresses as logs do: a running number, then words.
        let mut value = format!(
            "{{\"id\":{index},\"level\":\"INFO\",\"took_ms\":{}, ",
            index % 977
        );
        while value.len() < record_bytes {
            value.push_str("\"path\":\"/api/v1/orders\",\"user\":\"");
            value.push_str(&(index * 2_654_435_761 % 1_000_003).to_string());
            value.push('"');
        }
        value.truncate(record_bytes);
        let appended = builder.append(None, Some(value.as_bytes()), &[], 1_700_000_000_000);
        if appended != Append::Fits {
            break;
        }
    }
    let sealed = builder
        .seal(&Seal {
            codec,
            ..Seal::default()
        })
        .expect("the codec works");
    Bytes::copy_from_slice(sealed)
}

/// A produce request for one partition, as a whole frame.
pub fn produce_frame(topic: &str, partition: i32, acks: i16, records: Bytes) -> Vec<u8> {
    let data = PartitionProduceData::default()
        .with_index(partition)
        .with_records(Some(records));
    let topic = TopicProduceData::default()
        .with_name(TopicName(StrBytes::from_string(topic.to_owned())))
        .with_partition_data(vec![data]);
    let request = ProduceRequest::default()
        .with_acks(acks)
        .with_timeout_ms(30_000)
        .with_topic_data(vec![topic]);
    let mut out = BytesMut::new();
    encode_request(&mut out, 9, 1, &Bytes::from_static(b"bench"), &request).expect("it encodes");
    out.to_vec()
}

/// A fetch request for one partition, as a whole frame.
pub fn fetch_frame(topic: &str, offset: i64, bytes_max: i32) -> Vec<u8> {
    let partition = FetchPartition::default()
        .with_partition(0)
        .with_fetch_offset(offset)
        .with_partition_max_bytes(bytes_max);
    let topic = FetchTopic::default()
        .with_topic(TopicName(StrBytes::from_string(topic.to_owned())))
        .with_partitions(vec![partition]);
    let request = FetchRequest::default()
        .with_replica_id(BrokerId(-1))
        .with_max_wait_ms(500)
        .with_min_bytes(1)
        .with_max_bytes(bytes_max)
        .with_session_epoch(-1)
        .with_topics(vec![topic]);
    let mut out = BytesMut::new();
    encode_request(&mut out, 11, 1, &Bytes::from_static(b"bench"), &request).expect("it encodes");
    out.to_vec()
}

/// Connects as the measured clients do.
pub fn connect(port: u16) -> TcpStream {
    let stream = TcpStream::connect(("127.0.0.1", port)).expect("the broker accepts");
    stream.set_nodelay(true).expect("TCP_NODELAY");
    let _unsupported = rustix::net::sockopt::set_tcp_congestion(&stream, "cubic");
    stream
}

/// Sends `frame` `count` times with `in_flight` on the way, and returns the time of each answer.
pub fn pump(stream: &mut TcpStream, frame: &[u8], count: usize, in_flight: usize) -> Vec<Duration> {
    let mut buffer = Vec::new();
    let mut sent_at = std::collections::VecDeque::new();
    let mut times = Vec::with_capacity(count);
    let mut sent = 0;
    while times.len() < count {
        while sent < count && sent - times.len() < in_flight {
            sent_at.push_back(Instant::now());
            stream.write_all(frame).expect("the broker reads");
            sent += 1;
        }
        let length = read_frame(stream, &mut buffer);
        assert!(length > 8, "an answer has a header");
        times.push(sent_at.pop_front().expect("one was sent").elapsed());
    }
    times
}

/// Fetches from offset 0 until `bytes` bytes have come, and returns how many came.
///
/// The next offset is read from the last batch's header in the answer, nothing else is decoded.
pub fn drain_topic(stream: &mut TcpStream, topic: &str, bytes: usize, answer_max: i32) -> usize {
    let mut buffer = Vec::new();
    let mut offset = 0;
    let mut total = 0;
    while total < bytes {
        stream
            .write_all(&fetch_frame(topic, offset, answer_max))
            .expect("the broker reads");
        let length = read_frame(stream, &mut buffer);
        let answer = buffer.get(..length).unwrap_or_default();
        // Version 11, one topic, one partition: what precedes the records has a fixed size.
        let begin = 4 + 4 + 2 + 4 + 4 + 2 + topic.len() + 4 + 4 + 2 + 8 + 8 + 8 + 4 + 4 + 4;
        let mut records = answer.get(begin..).unwrap_or_default();
        assert!(!records.is_empty(), "nothing came at offset {offset}");
        total += records.len();
        while let Some(header) = records.first_chunk::<27>() {
            let [.., o0, o1, o2, o3] = *header;
            let base = i64::from_be_bytes(*header.first_chunk::<8>().expect("27 bytes"));
            let size = records
                .get(8..12)
                .expect("27 bytes")
                .try_into()
                .expect("4 bytes");
            offset = base + i64::from(i32::from_be_bytes([o0, o1, o2, o3])) + 1;
            let size = 12 + usize::try_from(u32::from_be_bytes(size)).expect("a size");
            records = records.get(size..).unwrap_or_default();
        }
    }
    total
}
