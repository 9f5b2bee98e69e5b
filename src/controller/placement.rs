//! Where the replicas of new partitions go: striped over the brokers (StripedReplicaPlacer).
//!
//! Partition after partition starts one broker further, so that leaders are spread; the first one
//! is drawn at random, so that topics of one partition are spread too. Brokers that are fenced
//! come last. Racks take turns once several brokers name them.

use super::Refusal;
use crate::metadata::MetadataImage;
use crate::protocol::ErrorCode;
use crate::rng::Rng;
use crate::types::{BrokerId, Uuid};

/// The directory id of a replica whose broker has not chosen one
/// (`DirectoryId.UNASSIGNED`, KIP-858).
const UNASSIGNED: Uuid = Uuid(0);

/// Places `count` partitions of `replicas` replicas each.
pub(super) fn place(
    image: &MetadataImage,
    count: i32,
    replicas: i16,
    rng: &mut Rng,
) -> Result<Vec<Vec<BrokerId>>, Refusal> {
    let (fenced, live): (Vec<_>, Vec<_>) = image
        .brokers()
        .partition(|broker| broker.registration.fenced);
    let live: Vec<BrokerId> = live.iter().map(|broker| broker.id()).collect();
    let fenced: Vec<BrokerId> = fenced.iter().map(|broker| broker.id()).collect();
    let registered = live.len() + fenced.len();
    let wanted = usize::try_from(replicas).unwrap_or(0);
    let refuse = |why: String| {
        let text = format!("Unable to replicate the partition {replicas} time(s): {why}");
        Err(Refusal::new(ErrorCode::InvalidReplicationFactor, text))
    };
    if live.is_empty() {
        return refuse(
            "All brokers are currently fenced or have all their log directories cordoned."
                .to_owned(),
        );
    }
    if wanted > registered {
        return refuse(format!(
            "The target replication factor of {replicas} cannot be reached because only \
             {registered} broker(s) are registered or some brokers have all their log \
             directories cordoned."
        ));
    }
    let first = usize::try_from(rng.below(u64::try_from(live.len()).unwrap_or(1))).unwrap_or(0);
    let stripe = |partition: usize| {
        let turned = live
            .iter()
            .cycle()
            .skip((first + partition) % live.len())
            .take(live.len());
        turned.chain(&fenced).copied().take(wanted).collect()
    };
    Ok((0..usize::try_from(count).unwrap_or(0))
        .map(stripe)
        .collect())
}

/// Returns the log directory of each replica: a broker's only one, else unassigned.
pub(super) fn directories(image: &MetadataImage, replicas: &[BrokerId]) -> Vec<Uuid> {
    let only = |id: &BrokerId| match image.broker(*id)?.registration.log_dirs[..] {
        [only] => Some(only),
        _ => None,
    };
    replicas
        .iter()
        .map(|id| only(id).unwrap_or(UNASSIGNED))
        .collect()
}

/// Returns the replicas that are in sync when a partition is new: those on live brokers.
pub(super) fn initial_isr(image: &MetadataImage, replicas: &[BrokerId]) -> Vec<BrokerId> {
    let live = |id: &&BrokerId| {
        image
            .broker(**id)
            .is_some_and(|broker| !broker.registration.fenced)
    };
    replicas.iter().filter(live).copied().collect()
}
