//! One message of each kind for each API, version and direction, encoded by the crate.
//!
//! *Default* messages have empty arrays and the schema's defaults. *Filled* ones have several
//! elements in each array, null beside them where it is allowed, every field of the version set
//! to something else than its default, and unknown tags in every struct.

mod group_requests;
mod group_responses;
mod requests;
mod responses;

use bytes::{Buf, Bytes, BytesMut};
use kafka_protocol::protocol::{Decodable, Encodable};
use kt::protocol::messages::{self, StrBytes, TopicName};
use kt::protocol::{
    ApiKey, Request, RequestHeader, WireError, decode_request, decode_response, encode_request,
    encode_response,
};

/// A message that can be made with every field of a version set.
pub(crate) trait Filled: Sized {
    /// Returns the message for this version.
    fn filled(version: i16) -> Self;
}

/// Adds two unknown tags to a struct; versions that are not flexible leave them out.
macro_rules! extra {
    ($message:expr) => {
        $message
            .with_unknown_tagged_field(70, vec![1, 2, 3].into())
            .with_unknown_tagged_field(300, bytes::Bytes::new())
    };
}
use extra;

fn text(text: &str) -> StrBytes {
    StrBytes::from_string(text.to_owned())
}

fn topic(name: &str) -> TopicName {
    TopicName(text(name))
}

fn group(name: &str) -> messages::GroupId {
    messages::GroupId(text(name))
}

fn id() -> uuid::Uuid {
    uuid::Uuid::from_u128(0x0102_0304_0506_0708_090a_0b0c_0d0e_0f10)
}

/// Which way a message goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Direction {
    /// To the broker.
    Request,
    /// From the broker.
    Response,
}

/// An encoded message.
#[derive(Clone, Debug)]
pub(crate) struct Sample {
    pub(crate) key: ApiKey,
    pub(crate) direction: Direction,
    pub(crate) version: i16,
    pub(crate) body: Bytes,
    /// The message's name, version and kind, for what an assertion says.
    pub(crate) name: String,
}

impl Sample {
    /// Walks `body` as a message of this kind and returns the bytes walked.
    pub(crate) fn walk(&self, body: &[u8]) -> Result<usize, WireError> {
        let row = self.key.row();
        let skeleton = match self.direction {
            Direction::Request => row.request,
            Direction::Response => row.response,
        };
        skeleton.walk(body, self.version, row.flexible_from)
    }

    /// Decodes `body` with the crate and returns what it left.
    pub(crate) fn decode(&self, body: Bytes) -> anyhow::Result<usize> {
        decode(self.key, self.direction, self.version, body)
    }
}

fn encode(message: &impl Encodable, version: i16) -> anyhow::Result<Bytes> {
    let mut body = BytesMut::new();
    message.encode(&mut body, version)?;
    Ok(body.freeze())
}

fn decoded<M: Decodable>(mut body: Bytes, version: i16) -> anyhow::Result<usize> {
    M::decode(&mut body, version)?;
    Ok(body.len())
}

macro_rules! apis {
    ($($name:ident, $request:ident, $response:ident;)*) => {
        /// Returns the samples of every API, version and direction.
        pub(crate) fn samples() -> Vec<Sample> {
            let mut samples = Vec::new();
            $(
                push::<messages::$request>(&mut samples, ApiKey::$name, Direction::Request);
                push::<messages::$response>(&mut samples, ApiKey::$name, Direction::Response);
            )*
            samples
        }

        fn decode(
            key: ApiKey,
            direction: Direction,
            version: i16,
            body: Bytes,
        ) -> anyhow::Result<usize> {
            match (key, direction) {
                $(
                    (ApiKey::$name, Direction::Request) => {
                        decoded::<messages::$request>(body, version)
                    }
                    (ApiKey::$name, Direction::Response) => {
                        decoded::<messages::$response>(body, version)
                    }
                )*
            }
        }

        /// Decodes a whole frame, without its length, and returns what it encodes to.
        pub(crate) fn reframe(
            key: ApiKey,
            direction: Direction,
            version: i16,
            mut frame: Bytes,
        ) -> Result<Bytes, WireError> {
            let mut out = BytesMut::new();
            match direction {
                Direction::Request => {
                    let header = RequestHeader::read(&mut frame)?;
                    assert_eq!((header.api_key, header.api_version), (key.code(), version));
                    let (id, client) = (header.correlation_id, &header.client_id);
                    match decode_request(key, version, frame)? {
                        $(Request::$name(message) => {
                            encode_request(&mut out, version, id, client, &message)?;
                        })*
                    }
                }
                Direction::Response => match key {
                    $(ApiKey::$name => {
                        let (id, message) =
                            decode_response::<messages::$request>(version, frame)?;
                        encode_response(&mut out, version, id, &message.into())?;
                    })*
                },
            }
            let length = usize::try_from(out.get_i32()).unwrap();
            assert_eq!(length, out.len(), "the length before the frame");
            Ok(out.freeze())
        }
    };
}

