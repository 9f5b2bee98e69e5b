//! Kafka's option syntax (jopt-simple 5, as its tools set it up) on top of clap.
//!
//! A command's options are a clap derive struct: the table of long names, value names and help
//! texts. This file reads the words a person typed against that table, by Kafka's rules, and hands
//! clap words of one shape only, `--name` and `--name=value`:
//!
//! * one dash before a long name, and the dashes that word processors make, mean two dashes;
//! * an option with a required argument takes the next word, whatever it looks like; one with an
//!   optional argument only a word that does not look like an option;
//! * a switch ignores a value (`--list=x`); words that are no options are ignored; `--` ends them;
//! * there are no abbreviations; a single-valued option must not be given twice.
//!
//! Numbers are kept as text and converted when a command reads them, since Kafka checks its options
//! in between. It does not print: errors are Kafka's sentences, for the command to place.

use std::collections::HashMap;
use std::convert::Infallible;
use std::ffi::OsString;
use std::fmt;
use std::marker::PhantomData;
use std::str::FromStr;

use clap::{Arg, ArgAction, Command, CommandFactory, FromArgMatches};

/// Why the words are not options of the command; each text is the one that Kafka prints.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SyntaxError {
    /// No option has this name.
    #[error("{0} is not a recognized option")]
    Unrecognized(String),
    /// The words end where an argument is required.
    #[error("Option {0} requires an argument")]
    MissingArgument(String),
    /// A single-valued option occurs more than once.
    #[error("Found multiple arguments for option {0}, but you asked for only one")]
    Multiple(String),
    /// The value is not of the option's type.
    #[error("Cannot parse argument '{text}' of option {option}")]
    BadValue {
        /// The option's name, without dashes.
        option: String,
        /// The value as it was given.
        text: String,
    },
    /// Options that the parser itself requires are absent.
    #[error("Missing required option(s) [{0}]")]
    MissingRequired(String),
    /// A word is not UTF-8.
    #[error("An argument is not UTF-8: {0}")]
    NotUtf8(String),
    /// What else clap refuses, in its words.
    #[error("{0}")]
    Refused(String),
}

/// What the words of a command line come to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Parsed<T> {
    /// The options, to be checked further by the command.
    Options(T),
    /// `--help` is among them.
    Help,
    /// `--version` is among them.
    Version,
}

/// The words in clap's shape, and the two options that every command has.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Normalized {
    /// `--name` and `--name=value` words only.
    pub words: Vec<String>,
    /// Whether `--help` was given.
    pub help: bool,
    /// Whether `--version` was given.
    pub version: bool,
    /// The first single-valued option that was given twice.
    pub repeated: Option<String>,
}

/// Reads `words` as options of the derive struct `T`.
pub fn parse<T>(words: &[OsString]) -> Result<Parsed<T>, SyntaxError>
where
    T: CommandFactory + FromArgMatches,
{
    let mut command = T::command()
        .no_binary_name(true)
        .disable_help_flag(true)
        .disable_version_flag(true);
    command.build();
    let normalized = normalize(&command, words)?;
    if normalized.help {
        return Ok(Parsed::Help);
    }
    if normalized.version {
        return Ok(Parsed::Version);
    }
    if let Some(option) = normalized.repeated {
        return Err(SyntaxError::Multiple(option));
    }
    let matches = command
        .try_get_matches_from(normalized.words)
        .map_err(refused)?;
    T::from_arg_matches(&matches)
        .map(Parsed::Options)
        .map_err(refused)
}

/// Returns how Kafka's sentences name an option: `[name]`.
#[must_use]
pub fn rendered_option(name: &str) -> String {
    format!("[{name}]")
}

