//! The records of the metadata log, encoded as KRaft does.
//!
//! ```text
//! frame version unsigned varint (1) · type unsigned varint · version unsigned varint · body
//! ```
//!
//! One row a type: number, versions, the version that is written, fields as
//! `struct_fields!` takes them. Every type that Apache Kafka 4.3.1 writes
//! is here; what is written by a newer one is refused, since dropping it would lose state.

use crate::record::fields::{
    Blob, Field, FieldError, Layout, put_unsigned, struct_fields, take_unsigned,
};
use crate::types::Uuid;

const FRAME_VERSION: u32 = 1;

/// Bytes that are no metadata record.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum RecordDecodeError {
    /// A field is broken.
    #[error(transparent)]
    Field(#[from] FieldError),
    /// The record's frame is of another version.
    #[error("frame version {0}, only 1 is known")]
    Frame(u32),
    /// A record of a type that is not known.
    #[error("unknown metadata record type {key} (written by a newer Kafka?)")]
    UnknownType {
        /// The type's number.
        key: u32,
    },
    /// A record of a version that is not known.
    #[error("unknown version {version} of metadata record type {key} (written by a newer Kafka?)")]
    UnknownVersion {
        /// The type's number.
        key: u32,
        /// The version.
        version: u32,
    },
}

const fn layout(version: u32) -> Layout {
    Layout {
        version,
        has_tags: true,
    }
}

macro_rules! records {
    ($($key:literal $name:ident $max:literal $written:literal { $($body:tt)* })*) => {
        struct_fields! {$(
            #[doc = concat!("Record type ", $key, ", versions 0 to ", $max, ".")]
            $name { $($body)* }
        )*}

        /// A record of the metadata log.
        #[derive(Clone, Debug, PartialEq)]
        pub enum MetadataRecord {
            $(
                #[doc = concat!("Record type ", $key, ".")]
                $name($name),
            )*
        }

        impl MetadataRecord {
            /// Returns the record with its frame, as the value of a record in a batch.
            #[must_use]
            pub fn encode(&self) -> Vec<u8> {
                let mut out = Vec::with_capacity(64);
                put_unsigned(&mut out, FRAME_VERSION);
                let version = self.written_version();
                match self {
                    $(Self::$name(record) => {
                        put_unsigned(&mut out, $key);
                        put_unsigned(&mut out, version);
                        record.write_to(&mut out, layout(version));
                    })*
                }
                out
            }

            /// Returns the version in which Apache Kafka 4.3.1 writes the record.
            fn written_version(&self) -> u32 {
                if let Self::BrokerRegistrationChange(change) = self {
                    return change.lowest_version();
                }
                match self {
                    $(Self::$name(_) => $written,)*
                }
            }

            /// Reads a record with its frame.
            pub fn decode(bytes: &[u8]) -> Result<Self, RecordDecodeError> {
                Self::decode_version(bytes).map(|(record, _)| record)
            }

            /// Reads a record with its frame; returns the version too in which it was written.
            pub fn decode_version(bytes: &[u8]) -> Result<(Self, u32), RecordDecodeError> {
                let mut input = bytes;
                let frame = take_unsigned(&mut input)?;
                if frame != FRAME_VERSION {
                    return Err(RecordDecodeError::Frame(frame));
                }
                let key = take_unsigned(&mut input)?;
                let version = take_unsigned(&mut input)?;
                let record = match key {
                    $($key => {
                        if version > $max {
                            return Err(RecordDecodeError::UnknownVersion { key, version });
                        }
                        Self::$name($name::read_from(&mut input, layout(version))?)
                    })*
                    _ => return Err(RecordDecodeError::UnknownType { key }),
                };
                match input.len() {
                    0 => Ok((record, version)),
                    trailing => Err(FieldError::Trailing(trailing).into()),
                }
            }

            /// Returns type, version and fields as Kafka's dump prints them
            /// (`MetadataJsonConverters`).
            #[must_use]
            pub fn to_json(&self, version: u32) -> serde_json::Value {
                let (name, data) = match self {
                    $(Self::$name(record) => {
                        (stringify!($name), record.to_json(layout(version)))
                    })*
                };
                serde_json::json!({
                    "type": type_name(name), "version": version, "data": data,
                })
            }
        }

        $(impl From<$name> for MetadataRecord {
            fn from(record: $name) -> Self {
                Self::$name(record)
            }
        })*
    };
}

