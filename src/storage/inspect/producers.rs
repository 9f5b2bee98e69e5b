//! Producer state as the batches make it, to hold snapshots and transaction indexes against.
//!
//! A log that lost its begin, or records to compaction, cannot say all of it: what it does not
//! know is not held against a file. What compaction may explain is told as such.

use std::collections::{BTreeMap, HashMap};
use std::path::Path;

use super::{CheckedFrame, Finding, producer_snapshot, transaction_index};
use crate::storage::index::Entry as _;
use crate::storage::transaction_index::AbortedTxn;
use crate::types::Offset;

/// What the batches say of one producer.
#[derive(Clone, Copy, Debug)]
struct Seen {
    epoch: i16,
    last_sequence: i32,
    /// The last offset of its last batch of records.
    last_offset: Option<Offset>,
    open_since: Option<Offset>,
}

/// An aborted transaction, as the batches have it.
#[derive(Clone, Copy, Debug)]
struct Aborted {
    producer_id: i64,
    /// `None` if its records are not in the log any more.
    first_offset: Option<Offset>,
}

/// Producer state, batch by batch.
#[derive(Debug, Default)]
pub(super) struct ProducerReplay {
    producers: HashMap<i64, Seen>,
    /// Those that ended in the present segment, by their markers' offsets.
    aborted: BTreeMap<Offset, Aborted>,
    begins_at: Option<Offset>,
}

/// Damage, or what only compaction could have made so.
#[derive(Debug)]
pub(super) enum Verdict {
    Damage(Finding),
    UnlessCompacted(Finding),
}

impl ProducerReplay {
    /// Takes the next batch.
    pub(super) fn batch(&mut self, frame: &CheckedFrame) {
        self.begins_at.get_or_insert(frame.base_offset);
        let Some(producer) = frame.producer else {
            return;
        };
        let seen = self.producers.entry(producer.id).or_insert(Seen {
            epoch: producer.epoch,
            last_sequence: -1,
            last_offset: None,
            open_since: None,
        });
        if seen.epoch != producer.epoch {
            seen.epoch = producer.epoch;
            seen.last_sequence = -1;
            seen.last_offset = None;
        }
        if let Some(committed) = producer.committed {
            let first_offset = seen.open_since.take();
            if !committed {
                let producer_id = producer.id;
                self.aborted.insert(
                    frame.last_offset,
                    Aborted {
                        producer_id,
                        first_offset,
                    },
                );
            }
        } else if !producer.is_control {
            seen.last_sequence = producer.last_sequence;
            seen.last_offset = Some(frame.last_offset);
            if producer.is_transactional {
                seen.open_since.get_or_insert(frame.base_offset);
            }
        }
    }

    /// Holds the transaction index of the segment that was just walked against it.
    pub(super) fn end_segment(
        &mut self,
        path: &Path,
        content: Option<&[u8]>,
        find: &mut impl FnMut(Verdict),
    ) {
        let mut aborted = std::mem::take(&mut self.aborted);
        let content = content.unwrap_or_default();
        let entries = transaction_index(content);
        let used = entries.len() * AbortedTxn::BYTES;
        if used < content.len() {
            let what = format!(
                "{} bytes from here on are no entries of an aborted transaction",
                content.len() - used
            );
            let position = u64::try_from(used).unwrap_or(0);
            find(Verdict::Damage(Finding::damage(path, what).at(position)));
        }
        let mut before = None;
        for (number, entry) in entries.iter().enumerate() {
            let position = u64::try_from(number * AbortedTxn::BYTES).unwrap_or(0);
            let wrong = |what: String| {
                Finding::damage(path, format!("entry {number} {what}"))
                    .at(position)
                    .offset(entry.last_offset)
            };
            let known = aborted.remove(&entry.last_offset);
            if let Some(what) = impossible(entry, before) {
                find(Verdict::Damage(wrong(what)));
            } else if let Some(what) = contradiction(entry, known, self.begins_at) {
                find(Verdict::UnlessCompacted(wrong(what)));
            }
            before = Some(entry.last_offset);
        }
        for (last, txn) in aborted {
            // Without records of it in the log nobody can be led astray.
            if let Some(first) = txn.first_offset {
                let what = format!(
                    "the aborted transaction of producer {} from offset {first} on is missing",
                    txn.producer_id
                );
                let finding = Finding::damage(path, what).offset(last);
                find(Verdict::UnlessCompacted(finding));
            }
        }
    }

