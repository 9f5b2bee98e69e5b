//! Formatting log directories ahead of the first start, and telling what they are
//! (`kafka-storage format` and `info`).
//!
//! A broker formats a directory that was never used by itself; this is for those who want to give
//! the cluster its id, or who go on with Apache Kafka.

use std::path::PathBuf;

use super::identity::{voter_of, write_format};
use super::log_dirs::LogDirsError;
use crate::clock::Clock;
use crate::config::ServerConfig;
use crate::controller::{METADATA_LEVEL, bootstrap_levels};
use crate::fs::Fs;
use crate::rng::Rng;
use crate::storage::MetaProperties;
use crate::types::BrokerId;

/// Who votes in the quorum of a directory that is formatted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Voters {
    /// Those that `controller.quorum.voters` names.
    Configured,
    /// This node alone.
    Standalone,
    /// Nobody yet.
    None,
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
    cluster_id: &str,
    voters: Voters,
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
        let directory = rng.uuid();
        let is_metadata = path == config.metadata_log_dir;
        let voter = voter_of(config, node_id, directory);
        let named = (is_metadata && voters == Voters::Standalone).then_some(&voter);
        write_format(fs, &path, named, clock.now_ms())?;
        let meta = MetaProperties {
            cluster_id: cluster_id.to_owned(),
            node_id,
            directory_id: Some(directory),
        };
        meta.write(fs, &path)?;
        let kind = match (is_metadata, voters) {
            (false, _) => "data directory",
            (true, Voters::Configured) => "metadata directory",
            (true, Voters::Standalone) => "dynamic metadata voter directory",
            (true, Voters::None) => "dynamic metadata directory",
        };
        formatted.push(Formatted { path, kind });
    }
    Ok(formatted)
}

/// Returns Kafka's rendering of the bootstrap records that a directory is formatted with.
#[must_use]
pub fn bootstrap_text() -> String {
    let record = |(name, level): &(&str, i16)| {
        format!(
            "ApiMessageAndVersion(FeatureLevelRecord(name='{name}', featureLevel={level}) at \
             version 0)"
        )
    };
    let records: Vec<String> = bootstrap_levels().iter().map(record).collect();
    format!(
        "BootstrapMetadata(records=[{}], metadataVersionLevel={METADATA_LEVEL}, \
         source=format command)",
        records.join(", ")
    )
}
