//! What the broker's settings say about groups.

/// What the broker's settings say about groups.
#[derive(Clone, Debug)]
pub struct GroupConfig {
    /// `group.min.session.timeout.ms`
    pub session_timeout_min_ms: i64,
    /// `group.max.session.timeout.ms`
    pub session_timeout_max_ms: i64,
    /// `group.initial.rebalance.delay.ms`
    pub initial_rebalance_delay_ms: i64,
    /// `group.max.size`
    pub size_max: usize,
    /// `offset.metadata.max.bytes`
    pub metadata_bytes_max: usize,
    /// `offsets.retention.minutes`, in milliseconds
    pub offsets_retention_ms: i64,
    /// `offsets.retention.check.interval.ms`
    pub retention_check_ms: i64,
    /// The largest record: `max.message.bytes` of the topic, less what surrounds it.
    pub record_bytes_max: usize,
    /// What holds for consumer groups.
    pub consumer: ConsumerGroupConfig,
}

/// What the broker's settings say about consumer groups (KIP-848).
#[derive(Clone, Debug)]
pub struct ConsumerGroupConfig {
    /// `group.consumer.session.timeout.ms`
    pub session_timeout_ms: i64,
    /// `group.consumer.heartbeat.interval.ms`
    pub heartbeat_interval_ms: i64,
    /// `group.consumer.max.size`
    pub size_max: usize,
    /// `group.consumer.assignors`; the first is the default.
    pub assignors: Vec<String>,
}

impl Default for GroupConfig {
    /// Returns Kafka's defaults, without the delay before the first rebalance.
    fn default() -> Self {
        Self {
            session_timeout_min_ms: 6_000,
            session_timeout_max_ms: 1_800_000,
            initial_rebalance_delay_ms: 0,
            size_max: usize::MAX,
            metadata_bytes_max: 4096,
            offsets_retention_ms: 10_080 * 60_000,
            retention_check_ms: 600_000,
            record_bytes_max: 1_048_588 - 200,
            consumer: ConsumerGroupConfig {
                session_timeout_ms: 45_000,
                heartbeat_interval_ms: 5_000,
                size_max: usize::MAX,
                assignors: vec!["uniform".to_owned(), "range".to_owned()],
            },
        }
    }
}
