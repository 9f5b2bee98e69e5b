//! CleanedTransactionMetadata: which batches belong to aborted transactions, and which markers
//! are still needed, as the batches of a log go by in order.
//!
//! A marker is needed as long as a batch of its transaction was seen: an abort marker and its
//! entry in the transaction index keep readers of committed records from what is left of an
//! aborted transaction, which may be a producer's last batch, kept empty.

use std::collections::{HashMap, HashSet};

use crate::record::{EndMarker, RecordBatch, parse_end_marker};
use crate::storage::AbortedTxn;

/// What is known while the batches go by.
#[derive(Clone, Debug)]
pub(super) struct CleanedTransactions {
    /// Not reached yet, by first offset, the last first.
    ahead: Vec<AbortedTxn>,
    aborted: HashMap<i64, Ongoing>,
    committed: HashSet<i64>,
    /// Aborted transactions of which something is left, in the order of their markers.
    kept: Vec<AbortedTxn>,
}

#[derive(Clone, Copy, Debug)]
struct Ongoing {
    transaction: AbortedTxn,
    was_seen: bool,
}

/// What the transactions say about a batch.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Role {
    /// Its records count.
    Counts,
    /// Its records are an aborted transaction's, or a marker that ends nothing that is left.
    NotNeeded,
}

impl CleanedTransactions {
    /// Begins before the first batch, with the aborted transactions that have records there.
    pub(super) fn new(mut aborted: Vec<AbortedTxn>) -> Self {
        aborted.sort_unstable_by_key(|transaction| std::cmp::Reverse(transaction.first_offset));
        Self {
            ahead: aborted,
            aborted: HashMap::new(),
            committed: HashSet::new(),
            kept: Vec::new(),
        }
    }

    /// Notes the next batch, and tells what becomes of it.
    pub(super) fn see(&mut self, batch: &RecordBatch<'_>) -> Role {
        let header = batch.header();
        while let Some(transaction) = self
            .ahead
            .pop_if(|transaction| transaction.first_offset <= header.last_offset())
        {
            let ongoing = Ongoing {
                transaction,
                was_seen: false,
            };
            self.aborted
                .entry(transaction.producer_id)
                .or_insert(ongoing);
        }
        let producer_id = header.producer_id;
        if header.attributes.is_control() {
            return self.see_marker(batch, producer_id);
        }
        if !header.attributes.is_transactional() {
            return Role::Counts;
        }
        match self.aborted.get_mut(&producer_id) {
            Some(ongoing) => {
                ongoing.was_seen = true;
                Role::NotNeeded
            }
            None => {
                self.committed.insert(producer_id);
                Role::Counts
            }
        }
    }

    fn see_marker(&mut self, batch: &RecordBatch<'_>, producer_id: i64) -> Role {
        if batch.header().record_count == 0 {
            // It was emptied by an earlier cleaning.
            return Role::NotNeeded;
        }
        let is_needed = match parse_end_marker(batch) {
            Some(EndMarker {
                committed: true, ..
            }) => self.committed.remove(&producer_id),
            Some(EndMarker {
                committed: false, ..
            }) => match self.aborted.remove(&producer_id) {
                Some(ongoing) if ongoing.was_seen => {
                    self.kept.push(ongoing.transaction);
                    true
                }
                Some(_) | None => false,
            },
            // Control records of other kinds are not the cleaner's to judge.
            None => true,
        };
        if is_needed {
            Role::Counts
        } else {
            Role::NotNeeded
        }
    }

    /// Takes the aborted transactions whose markers went by since the last call and are needed.
    pub(super) fn take_kept(&mut self) -> Vec<AbortedTxn> {
        std::mem::take(&mut self.kept)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::record::{Append, Attributes, BatchBuilder, Producer, Seal, end_marker_batch};
    use crate::types::Offset;

    fn data(id: i64, offset: i64) -> Vec<u8> {
        let mut builder = BatchBuilder::new(1000);
        assert_eq!(builder.append(Some(b"k"), Some(b"v"), &[], 5), Append::Fits);
        let seal = Seal {
            producer: Producer {
                id,
                epoch: 0,
                base_sequence: 0,
            },
            attributes: Attributes(0).with_transactional(true),
            base_offset: Offset(offset),
            ..Seal::default()
        };
        builder.seal(&seal).unwrap();
        builder.into_bytes()
    }

    fn marker(id: i64, offset: i64, committed: bool) -> Vec<u8> {
        let marker = EndMarker {
            committed,
            coordinator_epoch: 0,
        };
        let mut bytes = end_marker_batch(marker, id, 0, 5);
        bytes[..8].copy_from_slice(&offset.to_be_bytes());
        bytes
    }

    fn aborted(producer_id: i64, first: i64, last: i64) -> AbortedTxn {
        AbortedTxn {
            producer_id,
            first_offset: Offset(first),
            last_offset: Offset(last),
            last_stable_offset: Offset(last + 1),
        }
    }

    fn roles(transactions: &mut CleanedTransactions, batches: &[Vec<u8>]) -> Vec<Role> {
        let see = |bytes: &Vec<u8>| transactions.see(&RecordBatch::parse(bytes).unwrap());
        batches.iter().map(see).collect()
    }

    #[test]
    fn aborted_records_are_not_needed_and_markers_are_while_records_are_left() {
        use Role::{Counts, NotNeeded};
        let all = [aborted(1, 0, 2), aborted(1, 5, 6)];
        let mut transactions = CleanedTransactions::new(all.to_vec());
        let batches = [
            data(1, 0),
            data(2, 1),
            marker(1, 2, false),
            marker(2, 3, true),
            data(1, 5),
            marker(1, 6, false),
            data(1, 7),
            marker(1, 8, true),
        ];
        let expected = [
            NotNeeded, Counts, Counts, Counts, NotNeeded, Counts, Counts, Counts,
        ];
        assert_eq!(roles(&mut transactions, &batches), expected);
        assert_eq!(transactions.take_kept(), all);
        // The next cleaning finds the markers alone.
        let mut transactions = CleanedTransactions::new(all.to_vec());
        let batches = [marker(1, 2, false), marker(2, 3, true), marker(1, 6, false)];
        assert_eq!(roles(&mut transactions, &batches), [NotNeeded; 3]);
        assert_eq!(transactions.take_kept(), []);
    }
}
