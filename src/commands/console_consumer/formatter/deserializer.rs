//! Bytes as the text of Kafka's deserializers (`org.apache.kafka.common.serialization`).

use super::FormatError;
use crate::config::value::double_text;

/// A deserializer, by the text form of what it reads.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Deserializer {
    String,
    Short,
    Integer,
    Long,
    Float,
    Double,
    Boolean,
    Uuid,
    Bytes,
    ByteArray,
    Void,
}

impl Deserializer {
    /// Returns the deserializer of this class; `None` if kt does not have it.
    pub(super) fn of_class(class: &str) -> Option<Self> {
        let simple = class.strip_prefix("org.apache.kafka.common.serialization.")?;
        Some(match simple {
            "StringDeserializer" => Self::String,
            "ShortDeserializer" => Self::Short,
            "IntegerDeserializer" => Self::Integer,
            "LongDeserializer" => Self::Long,
            "FloatDeserializer" => Self::Float,
            "DoubleDeserializer" => Self::Double,
            "BooleanDeserializer" => Self::Boolean,
            "UUIDDeserializer" => Self::Uuid,
            "BytesDeserializer" => Self::Bytes,
            "ByteArrayDeserializer" => Self::ByteArray,
            "VoidDeserializer" => Self::Void,
            _ => return None,
        })
    }

    /// Appends the text form of `bytes`.
    pub(super) fn write(self, bytes: &[u8], out: &mut Vec<u8>) -> Result<(), FormatError> {
        let text = match self {
            Self::String => String::from_utf8_lossy(bytes).into_owned(),
            Self::Short => i16::from_be_bytes(sized(bytes, "ShortDeserializer")?).to_string(),
            Self::Integer => i32::from_be_bytes(sized(bytes, "IntegerDeserializer")?).to_string(),
            Self::Long => i64::from_be_bytes(sized(bytes, "LongDeserializer")?).to_string(),
            Self::Float => {
                let number = f32::from_be_bytes(sized(bytes, "FloatDeserializer")?);
                float_text(number)
            }
            Self::Double => {
                let number = f64::from_be_bytes(sized(bytes, "DoubleDeserializer")?);
                double_text(number)
            }
            Self::Boolean => match bytes {
                [0] => "false".to_owned(),
                [1] => "true".to_owned(),
                [other] => {
                    return Err(failure(format!(
                        "Unexpected byte received by BooleanDeserializer: {other}"
                    )));
                }
                _ => {
                    return Err(failure(
                        "Size of data received by BooleanDeserializer is not 1",
                    ));
                }
            },
            Self::Uuid => {
                let text = String::from_utf8_lossy(bytes);
                match uuid::Uuid::parse_str(&text) {
                    Ok(id) => id.hyphenated().to_string(),
                    Err(_) => return Err(failure("Error parsing data into UUID")),
                }
            }
            Self::Bytes => bytes_text(bytes),
            // Java prints an object's hash here, which says nothing; the bytes say more.
            Self::ByteArray => {
                out.extend_from_slice(bytes);
                return Ok(());
            }
            Self::Void => {
                let sentence = "Data should be null for a VoidDeserializer.";
                return Err(FormatError(format!(
                    "java.lang.IllegalArgumentException: {sentence}"
                )));
            }
        };
        out.extend_from_slice(text.as_bytes());
        Ok(())
    }
}

fn failure(sentence: impl std::fmt::Display) -> FormatError {
    FormatError(format!(
        "org.apache.kafka.common.errors.SerializationException: {sentence}"
    ))
}

fn sized<const N: usize>(bytes: &[u8], name: &str) -> Result<[u8; N], FormatError> {
    let wrong = |_| failure(format!("Size of data received by {name} is not {N}"));
    bytes.try_into().map_err(wrong)
}

/// Shows a float as Java does: the shortest digits that stand for it.
fn float_text(number: f32) -> String {
    // A float's shortest digits, read as a double, print the same.
    let shortest: f64 = number
        .to_string()
        .parse()
        .unwrap_or_else(|_| f64::from(number));
    double_text(shortest)
}

/// Shows bytes as Kafka's `Bytes.toString`: printable ASCII as it is, others as `\xNN`.
fn bytes_text(bytes: &[u8]) -> String {
    let mut text = String::new();
    for byte in bytes {
        match byte {
            b'\\' => text.push_str("\\\\"),
            b' '..=b'~' => text.push(char::from(*byte)),
            _ => text.push_str(&format!("\\x{byte:02X}")),
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text(class: &str, bytes: &[u8]) -> Result<String, String> {
        let class = format!("org.apache.kafka.common.serialization.{class}");
        let mut out = Vec::new();
        let deserializer = Deserializer::of_class(&class).unwrap();
        deserializer
            .write(bytes, &mut out)
            .map_err(|error| error.to_string())?;
        Ok(String::from_utf8(out).unwrap())
    }

    #[test]
    fn numbers_have_javas_text_form() {
        let ok = |text: &str| Ok(text.to_owned());
        assert_eq!(
            text("LongDeserializer", b"12345678"),
            ok("3544952156018063160")
        );
        assert_eq!(text("IntegerDeserializer", &[0xff; 4]), ok("-1"));
        assert_eq!(text("ShortDeserializer", &[1, 0]), ok("256"));
        assert_eq!(
            text("DoubleDeserializer", &1.0_f64.to_be_bytes()),
            ok("1.0")
        );
        assert_eq!(
            text("DoubleDeserializer", &1e10_f64.to_be_bytes()),
            ok("1.0E10")
        );
        assert_eq!(text("FloatDeserializer", &0.1_f32.to_be_bytes()), ok("0.1"));
        assert_eq!(text("BooleanDeserializer", &[1]), ok("true"));
        assert_eq!(text("BytesDeserializer", b"a\x00\xffb"), ok("a\\x00\\xFFb"));
    }

    #[test]
    fn a_wrong_length_is_told_as_kafka_tells_it() {
        let sentence = "org.apache.kafka.common.errors.SerializationException: Size of data \
                        received by LongDeserializer is not 8";
        assert_eq!(text("LongDeserializer", b"null"), Err(sentence.to_owned()));
        assert_eq!(Deserializer::of_class("foo.Bar"), None);
    }
}
