//! The scripts of Kafka's bin folder, one file each.
