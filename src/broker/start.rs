//! Builds a broker from its settings, and ends it.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::AtomicU64;
use std::time::Duration;

use arc_swap::ArcSwap;
use tokio::sync::watch;
use tokio::task::JoinHandle;

use super::bind::{Bound, advertised, bind_all};
use super::controller_loop::ControllerLoop;
use super::features::Features;
use super::flush_pool::BlockingPool;
use super::handlers::fetch::FetchSessions;
use super::housekeeping;
use super::image_apply::ImageApplier;
use super::listener::{ConnectionCounts, accept};
use super::log_dirs::{Identity, LogDirs, LogDirsError, LogManagerParts, voter_of};
use super::producer_ids::ProducerIds;
use super::settings::SettingsOf;
use super::state::{BrokerState, Limits};
use crate::clock::Clock;
use crate::config::{Listener, ServerConfig};
use crate::controller::{
    BrokerStopped, ClusterSettings, MetadataLog, MetadataLogError, RegisterBroker, Unfence,
    bootstrap_records,
};
use crate::fs::Fs;
use crate::metadata::MetadataImage;
use crate::metadata::record::RecordEndpoint;
use crate::net::BufferPool;
use crate::protocol::ErrorCode;
use crate::replica::{ReplicaManager, ToldOfFailure};
use crate::rng::Rng;
use crate::storage::{IoError, LoadError, LoadedDirs};
use crate::types::BrokerId;

/// Buffers for records on their way to sockets: one answer's piece.
const BUFFER_BYTES: usize = 1024 * 1024;
/// Buffers that wait for their next use.
const BUFFERS_FREE_MAX: usize = 4;
/// How long connections may take to finish what they do when the broker stops.
const DRAIN_MAX: Duration = Duration::from_secs(5);

