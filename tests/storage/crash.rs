//! Cuts and damage: what a start makes of them.

use kt::fs::{Fs, OpenMode, RealFs};
use kt::record::Producer;
use kt::storage::{LogConfig, ReadError, StartState};
use kt::types::Offset;
use std::io::IoSlice;

use crate::model::{append, batch, dir, load, read_all};

fn config() -> LogConfig {
    LogConfig {
        segment_bytes: 2000,
        index_interval_bytes: 200,
        ..LogConfig::default()
    }
}

#[test]
fn a_log_cut_at_every_byte_of_its_tail_keeps_all_whole_batches() {
    let (fs, folder) = (RealFs::shared(), tempfile::tempdir().unwrap());
    let (mut log, _) = load(&fs, folder.path(), &config(), StartState::default());
    let mut written = Vec::new();
    for tag in 0..20 {
        let bytes = batch(tag, tag % 3 + 1, 40, Producer::NONE);
        let info = append(&mut log, &bytes, 0);
        written.push((info.base_offset.0, bytes[16..].to_vec()));
    }
    let base = log.segment_count();
    assert!(base > 1, "several segments");
    log.checkpoint().unwrap();
    drop(log);
    let names = fs.read_dir(&dir(folder.path())).unwrap();
    let last = names
        .iter()
        .rfind(|entry| entry.name.ends_with(".log"))
        .unwrap();
    let path = dir(folder.path()).join(&last.name);
    let content = fs.read(&path, 1 << 20).unwrap();
    let first: i64 = last.name.trim_end_matches(".log").parse().unwrap();
    for cut in (0..=content.len()).rev() {
        fs.replace(&path, &content[..cut]).unwrap();
        let (mut log, report) = load(&fs, folder.path(), &config(), StartState::default());
        let mut position = 0;
        let expected: Vec<_> = written
            .iter()
            .filter(|(base, bytes)| {
                if *base >= first {
                    position += bytes.len() + 16;
                }
                *base < first || position <= cut
            })
            .cloned()
            .collect();
        assert_eq!(read_all(&log, Offset::ZERO, 500), expected, "cut at {cut}");
        let is_torn = report.cuts.iter().map(|cut| cut.bytes).sum::<u64>() > 0;
        let whole: usize = expected
            .iter()
            .filter(|(b, _)| *b >= first)
            .map(|(_, b)| b.len() + 16)
            .sum();
        assert_eq!(is_torn, whole < cut, "cut at {cut}");
        if let Some(kept) = report.cuts.first().and_then(|cut| cut.kept.as_ref()) {
            assert_eq!(fs.read(kept, 1 << 20).unwrap(), &content[whole..cut]);
            fs.remove_file(kept).unwrap();
        }
        let info = append(&mut log, &batch(99, 1, 10, Producer::NONE), 0);
        assert_eq!(
            info.base_offset,
            expected.last().map_or(Offset(first), |(base, bytes)| {
                Offset(base + i64::from(i32::from_be_bytes(bytes[7..11].try_into().unwrap())) + 1)
            })
        );
        drop(log);
        // What the append may have rolled.
        for entry in fs.read_dir(&dir(folder.path())).unwrap() {
            if entry.name.ends_with(".log") && entry.name > last.name {
                fs.remove_file(&dir(folder.path()).join(&entry.name))
                    .unwrap();
            }
        }
    }
}

