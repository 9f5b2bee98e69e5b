//! A log against a vector: any sequence of operations, each with what the log must say afterwards.
//!
//! An operation is a number and a seed, so that a failing sequence can be made shorter.

use kt::record::Batches;
use kt::rng::Rng;
use kt::types::Offset;

use crate::batches::{Kind, NOW, Sent};
use crate::crash::settle;
use crate::disk::World;
use crate::totals::Totals;

/// How many operations there are.
pub const OPERATIONS: u8 = 22;

/// Runs sequences drawn from seeds.
pub fn run(first_seed: u64, sequences: u64) -> Totals {
    let mut totals = Totals::new("operations", first_seed);
    for seed in first_seed..first_seed + sequences {
        let mut rng = Rng::seeded(seed);
        let mut operations = Vec::new();
        for _ in 0..rng.below(150) {
            let number = u8::try_from(rng.below(u64::from(OPERATIONS))).unwrap();
            operations.push((number, rng.next_u64()));
        }
        sequence(seed, &operations);
        totals.add("sequences", 1);
        totals.add("operations", operations.len() as u64);
    }
    totals.end(first_seed + sequences);
    totals
}

/// Runs one sequence.
pub fn sequence(seed: u64, operations: &[(u8, u64)]) {
    let mut world = World::new(seed, 1);
    world.open().unwrap();
    for (number, seed) in operations {
        world.rng = Rng::seeded(*seed);
        one(&mut world, *number);
        let part = &world.parts[0];
        let log = part.log.as_ref().unwrap();
        assert_eq!(log.start_offset(), part.model.start, "seed {}", world.seed);
        assert_eq!(log.end_offset(), part.model.end(), "seed {}", world.seed);
    }
    reopen(&mut world, |_| {});
}

fn one(world: &mut World, number: u8) {
    match number {
        0..4 => world.append(0, Kind::Plain),
        4..6 => world.append(0, Kind::Idempotent),
        6 => world.append(0, Kind::Transactional),
        7 => world.append(0, Kind::Marker),
        8 => world.send_again(0),
        9 => world.flush(0),
        10 => world.checkpoint(),
        11 => world.roll(0),
        12 => world.delete_records(0),
        13 => world.remove_old_segments(0),
        14 => world.truncate(0),
        15 => retention(world),
        16 => {
            let mut rng = world.rng.clone();
            reopen(world, |world| world.sim.crash(&mut rng));
        }
        17 => reopen(world, |_| {}),
        18 => {
            world.close();
            world.open().unwrap();
        }
        19 | 20 => read(world),
        _ => look_up(world),
    }
}

/// Ends the process, lets something happen to the disk, and opens it again.
fn reopen(world: &mut World, happens: impl FnOnce(&World)) {
    let models = vec![world.parts[0].model.clone()];
    world.kill();
    happens(world);
    let loaded = world.open().unwrap();
    settle(world, &models, &loaded);
}

/// Takes the oldest segments away while the log is too large.
fn retention(world: &mut World) {
    let keep = world.rng.below(20_000);
    let part = &mut world.parts[0];
    let log = part.log.as_mut().unwrap();
    let durable = part.model.durable;
    let mut surplus = log.bytes().saturating_sub(keep);
    let renamed = log
        .delete_oldest(|old| {
            let goes = old.bytes <= surplus && old.end_offset <= durable;
            surplus = surplus.saturating_sub(old.bytes);
            goes
        })
        .unwrap();
    for path in renamed {
        world.manager.as_ref().unwrap().remove(&path).unwrap();
    }
    part.model.start = log.start_offset();
}

/// Reads from any offset, of any size.
fn read(world: &mut World) {
    let (seed, part) = (world.seed, &world.parts[0]);
    let log = part.log.as_ref().unwrap();
    let (start, end) = (log.start_offset(), log.end_offset());
    let from = start.plus(below(&mut world.rng, end.0 - start.0 + 1));
    let until = start.plus(below(&mut world.rng, end.0 - start.0 + 1));
    let bytes_max = usize::try_from(world.rng.below(9000)).unwrap();
    let plan = log.read(from, bytes_max, until, true).unwrap();
    let mut out = Vec::new();
    plan.read_into(&mut out).unwrap();
    let expected: Vec<&Sent> = part
        .model
        .sent
        .iter()
        .filter(|sent| sent.last_offset() >= from && sent.last_offset() < until)
        .collect();
    let mut count = 0;
    for (batch, sent) in Batches::new(&out).zip(&expected) {
        let batch = batch.unwrap();
        assert_eq!(
            batch.header().base_offset,
            sent.base,
            "seed {seed}: from {from}"
        );
        assert_eq!(batch.bytes().get(16..), sent.bytes.get(16..), "seed {seed}");
        count += 1;
    }
    let bytes: usize = expected
        .iter()
        .take(count)
        .map(|sent| sent.bytes.len())
        .sum();
    assert_eq!(
        bytes,
        out.len(),
        "seed {seed}: whole batches, and no others"
    );
    assert!(
        count > 0 || expected.is_empty(),
        "seed {seed}: {from} to {until}"
    );
    assert!(
        count <= 1 || bytes <= bytes_max,
        "seed {seed}: {bytes} of {bytes_max}"
    );
}

/// Looks up any time.
fn look_up(world: &mut World) {
    let time = NOW + below(&mut world.rng, i64::try_from(world.tag).unwrap() + 2);
    let part = &world.parts[0];
    let log = part.log.as_ref().unwrap();
    let start = part.model.start;
    let mut sent = part.model.sent.iter();
    let first = sent.find(|sent| sent.timestamp >= time && sent.last_offset() >= start);
    let expected = first.map(|sent| sent.base.max(start));
    let found = log.offset_for_timestamp(time).unwrap();
    let found: Option<Offset> = found.map(|found| found.offset);
    assert_eq!(found, expected, "seed {}: {time}", world.seed);
}

fn below(rng: &mut Rng, limit: i64) -> i64 {
    i64::try_from(rng.below(u64::try_from(limit).unwrap())).unwrap()
}
