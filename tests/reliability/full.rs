//! `full`: the disk fills while the broker is at work, and has room again later.
//!
//! While it is full producers are refused, consumers read on, a group that has committed before can
//! commit, and a topic can be deleted; when there is room, by such a deletion or because someone
//! else has made it, writing resumes within two seconds by itself. Now and then the broker is
//! killed on the full disk. Seeds with an even number run on ext4, the others on a tmpfs.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};

use crate::administering::create;
use crate::disk::{Disk, FileSystem};
use crate::outcome::{Field, Outcome};
use crate::process::{Broker, Setup, Started};
use crate::producing::Phase;
use crate::requests::{Code, commit, delete_topic, fetch, find_coordinator};
use crate::truth::{Kind, TopicShape};
use crate::wire::Wire;
use crate::world::{Load, World};

/// How often the disk fills in one seed.
pub const FILLS: u64 = 5;
const DISK_MIB: u64 = 192;
/// What someone else must hold on the disk at least, so that there is room when it goes.
const ROOM: u64 = 16 << 20;
/// How long a disk may take to fill.
const FILL_PATIENCE: Duration = Duration::from_secs(20);
/// The group that commits, and how long its coordinator may take to be there.
const GROUP: &str = "readers";
const COORDINATOR_PATIENCE: Duration = Duration::from_secs(10);
/// How soon writing resumes when there is room.
const RESUMES_IN: Duration = Duration::from_secs(2);

/// Runs one seed.
pub fn run(seed: u64, field: &Field) -> anyhow::Result<Outcome> {
    let mut world = World::new(
        seed,
        Load {
            value_bytes_max: 6000,
            pause_us_max: 400,
            written_stays: true,
            administered: true,
        },
    );
    let kind = match seed % 2 {
        0 => FileSystem::Ext4,
        _ => FileSystem::Tmpfs,
    };
    let disk = Disk::new(&field.folder, kind, DISK_MIB)?;
    let mut settings = world.settings();
    // What is deleted is gone at once, so that a deletion makes room.
    settings.push(("log.segment.delete.delay.ms".to_owned(), "0".to_owned()));
    let setup = Setup {
        kt: field.kt.clone(),
        home: field.folder.join("home"),
        data: disk.path().join("data"),
        settings,
    };
    let mut cycles = 0;
    let mut broker = setup.start_surely(None)?;
    let result = (1..=FILLS).try_for_each(|cycle| {
        world.truth.stage(format!("{} fill {cycle}", kind.name()));
        if free(disk.path())? < 2 * ROOM {
            // The records of the fills before are all there still.
            return Ok(());
        }
        fill_once(&mut world, &disk, &mut broker, &setup, cycle)?;
        cycles += 1;
        anyhow::Ok(())
    });
    drop(broker);
    fs::remove_file(ballast(disk.path())).or_else(|error| match error.kind() {
        std::io::ErrorKind::NotFound => Ok(()),
        _ => Err(error),
    })?;
    world.truth.stage(format!("{} at rest", kind.name()));
    let result = result.and_then(|()| crate::rest::check(&setup, &world));
    if let Err(error) = result {
        world.truth.violation(format!("{error:#}"));
    }
    Ok(Outcome::of(&world, &setup, cycles))
}

fn ballast(mount: &Path) -> PathBuf {
    mount.join("ballast")
}

fn free(mount: &Path) -> anyhow::Result<u64> {
    let room = rustix::fs::statvfs(mount)?;
    Ok(room.f_bavail * room.f_frsize)
}

/// Leaves so many bytes free, by a file that takes the rest.
fn fill_up(mount: &Path, left: u64) -> anyhow::Result<()> {
    let free = free(mount)?;
    let file = fs::OpenOptions::new()
        .create(true)
        .append(true)
        .open(ballast(mount))?;
    let taken = file.metadata()?.len();
    let mut more = free.saturating_sub(left);
    while more > 0 {
        let none = rustix::fs::FallocateFlags::empty();
        match rustix::fs::fallocate(&file, none, taken, more) {
            // The broker has been quicker.
            Err(rustix::io::Errno::NOSPC) => more /= 2,
            filled => return Ok(filled?),
        }
    }
    Ok(())
}

