//! How a command fails: the exit code, Kafka's sentence and its stream, our hint on a line of its
//! own.
//!
//! Never a backtrace. The sentence is Kafka's where Kafka has one.

use std::fmt;

use super::output::Output;
use super::{SyntaxError, usage_table};

/// What a command's process tells its parent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Exit(pub u8);

impl Exit {
    /// What was asked was done.
    pub const SUCCESS: Self = Self(0);
    /// It was not.
    pub const FAILURE: Self = Self(1);
    /// Nothing runs, as systemctl says it.
    pub const NOT_RUNNING: Self = Self(3);
    /// The time was up, as timeout(1) says it.
    pub const TIMED_OUT: Self = Self(124);
    /// Ended by SIGINT.
    pub const INTERRUPTED: Self = Self(130);
    /// Ended by SIGTERM.
    pub const TERMINATED: Self = Self(143);
}

impl From<Exit> for std::process::ExitCode {
    fn from(exit: Exit) -> Self {
        Self::from(exit.0)
    }
}

/// Why a command ended without doing what was asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ErrorKind {
    /// The options do not fit; the table of options follows the sentence.
    Usage,
    /// Anything that went wrong.
    Failed,
    /// The time was up.
    TimedOut,
    /// Nothing runs that could be asked.
    NotRunning,
    /// Nobody reads stdout any more: a quiet end, not a failure.
    OutputClosed,
}

/// Where a sentence goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stream {
    /// Standard output, where several of Kafka's tools put their failures.
    Stdout,
    /// Standard error.
    Stderr,
}

/// A failure, ready to be told.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CommandError {
    kind: ErrorKind,
    sentence: String,
    stream: Stream,
    table: Option<String>,
    hint: Option<String>,
    exit: Option<Exit>,
}

impl CommandError {
    /// Returns a failure whose sentence goes to stderr.
    pub fn failed(sentence: impl fmt::Display) -> Self {
        Self::new(ErrorKind::Failed, sentence)
    }

    /// Returns a usage error: the sentence, then the table of the options of `command`.
    pub fn usage(sentence: impl fmt::Display, command: &clap::Command) -> Self {
        let mut error = Self::new(ErrorKind::Usage, sentence);
        error.table = Some(usage_table(command));
        error
    }

    /// Returns the failure of something that did not happen in time.
    pub fn timed_out(sentence: impl fmt::Display) -> Self {
        Self::new(ErrorKind::TimedOut, sentence)
    }

    /// Returns the failure of a question that nobody runs to answer.
    pub fn not_running(sentence: impl fmt::Display) -> Self {
        Self::new(ErrorKind::NotRunning, sentence)
    }

    /// Returns the quiet end of a command whose reader went away.
    #[must_use]
    pub fn output_closed() -> Self {
        Self::new(ErrorKind::OutputClosed, "")
    }

    /// Sends the sentence to stdout.
    #[must_use]
    pub fn on_stdout(mut self) -> Self {
        self.stream = Stream::Stdout;
        self
    }

    /// Adds a line, always on stderr, that says what to do.
    #[must_use]
    pub fn hint(mut self, hint: impl fmt::Display) -> Self {
        self.hint = Some(hint.to_string());
        self
    }

    /// Leaves the hint out.
    #[must_use]
    pub fn without_hint(mut self) -> Self {
        self.hint = None;
        self
    }

    /// Gives the failure an exit code of its own.
    #[must_use]
    pub const fn with_exit(mut self, exit: Exit) -> Self {
        self.exit = Some(exit);
        self
    }

    /// Returns what kind of failure it is.
    #[must_use]
    pub const fn kind(&self) -> ErrorKind {
        self.kind
    }

    /// Returns Kafka's sentence.
    #[must_use]
    pub fn sentence(&self) -> &str {
        &self.sentence
    }

    /// Returns the exit code.
    #[must_use]
    pub const fn exit(&self) -> Exit {
        if let Some(exit) = self.exit {
            return exit;
        }
        match self.kind {
            ErrorKind::Usage | ErrorKind::Failed => Exit::FAILURE,
            ErrorKind::TimedOut => Exit::TIMED_OUT,
            ErrorKind::NotRunning => Exit::NOT_RUNNING,
            ErrorKind::OutputClosed => Exit::SUCCESS,
        }
    }

    /// Tells the failure and returns the exit code.
    pub fn report(&self, output: &mut Output) -> Exit {
        if self.kind == ErrorKind::OutputClosed {
            return self.exit();
        }
        match self.stream {
            Stream::Stdout => {
                // If nobody reads it, the exit code still tells.
                drop(output.line(&self.sentence));
            }
            Stream::Stderr => output.note(&self.sentence),
        }
        if let Some(table) = &self.table {
            output.note(table.trim_end());
        }
        if let Some(hint) = &self.hint {
            output.note(hint);
        }
        self.exit()
    }

    fn new(kind: ErrorKind, sentence: impl fmt::Display) -> Self {
        let sentence = sentence.to_string();
        Self {
            kind,
            sentence,
            stream: Stream::Stderr,
            table: None,
            hint: None,
            exit: None,
        }
    }
}

impl fmt::Display for CommandError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.sentence)
    }
}

impl std::error::Error for CommandError {}

impl From<SyntaxError> for CommandError {
    fn from(error: SyntaxError) -> Self {
        Self::failed(error)
    }
}

impl From<anyhow::Error> for CommandError {
    fn from(error: anyhow::Error) -> Self {
        match error.downcast::<Self>() {
            Ok(error) => error,
            // All causes, outermost first, in one line; many name their own cause already.
            Err(error) => {
                let mut text = String::new();
                for cause in error.chain().map(ToString::to_string) {
                    if text.is_empty() {
                        text = cause;
                    } else if !text.contains(cause.trim_end_matches('.')) {
                        text = format!("{text}: {cause}");
                    }
                }
                Self::failed(text)
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cli::output::captured;

    #[test]
    fn the_sentence_goes_to_its_stream_and_the_hint_to_stderr() {
        let (mut output, stdout, stderr) = captured();
        let error = CommandError::failed("Error while executing")
            .on_stdout()
            .hint("do this");
        assert_eq!(error.report(&mut output), Exit::FAILURE);
        assert_eq!(stdout.text(), "Error while executing\n");
        assert_eq!(stderr.text(), "do this\n");
    }

    #[test]
    fn a_usage_error_is_followed_by_the_table() {
        let (mut output, stdout, stderr) = captured();
        let error = CommandError::usage("Missing", &clap::Command::new("x"));
        assert_eq!(error.report(&mut output), Exit::FAILURE);
        assert_eq!(stdout.text(), "");
        assert!(
            stderr
                .text()
                .starts_with("Missing\nOption     Description\n"),
            "{}",
            stderr.text()
        );
    }

    #[test]
    fn a_closed_output_is_a_quiet_success() {
        let (mut output, stdout, stderr) = captured();
        assert_eq!(
            CommandError::output_closed().report(&mut output),
            Exit::SUCCESS
        );
        assert_eq!(
            (stdout.text(), stderr.text()),
            (String::new(), String::new())
        );
    }
}
