//! `kt status`: which broker the commands would use, and why; exit code 0 if it answers, 3 if not.
//!
//! Never starts one.

use std::path::PathBuf;
use std::time::Duration;

use serde::Serialize;

use super::local_broker::{KtHome, Registration, chosen};
use super::{CommandRow, probe};
use crate::cli::{
    AddressSource, BOOTSTRAP_VARIABLE, BrokerAddress, CommandError, ConnectionOptions, Exit,
    Format, Invocation, KAFKA_VERSION, Output, OutputOptions, PropertiesMap, parse_subcommands,
};

pub(super) const COMMAND: CommandRow = CommandRow {
    name: "status",
    script: None,
    about: "Tell which broker the commands use, and whether it answers",
    options: <Options as clap::CommandFactory>::command,
    run,
};

/// How long the broker may take to answer.
const ANSWER_TIMEOUT: Duration = Duration::from_secs(3);

/// Tell which broker the commands use, and whether it answers.
#[derive(Debug, clap::Parser)]
struct Options {
    #[command(flatten)]
    connection: ConnectionOptions,
    #[command(flatten)]
    output: OutputOptions,
}

/// What is known of the broker; fields that are not known are left out.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct Status {
    running: bool,
    source: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    bootstrap_server: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    cluster_id: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    brokers: Option<usize>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pid: Option<u32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    node_id: Option<i32>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    log_dirs: Vec<PathBuf>,
    #[serde(skip_serializing_if = "Option::is_none")]
    log_file: Option<PathBuf>,
    #[serde(skip_serializing_if = "Option::is_none")]
    reason: Option<String>,
    kt_version: &'static str,
    kafka_version: &'static str,
}

fn run(call: &Invocation, output: &mut Output) -> Result<Exit, CommandError> {
    let Some(options) = parse_subcommands::<Options>(&call.program, &call.words, output)? else {
        return Ok(Exit::SUCCESS);
    };
    let settings = options.connection.settings()?;
    let status = match options.connection.broker(output) {
        BrokerAddress::Named(address, source) => named(address, source, settings),
        BrokerAddress::Local => local(settings)?,
    };
    print(&status, options.output.format, output)?;
    Ok(if status.running {
        Exit::SUCCESS
    } else {
        Exit::NOT_RUNNING
    })
}

fn named(address: String, source: AddressSource, settings: PropertiesMap) -> Status {
    let source = match source {
        AddressSource::Option => "--bootstrap-server",
        AddressSource::Variable => BOOTSTRAP_VARIABLE,
    };
    let status = Status {
        source,
        ..Status::unknown()
    };
    status.asked(address, settings)
}

fn local(settings: PropertiesMap) -> Result<Status, CommandError> {
    let home = KtHome::of_environment()?;
    let Some(found) = chosen(&home)? else {
        let data = home.data();
        return Ok(Status {
            source: "none runs; a command would start the local broker",
            log_dirs: vec![data],
            ..Status::unknown()
        });
    };
    let bootstrap = found.bootstrap();
    let Registration {
        pid,
        node_id,
        log_dirs,
        log_file,
        ..
    } = found;
    let status = Status {
        source: "the local broker",
        pid: Some(pid),
        node_id: Some(node_id),
        log_dirs,
        log_file,
        ..Status::unknown()
    };
    Ok(status.asked(bootstrap, settings))
}

impl Status {
    /// Adds what the broker at this address answers.
    fn asked(mut self, address: String, settings: PropertiesMap) -> Self {
        match probe::answer(&address, settings, ANSWER_TIMEOUT) {
            Ok(cluster) => {
                self.running = true;
                self.cluster_id = cluster.cluster_id;
                self.brokers = Some(cluster.brokers.len());
            }
            Err(error) => self.reason = Some(error),
        }
        self.bootstrap_server = Some(address);
        self
    }

    const fn unknown() -> Self {
        Self {
            running: false,
            source: "",
            bootstrap_server: None,
            cluster_id: None,
            brokers: None,
            pid: None,
            node_id: None,
            log_dirs: Vec::new(),
            log_file: None,
            reason: None,
            kt_version: env!("CARGO_PKG_VERSION"),
            kafka_version: KAFKA_VERSION,
        }
    }

    fn rows(&self) -> Vec<(&'static str, String)> {
        let dirs: Vec<_> = self
            .log_dirs
            .iter()
            .map(|path| path.display().to_string())
            .collect();
        let state = if self.running {
            "running"
        } else {
            "not running"
        };
        let rows = [
            ("state", Some(state.to_owned())),
            ("reason", self.reason.clone()),
            ("broker", self.bootstrap_server.clone()),
            ("cluster id", self.cluster_id.clone()),
            ("brokers", self.brokers.map(|count| count.to_string())),
            ("chosen by", Some(self.source.to_owned())),
            ("node id", self.node_id.map(|id| id.to_string())),
            ("pid", self.pid.map(|pid| pid.to_string())),
            ("data", (!dirs.is_empty()).then(|| dirs.join(","))),
            (
                "log file",
                self.log_file
                    .as_ref()
                    .map(|path| path.display().to_string()),
            ),
            (
                "version",
                Some(format!(
                    "kt {}, Kafka {}",
                    self.kt_version, self.kafka_version
                )),
            ),
        ];
        rows.into_iter()
            .filter_map(|(name, value)| Some((name, value?)))
            .collect()
    }
}

fn print(status: &Status, format: Format, output: &mut Output) -> Result<(), CommandError> {
    match format {
        Format::Text => {
            for (name, value) in status.rows() {
                output.line(format_args!("{:12}{value}", format!("{name}:")))?;
            }
            Ok(())
        }
        Format::Json => output.json(status),
        Format::Table => {
            let rows: Vec<_> = status
                .rows()
                .into_iter()
                .map(|(name, value)| vec![name.to_owned(), value])
                .collect();
            output.table(&["WHAT", "VALUE"], &rows)
        }
    }
}
