//! `kt snapshot save`: finished segments by hard links, the rest by copies, the broker not asked.

use std::path::{Path, PathBuf};

use serde_json::json;

use super::manifest::{Manifest, SavedDir};
use super::{failed, must_be_empty};
use crate::cli::{CommandError, Exit, Format, Output, Progress};
use crate::clock::SystemClock;
use crate::commands::local_broker::{KtHome, chosen, running};
use crate::fs::{Fs, RealFs};
use crate::storage::MetaProperties;
use crate::storage::snapshot::{SaveReport, save_log_dir};

/// Returns the log directories that the options mean.
pub(super) fn dirs(
    data_dirs: Vec<PathBuf>,
    bootstrap: Option<&str>,
) -> Result<Vec<PathBuf>, CommandError> {
    if !data_dirs.is_empty() {
        return Ok(data_dirs);
    }
    let home = KtHome::of_environment()?;
    let Some(bootstrap) = bootstrap else {
        let broker = chosen(&home)?;
        return Ok(broker.map_or_else(|| vec![home.data()], |broker| broker.log_dirs));
    };
    let port = |address: &str| address.rsplit_once(':').map(|(_, port)| port.to_owned());
    let is_meant = |address: &str| {
        let loopback = bootstrap.starts_with("localhost:") && port(address) == port(bootstrap);
        address == bootstrap || loopback
    };
    let found = running(&RealFs, &home)?.into_iter().find(|broker| {
        let mut listeners = broker.listeners.iter();
        listeners.any(|listener| {
            is_meant(
                listener
                    .split_once("://")
                    .map_or(listener, |(_, rest)| rest),
            )
        })
    });
    found.map(|broker| broker.log_dirs).ok_or_else(|| {
        let sentence = format!("No broker of this machine and KT_HOME listens on {bootstrap}");
        CommandError::failed(sentence)
            .hint("A snapshot copies files: --data-dir names the broker's log directories.")
    })
}

pub(super) fn run(
    folder: &Path,
    dirs: &[PathBuf],
    format: Format,
    output: &mut Output,
) -> Result<Exit, CommandError> {
    must_be_empty(folder)?;
    let begun_ms = SystemClock::shared().now_ms();
    let mut owner = None;
    for dir in dirs {
        let meta = MetaProperties::read(&RealFs, dir)
            .map_err(|error| CommandError::failed(error.to_string()))?;
        let meta = meta.ok_or_else(|| {
            CommandError::failed(format!("{} is no log directory", dir.display()))
                .hint("It has no meta.properties; kt status tells the local broker's directories.")
        })?;
        owner.get_or_insert(meta);
    }
    let owner = owner.expect("there is at least one directory");
    RealFs
        .create_dir_all(folder)
        .map_err(|error| failed(folder, &error))?;
    let saved: Vec<SavedDir> = (0..)
        .zip(dirs)
        .map(|(number, path): (u32, _)| SavedDir {
            path: std::path::absolute(path).unwrap_or_else(|_| path.clone()),
            folder: format!("data-{number}"),
        })
        .collect();
    let report = match copy(folder, dirs, &saved, output) {
        Ok(report) => report,
        Err(error) => {
            // Half a snapshot is none.
            for dir in &saved {
                drop(RealFs.remove_dir_all(&folder.join(&dir.folder)));
            }
            return Err(error);
        }
    };
    let manifest = Manifest::new(owner.cluster_id, owner.node_id.0, begun_ms, saved);
    manifest.write(folder)?;
    print(folder, &manifest, &report, format, output)
}

fn copy(
    folder: &Path,
    dirs: &[PathBuf],
    saved: &[SavedDir],
    output: &Output,
) -> Result<SaveReport, CommandError> {
    let progress = Progress::waiting(output, "Copying");
    let mut bytes = 0;
    let mut told = |more: u64| {
        bytes += more;
        progress.say(format!("Copying: {} MiB", bytes >> 20));
    };
    let mut report = SaveReport::default();
    for (dir, saved) in dirs.iter().zip(saved) {
        let target = folder.join(&saved.folder);
        let copied = save_log_dir(&RealFs, dir, &target, &mut told);
        report.add(copied.map_err(|error| CommandError::failed(error.to_string()))?);
    }
    Ok(report)
}

fn print(
    folder: &Path,
    manifest: &Manifest,
    report: &SaveReport,
    format: Format,
    output: &mut Output,
) -> Result<Exit, CommandError> {
    let dirs: Vec<_> = manifest.log_dirs.iter().map(|dir| &dir.path).collect();
    match format {
        Format::Text => {
            output.line(format!(
                "Saved {} partitions to {}: {} files linked ({} bytes), {} copied ({} bytes).",
                report.partitions,
                folder.display(),
                report.linked_files,
                report.linked_bytes,
                report.copied_files,
                report.copied_bytes
            ))?;
            for name in &report.left_out {
                output.line(format!("Left out {name}, which was deleted meanwhile."))?;
            }
        }
        Format::Json => output.json(&json!({
            "folder": folder,
            "clusterId": manifest.cluster_id,
            "nodeId": manifest.node_id,
            "begunMs": manifest.begun_ms,
            "logDirs": dirs,
            "partitions": report.partitions,
            "linkedFiles": report.linked_files,
            "linkedBytes": report.linked_bytes,
            "copiedFiles": report.copied_files,
            "copiedBytes": report.copied_bytes,
            "leftOut": report.left_out,
        }))?,
        Format::Table => {
            let row = vec![
                report.partitions.to_string(),
                report.linked_files.to_string(),
                report.linked_bytes.to_string(),
                report.copied_files.to_string(),
                report.copied_bytes.to_string(),
                report.left_out.join(", "),
            ];
            let head = [
                "PARTITIONS",
                "LINKED",
                "LINKED-BYTES",
                "COPIED",
                "COPIED-BYTES",
                "LEFT-OUT",
            ];
            output.table(&head, &[row])?;
        }
    }
    Ok(Exit::SUCCESS)
}
