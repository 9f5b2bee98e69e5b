//! What a layout of `--format` asks of the input, piece by piece, and which layouts can be read.
//!
//! A field ends where the text behind its letter comes, or after so many bytes as a letter of its
//! length said before. A layout in which nothing tells where a field ends is refused, and so are
//! letters that say what only the broker can.

use crate::cli::{CommandError, FormatPiece, RecordField};

/// A part of a record in the input.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Step {
    /// Text that must come.
    Text(Vec<u8>),
    /// A field, up to a text.
    Until(RecordField, Vec<u8>),
    /// A field whose length came before.
    Sized(RecordField),
    /// The value's length in four bytes.
    BinaryLength,
}

/// Returns how a record of this layout is read.
pub(super) fn steps(pieces: &[FormatPiece]) -> Result<Vec<Step>, CommandError> {
    let refused = |sentence: String| Err(CommandError::failed(sentence));
    let mut seen: Vec<RecordField> = Vec::new();
    let mut steps = Vec::new();
    let mut rest = pieces.iter().peekable();
    while let Some(piece) = rest.next() {
        let field = match piece {
            FormatPiece::Text(text) => {
                steps.push(Step::Text(text.clone()));
                continue;
            }
            FormatPiece::Field(field) => *field,
        };
        let letter = field.letter();
        if field == RecordField::Topic {
            return refused("The input cannot name a topic (%t); --topic does".to_owned());
        }
        if field == RecordField::Offset {
            return refused("The input cannot say an offset (%o); the broker does".to_owned());
        }
        if seen.contains(&field) {
            return refused(format!("The format has %{letter} twice"));
        }
        check_length(field, &seen)?;
        let is_sized = length_of(field).iter().any(|length| seen.contains(length));
        seen.push(field);
        if is_sized {
            steps.push(Step::Sized(field));
        } else if field == RecordField::ValueLengthBinary {
            steps.push(Step::BinaryLength);
        } else if let Some(FormatPiece::Text(text)) =
            rest.next_if(|next| matches!(next, FormatPiece::Text(_)))
        {
            steps.push(Step::Until(field, text.clone()));
        } else {
            let hint = match field {
                RecordField::Key => "Put text behind it, as in %k\\t, or its length before (%K ).",
                RecordField::Value => "Put text behind it, as in %s\\n, or its length before (%R).",
                _ => "Put text behind it.",
            };
            let sentence = format!("Nothing in the format says where %{letter} ends");
            return Err(CommandError::failed(sentence).hint(hint));
        }
    }
    for field in [RecordField::Key, RecordField::Value] {
        let lengths = length_of(field).iter();
        let has_length = lengths.into_iter().find(|length| seen.contains(length));
        if let Some(length) = has_length.filter(|_| !seen.contains(&field)) {
            let (length, letter) = (length.letter(), field.letter());
            return refused(format!(
                "The format has the length %{length}, but no %{letter}"
            ));
        }
    }
    if !seen.contains(&RecordField::Value) && !seen.contains(&RecordField::Key) {
        return refused("The format has neither a value (%s) nor a key (%k)".to_owned());
    }
    Ok(steps)
}

/// Refuses a length that comes too late, or for the second time.
fn check_length(field: RecordField, seen: &[RecordField]) -> Result<(), CommandError> {
    for of in [RecordField::Key, RecordField::Value] {
        let lengths = length_of(of);
        if !lengths.contains(&field) {
            continue;
        }
        let (letter, of_letter) = (field.letter(), of.letter());
        if seen.contains(&of) {
            let sentence = format!("The length %{letter} must stand before its field %{of_letter}");
            return Err(CommandError::failed(sentence));
        }
        if lengths.iter().any(|length| seen.contains(length)) {
            let sentence = format!("The format has two lengths of %{of_letter}");
            return Err(CommandError::failed(sentence));
        }
    }
    Ok(())
}

/// Returns the letters that say how long a field is.
const fn length_of(field: RecordField) -> &'static [RecordField] {
    match field {
        RecordField::Key => &[RecordField::KeyLength],
        RecordField::Value => &[RecordField::ValueLength, RecordField::ValueLengthBinary],
        _ => &[],
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cli::parse_record_format;

    fn error(format: &str) -> String {
        let refused = match parse_record_format(format) {
            Ok(pieces) => steps(&pieces).unwrap_err(),
            Err(error) => CommandError::failed(error),
        };
        refused.sentence().to_owned()
    }

    #[test]
    fn layouts_that_cannot_be_read_are_refused() {
        let cases = [
            ("%s", "Nothing in the format says where %s ends"),
            (r"%k%s\n", "Nothing in the format says where %k ends"),
            ("%S%s", "Nothing in the format says where %S ends"),
            (
                r"%t %s\n",
                "The input cannot name a topic (%t); --topic does",
            ),
            (
                r"%o %s\n",
                "The input cannot say an offset (%o); the broker does",
            ),
            (r"%s %s\n", "The format has %s twice"),
            (r"%s %S\n", "The length %S must stand before its field %s"),
            (r"%R%S %s\n", "The format has two lengths of %s"),
            (r"%K %s\n", "The format has the length %K, but no %k"),
            (
                r"%T\n",
                "The format has neither a value (%s) nor a key (%k)",
            ),
            ("%v", "The format has no letter %v"),
        ];
        for (format, sentence) in cases {
            assert_eq!(error(format), sentence, "{format}");
        }
    }
}
