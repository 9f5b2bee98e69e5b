//! A topic's settings, typed: what the log, the cleaner and the produce path read.
//!
//! Values were checked when they were set; one that does not parse all the same (written by a
//! newer release, say) counts as unset, so that a topic always has a complete configuration.

use super::resolve::{ConfigLayers, ConfigMap};
use super::topic::topic_def;
use super::value::{ConfigValue, parse};

/// What happens to old records.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct CleanupPolicy {
    /// Segments beyond the retention time or size go.
    pub delete: bool,
    /// Of each key the last record stays.
    pub compact: bool,
}

/// How the broker stores batches.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CompressionKind {
    /// As the producer sent them.
    Producer,
    /// Without compression.
    Uncompressed,
    /// Compressed with gzip.
    Gzip,
    /// Compressed with snappy.
    Snappy,
    /// Compressed with lz4.
    Lz4,
    /// Compressed with zstd.
    Zstd,
}

/// Whose clock a record's timestamp shows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TimestampType {
    /// The producer's.
    CreateTime,
    /// The broker's, on append.
    LogAppendTime,
}

/// All settings of a topic, defaults included.
#[derive(Clone, Debug, PartialEq)]
pub struct TopicConfig {
    /// `cleanup.policy`
    pub cleanup_policy: CleanupPolicy,
    /// `compression.type`
    pub compression: CompressionKind,
    /// `compression.gzip.level`; -1 is the codec's default.
    pub compression_gzip_level: i64,
    /// `compression.lz4.level`
    pub compression_lz4_level: i64,
    /// `compression.zstd.level`
    pub compression_zstd_level: i64,
    /// `delete.retention.ms`
    pub delete_retention_ms: i64,
    /// `file.delete.delay.ms`
    pub file_delete_delay_ms: i64,
    /// `flush.messages`
    pub flush_messages: i64,
    /// `flush.ms`
    pub flush_ms: i64,
    /// `index.interval.bytes`
    pub index_interval_bytes: u64,
    /// `max.compaction.lag.ms`
    pub max_compaction_lag_ms: i64,
    /// `max.message.bytes`
    pub max_message_bytes: u64,
    /// `message.timestamp.after.max.ms`
    pub timestamp_after_max_ms: i64,
    /// `message.timestamp.before.max.ms`
    pub timestamp_before_max_ms: i64,
    /// `message.timestamp.type`
    pub timestamp_type: TimestampType,
    /// `min.cleanable.dirty.ratio`
    pub min_cleanable_dirty_ratio: f64,
    /// `min.compaction.lag.ms`
    pub min_compaction_lag_ms: i64,
    /// `min.insync.replicas`
    pub min_insync_replicas: i64,
    /// `preallocate`
    pub preallocate: bool,
    /// `retention.bytes`; -1 is no limit.
    pub retention_bytes: i64,
    /// `retention.ms`; -1 is no limit.
    pub retention_ms: i64,
    /// `segment.bytes`, or `internal.segment.bytes` where that is set.
    pub segment_bytes: u64,
    /// `segment.index.bytes`
    pub segment_index_bytes: u64,
    /// `segment.jitter.ms`
    pub segment_jitter_ms: i64,
    /// `segment.ms`
    pub segment_ms: i64,
    /// `unclean.leader.election.enable`
    pub unclean_leader_election: bool,
}

impl Default for TopicConfig {
    fn default() -> Self {
        let none = ConfigMap::new();
        let layers = ConfigLayers {
            dynamic_broker: &none,
            dynamic_default: &none,
            static_broker: &none,
        };
        Self::resolve(&layers, &none)
    }
}

impl TopicConfig {
    /// Returns the settings of a topic with these overrides on a broker with these layers.
    #[must_use]
    pub fn resolve(layers: &ConfigLayers<'_>, overrides: &ConfigMap) -> Self {
        let values = Values { layers, overrides };
        let internal_segment_bytes = values.number("internal.segment.bytes");
        let segment_bytes = if internal_segment_bytes > 0 {
            internal_segment_bytes
        } else {
            values.number("segment.bytes")
        };
        Self {
            cleanup_policy: values.cleanup_policy(),
            compression: values.compression(),
            compression_gzip_level: values.number("compression.gzip.level"),
            compression_lz4_level: values.number("compression.lz4.level"),
            compression_zstd_level: values.number("compression.zstd.level"),
            delete_retention_ms: values.number("delete.retention.ms"),
            file_delete_delay_ms: values.number("file.delete.delay.ms"),
            flush_messages: values.number("flush.messages"),
            flush_ms: values.number("flush.ms"),
            index_interval_bytes: values.bytes("index.interval.bytes"),
            max_compaction_lag_ms: values.number("max.compaction.lag.ms"),
            max_message_bytes: values.bytes("max.message.bytes"),
            timestamp_after_max_ms: values.number("message.timestamp.after.max.ms"),
            timestamp_before_max_ms: values.number("message.timestamp.before.max.ms"),
            timestamp_type: values.timestamp_type(),
            min_cleanable_dirty_ratio: values.double("min.cleanable.dirty.ratio"),
            min_compaction_lag_ms: values.number("min.compaction.lag.ms"),
            min_insync_replicas: values.number("min.insync.replicas"),
            preallocate: values.boolean("preallocate"),
            retention_bytes: values.number("retention.bytes"),
            retention_ms: values.number("retention.ms"),
            segment_bytes: u64::try_from(segment_bytes).unwrap_or(0),
            segment_index_bytes: values.bytes("segment.index.bytes"),
            segment_jitter_ms: values.number("segment.jitter.ms"),
            segment_ms: values.number("segment.ms"),
            unclean_leader_election: values.boolean("unclean.leader.election.enable"),
        }
    }
}

