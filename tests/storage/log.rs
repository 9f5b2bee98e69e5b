//! One log: append, read, roll, truncate, reopen; on real files.

use std::path::Path;
use std::sync::Arc;

use kt::fs::{Fs, OpenMode, RealFs, SimFs};
use kt::record::{BatchHeader, EndMarker, Producer, ValidatedBatch, end_marker_batch};
use kt::storage::{AppendError, Log, LogConfig, ProducerError, ReadError, StartState};
use kt::types::{LeaderEpoch, Offset};

use crate::model::{NOW, append, batch, dir, flush, load, read_all};

fn small() -> LogConfig {
    LogConfig {
        segment_bytes: 20_000,
        index_interval_bytes: 500,
        ..LogConfig::default()
    }
}

fn clean(end: Offset) -> StartState {
    StartState {
        clean: true,
        recovery_point: end,
        log_start: Offset::ZERO,
    }
}

/// Fills a log with `count` batches of growing sizes; returns what it holds.
fn fill(log: &mut Log, count: u64) -> Vec<(i64, Vec<u8>)> {
    (0..count)
        .map(|tag| {
            let bytes = batch(
                tag,
                tag % 3 + 1,
                usize::try_from(tag * 37 % 900).unwrap(),
                Producer::NONE,
            );
            let info = append(log, &bytes, 0);
            (info.base_offset.0, bytes[16..].to_vec())
        })
        .collect()
}

#[test]
fn what_was_appended_is_read_from_every_offset_in_pieces_of_every_size() {
    let (fs, folder) = (RealFs::shared(), tempfile::tempdir().unwrap());
    let (mut log, _) = load(&fs, folder.path(), &small(), StartState::default());
    let written = fill(&mut log, 150);
    assert!(log.segment_count() > 3);
    for max_bytes in [1, 700, 5000, 100_000] {
        assert_eq!(read_all(&log, Offset::ZERO, max_bytes), written);
    }
    for offset in 0..log.end_offset().0 {
        let from = read_all(&log, Offset(offset), 3000);
        let first = written
            .iter()
            .rposition(|(base, _)| *base <= offset)
            .unwrap();
        assert_eq!(from, written[first..], "{offset}");
    }
}

#[test]
fn a_read_stops_before_the_bound_and_within_the_size() {
    let (fs, folder) = (RealFs::shared(), tempfile::tempdir().unwrap());
    let (mut log, _) = load(&fs, folder.path(), &small(), StartState::default());
    let written = fill(&mut log, 100);
    for (index, (base, _)) in written.iter().enumerate() {
        let plan = log
            .read(Offset::ZERO, usize::MAX, Offset(*base), true)
            .unwrap();
        if index == 0 {
            assert!(plan.file.is_none());
            continue;
        }
        let mut out = Vec::new();
        log.read(
            Offset(written[index - 1].0),
            usize::MAX,
            Offset(*base),
            true,
        )
        .unwrap()
        .read_into(&mut out)
        .unwrap();
        assert_eq!(&out[16..], written[index - 1].1);
    }
    let first = written[0].1.len() + 16;
    let bytes = |max, min_one| {
        log.read(Offset::ZERO, max, log.end_offset(), min_one)
            .unwrap()
            .bytes
    };
    assert_eq!(bytes(first - 1, false), 0);
    assert_eq!(bytes(first - 1, true), first);
    assert_eq!(bytes(first, false), first);
    let range = log.read(log.end_offset().plus(1), 1, log.end_offset(), true);
    assert!(matches!(range, Err(ReadError::OutOfRange { .. })));
    assert!(
        log.read(log.end_offset(), 1, log.end_offset(), true)
            .unwrap()
            .file
            .is_none()
    );
}

#[test]
fn a_log_closed_in_order_opens_without_a_check_and_goes_on() {
    let (fs, folder) = (RealFs::shared(), tempfile::tempdir().unwrap());
    let (mut log, _) = load(&fs, folder.path(), &small(), StartState::default());
    let mut written = fill(&mut log, 60);
    log.close().unwrap();
    let end = log.end_offset();
    drop(log);
    let (mut log, report) = load(&fs, folder.path(), &small(), clean(end));
    assert!(
        !report.recovered && report.warnings.is_empty(),
        "{report:?}"
    );
    assert_eq!((log.end_offset(), log.recovery_point()), (end, end));
    let more = batch(999, 2, 50, Producer::NONE);
    let info = append(&mut log, &more, 1);
    assert_eq!(info.base_offset, end);
    written.push((end.0, more[16..].to_vec()));
    assert_eq!(read_all(&log, Offset::ZERO, 4000), written);
    assert_eq!(
        log.epochs().entries(),
        [(LeaderEpoch(0), Offset(0)), (LeaderEpoch(1), end)]
    );
}

