//! A broker in this process, for one test, and a connection to it.
//!
//! The broker runs on a free port in a folder of its own, with a properties file as Kafka's; it
//! stops when the test ends. Requests are the crate's structs, at a version that the test names.

use std::io::{Read as _, Write as _};
use std::net::TcpStream;
use std::ops::RangeInclusive;
use std::path::PathBuf;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use bytes::{Bytes, BytesMut};
use kt::broker::Broker;
use kt::clock::SystemClock;
use kt::config::{Properties, ServerConfig};
use kt::fs::{Fs, RealFs};
use kt::protocol::messages::create_topics_request::{CreatableTopic, CreatableTopicConfig};
use kt::protocol::messages::create_topics_response::CreatableTopicResult;
use kt::protocol::messages::metadata_request::MetadataRequestTopic;
use kt::protocol::messages::produce_request::{PartitionProduceData, TopicProduceData};
use kt::protocol::messages::produce_response::PartitionProduceResponse;
use kt::protocol::messages::{
    CreateTopicsRequest, MetadataRequest, ProduceRequest, StrBytes, TopicName,
};
use kt::protocol::{ApiRequest, ErrorCode, decode_response, encode_request};
use kt::record::{Append, BatchBuilder, Seal};
use kt::rng::Rng;
use tempfile::TempDir;
use tokio::runtime::Runtime;

/// How long anything may take on a busy machine.
const PATIENCE: Duration = Duration::from_secs(30);

/// A running broker.
pub(crate) struct TestBroker {
    broker: Option<Broker>,
    runtime: Runtime,
    properties: Properties,
    fs: Arc<dyn Fs>,
    connection: Mutex<Option<TcpStream>>,
    home: TempDir,
}

impl Drop for TestBroker {
    fn drop(&mut self) {
        self.stop();
    }
}

impl TestBroker {
    /// Starts a broker with the settings of Kafka's own sample file.
    pub(crate) fn start() -> Self {
        Self::start_with(&[])
    }

    /// Starts a broker with further settings; `{home}` in a value is a folder of its own.
    pub(crate) fn start_with(settings: &[(&str, &str)]) -> Self {
        Self::start_on(RealFs::shared(), "", settings)
    }

    /// Starts a broker with further settings, and without one of the sample file.
    pub(crate) fn start_without(absent: &str, settings: &[(&str, &str)]) -> Self {
        Self::start_on(RealFs::shared(), absent, settings)
    }

    /// Starts a broker on a disk of the test's own.
    pub(crate) fn start_on(fs: Arc<dyn Fs>, absent: &str, settings: &[(&str, &str)]) -> Self {
        let home = tempfile::tempdir().unwrap();
        let mut properties = Properties::new();
        let data = home.path().join("data").display().to_string();
        let sample = [
            ("node.id", "1"),
            ("listeners", "PLAINTEXT://127.0.0.1:0"),
            ("log.dirs", data.as_str()),
        ];
        let sample = sample.iter().filter(|(key, _)| *key != absent);
        for (key, value) in sample.chain(settings) {
            let home = home.path().display().to_string();
            properties.set(*key, value.replace("{home}", &home));
        }
        let runtime = tokio::runtime::Builder::new_multi_thread()
            .worker_threads(2)
            .enable_all()
            .build()
            .unwrap();
        let mut this = Self {
            broker: None,
            runtime,
            properties,
            fs,
            connection: Mutex::new(None),
            home,
        };
        this.run();
        this
    }

    pub(crate) fn run(&mut self) {
        let (config, warnings) = ServerConfig::from_properties(&self.properties).unwrap();
        assert_eq!(warnings, []);
        let start = Broker::start(
            config,
            Arc::clone(&self.fs),
            SystemClock::shared(),
            Rng::from_os(),
        );
        self.broker = Some(self.runtime.block_on(start).unwrap());
    }

    pub(crate) fn stop(&mut self) {
        *self.connection.lock().unwrap() = None;
        if let Some(broker) = self.broker.take() {
            let runtime = &self.runtime;
            runtime.block_on(async { runtime.spawn(broker.shutdown()).await.unwrap() });
        }
    }

    /// Stops the broker in good order and starts it again on the same files.
    pub(crate) fn restart(&mut self) {
        self.stop();
        self.run();
    }

