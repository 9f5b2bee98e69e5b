//! What every connection of a broker shares.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use arc_swap::ArcSwap;
use tokio::sync::{Semaphore, watch};

use super::controller_loop::ControllerHandle;
use super::features::Features;
use super::full_disk::FullDisk;
use super::groups::Groups;
use super::handlers::fetch::FetchSessions;
use super::listener::ConnectionCounts;
use super::log_dir_moves::LogDirMoves;
use super::log_dirs::LogDirs;
use super::producer_ids::ProducerIds;
use super::stop::Stop;
use crate::clock::Clock;
use crate::config::broker::{broker_def, dynamic_only_def};
use crate::config::value::parse;
use crate::config::{ConfigLayers, ConfigValue, ServerConfig};
use crate::metadata::MetadataImage;
use crate::metadata::record::resource_type;
use crate::net::BufferPool;
use crate::protocol::ErrorCode;
use crate::replica::{FlushPool, ReplicaManager};
use crate::types::BrokerId;

/// Large requests take their memory in shares of this size.
pub(super) const MEMORY_SHARE_BYTES: usize = 64 * 1024;
/// What large requests may take together where `queued.max.request.bytes` says nothing.
const REQUEST_MEMORY_BYTES: usize = 512 * 1024 * 1024;

/// Returns the request memory: at least what one request may have.
pub(super) fn request_memory(config: &ServerConfig) -> Arc<Semaphore> {
    let configured = config.size("queued.max.request.bytes");
    let bytes = if configured == 0 {
        REQUEST_MEMORY_BYTES
    } else {
        configured
    };
    let bytes = bytes.max(config.size("socket.request.max.bytes"));
    Arc::new(Semaphore::new(bytes.div_ceil(MEMORY_SHARE_BYTES)))
}

/// What every connection of a broker shares.
#[derive(Debug)]
pub(super) struct BrokerState {
    pub(super) node_id: BrokerId,
    pub(super) cluster_id: String,
    pub(super) config: ServerConfig,
    pub(super) limits: Limits,
    pub(super) features: Features,
    pub(super) clock: Arc<dyn Clock>,
    /// The newest image that the replicas have followed.
    pub(super) image: Arc<ArcSwap<MetadataImage>>,
    /// Tells that the image was replaced.
    pub(super) image_changed: watch::Receiver<()>,
    pub(super) controller: ControllerHandle,
    pub(super) replicas: Arc<ReplicaManager>,
    pub(super) dirs: Arc<LogDirs>,
    pub(super) moves: LogDirMoves,
    pub(super) full_disk: FullDisk,
    pub(super) producer_ids: ProducerIds,
    pub(super) fetch_sessions: FetchSessions,
    pub(super) groups: Groups,
    pub(super) flush_pool: Arc<dyn FlushPool>,
    pub(super) buffers: Arc<BufferPool>,
    pub(super) connections: ConnectionCounts,
    /// Shares of [`MEMORY_SHARE_BYTES`] for large requests, over all connections.
    pub(super) request_memory: Arc<Semaphore>,
    /// Turns true when the broker stops: long polls end.
    pub(super) stop: Stop,
}

impl BrokerState {
    /// Returns what is in force for a broker's key now: set for this broker, for all, in the file,
    /// or by default.
    pub(super) fn setting(&self, key: &str) -> Option<ConfigValue> {
        let image = self.image.load();
        let none = BTreeMap::new();
        let set = |name: &str| {
            let config = image.config(resource_type::BROKER, name);
            config.map_or(&none, |config| &**config)
        };
        let layers = ConfigLayers {
            dynamic_broker: set(&self.node_id.to_string()),
            dynamic_default: set(""),
            static_broker: &self.config.static_keys,
        };
        let def = broker_def(key).or_else(|| dynamic_only_def(key))?;
        let set = layers.broker_value(key);
        set.and_then(|text| parse(def, text).ok())
            .or_else(|| parse(def, def.default_text()?).ok())
    }

    /// Returns what is in force now for a broker's key that is a size or a count.
    pub(super) fn size(&self, key: &str) -> usize {
        match self.setting(key) {
            Some(ConfigValue::Number(number)) => usize::try_from(number).unwrap_or(0),
            _ => 0,
        }
    }

    /// Writes the checkpoints now; a failure is logged as well as told.
    pub(super) fn checkpoint(&self) -> Result<(), ErrorCode> {
        self.dirs.checkpoint(&self.replicas).map_err(|error| {
            tracing::error!(%error, "checkpoints");
            ErrorCode::KafkaStorageError
        })
    }
}

/// Limits that a connection meets on every request.
#[derive(Clone, Copy, Debug)]
pub(super) struct Limits {
    /// `socket.request.max.bytes`
    pub(super) request_bytes_max: usize,
    /// `fetch.max.bytes`
    pub(super) fetch_bytes_max: usize,
    /// `connections.max.idle.ms`
    pub(super) connection_idle_max: Duration,
}

impl Limits {
    pub(super) fn of(config: &ServerConfig) -> Self {
        let idle_ms = u64::try_from(config.number("connections.max.idle.ms")).unwrap_or(u64::MAX);
        Self {
            request_bytes_max: config.size("socket.request.max.bytes"),
            fetch_bytes_max: config.size("fetch.max.bytes"),
            connection_idle_max: Duration::from_millis(idle_ms),
        }
    }
}
