//! The topics that Kafka keeps for itself, and how they are made.
//!
//! They are made when somebody first asks for them. Their replication factor is what the
//! configuration says, but never more than there are brokers: a cluster of one must have them.

use super::state::BrokerState;
use crate::controller::NewTopic;

/// Offsets and members of groups.
pub(super) const GROUP_METADATA: &str = "__consumer_offsets";
/// Transactions.
const TRANSACTION_STATE: &str = "__transaction_state";
/// Positions of share groups.
const SHARE_GROUP_STATE: &str = "__share_group_state";

/// Returns whether the topic is Kafka's own (`Topic.isInternal`).
pub(super) fn is_internal(name: &str) -> bool {
    matches!(name, GROUP_METADATA | TRANSACTION_STATE | SHARE_GROUP_STATE)
}

/// Returns how a topic is made that somebody asked for without creating it.
pub(super) fn automatic_topic(name: &str, state: &BrokerState) -> NewTopic {
    let number = |key: &str| i32::try_from(state.config.number(key)).unwrap_or(-1);
    let text = |key: &str| state.config.number(key).to_string();
    let (partitions, replicas, configs) = match name {
        GROUP_METADATA => (
            "offsets.topic.num.partitions",
            "offsets.topic.replication.factor",
            vec![
                ("cleanup.policy", "compact".to_owned()),
                ("compression.type", "producer".to_owned()),
                ("segment.bytes", text("offsets.topic.segment.bytes")),
            ],
        ),
        TRANSACTION_STATE => (
            "transaction.state.log.num.partitions",
            "transaction.state.log.replication.factor",
            vec![
                ("cleanup.policy", "compact".to_owned()),
                ("compression.type", "uncompressed".to_owned()),
                ("min.insync.replicas", text("transaction.state.log.min.isr")),
                ("segment.bytes", text("transaction.state.log.segment.bytes")),
                ("unclean.leader.election.enable", "false".to_owned()),
            ],
        ),
        SHARE_GROUP_STATE => (
            "share.coordinator.state.topic.num.partitions",
            "share.coordinator.state.topic.replication.factor",
            vec![
                ("cleanup.policy", "delete".to_owned()),
                ("compression.type", "uncompressed".to_owned()),
                (
                    "min.insync.replicas",
                    text("share.coordinator.state.topic.min.isr"),
                ),
                ("retention.ms", "-1".to_owned()),
                (
                    "segment.bytes",
                    text("share.coordinator.state.topic.segment.bytes"),
                ),
            ],
        ),
        _ => {
            return NewTopic {
                name: name.to_owned(),
                partitions: -1,
                replication_factor: -1,
                ..NewTopic::default()
            };
        }
    };
    let brokers = state.image.load().brokers().count();
    let most = i16::try_from(brokers).unwrap_or(i16::MAX).max(1);
    let wanted = i16::try_from(number(replicas)).unwrap_or(i16::MAX);
    // More in-sync replicas than there are replicas would refuse every write.
    let configs = configs.into_iter().map(|(key, value)| match key {
        "min.insync.replicas" => {
            let wanted: i16 = value.parse().unwrap_or(1);
            (key.to_owned(), Some(wanted.min(most).to_string()))
        }
        _ => (key.to_owned(), Some(value)),
    });
    NewTopic {
        name: name.to_owned(),
        partitions: number(partitions),
        replication_factor: wanted.min(most),
        assignments: Vec::new(),
        configs: configs.collect(),
    }
}
