//! The reliability suites: the real binary, killed, cut from power, on a full disk.
//!
//! `cargo run --profile suites --example reliability -- SUITE --from SEED --count N [--kt PATH]
//! [--ledger FILE]`; the suites are `kill`, `power`, `full` and `judge`. A seed decides
//! everything: what is written by how many producers, how topics change, when the fault comes.
//! After each fault the same checks run; docs/reliability.md says which. A run whose ledger has a
//! line of the same commit, suite and first seed goes on behind the last seed of that line.
//!
//! Exit code 0 only if nothing that was promised was broken; what was is told with its seed, and
//! the directory of that seed is kept.

#![expect(
    clippy::print_stdout,
    clippy::print_stderr,
    clippy::disallowed_methods,
    clippy::disallowed_macros,
    clippy::indexing_slicing,
    unreachable_pub,
    reason = "a program of its own: it uses the machine's files and clock, and prints its findings"
)]

mod administering;
mod checking;
mod content;
mod disk;
mod full;
mod judge;
mod kill;
mod ledger;
mod outcome;
mod power;
mod process;
mod producing;
mod requests;
mod rest;
mod survey;
mod truth;
mod watching;
mod wire;
mod world;

use std::path::PathBuf;
use std::process::{Command, ExitCode};
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Instant;

use anyhow::{Context as _, bail};
use tokio::signal::unix::{SignalKind, signal};

use ledger::{Ledger, Line};
use outcome::{Field, Outcome};

/// What the command line says.
struct Options {
    suite: String,
    from: u64,
    count: u64,
    kt: PathBuf,
    ledger: Option<PathBuf>,
    commit: Option<String>,
    broken: bool,
    command: String,
}

fn options() -> anyhow::Result<Options> {
    let words: Vec<String> = std::env::args().skip(1).collect();
    // target/PROFILE/examples/reliability
    let here = std::env::current_exe()?;
    let target = here.ancestors().nth(3).context("a target folder")?;
    let mut options = Options {
        suite: String::new(),
        from: 1,
        count: 1,
        kt: target.join("release/kt"),
        ledger: None,
        commit: None,
        broken: false,
        command: format!("reliability {}", words.join(" ")),
    };
    let mut words = words.into_iter();
    while let Some(word) = words.next() {
        let mut value = || {
            words
                .next()
                .with_context(|| format!("{word} takes a value"))
        };
        match word.as_str() {
            "--from" => options.from = value()?.parse()?,
            "--count" => options.count = value()?.parse()?,
            "--kt" => options.kt = std::fs::canonicalize(value()?)?,
            "--ledger" => options.ledger = Some(value()?.into()),
            "--commit" => options.commit = Some(value()?),
            "--broken" => options.broken = true,
            suite if options.suite.is_empty() && !suite.starts_with('-') => {
                suite.clone_into(&mut options.suite);
            }
            _ => bail!("{word}: not an option"),
        }
    }
    Ok(options)
}

/// Runs one seed of a suite in a folder of its own, which stays if something is wrong.
fn run_seed(options: &Options, seed: u64) -> Outcome {
    let name = format!(
        "kt-reliability-{}-{seed}-{}",
        options.suite,
        std::process::id()
    );
    let folder = std::env::temp_dir().join(name);
    let field = Field {
        kt: options.kt.clone(),
        folder: folder.clone(),
        broken: options.broken,
        keep: None,
    };
    let run = match options.suite.as_str() {
        "kill" => kill::run,
        "power" => power::run,
        "full" => full::run,
        "judge" => judge::run,
        _ => |_, _: &_| bail!("no such suite"),
    };
    let result = std::fs::create_dir_all(&folder)
        .map_err(anyhow::Error::from)
        .and_then(|()| run(seed, &field));
    let outcome = result.unwrap_or_else(|error| Outcome {
        violations: vec![format!("{error:#}")],
        ..Outcome::default()
    });
    if outcome.violations.is_empty() {
        let _left = std::fs::remove_dir_all(&folder);
    } else {
        for violation in &outcome.violations {
            println!("VIOLATION {} seed {seed}: {violation}", options.suite);
        }
        // Under a name that no later run takes for a leftover.
        let kept = folder.with_extension("kept");
        match std::fs::rename(&folder, &kept) {
            Ok(()) => println!("kept {}", kept.display()),
            Err(error) => println!("not kept: {error}"),
        }
    }
    outcome
}

