//! The values of KRaft's control records: who leads, who votes, where a snapshot begins and ends.
//!
//! Each begins with its version, which Kafka keeps in the record's first field.

use crate::record::ControlType;
use crate::record::fields::{Field as _, FieldError, Layout, struct_fields};
use crate::types::Uuid;

struct_fields! {
    /// A voter that a leader names.
    LeaderChangeVoter { voter_id: i32, voter_directory_id: Uuid [since 1] }
    /// A leader begins its epoch.
    LeaderChangeMessage {
        version: i16, leader_id: i32, voters: Vec<LeaderChangeVoter>,
        granting_voters: Vec<LeaderChangeVoter>,
    }
    /// A snapshot begins.
    SnapshotHeaderRecord { version: i16, last_contained_log_timestamp: i64 }
    /// A snapshot ends.
    SnapshotFooterRecord { version: i16 }
    /// The version of the quorum's protocol (KIP-853).
    KRaftVersionRecord { version: i16, k_raft_version: i16 }
    /// Where a voter listens.
    VoterEndpoint { name: String, host: String, port: u16 }
    /// The versions of the quorum's protocol that a voter speaks.
    KRaftVersionFeature { min_supported_version: i16, max_supported_version: i16 }
    /// A voter.
    VoterRecord {
        voter_id: i32, voter_directory_id: Uuid, endpoints: Vec<VoterEndpoint>,
        k_raft_version_feature: KRaftVersionFeature,
    }
    /// The voters of the quorum.
    VotersRecord { version: i16, voters: Vec<VoterRecord> }
}

macro_rules! control_messages {
    ($($name:ident for $control:ident),*) => {
        $(impl $name {
            /// Returns the control record of this value.
            #[must_use]
            pub fn control(&self) -> (ControlType, Vec<u8>) {
                let mut out = Vec::new();
                self.write_to(&mut out, layout(self.version));
                (ControlType::$control, out)
            }
        })*

        /// Returns a control record's value as Kafka's dump prints it; `None` for other types.
        pub fn control_json(
            kind: ControlType,
            value: &[u8],
        ) -> Result<Option<serde_json::Value>, FieldError> {
            let version = match value.first_chunk() {
                Some(version) => i16::from_be_bytes(*version),
                None => return Err(FieldError::Short { wanted: 2, left: value.len() }),
            };
            let (mut input, layout) = (value, layout(version));
            match kind {
                $(ControlType::$control => {
                    let read = $name::read_from(&mut input, layout)?;
                    Ok(Some(read.to_json(layout)))
                })*
                _ => Ok(None),
            }
        }
    };
}

control_messages! {
    LeaderChangeMessage for LeaderChange,
    SnapshotHeaderRecord for SnapshotHeader,
    SnapshotFooterRecord for SnapshotFooter,
    KRaftVersionRecord for KRaftVersion,
    VotersRecord for KRaftVoters
}

fn layout(version: i16) -> Layout {
    Layout {
        version: u32::try_from(version).unwrap_or(0),
        has_tags: true,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_leader_change_has_no_directories_in_version_0() {
        let voter = LeaderChangeVoter {
            voter_id: 7,
            ..LeaderChangeVoter::default()
        };
        let message = LeaderChangeMessage {
            leader_id: 7,
            voters: vec![voter.clone()],
            granting_voters: vec![voter],
            ..LeaderChangeMessage::default()
        };
        let (kind, value) = message.control();
        assert_eq!(
            value,
            [0, 0, 0, 0, 0, 7, 2, 0, 0, 0, 7, 0, 2, 0, 0, 0, 7, 0, 0]
        );
        let shown = control_json(kind, &value).unwrap().unwrap().to_string();
        assert_eq!(
            shown,
            concat!(
                r#"{"version":0,"leaderId":7,"voters":[{"voterId":7}],"#,
                r#""grantingVoters":[{"voterId":7}]}"#
            )
        );
    }

    #[test]
    fn a_short_value_and_a_marker_are_none_of_them() {
        control_json(ControlType::KRaftVoters, &[0]).unwrap_err();
        assert_eq!(control_json(ControlType::Commit, &[0; 6]), Ok(None));
    }
}
