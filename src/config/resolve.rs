//! Which of several settings wins, and where each came from, as `DescribeConfigs` tells it.
//!
//! Order of strength: the topic's own setting, the broker's dynamic one, the dynamic default of
//! all brokers, the static one, the built-in default. A topic key inherits from its broker keys.

use std::collections::BTreeMap;

use super::broker::{self, BROKER_KEYS, broker_def, dynamic_only_def, update_mode};
use super::def::{ConfigDef, ConfigType, UpdateMode};
use super::group::{CLIENT_METRICS_KEYS, GROUP_KEYS, group_server_key};
use super::topic::{TOPIC_KEYS, server_keys, topic_def};
use super::value::normalized;

/// Settings of one resource, as the metadata log or a file has them.
pub type ConfigMap = BTreeMap<String, String>;

/// Where a value was set.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ConfigSource {
    /// On the topic.
    DynamicTopic,
    /// On this broker, at run time.
    DynamicBroker,
    /// On all brokers, at run time.
    DynamicDefaultBroker,
    /// In the broker's file.
    StaticBroker,
    /// Nowhere.
    Default,
    /// On a logger of this broker, at run time.
    DynamicBrokerLogger,
    /// On a set of client metrics.
    DynamicClientMetrics,
    /// On a group.
    DynamicGroup,
}

impl ConfigSource {
    /// Returns the number that a `DescribeConfigs` response carries.
    #[must_use]
    pub const fn wire_id(self) -> i8 {
        match self {
            Self::DynamicTopic => 1,
            Self::DynamicBroker => 2,
            Self::DynamicDefaultBroker => 3,
            Self::StaticBroker => 4,
            Self::Default => 5,
            Self::DynamicBrokerLogger => 6,
            Self::DynamicClientMetrics => 7,
            Self::DynamicGroup => 8,
        }
    }
}

/// One of the settings that a value was chosen from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ConfigSynonym {
    /// The key under which it was set.
    pub name: String,
    /// Its value; `None` if it must not be shown.
    pub value: Option<String>,
    /// Where it was set.
    pub source: ConfigSource,
}

/// One line of a `DescribeConfigs` answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ConfigEntry {
    /// The key.
    pub name: String,
    /// The value in force; `None` if there is none, or if it must not be shown.
    pub value: Option<String>,
    /// Where it was set.
    pub source: ConfigSource,
    /// Whether only a restart can change it.
    pub read_only: bool,
    /// Whether values of this key must not be shown.
    pub sensitive: bool,
    /// The type; `None` for a key that Kafka does not know.
    pub kind: Option<ConfigType>,
    /// All settings, strongest first.
    pub synonyms: Vec<ConfigSynonym>,
    /// What the key is for.
    pub doc: &'static str,
}

/// The settings that a broker and its topics live under.
#[derive(Clone, Copy, Debug)]
pub struct ConfigLayers<'a> {
    /// Dynamic settings of this broker.
    pub dynamic_broker: &'a ConfigMap,
    /// Dynamic settings of all brokers.
    pub dynamic_default: &'a ConfigMap,
    /// The broker's file.
    pub static_broker: &'a ConfigMap,
}

