//! `reassign-partitions` (ReassignPartitionsCommand): other replicas for partitions, other log
//! directories for replicas.
//!
//! Everything goes to stdout, failures too, as in Kafka.

mod cancel;
mod execute;
mod generate;
mod options;
mod plan_file;
mod state;
mod throttles;
mod verify;

use std::fmt;
use std::path::Path;
use std::time::Duration;

use serde_json::json;

use super::CommandRow;
use super::admin_client::{not_created, with_admin_and_settings};
use crate::cli::{
    CalledAs, CommandError, Exit, Format, Invocation, Output, PropertiesMap, SyntaxError,
};
use crate::client::{Admin, ClientError};
use crate::fs::{Fs, RealFs};
use options::{Action, Options};
use state::joined;

pub(super) const COMMAND: CommandRow = CommandRow {
    name: "reassign-partitions",
    script: Some("kafka-reassign-partitions"),
    about: "Move partitions between brokers, and replicas between log directories",
    options: <Options as clap::CommandFactory>::command,
    run,
};

/// The largest JSON file that is read.
const FILE_BYTES_MAX: u64 = 64 * 1024 * 1024;
/// How long to wait until a move between log directories begins (`--timeout`).
const TIMEOUT_MS: i64 = 10_000;
/// Stands for no throttle.
const NO_THROTTLE: i64 = -1;

fn run(call: &Invocation, output: &mut Output) -> Result<Exit, CommandError> {
    let refused = |error: SyntaxError| CommandError::from(error).hint(call.help_hint());
    let Some(options) = call.options::<Options>(output, refused)? else {
        return Ok(Exit::SUCCESS);
    };
    let action = options.action()?;
    if call.called_as == CalledAs::Script
        && options.connection.bootstrap_server.is_none()
        && options.bootstrap_controller.is_none()
        && options.connection.zookeeper.is_none()
    {
        let command = <Options as clap::CommandFactory>::command();
        let sentence = "Please specify either --bootstrap-server or --bootstrap-controller";
        return Err(CommandError::usage(sentence, &command));
    }
    let mut connection = options.connection.clone();
    if connection.bootstrap_server.is_none() {
        connection
            .bootstrap_server
            .clone_from(&options.bootstrap_controller);
    }
    let client: PropertiesMap = [(
        "client.id".to_owned(),
        "reassign-partitions-tool".to_owned(),
    )]
    .into();
    with_admin_and_settings(
        &connection,
        client,
        output,
        not_created,
        async |admin, output: &mut Output| carry_out(&admin, action, &options, output).await,
    )?;
    Ok(Exit::SUCCESS)
}

async fn carry_out(
    admin: &Admin,
    action: Action,
    options: &Options,
    output: &mut Output,
) -> Result<(), CommandError> {
    let file = || read_file(options.reassignment_file.as_deref().unwrap_or_default());
    let timeout = || {
        let timeout = number("timeout", options.timeout.as_deref(), TIMEOUT_MS)?;
        Ok::<_, CommandError>(Duration::from_millis(u64::try_from(timeout).unwrap_or(0)))
    };
    let format = options.output.format;
    match action {
        Action::Generate => {
            let wanted = generate::Wanted {
                topics_file: options.topics_file.as_deref().unwrap_or_default(),
                broker_list: options.broker_list.as_deref().unwrap_or_default(),
                is_rack_aware: !options.disable_rack_aware,
            };
            generate::run(admin, wanted, format, output).await
        }
        Action::Execute => {
            let throttle = options.throttle.as_deref();
            let log_dirs_throttle = options.log_dirs_throttle.as_deref();
            let how = execute::How {
                is_additional: options.additional,
                throttle: number("throttle", throttle, NO_THROTTLE)?,
                log_dirs_throttle: number(
                    "replica-alter-log-dirs-throttle",
                    log_dirs_throttle,
                    NO_THROTTLE,
                )?,
                timeout: timeout()?,
                format,
            };
            execute::run(admin, &file()?, how, output).await
        }
        Action::Verify => {
            verify::run(admin, &file()?, options.preserve_throttles, format, output).await
        }
        Action::Cancel => {
            let (text, timeout) = (file()?, timeout()?);
            cancel::run(admin, &text, options.preserve_throttles, timeout, output).await
        }
        Action::List => list(admin, format, output).await,
    }
}

async fn list(admin: &Admin, format: Format, output: &mut Output) -> Result<(), CommandError> {
    let moving = state::moving(admin).await?;
    match format {
        Format::Json => {
            let ids =
                |ids: &[crate::types::BrokerId]| ids.iter().map(|id| id.0).collect::<Vec<_>>();
            let all = moving.iter().map(|(partition, moving)| {
                json!({
                    "topic": partition.topic, "partition": partition.partition,
                    "replicas": ids(&moving.replicas), "adding": ids(&moving.adding),
                    "removing": ids(&moving.removing),
                })
            });
            output.json(&json!({"reassignments": all.collect::<Vec<_>>()}))
        }
        Format::Table => {
            let rows = moving.iter().map(|(partition, moving)| {
                vec![
                    partition.to_string(),
                    joined(&moving.replicas),
                    joined(&moving.adding),
                    joined(&moving.removing),
                ]
            });
            let head = ["partition", "replicas", "adding", "removing"];
            output.table(&head, &rows.collect::<Vec<_>>())
        }
        Format::Text if moving.is_empty() => output.line("No partition reassignments found."),
        Format::Text => {
            output.line("Current partition reassignments:")?;
            for (partition, moving) in moving {
                let mut line = format!("{partition}: replicas: {}.", joined(&moving.replicas));
                if !moving.adding.is_empty() {
                    line.push_str(&format!(" adding: {}.", joined(&moving.adding)));
                }
                if !moving.removing.is_empty() {
                    line.push_str(&format!(" removing: {}.", joined(&moving.removing)));
                }
                output.line(line)?;
            }
            Ok(())
        }
    }
}

fn read_file(path: &str) -> Result<Vec<u8>, CommandError> {
    RealFs
        .read(Path::new(path), FILE_BYTES_MAX)
        .map_err(|error| failed(format!("Unable to read file {path}")).hint(error))
}

fn number(option: &str, text: Option<&str>, default: i64) -> Result<i64, CommandError> {
    let Some(text) = text else {
        return Ok(default);
    };
    let wrong = |_| failed(format!("Cannot parse argument '{text}' of option {option}"));
    text.parse().map_err(wrong)
}

/// Returns a failure as Kafka prints most of them: on stdout, behind `Error:`.
fn failed(sentence: impl fmt::Display) -> CommandError {
    CommandError::failed(format!("Error: {sentence}")).on_stdout()
}

/// Returns a failure of which Kafka prints the message alone.
fn terse(sentence: impl fmt::Display) -> CommandError {
    CommandError::failed(sentence).on_stdout()
}

fn call_failed(error: ClientError) -> CommandError {
    failed(error.java())
}

const fn plural(count: usize) -> &'static str {
    if count == 1 { "" } else { "s" }
}
