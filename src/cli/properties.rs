//! Java's .properties files, and the `key=value` words of options.
//!
//! `key=value`, `key: value` or `key value`; `#` and `!` begin comments; a backslash at a line's end
//! continues it; `\t`, `\n`, `\r`, `\f` and `\uXXXX` are escapes, any other escaped character is
//! itself. The last of equal keys wins.

use std::collections::BTreeMap;
use std::path::Path;

use super::CommandError;
use crate::fs::Fs;

/// The largest file that is read as settings.
const FILE_BYTES_MAX: u64 = 16 * 1024 * 1024;

/// Settings by name.
pub type PropertiesMap = BTreeMap<String, String>;

/// The text is not a properties file.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
enum PropertiesError {
    /// A `\u` is not followed by four hexadecimal digits.
    #[error("Malformed \\uxxxx encoding.")]
    MalformedUnicode,
}

/// Reads the text of a properties file.
fn parse(text: &str) -> Result<PropertiesMap, PropertiesError> {
    let mut properties = PropertiesMap::new();
    for line in logical_lines(text) {
        let (key, value) = split(&line);
        properties.insert(unescape(key)?, unescape(value)?);
    }
    Ok(properties)
}

/// Reads a properties file; the sentence of a failure is the path, as Java's exceptions say it.
pub fn read_properties_file(fs: &dyn Fs, path: &str) -> Result<PropertiesMap, CommandError> {
    let refused = |reason: String| {
        CommandError::failed(path).hint(format!("The file {path} cannot be read: {reason}"))
    };
    let bytes = fs.read(Path::new(path), FILE_BYTES_MAX).map_err(|error| match error.kind() {
        std::io::ErrorKind::NotFound => refused("it does not exist.".to_owned()),
        _ => refused(error.to_string()),
    })?;
    // Java reads Latin-1; a file that is UTF-8 is taken for what it is.
    let text = match String::from_utf8(bytes) {
        Ok(text) => text,
        Err(error) => error.into_bytes().into_iter().map(char::from).collect(),
    };
    parse(&text).map_err(|error| refused(error.to_string()))
}

/// Reads `key=value` words: split at the first `=`, nothing unescaped, an absent value is empty.
#[must_use]
pub fn key_value_pairs<'w>(words: impl IntoIterator<Item = &'w String>) -> PropertiesMap {
    let pair = |word: &String| match word.split_once('=') {
        Some((key, value)) => (key.to_owned(), value.to_owned()),
        None => (word.clone(), String::new()),
    };
    words.into_iter().map(pair).collect()
}

const BLANKS: [char; 3] = [' ', '\t', '\u{c}'];

/// Joins continued lines and leaves out comments and empty ones.
fn logical_lines(text: &str) -> Vec<String> {
    let mut lines = Vec::new();
    let mut current: Option<String> = None;
    // A lone carriage return ends a line too; an empty line more does no harm.
    for natural in text.split(['\n', '\r']) {
        let natural = natural.trim_start_matches(BLANKS);
        let begins = current.is_none();
        if begins && (natural.is_empty() || natural.starts_with(['#', '!'])) {
            continue;
        }
        let slashes = natural.chars().rev().take_while(|c| *c == '\\').count();
        let line = current.get_or_insert_default();
        if slashes % 2 == 1 {
            line.push_str(natural.strip_suffix('\\').unwrap_or(natural));
        } else {
            line.push_str(natural);
            lines.extend(current.take());
        }
    }
    lines.extend(current);
    lines
}

/// Splits a line at the first separator that is not escaped.
fn split(line: &str) -> (&str, &str) {
    let mut escaped = false;
    for (position, letter) in line.char_indices() {
        let separator = matches!(letter, '=' | ':') || BLANKS.contains(&letter);
        if separator && !escaped {
            let (key, rest) = line.split_at(position);
            let rest = rest.trim_start_matches(BLANKS);
            let rest = rest.strip_prefix(['=', ':']).unwrap_or(rest);
            return (key, rest.trim_start_matches(BLANKS));
        }
        escaped = letter == '\\' && !escaped;
    }
    (line, "")
}

fn unescape(text: &str) -> Result<String, PropertiesError> {
    let mut units: Vec<u16> = Vec::with_capacity(text.len());
    let mut buffer = [0; 2];
    let mut letters = text.chars();
    while let Some(letter) = letters.next() {
        let letter = match letter {
            '\\' => match letters.next() {
                Some('t') => '\t',
                Some('n') => '\n',
                Some('r') => '\r',
                Some('f') => '\u{c}',
                Some('u') => {
                    let digits: String = letters.by_ref().take(4).collect();
                    let unit = u16::from_str_radix(&digits, 16)
                        .ok()
                        .filter(|_| digits.len() == 4 && !digits.starts_with('+'))
                        .ok_or(PropertiesError::MalformedUnicode)?;
                    units.push(unit);
                    continue;
                }
                Some(other) => other,
                None => break,
            },
            other => other,
        };
        units.extend_from_slice(letter.encode_utf16(&mut buffer));
    }
    // Escapes may spell a character beyond 16 bits as two; what pairs up with nothing is replaced.
    Ok(String::from_utf16_lossy(&units))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pairs(text: &str) -> Vec<(String, String)> {
        parse(text).unwrap().into_iter().collect()
    }

    fn pair(key: &str, value: &str) -> (String, String) {
        (key.to_owned(), value.to_owned())
    }

    #[test]
    fn the_three_separators_and_comments() {
        let text = "# c\n ! c\n\n a=1\nb: 2\r\nc 3\nd\ne = x=y \n";
        let expected =
            [pair("a", "1"), pair("b", "2"), pair("c", "3"), pair("d", ""), pair("e", "x=y ")];
        assert_eq!(pairs(text), expected);
    }

    #[test]
    fn continued_lines_and_escapes() {
        assert_eq!(pairs("a=1,\\\n   2,\\\n#3\n"), [pair("a", "1,2,#3")]);
        assert_eq!(pairs("s=\\t|\\u00e9\\\\ \\q"), [pair("s", "\t|é\\ q")]);
        assert_eq!(pairs("a\\=b\\ c=d"), [pair("a=b c", "d")]);
        assert_eq!(pairs("e=\\ud83d\\ude00"), [pair("e", "😀")]);
        assert_eq!(parse("a=\\u00g0"), Err(PropertiesError::MalformedUnicode));
    }

    #[test]
    fn the_last_of_equal_keys_wins() {
        assert_eq!(pairs("a=1\na=2"), [pair("a", "2")]);
        let words = ["k=a=b".to_owned(), "x".to_owned(), "k=\\t".to_owned()];
        let found: Vec<_> = key_value_pairs(&words).into_iter().collect();
        assert_eq!(found, [pair("k", "\\t"), pair("x", "")]);
    }
}
