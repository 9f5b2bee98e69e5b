//! `consumer-groups --delete-offsets`: forgets what a group has committed of topics.

use serde_json::json;

use super::options::Options;
use super::topic_arguments::{TopicArgument, all_partitions};
use super::{call_failed, failed, print_error};
use crate::cli::{CommandError, Exit, Format, Output, SyntaxError};
use crate::client::{Admin, ClientError};
use crate::protocol::ErrorCode;
use crate::types::TopicPartition;

/// Stands for a topic that is not there.
const NO_PARTITION: i32 = -1;

type Outcome = (TopicPartition, Result<(), ClientError>);

pub(super) async fn run(
    admin: &Admin,
    options: &Options,
    output: &mut Output,
) -> Result<Exit, CommandError> {
    let [group] = &options.groups[..] else {
        return Err(failed(SyntaxError::Multiple("group".into())));
    };
    let mut outcomes: Vec<Outcome> = Vec::new();
    let mut wanted: Vec<TopicPartition> = Vec::new();
    for text in &options.topics {
        let argument = TopicArgument::parse(text)?;
        let topic = argument.topic;
        let named = argument.partitions.iter();
        wanted.extend(named.map(|number| TopicPartition::new(topic.clone(), *number)));
        if argument.partitions.is_empty() {
            match all_partitions(admin, std::slice::from_ref(&topic)).await {
                Ok(found) => wanted.extend(found),
                Err(error) => {
                    outcomes.push((TopicPartition::new(topic, NO_PARTITION), Err(error)));
                }
            }
        }
    }
    let deleted = if wanted.is_empty() {
        Ok(Vec::new())
    } else {
        admin.delete_consumer_group_offsets(group, &wanted).await
    };
    let failure = match deleted {
        Ok(results) => {
            let first = results.iter().find_map(|(_, result)| result.clone().err());
            outcomes.extend(results);
            first
        }
        Err(error @ (ClientError::Timeout { .. } | ClientError::Disconnected { .. })) => {
            return Err(call_failed(error));
        }
        Err(error) => {
            outcomes.extend(wanted.into_iter().map(|p| (p, Err(error.clone()))));
            Some(error)
        }
    };
    outcomes.sort_by_key(|(partition, _)| format!("{}{}", partition.topic, partition.partition));
    print(
        group,
        failure.as_ref(),
        &outcomes,
        options.output.format,
        output,
    )?;
    let all_done = outcomes.iter().all(|(_, result)| result.is_ok());
    Ok(if all_done {
        Exit::SUCCESS
    } else {
        Exit::FAILURE
    })
}

fn print(
    group: &str,
    failure: Option<&ClientError>,
    outcomes: &[Outcome],
    format: Format,
    output: &mut Output,
) -> Result<(), CommandError> {
    let number = |partition: &TopicPartition| {
        (partition.partition != NO_PARTITION).then_some(partition.partition)
    };
    let status = |result: &Result<(), ClientError>| match result {
        Ok(()) => "Successful".to_owned(),
        Err(error) => format!("Error: {}", error.java()),
    };
    let cells = outcomes.iter().map(|(partition, result)| {
        let number = number(partition).map_or("-".to_owned(), |number| number.to_string());
        [partition.topic.clone(), number, status(result)]
    });
    match format {
        Format::Json => {
            let rows = outcomes.iter().map(|(partition, result)| {
                json!({
                    "group": group,
                    "topic": partition.topic,
                    "partition": number(partition),
                    "error": result.as_ref().err().map(ClientError::java),
                })
            });
            output.json(&rows.collect::<Vec<_>>())
        }
        Format::Table => {
            let rows: Vec<Vec<String>> = cells.map(Vec::from).collect();
            output.table(&["TOPIC", "PARTITION", "STATUS"], &rows)
        }
        Format::Text => {
            match failure {
                None => output.line(format!(
                    "Request succeeded for deleting offsets from group {group}."
                ))?,
                Some(error) => print_error(output, first_line(error))?,
            }
            output.line(format!(
                "\n{:15} {:10} {:15}",
                "TOPIC", "PARTITION", "STATUS"
            ))?;
            for [topic, number, status] in cells {
                output.line(format!("{topic:15} {number:10} {status:15}"))?;
            }
            Ok(())
        }
    }
}

fn first_line(error: &ClientError) -> String {
    match error.code() {
        Some(
            ErrorCode::GroupSubscribedToTopic
            | ErrorCode::TopicAuthorizationFailed
            | ErrorCode::UnknownTopicOrPartition,
        ) => "Encountered some partition-level error, see the follow-up details.".to_owned(),
        _ => error.to_string(),
    }
}
