//! LogCleaner: of each key of a compacted log the last record stays, at its offset.
//!
//! ```text
//! 0 ........ first dirty ........ first uncleanable ........ active
//! | clean    | dirty: its keys    | too young, undecided,
//! | section  | fill the map       | or still written to
//! ```
//! A cleaning is planned under the log's lock ([`crate::storage::Log::plan_cleaning`]), reads old
//! segments and writes new ones without it ([`CleaningPlan::run`]), and takes it once more, for
//! each group of segments, to put the new in the place of the old
//! ([`crate::storage::Log::swap_cleaned`]). Appends and fetches go on meanwhile. Segments that are
//! gone when their turn comes (retention, truncation, a deleted topic) end the cleaning; nothing
//! was changed then.
//!
//! What holds: offsets never change and keep their order; a record at or behind the end of what
//! was mapped stays; a tombstone and a transaction's marker stay until their delete horizon
//! (KIP-534); the last batch of each producer stays, empty if need be, and so does the last one of
//! what was cleaned, so that sequences and the log's end survive. A damaged batch ends the
//! cleaning with [`CleanError::Damaged`].
//!
//! Memory: one offset map of at most `log.cleaner.dedupe.buffer.size` over all threads, sized by
//! the offsets there are; one batch, compressed and not; one write buffer.

mod filter;
mod offset_map;
mod plan;
mod rewrite;
mod run;
mod swap;
mod transactions;

pub use plan::{Cleanable, CleaningPlan};
pub use run::{CleanError, CleanReport, CleanerSettings, Go, Pace};
pub use swap::{CleanedSegment, SwapError};
