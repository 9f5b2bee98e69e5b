//! Opening what is on the disk: log directories, their partitions, recovery after an unclean stop.
//!
//! ```text
//! LogManager::load
//!   dirs        a directory's mark, checkpoints and partitions     strays, duplicates: set aside
//!   loader      one partition: the order of the steps below, and why
//!   leftovers     what interrupted deletions and compactions left
//!   contents      segments and snapshots by name
//!   recovery      batch by batch, if the stop was unclean
//!     placement     does a good batch stand in its right place?
//!     damage        what follows bad bytes, and how do they look?
//!     cut           what a power cut left, put aside
//!   epochs, aborted, producers    the state beside the records, from its files or made anew
//! ```

mod aborted;
mod contents;
mod cut;
pub(super) mod damage;
pub(super) mod dirs;
mod duplicates;
mod epochs;
pub(super) mod leftovers;
mod loader;
mod placement;
mod producers;
mod recovery;
pub(super) mod strays;

pub use loader::{Cut, LoadReport, StartState};