    /// Holds a snapshot of the state before `offset`, which is where the walk is, against it.
    pub(super) fn snapshot(
        &self,
        path: &Path,
        content: &[u8],
        offset: Offset,
        find: &mut impl FnMut(Verdict),
    ) {
        let producers = match producer_snapshot(content) {
            Ok(producers) => producers,
            Err(error) => {
                find(Verdict::Damage(Finding::damage(path, error.to_string())));
                return;
            }
        };
        for (id, state) in producers {
            let last = state.last_batch().map(|batch| batch.last_offset);
            let open = state.txn_first_offset();
            let wrong = |what: String| Finding::damage(path, format!("producer {id} {what}"));
            let mut known = [last, open].into_iter().flatten();
            if let Some(beyond) = known.find(|known| *known >= offset) {
                let what = format!("is said to be at offset {beyond}, behind the snapshot");
                find(Verdict::Damage(wrong(what).offset(beyond)));
            } else if let Some(what) = self.differs(id, &state) {
                find(Verdict::UnlessCompacted(wrong(what)));
            }
        }
    }

    fn differs(&self, id: i64, state: &crate::storage::ProducerState) -> Option<String> {
        let last = state.last_batch();
        let Some(seen) = self.producers.get(&id) else {
            let begin = self.begins_at?;
            let last = last?.last_offset;
            return (last >= begin)
                .then(|| format!("is said to be at offset {last}, where it wrote nothing"));
        };
        if state.epoch() != seen.epoch {
            return Some(format!(
                "has epoch {}, its last batch has {}",
                state.epoch(),
                seen.epoch
            ));
        }
        if let (Some(last), Some(known)) = (last, seen.last_offset) {
            if last.last_offset != known {
                return Some(format!(
                    "is said to be at offset {}, its last batch ends at {known}",
                    last.last_offset
                ));
            }
            if last.last_sequence != seen.last_sequence {
                return Some(format!(
                    "is said to be at sequence {}, its last batch ends at {}",
                    last.last_sequence, seen.last_sequence
                ));
            }
        }
        match (state.txn_first_offset(), seen.open_since) {
            (Some(said), Some(known)) if said > known => Some(format!(
                "is said to be in a transaction since {said}, it is since {known}"
            )),
            (Some(said), None) if self.begins_at.is_some_and(|begin| said >= begin) => Some(
                format!("is said to be in a transaction since {said}, it is in none"),
            ),
            (None, Some(known)) => Some(format!(
                "is said to be in no transaction, it is in one since {known}"
            )),
            _ => None,
        }
    }
}

fn impossible(entry: &AbortedTxn, before: Option<Offset>) -> Option<String> {
    let AbortedTxn {
        first_offset: first,
        last_offset: last,
        last_stable_offset: stable,
        ..
    } = *entry;
    if before.is_some_and(|before| last <= before) {
        return Some(format!("(last offset {last}) does not rise"));
    }
    if first > last || first.0 < 0 || stable > last.plus(1) {
        return Some(format!(
            "cannot be: a transaction from {first} to {last}, last stable offset {stable}"
        ));
    }
    None
}

fn contradiction(
    entry: &AbortedTxn,
    known: Option<Aborted>,
    begins_at: Option<Offset>,
) -> Option<String> {
    match known {
        None => Some(format!(
            "names offset {}, where no transaction is aborted",
            entry.last_offset
        )),
        Some(txn) if txn.producer_id != entry.producer_id => Some(format!(
            "names producer {}, the transaction is that of {}",
            entry.producer_id, txn.producer_id
        )),
        Some(txn) => txn
            .first_offset
            .filter(|first| {
                // A transaction may be older than what is left of the log.
                let is_older = begins_at.is_some_and(|begin| entry.first_offset < begin);
                *first != entry.first_offset && !is_older
            })
            .map(|first| {
                format!(
                    "names {} as the first offset, the transaction begins at {first}",
                    entry.first_offset
                )
            }),
    }
}
