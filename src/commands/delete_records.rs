//! `delete-records` (DeleteRecordsCommand): moves the beginning of partitions forward.

use std::path::Path;

use serde::Serialize;
use serde_json::Value;

use super::CommandRow;
use super::admin_client::{not_created, with_admin};
use crate::cli::{
    CommandError, ConnectionOptions, Exit, Format, Invocation, Output, OutputOptions, SyntaxError,
};
use crate::client::Admin;
use crate::fs::{Fs, RealFs};
use crate::types::{Offset, TopicPartition};

pub(super) const COMMAND: CommandRow = CommandRow {
    name: "delete-records",
    script: Some("kafka-delete-records"),
    about: "Delete the records of partitions before given offsets",
    options: <Options as clap::CommandFactory>::command,
    run,
};

/// The largest JSON file that is read.
const FILE_BYTES_MAX: u64 = 64 * 1024 * 1024;

/// This tool helps to delete records of the given partitions down to the specified offset.
#[derive(Debug, clap::Parser)]
#[command(
    about = "This tool helps to delete records of the given partitions down to the \
                   specified offset."
)]
struct Options {
    #[command(flatten)]
    connection: ConnectionOptions,
    /// File with partitions and offsets: {"partitions":[{"topic":"foo","partition":1,"offset":3}],
    /// "version":1}; the offset -1 means all records.
    #[arg(
        long = "offset-json-file",
        value_name = "String: Offset json file path"
    )]
    file: Option<String>,
    #[command(flatten)]
    output: OutputOptions,
}

/// What became of one partition.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct Row {
    topic: String,
    partition: i32,
    #[serde(skip_serializing_if = "Option::is_none")]
    low_watermark: Option<i64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    error: Option<String>,
}

fn run(call: &Invocation, output: &mut Output) -> Result<Exit, CommandError> {
    let refused = |error: SyntaxError| CommandError::from(error).hint(call.help_hint());
    let Some(options) = call.options::<Options>(output, refused)? else {
        return Ok(Exit::SUCCESS);
    };
    let Some(file) = &options.file else {
        let command = <Options as clap::CommandFactory>::command();
        return Err(CommandError::usage(
            "Missing required argument \"[offset-json-file]\"",
            &command,
        ));
    };
    let text = RealFs
        .read(Path::new(file), FILE_BYTES_MAX)
        .map_err(|error| {
            let path = std::path::absolute(file).unwrap_or_else(|_| file.into());
            CommandError::failed(format!("Unable to read file {file}")).hint(format!(
                "{file}: {error}\nIt was looked for at {}",
                path.display()
            ))
        })?;
    let before = parse(&text)?;
    let connection = options.connection.clone();
    let format = options.output.format;
    with_admin(
        &connection,
        output,
        not_created,
        async |admin, output: &mut Output| delete(&admin, &before, format, output).await,
    )
}

/// Reads the JSON document; each sentence is Kafka's.
fn parse(text: &[u8]) -> Result<Vec<(TopicPartition, Offset)>, CommandError> {
    let invalid = || CommandError::failed("The input string is not a valid JSON");
    let document: Value = serde_json::from_slice(text).map_err(|error| invalid().hint(error))?;
    let Value::Object(document) = &document else {
        return Err(CommandError::failed(format!(
            "Expected JSON object, received {document}"
        )));
    };
    let version = match document.get("version") {
        None => 1,
        Some(version) => integer(version, "Integer")?,
    };
    if version != 1 {
        return Err(CommandError::failed(format!(
            "Not supported version field value {version}"
        )));
    }
    let Some(partitions) = document.get("partitions") else {
        return Err(CommandError::failed("Missing partitions field"));
    };
    let Value::Array(partitions) = partitions else {
        return Err(CommandError::failed(format!(
            "Expected JSON array, received {partitions}"
        )));
    };
    let mut before = Vec::new();
    for entry in partitions {
        let Value::Object(fields) = entry else {
            return Err(CommandError::failed(format!(
                "Expected JSON object, received {entry}"
            )));
        };
        let field = |name: &str| {
            let missing = || CommandError::failed(format!("No such field exists: `{name}`"));
            fields.get(name).ok_or_else(missing)
        };
        let topic = field("topic")?;
        let topic = topic.as_str().ok_or_else(|| expected("String", topic))?;
        let partition = field("partition")?;
        let number = integer(partition, "Integer")?;
        let number = i32::try_from(number).map_err(|_| expected("Integer", partition))?;
        let offset = Offset(integer(field("offset")?, "Long")?);
        before.push((TopicPartition::new(topic, number), offset));
    }
    refuse_duplicates(&before)?;
    Ok(before)
}

fn expected(kind: &str, found: &Value) -> CommandError {
    CommandError::failed(format!("Expected `{kind}` value, received {found}"))
}

