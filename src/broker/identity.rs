//! Who this node is, as its log directories say; formatting of those that were never used.

use std::path::{Path, PathBuf};

use super::log_dirs::LogDirsError;
use crate::clock::Clock;
use crate::config::ServerConfig;
use crate::controller::{Voter, format_files, format_records};
use crate::fs::Fs;
use crate::metadata::MetadataRecord;
use crate::rng::Rng;
use crate::storage::{LogManager, MetaProperties};
use crate::types::{BrokerId, TimestampMs, Uuid};

/// The `node.id` of a broker that nobody gave one (Kafka's sample file says 1).
const DEFAULT_NODE_ID: BrokerId = BrokerId(1);
/// The controller's port where no listener for controllers is configured.
const DEFAULT_CONTROLLER_PORT: u16 = 9093;

/// Who this node is, as its directories say.
#[derive(Clone, Debug)]
pub(super) struct Identity {
    pub(super) node_id: BrokerId,
    pub(super) cluster_id: String,
    /// The id of each log directory, in their order.
    pub(super) directories: Vec<Uuid>,
}

/// Finds out who this node is; gives directories without an identity this one.
pub(super) fn identify(
    manager: &mut LogManager,
    config: &ServerConfig,
    clock: &dyn Clock,
    rng: &mut Rng,
) -> Result<Identity, LogDirsError> {
    let known: Vec<(PathBuf, Option<MetaProperties>, bool)> = manager
        .dirs()
        .iter()
        .map(|dir| (dir.path.clone(), dir.meta.clone(), dir.is_meta_damaged))
        .collect();
    let first = known.iter().find_map(|(_, meta, _)| meta.clone());
    let stored = first.as_ref().map(|meta| meta.node_id);
    let node_id = config
        .node_id
        .map(BrokerId)
        .or(stored)
        .unwrap_or(DEFAULT_NODE_ID);
    let cluster_id = first.map_or_else(|| rng.uuid().to_string(), |meta| meta.cluster_id);
    let mut directories = Vec::new();
    for (path, meta, is_damaged) in known {
        let fresh = meta.is_none() && !is_damaged;
        let mut is_incomplete = is_damaged;
        let mut meta = meta.unwrap_or_else(|| MetaProperties {
            cluster_id: cluster_id.clone(),
            node_id,
            directory_id: None,
        });
        check_owner(&path, &meta, node_id, &cluster_id)?;
        if meta.directory_id.is_none() {
            meta.directory_id = Some(rng.uuid());
            is_incomplete = true;
        }
        let directory = meta.directory_id.unwrap_or(Uuid::ZERO);
        if fresh {
            let voter = voter_of(config, node_id, directory);
            let is_first = path == config.metadata_log_dir;
            write_format(
                &**manager.fs(),
                &path,
                (
                    &format_records(),
                    if is_first {
                        std::slice::from_ref(&voter)
                    } else {
                        &[]
                    },
                ),
                clock.now_ms(),
            )?;
            // Last, so that a directory that was formatted halfway is formatted again.
            manager.write_meta(&path, &meta)?;
        } else if is_incomplete {
            tracing::warn!(dir = %path.display(), "meta.properties is completed");
            manager.write_meta(&path, &meta)?;
        }
        directories.push(directory);
    }
    Ok(Identity {
        node_id,
        cluster_id,
        directories,
    })
}

/// Refuses a directory of another node or another cluster.
fn check_owner(
    path: &Path,
    meta: &MetaProperties,
    node_id: BrokerId,
    cluster_id: &str,
) -> Result<(), LogDirsError> {
    let path = path.to_path_buf();
    if meta.node_id != node_id {
        return Err(LogDirsError::OtherNode {
            path,
            stored: meta.node_id,
            configured: node_id,
        });
    }
    if meta.cluster_id != cluster_id {
        return Err(LogDirsError::OtherCluster {
            path,
            expected: cluster_id.to_owned(),
            found: meta.cluster_id.clone(),
        });
    }
    Ok(())
}

/// Writes the files of a formatted directory, but for `meta.properties`.
pub(super) fn write_format(
    fs: &dyn Fs,
    dir: &Path,
    (records, voters): (&[MetadataRecord], &[Voter]),
    now_ms: TimestampMs,
) -> Result<(), LogDirsError> {
    for (name, content) in format_files(records, voters, now_ms) {
        let path = dir.join(name);
        let write = || {
            if let Some(parent) = path.parent() {
                fs.create_dir_all(parent)?;
            }
            fs.replace(&path, &content)
        };
        write().map_err(|source| LogDirsError::Io {
            path: path.clone(),
            source,
        })?;
    }
    Ok(())
}

/// Returns this node as the one voter of its own quorum.
pub(super) fn voter_of(config: &ServerConfig, node_id: BrokerId, directory: Uuid) -> Voter {
    let listener = config.controller_listeners.first();
    let host = listener.map_or("", |listener| listener.host.as_str());
    Voter {
        id: node_id,
        directory,
        listener: listener
            .map_or("CONTROLLER", |listener| listener.name.as_str())
            .to_owned(),
        host: if host.is_empty() { "localhost" } else { host }.to_owned(),
        port: listener.map_or(DEFAULT_CONTROLLER_PORT, |listener| listener.port),
    }
}
