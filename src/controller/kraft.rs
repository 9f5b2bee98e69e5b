//! What KRaft writes around the metadata records: control records, quorum-state, checkpoints.
//!
//! Apache Kafka reads these files, so the bytes are its own (`metadata::control` has the fields).

use std::io;
use std::path::Path;

use serde::{Deserialize, Serialize};

use super::checkpoint::BATCH_BYTES_MAX;
use crate::fs::Fs;
use crate::metadata::control::{
    KRaftVersionFeature, KRaftVersionRecord, LeaderChangeMessage, LeaderChangeVoter,
    SnapshotFooterRecord, SnapshotHeaderRecord, VoterEndpoint, VoterRecord, VotersRecord,
};
use crate::record::ControlType;
use crate::storage::LogConfig;
use crate::types::{BrokerId, LeaderEpoch, Uuid};

/// The level of `kraft.version` with a voter set in the log (KIP-853).
const KRAFT_VERSION: i16 = 1;
/// The most that a quorum-state file may hold.
const QUORUM_STATE_BYTES_MAX: u64 = 1 << 20;

/// A voter of the quorum; that of a single node has one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Voter {
    /// Its `node.id`.
    pub id: BrokerId,
    /// The id of the directory that holds its metadata log.
    pub directory: Uuid,
    /// The name of its controller listener.
    pub listener: String,
    /// The host under which other controllers would reach it.
    pub host: String,
    /// The port.
    pub port: u16,
}

/// A control record: its type and its value.
pub(super) type Control = (ControlType, Vec<u8>);

/// Returns the records that open a leadership; the first one of a log also names the voters.
pub(super) fn leader_change(voter: &Voter, first: bool) -> Vec<Control> {
    let change = LeaderChangeVoter {
        voter_id: voter.id.0,
        ..LeaderChangeVoter::default()
    };
    let message = LeaderChangeMessage {
        leader_id: voter.id.0,
        voters: vec![change.clone()],
        granting_voters: vec![change],
        ..LeaderChangeMessage::default()
    };
    let mut records = vec![message.control()];
    if first {
        records.push(kraft_version());
        records.push(voters(std::slice::from_ref(voter)));
    }
    records
}

/// Returns the records that open a snapshot.
pub(super) fn snapshot_header(all: &[Voter], last_timestamp_ms: i64) -> Vec<Control> {
    let mut records = bootstrap_header(last_timestamp_ms);
    records.extend([kraft_version(), voters(all)]);
    records
}

/// Returns the record that opens a file of bootstrap records, which names no voters.
pub(super) fn bootstrap_header(last_timestamp_ms: i64) -> Vec<Control> {
    let header = SnapshotHeaderRecord {
        last_contained_log_timestamp: last_timestamp_ms,
        ..SnapshotHeaderRecord::default()
    };
    vec![header.control()]
}

/// Returns the record that ends a snapshot.
pub(super) fn snapshot_footer() -> Vec<Control> {
    vec![SnapshotFooterRecord::default().control()]
}

fn kraft_version() -> Control {
    let record = KRaftVersionRecord {
        k_raft_version: KRAFT_VERSION,
        ..KRaftVersionRecord::default()
    };
    record.control()
}

fn voters(all: &[Voter]) -> Control {
    let record = |voter: &Voter| VoterRecord {
        voter_id: voter.id.0,
        voter_directory_id: voter.directory,
        endpoints: vec![VoterEndpoint {
            name: voter.listener.clone(),
            host: voter.host.clone(),
            port: voter.port,
        }],
        k_raft_version_feature: KRaftVersionFeature {
            min_supported_version: 0,
            max_supported_version: KRAFT_VERSION,
        },
    };
    let record = VotersRecord {
        voters: all.iter().map(record).collect(),
        ..VotersRecord::default()
    };
    record.control()
}

/// The file `quorum-state`: who leads, in which epoch, who was voted for.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct QuorumState {
    leader_id: i32,
    leader_epoch: i32,
    #[serde(default = "nobody")]
    voted_id: i32,
    #[serde(default = "no_directory")]
    voted_directory_id: String,
    #[serde(rename = "data_version", default)]
    data_version: i16,
}

fn nobody() -> i32 {
    -1
}

fn no_directory() -> String {
    Uuid::ZERO.to_string()
}

impl QuorumState {
    /// Returns the state of a node that leads itself.
    pub(super) fn leading(id: BrokerId, epoch: LeaderEpoch) -> Self {
        Self {
            leader_id: id.0,
            leader_epoch: epoch.0,
            voted_id: nobody(),
            voted_directory_id: no_directory(),
            data_version: 1,
        }
    }

    /// Returns the epoch of the leadership.
    pub(super) fn epoch(&self) -> LeaderEpoch {
        LeaderEpoch(self.leader_epoch)
    }

    /// Reads the file; a missing or damaged one is no state, since the log holds the epochs too.
    pub(super) fn read(fs: &dyn Fs, path: &Path) -> Option<Self> {
        serde_json::from_slice(&fs.read(path, QUORUM_STATE_BYTES_MAX).ok()?).ok()
    }

    /// Writes the file so that a crash leaves the old state or the new.
    pub(super) fn write(&self, fs: &dyn Fs, path: &Path) -> io::Result<()> {
        fs.replace(path, serde_json::to_string(self)?.as_bytes())
    }
}

/// Returns the settings of the metadata log: it rolls rarely and never deletes by itself, since
/// snapshots do, and goes on when the disk is full.
pub(super) fn log_config() -> LogConfig {
    LogConfig {
        max_message_bytes: BATCH_BYTES_MAX,
        keeps_spare: true,
        ..LogConfig::default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn hex(bytes: &[u8]) -> String {
        bytes.iter().map(|byte| format!("{byte:02x}")).collect()
    }

    fn voter() -> Voter {
        Voter {
            id: BrokerId(1),
            directory: "XkkOBX3gTuW_Kt_h-PYdJA".parse().unwrap(),
            listener: "CONTROLLER".to_owned(),
            host: "127.0.0.1".to_owned(),
            port: 0x52a5,
        }
    }

    #[test]
    fn the_first_leader_change_has_the_bytes_of_apache_kafka() {
        let records = leader_change(&voter(), true);
        let values: Vec<String> = records.iter().map(|(_, value)| hex(value)).collect();
        assert_eq!(values[0], "00000000000102000000010002000000010000");
        assert_eq!(values[1], "0000000100");
        assert_eq!(
            values[2],
            "000002000000015e490e057de04ee5bf2adfe1f8f61d24020b434f4e54524f4c4c45520a3132372e302e\
             302e3152a500000000010000\
             00"
        );
    }

    #[test]
    fn quorum_state_is_the_json_of_apache_kafka() {
        let state = QuorumState::leading(BrokerId(1), LeaderEpoch(1));
        let text = "{\"leaderId\":1,\"leaderEpoch\":1,\"votedId\":-1,\"votedDirectoryId\":\
                    \"AAAAAAAAAAAAAAAAAAAAAA\",\"data_version\":1}";
        assert_eq!(serde_json::to_string(&state).unwrap(), text);
        assert_eq!(serde_json::from_str::<QuorumState>(text).unwrap(), state);
    }
}
