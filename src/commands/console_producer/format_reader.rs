//! Records in the layout that `--format` gives: kcat's letters, the other way round.
//!
//! `%k\t%s\n`, `%R%s`: any bytes, cut as the layout says. The text at the layout's end may lack
//! behind the last record. Whatever else does not fit is an error with the record's number.

use memchr::memmem;

use super::layout::{Step, steps};
use super::record::{InputHeader, InputRecord, timestamp};
use crate::cli::{CommandError, PropertiesMap, RecordField, parse_record_format};

/// How much of the input a sentence shows.
const SHOWN_BYTES: usize = 40;

/// Settings of the line reader that say what a format says by itself.
const SAID_BY_THE_FORMAT: [&str; 7] = [
    "parse.key",
    "key.separator",
    "parse.headers",
    "headers.delimiter",
    "headers.separator",
    "headers.key.separator",
    "ignore.error",
];

/// Reads records of one layout.
#[derive(Clone, Debug)]
pub(super) struct FormatReader {
    steps: Vec<Step>,
    null_marker: Option<Vec<u8>>,
    /// The record that is being read, counted from one.
    number: u64,
    /// The step whose text was not there yet, and up to where it was looked for.
    searched: (usize, usize),
}

/// What the input's beginning is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum FormatRead {
    /// A record of so many bytes.
    Record(Box<InputRecord>, usize),
    /// The beginning of one.
    More,
}

/// The lengths that came before their fields; `None` is null.
#[derive(Clone, Copy, Debug, Default)]
struct Lengths {
    key: Option<usize>,
    value: Option<usize>,
}

/// The input does not have the layout.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("Record {number} of the input: {reason}")]
pub(super) struct FormatReadError {
    number: u64,
    reason: String,
}

impl FormatReader {
    /// Returns the reader of a layout; refuses settings that contradict it.
    pub(super) fn new(format: &str, settings: &PropertiesMap) -> Result<Self, CommandError> {
        let pieces = parse_record_format(format)
            .map_err(|error| CommandError::failed(&error).hint(error.hint()))?;
        let mut contradicting = SAID_BY_THE_FORMAT.iter();
        if let Some(key) = contradicting.find(|key| settings.contains_key(**key)) {
            let sentence = format!("--format and the property {key} cannot be specified together");
            return Err(CommandError::failed(sentence)
                .hint("The format says where key, value and headers are."));
        }
        Ok(Self {
            steps: steps(&pieces)?,
            null_marker: settings
                .get("null.marker")
                .map(|text| text.as_bytes().to_vec()),
            number: 1,
            searched: (0, 0),
        })
    }

    /// Reads the record at the beginning of `input`, which is not empty; `ended` if no more comes.
    pub(super) fn read(
        &mut self,
        input: &[u8],
        ended: bool,
    ) -> Result<FormatRead, FormatReadError> {
        let mut record = InputRecord::default();
        let mut lengths = Lengths::default();
        let mut position = 0;
        for (index, step) in self.steps.iter().enumerate() {
            let is_last = index + 1 == self.steps.len();
            let rest = input.get(position..).unwrap_or_default();
            let taken = match step {
                Step::Text(_) if is_last && ended && rest.is_empty() => Some(0),
                Step::Text(text) => self.expect(text, rest)?,
                Step::BinaryLength => match rest.first_chunk() {
                    Some(bytes) => {
                        let number = i64::from(i32::from_be_bytes(*bytes));
                        lengths.value = self.length(RecordField::ValueLengthBinary, number)?;
                        Some(bytes.len())
                    }
                    None => None,
                },
                Step::Sized(field) => take_sized(*field, rest, &lengths, &mut record),
                Step::Until(field, text) => {
                    let before = self.searched;
                    let from = if before.0 == index {
                        before.1
                    } else {
                        position
                    };
                    let from = from.saturating_sub(text.len()).max(position);
                    let searched = input.get(from..).unwrap_or_default();
                    let end = memmem::find(searched, text).map(|found| from + found);
                    let end = end.map(|end| (end, end + text.len()));
                    // The text at the very end may lack.
                    let all = (is_last && ended).then_some((input.len(), input.len()));
                    if let Some((end, behind)) = end.or(all) {
                        let bytes = input.get(position..end).unwrap_or_default();
                        self.set(&mut record, &mut lengths, *field, bytes)?;
                        Some(behind - position)
                    } else {
                        self.searched = (index, input.len());
                        None
                    }
                }
            };
            match taken {
                Some(bytes) => position += bytes,
                None if ended => {
                    return Err(self.failure("the input ends in the middle of it".to_owned()));
                }
                None => return Ok(FormatRead::More),
            }
        }
        self.number += 1;
        self.searched = (0, 0);
        Ok(FormatRead::Record(Box::new(record), position))
    }