fn integer(value: &Value, kind: &str) -> Result<i64, CommandError> {
    value.as_i64().ok_or_else(|| expected(kind, value))
}

fn refuse_duplicates(before: &[(TopicPartition, Offset)]) -> Result<(), CommandError> {
    let mut sorted: Vec<_> = before.iter().map(|(partition, _)| partition).collect();
    sorted.sort();
    let mut twice: Vec<_> = sorted
        .windows(2)
        .filter(|pair| matches!(pair, [a, b] if a == b))
        .filter_map(|pair| pair.first().map(ToString::to_string))
        .collect();
    twice.dedup();
    if twice.is_empty() {
        return Ok(());
    }
    let twice = twice.join(",");
    let sentence = format!("Offset json file contains duplicate topic partitions: {twice}");
    Err(CommandError::failed(sentence))
}

async fn delete(
    admin: &Admin,
    before: &[(TopicPartition, Offset)],
    format: Format,
    output: &mut Output,
) -> Result<Exit, CommandError> {
    if format == Format::Text {
        output.line("Executing records delete operation")?;
    }
    let results = if before.is_empty() {
        Vec::new()
    } else {
        admin
            .delete_records(before)
            .await
            .map_err(|error| CommandError::failed(error.java()))?
    };
    let mut rows: Vec<_> = results
        .into_iter()
        .map(|(TopicPartition { topic, partition }, result)| {
            let (low_watermark, error) = match result {
                Ok(offset) => (Some(offset.0), None),
                Err(error) => (None, Some(error.java())),
            };
            Row {
                topic,
                partition,
                low_watermark,
                error,
            }
        })
        .collect();
    rows.sort_by(|a, b| (&a.topic, a.partition).cmp(&(&b.topic, b.partition)));
    let failed = rows.iter().any(|row| row.error.is_some());
    match format {
        Format::Text => print_text(&rows, output)?,
        Format::Json => output.json(&rows)?,
        Format::Table => {
            let cells = |row: Row| {
                let offset = row
                    .low_watermark
                    .map_or_else(String::new, |offset| offset.to_string());
                let error = row.error.unwrap_or_default();
                vec![row.topic, row.partition.to_string(), offset, error]
            };
            let rows: Vec<_> = rows.into_iter().map(cells).collect();
            output.table(&["TOPIC", "PARTITION", "LOW WATERMARK", "ERROR"], &rows)?;
        }
    }
    Ok(if failed { Exit::FAILURE } else { Exit::SUCCESS })
}

fn print_text(rows: &[Row], output: &mut Output) -> Result<(), CommandError> {
    output.line("Records delete operation completed:")?;
    for row in rows {
        let partition = format_args!("{}-{}", row.topic, row.partition);
        match (&row.error, row.low_watermark) {
            (Some(error), _) => {
                output.line(format_args!("partition: {partition}\terror: {error}"))?;
            }
            (None, offset) => output.line(format_args!(
                "partition: {partition}\tlow_watermark: {}",
                offset.unwrap_or(-1)
            ))?,
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refused(text: &str) -> String {
        parse(text.as_bytes()).unwrap_err().sentence().to_owned()
    }

    #[test]
    fn a_document_names_partitions_and_offsets() {
        let text = br#"{"partitions":[{"topic":"foo","partition":1,"offset":-1,"x":0}]}"#;
        assert_eq!(
            parse(text).unwrap(),
            [(TopicPartition::new("foo", 1), Offset(-1))]
        );
        assert_eq!(parse(br#"{"partitions":[],"version":1}"#).unwrap(), []);
    }

    #[test]
    fn what_is_wrong_is_told_in_kafkas_words() {
        let one = |fields: &str| format!(r#"{{"partitions":[{{{fields}}}]}}"#);
        let cases = [
            (
                "orders:1:5".to_owned(),
                "The input string is not a valid JSON",
            ),
            (String::new(), "The input string is not a valid JSON"),
            (r#"{"version":1}"#.to_owned(), "Missing partitions field"),
            (
                r#"{"version":2,"partitions":[]}"#.to_owned(),
                "Not supported version field value 2",
            ),
            ("[1]".to_owned(), "Expected JSON object, received [1]"),
            (
                one(r#""topic":"t","partition":1"#),
                "No such field exists: `offset`",
            ),
            (
                one(r#""topic":"t","partition":1,"offset":"2""#),
                "Expected `Long` value, received \"2\"",
            ),
        ];
        for (text, sentence) in cases {
            assert_eq!(refused(&text), sentence, "{text}");
        }
        let twice = r#"{"partitions":[{"topic":"t","partition":1,"offset":5},
                       {"topic":"t","partition":1,"offset":6}]}"#;
        let sentence = "Offset json file contains duplicate topic partitions: t-1";
        assert_eq!(refused(twice), sentence);
    }
}
