//! `configs` (ConfigCommand): shows and changes the settings of topics, brokers, broker loggers,
//! groups and client-metrics subscriptions while the cluster runs.
//!
//! Quotas and SCRAM credentials (users, clients, ips) are refused.

mod alter;
mod changes;
mod describe;
mod entity;
mod options;

use clap::CommandFactory;

use super::CommandRow;
use super::admin_client::with_admin;
use crate::cli::{CommandError, Exit, Invocation, Output, SyntaxError};
use crate::client::ClientError;

use options::{Action, Options};

pub(super) const COMMAND: CommandRow = CommandRow {
    name: "configs",
    script: Some("kafka-configs"),
    about: "Show and change the settings of topics, brokers and other entities",
    options: Options::command,
    run,
};

fn run(call: &Invocation, output: &mut Output) -> Result<Exit, CommandError> {
    let refused = |error: SyntaxError| CommandError::from(error).hint(call.help_hint());
    let Some(options) = call.options::<Options>(output, refused)? else {
        return Ok(Exit::SUCCESS);
    };
    let request = options.check()?;
    // What is wrong with the words is told before a broker is looked for, or started.
    let changes = match request.action {
        Action::Describe => Vec::new(),
        Action::Alter => options.changes()?,
    };
    let words: Vec<_> = call
        .words
        .iter()
        .map(|word| word.to_string_lossy().into_owned())
        .collect();
    let failed = Failure {
        words: words.join(" "),
    };
    let not_created = |error: ClientError| failed.of(&error);
    with_admin(
        &options.connection(),
        output,
        not_created,
        async |admin, output: &mut Output| match request.action {
            Action::Describe => describe::describe(&admin, &request, &failed, output).await,
            Action::Alter => {
                alter::alter(&admin, &request.entity, changes, &failed, output).await?;
                Ok(Exit::SUCCESS)
            }
        },
    )
}

/// Makes the failure of a call to the broker, which names the command's words.
struct Failure {
    words: String,
}

impl Failure {
    fn of(&self, error: &ClientError) -> CommandError {
        let sentence = format!(
            "Error while executing config command with args '{}'",
            self.words
        );
        CommandError::failed(sentence).hint(error.java())
    }
}
