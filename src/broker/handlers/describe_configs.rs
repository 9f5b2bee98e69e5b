//! DescribeConfigs, versions 1 to 4: settings, where they come from, what they are for.
//!
//! Topics, brokers (this one, and the empty name for what all share), loggers, client metrics and
//! groups. Types and documentation are told from version 3 on (KIP-569). Entries are sorted by
//! key, where Apache Kafka follows Java's hash order.

use super::wire::text;
use crate::broker::answer::Answer;
use crate::broker::context::RequestContext;
use crate::broker::dispatch::Handle;
use crate::config::resolve::{ConfigMap, describe_client_metrics};
use crate::config::{ConfigEntry, ConfigLayers, ConfigSource};
use crate::controller::{Refusal, check_topic_name};
use crate::metadata::MetadataImage;
use crate::metadata::record::resource_type;
use crate::protocol::ErrorCode;
use crate::protocol::messages::describe_configs_request::DescribeConfigsResource;
use crate::protocol::messages::describe_configs_response::{
    DescribeConfigsResourceResult, DescribeConfigsResult, DescribeConfigsSynonym,
};
use crate::protocol::messages::{DescribeConfigsRequest, DescribeConfigsResponse};

/// A broker's loggers (`ConfigResource.Type.BROKER_LOGGER`); never in the metadata.
pub(super) const BROKER_LOGGER: i8 = 8;
/// The only logger that kt has.
pub(super) const ROOT_LOGGER: &str = "root";
/// Its level.
pub(super) const ROOT_LEVEL: &str = "INFO";

/// What was set nowhere.
static NOTHING_SET: ConfigMap = ConfigMap::new();

/// Returns the layers of configuration that this broker lives under.
pub(super) fn layers<'a>(
    context: &'a RequestContext<'_>,
    image: &'a MetadataImage,
) -> ConfigLayers<'a> {
    ConfigLayers {
        dynamic_broker: set_for(image, resource_type::BROKER, &context.node_id.to_string()),
        dynamic_default: set_for(image, resource_type::BROKER, ""),
        static_broker: &context.config.static_keys,
    }
}

fn set_for<'a>(image: &'a MetadataImage, kind: i8, name: &str) -> &'a ConfigMap {
    image
        .config(kind, name)
        .map_or(&NOTHING_SET, |config| &**config)
}

impl Handle for DescribeConfigsRequest {
    async fn handle(self, context: &RequestContext<'_>) -> Answer {
        let image = context.image.load();
        let results = self.resources.iter().map(|resource| {
            let answer = DescribeConfigsResult::default()
                .with_resource_type(resource.resource_type)
                .with_resource_name(resource.resource_name.clone());
            match describe(resource, context, &image) {
                Ok(entries) => {
                    let shown = entries
                        .into_iter()
                        .filter(|entry| is_wanted(resource, entry));
                    answer.with_configs(shown.map(|entry| self.line(entry)).collect())
                }
                Err(refusal) => answer
                    .with_error_code(refusal.code.code())
                    .with_error_message(Some(text(refusal.message))),
            }
        });
        DescribeConfigsResponse::default()
            .with_results(results.collect())
            .into()
    }
}

/// Returns whether the request names the key; no names at all are all keys.
fn is_wanted(resource: &DescribeConfigsResource, entry: &ConfigEntry) -> bool {
    match &resource.configuration_keys {
        Some(keys) if !keys.is_empty() => keys.iter().any(|key| key.as_str() == entry.name),
        _ => true,
    }
}

/// Turns an entry into what goes over the wire.
trait Line {
    fn line(&self, entry: ConfigEntry) -> DescribeConfigsResourceResult;
}

impl Line for DescribeConfigsRequest {
    fn line(&self, entry: ConfigEntry) -> DescribeConfigsResourceResult {
        let synonyms = entry.synonyms.into_iter().filter(|_| self.include_synonyms);
        let synonyms = synonyms.map(|synonym| {
            DescribeConfigsSynonym::default()
                .with_name(text(synonym.name))
                .with_value(synonym.value.map(text))
                .with_source(synonym.source.wire_id())
        });
        let documented = self.include_documentation;
        DescribeConfigsResourceResult::default()
            .with_name(text(entry.name))
            .with_value(entry.value.map(text))
            .with_read_only(entry.read_only)
            .with_config_source(entry.source.wire_id())
            .with_is_sensitive(entry.sensitive)
            .with_synonyms(synonyms.collect())
            .with_config_type(entry.kind.map_or(0, |kind| kind.wire_id()))
            .with_documentation(documented.then(|| text(entry.doc)))
    }
}

fn invalid(text: impl Into<String>) -> Refusal {
    Refusal::new(ErrorCode::InvalidRequest, text)
}

fn describe(
    resource: &DescribeConfigsResource,
    context: &RequestContext<'_>,
    image: &MetadataImage,
) -> Result<Vec<ConfigEntry>, Refusal> {
    let name = resource.resource_name.as_str();
    let layers = layers(context, image);
    match resource.resource_type {
        resource_type::TOPIC => {
            check_topic_name(name)?;
            if image.topic(name).is_none() {
                return Err(Refusal::new(ErrorCode::UnknownTopicOrPartition, ""));
            }
            Ok(layers.describe_topic(set_for(image, resource_type::TOPIC, name)))
        }
        resource_type::BROKER if name.is_empty() => Ok(layers.describe_broker_default()),
        resource_type::BROKER => {
            let own = context.node_id;
            if broker_id(name)? != own.0 {
                return Err(invalid(format!(
                    "Unexpected broker id, expected {own} or empty string, but received {name}"
                )));
            }
            Ok(layers.describe_broker())
        }
        BROKER_LOGGER if name.is_empty() => Err(invalid("Broker id must not be empty")),
        BROKER_LOGGER => {
            let own = context.node_id;
            if broker_id(name)? != own.0 {
                return Err(invalid(format!(
                    "Unexpected broker id, expected {own} but received {name}"
                )));
            }
            Ok(vec![root_logger()])
        }
        resource_type::CLIENT_METRICS if name.is_empty() => Err(invalid(
            "Client metrics subscription name must not be empty",
        )),
        resource_type::CLIENT_METRICS => {
            let set = set_for(image, resource_type::CLIENT_METRICS, name);
            Ok(describe_client_metrics(set))
        }
        resource_type::GROUP if name.is_empty() => Err(invalid("Group name must not be empty")),
        resource_type::GROUP => {
            Ok(layers.describe_group(set_for(image, resource_type::GROUP, name)))
        }
        _ => Err(Refusal::plain(ErrorCode::InvalidRequest)),
    }
}

fn broker_id(name: &str) -> Result<i32, Refusal> {
    name.parse()
        .map_err(|_| invalid(format!("Broker id must be an integer, but it is: {name}")))
}

fn root_logger() -> ConfigEntry {
    ConfigEntry {
        name: ROOT_LOGGER.to_owned(),
        value: Some(ROOT_LEVEL.to_owned()),
        source: ConfigSource::DynamicBrokerLogger,
        read_only: false,
        sensitive: false,
        kind: None,
        synonyms: Vec::new(),
        doc: "",
    }
}
