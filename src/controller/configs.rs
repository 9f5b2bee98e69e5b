//! Changing settings of topics, brokers, groups and client metrics
//! (ConfigurationControlManager).

use std::collections::{BTreeMap, BTreeSet};

use super::broker_configs::{self, check_broker_configs};
use super::group_configs::{check_client_metrics_configs, check_group_configs};
use super::{Context, ControllerResult, Decide, Refusal};
use crate::config::group::{client_metrics_def, group_def};
use crate::config::topic::{topic_def, validate_topic_configs};
use crate::config::value::split_list;
use crate::config::{ConfigDef, ConfigType};
use crate::metadata::record::{Config, resource_type};
use crate::metadata::{ConfigImage, ConfigResource, MetadataImage, MetadataRecord};
use crate::protocol::ErrorCode;

/// The longest value (`Short.MAX_VALUE`).
const VALUE_BYTES_MAX: usize = 32_767;

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

/// Keys and what they are to be; a value may be missing, which is refused.
pub type WholeConfig = Vec<(String, Option<String>)>;

/// Replaces all keys of some resources (the older AlterConfigs).
#[derive(Clone, Debug)]
pub struct ReplaceConfigs {
    /// The resources and all that is set there from now on.
    pub resources: Vec<(ConfigResource, WholeConfig)>,
    /// Only check.
    pub validate_only: bool,
}

/// One outcome a resource, in the order of the command.
type Outcomes = Vec<(ConfigResource, Result<(), Refusal>)>;

impl Decide for AlterConfigs {
    type Response = Outcomes;

    fn decide(&self, context: &mut Context<'_>) -> ControllerResult<Self::Response> {
        let counts = counts(self.resources.iter().map(|(resource, _)| resource));
        let mut result = ControllerResult::unchanged(Vec::new());
        for (resource, changes) in &self.resources {
            let outcome = check_once(&counts, resource)
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
        let counts = counts(self.resources.iter().map(|(resource, _)| resource));
        let mut result = ControllerResult::unchanged(Vec::new());
        for (resource, configs) in &self.resources {
            let outcome = check_once(&counts, resource)
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

/// Counts how often each resource is named.
fn counts<'a>(
    resources: impl Iterator<Item = &'a ConfigResource>,
) -> BTreeMap<&'a ConfigResource, usize> {
    let mut counts = BTreeMap::new();
    for resource in resources {
        *counts.entry(resource).or_default() += 1;
    }
    counts
}

fn check_once(
    counts: &BTreeMap<&ConfigResource, usize>,
    resource: &ConfigResource,
) -> Result<(), Refusal> {
    if counts.get(resource).is_some_and(|count| *count > 1) {
        let text = "Each resource must appear at most once.";
        return Err(Refusal::new(ErrorCode::InvalidRequest, text));
    }
    Ok(())
}

fn invalid(text: impl Into<String>) -> Refusal {
    Refusal::new(ErrorCode::InvalidConfig, text)
}

fn no_value(key: &str) -> Refusal {
    let text = format!("Null value not supported for : {key}");
    Refusal::new(ErrorCode::InvalidRequest, text)
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
        resource_type::TOPIC
        | resource_type::BROKER
        | resource_type::GROUP
        | resource_type::CLIENT_METRICS => Ok(()),
        other => Err(Refusal::new(
            ErrorCode::InvalidRequest,
            format!("Unexpected resource type {other}."),
        )),
    }
}

fn def_of(kind: i8, key: &str) -> Option<&'static ConfigDef> {
    match kind {
        resource_type::TOPIC => topic_def(key),
        resource_type::GROUP => group_def(key),
        resource_type::CLIENT_METRICS => client_metrics_def(key),
        _ => broker_configs::def_of(key),
    }
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
            let text = "Error due to duplicate config keys";
            return Err(Refusal::new(ErrorCode::InvalidRequest, text));
        }
        let listed = def_of(*kind, &change.key).is_some_and(|def| def.kind == ConfigType::List);
        let value = || change.value.clone().ok_or_else(|| no_value(&change.key));
        match change.operation {
            ConfigOperation::Delete => {
                after.remove(&change.key);
            }
            ConfigOperation::Set => {
                after.insert(change.key.clone(), value()?);
            }
            ConfigOperation::Append | ConfigOperation::Subtract => {
                let verb = match change.operation {
                    ConfigOperation::Append => "APPEND",
                    _ => "SUBTRACT",
                };
                if !listed {
                    return Err(invalid(format!(
                        "Can't {verb} to key {} because its type is not LIST.",
                        change.key
                    )));
                }
                let present = present_list(&after, *kind, &change.key);
                let edited = edit_list(present, &value()?, change.operation);
                after.insert(change.key.clone(), edited.join(","));
            }
        }
    }
    check_values(image, resource, &after)?;
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
            return Err(no_value(key));
        };
        if after.insert(key.clone(), value.clone()).is_some() {
            let text = "Error due to duplicate config keys";
            return Err(Refusal::new(ErrorCode::InvalidRequest, text));
        }
    }
    check_values(image, resource, &after)?;
    Ok(after)
}