#[test]
fn lost_index_snapshot_and_epoch_files_are_made_anew() {
    let (fs, folder) = (RealFs::shared(), tempfile::tempdir().unwrap());
    let (mut log, _) = load(&fs, folder.path(), &small(), StartState::default());
    let written = fill(&mut log, 80);
    log.close().unwrap();
    let end = log.end_offset();
    drop(log);
    let timestamp = NOW + 40;
    for round in 0..3 {
        for entry in fs.read_dir(&dir(folder.path())).unwrap() {
            let path = dir(folder.path()).join(&entry.name);
            if entry.name.ends_with(".log") {
                continue;
            }
            match round {
                0 => fs.remove_file(&path).unwrap(),
                1 => fs.replace(&path, b"\xff\xff\xff rot \xff\xff").unwrap(),
                _ => fs.replace(&path, b"").unwrap(),
            }
        }
        let (mut log, _) = load(&fs, folder.path(), &small(), clean(end));
        assert_eq!(read_all(&log, Offset::ZERO, 4000), written, "round {round}");
        let found = log.offset_for_timestamp(timestamp).unwrap().unwrap();
        assert_eq!(found.timestamp, timestamp);
        assert_eq!(log.epochs().entries(), [(LeaderEpoch(0), Offset(0))]);
        log.close().unwrap();
    }
}

#[test]
fn records_are_found_by_time() {
    let (fs, folder) = (RealFs::shared(), tempfile::tempdir().unwrap());
    let (mut log, _) = load(&fs, folder.path(), &small(), StartState::default());
    let written = fill(&mut log, 100);
    for (tag, (base, _)) in (0_i64..).zip(&written) {
        let found = log.offset_for_timestamp(NOW + tag).unwrap().unwrap();
        assert_eq!((found.timestamp, found.offset.0), (NOW + tag, *base));
    }
    assert_eq!(
        log.offset_for_timestamp(0).unwrap().unwrap().offset,
        Offset(0)
    );
    assert_eq!(log.offset_for_timestamp(NOW + 100).unwrap(), None);
    let last = log.max_timestamp().unwrap().unwrap();
    assert_eq!((last.timestamp, last.offset.0), (NOW + 99, written[99].0));
}

#[test]
fn truncation_takes_batches_whole_and_the_log_goes_on_there() {
    let (fs, folder) = (RealFs::shared(), tempfile::tempdir().unwrap());
    for cut in [0, 1, 7, 50, 99, 130] {
        let root = folder.path().join(cut.to_string());
        let (mut log, _) = load(&fs, &root, &small(), StartState::default());
        let mut written = fill(&mut log, 80);
        flush(&fs, &mut log);
        let stale = {
            append(&mut log, &batch(7, 1, 10, Producer::NONE), 0);
            log.flush_plan().unwrap()
        };
        assert!(log.truncate_to(Offset(cut), NOW).unwrap());
        assert_eq!(log.end_offset(), Offset(cut));
        assert!(log.recovery_point() <= Offset(cut));
        written.retain(|(base, bytes)| {
            let last = i64::from(i32::from_be_bytes(bytes[7..11].try_into().unwrap()));
            base + last < cut
        });
        let bytes = batch(500, 3, 100, Producer::NONE);
        for _ in 0..3 {
            let info = append(&mut log, &bytes, 4);
            written.push((info.base_offset.0, bytes[16..].to_vec()));
        }
        log.flushed(&stale);
        assert!(
            log.flushed_offset() <= Offset(cut),
            "a plan from before says nothing"
        );
        assert_eq!(read_all(&log, Offset::ZERO, 2000), written, "cut {cut}");
        log.close().unwrap();
        let end = log.end_offset();
        let (log, report) = load(&fs, &root, &small(), clean(end));
        assert!(!report.recovered);
        assert_eq!(
            read_all(&log, Offset::ZERO, 2000),
            written,
            "cut {cut}, opened again"
        );
    }
}

