//! Builds a broker from its settings, and ends it.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use tokio::sync::watch;
use tokio::task::JoinHandle;

use super::bind::advertised;
use super::controller_loop::ControllerLoop;
use super::groups::Groups;
use super::listener::accept;
use super::log_dirs::{LogDirs, LogDirsError};
use super::stages::{Opened, StateParts, flushed_again, open, register, share};
use super::state::BrokerState;
use super::stop::Stop;
use super::{cleaner, housekeeping, log_dir_moves, retention};
use crate::clock::Clock;
use crate::config::{Listener, ServerConfig};
use crate::controller::{BrokerStopped, MetadataLogError};
use crate::fs::Fs;
use crate::protocol::ErrorCode;
use crate::rng::Rng;
use crate::storage::LoadError;
use crate::types::BrokerId;

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
    /// What happens from time to time.
    background: Vec<JoinHandle<()>>,
    controller: JoinHandle<ControllerLoop>,
    state: Arc<BrokerState>,
    dirs: Arc<LogDirs>,
    failed: watch::Receiver<usize>,
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
        controller
            .assign_directories()
            .map_err(StartError::Register)?;
        flushed_again(&controller.applier.replicas).await;
        let (stop, stopped) = watch::channel(false);
        let parts = StateParts {
            clock,
            rng,
            broker_epoch,
            stopped: stopped.clone(),
        };
        let (state, controller) = share(config, &identity, controller, Arc::clone(&dirs), parts);
        for (partition, target) in loaded.moves {
            if let Some(partition) = state
                .replicas
                .partition(&partition.topic, partition.partition)
            {
                state.moves.ask(partition, target);
            }
        }
        let accepting = bound
            .into_iter()
            .chain(controllers)
            .map(|(socket, listener)| {
                let name = listener.name.as_str().into();
                tokio::spawn(accept(socket, name, Arc::clone(&state), stopped.clone()))
            })
            .collect();
        let background = start_background(&state, &dirs, &stopped);
        Groups::start(&state);
        Ok(Self {
            node_id: identity.node_id,
            cluster_id: identity.cluster_id,
            listeners,
            log_dirs: state.config.log_dirs.clone(),
            broker_epoch,
            stop,
            accepting,
            background,
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
            background,
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
        for task in background {
            log_panic(task.await);
        }
        state.groups.ended().await;
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

/// Starts the tasks that run by the clock; they end when the broker stops.
fn start_background(
    state: &Arc<BrokerState>,
    dirs: &Arc<LogDirs>,
    stopped: &Stop,
) -> Vec<JoinHandle<()>> {
    let parts = || (Arc::clone(state), Arc::clone(dirs), stopped.clone());
    let (a, b, c) = parts();
    let housekeeping = tokio::spawn(housekeeping::run(a, b, c));
    let (a, b, c) = parts();
    let retention = tokio::spawn(retention::run(a, b, c));
    let cleaner = tokio::spawn(cleaner::run(Arc::clone(state), stopped.clone()));
    let moves = tokio::spawn(log_dir_moves::run(Arc::clone(state), stopped.clone()));
    vec![housekeeping, retention, cleaner, moves]
}

fn log_panic(outcome: Result<(), tokio::task::JoinError>) {
    if let Err(error) = outcome {
        tracing::error!(%error, "a task of the broker failed");
    }
}
