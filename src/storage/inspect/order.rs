//! Whether batches continue each other: what the header says outside its CRC.
//!
//! Offsets go on where the batch before ended, or behind it where compaction took records away;
//! epochs never fall. Of a batch that does not fit and its neighbours the one that stands alone is
//! taken for the wrong one, so that one flipped bit is one place of damage.

use super::CheckedFrame;
use crate::types::{LeaderEpoch, Offset};

/// What does not fit between two batches.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Misfit {
    /// Why the batch cannot lie here.
    pub wrong: Vec<String>,
    /// Offsets that are missing before the batch: the first, and the one behind the last.
    pub gap: Option<(Offset, Offset)>,
}

/// The place where the next batch belongs.
#[derive(Clone, Copy, Debug, Default)]
pub struct OffsetOrder {
    /// Offset behind the last batch.
    next: Option<Offset>,
    /// The same before the last batch came.
    next_before: Option<Offset>,
    epoch: Option<LeaderEpoch>,
    epoch_before: Option<LeaderEpoch>,
}

impl OffsetOrder {
    /// Returns the order of batches that begin with `next`.
    #[must_use]
    pub fn beginning_at(next: Offset) -> Self {
        Self {
            next: Some(next),
            ..Self::default()
        }
    }

    /// Returns the offset behind the last batch, `None` before the first.
    #[must_use]
    pub const fn next(&self) -> Option<Offset> {
        self.next
    }

    /// Takes the next batch; returns what does not fit.
    pub fn follow(&mut self, frame: &CheckedFrame) -> Misfit {
        let mut misfit = Misfit::default();
        self.follow_offsets(frame, &mut misfit);
        if let Some(epoch) = frame.leader_epoch {
            self.follow_epoch(epoch, &mut misfit);
        }
        misfit
    }

    fn follow_offsets(&mut self, frame: &CheckedFrame, misfit: &mut Misfit) {
        let (base, end) = (frame.base_offset, frame.last_offset.plus(1));
        let before = std::mem::replace(&mut self.next_before, self.next);
        match self.next {
            Some(next) if base < next => {
                misfit.wrong.push(format!(
                    "the base offset {base} lies behind offset {} of the batch before",
                    next.plus(-1)
                ));
                // The batch before may be the one that is wrong.
                let fits_before = before.is_none_or(|before| base >= before);
                self.next = Some(if fits_before { end } else { next });
                self.next_before = self.next;
            }
            Some(next) => {
                misfit.gap = (base > next).then_some((next, base));
                self.next = Some(end);
            }
            None => self.next = Some(end),
        }
    }

    fn follow_epoch(&mut self, epoch: LeaderEpoch, misfit: &mut Misfit) {
        if let Some(known) = self.epoch
            && epoch < known
        {
            misfit
                .wrong
                .push(format!("the leader epoch falls from {known} to {epoch}"));
            if self.epoch_before.is_none_or(|before| epoch >= before) {
                self.epoch = Some(epoch);
            }
            return;
        }
        self.epoch_before = self.epoch;
        self.epoch = Some(epoch);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn frame(base: i64, last: i64, epoch: i32) -> CheckedFrame {
        CheckedFrame {
            base_offset: Offset(base),
            last_offset: Offset(last),
            leader_epoch: Some(LeaderEpoch(epoch)),
            max_timestamp: -1,
            records: 1,
            is_sparse: false,
            producer: None,
        }
    }

    fn misfits(frames: &[(i64, i64, i32)]) -> Vec<(usize, usize)> {
        let mut order = OffsetOrder::default();
        let misfit = |(base, last, epoch): &(i64, i64, i32)| {
            let misfit = order.follow(&frame(*base, *last, *epoch));
            (misfit.wrong.len(), usize::from(misfit.gap.is_some()))
        };
        frames.iter().map(misfit).collect()
    }

    #[test]
    fn batches_that_continue_fit() {
        let fits = misfits(&[(5, 6, 0), (7, 7, 0), (8, 20, 3)]);
        assert_eq!(fits, [(0, 0); 3]);
    }

    #[test]
    fn one_offset_that_is_too_high_or_too_low_is_told_once() {
        let high = misfits(&[(0, 0, 0), (1, 1, 0), (1026, 1026, 0), (3, 3, 0), (4, 4, 0)]);
        assert_eq!(high, [(0, 0), (0, 0), (0, 1), (1, 0), (0, 0)]);
        let low = misfits(&[(1000, 1000, 0), (1001, 1001, 0), (2, 2, 0), (1003, 1003, 0)]);
        assert_eq!(low, [(0, 0), (0, 0), (1, 0), (0, 1)]);
    }

    #[test]
    fn one_epoch_that_is_too_high_or_too_low_is_told_once() {
        let high = misfits(&[(0, 0, 2), (1, 1, 66), (2, 2, 2), (3, 3, 2)]);
        assert_eq!(high, [(0, 0), (0, 0), (1, 0), (0, 0)]);
        let low = misfits(&[(0, 0, 66), (1, 1, 66), (2, 2, 2), (3, 3, 66), (4, 4, 66)]);
        assert_eq!(low, [(0, 0), (0, 0), (1, 0), (0, 0), (0, 0)]);
    }
}
