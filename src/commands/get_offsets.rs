//! `get-offsets` (GetOffsetShell): one offset a partition: the last, the first, or by time.

use fancy_regex::Regex;
use serde::Serialize;

use super::CommandRow;
use super::admin_client::with_admin_and_settings;
use super::topics::{InvalidRegex, TopicFilter, is_internal};
use crate::cli::{
    CommandError, ConnectionOptions, Exit, Format, Invocation, Output, OutputOptions,
    PropertiesMap, looks_like_host_port,
};
use crate::client::admin::{IsolationLevel, OffsetSpec};
use crate::client::{Admin, ClientError};
use crate::types::TopicPartition;

pub(super) const COMMAND: CommandRow = CommandRow {
    name: "get-offsets",
    script: Some("kafka-get-offsets"),
    about: "Print the offsets of partitions: last, first, or by time",
    options: <Options as clap::CommandFactory>::command,
    run,
};

/// How many partitions to ask for at a time.
const PAGE: i32 = 2000;

/// An interactive shell for getting topic-partition offsets.
#[derive(Debug, clap::Parser)]
#[command(about = "An interactive shell for getting topic-partition offsets.")]
struct Options {
    #[command(flatten)]
    connection: ConnectionOptions,
    #[arg(long = "broker-list", hide = true)]
    broker_list: Option<String>,
    /// Rules that choose partitions, divided by commas: TOPIC, TOPIC:PARTITION, TOPIC:FROM-TO
    /// (TO is left out), TOPIC:FROM-, TOPIC:-TO, where TOPIC is a regular expression or nothing.
    #[arg(
        long = "topic-partitions",
        value_name = "String: topic1:1,topic2:0-3,topic3"
    )]
    topic_partitions: Option<String>,
    /// The topics: a regular expression that must match the whole name (all topics if absent).
    #[arg(long, value_name = "String: topic")]
    topic: Option<String>,
    /// The partitions, divided by commas (all if absent).
    #[arg(long, value_name = "String: partition ids")]
    partitions: Option<String>,
    /// Which offset: latest or -1, earliest or -2, max-timestamp or -3, earliest-local or -4,
    /// latest-tiered or -5, earliest-pending-upload or -6, or the first at or after this time in
    /// milliseconds.
    #[arg(long, value_name = "String: time", default_value = "latest")]
    time: String,
    /// Leave Kafka's own topics out.
    #[arg(long = "exclude-internal-topics")]
    exclude_internal: bool,
    #[arg(long, hide = true)]
    offsets: Option<String>,
    #[arg(long = "max-wait-ms", hide = true)]
    max_wait_ms: Option<String>,
    #[command(flatten)]
    output: OutputOptions,
}

fn occurred(error: impl std::fmt::Display) -> CommandError {
    CommandError::failed(format!("Error occurred: {error}"))
}

fn call_failed(error: &ClientError) -> CommandError {
    occurred(error.java())
}

fn run(call: &Invocation, output: &mut Output) -> Result<Exit, CommandError> {
    let refused = |error| occurred(error).hint(call.help_hint());
    let Some(mut options) = call.options::<Options>(output, refused)? else {
        return Ok(Exit::SUCCESS);
    };
    if options.connection.bootstrap_server.is_none() {
        options.connection.bootstrap_server = options.broker_list.take();
    }
    if let Some(list) = &options.connection.bootstrap_server
        && !looks_like_host_port(list)
    {
        let command = <Options as clap::CommandFactory>::command();
        let sentence = "Please provide valid host:port like host1:9091,host2:9092\n ";
        return Err(CommandError::usage(sentence.trim_end(), &command));
    }
    let filter = PartitionFilter::of(&options)?;
    let spec = offset_spec(&options.time)?;
    let more: PropertiesMap = [("client.id".to_owned(), "GetOffsetShell".to_owned())].into();
    let connection = options.connection.clone();
    with_admin_and_settings(
        &connection,
        more,
        output,
        |error| call_failed(&error),
        async |admin, output: &mut Output| {
            let partitions = partitions(&admin, &filter, options.exclude_internal).await?;
            print(&admin, &partitions, spec, options.output.format, output).await
        },
    )
}