/// Checks what a resource is to have, each key and all together.
fn check_values(
    image: &MetadataImage,
    resource: &ConfigResource,
    after: &ConfigImage,
) -> Result<(), Refusal> {
    if after.values().any(|value| value.len() > VALUE_BYTES_MAX) {
        return Err(invalid(format!(
            "The configuration value cannot be added because it exceeds the maximum value size of \
             {VALUE_BYTES_MAX} bytes."
        )));
    }
    match resource.0 {
        resource_type::TOPIC => {
            validate_topic_configs(after).map_err(|error| invalid(error.to_string()))
        }
        resource_type::GROUP => check_group_configs(after),
        resource_type::CLIENT_METRICS => check_client_metrics_configs(after),
        _ => check_broker_configs(image, &resource.1, after),
    }
}

#[cfg(test)]
mod tests {
    use super::super::fixture::{cluster, decide, run};
    use super::super::{CreateTopics, NewTopic};
    use super::*;

    const TOPIC: i8 = resource_type::TOPIC;
    const BROKER: i8 = resource_type::BROKER;

    fn image() -> MetadataImage {
        let mut image = cluster(&[1]);
        let topic = NewTopic {
            name: "orders".to_owned(),
            partitions: 1,
            replication_factor: 1,
            ..NewTopic::default()
        };
        run(
            &mut image,
            &CreateTopics {
                topics: vec![topic],
                validate_only: false,
            },
        );
        image
    }

    fn alter(
        resource: (i8, &str),
        changes: &[(&str, ConfigOperation, Option<&str>)],
    ) -> AlterConfigs {
        let changes = changes.iter().map(|(key, operation, value)| ConfigChange {
            key: (*key).to_owned(),
            operation: *operation,
            value: value.map(str::to_owned),
        });
        let resource = (resource.0, resource.1.to_owned());
        AlterConfigs {
            resources: vec![(resource, changes.collect())],
            validate_only: false,
        }
    }

    fn set(resource: (i8, &str), pairs: &[(&str, &str)]) -> AlterConfigs {
        let changes: Vec<_> = pairs
            .iter()
            .map(|(key, value)| (*key, ConfigOperation::Set, Some(*value)))
            .collect();
        alter(resource, &changes)
    }

    fn delete(resource: (i8, &str), key: &str) -> AlterConfigs {
        alter(resource, &[(key, ConfigOperation::Delete, None)])
    }

    #[track_caller]
    fn refused(command: &AlterConfigs, code: ErrorCode, message: &str) {
        let result = decide(&image(), command);
        assert_eq!(result.response[0].1, Err(Refusal::new(code, message)));
        assert_eq!(result.records, []);
    }

    fn value(image: &MetadataImage, resource: (i8, &str), key: &str) -> Option<String> {
        image.config(resource.0, resource.1)?.get(key).cloned()
    }

    #[test]
    fn keys_are_set_deleted_appended_and_subtracted() {
        let mut image = image();
        let topic = (TOPIC, "orders");
        run(
            &mut image,
            &set(
                topic,
                &[("retention.ms", "5"), ("segment.bytes", "2097152")],
            ),
        );
        run(&mut image, &delete(topic, "retention.ms"));
        assert_eq!(value(&image, topic, "retention.ms"), None);
        assert_eq!(
            value(&image, topic, "segment.bytes").as_deref(),
            Some("2097152")
        );
        let policy = |operation, text| alter(topic, &[("cleanup.policy", operation, Some(text))]);
        run(&mut image, &policy(ConfigOperation::Append, "compact"));
        let both = Some("delete,compact".to_owned());
        assert_eq!(value(&image, topic, "cleanup.policy"), both);
        run(&mut image, &policy(ConfigOperation::Subtract, "delete"));
        assert_eq!(
            value(&image, topic, "cleanup.policy").as_deref(),
            Some("compact")
        );
    }

    #[test]
    fn what_is_not_set_may_be_deleted_even_if_nobody_knows_it() {
        for key in ["flush.ms", "no.such.key"] {
            let result = decide(&image(), &delete((TOPIC, "orders"), key));
            assert_eq!(result.response[0].1, Ok(()));
            assert_eq!(result.records, []);
        }
    }

