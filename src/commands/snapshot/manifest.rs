//! `snapshot.json`: what a snapshot consists of. It is written last: without it a folder is none.

use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use super::failed;
use crate::cli::CommandError;
use crate::fs::{Fs, RealFs};

const FILE: &str = "snapshot.json";
const BYTES_MAX: u64 = 1 << 20;
/// The only layout there is so far.
const VERSION: u32 = 1;

/// A log directory in a snapshot.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct SavedDir {
    /// Where it was.
    pub(super) path: PathBuf,
    /// Its folder in the snapshot.
    pub(super) folder: String,
}

/// What a snapshot consists of.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Manifest {
    version: u32,
    /// The cluster that it is of.
    pub(super) cluster_id: String,
    /// The node.
    pub(super) node_id: i32,
    /// When it was begun, in milliseconds since the epoch.
    pub(super) begun_ms: i64,
    /// Its log directories.
    pub(super) log_dirs: Vec<SavedDir>,
}

impl Manifest {
    pub(super) const fn new(
        cluster_id: String,
        node_id: i32,
        begun_ms: i64,
        log_dirs: Vec<SavedDir>,
    ) -> Self {
        Self {
            version: VERSION,
            cluster_id,
            node_id,
            begun_ms,
            log_dirs,
        }
    }

    pub(super) fn write(&self, folder: &Path) -> Result<(), CommandError> {
        let path = folder.join(FILE);
        let mut text = serde_json::to_vec_pretty(self)
            .map_err(|error| CommandError::failed(format!("{}: {error}", path.display())))?;
        text.push(b'\n');
        RealFs
            .replace(&path, &text)
            .map_err(|error| failed(&path, &error))
    }

    /// Reads the file of a snapshot, and refuses what is none.
    pub(super) fn read(folder: &Path) -> Result<Self, CommandError> {
        let path = folder.join(FILE);
        let content = RealFs.read(&path, BYTES_MAX).map_err(|error| {
            failed(&path, &error).hint(format!(
                "{} is no snapshot, or one whose save did not end.",
                folder.display()
            ))
        })?;
        let malformed = |what: &str| CommandError::failed(format!("{}: {what}", path.display()));
        let manifest: Self =
            serde_json::from_slice(&content).map_err(|error| malformed(&error.to_string()))?;
        if manifest.version != VERSION {
            let version = manifest.version;
            return Err(malformed(&format!(
                "version {version}, only {VERSION} is known"
            )));
        }
        let is_inside = |dir: &SavedDir| {
            let mut parts = Path::new(&dir.folder).components();
            let first = parts.next();
            matches!(first, Some(std::path::Component::Normal(_))) && parts.next().is_none()
        };
        if manifest.log_dirs.is_empty() || !manifest.log_dirs.iter().all(is_inside) {
            return Err(malformed("it names no log directories of this folder"));
        }
        Ok(manifest)
    }
}
