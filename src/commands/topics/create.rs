//! `topics --create`.

use std::collections::BTreeMap;

use serde::Serialize;

use super::options::Options;
use super::{call_failed, failed};
use crate::cli::{CommandError, Format, Output};
use crate::client::Admin;
use crate::client::admin::{Apply, CreatedTopic, NewTopic};
use crate::config::topic::{topic_def, validate_topic_value};
use crate::protocol::ErrorCode;
use crate::types::BrokerId;

const COLLISION_WARNING: &str = "WARNING: Due to limitations in metric names, topics with a period \
                                 ('.') or underscore ('_') could collide. To avoid issues it is \
                                 best to use either, but not both.";

/// Makes the topic that the options describe.
pub(super) async fn create(
    admin: &Admin,
    options: &Options,
    output: &mut Output,
) -> Result<(), CommandError> {
    let topic = requested(options, output)?;
    let results = admin
        .create_topics(std::slice::from_ref(&topic), Apply::Now)
        .await
        .map_err(|error| call_failed(&error))?;
    for (name, result) in results {
        match result {
            Ok(created) => report(&name, &created, options.output.format, output)?,
            Err(error)
                if options.if_not_exists && error.code() == Some(ErrorCode::TopicAlreadyExists) => {
            }
            Err(error) => return Err(call_failed(&error)),
        }
    }
    Ok(())
}

/// Reads and checks the topic's options, in Kafka's order.
fn requested(options: &Options, output: &mut Output) -> Result<NewTopic, CommandError> {
    let name = options.topic.clone().unwrap_or_default();
    let number = |number: &Option<crate::cli::Number<i32>>, option: &str| {
        number
            .as_ref()
            .map(|number| number.value(option))
            .transpose()
            .map_err(failed)
    };
    let partitions = number(&options.partitions, "partitions")?;
    let factor = number(&options.replication_factor, "replication-factor")?;
    let assignments = match options.replica_assignment.as_deref() {
        Some(text) => parse_assignment(text)?,
        None => BTreeMap::new(),
    };
    let configs = parse_configs(&options.configs)?;
    if name.contains(['.', '_']) {
        output.line(COLLISION_WARNING)?;
    }
    let replication_factor = match factor {
        Some(factor) => Some(
            i16::try_from(factor)
                .ok()
                .filter(|factor| *factor >= 1)
                .ok_or_else(|| {
                    failed("The replication factor must be between 1 and 32767 inclusive")
                })?,
        ),
        None => None,
    };
    if partitions.is_some_and(|partitions| partitions < 1) {
        return Err(failed("The partitions must be greater than 0"));
    }
    if name.is_empty() {
        return Err(failed(
            "The given topic name '' cannot be represented in a request.",
        ));
    }
    Ok(NewTopic {
        name,
        partitions,
        replication_factor,
        assignments,
        configs,
    })
}

/// Reads `1:2,2:3`: partitions divided by commas, brokers by colons.
pub(super) fn parse_assignment(text: &str) -> Result<BTreeMap<i32, Vec<BrokerId>>, CommandError> {
    let mut assignments: BTreeMap<i32, Vec<BrokerId>> = BTreeMap::new();
    for (partition, brokers) in (0..).zip(text.split(',')) {
        let mut replicas = Vec::new();
        let mut duplicates = Vec::new();
        for broker in brokers.trim().split(':') {
            let broker = broker.trim();
            let id = broker
                .parse()
                .map_err(|_| failed(format!("For input string: \"{broker}\"")))?;
            let id = BrokerId(id);
            if replicas.contains(&id) && !duplicates.contains(&id) {
                duplicates.push(id);
            }
            replicas.push(id);
        }
        if !duplicates.is_empty() {
            let ids: Vec<_> = duplicates.iter().map(ToString::to_string).collect();
            return Err(failed(format!(
                "Partition replica lists may not contain duplicate entries: {}",
                ids.join(",")
            )));
        }
        if assignments
            .get(&0)
            .is_some_and(|first| first.len() != replicas.len())
        {
            let ids: Vec<_> = replicas.iter().map(ToString::to_string).collect();
            return Err(failed(format!(
                "Partition {partition} has different replication factor: [{}]",
                ids.join(", ")
            )));
        }
        assignments.insert(partition, replicas);
    }
    Ok(assignments)
}

