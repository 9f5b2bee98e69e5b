//! `.snapshot` and `.txnindex`: what a partition knows of its producers and transactions.

use serde_json::json;

use super::index_files::object;
use super::shown::{Printer, Shown};
use crate::cli::CommandError;
use crate::storage::inspect::{producer_snapshot, transaction_index};

/// Prints the producers of a snapshot.
pub(super) fn dump_producers(
    name: &str,
    content: &[u8],
    printer: &mut Printer<'_>,
) -> Result<(), CommandError> {
    let producers = producer_snapshot(content).map_err(|error| {
        CommandError::failed(format!("Error reading producer snapshot {name}: {error}"))
    })?;
    for (id, state) in producers {
        let first = state.txn_first_offset().map(|offset| offset.0);
        let first_text = first.map_or_else(
            || "OptionalLong.empty".to_owned(),
            |offset| format!("OptionalLong[{offset}]"),
        );
        let (epoch, coordinator) = (state.epoch(), state.coordinator_epoch());
        let timestamp = state.last_timestamp();
        let mut text = format!(
            "producerId: {id} producerEpoch: {epoch} coordinatorEpoch: {coordinator} \
             currentTxnFirstOffset: {first_text} lastTimestamp: {timestamp}"
        );
        let mut fields = object(json!({
            "producerId": id, "producerEpoch": epoch, "coordinatorEpoch": coordinator,
            "currentTxnFirstOffset": first, "lastTimestamp": timestamp,
        }));
        if let Some(batch) = state.batches().first() {
            let (first, last) = (batch.first_sequence(), batch.last_sequence);
            let (offset, delta) = (batch.last_offset, batch.offset_delta);
            text.push_str(&format!(
                " firstSequence: {first} lastSequence: {last} lastOffset: {offset} \
                 offsetDelta: {delta} timestamp: {}",
                batch.timestamp
            ));
            fields.extend(object(json!({
                "firstSequence": first, "lastSequence": last, "lastOffset": offset.0,
                "offsetDelta": delta, "timestamp": batch.timestamp,
            })));
        }
        printer.show(Shown {
            kind: "producer",
            text,
            fields,
        })?;
    }
    Ok(())
}

/// Prints the aborted transactions of a transaction index.
pub(super) fn dump_transactions(
    content: &[u8],
    printer: &mut Printer<'_>,
) -> Result<(), CommandError> {
    for txn in transaction_index(content) {
        let (id, first, last) = (txn.producer_id, txn.first_offset, txn.last_offset);
        let stable = txn.last_stable_offset;
        printer.show(Shown {
            kind: "abortedTransaction",
            text: format!(
                "version: 0 producerId: {id} firstOffset: {first} lastOffset: {last} \
                 lastStableOffset: {stable}"
            ),
            fields: object(json!({
                "producerId": id, "firstOffset": first.0, "lastOffset": last.0,
                "lastStableOffset": stable.0,
            })),
        })?;
    }
    Ok(())
}