// A row of the library's table that is missing here does not compile (the matches above).
apis! {
    Produce, ProduceRequest, ProduceResponse;
    Fetch, FetchRequest, FetchResponse;
    ListOffsets, ListOffsetsRequest, ListOffsetsResponse;
    Metadata, MetadataRequest, MetadataResponse;
    OffsetCommit, OffsetCommitRequest, OffsetCommitResponse;
    OffsetFetch, OffsetFetchRequest, OffsetFetchResponse;
    FindCoordinator, FindCoordinatorRequest, FindCoordinatorResponse;
    JoinGroup, JoinGroupRequest, JoinGroupResponse;
    Heartbeat, HeartbeatRequest, HeartbeatResponse;
    LeaveGroup, LeaveGroupRequest, LeaveGroupResponse;
    SyncGroup, SyncGroupRequest, SyncGroupResponse;
    DescribeGroups, DescribeGroupsRequest, DescribeGroupsResponse;
    ListGroups, ListGroupsRequest, ListGroupsResponse;
    ApiVersions, ApiVersionsRequest, ApiVersionsResponse;
    CreateTopics, CreateTopicsRequest, CreateTopicsResponse;
    DeleteTopics, DeleteTopicsRequest, DeleteTopicsResponse;
    DeleteRecords, DeleteRecordsRequest, DeleteRecordsResponse;
    InitProducerId, InitProducerIdRequest, InitProducerIdResponse;
    OffsetForLeaderEpoch, OffsetForLeaderEpochRequest, OffsetForLeaderEpochResponse;
    DescribeConfigs, DescribeConfigsRequest, DescribeConfigsResponse;
    AlterConfigs, AlterConfigsRequest, AlterConfigsResponse;
    AlterReplicaLogDirs, AlterReplicaLogDirsRequest, AlterReplicaLogDirsResponse;
    DescribeLogDirs, DescribeLogDirsRequest, DescribeLogDirsResponse;
    CreatePartitions, CreatePartitionsRequest, CreatePartitionsResponse;
    DeleteGroups, DeleteGroupsRequest, DeleteGroupsResponse;
    IncrementalAlterConfigs, IncrementalAlterConfigsRequest, IncrementalAlterConfigsResponse;
    AlterPartitionReassignments, AlterPartitionReassignmentsRequest,
        AlterPartitionReassignmentsResponse;
    ListPartitionReassignments, ListPartitionReassignmentsRequest,
        ListPartitionReassignmentsResponse;
    OffsetDelete, OffsetDeleteRequest, OffsetDeleteResponse;
    DescribeCluster, DescribeClusterRequest, DescribeClusterResponse;
    ConsumerGroupHeartbeat, ConsumerGroupHeartbeatRequest, ConsumerGroupHeartbeatResponse;
    ConsumerGroupDescribe, ConsumerGroupDescribeRequest, ConsumerGroupDescribeResponse;
    ListConfigResources, ListConfigResourcesRequest, ListConfigResourcesResponse;
    DescribeTopicPartitions, DescribeTopicPartitionsRequest, DescribeTopicPartitionsResponse;
}

fn push<M>(samples: &mut Vec<Sample>, key: ApiKey, direction: Direction)
where
    M: Encodable + Default + Filled + kafka_protocol::protocol::Message,
{
    let row = key.row();
    for version in row.versions.min.max(M::VERSIONS.min)..=row.versions.max.min(row.crate_max) {
        for (kind, message) in [("default", M::default()), ("filled", M::filled(version))] {
            let name = format!("{key:?} {direction:?} v{version} {kind}");
            let body = encode(&message, version).unwrap_or_else(|error| panic!("{name}: {error}"));
            samples.push(Sample {
                key,
                direction,
                version,
                body,
                name,
            });
        }
    }
}
