//! The fault sweep: every call to the disk fails once, in every way, in every scenario.
//!
//! A scenario is prepared on a good disk; then its one action runs, and one of its calls fails: by
//! EIO, ENOSPC, EINTR, a short write or a corrupted one, once or from there on. Nothing may panic,
//! errors must be the disk's, and when the disk is good again: a log that took no harm goes on, and
//! after a power cut everything that was acknowledged is there. Where a corrupted write was
//! acknowledged, the damage must be told, and nothing wrong be served.

use std::path::Path;

use kt::fs::{Repeat, SimFault};
use kt::record::{Batches, ValidatedBatch};
use kt::rng::Rng;
use kt::storage::{AppendError, LoadError, LoadedDirs, PartitionCheckpoint, TruncateError};
use kt::types::{LeaderEpoch, Offset, Uuid};

use crate::batches::{Kind, NOW};
use crate::disk::{DIR, Part, World, read_all};
use crate::disk_faults;
use crate::totals::Totals;

const FAULTS: [SimFault; 5] = [
    SimFault::Io,
    SimFault::NoSpace,
    SimFault::Interrupted,
    SimFault::Short,
    SimFault::Corrupt,
];

/// One scenario on a log directory.
struct Scenario {
    name: &'static str,
    prepare: fn(&mut World),
    act: fn(&mut World),
}

/// Runs every `stride`-th fault of all scenarios, from the `first`-th on.
pub fn run(first: u64, stride: u64) -> Totals {
    let mut totals = Totals::new("faults", first);
    let mut number = 0;
    let mut is_chosen = || {
        number += 1;
        number % stride == first % stride
    };
    for scenario in scenarios() {
        let mut dry = start(&scenario);
        let before = dry.sim.all_calls();
        (scenario.act)(&mut dry);
        let calls = dry.sim.all_calls() - before;
        totals.add("scenarios", 1);
        totals.add("calls", calls);
        for call in 0..calls {
            for fault in FAULTS {
                for repeat in [Repeat::Once, Repeat::Sticky] {
                    if is_chosen() {
                        one(&scenario, call, fault, repeat);
                        totals.add("faults", 1);
                    }
                }
            }
        }
    }
    disk_faults::run(&FAULTS, &mut is_chosen, &mut totals);
    totals.end(first + 1);
    totals
}

fn start(scenario: &Scenario) -> World {
    let mut world = World::new(7, 1);
    world.open().unwrap();
    (scenario.prepare)(&mut world);
    world
}

fn one(scenario: &Scenario, call: u64, fault: SimFault, repeat: Repeat) {
    let name = format!("{}: call {call}, {fault:?} {repeat:?}", scenario.name);
    let mut world = start(scenario);
    world.sim.fail_any_after(call, fault, repeat);
    (scenario.act)(&mut world);
    world.sim.heal();
    let is_lying = fault == SimFault::Corrupt;
    go_on(&name, &mut world);
    let models: Vec<_> = world.parts.iter().map(|part| part.model.clone()).collect();
    world.kill();
    let mut rng = Rng::seeded(call);
    world.sim.crash(&mut rng);
    for round in 0..2 {
        let loaded = world
            .open()
            .unwrap_or_else(|error| panic!("{name}, start {round}: {error}"));
        for (part, model) in world.parts.iter_mut().zip(&models) {
            check(&name, part, model.durable, is_lying, &loaded);
            if round == 1 && !is_lying {
                let last = part.model.sent.last().expect("one was appended");
                assert!(last.base >= model.durable, "{name}");
            }
        }
        // A start is good for work: an append, a flush, a stop in order.
        try_append(&name, &mut world, 0, Kind::Plain);
        try_flush(&mut world, 0);
        assert!(
            world.parts[0].model.durable == world.parts[0].log.as_ref().unwrap().end_offset(),
            "{name}: no flush after start {round}"
        );
        world.close();
    }
}

/// A log that is not poisoned takes records again once the disk is good.
fn go_on(name: &str, world: &mut World) {
    let Some(log) = world.parts[0].log.as_ref() else {
        return;
    };
    let is_poisoned = log.is_poisoned();
    let end = log.end_offset();
    try_append(name, world, 0, Kind::Plain);
    let log = world.parts[0].log.as_ref().unwrap();
    assert_eq!(log.end_offset() > end, !is_poisoned, "{name}: {end}");
    try_flush(world, 0);
}