/// Returns the constant that Kafka has for a record's type: `NO_OP_RECORD` for `NoOp`
/// (`MetadataRecordType`).
fn type_name(name: &str) -> String {
    let mut out = String::new();
    for letter in name.chars() {
        if letter.is_ascii_uppercase() && !out.is_empty() {
            out.push('_');
        }
        out.push(letter.to_ascii_uppercase());
    }
    out + "_RECORD"
}

struct_fields! {
    /// A listener of a broker or a controller.
    RecordEndpoint { name: String, host: String, port: u16, security_protocol: i16 }
    /// The levels of a feature that a node can run.
    RecordFeature { name: String, min_supported_version: i16, max_supported_version: i16 }
    /// A part of the entity that a quota is for; no name is the default.
    QuotaEntity { entity_type: String, entity_name: Option<String> }
}

records! {
    0 RegisterBroker 4 4 {
        broker_id: i32, is_migrating_zk_broker: bool [since 2], incarnation_id: Uuid,
        broker_epoch: i64, end_points: Vec<RecordEndpoint>, features: Vec<RecordFeature>,
        rack: Option<String>, fenced: bool, in_controlled_shutdown: bool [since 1],
        log_dirs: Vec<Uuid> [tag 0, else Vec::new()],
        cordoned_log_dirs: Option<Vec<Uuid>> [tag 1, else None]
    }
    1 UnregisterBroker 0 0 { broker_id: i32, broker_epoch: i64
    }
    2 Topic 0 0 { name: String, topic_id: Uuid
    }
    3 Partition 2 2 {
        partition_id: i32, topic_id: Uuid, replicas: Vec<i32>, isr: Vec<i32>,
        removing_replicas: Vec<i32>, adding_replicas: Vec<i32>, leader: i32,
        leader_recovery_state: i8 [tag 0, else 0], leader_epoch: i32, partition_epoch: i32,
        directories: Vec<Uuid> [since 1],
        eligible_leader_replicas: Option<Vec<i32>> [tag 1, else None],
        last_known_elr: Option<Vec<i32>> [tag 2, else None]
    }
    4 Config 0 0 {
        resource_type: i8, resource_name: String, name: String, value: Option<String>
    }
    5 PartitionChange 2 2 {
        partition_id: i32, topic_id: Uuid,
        isr: Option<Vec<i32>> [tag 0, else None], leader: i32 [tag 1, else NO_LEADER_CHANGE],
        replicas: Option<Vec<i32>> [tag 2, else None],
        removing_replicas: Option<Vec<i32>> [tag 3, else None],
        adding_replicas: Option<Vec<i32>> [tag 4, else None],
        leader_recovery_state: i8 [tag 5, else -1],
        directories: Option<Vec<Uuid>> [tag 8, else None],
        eligible_leader_replicas: Option<Vec<i32>> [tag 6, else None],
        last_known_elr: Option<Vec<i32>> [tag 7, else None],
    }
    7 FenceBroker 0 0 { id: i32, epoch: i64
    }
    8 UnfenceBroker 0 0 { id: i32, epoch: i64
    }
    9 RemoveTopic 0 0 { topic_id: Uuid
    }
    10 DelegationToken 0 0 {
        owner: String, requester: String, renewers: Vec<String>, issue_timestamp: i64,
        max_timestamp: i64, expiration_timestamp: i64, token_id: String
    }
    11 UserScramCredential 0 0 {
        name: String, mechanism: i8, salt: Blob, stored_key: Blob, server_key: Blob,
        iterations: i32
    }
    12 FeatureLevel 0 0 { name: String, feature_level: i16
    }
    14 ClientQuota 0 0 { entity: Vec<QuotaEntity>, key: String, value: f64, remove: bool
    }
    15 ProducerIds 0 0 { broker_id: i32, broker_epoch: i64, next_producer_id: i64
    }
    17 BrokerRegistrationChange 3 3 {
        broker_id: i32, broker_epoch: i64,
        fenced: i8 [tag 0, else 0], in_controlled_shutdown: i8 [tag 1, else 0],
        log_dirs: Vec<Uuid> [tag 2, else Vec::new()],
        cordoned_log_dirs: Option<Vec<Uuid>> [tag 3, else None]
    }
    18 AccessControlEntry 0 0 {
        id: Uuid, resource_type: i8, resource_name: String, pattern_type: i8, principal: String,
        host: String, operation: i8, permission_type: i8
    }
    19 RemoveAccessControlEntry 0 0 { id: Uuid
    }
    20 NoOp 0 0 {}
    21 ZkMigrationState 0 0 { zk_migration_state: i8
    }
    22 RemoveUserScramCredential 0 0 { name: String, mechanism: i8
    }
    23 BeginTransaction 0 0 {
        name: Option<String> [tag 0, else None]
    }
    24 EndTransaction 0 0 {}
    25 AbortTransaction 0 0 {
        reason: Option<String> [tag 0, else None]
    }
    26 RemoveDelegationToken 0 0 { token_id: String
    }
    27 RegisterController 0 0 {
        controller_id: i32, incarnation_id: Uuid, zk_migration_ready: bool,
        end_points: Vec<RecordEndpoint>, features: Vec<RecordFeature>
    }
    28 ClearElr 0 0 { topic_name: String
    }
}

