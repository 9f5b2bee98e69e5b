//! `kt run -- COMMAND`: a private broker for as long as a command runs.
//!
//! On a free port of the loopback, in a temporary folder; its address is in the command's
//! environment under the names that programs look for. kt ends with the command's exit code (128 +
//! signal), passes signals on, and leaves nothing behind, also when it is killed: the broker is a
//! child that sees its parent go. Data is not synced unless `--durable`.

use std::ffi::OsString;
use std::io::IsTerminal;
use std::os::unix::process::ExitStatusExt;
use std::path::PathBuf;
use std::process::ExitStatus;

use rustix::process::{Pid, Signal, kill_process};
use tokio::process::{Child, Command};
use tokio::signal::unix::{SignalKind, signal};

use super::local_broker::{HOME_VARIABLE, KtHome, PrivateBroker, start_private};
use super::{CommandRow, private_broker, run_named};
use crate::cli::{
    BOOTSTRAP_VARIABLE, CalledAs, CommandError, Exit, Invocation, Output, check_pairs,
    parse_subcommands,
};
use crate::fs::{Fs, RealFs};
use crate::rng::Rng;

pub(super) const COMMAND: CommandRow = CommandRow {
    name: "run",
    script: None,
    about: "Run a command with a private broker that is gone when it ends",
    options: <Options as clap::CommandFactory>::command,
    run,
};

/// Where programs look for a broker's address.
const ADDRESS_VARIABLES: [&str; 5] = [
    BOOTSTRAP_VARIABLE,
    "BOOTSTRAP_SERVERS",
    "KAFKA_BOOTSTRAP_SERVERS",
    "KAFKA_BROKERS",
    "SPRING_KAFKA_BOOTSTRAP_SERVERS",
];

/// Exit codes of a shell for a command that is not there, or cannot be run.
const NOT_FOUND: Exit = Exit(127);
const NOT_EXECUTABLE: Exit = Exit(126);

/// Run a command with a private broker that is gone when the command ends.
#[derive(Debug, clap::Parser)]
struct Options {
    /// Make a topic first; may be given more than once.
    #[arg(long = "topic", value_name = "NAME[:PARTITIONS[:RF]]")]
    topics: Vec<String>,
    /// Setting of the broker; may be given more than once.
    #[arg(long = "set", value_name = "KEY=VALUE")]
    settings: Vec<String>,
    /// Keep the broker's data in this folder.
    #[arg(long, value_name = "DIR")]
    keep: Option<PathBuf>,
    /// Sync each write to the disk before it is acknowledged.
    #[arg(long)]
    durable: bool,
    /// The command and its arguments.
    #[arg(last = true, required = true, value_name = "COMMAND")]
    command: Vec<OsString>,
}

fn run(call: &Invocation, output: &mut Output) -> Result<Exit, CommandError> {
    let Some(options) = parse_subcommands::<Options>(&call.program, &call.words, output)? else {
        return Ok(Exit::SUCCESS);
    };
    check_pairs(&options.settings)?;
    let root = root(&options)?;
    let home = KtHome::at(root);
    let broker = start_private(&home, broker_words(&options, &home)).map_err(|error| {
        if options.keep.is_some() {
            return error;
        }
        private_broker::delete(&home);
        // The log that the hint names is gone with the folder.
        error.without_hint()
    })?;
    let result = run_with(&broker, &home, &options, output);
    broker.end()?;
    result
}

/// Returns the broker's folder, which exists then.
fn root(options: &Options) -> Result<PathBuf, CommandError> {
    let root = match &options.keep {
        Some(folder) => folder.clone(),
        None => {
            let id = Rng::from_os().next_u64();
            std::env::temp_dir().join(format!("kt-run-{}-{id:016x}", std::process::id()))
        }
    };
    let failed = |error| CommandError::failed(format!("{}: {error}", root.display()));
    let root = std::path::absolute(&root).map_err(failed)?;
    RealFs.create_dir_all(&root).map_err(failed)?;
    Ok(root)
}

/// Returns the words behind `server-start`.
fn broker_words(options: &Options, home: &KtHome) -> Vec<OsString> {
    let mode = match options.keep {
        Some(_) => private_broker::Mode::Keep,
        None => private_broker::Mode::Delete,
    };
    let mut settings = vec![
        "listeners=PLAINTEXT://127.0.0.1:0".to_owned(),
        format!("log.dirs={}", home.data().display()),
    ];
    if !options.durable {
        settings.push("log.flush.before.ack=false".to_owned());
    }
    settings.extend(options.settings.iter().cloned());
    let overrides = settings
        .into_iter()
        .map(|setting| format!("--override={setting}"));
    std::iter::once(mode.word().to_owned())
        .chain(overrides)
        .map(OsString::from)
        .collect()
}