#[test]
fn a_batch_sent_again_is_known_also_after_a_restart_and_a_gap_is_refused() {
    let (fs, folder) = (RealFs::shared(), tempfile::tempdir().unwrap());
    let (mut log, _) = load(&fs, folder.path(), &small(), StartState::default());
    let by = |sequence| Producer {
        id: 77,
        epoch: 0,
        base_sequence: sequence,
    };
    let sent: Vec<_> = (0..8)
        .map(|n| batch(n, 2, 400, by(i32::try_from(n * 2).unwrap())))
        .collect();
    let infos: Vec<_> = sent
        .iter()
        .map(|bytes| append(&mut log, bytes, 0))
        .collect();
    for round in 0..3 {
        for n in 3..8 {
            let again = append(&mut log, &sent[n], 0);
            assert!(again.duplicate, "round {round}, batch {n}");
            assert_eq!(again.base_offset, infos[n].base_offset);
            assert_eq!(again.last_offset, infos[n].last_offset);
        }
        let gap = refusal(&mut log, &batch(9, 1, 10, by(18)));
        assert!(matches!(
            gap,
            AppendError::Producer(ProducerError::OutOfOrderSequence {
                found: 18,
                last: 15,
                ..
            })
        ));
        let forgotten = refusal(&mut log, &sent[1]);
        assert!(matches!(forgotten, AppendError::Producer(_)));
        let clean_stop = round == 0;
        if clean_stop {
            log.close().unwrap();
        } else {
            log.checkpoint().unwrap();
        }
        let start = StartState {
            clean: clean_stop,
            ..clean(log.end_offset())
        };
        drop(log);
        (log, _) = load(&fs, folder.path(), &small(), start);
        assert_eq!(log.producers().len(), 1);
    }
}

#[test]
fn a_log_that_nothing_was_written_to_is_closed_without_a_sync() {
    let sim = SimFs::default();
    let (fs, dir): (Arc<dyn Fs>, _) = (Arc::new(sim.clone()), Path::new("/"));
    let (mut log, _) = load(&fs, dir, &small(), StartState::default());
    log.assign_epoch(LeaderEpoch(0));
    log.close().unwrap();
    drop(log);
    let (mut log, _) = load(&fs, dir, &small(), clean(Offset::ZERO));
    log.assign_epoch(LeaderEpoch(0));
    let before = sim.calls();
    log.close().unwrap();
    // The snapshot of its producers is made, and written.
    assert_eq!(sim.calls() - before, 2);
}

#[test]
fn a_batch_sent_again_is_known_after_a_restart_when_the_log_has_rolled_behind_each() {
    let (fs, folder) = (RealFs::shared(), tempfile::tempdir().unwrap());
    let (mut log, _) = load(&fs, folder.path(), &small(), StartState::default());
    let sent: Vec<_> = (0..6)
        .map(|n| {
            let base_sequence = i32::try_from(n).unwrap();
            let producer = Producer {
                id: 77,
                epoch: 0,
                base_sequence,
            };
            batch(n, 1, 400, producer)
        })
        .collect();
    for bytes in &sent {
        append(&mut log, bytes, 0);
        log.roll(NOW).unwrap();
    }
    log.close().unwrap();
    let start = clean(log.end_offset());
    drop(log);
    let (mut log, _) = load(&fs, folder.path(), &small(), start);
    for (offset, bytes) in (0..).zip(&sent).skip(1) {
        let again = append(&mut log, bytes, 0);
        assert!(again.duplicate, "the batch at {offset}");
        assert_eq!(again.base_offset, Offset(offset));
    }
}

#[test]
fn a_batch_sent_again_is_known_after_a_crash_though_its_records_are_deleted() {
    let (fs, folder) = (RealFs::shared(), tempfile::tempdir().unwrap());
    let (mut log, _) = load(&fs, folder.path(), &small(), StartState::default());
    let producer = Producer {
        id: 77,
        epoch: 0,
        base_sequence: 0,
    };
    let sent = batch(0, 3, 400, producer);
    append(&mut log, &sent, 0);
    flush(&fs, &mut log);
    let end = log.end_offset();
    log.advance_start_offset(end, end).unwrap();
    drop(log);
    let start = StartState {
        clean: false,
        recovery_point: Offset::ZERO,
        log_start: end,
    };
    let (mut log, _) = load(&fs, folder.path(), &small(), start);
    let again = append(&mut log, &sent, 0);
    assert!(again.duplicate);
    assert_eq!(again.base_offset, Offset::ZERO);
}

/// A batch of an open transaction.
fn transactional(tag: u64, id: i64) -> Vec<u8> {
    let producer = Producer {
        id,
        epoch: 0,
        base_sequence: 0,
    };
    let bytes = batch(tag, 2, 30, producer);
    let mut header = BatchHeader::parse(&bytes).unwrap();
    header.attributes = header.attributes.with_transactional(true);
    header.crc = header.computed_crc(&bytes[61..]);
    [&header.encode()[..], &bytes[61..]].concat()
}

fn marker(id: i64, committed: bool, coordinator_epoch: i32) -> Vec<u8> {
    end_marker_batch(
        EndMarker {
            committed,
            coordinator_epoch,
        },
        id,
        0,
        NOW,
    )
}

