//! What the configuration says about groups.

use crate::broker::state::BrokerState;
use crate::config::ServerConfig;
use crate::coordinator::group::{ConsumerGroupConfig, ConsumerSettings, GroupConfig};
use crate::metadata::record::resource_type;

/// What surrounds the only record of a batch, at most.
const BATCH_OVERHEAD_BYTES: usize = 1024;

/// Returns what holds for all groups.
pub(super) fn group_config(config: &ServerConfig) -> GroupConfig {
    let number = |key: &str| config.number(key);
    GroupConfig {
        session_timeout_min_ms: number("group.min.session.timeout.ms"),
        session_timeout_max_ms: number("group.max.session.timeout.ms"),
        initial_rebalance_delay_ms: number("group.initial.rebalance.delay.ms"),
        size_max: config.size("group.max.size"),
        metadata_bytes_max: config.size("offset.metadata.max.bytes"),
        offsets_retention_ms: number("offsets.retention.minutes").saturating_mul(60_000),
        retention_check_ms: number("offsets.retention.check.interval.ms"),
        record_bytes_max: batch_bytes_max(config),
        consumer: ConsumerGroupConfig {
            session_timeout_ms: number("group.consumer.session.timeout.ms"),
            heartbeat_interval_ms: number("group.consumer.heartbeat.interval.ms"),
            size_max: config.size("group.consumer.max.size"),
            assignors: assignors(config),
        },
    }
}

/// Returns the assignors, by name; Kafka's own may be named by their classes.
fn assignors(config: &ServerConfig) -> Vec<String> {
    let set = config.static_keys.get("group.consumer.assignors");
    let named = set.map_or("uniform,range", String::as_str).split(',');
    let named = named.map(|name| match name.trim() {
        "org.apache.kafka.coordinator.group.assignor.UniformAssignor" => "uniform",
        "org.apache.kafka.coordinator.group.assignor.RangeAssignor" => "range",
        name => name,
    });
    named.map(str::to_owned).collect()
}

/// Returns how large a batch of group records may be.
pub(super) fn batch_bytes_max(config: &ServerConfig) -> usize {
    config
        .size("message.max.bytes")
        .saturating_sub(BATCH_OVERHEAD_BYTES)
}

/// Returns what is set for one consumer group.
pub(in crate::broker) fn consumer_settings(state: &BrokerState, group: &str) -> ConsumerSettings {
    let image = state.image.load();
    let set = image.config(resource_type::GROUP, group);
    let number = |key: &str| set.and_then(|set| set.get(key))?.trim().parse().ok();
    ConsumerSettings {
        session_timeout_ms: number("consumer.session.timeout.ms"),
        heartbeat_interval_ms: number("consumer.heartbeat.interval.ms"),
    }
}
