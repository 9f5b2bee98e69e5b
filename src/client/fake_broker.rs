//! A broker of one topic for tests of the clients: it can lose answers, refuse and be slow.
//!
//! It keeps what is produced as Kafka does, with the sequence check of an idempotent producer, so
//! that a test can compare what the client was told with what is there. A script sees every
//! request first and may answer in the broker's place.

use std::collections::HashMap;
use std::net::{SocketAddr, TcpListener};
use std::sync::Arc;

use bytes::{Bytes, BytesMut};
use parking_lot::Mutex;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

use crate::protocol::messages::api_versions_response::ApiVersion;
use crate::protocol::messages::fetch_response::{FetchableTopicResponse, PartitionData};
use crate::protocol::messages::list_offsets_response::{
    ListOffsetsPartitionResponse, ListOffsetsTopicResponse,
};
use crate::protocol::messages::metadata_response::{
    MetadataResponseBroker, MetadataResponsePartition, MetadataResponseTopic,
};
use crate::protocol::messages::produce_response::{PartitionProduceResponse, TopicProduceResponse};
use crate::protocol::messages::{
    ApiVersionsResponse, BrokerId, FetchRequest, FetchResponse, InitProducerIdResponse,
    ListOffsetsRequest, ListOffsetsResponse, MetadataResponse, ProduceRequest, ProduceResponse,
    TopicName,
};
use crate::protocol::{
    APIS, ErrorCode, Request, RequestHeader, Response, decode_request, encode_response,
};
use crate::record::RecordBatch;
use crate::types::Uuid;

/// The topic that there is.
pub(crate) const TOPIC: &str = "t";
const TOPIC_ID: Uuid = Uuid(77);

/// What the script does with a request.
pub(crate) enum Reply {
    /// What the broker would do.
    Usual,
    /// This answer instead.
    Instead(Response),
    /// This answer instead, in another version's layout.
    InsteadIn(i16, Response),
    /// What the broker would do, but the connection ends before the answer.
    Lose,
    /// The same, but in the middle of the answer.
    LoseHalf,
    /// Nothing is done, and no answer comes.
    Ignore,
}

/// What is known of a producer.
#[derive(Debug, Default)]
struct Writer {
    epoch: i16,
    next_sequence: i32,
    /// Base sequence and offset of the last five batches.
    last: Vec<(i32, i64)>,
}

/// What is in the topic's only partition.
#[derive(Debug, Default)]
pub(crate) struct Log {
    batches: Vec<(i64, Bytes)>,
    producers: HashMap<i64, Writer>,
    end: i64,
    /// The broker refuses larger batches.
    batch_bytes_max: usize,
}

impl Log {
    /// Returns the values of all records, in order.
    pub(crate) fn values(&self) -> Vec<String> {
        let mut values = Vec::new();
        for (_, bytes) in &self.batches {
            let batch = RecordBatch::parse(bytes).unwrap();
            let body = batch.decompressed_body(1 << 30).unwrap();
            for record in batch.records(&body) {
                let value = record.unwrap().value.unwrap();
                values.push(String::from_utf8_lossy(value).into_owned());
            }
        }
        values
    }

    fn append(&mut self, bytes: &Bytes) -> Result<i64, ErrorCode> {
        let batch = RecordBatch::parse(bytes).unwrap();
        assert!(batch.crc_matches());
        let header = *batch.header();
        if bytes.len() > self.batch_bytes_max {
            return Err(ErrorCode::MessageTooLarge);
        }
        if header.has_producer_id() {
            let writer = self.producers.entry(header.producer_id).or_insert(Writer {
                epoch: header.producer_epoch,
                // As in Kafka: of a producer that is not known any sequence is taken.
                next_sequence: header.base_sequence,
                last: Vec::new(),
            });
            if writer.epoch < header.producer_epoch {
                *writer = Writer {
                    epoch: header.producer_epoch,
                    ..Writer::default()
                };
            }
            let duplicate = writer
                .last
                .iter()
                .find(|(base, _)| *base == header.base_sequence);
            if let Some((_, offset)) = duplicate {
                return Ok(*offset);
            }
            if writer.next_sequence != header.base_sequence {
                return Err(ErrorCode::OutOfOrderSequenceNumber);
            }
            writer.next_sequence += header.record_count;
            writer.last.push((header.base_sequence, self.end));
            if writer.last.len() > 5 {
                writer.last.remove(0);
            }
        }
        let base = self.end;
        let mut stored = bytes.to_vec();
        stored[..8].copy_from_slice(&base.to_be_bytes());
        self.batches.push((base, stored.into()));
        self.end += i64::from(header.record_count);
        Ok(base)
    }
}

