//! Formatting log directories ahead of the first start, and telling what they are
//! (`kafka-storage format` and `info`).
//!
//! A broker formats a directory that was never used by itself; this is for those who want to give
//! the cluster its id, its features or its first users, or who go on with Apache Kafka.

use std::path::PathBuf;

use super::identity::{voter_of, write_format};
use super::log_dirs::LogDirsError;
use crate::clock::Clock;
use crate::config::ServerConfig;
use crate::fs::Fs;
use crate::metadata::MetadataRecord;
use crate::rng::Rng;
use crate::storage::MetaProperties;
use crate::types::{BrokerId, Uuid};

pub use crate::controller::Voter;

/// Who votes in the quorum of a directory that is formatted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Voters {
    /// Those that `controller.quorum.voters` names, or nobody yet.
    Configured,
    /// This node alone.
    Standalone,
    /// These.
    Named(Vec<Voter>),
}

/// What a directory is formatted with.
#[derive(Clone, Debug, PartialEq)]
pub struct FormatPlan {
    /// The id of the cluster.
    pub cluster_id: String,
    /// The records of a fresh cluster: its features, its users.
    pub records: Vec<MetadataRecord>,
    /// Who votes.
    pub voters: Voters,
}

/// What was done to a directory.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Formatted {
    /// The directory.
    pub path: PathBuf,
    /// What it is for, in Kafka's words.
    pub kind: &'static str,
}

/// What a directory is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum DirState {
    /// Formatted: `meta.properties` in order of the keys.
    Formatted(Vec<(String, String)>),
    /// There, but never formatted.
    Unformatted,
    /// Not there.
    Missing,
    /// A file.
    NotADirectory,
}

/// Looks at the directories of a configuration.
pub fn inspect(
    fs: &dyn Fs,
    config: &ServerConfig,
) -> Result<Vec<(PathBuf, DirState)>, LogDirsError> {
    let mut states = Vec::new();
    for path in &config.log_dirs {
        let state = match fs.metadata(path) {
            Err(_) => DirState::Missing,
            Ok(metadata) if !metadata.is_dir => DirState::NotADirectory,
            Ok(_) => match MetaProperties::read(fs, path)? {
                None => DirState::Unformatted,
                Some(meta) => DirState::Formatted(told(&meta)),
            },
        };
        states.push((path.clone(), state));
    }
    Ok(states)
}

fn told(meta: &MetaProperties) -> Vec<(String, String)> {
    let mut told = vec![("cluster.id".to_owned(), meta.cluster_id.clone())];
    told.extend(
        meta.directory_id
            .map(|id| ("directory.id".to_owned(), id.to_string())),
    );
    told.push(("node.id".to_owned(), meta.node_id.to_string()));
    told.push(("version".to_owned(), "1".to_owned()));
    told
}

/// Formats the directories that are not formatted yet; returns them.
pub fn format(
    fs: &dyn Fs,
    config: &ServerConfig,
    plan: &FormatPlan,
    (clock, rng): (&dyn Clock, &mut Rng),
) -> Result<Vec<Formatted>, LogDirsError> {
    let node_id = BrokerId(config.node_id.unwrap_or(1));
    let mut formatted = Vec::new();
    for (path, state) in inspect(fs, config)? {
        if matches!(state, DirState::Formatted(_)) {
            continue;
        }
        let at = |source| LogDirsError::Io {
            path: path.clone(),
            source,
        };
        fs.create_dir_all(&path).map_err(at)?;
        let is_metadata = path == config.metadata_log_dir;
        let (voters, kind, directory) = if is_metadata {
            quorum(config, node_id, &plan.voters, rng.uuid())
        } else {
            (Vec::new(), "data directory", rng.uuid())
        };
        write_format(fs, &path, (&plan.records, &voters), clock.now_ms())?;
        let meta = MetaProperties {
            cluster_id: plan.cluster_id.clone(),
            node_id,
            directory_id: Some(directory),
        };
        meta.write(fs, &path)?;
        formatted.push(Formatted { path, kind });
    }
    Ok(formatted)
}

/// Returns who votes, what the metadata directory is then, and its id: a voter that is named has
/// one.
fn quorum(
    config: &ServerConfig,
    node_id: BrokerId,
    voters: &Voters,
    directory: Uuid,
) -> (Vec<Voter>, &'static str, Uuid) {
    match voters {
        Voters::Configured => (Vec::new(), "metadata directory", directory),
        Voters::Standalone => (
            vec![voter_of(config, node_id, directory)],
            "dynamic metadata voter directory",
            directory,
        ),
        Voters::Named(named) => match named.iter().find(|voter| voter.id == node_id) {
            Some(own) => (
                named.clone(),
                "dynamic metadata voter directory",
                own.directory,
            ),
            None => (named.clone(), "dynamic metadata directory", directory),
        },
    }
}
