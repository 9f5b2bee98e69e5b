//! `power`: the power goes, on real ext4 and XFS, under a broker at work.
//!
//! The file system is shut down, so that what was not synced is gone, or is there in part; the
//! broker lives on for a while on a dead disk, then it is killed; the file system is mounted again,
//! which replays its journal, and the broker must start on what is left. Seeds with an even number
//! run on ext4, the others on XFS.

use std::fs;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use crate::disk::{Disk, FileSystem};
use crate::kill::Moment;
use crate::outcome::{Field, Outcome};
use crate::process::{Setup, Trap};
use crate::world::{Load, World};

/// How often the power goes in one seed.
pub const CUTS: u64 = 3;
/// XFS takes no less than 300.
const DISK_MIB: u64 = 320;

/// Runs one seed.
pub fn run(seed: u64, field: &Field) -> anyhow::Result<Outcome> {
    let mut world = World::new(
        seed,
        Load {
            value_bytes_max: 1500,
            pause_us_max: 1500,
            written_stays: false,
            administered: true,
        },
    );
    let kind = match seed % 2 {
        0 => FileSystem::Ext4,
        _ => FileSystem::Xfs,
    };
    let mut disk = Disk::new(&field.folder, kind, DISK_MIB)?;
    let setup = Setup {
        kt: field.kt.clone(),
        home: field.folder.join("home"),
        data: disk.path().join("data"),
        settings: world.settings(),
    };
    let mut cycles = 0;
    let result = (1..=CUTS).try_for_each(|cut| {
        world.truth.stage(format!("{} cut {cut}", kind.name()));
        cut_once(&mut world, &mut disk, &setup, field.broken)?;
        cycles += 1;
        world.recover(&setup)?.kill()?;
        anyhow::Ok(())
    });
    world.truth.stage(format!("{} at rest", kind.name()));
    let result = result.and_then(|()| crate::rest::check(&setup, &world));
    if let Err(error) = result {
        world.truth.violation(format!("{error:#}"));
    }
    if let Some(keep) = &field.keep {
        crate::judge::keep(&setup.data, keep)?;
    }
    if !world.truth.violations().is_empty() && !field.broken {
        keep(&setup.data, &field.folder.join("data"));
    }
    Ok(Outcome::of(&world, &setup, cycles))
}

/// Uses a broker, cuts the power under it, and mounts the disk again.
fn cut_once(world: &mut World, disk: &mut Disk, setup: &Setup, broken: bool) -> anyhow::Result<()> {
    let moment = Moment::any(&mut world.rng, false);
    let flag = 1 + u32::from(world.rng.below(3) == 0);
    let lives_on = Duration::from_millis([0, 0, 20, 300][usize::try_from(world.rng.below(4))?]);
    let commits = world.rng.below(2) == 0;
    world.truth.stage(format!(
        "{} (flag {flag}, {moment:?}, lives {lives_on:?}, commits {commits})",
        world.truth.stage_now()
    ));
    let mut scissors = disk.scissors(flag, &setup.data, world.rng.next_u64())?;
    let unrelated = disk.path().join("unrelated");
    let over = AtomicBool::new(false);
    let mut broker = setup.start_surely(broken.then_some(&Trap::NoSync))?;
    let port = broker.port;
    std::thread::scope(|scope| {
        if commits {
            // The sync of another file takes the journal with it, and so parts of ours.
            scope.spawn(|| {
                while !over.load(Ordering::Acquire) {
                    let synced = fs::File::create(&unrelated).and_then(|file| file.sync_all());
                    std::thread::sleep(Duration::from_millis(if synced.is_ok() { 7 } else { 50 }));
                }
            });
        }
        let result = world.use_it(port, |phase| {
            let acks = || phase.acks.load(Ordering::Acquire);
            moment.wait(acks, || broker.is_gone());
            let written = scissors.write_some();
            phase.dying.store(true, Ordering::Release);
            let result = written.and_then(|()| scissors.cut());
            std::thread::sleep(lives_on / 2);
            let is_long_dead = result.is_ok() && lives_on > Duration::from_millis(100);
            phase.dead.store(is_long_dead, Ordering::Release);
            std::thread::sleep(lives_on / 2);
            // It may have ended by itself: its only disk is gone.
            broker.kill()?;
            result
        });
        over.store(true, Ordering::Release);
        result
    })?;
    drop(scissors);
    disk.unmount()?;
    disk.mount()
}

/// Copies what is left for whoever looks for the cause.
fn keep(data: &std::path::Path, to: &std::path::Path) {
    let mut copy = std::process::Command::new("cp");
    let copied = crate::disk::run(copy.arg("-a").arg(data).arg(to));
    if let Err(error) = copied {
        println!("the data could not be kept: {error:#}");
    }
}
