//! `storage` (StorageTool): a random cluster id, formatting of log directories, what they are.
//!
//! kt formats a directory by itself at the first start, so nobody needs this; scripts that were
//! written for Apache Kafka type it all the same.

use std::path::Path;

use serde_json::json;

use super::CommandRow;
use crate::broker::format::{DirState, Voters, bootstrap_text, format, inspect};
use crate::cli::{
    CommandError, Exit, Format, Invocation, Output, OutputOptions, parse_subcommands,
    read_properties_file,
};
use crate::clock::SystemClock;
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

/// The release whose features a directory is formatted with.
const RELEASE: &str = "4.3-IV0";

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
    Format {
        /// The Kafka configuration file to use.
        #[arg(long, short, value_name = "CONFIG")]
        config: String,
        /// The cluster ID to use.
        #[arg(long, short = 't', value_name = "CLUSTER_ID")]
        cluster_id: String,
        /// Leave directories alone that are formatted already.
        #[arg(long, short = 'g')]
        ignore_formatted: bool,
        /// The release whose features are set.
        #[arg(long, short, value_name = "RELEASE_VERSION")]
        release_version: Option<String>,
        /// Make this node the only voter of a dynamic quorum.
        #[arg(long, short, group = "quorum")]
        standalone: bool,
        /// Name no voter of a dynamic quorum yet.
        #[arg(long, short = 'N', group = "quorum")]
        no_initial_controllers: bool,
    },
    /// Print a random UUID.
    RandomUuid,
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
        } => info(&config, options.format, output),
        Action::Format {
            config,
            cluster_id,
            ignore_formatted,
            release_version,
            standalone,
            no_initial_controllers,
        } => {
            check_release(release_version.as_deref())?;
            let config = server_config(&config)?;
            let voters = voters(&config, standalone, no_initial_controllers)?;
            run_format(&config, &cluster_id, ignore_formatted, voters, output)
        }
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

fn check_release(release: Option<&str>) -> Result<(), CommandError> {
    match release {
        None | Some(RELEASE | "4.3") => Ok(()),
        Some(other) => Err(CommandError::failed(format!(
            "Unknown metadata.version '{other}'. Supported metadata.version are: {RELEASE}"
        ))),
    }
}

fn voters(
    config: &ServerConfig,
    standalone: bool,
    no_initial_controllers: bool,
) -> Result<Voters, CommandError> {
    let configured = config
        .static_keys
        .get("controller.quorum.voters")
        .is_some_and(|v| !v.trim().is_empty());
    if configured && (standalone || no_initial_controllers) {
        return Err(CommandError::failed(
            "You cannot specify controller.quorum.voters and format the node with \
             --initial-controllers or --standalone. If you want to use dynamic quorum, please \
             remove controller.quorum.voters and specify controller.quorum.bootstrap.servers \
             instead.",
        ));
    }
    let is_controller = config
        .static_keys
        .get("process.roles")
        .is_some_and(|roles| roles.split(',').any(|role| role.trim() == "controller"));
    match (configured, standalone, no_initial_controllers) {
        (true, ..) => Ok(Voters::Configured),
        (_, true, _) => Ok(Voters::Standalone),
        (_, _, true) => Ok(Voters::None),
        _ if is_controller => Err(CommandError::failed(
            "Because controller.quorum.voters is not set on this controller, you must specify one \
             of the following: --standalone, --initial-controllers, or --no-initial-controllers.",
        )),
        _ => Ok(Voters::Standalone),
    }
}

