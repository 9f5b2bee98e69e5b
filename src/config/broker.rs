//! The keys of a broker: what Kafka 4.3.1 knows, what it once knew, and what only kt knows.
//!
//! A key in none of the tables is kept without effect and never an error, as in Kafka.

use super::def::ValidValues::{Any, AtLeast, OneOf};
use super::def::{ConfigDef, UpdateMode, config_table, find};

pub use super::broker_keys::BROKER_KEYS;

/// Returns the row of a broker key that Kafka knows, without a listener's prefix.
#[must_use]
pub fn broker_def(key: &str) -> Option<&'static ConfigDef> {
    find(BROKER_KEYS, key)
}

/// Returns the row of a key that exists only as a dynamic one: the replication throttles.
#[must_use]
pub fn dynamic_only_def(key: &str) -> Option<&'static ConfigDef> {
    find(DYNAMIC_ONLY_KEYS, key)
}

/// Returns the row of a key that only kt knows; such keys are static and never described.
#[must_use]
pub fn kt_def(key: &str) -> Option<&'static ConfigDef> {
    find(KT_KEYS, key)
}

/// Returns whether older releases of Kafka knew `key`, so that it is worth a word in the log.
#[must_use]
pub fn is_retired(key: &str) -> bool {
    RETIRED_KEYS.contains(&key) || key.starts_with("zookeeper.")
}

/// Splits `listener.name.NAME.KEY` into the listener's name and the key.
#[must_use]
pub fn split_listener_prefix(key: &str) -> Option<(&str, &str)> {
    key.strip_prefix("listener.name.")?.split_once('.')
}

/// Returns whether and for whom `key` may change while the broker runs; `None` if Kafka does
/// not know the key.
#[must_use]
pub fn update_mode(key: &str) -> Option<UpdateMode> {
    if let Some(row) = broker_def(key).or_else(|| dynamic_only_def(key)) {
        return Some(row.update);
    }
    // SASL keys may have the mechanism in front: listener.name.NAME.scram-sha-256.KEY.
    let (_, rest) = split_listener_prefix(key)?;
    let row = broker_def(rest).or_else(|| broker_def(rest.split_once('.')?.1))?;
    match row.update {
        UpdateMode::ReadOnly => None,
        UpdateMode::PerBroker | UpdateMode::ClusterWide => Some(UpdateMode::PerBroker),
    }
}

/// Returns the keys that set the same thing as `key`, strongest first.
#[must_use]
pub fn synonyms<'a>(key: &'a str) -> Vec<&'a str> {
    const SAME: &[&[&str]] = &[
        &["log.roll.ms", "log.roll.hours"],
        &["log.roll.jitter.ms", "log.roll.jitter.hours"],
        &["log.flush.interval.ms", "log.flush.scheduler.interval.ms"],
        &[
            "log.retention.ms",
            "log.retention.minutes",
            "log.retention.hours",
        ],
    ];
    let alone: Vec<&'a str> = match split_listener_prefix(key) {
        Some((_, rest)) => vec![key, rest],
        None => vec![key],
    };
    let flusher = key == "log.flush.scheduler.interval.ms";
    match SAME.iter().find(|group| group.contains(&key) && !flusher) {
        Some(group) => group.to_vec(),
        None => alone,
    }
}

/// Keys that older releases knew and 4.3.1 keeps without effect.
static RETIRED_KEYS: &[&str] = &[
    "advertised.host.name",
    "advertised.port",
    "broker.id.generation.enable",
    "control.plane.listener.name",
    "controlled.shutdown.max.retries",
    "controlled.shutdown.retry.backoff.ms",
    "eligible.leader.replicas.enable",
    "group.coordinator.new.enable",
    "group.share.enable",
    "group.share.max.groups",
    "host.name",
    "inter.broker.protocol.version",
    "leader.imbalance.per.broker.percentage",
    "log.message.downconversion.enable",
    "log.message.format.version",
    "log.message.timestamp.difference.max.ms",
    "metadata.log.segment.min.bytes",
    "password.encoder.cipher.algorithm",
    "password.encoder.iterations",
    "password.encoder.key.length",
    "password.encoder.keyfactory.algorithm",
    "password.encoder.old.secret",
    "password.encoder.secret",
    "port",
    "reserved.broker.max.id",
    "share.fetch.max.fetch.records",
    "zookeeper.clientCnxnSocket",
    "zookeeper.connect",
    "zookeeper.connection.timeout.ms",
    "zookeeper.max.in.flight.requests",
    "zookeeper.metadata.migration.enable",
    "zookeeper.metadata.migration.min.batch.size",
    "zookeeper.session.timeout.ms",
    "zookeeper.set.acl",
    "zookeeper.ssl.cipher.suites",
    "zookeeper.ssl.client.enable",
    "zookeeper.ssl.crl.enable",
    "zookeeper.ssl.enabled.protocols",
    "zookeeper.ssl.endpoint.identification.algorithm",
    "zookeeper.ssl.keystore.location",
    "zookeeper.ssl.keystore.password",
    "zookeeper.ssl.keystore.type",
    "zookeeper.ssl.ocsp.enable",
    "zookeeper.ssl.protocol",
    "zookeeper.ssl.truststore.location",
    "zookeeper.ssl.truststore.password",
    "zookeeper.ssl.truststore.type",
];

