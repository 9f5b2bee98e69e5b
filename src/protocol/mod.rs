//! The wire, versioned.
