//! The broker: listeners, dispatch, one handler an API key, and what owns the state machines.
//!
//! [`Broker::start`] builds every part once. Order at the start: directories are locked, listeners
//! bound, the metadata log replayed, logs loaded, this incarnation registered; then connections
//! are accepted. Nothing answers before the partitions are there.

mod answer;
mod bind;
mod cleaner;
mod connection;
mod context;
mod controller_loop;
mod dispatch;
mod errors;
mod features;
mod flush_pool;
pub mod format;
mod full_disk;
mod groups;
mod handlers;
mod housekeeping;
mod identity;
mod image_apply;
mod internal_topics;
mod listener;
mod log_dir_moves;
mod log_dirs;
mod producer_ids;
mod retention;
mod settings;
mod stages;
mod start;
mod state;
mod stop;

pub use log_dirs::LogDirsError;
pub use start::{Broker, StartError};