type Script = Box<dyn FnMut(&Request) -> Reply + Send>;

/// A broker in a thread of its own.
pub(crate) struct FakeBroker {
    address: SocketAddr,
    pub(crate) log: Arc<Mutex<Log>>,
    runtime: Option<tokio::runtime::Runtime>,
}

impl Drop for FakeBroker {
    fn drop(&mut self) {
        self.runtime.take().unwrap().shutdown_background();
    }
}

impl FakeBroker {
    /// Starts a broker that asks `script` about every request.
    pub(crate) fn start(script: impl FnMut(&Request) -> Reply + Send + 'static) -> Self {
        let runtime = tokio::runtime::Builder::new_multi_thread()
            .worker_threads(1)
            .enable_all()
            .build()
            .unwrap();
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        listener.set_nonblocking(true).unwrap();
        let address = listener.local_addr().unwrap();
        let log = Arc::new(Mutex::new(Log {
            batch_bytes_max: 1 << 20,
            ..Log::default()
        }));
        let serving = Serving {
            address,
            log: Arc::clone(&log),
            script: Arc::new(Mutex::new(Box::new(script))),
        };
        runtime.spawn(async move {
            let listener = tokio::net::TcpListener::from_std(listener).unwrap();
            while let Ok((stream, _)) = listener.accept().await {
                tokio::spawn(serving.clone().serve(stream));
            }
        });
        Self {
            address,
            log,
            runtime: Some(runtime),
        }
    }

    /// Starts a broker that refuses batches above this size.
    pub(crate) fn with_batch_limit(self, bytes_max: usize) -> Self {
        self.log.lock().batch_bytes_max = bytes_max;
        self
    }

    /// Returns what `bootstrap.servers` is to be.
    pub(crate) fn servers(&self) -> String {
        self.address.to_string()
    }
}

#[derive(Clone)]
struct Serving {
    address: SocketAddr,
    log: Arc<Mutex<Log>>,
    script: Arc<Mutex<Script>>,
}

impl Serving {
    async fn serve(self, mut stream: TcpStream) {
        while let Ok(length) = stream.read_i32().await {
            let mut frame = vec![0; usize::try_from(length).unwrap()];
            if stream.read_exact(&mut frame).await.is_err() {
                return;
            }
            let mut body = Bytes::from(frame);
            let header = RequestHeader::read(&mut body).unwrap();
            let key = crate::protocol::ApiKey::from_code(header.api_key).unwrap();
            let request = decode_request(key, header.api_version, body).unwrap();
            let reply = (self.script.lock())(&request);
            let (lose, half) = match &reply {
                Reply::Lose => (true, false),
                Reply::LoseHalf => (true, true),
                _ => (false, false),
            };
            let (version, response) = match reply {
                Reply::Ignore => continue,
                Reply::Instead(response) => (header.api_version, response),
                Reply::InsteadIn(version, response) => (version, response),
                Reply::Usual | Reply::Lose | Reply::LoseHalf => {
                    (header.api_version, self.answer(request).await)
                }
            };
            let mut out = BytesMut::new();
            encode_response(&mut out, version, header.correlation_id, &response).unwrap();
            let kept = if half { out.len() / 2 } else { 0 };
            let count = if lose { kept } else { out.len() };
            if stream.write_all(&out[..count]).await.is_err() || count < out.len() {
                return;
            }
        }
    }

