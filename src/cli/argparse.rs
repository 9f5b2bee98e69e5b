//! The second syntax of Kafka's tools (argparse4j), and that of kt's own commands: clap as it is,
//! with argparse's sentences.
//!
//! Options before or behind words, subcommands, unambiguous prefixes of long options, errors as
//! `usage: PROG ...` and `PROG: error: SENTENCE` on stderr with exit code 1. `--help` goes to
//! stdout with exit code 0, in every tool.

use std::ffi::OsString;

use clap::error::{ContextKind, ContextValue, ErrorKind};
use clap::{CommandFactory, FromArgMatches};

use super::{CommandError, KAFKA_VERSION, Output};

/// Reads `words` as options and subcommands of the derive struct `T`.
///
/// Prints what `--help` and `--version` ask for, and returns `None` then.
pub fn parse_subcommands<T>(
    program: &str,
    words: &[OsString],
    output: &mut Output,
) -> Result<Option<T>, CommandError>
where
    T: CommandFactory + FromArgMatches,
{
    let command = T::command()
        .bin_name(program)
        .no_binary_name(true)
        .infer_long_args(true)
        .version(KAFKA_VERSION);
    let matches = match command.clone().try_get_matches_from(words) {
        Ok(matches) => matches,
        Err(error) => return refused(program, command, &error, output).map(|()| None),
    };
    match T::from_arg_matches(&matches) {
        Ok(options) => Ok(Some(options)),
        Err(error) => refused(program, command, &error, output).map(|()| None),
    }
}

fn refused(
    program: &str,
    mut command: clap::Command,
    error: &clap::Error,
    output: &mut Output,
) -> Result<(), CommandError> {
    match error.kind() {
        ErrorKind::DisplayHelp => return output.text(error.render()),
        ErrorKind::DisplayVersion => return output.line(KAFKA_VERSION),
        _ => {}
    }
    let usage = command.render_usage().to_string();
    let usage = usage.strip_prefix("Usage: ").unwrap_or(&usage);
    output.note(format!("usage: {usage}"));
    Err(CommandError::failed(format!(
        "{program}: error: {}",
        sentence(error)
    )))
}

/// Returns argparse's sentence about what clap refused.
fn sentence(error: &clap::Error) -> String {
    let text = |kind| match error.get(kind) {
        Some(ContextValue::String(text)) => text.clone(),
        Some(ContextValue::Strings(texts)) => texts.join(", "),
        _ => String::new(),
    };
    // clap shows options with their value names, `--name <VALUE>`.
    let option = |kind| {
        let shown = text(kind);
        shown
            .split([' ', '='])
            .next()
            .unwrap_or_default()
            .to_owned()
    };
    match error.kind() {
        ErrorKind::MissingSubcommand | ErrorKind::DisplayHelpOnMissingArgumentOrSubcommand => {
            "too few arguments".to_owned()
        }
        ErrorKind::MissingRequiredArgument => {
            let shown = text(ContextKind::InvalidArg);
            if shown.starts_with('-') {
                format!("argument {} is required", option(ContextKind::InvalidArg))
            } else {
                "too few arguments".to_owned()
            }
        }
        ErrorKind::UnknownArgument => {
            format!(
                "unrecognized arguments: '{}'",
                text(ContextKind::InvalidArg)
            )
        }
        ErrorKind::InvalidSubcommand => {
            let choices = text(ContextKind::ValidSubcommand);
            let choices = if choices.is_empty() {
                String::new()
            } else {
                format!(" (choose from {choices})")
            };
            format!(
                "invalid choice: '{}'{choices}",
                text(ContextKind::InvalidSubcommand)
            )
        }
        ErrorKind::InvalidValue if !text(ContextKind::InvalidValue).is_empty() => format!(
            "argument {}: invalid choice: '{}' (choose from {})",
            option(ContextKind::InvalidArg),
            text(ContextKind::InvalidValue),
            text(ContextKind::ValidValue)
        ),
        ErrorKind::ValueValidation => format!(
            "argument {}: could not convert '{}'",
            option(ContextKind::InvalidArg),
            text(ContextKind::InvalidValue)
        ),
        ErrorKind::ArgumentConflict => format!(
            "argument {}: not allowed with argument {}",
            option(ContextKind::InvalidArg),
            option(ContextKind::PriorArg)
        ),
        _ => {
            let rendered = error.render().to_string();
            let line = rendered
                .lines()
                .next()
                .unwrap_or("the arguments were refused");
            line.trim_start_matches("error: ").to_owned()
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cli::output::captured;

    #[derive(Debug, clap::Parser)]
    struct Options {
        #[command(subcommand)]
        action: Action,
    }

    #[derive(Debug, clap::Subcommand)]
    enum Action {
        Format {
            #[arg(long = "cluster-id", short = 't', required = true)]
            cluster_id: String,
            #[arg(long = "count")]
            count: Option<i64>,
        },
    }

    fn error(words: &[&str]) -> String {
        let words: Vec<_> = words.iter().map(OsString::from).collect();
        let (mut output, ..) = captured();
        parse_subcommands::<Options>("kafka-storage", &words, &mut output)
            .unwrap_err()
            .to_string()
    }

    #[test]
    fn the_sentences_are_argparses() {
        assert_eq!(error(&[]), "kafka-storage: error: too few arguments");
        let text = "kafka-storage: error: argument --cluster-id is required";
        assert_eq!(error(&["format"]), text);
        let text = "kafka-storage: error: unrecognized arguments: '--bogus'";
        assert_eq!(error(&["format", "-t", "x", "--bogus"]), text);
        let text = "kafka-storage: error: argument --count: could not convert 'x'";
        assert_eq!(error(&["format", "-t", "x", "--count", "x"]), text);
        assert!(error(&["fly"]).starts_with("kafka-storage: error: invalid choice: 'fly'"));
    }

    #[test]
    fn prefixes_of_long_options_are_accepted() {
        let words = ["format", "--cluster", "x", "--cou", "3"].map(OsString::from);
        let (mut output, ..) = captured();
        let found = parse_subcommands::<Options>("kafka-storage", &words, &mut output).unwrap();
        let Action::Format { cluster_id, count } = found.unwrap().action;
        assert_eq!((cluster_id.as_str(), count), ("x", Some(3)));
    }
}