impl ConfigLayers<'_> {
    /// Returns the value in force of a broker key, as it was written.
    #[must_use]
    pub fn broker_value(&self, key: &str) -> Option<&str> {
        let names = broker::synonyms(key);
        for (layer, _) in self.layers() {
            if let Some(value) = names.iter().find_map(|name| layer.get(*name)) {
                return Some(value);
            }
        }
        names
            .iter()
            .find_map(|name| broker_def(name)?.default_text())
    }

    /// Returns the value in force of a topic key, in the topic key's unit.
    #[must_use]
    pub fn topic_value(&self, overrides: &ConfigMap, key: &str) -> Option<String> {
        if let Some(value) = overrides.get(key) {
            return Some(value.clone());
        }
        let names = server_keys(key);
        for (layer, _) in self.layers() {
            let set = names
                .iter()
                .find_map(|name| Some((*name, layer.get(*name)?.as_str())));
            if let Some((name, value)) = set {
                return Some(in_milliseconds(name, value));
            }
        }
        topic_def(key)?.default_text().map(str::to_owned)
    }

    /// Describes all keys of a topic; `internal` ones only if they are set.
    #[must_use]
    pub fn describe_topic(&self, overrides: &ConfigMap) -> Vec<ConfigEntry> {
        let listed = TOPIC_KEYS
            .iter()
            .filter(|row| !row.internal || overrides.contains_key(row.key));
        listed
            .map(|def| self.describe_topic_key(overrides, def))
            .collect()
    }

    /// Describes all keys of this broker, and those of its file that Kafka does not know.
    #[must_use]
    pub fn describe_broker(&self) -> Vec<ConfigEntry> {
        let known = BROKER_KEYS
            .iter()
            .filter(|def| !def.internal)
            .map(|def| def.key);
        let mut keys: Vec<&str> = known.collect();
        for (layer, _) in self.layers() {
            keys.extend(
                layer
                    .keys()
                    .map(String::as_str)
                    .filter(|key| broker::kt_def(key).is_none()),
            );
        }
        keys.sort_unstable();
        keys.dedup();
        keys.into_iter()
            .map(|key| self.describe_broker_key(key))
            .collect()
    }

    /// Describes the dynamic settings that all brokers share.
    #[must_use]
    pub fn describe_broker_default(&self) -> Vec<ConfigEntry> {
        let entries = self.dynamic_default.keys().map(|key| {
            let mut entry = self.describe_broker_key(key);
            let set = self.dynamic_default.get(key);
            entry.value = set
                .filter(|_| !entry.sensitive)
                .map(|value| shown(key, value));
            entry.source = ConfigSource::DynamicDefaultBroker;
            entry
                .synonyms
                .retain(|synonym| synonym.source == ConfigSource::DynamicDefaultBroker);
            entry
        });
        entries.collect()
    }

    /// Describes all keys of a group.
    #[must_use]
    pub fn describe_group(&self, overrides: &ConfigMap) -> Vec<ConfigEntry> {
        let describe = |def: &'static ConfigDef| {
            let below = match group_server_key(def.key) {
                Some(key) => self.synonyms(&[key]),
                None => vec![ConfigSynonym {
                    name: def.key.to_owned(),
                    value: def.default_text().map(str::to_owned),
                    source: ConfigSource::Default,
                }],
            };
            describe_plain_key(overrides, def, ConfigSource::DynamicGroup, below)
        };
        GROUP_KEYS.iter().map(describe).collect()
    }

    const fn layers(&self) -> [(&ConfigMap, ConfigSource); 3] {
        [
            (self.dynamic_broker, ConfigSource::DynamicBroker),
            (self.dynamic_default, ConfigSource::DynamicDefaultBroker),
            (self.static_broker, ConfigSource::StaticBroker),
        ]
    }

    fn describe_topic_key(&self, overrides: &ConfigMap, def: &ConfigDef) -> ConfigEntry {
        let value = self
            .topic_value(overrides, def.key)
            .map(|text| normalized(def, &text));
        let mut synonyms = Vec::new();
        if overrides.contains_key(def.key) {
            synonyms.push(ConfigSynonym {
                name: def.key.to_owned(),
                value: value.clone(),
                source: ConfigSource::DynamicTopic,
            });
        }
        synonyms.extend(self.synonyms(server_keys(def.key)));
        ConfigEntry {
            name: def.key.to_owned(),
            value,
            source: synonyms
                .first()
                .map_or(ConfigSource::Default, |synonym| synonym.source),
            read_only: false,
            sensitive: def.is_sensitive(),
            kind: Some(def.kind),
            synonyms,
            doc: def.doc,
        }
    }

    fn describe_broker_key(&self, key: &str) -> ConfigEntry {
        let def = def_of(key);
        let sensitive = def.is_none_or(ConfigDef::is_sensitive);
        let mut names = broker::synonyms(key);
        // What is dropped in front of the key's own name is dropped by Kafka too.
        let synonyms = self.synonyms_from(&mut names, key);
        let value = if sensitive {
            None
        } else {
            self.own_value(key).map(|value| shown(key, value))
        };
        ConfigEntry {
            name: key.to_owned(),
            value,
            source: synonyms
                .first()
                .map_or(ConfigSource::Default, |synonym| synonym.source),
            read_only: matches!(update_mode(key), None | Some(UpdateMode::ReadOnly)),
            sensitive,
            kind: def.map(|def| def.kind),
            synonyms,
            doc: def.map_or("", |def| def.doc),
        }
    }

    /// Returns the value of exactly this key, without its synonyms.
    fn own_value(&self, key: &str) -> Option<&str> {
        let set = self
            .layers()
            .into_iter()
            .find_map(|(layer, _)| layer.get(key));
        match set {
            Some(value) => Some(value),
            None => broker_def(key)?.default_text(),
        }
    }

    fn synonyms(&self, names: &[&str]) -> Vec<ConfigSynonym> {
        match names.first() {
            Some(first) => self.synonyms_from(&mut names.to_vec(), first),
            None => Vec::new(),
        }
    }

    fn synonyms_from(&self, names: &mut Vec<&str>, from: &str) -> Vec<ConfigSynonym> {
        let synonym = |name: &str, value: &str, source| ConfigSynonym {
            name: name.to_owned(),
            value: def_of(name)
                .is_some_and(|def| !def.is_sensitive())
                .then(|| shown(name, value)),
            source,
        };
        let mut all = Vec::new();
        for (layer, source) in self.layers() {
            for name in names.iter() {
                all.extend(layer.get(*name).map(|value| synonym(name, value, source)));
            }
        }
        for name in names.iter() {
            let default = broker_def(name).and_then(ConfigDef::default_text);
            all.extend(default.map(|value| synonym(name, value, ConfigSource::Default)));
        }
        all.into_iter()
            .skip_while(|synonym| synonym.name != from)
            .collect()
    }
}

