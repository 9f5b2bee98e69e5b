//! A record's layout in kcat's letters, as `--format` takes it: `%k`, `%s`, `\t`.
//!
//! Which letters a command takes is the command's affair; one that nobody knows is refused here,
//! by its name, and so is an escape that stands for nothing.

/// A field of a record.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RecordField {
    /// `%s`: the value.
    Value,
    /// `%S`: the value's length as a decimal number; -1 for null.
    ValueLength,
    /// `%R`: the value's length as four bytes, big-endian; -1 for null.
    ValueLengthBinary,
    /// `%k`: the key.
    Key,
    /// `%K`: the key's length as a decimal number; -1 for null.
    KeyLength,
    /// `%h`: the headers, `name=value` with commas between.
    Headers,
    /// `%T`: the time, in milliseconds; -1 for none.
    Timestamp,
    /// `%t`: the topic.
    Topic,
    /// `%p`: the partition.
    Partition,
    /// `%o`: the offset.
    Offset,
}

/// Every letter and its field.
const LETTERS: [(char, RecordField); 10] = [
    ('s', RecordField::Value),
    ('S', RecordField::ValueLength),
    ('R', RecordField::ValueLengthBinary),
    ('k', RecordField::Key),
    ('K', RecordField::KeyLength),
    ('h', RecordField::Headers),
    ('T', RecordField::Timestamp),
    ('t', RecordField::Topic),
    ('p', RecordField::Partition),
    ('o', RecordField::Offset),
];

impl RecordField {
    /// Returns the letter of the field.
    #[must_use]
    pub fn letter(self) -> char {
        let row = LETTERS.iter().find(|(_, field)| *field == self);
        row.map_or('?', |(letter, _)| *letter)
    }
}

/// A part of a layout.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum FormatPiece {
    /// Bytes that stand for themselves; never empty, never two in a row.
    Text(Vec<u8>),
    /// What a letter stands for.
    Field(RecordField),
}

/// Why a text is no layout.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum RecordFormatError {
    /// A letter that stands for nothing.
    #[error("The format has no letter %{0}")]
    Letter(char),
    /// An escape that stands for nothing.
    #[error("The format has no escape \\{0}")]
    Escape(char),
    /// `\x` without two hexadecimal digits behind it.
    #[error("The format's escape \\x needs two hexadecimal digits")]
    Hexadecimal,
    /// A number of more than a byte.
    #[error("The format's escape \\{0} is no byte")]
    Octal(String),
    /// A percent sign or a backslash with nothing behind it.
    #[error("The format ends with a lone {0}")]
    Cut(char),
    /// Nothing.
    #[error("The format is empty")]
    Empty,
}

impl RecordFormatError {
    /// Returns what to write instead.
    #[must_use]
    pub const fn hint(&self) -> &'static str {
        match self {
            Self::Letter('v' | 'V') => "The value is %s, its length %S.",
            Self::Letter(_) | Self::Empty | Self::Cut('%') => {
                "Letters: %s value, %k key, %S and %K their lengths, %R the value's length in four \
                 bytes, %h headers, %T timestamp, %t topic, %p partition, %o offset; %% is a \
                 percent sign."
            }
            Self::Escape(_) | Self::Hexadecimal | Self::Octal(_) | Self::Cut(_) => {
                "Escapes: \\n \\r \\t \\a \\b \\e \\f \\v \\\\, \\xNN (hexadecimal), \\NNN (octal)."
            }
        }
    }
}

/// Reads a layout.
pub fn parse_record_format(text: &str) -> Result<Vec<FormatPiece>, RecordFormatError> {
    let (mut pieces, mut plain) = (Vec::new(), Vec::new());
    let mut rest = text;
    while let Some(letter) = rest.chars().next() {
        rest = rest.get(letter.len_utf8()..).unwrap_or_default();
        match letter {
            '%' => {
                let letter = rest.chars().next().ok_or(RecordFormatError::Cut('%'))?;
                rest = rest.get(letter.len_utf8()..).unwrap_or_default();
                if letter == '%' {
                    plain.push(b'%');
                    continue;
                }
                let row = LETTERS.iter().find(|(known, _)| *known == letter);
                let (_, field) = row.ok_or(RecordFormatError::Letter(letter))?;
                if !plain.is_empty() {
                    pieces.push(FormatPiece::Text(std::mem::take(&mut plain)));
                }
                pieces.push(FormatPiece::Field(*field));
            }
            '\\' => {
                let (byte, behind) = escaped(rest)?;
                plain.push(byte);
                rest = behind;
            }
            letter => plain.extend_from_slice(letter.encode_utf8(&mut [0; 4]).as_bytes()),
        }
    }
    if !plain.is_empty() {
        pieces.push(FormatPiece::Text(plain));
    }
    if pieces.is_empty() {
        return Err(RecordFormatError::Empty);
    }
    Ok(pieces)
}

