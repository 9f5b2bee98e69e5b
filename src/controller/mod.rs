//! Decides changes of the metadata.
