//! IncrementalAlterConfigs, versions 0 and 1: changes some keys (KIP-339).

use super::wire::text;
use crate::broker::answer::Answer;
use crate::broker::context::RequestContext;
use crate::broker::dispatch::Handle;
use crate::controller::{AlterConfigs, ConfigChange, ConfigOperation, Refusal};
use crate::protocol::ErrorCode;
use crate::protocol::messages::incremental_alter_configs_request::AlterableConfig;
use crate::protocol::messages::incremental_alter_configs_response::AlterConfigsResourceResponse;
use crate::protocol::messages::{IncrementalAlterConfigsRequest, IncrementalAlterConfigsResponse};

impl Handle for IncrementalAlterConfigsRequest {
    async fn handle(self, context: &RequestContext<'_>) -> Answer {
        let mut responses = Vec::new();
        let mut resources = Vec::new();
        for resource in &self.resources {
            let name = (resource.resource_type, resource.resource_name.to_string());
            match resource.configs.iter().map(change).collect() {
                Ok(changes) => resources.push((name, changes)),
                Err(refusal) => responses.push(response(name, Err(refusal))),
            }
        }
        let names: Vec<_> = resources.iter().map(|(name, _)| name.clone()).collect();
        let command = AlterConfigs {
            resources,
            validate_only: self.validate_only,
        };
        match context.controller.submit(command).await {
            Ok(outcomes) => {
                responses.extend(outcomes.into_iter().map(|(name, o)| response(name, o)));
            }
            Err(code) => responses.extend(
                names
                    .into_iter()
                    .map(|name| response(name, Err(Refusal::plain(code)))),
            ),
        }
        IncrementalAlterConfigsResponse::default()
            .with_responses(responses)
            .into()
    }
}

fn change(config: &AlterableConfig) -> Result<ConfigChange, Refusal> {
    let operation = match config.config_operation {
        0 => ConfigOperation::Set,
        1 => ConfigOperation::Delete,
        2 => ConfigOperation::Append,
        3 => ConfigOperation::Subtract,
        other => {
            let why = format!("Unknown operation type {other}");
            return Err(Refusal::new(ErrorCode::InvalidRequest, why));
        }
    };
    Ok(ConfigChange {
        key: config.name.to_string(),
        operation,
        value: config.value.as_ref().map(ToString::to_string),
    })
}

fn response(
    (kind, name): (i8, String),
    outcome: Result<(), Refusal>,
) -> AlterConfigsResourceResponse {
    let response = AlterConfigsResourceResponse::default()
        .with_resource_type(kind)
        .with_resource_name(text(name));
    match outcome {
        Ok(()) => response.with_error_message(None),
        Err(refusal) => response
            .with_error_code(refusal.code.code())
            .with_error_message(Some(text(refusal.message))),
    }
}
