//! `console-producer` (ConsoleProducer): lines of standard input become records of a topic.
//!
//! Standard input is read by a thread of its own, and the records are sent by another, so that a
//! signal ends the command at any moment: what was read before is still sent, as far as that takes
//! no longer than [`GRACE`].

mod input;
mod line_reader;
mod options;
mod stdin;

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::mpsc;
use std::time::Duration;

use clap::CommandFactory;

use super::CommandRow;
use super::admin_client::tool_log;
use super::signals::on_signal;
use crate::cli::{CommandError, Exit, Invocation, LogLines, Output, SyntaxError};
use crate::client::producer::{Completion, Producer, ProducerConfig, ProducerRecord};
use crate::client::{ClientError, LogLevel};
use crate::record::Header;

use input::{Block, LineInput};
use line_reader::{LineError, LineReader, LineRecord};
use options::Options;
use stdin::StdinSource;

pub(super) const COMMAND: CommandRow = CommandRow {
    name: "console-producer",
    script: Some("kafka-console-producer"),
    about: "Send the lines of standard input to a topic",
    options: Options::command,
    run,
};

/// How long the records that were read may take to be sent once a signal has come.
const GRACE: Duration = Duration::from_secs(10);

/// The logger of Kafka's class that tells of records that were not sent.
const ERROR_LOGGER: &str = "org.apache.kafka.clients.producer.internals.ErrorLoggingCallback";