#[test]
fn damage_before_good_batches_is_reported_and_not_cut() {
    let (fs, folder) = (RealFs::shared(), tempfile::tempdir().unwrap());
    let (mut log, _) = load(&fs, folder.path(), &config(), StartState::default());
    let mut written = Vec::new();
    for tag in 0..30 {
        let bytes = batch(tag, 2, 60, Producer::NONE);
        let info = append(&mut log, &bytes, 0);
        written.push((info.base_offset, bytes));
    }
    log.close().unwrap();
    let end = log.end_offset();
    drop(log);
    let path = dir(folder.path()).join("00000000000000000000.log");
    let file = fs.open(&path, OpenMode::ReadWrite).unwrap();
    let bytes = u64::try_from(written[0].1.len()).unwrap();
    // The third batch: first its length, then what the CRC covers.
    for (position, garbage) in [
        (2 * bytes + 8, [0x7f, 0xff, 0xff, 0xff]),
        (2 * bytes + 70, *b"rot!"),
    ] {
        file.write_all_at(&mut [IoSlice::new(&garbage)], position)
            .unwrap();
        let (log, report) = load(&fs, folder.path(), &config(), StartState::default());
        assert!(report.cuts.is_empty());
        assert_eq!(report.warnings.len(), 1, "{report:?}");
        assert_eq!(log.end_offset(), end);
        assert_eq!(log.recovery_point(), Offset::ZERO);
        for (index, (base, bytes)) in written.iter().enumerate() {
            let result = log.read(*base, 1, end, true);
            if index == 2 {
                assert!(
                    matches!(result, Err(ReadError::Damaged { .. })),
                    "{result:?}"
                );
                continue;
            }
            let mut out = Vec::new();
            result.unwrap().read_into(&mut out).unwrap();
            assert_eq!(out[16..], bytes[16..], "batch {index}");
        }
        let until_damage = log.read(Offset::ZERO, 1 << 20, end, true).unwrap();
        assert_eq!(u64::try_from(until_damage.bytes).unwrap(), 2 * bytes);
        // Also after a stop in order the damage is known.
        let mut log = log;
        log.close().unwrap();
        let state = StartState {
            clean: true,
            recovery_point: log.recovery_point(),
            log_start: Offset::ZERO,
        };
        let (log, report) = load(&fs, folder.path(), &config(), state);
        assert_eq!(report.warnings.len(), 1);
        assert!(log.read(written[2].0, 1, end, true).is_err());
    }
}

#[test]
fn zeros_behind_the_end_are_cut_without_a_copy() {
    let (fs, folder) = (RealFs::shared(), tempfile::tempdir().unwrap());
    let (mut log, _) = load(
        &fs,
        folder.path(),
        &LogConfig::default(),
        StartState::default(),
    );
    let bytes = batch(1, 3, 30, Producer::NONE);
    append(&mut log, &bytes, 0);
    drop(log);
    let path = dir(folder.path()).join("00000000000000000000.log");
    fs.open(&path, OpenMode::ReadWrite)
        .unwrap()
        .set_bytes(1 << 20)
        .unwrap();
    let (log, report) = load(
        &fs,
        folder.path(),
        &LogConfig::default(),
        StartState::default(),
    );
    assert_eq!(report.cuts.len(), 1);
    assert_eq!(report.cuts[0].kept, None);
    assert_eq!(log.end_offset(), Offset(3));
    assert_eq!(
        fs.metadata(&path).unwrap().bytes,
        u64::try_from(bytes.len()).unwrap()
    );
}

/// Fills a log of one segment with ten batches of two records; returns where each lies.
fn ten_batches(fs: &std::sync::Arc<dyn Fs>, root: &std::path::Path) -> Vec<(Offset, u64)> {
    let config = LogConfig::default();
    let (mut log, _) = load(fs, root, &config, StartState::default());
    let mut written = Vec::new();
    let mut position = 0;
    for tag in 0..10 {
        let bytes = batch(tag, 2, 700, Producer::NONE);
        let info = append(&mut log, &bytes, 0);
        written.push((info.base_offset, position));
        position += u64::try_from(bytes.len()).unwrap();
    }
    log.close().unwrap();
    written
}

fn overwrite(root: &std::path::Path, name: &str, position: u64, bytes: &[u8]) {
    let file = RealFs
        .open(&dir(root).join(name), OpenMode::ReadWrite)
        .unwrap();
    file.write_all_at(&mut [IoSlice::new(bytes)], position)
        .unwrap();
}

const FIRST_LOG: &str = "00000000000000000000.log";

fn start_at(clean: bool, recovery_point: i64) -> StartState {
    StartState {
        clean,
        recovery_point: Offset(recovery_point),
        log_start: Offset::ZERO,
    }
}

#[test]
fn damage_at_the_end_of_what_was_synced_stays_and_its_offsets_are_not_given_twice() {
    let (fs, folder) = (RealFs::shared(), tempfile::tempdir().unwrap());
    let written = ten_batches(&fs, folder.path());
    overwrite(folder.path(), FIRST_LOG, written[9].1 + 100, b"rot");
    for clean in [false, true] {
        let config = LogConfig::default();
        let (mut log, report) = load(&fs, folder.path(), &config, start_at(clean, 20));
        assert!(report.cuts.is_empty() && !report.warnings.is_empty());
        assert_eq!(log.end_offset(), Offset(20));
        assert!(log.read(Offset(17), 1, Offset(20), true).is_ok());
        let damaged = log.read(Offset(18), 1, Offset(20), true);
        assert!(matches!(damaged, Err(ReadError::Damaged { .. })));
        if clean {
            let info = append(&mut log, &batch(10, 1, 5, Producer::NONE), 0);
            assert_eq!(info.base_offset, Offset(20));
            assert_eq!(log.segment_count(), 2, "nothing is appended behind damage");
        }
    }
}