/// Reads and checks `name=value` words; the last of a repeated name wins.
fn parse_configs(words: &[String]) -> Result<BTreeMap<String, String>, CommandError> {
    let mut configs = BTreeMap::new();
    for word in words {
        // As Java's split: empty pieces at the end do not count.
        let mut pieces: Vec<_> = word.split('=').map(str::trim).collect();
        while pieces.last().is_some_and(|piece| piece.is_empty()) {
            pieces.pop();
        }
        let [name, value] = pieces.as_slice() else {
            return Err(failed(
                "requirement failed: Invalid topic config: all configs to be added must be in the \
                 format \"key=val\".",
            ));
        };
        configs.insert((*name).to_owned(), (*value).to_owned());
    }
    if let Some(unknown) = configs.keys().find(|name| topic_def(name).is_none()) {
        return Err(failed(format!("Unknown topic config name: {unknown}")));
    }
    for (name, value) in &configs {
        validate_topic_value(name, value).map_err(|error| failed(error.message()))?;
    }
    Ok(configs)
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Created<'a> {
    topic: &'a str,
    topic_id: String,
    partitions: Option<i32>,
    replication_factor: Option<i16>,
}

fn report(
    name: &str,
    created: &CreatedTopic,
    format: Format,
    output: &mut Output,
) -> Result<(), CommandError> {
    match format {
        Format::Text => output.line(format_args!("Created topic {name}.")),
        Format::Json => output.json(&Created {
            topic: name,
            topic_id: created.id.to_string(),
            partitions: created.partitions,
            replication_factor: created.replication_factor,
        }),
        Format::Table => {
            let shown = |number: Option<String>| number.unwrap_or_else(|| "-".to_owned());
            let row = vec![
                name.to_owned(),
                created.id.to_string(),
                shown(created.partitions.map(|count| count.to_string())),
                shown(created.replication_factor.map(|factor| factor.to_string())),
            ];
            output.table(
                &["TOPIC", "TOPIC ID", "PARTITIONS", "REPLICATION FACTOR"],
                &[row],
            )
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ids(text: &str) -> Result<Vec<Vec<i32>>, String> {
        let found = parse_assignment(text).map_err(|error| error.sentence().to_owned())?;
        Ok(found
            .into_values()
            .map(|ids| ids.into_iter().map(|id| id.0).collect())
            .collect())
    }

    #[test]
    fn replicas_by_hand() {
        assert_eq!(
            ids("5:4,3:2,1:0"),
            Ok(vec![vec![5, 4], vec![3, 2], vec![1, 0]])
        );
        let prefix = "Error while executing topic command : ";
        let cases = [
            (
                "5:5",
                "Partition replica lists may not contain duplicate entries: 5",
            ),
            (
                "1,1:2",
                "Partition 1 has different replication factor: [1, 2]",
            ),
            (
                "5:4:3,2:1",
                "Partition 1 has different replication factor: [2, 1]",
            ),
            ("a", "For input string: \"a\""),
        ];
        for (text, sentence) in cases {
            assert_eq!(ids(text), Err(format!("{prefix}{sentence}")), "{text}");
        }
    }

    #[test]
    fn settings_are_checked_before_anything_is_sent() {
        let refused = |word: &str| parse_configs(&[word.to_owned()]).unwrap_err().to_string();
        let cases = [
            ("foo=1", "Unknown topic config name: foo"),
            (
                "retention.ms=week",
                "Invalid value week for configuration retention.ms: Not a number of type LONG",
            ),
            (
                "min.insync.replicas=0",
                "Invalid value 0 for configuration min.insync.replicas: Value must be at least 1",
            ),
        ];
        for (word, sentence) in cases {
            assert_eq!(
                refused(word),
                format!("Error while executing topic command : {sentence}")
            );
        }
        for word in ["retention.ms", "retention.ms=", "a=b=c"] {
            assert!(
                refused(word).contains("requirement failed: Invalid topic config"),
                "{word}"
            );
        }
        let words = ["retention.ms = 1".to_owned(), "retention.ms=2".to_owned()];
        assert_eq!(parse_configs(&words).unwrap()["retention.ms"], "2");
    }
}
