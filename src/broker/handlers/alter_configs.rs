//! AlterConfigs, versions 0 to 2: replaces all keys of topics, brokers, groups and client metrics
//! (KIP-133); clients have IncrementalAlterConfigs since 2.3.

use super::config_resources::{Sorted, check, check_bounds};
use super::wire::text;
use crate::broker::answer::Answer;
use crate::broker::context::RequestContext;
use crate::broker::dispatch::Handle;
use crate::controller::ReplaceConfigs;
use crate::protocol::messages::alter_configs_response::AlterConfigsResourceResponse;
use crate::protocol::messages::{AlterConfigsRequest, AlterConfigsResponse};

impl Handle for AlterConfigsRequest {
    async fn handle(self, context: &RequestContext<'_>) -> Answer {
        let mut sorted = Sorted::new();
        for resource in &self.resources {
            let name = resource.resource_name.to_string();
            let kind = resource.resource_type;
            let checked = check(kind, &name, context).and_then(|()| {
                resource.configs.iter().try_for_each(|config| {
                    check_bounds(kind, &config.name, config.value.as_deref(), context)
                })
            });
            let configs = resource.configs.iter().map(|config| {
                let value = config.value.as_ref().map(|value| value.to_string());
                (config.name.to_string(), value)
            });
            let configs = checked.map(|()| configs.collect()).map_err(Err);
            sorted.push((resource.resource_type, name), configs);
        }
        let resources = std::mem::take(&mut sorted.accepted);
        let command = ReplaceConfigs {
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
        AlterConfigsResponse::default()
            .with_responses(responses.collect())
            .into()
    }
}
