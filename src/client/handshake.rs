//! A connection made ready: which versions both ends speak.
//!
//! ApiVersions comes first on every connection. A broker that does not know the version asked in
//! answers error 35 in the layout of version 0, and says which versions it knows: then that one
//! is asked in. TLS comes before this, SASL after it; neither is spoken yet.

use std::collections::BTreeMap;

use bytes::{Bytes, BytesMut};

use super::config::ClientConfig;
use super::connection::{Answer, Connection};
use super::error::ClientError;
use super::parts::Parts;
use crate::protocol::messages::{ApiVersionsRequest, ApiVersionsResponse, StrBytes};
use crate::protocol::{
    ApiKey, ApiRequest, ErrorCode, VersionRange, WireError, decode_response, encode_request,
};

/// The versions of a feature.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FeatureRange {
    /// Lowest version level.
    pub min: i16,
    /// Highest version level.
    pub max: i16,
}

/// What a broker says it speaks.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct BrokerVersions {
    /// Each API by its number, also those that kt does not know.
    pub apis: BTreeMap<i16, (i16, i16)>,
    /// The features that the broker could run.
    pub supported_features: BTreeMap<String, FeatureRange>,
    /// The features that the cluster has agreed on.
    pub finalized_features: BTreeMap<String, FeatureRange>,
    /// The epoch of the finalized features; `None` if the broker gave none.
    pub finalized_epoch: Option<i64>,
}

impl BrokerVersions {
    /// Returns the highest version of an API that both ends speak.
    ///
    /// # Errors
    ///
    /// Fails in the words of `NodeApiVersions` if there is none.
    pub fn choose(&self, key: ApiKey) -> Result<i16, ClientError> {
        self.choose_within(key, client_versions(key))
    }

    /// Returns the highest version of an API in `wanted` that the broker speaks.
    ///
    /// # Errors
    ///
    /// Fails in the words of `NodeApiVersions` if there is none.
    pub fn choose_within(&self, key: ApiKey, wanted: VersionRange) -> Result<i16, ClientError> {
        let name = screaming(key.row().name);
        let Some(&(min, max)) = self.apis.get(&key.code()) else {
            return Err(ClientError::UnsupportedVersion {
                message: format!("The node does not support {name}"),
            });
        };
        wanted
            .highest_common(VersionRange { min, max })
            .ok_or_else(|| ClientError::UnsupportedVersion {
                message: format!(
                    "The node does not support {name} with version in range [{},{}]. \
                     The supported range is [{min},{max}].",
                    wanted.min, wanted.max
                ),
            })
    }
}

/// Returns the versions of an API that the client can write.
///
/// The table's, but for Produce, whose versions below 3 carry message sets that kt does not write,
/// and for offsets of groups, which the client names by topic, not by topic id.
#[must_use]
pub(crate) fn client_versions(key: ApiKey) -> VersionRange {
    let row = key.row().versions;
    match key {
        ApiKey::Produce => VersionRange { min: 3, ..row },
        ApiKey::OffsetCommit | ApiKey::OffsetFetch => VersionRange { max: 9, ..row },
        _ => row,
    }
}

/// Returns the name of an API as Kafka's enum spells it: `DescribeConfigs` is `DESCRIBE_CONFIGS`.
fn screaming(name: &str) -> String {
    let mut out = String::with_capacity(name.len() + 4);
    for (index, letter) in name.chars().enumerate() {
        if index > 0 && letter.is_ascii_uppercase() {
            out.push('_');
        }
        out.push(letter.to_ascii_uppercase());
    }
    out
}

/// A connection whose versions are agreed.
#[derive(Debug)]
pub(crate) struct Session {
    pub(crate) connection: Connection,
    pub(crate) versions: BrokerVersions,
    client_id: Bytes,
}

impl Session {
    /// Agrees with the broker on what will be spoken.
    pub(crate) async fn begin(
        connection: Connection,
        config: &ClientConfig,
    ) -> Result<Self, ClientError> {
        let client_id = Bytes::copy_from_slice(config.client_id.as_bytes());
        let versions = negotiate(&connection, &client_id).await?;
        Ok(Self {
            connection,
            versions,
            client_id,
        })
    }

    /// Returns what the client calls itself on the wire.
    pub(crate) const fn client_id(&self) -> &Bytes {
        &self.client_id
    }

    /// Sends the request that `build` makes for the agreed version.
    pub(crate) async fn send<R: ApiRequest>(
        &self,
        build: impl FnOnce(i16) -> R,
    ) -> Result<Expected<R>, ClientError> {
        let version = self.versions.choose(R::KEY)?;
        self.send_version(version, &build(version)).await
    }

    /// Sends a request of this version.
    pub(crate) async fn send_version<R: ApiRequest>(
        &self,
        version: i16,
        request: &R,
    ) -> Result<Expected<R>, ClientError> {
        let client_id = &self.client_id;
        let answer = self
            .connection
            .send(|id| frame(version, id, client_id, request))
            .await?;
        Ok(Expected::new(answer, version))
    }

