//! The JSON files of `reassign-partitions`: replicas for partitions, topics to make a proposal for.
//! Each sentence about a broken file is Kafka's.

use std::collections::{BTreeMap, BTreeSet};

use serde::Serialize;
use serde_json::{Map, Value};

use super::failed;
use crate::cli::CommandError;
use crate::client::admin::Replica;
use crate::types::{BrokerId, TopicPartition};

/// Stands for a log directory that the broker chooses.
pub(super) const ANY: &str = "any";

/// What a reassignment file asks for.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Plan {
    /// The replicas of each partition.
    pub(super) partitions: BTreeMap<TopicPartition, Vec<BrokerId>>,
    /// The log directories of replicas for which one is named.
    pub(super) log_dirs: BTreeMap<Replica, String>,
}

/// One partition of a reassignment file, as it is printed.
#[derive(Debug, Serialize)]
pub(super) struct PlanEntry {
    pub(super) topic: String,
    pub(super) partition: i32,
    pub(super) replicas: Vec<i32>,
    pub(super) log_dirs: Vec<String>,
}

/// A reassignment file, as it is printed.
#[derive(Debug, Serialize)]
pub(super) struct PlanDocument {
    version: i32,
    partitions: Vec<PlanEntry>,
}

/// Returns the document of an assignment; a directory that is not named is left open.
pub(super) fn document(
    partitions: &BTreeMap<TopicPartition, Vec<BrokerId>>,
    log_dirs: &BTreeMap<Replica, String>,
) -> PlanDocument {
    let entry = |(partition, replicas): (&TopicPartition, &Vec<BrokerId>)| {
        let dir = |broker: &BrokerId| {
            let replica = Replica {
                broker: *broker,
                partition: partition.clone(),
            };
            log_dirs
                .get(&replica)
                .map_or(ANY, String::as_str)
                .to_owned()
        };
        PlanEntry {
            topic: partition.topic.clone(),
            partition: partition.partition,
            replicas: replicas.iter().map(|id| id.0).collect(),
            log_dirs: replicas.iter().map(dir).collect(),
        }
    };
    PlanDocument {
        version: 1,
        partitions: partitions.iter().map(entry).collect(),
    }
}

impl Plan {
    /// Reads a file that may hold the same partition twice, as `--verify` and `--cancel` take it.
    pub(super) fn parse(text: &[u8]) -> Result<Self, CommandError> {
        let (entries, mut plan) = (entries(text)?, Self::default());
        for entry in entries {
            plan.add(entry)?;
        }
        Ok(plan)
    }

    /// Reads a file that is to be carried out.
    pub(super) fn parse_for_execution(text: &[u8]) -> Result<Self, CommandError> {
        let entries = entries(text)?;
        if entries.is_empty() {
            return Err(failed("Partition reassignment list cannot be empty"));
        }
        if entries.iter().any(|entry| entry.replicas.is_empty()) {
            return Err(failed("Partition replica list cannot be empty"));
        }
        let twice = duplicates(entries.iter().map(Entry::name));
        if !twice.is_empty() {
            return Err(failed(format!(
                "Partition reassignment contains duplicate topic partitions: {}",
                twice.join(",")
            )));
        }
        let mut doubled = Vec::new();
        for entry in &entries {
            let twice = duplicates(entry.replicas.iter().map(ToString::to_string));
            if !twice.is_empty() {
                let (name, twice) = (entry.name(), twice.join(","));
                doubled.push(format!("{name} contains multiple entries for {twice}"));
            }
        }
        if !doubled.is_empty() {
            return Err(failed(format!(
                "Partition replica lists may not contain duplicate entries: {}",
                doubled.join(". ")
            )));
        }
        let mut plan = Self::default();
        for entry in entries {
            plan.add(entry)?;
        }
        Ok(plan)
    }

