//! AlterConfigs, versions 0 to 2: replaces all settings of a resource (KIP-133).
//!
//! Older clients send it; newer ones send IncrementalAlterConfigs.

use super::wire::text;
use crate::broker::answer::Answer;
use crate::broker::context::RequestContext;
use crate::broker::dispatch::Handle;
use crate::controller::{Refusal, ReplaceConfigs};
use crate::protocol::messages::alter_configs_response::AlterConfigsResourceResponse;
use crate::protocol::messages::{AlterConfigsRequest, AlterConfigsResponse};

impl Handle for AlterConfigsRequest {
    async fn handle(self, context: &RequestContext<'_>) -> Answer {
        let resources: Vec<_> = self
            .resources
            .iter()
            .map(|resource| {
                let name = (resource.resource_type, resource.resource_name.to_string());
                let configs = resource.configs.iter().map(|config| {
                    (
                        config.name.to_string(),
                        config.value.as_ref().map(ToString::to_string),
                    )
                });
                (name, configs.collect())
            })
            .collect();
        let names: Vec<_> = resources.iter().map(|(name, _)| name.clone()).collect();
        let command = ReplaceConfigs {
            resources,
            validate_only: self.validate_only,
        };
        let outcomes = match context.controller.submit(command).await {
            Ok(outcomes) => outcomes,
            Err(code) => names
                .into_iter()
                .map(|name| (name, Err(Refusal::plain(code))))
                .collect(),
        };
        let responses = outcomes
            .into_iter()
            .map(|((kind, name), outcome)| {
                let response = AlterConfigsResourceResponse::default()
                    .with_resource_type(kind)
                    .with_resource_name(text(name));
                match outcome {
                    Ok(()) => response.with_error_message(None),
                    Err(refusal) => response
                        .with_error_code(refusal.code.code())
                        .with_error_message(Some(text(refusal.message))),
                }
            })
            .collect();
        AlterConfigsResponse::default()
            .with_responses(responses)
            .into()
    }
}
