//! One call of a command: by which name, with which words.

use std::ffi::OsString;

use clap::{CommandFactory, FromArgMatches};

use super::{CommandError, KAFKA_VERSION, Output, Parsed, SyntaxError, parse, usage_table};

/// By which kind of name a command was called.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CalledAs {
    /// A name of Kafka's scripts, as `kafka-topics.sh`: with no words at all it prints its usage.
    Script,
    /// `kt COMMAND`: acts on the local broker where no other is named.
    Subcommand,
}

/// One call of a command.
#[derive(Clone, Debug)]
pub struct Invocation {
    /// The name to show in usage lines: `kafka-topics.sh` or `kt topics`.
    pub program: String,
    /// By which kind of name it was called.
    pub called_as: CalledAs,
    /// The words after the name.
    pub words: Vec<OsString>,
}

impl Invocation {
    /// Reads the words as options of `T`.
    ///
    /// Prints what `--help`, `--version` or a script's call without words ask for, and returns
    /// `None` then. `refused` makes the command's own error of a syntax error.
    pub fn options<T>(
        &self,
        output: &mut Output,
        refused: impl FnOnce(SyntaxError) -> CommandError,
    ) -> Result<Option<T>, CommandError>
    where
        T: CommandFactory + FromArgMatches,
    {
        if self.words.is_empty() && self.called_as == CalledAs::Script {
            return Err(CommandError::usage(about(&T::command()), &T::command()));
        }
        match parse::<T>(&self.words).map_err(refused)? {
            Parsed::Options(options) => Ok(Some(options)),
            Parsed::Help => {
                output.line(about(&T::command()))?;
                output.text(usage_table(&T::command()))?;
                Ok(None)
            }
            Parsed::Version => {
                output.line(KAFKA_VERSION)?;
                Ok(None)
            }
        }
    }

    /// Returns the line that tells where the options are described.
    #[must_use]
    pub fn help_hint(&self) -> String {
        format!("{} --help lists the options.", self.program)
    }
}

fn about(command: &clap::Command) -> String {
    command
        .get_about()
        .map(ToString::to_string)
        .unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cli::output::captured;

    #[derive(Debug, clap::Parser)]
    #[command(about = "This tool helps to test.")]
    struct Options {
        /// Print names.
        #[arg(long)]
        list: bool,
    }

    fn call(called_as: CalledAs, words: &[&str]) -> Invocation {
        let words = words.iter().map(OsString::from).collect();
        Invocation {
            program: "kt test".to_owned(),
            called_as,
            words,
        }
    }

    #[test]
    fn a_script_without_words_is_a_usage_error_and_a_subcommand_is_not() {
        let (mut output, ..) = captured();
        let script = call(CalledAs::Script, &[]);
        let error = script
            .options::<Options>(&mut output, Into::into)
            .unwrap_err();
        assert_eq!(error.sentence(), "This tool helps to test.");
        let own = call(CalledAs::Subcommand, &[]);
        assert!(
            !own.options::<Options>(&mut output, Into::into)
                .unwrap()
                .unwrap()
                .list
        );
    }

    #[test]
    fn help_and_version_go_to_stdout() {
        let (mut output, stdout, stderr) = captured();
        let found = call(CalledAs::Script, &["--help"]).options::<Options>(&mut output, Into::into);
        assert!(found.unwrap().is_none());
        output.flush().unwrap();
        assert!(
            stdout
                .text()
                .starts_with("This tool helps to test.\nOption"),
            "{}",
            stdout.text()
        );
        assert_eq!(stderr.text(), "");
        let (mut output, stdout, _) = captured();
        let call = call(CalledAs::Script, &["-version"]);
        assert!(
            call.options::<Options>(&mut output, Into::into)
                .unwrap()
                .is_none()
        );
        output.flush().unwrap();
        assert_eq!(stdout.text(), "4.3.1\n");
    }
}