fn fill_once(
    world: &mut World,
    disk: &Disk,
    broker: &mut Broker,
    setup: &Setup,
    cycle: u64,
) -> anyhow::Result<()> {
    let left = 1_500_000 + world.rng.below(3_000_000);
    let kills = world.rng.below(4) == 0;
    let doomed = format!("doomed-{cycle}");
    world.use_it(broker.port, |phase| {
        conduct(phase, disk.path(), &doomed, (left, kills))
    })?;
    if broker.is_gone() {
        world.truth.violation("the broker ended on a full disk");
    }
    if kills || broker.is_gone() {
        broker.kill()?;
        fill_up(disk.path(), 0)?;
        // It may find no room for what it has to write, but must not harm what is there.
        if let Started::Up(mut up) = setup.start(None, None)? {
            up.kill()?;
        }
        fs::remove_file(ballast(disk.path()))?;
        *broker = setup.start_surely(None)?;
    }
    // What was sent without an answer has arrived by then.
    std::thread::sleep(Duration::from_millis(100));
    world.survey(broker)?;
    Ok(())
}

/// Fills the disk, tries what must work there, makes room, and waits for what must come back.
fn conduct(
    phase: &Phase<'_>,
    mount: &Path,
    doomed: &str,
    (left, kills): (u64, bool),
) -> anyhow::Result<()> {
    let mut wire = Wire::connect(phase.port)?;
    let shape = TopicShape {
        kind: Kind::Plain,
        partitions: 1,
        value_bytes_max: 10,
        configs: Vec::new(),
    };
    create(&mut wire, phase, doomed, &shape)?;
    find_coordinator(&mut wire, GROUP)?;
    let mut answered: std::io::Result<Code> = Ok(0);
    if !wait(COORDINATOR_PATIENCE, || {
        answered = commit(&mut wire, GROUP, ("plain", 0), 0);
        !matches!(answered, Ok(code) if code != 0)
    }) {
        phase
            .truth
            .violation(format!("no group can commit: {answered:?}"));
    }
    answered?;
    phase.full.store(true, Ordering::Release);
    fill_up(mount, left)?;
    if !is_told(mount, phase)? {
        phase
            .truth
            .violation("the disk is full, and no producer is told");
    }
    std::thread::sleep(Duration::from_millis(100));
    for topic in ["plain", doomed] {
        if let Err(code) = fetch(&mut wire, (topic, 0), 0, 0)? {
            phase
                .truth
                .violation(format!("full: {topic} can't be read: error {code}"));
        }
    }
    match commit(&mut wire, GROUP, ("plain", 0), 1)? {
        0 => {}
        code => phase
            .truth
            .violation(format!("full: a group can't commit: error {code}")),
    }
    phase.truth.of(doomed, |topic| topic.life.attempt(None));
    match delete_topic(&mut wire, doomed)? {
        0 => {
            phase.truth.of(doomed, |topic| topic.life.confirm(None));
        }
        code => phase
            .truth
            .violation(format!("full: a topic can't be deleted: error {code}")),
    }
    if kills {
        return Ok(());
    }
    fs::remove_file(ballast(mount))?;
    let (begin, acks) = (Instant::now(), phase.acks.load(Ordering::Acquire));
    let resumed = || phase.acks.load(Ordering::Acquire) > acks + 3;
    if !wait(RESUMES_IN, resumed) {
        let later = wait(RESUMES_IN * 5, resumed);
        phase.truth.violation(format!(
            "there is room, and nothing is written for {:?}{}",
            begin.elapsed(),
            if later { "" } else { ", nor later" }
        ));
    }
    // Partitions too that could not be made.
    std::thread::sleep(RESUMES_IN / 2);
    Ok(())
}

/// Waits until a producer was told that the disk is full.
fn is_told(mount: &Path, phase: &Phase<'_>) -> anyhow::Result<bool> {
    let told = || phase.storage_errors.load(Ordering::Acquire) > 0;
    if wait(FILL_PATIENCE, told) {
        return Ok(true);
    }
    // Retention has given back as much as a slow load takes.
    fill_up(mount, 0)?;
    Ok(wait(FILL_PATIENCE, told))
}

fn wait(patience: Duration, mut until: impl FnMut() -> bool) -> bool {
    let begin = Instant::now();
    while begin.elapsed() < patience {
        if until() {
            return true;
        }
        std::thread::sleep(Duration::from_millis(1));
    }
    false
}
