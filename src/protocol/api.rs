//! The APIs that kt speaks: key, name, versions served, first flexible version, messages.
//!
//! One row an API, in order of the keys. The [`ApiKey`] enum, the [`Request`] and [`Response`]
//! enums and the list that ApiVersions answers all grow from these rows, so they cannot differ.
//! A row is added only when its handler passes at its lowest and highest version: clients act on
//! the list. The versions are those of Apache Kafka 4.3.1, never the crate's own ranges, which
//! hold unstable versions and a lowest Produce that breaks librdkafka before 2.11.

use crate::protocol::messages;
use crate::protocol::skeleton::{Skeleton, requests, responses};

/// Calls the macro `$callback` with every row of the table.
///
/// Columns: name = key, versions served, highest version that the crate encodes (a higher served
/// one has the same layout), first flexible version (100 for never), request and response
/// message, request and response skeleton.
macro_rules! for_each_api {
    ($callback:ident) => {
        $callback! {
            Produce = 0, 0..=13, 13, 9, ProduceRequest, ProduceResponse, PRODUCE;
            Fetch = 1, 4..=18, 18, 12, FetchRequest, FetchResponse, FETCH;
            ListOffsets = 2, 1..=11, 10, 6, ListOffsetsRequest, ListOffsetsResponse, LIST_OFFSETS;
            Metadata = 3, 0..=13, 13, 9, MetadataRequest, MetadataResponse, METADATA;
            OffsetCommit = 8, 2..=10, 10, 8,
                OffsetCommitRequest, OffsetCommitResponse, OFFSET_COMMIT;
            OffsetFetch = 9, 1..=10, 10, 6, OffsetFetchRequest, OffsetFetchResponse, OFFSET_FETCH;
            FindCoordinator = 10, 0..=6, 6, 3,
                FindCoordinatorRequest, FindCoordinatorResponse, FIND_COORDINATOR;
            JoinGroup = 11, 0..=9, 9, 6, JoinGroupRequest, JoinGroupResponse, JOIN_GROUP;
            Heartbeat = 12, 0..=4, 4, 4, HeartbeatRequest, HeartbeatResponse, HEARTBEAT;
            LeaveGroup = 13, 0..=5, 5, 4, LeaveGroupRequest, LeaveGroupResponse, LEAVE_GROUP;
            SyncGroup = 14, 0..=5, 5, 4, SyncGroupRequest, SyncGroupResponse, SYNC_GROUP;
            DescribeGroups = 15, 0..=6, 6, 5,
                DescribeGroupsRequest, DescribeGroupsResponse, DESCRIBE_GROUPS;
            ListGroups = 16, 0..=5, 5, 3, ListGroupsRequest, ListGroupsResponse, LIST_GROUPS;
            ApiVersions = 18, 0..=4, 4, 3, ApiVersionsRequest, ApiVersionsResponse, API_VERSIONS;
            CreateTopics = 19, 2..=7, 7, 5,
                CreateTopicsRequest, CreateTopicsResponse, CREATE_TOPICS;
            DeleteTopics = 20, 1..=6, 6, 4,
                DeleteTopicsRequest, DeleteTopicsResponse, DELETE_TOPICS;
            DeleteRecords = 21, 0..=2, 2, 2,
                DeleteRecordsRequest, DeleteRecordsResponse, DELETE_RECORDS;
            InitProducerId = 22, 0..=5, 5, 2,
                InitProducerIdRequest, InitProducerIdResponse, INIT_PRODUCER_ID;
            OffsetForLeaderEpoch = 23, 2..=4, 4, 4,
                OffsetForLeaderEpochRequest, OffsetForLeaderEpochResponse, OFFSET_FOR_LEADER_EPOCH;
            DescribeConfigs = 32, 1..=4, 4, 4,
                DescribeConfigsRequest, DescribeConfigsResponse, DESCRIBE_CONFIGS;
            AlterConfigs = 33, 0..=2, 2, 2,
                AlterConfigsRequest, AlterConfigsResponse, ALTER_CONFIGS;
            AlterReplicaLogDirs = 34, 1..=2, 2, 2,
                AlterReplicaLogDirsRequest, AlterReplicaLogDirsResponse, ALTER_REPLICA_LOG_DIRS;
            DescribeLogDirs = 35, 1..=5, 5, 2,
                DescribeLogDirsRequest, DescribeLogDirsResponse, DESCRIBE_LOG_DIRS;
            CreatePartitions = 37, 0..=3, 3, 2,
                CreatePartitionsRequest, CreatePartitionsResponse, CREATE_PARTITIONS;
            DeleteGroups = 42, 0..=2, 2, 2,
                DeleteGroupsRequest, DeleteGroupsResponse, DELETE_GROUPS;
            IncrementalAlterConfigs = 44, 0..=1, 1, 1,
                IncrementalAlterConfigsRequest, IncrementalAlterConfigsResponse,
                INCREMENTAL_ALTER_CONFIGS;
            AlterPartitionReassignments = 45, 0..=1, 1, 0,
                AlterPartitionReassignmentsRequest, AlterPartitionReassignmentsResponse,
                ALTER_PARTITION_REASSIGNMENTS;
            ListPartitionReassignments = 46, 0..=0, 0, 0,
                ListPartitionReassignmentsRequest, ListPartitionReassignmentsResponse,
                LIST_PARTITION_REASSIGNMENTS;
            OffsetDelete = 47, 0..=0, 0, 100,
                OffsetDeleteRequest, OffsetDeleteResponse, OFFSET_DELETE;
            DescribeCluster = 60, 0..=2, 2, 0,
                DescribeClusterRequest, DescribeClusterResponse, DESCRIBE_CLUSTER;
            ConsumerGroupHeartbeat = 68, 0..=1, 1, 0,
                ConsumerGroupHeartbeatRequest, ConsumerGroupHeartbeatResponse,
                CONSUMER_GROUP_HEARTBEAT;
            ConsumerGroupDescribe = 69, 0..=1, 1, 0,
                ConsumerGroupDescribeRequest, ConsumerGroupDescribeResponse,
                CONSUMER_GROUP_DESCRIBE;
            ListConfigResources = 74, 0..=1, 1, 0,
                ListConfigResourcesRequest, ListConfigResourcesResponse, LIST_CONFIG_RESOURCES;
            DescribeTopicPartitions = 75, 0..=0, 0, 0,
                DescribeTopicPartitionsRequest, DescribeTopicPartitionsResponse,
                DESCRIBE_TOPIC_PARTITIONS;
        }
    };
}

