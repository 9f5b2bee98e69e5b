//! The sending thread's work: reads records off the input and hands them to the producer.

use std::io::Read;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use super::format_reader::{FormatRead, FormatReader};
use super::input::{Block, LineInput};
use super::json_reader::JsonReader;
use super::line_reader::{LineError, LineReader};
use super::options::Options;
use super::record::InputRecord;
use crate::cli::{CommandError, Exit, LogLines, PropertiesMap};
use crate::client::producer::{Completion, Producer, ProducerRecord};
use crate::client::{ClientError, LogLevel};
use crate::record::Header;

/// The logger of Kafka's class that tells of records that were not sent.
const ERROR_LOGGER: &str = "org.apache.kafka.clients.producer.internals.ErrorLoggingCallback";

/// How records are read off the input.
#[derive(Debug)]
pub(super) enum InputReader {
    /// Kafka's way.
    Lines(LineReader),
    /// In the layout that `--format` gives.
    Format(FormatReader),
    /// In the lines that the consumer prints.
    Json(JsonReader),
}

impl InputReader {
    /// Returns the reader that the options ask for.
    pub(super) fn new(options: &Options, settings: &PropertiesMap) -> Result<Self, CommandError> {
        if options.is_json() {
            return Ok(Self::Json(JsonReader::default()));
        }
        match &options.record_format {
            Some(format) => FormatReader::new(format, settings).map(Self::Format),
            None => LineReader::new(settings)
                .map(Self::Lines)
                .map_err(CommandError::failed),
        }
    }
}

/// Counts and tells the records that were not sent.
#[derive(Clone, Debug)]
pub(super) struct Failures {
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
    /// Tells the records of a batch that was not stored.
    pub(super) fn report_batch(&self, done: &Completion<'_>) {
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
#[derive(Debug)]
pub(super) struct Sending {
    pub(super) producer: Producer,
    pub(super) reader: InputReader,
    /// The topic of the command line; only lines of JSON may name their own.
    pub(super) topic: Option<String>,
    pub(super) sync: bool,
    pub(super) failures: Failures,
}

impl Sending {
    /// Sends every record until the input ends, and waits until all of it is stored.
    pub(super) fn send_all(mut self, source: impl Read) -> Result<Exit, CommandError> {
        let result = self.send_input(&mut LineInput::new(source));
        // What was read before a bad record is sent all the same.
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

    fn send_input(&mut self, input: &mut LineInput<impl Read>) -> Result<(), CommandError> {
        let failed = |error| CommandError::failed(format!("Standard input: {error}"));
        loop {
            let InputReader::Format(reader) = &mut self.reader else {
                match input.next_block().map_err(failed)? {
                    Some(block) => self.send_block(block)?,
                    None => return Ok(()),
                }
                continue;
            };
            let (pending, ended) = (input.pending(), input.is_ended());
            let read = match (pending, ended) {
                ([], true) => return Ok(()),
                ([], false) => FormatRead::More,
                (pending, ended) => reader.read(pending, ended).map_err(CommandError::failed)?,
            };
            match read {
                FormatRead::More => input.fill().map_err(failed)?,
                FormatRead::Record(record, bytes) => {
                    input.skip(bytes);
                    self.send_record(&record)?;
                }
            }
        }
    }

    fn send_block(&mut self, block: Block<'_>) -> Result<(), CommandError> {
        if let (InputReader::Lines(reader), Some(topic)) = (&self.reader, &self.topic)
            && reader.is_plain()
            && !self.sync
            && block.is_utf8()
        {
            let failures = &self.failures;
            self.producer
                .send_values(topic, block.lines(), |value, error| {
                    failures.report(topic, None, Some(value), &error);
                });
            return Ok(());
        }
        for line in block.lines() {
            let record = match &mut self.reader {
                InputReader::Json(reader) => reader.read(line).map_err(CommandError::failed)?,
                InputReader::Lines(reader) => {
                    // What is not UTF-8 becomes U+FFFD, as in Java.
                    let line = String::from_utf8_lossy(line);
                    Some(reader.read(&line).map_err(bad_line)?)
                }
                InputReader::Format(_) => None,
            };
            if let Some(record) = record {
                self.send_record(&record)?;
            }
        }
        Ok(())
    }

    fn send_record(&mut self, record: &InputRecord) -> Result<(), CommandError> {
        let Some(topic) = self.topic.as_deref().or(record.topic.as_deref()) else {
            return Err(self.refused("it names no topic, and there is no --topic".to_owned()));
        };
        let (key, value) = (record.key.as_deref(), record.value.as_deref());
        let result = match record.partition {
            Some(partition) => self.producer.partitions(topic).map(|count| {
                // The producer would wait for the partition to appear, for each record anew.
                let is_there = usize::try_from(partition).is_ok_and(|number| number < count);
                (!is_there).then_some((partition, count))
            }),
            None => Ok(None),
        };
        let result = match result {
            Ok(Some((partition, count))) => {
                let partitions = if count == 1 {
                    "partition"
                } else {
                    "partitions"
                };
                let error = self.refused(format!(
                    "it is for partition {partition}, and topic {topic} has {count} {partitions}"
                ));
                return Err(error.hint(
                    "kt topics makes a topic with as many partitions; a record that names none \
                     goes where its key, or the producer, says.",
                ));
            }
            Ok(None) => {
                let headers: Vec<_> = record
                    .headers
                    .iter()
                    .map(|(name, value)| Header {
                        key: name,
                        value: value.as_deref(),
                    })
                    .collect();
                let record = ProducerRecord {
                    topic,
                    partition: record.partition,
                    timestamp: record.timestamp,
                    key,
                    value,
                    headers: &headers,
                    ..ProducerRecord::default()
                };
                if self.sync {
                    self.producer.send_and_wait(&record).map(drop)
                } else {
                    self.producer.send(&record)
                }
            }
            Err(error) => Err(error),
        };
        match result {
            Err(error) if self.sync => {
                let error = error.java();
                Err(CommandError::failed(format!(
                    "java.util.concurrent.ExecutionException: {error}"
                )))
            }
            Err(error) => {
                self.failures.report(topic, key, value, &error);
                Ok(())
            }
            Ok(()) => Ok(()),
        }
    }

    /// Returns the failure of the record that was read last, which cannot be sent.
    fn refused(&self, reason: String) -> CommandError {
        match &self.reader {
            InputReader::Json(reader) => CommandError::failed(reader.failure(reason)),
            InputReader::Format(reader) => CommandError::failed(reader.last_failure(reason)),
            InputReader::Lines(_) => CommandError::failed(reason),
        }
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
