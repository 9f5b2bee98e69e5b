//! The table of `kafka.tools.ConsumerOffsetChecker`, which old tutorials print: a group's place
//! in each partition of topics. What is not known is `unknown`, as there.

use super::describe::{Lag, lags};
use super::options::Options;
use super::topic_arguments::all_partitions;
use super::{call_failed, failed};
use crate::cli::{CommandError, Exit, Output};
use crate::client::Admin;
use crate::protocol::ErrorCode;
use crate::types::TopicPartition;

pub(super) async fn run(
    admin: &Admin,
    options: &Options,
    output: &mut Output,
) -> Result<Exit, CommandError> {
    let Some(group) = options.groups.first() else {
        let sentence = "Missing required argument \"[group]\"";
        return Err(super::options::usage(sentence));
    };
    let wanted: Vec<String> = options
        .topics
        .iter()
        .flat_map(|list| list.split(','))
        .map(|topic| topic.trim().to_owned())
        .collect();
    let described = admin
        .describe_consumer_groups(std::slice::from_ref(group))
        .await;
    let described = described.map_err(call_failed)?.into_iter().next();
    let members = match described {
        Some((_, Ok(found))) => found.members,
        Some((_, Err(error))) if error.code() == Some(ErrorCode::GroupIdNotFound) => Vec::new(),
        Some((_, Err(error))) => return Err(call_failed(error)),
        None => Vec::new(),
    };
    let lags = lags(admin, group, &members).await?;
    let mut places: Vec<(TopicPartition, Option<&Lag>)> = Vec::new();
    if wanted.is_empty() {
        places.extend(lags.iter().map(|lag| (lag.partition.clone(), Some(lag))));
    } else {
        for partition in all_partitions(admin, &wanted)
            .await
            .map_err(|error| failed(&error))?
        {
            let lag = lags.iter().find(|lag| lag.partition == partition);
            places.push((partition, lag));
        }
    }
    let mut row = |cells: [&str; 7]| {
        let [group, topic, pid, offset, size, lag, owner] = cells;
        output.line(format!(
            "{group:15} {topic:30} {pid:3} {offset:15} {size:15} {lag:15} {owner}"
        ))
    };
    row(["Group", "Topic", "Pid", "Offset", "logSize", "Lag", "Owner"])?;
    let known = |number: Option<i64>| number.map_or("unknown".to_owned(), |n| n.to_string());
    for (partition, lag) in places {
        let number = partition.partition.to_string();
        let offset = known(lag.and_then(|lag| lag.current));
        let size = known(lag.and_then(|lag| lag.end));
        let behind = known(lag.and_then(Lag::lag));
        let owner = lag.and_then(Lag::owner).unwrap_or("none");
        row([
            group,
            &partition.topic,
            &number,
            &offset,
            &size,
            &behind,
            owner,
        ])?;
    }
    Ok(Exit::SUCCESS)
}