fn run_with(
    broker: &PrivateBroker,
    home: &KtHome,
    options: &Options,
    output: &mut Output,
) -> Result<Exit, CommandError> {
    let address = broker.bootstrap();
    for topic in &options.topics {
        create_topic(topic, &address)?;
    }
    output.flush()?;
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .map_err(|error| CommandError::failed(format!("The runtime could not start: {error}")))?;
    runtime.block_on(run_command(&options.command, &address, home))
}

fn create_topic(text: &str, address: &str) -> Result<(), CommandError> {
    let mut parts = text.split(':');
    let mut words = vec!["--bootstrap-server", address, "--create"];
    for option in ["--topic", "--partitions", "--replication-factor"] {
        if let Some(value) = parts.next() {
            words.extend([option, value]);
        }
    }
    if parts.next().is_some() {
        let sentence = format!("--topic {text}: not NAME, NAME:PARTITIONS or NAME:PARTITIONS:RF");
        return Err(CommandError::failed(sentence));
    }
    let words = words.into_iter().map(OsString::from).collect();
    let mut silent = Output::to_writers(Box::new(std::io::sink()), Box::new(std::io::sink()));
    run_named("topics", CalledAs::Subcommand, words, &mut silent).map(|_| ())
}

async fn run_command(
    words: &[OsString],
    address: &str,
    home: &KtHome,
) -> Result<Exit, CommandError> {
    let Some((program, arguments)) = words.split_first() else {
        return Err(CommandError::failed("No command was given"));
    };
    let failed = |error: std::io::Error| CommandError::failed(format!("Signals: {error}"));
    // Before the command starts, so that none is missed.
    let mut terminate = signal(SignalKind::terminate()).map_err(failed)?;
    let mut interrupt = signal(SignalKind::interrupt()).map_err(failed)?;
    let mut hang_up = signal(SignalKind::hangup()).map_err(failed)?;
    let mut command = Command::new(program);
    command
        .args(arguments)
        .envs(ADDRESS_VARIABLES.map(|name| (name, address)))
        // Or a `kt server-stop` inside would end the user's own broker.
        .env(HOME_VARIABLE, home.root());
    let mut child = match command.spawn() {
        Ok(child) => child,
        Err(error) => return cannot_run(program, &error),
    };
    // A terminal sends Ctrl-C to the command itself.
    let from_terminal = std::io::stdin().is_terminal();
    loop {
        tokio::select! {
            status = child.wait() => {
                let lost = |error| CommandError::failed(format!("The command was lost: {error}"));
                let status = status.map_err(lost)?;
                return Ok(exit_of(status));
            }
            _ = terminate.recv() => pass_on(&child, Signal::TERM),
            _ = hang_up.recv() => pass_on(&child, Signal::HUP),
            _ = interrupt.recv() => {
                if !from_terminal {
                    pass_on(&child, Signal::INT);
                }
            }
        }
    }
}

fn cannot_run(program: &OsString, error: &std::io::Error) -> Result<Exit, CommandError> {
    let exit = match error.kind() {
        std::io::ErrorKind::NotFound => NOT_FOUND,
        _ => NOT_EXECUTABLE,
    };
    Err(CommandError::failed(format!("kt run: {}: {error}", program.display())).with_exit(exit))
}

fn pass_on(child: &Child, signal: Signal) {
    let pid = child
        .id()
        .and_then(|pid| i32::try_from(pid).ok())
        .and_then(Pid::from_raw);
    if let Some(pid) = pid {
        // It may have ended in between.
        kill_process(pid, signal).ok();
    }
}

fn exit_of(status: ExitStatus) -> Exit {
    let code = status
        .code()
        .or_else(|| status.signal().map(|signal| 128 + signal));
    Exit(code.and_then(|code| u8::try_from(code).ok()).unwrap_or(1))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_exit_code_is_the_commands() {
        assert_eq!(exit_of(ExitStatus::from_raw(7 << 8)), Exit(7));
        assert_eq!(exit_of(ExitStatus::from_raw(15)), Exit(143));
    }

    #[test]
    fn data_is_not_synced_unless_asked_for() {
        let home = KtHome::at("/r");
        let words = |line: &str| {
            let line = format!("{line} -- true");
            let options = <Options as clap::Parser>::parse_from(
                std::iter::once("run").chain(line.split_whitespace()),
            );
            broker_words(&options, &home)
                .into_iter()
                .map(|word| word.to_string_lossy().into_owned())
                .collect::<Vec<_>>()
        };
        let fast = words("--set a=b");
        assert_eq!(
            fast.first().map(String::as_str),
            Some("--kt-private=delete")
        );
        assert!(fast.contains(&"--override=log.flush.before.ack=false".to_owned()));
        assert_eq!(fast.last().map(String::as_str), Some("--override=a=b"));
        let durable = words("--durable --keep /d");
        assert_eq!(
            durable.first().map(String::as_str),
            Some("--kt-private=keep")
        );
        assert!(!durable.iter().any(|word| word.contains("flush")));
    }
}