/// Looks values up and types them.
struct Values<'a> {
    layers: &'a ConfigLayers<'a>,
    overrides: &'a ConfigMap,
}

impl Values<'_> {
    fn value(&self, key: &str) -> Option<ConfigValue> {
        let def = topic_def(key)?;
        let set = self.layers.topic_value(self.overrides, key);
        let parsed = set.and_then(|text| parse(def, &text).ok());
        parsed.or_else(|| parse(def, def.default_text()?).ok())
    }

    fn number(&self, key: &str) -> i64 {
        match self.value(key) {
            Some(ConfigValue::Number(number)) => number,
            _ => 0,
        }
    }

    fn bytes(&self, key: &str) -> u64 {
        u64::try_from(self.number(key)).unwrap_or(0)
    }

    fn double(&self, key: &str) -> f64 {
        match self.value(key) {
            Some(ConfigValue::Double(number)) => number,
            _ => 0.0,
        }
    }

    fn boolean(&self, key: &str) -> bool {
        matches!(self.value(key), Some(ConfigValue::Boolean(true)))
    }

    fn text(&self, key: &str) -> String {
        self.value(key)
            .map(|value| value.to_string())
            .unwrap_or_default()
    }

    fn cleanup_policy(&self) -> CleanupPolicy {
        let list = match self.value("cleanup.policy") {
            Some(ConfigValue::List(list)) => list,
            _ => Vec::new(),
        };
        let has = |word: &str| list.iter().any(|policy| policy == word);
        CleanupPolicy {
            delete: has("delete"),
            compact: has("compact"),
        }
    }

    fn compression(&self) -> CompressionKind {
        match self.text("compression.type").as_str() {
            "uncompressed" => CompressionKind::Uncompressed,
            "gzip" => CompressionKind::Gzip,
            "snappy" => CompressionKind::Snappy,
            "lz4" => CompressionKind::Lz4,
            "zstd" => CompressionKind::Zstd,
            _ => CompressionKind::Producer,
        }
    }

    fn timestamp_type(&self) -> TimestampType {
        match self.text("message.timestamp.type").as_str() {
            "LogAppendTime" => TimestampType::LogAppendTime,
            _ => TimestampType::CreateTime,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn without_settings_a_topic_has_kafkas_defaults() {
        let config = TopicConfig::default();
        assert_eq!(
            config.cleanup_policy,
            CleanupPolicy {
                delete: true,
                compact: false
            }
        );
        assert_eq!(config.segment_bytes, 1 << 30);
        assert_eq!(config.retention_ms, 7 * 24 * 3_600_000);
        assert_eq!(config.segment_ms, 7 * 24 * 3_600_000);
        assert_eq!(config.max_message_bytes, 1_048_588);
        assert_eq!(config.flush_ms, i64::MAX);
        assert_eq!(config.compression, CompressionKind::Producer);
    }

    #[test]
    fn a_value_that_does_not_parse_counts_as_unset() {
        let none = ConfigMap::new();
        let layers = ConfigLayers {
            dynamic_broker: &none,
            dynamic_default: &none,
            static_broker: &none,
        };
        let overrides = ConfigMap::from([
            ("retention.ms".to_owned(), "soon".to_owned()),
            ("cleanup.policy".to_owned(), "compact".to_owned()),
            ("internal.segment.bytes".to_owned(), "100".to_owned()),
        ]);
        let config = TopicConfig::resolve(&layers, &overrides);
        assert_eq!(config.retention_ms, 7 * 24 * 3_600_000);
        assert_eq!(
            config.cleanup_policy,
            CleanupPolicy {
                delete: false,
                compact: true
            }
        );
        assert_eq!(config.segment_bytes, 100);
    }
}
