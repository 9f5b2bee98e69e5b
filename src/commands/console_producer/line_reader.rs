//! Lines to records (`LineMessageReader`): keys, headers and nulls out of a line's text.
//!
//! With nothing to parse a line is a value as it is, which callers take a shorter way for
//! ([`LineReader::is_plain`]).

use fancy_regex::Regex;

use super::record::{InputHeader, InputRecord};
use crate::cli::PropertiesMap;

/// The settings contradict each other, or a line lacks what they ask for.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub(super) enum LineError {
    /// Two separators are the same text.
    #[error("org.apache.kafka.common.KafkaException: {0} and {1} may not be equal")]
    Equal(&'static str, &'static str),
    /// `headers.separator` is no regular expression.
    #[error("java.util.regex.PatternSyntaxException: {0}")]
    Pattern(String),
    /// A separator is not in the line.
    #[error(
        "org.apache.kafka.common.KafkaException: No {what} found on line number {number}: \
         '{line}'"
    )]
    NoSeparator {
        what: &'static str,
        number: u64,
        line: String,
    },
    /// A header has no separator between name and value.
    #[error(
        "org.apache.kafka.common.KafkaException: No header key separator found in pair '{pair}' on \
         line number {number}"
    )]
    NoHeaderSeparator { pair: String, number: u64 },
    /// A header's name is the null marker.
    #[error(
        "org.apache.kafka.common.KafkaException: Header keys should not be equal to the null \
         marker '{0}' as they can't be null"
    )]
    NullHeaderName(String),
}

/// How lines are read.
#[derive(Clone, Debug)]
pub(super) struct LineReader {
    parse_key: bool,
    parse_headers: bool,
    ignore_error: bool,
    key_separator: String,
    headers_delimiter: String,
    headers_separator: Regex,
    headers_key_separator: String,
    null_marker: Option<String>,
    line_number: u64,
}

impl LineReader {
    /// Returns the reader of these settings, checked in Kafka's order.
    pub(super) fn new(settings: &PropertiesMap) -> Result<Self, LineError> {
        let flag = |key: &str| {
            settings
                .get(key)
                .is_some_and(|text| text.trim().eq_ignore_ascii_case("true"))
        };
        let text = |key: &str, default: &str| {
            settings
                .get(key)
                .map_or_else(|| default.to_owned(), Clone::clone)
        };
        let key_separator = text("key.separator", "\t");
        let headers_delimiter = text("headers.delimiter", "\t");
        let headers_separator = text("headers.separator", ",");
        let headers_key_separator = text("headers.key.separator", ":");
        let null_marker = settings.get("null.marker").cloned();
        let pattern = Regex::new(&headers_separator)
            .map_err(|error| LineError::Pattern(format!("{headers_separator}: {error}")))?;

        let key = ("key.separator", &key_separator);
        let delimiter = ("headers.delimiter", &headers_delimiter);
        let separator = ("headers.separator", &headers_separator);
        let header_key = ("headers.key.separator", &headers_key_separator);
        let pairs = [
            (delimiter, separator),
            (delimiter, header_key),
            (separator, header_key),
        ];
        if let Some((a, b)) = pairs.iter().find(|(a, b)| a.1 == b.1) {
            return Err(LineError::Equal(a.0, b.0));
        }
        if let Some(marker) = &null_marker {
            let others = [key, separator, delimiter, header_key];
            if let Some(other) = others.iter().find(|other| other.1 == marker) {
                return Err(LineError::Equal("null.marker", other.0));
            }
        }
        Ok(Self {
            parse_key: flag("parse.key"),
            parse_headers: flag("parse.headers"),
            ignore_error: flag("ignore.error"),
            key_separator,
            headers_delimiter,
            headers_separator: pattern,
            headers_key_separator,
            null_marker,
            line_number: 0,
        })
    }

    /// Returns whether each line is a value as it is.
    pub(super) const fn is_plain(&self) -> bool {
        !self.parse_key && !self.parse_headers && self.null_marker.is_none()
    }

