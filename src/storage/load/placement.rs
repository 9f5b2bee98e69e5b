//! What the CRC of a batch does not cover: whether the batch is where it belongs.
//!
//! The first 21 bytes of a batch are under no checksum. Offsets must go on where the batch before
//! ended (behind it, where compaction left a gap), and leader epochs never fall. Where a batch and
//! its neighbours contradict each other, the one is damaged that more of them speak against.

use std::io;

use crate::fs::File;
use crate::record::{BatchHeader, HEADER_BYTES};
use crate::storage::file_records::{HeaderScan, Located, Scanned};
use crate::types::{LeaderEpoch, Offset};

/// Where a batch should lie.
#[derive(Clone, Copy, Debug)]
pub(in crate::storage) struct Place {
    /// Base of the segment.
    pub(in crate::storage) base: Offset,
    /// The offset behind what came before.
    pub(in crate::storage) expected: Offset,
    /// The leader epoch of the batch before.
    pub(in crate::storage) epoch: LeaderEpoch,
    /// Base of the segment behind.
    pub(in crate::storage) next_base: Option<Offset>,
    /// Whether compaction, here or at a leader, may have left gaps.
    pub(in crate::storage) may_have_gaps: bool,
}

/// How many batches behind one are asked.
const WITNESSES_MAX: usize = 2;

/// Checks a batch whose CRC is right; returns what is wrong with its place, if anything.
pub(in crate::storage) fn placed(
    place: &Place,
    header: &BatchHeader,
    (file, next, end): (&dyn File, u64, u64),
) -> io::Result<Result<(), String>> {
    let (found, expected) = (header.base_offset, place.expected);
    let wrong = |reason| Ok(Err(reason));
    if found < expected {
        return wrong(format!(
            "offset {found} where {expected} or more is expected"
        ));
    }
    if header.last_offset().0.saturating_sub(place.base.0) > i64::from(i32::MAX) {
        return wrong(format!("offset {found} is too far from the segment's base"));
    }
    if header.leader_epoch < place.epoch {
        return wrong(format!(
            "leader epoch {} behind {}",
            header.leader_epoch, place.epoch
        ));
    }
    if found == expected && header.leader_epoch == place.epoch {
        return Ok(Ok(()));
    }
    let (mut witnesses, mut against) = (0, 0);
    let mut scan = HeaderScan::new(file, &[], next, end);
    while witnesses < WITNESSES_MAX
        && let Scanned::Batch(behind) = scan.next()?
    {
        if !is_whole(file, &behind)? {
            // It is damaged, and may be cut: it says nothing.
            break;
        }
        let behind = behind.header;
        if behind.base_offset < expected || behind.leader_epoch < place.epoch {
            // It contradicts what was before, too: it is the one that is damaged.
            break;
        }
        witnesses += 1;
        let overlaps = behind.base_offset < header.next_offset();
        let falls = behind.leader_epoch < header.leader_epoch;
        against += usize::from(overlaps && found > expected || falls && !overlaps);
    }
    if witnesses == 0 {
        let is_beyond = place
            .next_base
            .is_some_and(|next| header.next_offset() > next);
        let is_alone = place.next_base.is_none() && found > expected && !place.may_have_gaps;
        if is_beyond || is_alone {
            return wrong(format!("offset {found} where {expected} is expected"));
        }
    } else if against == witnesses {
        return wrong(format!(
            "offset {found} in leader epoch {}, which the batches behind contradict",
            header.leader_epoch
        ));
    }
    Ok(Ok(()))
}

/// Returns whether the CRC of a batch is right.
fn is_whole(file: &dyn File, batch: &Located) -> io::Result<bool> {
    let begin = u64::try_from(HEADER_BYTES).map_err(io::Error::other)?;
    let bytes = usize::try_from(batch.bytes - begin).map_err(io::Error::other)?;
    let mut body = vec![0; bytes];
    file.read_exact_at(&mut body, batch.position + begin)?;
    Ok(batch.header.computed_crc(&body) == batch.header.crc)
}
