//! `kt wait`: returns when a broker answers, when a topic is there, with so many partitions and
//! records, or when a group is, in a state or with no more lag than that; exit code 124 when the
//! time is up, as timeout(1).
//!
//! Never starts a broker.

use std::time::Duration;

use super::local_broker::{KtHome, chosen};
use super::{CommandRow, probe};
use crate::cli::{
    BrokerAddress, CommandError, ConnectionOptions, Exit, Invocation, Output, Progress,
    PropertiesMap, parse_duration, parse_subcommands,
};
use crate::client::admin::{GroupState, IsolationLevel, OffsetSpec};
use crate::client::{Admin, ClientError};
use crate::clock::SystemClock;
use crate::protocol::ErrorCode;
use crate::types::TopicPartition;

pub(super) const COMMAND: CommandRow = CommandRow {
    name: "wait",
    script: None,
    about: "Wait until a broker answers, or a topic or a group is there (124 when the time is up)",
    options: <Options as clap::CommandFactory>::command,
    run,
};

/// How long one attempt may take.
const ATTEMPT_TIMEOUT: Duration = Duration::from_secs(2);
/// How long to wait between attempts.
const PAUSE: Duration = Duration::from_millis(50);
/// How many partitions to ask for at a time.
const PAGE: i32 = 2000;

/// Wait until a broker answers, or until a topic or a group is there.
#[derive(Debug, clap::Parser)]
struct Options {
    #[command(flatten)]
    connection: ConnectionOptions,
    /// Wait for this topic.
    #[arg(long, value_name = "NAME")]
    topic: Option<String>,
    /// Wait until the topic has so many partitions.
    #[arg(long, value_name = "N", requires = "topic", default_value_t = 1)]
    partitions: usize,
    /// Wait until the topic holds so many records.
    #[arg(long, value_name = "N", requires = "topic")]
    records: Option<i64>,
    /// Wait for this consumer group.
    #[arg(long, value_name = "ID")]
    group: Option<String>,
    /// Wait until the group is in this state: Stable, Empty, ...
    #[arg(long, value_name = "STATE", requires = "group", value_parser = parse_state)]
    state: Option<GroupState>,
    /// Wait until the group lags no more records than that, in all partitions together.
    #[arg(long, value_name = "N", requires = "group")]
    lag: Option<i64>,
    /// How long to wait: 10s, 500ms, 2m.
    #[arg(long, value_parser = parse_duration, default_value = "30s", value_name = "TIME")]
    timeout: Duration,
}

fn run(call: &Invocation, output: &mut Output) -> Result<Exit, CommandError> {
    let Some(options) = parse_subcommands::<Options>(&call.program, &call.words, output)? else {
        return Ok(Exit::SUCCESS);
    };
    let address = options.connection.broker(output);
    let settings = options.connection.settings()?;
    let clock = SystemClock::shared();
    let until = clock.monotonic() + options.timeout;
    let progress = Progress::waiting(output, "Waiting for a broker");
    loop {
        let left = until.saturating_sub(clock.monotonic());
        let limit = left.min(ATTEMPT_TIMEOUT).max(PAUSE);
        let Some(reason) = attempt(&options, &address, &settings, limit)? else {
            return Ok(Exit::SUCCESS);
        };
        progress.say(reason.clone());
        let left = until.saturating_sub(clock.monotonic());
        if left.is_zero() {
            let sentence = format!("Not in {:?}: {reason}", options.timeout);
            return Err(CommandError::timed_out(sentence));
        }
        std::thread::sleep(PAUSE.min(left));
    }
}

