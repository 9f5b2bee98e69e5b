//! ProducerStateEntry: what is known of one producer id, and whether a batch continues it.

use super::producer_error::ProducerError;
use crate::record::BatchHeader;
use crate::types::{Offset, TimestampMs};

/// How many batches of a producer are known (ProducerStateEntry): what a client may have in
/// flight.
pub(super) const WINDOW: usize = 5;

/// A batch that a producer wrote.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct BatchMetadata {
    /// Sequence number of its last record.
    pub last_sequence: i32,
    /// Offset of its last record.
    pub last_offset: Offset,
    /// Last offset less first offset.
    pub offset_delta: i32,
    /// Its largest timestamp.
    pub timestamp: TimestampMs,
}

impl BatchMetadata {
    /// Returns the offset of its first record.
    #[must_use]
    pub fn first_offset(&self) -> Offset {
        Offset(self.last_offset.0 - i64::from(self.offset_delta))
    }

    /// Returns the sequence number of its first record.
    #[must_use]
    pub const fn first_sequence(&self) -> i32 {
        self.last_sequence.wrapping_sub(self.offset_delta) & i32::MAX
    }
}

/// What is known of one producer id.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ProducerState {
    pub(super) epoch: i16,
    pub(super) coordinator_epoch: i32,
    pub(super) last_timestamp: TimestampMs,
    pub(super) txn_first_offset: Option<Offset>,
    /// The oldest first; only the first `known` count.
    batches: [BatchMetadata; WINDOW],
    known: usize,
}

impl ProducerState {
    pub(super) const fn new(epoch: i16) -> Self {
        let batch = BatchMetadata {
            last_sequence: -1,
            last_offset: Offset::NONE,
            offset_delta: 0,
            timestamp: -1,
        };
        Self {
            epoch,
            coordinator_epoch: -1,
            last_timestamp: -1,
            txn_first_offset: None,
            batches: [batch; WINDOW],
            known: 0,
        }
    }

    pub(super) fn restored(
        epoch: i16,
        coordinator_epoch: i32,
        last_timestamp: TimestampMs,
        batch: Option<BatchMetadata>,
        txn_first_offset: Option<Offset>,
    ) -> Self {
        let mut state = Self {
            coordinator_epoch,
            last_timestamp,
            txn_first_offset,
            ..Self::new(epoch)
        };
        if let Some(batch) = batch {
            state.push(batch);
        }
        state
    }

    /// Returns the producer's epoch.
    #[must_use]
    pub const fn epoch(&self) -> i16 {
        self.epoch
    }

    /// Returns the epoch of the coordinator that wrote the last marker, -1 without one.
    #[must_use]
    pub const fn coordinator_epoch(&self) -> i32 {
        self.coordinator_epoch
    }

    /// Returns the timestamp of the last batch.
    #[must_use]
    pub const fn last_timestamp(&self) -> TimestampMs {
        self.last_timestamp
    }

    /// Returns where the open transaction begins.
    #[must_use]
    pub const fn txn_first_offset(&self) -> Option<Offset> {
        self.txn_first_offset
    }

    /// Returns the batches that are known, the oldest first.
    #[must_use]
    pub fn batches(&self) -> &[BatchMetadata] {
        self.batches.get(..self.known).unwrap_or_default()
    }

    /// Returns the last batch of this epoch.
    #[must_use]
    pub fn last_batch(&self) -> Option<BatchMetadata> {
        self.batches().last().copied()
    }

    pub(super) fn push(&mut self, batch: BatchMetadata) {
        if self.known == WINDOW {
            self.batches.rotate_left(1);
            self.known -= 1;
        }
        if let Some(place) = self.batches.get_mut(self.known) {
            *place = batch;
            self.known += 1;
        }
    }

    /// Puts batches that a restart forgot before the one that it kept.
    pub(super) fn refill(&mut self, older: &[BatchMetadata]) {
        let Some(last) = self.last_batch().filter(|_| self.known == 1) else {
            return;
        };
        let wanted: Vec<_> = older
            .iter()
            .filter(|batch| batch.last_offset < last.last_offset)
            .collect();
        self.known = 0;
        for batch in wanted.iter().skip(wanted.len().saturating_sub(WINDOW - 1)) {
            self.push(**batch);
        }
        self.push(last);
    }
}

impl ProducerState {
    pub(super) fn duplicate_of(&self, header: &BatchHeader) -> Option<BatchMetadata> {
        if header.producer_epoch != self.epoch {
            return None;
        }
        let same = |batch: &&BatchMetadata| {
            batch.first_sequence() == header.base_sequence
                && batch.last_sequence == header.last_sequence()
        };
        self.batches().iter().find(same).copied()
    }

    pub(super) fn check_sequence(
        &self,
        header: &BatchHeader,
        partition: impl Fn() -> String,
    ) -> Result<(), ProducerError> {
        let (producer_id, offset) = (header.producer_id, header.base_offset);
        let (found, epoch) = (header.base_sequence, header.producer_epoch);
        if epoch != self.epoch {
            if found != 0 && self.epoch >= 0 {
                return Err(ProducerError::NewEpochSequence {
                    producer_id,
                    offset,
                    partition: partition(),
                    epoch,
                    found,
                    current: self.epoch,
                });
            }
            return Ok(());
        }
        let last = self.last_batch().map_or(-1, |batch| batch.last_sequence);
        if found != last.wrapping_add(1) & i32::MAX {
            let partition = partition();
            return Err(ProducerError::OutOfOrderSequence {
                producer_id,
                offset,
                partition,
                found,
                last,
            });
        }
        Ok(())
    }

    pub(super) const fn enter_epoch(&mut self, epoch: i16) {
        if self.epoch != epoch {
            self.epoch = epoch;
            self.known = 0;
        }
    }
}