fn run_format(
    config: &ServerConfig,
    cluster_id: &str,
    ignore_formatted: bool,
    voters: Voters,
    output: &mut Output,
) -> Result<Exit, CommandError> {
    let states =
        inspect(&RealFs, config).map_err(|error| CommandError::failed(error.to_string()))?;
    for (path, state) in &states {
        let DirState::Formatted(meta) = state else {
            continue;
        };
        let known = meta
            .iter()
            .find(|(key, _)| key == "cluster.id")
            .map(|(_, value)| value);
        if let Some(known) = known.filter(|known| *known != cluster_id) {
            return Err(CommandError::failed(format!(
                "Invalid cluster.id in: {}. Expected {cluster_id}, but read {known}",
                path.join("meta.properties").display()
            )));
        }
        if !ignore_formatted {
            return Err(CommandError::failed(format!(
                "Log directory {} is already formatted. Use --ignore-formatted to ignore this \
                 directory and format the others.",
                path.display()
            )));
        }
    }
    let clock = SystemClock::shared();
    let mut rng = Rng::from_os();
    let formatted = format(&RealFs, config, cluster_id, voters, (&*clock, &mut rng))
        .map_err(|error| CommandError::failed(error.to_string()))?;
    if formatted.is_empty() {
        output.line("All of the log directories are already formatted.")?;
        return Ok(Exit::SUCCESS);
    }
    output.line(format!("Bootstrap metadata: {}", bootstrap_text()))?;
    for dir in formatted {
        let (kind, path) = (dir.kind, dir.path.display());
        output.line(format!(
            "Formatting {kind} {path} with metadata.version {RELEASE}."
        ))?;
    }
    Ok(Exit::SUCCESS)
}

fn info(path: &str, format: Format, output: &mut Output) -> Result<Exit, CommandError> {
    let config = server_config(path)?;
    let states =
        inspect(&RealFs, &config).map_err(|error| CommandError::failed(error.to_string()))?;
    let problems: Vec<String> = states
        .iter()
        .filter_map(|(path, state)| problem(path, state))
        .collect();
    let exit = if problems.is_empty() {
        Exit::SUCCESS
    } else {
        Exit::FAILURE
    };
    let found: Vec<_> = states
        .iter()
        .filter(|(_, state)| !matches!(state, DirState::Missing | DirState::NotADirectory))
        .collect();
    if format == Format::Json {
        let dirs: Vec<_> = states
            .iter()
            .map(|(path, state)| match state {
                DirState::Formatted(meta) => {
                    let meta: std::collections::BTreeMap<_, _> = meta.iter().cloned().collect();
                    json!({"path": path, "formatted": true, "metaProperties": meta})
                }
                _ => json!({"path": path, "formatted": false, "metaProperties": null}),
            })
            .collect();
        output.line(json!({"logDirs": dirs, "problems": problems}).to_string())?;
        return Ok(exit);
    }
    if !found.is_empty() {
        let plural = if found.len() == 1 {
            "directory"
        } else {
            "directories"
        };
        output.line(format!("Found log {plural}:"))?;
        for (path, _) in &found {
            output.line(format!("  {}", path.display()))?;
        }
        output.line("")?;
    }
    let metas = states.iter().filter_map(|(_, state)| match state {
        DirState::Formatted(meta) => Some(meta),
        _ => None,
    });
    if let Some(meta) = metas.into_iter().next() {
        let pairs: Vec<String> = meta
            .iter()
            .map(|(key, value)| format!("{key}={value}"))
            .collect();
        output.line(format!("Found metadata: {{{}}}", pairs.join(", ")))?;
        output.line("")?;
    }
    if !problems.is_empty() {
        let plural = if problems.len() == 1 {
            "problem"
        } else {
            "problems"
        };
        output.line(format!("Found {plural}:"))?;
        for problem in &problems {
            output.line(format!("  {problem}"))?;
        }
        output.line("")?;
    }
    Ok(exit)
}

fn problem(path: &Path, state: &DirState) -> Option<String> {
    let path = path.display();
    match state {
        DirState::Formatted(_) => None,
        DirState::Unformatted => Some(format!("{path} is not formatted.")),
        DirState::Missing => Some(format!("{path} does not exist")),
        DirState::NotADirectory => Some(format!("{path} is not a directory")),
    }
}
