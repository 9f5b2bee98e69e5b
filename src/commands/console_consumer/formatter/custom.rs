//! A record in the layout that `--format` gives, in kcat's letters.
//!
//! Keys, values and header values go out as they are, or as the text of a deserializer; a null key
//! or value is nothing, or the text of `null.literal`. Lengths are those of the record's bytes.

use super::default::deserializer_of;
use super::deserializer::Deserializer;
use super::{FormatError, ShownRecord, Timestamp};
use crate::cli::{
    CommandError, FormatPiece, PropertiesMap, RecordField, RecordFormatError, parse_record_format,
};

/// What stands for a header value that is null, as in kcat, where `null.literal` does not say.
const NULL_HEADER: &[u8] = b"NULL";

/// Settings of the default formatter that say what a format says by itself.
const SAID_BY_THE_FORMAT: [&str; 10] = [
    "print.timestamp",
    "print.partition",
    "print.offset",
    "print.delivery",
    "print.epoch",
    "print.headers",
    "print.key",
    "print.value",
    "key.separator",
    "line.separator",
];

/// Shows records in a layout of one's own.
#[derive(Debug)]
pub(in super::super) struct CustomFormatter {
    pieces: Vec<FormatPiece>,
    null_literal: Option<Vec<u8>>,
    headers_separator: Vec<u8>,
    key: Option<Deserializer>,
    value: Option<Deserializer>,
    headers: Option<Deserializer>,
}

impl CustomFormatter {
    /// Returns the formatter of a layout; refuses settings that contradict it.
    pub(in super::super) fn new(
        format: &str,
        settings: &PropertiesMap,
        warn: &mut dyn FnMut(String),
    ) -> Result<Self, CommandError> {
        let pieces = parse_record_format(format)
            .map_err(|error: RecordFormatError| CommandError::failed(&error).hint(error.hint()))?;
        let mut contradicting = SAID_BY_THE_FORMAT.iter();
        if let Some(key) = contradicting.find(|key| settings.contains_key(**key)) {
            let sentence = format!("--format and the property {key} cannot be specified together");
            return Err(CommandError::failed(sentence)
                .hint("The format says what is printed, and what stands between."));
        }
        let bytes = |key: &str| settings.get(key).map(|text| text.as_bytes().to_vec());
        Ok(Self {
            pieces,
            null_literal: bytes("null.literal"),
            headers_separator: bytes("headers.separator").unwrap_or_else(|| b",".to_vec()),
            key: deserializer_of(settings, "key.deserializer", warn),
            value: deserializer_of(settings, "value.deserializer", warn),
            headers: deserializer_of(settings, "headers.deserializer", warn),
        })
    }

    pub(super) fn write(
        &self,
        record: &ShownRecord<'_>,
        out: &mut Vec<u8>,
    ) -> Result<(), FormatError> {
        let begin = out.len();
        for piece in &self.pieces {
            let result = match piece {
                FormatPiece::Text(text) => {
                    out.extend_from_slice(text);
                    Ok(())
                }
                FormatPiece::Field(field) => self.write_field(*field, record, out),
            };
            if let Err(error) = result {
                // Half a record is none.
                out.truncate(begin);
                return Err(error);
            }
        }
        Ok(())
    }

    fn write_field(
        &self,
        field: RecordField,
        record: &ShownRecord<'_>,
        out: &mut Vec<u8>,
    ) -> Result<(), FormatError> {
        let null = self.null_literal.as_deref();
        let number = match field {
            RecordField::Value => return write_bytes(record.value, null, self.value, out),
            RecordField::Key => return write_bytes(record.key, null, self.key, out),
            RecordField::Headers => return self.write_headers(record, out),
            RecordField::Topic => {
                out.extend_from_slice(record.topic.as_bytes());
                return Ok(());
            }
            RecordField::ValueLengthBinary => {
                // A record's value has fewer than 2 GiB.
                let length = i32::try_from(length(record.value)).unwrap_or(i32::MAX);
                out.extend_from_slice(&length.to_be_bytes());
                return Ok(());
            }
            RecordField::ValueLength => length(record.value),
            RecordField::KeyLength => length(record.key),
            RecordField::Timestamp => match record.timestamp {
                Timestamp::None => -1,
                Timestamp::Create(time) | Timestamp::LogAppend(time) => time,
            },
            RecordField::Partition => i64::from(record.partition),
            RecordField::Offset => record.offset,
        };
        out.extend_from_slice(number.to_string().as_bytes());
        Ok(())
    }

