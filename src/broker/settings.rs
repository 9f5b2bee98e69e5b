//! What the layers of configuration say about a topic's partitions.

use std::collections::BTreeMap;

use super::internal_topics::is_internal;
use crate::config::{
    CompressionKind, ConfigLayers, RecordValidation, ServerConfig, TimestampType, TopicConfig,
};
use crate::metadata::MetadataImage;
use crate::metadata::record::resource_type;
use crate::record::{self, Codec, ValidateOptions, Walk};
use crate::replica::PartitionSettings;
use crate::rng::Rng;
use crate::storage::LogConfig;
use crate::types::BrokerId;

/// Resolves settings from the broker's file and the metadata.
#[derive(Clone, Debug)]
pub(super) struct SettingsOf {
    pub(super) node_id: BrokerId,
    pub(super) config: ServerConfig,
}

impl SettingsOf {
    /// Returns the settings of a topic's partitions; each call draws the segment jitter anew.
    pub(super) fn of_topic(
        &self,
        image: &MetadataImage,
        topic: &str,
        rng: &mut Rng,
    ) -> PartitionSettings {
        let none = BTreeMap::new();
        let set = |kind, name: &str| image.config(kind, name).map_or(&none, |config| &**config);
        let layers = ConfigLayers {
            dynamic_broker: set(resource_type::BROKER, &self.node_id.to_string()),
            dynamic_default: set(resource_type::BROKER, ""),
            static_broker: &self.config.static_keys,
        };
        let config = TopicConfig::resolve(&layers, set(resource_type::TOPIC, topic));
        PartitionSettings {
            validate: self.validate(&config),
            log: LogConfig {
                keeps_spare: is_internal(topic),
                ..self.log(&config, rng)
            },
            min_in_sync: i32::try_from(config.min_insync_replicas).unwrap_or(i32::MAX),
            flush_before_ack: self.config.flush_before_ack,
        }
    }

    fn validate(&self, topic: &TopicConfig) -> ValidateOptions {
        let level = |level: i64| i32::try_from(level).ok();
        let (target, target_level) = match topic.compression {
            CompressionKind::Producer => (None, None),
            CompressionKind::Uncompressed => (Some(Codec::None), None),
            CompressionKind::Gzip => (Some(Codec::Gzip), level(topic.compression_gzip_level)),
            CompressionKind::Snappy => (Some(Codec::Snappy), None),
            CompressionKind::Lz4 => (Some(Codec::Lz4), level(topic.compression_lz4_level)),
            CompressionKind::Zstd => (Some(Codec::Zstd), level(topic.compression_zstd_level)),
        };
        ValidateOptions {
            max_message_bytes: usize::try_from(topic.max_message_bytes).unwrap_or(usize::MAX),
            compacted: topic.cleanup_policy.compact,
            timestamp_type: match topic.timestamp_type {
                TimestampType::CreateTime => record::TimestampType::CreateTime,
                TimestampType::LogAppendTime => record::TimestampType::LogAppendTime,
            },
            before_max_ms: topic.timestamp_before_max_ms,
            after_max_ms: topic.timestamp_after_max_ms,
            walk: match self.config.record_validation {
                RecordValidation::Full => Walk::Full,
                RecordValidation::Header => Walk::HeaderOnly,
            },
            target,
            target_level,
            ..ValidateOptions::default()
        }
    }

    fn log(&self, topic: &TopicConfig, rng: &mut Rng) -> LogConfig {
        let jitter_max = u64::try_from(topic.segment_jitter_ms.min(topic.segment_ms)).unwrap_or(0);
        let jitter = if jitter_max == 0 {
            0
        } else {
            rng.below(jitter_max)
        };
        LogConfig {
            segment_bytes: topic.segment_bytes,
            segment_ms: topic.segment_ms,
            segment_jitter_ms: i64::try_from(jitter).unwrap_or(0),
            segment_index_bytes: usize::try_from(topic.segment_index_bytes).unwrap_or(usize::MAX),
            index_interval_bytes: topic.index_interval_bytes,
            flush_messages: topic.flush_messages,
            flush_ms: topic.flush_ms,
            preallocate: topic.preallocate,
            max_message_bytes: usize::try_from(topic.max_message_bytes).unwrap_or(usize::MAX),
            retention_bytes: topic.retention_bytes,
            retention_ms: topic.retention_ms,
            file_delete_delay_ms: topic.file_delete_delay_ms,
            delete: topic.cleanup_policy.delete,
            compact: topic.cleanup_policy.compact,
            delete_retention_ms: topic.delete_retention_ms,
            min_compaction_lag_ms: topic.min_compaction_lag_ms,
            max_compaction_lag_ms: topic.max_compaction_lag_ms,
            min_cleanable_dirty_ratio: topic.min_cleanable_dirty_ratio,
            producer_id_expiration_ms: self.config.number("producer.id.expiration.ms"),
            ..LogConfig::default()
        }
    }
}
