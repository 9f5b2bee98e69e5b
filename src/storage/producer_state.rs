//! ProducerStateManager: what each producer last wrote, for idempotence and transactions.
//!
//! Of each producer id the last five batches are known, so that one that is sent again is answered
//! as before instead of being appended again, and a gap is refused. Open transactions bound the
//! last stable offset. The state is rebuilt from a snapshot and the headers behind it.

use std::collections::{BTreeMap, HashMap};

use super::producer::{BatchMetadata, ProducerState};
use super::producer_error::ProducerError;
use crate::record::{BatchHeader, EndMarker, parse_end_marker_body};
use crate::types::{Offset, TimestampMs};

/// A transaction that a marker ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct CompletedTxn {
    /// Whose it was.
    pub producer_id: i64,
    /// Offset of its first record.
    pub first_offset: Offset,
    /// Offset of the marker.
    pub last_offset: Offset,
    /// Whether its records count.
    pub committed: bool,
}

/// What a batch is, as far as its producer is concerned.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ProducerCheck {
    /// To be appended.
    New,
    /// In the log already; to be answered with what the log has.
    Duplicate(BatchMetadata),
}

/// The producers of one log.
#[derive(Clone, Debug, Default)]
pub struct ProducerStateManager {
    producers: HashMap<i64, ProducerState>,
    /// Open transactions by their first offset.
    ongoing: BTreeMap<Offset, i64>,
    /// Ended ones whose marker is not below the high watermark: first offset to marker's offset.
    unreplicated: BTreeMap<Offset, Offset>,
}

impl ProducerStateManager {
    pub(super) fn restored(producers: HashMap<i64, ProducerState>) -> Self {
        let open = |(id, state): (&i64, &ProducerState)| Some((state.txn_first_offset()?, *id));
        let ongoing = producers.iter().filter_map(open).collect();
        Self {
            producers,
            ongoing,
            unreplicated: BTreeMap::new(),
        }
    }

    /// Returns what is known of a producer.
    #[must_use]
    pub fn get(&self, producer_id: i64) -> Option<&ProducerState> {
        self.producers.get(&producer_id)
    }

    /// Walks the producers, in no order.
    pub fn iter(&self) -> impl Iterator<Item = (i64, &ProducerState)> {
        self.producers.iter().map(|(id, state)| (*id, state))
    }

    /// Returns how many producers are known.
    #[must_use]
    pub fn len(&self) -> usize {
        self.producers.len()
    }

