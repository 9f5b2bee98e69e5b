//! What a fresh cluster begins with: the files and records of `kafka-storage format`.

use super::checkpoint::{BOOTSTRAP_FILE, bootstrap_checkpoint, first_checkpoint};
use super::kraft::Voter;
use crate::metadata::MetadataRecord;
use crate::metadata::record::{Config, FeatureLevel, resource_type};
use crate::types::TimestampMs;

/// The level of `metadata.version` in 4.3 (`MetadataVersion.IBP_4_3_IV0`).
pub const METADATA_LEVEL: i16 = 30;

/// The features of a directory that 4.3.1 formats, at the levels that it writes.
const FEATURES: [(&str, i16); 6] = [
    ("metadata.version", METADATA_LEVEL),
    ("eligible.leader.replicas.version", 1),
    ("group.version", 1),
    ("share.version", 1),
    ("streams.version", 1),
    ("transaction.version", 2),
];

/// The setting that eligible leader replicas bring along.
const MIN_IN_SYNC: &str = "min.insync.replicas";

/// Returns the records that a fresh cluster begins with.
///
/// The cluster-wide `min.insync.replicas=1` comes with eligible leader replicas (KIP-966), so that
/// every topic shows it.
#[must_use]
pub fn bootstrap_records() -> Vec<MetadataRecord> {
    with_implied_settings(format_records())
}

/// Adds what the controller sets by itself when it writes these records into an empty log.
pub(super) fn with_implied_settings(mut records: Vec<MetadataRecord>) -> Vec<MetadataRecord> {
    let eligible = |record: &MetadataRecord| match record {
        MetadataRecord::FeatureLevel(feature) => {
            feature.name == "eligible.leader.replicas.version" && feature.feature_level > 0
        }
        _ => false,
    };
    let is_set = |record: &MetadataRecord| match record {
        MetadataRecord::Config(config) => {
            config.resource_type == resource_type::BROKER
                && config.resource_name.is_empty()
                && config.name == MIN_IN_SYNC
        }
        _ => false,
    };
    if records.iter().any(eligible) && !records.iter().any(is_set) {
        records.push(
            Config {
                resource_type: resource_type::BROKER,
                resource_name: String::new(),
                name: MIN_IN_SYNC.to_owned(),
                value: Some("1".to_owned()),
            }
            .into(),
        );
    }
    records
}

/// Returns the records that a directory is formatted with where nobody asks for others.
#[must_use]
pub fn format_records() -> Vec<MetadataRecord> {
    let record = |(name, level): (&str, i16)| {
        FeatureLevel {
            name: name.to_owned(),
            feature_level: level,
        }
        .into()
    };
    FEATURES.into_iter().map(record).collect()
}

/// Returns the files that format a log directory, by their path inside it: the bootstrap records,
/// and for a dynamic quorum the snapshot that names the voters.
#[must_use]
pub fn format_files(
    records: &[MetadataRecord],
    voters: &[Voter],
    now_ms: TimestampMs,
) -> Vec<(String, Vec<u8>)> {
    let bootstrap = bootstrap_checkpoint(records, now_ms);
    let mut files = vec![(BOOTSTRAP_FILE.to_owned(), bootstrap)];
    if !voters.is_empty() {
        let path = format!("{}/{:020}-{:010}.checkpoint", super::METADATA_DIR, 0, 0);
        files.push((path, first_checkpoint(voters, now_ms)));
    }
    files
}
