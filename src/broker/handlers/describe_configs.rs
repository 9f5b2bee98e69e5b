//! DescribeConfigs, versions 1 to 4: the settings of topics, brokers, loggers, groups and client
//! metrics, each with where it comes from (KIP-226, KIP-569).

use std::sync::Arc;

use super::wire::text;
use crate::broker::answer::Answer;
use crate::broker::context::RequestContext;
use crate::broker::dispatch::Handle;
use crate::config::resolve::ConfigMap;
use crate::config::{ConfigEntry, ConfigLayers};
use crate::metadata::MetadataImage;
use crate::metadata::record::resource_type;
use crate::protocol::ErrorCode;
use crate::protocol::messages::describe_configs_request::DescribeConfigsResource;
use crate::protocol::messages::describe_configs_response::{
    DescribeConfigsResourceResult, DescribeConfigsResult, DescribeConfigsSynonym,
};
use crate::protocol::messages::{DescribeConfigsRequest, DescribeConfigsResponse};

/// The kind of resource that stands for a broker's loggers (`ConfigResource.Type`).
const BROKER_LOGGER: i8 = 8;
/// The source of a logger's level (`ConfigSource.DYNAMIC_BROKER_LOGGER_CONFIG`).
const LOGGER_SOURCE: i8 = 6;

/// The layers below a topic's own settings, kept alive while they are looked at.
pub(super) struct Layers {
    broker: Option<Arc<ConfigMap>>,
    default: Option<Arc<ConfigMap>>,
    file: ConfigMap,
}

/// Returns the layers of this broker.
pub(super) fn layers_of(context: &RequestContext<'_>, image: &MetadataImage) -> Layers {
    let dynamic = |name: &str| image.config(resource_type::BROKER, name).map(Arc::clone);
    Layers {
        broker: dynamic(&context.node_id.to_string()),
        default: dynamic(""),
        file: context.config.static_keys.clone(),
    }
}

impl Layers {
    /// Looks at the layers.
    pub(super) fn with<T>(&self, look: impl FnOnce(&ConfigLayers<'_>) -> T) -> T {
        let none = ConfigMap::new();
        look(&ConfigLayers {
            dynamic_broker: self.broker.as_deref().unwrap_or(&none),
            dynamic_default: self.default.as_deref().unwrap_or(&none),
            static_broker: &self.file,
        })
    }
}

impl Handle for DescribeConfigsRequest {
    async fn handle(self, context: &RequestContext<'_>) -> Answer {
        let image = context.image.load();
        let layers = layers_of(context, &image);
        let shown = Shown {
            synonyms: self.include_synonyms,
            documentation: self.include_documentation && context.version() >= 3,
            version: context.version(),
        };
        let results = self
            .resources
            .iter()
            .map(|resource| describe(resource, &shown, &layers, &image, context))
            .collect();
        DescribeConfigsResponse::default()
            .with_results(results)
            .into()
    }
}

/// What the request wants to see of each entry.
struct Shown {
    synonyms: bool,
    documentation: bool,
    version: i16,
}

fn describe(
    resource: &DescribeConfigsResource,
    shown: &Shown,
    layers: &Layers,
    image: &MetadataImage,
    context: &RequestContext<'_>,
) -> DescribeConfigsResult {
    let name = resource.resource_name.as_str();
    let result = DescribeConfigsResult::default()
        .with_resource_type(resource.resource_type)
        .with_resource_name(text(name));
    let refuse = |code: ErrorCode, why: String| {
        result
            .clone()
            .with_error_code(code.code())
            .with_error_message(Some(text(why)))
    };
    let none = ConfigMap::new();
    let entries = match resource.resource_type {
        resource_type::TOPIC => {
            if image.topic(name).is_none() {
                let code = ErrorCode::UnknownTopicOrPartition;
                return refuse(code, code.message().to_owned());
            }
            let overrides = image
                .config(resource_type::TOPIC, name)
                .map_or(&none, |c| &**c);
            layers.with(|layers| layers.describe_topic(overrides))
        }
        resource_type::BROKER if name.is_empty() => {
            layers.with(|layers| layers.describe_broker_default())
        }
        resource_type::BROKER | BROKER_LOGGER if name != context.node_id.to_string() => {
            let why = format!(
                "Unexpected broker id, expected {} or empty string, but received {name}",
                context.node_id
            );
            return refuse(ErrorCode::InvalidRequest, why);
        }
        resource_type::BROKER => layers.with(|layers| layers.describe_broker()),
        BROKER_LOGGER => return result.with_configs(vec![root_logger(shown)]),
        kind @ (resource_type::CLIENT_METRICS | resource_type::GROUP) => {
            let set = image.config(kind, name).map_or(&none, |c| &**c);
            let configs = set.iter().map(|(key, value)| plain(key, value)).collect();
            return result.with_configs(configs);
        }
        other => {
            let why = format!("Unsupported resource type: {other}");
            return refuse(ErrorCode::InvalidRequest, why);
        }
    };
    let wanted = |entry: &ConfigEntry| {
        let keys = resource.configuration_keys.as_ref();
        keys.is_none_or(|keys| keys.iter().any(|key| key.as_str() == entry.name))
    };
    result.with_configs(
        entries
            .into_iter()
            .filter(wanted)
            .map(|e| told(e, shown))
            .collect(),
    )
}

fn told(entry: ConfigEntry, shown: &Shown) -> DescribeConfigsResourceResult {
    let mut told = DescribeConfigsResourceResult::default()
        .with_name(text(entry.name))
        .with_value(entry.value.map(text))
        .with_read_only(entry.read_only)
        .with_config_source(entry.source.wire_id())
        .with_is_sensitive(entry.sensitive);
    if shown.synonyms {
        let synonym = |synonym: crate::config::ConfigSynonym| {
            DescribeConfigsSynonym::default()
                .with_name(text(synonym.name))
                .with_value(synonym.value.map(text))
                .with_source(synonym.source.wire_id())
        };
        told.synonyms = entry.synonyms.into_iter().map(synonym).collect();
    }
    if shown.version >= 3 {
        told.config_type = entry.kind.map_or(0, |kind| kind.wire_id());
        told.documentation = shown.documentation.then(|| text(entry.doc));
    }
    told
}

/// The level that every logger of this broker has.
fn root_logger(_shown: &Shown) -> DescribeConfigsResourceResult {
    DescribeConfigsResourceResult::default()
        .with_name(text("root"))
        .with_value(Some(text("INFO")))
        .with_config_source(LOGGER_SOURCE)
}

/// A setting of a kind that this broker keeps but does not use yet.
fn plain(key: &str, value: &str) -> DescribeConfigsResourceResult {
    // GROUP_CONFIG and CLIENT_METRICS_CONFIG of `ConfigSource` differ; both are dynamic.
    const DYNAMIC_GROUP: i8 = 8;
    DescribeConfigsResourceResult::default()
        .with_name(text(key))
        .with_value(Some(text(value)))
        .with_config_source(DYNAMIC_GROUP)
}