fn run(call: &Invocation, output: &mut Output) -> Result<Exit, CommandError> {
    let refused = |error: SyntaxError| CommandError::usage(error, &Options::command());
    let Some(options) = call.options::<Options>(output, refused)? else {
        return Ok(Exit::SUCCESS);
    };
    let mut request = options.check(output)?;
    let reader = LineReader::new(&request.reader).map_err(CommandError::failed)?;
    request.connect(output)?;
    let config = ProducerConfig::from_map(&request.producer, tool_log())
        .map_err(|error| CommandError::failed(error.java()))?;
    let failures = Failures::default();
    let counted = failures.clone();
    let on_completion = Box::new(move |done: &Completion<'_>| counted.report_batch(done));
    let producer = Producer::start(config, on_completion)
        .map_err(|error| CommandError::failed(format!("The producer could not start: {error}")))?;
    let prompt = output.stdout_is_terminal() && stdin::is_terminal();
    let (source, stop) = StdinSource::start(prompt);
    let sending = Sending {
        producer,
        reader,
        topic: request.topic,
        sync: options.sync,
        failures,
    };
    let (events, ended) = mpsc::channel();
    let signals = events.clone();
    // If nobody listens any more, the command is at its end.
    on_signal(move |exit| drop(signals.send(Ended::BySignal(exit))))?;
    std::thread::spawn(move || {
        // If nobody listens any more, a signal has ended the command.
        drop(events.send(Ended::Done(sending.send_all(source))));
    });
    match ended.recv() {
        Ok(Ended::Done(result)) => result,
        Ok(Ended::BySignal(exit)) => {
            stop.stop();
            // A second signal, or a broker that does not answer, ends the wait.
            match ended.recv_timeout(GRACE) {
                Ok(Ended::Done(Ok(_))) => Ok(exit),
                Ok(Ended::Done(Err(error))) => Err(error.with_exit(exit)),
                Ok(Ended::BySignal(_)) | Err(_) => {
                    let sentence = "Lines that no broker had acknowledged may not have been sent";
                    Err(CommandError::failed(sentence).with_exit(exit))
                }
            }
        }
        Err(_) => Err(CommandError::failed("The sending thread ended early")),
    }
}

/// What ends the command.
#[derive(Debug)]
enum Ended {
    /// All is sent, or something failed.
    Done(Result<Exit, CommandError>),
    /// A signal, and the exit code that stands for it.
    BySignal(Exit),
}

/// Counts and tells the records that were not sent.
#[derive(Clone, Debug)]
struct Failures {
    count: Arc<AtomicU64>,
    lines: LogLines,
}

impl Default for Failures {
    fn default() -> Self {
        Self {
            count: Arc::default(),
            lines: LogLines::of_system(),
        }
    }
}

impl Failures {
    fn report_batch(&self, done: &Completion<'_>) {
        if let Err(error) = done.result {
            done.for_each_record(|key, value| self.report(done.topic, key, value, error));
        }
    }

    fn report(&self, topic: &str, key: Option<&[u8]>, value: Option<&[u8]>, error: &ClientError) {
        self.count.fetch_add(1, Ordering::Relaxed);
        let shown = |bytes: Option<&[u8]>| {
            bytes.map_or_else(
                || "null".to_owned(),
                |bytes| format!("{} bytes", bytes.len()),
            )
        };
        let message = format!(
            "Error when sending message to topic {topic} with key: {}, value: {} with error:",
            shown(key),
            shown(value)
        );
        let level = LogLevel::Error.name();
        self.lines
            .to_stderr_with_cause(level, message, ERROR_LOGGER, error.java());
    }
}

/// All that the sending thread has.
struct Sending {
    producer: Producer,
    reader: LineReader,
    topic: String,
    sync: bool,
    failures: Failures,
}

impl Sending {
    /// Sends every line until the input ends, and waits until all of it is stored.
    fn send_all(mut self, source: StdinSource) -> Result<Exit, CommandError> {
        let mut input = LineInput::new(source);
        let result = loop {
            match input.next_block() {
                Ok(Some(block)) => {
                    if let Err(error) = self.send_block(block) {
                        break Err(error);
                    }
                }
                Ok(None) => break Ok(()),
                Err(error) => {
                    break Err(CommandError::failed(format!("Standard input: {error}")));
                }
            }
        };
        // What was read before a bad line is sent all the same.
        self.producer.close(None);
        result?;
        match self.failures.count.load(Ordering::Relaxed) {
            0 => Ok(Exit::SUCCESS),
            1 => Err(CommandError::failed("One record was not sent")),
            count => Err(CommandError::failed(format!(
                "{count} records were not sent"
            ))),
        }
    }

    fn send_block(&mut self, block: Block<'_>) -> Result<(), CommandError> {
        if self.reader.is_plain() && !self.sync && block.is_utf8() {
            let (topic, failures) = (&self.topic, &self.failures);
            self.producer
                .send_values(topic, block.lines(), |value, error| {
                    failures.report(topic, None, Some(value), &error);
                });
            return Ok(());
        }
        for line in block.lines() {
            // What is not UTF-8 becomes U+FFFD, as in Java.
            let line = String::from_utf8_lossy(line);
            let record = self.reader.read(&line).map_err(bad_line)?;
            self.send_record(&record)?;
        }
        Ok(())
    }

    fn send_record(&mut self, record: &LineRecord) -> Result<(), CommandError> {
        let headers: Vec<_> = record
            .headers
            .iter()
            .map(|(name, value)| Header {
                key: name.as_bytes(),
                value: value.as_deref(),
            })
            .collect();
        let (key, value) = (record.key.as_deref(), record.value.as_deref());
        let record = ProducerRecord {
            topic: &self.topic,
            key,
            value,
            headers: &headers,
            ..ProducerRecord::default()
        };
        if self.sync {
            let failed = |error: ClientError| {
                let error = error.java();
                CommandError::failed(format!("java.util.concurrent.ExecutionException: {error}"))
            };
            return self
                .producer
                .send_and_wait(&record)
                .map(drop)
                .map_err(failed);
        }
        if let Err(error) = self.producer.send(&record) {
            self.failures.report(&self.topic, key, value, &error);
        }
        Ok(())
    }
}

fn bad_line(error: LineError) -> CommandError {
    let hint = match error {
        LineError::NoSeparator { .. } | LineError::NoHeaderSeparator { .. } => {
            "--reader-property ignore.error=true takes such lines as they are."
        }
        _ => return CommandError::failed(error),
    };
    CommandError::failed(error).hint(hint)
}