    /// Sends the request that `build` makes, and waits for its answer.
    pub(crate) async fn call<R: ApiRequest>(
        &self,
        build: impl FnOnce(i16) -> R,
    ) -> Result<R::Response, ClientError> {
        self.send(build).await?.response().await
    }
}

/// The answer that is to come, and the message it will be.
#[derive(Debug)]
pub(crate) struct Expected<R> {
    answer: Answer,
    version: i16,
    message: std::marker::PhantomData<fn() -> R>,
}

impl<R: ApiRequest> Expected<R> {
    /// Returns the expectation of an answer in this version.
    pub(crate) const fn new(answer: Answer, version: i16) -> Self {
        Self {
            answer,
            version,
            message: std::marker::PhantomData,
        }
    }

    /// Returns the request's correlation id.
    pub(crate) const fn correlation_id(&self) -> i32 {
        self.answer.correlation_id
    }

    /// Waits for the answer; safe to be dropped and called again.
    pub(crate) async fn response(&mut self) -> Result<R::Response, ClientError> {
        let frame = self.answer.frame().await?;
        let (_, body) = decode_response::<R>(self.version, frame)?;
        Ok(body)
    }
}

fn frame<R: ApiRequest>(
    version: i16,
    id: i32,
    client_id: &Bytes,
    request: &R,
) -> Result<Parts, WireError> {
    let mut out = BytesMut::with_capacity(256);
    encode_request(&mut out, version, id, client_id, request)?;
    Ok(out.into())
}

/// Asks the broker what it speaks.
async fn negotiate(
    connection: &Connection,
    client_id: &Bytes,
) -> Result<BrokerVersions, ClientError> {
    let mut version = ApiKey::ApiVersions.row().versions.max;
    loop {
        let request = api_versions_request(version);
        let mut answer = connection
            .send(|id| frame(version, id, client_id, &request))
            .await?;
        let bytes = answer.frame().await?;
        let refused = bytes.get(4..6) == Some(&ErrorCode::UnsupportedVersion.code().to_be_bytes());
        let layout = if refused { 0 } else { version };
        let (_, body) = decode_response::<ApiVersionsRequest>(layout, bytes)?;
        if !refused {
            ClientError::check(body.error_code, None)?;
            return Ok(broker_versions(&body));
        }
        let known = body
            .api_keys
            .iter()
            .find(|api| api.api_key == ApiKey::ApiVersions.code())
            .map_or(0, |api| api.max_version);
        if known >= version {
            return Err(ErrorCode::UnsupportedVersion.into());
        }
        version = known.max(0);
    }
}

fn api_versions_request(version: i16) -> ApiVersionsRequest {
    let request = ApiVersionsRequest::default();
    if version < 3 {
        return request;
    }
    request
        .with_client_software_name(StrBytes::from_static_str("kt"))
        .with_client_software_version(StrBytes::from_static_str(env!("CARGO_PKG_VERSION")))
}

fn broker_versions(body: &ApiVersionsResponse) -> BrokerVersions {
    BrokerVersions {
        apis: body
            .api_keys
            .iter()
            .map(|api| (api.api_key, (api.min_version, api.max_version)))
            .collect(),
        supported_features: body
            .supported_features
            .iter()
            .map(|feature| {
                let range = FeatureRange {
                    min: feature.min_version,
                    max: feature.max_version,
                };
                (feature.name.to_string(), range)
            })
            .collect(),
        finalized_features: body
            .finalized_features
            .iter()
            .map(|feature| {
                let range = FeatureRange {
                    min: feature.min_version_level,
                    max: feature.max_version_level,
                };
                (feature.name.to_string(), range)
            })
            .collect(),
        finalized_epoch: Some(body.finalized_features_epoch).filter(|epoch| *epoch >= 0),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_highest_common_version_is_chosen() {
        let versions = BrokerVersions {
            apis: BTreeMap::from([(3, (0, 9)), (0, (0, 2)), (1, (4, 99))]),
            ..BrokerVersions::default()
        };
        assert_eq!(versions.choose(ApiKey::Metadata), Ok(9));
        assert_eq!(
            versions.choose(ApiKey::Fetch),
            Ok(ApiKey::Fetch.row().versions.max)
        );
    }

    #[test]
    fn an_api_that_the_broker_lacks_is_refused_in_kafkas_words() {
        let versions = BrokerVersions {
            apis: BTreeMap::from([(0, (0, 2))]),
            ..BrokerVersions::default()
        };
        assert_eq!(
            versions
                .choose(ApiKey::DescribeTopicPartitions)
                .unwrap_err()
                .to_string(),
            "The node does not support DESCRIBE_TOPIC_PARTITIONS"
        );
        assert_eq!(
            versions.choose(ApiKey::Produce).unwrap_err().to_string(),
            "The node does not support PRODUCE with version in range [3,13]. \
             The supported range is [0,2]."
        );
    }
}
