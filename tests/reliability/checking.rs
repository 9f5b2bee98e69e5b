//! What must hold of one partition after a fault, whatever the fault was.
//!
//! What was acknowledged, or read by a consumer, is there once, at its offset, in its producer's
//! order (D1); the log is whole batches without a gap (D2); nothing is there that nobody sent, or
//! that was found missing before (D3).

use std::collections::{HashMap, HashSet};

use crate::content::Identity;
use crate::truth::{Fate, Kind, PartitionTruth, SentBatch};
use crate::watching::SeenBatch;

/// At most so many violations are told of each partition.
const TOLD_MAX: usize = 5;

/// A partition as it was read.
pub struct Reading {
    /// The log's first offset, and the one behind its last.
    pub start: i64,
    pub end: i64,
    /// Bytes of the batches that were read.
    pub bytes: u64,
    pub batches: Vec<SeenBatch>,
}

/// Compares a partition with what is known of it; returns what is wrong.
///
/// What was in doubt is settled by what was seen.
pub fn check(truth: &mut PartitionTruth, reading: &Reading) -> Vec<String> {
    let mut faults = Vec::new();
    check_start(truth, reading, &mut faults);
    check_shape(truth, reading, &mut faults);
    let places = places(reading, &mut faults);
    check_order(truth, reading, &mut faults);
    check_batches(truth, reading, &places, &mut faults);
    check_watched(truth, reading, &places, &mut faults);
    settle(truth, reading, &places);
    if faults.len() > TOLD_MAX {
        let more = faults.len() - TOLD_MAX;
        faults.truncate(TOLD_MAX);
        faults.push(format!("and {more} more"));
    }
    faults
}

fn check_start(truth: &PartitionTruth, reading: &Reading, faults: &mut Vec<String>) {
    let start = reading.start;
    let fine = match truth.kind {
        Kind::Plain | Kind::Compacted => start == 0,
        // One that was not acknowledged may have been carried out in part.
        Kind::Deleting => {
            let most = truth
                .start
                .maybe
                .iter()
                .copied()
                .fold(truth.start.sure, i64::max);
            (truth.start.sure..=most).contains(&start)
        }
        // A segment goes only while what remains is as large as it may be; then a power cut may
        // take what was never acknowledged.
        Kind::Retention { bytes } => start == 0 || reading.bytes >= bytes / 2,
    };
    if !fine {
        faults.push(format!(
            "the log starts at {start}, {:?} and {} bytes of {:?} are known",
            truth.start, reading.bytes, truth.kind
        ));
    }
}

/// Whole batches, one behind the other.
fn check_shape(truth: &PartitionTruth, reading: &Reading, faults: &mut Vec<String>) {
    let mut next = None;
    for batch in &reading.batches {
        let gap = next.is_some_and(|next| match truth.kind {
            Kind::Compacted => batch.base < next,
            _ => batch.base != next,
        });
        if gap {
            faults.push(format!("a batch at {}, {next:?} is next", batch.base));
        }
        next = Some(batch.next);
        if truth.kind == Kind::Compacted {
            continue;
        }
        let sent = batch.records.first();
        let sent = sent.and_then(|(_, first)| truth.batches.get(truth.batch_of(*first)?));
        let is_whole = sent.is_some_and(|sent| {
            let identities = batch.records.iter().map(|(_, identity)| *identity);
            sent.identities().eq(identities)
        });
        if !is_whole {
            faults.push(format!("the batch at {} is not as it was sent", batch.base));
        }
    }
    let first = reading.batches.first().map_or(reading.end, |b| b.base);
    if first > reading.start && truth.kind != Kind::Compacted {
        faults.push(format!("{} is first, not {}", first, reading.start));
    }
    let may_gap = truth.kind == Kind::Compacted;
    if next.is_some_and(|next| next != reading.end && !may_gap) {
        faults.push(format!("{next:?} is the end, {} is told", reading.end));
    }
}

/// Where each record is.
fn places(reading: &Reading, faults: &mut Vec<String>) -> HashMap<Identity, i64> {
    let mut places = HashMap::new();
    for (offset, identity) in reading.batches.iter().flat_map(|batch| &batch.records) {
        if let Some(before) = places.insert(*identity, *offset) {
            faults.push(format!("{identity:?} is at {before} and at {offset}"));
        }
    }
    places
}

fn check_order(truth: &PartitionTruth, reading: &Reading, faults: &mut Vec<String>) {
    let mut last: HashMap<u32, Identity> = HashMap::new();
    for (offset, identity) in reading.batches.iter().flat_map(|batch| &batch.records) {
        let Some(before) = last.insert(identity.producer, *identity) else {
            continue;
        };
        if before.number >= identity.number {
            faults.push(format!("{identity:?} at {offset} comes after {before:?}"));
        }
        let retried = |of| {
            truth
                .batch_of(of)
                .and_then(|index| truth.batches.get(index))
        };
        let retried = retried(*identity).is_some_and(|batch| batch.retried);
        // Sequence numbers leave no gap.
        if retried && truth.kind != Kind::Compacted && before.number + 1 != identity.number {
            faults.push(format!("{identity:?} at {offset} follows {before:?}"));
        }
    }
}

