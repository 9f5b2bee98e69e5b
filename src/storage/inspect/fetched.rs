//! A partition as it comes over the wire: its batches, one by one, wherever they come from.

use std::path::PathBuf;

use super::batch_check::check_frame;
use super::order::OffsetOrder;
use super::{Finding, Frame, PREFIX_BYTES, Report, Severity};
use crate::record::LOG_OVERHEAD_BYTES;
use crate::types::Offset;

/// The check of a partition's batches.
#[derive(Debug)]
pub struct FetchedCheck {
    name: PathBuf,
    order: OffsetOrder,
    gaps: Vec<Finding>,
    is_sparse: bool,
    report: Report,
}

impl FetchedCheck {
    /// Returns the check of a partition; `name` stands where a file's path would.
    #[must_use]
    pub fn new(name: impl Into<PathBuf>) -> Self {
        let mut report = Report::default();
        report.totals.partitions = 1;
        Self {
            name: name.into(),
            order: OffsetOrder::default(),
            gaps: Vec::new(),
            is_sparse: false,
            report,
        }
    }

    /// Takes the bytes of an answer that was asked for from `asked` on; returns the offset to ask
    /// for next, `asked` itself if there was no whole batch.
    pub fn take(&mut self, asked: Offset, bytes: &[u8]) -> Offset {
        let mut next = asked;
        let mut rest = bytes;
        while let Some(frame) = first_frame(rest) {
            rest = rest.get(frame.bytes.len()..).unwrap_or_default();
            let length = u64::try_from(frame.bytes.len()).unwrap_or(0);
            self.report.totals.bytes += length;
            match check_frame(&frame) {
                Ok(checked) => {
                    self.report.totals.batches += 1;
                    self.report.totals.records += checked.records;
                    self.is_sparse |= checked.is_sparse;
                    let misfit = self.order.follow(&checked);
                    let at = checked.base_offset;
                    for what in misfit.wrong {
                        self.fail(at, what);
                    }
                    if let Some((first, until)) = misfit.gap {
                        let last = until.plus(-1);
                        let what = format!("offsets {first} to {last} are missing before it");
                        let gap = Finding::damage(&self.name, what).offset(at);
                        self.gaps.push(gap);
                    }
                    next = next.max(checked.last_offset.plus(1));
                }
                Err(reason) => {
                    let (base, end) = claimed(&frame);
                    self.fail(base, reason);
                    // What its header says may be wrong too; the next batch will tell.
                    next = next.max(end);
                }
            }
        }
        next
    }

    /// Adds what is wrong at an offset.
    pub fn fail(&mut self, offset: Offset, what: impl Into<String>) {
        let finding = Finding::damage(&self.name, what).offset(offset);
        self.report.add(finding);
    }

    /// Ends the check; `may_be_compacted` says whether gaps are as they may be.
    #[must_use]
    pub fn finish(mut self, may_be_compacted: bool) -> Report {
        let is_compacted = may_be_compacted || self.is_sparse;
        if !is_compacted {
            self.gaps
                .drain(..)
                .for_each(|finding| self.report.add(finding));
        } else if let Some(first) = self.gaps.into_iter().next() {
            self.report.add(Finding {
                severity: Severity::Note,
                what: "compaction has taken offsets away, here for the first time".to_owned(),
                ..first
            });
        }
        self.report
    }
}

/// Returns the frame at the front; `None` if no whole one is there, as an answer may be cut.
fn first_frame(bytes: &[u8]) -> Option<Frame<'_>> {
    let length = bytes.get(LOG_OVERHEAD_BYTES - 4..)?.first_chunk()?;
    let length = usize::try_from(i32::from_be_bytes(*length)).ok()?;
    let total = LOG_OVERHEAD_BYTES.checked_add(length)?;
    (total >= PREFIX_BYTES).then_some(())?;
    Some(Frame {
        position: 0,
        bytes: bytes.get(..total)?,
    })
}

/// Returns the first offset of a bad batch and the one behind it, as its header has them.
fn claimed(frame: &Frame<'_>) -> (Offset, Offset) {
    let base = frame
        .bytes
        .first_chunk()
        .map(|base| i64::from_be_bytes(*base));
    let delta = frame.bytes.get(23..).and_then(<[u8]>::first_chunk);
    let delta = delta.map_or(0, |delta| i32::from_be_bytes(*delta).max(0));
    let base = Offset(base.unwrap_or(0));
    (base, base.plus(i64::from(delta) + 1))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::record::tests::{COMMIT_BATCH, DATA_BATCH, unhex};

    #[test]
    fn an_answer_is_checked_and_a_cut_end_is_no_damage() {
        let mut bytes = unhex(DATA_BATCH);
        bytes.extend(unhex(COMMIT_BATCH));
        bytes.extend(unhex(DATA_BATCH).get(..50).unwrap());
        let mut check = FetchedCheck::new("t-0");
        assert_eq!(check.take(Offset(0), &bytes), Offset(21));
        let report = check.finish(false);
        assert_eq!((report.totals.batches, report.damaged()), (2, 1));
        let gap = report.findings.first().unwrap();
        assert_eq!(gap.what, "offsets 1 to 19 are missing before it");
        let mut check = FetchedCheck::new("t-0");
        check.take(Offset(0), &bytes);
        assert_eq!(check.finish(true).damaged(), 0);
    }

    #[test]
    fn a_flip_is_told_at_its_offset_and_what_follows_is_read() {
        let mut bytes = unhex(DATA_BATCH);
        bytes[65] ^= 1;
        bytes.extend(unhex(COMMIT_BATCH));
        let mut check = FetchedCheck::new("t-0");
        assert_eq!(check.take(Offset(0), &bytes), Offset(21));
        let report = check.finish(true);
        assert_eq!((report.totals.batches, report.damaged()), (1, 1));
        assert_eq!(report.findings.first().unwrap().offset, Some(Offset(0)));
    }
}
