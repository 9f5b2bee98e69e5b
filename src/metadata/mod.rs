//! What the cluster is, as an immutable image made from metadata records.