fn check(name: &str, part: &mut Part, durable: Offset, is_lying: bool, loaded: &LoadedDirs) {
    let log = part.log.as_ref().unwrap();
    let (found, damaged) = read_all(0, log);
    let told = !loaded.warnings.is_empty();
    assert!(is_lying || log.end_offset() >= durable, "{name}: lost");
    assert!(is_lying || damaged.is_empty(), "{name}: {damaged:?}");
    let mut intact = Vec::new();
    for (base, bytes) in &found {
        let batch = Batches::new(bytes).next().unwrap().unwrap();
        if !batch.crc_matches() {
            // Any client sees that.
            assert!(is_lying, "{name}: {base}");
            continue;
        }
        let sent = part.model.sent.iter().find(|sent| sent.base == *base);
        let sent = sent.unwrap_or_else(|| panic!("{name}: a phantom at {base}"));
        assert_eq!(sent.bytes.get(16..), bytes.get(16..), "{name}: {base}");
        intact.push(*base);
    }
    let expected =
        part.model.sent.iter().filter(|sent| {
            sent.last_offset() < durable && sent.last_offset() >= log.start_offset()
        });
    for sent in expected {
        let is_told = told || found.iter().any(|(base, _)| *base == sent.base);
        let is_there = intact.contains(&sent.base);
        assert!(
            is_there || is_lying && is_told,
            "{name}: {} is lost",
            sent.base
        );
    }
    assert!(
        log.start_offset() >= part.model.start_acknowledged || is_lying,
        "{name}: deleted records are back"
    );
    let end = log.end_offset();
    part.model.start = log.start_offset();
    part.model
        .sent
        .retain(|sent| sent.base < end && intact.contains(&sent.base));
    part.model.durable = durable.min(end);
}

/// Whether an error is the disk's, or of a log that one has poisoned.
fn is_disks(error: &AppendError) -> bool {
    matches!(error, AppendError::Io(_) | AppendError::Poisoned { .. })
}

fn is_cut_disks(error: &TruncateError) -> bool {
    match error {
        TruncateError::Io(_) => true,
        TruncateError::Append(error) => is_disks(error),
        TruncateError::Read(error) => matches!(error, kt::storage::ReadError::Io(_)),
        TruncateError::BeyondHighWatermark { .. } => false,
    }
}

fn is_load_disks(error: &LoadError) -> bool {
    matches!(error, LoadError::Io(_))
}

fn try_append(name: &str, world: &mut World, index: usize, kind: Kind) {
    let Some(mut sent) = world.next(index, kind) else {
        return;
    };
    let part = &mut world.parts[index];
    let Some(log) = part.log.as_mut() else {
        return;
    };
    let valid = ValidatedBatch::trusted(&sent.bytes).unwrap();
    let end = log.end_offset();
    match log.append(&valid, LeaderEpoch(sent.epoch), NOW) {
        Ok(info) => assert_eq!(info.base_offset, end, "{name}"),
        Err(error) => assert!(is_disks(&error), "{name}: {error}"),
    }
    if log.end_offset() > end {
        // It is in the log, whatever was answered.
        sent.base = end;
        part.model.sent.push(sent);
    }
}

/// Flushes as the flush runner does: a failure poisons.
fn try_flush(world: &mut World, index: usize) {
    let fs = world.fs();
    let part = &mut world.parts[index];
    let Some(log) = part.log.as_mut() else {
        return;
    };
    let Some(plan) = log.flush_plan() else {
        return;
    };
    match plan.run(fs.as_ref()) {
        Ok(()) => {
            log.flushed(&plan);
            part.model.durable = log.flushed_offset();
        }
        Err(error) => log.poison(error.to_string()),
    }
}

fn try_checkpoint(world: &mut World) -> bool {
    let mut entries = Vec::new();
    for part in &mut world.parts {
        let Some(log) = part.log.as_mut() else {
            continue;
        };
        if log.checkpoint().is_err() {
            return false;
        }
        entries.push(PartitionCheckpoint {
            partition: part.partition.clone(),
            recovery_point: log.recovery_point(),
            log_start: log.start_offset(),
            high_watermark: log.flushed_offset(),
        });
    }
    let manager = world.manager.as_ref().expect("it is open");
    let is_written = manager.write_checkpoints(Path::new(DIR), &entries).is_ok();
    if is_written {
        for part in &mut world.parts {
            part.model.start_acknowledged = part.model.start;
        }
    }
    is_written
}

