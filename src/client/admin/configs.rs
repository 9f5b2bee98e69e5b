//! Configuration of topics, brokers, groups and client metrics: describe, change, list.

use super::config_entry::{ConfigEntry, ConfigSource, ConfigSynonym, ConfigType};
use super::{Admin, Apply, Results, in_order};
use crate::client::cluster::Target;
use crate::client::error::ClientError;
use crate::client::metadata::text;
use crate::protocol::ApiKey;
use crate::protocol::messages::describe_configs_request::DescribeConfigsResource;
use crate::protocol::messages::describe_configs_response::{
    DescribeConfigsResourceResult, DescribeConfigsResult,
};
use crate::protocol::messages::incremental_alter_configs_request::{
    AlterConfigsResource, AlterableConfig,
};
use crate::protocol::messages::{
    DescribeConfigsRequest, IncrementalAlterConfigsRequest, ListConfigResourcesRequest,
};
use crate::types::BrokerId;

/// A kind of thing that has a configuration (`ConfigResource.Type`).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[repr(i8)]
pub enum ResourceKind {
    /// A kind that kt does not know.
    Unknown = 0,
    /// A topic, by name.
    Topic = 2,
    /// A broker by id, or with an empty name all of them.
    Broker = 4,
    /// The log levels of a broker, by id.
    BrokerLogger = 8,
    /// A subscription to clients' metrics, by name.
    ClientMetrics = 16,
    /// A group, by id.
    Group = 32,
}

impl ResourceKind {
    /// Returns the number on the wire.
    #[must_use]
    pub const fn code(self) -> i8 {
        self as i8
    }

    /// Returns the kind of this number.
    #[must_use]
    pub const fn from_code(code: i8) -> Self {
        match code {
            2 => Self::Topic,
            4 => Self::Broker,
            8 => Self::BrokerLogger,
            16 => Self::ClientMetrics,
            32 => Self::Group,
            _ => Self::Unknown,
        }
    }
}

/// A thing that has a configuration.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ConfigResource {
    /// What it is.
    pub kind: ResourceKind,
    /// Its name; empty for the default of all brokers.
    pub name: String,
}

impl ConfigResource {
    /// Returns the resource of this kind and name.
    pub fn new(kind: ResourceKind, name: impl Into<String>) -> Self {
        let name = name.into();
        Self { kind, name }
    }

    /// Returns the one broker that must be asked about it, if there is one.
    fn owner(&self) -> Option<BrokerId> {
        match self.kind {
            ResourceKind::Broker | ResourceKind::BrokerLogger => {
                self.name.parse().ok().map(BrokerId)
            }
            ResourceKind::Unknown
            | ResourceKind::Topic
            | ResourceKind::ClientMetrics
            | ResourceKind::Group => None,
        }
    }

    fn show(&self) -> String {
        format!("the configuration of {:?} {}", self.kind, self.name)
    }
}

/// What to do with a setting (`AlterConfigOp.OpType`).
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ConfigOperation {
    /// Give it this value.
    Set(String),
    /// Go back to its default.
    Delete,
    /// Add these to its list.
    Append(String),
    /// Take these out of its list.
    Subtract(String),
}

/// A change of one setting.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ConfigChange {
    /// The setting's name.
    pub name: String,
    /// What to do with it.
    pub operation: ConfigOperation,
}

impl Admin {
    /// Returns the settings of things, with synonyms and without documentation.
    ///
    /// # Errors
    ///
    /// Fails if no broker answers; what is wrong with one thing is in its result.
    pub async fn describe_configs(
        &self,
        resources: &[ConfigResource],
    ) -> Result<Results<ConfigResource, Vec<ConfigEntry>>, ClientError> {
        let deadline = self.cluster.api_deadline();
        let mut found = Vec::new();
        for (target, group) in by_owner(resources, ConfigResource::owner) {
            let build = |_| {
                let resource = |resource: &&ConfigResource| {
                    DescribeConfigsResource::default()
                        .with_resource_type(resource.kind.code())
                        .with_resource_name(text(&resource.name))
                        .with_configuration_keys(None)
                };
                DescribeConfigsRequest::default()
                    .with_resources(group.iter().map(resource).collect())
                    .with_include_synonyms(true)
            };
            let call = self
                .cluster
                .call("describeConfigs", target, deadline, build);
            found.extend(call.await?.results.iter().map(described));
        }
        Ok(in_order(
            resources.iter().cloned(),
            found,
            ConfigResource::show,
        ))
    }

