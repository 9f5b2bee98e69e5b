//! Configuration keys: one row a key, and what becomes of their values.
//!
//! [`topic`], [`broker`] and [`group`] serve the broker and the controller, [`producer`],
//! [`consumer`] and [`admin`] the client commands. [`value`] parses and checks, [`properties`]
//! reads files, [`resolve`] decides which of several settings wins and tells where it came from.
//! [`ServerConfig`] and [`TopicConfig`] are the typed views that the broker works with.

pub mod admin;
pub mod broker;
mod broker_keys;
pub mod consumer;
pub mod def;
pub mod document;
pub mod group;
mod listener;
pub mod producer;
pub mod properties;
pub mod resolve;
mod server;
pub mod topic;
mod topic_config;
pub mod value;

pub use def::{ConfigDef, ConfigType, Effect, UpdateMode};
pub use listener::Listener;
pub use properties::Properties;
pub use resolve::{ConfigEntry, ConfigLayers, ConfigSource, ConfigSynonym};
pub use server::{RecordValidation, ServerConfig, ServerConfigWarning};
pub use topic_config::{CleanupPolicy, CompressionKind, TimestampType, TopicConfig};
pub use value::{ConfigError, ConfigValue};
