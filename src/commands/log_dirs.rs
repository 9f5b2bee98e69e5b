//! `log-dirs` (LogDirsCommand): what lies in the log directories of brokers.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use super::CommandRow;
use super::admin_client::{not_created, with_admin_and_settings};
use crate::cli::{
    CommandError, ConnectionOptions, Exit, Format, Invocation, Output, OutputOptions,
    PropertiesMap, SyntaxError,
};
use crate::client::admin::LogDirDescription;
use crate::client::{Admin, ClientError};
use crate::types::BrokerId;

pub(super) const COMMAND: CommandRow = CommandRow {
    name: "log-dirs",
    script: Some("kafka-log-dirs"),
    about: "Show what lies in the log directories of brokers",
    options: <Options as clap::CommandFactory>::command,
    run,
};

/// This tool helps to query log directory usage on the specified brokers.
#[derive(Debug, clap::Parser)]
#[command(about = "This tool helps to query log directory usage on the specified brokers.")]
struct Options {
    #[command(flatten)]
    connection: ConnectionOptions,
    /// Describe the log directories.
    #[arg(long)]
    describe: bool,
    /// The topics, divided by commas; all if absent.
    #[arg(
        long = "topic-list",
        value_name = "String: Topic list",
        default_value = ""
    )]
    topics: String,
    /// The ids of the brokers, divided by commas; all if absent.
    #[arg(
        long = "broker-list",
        value_name = "String: Broker list",
        default_value = ""
    )]
    brokers: String,
    #[command(flatten)]
    output: OutputOptions,
}

fn run(call: &Invocation, output: &mut Output) -> Result<Exit, CommandError> {
    let refused = |error: SyntaxError| CommandError::from(error).hint(call.help_hint());
    let Some(options) = call.options::<Options>(output, refused)? else {
        return Ok(Exit::SUCCESS);
    };
    if !options.describe {
        let command = <Options as clap::CommandFactory>::command();
        let sentence = "Missing required argument \"[describe]\"";
        return Err(CommandError::usage(sentence, &command));
    }
    let wanted = match options.brokers.as_str() {
        "" => None,
        list => Some(parse_brokers(list)?),
    };
    let connection = options.connection.clone();
    let client: PropertiesMap = [("client.id".to_owned(), "log-dirs-tool".to_owned())].into();
    with_admin_and_settings(
        &connection,
        client,
        output,
        not_created,
        async |admin, output: &mut Output| describe(&admin, &options, wanted, output).await,
    )
}

async fn describe(
    admin: &Admin,
    options: &Options,
    wanted: Option<BTreeSet<BrokerId>>,
    output: &mut Output,
) -> Result<Exit, CommandError> {
    let failed = |error: ClientError| CommandError::failed(error.java());
    let cluster = admin.describe_cluster(false).await.map_err(failed)?;
    let known: BTreeSet<BrokerId> = cluster.brokers.iter().map(|broker| broker.id).collect();
    let wanted = wanted.unwrap_or_else(|| known.clone());
    let unknown: Vec<BrokerId> = wanted.difference(&known).copied().collect();
    if !unknown.is_empty() {
        return Err(CommandError::failed(format!(
            "ERROR: The given brokers do not exist from --broker-list: {}. Current existent \
             brokers: {}",
            joined(&unknown),
            joined(&known)
        )));
    }
    if options.output.format == Format::Text {
        output.line("Querying brokers for log directories information")?;
    }
    let topics: BTreeSet<&str> = options
        .topics
        .split(',')
        .filter(|t| !t.is_empty())
        .collect();
    let mut described = Vec::new();
    for broker in &wanted {
        let mut dirs = admin.describe_log_dirs(*broker).await.map_err(failed)?;
        for dir in &mut dirs {
            dir.replicas.retain(|replica| {
                topics.is_empty() || topics.contains(replica.partition.topic.as_str())
            });
            dir.replicas.sort_by(|a, b| a.partition.cmp(&b.partition));
        }
        described.push((*broker, dirs));
    }
    print(&described, options.output.format, output)?;
    Ok(Exit::SUCCESS)
}

fn print(
    described: &[(BrokerId, Vec<LogDirDescription>)],
    format: Format,
    output: &mut Output,
) -> Result<(), CommandError> {
    match format {
        Format::Text => {
            let ids: Vec<_> = described.iter().map(|(broker, _)| *broker).collect();
            output.line(format!(
                "Received log directory information from brokers {}",
                joined(&ids)
            ))?;
            output.json(&document(described))
        }
        Format::Json => output.json(&document(described)),
        Format::Table => {
            let head = [
                "broker",
                "logDir",
                "partition",
                "size",
                "offsetLag",
                "isFuture",
            ];
            output.table(&head, &rows(described))
        }
    }
}

/// Returns Kafka's document.
fn document(described: &[(BrokerId, Vec<LogDirDescription>)]) -> Value {
    let brokers = described.iter().map(|(broker, dirs)| {
        let dirs = dirs.iter().map(|dir| {
            let partitions = dir.replicas.iter().map(|replica| {
                json!({
                    "partition": replica.partition.to_string(),
                    "size": replica.bytes,
                    "offsetLag": replica.offset_lag,
                    "isFuture": replica.is_future,
                })
            });
            let error = dir.error.as_ref().map(ClientError::class);
            json!({
                "partitions": partitions.collect::<Vec<_>>(),
                "error": error,
                "logDir": dir.path,
            })
        });
        json!({"broker": broker.0, "logDirs": dirs.collect::<Vec<_>>()})
    });
    json!({"brokers": brokers.collect::<Vec<_>>(), "version": 1})
}

fn rows(described: &[(BrokerId, Vec<LogDirDescription>)]) -> Vec<Vec<String>> {
    let mut rows = Vec::new();
    for (broker, dirs) in described {
        for dir in dirs {
            let place = [broker.to_string(), dir.path.clone()];
            if let Some(error) = &dir.error {
                let error = error.to_string();
                rows.push([&place[..], &[error, "-".into(), "-".into(), "-".into()]].concat());
            }
            for replica in &dir.replicas {
                let cells = [
                    replica.partition.to_string(),
                    replica.bytes.to_string(),
                    replica.offset_lag.to_string(),
                    replica.is_future.to_string(),
                ];
                rows.push([&place[..], &cells].concat());
            }
        }
    }
    rows
}

fn parse_brokers(list: &str) -> Result<BTreeSet<BrokerId>, CommandError> {
    let parse = |id: &str| {
        let wrong = |_| CommandError::failed(format!("For input string: \"{id}\""));
        id.trim().parse().map(BrokerId).map_err(wrong)
    };
    list.split(',').map(parse).collect()
}

fn joined<'a>(ids: impl IntoIterator<Item = &'a BrokerId>) -> String {
    let ids: Vec<_> = ids.into_iter().map(ToString::to_string).collect();
    ids.join(",")
}