/// Why a broker does not start.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// A log directory cannot be used.
    #[error(transparent)]
    LogDirs(#[from] LogDirsError),
    /// A partition cannot be loaded.
    #[error(transparent)]
    Load(#[from] LoadError),
    /// The metadata log cannot be used.
    #[error(transparent)]
    Metadata(#[from] MetadataLogError),
    /// An address cannot be listened on.
    #[error("Socket server failed to bind to {address}: {source}.")]
    Bind {
        /// The address as configured.
        address: String,
        /// What the system says.
        source: std::io::Error,
    },
    /// The first records could not be written.
    #[error("the broker could not be registered: {0}")]
    Register(ErrorCode),
    /// A protocol that is not spoken yet.
    #[error("listener {listener}: security protocol {protocol} is not served by this release")]
    Protocol {
        /// The listener.
        listener: String,
        /// Its protocol.
        protocol: String,
    },
}

/// A running broker.
#[derive(Debug)]
pub struct Broker {
    node_id: BrokerId,
    cluster_id: String,
    listeners: Vec<Listener>,
    log_dirs: Vec<PathBuf>,
    broker_epoch: i64,
    stop: watch::Sender<bool>,
    accepting: Vec<JoinHandle<()>>,
    housekeeping: JoinHandle<()>,
    controller: JoinHandle<ControllerLoop>,
    state: Arc<BrokerState>,
    dirs: Arc<LogDirs>,
    failed: watch::Receiver<usize>,
}

/// Counts failed log directories.
#[derive(Debug)]
struct Tell(watch::Sender<usize>);

impl ToldOfFailure for Tell {
    fn dir_failed(&self, dir: &Path, error: &IoError) {
        tracing::error!(dir = %dir.display(), %error, "the log directory is out of service");
        self.0.send_modify(|count| *count += 1);
    }
}

impl Broker {
    /// Starts a broker; it answers when this returns.
    pub async fn start(
        config: ServerConfig,
        fs: Arc<dyn Fs>,
        clock: Arc<dyn Clock>,
        rng: Rng,
    ) -> Result<Self, StartError> {
        let Opened {
            config,
            identity,
            bound,
            controllers,
            failed,
            parts,
            loaded,
            mut controller,
        } = open(config, &fs, &clock, rng.clone())?;
        let listeners = advertised(&config, &bound);
        let recovered = loaded.logs.iter().any(|log| log.report.recovered);
        let broker_epoch = register(&mut controller, &config, &identity, &listeners, recovered)?;
        let dirs = Arc::new(parts.finish());
        dirs.remove_now(&loaded.deletions);
        let image = controller.image.clone();
        controller
            .applier
            .start(&image, Arc::clone(&dirs), loaded.logs);
        let (stop, stopped) = watch::channel(false);
        let parts = StateParts {
            clock,
            rng,
            broker_epoch,
            stopped: stopped.clone(),
        };
        let (state, controller) = share(config, &identity, controller, Arc::clone(&dirs), parts);
        let accepting = bound
            .into_iter()
            .chain(controllers)
            .map(|(socket, listener)| {
                let name = listener.name.as_str().into();
                tokio::spawn(accept(socket, name, Arc::clone(&state), stopped.clone()))
            })
            .collect();
        let housekeeping = tokio::spawn(housekeeping::run(
            Arc::clone(&state),
            Arc::clone(&dirs),
            stopped,
        ));
        Ok(Self {
            node_id: identity.node_id,
            cluster_id: identity.cluster_id,
            listeners,
            log_dirs: state.config.log_dirs.clone(),
            broker_epoch,
            stop,
            accepting,
            housekeeping,
            controller,
            state,
            dirs,
            failed,
        })
    }

    /// Returns its `node.id`.
    #[must_use]
    pub fn node_id(&self) -> BrokerId {
        self.node_id
    }

    /// Returns the cluster's id.
    #[must_use]
    pub fn cluster_id(&self) -> &str {
        &self.cluster_id
    }

    /// Returns the listeners for clients, as they are advertised, with the ports that were bound.
    #[must_use]
    pub fn listeners(&self) -> &[Listener] {
        &self.listeners
    }

    /// Returns its log directories.
    #[must_use]
    pub fn log_dirs(&self) -> &[PathBuf] {
        &self.log_dirs
    }

    /// Waits until every log directory has failed: nothing can be promised any more.
    pub async fn all_dirs_failed(&self) {
        let all = self.log_dirs.len();
        let mut failed = self.failed.clone();
        // The sender lives as long as the directories do, so this is no error.
        let outcome = failed.wait_for(|count| *count >= all).await;
        debug_assert!(outcome.is_ok(), "the directories outlive the broker");
    }

    /// Stops the broker: connections finish what they do, logs are flushed and closed.
    pub async fn shutdown(self) {
        let Self {
            stop,
            accepting,
            housekeeping,
            controller,
            state,
            dirs,
            ..
        } = self;
        stop.send_replace(true);
        let drain = async {
            for task in accepting {
                log_panic(task.await);
            }
        };
        if tokio::time::timeout(DRAIN_MAX, drain).await.is_err() {
            tracing::warn!("connections did not end in time");
        }
        log_panic(housekeeping.await);
        let stopped = BrokerStopped {
            id: self.node_id,
            epoch: self.broker_epoch,
        };
        if let Err(code) = state.controller.submit(stopped).await {
            tracing::warn!(%code, "the broker is not marked as stopped");
        }
        tokio::task::block_in_place(|| dirs.close(&state.replicas, self.broker_epoch));
        // The controller ends when nobody can give it commands any more.
        drop(state);
        if let Ok(Ok(controller)) = tokio::time::timeout(DRAIN_MAX, controller).await
            && let Err(error) = controller.close()
        {
            tracing::error!(%error, "the metadata log is not closed");
        }
    }
}

fn log_panic(outcome: Result<(), tokio::task::JoinError>) {
    if let Err(error) = outcome {
        tracing::error!(%error, "a task of the broker failed");
    }
}

/// What is open before this incarnation is registered.
struct Opened {
    config: ServerConfig,
    identity: Identity,
    bound: Vec<Bound>,
    controllers: Vec<Bound>,
    failed: watch::Receiver<usize>,
    parts: LogManagerParts,
    loaded: LoadedDirs,
    controller: ControllerLoop,
}

/// Locks the directories, binds the listeners, replays the metadata, loads the logs.
fn open(
    mut config: ServerConfig,
    fs: &Arc<dyn Fs>,
    clock: &Arc<dyn Clock>,
    mut rng: Rng,
) -> Result<Opened, StartError> {
    let (failures, failed) = watch::channel(0);
    let tell = || Box::new(Tell(failures.clone())) as Box<dyn ToldOfFailure>;
    let (parts, identity) = LogDirs::open(fs, &config, Arc::clone(clock), &mut rng, tell)?;
    config
        .static_keys
        .insert("node.id".to_owned(), identity.node_id.to_string());
    let bound = bind_all(&config.listeners)?;
    let controllers = bind_all(&config.controller_listeners)?;
    let directory = identity.directories.first().copied().unwrap_or_default();
    let voter = voter_of(&config, identity.node_id, directory);
    let (log, image) = MetadataLog::open(
        Arc::clone(fs),
        &config.metadata_log_dir,
        voter,
        &bootstrap_records(),
        clock.now_ms(),
    )?;
    let settings = SettingsOf {
        node_id: identity.node_id,
        config: config.clone(),
    };
    let (parts, loaded) = load(parts, &settings, &image, &mut rng, &**clock)?;
    let controller = ControllerLoop {
        log,
        published: Arc::new(ArcSwap::from_pointee(image.clone())),
        image,
        settings: ClusterSettings {
            default_partitions: number(&config, "num.partitions"),
            default_replication_factor: number(&config, "default.replication.factor"),
            may_delete_topics: config.boolean("delete.topic.enable"),
        },
        applier: ImageApplier {
            node_id: identity.node_id,
            fs: Arc::clone(fs),
            clock: Arc::clone(clock),
            rng: rng.clone(),
            settings,
            replicas: Arc::new(ReplicaManager::default()),
            flush_pool: Arc::new(BlockingPool::new(tokio::runtime::Handle::current())),
            dirs: None,
        },
        clock: Arc::clone(clock),
        rng,
    };
    Ok(Opened {
        config,
        identity,
        bound,
        controllers,
        failed,
        parts,
        loaded,
        controller,
    })
}

/// What goes into the shared state as it is.
struct StateParts {
    clock: Arc<dyn Clock>,
    rng: Rng,
    broker_epoch: i64,
    stopped: watch::Receiver<bool>,
}

/// Makes the state that connections share, and starts the controller's task.
fn share(
    config: ServerConfig,
    identity: &Identity,
    controller: ControllerLoop,
    dirs: Arc<LogDirs>,
    parts: StateParts,
) -> (Arc<BrokerState>, JoinHandle<ControllerLoop>) {
    let image = Arc::clone(&controller.published);
    let replicas = Arc::clone(&controller.applier.replicas);
    let flush_pool = Arc::clone(&controller.applier.flush_pool);
    let (handle, controller) = controller.run(identity.node_id, parts.broker_epoch);
    let slots = config.size("max.incremental.fetch.session.cache.slots");
    let state = Arc::new(BrokerState {
        node_id: identity.node_id,
        cluster_id: identity.cluster_id.clone(),
        limits: Limits::of(&config),
        features: Features,
        clock: parts.clock,
        image,
        controller: handle,
        replicas,
        dirs,
        producer_ids: ProducerIds::default(),
        fetch_sessions: FetchSessions::new(slots, parts.rng),
        flush_pool,
        buffers: BufferPool::new(BUFFER_BYTES, BUFFERS_FREE_MAX),
        connections: ConnectionCounts::default(),
        stop: parts.stopped,
        requests: AtomicU64::new(0),
        config,
    });
    (state, controller)
}

fn number<T: TryFrom<i64> + Default>(config: &ServerConfig, key: &str) -> T {
    T::try_from(config.number(key)).unwrap_or_default()
}

/// Loads the logs of all directories.
fn load(
    mut parts: LogManagerParts,
    settings: &SettingsOf,
    image: &MetadataImage,
    rng: &mut Rng,
    clock: &dyn Clock,
) -> Result<(LogManagerParts, LoadedDirs), StartError> {
    let rng = parking_lot::Mutex::new(rng);
    let config_of = |partition: &crate::types::TopicPartition| {
        settings
            .of_topic(image, &partition.topic, &mut rng.lock())
            .log
    };
    let loaded = parts.manager.load_all(&config_of, clock.now_ms())?;
    for warning in &loaded.warnings {
        tracing::warn!("{warning}");
    }
    for log in &loaded.logs {
        for warning in &log.report.warnings {
            tracing::warn!(partition = %log.log.partition(), "{warning}");
        }
    }
    Ok((parts, loaded))
}

/// Registers this incarnation and lets it lead; returns the broker's epoch.
fn register(
    controller: &mut ControllerLoop,
    config: &ServerConfig,
    identity: &Identity,
    listeners: &[Listener],
    recovered: bool,
) -> Result<i64, StartError> {
    let register = RegisterBroker {
        id: identity.node_id,
        log_dirs: identity.directories.clone(),
        endpoints: listeners.iter().map(endpoint).collect(),
        controller_endpoints: config.controller_listeners.iter().map(endpoint).collect(),
        rack: config.rack.clone(),
        features: Features.records(),
    };
    let registered = controller
        .execute(&register)
        .map_err(StartError::Register)?;
    let unfence = Unfence {
        id: identity.node_id,
        epoch: registered.epoch,
        recovered,
    };
    controller.execute(&unfence).map_err(StartError::Register)?;
    Ok(registered.epoch)
}

fn endpoint(listener: &Listener) -> RecordEndpoint {
    RecordEndpoint {
        name: listener.name.clone(),
        host: listener.host.clone(),
        port: listener.port,
        security_protocol: listener.protocol_id(),
    }
}
