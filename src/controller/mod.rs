//! Decides changes of the metadata.

mod kraft;
