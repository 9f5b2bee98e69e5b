//! The subscriptions and assignments of consumers in the members of a classic group.

use serde_json::Value;

use super::group::GroupMetadataValue;
pub use crate::record::consumer_protocol::{
    CONSUMER_PROTOCOL, ConsumerProtocolAssignment, ConsumerProtocolSubscription, PROTOCOL_VERSION,
    ProtocolTopicPartition, decode, encode,
};
use crate::record::fields::Field as _;

/// Returns the JSON of a group with its members' subscriptions and assignments readable, if they
/// are those of consumers.
#[must_use]
pub fn decode_members(mut json: Value, group: &GroupMetadataValue) -> Value {
    if group.protocol_type != CONSUMER_PROTOCOL {
        return json;
    }
    let Some(members) = json.get_mut("members").and_then(Value::as_array_mut) else {
        return json;
    };
    for (shown, member) in members.iter_mut().zip(&group.members) {
        let Some(shown) = shown.as_object_mut() else {
            continue;
        };
        if let Ok((read, layout)) = decode::<ConsumerProtocolSubscription>(&member.subscription.0) {
            shown.insert("subscription".into(), read.to_json(layout));
        }
        if let Ok((read, layout)) = decode::<ConsumerProtocolAssignment>(&member.assignment.0) {
            shown.insert("assignment".into(), read.to_json(layout));
        }
    }
    json
}
