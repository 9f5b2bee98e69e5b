//! The keys of a topic (Kafka 4.3.1 has 33, and one that it does not list), each with the broker
//! keys that give its default.

use super::def::ValidValues::{
    Any, AtLeast, Between, BetweenOr, Fraction, ListOf, OneOf, ThrottledReplicas,
};
use super::def::{ConfigDef, config_table, find};
use super::resolve::ConfigMap;
use super::value::{ConfigError, ConfigValue, parse};

/// Returns the row of a topic key.
#[must_use]
pub fn topic_def(key: &str) -> Option<&'static ConfigDef> {
    find(TOPIC_KEYS, key)
}

/// Returns the broker keys that give `key` its default, strongest first; none if there is none.
#[must_use]
pub fn server_keys(key: &str) -> &'static [&'static str] {
    match SERVER_KEYS.binary_search_by(|(topic_key, _)| (*topic_key).cmp(key)) {
        Ok(index) => SERVER_KEYS.get(index).map_or(&[], |(_, keys)| keys),
        Err(_) => &[],
    }
}

/// Checks one topic key and its value as `CreateTopics` and `AlterConfigs` do.
pub fn validate_topic_value(key: &str, text: &str) -> Result<ConfigValue, ConfigError> {
    let Some(def) = topic_def(key) else {
        return Err(ConfigError::new(format!(
            "Unknown topic config name: {key}"
        )));
    };
    parse(def, text)
}

/// Checks all settings of a topic, each and together (`LogConfig.validate`).
pub fn validate_topic_configs(configs: &ConfigMap) -> Result<(), ConfigError> {
    for (key, text) in configs {
        validate_topic_value(key, text)?;
    }
    let number = |key: &str| {
        let text = configs.get(key).map(String::as_str);
        let text = text.or_else(|| topic_def(key)?.default_text());
        text.and_then(|text| text.trim().parse::<i64>().ok())
            .unwrap_or(0)
    };
    let least = number("min.compaction.lag.ms");
    let most = number("max.compaction.lag.ms");
    if least > most {
        return Err(ConfigError::new(format!(
            "conflict topic config setting min.compaction.lag.ms ({least}) > \
             max.compaction.lag.ms ({most})"
        )));
    }
    let tiered = configs.get("remote.storage.enable");
    if tiered.is_some_and(|text| text.trim().eq_ignore_ascii_case("true")) {
        return Err(ConfigError::new(
            "Tiered Storage functionality is disabled in the broker. Topic cannot be configured \
             with remote log storage.",
        ));
    }
    Ok(())
}

