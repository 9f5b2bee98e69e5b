//! Our nouns as the crate's, for responses.

use crate::protocol::messages::{self, StrBytes, TopicName};
use crate::types::{BrokerId, Uuid};

/// Returns a text that a response owns.
pub(super) fn text(text: impl Into<String>) -> StrBytes {
    StrBytes::from_string(text.into())
}

/// Returns a topic's name that a response owns.
pub(super) fn topic_name(name: &str) -> TopicName {
    TopicName(text(name))
}

/// Returns an id as the crate has it.
pub(super) fn uuid(id: Uuid) -> uuid::Uuid {
    uuid::Uuid::from_u128(id.0)
}

/// Returns brokers as the crate has them.
pub(super) fn brokers(ids: &[BrokerId]) -> Vec<messages::BrokerId> {
    ids.iter().map(|id| messages::BrokerId(id.0)).collect()
}

/// What stands for "nobody asked" where allowed operations are told.
pub(super) const OPERATIONS_UNASKED: i32 = i32::MIN;
/// Every operation on a topic, as without an authorizer: read, write, create, delete, alter,
/// describe, describe and alter configs (bit numbers of `AclOperation`).
pub(super) const TOPIC_OPERATIONS: i32 =
    1 << 3 | 1 << 4 | 1 << 5 | 1 << 6 | 1 << 7 | 1 << 8 | 1 << 10 | 1 << 11;
/// Every operation on the cluster: create, alter, describe, cluster action, describe and alter
/// configs, idempotent write.
pub(super) const CLUSTER_OPERATIONS: i32 =
    1 << 5 | 1 << 7 | 1 << 8 | 1 << 9 | 1 << 10 | 1 << 11 | 1 << 12;
