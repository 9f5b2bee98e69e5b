//! Where a command writes: stdout, buffered, and stderr, each line at once.
//!
//! A reader that went away (`| head -1`) ends a command quietly: every write to stdout returns
//! [`CommandError::output_closed`] then. Text before a line on stderr is flushed first, so that the
//! two streams keep their order where they are one.

use std::fmt;
use std::fs::File;
use std::io::{self, BufWriter, IsTerminal, Write};
use std::os::fd::AsFd;

use serde::Serialize;

use super::CommandError;

/// Bytes gathered before they are written to stdout.
const BUFFER_BYTES: usize = 64 * 1024;

/// How a command prints its data.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, clap::ValueEnum)]
pub enum Format {
    /// Kafka's lines.
    #[default]
    Text,
    /// JSON: one document, or one line a record.
    Json,
    /// A table with lines around its cells.
    Table,
}

/// The option that chooses the format.
#[derive(Clone, Copy, Debug, Default, clap::Args)]
pub struct OutputOptions {
    /// How to print the data.
    #[arg(
        long = "output",
        value_enum,
        default_value_t = Format::Text,
        value_name = "text|json|table"
    )]
    pub format: Format,
}

/// The two streams of a command.
pub struct Output {
    stdout: BufWriter<Box<dyn Write + Send>>,
    stderr: Box<dyn Write + Send>,
    stdout_is_terminal: bool,
    stderr_is_terminal: bool,
}

impl Output {
    /// Returns the process's own streams.
    #[must_use]
    pub fn of_process() -> Self {
        let stdout = io::stdout();
        // Our buffer is the only one: a copy of the descriptor has no line buffer behind it.
        let raw: Box<dyn Write + Send> = match stdout.as_fd().try_clone_to_owned() {
            Ok(descriptor) => Box::new(File::from(descriptor)),
            Err(_) => Box::new(io::stdout()),
        };
        Self {
            stdout: BufWriter::with_capacity(BUFFER_BYTES, raw),
            stderr: Box::new(io::stderr()),
            stdout_is_terminal: stdout.is_terminal(),
            stderr_is_terminal: io::stderr().is_terminal(),
        }
    }

    /// Returns streams that go elsewhere, neither of them a terminal.
    #[must_use]
    pub fn to_writers(stdout: Box<dyn Write + Send>, stderr: Box<dyn Write + Send>) -> Self {
        Self {
            stdout: BufWriter::with_capacity(BUFFER_BYTES, stdout),
            stderr,
            stdout_is_terminal: false,
            stderr_is_terminal: false,
        }
    }

    /// Returns whether a person looks at stdout.
    #[must_use]
    pub const fn stdout_is_terminal(&self) -> bool {
        self.stdout_is_terminal
    }

    /// Returns whether a person looks at stderr.
    #[must_use]
    pub const fn stderr_is_terminal(&self) -> bool {
        self.stderr_is_terminal
    }

    /// Writes a line to stdout.
    pub fn line(&mut self, text: impl fmt::Display) -> Result<(), CommandError> {
        writeln!(self.stdout, "{text}").map_err(closed)
    }

    /// Writes text to stdout as it is.
    pub fn text(&mut self, text: impl fmt::Display) -> Result<(), CommandError> {
        write!(self.stdout, "{text}").map_err(closed)
    }

    /// Writes bytes to stdout as they are.
    pub fn bytes(&mut self, bytes: &[u8]) -> Result<(), CommandError> {
        self.stdout.write_all(bytes).map_err(closed)
    }

    /// Hands what was gathered to the reader.
    pub fn flush(&mut self) -> Result<(), CommandError> {
        self.stdout.flush().map_err(closed)
    }

    /// Writes a JSON document and a line feed to stdout.
    pub fn json(&mut self, value: &impl Serialize) -> Result<(), CommandError> {
        let text = serde_json::to_string(value)
            .map_err(|error| CommandError::failed(format!("The JSON output failed: {error}")))?;
        self.line(text)
    }

    /// Writes a table with lines around its cells to stdout.
    pub fn table(&mut self, head: &[&str], rows: &[Vec<String>]) -> Result<(), CommandError> {
        let mut table = comfy_table::Table::new();
        table.load_style(comfy_table::presets::UTF8_FULL_CONDENSED);
        table.set_header(head.to_vec());
        table.add_rows(rows.iter().cloned());
        self.line(table.trim_fmt())
    }

    /// Writes a line to stderr; if that fails nobody can be told.
    pub fn note(&mut self, text: impl fmt::Display) {
        drop(self.stdout.flush());
        drop(writeln!(self.stderr, "{text}"));
        drop(self.stderr.flush());
    }
}

impl fmt::Debug for Output {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Output")
            .field("stdout_is_terminal", &self.stdout_is_terminal)
            .field("stderr_is_terminal", &self.stderr_is_terminal)
            .finish_non_exhaustive()
    }
}

fn closed(error: io::Error) -> CommandError {
    match error.kind() {
        io::ErrorKind::BrokenPipe => CommandError::output_closed(),
        _ => CommandError::failed(format!("Unable to write to standard out: {error}")),
    }
}

/// A stream that keeps what is written, for tests.
#[cfg(test)]
#[derive(Clone, Debug, Default)]
pub(crate) struct Kept(std::sync::Arc<std::sync::Mutex<Vec<u8>>>);

#[cfg(test)]
impl Kept {
    pub(crate) fn text(&self) -> String {
        String::from_utf8(self.0.lock().unwrap().clone()).unwrap()
    }
}

#[cfg(test)]
impl Write for Kept {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().unwrap().extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// Returns an output and its two streams, for tests.
#[cfg(test)]
pub(crate) fn captured() -> (Output, Kept, Kept) {
    let (stdout, stderr) = (Kept::default(), Kept::default());
    let output = Output::to_writers(Box::new(stdout.clone()), Box::new(stderr.clone()));
    (output, stdout, stderr)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cli::{ErrorKind, Exit};

    struct Gone;

    impl Write for Gone {
        fn write(&mut self, _: &[u8]) -> io::Result<usize> {
            Err(io::ErrorKind::BrokenPipe.into())
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    #[test]
    fn a_broken_pipe_is_a_quiet_end() {
        let mut output = Output::to_writers(Box::new(Gone), Box::new(Kept::default()));
        output.line("x").unwrap();
        let error = output.flush().unwrap_err();
        assert_eq!(
            (error.kind(), error.exit()),
            (ErrorKind::OutputClosed, Exit::SUCCESS)
        );
    }

    #[test]
    fn a_line_on_stderr_comes_after_what_was_written_before() {
        let both = Kept::default();
        let mut output = Output::to_writers(Box::new(both.clone()), Box::new(both.clone()));
        output.line("first").unwrap();
        output.note("second");
        assert_eq!(both.text(), "first\nsecond\n");
    }

    #[test]
    fn a_table_has_no_trailing_blanks() {
        let (mut output, stdout, _) = captured();
        output
            .table(&["TOPIC", "N"], &[vec!["a".to_owned(), "10".to_owned()]])
            .unwrap();
        output.flush().unwrap();
        let text = stdout.text();
        assert!(text.contains("│ a     ┆ 10 │"), "{text}");
        assert!(text.lines().all(|line| line.trim_end() == line), "{text}");
    }
}
