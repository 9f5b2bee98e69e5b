//! `kt snapshot restore`: checks a snapshot, and copies it to new log directories.
//!
//! Nothing is linked: what a broker does to the new directories must not reach the snapshot. Each
//! is made beside its place and gets its name when it is whole.

use std::path::{Path, PathBuf};

use serde_json::json;

use super::manifest::Manifest;
use super::{failed, must_be_empty};
use crate::cli::{CommandError, Exit, Format, Output, Progress};
use crate::commands::local_broker::KtHome;
use crate::commands::verify::{finding_line, verify};
use crate::fs::{Fs, RealFs};
use crate::storage::inspect::{Report, Severity};
use crate::storage::snapshot::copy_dir;

pub(super) fn run(
    folder: &Path,
    targets: Vec<PathBuf>,
    force: bool,
    format: Format,
    output: &mut Output,
) -> Result<Exit, CommandError> {
    let manifest = Manifest::read(folder)?;
    let targets = if targets.is_empty() {
        vec![KtHome::of_environment()?.data()]
    } else {
        targets
    };
    let (wanted, given) = (manifest.log_dirs.len(), targets.len());
    if wanted != given {
        let sentence = format!("The snapshot has {wanted} log directories, {given} are named");
        return Err(CommandError::failed(sentence)
            .hint("Repeat --data-dir, in the order of logDirs in snapshot.json."));
    }
    for target in &targets {
        must_be_empty(target)?;
    }
    let sources: Vec<_> = manifest
        .log_dirs
        .iter()
        .map(|dir| folder.join(&dir.folder))
        .collect();
    let report = verify(&sources, &[], output)?;
    refuse_damage(&report, force, output)?;
    let progress = Progress::counting(output, report.totals.bytes, "Copying");
    let mut bytes = 0;
    for (source, target) in sources.iter().zip(&targets) {
        bytes += place(source, target, &mut |more| progress.advance(more))?;
    }
    drop(progress);
    print(&manifest, &report, (&targets, bytes), format, output)
}

fn refuse_damage(report: &Report, force: bool, output: &mut Output) -> Result<(), CommandError> {
    let damage = report.findings.iter();
    for finding in damage.filter(|finding| finding.severity == Severity::Damage) {
        output.note(finding_line(finding));
    }
    match report.damaged() {
        0 => Ok(()),
        _ if force => Ok(()),
        number => {
            let places = if number == 1 { "place" } else { "places" };
            let sentence = format!("The snapshot is damaged in {number} {places}");
            Err(CommandError::failed(sentence)
                .hint("Nothing was restored; --force restores it as it is."))
        }
    }
}

/// Copies one directory and gives it its name.
fn place(source: &Path, target: &Path, told: &mut dyn FnMut(u64)) -> Result<u64, CommandError> {
    let mut name = target.file_name().unwrap_or_default().to_os_string();
    name.push(".restoring");
    let beside = target.with_file_name(name);
    if RealFs.exists(&beside) {
        let sentence = format!("{} is in the way", beside.display());
        return Err(CommandError::failed(sentence)
            .hint("A restore that was interrupted leaves it: remove it."));
    }
    let copied = copy_dir(&RealFs, source, &beside, told);
    let renamed = copied
        .map_err(|error| CommandError::failed(error.to_string()))
        .and_then(|bytes| {
            RealFs
                .rename(&beside, target)
                .map_err(|error| failed(target, &error))?;
            Ok(bytes)
        });
    if renamed.is_err() {
        drop(RealFs.remove_dir_all(&beside));
    }
    let bytes = renamed?;
    if let Some(parent) = target.parent().filter(|path| !path.as_os_str().is_empty()) {
        RealFs
            .sync_dir(parent)
            .map_err(|error| failed(parent, &error))?;
    }
    Ok(bytes)
}

fn print(
    manifest: &Manifest,
    report: &Report,
    (targets, bytes): (&[PathBuf], u64),
    format: Format,
    output: &mut Output,
) -> Result<Exit, CommandError> {
    let totals = report.totals;
    let shown: Vec<_> = targets
        .iter()
        .map(|target| target.display().to_string())
        .collect();
    match format {
        Format::Text => output.line(format!(
            "Restored {} partitions with {} records ({bytes} bytes) of cluster {} to {}.",
            totals.partitions,
            totals.records,
            manifest.cluster_id,
            shown.join(", ")
        ))?,
        Format::Json => output.json(&json!({
            "dataDirs": shown,
            "clusterId": manifest.cluster_id,
            "nodeId": manifest.node_id,
            "partitions": totals.partitions,
            "records": totals.records,
            "bytes": bytes,
            "damaged": report.damaged(),
        }))?,
        Format::Table => {
            let row = vec![
                shown.join(", "),
                manifest.cluster_id.clone(),
                totals.partitions.to_string(),
                totals.records.to_string(),
                bytes.to_string(),
            ];
            let head = ["DATA-DIR", "CLUSTER-ID", "PARTITIONS", "RECORDS", "BYTES"];
            output.table(&head, &[row])?;
        }
    }
    Ok(Exit::SUCCESS)
}