fn check_batches(
    truth: &PartitionTruth,
    reading: &Reading,
    places: &HashMap<Identity, i64>,
    faults: &mut Vec<String>,
) {
    let later = last_of_keys(truth, reading);
    let mut lost = Vec::new();
    for batch in &truth.batches {
        let (offset, must) = match batch.fate {
            Fate::Acked(offset) => (Some(offset), true),
            Fate::Written(offset) => (Some(offset), false),
            Fate::Unknown | Fate::Gone => (None, false),
        };
        for (delta, identity) in (0..).zip(batch.identities()) {
            let expected = offset.map(|offset| offset + delta);
            match (places.get(&identity), expected) {
                (Some(place), _) if batch.fate == Fate::Gone => {
                    faults.push(format!("{identity:?} is back, at {place}"));
                }
                (Some(place), Some(expected)) if *place != expected => {
                    faults.push(format!("{identity:?}, acked at {expected}, is at {place}"));
                }
                (None, Some(expected)) if must && expected >= reading.start => {
                    let key = truth.scope.key(identity);
                    let superseded =
                        key.is_some_and(|key| later.get(&key).is_some_and(|last| *last > expected));
                    if !superseded {
                        lost.push((expected, identity));
                    }
                }
                _ => {}
            }
        }
    }
    if let (Some((first, identity)), Some((last, _))) = (lost.first(), lost.last()) {
        faults.push(format!(
            "LOST: {} acknowledged records, {identity:?} at {first} to {last}; the log is {} to {}",
            lost.len(),
            reading.start,
            reading.end
        ));
    }
}

/// The last offset of each key, where records may go because of a later one.
fn last_of_keys(truth: &PartitionTruth, reading: &Reading) -> HashMap<Vec<u8>, i64> {
    let mut last = HashMap::new();
    if truth.kind == Kind::Compacted {
        for (offset, identity) in reading.batches.iter().flat_map(|batch| &batch.records) {
            if let Some(key) = truth.scope.key(*identity) {
                last.insert(key, *offset);
            }
        }
    }
    last
}

/// What a consumer has read stays, whatever the producer was told.
fn check_watched(
    truth: &PartitionTruth,
    reading: &Reading,
    places: &HashMap<Identity, i64>,
    faults: &mut Vec<String>,
) {
    if truth.watched_until > reading.end {
        faults.push(format!(
            "LOST: a consumer has read to {}, the log ends at {}",
            truth.watched_until, reading.end
        ));
    }
    let at: HashSet<(i64, Identity)> = places.iter().map(|(id, at)| (*at, *id)).collect();
    let mut lost = 0;
    let mut first = None;
    for (offset, identity) in &truth.watched {
        let there = at.contains(&(*offset, *identity));
        if !there && *offset >= reading.start && truth.kind != Kind::Compacted {
            lost += 1;
            first = first.or(Some((*offset, *identity)));
        }
    }
    if let Some((offset, identity)) = first {
        faults.push(format!(
            "LOST: {lost} records that a consumer had read, the first {identity:?} at {offset}"
        ));
    }
}

/// Turns what was seen into what is known.
fn settle(truth: &mut PartitionTruth, reading: &Reading, places: &HashMap<Identity, i64>) {
    let compacted = truth.kind == Kind::Compacted;
    for batch in &mut truth.batches {
        settle_batch(batch, reading, places, compacted);
    }
    if truth.kind == Kind::Deleting {
        truth.start.confirm(reading.start);
    }
    // Read again from here on: what lies before was compared just now.
    truth.watched.clear();
}

fn settle_batch(
    batch: &mut SentBatch,
    reading: &Reading,
    places: &HashMap<Identity, i64>,
    compacted: bool,
) {
    // Of a compacted batch the first record may be gone.
    let place = (0..).zip(batch.identities()).find_map(|(delta, identity)| {
        let place = places.get(&identity)?;
        Some(place - delta)
    });
    batch.fate = match (batch.fate, place) {
        (Fate::Unknown | Fate::Written(_), Some(place)) => Fate::Acked(place),
        // It may lie below the start, or have been compacted away, and nobody can tell.
        (_, None) if compacted => batch.fate,
        (Fate::Unknown, None) if !batch.retried && reading.start == 0 => Fate::Gone,
        (Fate::Written(offset), None) if offset >= reading.start => Fate::Gone,
        (fate, _) => fate,
    };
}