/// What a PartitionChange's leader says when the leader stays and its epoch too
/// (`LeaderConstants.NO_LEADER_CHANGE`).
pub const NO_LEADER_CHANGE: i32 = -2;

/// The kinds of resource that a Config record can be about (`ConfigResource.Type`).
pub mod resource_type {
    /// A topic.
    pub const TOPIC: i8 = 2;
    /// A broker; the empty name is all of them.
    pub const BROKER: i8 = 4;
    /// A set of client metrics.
    pub const CLIENT_METRICS: i8 = 16;
    /// A group.
    pub const GROUP: i8 = 32;
}

impl BrokerRegistrationChange {
    /// Returns the lowest version that has the fields that are set; Kafka takes that one.
    fn lowest_version(&self) -> u32 {
        if self.cordoned_log_dirs.is_some() {
            3
        } else if !self.log_dirs.is_empty() {
            2
        } else {
            u32::from(self.in_controlled_shutdown != 0)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Values of records in a log that Apache Kafka 4.3.1 wrote.
    const WRITTEN: [&str; 15] = [
        "0100040000000100c430edba4cfe4f49b8f5da92173fdd8f000000000000000d020a504c41494e5445585\
         40a3132372e302e302e315961000000080e73686172652e76657273696f6e0000000100116d6574616461\
         74612e76657273696f6e0007001e0021656c696769626c652e6c65616465722e7265706c696361732e766\
         57273696f6e0000000100147472616e73616374696f6e2e76657273696f6e00000002001073747265616d\
         732e76657273696f6e00000001000e67726f75702e76657273696f6e00000001000e6b726166742e76657\
         273696f6e0000000100000100010011021c6aa920d7c3433ab340fe17fc43c332",
        "0102000274122f80babac74a46b7c335a8e2def14c00",
        "01030200000000122f80babac74a46b7c335a8e2def14c020000000102000000010101000000010000000\
         000000000021c6aa920d7c3433ab340fe17fc43c33200",
        "0104000401146d696e2e696e73796e632e7265706c69636173023100",
        "010900122f80babac74a46b7c335a8e2def14c00",
        "010c00116d657461646174612e76657273696f6e001e00",
        "010e00030a636c69656e742d69640000057573657206616c696365001370726f64756365725f627974655\
         f7261746540900000000000000000",
        "010f0000000001000000000000000d00000000000003e800",
        "01110000000001000000000000000d010001ff",
        "01110300000001000000000000000d01030101",
        "01140000",
        "01170001001212426f6f747374726170207265636f726473",
        "01180000",
        "0104000202740d726574656e74696f6e2e6d7306363030303000",
        "011b0000000001c3da0521a10f4a6a8822e0540f201ad100020b434f4e54524f4c4c45520a3132372e30\
         2e302e315962000000080e67726f75702e76657273696f6e00000001000e6b726166742e76657273696f\
         6e0000000100116d657461646174612e76657273696f6e0007001e000e73686172652e76657273696f6e\
         00000001001073747265616d732e76657273696f6e0000000100147472616e73616374696f6e2e766572\
         73696f6e000000020021656c696769626c652e6c65616465722e7265706c696361732e76657273696f6e\
         000000010000",
    ];

    fn bytes(hex: &str) -> Vec<u8> {
        let digit = |at: usize| u8::from_str_radix(hex.get(at..at + 2).unwrap(), 16).unwrap();
        (0..hex.len()).step_by(2).map(digit).collect()
    }

    #[test]
    fn records_of_apache_kafka_are_read_and_written_byte_for_byte() {
        for hex in WRITTEN {
            let record = MetadataRecord::decode(&bytes(hex)).unwrap();
            assert_eq!(record.encode(), bytes(hex), "{record:?}");
        }
    }

    #[test]
    fn the_fields_mean_what_apache_kafkas_dump_says() {
        let record = MetadataRecord::decode(&bytes(WRITTEN[2])).unwrap();
        let expected = Partition {
            topic_id: "Ei-AurrHSka3wzWo4t7xTA".parse().unwrap(),
            replicas: vec![1],
            isr: vec![1],
            leader: 1,
            directories: vec!["HGqpINfDQzqzQP4X_EPDMg".parse().unwrap()],
            ..Partition::default()
        };
        assert_eq!(record, expected.into());
    }

    #[test]
    fn every_cut_and_every_trailing_byte_is_an_error() {
        for hex in WRITTEN {
            let whole = bytes(hex);
            for length in 0..whole.len() {
                MetadataRecord::decode(&whole[..length]).unwrap_err();
            }
            let longer = [whole.as_slice(), &[0]].concat();
            assert_eq!(
                MetadataRecord::decode(&longer),
                Err(FieldError::Trailing(1).into())
            );
        }
    }

    #[test]
    fn what_is_not_known_is_refused_rather_than_lost() {
        let unknown = RecordDecodeError::UnknownType { key: 99 };
        assert_eq!(MetadataRecord::decode(&[1, 99, 0, 0]), Err(unknown));
        let newer = RecordDecodeError::UnknownVersion {
            key: 20,
            version: 1,
        };
        assert_eq!(MetadataRecord::decode(&[1, 20, 1, 0]), Err(newer));
        assert_eq!(
            MetadataRecord::decode(&[2, 20, 0, 0]),
            Err(RecordDecodeError::Frame(2))
        );
    }

    #[test]
    fn a_count_beyond_the_bytes_is_refused_before_room_is_made() {
        // A Partition whose replicas are said to be four billion.
        let mut hostile = vec![1, 3, 2];
        hostile.extend_from_slice(&[0; 20]);
        hostile.extend_from_slice(&[0xff, 0xff, 0xff, 0xff, 0x0f]);
        assert!(matches!(
            MetadataRecord::decode(&hostile),
            Err(RecordDecodeError::Field(FieldError::Short { .. }))
        ));
    }
}
