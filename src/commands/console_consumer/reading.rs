//! The loop: polls, shows records, knows when enough was read.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicU8, Ordering};
use std::time::Duration;

use super::end_offsets::EndOffsets;
use super::formatter::{FormatError, Formatter, ShownRecord, Timestamp};
use super::options::Request;
use super::{LOGGER, is_streamed, json};
use crate::cli::{CommandError, Format, LogLines, Output};
use crate::client::consumer::{Consumer, ConsumerRecord, FetchedBatch};
use crate::client::{ClientError, LogLevel};
use crate::clock::{Clock, SystemClock};
use crate::record::TimestampType;
use crate::types::{Offset, TopicPartition};

/// How long one poll waits where nothing limits it.
const POLL_TIMEOUT: Duration = Duration::from_secs(3600);

/// How long the end of a membership may take, as Kafka's consumer has it.
const CLOSE_TIMEOUT: Duration = Duration::from_secs(30);

/// How often the end is looked for while nothing comes (control records bring no poll to an end).
const END_POLL: Duration = Duration::from_millis(50);

/// How much is gathered before it goes to stdout.
const OUT_BYTES: usize = 64 * 1024;

/// Why the reading ended before what was asked for was read.
#[derive(Debug)]
pub(super) enum Stopped {
    /// No record came in time.
    TimedOut,
    /// The client failed.
    Client(ClientError),
    /// A record cannot be shown.
    Format(FormatError),
    /// Stdout takes nothing more.
    Output(CommandError),
}

/// A consumer whose records are shown.
#[derive(Debug)]
pub(super) struct Reading {
    consumer: Consumer,
    clock: Arc<dyn Clock>,
    timeout: Option<Duration>,
    show: Show,
    /// Whether positions are a group's, which are to be exact at the end.
    in_group: bool,
    /// How far the last poll was shown, in a group.
    seen: BTreeMap<TopicPartition, Offset>,
    /// Whether a record that cannot be shown is passed over.
    pub(super) skip_on_error: bool,
}

/// What is shown, and how much of it is left.
#[derive(Debug)]
struct Show {
    formatter: Formatter,
    format: Format,
    plain: bool,
    left: Option<u64>,
    count: u64,
    /// The offset behind the last record that was shown.
    next: Offset,
    out: Vec<u8>,
    rows: Vec<Vec<String>>,
    lines: LogLines,
}

impl Reading {
    pub(super) fn new(
        consumer: Consumer,
        request: &Request,
        formatter: Formatter,
        format: Format,
    ) -> Self {
        let plain = formatter.is_plain() && format == Format::Text;
        Self {
            consumer,
            clock: SystemClock::shared(),
            timeout: request.timeout,
            show: Show {
                formatter,
                format,
                plain,
                left: request.max_messages,
                count: 0,
                next: Offset::ZERO,
                out: Vec::with_capacity(OUT_BYTES * 2),
                rows: Vec::new(),
                lines: LogLines::of_system(),
            },
            in_group: request.group.is_some(),
            seen: BTreeMap::new(),
            skip_on_error: false,
        }
    }

    /// Returns how many records were read.
    pub(super) const fn count(&self) -> u64 {
        self.show.count
    }

    /// Commits, if that is done by itself, and leaves the group; a failure was logged.
    pub(super) fn close(&mut self) {
        let _logged = self.consumer.close(CLOSE_TIMEOUT);
    }

    /// Reads until the limit, the end, the time-out, or a signal.
    pub(super) fn read(
        &mut self,
        end: Option<EndOffsets>,
        stopped: &AtomicU8,
        output: &mut Output,
    ) -> Result<(), Stopped> {
        let result = self.read_records(end.as_ref(), stopped, output);
        if !is_streamed(self.show.format) {
            let head = ["PARTITION", "OFFSET", "TIMESTAMP", "KEY", "VALUE"];
            output
                .table(&head, &self.show.rows)
                .map_err(Stopped::Output)?;
        }
        result
    }

    fn read_records(
        &mut self,
        end: Option<&EndOffsets>,
        stopped: &AtomicU8,
        output: &mut Output,
    ) -> Result<(), Stopped> {
        let mut last_record = self.clock.monotonic();
        loop {
            if stopped.load(Ordering::SeqCst) != 0 {
                return Ok(());
            }
            let enough = self.show.left == Some(0);
            if enough || end.is_some_and(|end| end.are_reached(&self.consumer)) {
                self.give_back();
                return Ok(());
            }
            let wait = match self.timeout {
                None => POLL_TIMEOUT,
                Some(timeout) => {
                    let waited = self.clock.monotonic().saturating_sub(last_record);
                    timeout.checked_sub(waited).ok_or(Stopped::TimedOut)?
                }
            };
            let wait = if end.is_some() {
                wait.min(END_POLL)
            } else {
                wait
            };
            let before = self.show.count;
            if let Err(stopped) = self.poll(wait, end, output) {
                self.give_back();
                return Err(stopped);
            }
            output.flush().map_err(Stopped::Output)?;
            if self.show.count > before {
                last_record = self.clock.monotonic();
            }
        }
    }
}

