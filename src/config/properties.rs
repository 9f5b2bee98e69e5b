//! Reads Java `.properties` text as `java.util.Properties` does: comments, continued lines,
//! three separators, escapes; of a repeated key the last one wins.
//!
//! Bytes that are valid UTF-8 are read as UTF-8, others as Latin-1 (Java: always Latin-1).
//! Refuses a malformed `\uXXXX`, as Java does, and more than [`BYTES_MAX`] bytes.

use std::collections::BTreeMap;
use std::collections::btree_map;

/// The largest file that is read.
pub const BYTES_MAX: usize = 1024 * 1024;

/// Keys and values, sorted by key.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Properties {
    entries: BTreeMap<String, String>,
}

/// Text that is not a properties file.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum PropertiesError {
    /// A `\u` without four hexadecimal digits after it.
    #[error("Malformed \\uxxxx encoding.")]
    MalformedUnicode,
    /// More than [`BYTES_MAX`] bytes.
    #[error("{bytes} bytes are too many for a properties file, at most {BYTES_MAX} are read")]
    TooLarge {
        /// How many there are.
        bytes: usize,
    },
}

impl Properties {
    /// Returns no properties.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Parses the content of a file.
    pub fn parse(content: &[u8]) -> Result<Self, PropertiesError> {
        if content.len() > BYTES_MAX {
            return Err(PropertiesError::TooLarge {
                bytes: content.len(),
            });
        }
        let text = match std::str::from_utf8(content) {
            Ok(text) => text.to_owned(),
            Err(_) => content.iter().copied().map(char::from).collect(),
        };
        let mut properties = Self::new();
        for line in logical_lines(&text) {
            let (key, value) = split_line(&line);
            properties.set(unescape(key)?, unescape(value)?);
        }
        Ok(properties)
    }

    /// Returns the value of `key`.
    #[must_use]
    pub fn get(&self, key: &str) -> Option<&str> {
        self.entries.get(key).map(String::as_str)
    }

    /// Sets `key`, in place of an earlier value.
    pub fn set(&mut self, key: impl Into<String>, value: impl Into<String>) {
        self.entries.insert(key.into(), value.into());
    }

    /// Removes `key` and returns what it had.
    pub fn remove(&mut self, key: &str) -> Option<String> {
        self.entries.remove(key)
    }

    /// Returns all keys and values, sorted by key.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &str)> {
        self.entries
            .iter()
            .map(|(key, value)| (key.as_str(), value.as_str()))
    }

    /// Returns whether there is nothing.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }

    /// Returns the keys and values as a map.
    #[must_use]
    pub const fn as_map(&self) -> &BTreeMap<String, String> {
        &self.entries
    }
}

impl<K: Into<String>, V: Into<String>> FromIterator<(K, V)> for Properties {
    fn from_iter<I: IntoIterator<Item = (K, V)>>(pairs: I) -> Self {
        let entries = pairs
            .into_iter()
            .map(|(key, value)| (key.into(), value.into()))
            .collect();
        Self { entries }
    }
}

impl IntoIterator for Properties {
    type Item = (String, String);
    type IntoIter = btree_map::IntoIter<String, String>;

    fn into_iter(self) -> Self::IntoIter {
        self.entries.into_iter()
    }
}

const fn is_blank(c: char) -> bool {
    matches!(c, ' ' | '\t' | '\x0c')
}

/// Joins continued lines and drops comments and empty lines.
fn logical_lines(text: &str) -> Vec<String> {
    let unified = text.replace("\r\n", "\n").replace('\r', "\n");
    let mut lines = Vec::new();
    let mut continued: Option<String> = None;
    for natural in unified.split('\n') {
        let content = natural.trim_start_matches(is_blank);
        if continued.is_none() && content.starts_with(['#', '!']) {
            continue;
        }
        let mut line = continued.take().unwrap_or_default();
        let backslashes = content.chars().rev().take_while(|c| *c == '\\').count();
        if backslashes % 2 == 1 {
            line.push_str(content.strip_suffix('\\').unwrap_or(content));
            continued = Some(line);
            continue;
        }
        line.push_str(content);
        if !line.is_empty() {
            lines.push(line);
        }
    }
    // A backslash that ends the file continues nothing.
    lines.extend(continued.filter(|line| !line.is_empty()));
    lines
}

