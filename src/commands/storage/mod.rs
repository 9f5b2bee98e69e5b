//! `storage` (StorageTool): a random cluster id, formatting of log directories, what they are.
//!
//! kt formats a directory by itself at the first start, so nobody needs this; scripts that were
//! written for Apache Kafka type it all the same.

mod features;
mod format;
mod info;
mod initial_controllers;
mod release;
mod scram;

use super::CommandRow;
use crate::cli::{
    CommandError, Exit, Invocation, Output, OutputOptions, parse_subcommands, read_properties_file,
};
use crate::config::{Properties, ServerConfig};
use crate::fs::RealFs;
use crate::rng::Rng;

pub(super) const COMMAND: CommandRow = CommandRow {
    name: "storage",
    script: Some("kafka-storage"),
    about: "Format log directories ahead of time, or tell what they are",
    options: <Options as clap::CommandFactory>::command,
    run,
};

/// The Kafka storage tool.
#[derive(Debug, clap::Parser)]
struct Options {
    #[command(subcommand)]
    action: Action,
}

#[derive(Debug, clap::Subcommand)]
enum Action {
    /// Get information about the Kafka log directories on this node.
    Info {
        /// The Kafka configuration file to use.
        #[arg(long, short, value_name = "CONFIG")]
        config: String,
        #[command(flatten)]
        output: OutputOptions,
    },
    /// Format the Kafka log directories on this node.
    Format(FormatOptions),
    /// Look up the corresponding features for a given metadata version.
    VersionMapping {
        /// The release version to use for the corresponding feature mapping (default: the latest
        /// stable one).
        #[arg(long, short, value_name = "RELEASE_VERSION")]
        release_version: Option<String>,
        #[command(flatten)]
        output: OutputOptions,
    },
    /// Look up dependencies for a given feature version.
    FeatureDependencies {
        /// The feature and the level to look up, as feature=level; may be given more than once.
        #[arg(long, short, required = true, value_name = "FEATURE")]
        feature: Vec<String>,
        #[command(flatten)]
        output: OutputOptions,
    },
    /// Print a random UUID.
    RandomUuid,
}

#[derive(Debug, clap::Args)]
struct FormatOptions {
    /// The Kafka configuration file to use.
    #[arg(long, short, value_name = "CONFIG")]
    config: String,
    /// The cluster ID to use.
    #[arg(long, short = 't', value_name = "CLUSTER_ID")]
    cluster_id: String,
    /// A SCRAM credential to add, as
    /// 'SCRAM-SHA-256=[name=alice,password=secret,iterations=8192,salt="base64"]' or with
    /// saltedpassword in place of password; may be given more than once.
    #[arg(long, short = 'S', value_name = "ADD_SCRAM")]
    add_scram: Vec<String>,
    /// Leave directories alone that are formatted already.
    #[arg(long, short = 'g')]
    ignore_formatted: bool,
    /// The release whose features are set, from 3.3-IV3 to 4.3-IV0 (default: 4.3-IV0).
    #[arg(long, short, value_name = "RELEASE_VERSION")]
    release_version: Option<String>,
    /// The level of one feature, as feature=level; may be given more than once.
    #[arg(long, short, value_name = "FEATURE")]
    feature: Vec<String>,
    /// Make this node the only voter of a dynamic quorum.
    #[arg(long, short, group = "quorum")]
    standalone: bool,
    /// Name no voter of a dynamic quorum yet.
    #[arg(long, short = 'N', group = "quorum")]
    no_initial_controllers: bool,
    /// The voters of a dynamic quorum, as ID@HOST:PORT:DIRECTORY-ID,...
    #[arg(
        long,
        short = 'I',
        group = "quorum",
        value_name = "INITIAL_CONTROLLERS"
    )]
    initial_controllers: Option<String>,
}

fn run(call: &Invocation, output: &mut Output) -> Result<Exit, CommandError> {
    let Some(options) = parse_subcommands::<Options>(&call.program, &call.words, output)? else {
        return Ok(Exit::SUCCESS);
    };
    match options.action {
        Action::RandomUuid => {
            output.line(Rng::from_os().uuid().to_string())?;
            Ok(Exit::SUCCESS)
        }
        Action::Info {
            config,
            output: options,
        } => info::info(&config, options.format, output),
        Action::Format(options) => format::run(&options, output),
        Action::VersionMapping {
            release_version,
            output: options,
        } => features::version_mapping(release_version.as_deref(), options.format, output),
        Action::FeatureDependencies {
            feature,
            output: options,
        } => features::feature_dependencies(&feature, options.format, output),
    }
}

fn server_config(path: &str) -> Result<ServerConfig, CommandError> {
    let mut properties = Properties::new();
    for (key, value) in read_properties_file(&RealFs, path)? {
        properties.set(key, value);
    }
    let (config, _) = ServerConfig::from_properties(&properties)
        .map_err(|error| CommandError::failed(error.to_string()))?;
    Ok(config)
}