/// Translates what clap found, which is little: values of closed lists, required options.
fn refused(error: clap::Error) -> SyntaxError {
    use clap::error::{ContextKind, ContextValue, ErrorKind};
    let text = |kind| match error.get(kind) {
        Some(ContextValue::String(text)) => Some(text.clone()),
        Some(ContextValue::Strings(texts)) => texts.first().cloned(),
        _ => None,
    };
    let name = text(ContextKind::InvalidArg).map(|arg| {
        let arg = arg.trim_start_matches('-');
        arg.split([' ', '=']).next().unwrap_or(arg).to_owned()
    });
    match (error.kind(), name) {
        (ErrorKind::InvalidValue | ErrorKind::ValueValidation, Some(option)) => {
            let text = text(ContextKind::InvalidValue).unwrap_or_default();
            SyntaxError::BadValue { option, text }
        }
        (ErrorKind::MissingRequiredArgument, Some(option)) => SyntaxError::MissingRequired(option),
        _ => {
            let rendered = error.render().to_string();
            let line = rendered
                .lines()
                .next()
                .unwrap_or("The options were refused");
            SyntaxError::Refused(line.trim_start_matches("error: ").to_owned())
        }
    }
}

/// Reads the words by Kafka's rules against the options of `command`.
fn normalize(command: &Command, words: &[OsString]) -> Result<Normalized, SyntaxError> {
    let table = OptionTable::of(command);
    let words = words
        .iter()
        .map(|word| {
            word.to_str()
                .ok_or_else(|| SyntaxError::NotUtf8(word.display().to_string()))
        })
        .collect::<Result<Vec<_>, _>>()?;
    let mut normalized = Normalized::default();
    let mut seen: HashMap<String, u32> = HashMap::new();
    let mut rest = words.into_iter().peekable();
    while let Some(word) = rest.next() {
        if word == "--" {
            break;
        }
        let Some((dashes, body)) = split_dashes(word) else {
            continue;
        };
        let (found, inline) = table.find(dashes, body)?;
        if found.name == "help" && found.takes == Takes::Nothing {
            normalized.help = true;
            continue;
        }
        if found.name == "version" && found.takes == Takes::Nothing {
            normalized.version = true;
            continue;
        }
        let value = match (found.takes, inline) {
            (Takes::Nothing, _) => None,
            (_, Some(value)) => Some(value.to_owned()),
            (Takes::Required, None) => match rest.next() {
                Some(value) => Some(value.to_owned()),
                None => return Err(SyntaxError::MissingArgument(found.name.clone())),
            },
            (Takes::Optional, None) => rest
                .next_if(|next| split_dashes(next).is_none())
                .map(ToOwned::to_owned),
        };
        let count = seen.entry(found.name.clone()).or_default();
        *count += 1;
        if *count > 1 && !found.repeatable {
            match found.takes {
                Takes::Nothing => continue,
                Takes::Required | Takes::Optional => {
                    normalized
                        .repeated
                        .get_or_insert_with(|| found.name.clone());
                    continue;
                }
            }
        }
        normalized.words.push(match value {
            Some(value) => format!("--{}={value}", found.name),
            None => format!("--{}", found.name),
        });
    }
    Ok(normalized)
}

/// The dashes in front of an option word.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Dashes {
    One,
    Two,
}

/// Splits an option word into its dashes and the rest; `None` if it is not one.
///
/// An en dash, em dash or figure dash stands for two hyphens: pages of the web turn `--` into one.
fn split_dashes(word: &str) -> Option<(Dashes, &str)> {
    let typographic = |c: char| matches!(c, '\u{2012}' | '\u{2013}' | '\u{2014}');
    if word.starts_with(typographic) {
        let body = word.trim_start_matches(|c| c == '-' || typographic(c));
        return (!body.is_empty()).then_some((Dashes::Two, body));
    }
    if let Some(body) = word.strip_prefix("--") {
        return (!body.is_empty()).then_some((Dashes::Two, body));
    }
    let body = word.strip_prefix('-')?;
    (!body.is_empty()).then_some((Dashes::One, body))
}

/// What follows an option's name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Takes {
    Nothing,
    Optional,
    Required,
}

