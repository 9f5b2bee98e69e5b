//! Retention on a disk that fails and loses what was not synced.

use std::path::Path;
use std::sync::Arc;

use kt::fs::{Fs, SimFault, SimFs};
use kt::record::Producer;
use kt::rng::Rng;
use kt::storage::{LogConfig, StartState};
use kt::types::Offset;

use crate::model::{NOW, append, batch, flush, load};

const ROOT: &str = "/data";

#[test]
fn a_crash_at_any_call_leaves_the_newest_records_and_the_end() {
    let config = |retention_bytes| LogConfig {
        segment_bytes: 400,
        retention_bytes,
        ..LogConfig::default()
    };
    for (retention_bytes, kept_max) in [(900, 3), (0, 0)] {
        for (calls, seed) in (0..60).flat_map(|calls| [(calls, 1), (calls, 2), (calls, 3)]) {
            let what = format!("{retention_bytes} bytes, {calls} calls, seed {seed}");
            let sim = SimFs::default();
            sim.create_dir_all(Path::new(ROOT)).unwrap();
            sim.sync_dir(Path::new("/")).unwrap();
            let fs: Arc<dyn Fs> = Arc::new(sim.clone());
            let config = config(retention_bytes);
            let start = StartState::default();
            let (mut log, _) = load(&fs, Path::new(ROOT), &config, start);
            for tag in 0..8 {
                append(&mut log, &batch(tag, 1, 250, Producer::NONE), 0);
            }
            flush(&fs, &mut log);
            let end = log.end_offset();
            sim.fail_after(calls, SimFault::Io);
            let mut outcome = Ok(());
            while outcome.is_ok() {
                match log.delete_expired(end, NOW) {
                    Ok(files) if files.is_empty() => break,
                    other => outcome = other.map(drop),
                }
            }
            let (start_then, count) = (log.start_offset(), log.segment_count());
            if outcome.is_ok() {
                assert!(count <= kept_max + 1, "{what}: {count} segments");
                assert!(start_then.0 >= 5, "{what}: from {start_then}");
            }
            drop(log);
            sim.crash(&mut Rng::seeded(seed * 100 + calls));
            // Nothing was checkpointed meanwhile.
            let (log, report) = load(&fs, Path::new(ROOT), &config, start);
            assert_eq!((log.end_offset(), report.cuts), (end, vec![]), "{what}");
            assert_eq!(report.warnings, Vec::<String>::new(), "{what}");
            let mut next = log.start_offset();
            assert!(next <= start_then, "{what}");
            while next < end {
                let plan = log.read(next, 1, end, true).unwrap();
                assert_eq!(plan.first_batch_base, next, "{what}: a gap");
                next = next.plus(1);
            }
        }
    }
}

#[test]
fn a_log_that_is_compacted_rolls_before_compaction_has_waited_too_long() {
    let folder = tempfile::tempdir().unwrap();
    let fs = kt::fs::RealFs::shared();
    let config = LogConfig {
        compact: true,
        max_compaction_lag_ms: 3,
        ..LogConfig::default()
    };
    let (mut log, _) = load(&fs, folder.path(), &config, StartState::default());
    let mut counts = Vec::new();
    for tag in [0, 3, 4, 7, 8] {
        append(&mut log, &batch(tag, 1, 10, Producer::NONE), 0);
        counts.push(log.segment_count());
    }
    assert_eq!(counts, [1, 1, 2, 2, 3]);
    assert_eq!(log.end_offset(), Offset(5));
}
