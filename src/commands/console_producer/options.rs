//! The options of `console-producer`, and the producer's settings that they come to.

use clap::CommandFactory;

use super::super::local_broker;
use crate::cli::{
    BrokerAddress, CommandError, ConnectionOptions, Number, Output, PropertiesMap, SyntaxError,
    key_value_pairs, looks_like_host_port, read_properties_file,
};
use crate::fs::RealFs;

/// Readers that are known, by today's name and the old one.
const LINE_READERS: [&str; 3] = [
    "org.apache.kafka.tools.LineMessageReader",
    "kafka.tools.ConsoleProducer$LineMessageReader",
    "org.apache.kafka.tools.ConsoleProducer$LineMessageReader",
];

/// What is gathered into one batch, where `--batch-size` does not say: sixty times Kafka's, since
/// lines come faster than one at a time.
const BATCH_BYTES: &str = "1000000";

/// This tool helps to read data from standard input and publish it to Kafka.
#[derive(Clone, Debug, clap::Parser)]
#[command(about = "This tool helps to read data from standard input and publish it to Kafka.")]
pub(super) struct Options {
    #[command(flatten)]
    connection: ConnectionOptions,
    #[arg(long = "broker-list", hide = true)]
    broker_list: Option<String>,
    /// The topic to produce to; with --input json, those that the lines name if it is left out.
    #[arg(long, value_name = "String: topic")]
    topic: Option<String>,
    /// Wait for each record before the next line is read.
    #[arg(long)]
    pub(super) sync: bool,
    /// How to compress: none, gzip, snappy, lz4 or zstd (gzip if no name follows).
    #[arg(
        long = "compression-codec",
        value_name = "String: compression-codec",
        num_args = 0..=1,
        require_equals = true,
        default_missing_value = "gzip"
    )]
    compression: Option<String>,
    /// Bytes to gather into one batch (default: 1000000).
    #[arg(long = "batch-size", value_name = "Integer: size")]
    batch_size: Option<Number<i32>>,
    /// How often a record is sent again (default: 3).
    #[arg(long = "message-send-max-retries", value_name = "Integer")]
    retries: Option<Number<i32>>,
    /// How long to wait before a record is sent again (default: 100).
    #[arg(long = "retry-backoff-ms", value_name = "Long")]
    retry_backoff_ms: Option<Number<i64>>,
    /// How long records are gathered before they are sent (default: 1000).
    #[arg(long, value_name = "Long: timeout_ms")]
    timeout: Option<Number<i64>>,
    /// Which replicas must have a record: 0, 1, -1 or all (default: -1).
    #[arg(
        long = "request-required-acks",
        value_name = "String: request required acks"
    )]
    acks: Option<String>,
    /// How long a request may take (default: 1500).
    #[arg(
        long = "request-timeout-ms",
        value_name = "Integer: request timeout ms"
    )]
    request_timeout_ms: Option<Number<i32>>,
    /// How old metadata may become (default: 300000).
    #[arg(
        long = "metadata-expiry-ms",
        value_name = "Long: metadata expiration interval"
    )]
    metadata_expiry_ms: Option<Number<i64>>,
    /// How long a line may wait for metadata and memory (default: 60000).
    #[arg(long = "max-block-ms", value_name = "Long: max block on send")]
    max_block_ms: Option<Number<i64>>,
    /// Memory for records that wait to be sent (default: 33554432).
    #[arg(long = "max-memory-bytes", value_name = "Long: total memory in bytes")]
    max_memory_bytes: Option<Number<i64>>,
    /// Old name of --batch-size.
    #[arg(
        long = "max-partition-memory-bytes",
        value_name = "Integer: memory in bytes"
    )]
    max_partition_memory_bytes: Option<Number<i32>>,
    /// Size of the socket's send buffer (default: 102400).
    #[arg(long = "socket-buffer-size", value_name = "Integer: size")]
    socket_buffer_size: Option<Number<i32>>,
    /// What the input is: text, or json, as console-consumer --output json prints it.
    #[arg(
        long,
        value_enum,
        default_value_t = InputFormat::Text,
        value_name = "text|json"
    )]
    input: InputFormat,
    /// The layout of a record in the input, in place of a class: %s value, %k key, %h headers, %p
    /// partition, %T timestamp, %S and %K lengths of value and key, %R the value's length in four
    /// bytes; \n, \t, \xNN.
    #[arg(long = "format", value_name = "String: format")]
    pub(super) record_format: Option<String>,
    /// The class that makes records of lines.
    #[arg(
        long = "line-reader",
        value_name = "String: reader_class",
        default_value = LINE_READERS[0]
    )]
    line_reader: String,
    /// Setting of the reader, key=value: parse.key, key.separator, parse.headers,
    /// headers.delimiter, headers.separator, headers.key.separator, ignore.error, null.marker.
    #[arg(long = "reader-property", value_name = "String: prop")]
    reader_properties: Vec<String>,
    /// Old name of --reader-property.
    #[arg(long = "property", value_name = "String: prop")]
    properties: Vec<String>,
    /// File with settings of the reader.
    #[arg(long = "reader-config", value_name = "String: config file")]
    reader_config: Option<String>,
    /// Old name of --command-property.
    #[arg(long = "producer-property", value_name = "String: producer_prop")]
    producer_properties: Vec<String>,
    /// Old name of --command-config.
    #[arg(long = "producer.config", value_name = "String: config file")]
    producer_config: Option<String>,
    #[arg(long = "old-producer", hide = true)]
    old_producer: bool,
    #[arg(long = "new-producer", hide = true)]
    new_producer: bool,
    #[arg(long = "queue-size", hide = true)]
    queue_size: Option<String>,
    #[arg(long = "queue-enqueuetimeout-ms", hide = true)]
    queue_enqueue_timeout_ms: Option<String>,
    #[arg(long = "key-serializer", hide = true)]
    key_serializer: Option<String>,
    #[arg(long = "value-serializer", hide = true)]
    value_serializer: Option<String>,
}