#[derive(Clone, Debug)]
struct OptionRow {
    name: String,
    takes: Takes,
    repeatable: bool,
}

/// The options of a command by every name they have.
struct OptionTable {
    long: HashMap<String, OptionRow>,
    short: HashMap<char, OptionRow>,
}

impl OptionTable {
    fn of(command: &Command) -> Self {
        let mut table = Self {
            long: HashMap::new(),
            short: HashMap::new(),
        };
        for name in ["help", "version"] {
            let row = OptionRow {
                name: name.to_owned(),
                takes: Takes::Nothing,
                repeatable: false,
            };
            table.long.insert(name.to_owned(), row);
        }
        for arg in command.get_arguments() {
            let Some(long) = arg.get_long() else { continue };
            let row = OptionRow {
                name: long.to_owned(),
                takes: takes(arg),
                repeatable: matches!(arg.get_action(), ArgAction::Append),
            };
            for alias in arg.get_all_aliases().unwrap_or_default() {
                table.long.insert(alias.to_owned(), row.clone());
            }
            if let Some(short) = arg.get_short() {
                table.short.insert(short, row.clone());
            }
            table.long.insert(long.to_owned(), row);
        }
        table
    }

    /// Finds the option of a word without its dashes, and the value after its `=`.
    fn find<'w>(
        &self,
        dashes: Dashes,
        body: &'w str,
    ) -> Result<(&OptionRow, Option<&'w str>), SyntaxError> {
        let (name, inline) = match body.split_once('=') {
            Some((name, value)) => (name, Some(value)),
            None => (body, None),
        };
        if let Some(row) = self.long.get(name) {
            return Ok((row, inline));
        }
        match dashes {
            Dashes::Two => Err(SyntaxError::Unrecognized(name.to_owned())),
            Dashes::One => {
                // A word with one dash that is no long name is read letter by letter, so only the
                // first letter is complained about.
                let mut letters = body.chars();
                let first = letters.next().unwrap_or('-');
                let row = self
                    .short
                    .get(&first)
                    .ok_or_else(|| SyntaxError::Unrecognized(first.to_string()))?;
                let attached = letters.as_str();
                let attached = attached.strip_prefix('=').unwrap_or(attached);
                Ok((row, (!attached.is_empty()).then_some(attached)))
            }
        }
    }
}

fn takes(arg: &Arg) -> Takes {
    let values = arg.get_num_args().unwrap_or_default();
    match (values.min_values(), values.max_values()) {
        (_, 0) => Takes::Nothing,
        (0, _) => Takes::Optional,
        _ => Takes::Required,
    }
}

/// A whole number as it was typed; converted when it is read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Number<T> {
    text: String,
    converted: PhantomData<T>,
}

impl<T: FromStr> Number<T> {
    /// Returns the number, or Kafka's sentence about the value of `option`.
    pub fn value(&self, option: &str) -> Result<T, SyntaxError> {
        let bad = || SyntaxError::BadValue {
            option: option.to_owned(),
            text: self.text.clone(),
        };
        self.text.parse().map_err(|_| bad())
    }
}

impl<T> FromStr for Number<T> {
    type Err = Infallible;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        Ok(Self {
            text: text.to_owned(),
            converted: PhantomData,
        })
    }
}

