//! Where a seed runs, and what came of it.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::atomic::Ordering;

use crate::process::Setup;
use crate::world::World;

/// Where a seed runs.
#[derive(Clone, Debug)]
pub struct Field {
    pub kt: PathBuf,
    /// An empty folder of its own.
    pub folder: PathBuf,
    /// Whether what syncs says that it did, and did not: the suite must then fail.
    pub broken: bool,
    /// Where the segments are copied at the end, if anyone wants them.
    pub keep: Option<PathBuf>,
}

/// What one seed found.
#[derive(Clone, Debug, Default)]
pub struct Outcome {
    pub cycles: u64,
    pub acked_records: u64,
    pub violations: Vec<String>,
}

impl Outcome {
    pub fn of(world: &World, setup: &Setup, cycles: u64) -> Self {
        let mut violations = world.truth.violations();
        violations.extend(panics(&setup.log_path()));
        Self {
            cycles,
            acked_records: world.truth.acked_records.load(Ordering::Acquire),
            violations,
        }
    }
}

/// Returns the lines in which the broker says that it panicked.
pub fn panics(log: &Path) -> Vec<String> {
    let text = fs::read(log).unwrap_or_default();
    let text = String::from_utf8_lossy(&text);
    let lines = text.lines().filter(|line| line.contains("panicked at"));
    lines.map(|line| format!("the broker: {line}")).collect()
}
