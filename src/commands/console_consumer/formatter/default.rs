//! Columns of a record (`DefaultMessageFormatter`): bytes as they are, with separators between.

use super::deserializer::Deserializer;
use super::{FormatError, ShownRecord, Timestamp};
use crate::cli::PropertiesMap;

/// Shows the columns that are asked for, in Kafka's order.
#[derive(Debug)]
pub(in super::super) struct DefaultFormatter {
    columns: Vec<Column>,
    key_separator: Vec<u8>,
    line_separator: Vec<u8>,
    headers_separator: Vec<u8>,
    null_literal: Vec<u8>,
    key: Option<Deserializer>,
    value: Option<Deserializer>,
    headers: Option<Deserializer>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Column {
    Timestamp,
    Partition,
    Offset,
    Delivery,
    Epoch,
    Headers,
    Key,
    Value,
}

/// Each column, its setting, and whether it is shown if that is not set.
const COLUMNS: [(Column, &str, bool); 8] = [
    (Column::Timestamp, "print.timestamp", false),
    (Column::Partition, "print.partition", false),
    (Column::Offset, "print.offset", false),
    (Column::Delivery, "print.delivery", false),
    (Column::Epoch, "print.epoch", false),
    (Column::Headers, "print.headers", false),
    (Column::Key, "print.key", false),
    (Column::Value, "print.value", true),
];

impl DefaultFormatter {
    pub(super) fn new(settings: &PropertiesMap, warn: &mut dyn FnMut(String)) -> Self {
        let flag = |key: &str, default: bool| match settings.get(key) {
            Some(text) => text.trim().eq_ignore_ascii_case("true"),
            None => default,
        };
        let text = |key: &str, default: &str| {
            settings
                .get(key)
                .map_or(default, String::as_str)
                .as_bytes()
                .to_vec()
        };
        let mut class = |key: &str| deserializer_of(settings, key, warn);
        Self {
            columns: COLUMNS
                .iter()
                .filter(|(_, key, default)| flag(key, *default))
                .map(|(column, ..)| *column)
                .collect(),
            key_separator: text("key.separator", "\t"),
            line_separator: text("line.separator", "\n"),
            headers_separator: text("headers.separator", ","),
            null_literal: text("null.literal", "null"),
            key: class("key.deserializer"),
            value: class("value.deserializer"),
            headers: class("headers.deserializer"),
        }
    }

    /// Returns whether a record is shown as its value and a line feed.
    pub(super) fn is_plain(&self) -> bool {
        self.columns == [Column::Value] && self.value.is_none() && self.line_separator == b"\n"
    }

    pub(super) fn write(
        &self,
        record: &ShownRecord<'_>,
        out: &mut Vec<u8>,
    ) -> Result<(), FormatError> {
        let begin = out.len();
        let result = self.write_columns(record, out);
        if result.is_err() {
            // Half a record is none.
            out.truncate(begin);
        }
        result
    }

    fn write_columns(
        &self,
        record: &ShownRecord<'_>,
        out: &mut Vec<u8>,
    ) -> Result<(), FormatError> {
        let Some(last) = self.columns.len().checked_sub(1) else {
            return Ok(());
        };
        for (index, column) in self.columns.iter().enumerate() {
            match column {
                Column::Timestamp => out.extend_from_slice(timestamp(record.timestamp).as_bytes()),
                Column::Partition => {
                    out.extend_from_slice(format!("Partition:{}", record.partition).as_bytes());
                }
                Column::Offset => {
                    out.extend_from_slice(format!("Offset:{}", record.offset).as_bytes());
                }
                // Kafka's tool has no deliveries to count, and loses the epoch on the way.
                Column::Delivery => out.extend_from_slice(b"Delivery:NOT_PRESENT"),
                Column::Epoch => out.extend_from_slice(b"Epoch:NOT_PRESENT"),
                Column::Headers => self.write_headers(record, out)?,
                Column::Key => self.write_bytes(record.key, self.key.as_ref(), out)?,
                Column::Value => self.write_bytes(record.value, self.value.as_ref(), out)?,
            }
            let separator = if index == last {
                &self.line_separator
            } else {
                &self.key_separator
            };
            out.extend_from_slice(separator);
        }
        Ok(())
    }

    fn write_headers(
        &self,
        record: &ShownRecord<'_>,
        out: &mut Vec<u8>,
    ) -> Result<(), FormatError> {
        if record.headers.is_empty() {
            out.extend_from_slice(b"NO_HEADERS");
        }
        for (index, (name, value)) in record.headers.enumerate() {
            if index > 0 {
                out.extend_from_slice(&self.headers_separator);
            }
            out.extend_from_slice(name);
            out.push(b':');
            self.write_bytes(value, self.headers.as_ref(), out)?;
        }
        Ok(())
    }