    /// Changes a setting for the next start.
    pub(crate) fn set(&mut self, key: &str, value: &str) {
        self.properties.set(key, value);
    }

    fn broker(&self) -> &Broker {
        self.broker.as_ref().unwrap()
    }

    /// Returns the port of the only listener.
    pub(crate) fn port(&self) -> i32 {
        self.ports()[0]
    }

    /// Returns the ports of the clients' listeners.
    pub(crate) fn ports(&self) -> Vec<i32> {
        let listeners = self.broker().listeners().iter();
        listeners.map(|listener| listener.port.into()).collect()
    }

    /// Returns the cluster's id.
    pub(crate) fn cluster_id(&self) -> &str {
        self.broker().cluster_id()
    }

    /// Starts a broker with two log directories; returns them too.
    pub(crate) fn start_on_two_dirs(settings: &[(&str, &str)]) -> (Self, [PathBuf; 2]) {
        let mut all = vec![("log.dirs", "{home}/data,{home}/disk-b")];
        all.extend(settings);
        let broker = Self::start_with(&all);
        let dirs = ["data", "disk-b"].map(|name| broker.home.path().join(name));
        (broker, dirs)
    }

    /// Returns the directory of a partition.
    pub(crate) fn partition_dir(&self, topic: &str, partition: i32) -> PathBuf {
        self.log_dir("data").join(format!("{topic}-{partition}"))
    }

    /// Returns a folder in the broker's own.
    pub(crate) fn log_dir(&self, name: &str) -> PathBuf {
        self.home.path().join(name)
    }

    /// Waits until every log directory has failed, for at most `patience`.
    pub(crate) fn has_failed(&self, patience: Duration) -> bool {
        let failed = self.broker().all_dirs_failed();
        self.runtime
            .block_on(async { tokio::time::timeout(patience, failed).await.is_ok() })
    }

    /// Opens a connection.
    pub(crate) fn connect(&self) -> TcpStream {
        self.connect_to(0)
    }

    /// Opens a connection to one of the listeners.
    pub(crate) fn connect_to(&self, listener: usize) -> TcpStream {
        let port = u16::try_from(self.ports()[listener]).unwrap();
        let stream = TcpStream::connect(("127.0.0.1", port)).unwrap();
        stream.set_read_timeout(Some(PATIENCE)).unwrap();
        stream.set_nodelay(true).unwrap();
        stream
    }

    /// Sends a request and returns the answer.
    #[track_caller]
    pub(crate) fn call<R: ApiRequest>(&self, version: i16, request: &R) -> R::Response {
        let mut connection = self.connection.lock().unwrap();
        let stream = connection.get_or_insert_with(|| self.connect());
        send(stream, version, request);
        receive::<R>(stream, version)
    }

    /// Creates a topic with these settings.
    #[track_caller]
    pub(crate) fn create_topic(&self, name: &str, partitions: i32, configs: &[(&str, &str)]) {
        let created = self.try_create_topic(name, partitions, configs);
        assert_eq!(created.error_code, 0, "{:?}", created.error_message);
    }

    /// Asks for a topic with these settings; returns what the answer says of it.
    pub(crate) fn try_create_topic(
        &self,
        name: &str,
        partitions: i32,
        configs: &[(&str, &str)],
    ) -> CreatableTopicResult {
        let configs = configs.iter().map(|(key, value)| {
            CreatableTopicConfig::default()
                .with_name(text(key))
                .with_value(Some(text(value)))
        });
        let topic = CreatableTopic::default()
            .with_name(topic(name))
            .with_num_partitions(partitions)
            .with_replication_factor(1)
            .with_configs(configs.collect());
        let request = CreateTopicsRequest::default().with_topics(vec![topic]);
        self.call(7, &request).topics.remove(0)
    }

    /// Returns the id of a topic.
    pub(crate) fn topic_id(&self, name: &str) -> uuid::Uuid {
        let asked = MetadataRequestTopic::default().with_name(Some(topic(name)));
        let request = MetadataRequest::default()
            .with_topics(Some(vec![asked]))
            .with_allow_auto_topic_creation(false);
        self.call(12, &request).topics[0].topic_id
    }

