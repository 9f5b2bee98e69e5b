//! The options of `console-consumer`, and the consumer's and the formatter's settings that they
//! come to.

use std::time::Duration;

use clap::CommandFactory;

use super::super::local_broker;
use super::super::topics::TopicFilter;
use crate::cli::{
    BrokerAddress, CommandError, ConnectionOptions, Number, Output, OutputOptions, PropertiesMap,
};
use crate::client::consumer::Start;
use crate::types::Offset;

/// The class that shows records where no other is named.
pub(super) const DEFAULT_FORMATTER: &str =
    "org.apache.kafka.tools.consumer.DefaultMessageFormatter";

/// This tool helps to read data from Kafka topics and outputs it to standard output.
#[derive(Clone, Debug, clap::Parser)]
#[command(
    about = "This tool helps to read data from Kafka topics and outputs it to standard \
                   output."
)]
pub(super) struct Options {
    #[command(flatten)]
    pub(super) connection: ConnectionOptions,
    /// The topic to read.
    #[arg(long, value_name = "String: topic")]
    topic: Option<String>,
    /// The topics to read: a regular expression that must match the whole name.
    #[arg(long, alias = "whitelist", value_name = "String: Java regex (String)")]
    include: Option<String>,
    /// The partition to read; from its end unless --offset or --from-beginning is given.
    #[arg(long, value_name = "Integer: partition")]
    partition: Option<Number<i32>>,
    /// The offset to begin with: a number, earliest, or latest (default: latest).
    #[arg(long, value_name = "String: consume offset")]
    offset: Option<String>,
    /// Begin with the first record where no offset was committed, not with the next that comes.
    #[arg(long = "from-beginning")]
    pub(super) from_beginning: bool,
    /// The group to read in; without it every partition is read, by this command alone.
    #[arg(long, value_name = "String: consumer group id")]
    pub(super) group: Option<String>,
    /// Old name of --command-property.
    #[arg(long = "consumer-property", value_name = "String: consumer_prop")]
    pub(super) consumer_properties: Vec<String>,
    /// Old name of --command-config.
    #[arg(long = "consumer.config", value_name = "String: config file")]
    pub(super) consumer_config: Option<String>,
    /// read_committed, to leave out records of transactions that are open or were aborted, or
    /// read_uncommitted (default).
    #[arg(long = "isolation-level", value_name = "String")]
    pub(super) isolation_level: Option<String>,
    /// How many records to read before the end.
    #[arg(long = "max-messages", value_name = "Integer: num_messages")]
    max_messages: Option<Number<i32>>,
    /// End when no record comes for so long.
    #[arg(long = "timeout-ms", value_name = "Long: timeout_ms")]
    timeout_ms: Option<Number<i64>>,
    /// End at the offsets where the partitions ended at the start.
    #[arg(long = "exit-at-end")]
    pub(super) exit_at_end: bool,
    /// A record that cannot be shown is skipped.
    #[arg(long = "skip-message-on-error")]
    pub(super) skip_on_error: bool,
    /// The class that shows records.
    #[arg(
        long,
        value_name = "String: class",
        default_value = DEFAULT_FORMATTER
    )]
    pub(super) formatter: String,
    /// Show each record in this layout, in place of a class: %s value, %k key, %h headers, %t
    /// topic, %p partition, %o offset, %T timestamp, %S and %K lengths of value and key, %R the
    /// value's length in four bytes; \n, \t, \xNN.
    #[arg(long = "format", value_name = "String: format")]
    pub(super) record_format: Option<String>,
    /// Setting of the formatter, key=value: print.timestamp, print.key, print.offset,
    /// print.partition, print.headers, print.value, key.separator, line.separator,
    /// headers.separator, null.literal, key.deserializer, value.deserializer,
    /// headers.deserializer.
    #[arg(long = "formatter-property", value_name = "String: prop")]
    pub(super) formatter_properties: Vec<String>,
    /// Old name of --formatter-property.
    #[arg(long = "property", value_name = "String: prop")]
    pub(super) properties: Vec<String>,
    /// File with settings of the formatter.
    #[arg(long = "formatter-config", value_name = "String: config file")]
    pub(super) formatter_config: Option<String>,
    /// The class that reads keys.
    #[arg(long = "key-deserializer", value_name = "String: deserializer for key")]
    pub(super) key_deserializer: Option<String>,
    /// The class that reads values.
    #[arg(
        long = "value-deserializer",
        value_name = "String: deserializer for values"
    )]
    pub(super) value_deserializer: Option<String>,
    /// Print shutdown_complete at the end.
    #[arg(long = "enable-systest-events")]
    pub(super) systest_events: bool,
    #[arg(long = "new-consumer", hide = true)]
    new_consumer: bool,
    #[arg(long = "delete-consumer-offsets", hide = true)]
    delete_consumer_offsets: bool,
    #[arg(long = "csv-reporter-enabled", hide = true)]
    csv_reporter_enabled: bool,
    #[arg(long = "metrics-dir", hide = true)]
    metrics_dir: Option<String>,
    #[command(flatten)]
    pub(super) output: OutputOptions,
}

