//! Changing settings of topics and brokers (ConfigurationControlManager).

use std::collections::{BTreeMap, BTreeSet};

use super::{Context, ControllerResult, Decide, Refusal};
use crate::config::broker::{broker_def, dynamic_only_def, kt_def, update_mode};
use crate::config::topic::{topic_def, validate_topic_value};
use crate::config::value::{parse, split_list};
use crate::config::{ConfigDef, ConfigType, UpdateMode};
use crate::metadata::record::{Config, resource_type};
use crate::metadata::{ConfigImage, ConfigResource, MetadataImage, MetadataRecord};
use crate::protocol::ErrorCode;

/// What is done to a key (`AlterConfigOp.OpType`).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ConfigOperation {
    /// It gets this value.
    Set,
    /// It falls back to its default.
    Delete,
    /// The list gets these elements.
    Append,
    /// The list loses these elements.
    Subtract,
}

/// One change.
#[derive(Clone, Debug)]
pub struct ConfigChange {
    /// The key.
    pub key: String,
    /// What is done.
    pub operation: ConfigOperation,
    /// The value; missing with [`ConfigOperation::Delete`].
    pub value: Option<String>,
}

/// Changes some keys of some resources (IncrementalAlterConfigs).
#[derive(Clone, Debug)]
pub struct AlterConfigs {
    /// The resources and what is changed there.
    pub resources: Vec<(ConfigResource, Vec<ConfigChange>)>,
    /// Only check.
    pub validate_only: bool,
}

/// Replaces all keys of some resources (the older AlterConfigs).
#[derive(Clone, Debug)]
pub struct ReplaceConfigs {
    /// The resources and all that is set there from now on.
    pub resources: Vec<(ConfigResource, Vec<(String, Option<String>)>)>,
    /// Only check.
    pub validate_only: bool,
}

/// One outcome a resource, in the order of the command.
type Outcomes = Vec<(ConfigResource, Result<(), Refusal>)>;

impl Decide for AlterConfigs {
    type Response = Outcomes;

    fn decide(&self, context: &mut Context<'_>) -> ControllerResult<Self::Response> {
        let resources: Vec<&ConfigResource> = self.resources.iter().map(|(r, _)| r).collect();
        let mut result = ControllerResult::unchanged(Vec::new());
        for (resource, changes) in &self.resources {
            let outcome = check_once(&resources, resource)
                .and_then(|()| changed(context.image, resource, changes));
            settle(
                &mut result,
                context.image,
                resource,
                outcome,
                self.validate_only,
            );
        }
        result
    }
}

impl Decide for ReplaceConfigs {
    type Response = Outcomes;

    fn decide(&self, context: &mut Context<'_>) -> ControllerResult<Self::Response> {
        let resources: Vec<&ConfigResource> = self.resources.iter().map(|(r, _)| r).collect();
        let mut result = ControllerResult::unchanged(Vec::new());
        for (resource, configs) in &self.resources {
            let outcome = check_once(&resources, resource)
                .and_then(|()| replaced(context.image, resource, configs));
            settle(
                &mut result,
                context.image,
                resource,
                outcome,
                self.validate_only,
            );
        }
        result
    }
}

/// Turns the settings that a resource is to have into records.
fn settle(
    result: &mut ControllerResult<Outcomes>,
    image: &MetadataImage,
    resource: &ConfigResource,
    outcome: Result<ConfigImage, Refusal>,
    validate_only: bool,
) {
    let outcome = outcome.map(|after| {
        if !validate_only {
            result.records.extend(difference(image, resource, &after));
        }
    });
    result.response.push((resource.clone(), outcome));
}

fn difference(
    image: &MetadataImage,
    resource: &ConfigResource,
    after: &ConfigImage,
) -> Vec<MetadataRecord> {
    let before = image.config(resource.0, &resource.1).map(AsRef::as_ref);
    let none = ConfigImage::new();
    let before = before.unwrap_or(&none);
    let record = |name: &String, value: Option<&String>| {
        Config {
            resource_type: resource.0,
            resource_name: resource.1.clone(),
            name: name.clone(),
            value: value.cloned(),
        }
        .into()
    };
    let gone = before.keys().filter(|name| !after.contains_key(*name));
    let set = after
        .iter()
        .filter(|(name, value)| before.get(*name) != Some(value));
    gone.map(|name| record(name, None))
        .chain(set.map(|(name, value)| record(name, Some(value))))
        .collect()
}

fn check_once(all: &[&ConfigResource], resource: &ConfigResource) -> Result<(), Refusal> {
    if all.iter().filter(|other| **other == resource).count() > 1 {
        let text = "Each resource must appear at most once.";
        return Err(Refusal::new(ErrorCode::InvalidRequest, text));
    }
    Ok(())
}

fn invalid(text: impl Into<String>) -> Refusal {
    Refusal::new(ErrorCode::InvalidConfig, text)
}

