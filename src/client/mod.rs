//! Kafka's clients: what a caller picks is [`Admin`], [`Producer`] or [`Consumer`].
//!
//! All three ride on a [`Cluster`], which finds the brokers, keeps a connection to each and says
//! what Kafka's `NetworkClient` says when one cannot be reached. Everything that fails fails with
//! a [`ClientError`], which carries Kafka's exception class and Kafka's sentence.
//!
//! [`Admin`] is asynchronous, for one call after another under any tokio runtime; [`runtime`]
//! makes the small one that commands use.

pub mod admin;
mod cluster;
mod config;
mod connection;
pub mod consumer;
mod dial;
mod error;
#[cfg(test)]
mod fake_broker;
mod group_coordinator;
mod handshake;
mod log;
mod metadata;
mod parts;
pub mod producer;
mod retry;

pub use admin::Admin;
pub use cluster::{Cluster, Target};
pub use config::{BootstrapAddress, ClientConfig, ClientKind, Settings};
pub use consumer::Consumer;
pub use error::ClientError;
pub use handshake::{BrokerVersions, FeatureRange};
pub use log::{Log, LogLevel};
pub use metadata::{BrokerNode, MetadataSnapshot, PartitionMetadata, TopicMetadata, TopicsWanted};
pub use producer::Producer;

/// Returns a runtime of one thread, as commands use it.
///
/// # Errors
///
/// Fails if the operating system refuses the poller's descriptors.
pub fn runtime() -> std::io::Result<tokio::runtime::Runtime> {
    tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
}