impl<T> fmt::Display for Number<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Debug, PartialEq, clap::Parser)]
    struct Options {
        #[arg(long)]
        list: bool,
        #[arg(long, alias = "whitelist")]
        topic: Option<String>,
        #[arg(long)]
        partitions: Option<Number<i32>>,
        #[arg(long, num_args = 0..=1, require_equals = true, default_missing_value = "")]
        state: Option<String>,
        #[arg(long = "command-property", short = 'X', action = ArgAction::Append)]
        properties: Vec<String>,
        #[arg(long, hide = true)]
        zookeeper: Option<String>,
    }

    fn words(line: &str) -> Vec<OsString> {
        line.split(' ')
            .filter(|word| !word.is_empty())
            .map(OsString::from)
            .collect()
    }

    fn options(line: &str) -> Options {
        match parse::<Options>(&words(line)) {
            Ok(Parsed::Options(options)) => options,
            other => panic!("{line}: {other:?}"),
        }
    }

    fn error(line: &str) -> String {
        parse::<Options>(&words(line)).unwrap_err().to_string()
    }

    #[test]
    fn one_dash_two_dashes_and_typographic_dashes_are_the_same() {
        for line in [
            "--topic t --list",
            "-topic t -list",
            "-topic=t -list",
            "--topic=t --list",
        ] {
            let found = options(line);
            assert_eq!(
                (found.topic.as_deref(), found.list),
                (Some("t"), true),
                "{line}"
            );
        }
        for dash in ['\u{2012}', '\u{2013}', '\u{2014}'] {
            let found = options(&format!("{dash}topic t {dash}{dash}list"));
            assert_eq!(
                (found.topic.as_deref(), found.list),
                (Some("t"), true),
                "{dash}"
            );
        }
    }

    #[test]
    fn a_required_argument_swallows_the_next_word_whatever_it_is() {
        let found = options("--topic --list");
        assert_eq!(
            (found.topic.as_deref(), found.list),
            (Some("--list"), false)
        );
        let found = options("--partitions -3");
        assert_eq!(found.partitions.unwrap().value("partitions"), Ok(-3));
        assert_eq!(options("--topic=").topic.as_deref(), Some(""));
    }

    #[test]
    fn an_optional_argument_leaves_the_next_option_alone() {
        let found = options("--state --list");
        assert_eq!((found.state.as_deref(), found.list), (Some(""), true));
        assert_eq!(options("--state Stable").state.as_deref(), Some("Stable"));
        assert_eq!(options("--list").state, None);
    }

    #[test]
    fn stray_words_values_of_switches_and_what_follows_two_dashes_are_ignored() {
        let found = options("--list=no foo --zookeeper 127.0.0.1 2181 bar -- --topic x");
        assert_eq!((found.list, found.topic), (true, None));
        assert_eq!(found.zookeeper.as_deref(), Some("127.0.0.1"));
    }

    #[test]
    fn unknown_options_are_named_as_kafka_names_them() {
        assert_eq!(error("--bogus"), "bogus is not a recognized option");
        assert_eq!(
            error("--bogus=1 --help"),
            "bogus is not a recognized option"
        );
        assert_eq!(error("-bogus"), "b is not a recognized option");
        assert_eq!(error("--top t"), "top is not a recognized option");
        assert_eq!(error("--list --topic"), "Option topic requires an argument");
    }

    #[test]
    fn a_single_valued_option_must_not_be_given_twice() {
        let text = "Found multiple arguments for option topic, but you asked for only one";
        assert_eq!(error("--topic x --topic y"), text);
        assert_eq!(error("--topic x --whitelist y"), text);
        assert!(options("--list --list").list);
        let found = options("--command-property a=b -X c=d -Xe=f");
        assert_eq!(found.properties, ["a=b", "c=d", "e=f"]);
    }

    #[test]
    fn numbers_are_converted_when_they_are_read() {
        let found = options("--partitions abc");
        let text = found
            .partitions
            .unwrap()
            .value("partitions")
            .unwrap_err()
            .to_string();
        assert_eq!(text, "Cannot parse argument 'abc' of option partitions");
        let found = options("--partitions 2147483648");
        assert!(found.partitions.unwrap().value("partitions").is_err());
    }

    #[test]
    fn help_wins_over_version_and_both_over_repeated_options() {
        assert_eq!(
            parse::<Options>(&words("--version -help")),
            Ok(Parsed::Help)
        );
        assert_eq!(
            parse::<Options>(&words("--topic a --topic b --version")),
            Ok(Parsed::Version)
        );
    }
}
