//! IncrementalAlterConfigs, versions 0 and 1: changes some keys of topics, brokers, groups and
//! client metrics (KIP-339).
//!
//! kt's one logger keeps its level while the broker runs; anything but setting it to what it is
//! is refused.

use super::config_resources::{Outcome, Sorted, check, check_bounds, invalid, node_id};
use super::describe_configs::{BROKER_LOGGER, ROOT_LEVEL, ROOT_LOGGER};
use super::wire::text;
use crate::broker::answer::Answer;
use crate::broker::context::RequestContext;
use crate::broker::dispatch::Handle;
use crate::controller::{AlterConfigs, ConfigChange, ConfigOperation, Refusal};
use crate::protocol::ErrorCode;
use crate::protocol::messages::incremental_alter_configs_request::{
    AlterConfigsResource, AlterableConfig,
};
use crate::protocol::messages::incremental_alter_configs_response::AlterConfigsResourceResponse;
use crate::protocol::messages::{IncrementalAlterConfigsRequest, IncrementalAlterConfigsResponse};

impl Handle for IncrementalAlterConfigsRequest {
    async fn handle(self, context: &RequestContext<'_>) -> Answer {
        let mut sorted = Sorted::new();
        for resource in &self.resources {
            let name = resource.resource_name.to_string();
            let changes = checked(resource, context);
            sorted.push((resource.resource_type, name), changes);
        }
        let resources = std::mem::take(&mut sorted.accepted);
        let command = AlterConfigs {
            resources,
            validate_only: self.validate_only,
        };
        let decided = context.controller.submit(command).await;
        let responses = sorted.outcomes(decided).map(|((kind, name), outcome)| {
            let answer = AlterConfigsResourceResponse::default()
                .with_resource_type(kind)
                .with_resource_name(text(name))
                .with_error_message(None);
            match outcome {
                Ok(()) => answer,
                Err(refusal) => answer
                    .with_error_code(refusal.code.code())
                    .with_error_message(Some(text(refusal.message))),
            }
        });
        IncrementalAlterConfigsResponse::default()
            .with_responses(responses.collect())
            .into()
    }
}

/// Returns what the controller is to decide, or the outcome if that is known already.
fn checked(
    resource: &AlterConfigsResource,
    context: &RequestContext<'_>,
) -> Result<Vec<ConfigChange>, Outcome> {
    let name = resource.resource_name.as_str();
    if resource.resource_type == BROKER_LOGGER {
        return Err(alter_loggers(name, &resource.configs, context));
    }
    check(resource.resource_type, name, context).map_err(Err)?;
    let change = |config: &AlterableConfig| {
        let change = change(config)?;
        let set = change
            .value
            .as_deref()
            .filter(|_| change.operation == ConfigOperation::Set);
        check_bounds(resource.resource_type, &change.key, set, context)?;
        Ok(change)
    };
    resource
        .configs
        .iter()
        .map(change)
        .collect::<Result<_, _>>()
        .map_err(Err)
}

fn change(config: &AlterableConfig) -> Result<ConfigChange, Refusal> {
    let operation = match config.config_operation {
        0 => ConfigOperation::Set,
        1 => ConfigOperation::Delete,
        2 => ConfigOperation::Append,
        3 => ConfigOperation::Subtract,
        other => return Err(invalid(format!("Unknown operation type {other}"))),
    };
    let value = config.value.as_ref().map(|value| value.to_string());
    Ok(ConfigChange {
        key: config.name.to_string(),
        operation,
        value,
    })
}

fn alter_loggers(name: &str, configs: &[AlterableConfig], context: &RequestContext<'_>) -> Outcome {
    let own = context.node_id;
    let id = node_id(name)?;
    if id != own.0 {
        return Err(invalid(format!(
            "Unexpected node id. Expected {own}, but received {id}"
        )));
    }
    configs.iter().try_for_each(alter_logger)
}

fn alter_logger(config: &AlterableConfig) -> Outcome {
    const LEVELS: [&str; 6] = ["DEBUG", "ERROR", "FATAL", "INFO", "TRACE", "WARN"];
    let refuse = |text: String| Err(Refusal::new(ErrorCode::InvalidConfig, text));
    let logger = config.name.as_str();
    let level = config.value.as_deref().unwrap_or_default();
    match config.config_operation {
        2 => {
            return Err(invalid(
                "APPEND operation is not allowed for the BROKER_LOGGER resource",
            ));
        }
        3 => {
            let text = "SUBTRACT operation is not allowed for the BROKER_LOGGER resource";
            return Err(invalid(text));
        }
        _ => {}
    }
    if logger != ROOT_LOGGER {
        return refuse(format!("Logger {logger} does not exist!"));
    }
    if config.config_operation == 1 {
        return Err(invalid(
            "Removing the log level of the root logger is not allowed",
        ));
    }
    if !LEVELS.contains(&level) {
        return refuse(format!(
            "Cannot set the log level of {logger} to {level} as it is not a supported log level. \
             Valid log levels are {}",
            LEVELS.join(", ")
        ));
    }
    if level != ROOT_LEVEL {
        return refuse(format!(
            "Cannot set the log level of {logger} to {level}: this broker's level can only be set \
             when it starts."
        ));
    }
    Ok(())
}