    /// Changes settings of things, and leaves the others as they are.
    ///
    /// # Errors
    ///
    /// Fails if no broker answers; what is wrong with one thing is in its result.
    pub async fn incremental_alter_configs(
        &self,
        changes: &[(ConfigResource, Vec<ConfigChange>)],
        apply: Apply,
    ) -> Result<Results<ConfigResource, ()>, ClientError> {
        let deadline = self.cluster.api_deadline();
        let mut found = Vec::new();
        for (target, group) in by_owner(changes, |(resource, _)| resource.owner()) {
            let build = |_| {
                let resource = |(resource, changes): &&(ConfigResource, Vec<ConfigChange>)| {
                    AlterConfigsResource::default()
                        .with_resource_type(resource.kind.code())
                        .with_resource_name(text(&resource.name))
                        .with_configs(changes.iter().map(alterable).collect())
                };
                IncrementalAlterConfigsRequest::default()
                    .with_resources(group.iter().map(resource).collect())
                    .with_validate_only(apply == Apply::ValidateOnly)
            };
            let call = self
                .cluster
                .call("incrementalAlterConfigs", target, deadline, build);
            found.extend(call.await?.responses.iter().map(|response| {
                let kind = ResourceKind::from_code(response.resource_type);
                let resource = ConfigResource::new(kind, response.resource_name.to_string());
                let message = response.error_message.as_deref();
                (resource, ClientError::check(response.error_code, message))
            }));
        }
        let resources = changes.iter().map(|(resource, _)| resource.clone());
        Ok(in_order(resources, found, ConfigResource::show))
    }

    /// Returns the things of these kinds that have a configuration; of all kinds if none is named.
    ///
    /// # Errors
    ///
    /// Fails if no broker answers, or if it can list subscriptions to metrics only.
    pub async fn list_config_resources(
        &self,
        kinds: &[ResourceKind],
    ) -> Result<Vec<ConfigResource>, ClientError> {
        let name = "listConfigResources";
        let deadline = self.cluster.api_deadline();
        let session = self.cluster.session(name, Target::Any, deadline).await?;
        let version = session.versions.choose(ApiKey::ListConfigResources)?;
        if version < 1 && kinds != [ResourceKind::ClientMetrics] {
            return Err(ClientError::UnsupportedVersion {
                message: "The v0 ListConfigResources only supports CLIENT_METRICS".into(),
            });
        }
        let build = |version| {
            let request = ListConfigResourcesRequest::default();
            if version < 1 {
                return request;
            }
            request.with_resource_types(kinds.iter().map(|kind| kind.code()).collect())
        };
        let response = self.call_any(name, build).await?;
        ClientError::check(response.error_code, None)?;
        let mut found: Vec<ConfigResource> = response
            .config_resources
            .iter()
            .map(|resource| {
                let kind = ResourceKind::from_code(resource.resource_type);
                ConfigResource::new(kind, resource.resource_name.to_string())
            })
            .collect();
        found.sort();
        Ok(found)
    }
}

/// Groups items by the broker that must be asked about each.
fn by_owner<T>(items: &[T], owner: impl Fn(&T) -> Option<BrokerId>) -> Vec<(Target, Vec<&T>)> {
    let mut groups: Vec<(Target, Vec<&T>)> = Vec::new();
    for item in items {
        let target = owner(item).map_or(Target::Any, Target::Broker);
        match groups.iter_mut().find(|(other, _)| *other == target) {
            Some((_, group)) => group.push(item),
            None => groups.push((target, vec![item])),
        }
    }
    groups
}

fn alterable(change: &ConfigChange) -> AlterableConfig {
    let (code, value) = match &change.operation {
        ConfigOperation::Set(value) => (0, Some(value)),
        ConfigOperation::Delete => (1, None),
        ConfigOperation::Append(value) => (2, Some(value)),
        ConfigOperation::Subtract(value) => (3, Some(value)),
    };
    AlterableConfig::default()
        .with_name(text(&change.name))
        .with_config_operation(code)
        .with_value(value.map(|value| text(value)))
}

fn described(
    result: &DescribeConfigsResult,
) -> (ConfigResource, Result<Vec<ConfigEntry>, ClientError>) {
    let kind = ResourceKind::from_code(result.resource_type);
    let resource = ConfigResource::new(kind, result.resource_name.to_string());
    let checked = ClientError::check(result.error_code, result.error_message.as_deref());
    (
        resource,
        checked.map(|()| result.configs.iter().map(entry).collect()),
    )
}

fn entry(config: &DescribeConfigsResourceResult) -> ConfigEntry {
    let synonyms = config.synonyms.iter().map(|synonym| ConfigSynonym {
        name: synonym.name.to_string(),
        value: synonym.value.as_ref().map(|value| value.to_string()),
        source: ConfigSource::from_code(synonym.source),
    });
    ConfigEntry {
        name: config.name.to_string(),
        value: config.value.as_ref().map(|value| value.to_string()),
        source: ConfigSource::from_code(config.config_source),
        read_only: config.read_only,
        sensitive: config.is_sensitive,
        synonyms: synonyms.collect(),
        kind: ConfigType::from_code(config.config_type),
        documentation: config.documentation.as_ref().map(|text| text.to_string()),
    }
}
