//! The operating system's files.

/// The operating system's files.
#[derive(Clone, Copy, Debug, Default)]
pub struct RealFs;