    fn add(&mut self, entry: Entry) -> Result<(), CommandError> {
        let partition = TopicPartition::new(entry.topic, entry.partition);
        if let Some(dirs) = &entry.log_dirs {
            if dirs.len() != entry.replicas.len() {
                let ids: Vec<_> = entry.replicas.iter().map(ToString::to_string).collect();
                return Err(failed(format!(
                    "Size of replicas list [{}] is different from size of log dirs list [{}] for \
                     partition {partition}",
                    ids.join(", "),
                    dirs.join(", ")
                )));
            }
            for (broker, dir) in entry.replicas.iter().zip(dirs) {
                if dir != ANY {
                    let replica = Replica {
                        broker: *broker,
                        partition: partition.clone(),
                    };
                    self.log_dirs.insert(replica, dir.clone());
                }
            }
        }
        self.partitions.insert(partition, entry.replicas);
        Ok(())
    }
}

/// Reads the file of topics to make a proposal for.
pub(super) fn parse_topics(text: &[u8]) -> Result<Vec<String>, CommandError> {
    let Ok(document) = serde_json::from_slice::<Value>(text) else {
        return Err(failed("The input string is not a valid JSON"));
    };
    let document = object(&document)?;
    check_version(document)?;
    let mut topics = Vec::new();
    for entry in list(document, "topics")? {
        topics.push(string(field(object(entry)?, "topic")?)?);
    }
    let twice = duplicates(topics.iter().cloned());
    if !twice.is_empty() {
        return Err(failed(format!(
            "List of topics to reassign contains duplicate entries: [{}]",
            twice.join(", ")
        )));
    }
    Ok(topics)
}

struct Entry {
    topic: String,
    partition: i32,
    replicas: Vec<BrokerId>,
    log_dirs: Option<Vec<String>>,
}

impl Entry {
    fn name(&self) -> String {
        format!("{}-{}", self.topic, self.partition)
    }
}

fn entries(text: &[u8]) -> Result<Vec<Entry>, CommandError> {
    if text.is_empty() {
        return Err(failed("The input string shouldn't be empty"));
    }
    let document: Value =
        serde_json::from_slice(text).map_err(|error| failed(syntax(text, &error)))?;
    let document = object(&document)?;
    check_version(document)?;
    let mut entries = Vec::new();
    for entry in list(document, "partitions")? {
        let entry = object(entry)?;
        let replicas = array(field(entry, "replicas")?)?;
        let replicas = replicas.iter().map(|id| integer(id).map(BrokerId));
        let log_dirs = match entry.get("log_dirs") {
            None => None,
            Some(dirs) => Some(array(dirs)?.iter().map(string).collect::<Result<_, _>>()?),
        };
        entries.push(Entry {
            topic: string(field(entry, "topic")?)?,
            partition: integer(field(entry, "partition")?)?,
            replicas: replicas.collect::<Result<_, _>>()?,
            log_dirs,
        });
    }
    Ok(entries)
}

/// Returns what is wrong with the JSON, in the words of Kafka's parser where kt has the same.
fn syntax(text: &[u8], error: &serde_json::Error) -> String {
    let (line, column) = (error.line(), error.column());
    let place = format!(" at [line: {line}, column: {column}]");
    let lines = String::from_utf8_lossy(text);
    let found = lines
        .lines()
        .nth(line.saturating_sub(1))
        .and_then(|line| line.chars().nth(column.saturating_sub(1)));
    match found {
        Some(letter) if error.to_string().starts_with("key must be a string") => format!(
            "Unexpected character ('{letter}' (code {})): was expecting double-quote to start \
             field name\n{place}",
            u32::from(letter)
        ),
        _ => format!("{error}\n{place}"),
    }
}

/// Returns what comes more than once, in order.
fn duplicates(names: impl Iterator<Item = String>) -> Vec<String> {
    let (mut seen, mut twice) = (BTreeSet::new(), BTreeSet::new());
    for name in names {
        if !seen.insert(name.clone()) {
            twice.insert(name);
        }
    }
    twice.into_iter().collect()
}

