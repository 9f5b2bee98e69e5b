//! The seam between `server-start` and the broker: settings in, a running broker out.

use std::collections::BTreeMap;
use std::path::PathBuf;

use anyhow::Context as _;

use crate::broker::{Broker, StartError};
use crate::clock::SystemClock;
use crate::config::{Properties, ServerConfig};
use crate::fs::RealFs;
use crate::rng::Rng;

/// A broker that runs inside this process.
#[derive(Debug)]
pub(super) struct EmbeddedBroker {
    /// Its `node.id`.
    pub(super) node_id: i32,
    /// Its client listeners as `NAME://host:port`, with the ports that were bound.
    pub(super) listeners: Vec<String>,
    /// Its log directories, absolute.
    pub(super) log_dirs: Vec<PathBuf>,
    broker: Broker,
}

impl EmbeddedBroker {
    /// Waits until the broker can promise nothing any more: every log directory has failed.
    pub(super) async fn failed(&self) {
        self.broker.all_dirs_failed().await;
    }

    /// Stops the broker: leaves the cluster, flushes, closes its logs.
    pub(super) async fn shutdown(self) {
        self.broker.shutdown().await;
    }
}

/// Returns whether a broker did not start because somebody else listens on its address.
pub(super) fn is_address_taken(error: &anyhow::Error) -> bool {
    matches!(
        error.downcast_ref::<StartError>(),
        Some(StartError::Bind { source, .. }) if source.kind() == std::io::ErrorKind::AddrInUse
    )
}

/// Starts a broker; returns when it answers.
pub(super) async fn start_broker(
    properties: BTreeMap<String, String>,
) -> anyhow::Result<EmbeddedBroker> {
    let mut checked = Properties::new();
    for (key, value) in properties {
        checked.set(key, value);
    }
    let (config, warnings) = ServerConfig::from_properties(&checked)?;
    for warning in warnings {
        tracing::warn!(logger = "kafka.server.KafkaConfig", "{warning}");
    }
    let broker = Broker::start(
        config,
        RealFs::shared(),
        SystemClock::shared(),
        Rng::from_os(),
    )
    .await?;
    let mut log_dirs = Vec::new();
    for dir in broker.log_dirs() {
        log_dirs.push(std::path::absolute(dir).context("the working directory is gone")?);
    }
    Ok(EmbeddedBroker {
        node_id: broker.node_id().0,
        listeners: broker.listeners().iter().map(ToString::to_string).collect(),
        log_dirs,
        broker,
    })
}
