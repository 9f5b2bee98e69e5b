//! Record batches of message format v2, as bytes.
//!
//! ```text
//!  at size field                  trusted when
//!   0    8 base offset            assigned by the leader; not under the CRC
//!   8    4 length                 checked against the bytes that are there
//!  12    4 partition leader epoch set by the leader; not under the CRC
//!  16    1 magic (2)              not under the CRC
//!  17    4 CRC-32C of 21..end
//!  21    2 attributes             0-2 codec, 3 log-append-time, 4 transactional, 5 control,
//!                                 6 delete horizon
//!  23    4 last offset delta      with a count that agrees: `validate.rs`
//!  27    8 base timestamp
//!  35    8 max timestamp          after the records were walked
//!  43    8 producer id            -1 none
//!  51    2 producer epoch
//!  53    4 base sequence          -1 none
//!  57    4 record count           after the records were walked
//!  61    … records                compressed as one block if a codec is set
//! ```
//!
//! Nothing here collects records: batches are walked borrowed, built in place, checked by
//! streaming. No offsets are handed out here and no file is touched; that is `storage`.

#![warn(clippy::indexing_slicing)]

mod batch;
mod batches;
mod builder;
mod compression;
pub mod consumer_protocol;
mod control;
pub mod fields;
mod legacy;
#[expect(
    clippy::module_inception,
    reason = "the file holds one record, the folder the format"
)]
mod record;
mod stream;
mod validate;
mod validate_error;
mod varint;

pub use batch::{
    Attributes, BatchError, BatchHeader, HEADER_BYTES, LOG_OVERHEAD_BYTES, MAGIC, RecordBatch,
};
pub use batches::Batches;
pub use builder::{Append, BatchBuilder, Header, Producer, Seal};
pub use compression::{Codec, Decoder, DecompressError, compress, decompress};
pub use control::{
    ControlRecord, ControlType, EndMarker, control_batch, end_marker_batch, parse_end_marker,
    parse_end_marker_body,
};
pub use legacy::{LEGACY_BYTES_MIN, LegacyMessage};
pub use record::{Headers, Record, RecordError, Records};
pub use stream::{RecordSummary, StreamError, StreamedRecords};
pub use validate::{TimestampType, ValidateOptions, ValidatedBatch, Walk, validate};
pub use validate_error::{RecordIssue, RecordIssueKind, ValidateError};
pub use varint::{put_varint, put_varlong, take_varint, take_varlong, varlong_bytes};

#[cfg(test)]
pub(crate) mod tests {
    /// Offset 0, timestamp 1700000000000, key "k", value "v"; made by another implementation.
    pub(crate) const DATA_BATCH: &str = "00000000000000000000003a0000000002e99b8dd800000000000000\
        00018bcfe568000000018bcfe56800ffffffffffffffffffffffffffff0000000110000000026b027600";
    /// Commit marker at offset 20 of producer 4000, epoch 0, coordinator epoch 0.
    pub(crate) const COMMIT_BATCH: &str = "0000000000000014000000420000000002914f2859003000000000\
        0000018bcfe568010000018bcfe568010000000000000fa00000ffffffff0000000120000000080000000\
        10c00000000000000";

    pub(crate) fn unhex(text: &str) -> Vec<u8> {
        assert!(text.len().is_multiple_of(2), "{} digits", text.len());
        let digits: Vec<u8> = text
            .chars()
            .map(|c| u8::try_from(c.to_digit(16).unwrap()).unwrap())
            .collect();
        digits
            .chunks(2)
            .map(|pair| pair[0] * 16 + pair[1])
            .collect()
    }
}