/// Splits at the first separator that no backslash protects; both parts keep their escapes.
fn split_line(line: &str) -> (&str, &str) {
    let mut escaped = false;
    let end = line.find(|c: char| {
        if escaped {
            escaped = false;
            return false;
        }
        escaped = c == '\\';
        c == '=' || c == ':' || is_blank(c)
    });
    let Some((key, rest)) = end.and_then(|position| line.split_at_checked(position)) else {
        return (line, "");
    };
    let rest = rest.trim_start_matches(is_blank);
    let rest = rest.strip_prefix(['=', ':']).unwrap_or(rest);
    (key, rest.trim_start_matches(is_blank))
}

fn unescape(text: &str) -> Result<String, PropertiesError> {
    let mut units: Vec<u16> = Vec::with_capacity(text.len());
    let mut buffer = [0_u16; 2];
    let mut chars = text.chars();
    while let Some(c) = chars.next() {
        if c != '\\' {
            units.extend_from_slice(c.encode_utf16(&mut buffer));
            continue;
        }
        let unit = match chars.next() {
            None => break,
            Some('t') => '\t',
            Some('n') => '\n',
            Some('r') => '\r',
            Some('f') => '\x0c',
            Some('u') => {
                units.push(four_digits(&mut chars)?);
                continue;
            }
            Some(other) => other,
        };
        units.extend_from_slice(unit.encode_utf16(&mut buffer));
    }
    Ok(String::from_utf16_lossy(&units))
}

fn four_digits(chars: &mut std::str::Chars<'_>) -> Result<u16, PropertiesError> {
    let mut unit: u16 = 0;
    for _ in 0..4 {
        let digit = chars.next().and_then(|c| c.to_digit(16));
        let digit = digit.and_then(|digit| u16::try_from(digit).ok());
        unit = (unit << 4) | digit.ok_or(PropertiesError::MalformedUnicode)?;
    }
    Ok(unit)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pairs(text: &str) -> Vec<(String, String)> {
        Properties::parse(text.as_bytes())
            .unwrap()
            .into_iter()
            .collect()
    }

    fn pair(key: &str, value: &str) -> Vec<(String, String)> {
        vec![(key.to_owned(), value.to_owned())]
    }

    #[test]
    fn three_separators_and_blanks_around_them() {
        for line in ["a=b", "a:b", "a b", "  a = b", "a\t:  b", "a  =b"] {
            assert_eq!(pairs(line), pair("a", "b"), "{line}");
        }
        assert_eq!(pairs("a = = b"), pair("a", "= b"));
        assert_eq!(pairs("a"), pair("a", ""));
        assert_eq!(pairs("=b"), pair("", "b"));
        assert_eq!(pairs("a=b  "), pair("a", "b  "));
    }

    #[test]
    fn comments_and_empty_lines_are_skipped() {
        assert_eq!(
            pairs("# x=1\n  ! y=2\n\n\t\na=b # no comment"),
            pair("a", "b # no comment")
        );
        assert_eq!(pairs("# ends in \\\na=b"), pair("a", "b"));
    }

    #[test]
    fn lines_continue_behind_an_odd_number_of_backslashes() {
        assert_eq!(pairs("a=1,\\\n   2,\\\r\n\t3"), pair("a", "1,2,3"));
        assert_eq!(pairs("a=1\\\\\nb=2").len(), 2);
        assert_eq!(pairs("a=1\\\n# 2"), pair("a", "1# 2"));
        assert_eq!(pairs("a=1\\\n\nb=2").len(), 2);
        assert_eq!(pairs("a=1\\"), pair("a", "1"));
    }

    #[test]
    fn escapes_are_resolved() {
        assert_eq!(pairs(r"a\=b\ c=\t\n\q\\"), pair("a=b c", "\t\nq\\"));
        assert_eq!(pairs(r"a=\u00e4\ud83d\ude00"), pair("a", "ä😀"));
        let error = Properties::parse(br"a=\u00zz").unwrap_err();
        assert_eq!(error, PropertiesError::MalformedUnicode);
    }

    #[test]
    fn the_last_of_a_repeated_key_wins() {
        assert_eq!(pairs("a=1\na=2"), pair("a", "2"));
    }

    #[test]
    fn bytes_that_are_no_utf8_are_latin1() {
        let properties = Properties::parse(b"a=\xe4").unwrap();
        assert_eq!(properties.get("a"), Some("ä"));
    }

    #[test]
    fn too_large_a_file_is_refused() {
        let content = vec![b'#'; BYTES_MAX + 1];
        assert!(Properties::parse(&content).is_err());
    }
}