fn check_version(document: &Map<String, Value>) -> Result<(), CommandError> {
    match document.get("version").map(integer).transpose()? {
        None | Some(1) => Ok(()),
        Some(other) => Err(failed(format!("Not supported version field value {other}"))),
    }
}

fn object(value: &Value) -> Result<&Map<String, Value>, CommandError> {
    let wrong = || failed(format!("Expected JSON object, received {value}"));
    value.as_object().ok_or_else(wrong)
}

fn array(value: &Value) -> Result<&Vec<Value>, CommandError> {
    let wrong = || failed(format!("Expected JSON array, received {value}"));
    value.as_array().ok_or_else(wrong)
}

/// Returns a list's elements; none if the document lacks it.
fn list<'d>(document: &'d Map<String, Value>, name: &str) -> Result<&'d [Value], CommandError> {
    let found = document.get(name).map(array).transpose()?;
    Ok(found.map_or(&[], Vec::as_slice))
}

fn field<'d>(object: &'d Map<String, Value>, name: &str) -> Result<&'d Value, CommandError> {
    let missing = || failed(format!("No such field exists: `{name}`"));
    object.get(name).ok_or_else(missing)
}

fn string(value: &Value) -> Result<String, CommandError> {
    let wrong = || failed(format!("Expected `String` value, received {value}"));
    value.as_str().map(ToOwned::to_owned).ok_or_else(wrong)
}

fn integer(value: &Value) -> Result<i32, CommandError> {
    let wrong = || failed(format!("Expected `Integer` value, received {value}"));
    let number = value.as_i64().and_then(|number| number.try_into().ok());
    number.ok_or_else(wrong)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn error(text: &str) -> String {
        let error = Plan::parse_for_execution(text.as_bytes()).unwrap_err();
        error.sentence().to_owned()
    }

    #[test]
    fn a_plan_is_read_and_printed_as_it_was() {
        let text = r#"{"version":1,"partitions":[{"topic":"t","partition":0,"replicas":[1,2],"#
            .to_owned()
            + r#""log_dirs":["any","/d"]}]}"#;
        let plan = Plan::parse_for_execution(text.as_bytes()).unwrap();
        assert_eq!(plan.log_dirs.len(), 1);
        let printed = serde_json::to_string(&document(&plan.partitions, &plan.log_dirs)).unwrap();
        assert_eq!(printed, text);
    }

    #[test]
    fn broken_plans_are_told_in_kafkas_words() {
        let entry = |rest: &str| format!(r#"{{"partitions":[{{"topic":"t",{rest}}}]}}"#);
        let cases = [
            ("".to_owned(), "The input string shouldn't be empty"),
            ("[]".to_owned(), "Expected JSON object, received []"),
            (
                "{}".to_owned(),
                "Partition reassignment list cannot be empty",
            ),
            (
                r#"{"version":3}"#.to_owned(),
                "Not supported version field value 3",
            ),
            (
                entry(r#""replicas":[1]"#),
                "No such field exists: `partition`",
            ),
            (
                entry(r#""partition":"x","replicas":[1]"#),
                r#"Expected `Integer` value, received "x""#,
            ),
            (
                entry(r#""partition":0,"replicas":[]"#),
                "Partition replica list cannot be empty",
            ),
            (
                entry(r#""partition":0,"replicas":[1,1]"#),
                "Partition replica lists may not contain duplicate entries: t-0 contains multiple \
                 entries for 1",
            ),
            (
                entry(r#""partition":0,"replicas":[1,2],"log_dirs":["any"]"#),
                "Size of replicas list [1, 2] is different from size of log dirs list [any] for \
                 partition t-0",
            ),
        ];
        for (text, sentence) in cases {
            assert_eq!(error(&text), format!("Error: {sentence}"), "{text}");
        }
    }
}
