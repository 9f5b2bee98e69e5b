//! Where the replicas of new partitions go: striped over the brokers (StripedReplicaPlacer).
//!
//! Partition after partition starts one broker further, so that leaders are spread; the first one
//! is drawn at random, so that topics of one partition are spread too. Brokers that are fenced
//! come last. The replicas of a partition are on different racks as far as there are any.

use std::collections::BTreeMap;

use super::Refusal;
use crate::metadata::MetadataImage;
use crate::metadata::record::RegisterBroker;
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
    let (live, fenced): (Vec<_>, Vec<_>) = image
        .brokers()
        .partition(|broker| is_active(&broker.registration));
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
            "All brokers are currently fenced, or have all their log directories cordoned."
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
        let (behind, ahead) = live.split_at((first + partition) % live.len());
        let mut turned = rack_by_rack(image, [ahead, behind].concat());
        turned.extend(rack_by_rack(image, fenced.clone()));
        turned.truncate(wanted);
        turned
    };
    Ok((0..usize::try_from(count).unwrap_or(0))
        .map(stripe)
        .collect())
}

/// Orders brokers so that no rack comes again before every other one had its turn; brokers
/// without a rack are one of their own together.
fn rack_by_rack(image: &MetadataImage, brokers: Vec<BrokerId>) -> Vec<BrokerId> {
    let rack = |id: &BrokerId| {
        image
            .broker(*id)
            .and_then(|broker| broker.registration.rack.clone())
    };
    let mut turns: BTreeMap<Option<String>, usize> = BTreeMap::new();
    let mut by_turn: Vec<(usize, BrokerId)> = Vec::with_capacity(brokers.len());
    for id in brokers {
        let turn = turns.entry(rack(&id)).or_default();
        by_turn.push((*turn, id));
        *turn += 1;
    }
    by_turn.sort_by_key(|(turn, _)| *turn);
    by_turn.into_iter().map(|(_, id)| id).collect()
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
            .is_some_and(|broker| is_active(&broker.registration))
    };
    replicas.iter().filter(live).copied().collect()
}

/// Returns whether a broker may be in sync and lead.
fn is_active(registration: &RegisterBroker) -> bool {
    !registration.fenced && !registration.in_controlled_shutdown
}

#[cfg(test)]
mod tests {
    use super::super::fixture::{apply, cluster, registration};
    use super::*;
    use std::collections::BTreeSet;

    #[test]
    fn leaders_are_spread_and_replicas_differ() {
        let image = cluster(&[1, 2, 3]);
        let placed = place(&image, 6, 3, &mut Rng::seeded(5)).unwrap();
        for replicas in &placed {
            assert_eq!(replicas.iter().collect::<BTreeSet<_>>().len(), 3);
        }
        for id in 1..=3 {
            let leads = placed
                .iter()
                .filter(|replicas| replicas[0] == BrokerId(id))
                .count();
            assert_eq!(leads, 2);
        }
    }

    #[test]
    fn fenced_brokers_count_and_come_last() {
        let mut image = cluster(&[1, 2]);
        let fenced = RegisterBroker {
            fenced: true,
            ..registration(3, None)
        };
        apply(&mut image, &[fenced.into()]);
        for replicas in place(&image, 8, 3, &mut Rng::seeded(5)).unwrap() {
            assert_eq!(replicas[2], BrokerId(3));
        }
    }

    #[test]
    fn replicas_are_on_different_racks_as_far_as_there_are_any() {
        let mut image = cluster(&[]);
        let racks = ["a", "a", "a", "b", "b", "c"];
        let brokers: Vec<_> = (1..)
            .zip(racks)
            .map(|(id, rack)| registration(id, Some(rack)).into())
            .collect();
        apply(&mut image, &brokers);
        for replicas in place(&image, 24, 3, &mut Rng::seeded(5)).unwrap() {
            let racks: BTreeSet<_> = replicas
                .iter()
                .map(|id| image.broker(*id).unwrap().registration.rack.clone())
                .collect();
            assert_eq!(racks.len(), 3, "{replicas:?}");
        }
    }

    #[test]
    fn without_a_live_broker_nothing_is_placed() {
        let text = "Unable to replicate the partition 1 time(s): All brokers are currently \
                    fenced, or have all their log directories cordoned.";
        let refusal = place(&cluster(&[]), 1, 1, &mut Rng::seeded(5)).unwrap_err();
        assert_eq!(
            refusal,
            Refusal::new(ErrorCode::InvalidReplicationFactor, text)
        );
    }
}