/// Returns `None` if what is waited for is true, else why it is not.
fn attempt(
    options: &Options,
    address: &BrokerAddress,
    settings: &PropertiesMap,
    limit: Duration,
) -> Result<Option<String>, CommandError> {
    let bootstrap = match address {
        BrokerAddress::Named(text, _) => text.clone(),
        BrokerAddress::Local => match chosen(&KtHome::of_environment()?)? {
            Some(found) => found.bootstrap(),
            None => return Ok(Some("no local broker runs".to_owned())),
        },
    };
    if options.topic.is_none() && options.group.is_none() {
        let answer = probe::answer(&bootstrap, settings.clone(), limit);
        return Ok(answer.err());
    }
    let answer = probe::ask(
        &bootstrap,
        settings.clone(),
        limit,
        async |admin: &Admin| {
            if let Some(topic) = &options.topic
                && let Some(reason) = lacking(admin, topic, options).await?
            {
                return Ok(Some(reason));
            }
            match &options.group {
                Some(group) => group_lacking(admin, group, options).await,
                None => Ok(None),
            }
        },
    );
    Ok(answer.unwrap_or_else(Some))
}

fn parse_state(name: &str) -> Result<GroupState, String> {
    match GroupState::parse(name) {
        GroupState::Unknown => {
            let valid = GroupState::OF_CONSUMERS.map(GroupState::name).join(", ");
            Err(format!("the states are {valid}"))
        }
        state => Ok(state),
    }
}

/// Returns what a group lacks of what is waited for.
async fn group_lacking(
    admin: &Admin,
    group: &str,
    options: &Options,
) -> Result<Option<String>, ClientError> {
    let described = admin.describe_consumer_groups(&[group.to_owned()]).await?;
    let state = match described.into_iter().next() {
        Some((_, Ok(found))) => found.state,
        Some((_, Err(error))) if error.code() != Some(ErrorCode::GroupIdNotFound) => {
            return Err(error);
        }
        _ => return Ok(Some(format!("there is no group {group}"))),
    };
    if let Some(wanted) = options.state
        && state != wanted
    {
        return Ok(Some(format!("group {group} is {state}, not {wanted}")));
    }
    let Some(most) = options.lag else {
        return Ok(None);
    };
    let committed = admin.list_consumer_group_offsets(group, None).await?;
    let mut behind = 0;
    let mut asked = Vec::new();
    for (partition, offset) in committed {
        if let Some(offset) = offset? {
            behind -= offset.offset.0;
            asked.push((partition, OffsetSpec::Latest));
        }
    }
    if asked.is_empty() {
        return Ok(Some(format!("group {group} has committed nothing yet")));
    }
    let ends = admin
        .list_offsets(&asked, IsolationLevel::ReadUncommitted)
        .await?;
    for (_, end) in ends {
        behind += end?.offset.0;
    }
    let lags = behind > most;
    Ok(lags.then(|| format!("group {group} lags {behind} records, not {most}")))
}

/// Returns what a topic lacks of what is waited for.
async fn lacking(
    admin: &Admin,
    topic: &str,
    options: &Options,
) -> Result<Option<String>, ClientError> {
    let described = admin.describe_topics(&[topic.to_owned()], PAGE).await?;
    let mut wanted = Vec::new();
    for (_, description) in described {
        match description {
            Ok(found) => wanted.extend(
                found
                    .partitions
                    .iter()
                    .map(|found| TopicPartition::new(topic, found.partition)),
            ),
            Err(error) if error.code() == Some(ErrorCode::UnknownTopicOrPartition) => {}
            Err(error) => return Err(error),
        }
    }
    if wanted.len() < options.partitions {
        let (found, partitions) = (wanted.len(), options.partitions);
        return Ok(Some(format!(
            "topic {topic} has {found} of {partitions} partitions"
        )));
    }
    let Some(records) = options.records else {
        return Ok(None);
    };
    let mut found = 0;
    for (spec, sign) in [(OffsetSpec::Latest, 1), (OffsetSpec::Earliest, -1)] {
        let asked: Vec<_> = wanted
            .iter()
            .map(|partition| (partition.clone(), spec))
            .collect();
        for (_, offset) in admin
            .list_offsets(&asked, IsolationLevel::ReadUncommitted)
            .await?
        {
            found += sign * offset?.offset.0;
        }
    }
    let lacks = found < records;
    Ok(lacks.then(|| format!("topic {topic} has {found} of {records} records")))
}
