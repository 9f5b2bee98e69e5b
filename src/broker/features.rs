//! The features that this broker tells clients of (KIP-584).
//!
//! A feature is told only once the APIs that it stands for are listed, whatever level the metadata
//! log holds: a client that reads `transaction.version` 2 sends requests of the second protocol.

use crate::metadata::MetadataImage;

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
const METADATA_VERSION: SupportedFeature =
    SupportedFeature { name: "metadata.version", min: 7, max: 30 };
const ELIGIBLE_LEADER_REPLICAS: SupportedFeature =
    SupportedFeature { name: "eligible.leader.replicas.version", min: 0, max: 1 };

impl Features {
    /// Returns what can be run.
    pub(super) fn supported(self) -> impl Iterator<Item = SupportedFeature> {
        [METADATA_VERSION, ELIGIBLE_LEADER_REPLICAS].into_iter()
    }

    /// Returns the names and levels that are in force.
    pub(super) fn finalized(self, image: &MetadataImage) -> Vec<(&'static str, i16)> {
        let level = |feature: SupportedFeature| {
            Some((feature.name, image.feature_level(feature.name)?))
        };
        self.supported().filter_map(level).filter(|(_, level)| *level > 0).collect()
    }
}