/// What the input is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, clap::ValueEnum)]
enum InputFormat {
    /// Lines, or records in the layout of `--format`.
    #[default]
    Text,
    /// Lines of JSON.
    Json,
}

/// A setting that has an option: key, the option's value if it is given, the tool's default.
type WithOption = (&'static str, Option<String>, &'static str);

/// What the options come to, all but the broker's address.
#[derive(Debug)]
pub(super) struct Request {
    /// The topic; `None` leaves it to the lines of JSON.
    pub(super) topic: Option<String>,
    /// Settings of the line reader.
    pub(super) reader: PropertiesMap,
    /// Settings of the producer, without `bootstrap.servers`.
    pub(super) producer: PropertiesMap,
    /// Which broker is meant.
    broker: BrokerAddress,
}

fn usage(sentence: impl std::fmt::Display) -> CommandError {
    CommandError::usage(sentence, &Options::command())
}

impl Options {
    /// Checks the options in Kafka's order.
    pub(super) fn check(&self, output: &mut Output) -> Result<Request, CommandError> {
        if self.topic.is_none() && !self.is_json() {
            return Err(usage("Missing required argument \"[topic]\""));
        }
        self.refuse_old_with_new()?;
        self.refuse_two_layouts()?;
        self.warn_of_old_names(output);
        let given = self
            .connection
            .bootstrap_server
            .as_ref()
            .or(self.broker_list.as_ref());
        if given.is_some_and(|list| !looks_like_host_port(list)) {
            return Err(usage(
                "Please provide valid host:port like host1:9091,host2:9092\n",
            ));
        }
        if !LINE_READERS.contains(&self.line_reader.as_str()) {
            let sentence = format!("java.lang.ClassNotFoundException: {}", self.line_reader);
            return Err(CommandError::failed(sentence)
                .hint("kt reads lines with org.apache.kafka.tools.LineMessageReader only."));
        }
        Ok(Request {
            topic: self.topic.clone(),
            reader: self.reader_settings()?,
            producer: self.producer_settings()?,
            broker: self
                .connection
                .broker_or(self.broker_list.as_deref(), output),
        })
    }

    fn refuse_old_with_new(&self) -> Result<(), CommandError> {
        let pairs = [
            (
                "--reader-property and --property",
                !self.reader_properties.is_empty() && !self.properties.is_empty(),
            ),
            (
                "--command-property and --producer-property",
                !self.connection.command_properties.is_empty()
                    && !self.producer_properties.is_empty(),
            ),
            (
                "--command-config and --producer.config",
                self.connection.command_config.is_some() && self.producer_config.is_some(),
            ),
        ];
        match pairs.iter().find(|(_, both)| *both) {
            Some((names, _)) => Err(usage(format!(
                "Options {names} cannot be specified together."
            ))),
            None => Ok(()),
        }
    }

    /// Returns whether the input is lines of JSON.
    pub(super) fn is_json(&self) -> bool {
        self.input == InputFormat::Json
    }