    fn write_headers(
        &self,
        record: &ShownRecord<'_>,
        out: &mut Vec<u8>,
    ) -> Result<(), FormatError> {
        let null = self.null_literal.as_deref().unwrap_or(NULL_HEADER);
        for (index, (name, value)) in record.headers.enumerate() {
            if index > 0 {
                out.extend_from_slice(&self.headers_separator);
            }
            out.extend_from_slice(name);
            out.push(b'=');
            write_bytes(value, Some(null), self.headers, out)?;
        }
        Ok(())
    }
}

fn write_bytes(
    bytes: Option<&[u8]>,
    null: Option<&[u8]>,
    deserializer: Option<Deserializer>,
    out: &mut Vec<u8>,
) -> Result<(), FormatError> {
    match (bytes, deserializer) {
        (None, _) => out.extend_from_slice(null.unwrap_or_default()),
        (Some(bytes), None) => out.extend_from_slice(bytes),
        (Some(bytes), Some(deserializer)) => deserializer.write(bytes, out)?,
    }
    Ok(())
}

fn length(bytes: Option<&[u8]>) -> i64 {
    bytes.map_or(-1, |bytes| i64::try_from(bytes.len()).unwrap_or(i64::MAX))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::record::Headers;

    fn formatter(format: &str, settings: &[(&str, &str)]) -> Result<CustomFormatter, String> {
        let pair = |(key, value): &(&str, &str)| ((*key).to_owned(), (*value).to_owned());
        let settings = settings.iter().map(pair).collect();
        CustomFormatter::new(format, &settings, &mut |_| {})
            .map_err(|error| error.sentence().to_owned())
    }

    fn record<'r>(key: Option<&'r [u8]>, value: Option<&'r [u8]>) -> ShownRecord<'r> {
        ShownRecord {
            topic: "t",
            partition: 3,
            offset: 42,
            timestamp: Timestamp::Create(9),
            key,
            value,
            headers: Headers::default(),
        }
    }

    fn shown(format: &str, settings: &[(&str, &str)], record: &ShownRecord<'_>) -> Vec<u8> {
        let mut out = Vec::new();
        let formatter = formatter(format, settings).unwrap();
        formatter.write(record, &mut out).unwrap();
        out
    }

    #[test]
    fn fields_stand_where_their_letters_do() {
        let record = record(Some(b"k\xff"), Some(b"value"));
        let expected = b"t 3 42 9 2 5 k\xff=value\n";
        assert_eq!(shown(r"%t %p %o %T %K %S %k=%s\n", &[], &record), expected);
        assert_eq!(shown("%R%s", &[], &record), b"\0\0\0\x05value");
    }

    #[test]
    fn null_is_nothing_with_the_length_minus_one_or_the_literal() {
        let mut record = record(None, None);
        record.timestamp = Timestamp::None;
        assert_eq!(
            shown("%k|%K|%s|%S|%R|%T", &[], &record),
            b"|-1||-1|\xff\xff\xff\xff|-1"
        );
        let literal = [("null.literal", "NULL")];
        assert_eq!(shown("%k|%s", &literal, &record), b"NULL|NULL");
    }

    #[test]
    fn deserializers_make_text_and_half_a_record_is_none() {
        let class = "org.apache.kafka.common.serialization.IntegerDeserializer";
        let settings = [("value.deserializer", class)];
        let whole = record(Some(b"k"), Some(&[0, 0, 1, 0]));
        assert_eq!(shown("%k %s %S", &settings, &whole), b"k 256 4");
        let mut out = b"before".to_vec();
        let formatter = formatter("%k %s", &settings).unwrap();
        let cut = record(Some(b"k"), Some(b"x"));
        assert!(formatter.write(&cut, &mut out).is_err());
        assert_eq!(out, b"before");
    }

    #[test]
    fn settings_that_the_format_contradicts_are_refused() {
        let error = formatter("%s", &[("print.key", "true")]).unwrap_err();
        let expected = "--format and the property print.key cannot be specified together";
        assert_eq!(error, expected);
        assert_eq!(
            formatter("%z", &[]).unwrap_err(),
            "The format has no letter %z"
        );
    }
}
