//! Records as `console-consumer --output json` prints them, one a line, for `--input json`.
//!
//! Bytes stand as text, or in base64 under `keyBase64`, `valueBase64`; null is null. `value` must
//! be there, everything else may be left out. Topic, partition, timestamp and headers are taken;
//! `offset` and `timestampType` are the broker's to give, and passed over. A name that the consumer
//! does not print is refused: it may be a misspelt one. Empty lines are passed over.

use serde::de::IgnoredAny;
use serde::{Deserialize, Deserializer};

use super::record::{InputHeader, InputRecord, timestamp};
use crate::cli::base64_bytes;

/// Reads lines of JSON.
#[derive(Clone, Debug, Default)]
pub(super) struct JsonReader {
    line_number: u64,
}

/// A line that is no record.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("Line {number} of the input: {reason}")]
pub(super) struct JsonReadError {
    number: u64,
    reason: String,
}

/// A line, name by name.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
struct Line {
    topic: Option<String>,
    partition: Option<i32>,
    #[serde(rename = "offset")]
    _offset: Option<IgnoredAny>,
    timestamp: Option<i64>,
    #[serde(rename = "timestampType")]
    _timestamp_type: Option<IgnoredAny>,
    headers: Option<Vec<LineHeader>>,
    #[serde(default, deserialize_with = "given")]
    key: Option<Option<String>>,
    key_base64: Option<String>,
    #[serde(default, deserialize_with = "given")]
    value: Option<Option<String>>,
    value_base64: Option<String>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
struct LineHeader {
    key: Option<String>,
    key_base64: Option<String>,
    #[serde(default, deserialize_with = "given")]
    value: Option<Option<String>>,
    value_base64: Option<String>,
}

/// Tells null from nothing at all.
fn given<'d, D: Deserializer<'d>>(from: D) -> Result<Option<Option<String>>, D::Error> {
    Option::deserialize(from).map(Some)
}

impl JsonReader {
    /// Reads the next line, without its end; `None` if it is empty.
    pub(super) fn read(&mut self, line: &[u8]) -> Result<Option<InputRecord>, JsonReadError> {
        self.line_number += 1;
        if line.trim_ascii().is_empty() {
            return Ok(None);
        }
        let failure = |reason: String| self.failure(reason);
        let line: Line = serde_json::from_slice(line).map_err(|error| {
            failure(error.to_string().replace(" at line 1 column", " at column"))
        })?;
        record(line).map(Some).map_err(failure)
    }

    /// Returns the failure of the line that was read last.
    pub(super) fn failure(&self, reason: String) -> JsonReadError {
        JsonReadError {
            number: self.line_number,
            reason,
        }
    }
}

fn record(line: Line) -> Result<InputRecord, String> {
    let value = bytes("value", line.value, line.value_base64)?;
    let key = bytes("key", line.key, line.key_base64)?;
    let number = line.timestamp.unwrap_or(-1);
    let time = timestamp(number).ok_or_else(|| format!("timestamp is no time: {number}"))?;
    if let Some(partition) = line.partition.filter(|partition| *partition < 0) {
        return Err(format!("partition is no partition: {partition}"));
    }
    let headers = line.headers.unwrap_or_default();
    Ok(InputRecord {
        topic: line.topic,
        partition: line.partition,
        timestamp: time,
        key: key.flatten(),
        value: value.ok_or("value is missing (null is a value, and deletes a key)")?,
        headers: headers.into_iter().map(header).collect::<Result<_, _>>()?,
    })
}

fn header(line: LineHeader) -> Result<InputHeader, String> {
    let name = bytes("key", line.key.map(Some), line.key_base64)?;
    let name = name.flatten().ok_or("a header's key is missing")?;
    let value = bytes("value", line.value, line.value_base64)?;
    Ok((name, value.ok_or("a header's value is missing")?))
}

/// Returns the bytes that text or base64 give; `None` if neither is there.
fn bytes(
    name: &str,
    text: Option<Option<String>>,
    in_base64: Option<String>,
) -> Result<Option<Option<Vec<u8>>>, String> {
    match (text, in_base64) {
        (Some(_), Some(_)) => Err(format!("{name} and {name}Base64 are both there")),
        (Some(text), None) => Ok(Some(text.map(String::into_bytes))),
        (None, None) => Ok(None),
        (None, Some(digits)) => match base64_bytes(&digits) {
            Some(bytes) => Ok(Some(Some(bytes))),
            None => Err(format!("{name}Base64 is no base64")),
        },
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(line: &str) -> Result<Option<InputRecord>, String> {
        let read = JsonReader::default().read(line.as_bytes());
        read.map_err(|error| error.to_string())
    }

    #[test]
    fn a_line_of_the_consumer_is_the_record_that_it_showed() {
        let line = r#"{"topic":"t","partition":1,"offset":7,"timestamp":9,"timestampType":
            "CreateTime","headers":[{"key":"h","value":"v"},{"keyBase64":"/w==","value":null}],
            "key":null,"valueBase64":"/wA="}"#;
        let expected = InputRecord {
            topic: Some("t".to_owned()),
            partition: Some(1),
            timestamp: Some(9),
            key: None,
            value: Some(vec![0xff, 0]),
            headers: vec![(b"h".to_vec(), Some(b"v".to_vec())), (vec![0xff], None)],
        };
        assert_eq!(read(line), Ok(Some(expected)));
    }

    #[test]
    fn what_is_left_out_is_left_to_the_producer_and_null_is_no_absence() {
        let found = read(r#"{"value":null,"timestamp":-1}"#).unwrap().unwrap();
        assert_eq!(found, InputRecord::default());
        let found = read(r#"{"value":"","key":""}"#).unwrap().unwrap();
        let empty = Some(Vec::new());
        assert_eq!((found.key, found.value), (empty.clone(), empty));
        assert_eq!(read(" \t"), Ok(None));
    }

    #[test]
    fn a_broken_line_is_told_by_its_number() {
        let mut reader = JsonReader::default();
        reader.read(br#"{"value":"a"}"#).unwrap();
        reader.read(b"").unwrap();
        let error = reader.read(br#"{"value":"#).unwrap_err().to_string();
        let expected = "Line 3 of the input: EOF while parsing a value at column 9";
        assert_eq!(error, expected);
    }

    #[test]
    fn lines_that_are_no_records_say_why() {
        let cases = [
            (
                r#"{"key":"k"}"#,
                "value is missing (null is a value, and deletes a key)",
            ),
            (
                r#"{"value":3}"#,
                "invalid type: integer `3`, expected a string at column 10",
            ),
            (
                r#"{"value":"a","valueBase64":"YQ=="}"#,
                "value and valueBase64 are both there",
            ),
            (r#"{"valueBase64":"YQ"}"#, "valueBase64 is no base64"),
            (
                r#"{"value":"a","timestamp":-2}"#,
                "timestamp is no time: -2",
            ),
            (
                r#"{"value":"a","partition":-1}"#,
                "partition is no partition: -1",
            ),
            (
                r#"{"value":"a","headers":[{"value":"b"}]}"#,
                "a header's key is missing",
            ),
            (
                r#"{"value":"a","headers":[{"key":"b"}]}"#,
                "a header's value is missing",
            ),
        ];
        for (line, reason) in cases {
            let expected = format!("Line 1 of the input: {reason}");
            assert_eq!(read(line), Err(expected), "{line}");
        }
        let error = read(r#"{"vlaue":"a"}"#).unwrap_err();
        assert!(error.contains("unknown field `vlaue`"), "{error}");
    }
}
