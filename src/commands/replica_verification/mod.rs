//! `replica-verification` (ReplicaVerificationTool): compares the replicas of partitions, and tells
//! from time to time how far the slowest is behind.
//!
//! Runs until it is ended, as Kafka's, or with `--exit-at-end` until everything was compared that
//! was there when it began. A partition of one replica has nothing to be compared with.

mod compare;
mod rounds;

use super::CommandRow;
use super::admin_client::with_admin;
use super::topics::TopicFilter;
use crate::cli::{
    CalledAs, CommandError, ConnectionOptions, Exit, Invocation, LogLines, Number, Output,
    OutputOptions, looks_like_host_port,
};
use crate::client::{Admin, ClientError};

use rounds::{Plan, run_rounds};

pub(super) const COMMAND: CommandRow = CommandRow {
    name: "replica-verification",
    script: Some("kafka-replica-verification"),
    about: "Compare the replicas of partitions, and tell how far they are behind",
    options: <Options as clap::CommandFactory>::command,
    run,
};

/// The logger of Kafka's tool.
const LOGGER: &str = "org.apache.kafka.tools.ReplicaVerificationTool";

/// Validate that all replicas for a set of topics have the same data.
#[derive(Debug, clap::Parser)]
#[command(about = "Validate that all replicas for a set of topics have the same data.")]
struct Options {
    #[command(flatten)]
    connection: ConnectionOptions,
    /// The list of hostname and port of the server to connect to.
    #[arg(
        long = "broker-list",
        value_name = "String: hostname:port,...,hostname:port"
    )]
    broker_list: Option<String>,
    /// The fetch size of each request.
    #[arg(
        long = "fetch-size",
        value_name = "Integer: bytes",
        default_value = "1048576"
    )]
    fetch_size: Number<i32>,
    /// The max amount of time each fetch request waits.
    #[arg(
        long = "max-wait-ms",
        value_name = "Integer: ms",
        default_value = "1000"
    )]
    max_wait_ms: Number<i32>,
    /// List of topics to verify replica consistency.
    #[arg(
        long = "topics-include",
        value_name = "String: Java regex (String)",
        default_value = ".*"
    )]
    topics_include: String,
    /// The name of `--topics-include` before 3.0.
    #[arg(long = "topic-white-list", hide = true, value_name = "String")]
    topic_white_list: Option<String>,
    /// Timestamp for getting the initial offsets.
    #[arg(
        long = "time",
        value_name = "Long: timestamp/-1(latest)/-2(earliest)",
        default_value = "-1"
    )]
    time: Number<i64>,
    /// The reporting interval.
    #[arg(
        long = "report-interval-ms",
        value_name = "Long: ms",
        default_value = "30000"
    )]
    report_interval_ms: Number<i64>,
    /// End once everything was compared that was there at the start; the exit code is 1 if
    /// replicas differ.
    #[arg(long = "exit-at-end")]
    exit_at_end: bool,
    #[command(flatten)]
    output: OutputOptions,
}

fn run(call: &Invocation, output: &mut Output) -> Result<Exit, CommandError> {
    let lines = LogLines::of_system();
    if call.called_as == CalledAs::Script {
        let warning = "This tool is deprecated and may be removed in a future major release.";
        output.note(lines.line("WARN", warning, LOGGER));
    }
    let refused = |error| CommandError::from(error).hint(call.help_hint());
    let Some(mut options) = call.options::<Options>(output, refused)? else {
        return Ok(Exit::SUCCESS);
    };
    if let Some(pattern) = options.topic_white_list.take() {
        options.topics_include = pattern;
    }
    if let Some(list) = options.broker_list.take() {
        options.connection.bootstrap_server = Some(list);
    }
    let usage = |sentence: &str| {
        let command = <Options as clap::CommandFactory>::command();
        CommandError::usage(sentence, &command)
    };
    match &options.connection.bootstrap_server {
        None if call.called_as == CalledAs::Script => {
            return Err(usage("Missing required argument \"[broker-list]\""));
        }
        Some(list) if !looks_like_host_port(list) => {
            let sentence = "Please provide valid host:port like host1:9091,host2:9092\n";
            return Err(usage(sentence));
        }
        _ => {}
    }
    let plan = plan(&options)?;
    let failed = |error: ClientError| CommandError::failed(error.java());
    with_admin(
        &options.connection,
        output,
        failed,
        async |admin: Admin, output: &mut Output| run_rounds(&admin, &plan, &lines, output).await,
    )
}

fn plan(options: &Options) -> Result<Plan, CommandError> {
    let topics = TopicFilter::new(&options.topics_include).map_err(|_| {
        CommandError::failed(format!("{} is an invalid regex", options.topics_include))
    })?;
    Ok(Plan {
        topics,
        fetch_bytes: options.fetch_size.value("fetch-size")?,
        wait_ms: options.max_wait_ms.value("max-wait-ms")?,
        time: options.time.value("time")?,
        report_interval_ms: options.report_interval_ms.value("report-interval-ms")?,
        exits_at_end: options.exit_at_end,
        format: options.output.format,
    })
}