    async fn answer(&self, request: Request) -> Response {
        match request {
            Request::ApiVersions(_) => api_versions().into(),
            Request::Metadata(_) => self.metadata().into(),
            Request::InitProducerId(_) => InitProducerIdResponse::default()
                .with_producer_id(500.into())
                .into(),
            Request::Produce(request) => self.produce(&request).into(),
            Request::ListOffsets(request) => self.list_offsets(&request).into(),
            Request::Fetch(request) => self.fetch(&request).await.into(),
            other => panic!("the script has to answer {other:?}"),
        }
    }

    fn metadata(&self) -> MetadataResponse {
        let broker = MetadataResponseBroker::default()
            .with_node_id(BrokerId(1))
            .with_host("127.0.0.1".into())
            .with_port(i32::from(self.address.port()));
        let partition = MetadataResponsePartition::default()
            .with_leader_id(BrokerId(1))
            .with_replica_nodes(vec![BrokerId(1)])
            .with_isr_nodes(vec![BrokerId(1)]);
        let topic = MetadataResponseTopic::default()
            .with_name(Some(TopicName(TOPIC.into())))
            .with_topic_id(uuid::Uuid::from_u128(TOPIC_ID.0))
            .with_partitions(vec![partition]);
        MetadataResponse::default()
            .with_brokers(vec![broker])
            .with_controller_id(BrokerId(1))
            .with_topics(vec![topic])
    }

    fn produce(&self, request: &ProduceRequest) -> ProduceResponse {
        let mut topics = Vec::new();
        for topic in &request.topic_data {
            let records = topic.partition_data[0].records.as_ref().unwrap();
            let mut partition = PartitionProduceResponse::default().with_log_append_time_ms(-1);
            match self.log.lock().append(records) {
                Ok(offset) => partition.base_offset = offset,
                Err(code) => partition.error_code = code.code(),
            }
            topics.push(
                TopicProduceResponse::default()
                    .with_topic_id(topic.topic_id)
                    .with_partition_responses(vec![partition]),
            );
        }
        ProduceResponse::default().with_responses(topics)
    }

    fn list_offsets(&self, request: &ListOffsetsRequest) -> ListOffsetsResponse {
        let timestamp = request.topics[0].partitions[0].timestamp;
        let offset = if timestamp == -2 {
            0
        } else {
            self.log.lock().end
        };
        let partition = ListOffsetsPartitionResponse::default()
            .with_offset(offset)
            .with_timestamp(-1)
            .with_leader_epoch(-1);
        let topic = ListOffsetsTopicResponse::default()
            .with_name(TopicName(TOPIC.into()))
            .with_partitions(vec![partition]);
        ListOffsetsResponse::default().with_topics(vec![topic])
    }

    async fn fetch(&self, request: &FetchRequest) -> FetchResponse {
        let offset = request.topics[0].partitions[0].fetch_offset;
        let (mut bytes, end) = (BytesMut::new(), self.log.lock().end);
        for (base, batch) in &self.log.lock().batches {
            let last = RecordBatch::parse(batch)
                .unwrap()
                .header()
                .last_offset_delta;
            if base + i64::from(last) >= offset {
                bytes.extend_from_slice(batch);
            }
        }
        if bytes.is_empty() {
            // A held request, short: nobody appends while these tests read.
            tokio::time::sleep(std::time::Duration::from_millis(5)).await;
        }
        let out_of_range = offset > end || offset < 0;
        let partition = PartitionData::default()
            .with_error_code(i16::from(out_of_range))
            .with_high_watermark(end)
            .with_aborted_transactions(None)
            .with_records(Some(bytes.freeze()));
        FetchResponse::default().with_responses(vec![
            FetchableTopicResponse::default()
                .with_topic_id(uuid::Uuid::from_u128(TOPIC_ID.0))
                .with_partitions(vec![partition]),
        ])
    }
}

/// Returns the answer that lists every API of the table.
pub(crate) fn api_versions() -> ApiVersionsResponse {
    let api = |row: &crate::protocol::ApiRow| {
        ApiVersion::default()
            .with_api_key(row.key.code())
            .with_min_version(row.versions.min)
            .with_max_version(row.versions.max)
    };
    ApiVersionsResponse::default().with_api_keys(APIS.iter().map(api).collect())
}
