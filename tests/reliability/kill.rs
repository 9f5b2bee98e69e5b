//! `kill`: the process ends at any moment, several times in a row on the same directory.
//!
//! It is killed when some time has passed, behind some acknowledgement, or when a thread makes the
//! n-th system call of a kind; and then, now and then, once or twice in the recovery as well.

use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};

use kt::rng::Rng;

use crate::outcome::{Field, Outcome};
use crate::process::{Setup, Started, Trap};
use crate::world::{Load, World};

/// How many kills each seed makes, besides those in recoveries.
pub const KILLS: u64 = 4;

/// Calls that change something, for which a moment before them differs from one behind them.
const CALLS: [&str; 7] = [
    "fdatasync",
    "fsync",
    "rename",
    "pwritev,pwrite64,write",
    "unlink,unlinkat,rmdir",
    "ftruncate,fallocate",
    "openat,mkdir",
];

/// When a broker ends.
#[derive(Clone, Debug)]
pub enum Moment {
    After(Duration),
    Acks(u64),
    Call(Trap),
}

impl Moment {
    /// Decides a moment for a broker under load.
    pub fn any(rng: &mut Rng, with_calls: bool) -> Self {
        match rng.below(if with_calls { 6 } else { 3 }) {
            0 | 1 => Self::After(Duration::from_micros(5_000 + rng.below(400_000))),
            2 => Self::Acks(1 + rng.below(120)),
            _ => Self::Call(call(rng, 60)),
        }
    }

    fn trap(&self) -> Option<&Trap> {
        match self {
            Self::Call(trap) => Some(trap),
            _ => None,
        }
    }

    /// Waits for the moment; returns whether it came, or the broker is gone by itself.
    pub fn wait(&self, acks: impl Fn() -> u64, mut is_gone: impl FnMut() -> bool) {
        let begin = Instant::now();
        let patience = match self {
            Self::After(time) => *time,
            _ => Duration::from_millis(1200),
        };
        while begin.elapsed() < patience && !is_gone() {
            if matches!(self, Self::Acks(wanted) if acks() >= *wanted) {
                return;
            }
            std::thread::sleep(Duration::from_micros(300));
        }
    }
}

fn call(rng: &mut Rng, when_max: u64) -> Trap {
    let index = usize::try_from(rng.below(CALLS.len() as u64)).unwrap_or(0);
    Trap::Kill {
        calls: CALLS.get(index).copied().unwrap_or("fdatasync"),
        // Small numbers more often: most threads make few calls.
        when: 1 + rng.below(1 + rng.clone().below(when_max)),
    }
}

/// Runs one seed.
pub fn run(seed: u64, field: &Field) -> anyhow::Result<Outcome> {
    let mut world = World::new(
        seed,
        Load {
            value_bytes_max: 1500,
            pause_us_max: 1500,
            written_stays: true,
            administered: true,
        },
    );
    let setup = Setup {
        kt: field.kt.clone(),
        home: field.folder.clone(),
        data: field.folder.join("data"),
        settings: world.settings(),
    };
    let mut cycles = 0;
    let result = (1..=KILLS).try_for_each(|kill| kill_once(&mut world, &setup, kill, &mut cycles));
    world.truth.stage("at rest");
    let result = result.and_then(|()| crate::rest::check(&setup, &world));
    if let Err(error) = result {
        world.truth.violation(format!("{error:#}"));
    }
    if let Some(keep) = &field.keep {
        crate::judge::keep(&setup.data, keep)?;
    }
    Ok(Outcome::of(&world, &setup, cycles))
}

/// Uses a broker, kills it, perhaps once more in its recovery, and checks.
fn kill_once(world: &mut World, setup: &Setup, kill: u64, cycles: &mut u64) -> anyhow::Result<()> {
    let moment = Moment::any(&mut world.rng, true);
    world.truth.stage(format!("kill {kill} ({moment:?})"));
    match setup.start(moment.trap(), None)? {
        // The trap was in the start itself.
        Started::Died(_) => {}
        Started::Up(mut broker) => {
            world.use_it(broker.port, |phase| {
                let acks = || phase.acks.load(Ordering::Acquire);
                moment.wait(acks, || broker.is_gone());
                broker.kill()
            })?;
        }
    }
    *cycles += 1;
    while world.rng.below(5) < 2 {
        kill_recovery(setup, &mut world.rng)?;
        *cycles += 1;
    }
    world.recover(setup)?.kill()?;
    Ok(())
}

/// Starts a broker that is killed before it is up, or just then.
fn kill_recovery(setup: &Setup, rng: &mut Rng) -> anyhow::Result<()> {
    let started = if rng.below(2) == 0 {
        setup.start(Some(&call(rng, 30)), None)?
    } else {
        let life = Duration::from_micros(rng.below(40_000));
        setup.start(None, Some(life))?
    };
    if let Started::Up(mut broker) = started {
        broker.kill()?;
    }
    Ok(())
}