fn try_close(world: &mut World) {
    let mut is_clean = true;
    for index in 0..world.parts.len() {
        try_flush(world, index);
        if let Some(log) = world.parts[index].log.as_mut()
            && let Err(error) = log.close()
        {
            assert!(is_disks(&error), "{error}");
            is_clean = false;
        }
    }
    is_clean &= try_checkpoint(world);
    if is_clean && let Some(manager) = &world.manager {
        // A mark that is not written, or not durable, means an unclean start.
        let marked = manager.mark_clean(Path::new(DIR), 1);
        assert!(marked.is_ok() || marked.is_err());
    }
    world.kill();
}

fn try_open(world: &mut World) {
    if let Err(error) = world.open() {
        assert!(is_load_disks(&error), "{error}");
        world.kill();
    }
    for part in &mut world.parts {
        if let Some(log) = &part.log {
            // The tail that nobody had acknowledged is gone.
            part.model.sent.retain(|sent| sent.base < log.end_offset());
        }
    }
}

fn try_truncate(world: &mut World, back: usize) {
    let part = &mut world.parts[0];
    let Some(at) = part.model.sent.len().checked_sub(back) else {
        return;
    };
    let offset = part
        .model
        .sent
        .get(at)
        .map_or(Offset::ZERO, |sent| sent.base);
    let Some(log) = part.log.as_mut() else {
        return;
    };
    if let Err(error) = log.truncate_to(offset, NOW) {
        assert!(is_cut_disks(&error), "{error}");
        // A follower that cannot truncate is out of service; the next start tries again.
        log.poison(error.to_string());
    } else {
        part.model.sent.truncate(at);
    }
    // What is to be truncated does not count as acknowledged.
    part.model.durable = part.model.durable.min(offset);
    try_checkpoint(world);
}

fn fill(world: &mut World, batches: usize) {
    for number in 0..batches {
        let kind = match number % 4 {
            1 => Kind::Idempotent,
            2 => Kind::Transactional,
            3 if number % 8 == 7 => Kind::Marker,
            _ => Kind::Plain,
        };
        try_append("fill", world, 0, kind);
        if number % 5 == 4 {
            try_flush(world, 0);
        }
    }
}

fn filled(world: &mut World) {
    fill(world, 30);
    try_flush(world, 0);
    try_checkpoint(world);
}

fn closed(world: &mut World) {
    filled(world);
    world.close();
}

/// Stopped without order, with a torn tail.
fn torn(world: &mut World) {
    filled(world);
    fill(world, 3);
    world.kill();
    let mut rng = Rng::seeded(3);
    world.sim.crash(&mut rng);
}

/// Removes the files with these endings from the partition's directory.
fn remove(world: &World, endings: &[&str]) {
    let fs = world.fs();
    let dir = Path::new(DIR).join("t-0");
    for entry in fs.read_dir(&dir).unwrap() {
        if endings.iter().any(|ending| entry.name.ends_with(ending)) {
            fs.remove_file(&dir.join(&entry.name)).unwrap();
        }
    }
}

fn delete_records(world: &mut World) {
    let part = &mut world.parts[0];
    let middle = Offset(part.model.durable.0 / 2);
    if let Some(log) = part.log.as_mut() {
        log.advance_start_offset(middle, part.model.durable)
            .unwrap();
        part.model.start = log.start_offset();
    }
    try_checkpoint(world);
}

fn retention(world: &mut World) {
    let part = &mut world.parts[0];
    let Some(log) = part.log.as_mut() else {
        return;
    };
    let start = log.start_offset();
    match log.delete_oldest(|old| old.end_offset <= start) {
        Ok(renamed) => {
            let manager = world.manager.as_ref().unwrap();
            for path in renamed {
                // What stays is removed by the next start.
                let removed = manager.remove(&path);
                assert!(removed.is_ok() || removed.is_err());
            }
        }
        Err(error) => assert!(is_cut_disks(&error), "{error}"),
    }
}

fn delete_topic(world: &mut World) {
    let part = &mut world.parts[0];
    let Some(log) = part.log.take() else {
        return;
    };
    let manager = world.manager.as_ref().unwrap();
    if let Ok(path) = manager.mark_deleted(&log, Uuid(9)) {
        // Durable: it must not come back.
        part.model = crate::disk::Model::default();
        let removed = manager.remove(&path);
        assert!(removed.is_ok() || removed.is_err());
    } else {
        // Either name may be there after a crash; nobody was told that it is deleted.
        part.model.durable = Offset::ZERO;
    }
}