fn run() -> anyhow::Result<ExitCode> {
    let options = options()?;
    disk::sweep("kt-reliability-");
    if ["power", "full"].contains(&options.suite.as_str())
        && let Some(what) = disk::missing()
    {
        println!(
            "LEFT OUT: the suite {} needs {what}, which is not here",
            options.suite
        );
        return Ok(ExitCode::SUCCESS);
    }
    let ended = ended_by_signal()?;
    let git = |arguments: &[&str]| {
        let output = Command::new("git").args(arguments).output().ok()?;
        let text = String::from_utf8(output.stdout).ok()?;
        Some(text.trim().to_owned())
    };
    let date = Command::new("date").args(["-u", "+%F"]).output()?.stdout;
    let commit = options.commit.clone();
    let commit = commit.or_else(|| git(&["rev-parse", "--short", "HEAD"]));
    let ledger = Ledger::new(options.ledger.clone());
    let mut line = ledger.resume(Line {
        date: String::from_utf8(date)?.trim().to_owned(),
        commit: commit.unwrap_or_else(|| "unknown".to_owned()),
        suite: options.suite.clone() + if options.broken { " (broken)" } else { "" },
        first: options.from,
        last: options.from.saturating_sub(1),
        cycles: 0,
        acked_records: 0,
        violations: 0,
        seconds: 0.0,
        command: options.command.clone(),
    })?;
    let mut found = 0;
    while line.last + 1 < options.from + options.count {
        let seed = line.last + 1;
        let begin = Instant::now();
        let outcome = run_seed(&options, seed);
        if ended.load(Ordering::Acquire) {
            // The brokers may have had the signal too: this seed says nothing.
            eprintln!("reliability: ended by a signal before seed {seed} was done");
            return Ok(ExitCode::from(2));
        }
        line.last = seed;
        line.cycles += outcome.cycles;
        line.acked_records += outcome.acked_records;
        line.violations += outcome.violations.len() as u64;
        line.seconds += begin.elapsed().as_secs_f64();
        found += outcome.violations.len();
        ledger.write(&line)?;
    }
    println!(
        "{}: seeds {}-{}, {} cycles, {} acknowledged records, {} violations, {:.0} s",
        line.suite,
        line.first,
        line.last,
        line.cycles,
        line.acked_records,
        line.violations,
        line.seconds
    );
    Ok(ExitCode::from(u8::from(found > 0 || line.violations > 0)))
}

/// Returns a flag that SIGINT and SIGTERM set, so that everything is taken down first.
fn ended_by_signal() -> anyhow::Result<&'static AtomicBool> {
    static ENDED: AtomicBool = AtomicBool::new(false);
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()?;
    std::thread::spawn(move || {
        runtime.block_on(async {
            let terminate = signal(SignalKind::terminate());
            let interrupt = signal(SignalKind::interrupt());
            let (Ok(mut terminate), Ok(mut interrupt)) = (terminate, interrupt) else {
                return;
            };
            loop {
                tokio::select! {
                    _ = terminate.recv() => {}
                    _ = interrupt.recv() => {}
                }
                ENDED.store(true, Ordering::Release);
            }
        });
    });
    Ok(&ENDED)
}

fn main() -> ExitCode {
    run().unwrap_or_else(|error| {
        eprintln!("reliability: {error:#}");
        ExitCode::from(2)
    })
}
