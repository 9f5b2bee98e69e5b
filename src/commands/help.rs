//! `kt help`: the commands, or one command's options.

use super::{COMMANDS, CommandRow, find, unknown};
use crate::cli::{CalledAs, CommandError, Exit, Invocation, Output, parse_subcommands};

pub(super) const COMMAND: CommandRow = CommandRow {
    name: "help",
    script: None,
    about: "Print this list, or the options of one command",
    options: <Options as clap::CommandFactory>::command,
    run,
};

/// Print the commands, or the options of one command.
#[derive(Debug, clap::Parser)]
struct Options {
    /// The command whose options to print.
    command: Option<String>,
}

/// Prints the list of commands.
pub(super) fn overview(output: &mut Output) -> Result<(), CommandError> {
    output
        .line("Kafka in one binary: Kafka's commands, and a durable broker for them to talk to.")?;
    output.line("")?;
    output.line("Usage: kt COMMAND [OPTION...]      the options are those of Kafka's script")?;
    output.line("")?;
    let width = COMMANDS.iter().map(|row| row.name.len()).max().unwrap_or(0);
    for row in COMMANDS {
        output.line(format_args!("  {:width$}  {}", row.name, row.about))?;
    }
    output.line("")?;
    output.line(
        "Without --bootstrap-server a command uses KT_BOOTSTRAP_SERVER, else the broker on",
    )?;
    output
        .line("this machine, which is started in the background when none runs (KT_AUTO_START=0")?;
    output.line("turns that off). Its data is in KT_HOME. kt COMMAND --help lists the options.")
}

fn run(call: &Invocation, output: &mut Output) -> Result<Exit, CommandError> {
    let Some(options) = parse_subcommands::<Options>(&call.program, &call.words, output)? else {
        return Ok(Exit::SUCCESS);
    };
    let Some(name) = options.command else {
        overview(output)?;
        return Ok(Exit::SUCCESS);
    };
    let row = find(&name).ok_or_else(|| unknown(&name))?;
    let call = Invocation {
        program: format!("kt {}", row.name),
        called_as: CalledAs::Subcommand,
        words: vec!["--help".into()],
    };
    (row.run)(&call, output)
}
