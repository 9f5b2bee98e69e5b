//! `judge`: others read the segments that kt has recovered, and must find in them what kt finds.
//!
//! kafka-python checks every CRC and decompresses every batch, so does Apache Kafka's dump-log; kt
//! reads the same files. All three must tell the same batches. Even seeds are killed, odd ones lose
//! their power.

use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::Context as _;
use kt::record::Batches;

use crate::disk;
use crate::outcome::{Field, Outcome};
use crate::{kill, power};

/// The most that a batch may hold when it is decompressed.
const BATCH_BYTES_MAX: usize = 64 << 20;

/// Runs one seed; a cycle is a segment.
pub fn run(seed: u64, field: &Field) -> anyhow::Result<Outcome> {
    let segments = field.folder.join("segments");
    let field = Field {
        keep: Some(segments.clone()),
        ..field.clone()
    };
    let mut outcome = if seed % 2 == 1 && disk::missing().is_none() {
        power::run(seed, &field)?
    } else {
        kill::run(seed, &field)?
    };
    let files = files(&segments)?;
    let work = field.folder.join("judged");
    fs::create_dir_all(&work)?;
    let ours = read(&files)?;
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/reliability/judge.sh");
    let judged = disk::run(Command::new("bash").arg(script).arg(&work).args(&files));
    if let Err(error) = judged {
        outcome.violations.push(format!("the judges: {error:#}"));
    }
    for judge in ["kafka-python", "apache-kafka"] {
        let theirs = fs::read_to_string(work.join(judge)).unwrap_or_default();
        let theirs: Vec<&str> = theirs.lines().collect();
        let ours: Vec<&str> = ours.lines().collect();
        if ours != theirs || ours.is_empty() {
            let differs = ours
                .iter()
                .zip(&theirs)
                .find(|(ours, theirs)| ours != theirs);
            outcome.violations.push(format!(
                "{judge} reads {} batches, kt {}; the first that differ: {differs:?}",
                theirs.len(),
                ours.len()
            ));
        }
    }
    outcome.cycles = files.len() as u64;
    Ok(outcome)
}

/// Copies the segments of a data directory.
pub fn keep(data: &Path, to: &Path) -> anyhow::Result<()> {
    for (name, content) in crate::rest::logs(data)? {
        let copy = to.join(name);
        fs::create_dir_all(copy.parent().context("a folder")?)?;
        fs::write(copy, content)?;
    }
    Ok(())
}

/// Returns the segments that hold something, but for the metadata log's.
fn files(segments: &Path) -> anyhow::Result<Vec<PathBuf>> {
    let logs = crate::rest::logs(segments)?.into_iter();
    let told = logs
        .filter(|(name, content)| !content.is_empty() && !name.to_string_lossy().starts_with("__"));
    Ok(told.map(|(name, _)| segments.join(name)).collect())
}

/// Returns a line for each batch, as the judges write them.
fn read(files: &[PathBuf]) -> anyhow::Result<String> {
    let mut lines = String::new();
    for path in files {
        let content = fs::read(path)?;
        for batch in Batches::new(&content) {
            let batch = batch?;
            let header = batch.header();
            let body = batch.decompressed_body(BATCH_BYTES_MAX)?;
            let (mut records, mut bytes) = (0, 0);
            for record in batch.records(&body) {
                records += 1;
                bytes += record?.value.unwrap_or_default().len();
            }
            writeln!(
                lines,
                "{}\t{}\t{}\t{}\t{}\t{}\t{}\t{}\t{records}\t{bytes}",
                path.display(),
                header.base_offset.0,
                header.last_offset().0,
                header.record_count,
                header.producer_id,
                header.producer_epoch,
                header.base_sequence,
                header.crc
            )?;
        }
    }
    Ok(lines)
}