/// The inclusive range of an API's versions.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct VersionRange {
    /// Lowest version.
    pub min: i16,
    /// Highest version.
    pub max: i16,
}

impl VersionRange {
    /// Returns whether `version` lies in the range.
    #[must_use]
    pub const fn contains(self, version: i16) -> bool {
        self.min <= version && version <= self.max
    }

    /// Returns the highest version in both ranges.
    #[must_use]
    pub fn highest_common(self, other: Self) -> Option<i16> {
        let max = self.max.min(other.max);
        (max >= self.min.max(other.min)).then_some(max)
    }
}

/// What the table tells of one API.
#[derive(Clone, Copy, Debug)]
pub struct ApiRow {
    /// The API.
    pub key: ApiKey,
    /// Kafka's name of it, as `broker-api-versions` prints it.
    pub name: &'static str,
    /// The versions that the broker serves and the client may choose.
    pub versions: VersionRange,
    /// The highest version that the crate knows; a higher served one has the same layout.
    pub crate_max: i16,
    /// The first version with compact types and tagged fields.
    pub flexible_from: i16,
    /// What is walked before a request is decoded.
    pub request: &'static Skeleton,
    /// What is walked before a response is decoded.
    pub response: &'static Skeleton,
}

/// A request message, tied to its API and its response.
pub trait ApiRequest: kafka_protocol::protocol::Encodable + Send + Sync {
    /// The API of this request.
    const KEY: ApiKey;
    /// The message that answers it.
    type Response: kafka_protocol::protocol::Decodable + Send;
}

