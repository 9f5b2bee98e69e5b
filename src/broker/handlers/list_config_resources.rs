//! ListConfigResources, versions 0 and 1: what has settings (KIP-714, KIP-1142).
//!
//! Version 0 lists client metrics only. Topics and brokers are listed whether they have settings
//! of their own or not.

use super::wire::text;
use crate::broker::answer::Answer;
use crate::broker::context::RequestContext;
use crate::broker::dispatch::Handle;
use crate::metadata::record::resource_type;
use crate::protocol::ErrorCode;
use crate::protocol::messages::list_config_resources_response::ConfigResource;
use crate::protocol::messages::{ListConfigResourcesRequest, ListConfigResourcesResponse};

/// The kind of resource that stands for a broker's loggers.
const BROKER_LOGGER: i8 = 8;

impl Handle for ListConfigResourcesRequest {
    async fn handle(self, context: &RequestContext<'_>) -> Answer {
        const ALL: [i8; 5] = [
            resource_type::TOPIC,
            resource_type::BROKER,
            BROKER_LOGGER,
            resource_type::CLIENT_METRICS,
            resource_type::GROUP,
        ];
        let kinds = match context.version() {
            0 => vec![resource_type::CLIENT_METRICS],
            _ if self.resource_types.is_empty() => ALL.to_vec(),
            _ => self.resource_types.clone(),
        };
        if kinds.iter().any(|kind| !ALL.contains(kind)) {
            let code = ErrorCode::UnsupportedVersion.code();
            return ListConfigResourcesResponse::default()
                .with_error_code(code)
                .into();
        }
        let image = context.image.load();
        let mut resources = Vec::new();
        for kind in kinds {
            let names: Vec<String> = match kind {
                resource_type::TOPIC => image.topics().map(|topic| topic.name.clone()).collect(),
                resource_type::BROKER | BROKER_LOGGER => image
                    .brokers()
                    .map(|broker| broker.id().to_string())
                    .collect(),
                _ => image
                    .configs()
                    .filter(|((other, _), _)| *other == kind)
                    .map(|((_, name), _)| name.clone())
                    .collect(),
            };
            resources.extend(names.into_iter().map(|name| {
                let resource = ConfigResource::default().with_resource_name(text(name));
                if context.version() >= 1 {
                    resource.with_resource_type(kind)
                } else {
                    resource
                }
            }));
        }
        ListConfigResourcesResponse::default()
            .with_config_resources(resources)
            .into()
    }
}
