//! The scripts of Kafka's bin folder, one file each, and kt's own commands.
//!
//! [`COMMANDS`] is the table of them all: help, links, completions and dispatch are made from it.
//! The binary is called by a script's name (`kafka-topics.sh`, through a link) or as `kt COMMAND`.

mod admin_client;
mod broker_api_versions;
mod completions;
mod configs;
mod console_consumer;
mod console_producer;
mod consumer_groups;
mod delete_records;
mod dump_log;
mod embedded_broker;
mod get_offsets;
mod groups;
mod help;
mod install_links;
mod legacy;
mod local_broker;
mod log_dirs;
mod private_broker;
mod probe;
mod reassign_partitions;
mod replica_verification;
mod run;
mod server_log;
mod server_start;
mod server_stop;
mod signals;
mod snapshot;
mod status;
mod storage;
mod topics;
mod verify;
mod version;
mod wait;

use std::ffi::{OsStr, OsString};
use std::path::Path;

use crate::cli::{CalledAs, CommandError, Exit, Invocation, Output};

/// What a command does with its words.
pub type Run = fn(&Invocation, &mut Output) -> Result<Exit, CommandError>;

/// One command.
#[derive(Clone, Copy, Debug)]
pub struct CommandRow {
    /// Its name behind `kt`.
    pub name: &'static str,
    /// Kafka's script of the same work, without `.sh`.
    pub script: Option<&'static str>,
    /// One line for `kt help`.
    pub about: &'static str,
    /// Its options.
    pub options: fn() -> clap::Command,
    /// Its work.
    pub run: Run,
}

/// Every command, in the order of `kt help`.
pub const COMMANDS: &[CommandRow] = &[
    topics::COMMAND,
    console_producer::COMMAND,
    console_consumer::COMMAND,
    consumer_groups::COMMAND,
    groups::COMMAND,
    configs::COMMAND,
    get_offsets::COMMAND,
    delete_records::COMMAND,
    dump_log::COMMAND,
    log_dirs::COMMAND,
    reassign_partitions::COMMAND,
    broker_api_versions::COMMAND,
    storage::COMMAND,
    replica_verification::COMMAND,
    server_start::COMMAND,
    server_stop::COMMAND,
    run::COMMAND,
    wait::COMMAND,
    status::COMMAND,
    verify::COMMAND,
    snapshot::COMMAND,
    install_links::COMMAND,
    completions::COMMAND,
    legacy::RUN_CLASS,
    legacy::ZOOKEEPER_SERVER_START,
    legacy::ZOOKEEPER_SERVER_STOP,
    legacy::ZOOKEEPER_SHELL,
    help::COMMAND,
    version::COMMAND,
];

/// Runs the process's own command line.
#[must_use]
pub fn main() -> Exit {
    let mut words = std::env::args_os();
    let program = words.next().unwrap_or_else(|| OsString::from("kt"));
    let words: Vec<OsString> = words.collect();
    let mut output = Output::of_process();
    run_command_line(&program, &words, &mut output)
}

/// Runs a command line: `program` is the name the binary was called by.
pub fn run_command_line(program: &OsStr, words: &[OsString], output: &mut Output) -> Exit {
    let result = dispatch(program, words, output).and_then(|exit| output.flush().map(|()| exit));
    match result {
        Ok(exit) => exit,
        Err(error) => {
            let exit = error.report(output);
            match output.flush() {
                Ok(()) => exit,
                Err(_) if exit == Exit::SUCCESS => exit,
                Err(error) => error.exit(),
            }
        }
    }
}

/// Returns the command of this name: its own, or its script's with or without `.sh`.
#[must_use]
pub fn find(name: &str) -> Option<&'static CommandRow> {
    let script = name.strip_suffix(".sh").unwrap_or(name);
    COMMANDS
        .iter()
        .find(|row| row.name == name || row.script == Some(script))
}

/// Runs a command by its name, as another command's second name does.
fn run_named(
    name: &str,
    called_as: CalledAs,
    words: Vec<OsString>,
    output: &mut Output,
) -> Result<Exit, CommandError> {
    let row = find(name).ok_or_else(|| unknown(name))?;
    let program = format!("kt {}", row.name);
    (row.run)(
        &Invocation {
            program,
            called_as,
            words,
        },
        output,
    )
}

fn dispatch(
    program: &OsStr,
    words: &[OsString],
    output: &mut Output,
) -> Result<Exit, CommandError> {
    let base = Path::new(program)
        .file_name()
        .unwrap_or(program)
        .to_string_lossy()
        .into_owned();
    let script = base.strip_suffix(".sh").unwrap_or(&base);
    if let Some(row) = COMMANDS.iter().find(|row| row.script == Some(script)) {
        let words = words.to_vec();
        return (row.run)(
            &Invocation {
                program: base,
                called_as: CalledAs::Script,
                words,
            },
            output,
        );
    }
    let Some((first, rest)) = words.split_first() else {
        help::overview(output)?;
        return Ok(Exit::SUCCESS);
    };
    let rest = rest.to_vec();
    match first.to_string_lossy().as_ref() {
        "--help" | "-h" => run_named("help", CalledAs::Subcommand, rest, output),
        "--version" | "-V" => run_named("version", CalledAs::Subcommand, rest, output),
        completions::HIDDEN => completions::complete(&rest, output),
        name => run_named(name, CalledAs::Subcommand, rest, output),
    }
}

fn unknown(name: &str) -> CommandError {
    let close = COMMANDS
        .iter()
        .map(|row| row.name)
        .filter(|known| is_close(known, name));
    let close: Vec<_> = close.collect();
    let hint = match close.as_slice() {
        [] => "kt help lists the commands.".to_owned(),
        names => format!(
            "Did you mean: {}? kt help lists the commands.",
            names.join(", ")
        ),
    };
    CommandError::failed(format!("kt: '{name}' is not a command")).hint(hint)
}

/// Returns whether a person may have meant `known`: it contains the word, or few letters differ.
fn is_close(known: &str, word: &str) -> bool {
    if word.len() >= 3 && (known.contains(word) || word.contains(known)) {
        return true;
    }
    edits(known, word) <= 2
}

/// Returns how many letters must be changed, added or left out to make one word the other.
fn edits(a: &str, b: &str) -> usize {
    let b: Vec<char> = b.chars().collect();
    let mut row: Vec<usize> = (0..=b.len()).collect();
    for (i, letter) in a.chars().enumerate() {
        let mut next = vec![i + 1];
        for (j, other) in b.iter().enumerate() {
            let replaced = row[j] + usize::from(letter != *other);
            next.push(replaced.min(row[j + 1] + 1).min(next[j] + 1));
        }
        row = next;
    }
    row.last().copied().unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_unique_and_found_with_and_without_sh() {
        for row in COMMANDS {
            assert_eq!(
                COMMANDS
                    .iter()
                    .filter(|other| other.name == row.name)
                    .count(),
                1
            );
            assert_eq!(find(row.name).map(|found| found.name), Some(row.name));
            if let Some(script) = row.script {
                let found = find(&format!("{script}.sh")).map(|found| found.name);
                assert_eq!(found, Some(row.name));
            }
        }
    }

    #[test]
    fn every_definition_is_one_that_clap_accepts() {
        for row in COMMANDS {
            (row.options)().debug_assert();
        }
    }

    #[test]
    fn a_mistyped_name_is_recognised() {
        assert!(is_close("server-stop", "server-sotp"));
        assert!(is_close("server-start", "start"));
        assert!(!is_close("server-start", "acls"));
    }
}
