//! The keys of groups and of client metrics: settings that neither topics nor brokers have.
//!
//! A group's key has its default from the broker key of the same name behind `group.`, where
//! there is one, and bounds from that key's `min` and `max` siblings. Not here: what the groups'
//! protocols do with the values.

use super::broker::broker_def;
use super::def::ValidValues::{Any, AtLeast, OffsetReset, OneOf};
use super::def::{ConfigDef, config_table, find};
use super::value::{ConfigError, ConfigValue, parse};

/// Returns the row of a group's key.
#[must_use]
pub fn group_def(key: &str) -> Option<&'static ConfigDef> {
    find(GROUP_KEYS, key)
}

/// Returns the row of a key of client metrics.
#[must_use]
pub fn client_metrics_def(key: &str) -> Option<&'static ConfigDef> {
    find(CLIENT_METRICS_KEYS, key)
}

/// Returns the broker key that gives a group's key its default.
#[must_use]
pub fn group_server_key(key: &str) -> Option<&'static str> {
    Some(broker_def(&format!("group.{key}"))?.key)
}

/// Checks one key of a group and its value, but for the bounds that the broker sets.
pub fn validate_group_value(key: &str, text: &str) -> Result<ConfigValue, ConfigError> {
    let Some(def) = group_def(key) else {
        return Err(ConfigError::new(format!(
            "Unknown group config name: {key}"
        )));
    };
    parse(def, text)
}

/// Checks a group's value against the bounds that the broker sets; `broker_value` looks a broker
/// key up.
pub fn check_group_bounds<'a>(
    key: &str,
    text: &str,
    broker_value: impl Fn(&str) -> Option<&'a str>,
) -> Result<(), ConfigError> {
    let Ok(ConfigValue::Number(number)) = validate_group_value(key, text) else {
        return Ok(());
    };
    let Some((protocol, rest)) = key.split_once('.') else {
        return Ok(());
    };
    let rest = rest.strip_prefix("num.").unwrap_or(rest);
    let bound = |which: &str| {
        let name = format!("group.{protocol}.{which}.{rest}");
        let value: i64 = broker_value(&name)?.trim().parse().ok()?;
        Some((name, value))
    };
    if let Some((name, least)) = bound("min")
        && number < least
    {
        let text = format!("{key} must be greater than or equal to {name}");
        return Err(ConfigError::new(text));
    }
    if let Some((name, most)) = bound("max")
        && number > most
    {
        return Err(ConfigError::new(format!(
            "{key} must be less than or equal to {name}"
        )));
    }
    Ok(())
}