    fn write_bytes(
        &self,
        bytes: Option<&[u8]>,
        deserializer: Option<&Deserializer>,
        out: &mut Vec<u8>,
    ) -> Result<(), FormatError> {
        // The literal stands in for a null before a deserializer sees it, as in Kafka.
        let bytes = bytes.unwrap_or(&self.null_literal);
        match deserializer {
            Some(deserializer) => deserializer.write(bytes, out),
            None => {
                out.extend_from_slice(bytes);
                Ok(())
            }
        }
    }
}

/// Returns the deserializer that a setting names, if it names one; `warn` is told of one that kt
/// does not have.
pub(super) fn deserializer_of(
    settings: &PropertiesMap,
    key: &str,
    warn: &mut dyn FnMut(String),
) -> Option<Deserializer> {
    let name = settings.get(key)?;
    let found = Deserializer::of_class(name);
    if found.is_none() {
        warn(format!("Unable to instantiate a deserializer from {name}"));
    }
    found
}

fn timestamp(timestamp: Timestamp) -> String {
    match timestamp {
        Timestamp::None => "NO_TIMESTAMP".to_owned(),
        Timestamp::Create(ms) => format!("CreateTime:{ms}"),
        Timestamp::LogAppend(ms) => format!("LogAppendTime:{ms}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::record::{Headers, Records};

    fn formatter(pairs: &[(&str, &str)]) -> DefaultFormatter {
        let settings = pairs
            .iter()
            .map(|(key, value)| ((*key).to_owned(), (*value).to_owned()))
            .collect();
        DefaultFormatter::new(&settings, &mut |_| {})
    }

    fn shown(pairs: &[(&str, &str)], key: Option<&str>, value: Option<&str>) -> String {
        // One record: length, attributes, deltas, null key and value, h1=v1, h2=null.
        let bytes = b"\x20\x00\x00\x00\x01\x01\x04\x04h1\x04v1\x04h2\x01";
        let headers = Records::new(bytes, 1).next().unwrap().unwrap().headers;
        let record = ShownRecord {
            topic: "t",
            partition: 3,
            offset: 42,
            timestamp: Timestamp::Create(1_700_000_000_123),
            key: key.map(str::as_bytes),
            value: value.map(str::as_bytes),
            headers,
        };
        let mut out = Vec::new();
        formatter(pairs).write(&record, &mut out).unwrap();
        String::from_utf8(out).unwrap()
    }

    #[test]
    fn columns_come_in_kafkas_order() {
        let all: Vec<_> = COLUMNS.iter().map(|(_, key, _)| (*key, "true")).collect();
        let expected = "CreateTime:1700000000123\tPartition:3\tOffset:42\tDelivery:NOT_PRESENT\t\
                        Epoch:NOT_PRESENT\th1:v1,h2:null\tkey\tvalue\n";
        assert_eq!(shown(&all, Some("key"), Some("value")), expected);
    }

    #[test]
    fn separators_and_nulls() {
        let key = ("print.key", "true");
        assert_eq!(shown(&[], Some("k"), Some("value")), "value\n");
        assert_eq!(shown(&[key], None, None), "null\tnull\n");
        assert_eq!(
            shown(&[key, ("print.value", "false")], Some("key"), None),
            "key\n"
        );
        assert_eq!(shown(&[key], Some(""), Some("")), "\t\n");
        let pairs = [key, ("key.separator", ":"), ("line.separator", "|")];
        assert_eq!(shown(&pairs, Some("key"), Some("value")), "key:value|");
        assert_eq!(
            shown(&[key, ("null.literal", "<nil>")], None, Some("v")),
            "<nil>\tv\n"
        );
        assert_eq!(shown(&[("print.value", "no")], Some("k"), Some("v")), "");
    }

    #[test]
    fn only_a_value_and_a_line_feed_is_plain() {
        assert!(formatter(&[]).is_plain());
        assert!(!formatter(&[("print.key", "true")]).is_plain());
        assert!(!formatter(&[("line.separator", "|")]).is_plain());
        let long = "org.apache.kafka.common.serialization.LongDeserializer";
        assert!(!formatter(&[("value.deserializer", long)]).is_plain());
    }

    #[test]
    fn a_record_that_cannot_be_shown_leaves_nothing_behind() {
        let long = "org.apache.kafka.common.serialization.LongDeserializer";
        let formatter = formatter(&[("print.offset", "true"), ("value.deserializer", long)]);
        let record = ShownRecord {
            topic: "t",
            partition: 0,
            offset: 1,
            timestamp: Timestamp::None,
            key: None,
            value: Some(b"abc"),
            headers: Headers::default(),
        };
        let mut out = b"before".to_vec();
        assert!(formatter.write(&record, &mut out).is_err());
        assert_eq!(out, b"before");
    }
}