    #[test]
    fn topic_settings_are_refused_in_kafkas_words() {
        let topic = (TOPIC, "orders");
        let invalid = ErrorCode::InvalidConfig;
        refused(
            &set(topic, &[("foo", "1")]),
            invalid,
            "Unknown topic config name: foo",
        );
        refused(
            &set(topic, &[("segment.ms", "5000"), ("retention.bytes", "x")]),
            invalid,
            "Invalid value x for configuration retention.bytes: Not a number of type LONG",
        );
        refused(
            &set((TOPIC, "nope"), &[("retention.ms", "1")]),
            ErrorCode::UnknownTopicOrPartition,
            "The topic 'nope' does not exist.",
        );
        refused(
            &alter(
                topic,
                &[("retention.ms", ConfigOperation::Append, Some("1"))],
            ),
            invalid,
            "Can't APPEND to key retention.ms because its type is not LIST.",
        );
        refused(
            &set(
                topic,
                &[
                    ("min.compaction.lag.ms", "9"),
                    ("max.compaction.lag.ms", "5"),
                ],
            ),
            invalid,
            "conflict topic config setting min.compaction.lag.ms (9) > max.compaction.lag.ms (5)",
        );
        refused(
            &set(topic, &[("remote.storage.enable", "true")]),
            invalid,
            "Tiered Storage functionality is disabled in the broker. Topic cannot be configured \
             with remote log storage.",
        );
        refused(
            &set(topic, &[("cleanup.policy", &"x".repeat(32_768))]),
            invalid,
            "The configuration value cannot be added because it exceeds the maximum value size \
             of 32767 bytes.",
        );
    }

    #[test]
    fn broker_settings_are_refused_in_kafkas_words() {
        let (one, all) = ((BROKER, "1"), (BROKER, ""));
        let request = ErrorCode::InvalidRequest;
        refused(
            &set(one, &[("log.dirs", "/tmp/x")]),
            request,
            "Cannot update these configs dynamically: [log.dirs]",
        );
        refused(
            &set(one, &[("log.flush.before.ack", "false")]),
            request,
            "Cannot update these configs dynamically: [log.flush.before.ack]",
        );
        refused(
            &set(all, &[("listeners", "PLAINTEXT://:9092")]),
            request,
            "Cannot update these configs at default cluster level, broker id must be specified: \
             [listeners]",
        );
        refused(
            &set(one, &[("ssl.keystore.location", "/x")]),
            request,
            "These security configs can be dynamically updated only per-listener using the \
             listener prefix: [ssl.keystore.location]",
        );
        refused(
            &set(one, &[("num.io.threads", "none")]),
            request,
            "Invalid value none for configuration num.io.threads: Not a number of type INT",
        );
        refused(
            &set(all, &[("log.retention.ms", "0")]),
            request,
            "requirement failed: log.retention.ms must be unlimited (-1) or, greater than or \
             equal to 1",
        );
        refused(
            &set(one, &[("min.insync.replicas", "2")]),
            ErrorCode::InvalidConfig,
            "Broker-level min.insync.replicas cannot be altered while ELR is enabled.",
        );
        refused(
            &delete(all, "min.insync.replicas"),
            ErrorCode::InvalidConfig,
            "Cluster-level min.insync.replicas cannot be removed while ELR is enabled.",
        );
    }

    #[test]
    fn broker_settings_that_kafka_takes_are_taken() {
        let mut image = image();
        let one = (BROKER, "1");
        let pairs = [
            ("log.cleaner.threads", "2"),
            ("leader.replication.throttled.rate", "1000000"),
            ("foo.bar", "1"),
            ("listener.name.internal.ssl.keystore.location", "/x"),
        ];
        assert_eq!(run(&mut image, &set(one, &pairs))[0].1, Ok(()));
        assert_eq!(
            run(
                &mut image,
                &set((BROKER, ""), &[("min.insync.replicas", "2")])
            )[0]
            .1,
            Ok(())
        );
        assert_eq!(
            value(&image, one, "log.cleaner.threads").as_deref(),
            Some("2")
        );
        let result = decide(&image, &delete(one, "log.dirs"));
        assert_eq!(result.response[0].1, Ok(()));
    }

    #[test]
    fn replacing_drops_what_is_not_named() {
        let mut image = image();
        let topic = (TOPIC, "orders");
        run(
            &mut image,
            &set(topic, &[("retention.ms", "5"), ("flush.ms", "6")]),
        );
        let configs = vec![("flush.ms".to_owned(), Some("7".to_owned()))];
        let resources = vec![((TOPIC, "orders".to_owned()), configs)];
        run(
            &mut image,
            &ReplaceConfigs {
                resources,
                validate_only: false,
            },
        );
        assert_eq!(value(&image, topic, "retention.ms"), None);
        assert_eq!(value(&image, topic, "flush.ms").as_deref(), Some("7"));
    }

    #[test]
    fn validate_only_and_repeated_resources_change_nothing() {
        let image = image();
        let mut command = set((TOPIC, "orders"), &[("retention.ms", "5")]);
        command.validate_only = true;
        let result = decide(&image, &command);
        assert!(result.response[0].1.is_ok() && result.records.is_empty());
        command.validate_only = false;
        command.resources.push(command.resources[0].clone());
        let result = decide(&image, &command);
        assert!(result.records.is_empty() && result.response.iter().all(|(_, r)| r.is_err()));
    }
}
