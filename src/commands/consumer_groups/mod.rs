//! `consumer-groups` (ConsumerGroupCommand): lists, describes and deletes groups, and sets where
//! they go on.
//!
//! What fails while a broker is asked goes to stdout behind one sentence, as in Kafka; unlike
//! there, it ends with exit code 1.

mod delete;
mod delete_offsets;
mod describe;
mod list;
mod offset_checker;
mod options;
mod regex;
mod reset;
mod topic_arguments;

use std::fmt;

use super::CommandRow;
use super::admin_client::with_admin_and_settings;
use crate::cli::{CommandError, Exit, Invocation, Output, PropertiesMap, SyntaxError};
use crate::client::{Admin, ClientError};
use options::{Action, Options};

pub(super) const COMMAND: CommandRow = CommandRow {
    name: "consumer-groups",
    script: Some("kafka-consumer-groups"),
    about: "List, describe and delete consumer groups, and set their offsets",
    options: <Options as clap::CommandFactory>::command,
    run,
};

/// The logger of Kafka's class.
const LOGGER: &str = "org.apache.kafka.tools.consumer.group.ConsumerGroupCommand";

fn run(call: &Invocation, output: &mut Output) -> Result<Exit, CommandError> {
    let refused = |error: SyntaxError| CommandError::from(error).hint(call.help_hint());
    let Some(options) = call.options::<Options>(output, refused)? else {
        return Ok(Exit::SUCCESS);
    };
    let action = options.action(output)?;
    if let Action::ValidateRegex(pattern) = &action {
        return regex::validate(pattern, output);
    }
    let timeout_ms = options.timeout_ms()?;
    let more: PropertiesMap = [("default.api.timeout.ms".to_owned(), timeout_ms)].into();
    with_admin_and_settings(
        &options.connection,
        more,
        output,
        |error| failed("Failed to create new KafkaAdminClient").hint(error),
        async |admin, output: &mut Output| carry_out(&admin, action, &options, output).await,
    )
}

async fn carry_out(
    admin: &Admin,
    action: Action,
    options: &Options,
    output: &mut Output,
) -> Result<Exit, CommandError> {
    let format = options.output.format;
    match action {
        Action::List(filter) => list::run(admin, &filter, format, output).await,
        Action::Describe(wanted) => describe::run(admin, options, wanted, output).await,
        Action::CheckOffsets => offset_checker::run(admin, options, output).await,
        Action::Delete => delete::run(admin, options, output).await,
        Action::DeleteOffsets => delete_offsets::run(admin, options, output).await,
        Action::ResetOffsets => reset::run(admin, options, output).await,
        Action::ValidateRegex(_) => Ok(Exit::SUCCESS),
    }
}

/// Returns the groups that are meant, in order.
async fn groups(admin: &Admin, options: &Options) -> Result<Vec<String>, CommandError> {
    let mut groups = options.groups.clone();
    if options.all_groups {
        let listed = admin.list_groups(&[], &[]).await;
        let listed = listed.map_err(|error| failed(execution(&error)))?;
        let listed = listed.into_iter().filter(|group| group.is_of_consumers());
        groups = listed.map(|group| group.group).collect();
    }
    groups.sort();
    groups.dedup();
    Ok(groups)
}

/// Returns the failure of what was begun, as Kafka prints it.
fn failed(reason: impl fmt::Display) -> CommandError {
    CommandError::failed(format!(
        "\nError: Executing consumer group command failed due to {reason}"
    ))
    .on_stdout()
}

/// Returns the failure of a call, by its exception.
fn call_failed(error: ClientError) -> CommandError {
    failed(error.java())
}

/// Returns how Java prints an exception that a call brought.
fn execution(error: &ClientError) -> String {
    format!("java.util.concurrent.ExecutionException: {}", error.java())
}

/// Prints an error that does not end the command.
fn print_error(output: &mut Output, text: impl fmt::Display) -> Result<(), CommandError> {
    output.line(format!("\nError: {text}"))
}
