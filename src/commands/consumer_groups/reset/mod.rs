//! `consumer-groups --reset-offsets`: where groups without members are to go on.
//!
//! A dry run and the real one print the same. A group that has members is told and left alone.

mod csv;
mod print;
mod targets;
mod times;

use std::collections::BTreeMap;

use super::options::Options;
use super::topic_arguments::{TopicArgument, all_partitions};
use super::{call_failed, execution, failed, groups, print_error};
use crate::cli::{CommandError, Exit, Output};
use crate::client::admin::{GroupState, OffsetAndMetadata};
use crate::client::{Admin, ClientError};
use crate::protocol::ErrorCode;
use crate::types::{Offset, TopicPartition};

/// Where a group is to go on.
type Plan = BTreeMap<TopicPartition, Offset>;

pub(super) async fn run(
    admin: &Admin,
    options: &Options,
    output: &mut Output,
) -> Result<Exit, CommandError> {
    let names = groups(admin, options).await?;
    let described = admin.describe_consumer_groups(&names).await;
    let described = described.map_err(|error| failed(execution(&error)))?;
    let mut plans: BTreeMap<String, Plan> = BTreeMap::new();
    let mut exit = Exit::SUCCESS;
    for (group, result) in described {
        let state = match result {
            Ok(found) => found.state,
            // A new name is made by what is committed for it.
            Err(error) if error.code() == Some(ErrorCode::GroupIdNotFound) => GroupState::Dead,
            Err(error) => return Err(failed(execution(&error))),
        };
        if !matches!(state, GroupState::Empty | GroupState::Dead) {
            print_error(
                output,
                format!(
                    "Assignments can only be reset if the group '{group}' is inactive, but the \
                     current state is {state}."
                ),
            )?;
            exit = Exit::FAILURE;
            plans.insert(group, Plan::new());
            continue;
        }
        let partitions = scope(admin, options, &group).await?;
        let (plan, is_whole) = targets::plan(admin, options, &group, &partitions, output).await?;
        if !is_whole {
            exit = Exit::FAILURE;
        }
        if options.execute {
            commit(admin, &group, &plan).await?;
        }
        plans.insert(group, plan);
    }
    print::run(&plans, options, output)?;
    Ok(exit)
}

/// Returns the partitions whose offsets are to be set.
async fn scope(
    admin: &Admin,
    options: &Options,
    group: &str,
) -> Result<Vec<TopicPartition>, CommandError> {
    if options.all_topics {
        let committed = admin.list_consumer_group_offsets(group, None).await;
        let committed = committed.map_err(call_failed)?.into_iter();
        let is_committed =
            |result: &Result<Option<OffsetAndMetadata>, ClientError>| matches!(result, Ok(Some(_)));
        return Ok(committed
            .filter(|(_, result)| is_committed(result))
            .map(|(partition, _)| partition)
            .collect());
    }
    if !options.topics.is_empty() {
        return of_topics(admin, &options.topics).await;
    }
    if options.from_file.is_some() {
        return Ok(Vec::new());
    }
    Err(super::options::usage(
        "One of the reset scopes should be defined: --all-topics, --topic.",
    ))
}

async fn of_topics(admin: &Admin, words: &[String]) -> Result<Vec<TopicPartition>, CommandError> {
    let arguments: Vec<TopicArgument> = words
        .iter()
        .map(|word| TopicArgument::parse(word))
        .collect::<Result<_, _>>()?;
    let mut topics: Vec<String> = arguments.iter().map(|a| a.topic.clone()).collect();
    topics.sort();
    topics.dedup();
    let there = all_partitions(admin, &topics).await.map_err(failed)?;
    let mut wanted = Vec::new();
    for argument in &arguments {
        if argument.partitions.is_empty() {
            let of_topic = there.iter().filter(|found| found.topic == argument.topic);
            wanted.extend(of_topic.cloned());
        }
        let named = argument.partitions.iter();
        wanted.extend(named.map(|number| TopicPartition::new(argument.topic.clone(), *number)));
    }
    wanted.sort();
    wanted.dedup();
    let missing: Vec<String> = wanted
        .iter()
        .filter(|partition| !there.contains(partition))
        .map(ToString::to_string)
        .collect();
    if missing.is_empty() {
        return Ok(wanted);
    }
    let missing = missing.join(",");
    Err(failed(format!("The partitions \"{missing}\" do not exist")))
}

async fn commit(admin: &Admin, group: &str, plan: &Plan) -> Result<(), CommandError> {
    if plan.is_empty() {
        return Ok(());
    }
    let offsets: Vec<(TopicPartition, OffsetAndMetadata)> = plan
        .iter()
        .map(|(partition, offset)| (partition.clone(), OffsetAndMetadata::new(*offset)))
        .collect();
    let committed = admin.alter_consumer_group_offsets(group, &offsets).await;
    let committed = committed.map_err(|error| failed(execution(&error)))?;
    match committed.into_iter().find_map(|(_, result)| result.err()) {
        Some(error) => Err(failed(execution(&error))),
        None => Ok(()),
    }
}
