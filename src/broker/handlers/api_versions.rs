//! ApiVersions, versions 0 to 4: what this broker serves (KIP-35, KIP-511, KIP-584).
//!
//! The list is the table of APIs. No tagged field is written at its default: librdkafka before
//! 2.2.0 skips one byte too few per tagged field.

use crate::broker::answer::Answer;
use crate::broker::context::RequestContext;
use crate::broker::dispatch::Handle;
use crate::protocol::messages::api_versions_response::{
    ApiVersion, FinalizedFeatureKey, SupportedFeatureKey,
};
use crate::protocol::messages::{ApiVersionsRequest, ApiVersionsResponse};
use crate::protocol::{APIS, ApiKey, ErrorCode};

impl Handle for ApiVersionsRequest {
    async fn handle(self, context: &RequestContext<'_>) -> Answer {
        let names_are_valid = is_valid_software(&self.client_software_name)
            && is_valid_software(&self.client_software_version);
        if context.version() >= 3 && !names_are_valid {
            let code = ErrorCode::InvalidRequest.code();
            return ApiVersionsResponse::default().with_error_code(code).into();
        }
        let keys = APIS.iter().map(|row| version_of(row.key)).collect();
        let mut response = ApiVersionsResponse::default().with_api_keys(keys);
        if context.version() >= 3 {
            let image = context.image.load();
            for feature in context.features.supported() {
                // KAFKA-17011: versions 0 to 3 cannot show a lowest level of 0.
                if feature.min > 0 || context.version() >= 4 {
                    response.supported_features.push(
                        SupportedFeatureKey::default()
                            .with_name(feature.name.into())
                            .with_min_version(feature.min)
                            .with_max_version(feature.max),
                    );
                }
            }
            for (name, level) in context.features.finalized(&image) {
                response.finalized_features.push(
                    FinalizedFeatureKey::default()
                        .with_name(name.into())
                        .with_min_version_level(level)
                        .with_max_version_level(level),
                );
            }
            response.finalized_features_epoch = image.highest_offset().0;
        }
        response.into()
    }
}

/// Answers a version that is not served: a version 0 body that names the versions that are.
pub(in crate::broker) fn unsupported_version() -> ApiVersionsResponse {
    ApiVersionsResponse::default()
        .with_error_code(ErrorCode::UnsupportedVersion.code())
        .with_api_keys(vec![version_of(ApiKey::ApiVersions)])
}

fn version_of(key: ApiKey) -> ApiVersion {
    let versions = key.row().versions;
    ApiVersion::default()
        .with_api_key(key.code())
        .with_min_version(versions.min)
        .with_max_version(versions.max)
}

/// Returns whether a client's name or version has the form that KIP-511 asks for.
fn is_valid_software(text: &str) -> bool {
    let inner = |c: char| c.is_ascii_alphanumeric() || c == '-' || c == '.';
    text.chars().all(inner)
        && text.starts_with(|c: char| c.is_ascii_alphanumeric())
        && text.ends_with(|c: char| c.is_ascii_alphanumeric())
}
