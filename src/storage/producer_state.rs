//! ProducerStateManager: what each producer last wrote, for idempotence and transactions.
//!
//! Of each producer id the last five batches are known, so that one that is sent again is answered
//! as before instead of being appended again, and a gap is refused. Open transactions bound the
//! last stable offset. The state is rebuilt from a snapshot and the headers behind it.

use std::collections::{BTreeMap, HashMap};

use super::producer_error::ProducerError;
use crate::record::{BatchHeader, EndMarker, parse_end_marker_body};
use crate::types::{Offset, TimestampMs};

/// How many batches of a producer are known (ProducerStateEntry): what a client may have in
/// flight.
const WINDOW: usize = 5;

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
    epoch: i16,
    coordinator_epoch: i32,
    last_timestamp: TimestampMs,
    txn_first_offset: Option<Offset>,
    /// The oldest first; only the first `known` count.
    batches: [BatchMetadata; WINDOW],
    known: usize,
}

impl ProducerState {
    const fn new(epoch: i16) -> Self {
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

    fn push(&mut self, batch: BatchMetadata) {
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
        let open = |(id, state): (&i64, &ProducerState)| Some((state.txn_first_offset?, *id));
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
        if state.txn_first_offset.is_some() && !header.attributes.is_transactional() {
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
            state.txn_first_offset.is_some()
                || now_ms.saturating_sub(state.last_timestamp) < expiration_ms
        });
    }
}

impl ProducerState {
    fn duplicate_of(&self, header: &BatchHeader) -> Option<BatchMetadata> {
        if header.producer_epoch != self.epoch {
            return None;
        }
        let same = |batch: &&BatchMetadata| {
            batch.first_sequence() == header.base_sequence
                && batch.last_sequence == header.last_sequence()
        };
        self.batches().iter().find(same).copied()
    }

    fn check_sequence(
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

    const fn enter_epoch(&mut self, epoch: i16) {
        if self.epoch != epoch {
            self.epoch = epoch;
            self.known = 0;
        }
    }
}