/// Describes all keys of a set of client metrics, which no broker gives defaults.
#[must_use]
pub fn describe_client_metrics(overrides: &ConfigMap) -> Vec<ConfigEntry> {
    let source = ConfigSource::DynamicClientMetrics;
    let describe = |def| describe_plain_key(overrides, def, source, Vec::new());
    CLIENT_METRICS_KEYS.iter().map(describe).collect()
}

/// Describes a key that was set for one resource, or has what lies below.
fn describe_plain_key(
    overrides: &ConfigMap,
    def: &'static ConfigDef,
    source: ConfigSource,
    below: Vec<ConfigSynonym>,
) -> ConfigEntry {
    let set = overrides.get(def.key).map(|text| ConfigSynonym {
        name: def.key.to_owned(),
        value: Some(normalized(def, text)),
        source,
    });
    let synonyms: Vec<ConfigSynonym> = set.into_iter().chain(below).collect();
    let first = synonyms.first();
    ConfigEntry {
        name: def.key.to_owned(),
        value: match first {
            Some(first) => first.value.clone(),
            None => def.default_text().map(str::to_owned),
        },
        source: first.map_or(ConfigSource::Default, |synonym| synonym.source),
        read_only: false,
        sensitive: def.is_sensitive(),
        kind: Some(def.kind),
        synonyms,
        doc: def.doc,
    }
}

fn def_of(key: &str) -> Option<&'static ConfigDef> {
    let found = broker_def(key).or_else(|| dynamic_only_def(key));
    found.or_else(|| {
        let (_, rest) = broker::split_listener_prefix(key)?;
        broker_def(rest).or_else(|| broker_def(rest.split_once('.')?.1))
    })
}

fn shown(key: &str, value: &str) -> String {
    def_of(key).map_or_else(|| value.to_owned(), |def| normalized(def, value))
}