/// Checks that a resource is there and may have settings.
fn check_resource(image: &MetadataImage, (kind, name): &ConfigResource) -> Result<(), Refusal> {
    match *kind {
        resource_type::TOPIC if image.topic(name).is_none() => Err(Refusal::new(
            ErrorCode::UnknownTopicOrPartition,
            format!("The topic '{name}' does not exist."),
        )),
        resource_type::BROKER if !name.is_empty() => {
            let id: i32 = name.parse().map_err(|_| {
                let text = format!("Broker id must be an integer, but it is: {name}");
                Refusal::new(ErrorCode::InvalidRequest, text)
            })?;
            if image.broker(crate::types::BrokerId(id)).is_none() {
                let text = format!("No broker with id {id} found.");
                return Err(Refusal::new(ErrorCode::BrokerIdNotRegistered, text));
            }
            Ok(())
        }
        resource_type::TOPIC | resource_type::BROKER => Ok(()),
        other => Err(Refusal::new(
            ErrorCode::InvalidRequest,
            format!("Unexpected resource type {other}."),
        )),
    }
}

fn def_of(kind: i8, key: &str) -> Option<&'static ConfigDef> {
    if kind == resource_type::TOPIC {
        return topic_def(key);
    }
    broker_def(key)
        .or_else(|| dynamic_only_def(key))
        .or_else(|| kt_def(key))
}

/// Returns the settings after some changes.
fn changed(
    image: &MetadataImage,
    resource: &ConfigResource,
    changes: &[ConfigChange],
) -> Result<ConfigImage, Refusal> {
    check_resource(image, resource)?;
    let (kind, name) = resource;
    let mut after = image
        .config(*kind, name)
        .map_or_else(ConfigImage::new, |c| (**c).clone());
    let mut seen = BTreeSet::new();
    for change in changes {
        if !seen.insert(&change.key) {
            let text = format!("Error due to duplicate config keys : {}", change.key);
            return Err(Refusal::new(ErrorCode::InvalidRequest, text));
        }
        let listed = def_of(*kind, &change.key).is_some_and(|def| def.kind == ConfigType::List);
        let value = || {
            change
                .value
                .clone()
                .ok_or_else(|| invalid(format!("Null value not supported for : {}", change.key)))
        };
        match change.operation {
            ConfigOperation::Delete => {
                after.remove(&change.key);
            }
            ConfigOperation::Set => {
                after.insert(change.key.clone(), value()?);
            }
            ConfigOperation::Append | ConfigOperation::Subtract => {
                let verb = match change.operation {
                    ConfigOperation::Append => "append to",
                    _ => "subtract from",
                };
                if !listed {
                    return Err(invalid(format!(
                        "Can't {verb} key {} because its type is not LIST.",
                        change.key
                    )));
                }
                let present = present_list(&after, *kind, &change.key);
                let edited = edit_list(present, &value()?, change.operation);
                after.insert(change.key.clone(), edited.join(","));
            }
        }
    }
    check_values(
        resource,
        &after,
        changes.iter().map(|change| change.key.as_str()),
    )?;
    Ok(after)
}

/// Returns the elements of a list that is set, or those of its default.
fn present_list(set: &ConfigImage, kind: i8, key: &str) -> Vec<String> {
    let default = || {
        def_of(kind, key)
            .and_then(ConfigDef::default_text)
            .unwrap_or_default()
    };
    split_list(set.get(key).map_or_else(default, String::as_str))
}

fn edit_list(mut list: Vec<String>, value: &str, operation: ConfigOperation) -> Vec<String> {
    for element in split_list(value) {
        match operation {
            ConfigOperation::Append if !list.contains(&element) => list.push(element),
            ConfigOperation::Subtract => list.retain(|other| *other != element),
            _ => {}
        }
    }
    list
}

/// Returns the settings that replace those of a resource.
fn replaced(
    image: &MetadataImage,
    resource: &ConfigResource,
    configs: &[(String, Option<String>)],
) -> Result<ConfigImage, Refusal> {
    check_resource(image, resource)?;
    let mut after = BTreeMap::new();
    for (key, value) in configs {
        let Some(value) = value else {
            return Err(invalid(format!("Null value not supported for : {key}")));
        };
        after.insert(key.clone(), value.clone());
    }
    check_values(
        resource,
        &after,
        configs.iter().map(|(key, _)| key.as_str()),
    )?;
    Ok(after)
}

/// Checks keys that were touched, and what the settings say together.
fn check_values<'a>(
    (kind, name): &ConfigResource,
    after: &ConfigImage,
    touched: impl Iterator<Item = &'a str>,
) -> Result<(), Refusal> {
    if *kind == resource_type::TOPIC {
        for (key, value) in after {
            validate_topic_value(key, value).map_err(|error| invalid(error.to_string()))?;
        }
        return Ok(());
    }
    let mut fixed: Vec<&str> = Vec::new();
    let mut per_broker: Vec<&str> = Vec::new();
    for key in touched {
        match update_mode(key) {
            Some(UpdateMode::ReadOnly) => fixed.push(key),
            Some(UpdateMode::PerBroker) if name.is_empty() => per_broker.push(key),
            _ => {}
        }
        if let (Some(def), Some(value)) = (def_of(*kind, key), after.get(key)) {
            parse(def, value).map_err(|error| invalid(error.to_string()))?;
        }
    }
    if !fixed.is_empty() {
        let keys = fixed.join(", ");
        return Err(Refusal::new(
            ErrorCode::InvalidRequest,
            format!("Cannot update these configs dynamically: Set({keys})"),
        ));
    }
    if !per_broker.is_empty() {
        let keys = per_broker.join(", ");
        return Err(Refusal::new(
            ErrorCode::InvalidRequest,
            format!("Cannot update these configs at default cluster level: Set({keys})"),
        ));
    }
    Ok(())
}
