//! The stages of a start: what is opened, loaded, registered and shared, in this order.

use std::future::poll_fn;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use arc_swap::ArcSwap;
use tokio::sync::watch;
use tokio::task::JoinHandle;

use super::bind::{Bound, bind_all};
use super::controller_loop::ControllerLoop;
use super::features::Features;
use super::flush_pool::BlockingPool;
use super::full_disk::FullDisk;
use super::groups::Groups;
use super::handlers::fetch::FetchSessions;
use super::identity::{Identity, voter_of};
use super::image_apply::ImageApplier;
use super::listener::ConnectionCounts;
use super::log_dir_moves::LogDirMoves;
use super::log_dirs::{LogDirs, LogDirsError, LogManagerParts};
use super::producer_ids::ProducerIds;
use super::settings::SettingsOf;
use super::start::StartError;
use super::state::{BrokerState, Limits, request_memory};
use crate::clock::Clock;
use crate::config::{Listener, ServerConfig};
use crate::controller::{ClusterSettings, MetadataLog, RegisterBroker, Unfence, bootstrap_records};
use crate::fs::Fs;
use crate::metadata::MetadataImage;
use crate::metadata::record::RecordEndpoint;
use crate::net::BufferPool;
use crate::replica::{ReplicaManager, ToldOfFailure};
use crate::rng::Rng;
use crate::storage::{IoError, LoadError, LoadedDirs};
use crate::types::TopicPartition;

/// Buffers for records on their way to sockets: one answer's piece.
const BUFFER_BYTES: usize = 1024 * 1024;
/// A process that was killed holds its locks until the kernel has taken it apart, which takes a
/// moment if it had ten thousand files open.
const LOCK_PATIENCE: Duration = Duration::from_millis(1000);
const LOCK_PAUSE: Duration = Duration::from_millis(20);
/// Buffers that wait for their next use.
const BUFFERS_FREE_MAX: usize = 4;

/// Counts failed log directories.
#[derive(Debug)]
struct Tell(watch::Sender<usize>);

impl ToldOfFailure for Tell {
    fn dir_failed(&self, dir: &Path, error: &IoError) {
        tracing::error!(dir = %dir.display(), %error, "the log directory is out of service");
        self.0.send_modify(|count| *count += 1);
    }
}

/// What is open before this incarnation is registered.
pub(super) struct Opened {
    pub(super) config: ServerConfig,
    pub(super) identity: Identity,
    pub(super) bound: Vec<Bound>,
    pub(super) controllers: Vec<Bound>,
    pub(super) failed: watch::Receiver<usize>,
    pub(super) parts: LogManagerParts,
    pub(super) loaded: LoadedDirs,
    pub(super) controller: ControllerLoop,
}

/// Locks the directories, binds the listeners, replays the metadata, loads the logs.
pub(super) fn open(
    mut config: ServerConfig,
    fs: &Arc<dyn Fs>,
    clock: &Arc<dyn Clock>,
    mut rng: Rng,
) -> Result<Opened, StartError> {
    let (failures, failed) = watch::channel(0);
    let tell = || Box::new(Tell(failures.clone())) as Box<dyn ToldOfFailure>;
    let deadline = clock.monotonic() + LOCK_PATIENCE;
    let (parts, identity) = loop {
        match LogDirs::open(fs, &config, Arc::clone(clock), &mut rng, tell) {
            Err(LogDirsError::Load(LoadError::Locked { .. })) if clock.monotonic() < deadline => {
                std::thread::sleep(LOCK_PAUSE);
            }
            opened => break opened?,
        }
    };
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
        changed: watch::channel(()).0,
        image,
        settings: ClusterSettings {
            default_partitions: number(&config, "num.partitions"),
            default_replication_factor: number(&config, "default.replication.factor"),
            may_delete_topics: config.boolean("delete.topic.enable"),
        },
        applier: ImageApplier {
            node_id: identity.node_id,
            fs: Arc::clone(fs),
            rng: rng.clone(),
            settings,
            replicas: Arc::new(ReplicaManager::default()),
            flush_pool: Arc::new(BlockingPool::new(tokio::runtime::Handle::current())),
            dirs: None,
            misplaced: Vec::new(),
            unhosted: Vec::new(),
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
pub(super) struct StateParts {
    pub(super) clock: Arc<dyn Clock>,
    pub(super) rng: Rng,
    pub(super) broker_epoch: i64,
    pub(super) stopped: watch::Receiver<bool>,
}

/// Makes the state that connections share, and starts the controller's task.
pub(super) fn share(
    config: ServerConfig,
    identity: &Identity,
    controller: ControllerLoop,
    dirs: Arc<LogDirs>,
    parts: StateParts,
) -> (Arc<BrokerState>, JoinHandle<ControllerLoop>) {
    let image = Arc::clone(&controller.published);
    let image_changed = controller.changed.subscribe();
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
        image_changed,
        controller: handle,
        replicas,
        dirs,
        moves: LogDirMoves::default(),
        full_disk: FullDisk::default(),
        producer_ids: ProducerIds::default(),
        fetch_sessions: FetchSessions::new(slots, parts.rng),
        groups: Groups::default(),
        flush_pool,
        buffers: BufferPool::new(BUFFER_BYTES, BUFFERS_FREE_MAX),
        connections: ConnectionCounts::default(),
        request_memory: request_memory(&config),
        stop: parts.stopped,
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
    let topic_id_of = |topic: &str| image.topic(topic).map(|topic| topic.id);
    let strays = parts
        .manager
        .set_strays_aside(&topic_id_of, &mut || rng.uuid())?;
    let directory_of = |partition: &TopicPartition| {
        let number = usize::try_from(partition.partition).ok()?;
        let known = image.topic(&partition.topic)?.partitions.get(number)?;
        let mut places = known.replicas.iter().zip(&known.directories);
        let own = places.find(|(id, _)| **id == settings.node_id)?;
        Some(*own.1)
    };
    let duplicates = parts
        .manager
        .set_duplicates_aside(&directory_of, &mut || rng.uuid())?;
    for warning in strays.into_iter().chain(duplicates) {
        tracing::warn!("{warning}");
    }
    let rng = parking_lot::Mutex::new(rng);
    let config_of = |partition: &TopicPartition| {
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

/// Waits until every log is flushed to its end, or cannot be.
///
/// Consumers may have read what the checkpoints do not know of. Were they answered before it is
/// flushed again, their offsets would be out of range, and they would begin anew somewhere else.
pub(super) async fn flushed_again(replicas: &ReplicaManager) {
    for partition in replicas.all() {
        let end = partition.with_log(|log| log.end_offset());
        let mut waiter = None;
        // A failure is the log directory's, which tells of it.
        drop(poll_fn(|context| partition.poll_high_watermark(end, &mut waiter, context)).await);
    }
}

/// Registers this incarnation and lets it lead; returns the broker's epoch.
pub(super) fn register(
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
