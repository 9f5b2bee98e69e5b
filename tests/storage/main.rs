//! The log as its owners use it: appended to, read, cut, closed, opened again, crashed.

#![expect(clippy::unwrap_used, clippy::panic, reason = "a test fails by it")]

mod cleaning;
mod crash;
mod log;
mod model;
mod retention;
mod simulated;