fn follow(world: &mut World) {
    for _ in 0..6 {
        let Some(mut sent) = world.next(0, Kind::Plain) else {
            return;
        };
        let part = &mut world.parts[0];
        let Some(log) = part.log.as_mut() else {
            return;
        };
        let end = log.end_offset();
        let mut bytes = sent.bytes.clone();
        bytes[..8].copy_from_slice(&end.0.to_be_bytes());
        bytes[12..16].copy_from_slice(&sent.epoch.to_be_bytes());
        if let Err(error) = log.append_as_follower(&bytes, NOW) {
            assert!(is_disks(&error), "{error}");
        }
        if log.end_offset() > end {
            sent.base = end;
            part.model.sent.push(sent);
        }
    }
    try_flush(world, 0);
}

type Act = fn(&mut World);

fn scenario(name: &'static str, prepare: Act, act: Act) -> Scenario {
    Scenario { name, prepare, act }
}

fn none(_: &mut World) {}

fn scenarios() -> Vec<Scenario> {
    let mut all = appending();
    all.extend(starting_and_stopping());
    all.extend(cutting());
    all
}

fn appending() -> Vec<Scenario> {
    vec![
        scenario("create", |world| world.kill(), try_open),
        scenario("append", none, |world| fill(world, 4)),
        scenario("append and roll", filled, |world| fill(world, 14)),
        scenario("append idempotent", filled, |world| {
            for _ in 0..4 {
                try_append("idempotent", world, 0, Kind::Idempotent);
            }
            try_flush(world, 0);
        }),
        scenario("transactions", filled, |world| {
            for kind in [
                Kind::Transactional,
                Kind::Marker,
                Kind::Transactional,
                Kind::Marker,
            ] {
                for _ in 0..3 {
                    try_append("transactions", world, 0, kind);
                }
            }
            try_flush(world, 0);
        }),
        scenario("roll", filled, |world| {
            if let Err(error) = world.parts[0].log.as_mut().unwrap().roll(NOW) {
                assert!(is_disks(&error), "{error}");
            }
            fill(world, 2);
            try_flush(world, 0);
        }),
        scenario("flush", |world| fill(world, 4), |world| try_flush(world, 0)),
        scenario("flush several segments", filled, |world| {
            for _ in 0..14 {
                try_append("several", world, 0, Kind::Plain);
            }
            try_flush(world, 0);
        }),
    ]
}

fn starting_and_stopping() -> Vec<Scenario> {
    vec![
        scenario("checkpoint", filled, |world| {
            fill(world, 3);
            try_flush(world, 0);
            try_checkpoint(world);
        }),
        scenario("close", filled, try_close),
        scenario("load clean", closed, try_open),
        scenario("load unclean", torn, try_open),
        scenario("load without indexes", closed_without_indexes, try_open),
        scenario(
            "load without epochs and snapshots",
            closed_without_states,
            try_open,
        ),
        scenario(
            "load without checkpoints",
            torn_without_checkpoints,
            try_open,
        ),
    ]
}

fn cutting() -> Vec<Scenario> {
    vec![
        scenario("truncate in a segment", filled, |world| {
            try_truncate(world, 2);
        }),
        scenario("truncate over segments", filled, |world| {
            try_truncate(world, 12);
        }),
        scenario("truncate all", filled, |world| {
            let all = world.parts[0].model.sent.len();
            try_truncate(world, all);
        }),
        scenario("delete records", filled, delete_records),
        scenario("retention", deleted, retention),
        scenario("delete topic", filled, delete_topic),
        scenario("producer snapshot", filled, |world| {
            let log = world.parts[0].log.as_mut().unwrap();
            let written = log.write_snapshot();
            assert!(written.is_ok() || written.is_err());
            try_close(world);
        }),
        scenario("epochs", filled, |world| {
            let part = &mut world.parts[0];
            part.model.epoch += 5;
            part.log
                .as_mut()
                .unwrap()
                .assign_epoch(LeaderEpoch(part.model.epoch));
            try_append("epochs", world, 0, Kind::Plain);
            try_flush(world, 0);
            try_checkpoint(world);
        }),
        scenario("follow", filled, follow),
        scenario("work and close", none, |world| {
            filled(world);
            try_close(world);
        }),
    ]
}

fn deleted(world: &mut World) {
    filled(world);
    delete_records(world);
}

fn closed_without_indexes(world: &mut World) {
    closed(world);
    remove(world, &["index"]);
}

fn closed_without_states(world: &mut World) {
    closed(world);
    remove(world, &["checkpoint", ".snapshot", ".metadata"]);
}

fn torn_without_checkpoints(world: &mut World) {
    torn(world);
    let fs = world.fs();
    for name in [
        "recovery-point-offset-checkpoint",
        "log-start-offset-checkpoint",
    ] {
        let path = Path::new(DIR).join(name);
        if fs.exists(&path) {
            fs.remove_file(&path).unwrap();
        }
    }
}
