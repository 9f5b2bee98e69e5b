//! Which brokers run with a KT_HOME: one file `run/PID.json` each, locked while its broker lives.
//!
//! The lock ends with the process, however that ends, so a stale file is known by its lock being
//! free; the process's start time in it guards against a number that was given out again. Who finds
//! a stale file removes it.

use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use super::KtHome;
use crate::cli::CommandError;
use crate::fs::{Fs, Lock, OpenMode};

/// The largest registration that is read.
const FILE_BYTES_MAX: u64 = 1024 * 1024;

/// What is known of a running broker.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(in crate::commands) struct Registration {
    /// Its process.
    pub(in crate::commands) pid: u32,
    /// When that process started, in the kernel's ticks since boot, where the system tells it.
    pub(in crate::commands) start_time: Option<u64>,
    /// Its `node.id`.
    pub(in crate::commands) node_id: i32,
    /// Its client listeners as `NAME://host:port`, by which clients reach it.
    pub(in crate::commands) listeners: Vec<String>,
    /// Its log directories.
    pub(in crate::commands) log_dirs: Vec<PathBuf>,
    /// Where its log lines go, if that is a file.
    pub(in crate::commands) log_file: Option<PathBuf>,
}

impl Registration {
    /// Returns the `host:port` to connect to: a plaintext listener if there is one.
    pub(in crate::commands) fn bootstrap(&self) -> String {
        let plaintext = self
            .listeners
            .iter()
            .find(|text| text.starts_with("PLAINTEXT://"));
        let listener = plaintext
            .or(self.listeners.first())
            .map(String::as_str)
            .unwrap_or_default();
        listener
            .split_once("://")
            .map_or(listener, |(_, address)| address)
            .to_owned()
    }
}

/// A registration in force; withdrawn when dropped.
#[derive(Debug)]
pub(in crate::commands) struct RegistrationGuard<'f> {
    fs: &'f dyn Fs,
    path: PathBuf,
    _lock: Box<dyn Lock>,
}

impl Drop for RegistrationGuard<'_> {
    fn drop(&mut self) {
        // The file goes before its lock does, so that nobody sees a stale one; if it stays, the
        // free lock tells.
        drop(self.fs.remove_file(&self.path));
    }
}

/// Registers a running broker.
pub(in crate::commands) fn register<'f>(
    fs: &'f dyn Fs,
    home: &KtHome,
    registration: &Registration,
) -> std::io::Result<RegistrationGuard<'f>> {
    fs.create_dir_all(&home.run())?;
    let path = home.run().join(format!("{}.json", registration.pid));
    let new = home.run().join(format!("{}.new", registration.pid));
    let content = serde_json::to_vec_pretty(registration).map_err(std::io::Error::other)?;
    // Locked before it has its name: who sees the name sees the lock.
    let lock = fs.try_lock(&new)?.ok_or(std::io::ErrorKind::WouldBlock)?;
    let file = fs.open(&new, OpenMode::Truncate)?;
    file.write_all_at(&mut [std::io::IoSlice::new(&content)], 0)?;
    fs.rename(&new, &path)?;
    Ok(RegistrationGuard {
        fs,
        path,
        _lock: lock,
    })
}

/// Returns the brokers that run with this KT_HOME, by node id; removes stale files.
pub(in crate::commands) fn running(
    fs: &dyn Fs,
    home: &KtHome,
) -> Result<Vec<Registration>, CommandError> {
    let folder = home.run();
    let entries = match fs.read_dir(&folder) {
        Ok(entries) => entries,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(Vec::new()),
        Err(error) => {
            return Err(CommandError::failed(format!(
                "{}: {error}",
                folder.display()
            )));
        }
    };
    let files = entries
        .iter()
        .filter(|entry| !entry.is_dir && entry.name.ends_with(".json"));
    let mut found: Vec<_> = files
        .filter_map(|entry| alive(fs, &folder.join(&entry.name)))
        .collect();
    found.sort_by_key(|broker| (broker.node_id, broker.pid));
    Ok(found)
}

/// Returns the registration in a file if its broker lives; removes the file if not.
fn alive(fs: &dyn Fs, path: &Path) -> Option<Registration> {
    let content = fs.read(path, FILE_BYTES_MAX).ok()?;
    // With the lock in hand nobody can be about to register under this name.
    match fs.try_lock(path) {
        Ok(Some(_lock)) => {
            drop(fs.remove_file(path));
            return None;
        }
        Ok(None) => {}
        Err(_) => return None,
    }
    let registration: Registration = serde_json::from_slice(&content).ok()?;
    let started = process_start_time(fs, registration.pid);
    let same = registration.start_time.is_none() || started == registration.start_time;
    same.then_some(registration)
}

/// Returns when a process started, in ticks since boot; `None` if there is none, or no `/proc`.
pub(in crate::commands) fn process_start_time(fs: &dyn Fs, pid: u32) -> Option<u64> {
    let file = fs
        .open(&PathBuf::from(format!("/proc/{pid}/stat")), OpenMode::Read)
        .ok()?;
    let mut buffer = [0; 4096];
    let count = file.read_at(&mut buffer, 0).ok()?;
    let text = String::from_utf8_lossy(buffer.get(..count)?).into_owned();
    // The second field, in parentheses, may hold blanks; the start time is the 22nd.
    let (_, fields) = text.rsplit_once(')')?;
    let mut fields = fields.split_whitespace();
    let state = fields.next()?;
    // A zombie has ended, its parent has only not looked yet.
    (state != "Z").then_some(())?;
    fields.nth(18)?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fs::RealFs;

    fn registration() -> Registration {
        let pid = std::process::id();
        Registration {
            pid,
            start_time: process_start_time(&RealFs, pid),
            node_id: 1,
            listeners: vec![
                "SSL://127.0.0.1:1".to_owned(),
                "PLAINTEXT://127.0.0.1:2".to_owned(),
            ],
            log_dirs: vec![PathBuf::from("/d")],
            log_file: None,
        }
    }

    #[test]
    fn a_registered_broker_is_found_until_it_ends() {
        let folder = tempfile::tempdir().unwrap();
        let home = KtHome::at(folder.path());
        assert_eq!(running(&RealFs, &home).unwrap(), []);
        let guard = register(&RealFs, &home, &registration()).unwrap();
        assert_eq!(running(&RealFs, &home).unwrap(), [registration()]);
        drop(guard);
        assert_eq!(running(&RealFs, &home).unwrap(), []);
        assert_eq!(RealFs.read_dir(&home.run()).unwrap(), []);
    }

    #[test]
    fn a_file_without_a_lock_is_stale_and_removed() {
        let folder = tempfile::tempdir().unwrap();
        let home = KtHome::at(folder.path());
        RealFs.create_dir_all(&home.run()).unwrap();
        let path = home.run().join("7.json");
        RealFs
            .replace(&path, &serde_json::to_vec(&registration()).unwrap())
            .unwrap();
        assert_eq!(running(&RealFs, &home).unwrap(), []);
        assert!(!RealFs.exists(&path));
    }

    #[test]
    fn a_number_given_out_again_is_not_the_broker() {
        let folder = tempfile::tempdir().unwrap();
        let home = KtHome::at(folder.path());
        let mut other = registration();
        other.start_time = other.start_time.map(|ticks| ticks + 1);
        let _guard = register(&RealFs, &home, &other).unwrap();
        assert_eq!(running(&RealFs, &home).unwrap(), []);
    }

    #[test]
    fn clients_are_sent_to_a_plaintext_listener() {
        assert_eq!(registration().bootstrap(), "127.0.0.1:2");
    }
}