    /// Returns how long the text is that must come next; `None` if only its beginning is there.
    fn expect(&self, text: &[u8], rest: &[u8]) -> Result<Option<usize>, FormatReadError> {
        if rest.starts_with(text) {
            return Ok(Some(text.len()));
        }
        if text.starts_with(rest) {
            return Ok(None);
        }
        let (text, rest) = (text.escape_ascii(), shown(rest));
        Err(self.failure(format!("'{text}' should follow, but '{rest}' does")))
    }

    /// Returns the failure of the record that was read last.
    pub(super) const fn last_failure(&self, reason: String) -> FormatReadError {
        FormatReadError {
            number: self.number.saturating_sub(1),
            reason,
        }
    }

    fn failure(&self, reason: String) -> FormatReadError {
        FormatReadError {
            number: self.number,
            reason,
        }
    }

    /// Takes what stands for a field.
    fn set(
        &self,
        record: &mut InputRecord,
        lengths: &mut Lengths,
        field: RecordField,
        bytes: &[u8],
    ) -> Result<(), FormatReadError> {
        match field {
            RecordField::Key => record.key = self.unless_null(bytes),
            RecordField::Value => record.value = self.unless_null(bytes),
            RecordField::Headers => record.headers = self.headers(bytes)?,
            RecordField::Timestamp => {
                let number = self.decimal(field, bytes)?;
                let time = timestamp(number);
                record.timestamp =
                    time.ok_or_else(|| self.failure(format!("%T is no time: {number}")))?;
            }
            RecordField::Partition => {
                let number = self.decimal(field, bytes)?;
                let partition = i32::try_from(number).ok().filter(|number| *number >= 0);
                let refused = || self.failure(format!("%p is no partition: {number}"));
                record.partition = Some(partition.ok_or_else(refused)?);
            }
            RecordField::KeyLength => {
                lengths.key = self.length(field, self.decimal(field, bytes)?)?;
            }
            RecordField::ValueLength => {
                lengths.value = self.length(field, self.decimal(field, bytes)?)?;
            }
            // No layout that is read has them in front of a text.
            RecordField::ValueLengthBinary | RecordField::Topic | RecordField::Offset => {}
        }
        Ok(())
    }

    fn unless_null(&self, bytes: &[u8]) -> Option<Vec<u8>> {
        (self.null_marker.as_deref() != Some(bytes)).then(|| bytes.to_vec())
    }

    fn headers(&self, bytes: &[u8]) -> Result<Vec<InputHeader>, FormatReadError> {
        if bytes.is_empty() {
            return Ok(Vec::new());
        }
        let header = |pair: &[u8]| {
            let Some(place) = memchr::memchr(b'=', pair) else {
                let reason = format!("there is no = in the header '{}'", shown(pair));
                return Err(self.failure(reason));
            };
            let (name, value) = pair.split_at(place);
            let value = value.get(1..).unwrap_or_default();
            Ok((name.to_vec(), self.unless_null(value)))
        };
        bytes.split(|byte| *byte == b',').map(header).collect()
    }