/// What is read.
#[derive(Clone, Debug)]
pub(super) enum Source {
    /// All partitions of a topic.
    Topic(String),
    /// All partitions of the topics that match.
    Include(TopicFilter),
    /// One partition.
    Partition {
        topic: String,
        partition: i32,
        start: Start,
    },
}

/// What the options come to, all but the broker's address.
#[derive(Debug)]
pub(super) struct Request {
    /// What is read.
    pub(super) source: Source,
    /// The group, if one is named.
    pub(super) group: Option<String>,
    /// Settings of the consumer, without `bootstrap.servers`.
    pub(super) consumer: PropertiesMap,
    /// Settings of the formatter.
    pub(super) formatter: PropertiesMap,
    /// How many records to read; `None` for no limit.
    pub(super) max_messages: Option<u64>,
    /// How long to wait for a record; `None` for ever.
    pub(super) timeout: Option<Duration>,
    /// Which broker is meant.
    broker: BrokerAddress,
}

pub(super) fn usage(sentence: impl std::fmt::Display) -> CommandError {
    CommandError::usage(sentence, &Options::command())
}

impl Options {
    /// Checks the options in Kafka's order.
    pub(super) fn check(&self, output: &mut Output) -> Result<Request, CommandError> {
        self.refuse_old_with_new()?;
        self.warn_of_old_names(output);
        let source = self.source()?;
        let consumer = self.consumer_settings()?;
        let group = self.group_id(&consumer)?;
        if group.is_some() && matches!(source, Source::Partition { .. }) {
            return Err(usage(
                "Options group and partition cannot be specified together.",
            ));
        }
        let consumer = self.completed(consumer, group.as_deref())?;
        let max_messages = match &self.max_messages {
            None => None,
            Some(number) => {
                let count = number.value("max-messages").map_err(|error| {
                    output.note("Processed a total of 0 messages");
                    CommandError::from(error)
                })?;
                // -1 stands for no limit, any other negative number ends at once.
                (count != -1).then(|| u64::try_from(count).unwrap_or(0))
            }
        };
        let timeout = self
            .timeout_ms
            .as_ref()
            .map(|number| number.value("timeout-ms"));
        let timeout = timeout.transpose()?.and_then(|ms| u64::try_from(ms).ok());
        Ok(Request {
            source,
            group,
            consumer,
            formatter: self.formatter_settings()?,
            max_messages,
            timeout: timeout.map(Duration::from_millis),
            broker: self.connection.broker(output),
        })
    }

    fn source(&self) -> Result<Source, CommandError> {
        if self.topic.is_some() == self.include.is_some() {
            return Err(usage(
                "Exactly one of the following arguments is required: [topic], [include]",
            ));
        }
        let partition = self
            .partition
            .as_ref()
            .map(|number| number.value("partition"));
        let Some(partition) = partition.transpose()? else {
            if self.offset.is_some() {
                return Err(usage("The partition is required when offset is specified."));
            }
            return match (&self.topic, &self.include) {
                (Some(topic), _) if topic.is_empty() => Err(CommandError::failed(
                    "Topic collection to subscribe to cannot contain null or empty topic",
                )),
                (Some(topic), _) => Ok(Source::Topic(topic.clone())),
                (None, pattern) => {
                    let pattern = pattern.as_deref().unwrap_or_default();
                    TopicFilter::whole(pattern)
                        .map(Source::Include)
                        .map_err(CommandError::failed)
                }
            };
        };
        let Some(topic) = self.topic.clone() else {
            return Err(usage("The topic is required when partition is specified."));
        };
        if self.from_beginning && self.offset.is_some() {
            return Err(usage(
                "Options from-beginning and offset cannot be specified together.",
            ));
        }
        Ok(Source::Partition {
            topic,
            partition,
            start: self.start()?,
        })
    }

    /// Returns where a single partition begins.
    fn start(&self) -> Result<Start, CommandError> {
        let Some(text) = &self.offset else {
            return Ok(if self.from_beginning {
                Start::Earliest
            } else {
                Start::Latest
            });
        };
        match text.to_lowercase().as_str() {
            "earliest" => Ok(Start::Earliest),
            "latest" => Ok(Start::Latest),
            number => match number.parse() {
                Ok(offset) if offset >= 0 => Ok(Start::Offset(Offset(offset))),
                _ => Err(usage(format!(
                    "The provided offset value '{text}' is incorrect. Valid values are \
                     'earliest', 'latest', or a non-negative long."
                ))),
            },
        }
    }

    fn refuse_old_with_new(&self) -> Result<(), CommandError> {
        let pairs = [
            (
                "--property and --formatter-property",
                !self.properties.is_empty() && !self.formatter_properties.is_empty(),
            ),
            (
                "--consumer-property and --command-property",
                !self.consumer_properties.is_empty()
                    && !self.connection.command_properties.is_empty(),
            ),
            (
                "--consumer.config and --command-config",
                self.consumer_config.is_some() && self.connection.command_config.is_some(),
            ),
        ];
        match pairs.iter().find(|(_, both)| *both) {
            Some((names, _)) => Err(usage(format!(
                "Options {names} cannot be specified together."
            ))),
            None => Ok(()),
        }
    }

