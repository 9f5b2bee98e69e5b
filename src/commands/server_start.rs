//! `server-start`: runs a broker until SIGTERM or SIGINT.
//!
//! `server-start [-daemon] [server.properties] [--override key=value]...`; without a file it is the
//! local broker, on KT_HOME's data. A file without `listeners` means the loopback only. Once the
//! broker answers it is registered in KT_HOME, so that other commands find it, and the lines that
//! scripts and containers wait for are in its log.

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::path::PathBuf;

use tokio::signal::unix::{SignalKind, signal};

use super::embedded_broker::{EmbeddedBroker, is_address_taken, start_broker};
use super::local_broker::{
    Background, KtHome, Registration, RegistrationGuard, detach, process_start_time, register,
    start_in_background,
};
use super::{CommandRow, private_broker, server_log};
use crate::cli::{
    CalledAs, CommandError, Exit, Invocation, KAFKA_VERSION, Output, Parsed, SyntaxError,
    check_pairs, key_value_pairs, parse, read_properties_file, usage_table,
};
use crate::clock::SystemClock;
use crate::fs::RealFs;

pub(super) const COMMAND: CommandRow = CommandRow {
    name: "server-start",
    script: Some("kafka-server-start"),
    about: "Run a broker (-daemon: in the background)",
    options: <Options as clap::CommandFactory>::command,
    run,
};

/// The first word that asks for a broker in the background.
const DAEMON: &str = "-daemon";

/// The port that clients expect.
const DEFAULT_PORT: u16 = 9092;

/// Run a broker: [-daemon] [server.properties] [--override property=value]...
#[derive(Debug, PartialEq, clap::Parser)]
struct Options {
    /// Setting that takes the place of the one in the file; may be given more than once.
    #[arg(long = "override", value_name = "String: property=value")]
    overrides: Vec<String>,
}

fn run(call: &Invocation, output: &mut Output) -> Result<Exit, CommandError> {
    let usage = format!(
        "USAGE: {} [-daemon] server.properties [--override property=value]*",
        call.program
    );
    if call.words.is_empty() && call.called_as == CalledAs::Script {
        return Err(CommandError::failed(usage).on_stdout());
    }
    let (private, words) = private_broker::split_mode(&call.words);
    let words = detach(words)?;
    let (daemon, words) = match words.split_first() {
        Some((first, rest)) if first == DAEMON => (true, rest),
        _ => (false, words),
    };
    let (file, options) = match read_words(words)? {
        Parsed::Options(options) => options,
        Parsed::Help => {
            output.line(usage)?;
            output.text(usage_table(&<Options as clap::CommandFactory>::command()))?;
            return Ok(Exit::SUCCESS);
        }
        Parsed::Version => {
            output.line(KAFKA_VERSION)?;
            return Ok(Exit::SUCCESS);
        }
    };
    let home = KtHome::of_environment()?;
    // Read before anything else, so that a missing file is told at once with -daemon too.
    let from_file = file
        .as_deref()
        .map(|path| read_properties_file(&RealFs, path))
        .transpose()?;
    if daemon {
        start_in_background(&home, &Background::with_words(words.to_vec()))?;
        return Ok(Exit::SUCCESS);
    }
    check_pairs(&options.overrides)?;
    let overrides = key_value_pairs(&options.overrides);
    let asks_listeners = overrides.iter().any(|(key, _)| key == "listeners");
    let port = if from_file.is_none() && !asks_listeners {
        Port::AnyIfTaken
    } else {
        Port::Asked
    };
    let mut properties = match from_file {
        Some(properties) => properties,
        None => local_properties(&home),
    };
    properties.extend(overrides);
    complete(&mut properties);
    server_log::install();
    serve(&home, (properties, port), private)
}

/// Whether another port will do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Port {
    /// The one that was asked for, or none.
    Asked,
    /// Any other if it is taken: commands find the local broker by its file.
    AnyIfTaken,
}

/// Starts the broker, on another port if the usual one is taken and that will do.
async fn start(
    mut properties: BTreeMap<String, String>,
    port: Port,
) -> anyhow::Result<EmbeddedBroker> {
    match start_broker(properties.clone()).await {
        Err(error) if port == Port::AnyIfTaken && is_address_taken(&error) => {
            properties.insert("listeners".to_owned(), "PLAINTEXT://127.0.0.1:0".to_owned());
            start_broker(properties).await
        }
        started => started,
    }
}