config_table! {
    /// Keys that only a dynamic setting has.
    pub static DYNAMIC_ONLY_KEYS = {
    Long "follower.replication.throttled.rate" =
        "9223372036854775807", AtLeast(0), Medium, ClusterWide, Accepted:
        "Bytes a second that a broker may fetch for throttled replicas.";
    Long "leader.replication.throttled.rate" =
        "9223372036854775807", AtLeast(0), Medium, ClusterWide, Accepted:
        "Bytes a second that a broker may send for throttled replicas.";
    Long "replica.alter.log.dirs.io.max.bytes.per.second" =
        "9223372036854775807", AtLeast(0), Medium, ClusterWide, Honoured:
        "Bytes a second for moving replicas between directories.";
    }
}

config_table! {
    /// Keys that only kt has, static ones.
    pub static KT_KEYS = {
    Boolean "log.flush.before.ack" = "true", Any, High, ReadOnly, Honoured:
        "Whether acks=all and the high watermark wait for the record to be on the disk. With \
         false, flush.messages and flush.ms decide when to sync, as in Kafka.";
    String "record.validation" = "full", OneOf(&["full", "header"]), Medium, ReadOnly, Honoured:
        "full checks every record of a batch on append, header only the batch's own fields.";
    }
}

config_table! {
    /// Keys that Kafka's authorizer reads; no part of the broker's own table.
    pub static AUTHORIZER_KEYS = {
    Boolean "allow.everyone.if.no.acl.found" = "false", Any, Medium, ReadOnly, Accepted:
        "Whether a resource without any ACL is open to all.";
    String "super.users" = "", Any, Medium, ReadOnly, Accepted:
        "Principals that no ACL check stops, between semicolons (User:admin;User:bob).";
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::def::DefaultValue;
    use crate::config::value::parse;

    #[test]
    fn tables_are_sorted_and_their_defaults_are_valid() {
        for table in [BROKER_KEYS, DYNAMIC_ONLY_KEYS, KT_KEYS, AUTHORIZER_KEYS] {
            assert!(table.is_sorted_by_key(|row| row.key));
            for row in table {
                if let DefaultValue::Text(text) = row.default {
                    parse(row, text).unwrap();
                }
                assert!(row.doc.ends_with('.'), "{}: {}", row.key, row.doc);
            }
        }
        assert!(RETIRED_KEYS.is_sorted());
    }

    #[test]
    fn the_table_lists_as_many_keys_as_kafka_does() {
        assert_eq!(BROKER_KEYS.iter().filter(|row| !row.internal).count(), 340);
    }

    #[test]
    fn a_listener_prefix_makes_a_dynamic_key_per_broker() {
        assert_eq!(update_mode("log.dirs"), Some(UpdateMode::ReadOnly));
        assert_eq!(update_mode("num.io.threads"), Some(UpdateMode::ClusterWide));
        let keys = [
            "listener.name.internal.max.connections",
            "ssl.keystore.location",
        ];
        for key in keys {
            assert_eq!(update_mode(key), Some(UpdateMode::PerBroker), "{key}");
        }
        let jaas = "listener.name.internal.scram-sha-256.sasl.jaas.config";
        assert_eq!(update_mode(jaas), Some(UpdateMode::PerBroker));
        assert_eq!(update_mode("no.such.key"), None);
    }

    #[test]
    fn synonyms_are_in_order_of_strength() {
        let all = [
            "log.retention.ms",
            "log.retention.minutes",
            "log.retention.hours",
        ];
        assert_eq!(synonyms("log.retention.hours"), all);
        assert_eq!(synonyms("num.partitions"), ["num.partitions"]);
        let flusher = "log.flush.scheduler.interval.ms";
        assert_eq!(synonyms(flusher), [flusher]);
    }
}
