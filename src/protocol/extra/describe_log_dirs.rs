//! DescribeLogDirs with its version 5, in which a directory may be cordoned (KIP-1066).
//!
//! ```text
//! response v5   throttle int32 · error int16 · results [ error int16 · log dir · topics (as v4)
//!               · total int64 · usable int64 · cordoned bool · tags ] · tags
//! ```
//!
//! The request of version 5 lies as that of version 4.

use anyhow::Result;
use bytes::Bytes;
use kafka_protocol::messages::describe_log_dirs_request::DescribableLogDirTopic;
use kafka_protocol::messages::{self, describe_log_dirs_response as known};
use kafka_protocol::protocol::buf::{ByteBuf, ByteBufMut};
use kafka_protocol::protocol::{Decodable, Encodable, Message, VersionRange};

use super::primitives::{
    Tags, put_array, put_string, put_tags, put_unsigned, take_array, take_string, take_tags,
    take_unsigned,
};

/// The newest version that the crate has.
const CRATE_MAX: i16 = 4;

/// Which partitions to tell about.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct DescribeLogDirsRequest {
    /// The topics; `None` for all.
    pub topics: Option<Vec<DescribableLogDirTopic>>,
    /// Tagged fields of later versions.
    pub unknown_tagged_fields: Tags,
}

impl DescribeLogDirsRequest {
    /// Sets the topics.
    #[must_use]
    pub fn with_topics(mut self, topics: Option<Vec<DescribableLogDirTopic>>) -> Self {
        self.topics = topics;
        self
    }

    /// Adds a tagged field of a later version.
    #[must_use]
    pub fn with_unknown_tagged_field(mut self, key: i32, value: Bytes) -> Self {
        self.unknown_tagged_fields.insert(key, value);
        self
    }

    fn known(&self) -> messages::DescribeLogDirsRequest {
        let mut known = messages::DescribeLogDirsRequest::default();
        known.topics.clone_from(&self.topics);
        known
            .unknown_tagged_fields
            .clone_from(&self.unknown_tagged_fields);
        known
    }
}

impl Encodable for DescribeLogDirsRequest {
    fn encode<B: ByteBufMut>(&self, buf: &mut B, version: i16) -> Result<()> {
        self.known().encode(buf, version.min(CRATE_MAX))
    }

    fn compute_size(&self, version: i16) -> Result<usize> {
        self.known().compute_size(version.min(CRATE_MAX))
    }
}

impl Decodable for DescribeLogDirsRequest {
    fn decode<B: ByteBuf>(buf: &mut B, version: i16) -> Result<Self> {
        let known = messages::DescribeLogDirsRequest::decode(buf, version.min(CRATE_MAX))?;
        Ok(Self {
            topics: known.topics,
            unknown_tagged_fields: known.unknown_tagged_fields,
        })
    }
}

/// A directory and what lies in it.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct DescribeLogDirsResult {
    /// What versions before 5 tell.
    pub known: known::DescribeLogDirsResult,
    /// Whether nothing new is to be placed there.
    pub is_cordoned: bool,
}

/// The directories of a broker.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct DescribeLogDirsResponse {
    /// How long the request was held back.
    pub throttle_time_ms: i32,
    /// What went wrong with all of it.
    pub error_code: i16,
    /// The directories.
    pub results: Vec<DescribeLogDirsResult>,
    /// Tagged fields of later versions.
    pub unknown_tagged_fields: Tags,
}

impl DescribeLogDirsResponse {
    /// Adds a tagged field of a later version.
    #[must_use]
    pub fn with_unknown_tagged_field(mut self, key: i32, value: Bytes) -> Self {
        self.unknown_tagged_fields.insert(key, value);
        self
    }

    /// Sets the directories.
    #[must_use]
    pub fn with_results(mut self, results: Vec<DescribeLogDirsResult>) -> Self {
        self.results = results;
        self
    }

    /// Sets the error of the whole request.
    #[must_use]
    pub const fn with_error_code(mut self, code: i16) -> Self {
        self.error_code = code;
        self
    }

    fn known(&self) -> messages::DescribeLogDirsResponse {
        let results = self.results.iter().map(|result| result.known.clone());
        let mut known = messages::DescribeLogDirsResponse::default()
            .with_throttle_time_ms(self.throttle_time_ms)
            .with_error_code(self.error_code)
            .with_results(results.collect());
        known
            .unknown_tagged_fields
            .clone_from(&self.unknown_tagged_fields);
        known
    }
}

impl Encodable for DescribeLogDirsResponse {
    fn encode<B: ByteBufMut>(&self, buf: &mut B, version: i16) -> Result<()> {
        if version <= CRATE_MAX {
            return self.known().encode(buf, version);
        }
        buf.put_i32(self.throttle_time_ms);
        buf.put_i16(self.error_code);
        put_unsigned(buf, self.results.len() + 1)?;
        for DescribeLogDirsResult { known, is_cordoned } in &self.results {
            buf.put_i16(known.error_code);
            put_string(buf, &known.log_dir)?;
            put_array(buf, &known.topics, CRATE_MAX)?;
            buf.put_i64(known.total_bytes);
            buf.put_i64(known.usable_bytes);
            buf.put_u8(u8::from(*is_cordoned));
            put_tags(buf, &known.unknown_tagged_fields)?;
        }
        put_tags(buf, &self.unknown_tagged_fields)
    }

    fn compute_size(&self, version: i16) -> Result<usize> {
        let mut out = bytes::BytesMut::new();
        self.encode(&mut out, version)?;
        Ok(out.len())
    }
}

impl Decodable for DescribeLogDirsResponse {
    fn decode<B: ByteBuf>(buf: &mut B, version: i16) -> Result<Self> {
        if version <= CRATE_MAX {
            let known = messages::DescribeLogDirsResponse::decode(buf, version)?;
            let of = |known| DescribeLogDirsResult {
                known,
                is_cordoned: false,
            };
            return Ok(Self {
                throttle_time_ms: known.throttle_time_ms,
                error_code: known.error_code,
                results: known.results.into_iter().map(of).collect(),
                unknown_tagged_fields: known.unknown_tagged_fields,
            });
        }
        let throttle_time_ms = buf.try_get_i32()?;
        let error_code = buf.try_get_i16()?;
        let mut results = Vec::new();
        for _ in 1..take_unsigned(buf)? {
            let mut known = known::DescribeLogDirsResult::default()
                .with_error_code(buf.try_get_i16()?)
                .with_log_dir(take_string(buf)?)
                .with_topics(take_array(buf, CRATE_MAX)?)
                .with_total_bytes(buf.try_get_i64()?)
                .with_usable_bytes(buf.try_get_i64()?);
            let is_cordoned = buf.try_get_u8()? != 0;
            known.unknown_tagged_fields = take_tags(buf)?;
            results.push(DescribeLogDirsResult { known, is_cordoned });
        }
        Ok(Self {
            throttle_time_ms,
            error_code,
            results,
            unknown_tagged_fields: take_tags(buf)?,
        })
    }
}

impl Message for DescribeLogDirsRequest {
    const VERSIONS: VersionRange = VersionRange { min: 1, max: 5 };
    const DEPRECATED_VERSIONS: Option<VersionRange> = None;
}

impl Message for DescribeLogDirsResponse {
    const VERSIONS: VersionRange = VersionRange { min: 1, max: 5 };
    const DEPRECATED_VERSIONS: Option<VersionRange> = None;
}
