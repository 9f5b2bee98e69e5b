//! A disk in memory that can lose, tear and refuse writes.

/// A disk in memory.
#[derive(Clone, Copy, Debug, Default)]
pub struct SimFs;