config_table! {
    /// The keys of a group.
    pub static GROUP_KEYS = {
    Int "consumer.assignment.interval.ms" = "1000", AtLeast(0), Medium, ReadOnly, Accepted:
        "Consumer groups: least time between two assignments.";
    Int "consumer.heartbeat.interval.ms" = "5000", AtLeast(1), Medium, ReadOnly, Honoured:
        "Consumer groups: how often members send heartbeats.";
    Int "consumer.session.timeout.ms" = "45000", AtLeast(1), Medium, ReadOnly, Honoured:
        "Consumer groups: a member that is silent this long has failed.";
    Int "share.assignment.interval.ms" = "1000", AtLeast(0), Medium, ReadOnly, Accepted:
        "Share groups: least time between two assignments.";
    String "share.auto.offset.reset" = "latest", OffsetReset, Medium, ReadOnly, Accepted:
        "Share groups: where a new group begins: earliest, latest or by_duration:<duration>.";
    Int "share.delivery.count.limit" = "5", AtLeast(2), Medium, ReadOnly, Accepted:
        "Share groups: how often a record is delivered at most.";
    Int "share.heartbeat.interval.ms" = "5000", AtLeast(1), Medium, ReadOnly, Accepted:
        "Share groups: how often members send heartbeats.";
    String "share.isolation.level" =
        "read_uncommitted", OneOf(&["read_committed", "read_uncommitted"]),
        Medium, ReadOnly, Accepted:
        "Share groups: whether records of open and aborted transactions are delivered.";
    Int "share.partition.max.record.locks" = "2000", AtLeast(100), Medium, ReadOnly, Accepted:
        "Share groups: records of one partition that may be in delivery at once.";
    Int "share.record.lock.duration.ms" = "30000", AtLeast(1_000), Medium, ReadOnly, Accepted:
        "Share groups: how long a delivered record waits for its acknowledgement.";
    Boolean "share.renew.acknowledge.enable" = "true", Any, Medium, ReadOnly, Accepted:
        "Share groups: whether a consumer may ask for more time for a record.";
    Int "share.session.timeout.ms" = "45000", AtLeast(1), Medium, ReadOnly, Accepted:
        "Share groups: a member that is silent this long has failed.";
    Int "streams.assignment.interval.ms" = "1000", AtLeast(0), Medium, ReadOnly, Accepted:
        "Streams groups: least time between two assignments.";
    Int "streams.heartbeat.interval.ms" = "5000", AtLeast(1), Medium, ReadOnly, Accepted:
        "Streams groups: how often members send heartbeats.";
    Int "streams.initial.rebalance.delay.ms" = "3000", AtLeast(0), Medium, ReadOnly, Accepted:
        "Streams groups: how long a new group waits for more members.";
    Int "streams.num.standby.replicas" = "0", AtLeast(0), Medium, ReadOnly, Accepted:
        "Streams groups: standby copies of each task's state.";
    Int "streams.session.timeout.ms" = "45000", AtLeast(1), Medium, ReadOnly, Accepted:
        "Streams groups: a member that is silent this long has failed.";
    }
}

config_table! {
    /// The keys of a set of client metrics.
    pub static CLIENT_METRICS_KEYS = {
    Int "interval.ms" = "300000", Any, Medium, ReadOnly, Accepted:
        "How often clients push their metrics.";
    List "match" = "", Any, Medium, ReadOnly, Accepted:
        "Which clients push: selector=pattern pairs, all of which must match.";
    List "metrics" = "", Any, Medium, ReadOnly, Accepted:
        "Prefixes of the metrics that are pushed.";
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_tables_are_sorted_and_hold_what_kafka_lists() {
        assert!(GROUP_KEYS.is_sorted_by_key(|row| row.key));
        assert!(CLIENT_METRICS_KEYS.is_sorted_by_key(|row| row.key));
        assert_eq!((GROUP_KEYS.len(), CLIENT_METRICS_KEYS.len()), (17, 3));
    }

    #[test]
    fn a_group_key_has_the_default_of_its_broker_key() {
        let mut without = Vec::new();
        for row in GROUP_KEYS {
            match group_server_key(row.key).and_then(broker_def) {
                Some(server) => assert_eq!(server.default, row.default, "{}", row.key),
                None => without.push(row.key),
            }
        }
        assert_eq!(
            without,
            [
                "share.auto.offset.reset",
                "share.isolation.level",
                "share.renew.acknowledge.enable"
            ]
        );
    }

    #[test]
    fn values_are_refused_as_kafka_refuses_them() {
        let cases = [
            ("nope", "1", "Unknown group config name: nope"),
            (
                "share.delivery.count.limit",
                "1",
                "Invalid value 1 for configuration share.delivery.count.limit: Value must be at \
                 least 2",
            ),
        ];
        for (key, text, message) in cases {
            assert_eq!(
                validate_group_value(key, text).unwrap_err().message(),
                message
            );
        }
        let bounds = [
            (
                "consumer.session.timeout.ms",
                "1",
                "consumer.session.timeout.ms must be greater than or equal to \
                 group.consumer.min.session.timeout.ms",
            ),
            (
                "streams.num.standby.replicas",
                "9",
                "streams.num.standby.replicas must be less than or equal to \
                 group.streams.max.standby.replicas",
            ),
        ];
        let default = |key: &str| broker_def(key)?.default_text();
        for (key, text, message) in bounds {
            let error = check_group_bounds(key, text, default).unwrap_err();
            assert_eq!(error.message(), message);
        }
        assert!(check_group_bounds("consumer.session.timeout.ms", "50000", default).is_ok());
    }
}