    fn decimal(&self, field: RecordField, bytes: &[u8]) -> Result<i64, FormatReadError> {
        let number = std::str::from_utf8(bytes)
            .ok()
            .and_then(|text| text.parse().ok());
        number.ok_or_else(|| {
            self.failure(format!(
                "%{} is no number: '{}'",
                field.letter(),
                shown(bytes)
            ))
        })
    }

    /// Returns how many bytes a length means; `None` is null.
    fn length(&self, field: RecordField, number: i64) -> Result<Option<usize>, FormatReadError> {
        if number == -1 {
            return Ok(None);
        }
        let length = usize::try_from(number)
            .ok()
            .filter(|_| number <= i64::from(i32::MAX));
        let refused = || self.failure(format!("%{} is no length: {number}", field.letter()));
        length.map(Some).ok_or_else(refused)
    }
}

/// Takes a field whose length is known; returns how long it is, `None` if it is not all there.
fn take_sized(
    field: RecordField,
    rest: &[u8],
    lengths: &Lengths,
    record: &mut InputRecord,
) -> Option<usize> {
    let (length, place) = match field {
        RecordField::Key => (lengths.key, &mut record.key),
        _ => (lengths.value, &mut record.value),
    };
    let Some(length) = length else {
        return Some(0);
    };
    *place = Some(rest.get(..length)?.to_vec());
    Some(length)
}