    /// Refuses options that each say how the input is read.
    fn refuse_two_layouts(&self) -> Result<(), CommandError> {
        let first = match (self.is_json(), &self.record_format) {
            (true, _) => "--input json",
            (false, Some(_)) => "--format",
            (false, None) => return Ok(()),
        };
        let mut properties = self.reader_properties.iter().chain(&self.properties);
        let reader_is_set = properties.next().is_some() || self.reader_config.is_some();
        let others = [
            ("--format", self.is_json() && self.record_format.is_some()),
            ("--line-reader", self.line_reader != LINE_READERS[0]),
            ("--reader-property", self.is_json() && reader_is_set),
        ];
        match others.iter().find(|(_, given)| *given) {
            Some((other, _)) => {
                let sentence = format!("Options {first} and {other} cannot be specified together.");
                Err(CommandError::failed(sentence)
                    .hint("Each of them says by itself how the input is read."))
            }
            None => Ok(()),
        }
    }

    fn warn_of_old_names(&self, output: &mut Output) {
        let names = [
            (
                "--property",
                "--reader-property",
                !self.properties.is_empty(),
            ),
            (
                "--producer-property",
                "--command-property",
                !self.producer_properties.is_empty(),
            ),
            (
                "--producer.config",
                "--command-config",
                self.producer_config.is_some(),
            ),
        ];
        for (old, new, _) in names.iter().filter(|(_, _, given)| *given) {
            output.note(format!(
                "Warning: {old} is deprecated and will be removed in a future version. Use {new} \
                 instead."
            ));
        }
        if self.max_partition_memory_bytes.is_some() {
            output.note(
                "Warning: --max-partition-memory-bytes is deprecated and will be removed in Apache \
                 Kafka 5.0. Use --batch-size instead.",
            );
        }
    }

    fn reader_settings(&self) -> Result<PropertiesMap, CommandError> {
        let file = self.reader_config.as_deref();
        let mut settings = file
            .map(|path| read_properties_file(&RealFs, path))
            .transpose()?
            .unwrap_or_default();
        settings.extend(key_value_pairs(
            self.reader_properties.iter().chain(&self.properties),
        ));
        Ok(settings)
    }

    /// Returns the producer's settings: an option that is given, else a property, else the file,
    /// else the tool's own default.
    fn producer_settings(&self) -> Result<PropertiesMap, CommandError> {
        let (file, words) = (self.producer_config.as_deref(), &self.producer_properties);
        let mut settings = self.connection.settings_with(file, words)?;
        for (key, given, default) in self.with_options_of_their_own()? {
            match given {
                Some(value) => {
                    settings.insert(key.to_owned(), value);
                }
                None => {
                    settings
                        .entry(key.to_owned())
                        .or_insert_with(|| default.to_owned());
                }
            }
        }
        // These have no other way than their option.
        let compression = self.compression.clone().filter(|name| !name.is_empty());
        let compression = compression.unwrap_or_else(|| "none".to_owned());
        settings.insert("compression.type".to_owned(), compression);
        Ok(settings)
    }

    /// Returns the settings that have an option: key, the option's value, the tool's default.
    fn with_options_of_their_own(&self) -> Result<[WithOption; 11], SyntaxError> {
        let batch_size = int(&self.batch_size, "batch-size")?;
        let partition_memory = int(
            &self.max_partition_memory_bytes,
            "max-partition-memory-bytes",
        )?;
        let request_timeout = int(&self.request_timeout_ms, "request-timeout-ms")?;
        let metadata_expiry = long(&self.metadata_expiry_ms, "metadata-expiry-ms")?;
        Ok([
            ("linger.ms", long(&self.timeout, "timeout")?, "1000"),
            ("acks", self.acks.clone(), "-1"),
            ("request.timeout.ms", request_timeout, "1500"),
            (
                "retries",
                int(&self.retries, "message-send-max-retries")?,
                "3",
            ),
            (
                "retry.backoff.ms",
                long(&self.retry_backoff_ms, "retry-backoff-ms")?,
                "100",
            ),
            (
                "send.buffer.bytes",
                int(&self.socket_buffer_size, "socket-buffer-size")?,
                "102400",
            ),
            (
                "buffer.memory",
                long(&self.max_memory_bytes, "max-memory-bytes")?,
                "33554432",
            ),
            ("batch.size", partition_memory.or(batch_size), BATCH_BYTES),
            ("metadata.max.age.ms", metadata_expiry, "300000"),
            (
                "max.block.ms",
                long(&self.max_block_ms, "max-block-ms")?,
                "60000",
            ),
            ("client.id", None, "console-producer"),
        ])
    }
}