/// Reads what follows a backslash; returns the byte and what is behind it.
fn escaped(text: &str) -> Result<(u8, &str), RecordFormatError> {
    let letter = text.chars().next().ok_or(RecordFormatError::Cut('\\'))?;
    let behind = text.get(letter.len_utf8()..).unwrap_or_default();
    let byte = match letter {
        'n' => b'\n',
        'r' => b'\r',
        't' => b'\t',
        'a' => 7,
        'b' => 8,
        'e' => 27,
        'f' => 12,
        'v' => 11,
        '\\' => b'\\',
        'x' => {
            let digits = behind.get(..2).unwrap_or_default();
            let is_number = digits.chars().all(|digit| digit.is_ascii_hexdigit());
            return match u8::from_str_radix(digits, 16) {
                Ok(byte) if is_number => Ok((byte, behind.get(2..).unwrap_or_default())),
                _ => Err(RecordFormatError::Hexadecimal),
            };
        }
        '0'..='7' => {
            let is_octal = |digit: &char| ('0'..='7').contains(digit);
            let count = text.chars().take(3).take_while(is_octal).count();
            let (digits, behind) = text.split_at_checked(count).unwrap_or((text, ""));
            return match u8::from_str_radix(digits, 8) {
                Ok(byte) => Ok((byte, behind)),
                Err(_) => Err(RecordFormatError::Octal(digits.to_owned())),
            };
        }
        other => return Err(RecordFormatError::Escape(other)),
    };
    Ok((byte, behind))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text(text: &[u8]) -> FormatPiece {
        FormatPiece::Text(text.to_vec())
    }

    #[test]
    fn letters_stand_for_fields_and_all_else_for_itself() {
        let pieces = parse_record_format("ü%t [%p] %o%%: %k").unwrap();
        let expected = [
            text("ü".as_bytes()),
            FormatPiece::Field(RecordField::Topic),
            text(b" ["),
            FormatPiece::Field(RecordField::Partition),
            text(b"] "),
            FormatPiece::Field(RecordField::Offset),
            text(b"%: "),
            FormatPiece::Field(RecordField::Key),
        ];
        assert_eq!(pieces, expected);
    }

    #[test]
    fn every_letter_is_the_one_of_its_field() {
        for (letter, field) in LETTERS {
            let pieces = parse_record_format(&format!("%{letter}")).unwrap();
            assert_eq!(pieces, [FormatPiece::Field(field)]);
            assert_eq!(field.letter(), letter);
        }
    }

    #[test]
    fn escapes_are_bytes() {
        let pieces = parse_record_format(r"\n\r\t\\\a\b\e\f\v\x00\xfF1\0\1018\377").unwrap();
        let expected = b"\n\r\t\\\x07\x08\x1b\x0c\x0b\x00\xff1\x00A8\xff";
        assert_eq!(pieces, [text(expected)]);
    }

    #[test]
    fn what_stands_for_nothing_is_named() {
        let cases = [
            ("%z", "The format has no letter %z"),
            ("a%ü", "The format has no letter %ü"),
            ("%k%", "The format ends with a lone %"),
            ("%k\\", "The format ends with a lone \\"),
            (r"\q", r"The format has no escape \q"),
            (r"\8", r"The format has no escape \8"),
            (r"\400", r"The format's escape \400 is no byte"),
            (
                r"\x4",
                r"The format's escape \x needs two hexadecimal digits",
            ),
            (
                r"\x+4",
                r"The format's escape \x needs two hexadecimal digits",
            ),
            ("", "The format is empty"),
        ];
        for (format, sentence) in cases {
            let error = parse_record_format(format).unwrap_err();
            assert_eq!(error.to_string(), sentence, "{format}");
        }
    }
}