    /// Reads the next line, without its end.
    pub(super) fn read(&mut self, line: &str) -> Result<InputRecord, LineError> {
        self.line_number += 1;
        let headers = if self.parse_headers {
            self.upto(line, line, &self.headers_delimiter, "headers delimiter")?
        } else {
            None
        };
        let rest = headers.map_or(line, |(_, rest)| rest);
        let key = if self.parse_key {
            self.upto(line, rest, &self.key_separator, "key separator")?
        } else {
            None
        };
        let value = key.map_or(rest, |(_, rest)| rest);
        let headers = match headers {
            Some((text, _)) if !self.is_null(text) => self.split_headers(text)?,
            _ => Vec::new(),
        };
        Ok(InputRecord {
            key: key.and_then(|(text, _)| self.bytes(text)),
            value: self.bytes(value),
            headers,
            ..InputRecord::default()
        })
    }

    /// Splits `rest` at the first `separator`; `None` if it lacks one and errors are ignored.
    fn upto<'l>(
        &self,
        line: &str,
        rest: &'l str,
        separator: &str,
        what: &'static str,
    ) -> Result<Option<(&'l str, &'l str)>, LineError> {
        match rest.split_once(separator) {
            Some(parts) => Ok(Some(parts)),
            None if self.ignore_error => Ok(None),
            None => {
                let line = line.to_owned();
                Err(LineError::NoSeparator {
                    what,
                    number: self.line_number,
                    line,
                })
            }
        }
    }

    fn split_headers(&self, text: &str) -> Result<Vec<InputHeader>, LineError> {
        let mut headers = Vec::new();
        for pair in java_split(&self.headers_separator, text) {
            let Some((name, value)) = pair.split_once(self.headers_key_separator.as_str()) else {
                if self.ignore_error {
                    headers.push((pair.as_bytes().to_vec(), None));
                    continue;
                }
                let pair = pair.to_owned();
                return Err(LineError::NoHeaderSeparator {
                    pair,
                    number: self.line_number,
                });
            };
            if self.is_null(name) {
                return Err(LineError::NullHeaderName(name.to_owned()));
            }
            headers.push((name.as_bytes().to_vec(), self.bytes(value)));
        }
        Ok(headers)
    }

    fn is_null(&self, text: &str) -> bool {
        self.null_marker.as_deref() == Some(text)
    }

    fn bytes(&self, text: &str) -> Option<Vec<u8>> {
        (!self.is_null(text)).then(|| text.as_bytes().to_vec())
    }
}

/// Splits as Java's `Pattern.split`: no empty piece before a match of nothing at the beginning, no
/// empty pieces at the end.
fn java_split<'t>(pattern: &Regex, text: &'t str) -> Vec<&'t str> {
    let mut pieces = Vec::new();
    let mut position = 0;
    for found in pattern.find_iter(text) {
        // An expression that backtracks beyond all measure matches nothing.
        let Ok(found) = found else { break };
        if found.end() == 0 {
            continue;
        }
        if found.start() == found.end() && found.start() == text.len() {
            break;
        }
        pieces.push(text.get(position..found.start()).unwrap_or_default());
        position = found.end();
    }
    if position == 0 {
        return vec![text];
    }
    pieces.push(text.get(position..).unwrap_or_default());
    while pieces.last().is_some_and(|piece| piece.is_empty()) {
        pieces.pop();
    }
    pieces
}

#[cfg(test)]
mod tests {
    use super::*;

    fn settings(pairs: &str) -> PropertiesMap {
        let pair = |pair: &str| {
            let (key, value) = pair.split_once('=').unwrap_or((pair, "true"));
            (key.to_owned(), value.to_owned())
        };
        pairs
            .split(' ')
            .filter(|text| !text.is_empty())
            .map(pair)
            .collect()
    }

    /// Reads one line and shows it as `key|value|name=value,...`, nulls as `null`.
    fn shown(line: &str, pairs: &str) -> Result<String, String> {
        let mut reader = LineReader::new(&settings(pairs)).map_err(|error| error.to_string())?;
        let record = reader.read(line).map_err(|error| error.to_string())?;
        let text = |bytes: &Option<Vec<u8>>| match bytes {
            Some(bytes) => format!("'{}'", String::from_utf8_lossy(bytes)),
            None => "null".to_owned(),
        };
        let headers: Vec<_> = record
            .headers
            .iter()
            .map(|(name, value)| format!("'{}'={}", String::from_utf8_lossy(name), text(value)))
            .collect();
        Ok(format!(
            "{}|{}|{}",
            text(&record.key),
            text(&record.value),
            headers.join(",")
        ))
    }