impl Reading {
    /// Has the group's next member go on behind what was shown, not behind what was fetched.
    fn give_back(&mut self) {
        if self.in_group {
            self.consumer.give_back(&self.seen);
        }
    }

    /// Polls once and shows what came; notes how far.
    fn poll(
        &mut self,
        wait: Duration,
        end: Option<&EndOffsets>,
        output: &mut Output,
    ) -> Result<(), Stopped> {
        self.seen.clear();
        let mut fetched = self.consumer.poll(wait).map_err(Stopped::Client)?;
        while let Some(batch) = fetched.next_batch().map_err(Stopped::Client)? {
            let until = match end {
                Some(end) => end.of(batch.topic, batch.partition).or(Some(Offset::ZERO)),
                None => None,
            };
            let place = TopicPartition::new(&**batch.topic, batch.partition);
            let before = self.show.count;
            let result = self.show.batch(batch, until, self.skip_on_error, output);
            if self.in_group && (self.show.count > before || result.is_err()) {
                self.seen.insert(place, self.show.next);
            }
            result?;
            if self.show.left == Some(0) {
                break;
            }
        }
        self.show.hand_over(output)
    }
}

impl Show {
    /// Shows the records of a batch, those before `until` if that is given.
    fn batch(
        &mut self,
        batch: FetchedBatch<'_>,
        until: Option<Offset>,
        skip_on_error: bool,
        output: &mut Output,
    ) -> Result<(), Stopped> {
        let place = (batch.topic.as_ref(), batch.partition, batch.timestamp_type);
        for record in batch.records {
            let record = record.map_err(Stopped::Client)?;
            if self.left == Some(0) || until.is_some_and(|until| record.offset >= until) {
                break;
            }
            self.count += 1;
            self.next = record.offset.plus(1);
            if let Some(left) = &mut self.left {
                *left -= 1;
            }
            if self.plain {
                // What every record takes, so the shortest way.
                self.out.extend_from_slice(record.value.unwrap_or(b"null"));
                self.out.push(b'\n');
            } else if let Err(error) = self.record(place, &record) {
                if !skip_on_error {
                    self.hand_over(output)?;
                    return Err(Stopped::Format(error));
                }
                self.lines.to_stderr_with_cause(
                    LogLevel::Error.name(),
                    "Error processing message, skipping this message: ",
                    LOGGER,
                    error,
                );
            }
            if self.out.len() >= OUT_BYTES {
                self.hand_over(output)?;
            }
        }
        Ok(())
    }

    fn record(
        &mut self,
        (topic, partition, kind): (&str, i32, TimestampType),
        record: &ConsumerRecord<'_>,
    ) -> Result<(), FormatError> {
        match self.format {
            Format::Text => {
                let timestamp = match (record.timestamp, kind) {
                    (..0, _) => Timestamp::None,
                    (time, TimestampType::CreateTime) => Timestamp::Create(time),
                    (time, TimestampType::LogAppendTime) => Timestamp::LogAppend(time),
                };
                let shown = ShownRecord {
                    topic,
                    partition,
                    offset: record.offset.0,
                    timestamp,
                    key: record.key,
                    value: record.value,
                    headers: record.headers,
                };
                self.formatter.write(&shown, &mut self.out)
            }
            Format::Json => {
                let line = json::line(topic, partition, kind, record);
                self.out.extend_from_slice(line.as_bytes());
                self.out.push(b'\n');
                Ok(())
            }
            Format::Table => {
                let text = |bytes: Option<&[u8]>| {
                    bytes.map_or_else(
                        || "null".to_owned(),
                        |bytes| String::from_utf8_lossy(bytes).into_owned(),
                    )
                };
                self.rows.push(vec![
                    format!("{topic}-{partition}"),
                    record.offset.to_string(),
                    record.timestamp.to_string(),
                    text(record.key),
                    text(record.value),
                ]);
                Ok(())
            }
        }
    }

    fn hand_over(&mut self, output: &mut Output) -> Result<(), Stopped> {
        let result = output.bytes(&self.out).map_err(Stopped::Output);
        self.out.clear();
        result
    }
}
