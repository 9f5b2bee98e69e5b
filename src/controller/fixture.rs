//! For tests: an image of some brokers, and a short way to let the controller decide.

use super::{ClusterSettings, Context, ControllerResult, Decide, bootstrap_records};
use crate::metadata::record::RegisterBroker;
use crate::metadata::{MetadataImage, MetadataRecord};
use crate::rng::Rng;
use crate::types::{Offset, Uuid};

/// Applies records behind what the image holds.
pub(super) fn apply(image: &mut MetadataImage, records: &[MetadataRecord]) {
    for record in records {
        let offset = Offset(image.highest_offset().0 + 1);
        image.apply(offset, record).unwrap();
    }
}

/// Returns the registration of a live broker with one directory.
pub(super) fn registration(id: i32, rack: Option<&str>) -> RegisterBroker {
    RegisterBroker {
        broker_id: id,
        fenced: false,
        rack: rack.map(str::to_owned),
        log_dirs: vec![Uuid(u128::try_from(id).unwrap() + 1000)],
        ..RegisterBroker::default()
    }
}

/// Returns a fresh cluster with these brokers, all live.
pub(super) fn cluster(ids: &[i32]) -> MetadataImage {
    let mut image = MetadataImage::default();
    apply(&mut image, &bootstrap_records());
    let brokers: Vec<_> = ids
        .iter()
        .map(|id| registration(*id, None).into())
        .collect();
    apply(&mut image, &brokers);
    image
}

/// Decides with the settings of a bare broker.
pub(super) fn decide<C: Decide>(
    image: &MetadataImage,
    command: &C,
) -> ControllerResult<C::Response> {
    let settings = ClusterSettings {
        default_partitions: 1,
        default_replication_factor: 1,
        may_delete_topics: true,
    };
    let mut rng = Rng::seeded(1);
    command.decide(&mut Context {
        image,
        settings: &settings,
        now_ms: 1000,
        rng: &mut rng,
    })
}

/// Decides and applies what comes of it.
pub(super) fn run<C: Decide>(image: &mut MetadataImage, command: &C) -> C::Response {
    let result = decide(image, command);
    apply(image, &result.records);
    result.response
}