#[test]
fn a_sector_that_a_power_cut_left_out_is_cut_with_all_behind_it() {
    let (fs, folder) = (RealFs::shared(), tempfile::tempdir().unwrap());
    let written = ten_batches(&fs, folder.path());
    let sector = (written[5].1 / 512 + 1) * 512;
    overwrite(folder.path(), FIRST_LOG, sector, &[0; 512]);
    let config = LogConfig::default();
    let (log, report) = load(&fs, folder.path(), &config, start_at(false, 10));
    assert_eq!(log.end_offset(), Offset(10), "{report:?}");
    let kept = report.cuts[0].kept.as_ref().unwrap();
    assert!(fs.metadata(kept).unwrap().bytes > 0);
}

#[test]
fn the_same_below_the_recovery_point_or_without_one_is_no_power_cut() {
    for recovery_point in [11, 20, -1] {
        let (fs, folder) = (RealFs::shared(), tempfile::tempdir().unwrap());
        let written = ten_batches(&fs, folder.path());
        let sector = (written[5].1 / 512 + 1) * 512;
        overwrite(folder.path(), FIRST_LOG, sector, &[0; 512]);
        let config = LogConfig::default();
        let (log, report) = load(&fs, folder.path(), &config, start_at(false, recovery_point));
        assert!(report.cuts.is_empty(), "{recovery_point}");
        assert_eq!(log.end_offset(), Offset(20));
        assert!(log.read(Offset(12), 1, Offset(20), true).is_ok());
        assert!(log.read(Offset(10), 1, Offset(20), true).is_err());
    }
}

#[test]
fn a_batch_whose_header_says_another_place_is_one_hole() {
    // The base offset raised and lowered, the leader epoch raised: none is under the CRC.
    for (at, bytes) in [(5, [1_u8]), (7, [3]), (14, [7])] {
        let (fs, folder) = (RealFs::shared(), tempfile::tempdir().unwrap());
        let written = ten_batches(&fs, folder.path());
        overwrite(folder.path(), FIRST_LOG, written[4].1 + at, &bytes);
        let config = LogConfig::default();
        let (log, report) = load(&fs, folder.path(), &config, start_at(false, 0));
        assert!(report.cuts.is_empty(), "{report:?}");
        assert_eq!(log.end_offset(), Offset(20), "{at}");
        for (index, (base, _)) in written.iter().enumerate() {
            let is_served = log.read(*base, 1, Offset(20), true).is_ok();
            assert_eq!(is_served, index != 4, "byte {at}, batch {index}");
        }
    }
}

#[test]
fn an_index_that_points_behind_the_end_hides_nothing() {
    let (fs, folder) = (RealFs::shared(), tempfile::tempdir().unwrap());
    let written = ten_batches(&fs, folder.path());
    overwrite(folder.path(), "00000000000000000000.index", 4, &[0x10]);
    let config = LogConfig::default();
    // Also where no recovery point says where the log should end.
    for recovery_point in [20, -1] {
        let (log, _) = load(&fs, folder.path(), &config, start_at(true, recovery_point));
        assert_eq!(read_all(&log, Offset::ZERO, 500).len(), written.len());
    }
}

#[test]
fn a_log_start_that_the_epochs_contradict_hides_nothing() {
    let (fs, folder) = (RealFs::shared(), tempfile::tempdir().unwrap());
    let written = ten_batches(&fs, folder.path());
    for log_start in [7, 900] {
        let state = StartState {
            log_start: Offset(log_start),
            ..start_at(false, 20)
        };
        let (log, report) = load(&fs, folder.path(), &LogConfig::default(), state);
        assert_eq!(log.start_offset(), Offset::ZERO, "{report:?}");
        assert_eq!(read_all(&log, Offset::ZERO, 500).len(), written.len());
    }
}
