//! OffsetFetch with its version 10, in which topics have ids in place of names (KIP-848).
//!
//! ```text
//! request v10   groups [ group · member · member epoch int32
//!                        · topics [ topic id uuid · partitions [int32] · tags ] · tags ]
//!               · require stable bool · tags
//! ```
//!
//! The crate has the response of version 10.

use anyhow::Result;
use bytes::Bytes;
use kafka_protocol::messages::offset_fetch_request::{
    OffsetFetchRequestGroup, OffsetFetchRequestTopic, OffsetFetchRequestTopics,
};
use kafka_protocol::messages::{self, GroupId};
use kafka_protocol::protocol::buf::{ByteBuf, ByteBufMut};
use kafka_protocol::protocol::{Decodable, Encodable, Message, VersionRange};

use super::primitives::{
    Tags, put_nullable_string, put_string, put_tags, put_unsigned, take_nullable_string,
    take_string, take_tags, take_unsigned,
};

/// The newest version that the crate has.
const CRATE_MAX: i16 = 9;

/// Whose committed offsets are asked for.
#[derive(Clone, Debug, PartialEq)]
pub struct OffsetFetchRequest {
    /// The group (before version 8).
    pub group_id: GroupId,
    /// The partitions; `None` for all (before version 8).
    pub topics: Option<Vec<OffsetFetchRequestTopic>>,
    /// The groups (versions 8 and later).
    pub groups: Vec<OffsetFetchRequestGroup>,
    /// Whether offsets of open transactions are to be waited for (versions 7 and later).
    pub require_stable: bool,
    /// Tagged fields of later versions.
    pub unknown_tagged_fields: Tags,
}

impl Default for OffsetFetchRequest {
    fn default() -> Self {
        Self::of(messages::OffsetFetchRequest::default())
    }
}

impl OffsetFetchRequest {
    /// Sets the group.
    #[must_use]
    pub fn with_group_id(mut self, group: GroupId) -> Self {
        self.group_id = group;
        self
    }

    /// Sets the partitions.
    #[must_use]
    pub fn with_topics(mut self, topics: Option<Vec<OffsetFetchRequestTopic>>) -> Self {
        self.topics = topics;
        self
    }

    /// Sets the groups.
    #[must_use]
    pub fn with_groups(mut self, groups: Vec<OffsetFetchRequestGroup>) -> Self {
        self.groups = groups;
        self
    }

    /// Sets whether offsets of open transactions are to be waited for.
    #[must_use]
    pub const fn with_require_stable(mut self, require_stable: bool) -> Self {
        self.require_stable = require_stable;
        self
    }

    /// Adds a tagged field of a later version.
    #[must_use]
    pub fn with_unknown_tagged_field(mut self, key: i32, value: Bytes) -> Self {
        self.unknown_tagged_fields.insert(key, value);
        self
    }

    fn of(known: messages::OffsetFetchRequest) -> Self {
        Self {
            group_id: known.group_id,
            topics: known.topics,
            groups: known.groups,
            require_stable: known.require_stable,
            unknown_tagged_fields: known.unknown_tagged_fields,
        }
    }

    fn known(&self) -> messages::OffsetFetchRequest {
        let mut known = messages::OffsetFetchRequest::default()
            .with_group_id(self.group_id.clone())
            .with_topics(self.topics.clone())
            .with_groups(self.groups.clone())
            .with_require_stable(self.require_stable);
        known
            .unknown_tagged_fields
            .clone_from(&self.unknown_tagged_fields);
        known
    }
}

fn put_group<B: ByteBufMut>(buf: &mut B, group: &OffsetFetchRequestGroup) -> Result<()> {
    put_string(buf, &group.group_id)?;
    put_nullable_string(buf, group.member_id.as_deref())?;
    buf.put_i32(group.member_epoch);
    match &group.topics {
        None => put_unsigned(buf, 0)?,
        Some(topics) => {
            put_unsigned(buf, topics.len() + 1)?;
            for topic in topics {
                buf.put_slice(topic.topic_id.as_bytes());
                put_unsigned(buf, topic.partition_indexes.len() + 1)?;
                for partition in &topic.partition_indexes {
                    buf.put_i32(*partition);
                }
                put_tags(buf, &topic.unknown_tagged_fields)?;
            }
        }
    }
    put_tags(buf, &group.unknown_tagged_fields)
}

fn take_group<B: ByteBuf>(buf: &mut B) -> Result<OffsetFetchRequestGroup> {
    let mut group = OffsetFetchRequestGroup::default()
        .with_group_id(GroupId(take_string(buf)?))
        .with_member_id(take_nullable_string(buf)?)
        .with_member_epoch(buf.try_get_i32()?)
        .with_topics(None);
    if let Some(count) = take_unsigned(buf)?.checked_sub(1) {
        let mut topics = Vec::new();
        for _ in 0..count {
            let id = uuid::Uuid::from_u128(buf.try_get_u128()?);
            let mut partitions = Vec::new();
            for _ in 1..take_unsigned(buf)? {
                partitions.push(buf.try_get_i32()?);
            }
            let mut topic = OffsetFetchRequestTopics::default()
                .with_topic_id(id)
                .with_partition_indexes(partitions);
            topic.unknown_tagged_fields = take_tags(buf)?;
            topics.push(topic);
        }
        group.topics = Some(topics);
    }
    group.unknown_tagged_fields = take_tags(buf)?;
    Ok(group)
}

impl Encodable for OffsetFetchRequest {
    fn encode<B: ByteBufMut>(&self, buf: &mut B, version: i16) -> Result<()> {
        if version <= CRATE_MAX {
            return self.known().encode(buf, version);
        }
        put_unsigned(buf, self.groups.len() + 1)?;
        for group in &self.groups {
            put_group(buf, group)?;
        }
        buf.put_u8(u8::from(self.require_stable));
        put_tags(buf, &self.unknown_tagged_fields)
    }

    fn compute_size(&self, version: i16) -> Result<usize> {
        let mut out = bytes::BytesMut::new();
        self.encode(&mut out, version)?;
        Ok(out.len())
    }
}

impl Decodable for OffsetFetchRequest {
    fn decode<B: ByteBuf>(buf: &mut B, version: i16) -> Result<Self> {
        if version <= CRATE_MAX {
            return messages::OffsetFetchRequest::decode(buf, version).map(Self::of);
        }
        let mut request = Self::default();
        for _ in 1..take_unsigned(buf)? {
            request.groups.push(take_group(buf)?);
        }
        request.require_stable = buf.try_get_u8()? != 0;
        request.unknown_tagged_fields = take_tags(buf)?;
        Ok(request)
    }
}

impl Message for OffsetFetchRequest {
    const VERSIONS: VersionRange = VersionRange { min: 1, max: 10 };
    const DEPRECATED_VERSIONS: Option<VersionRange> = None;
}
