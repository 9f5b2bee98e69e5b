//! OffsetCommit with its version 10, in which topics have ids in place of names (KIP-848).
//!
//! ```text
//! request v10   group · generation or member epoch int32 · member · instance
//!               · topics [ topic id uuid · partitions (as v9) · tags ] · tags
//! ```
//!
//! The crate has the response of version 10.

use anyhow::Result;
use bytes::Bytes;
use kafka_protocol::messages::offset_commit_request::OffsetCommitRequestTopic;
use kafka_protocol::messages::{self, GroupId};
use kafka_protocol::protocol::buf::{ByteBuf, ByteBufMut};
use kafka_protocol::protocol::{Decodable, Encodable, Message, StrBytes, VersionRange};

use super::primitives::{
    Tags, put_array, put_nullable_string, put_string, put_tags, put_unsigned, take_array,
    take_nullable_string, take_string, take_tags, take_unsigned,
};

/// The newest version that the crate has.
const CRATE_MAX: i16 = 9;

/// Offsets for a group to keep.
#[derive(Clone, Debug, PartialEq)]
pub struct OffsetCommitRequest {
    /// The group.
    pub group_id: GroupId,
    /// The generation of a classic group, or the member's epoch.
    pub generation_id_or_member_epoch: i32,
    /// Who commits.
    pub member_id: StrBytes,
    /// Its static id (versions 7 and later).
    pub group_instance_id: Option<StrBytes>,
    /// How long to keep the offsets (versions 2 to 4).
    pub retention_time_ms: i64,
    /// The offsets; a topic has a name before version 10, an id from then on.
    pub topics: Vec<OffsetCommitRequestTopic>,
    /// Tagged fields of later versions.
    pub unknown_tagged_fields: Tags,
}

impl Default for OffsetCommitRequest {
    fn default() -> Self {
        Self::of(messages::OffsetCommitRequest::default())
    }
}

impl OffsetCommitRequest {
    /// Sets the group.
    #[must_use]
    pub fn with_group_id(mut self, group: GroupId) -> Self {
        self.group_id = group;
        self
    }

    /// Sets the generation or the member's epoch.
    #[must_use]
    pub const fn with_generation_id_or_member_epoch(mut self, generation: i32) -> Self {
        self.generation_id_or_member_epoch = generation;
        self
    }

    /// Sets who commits.
    #[must_use]
    pub fn with_member_id(mut self, member: StrBytes) -> Self {
        self.member_id = member;
        self
    }

    /// Sets the static id.
    #[must_use]
    pub fn with_group_instance_id(mut self, instance: Option<StrBytes>) -> Self {
        self.group_instance_id = instance;
        self
    }

    /// Sets how long to keep the offsets.
    #[must_use]
    pub const fn with_retention_time_ms(mut self, retention_ms: i64) -> Self {
        self.retention_time_ms = retention_ms;
        self
    }

    /// Sets the offsets.
    #[must_use]
    pub fn with_topics(mut self, topics: Vec<OffsetCommitRequestTopic>) -> Self {
        self.topics = topics;
        self
    }

    /// Adds a tagged field of a later version.
    #[must_use]
    pub fn with_unknown_tagged_field(mut self, key: i32, value: Bytes) -> Self {
        self.unknown_tagged_fields.insert(key, value);
        self
    }

    fn of(known: messages::OffsetCommitRequest) -> Self {
        Self {
            group_id: known.group_id,
            generation_id_or_member_epoch: known.generation_id_or_member_epoch,
            member_id: known.member_id,
            group_instance_id: known.group_instance_id,
            retention_time_ms: known.retention_time_ms,
            topics: known.topics,
            unknown_tagged_fields: known.unknown_tagged_fields,
        }
    }

    fn known(&self) -> messages::OffsetCommitRequest {
        let mut known = messages::OffsetCommitRequest::default()
            .with_group_id(self.group_id.clone())
            .with_generation_id_or_member_epoch(self.generation_id_or_member_epoch)
            .with_member_id(self.member_id.clone())
            .with_group_instance_id(self.group_instance_id.clone())
            .with_retention_time_ms(self.retention_time_ms)
            .with_topics(self.topics.clone());
        known
            .unknown_tagged_fields
            .clone_from(&self.unknown_tagged_fields);
        known
    }
}

impl Encodable for OffsetCommitRequest {
    fn encode<B: ByteBufMut>(&self, buf: &mut B, version: i16) -> Result<()> {
        if version <= CRATE_MAX {
            return self.known().encode(buf, version);
        }
        put_string(buf, &self.group_id)?;
        buf.put_i32(self.generation_id_or_member_epoch);
        put_string(buf, &self.member_id)?;
        put_nullable_string(buf, self.group_instance_id.as_deref())?;
        put_unsigned(buf, self.topics.len() + 1)?;
        for topic in &self.topics {
            buf.put_slice(topic.topic_id.as_bytes());
            put_array(buf, &topic.partitions, CRATE_MAX)?;
            put_tags(buf, &topic.unknown_tagged_fields)?;
        }
        put_tags(buf, &self.unknown_tagged_fields)
    }

    fn compute_size(&self, version: i16) -> Result<usize> {
        let mut out = bytes::BytesMut::new();
        self.encode(&mut out, version)?;
        Ok(out.len())
    }
}

impl Decodable for OffsetCommitRequest {
    fn decode<B: ByteBuf>(buf: &mut B, version: i16) -> Result<Self> {
        if version <= CRATE_MAX {
            return messages::OffsetCommitRequest::decode(buf, version).map(Self::of);
        }
        let mut request = Self::default()
            .with_group_id(GroupId(take_string(buf)?))
            .with_generation_id_or_member_epoch(buf.try_get_i32()?)
            .with_member_id(take_string(buf)?)
            .with_group_instance_id(take_nullable_string(buf)?);
        for _ in 1..take_unsigned(buf)? {
            let mut topic = OffsetCommitRequestTopic::default()
                .with_topic_id(uuid::Uuid::from_u128(buf.try_get_u128()?))
                .with_partitions(take_array(buf, CRATE_MAX)?);
            topic.unknown_tagged_fields = take_tags(buf)?;
            request.topics.push(topic);
        }
        request.unknown_tagged_fields = take_tags(buf)?;
        Ok(request)
    }
}

impl Message for OffsetCommitRequest {
    const VERSIONS: VersionRange = VersionRange { min: 2, max: 10 };
    const DEPRECATED_VERSIONS: Option<VersionRange> = None;
}