config_table! {
    /// The keys of a topic.
    pub static TOPIC_KEYS = {
    List "cleanup.policy" = "delete", ListOf(&["compact", "delete"]), Medium, ReadOnly, Honoured:
        "What happens to old data: delete by age/size, compact by key, or both \
         ('compact,delete').";
    Int "compression.gzip.level" = "-1", BetweenOr(1, 9, -1), Medium, ReadOnly, Honoured:
        "Level when the broker itself compresses with gzip (compression.type=gzip).";
    Int "compression.lz4.level" = "9", Between(1, 17), Medium, ReadOnly, Accepted:
        "Level when the broker itself compresses with lz4.";
    String "compression.type" =
        "producer", OneOf(&["uncompressed", "zstd", "lz4", "snappy", "gzip", "producer"]),
        Medium, ReadOnly, Honoured:
        "Codec data is stored in; producer keeps whatever the producer sent, uncompressed stores \
         plain.";
    Int "compression.zstd.level" = "3", Between(-131_072, 22), Medium, ReadOnly, Honoured:
        "Level when the broker itself compresses with zstd.";
    Long "delete.retention.ms" = "86400000", AtLeast(0), Medium, ReadOnly, Honoured:
        "How long tombstones (null values) of a compacted topic stay visible.";
    Long "file.delete.delay.ms" = "60000", AtLeast(0), Medium, ReadOnly, Honoured:
        "Wait between renaming a file to .deleted and removing it.";
    Long "flush.messages" = "9223372036854775807", AtLeast(1), Medium, ReadOnly, Honoured:
        "Records between fsyncs.";
    Long "flush.ms" = "9223372036854775807", AtLeast(0), Medium, ReadOnly, Honoured:
        "Longest time without fsync.";
    List "follower.replication.throttled.replicas" =
        "", ThrottledReplicas, Medium, ReadOnly, Accepted:
        "Replicas throttled on the fetching side: partition:broker pairs, * for all, or empty.";
    Int "index.interval.bytes" = "4096", AtLeast(0), Medium, ReadOnly, Honoured:
        "Bytes of log between two offset index entries.";
    Int "internal.segment.bytes" = null, Any, Medium, ReadOnly, Accepted internal:
        "Segment size below the public minimum.";
    List "leader.replication.throttled.replicas" =
        "", ThrottledReplicas, Medium, ReadOnly, Accepted:
        "Replicas throttled on the sending side: partition:broker pairs, * for all, or empty.";
    Long "local.retention.bytes" = "-2", AtLeast(-2), Medium, ReadOnly, Accepted:
        "Tiered storage: local size limit; -2 uses retention.bytes, -1 no limit.";
    Long "local.retention.ms" = "-2", AtLeast(-2), Medium, ReadOnly, Accepted:
        "Tiered storage: local age limit; -2 uses retention.ms, -1 no limit.";
    Long "max.compaction.lag.ms" = "9223372036854775807", AtLeast(1), Medium, ReadOnly, Honoured:
        "Compaction is forced once a record is uncompacted this long. Must not be below \
         min.compaction.lag.ms.";
    Int "max.message.bytes" = "1048588", AtLeast(0), Medium, ReadOnly, Honoured:
        "Largest record batch (after compression) accepted; above: RECORD_TOO_LARGE / \
         MESSAGE_TOO_LARGE.";
    Long "message.timestamp.after.max.ms" = "3600000", AtLeast(0), Medium, ReadOnly, Honoured:
        "CreateTime topics: how far ahead of the broker clock a timestamp may be; otherwise \
         INVALID_TIMESTAMP.";
    Long "message.timestamp.before.max.ms" =
        "9223372036854775807", AtLeast(0), Medium, ReadOnly, Honoured:
        "CreateTime topics: how far behind the broker clock a timestamp may be; otherwise \
         INVALID_TIMESTAMP.";
    String "message.timestamp.type" =
        "CreateTime", OneOf(&["CreateTime", "LogAppendTime"]), Medium, ReadOnly, Honoured:
        "CreateTime keeps the producer's time, LogAppendTime replaces it.";
    Double "min.cleanable.dirty.ratio" = "0.5", Fraction(0.0, 1.0), Medium, ReadOnly, Honoured:
        "Share of uncompacted bytes at which a log becomes a compaction candidate.";
    Long "min.compaction.lag.ms" = "0", AtLeast(0), Medium, ReadOnly, Honoured:
        "Records stay uncompacted at least this long.";
    Int "min.insync.replicas" = "1", AtLeast(1), Medium, ReadOnly, Honoured:
        "In-sync replicas needed for acks=all, never more than the topic has replicas; fewer: \
         NOT_ENOUGH_REPLICAS.";
    Boolean "preallocate" = "false", Any, Medium, ReadOnly, Accepted:
        "Create segment files at full size.";
    Boolean "remote.log.copy.disable" = "false", Any, Medium, ReadOnly, Accepted:
        "Tiered storage: stop uploading, keep reading.";
    Boolean "remote.log.delete.on.disable" = "false", Any, Medium, ReadOnly, Accepted:
        "Tiered storage: allow remote data to be deleted when remote.storage.enable goes from \
         true to false.";
    Boolean "remote.storage.enable" = "false", Any, Medium, ReadOnly, Accepted:
        "Tiered storage for this topic; needs remote.log.storage.system.enable on the broker.";
    Long "retention.bytes" = "-1", Any, Medium, ReadOnly, Honoured:
        "Size limit per partition; -1 none.";
    Long "retention.ms" = "604800000", AtLeast(-1), Medium, ReadOnly, Honoured:
        "How long records are kept before they may be deleted, in ms; -1 for ever.";
    Int "segment.bytes" = "1073741824", AtLeast(1_048_576), Medium, ReadOnly, Honoured:
        "Size at which a new segment starts (at least 1 MiB since 4.0).";
    Int "segment.index.bytes" = "10485760", AtLeast(4), Medium, ReadOnly, Honoured:
        "Size of an index file.";
    Long "segment.jitter.ms" = "0", AtLeast(0), Medium, ReadOnly, Honoured:
        "Random reduction of segment.ms.";
    Long "segment.ms" = "604800000", AtLeast(1), Medium, ReadOnly, Honoured:
        "Age at which a new segment starts even if it is small.";
    Boolean "unclean.leader.election.enable" = "false", Any, Medium, ReadOnly, Accepted:
        "May a replica outside the ISR become leader.";
    }
}

