//! `topics` (TopicCommand): creates, lists, describes, alters and deletes topics.
//!
//! Failures are told on stdout, as Kafka's tool does, with exit code 1. Options are checked in
//! Kafka's order, since the first complaint is the one a person sees.

mod alter;
mod create;
mod delete;
mod describe;
mod filter;
mod list;
mod options;

use clap::CommandFactory;

use super::CommandRow;
use super::admin_client::{not_created, with_admin};
use crate::cli::{CommandError, Exit, Invocation, Output, SyntaxError};
use crate::client::{Admin, ClientError};
use crate::protocol::ErrorCode;

pub(super) use filter::{InvalidRegex, TopicFilter};
use options::{Action, Options};

pub(super) const COMMAND: CommandRow = CommandRow {
    name: "topics",
    script: Some("kafka-topics"),
    about: "Create, list, describe, alter and delete topics",
    options: Options::command,
    run,
};

fn run(call: &Invocation, output: &mut Output) -> Result<Exit, CommandError> {
    let refused = |error: SyntaxError| CommandError::from(error).hint(call.help_hint());
    let Some(options) = call.options::<Options>(output, refused)? else {
        return Ok(Exit::SUCCESS);
    };
    let action = options.check(output)?;
    let connection = options.connection.clone();
    with_admin(
        &connection,
        output,
        not_created,
        async |admin, output: &mut Output| match action {
            Action::Create => create::create(&admin, &options, output).await,
            Action::List => list::list(&admin, &options, output).await,
            Action::Describe => describe::describe(&admin, &options, output).await,
            Action::Alter => alter::alter(&admin, &options).await,
            Action::Delete => delete::delete(&admin, &options).await,
        },
    )?;
    Ok(Exit::SUCCESS)
}

/// Returns the failure of an action.
fn failed(message: impl std::fmt::Display) -> CommandError {
    CommandError::failed(format!("Error while executing topic command : {message}")).on_stdout()
}

/// Returns the failure of a call to the broker.
fn call_failed(error: &ClientError) -> CommandError {
    let failure = failed(error);
    match error {
        ClientError::Timeout { .. } | ClientError::Disconnected { .. } => {
            failure.hint("Does a broker run at that address? kt status tells which one is meant.")
        }
        _ if error.code() == Some(ErrorCode::TopicAlreadyExists) => {
            failure.hint("With --if-not-exists that is no failure.")
        }
        _ => failure,
    }
}

/// Returns the names of the topics that an action is for, in order of their names.
///
/// A pattern that matches nothing is a failure unless `--if-exists` is given.
async fn matching(admin: &Admin, options: &Options) -> Result<Vec<String>, CommandError> {
    let names = select(admin, options).await?;
    if let Some(pattern) = options.topic.as_deref()
        && names.is_empty()
        && !pattern.is_empty()
        && !options.if_exists
    {
        return Err(
            failed(format!("Topic '{pattern}' does not exist as expected"))
                .hint("kt topics --list lists the topics that exist."),
        );
    }
    Ok(names)
}

/// Returns the names of the topics that `--topic` and `--exclude-internal` let through.
async fn select(admin: &Admin, options: &Options) -> Result<Vec<String>, CommandError> {
    // An empty pattern, such as an unset variable's, matches no topic.
    let filter = options.topic.as_deref();
    let filter = filter.map(TopicFilter::new).transpose().map_err(failed)?;
    let topics = admin
        .list_topics()
        .await
        .map_err(|error| call_failed(&error))?;
    let mut names: Vec<_> = topics
        .into_iter()
        .filter(|topic| !(options.exclude_internal && (topic.internal || is_internal(&topic.name))))
        .map(|topic| topic.name)
        .filter(|name| filter.as_ref().is_none_or(|filter| filter.admits(name)))
        .collect();
    names.sort_unstable_by(|a, b| a.encode_utf16().cmp(b.encode_utf16()));
    Ok(names)
}

/// Returns whether a topic is one of Kafka's own (`Topic.isInternal`).
pub(super) fn is_internal(name: &str) -> bool {
    matches!(
        name,
        "__consumer_offsets" | "__transaction_state" | "__share_group_state"
    )
}