fn int(number: &Option<Number<i32>>, option: &str) -> Result<Option<String>, SyntaxError> {
    let value = number
        .as_ref()
        .map(|number| number.value(option))
        .transpose()?;
    Ok(value.map(|value| value.to_string()))
}

fn long(number: &Option<Number<i64>>, option: &str) -> Result<Option<String>, SyntaxError> {
    let value = number
        .as_ref()
        .map(|number| number.value(option))
        .transpose()?;
    Ok(value.map(|value| value.to_string()))
}

impl Request {
    /// Adds the broker's address to the producer's settings; starts the local one if it is meant.
    pub(super) fn connect(&mut self, output: &mut Output) -> Result<(), CommandError> {
        let bootstrap = local_broker::resolve(self.broker.clone(), output)?;
        self.producer
            .insert("bootstrap.servers".to_owned(), bootstrap);
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cli::{Parsed, captured_output, parse};
    use std::ffi::OsString;

    fn check(line: &str) -> (Result<Request, String>, String) {
        let words: Vec<_> = line.split_whitespace().map(OsString::from).collect();
        let Ok(Parsed::Options(options)) = parse::<Options>(&words) else {
            panic!("{line}")
        };
        let (mut output, _, stderr) = captured_output();
        let request = options
            .check(&mut output)
            .map_err(|error| error.sentence().to_owned());
        (request, stderr.text())
    }

    fn setting(line: &str, key: &str) -> Option<String> {
        let line = format!("--topic t --bootstrap-server h:1 {line}");
        check(&line).0.unwrap().producer.get(key).cloned()
    }

    #[test]
    fn the_order_of_settings_is_option_then_property_then_default() {
        assert_eq!(setting("", "batch.size").as_deref(), Some("1000000"));
        assert_eq!(
            setting("--batch-size 123", "batch.size").as_deref(),
            Some("123")
        );
        let both = "--batch-size 123 --max-partition-memory-bytes 456";
        assert_eq!(setting(both, "batch.size").as_deref(), Some("456"));
        let property = "--command-property batch.size=7";
        assert_eq!(setting(property, "batch.size").as_deref(), Some("7"));
        let option = format!("{property} --batch-size 8");
        assert_eq!(setting(&option, "batch.size").as_deref(), Some("8"));
        assert_eq!(
            setting("", "client.id").as_deref(),
            Some("console-producer")
        );
        assert_eq!(
            setting("-X client.id=me", "client.id").as_deref(),
            Some("me")
        );
        assert_eq!(setting("", "linger.ms").as_deref(), Some("1000"));
    }

    #[test]
    fn compression_has_no_other_way_than_its_option() {
        let property = "--command-property compression.type=gzip";
        assert_eq!(
            setting(property, "compression.type").as_deref(),
            Some("none")
        );
        let line = "--compression-codec --sync";
        assert_eq!(setting(line, "compression.type").as_deref(), Some("gzip"));
        let line = "--compression-codec zstd";
        assert_eq!(setting(line, "compression.type").as_deref(), Some("zstd"));
    }

    #[test]
    fn refusals_come_in_kafkas_words_and_order() {
        let cases = [
            (
                "--bootstrap-server localhost",
                "Missing required argument \"[topic]\"",
            ),
            (
                "--topic t --bootstrap-server localhost",
                "Please provide valid host:port like host1:9091,host2:9092\n",
            ),
            (
                "--topic t --property a=b --reader-property c=d",
                "Options --reader-property and --property cannot be specified together.",
            ),
            (
                "--topic t --producer.config a --command-config b",
                "Options --command-config and --producer.config cannot be specified together.",
            ),
            (
                "--topic t --line-reader foo.Bar",
                "java.lang.ClassNotFoundException: foo.Bar",
            ),
            (
                "--topic t --batch-size big",
                "Cannot parse argument 'big' of option batch-size",
            ),
        ];
        for (line, sentence) in cases {
            assert_eq!(
                check(line).0.map(|_| ()),
                Err(sentence.to_owned()),
                "{line}"
            );
        }
    }

    #[test]
    fn old_names_warn_on_stderr() {
        let (request, warned) = check("--topic t --broker-list h:1 --property parse.key=true");
        assert_eq!(request.unwrap().reader["parse.key"], "true");
        let text = "Warning: --property is deprecated and will be removed in a future version. Use \
                    --reader-property instead.\n";
        assert_eq!(warned, text);
    }
}