/// Splits the words into the file, if there is one, and the options.
fn read_words(words: &[OsString]) -> Result<Parsed<(Option<String>, Options)>, CommandError> {
    let (file, rest) = match words.split_first() {
        Some((first, rest)) if !first.as_encoded_bytes().starts_with(b"-") => {
            let name = first.to_str().ok_or_else(|| {
                CommandError::from(SyntaxError::NotUtf8(first.display().to_string()))
            })?;
            (Some(name.to_owned()), rest)
        }
        _ => (None, words),
    };
    let command = <Options as clap::CommandFactory>::command();
    let refused = |error: SyntaxError| CommandError::usage(error, &command);
    let parsed = parse::<Options>(rest).map_err(refused)?;
    if matches!(parsed, Parsed::Options(_)) {
        let stray = stray_words(rest);
        if !stray.is_empty() {
            let sentence = format!("Found non argument parameters: {}", stray.join(","));
            return Err(CommandError::usage(sentence, &command));
        }
    }
    Ok(match parsed {
        Parsed::Options(options) => Parsed::Options((file, options)),
        Parsed::Help => Parsed::Help,
        Parsed::Version => Parsed::Version,
    })
}

/// Returns the words that are neither options nor their arguments.
fn stray_words(words: &[OsString]) -> Vec<String> {
    let mut stray = Vec::new();
    let mut words = words.iter().map(|word| word.to_string_lossy());
    while let Some(word) = words.next() {
        if !word.starts_with('-') {
            stray.push(word.into_owned());
        } else if !word.contains('=') {
            words.next();
        }
    }
    stray
}

/// Returns the settings of the local broker.
fn local_properties(home: &KtHome) -> BTreeMap<String, String> {
    [
        ("node.id", "1".to_owned()),
        ("listeners", format!("PLAINTEXT://127.0.0.1:{DEFAULT_PORT}")),
        ("log.dirs", home.data().display().to_string()),
        ("group.initial.rebalance.delay.ms", "0".to_owned()),
    ]
    .map(|(key, value)| (key.to_owned(), value))
    .into()
}

/// Adds what a file may leave out: a listener on the loopback, and internal topics that a single
/// broker can hold.
fn complete(properties: &mut BTreeMap<String, String>) {
    if !properties.contains_key("listeners") {
        // Names of releases before 3.0.
        let host = properties
            .get("host.name")
            .map_or("127.0.0.1", String::as_str);
        let port = properties
            .get("port")
            .cloned()
            .unwrap_or_else(|| DEFAULT_PORT.to_string());
        let listener = format!("PLAINTEXT://{host}:{port}");
        properties.insert("listeners".to_owned(), listener);
    }
    let voters = properties
        .get("controller.quorum.voters")
        .map_or("", String::as_str);
    let alone =
        !voters.contains(',') && !properties.contains_key("controller.quorum.bootstrap.servers");
    if alone {
        for key in [
            "offsets.topic.replication.factor",
            "transaction.state.log.replication.factor",
            "transaction.state.log.min.isr",
            "share.coordinator.state.topic.replication.factor",
            "share.coordinator.state.topic.min.isr",
        ] {
            properties
                .entry(key.to_owned())
                .or_insert_with(|| "1".to_owned());
        }
    }
}

/// Runs the broker until a signal, or until the parent of a private one is gone.
fn serve(
    home: &KtHome,
    properties: (BTreeMap<String, String>, Port),
    private: Option<private_broker::Mode>,
) -> Result<Exit, CommandError> {
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()
        .map_err(|error| CommandError::failed(format!("The runtime could not start: {error}")))?;
    let result = runtime.block_on(serve_until_ended(home, properties, private));
    // After a failed start the parent reads the log, and then deletes the folder.
    if private == Some(private_broker::Mode::Delete) && result.is_ok() {
        private_broker::delete(home);
    }
    result.inspect_err(|error| {
        tracing::error!(
            logger = "kafka.Kafka$",
            cause = %error,
            "Exiting Kafka due to fatal exception"
        );
    })
}

async fn serve_until_ended(
    home: &KtHome,
    properties: (BTreeMap<String, String>, Port),
    private: Option<private_broker::Mode>,
) -> Result<Exit, CommandError> {
    let (properties, port) = properties;
    let failed = |error: std::io::Error| CommandError::failed(format!("Signals: {error}"));
    let mut terminate = signal(SignalKind::terminate()).map_err(failed)?;
    let mut interrupt = signal(SignalKind::interrupt()).map_err(failed)?;
    let mut hang_up = signal(SignalKind::hangup()).map_err(failed)?;

    announce_version();
    let broker = tokio::select! {
        started = start(properties, port) => started?,
        // A signal during recovery ends the start; nothing was acknowledged yet.
        _ = terminate.recv() => return Ok(ended_by("SIGTERM", Exit::TERMINATED)),
        _ = interrupt.recv() => return Ok(ended_by("SIGINT", Exit::INTERRUPTED)),
    };
    let guard = announce(home, &broker)?;
    let exit = tokio::select! {
        _ = terminate.recv() => ended_by("SIGTERM", Exit::TERMINATED),
        _ = interrupt.recv() => ended_by("SIGINT", Exit::INTERRUPTED),
        _ = hang_up.recv() => ended_by("SIGHUP", Exit(129)),
        () = private_broker::parent_gone(private) => Exit::SUCCESS,
        () = broker.failed() => {
            tracing::error!(
                logger = "kafka.log.LogManager",
                "Shutdown broker because all log dirs have failed"
            );
            Exit::FAILURE
        }
    };
    broker.shutdown().await;
    tracing::info!(
        logger = "kafka.server.KafkaRaftServer",
        "Kafka Server stopped"
    );
    // Last: who waits for the broker's end waits for this.
    drop(guard);
    Ok(exit)
}