/// Topic keys with the broker keys behind them, sorted.
static SERVER_KEYS: &[(&str, &[&str])] = &[
    ("cleanup.policy", &["log.cleanup.policy"]),
    ("compression.gzip.level", &["compression.gzip.level"]),
    ("compression.lz4.level", &["compression.lz4.level"]),
    ("compression.type", &["compression.type"]),
    ("compression.zstd.level", &["compression.zstd.level"]),
    ("delete.retention.ms", &["log.cleaner.delete.retention.ms"]),
    ("file.delete.delay.ms", &["log.segment.delete.delay.ms"]),
    ("flush.messages", &["log.flush.interval.messages"]),
    (
        "flush.ms",
        &["log.flush.interval.ms", "log.flush.scheduler.interval.ms"],
    ),
    ("index.interval.bytes", &["log.index.interval.bytes"]),
    ("local.retention.bytes", &["log.local.retention.bytes"]),
    ("local.retention.ms", &["log.local.retention.ms"]),
    (
        "max.compaction.lag.ms",
        &["log.cleaner.max.compaction.lag.ms"],
    ),
    ("max.message.bytes", &["message.max.bytes"]),
    (
        "message.timestamp.after.max.ms",
        &["log.message.timestamp.after.max.ms"],
    ),
    (
        "message.timestamp.before.max.ms",
        &["log.message.timestamp.before.max.ms"],
    ),
    ("message.timestamp.type", &["log.message.timestamp.type"]),
    (
        "min.cleanable.dirty.ratio",
        &["log.cleaner.min.cleanable.ratio"],
    ),
    (
        "min.compaction.lag.ms",
        &["log.cleaner.min.compaction.lag.ms"],
    ),
    ("min.insync.replicas", &["min.insync.replicas"]),
    ("preallocate", &["log.preallocate"]),
    ("retention.bytes", &["log.retention.bytes"]),
    (
        "retention.ms",
        &[
            "log.retention.ms",
            "log.retention.minutes",
            "log.retention.hours",
        ],
    ),
    ("segment.bytes", &["log.segment.bytes"]),
    ("segment.index.bytes", &["log.index.size.max.bytes"]),
    (
        "segment.jitter.ms",
        &["log.roll.jitter.ms", "log.roll.jitter.hours"],
    ),
    ("segment.ms", &["log.roll.ms", "log.roll.hours"]),
    (
        "unclean.leader.election.enable",
        &["unclean.leader.election.enable"],
    ),
];

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::broker::broker_def;

    #[test]
    fn the_table_has_the_33_keys_that_kafka_lists() {
        assert_eq!(TOPIC_KEYS.iter().filter(|row| !row.internal).count(), 33);
        assert!(TOPIC_KEYS.is_sorted_by_key(|row| row.key));
    }

    #[test]
    fn every_server_key_is_a_broker_key_of_the_same_kind_of_value() {
        for (key, server_keys) in SERVER_KEYS {
            let row = topic_def(key).unwrap();
            let first = broker_def(server_keys[0]).unwrap();
            assert_eq!(row.kind, first.kind, "{key}");
            for server_key in *server_keys {
                assert!(broker_def(server_key).is_some(), "{server_key}");
            }
        }
        assert!(SERVER_KEYS.is_sorted_by_key(|(key, _)| *key));
    }

    #[test]
    fn refusals_are_worded_as_kafka_words_them() {
        let cases = [
            ("retention", "1", "Unknown topic config name: retention"),
            (
                "retention.ms",
                "week",
                "Invalid value week for configuration retention.ms: Not a number of type LONG",
            ),
            (
                "segment.bytes",
                "3000000000",
                "Invalid value 3000000000 for configuration segment.bytes: \
                 Not a number of type INT",
            ),
            (
                "segment.bytes",
                "10",
                "Invalid value 10 for configuration segment.bytes: Value must be at least 1048576",
            ),
            (
                "cleanup.policy",
                "compact,shred",
                "Invalid value shred for configuration cleanup.policy: \
                 String must be one of: compact, delete",
            ),
            (
                "preallocate",
                "yes",
                "Invalid value yes for configuration preallocate: \
                 Expected value to be either true or false",
            ),
            (
                "min.cleanable.dirty.ratio",
                "1.5",
                "Invalid value 1.5 for configuration min.cleanable.dirty.ratio: \
                 Value must be no more than 1",
            ),
            (
                "compression.gzip.level",
                "99",
                "Invalid value 99 for configuration compression.gzip.level: \
                 Value must be between 1 and 9 or equal to -1",
            ),
            (
                "leader.replication.throttled.replicas",
                "abc",
                "Invalid value [abc] for configuration leader.replication.throttled.replicas: \
                 leader.replication.throttled.replicas must be the literal '*' or a list of \
                 replicas in the following format: [partitionId]:[brokerId],\
                 [partitionId]:[brokerId],...",
            ),
        ];
        for (key, text, message) in cases {
            let error = validate_topic_value(key, text).unwrap_err();
            assert_eq!(error.message(), message);
        }
    }

    #[test]
    fn settings_are_checked_together() {
        let refusal = |pairs: &[(&str, &str)]| {
            let pairs = pairs
                .iter()
                .map(|(key, text)| ((*key).to_owned(), (*text).to_owned()));
            validate_topic_configs(&pairs.collect()).map_err(|error| error.to_string())
        };
        let lags = [
            ("min.compaction.lag.ms", "9"),
            ("max.compaction.lag.ms", "5"),
        ];
        let text = "conflict topic config setting min.compaction.lag.ms (9) > \
                    max.compaction.lag.ms (5)";
        assert_eq!(refusal(&lags), Err(text.to_owned()));
        assert!(refusal(&[("remote.storage.enable", "TRUE")]).is_err());
        assert_eq!(refusal(&[("min.compaction.lag.ms", "9")]), Ok(()));
    }

    #[test]
    fn what_kafka_takes_is_taken() {
        let cases = [
            ("cleanup.policy", ""),
            ("cleanup.policy", "compact, delete"),
            ("preallocate", "TRUE"),
            ("leader.replication.throttled.replicas", "*"),
            ("leader.replication.throttled.replicas", "0:1,1:2"),
            ("compression.gzip.level", "-1"),
            ("retention.ms", " 5 "),
        ];
        for (key, text) in cases {
            validate_topic_value(key, text).unwrap();
        }
    }
}
