//! `kt wait`: returns when a broker answers; exit code 124 when the time is up, as timeout(1).
//!
//! Never starts one.

use std::time::Duration;

use super::local_broker::{KtHome, chosen};
use super::{CommandRow, probe};
use crate::cli::{
    BrokerAddress, CommandError, ConnectionOptions, Exit, Invocation, Output, Progress,
    parse_duration, parse_subcommands,
};
use crate::clock::SystemClock;

pub(super) const COMMAND: CommandRow = CommandRow {
    name: "wait",
    script: None,
    about: "Wait until a broker answers (exit code 124 when the time is up)",
    options: <Options as clap::CommandFactory>::command,
    run,
};

/// How long one attempt may take.
const ATTEMPT_TIMEOUT: Duration = Duration::from_secs(2);
/// How long to wait between attempts.
const PAUSE: Duration = Duration::from_millis(50);

/// Wait until a broker answers.
#[derive(Debug, clap::Parser)]
struct Options {
    #[command(flatten)]
    connection: ConnectionOptions,
    /// How long to wait: 10s, 500ms, 2m.
    #[arg(long, value_parser = parse_duration, default_value = "30s", value_name = "TIME")]
    timeout: Duration,
}

fn run(call: &Invocation, output: &mut Output) -> Result<Exit, CommandError> {
    let Some(options) = parse_subcommands::<Options>(&call.program, &call.words, output)? else {
        return Ok(Exit::SUCCESS);
    };
    let address = options.connection.broker(output);
    let clock = SystemClock::shared();
    let until = clock.monotonic() + options.timeout;
    let _progress = Progress::waiting(output, "Waiting for a broker");
    loop {
        let left = until.saturating_sub(clock.monotonic());
        let Some(reason) = attempt(&address, left.min(ATTEMPT_TIMEOUT))? else {
            return Ok(Exit::SUCCESS);
        };
        if left.is_zero() {
            let sentence = format!("No broker answered in {:?}: {reason}", options.timeout);
            return Err(CommandError::timed_out(sentence));
        }
        std::thread::sleep(PAUSE.min(left));
    }
}

/// Returns `None` if the broker answers, else why it does not.
fn attempt(address: &BrokerAddress, limit: Duration) -> Result<Option<String>, CommandError> {
    let bootstrap = match address {
        BrokerAddress::Named(text, _) => text.clone(),
        BrokerAddress::Local => match chosen(&KtHome::of_environment()?)? {
            Some(found) => found.bootstrap(),
            None => return Ok(Some("no local broker runs".to_owned())),
        },
    };
    Ok(probe::answer(&bootstrap, limit)
        .err()
        .map(|error| error.to_string()))
}