/// Why a leader refuses a batch.
fn refusal(log: &mut Log, bytes: &[u8]) -> AppendError {
    let batch = ValidatedBatch::trusted(bytes).unwrap();
    log.append(&batch, LeaderEpoch(0), NOW).unwrap_err()
}

#[test]
fn aborted_transactions_are_told_and_open_ones_hold_the_stable_offset() {
    let (fs, folder) = (RealFs::shared(), tempfile::tempdir().unwrap());
    let (mut log, _) = load(&fs, folder.path(), &small(), StartState::default());
    append(&mut log, &transactional(1, 5), 0);
    append(&mut log, &transactional(2, 6), 0);
    assert_eq!(log.last_stable_offset(log.end_offset()), Offset(0));
    append(&mut log, &marker(5, false, 3), 0);
    log.on_high_watermark(log.end_offset());
    assert_eq!(log.last_stable_offset(log.end_offset()), Offset(2));
    append(&mut log, &marker(6, true, 3), 0);
    assert_eq!(
        log.first_unstable_offset(),
        Some(Offset(2)),
        "the marker is not replicated"
    );
    log.on_high_watermark(log.end_offset());
    assert_eq!(log.first_unstable_offset(), None);
    let error = refusal(&mut log, &marker(5, true, 2));
    assert!(matches!(
        error,
        AppendError::Producer(ProducerError::CoordinatorFenced { .. })
    ));
    let aborted = log.aborted_transactions(Offset(0), log.end_offset());
    assert_eq!(aborted.len(), 1);
    assert_eq!(
        (aborted[0].first_offset, aborted[0].last_offset),
        (Offset(0), Offset(4))
    );
    assert_eq!(aborted[0].last_stable_offset, Offset(2));
    flush(&fs, &mut log);
    for clean_stop in [false, true] {
        let end = log.end_offset();
        if clean_stop {
            log.close().unwrap();
        }
        drop(log);
        (log, _) = load(
            &fs,
            folder.path(),
            &small(),
            StartState {
                clean: clean_stop,
                ..clean(end)
            },
        );
        assert_eq!(log.aborted_transactions(Offset(0), end), aborted);
    }
    let path = dir(folder.path()).join("00000000000000000000.txnindex");
    assert_eq!(fs.read(&path, 1000).unwrap().len(), 34);
}

#[test]
fn a_follower_copies_a_log_byte_for_byte() {
    let (fs, folder) = (RealFs::shared(), tempfile::tempdir().unwrap());
    let (mut leader, _) = load(
        &fs,
        &folder.path().join("a"),
        &small(),
        StartState::default(),
    );
    let written = fill(&mut leader, 120);
    let (mut follower, _) = load(
        &fs,
        &folder.path().join("b"),
        &small(),
        StartState::default(),
    );
    while follower.end_offset() < leader.end_offset() {
        let mut out = Vec::new();
        let plan = leader
            .read(follower.end_offset(), 9000, leader.end_offset(), true)
            .unwrap();
        plan.read_into(&mut out).unwrap();
        let torn = out.len() - 5;
        let answer = follower.append_as_follower(&out[..torn], NOW).unwrap();
        let answer = if answer.bytes == 0 {
            follower.append_as_follower(&out, NOW).unwrap()
        } else {
            answer
        };
        assert!(answer.first_offset.is_some());
    }
    assert_eq!(read_all(&follower, Offset::ZERO, 5000), written);
    let mut out = Vec::new();
    leader
        .read(Offset::ZERO, 1, leader.end_offset(), true)
        .unwrap()
        .read_into(&mut out)
        .unwrap();
    let error = follower.append_as_follower(&out, NOW).unwrap_err();
    assert!(matches!(error, AppendError::UnexpectedOffset { .. }));
    *out.last_mut().unwrap() ^= 1;
    out[..8].copy_from_slice(&follower.end_offset().0.to_be_bytes());
    let error = follower.append_as_follower(&out, NOW).unwrap_err();
    assert!(matches!(error, AppendError::Crc { .. }));
}

