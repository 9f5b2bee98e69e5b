//! What consumers tell each other in a classic group (the `consumer` protocol): subscriptions and
//! assignments, opaque to the coordinator.
//!
//! ```text
//! int16 version · fields, never with tags; bytes of a later version may follow
//! ```

use super::fields::{Blob, Field, FieldError, Layout, struct_fields};

struct_fields! {
    /// Partitions of a topic.
    ProtocolTopicPartition { topic: String, partitions: Vec<i32> }
    /// What a member wants, versions 0 to 3.
    ConsumerProtocolSubscription {
        topics: Vec<String>, user_data: Option<Blob>,
        owned_partitions: Vec<ProtocolTopicPartition> [since 1],
        generation_id: i32 [since 2, else -1], rack_id: Option<String> [since 3],
    }
    /// What a member gets, versions 0 to 3.
    ConsumerProtocolAssignment {
        assigned_partitions: Vec<ProtocolTopicPartition>, user_data: Option<Blob>,
    }
}

/// The newest version of both.
pub const PROTOCOL_VERSION: i16 = 3;
/// The protocol type that these belong to.
pub const CONSUMER_PROTOCOL: &str = "consumer";

/// Reads a subscription or an assignment, and the version it was read in.
pub fn decode<T: Field>(bytes: &[u8]) -> Result<(T, Layout), FieldError> {
    let mut input = bytes;
    let layout = Layout {
        version: 0,
        has_tags: false,
    };
    let version = i16::read_from(&mut input, layout)?;
    // Later versions only add fields at the end, as the protocol has it.
    let version = u32::try_from(version.clamp(0, PROTOCOL_VERSION)).unwrap_or(0);
    let layout = Layout { version, ..layout };
    Ok((T::read_from(&mut input, layout)?, layout))
}

/// Returns the bytes of a subscription or an assignment.
#[must_use]
pub fn encode<T: Field>(value: &T, version: i16) -> Vec<u8> {
    let mut out = version.to_be_bytes().to_vec();
    let layout = Layout {
        version: u32::try_from(version).unwrap_or(0),
        has_tags: false,
    };
    value.write_to(&mut out, layout);
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_subscription_comes_back_and_an_old_one_lacks_the_new_fields() {
        let subscription = ConsumerProtocolSubscription {
            topics: vec!["t".into()],
            generation_id: 4,
            rack_id: Some("r".into()),
            ..ConsumerProtocolSubscription::default()
        };
        let bytes = encode(&subscription, PROTOCOL_VERSION);
        let (read, _) = decode::<ConsumerProtocolSubscription>(&bytes).unwrap();
        assert_eq!(read, subscription);
        let (old, layout) =
            decode::<ConsumerProtocolSubscription>(&encode(&subscription, 0)).unwrap();
        assert_eq!((old.generation_id, old.rack_id.as_deref()), (-1, None));
        assert_eq!(
            old.to_json(layout).to_string(),
            r#"{"topics":["t"],"userData":null}"#
        );
    }

    #[test]
    fn bytes_of_a_later_version_are_passed_over() {
        let mut bytes = encode(&ConsumerProtocolAssignment::default(), 9);
        bytes.push(7);
        decode::<ConsumerProtocolAssignment>(&bytes).unwrap();
    }
}
