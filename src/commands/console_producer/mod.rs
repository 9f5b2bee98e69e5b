//! `console-producer` (ConsoleProducer): lines of standard input become records of a topic; with
//! `--format` pieces of another layout, with `--input json` the lines that the consumer prints.
//!
//! Standard input is read by a thread of its own, and the records are sent by another, so that a
//! signal ends the command at any moment: what was read before is still sent, as far as that takes
//! no longer than [`GRACE`].

mod format_reader;
mod input;
mod json_reader;
mod layout;
mod line_reader;
mod options;
mod record;
mod sending;
mod stdin;

use std::sync::mpsc;
use std::time::Duration;

use clap::CommandFactory;

use super::CommandRow;
use super::admin_client::tool_log;
use super::signals::on_signal;
use crate::cli::{CommandError, Exit, Invocation, Output, SyntaxError};
use crate::client::producer::{Completion, Producer, ProducerConfig};

use options::Options;
use sending::{Failures, InputReader, Sending};
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

fn run(call: &Invocation, output: &mut Output) -> Result<Exit, CommandError> {
    let refused = |error: SyntaxError| CommandError::usage(error, &Options::command());
    let Some(options) = call.options::<Options>(output, refused)? else {
        return Ok(Exit::SUCCESS);
    };
    let mut request = options.check(output)?;
    let reader = InputReader::new(&options, &request.reader)?;
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