    /// Returns whether no producer is known.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.producers.is_empty()
    }

    pub(super) const fn all(&self) -> &HashMap<i64, ProducerState> {
        &self.producers
    }

    pub(super) const fn all_mut(&mut self) -> &mut HashMap<i64, ProducerState> {
        &mut self.producers
    }

    /// Checks a batch that is to be appended at `header.base_offset`; changes nothing.
    ///
    /// Batches of coordinators have no sequence; only their epoch is checked.
    pub fn check(
        &self,
        header: &BatchHeader,
        body: &[u8],
        partition: &dyn std::fmt::Display,
    ) -> Result<ProducerCheck, ProducerError> {
        let id = header.producer_id;
        let Some(state) = self.producers.get(&id) else {
            return Ok(ProducerCheck::New);
        };
        let (producer_id, offset) = (id, header.base_offset);
        let partition = || partition.to_string();
        let is_data = !header.attributes.is_control();
        let has_sequence = is_data && header.base_sequence >= 0;
        if has_sequence && let Some(batch) = state.duplicate_of(header) {
            return Ok(ProducerCheck::Duplicate(batch));
        }
        let (found, current) = (header.producer_epoch, state.epoch);
        if found < current {
            let partition = partition();
            return Err(ProducerError::InvalidEpoch {
                producer_id,
                offset,
                partition,
                found,
                current,
            });
        }
        if !is_data {
            return match parse_end_marker_body(body, header.record_count) {
                Some(marker) if marker.coordinator_epoch < state.coordinator_epoch => {
                    Err(ProducerError::CoordinatorFenced {
                        producer_id,
                        offset,
                        partition: partition(),
                        found: marker.coordinator_epoch,
                        current: state.coordinator_epoch,
                    })
                }
                _ => Ok(ProducerCheck::New),
            };
        }
        if has_sequence {
            state.check_sequence(header, partition)?;
        }
        if state.txn_first_offset().is_some() && !header.attributes.is_transactional() {
            let partition = partition();
            return Err(ProducerError::NotTransactional {
                producer_id,
                offset,
                partition,
            });
        }
        Ok(ProducerCheck::New)
    }

    /// Notes a batch that is in the log; returns the transaction that it ended.
    pub fn update(&mut self, header: &BatchHeader, body: &[u8]) -> Option<CompletedTxn> {
        if !header.has_producer_id() {
            return None;
        }
        if header.attributes.is_control() {
            let marker = parse_end_marker_body(body, header.record_count)?;
            return self.complete(header, marker);
        }
        let id = header.producer_id;
        let state = self
            .producers
            .entry(id)
            .or_insert(ProducerState::new(header.producer_epoch));
        state.enter_epoch(header.producer_epoch);
        state.push(BatchMetadata {
            last_sequence: header.last_sequence(),
            last_offset: header.last_offset(),
            offset_delta: header.last_offset_delta,
            timestamp: header.max_timestamp,
        });
        state.last_timestamp = header.max_timestamp;
        if header.attributes.is_transactional() && state.txn_first_offset.is_none() {
            state.txn_first_offset = Some(header.base_offset);
            self.ongoing.insert(header.base_offset, id);
        }
        None
    }

    fn complete(&mut self, header: &BatchHeader, marker: EndMarker) -> Option<CompletedTxn> {
        let producer_id = header.producer_id;
        let state = self
            .producers
            .entry(producer_id)
            .or_insert(ProducerState::new(header.producer_epoch));
        state.enter_epoch(header.producer_epoch);
        state.coordinator_epoch = marker.coordinator_epoch;
        state.last_timestamp = header.max_timestamp;
        let first_offset = state.txn_first_offset.take()?;
        self.ongoing.remove(&first_offset);
        self.unreplicated.insert(first_offset, header.base_offset);
        let (last_offset, committed) = (header.base_offset, marker.committed);
        Some(CompletedTxn {
            producer_id,
            first_offset,
            last_offset,
            committed,
        })
    }

    /// Returns where the first transaction begins that is open, or ended by a marker that is not
    /// below the high watermark.
    #[must_use]
    pub fn first_unstable_offset(&self) -> Option<Offset> {
        let ongoing = self.ongoing.keys().next();
        let unreplicated = self.unreplicated.keys().next();
        ongoing.into_iter().chain(unreplicated).min().copied()
    }

    /// Returns the last stable offset once `completed` has ended, for the transaction index.
    pub(super) fn stable_offset_after(&self, completed: &CompletedTxn) -> Offset {
        let first_open = self.ongoing.keys().next().copied();
        first_open.unwrap_or_else(|| completed.last_offset.plus(1))
    }

    /// Forgets ended transactions whose markers are below the high watermark.
    pub fn on_high_watermark(&mut self, high_watermark: Offset) {
        self.unreplicated
            .retain(|_, marker| *marker >= high_watermark);
    }

    /// Forgets producers that were idle for `expiration_ms` and have no open transaction.
    pub fn remove_expired(&mut self, now_ms: TimestampMs, expiration_ms: i64) {
        self.producers.retain(|_, state| {
            state.txn_first_offset().is_some()
                || now_ms.saturating_sub(state.last_timestamp) < expiration_ms
        });
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::record::Attributes;

    fn header(epoch: i16, sequence: i32, count: i32, offset: i64) -> BatchHeader {
        BatchHeader {
            base_offset: Offset(offset),
            producer_id: 7,
            producer_epoch: epoch,
            base_sequence: sequence,
            last_offset_delta: count - 1,
            record_count: count,
            max_timestamp: 100,
            ..BatchHeader::default()
        }
    }

    fn with(batches: &[BatchHeader]) -> ProducerStateManager {
        let mut manager = ProducerStateManager::default();
        for batch in batches {
            assert_eq!(manager.check(batch, &[], &"t-0"), Ok(ProducerCheck::New));
            assert_eq!(manager.update(batch, &[]), None);
        }
        manager
    }

    #[test]
    fn an_unknown_producer_may_begin_anywhere_and_then_goes_on_in_sequence() {
        let manager = with(&[header(0, 40, 3, 0)]);
        assert_eq!(
            manager.check(&header(0, 43, 1, 3), &[], &"t-0"),
            Ok(ProducerCheck::New)
        );
        let error = manager
            .check(&header(0, 44, 1, 3), &[], &"t-0")
            .unwrap_err();
        assert_eq!(
            error.to_string(),
            "Out of order sequence number for producer 7 at offset 3 in partition t-0: 44 \
             (incoming seq. number), 42 (current end sequence number)"
        );
    }

    #[test]
    fn sequences_wrap_to_zero() {
        let manager = with(&[header(0, i32::MAX - 1, 2, 0)]);
        assert_eq!(
            manager.check(&header(0, 0, 1, 2), &[], &"t-0"),
            Ok(ProducerCheck::New)
        );
        let manager = with(&[header(0, i32::MAX, 3, 0)]);
        assert_eq!(
            manager.check(&header(0, 2, 1, 3), &[], &"t-0"),
            Ok(ProducerCheck::New)
        );
        let again = manager.check(&header(0, i32::MAX, 3, 3), &[], &"t-0");
        assert!(matches!(again, Ok(ProducerCheck::Duplicate(known)) if known.last_sequence == 1));
    }

    #[test]
    fn a_new_epoch_begins_with_zero_and_an_old_one_is_fenced() {
        let mut manager = with(&[header(3, 0, 2, 0)]);
        let late = manager.check(&header(4, 2, 1, 2), &[], &"t-0");
        assert!(matches!(
            late,
            Err(ProducerError::NewEpochSequence { found: 2, .. })
        ));
        let old = manager.check(&header(2, 2, 1, 2), &[], &"t-0");
        assert!(matches!(
            old,
            Err(ProducerError::InvalidEpoch {
                found: 2,
                current: 3,
                ..
            })
        ));
        assert_eq!(
            manager.check(&header(4, 0, 1, 2), &[], &"t-0"),
            Ok(ProducerCheck::New)
        );
        manager.update(&header(4, 0, 1, 2), &[]);
        assert_eq!(
            manager.get(7).unwrap().batches().len(),
            1,
            "the old epoch's are forgotten"
        );
    }

    #[test]
    fn a_batch_outside_the_open_transaction_is_refused() {
        let mut first = header(0, 0, 1, 0);
        first.attributes = Attributes(0).with_transactional(true);
        let manager = with(&[first]);
        let error = manager.check(&header(0, 1, 1, 1), &[], &"t-0").unwrap_err();
        assert!(matches!(error, ProducerError::NotTransactional { .. }));
        assert_eq!(manager.first_unstable_offset(), Some(Offset(0)));
    }

    #[test]
    fn idle_producers_are_forgotten_unless_a_transaction_is_open() {
        let mut open = header(0, 0, 1, 1);
        open.producer_id = 8;
        open.attributes = Attributes(0).with_transactional(true);
        let mut manager = with(&[header(0, 0, 1, 0), open]);
        manager.remove_expired(109, 10);
        assert_eq!(manager.len(), 2);
        manager.remove_expired(110, 10);
        assert!(manager.get(7).is_none() && manager.get(8).is_some());
    }
}
