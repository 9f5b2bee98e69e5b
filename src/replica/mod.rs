//! Partitions as replicas on this broker.