fn offset_spec(text: &str) -> Result<OffsetSpec, CommandError> {
    Ok(match text {
        "latest" | "-1" => OffsetSpec::Latest,
        "earliest" | "-2" => OffsetSpec::Earliest,
        "max-timestamp" | "-3" => OffsetSpec::MaxTimestamp,
        "earliest-local" | "-4" => OffsetSpec::EarliestLocal,
        "latest-tiered" | "-5" => OffsetSpec::LatestTiered,
        "earliest-pending-upload" | "-6" => OffsetSpec::EarliestPendingUpload,
        other => OffsetSpec::Timestamp(other.parse().map_err(|_| {
            occurred(format!(
                "Malformed time argument {other}. Please use -1 or latest / -2 or earliest / -3 or \
                 max-timestamp / -4 or earliest-local / -5 or latest-tiered / -6 or \
                 earliest-pending-upload, or a specified long format timestamp"
            ))
        })?),
    })
}

/// Which partitions are asked for.
#[derive(Debug)]
struct PartitionFilter {
    rules: Vec<Rule>,
}

/// Partitions `from` to before `until` of the topics that a pattern means.
#[derive(Debug)]
struct Rule {
    topics: Option<TopicFilter>,
    partitions: Partitions,
}

#[derive(Debug, PartialEq)]
enum Partitions {
    These(Vec<i32>),
    Range {
        from: Option<i32>,
        until: Option<i32>,
    },
}

impl PartitionFilter {
    fn of(options: &Options) -> Result<Self, CommandError> {
        let Some(rules) = &options.topic_partitions else {
            let topics = options.topic.as_deref().map(TopicFilter::new).transpose();
            let topics = topics.map_err(occurred)?;
            let partitions = parse_partitions(options.partitions.as_deref().unwrap_or_default())?;
            return Ok(Self {
                rules: vec![Rule { topics, partitions }],
            });
        };
        if options.topic.is_some() || options.partitions.is_some() {
            return Err(occurred(
                "--topic-partitions cannot be used with --topic or --partitions",
            ));
        }
        let rules = rules
            .split(',')
            .map(Rule::parse)
            .collect::<Result<_, _>>()?;
        Ok(Self { rules })
    }

    fn admits_topic(&self, topic: &str) -> bool {
        self.rules.iter().any(|rule| rule.admits_topic(topic))
    }

    fn admits(&self, topic: &str, partition: i32) -> bool {
        let admits = |rule: &Rule| rule.admits_topic(topic) && rule.partitions.admit(partition);
        self.rules.iter().any(admits)
    }
}

impl Rule {
    fn parse(text: &str) -> Result<Self, CommandError> {
        let invalid = || {
            occurred(format!(
                "org.apache.kafka.tools.TerseException: Invalid rule specification: {text}"
            ))
        };
        let pattern = Regex::new(r"\A([^:,]*)(?::(?:([0-9]*)-([0-9]*)|([0-9]*)))?\z")
            .map_err(|_| invalid())?;
        let captures = pattern.captures(text).ok().flatten().ok_or_else(invalid)?;
        let group = |index| captures.get(index).map(|found| found.as_str());
        let number = |index| match group(index) {
            None | Some("") => Ok(None),
            Some(digits) => digits.parse().map(Some).map_err(|_| invalid()),
        };
        let topics = group(1)
            .filter(|name| !name.is_empty())
            .map(TopicFilter::new)
            .transpose();
        let topics = topics.map_err(|error: InvalidRegex| occurred(error))?;
        let partitions = match number(4)? {
            Some(partition) => Partitions::These(vec![partition]),
            None => Partitions::Range {
                from: number(2)?,
                until: number(3)?,
            },
        };
        Ok(Self { topics, partitions })
    }

    fn admits_topic(&self, topic: &str) -> bool {
        self.topics
            .as_ref()
            .is_none_or(|topics| topics.admits(topic))
    }
}

impl Partitions {
    fn admit(&self, partition: i32) -> bool {
        match self {
            Self::These(partitions) => partitions.contains(&partition),
            Self::Range { from, until } => {
                from.is_none_or(|from| partition >= from)
                    && until.is_none_or(|until| partition < until)
            }
        }
    }
}

fn parse_partitions(text: &str) -> Result<Partitions, CommandError> {
    if text.is_empty() {
        return Ok(Partitions::Range {
            from: None,
            until: None,
        });
    }
    let numbers = text.split(',').filter(|id| !id.is_empty()).map(str::parse);
    numbers.collect::<Result<_, _>>().map(Partitions::These).map_err(|_| {
        occurred(format!(
            "--partitions expects a comma separated list of numeric partition ids, but received: \
             {text}"
        ))
    })
}

