//! The log on disk: Kafka's files, appended to, read, recovered.
