//! The features that this broker tells clients of (KIP-584).
//!
//! A feature is told only once the APIs that it stands for are listed, whatever level the metadata
//! log holds: a client that reads `transaction.version` 2 sends requests of the second protocol.

use crate::metadata::MetadataImage;
use crate::metadata::record::RecordFeature;

/// A feature and the levels that this broker can run.
#[derive(Clone, Copy, Debug)]
pub(super) struct SupportedFeature {
    pub(super) name: &'static str,
    pub(super) min: i16,
    pub(super) max: i16,
}

/// The features of this broker.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Features;

/// `MetadataVersion.MINIMUM_VERSION` (3.3-IV3) and the level of 4.3.
const METADATA_VERSION: SupportedFeature = SupportedFeature {
    name: "metadata.version",
    min: 7,
    max: 30,
};
const ELIGIBLE_LEADER_REPLICAS: SupportedFeature = SupportedFeature {
    name: "eligible.leader.replicas.version",
    min: 0,
    max: 1,
};

impl Features {
    /// Returns what can be run.
    pub(super) fn supported(self) -> impl Iterator<Item = SupportedFeature> {
        [METADATA_VERSION, ELIGIBLE_LEADER_REPLICAS].into_iter()
    }

    /// Returns all that the registration names, as Apache Kafka 4.3.1 does: the levels that the
    /// metadata of a cluster formatted by it may hold.
    pub(super) fn records(self) -> Vec<RecordFeature> {
        const REGISTERED: [(&str, i16, i16); 7] = [
            ("eligible.leader.replicas.version", 0, 1),
            ("group.version", 0, 1),
            ("kraft.version", 0, 1),
            ("metadata.version", 7, 30),
            ("share.version", 0, 1),
            ("streams.version", 0, 1),
            ("transaction.version", 0, 2),
        ];
        let record = |(name, min, max): (&str, i16, i16)| RecordFeature {
            name: name.to_owned(),
            min_supported_version: min,
            max_supported_version: max,
        };
        REGISTERED.into_iter().map(record).collect()
    }

    /// Returns the names and levels that are in force.
    pub(super) fn finalized(self, image: &MetadataImage) -> Vec<(&'static str, i16)> {
        let level =
            |feature: SupportedFeature| Some((feature.name, image.feature_level(feature.name)?));
        self.supported()
            .filter_map(level)
            .filter(|(_, level)| *level > 0)
            .collect()
    }
}