    #[test]
    fn lines_are_read_as_kafka_reads_them() {
        let both = "parse.key parse.headers";
        let cases = [
            ("a", "", "null|'a'|"),
            ("k\ta\tb", "parse.key", "'k'|'a\tb'|"),
            ("\tv", "parse.key", "''|'v'|"),
            ("k\t", "parse.key", "'k'|''|"),
            ("bad", "parse.key ignore.error", "null|'bad'|"),
            ("h1:v1,h2:v2\tk\tv", both, "'k'|'v'|'h1'='v1','h2'='v2'"),
            ("h1:v1:v2\tv", "parse.headers", "null|'v'|'h1'='v1:v2'"),
            ("h1:\tv", "parse.headers", "null|'v'|'h1'=''"),
            (":v1\tv", "parse.headers", "null|'v'|''='v1'"),
            (
                "h1:v1,,h2:v2,\tv",
                "parse.headers ignore.error",
                "null|'v'|'h1'='v1',''=null,'h2'='v2'",
            ),
            (
                "h1\tk\tv",
                "parse.key parse.headers ignore.error",
                "'k'|'v'|'h1'=null",
            ),
            ("NULL\tNULL", "parse.key null.marker=NULL", "null|null|"),
            (
                "NULL\tk\tv",
                "parse.key parse.headers null.marker=NULL",
                "'k'|'v'|",
            ),
            (
                "h:NULL\tk\tv",
                "parse.key parse.headers null.marker=NULL",
                "'k'|'v'|'h'=null",
            ),
            ("", "null.marker=", "null|null|"),
            (
                "a:1.b:2\tv",
                "parse.headers headers.separator=.",
                "null|'v'|",
            ),
            ("k#v", "parse.key key.separator=#", "'k'|'v'|"),
            ("kv", "parse.key key.separator=", "''|'kv'|"),
            ("k\tv", "parse.key=yes", "null|'k\tv'|"),
        ];
        for (line, pairs, expected) in cases {
            assert_eq!(
                shown(line, pairs).as_deref(),
                Ok(expected),
                "{line:?} {pairs}"
            );
        }
    }

    #[test]
    fn what_a_line_lacks_is_told_with_its_number() {
        let cases = [
            (
                "bad",
                "parse.key",
                "No key separator found on line number 1: 'bad'",
            ),
            (
                "v",
                "parse.headers",
                "No headers delimiter found on line number 1: 'v'",
            ),
            (
                "h1v1\tvalue",
                "parse.headers",
                "No header key separator found in pair 'h1v1' on line number 1",
            ),
            (
                "\tv",
                "parse.headers",
                "No header key separator found in pair '' on line number 1",
            ),
            (
                "a.b|c.d\tv",
                "parse.headers headers.separator=| headers.key.separator=.",
                "No header key separator found in pair 'a' on line number 1",
            ),
            (
                "N:1\tv",
                "parse.headers null.marker=N ignore.error",
                "Header keys should not be equal to the null marker 'N' as they can't be null",
            ),
        ];
        for (line, pairs, sentence) in cases {
            let expected = format!("org.apache.kafka.common.KafkaException: {sentence}");
            assert_eq!(shown(line, pairs), Err(expected), "{line:?} {pairs}");
        }
    }

    #[test]
    fn separators_that_are_equal_are_refused() {
        let cases = [
            (
                "headers.delimiter=,",
                "headers.delimiter and headers.separator",
            ),
            (
                "headers.delimiter=:",
                "headers.delimiter and headers.key.separator",
            ),
            (
                "headers.separator=:",
                "headers.separator and headers.key.separator",
            ),
            (
                "null.marker=: key.separator=:",
                "null.marker and key.separator",
            ),
            ("null.marker=,", "null.marker and headers.separator"),
            (
                "null.marker=\t key.separator=;",
                "null.marker and headers.delimiter",
            ),
            ("null.marker=:", "null.marker and headers.key.separator"),
        ];
        for (pairs, names) in cases {
            let error = LineReader::new(&settings(pairs)).unwrap_err().to_string();
            let expected =
                format!("org.apache.kafka.common.KafkaException: {names} may not be equal");
            assert_eq!(error, expected, "{pairs}");
        }
        assert!(LineReader::new(&settings("headers.separator=[")).is_err());
    }
}