/// Returns the beginning of bytes as text.
fn shown(bytes: &[u8]) -> String {
    let cut = bytes.get(..SHOWN_BYTES);
    let text = cut.unwrap_or(bytes).escape_ascii().to_string();
    if cut.is_some() { text + "..." } else { text }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn reader(format: &str, marker: Option<&str>) -> Result<FormatReader, String> {
        let pair = |text: &str| ("null.marker".to_owned(), text.to_owned());
        let settings = marker.map(pair).into_iter().collect();
        FormatReader::new(format, &settings).map_err(|error| error.sentence().to_owned())
    }

    /// Reads all of an input that comes `step` bytes at a time.
    fn read(
        reader: &mut FormatReader,
        input: &[u8],
        step: usize,
    ) -> Result<Vec<InputRecord>, String> {
        let (mut records, mut begin, mut end) = (Vec::new(), 0, 0);
        while begin < input.len() {
            let ended = end == input.len();
            let pending = &input[begin..end];
            let found = if pending.is_empty() {
                Ok(FormatRead::More)
            } else {
                reader.read(pending, ended)
            };
            match found.map_err(|error| error.to_string())? {
                FormatRead::Record(record, bytes) => {
                    records.push(*record);
                    begin += bytes;
                }
                FormatRead::More => {
                    assert!(!ended, "more is asked for, but there is none");
                    end = input.len().min(end + step);
                }
            }
        }
        Ok(records)
    }

    fn records(format: &str, marker: Option<&str>, input: &[u8]) -> Result<String, String> {
        let text = |bytes: &Option<Vec<u8>>| match bytes {
            Some(bytes) => format!("'{}'", bytes.escape_ascii()),
            None => "null".to_owned(),
        };
        let mut all = Vec::new();
        for step in [1, 2, 5, 1000] {
            let mut reader = reader(format, marker)?;
            let found = read(&mut reader, input, step).map(|records| {
                let lines = records.iter().map(|record| {
                    let headers = record.headers.iter();
                    let headers: Vec<_> = headers
                        .map(|(name, value)| format!("{}={}", name.escape_ascii(), text(value)))
                        .collect();
                    let place = (record.partition, record.timestamp);
                    let place = match place {
                        (None, None) => String::new(),
                        (partition, time) => format!(" {partition:?} {time:?}"),
                    };
                    let (key, value) = (text(&record.key), text(&record.value));
                    format!("{key} {value}{place}{}", headers.join(","))
                });
                lines.collect::<Vec<_>>().join("; ")
            });
            all.push(found);
        }
        let first = all.swap_remove(0);
        assert!(
            all.iter().all(|other| *other == first),
            "{first:?}, {all:?}"
        );
        first
    }

    #[test]
    fn fields_end_where_the_text_behind_their_letter_comes() {
        let found = |format: &str, input: &str| records(format, None, input.as_bytes()).unwrap();
        assert_eq!(found(r"%s\n", "a\n\nb"), "null 'a'; null ''; null 'b'");
        assert_eq!(found(r"%k\t%s\n", "k\ta\tb\n\tc\n"), "'k' 'a\\tb'; '' 'c'");
        assert_eq!(found(r"[%k] %s--", "[k] a-b-c--[] "), "'k' 'a-b-c'; '' ''");
        assert_eq!(found(r"%k\n", "k\n"), "'k' null");
        assert_eq!(
            found(r"%p %T %s\n", "3 9 v\n0 -1 w\n"),
            "null 'v' Some(3) Some(9); null 'w' Some(0) None"
        );
        let headers = "null 'v'a='1',b='=2',=''; null 'w'";
        assert_eq!(found(r"%h|%s\n", "a=1,b==2,=|v\n|w\n"), headers);
    }

    #[test]
    fn fields_with_a_length_may_hold_any_byte() {
        let found = |format: &str, input: &[u8]| records(format, None, input).unwrap();
        let input = b"\0\0\0\x03a\nb\xff\xff\xff\xff\0\0\0\0";
        assert_eq!(found("%R%s", input), "null 'a\\nb'; null null; null ''");
        let input = b"2 3:\n\t\xff\n:\n-1 -1:\n";
        assert_eq!(
            found(r"%K %S:%k%s\n", input),
            "'\\n\\t' '\\xff\\n:'; null null"
        );
        assert_eq!(found(r"%S %s\n", b"1 a\n1 b"), "null 'a'; null 'b'");
    }

    #[test]
    fn the_null_marker_stands_for_null_where_no_length_was_given() {
        let found = |format: &str, input: &str| records(format, Some("NULL"), input.as_bytes());
        assert_eq!(found(r"%k %s\n", "NULL NULL\n").unwrap(), "null null");
        assert_eq!(found(r"%h %s\n", "a=NULL v\n").unwrap(), "null 'v'a=null");
        assert_eq!(found(r"%R%s", "\0\0\0\x04NULL").unwrap(), "null 'NULL'");
    }

    #[test]
    fn what_does_not_fit_is_told_with_the_number_of_the_record() {
        let cases: [(&str, &[u8], &str); 8] = [
            (
                r"<%s>\n",
                b"<a>\nb>\n",
                "Record 2 of the input: '<' should follow, but 'b>\\n' does",
            ),
            (
                r"%k:%s\n",
                b"a:b\nc",
                "Record 2 of the input: the input ends in the middle of it",
            ),
            (
                "%R%s",
                b"\0\0\0\x05abc",
                "Record 1 of the input: the input ends in the middle of it",
            ),
            (
                "%R%s",
                b"\0\0",
                "Record 1 of the input: the input ends in the middle of it",
            ),
            (
                r"%S %s\n",
                b"-2 a\n",
                "Record 1 of the input: %S is no length: -2",
            ),
            (
                r"%T %s\n",
                b"now a\n",
                "Record 1 of the input: %T is no number: 'now'",
            ),
            (
                r"%p %s\n",
                b"-1 a\n",
                "Record 1 of the input: %p is no partition: -1",
            ),
            (
                r"%h %s\n",
                b"a a\n",
                "Record 1 of the input: there is no = in the header 'a'",
            ),
        ];
        for (format, input, sentence) in cases {
            let mut reader = reader(format, None).unwrap();
            let error = read(&mut reader, input, 1000).unwrap_err();
            assert_eq!(error, sentence, "{format}");
        }
    }

    #[test]
    fn settings_that_the_format_contradicts_are_refused() {
        let settings = [("parse.key".to_owned(), "true".to_owned())].into();
        let error = FormatReader::new(r"%s\n", &settings).unwrap_err();
        let sentence = "--format and the property parse.key cannot be specified together";
        assert_eq!(error.sentence(), sentence);
    }
}