    fn warn_of_old_names(&self, output: &mut Output) {
        let names = [
            (
                "--property",
                "--formatter-property",
                !self.properties.is_empty(),
            ),
            (
                "--consumer-property",
                "--command-property",
                !self.consumer_properties.is_empty(),
            ),
            (
                "--consumer.config",
                "--command-config",
                self.consumer_config.is_some(),
            ),
        ];
        for (old, new, _) in names.iter().filter(|(_, _, given)| *given) {
            output.note(format!(
                "Option {old} is deprecated and will be removed in a future version. Use {new} \
                 instead."
            ));
        }
    }
}

impl Request {
    /// Returns whether a group is joined by the classic protocol.
    pub(super) fn is_classic_member(&self) -> bool {
        let protocol = self.consumer.get("group.protocol");
        self.group.is_some() && protocol.is_none_or(|text| !text.eq_ignore_ascii_case("consumer"))
    }

    /// Adds the broker's address to the consumer's settings; starts the local one if it is meant.
    pub(super) fn connect(&mut self, output: &mut Output) -> Result<(), CommandError> {
        let bootstrap = local_broker::resolve(self.broker.clone(), output)?;
        self.consumer
            .insert("bootstrap.servers".to_owned(), bootstrap);
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cli::{Parsed, captured_output, parse};
    use std::ffi::OsString;

    fn check(line: &str) -> Result<Request, String> {
        let words: Vec<_> = line.split_whitespace().map(OsString::from).collect();
        let Ok(Parsed::Options(options)) = parse::<Options>(&words) else {
            panic!("{line}")
        };
        let (mut output, ..) = captured_output();
        options
            .check(&mut output)
            .map_err(|error| error.sentence().to_owned())
    }

    #[test]
    fn refusals_come_in_kafkas_words() {
        let one = "Exactly one of the following arguments is required: [topic], [include]";
        let cases = [
            ("--from-beginning", one),
            ("--topic a --include b", one),
            (
                "--include a --partition 0",
                "The topic is required when partition is specified.",
            ),
            (
                "--topic a --offset 3",
                "The partition is required when offset is specified.",
            ),
            (
                "--topic a --partition 0 --offset 3 --from-beginning",
                "Options from-beginning and offset cannot be specified together.",
            ),
            (
                "--topic a --partition 0 --group g",
                "Options group and partition cannot be specified together.",
            ),
            (
                "--topic a --partition 0 --offset -5",
                "The provided offset value '-5' is incorrect. Valid values are 'earliest', \
                 'latest', or a non-negative long.",
            ),
            (
                "--topic a --group b --command-property group.id=a",
                "The group ids provided in different places (directly using '--group', via \
                 '--consumer-property', or via '--consumer.config') do not match. Detected group \
                 ids: 'a', 'b'",
            ),
            (
                "--topic a --from-beginning --command-property auto.offset.reset=latest",
                "Can't simultaneously specify --from-beginning and 'auto.offset.reset=latest', \
                 please remove one option",
            ),
            (
                "--topic a --property a=b --formatter-property c=d",
                "Options --property and --formatter-property cannot be specified together.",
            ),
            (
                "--topic a --max-messages many",
                "Cannot parse argument 'many' of option max-messages",
            ),
        ];
        for (line, sentence) in cases {
            assert_eq!(check(line).map(|_| ()), Err(sentence.to_owned()), "{line}");
        }
    }

    #[test]
    fn where_a_partition_begins() {
        let asked = |line: &str| check(&format!("--topic a --partition 0 {line}"));
        let start = |line: &str| match asked(line).unwrap().source {
            Source::Partition { start, .. } => start,
            other => panic!("{other:?}"),
        };
        assert_eq!(start(""), Start::Latest);
        assert_eq!(start("--from-beginning"), Start::Earliest);
        assert_eq!(start("--offset LatEst"), Start::Latest);
        assert_eq!(start("--offset EARLIEST"), Start::Earliest);
        assert_eq!(start("--offset 3"), Start::Offset(Offset(3)));
    }

    #[test]
    fn limits_and_old_names() {
        let request = check("--whitelist a.* --new-consumer --max-messages -1 --timeout-ms -100");
        let request = request.unwrap();
        assert_eq!((request.max_messages, request.timeout), (None, None));
        let request = check("--topic a --max-messages -7 --timeout-ms 5").unwrap();
        let limits = (request.max_messages, request.timeout);
        assert_eq!(limits, (Some(0), Some(Duration::from_millis(5))));
        let request = check("--topic a --group g -X group.id=g").unwrap();
        assert_eq!(request.group.as_deref(), Some("g"));
        assert_eq!(request.consumer["client.id"], "console-consumer");
    }
}