fn ended_by(name: &str, exit: Exit) -> Exit {
    let logger = "org.apache.kafka.common.utils.LoggingSignalHandler";
    tracing::info!(logger, "Terminating process due to signal {name}");
    exit
}

/// Writes the lines of Kafka's `AppInfoParser`.
fn announce_version() {
    let logger = "org.apache.kafka.common.utils.AppInfoParser";
    tracing::info!(logger, "Kafka version: {KAFKA_VERSION}");
    tracing::info!(logger, "Kafka commitId: kt-{}", env!("CARGO_PKG_VERSION"));
    tracing::info!(
        logger,
        "Kafka startTimeMs: {}",
        SystemClock::shared().now_ms()
    );
}

/// Registers the broker and writes the lines that others wait for.
fn announce(
    home: &KtHome,
    broker: &EmbeddedBroker,
) -> Result<RegistrationGuard<'static>, CommandError> {
    let pid = std::process::id();
    let registration = Registration {
        pid,
        start_time: process_start_time(&RealFs, pid),
        node_id: broker.node_id,
        listeners: broker
            .listeners
            .iter()
            .map(|text| reachable(text))
            .collect(),
        log_dirs: broker.log_dirs.clone(),
        log_file: std::env::var_os("KT_LOG_FILE").map(PathBuf::from),
    };
    let guard = register(&RealFs, home, &registration)
        .map_err(|error| CommandError::failed(format!("{}: {error}", home.run().display())))?;
    let id = broker.node_id;
    for listener in &broker.listeners {
        let address = listener
            .split_once("://")
            .map_or(listener.as_str(), |(_, rest)| rest);
        let logger = "kafka.network.DataPlaneAcceptor";
        tracing::info!(logger, "Awaiting socket connections on {address}.");
    }
    tracing::info!(
        logger = "kafka.server.BrokerLifecycleManager",
        "[BrokerLifecycleManager id={id}] The broker has been unfenced. Transitioning from \
         RECOVERY to RUNNING."
    );
    tracing::info!(
        logger = "kafka.server.KafkaServer",
        "[KafkaServer id={id}] started"
    );
    tracing::info!(
        logger = "kafka.server.KafkaRaftServer",
        "[KafkaRaftServer nodeId={id}] Kafka Server started"
    );
    Ok(guard)
}

/// Returns a listener's address as this machine reaches it.
fn reachable(listener: &str) -> String {
    listener
        .replace("//0.0.0.0:", "//127.0.0.1:")
        .replace("//[::]:", "//127.0.0.1:")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn words(line: &str) -> Vec<OsString> {
        line.split_whitespace().map(OsString::from).collect()
    }

    fn read(line: &str) -> (Option<String>, Vec<String>) {
        match read_words(&words(line)).unwrap() {
            Parsed::Options((file, options)) => (file, options.overrides),
            other => panic!("{line}: {other:?}"),
        }
    }

    #[test]
    fn a_file_may_come_first_and_overrides_follow() {
        let (file, overrides) = read("a.properties --override b=c=d --override=e=");
        assert_eq!(file.as_deref(), Some("a.properties"));
        assert_eq!(overrides, ["b=c=d", "e="]);
        assert_eq!(read("--override b=c"), (None, vec!["b=c".to_owned()]));
    }

    #[test]
    fn stray_words_are_refused() {
        let error = read_words(&words("a.properties foo --override a=b bar")).unwrap_err();
        assert_eq!(error.sentence(), "Found non argument parameters: foo,bar");
        let error = read_words(&words("a.properties --bogus")).unwrap_err();
        assert_eq!(error.sentence(), "bogus is not a recognized option");
    }

    #[test]
    fn a_file_without_listeners_means_the_loopback() {
        let mut properties = BTreeMap::new();
        complete(&mut properties);
        assert_eq!(properties["listeners"], "PLAINTEXT://127.0.0.1:9092");
        assert_eq!(properties["offsets.topic.replication.factor"], "1");
        let mut properties: BTreeMap<_, _> = [
            ("port".to_owned(), "9999".to_owned()),
            (
                "controller.quorum.voters".to_owned(),
                "1@a:1,2@b:2".to_owned(),
            ),
        ]
        .into();
        complete(&mut properties);
        assert_eq!(properties["listeners"], "PLAINTEXT://127.0.0.1:9999");
        assert!(!properties.contains_key("offsets.topic.replication.factor"));
    }
}
