//! Walks a run of batches that lie back to back, as in a segment or in a fetch answer.
//!
//! Tells the three ends apart: nothing is left, the last batch is cut off, or the bytes are no
//! batch. The CRC is not looked at; the caller does that where it matters.

use super::batch::{BatchError, RecordBatch};

/// An iterator over the batches of a byte run.
#[derive(Clone, Debug)]
pub struct Batches<'a> {
    rest: &'a [u8],
    position: usize,
    failed: bool,
}

impl<'a> Batches<'a> {
    /// Returns the walk over `bytes`.
    #[must_use]
    pub const fn new(bytes: &'a [u8]) -> Self {
        Self {
            rest: bytes,
            position: 0,
            failed: false,
        }
    }

    /// Returns how many bytes were whole batches so far: at the end, where a torn tail starts.
    #[must_use]
    pub const fn position(&self) -> usize {
        self.position
    }
}

impl<'a> Iterator for Batches<'a> {
    type Item = Result<RecordBatch<'a>, BatchError>;

    /// Returns the next batch, or why there is none; after an error, nothing.
    fn next(&mut self) -> Option<Self::Item> {
        if self.rest.is_empty() || self.failed {
            return None;
        }
        let result = RecordBatch::parse(self.rest);
        match &result {
            Ok(batch) => {
                let bytes = batch.bytes().len();
                self.rest = self.rest.get(bytes..).unwrap_or(&[]);
                self.position += bytes;
            }
            Err(_) => self.failed = true,
        }
        Some(result)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::record::tests::{COMMIT_BATCH, DATA_BATCH, unhex};

    #[test]
    fn a_torn_tail_starts_where_the_last_whole_batch_ends() {
        let mut bytes = unhex(DATA_BATCH);
        bytes.extend(unhex(COMMIT_BATCH));
        for cut in 70..bytes.len() {
            let mut batches = Batches::new(&bytes[..cut]);
            assert!(batches.next().unwrap().is_ok());
            if cut > 70 {
                let error = batches.next().unwrap().unwrap_err();
                assert!(
                    matches!(error, BatchError::Truncated { .. }),
                    "{cut}: {error}"
                );
            }
            assert!(batches.next().is_none());
            assert_eq!(batches.position(), 70);
        }
        assert_eq!(Batches::new(&bytes).filter(Result::is_ok).count(), 2);
    }
}
