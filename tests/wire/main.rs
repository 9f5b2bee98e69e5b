//! The wire: skeletons against the crate, recorded messages, and hostile bytes to a broker.

#![expect(
    clippy::disallowed_methods,
    clippy::panic,
    clippy::unwrap_used,
    reason = "a test fails by panicking, and reads its fixtures and the clock as they are"
)]

mod broker;
mod fixtures;
mod hostile;
mod samples;
mod skeleton;