macro_rules! define_apis {
    ($($name:ident = $key:literal, $min:literal..=$max:literal, $crate_max:literal,
       $flexible:literal, $request:ident, $response:ident, $skeleton:ident;)*) => {
        /// An API of the Kafka protocol that kt speaks.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
        #[repr(i16)]
        pub enum ApiKey {
            $(
                #[doc = concat!("Key ", $key, ", versions ", $min, " to ", $max, ".")]
                $name = $key,
            )*
        }

        /// Every API, in order of the keys.
        pub static APIS: &[ApiRow] = &[$(
            ApiRow {
                key: ApiKey::$name,
                name: stringify!($name),
                versions: VersionRange { min: $min, max: $max },
                crate_max: $crate_max,
                flexible_from: $flexible,
                request: &requests::$skeleton,
                response: &responses::$skeleton,
            },
        )*];

        impl ApiKey {
            /// Returns the API of this number, if kt speaks it.
            #[must_use]
            pub const fn from_code(code: i16) -> Option<Self> {
                match code {
                    $($key => Some(Self::$name),)*
                    _ => None,
                }
            }

            /// Returns the number on the wire.
            #[must_use]
            pub const fn code(self) -> i16 {
                self as i16
            }
        }

        $(
            impl ApiRequest for messages::$request {
                const KEY: ApiKey = ApiKey::$name;
                type Response = messages::$response;
            }
        )*

        /// A request of any API, decoded.
        #[derive(Clone, Debug)]
        pub enum Request {
            $(
                #[doc = concat!("A request of the API ", stringify!($name), ".")]
                $name(messages::$request),
            )*
        }

        /// A response of any API, to be encoded.
        #[derive(Clone, Debug)]
        pub enum Response {
            $(
                #[doc = concat!("A response of the API ", stringify!($name), ".")]
                $name(messages::$response),
            )*
        }

        impl Request {
            /// Decodes a body whose skeleton was walked.
            pub(super) fn decode_walked(
                key: ApiKey,
                version: i16,
                body: &mut bytes::Bytes,
            ) -> anyhow::Result<Self> {
                use kafka_protocol::protocol::Decodable as _;
                Ok(match key {
                    $(ApiKey::$name => Self::$name(messages::$request::decode(body, version)?),)*
                })
            }
        }

        impl Response {
            /// Returns the API that this answers.
            #[must_use]
            pub const fn key(&self) -> ApiKey {
                match self {
                    $(Self::$name(_) => ApiKey::$name,)*
                }
            }

            /// Appends the body to `out`.
            pub(super) fn encode_body(
                &self,
                out: &mut bytes::BytesMut,
                version: i16,
            ) -> anyhow::Result<()> {
                use kafka_protocol::protocol::Encodable as _;
                match self {
                    $(Self::$name(message) => message.encode(out, version),)*
                }
            }
        }

        $(
            impl From<messages::$response> for Response {
                fn from(message: messages::$response) -> Self {
                    Self::$name(message)
                }
            }
        )*
    };
}
pub(crate) use for_each_api;
for_each_api!(define_apis);

impl ApiKey {
    /// Returns the table's row of this API.
    #[must_use]
    pub fn row(self) -> &'static ApiRow {
        APIS.iter()
            .find(|row| row.key == self)
            .expect("every key grows from a row")
    }

    /// Returns whether requests and responses of this version use compact types and tags.
    #[must_use]
    pub fn is_flexible(self, version: i16) -> bool {
        version >= self.row().flexible_from
    }
}