    /// Produces a batch to a partition at a version below 13, with acks=all.
    #[track_caller]
    pub(crate) fn produce(
        &self,
        version: i16,
        (topic_name, partition): (&str, i32),
        batch: Bytes,
    ) -> PartitionProduceResponse {
        let data = PartitionProduceData::default()
            .with_index(partition)
            .with_records(Some(batch));
        let data = TopicProduceData::default()
            .with_name(topic(topic_name))
            .with_partition_data(vec![data]);
        let request = ProduceRequest::default()
            .with_acks(-1)
            .with_timeout_ms(20_000)
            .with_topic_data(vec![data]);
        let mut response = self.call(version, &request);
        response.responses.remove(0).partition_responses.remove(0)
    }

    /// Produces records without keys, which must be accepted; returns the first one's offset.
    #[track_caller]
    pub(crate) fn produce_values(&self, topic: &str, partition: i32, values: &[&str]) -> i64 {
        let answer = self.produce(9, (topic, partition), batch(values));
        assert_eq!(answer.error_code, 0, "{:?}", answer.error_message);
        answer.base_offset
    }
}

/// Waits until something holds that the broker does by itself.
#[track_caller]
pub(crate) fn until(holds: impl Fn() -> bool) {
    let clock = SystemClock::shared();
    while !holds() {
        assert!(clock.monotonic() < PATIENCE, "it never happens");
        std::thread::park_timeout(Duration::from_millis(5));
    }
}

/// Writes a request to a connection.
#[track_caller]
pub(crate) fn send<R: ApiRequest>(stream: &mut TcpStream, version: i16, request: &R) {
    let mut out = BytesMut::new();
    let client = Bytes::from_static(b"broker-tests");
    encode_request(&mut out, version, 7, &client, request).unwrap();
    stream.write_all(&out).unwrap();
}

/// Reads the answer to a request.
#[track_caller]
pub(crate) fn receive<R: ApiRequest>(stream: &mut TcpStream, version: i16) -> R::Response {
    let mut length = [0; 4];
    stream.read_exact(&mut length).expect("an answer");
    let mut frame = vec![0; usize::try_from(u32::from_be_bytes(length)).unwrap()];
    stream.read_exact(&mut frame).unwrap();
    let (id, response) = decode_response::<R>(version, frame.into()).unwrap();
    assert_eq!(id, 7);
    response
}

/// Returns all versions of an API that the broker lists.
pub(crate) fn versions<R: ApiRequest>() -> RangeInclusive<i16> {
    let versions = R::KEY.row().versions;
    versions.min..=versions.max
}

pub(crate) fn text(text: &str) -> StrBytes {
    StrBytes::from_string(text.to_owned())
}

pub(crate) fn topic(name: &str) -> TopicName {
    TopicName(text(name))
}

/// Returns the name of an error code.
pub(crate) fn code(code: i16) -> &'static str {
    ErrorCode::from_code(code).unwrap().name()
}

/// Returns a code's name and the sentence beside it.
pub(crate) fn error(number: i16, message: Option<&StrBytes>) -> (&'static str, Option<String>) {
    (code(number), message.map(|message| message.to_string()))
}

/// Returns an expected error.
pub(crate) fn refusal(code: &'static str, message: &str) -> (&'static str, Option<String>) {
    (code, Some(message.to_owned()))
}

/// What a success looks like.
pub(crate) const FINE: (&str, Option<String>) = ("NONE", None);

/// Returns a batch of records without keys, with the time of now.
pub(crate) fn batch(values: &[&str]) -> Bytes {
    batch_at(SystemClock::shared().now_ms(), values)
}

/// Returns a batch of records without keys; each is a millisecond younger than the one before.
pub(crate) fn batch_at(timestamp: i64, values: &[&str]) -> Bytes {
    sealed(timestamp, values, &Seal::default())
}

/// Returns a batch that is sealed in a way of its own.
pub(crate) fn sealed(timestamp: i64, values: &[&str], seal: &Seal) -> Bytes {
    let mut builder = BatchBuilder::new(64 * 1024 * 1024);
    for (later, value) in (0..).zip(values) {
        let fits = builder.append(None, Some(value.as_bytes()), &[], timestamp + later);
        assert_eq!(fits, Append::Fits);
    }
    builder.seal(seal).unwrap();
    builder.into_bytes().into()
}
