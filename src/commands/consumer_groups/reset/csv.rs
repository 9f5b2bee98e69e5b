//! The CSV of `--export` and `--from-file`: `topic,partition,offset`, with the group in front
//! where there are several.

use std::collections::BTreeMap;
use std::path::Path;

use super::super::failed;
use super::Plan;
use crate::cli::CommandError;
use crate::fs::{Fs, RealFs};
use crate::types::{Offset, TopicPartition};

/// The largest file that is read.
const FILE_BYTES_MAX: u64 = 64 * 1024 * 1024;
/// The longest text that is written without quotes.
const BARE_CHARS_MAX: usize = 24;

/// Reads the plans of a file, by group.
pub(super) fn read(path: &str, groups: &[String]) -> Result<BTreeMap<String, Plan>, CommandError> {
    let bytes = RealFs
        .read(Path::new(path), FILE_BYTES_MAX)
        .map_err(|error| {
            failed(format!("java.io.IOException: Unable to read file {path}")).hint(error)
        })?;
    let text = String::from_utf8_lossy(&bytes);
    parse(&text, groups).map_err(failed)
}

fn parse(text: &str, groups: &[String]) -> Result<BTreeMap<String, Plan>, String> {
    let lines = text.lines().filter(|line| !line.trim().is_empty());
    let rows: Vec<Vec<String>> = lines.map(fields).collect();
    let short = rows.first().is_some_and(|row| row.len() == 3);
    let only = match groups {
        [group] if short => Some(group),
        _ => None,
    };
    let mut plans: BTreeMap<String, Plan> = BTreeMap::new();
    for row in rows {
        let bad = || format!("The line \"{}\" is no line of a reset plan", row.join(","));
        let (group, topic, partition, offset) = match (&row[..], only) {
            ([topic, partition, offset], Some(group)) => (group, topic, partition, offset),
            ([group, topic, partition, offset], None) => (group, topic, partition, offset),
            _ => return Err(bad()),
        };
        let partition: i32 = partition.trim().parse().map_err(|_| bad())?;
        let offset: i64 = offset.trim().parse().map_err(|_| bad())?;
        let plan = plans.entry(group.clone()).or_default();
        plan.insert(
            TopicPartition::new(topic.clone(), partition),
            Offset(offset),
        );
    }
    Ok(plans)
}

/// Splits a line at commas that are not in quotes.
fn fields(line: &str) -> Vec<String> {
    let mut found = vec![String::new()];
    let mut quoted = false;
    let mut letters = line.chars().peekable();
    while let Some(letter) = letters.next() {
        match letter {
            '"' if quoted && letters.peek() == Some(&'"') => {
                letters.next();
                push(&mut found, '"');
            }
            '"' => quoted = !quoted,
            ',' if !quoted => found.push(String::new()),
            other => push(&mut found, other),
        }
    }
    found
}

fn push(fields: &mut [String], letter: char) {
    if let Some(last) = fields.last_mut() {
        last.push(letter);
    }
}

/// Returns a text as Jackson writes it.
pub(super) fn quoted(text: &str) -> String {
    let is_plain = |letter: char| letter >= '-';
    if text.chars().count() <= BARE_CHARS_MAX && text.chars().all(is_plain) {
        return text.to_owned();
    }
    format!("\"{}\"", text.replace('"', "\"\""))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(text: &str, groups: &[&str]) -> Result<String, String> {
        let groups: Vec<String> = groups.iter().map(ToString::to_string).collect();
        parse(text, &groups).map(|plans| format!("{plans:?}"))
    }

    #[test]
    fn one_group_may_leave_its_name_out() {
        let long = shown("g,t,1,5\n", &["g"]).unwrap();
        assert_eq!(shown("t,1,5\n\n", &["g"]), Ok(long.clone()));
        assert!(shown("t,1,5\n", &["g", "h"]).is_err());
        assert_eq!(shown("\"g\",\"t\",1,5", &["g", "h"]), Ok(long));
    }

    #[test]
    fn numbers_that_are_none_are_told_by_their_line() {
        let error = shown("t,one,5\n", &["g"]).unwrap_err();
        assert_eq!(error, "The line \"t,one,5\" is no line of a reset plan");
    }

    #[test]
    fn long_and_odd_texts_stand_in_quotes() {
        assert_eq!(quoted("orders-1_x"), "orders-1_x");
        assert_eq!(quoted("a b"), "\"a b\"");
        let long = "a-topic-with-a-rather-long-name";
        assert_eq!(quoted(long), format!("\"{long}\""));
        assert_eq!(fields("\"a\"\"b,c\",d"), ["a\"b,c", "d"]);
    }
}
