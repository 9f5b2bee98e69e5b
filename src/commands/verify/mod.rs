//! `kt verify`: reads every batch and every file of log directories, or every batch that a cluster
//! serves, and tells what is damaged; exit code 1 if anything is.
//!
//! Changes nothing. Starts no broker: without `--bootstrap-server` it reads the local broker's
//! files, whether that runs or not.

mod cluster;
mod log_dirs;
mod metadata;
mod shown;

use std::path::PathBuf;

use super::CommandRow;
use super::admin_client::{not_created, with_admin};
use super::local_broker::KtHome;
use crate::cli::{
    CommandError, ConnectionOptions, Exit, Invocation, Output, OutputOptions, parse_subcommands,
};
use crate::client::Admin;

pub(super) use log_dirs::verify;
pub(super) use shown::finding_line;

pub(super) const COMMAND: CommandRow = CommandRow {
    name: "verify",
    script: None,
    about: "Read every batch and every file, and tell what is damaged",
    options: <Options as clap::CommandFactory>::command,
    run,
};

/// Read every batch and every index of log directories, and tell what is damaged.
#[derive(Debug, clap::Parser)]
struct Options {
    /// Log directory to read, more than once for a node that has several (default: the local
    /// broker's).
    #[arg(long, value_name = "DIR", conflicts_with = "bootstrap_server")]
    data_dir: Vec<PathBuf>,
    /// Read this topic alone; may be given more than once.
    #[arg(long, value_name = "NAME")]
    topic: Vec<String>,
    #[command(flatten)]
    connection: ConnectionOptions,
    #[command(flatten)]
    output: OutputOptions,
}

fn run(call: &Invocation, output: &mut Output) -> Result<Exit, CommandError> {
    let Some(options) = parse_subcommands::<Options>(&call.program, &call.words, output)? else {
        return Ok(Exit::SUCCESS);
    };
    if options.connection.bootstrap_server.is_some() {
        let work = async |admin: Admin, output: &mut Output| {
            cluster::verify(&admin, &options.topic, output).await
        };
        let report = with_admin(&options.connection, output, not_created, work)?;
        return shown::print(&report, options.output.format, output);
    }
    let dirs = match options.data_dir.as_slice() {
        [] => vec![KtHome::of_environment()?.data()],
        dirs => dirs.to_vec(),
    };
    let report = verify(&dirs, &options.topic, output)?;
    shown::print(&report, options.output.format, output)
}
