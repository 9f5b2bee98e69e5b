//! `console-consumer` (ConsoleConsumer): records of topics go to standard output.
//!
//! Without `--group` it assigns all partitions to itself and watches for new ones; no group is
//! left behind. With it, it shares them with the group's other members, and goes on where the
//! group has committed. How many records were read is told on stderr at every end.

mod end_offsets;
mod formatter;
mod json;
mod options;
mod reading;
mod settings;

use std::sync::Arc;
use std::sync::atomic::{AtomicU8, Ordering};

use clap::CommandFactory;

use super::CommandRow;
use super::admin_client::tool_log;
use super::signals::on_signal;
use crate::cli::{
    CommandError, ErrorKind, Exit, Format, Invocation, LogLines, Output, SyntaxError,
};
use crate::client::consumer::{Consumer, ConsumerConfig, Start};
use crate::client::{ClientError, LogLevel};
use crate::types::TopicPartition;

use end_offsets::EndOffsets;
use formatter::{CustomFormatter, Formatter};
use options::{DEFAULT_FORMATTER, Options, Request, Source};
use reading::{Reading, Stopped};

pub(super) const COMMAND: CommandRow = CommandRow {
    name: "console-consumer",
    script: Some("kafka-console-consumer"),
    about: "Print the records of topics",
    options: Options::command,
    run,
};

/// The logger of Kafka's class.
const LOGGER: &str = "org.apache.kafka.tools.consumer.ConsoleConsumer";

/// What Kafka's tool tells whoever joins a group by the classic protocol.
const ADVERTISEMENT: &str = "The consumer rebalance protocol (KIP-848) is production-ready! Set \
    group.protocol=consumer to try it out. See \
    https://kafka.apache.org/documentation/#consumer_rebalance_protocol";

fn run(call: &Invocation, output: &mut Output) -> Result<Exit, CommandError> {
    let refused = |error: SyntaxError| CommandError::usage(error, &Options::command());
    let Some(options) = call.options::<Options>(output, refused)? else {
        return Ok(Exit::SUCCESS);
    };
    let mut request = options.check(output)?;
    let lines = LogLines::of_system();
    let mut warn = |text: String| lines.to_stderr("ERROR", text, LOGGER);
    let formatter = formatter(&options, &request, &mut warn)?;
    request.connect(output)?;
    let mut consumer = consumer(&request)?;
    if request.is_classic_member() {
        output.note(ADVERTISEMENT);
    }
    let end = if options.exit_at_end {
        Some(EndOffsets::ask(&mut consumer, &request.source)?)
    } else {
        None
    };
    let stopped = stopped_by_signal(&consumer)?;
    let mut reading = Reading::new(consumer, &request, formatter, options.output.format);
    reading.skip_on_error = options.skip_on_error;
    let result = reading.read(end, &stopped, output);
    let count = reading.count();
    reading.close();
    let result = finish(result, count, &lines, output);
    if options.systest_events {
        output.line("shutdown_complete")?;
    }
    match stopped.load(Ordering::SeqCst) {
        0 => result,
        code => Ok(Exit(code)),
    }
}

/// Returns what shows the records; `warn` is told what is amiss with its settings.
fn formatter(
    options: &Options,
    request: &Request,
    warn: &mut dyn FnMut(String),
) -> Result<Formatter, CommandError> {
    let Some(format) = &options.record_format else {
        return Formatter::of_class(&options.formatter, &request.formatter, warn)
            .ok_or_else(|| CommandError::usage(&options.formatter, &Options::command()));
    };
    let other = if options.formatter != DEFAULT_FORMATTER {
        Some("--formatter")
    } else if options.output.format != Format::Text {
        Some("--output")
    } else {
        None
    };
    if let Some(other) = other {
        let sentence = format!("Options --format and {other} cannot be specified together.");
        return Err(CommandError::failed(sentence)
            .hint("Each of them says by itself how a record is printed."));
    }
    CustomFormatter::new(format, &request.formatter, warn).map(Formatter::Custom)
}

/// Returns a consumer that reads what is asked for.
fn consumer(request: &Request) -> Result<Consumer, CommandError> {
    let failed = |error: &ClientError| {
        CommandError::failed(error.java()).hint("kt console-consumer --help lists the options.")
    };
    let config =
        ConsumerConfig::from_map(&request.consumer, tool_log()).map_err(|error| failed(&error))?;
    let mut consumer = Consumer::new(config)
        .map_err(|error| CommandError::failed(format!("The consumer could not start: {error}")))?;
    match &request.source {
        Source::Topic(topic) => consumer.subscribe(std::slice::from_ref(topic), Start::Reset),
        Source::Include(filter) => {
            let filter = filter.clone();
            let internal = request
                .consumer
                .get("exclude.internal.topics")
                .is_some_and(|text| text.trim().eq_ignore_ascii_case("false"));
            let wanted = move |name: &str| {
                (internal || !super::topics::is_internal(name)) && filter.admits(name)
            };
            consumer.subscribe_matching(wanted, Start::Reset);
        }
        Source::Partition {
            topic,
            partition,
            start,
        } => {
            let partition = TopicPartition::new(topic.clone(), *partition);
            consumer
                .assign(&[(partition, *start)])
                .map_err(|error| failed(&error))?;
        }
    }
    Ok(consumer)
}

/// Has a signal end the reading; the number is its exit code then, else 0.
fn stopped_by_signal(consumer: &Consumer) -> Result<Arc<AtomicU8>, CommandError> {
    let stopped = Arc::new(AtomicU8::new(0));
    let (flag, waker) = (Arc::clone(&stopped), consumer.waker());
    on_signal(move |exit| {
        flag.store(exit.0, Ordering::SeqCst);
        waker.wake();
    })?;
    Ok(stopped)
}

/// Tells how the reading ended and how many records it read.
fn finish(
    result: Result<(), Stopped>,
    count: u64,
    lines: &LogLines,
    output: &mut Output,
) -> Result<Exit, CommandError> {
    let tell = |text: &str, cause: &dyn std::fmt::Display| {
        lines.to_stderr_with_cause(LogLevel::Error.name(), text, LOGGER, cause);
    };
    let flushed = output.flush();
    let result = match (result, flushed) {
        (Ok(()), Err(error)) => Err(Stopped::Output(error)),
        (result, _) => result,
    };
    let processed = format!("Processed a total of {count} messages");
    match result {
        Ok(()) => {
            output.note(processed);
            Ok(Exit::SUCCESS)
        }
        Err(Stopped::TimedOut) => {
            tell(
                "Error processing message, terminating consumer process: ",
                &"org.apache.kafka.common.errors.TimeoutException",
            );
            output.note(processed);
            // The end of a wait that was asked for.
            Ok(Exit::SUCCESS)
        }
        Err(Stopped::Client(error)) => {
            tell(
                "Error processing message, terminating consumer process: ",
                &error.java(),
            );
            output.note(processed);
            Ok(Exit::FAILURE)
        }
        Err(Stopped::Format(error)) => {
            output.note(processed);
            tell("Unknown error when running consumer: ", &error);
            Ok(Exit::FAILURE)
        }
        Err(Stopped::Output(error)) => {
            if error.kind() == ErrorKind::OutputClosed {
                output.note("Unable to write to standard out, closing consumer.");
            }
            output.note(processed);
            Err(error)
        }
    }
}

/// Returns whether records are printed as they come, or all at the end.
const fn is_streamed(format: Format) -> bool {
    matches!(format, Format::Text | Format::Json)
}
