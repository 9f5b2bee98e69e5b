//! kt: Kafka in one binary.
//!
//! The commands of Kafka's bin folder, and a durable broker for them to talk to, speaking the
//! Kafka protocol to that broker or to any other Kafka cluster.
//!
//! Modules in the order of their layers; a module imports only from layers above its own line
//! (ARCHITECTURE.md has the table, `tests/tidy.rs` holds it):
//!
//! 1. [`types`], [`clock`], [`rng`], [`fs`], [`config`]: nouns, and the world behind traits.
//! 2. [`record`], [`protocol`], [`cli`]: batches as bytes, the wire, what commands share.
//! 3. [`net`], [`storage`], [`metadata`]: frames and listeners, the log, the cluster's image.
//! 4. [`client`], [`controller`], [`coordinator`]: admin, producer and consumer; decisions about
//!    metadata; the records of groups and transactions.
//! 5. [`replica`]: partitions as replicas on this broker.
//! 6. [`broker`]: listeners, dispatch, one handler an API key.
//! 7. [`commands`]: one file a script of Kafka's bin folder.

pub mod clock;
pub mod config;
pub mod fs;
pub mod rng;
pub mod types;

pub mod cli;
pub mod protocol;
pub mod record;

pub mod metadata;
pub mod net;
pub mod storage;

pub mod client;
pub mod controller;
pub mod coordinator;

pub mod broker;
pub mod replica;

pub mod commands;
