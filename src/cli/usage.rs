//! The table of options that Kafka's tools print, made from the clap definition.
//!
//! Layout of jopt-simple: 80 columns, options in alphabetical order, the left column at most 39
//! wide, continuation lines indented by two blanks. Trailing blanks are left out.

use clap::{Arg, Command};

const WIDTH: usize = 80;
const GAP: usize = 2;
const INDENT: &str = "  ";

/// Returns the table of the options of `command` that are not hidden, a line feed at its end.
#[must_use]
pub fn usage_table(command: &Command) -> String {
    let mut built = command
        .clone()
        .disable_help_flag(true)
        .disable_version_flag(true);
    built.build();
    let mut rows: Vec<(String, String)> = built
        .get_arguments()
        .filter(|arg| !arg.is_hide_set())
        .filter_map(row)
        .collect();
    rows.push(("--help".to_owned(), "Print usage information.".to_owned()));
    rows.push((
        "--version".to_owned(),
        "Print the version of Kafka.".to_owned(),
    ));
    rows.sort_by(|a, b| {
        a.0.trim_start_matches("* ")
            .cmp(b.0.trim_start_matches("* "))
    });
    rows.dedup_by(|a, b| a.0 == b.0);
    let required = rows.iter().any(|(option, _)| option.starts_with("* "));
    let head = if required {
        "Option (* = required)"
    } else {
        "Option"
    };

    let widest = rows
        .iter()
        .map(|(option, _)| option.chars().count())
        .max()
        .unwrap_or(0);
    let left = widest.max(head.len()).min((WIDTH - GAP) / 2);
    let right = WIDTH - GAP - left;
    let mut table = String::new();
    push_line(&mut table, left, head, "Description");
    push_line(&mut table, left, &"-".repeat(head.len()), "-----------");
    for (option, description) in &rows {
        let options = wrap(option, left);
        let descriptions = wrap(description, right);
        for line in 0..options.len().max(descriptions.len()) {
            let cell = |cells: &[String]| cells.get(line).cloned().unwrap_or_default();
            push_line(&mut table, left, &cell(&options), &cell(&descriptions));
        }
    }
    table
}

fn push_line(table: &mut String, left: usize, option: &str, description: &str) {
    let line = format!("{option:left$}{:GAP$}{description}", "");
    table.push_str(line.trim_end());
    table.push('\n');
}

/// Returns the two cells of an option, `None` for what has no long name.
fn row(arg: &Arg) -> Option<(String, String)> {
    let long = arg.get_long()?;
    let star = if arg.is_required_set() { "* " } else { "" };
    let value = arg
        .get_value_names()
        .and_then(|names| names.first())
        .map(ToString::to_string);
    let values = arg.get_num_args().unwrap_or_default();
    let option = match (value, values.min_values(), values.max_values()) {
        (_, _, 0) | (None, _, _) => format!("{star}--{long}"),
        (Some(value), 0, _) => format!("{star}--{long} [{value}]"),
        (Some(value), _, _) => format!("{star}--{long} <{value}>"),
    };
    let help = arg.get_help().map(ToString::to_string).unwrap_or_default();
    let defaults: Vec<_> = arg
        .get_default_values()
        .iter()
        .map(|v| v.to_string_lossy())
        .collect();
    let help = match defaults.first() {
        Some(default) if values.max_values() > 0 => format!("{help} (default: {default})"),
        _ => help,
    };
    Some((option, help))
}

/// Breaks a text into lines of at most `width` characters, where it has blanks; a longer word is
/// broken where the line is full.
fn wrap(text: &str, width: usize) -> Vec<String> {
    let mut lines = Vec::new();
    let mut line = String::new();
    for word in text.split_inclusive(' ') {
        let fits = line.chars().count() + word.trim_end().chars().count() <= width;
        if !fits && !line.trim().is_empty() {
            lines.push(line.trim_end().to_owned());
            line = INDENT.to_owned();
        }
        for letter in word.chars() {
            if line.chars().count() >= width && letter != ' ' {
                lines.push(line);
                line = INDENT.to_owned();
            }
            line.push(letter);
        }
    }
    if !line.trim().is_empty() || lines.is_empty() {
        lines.push(line.trim_end().to_owned());
    }
    lines
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::CommandFactory;

    #[derive(Debug, clap::Parser)]
    struct Options {
        /// Brokers to connect to first, a list of host and port pairs divided by commas.
        #[arg(
            long = "bootstrap-server",
            required = true,
            value_name = "String: server to use"
        )]
        _bootstrap: Option<String>,
        /// State to look for.
        #[arg(long = "state", num_args = 0..=1, value_name = "String")]
        _state: Option<String>,
        /// Print names.
        #[arg(long = "list")]
        _list: bool,
        /// How long to wait.
        #[arg(long = "timeout", value_name = "Long: ms", default_value = "10")]
        _timeout: String,
        #[arg(long = "zookeeper", hide = true)]
        _zookeeper: Option<String>,
    }

    #[test]
    fn the_table_has_kafkas_layout() {
        let expected = "\
Option (* = required)                    Description
---------------------                    -----------
* --bootstrap-server <String: server to  Brokers to connect to first, a list of
  use>                                     host and port pairs divided by commas
--help                                   Print usage information.
--list                                   Print names
--state [String]                         State to look for
--timeout <Long: ms>                     How long to wait (default: 10)
--version                                Print the version of Kafka.
";
        assert_eq!(usage_table(&Options::command()), expected);
    }

    #[test]
    fn no_line_is_wider_than_the_table() {
        assert_eq!(wrap("aaaaaaaaaa", 4), ["aaaa", "  aa", "  aa", "  aa"]);
        assert_eq!(wrap("one two three", 8), ["one two", "  three"]);
        assert_eq!(wrap("", 8), [""]);
    }
}
