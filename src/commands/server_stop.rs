//! `server-stop`: ends the brokers that run with this KT_HOME, by SIGTERM, and waits for them.
//!
//! All registered ones, or the one of `--node-id`. The environment variable `SIGNAL` names another
//! signal, as in Kafka's script.

use std::time::Duration;

use rustix::process::{Pid, Signal, kill_process};

use super::CommandRow;
use super::local_broker::{KtHome, POLL, Registration, process_start_time, running};
use crate::cli::{CommandError, Exit, Invocation, Number, Output, Parsed, Progress, parse};
use crate::clock::SystemClock;
use crate::fs::RealFs;

pub(super) const COMMAND: CommandRow = CommandRow {
    name: "server-stop",
    script: Some("kafka-server-stop"),
    about: "Stop the brokers of this KT_HOME and wait for them",
    options: <Options as clap::CommandFactory>::command,
    run,
};

/// How long a broker may take to end.
const STOP_TIMEOUT: Duration = Duration::from_secs(60);

/// Stop the brokers that run with this KT_HOME, and wait until they have ended.
#[derive(Debug, PartialEq, clap::Parser)]
struct Options {
    /// Stop only the broker with this node.id.
    #[arg(long = "node-id", value_name = "Integer: node id")]
    node_id: Option<Number<i32>>,
    /// Stop only brokers with this role: broker or controller (here each has both).
    #[arg(long = "process-role", value_name = "String: role")]
    process_role: Option<String>,
}

fn run(call: &Invocation, output: &mut Output) -> Result<Exit, CommandError> {
    // Kafka's script has no options that must be given, so no words are no usage error.
    let options = match parse::<Options>(&call.words)? {
        Parsed::Options(options) => options,
        Parsed::Help | Parsed::Version => {
            call.options::<Options>(output, Into::into)?;
            return Ok(Exit::SUCCESS);
        }
    };
    if options.node_id.is_some() && options.process_role.is_some() {
        output.line(
            "When both node-id and process-role are provided, the value for node-id will take \
             precedence",
        )?;
    }
    let node_id = options
        .node_id
        .map(|number| number.value("node-id"))
        .transpose()?;
    let home = KtHome::of_environment()?;
    let mut found = running(&RealFs, &home)?;
    found.retain(|broker| node_id.is_none_or(|id| broker.node_id == id));
    if found.is_empty() {
        return Err(CommandError::failed("No kafka server to stop").on_stdout());
    }
    let signal = signal()?;
    for broker in &found {
        send(broker, signal)?;
    }
    wait_for_end(&home, &found, output)?;
    Ok(Exit::SUCCESS)
}

/// Returns the signal that `SIGNAL` names, SIGTERM if it names none.
fn signal() -> Result<Signal, CommandError> {
    let name = std::env::var("SIGNAL").unwrap_or_default();
    match name.trim_start_matches("SIG") {
        "" | "TERM" | "15" => Ok(Signal::TERM),
        "KILL" | "9" => Ok(Signal::KILL),
        "INT" | "2" => Ok(Signal::INT),
        "HUP" | "1" => Ok(Signal::HUP),
        _ => Err(CommandError::failed(format!(
            "SIGNAL={name}: not one of TERM, KILL, INT, HUP"
        ))),
    }
}

fn send(broker: &Registration, signal: Signal) -> Result<(), CommandError> {
    let pid = i32::try_from(broker.pid).ok().and_then(Pid::from_raw);
    let sent = match pid {
        Some(pid) => kill_process(pid, signal),
        None => Err(rustix::io::Errno::SRCH),
    };
    match sent {
        // It ended by itself in between.
        Ok(()) | Err(rustix::io::Errno::SRCH) => Ok(()),
        Err(error) => Err(CommandError::failed(format!(
            "The broker (pid {}) could not be stopped: {error}",
            broker.pid
        ))),
    }
}

fn wait_for_end(
    home: &KtHome,
    stopped: &[Registration],
    output: &Output,
) -> Result<(), CommandError> {
    let clock = SystemClock::shared();
    let until = clock.monotonic() + STOP_TIMEOUT;
    let _progress = Progress::waiting(output, "Waiting for the broker to end");
    loop {
        let left = running(&RealFs, home)?;
        // The file goes before the process does.
        let lives = |broker: &&Registration| {
            let start_time = broker.start_time;
            left.contains(broker)
                || (start_time.is_some() && process_start_time(&RealFs, broker.pid) == start_time)
        };
        let Some(slow) = stopped.iter().find(lives) else {
            return Ok(());
        };
        if clock.monotonic() >= until {
            let seconds = STOP_TIMEOUT.as_secs();
            let sentence = format!(
                "The broker (pid {}) has not ended in {seconds} seconds",
                slow.pid
            );
            return Err(CommandError::timed_out(sentence)
                .hint("SIGNAL=KILL kt server-stop ends it at once."));
        }
        std::thread::sleep(POLL);
    }
}
