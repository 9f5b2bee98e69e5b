//! `kt snapshot`: copies a broker's log directories while it runs, and makes new ones of a copy.

mod manifest;
mod restore;
mod save;

use std::path::{Path, PathBuf};

use super::CommandRow;
use crate::cli::{CommandError, Exit, Invocation, Output, OutputOptions, parse_subcommands};
use crate::fs::{Fs, RealFs};

pub(super) const COMMAND: CommandRow = CommandRow {
    name: "snapshot",
    script: None,
    about: "Copy a broker's data while it runs, and make new data of a copy",
    options: <Options as clap::CommandFactory>::command,
    run,
};

/// Copy a broker's data while it runs, and make new data of a copy.
#[derive(Debug, clap::Parser)]
struct Options {
    #[command(subcommand)]
    action: Action,
}

#[derive(Debug, clap::Subcommand)]
enum Action {
    /// Copy log directories; the broker on them may go on.
    Save {
        /// The folder for the snapshot: a new one, or an empty one.
        #[arg(value_name = "DIR")]
        folder: PathBuf,
        /// Log directory to copy, more than once for a node that has several (default: those of
        /// the local broker).
        #[arg(long, value_name = "DIR", conflicts_with = "bootstrap_server")]
        data_dir: Vec<PathBuf>,
        /// Copy the log directories of the broker of this machine that listens there.
        #[arg(long, value_name = "HOST:PORT")]
        bootstrap_server: Option<String>,
        #[command(flatten)]
        output: OutputOptions,
    },
    /// Make log directories of a snapshot, after it was checked.
    Restore {
        /// The snapshot's folder.
        #[arg(value_name = "DIR")]
        folder: PathBuf,
        /// The log directory to make, as often as the snapshot has them (default: the local
        /// broker's).
        #[arg(long, value_name = "DIR")]
        data_dir: Vec<PathBuf>,
        /// Restore it even if it is damaged.
        #[arg(long)]
        force: bool,
        #[command(flatten)]
        output: OutputOptions,
    },
}

fn run(call: &Invocation, output: &mut Output) -> Result<Exit, CommandError> {
    let Some(options) = parse_subcommands::<Options>(&call.program, &call.words, output)? else {
        return Ok(Exit::SUCCESS);
    };
    match options.action {
        Action::Save {
            folder,
            data_dir,
            bootstrap_server,
            output: options,
        } => save::run(
            &folder,
            &save::dirs(data_dir, bootstrap_server.as_deref())?,
            options.format,
            output,
        ),
        Action::Restore {
            folder,
            data_dir,
            force,
            output: options,
        } => restore::run(&folder, data_dir, force, options.format, output),
    }
}

/// Fails unless `dir` is missing or empty.
fn must_be_empty(dir: &Path) -> Result<(), CommandError> {
    match RealFs.read_dir(dir) {
        Ok(entries) if entries.is_empty() => Ok(()),
        Ok(_) => {
            let error = CommandError::failed(format!("{} is not empty", dir.display()));
            Err(error.hint("Nothing was changed; name a folder that is new or empty."))
        }
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(()),
        Err(error) => Err(failed(dir, &error)),
    }
}

fn failed(path: &Path, error: &std::io::Error) -> CommandError {
    CommandError::failed(format!("{}: {error}", path.display()))
}