#[test]
fn segments_roll_by_size_time_and_index() {
    let (fs, folder) = (RealFs::shared(), tempfile::tempdir().unwrap());
    let bytes = |tag| batch(tag, 1, 300, Producer::NONE);
    let rolled = |name: &str, config: &LogConfig, tags: &[u64]| {
        let (mut log, _) = load(
            &fs,
            &folder.path().join(name),
            config,
            StartState::default(),
        );
        for tag in tags {
            append(&mut log, &bytes(*tag), 0);
        }
        log.segment_count()
    };
    let size = u64::try_from(bytes(0).len()).unwrap();
    let by_size = LogConfig {
        segment_bytes: size * 2,
        ..LogConfig::default()
    };
    assert_eq!(rolled("size", &by_size, &[0, 0, 0, 0, 0]), 3);
    let by_time = LogConfig {
        segment_ms: 1000,
        segment_jitter_ms: 100,
        ..LogConfig::default()
    };
    assert_eq!(rolled("time", &by_time, &[0, 900, 901, 1801, 1802]), 3);
    let by_index = LogConfig {
        index_interval_bytes: 0,
        segment_index_bytes: 40,
        ..LogConfig::default()
    };
    assert!(rolled("index", &by_index, &[1, 2, 3, 4, 5, 6, 7, 8]) > 1);
    let (mut log, _) = load(
        &fs,
        &folder.path().join("large"),
        &by_size,
        StartState::default(),
    );
    let large = batch(1, 1, 2000, Producer::NONE);
    let batch = ValidatedBatch::trusted(&large).unwrap();
    let error = log.append(&batch, LeaderEpoch(0), NOW).unwrap_err();
    assert!(
        matches!(error, AppendError::LargerThanSegment { .. }),
        "{error}"
    );
}

#[test]
fn space_is_allocated_from_the_first_mebibyte_on_and_given_back() {
    let (fs, folder) = (RealFs::shared(), tempfile::tempdir().unwrap());
    let (mut log, _) = load(
        &fs,
        folder.path(),
        &LogConfig::default(),
        StartState::default(),
    );
    for tag in 0..30 {
        append(&mut log, &batch(tag, 1, 50_000, Producer::NONE), 0);
    }
    let path = dir(folder.path()).join("00000000000000000000.log");
    assert_eq!(fs.metadata(&path).unwrap().bytes, log.bytes());
    let blocks = |path: &Path| {
        use std::os::unix::fs::MetadataExt as _;
        std::fs::metadata(path).unwrap().blocks() * 512
    };
    let ahead = blocks(&path);
    log.close().unwrap();
    assert!(blocks(&path) <= ahead);
    assert!(blocks(&path) < log.bytes() + (1 << 20));
}

#[test]
fn a_poisoned_log_refuses_writes_and_still_reads() {
    let (fs, folder) = (RealFs::shared(), tempfile::tempdir().unwrap());
    let (mut log, _) = load(&fs, folder.path(), &small(), StartState::default());
    let written = fill(&mut log, 5);
    log.poison("sync failed");
    let bytes = batch(1, 1, 1, Producer::NONE);
    let batch = ValidatedBatch::trusted(&bytes).unwrap();
    let error = log.append(&batch, LeaderEpoch(0), NOW).unwrap_err();
    assert!(matches!(error, AppendError::Poisoned { .. }));
    assert_eq!(read_all(&log, Offset::ZERO, 100), written);
}

#[test]
fn the_start_moves_up_and_old_segments_go_in_two_steps() {
    let (fs, folder) = (RealFs::shared(), tempfile::tempdir().unwrap());
    let (mut log, _) = load(&fs, folder.path(), &small(), StartState::default());
    let written = fill(&mut log, 120);
    assert!(log.advance_start_offset(Offset(100), Offset(99)).is_err());
    assert!(
        log.advance_start_offset(Offset(100), log.end_offset())
            .unwrap()
    );
    assert!(matches!(
        log.read(Offset(99), 100, log.end_offset(), true),
        Err(ReadError::OutOfRange { .. })
    ));
    let before = log.segment_count();
    let start = log.start_offset();
    let removed = log
        .delete_oldest(|segment| segment.end_offset <= start)
        .unwrap();
    assert!(log.segment_count() < before && log.start_offset() == start);
    assert!(removed.iter().all(|path| fs.exists(path)));
    let kept = written.iter().filter(|(base, _)| *base >= 100).count();
    assert!(read_all(&log, start, 2000).len() >= kept);
    log.close().unwrap();
    let state = StartState {
        log_start: start,
        ..clean(log.end_offset())
    };
    let (log, _) = load(&fs, folder.path(), &small(), state);
    assert_eq!(log.start_offset(), start);
    assert!(
        removed.iter().all(|path| !fs.exists(path)),
        "the next start removes them"
    );
    assert!(
        fs.open(&dir(folder.path()).join("x"), OpenMode::Read)
            .is_err()
    );
}

#[test]
fn a_log_may_move_between_threads() {
    fn check<T: Send + Sync>() {}
    check::<Log>();
    check::<kt::storage::ReadPlan>();
    check::<kt::storage::FlushPlan>();
}