/// Returns the partitions that exist and are asked for, in order of `topic-partition`.
async fn partitions(
    admin: &Admin,
    filter: &PartitionFilter,
    exclude_internal: bool,
) -> Result<Vec<TopicPartition>, CommandError> {
    let listed = admin
        .list_topics()
        .await
        .map_err(|error| call_failed(&error))?;
    let names: Vec<_> = listed
        .into_iter()
        .filter(|topic| !(exclude_internal && (topic.internal || is_internal(&topic.name))))
        .map(|topic| topic.name)
        .filter(|name| filter.admits_topic(name))
        .collect();
    let mut found = Vec::new();
    if !names.is_empty() {
        let results = admin
            .describe_topics(&names, PAGE)
            .await
            .map_err(|error| call_failed(&error))?;
        for (topic, result) in results {
            let description = result.map_err(|error| call_failed(&error))?;
            let wanted = description
                .partitions
                .iter()
                .map(|partition| partition.partition)
                .filter(|partition| filter.admits(&topic, *partition));
            found.extend(wanted.map(|partition| TopicPartition::new(topic.clone(), partition)));
        }
    }
    if found.is_empty() {
        let sentence = "Could not match any topic-partitions with the specified filters";
        return Err(occurred(sentence).hint("kt topics --list lists the topics that exist."));
    }
    found.sort_by_key(ToString::to_string);
    Ok(found)
}

#[derive(Serialize)]
struct Row {
    topic: String,
    partition: i32,
    offset: i64,
}

async fn print(
    admin: &Admin,
    partitions: &[TopicPartition],
    spec: OffsetSpec,
    format: Format,
    output: &mut Output,
) -> Result<Exit, CommandError> {
    let wanted: Vec<_> = partitions
        .iter()
        .map(|partition| (partition.clone(), spec))
        .collect();
    let results = admin
        .list_offsets(&wanted, IsolationLevel::ReadUncommitted)
        .await
        .map_err(|error| call_failed(&error))?;
    let mut exit = Exit::SUCCESS;
    let mut rows = Vec::new();
    for (TopicPartition { topic, partition }, result) in results {
        match result {
            // No record is there to have this offset.
            Ok(found) if found.offset.0 < 0 => {}
            Ok(found) => rows.push(Row {
                topic,
                partition,
                offset: found.offset.0,
            }),
            Err(error) => {
                output.note(format!(
                    "Skip getting offsets for topic-partition {topic}-{partition} due to error: {}",
                    error.java()
                ));
                exit = Exit::FAILURE;
            }
        }
    }
    match format {
        Format::Text => {
            for row in &rows {
                output.line(format_args!(
                    "{}:{}:{}",
                    row.topic, row.partition, row.offset
                ))?;
            }
        }
        Format::Json => output.json(&rows)?,
        Format::Table => {
            let rows: Vec<_> = rows
                .into_iter()
                .map(|row| vec![row.topic, row.partition.to_string(), row.offset.to_string()])
                .collect();
            output.table(&["TOPIC", "PARTITION", "OFFSET"], &rows)?;
        }
    }
    Ok(exit)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn admits(rules: &str, topic: &str, partition: i32) -> bool {
        let rules = rules
            .split(',')
            .map(|rule| Rule::parse(rule).unwrap())
            .collect();
        PartitionFilter { rules }.admits(topic, partition)
    }

    #[test]
    fn rules_choose_partitions() {
        assert!(admits("wide:8-,orders:0-2", "orders", 1));
        assert!(!admits("wide:8-,orders:0-2", "orders", 2));
        assert!(admits("wide:8-", "wide", 8) && !admits("wide:8-", "wide", 7));
        assert!(admits(":-1", "any", 0) && !admits(":-1", "any", 1));
        assert!(admits(":0", "any", 0) && !admits(":0", "any", 1));
        assert!(admits("comp.*:0", "compacted", 0) && admits("t", "t", 77));
        let error = Rule::parse("orders:x").unwrap_err().to_string();
        assert!(
            error.ends_with("Invalid rule specification: orders:x"),
            "{error}"
        );
    }

    #[test]
    fn times_are_names_or_numbers() {
        assert_eq!(offset_spec("-3").unwrap(), OffsetSpec::MaxTimestamp);
        assert_eq!(
            offset_spec("1700000000000").unwrap(),
            OffsetSpec::Timestamp(1_700_000_000_000)
        );
        let error = offset_spec("yesterday").unwrap_err().to_string();
        assert!(error.starts_with("Error occurred: Malformed time argument yesterday. Please use"));
    }
}
