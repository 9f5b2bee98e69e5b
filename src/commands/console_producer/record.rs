//! A record as the input gives it, whichever way the input is read.

use crate::types::TimestampMs;

/// A header: name, and value if it is not null.
pub(super) type InputHeader = (Vec<u8>, Option<Vec<u8>>);

/// A record that a piece of the input stands for.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct InputRecord {
    /// The topic, if the input names one; the command line's comes first.
    pub(super) topic: Option<String>,
    /// The partition; `None` leaves it to the key, or to the producer.
    pub(super) partition: Option<i32>,
    /// The record's time; `None` is now.
    pub(super) timestamp: Option<TimestampMs>,
    /// The key; `None` is null.
    pub(super) key: Option<Vec<u8>>,
    /// The value; `None` is null.
    pub(super) value: Option<Vec<u8>>,
    /// The headers, in order.
    pub(super) headers: Vec<InputHeader>,
}

/// Returns the time that a number of milliseconds stands for, if it does: -1 is none.
pub(super) fn timestamp(number: i64) -> Option<Option<TimestampMs>> {
    match number {
        -1 => Some(None),
        0.. => Some(Some(number)),
        _ => None,
    }
}
