//! What must hold when nothing happens: two restarts without load leave the same `.log` files
//! (D7), and every batch in them is whole and has its CRC (D8).

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use kt::record::Batches;

use crate::process::Setup;
use crate::world::World;

/// Starts the broker, checks, stops it in good order, kills another one, and compares the files.
pub fn check(setup: &Setup, world: &World) -> anyhow::Result<()> {
    let mut broker = world.recover(setup)?;
    broker.stop()?;
    let before = logs(&setup.data)?;
    let mut broker = setup.start_surely(None)?;
    world.survey(&broker)?;
    broker.kill()?;
    let mut broker = setup.start_surely(None)?;
    world.survey(&broker)?;
    broker.stop()?;
    let after = logs(&setup.data)?;
    for (path, bytes) in &before {
        let same = after.get(path).is_some_and(|later| later == bytes);
        // Retention and compaction go on by themselves.
        let name = path.to_string_lossy();
        let moves = ["retained-", "compacted-", "cut-", "__"].iter();
        if !same && !moves.into_iter().any(|begin| name.starts_with(begin)) {
            let what = match after.get(path) {
                Some(later) => format!("{} bytes, then {}", bytes.len(), later.len()),
                None => "gone".to_owned(),
            };
            let truth = &world.truth;
            truth.violation(format!("{name}: not the same after two restarts: {what}"));
        }
        let mut batches = Batches::new(bytes);
        let whole = batches.by_ref().all(|b| b.is_ok_and(|b| b.crc_matches()));
        if !whole || batches.position() != bytes.len() {
            let at = batches.position();
            world
                .truth
                .violation(format!("{name}: an invalid batch ends at {at}"));
        }
    }
    Ok(())
}

/// Returns the content of every segment, by its path below the folder.
pub fn logs(data: &Path) -> anyhow::Result<BTreeMap<PathBuf, Vec<u8>>> {
    let mut logs = BTreeMap::new();
    for folder in fs::read_dir(data)? {
        let folder = folder?.path();
        let name = folder.file_name().unwrap_or_default().to_string_lossy();
        if !folder.is_dir() || name.ends_with("-delete") || name.ends_with("-stray") {
            continue;
        }
        for file in fs::read_dir(&folder)? {
            let path = file?.path();
            if path.extension().is_some_and(|end| end == "log") {
                let name = path.strip_prefix(data)?.to_owned();
                logs.insert(name, fs::read(&path)?);
            }
        }
    }
    Ok(logs)
}