/// Converts a value of a key in hours or minutes; any other stays as it is.
fn in_milliseconds(key: &str, value: &str) -> String {
    let factor = if key.ends_with(".hours") {
        3_600_000
    } else if key.ends_with(".minutes") {
        60_000
    } else {
        return value.to_owned();
    };
    match value.trim().parse::<i64>() {
        Ok(number) if number < 0 => "-1".to_owned(),
        Ok(number) => number.saturating_mul(factor).to_string(),
        Err(_) => value.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn map(pairs: &[(&str, &str)]) -> ConfigMap {
        pairs
            .iter()
            .map(|(key, value)| ((*key).to_owned(), (*value).to_owned()))
            .collect()
    }

    fn line(entry: &ConfigEntry) -> String {
        let synonyms: Vec<String> = entry
            .synonyms
            .iter()
            .map(|synonym| {
                let source = match synonym.source {
                    ConfigSource::DynamicTopic => "DYNAMIC_TOPIC_CONFIG",
                    ConfigSource::DynamicBroker => "DYNAMIC_BROKER_CONFIG",
                    ConfigSource::DynamicDefaultBroker => "DYNAMIC_DEFAULT_BROKER_CONFIG",
                    ConfigSource::StaticBroker => "STATIC_BROKER_CONFIG",
                    ConfigSource::Default => "DEFAULT_CONFIG",
                    ConfigSource::DynamicBrokerLogger => "DYNAMIC_BROKER_LOGGER_CONFIG",
                    ConfigSource::DynamicClientMetrics => "DYNAMIC_CLIENT_METRICS_CONFIG",
                    ConfigSource::DynamicGroup => "DYNAMIC_GROUP_CONFIG",
                };
                format!(
                    "{source}:{}={}",
                    synonym.name,
                    synonym.value.clone().unwrap_or_default()
                )
            })
            .collect();
        let value = entry.value.as_deref().unwrap_or("null");
        let synonyms = synonyms.join(", ");
        format!(
            "{}={value} sensitive={} synonyms={{{synonyms}}}",
            entry.name, entry.sensitive
        )
    }

    fn lines(entries: &[ConfigEntry], keys: &[&str]) -> Vec<String> {
        entries
            .iter()
            .filter(|entry| keys.contains(&entry.name.as_str()))
            .map(line)
            .collect()
    }

    #[test]
    fn a_topic_is_described_as_kafka_describes_it() {
        let (broker, default) = (map(&[]), map(&[("min.insync.replicas", "1")]));
        let file = map(&[("log.segment.bytes", "1073741824")]);
        let layers = ConfigLayers {
            dynamic_broker: &broker,
            dynamic_default: &default,
            static_broker: &file,
        };
        let topic = map(&[
            ("cleanup.policy", "compact, delete"),
            ("retention.ms", "60000"),
        ]);
        let entries = layers.describe_topic(&topic);
        assert_eq!(entries.len(), 33);
        let keys = [
            "cleanup.policy",
            "flush.ms",
            "min.insync.replicas",
            "retention.ms",
            "segment.bytes",
            "segment.ms",
        ];
        assert_eq!(
            lines(&entries, &keys),
            [
                "cleanup.policy=compact,delete sensitive=false synonyms={\
             DYNAMIC_TOPIC_CONFIG:cleanup.policy=compact,delete, \
             DEFAULT_CONFIG:log.cleanup.policy=delete}",
                "flush.ms=9223372036854775807 sensitive=false synonyms={}",
                "min.insync.replicas=1 sensitive=false synonyms={\
             DYNAMIC_DEFAULT_BROKER_CONFIG:min.insync.replicas=1, \
             DEFAULT_CONFIG:min.insync.replicas=1}",
                "retention.ms=60000 sensitive=false synonyms={\
             DYNAMIC_TOPIC_CONFIG:retention.ms=60000}",
                "segment.bytes=1073741824 sensitive=false synonyms={\
             STATIC_BROKER_CONFIG:log.segment.bytes=1073741824, \
             DEFAULT_CONFIG:log.segment.bytes=1073741824}",
                "segment.ms=604800000 sensitive=false synonyms={}",
            ]
        );
    }

    #[test]
    fn groups_and_client_metrics_are_described_as_kafka_describes_them() {
        let none = map(&[]);
        let file = map(&[("group.share.session.timeout.ms", "50000")]);
        let layers = ConfigLayers {
            dynamic_broker: &none,
            dynamic_default: &none,
            static_broker: &file,
        };
        let group = map(&[("consumer.session.timeout.ms", "50000")]);
        let keys = [
            "consumer.session.timeout.ms",
            "share.isolation.level",
            "share.session.timeout.ms",
        ];
        assert_eq!(
            lines(&layers.describe_group(&group), &keys),
            [
                "consumer.session.timeout.ms=50000 sensitive=false synonyms={\
             DYNAMIC_GROUP_CONFIG:consumer.session.timeout.ms=50000, \
             DEFAULT_CONFIG:group.consumer.session.timeout.ms=45000}",
                "share.isolation.level=read_uncommitted sensitive=false synonyms={\
             DEFAULT_CONFIG:share.isolation.level=read_uncommitted}",
                "share.session.timeout.ms=50000 sensitive=false synonyms={\
             STATIC_BROKER_CONFIG:group.share.session.timeout.ms=50000, \
             DEFAULT_CONFIG:group.share.session.timeout.ms=45000}",
            ]
        );
        let metrics = describe_client_metrics(&map(&[("interval.ms", "1000")]));
        assert_eq!(
            metrics.iter().map(line).collect::<Vec<_>>(),
            [
                "interval.ms=1000 sensitive=false synonyms={\
             DYNAMIC_CLIENT_METRICS_CONFIG:interval.ms=1000}",
                "match= sensitive=false synonyms={}",
                "metrics= sensitive=false synonyms={}",
            ]
        );
    }

    #[test]
    fn hours_and_minutes_of_the_file_reach_the_topic_in_milliseconds() {
        let (none, file) = (map(&[]), map(&[("log.retention.hours", "2")]));
        let layers = ConfigLayers {
            dynamic_broker: &none,
            dynamic_default: &none,
            static_broker: &file,
        };
        assert_eq!(
            layers.topic_value(&none, "retention.ms").as_deref(),
            Some("7200000")
        );
        let dynamic = map(&[("log.retention.ms", "5")]);
        let layers = ConfigLayers {
            dynamic_default: &dynamic,
            ..layers
        };
        assert_eq!(
            layers.topic_value(&none, "retention.ms").as_deref(),
            Some("5")
        );
    }

    #[test]
    fn a_broker_is_described_as_kafka_describes_it() {
        let broker = map(&[("log.cleaner.threads", "2")]);
        let default = map(&[("log.cleaner.threads", "3")]);
        let file = map(&[
            ("node.id", "1"),
            ("my.key", "x"),
            ("record.validation", "full"),
        ]);
        let layers = ConfigLayers {
            dynamic_broker: &broker,
            dynamic_default: &default,
            static_broker: &file,
        };
        let entries = layers.describe_broker();
        let keys = [
            "log.cleaner.threads",
            "log.retention.hours",
            "my.key",
            "node.id",
            "record.validation",
            "sasl.jaas.config",
        ];
        assert_eq!(
            lines(&entries, &keys),
            [
                "log.cleaner.threads=2 sensitive=false synonyms={\
             DYNAMIC_BROKER_CONFIG:log.cleaner.threads=2, \
             DYNAMIC_DEFAULT_BROKER_CONFIG:log.cleaner.threads=3, \
             DEFAULT_CONFIG:log.cleaner.threads=1}",
                "log.retention.hours=168 sensitive=false synonyms={\
             DEFAULT_CONFIG:log.retention.hours=168}",
                "my.key=null sensitive=true synonyms={STATIC_BROKER_CONFIG:my.key=}",
                "node.id=1 sensitive=false synonyms={STATIC_BROKER_CONFIG:node.id=1}",
                "sasl.jaas.config=null sensitive=true synonyms={}",
            ]
        );
        let defaults = layers.describe_broker_default();
        assert_eq!(
            lines(&defaults, &["log.cleaner.threads"]),
            ["log.cleaner.threads=3 sensitive=false synonyms={\
             DYNAMIC_DEFAULT_BROKER_CONFIG:log.cleaner.threads=3}",]
        );
    }
}
