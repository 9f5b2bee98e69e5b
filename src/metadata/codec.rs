//! How the fields of metadata records lie in bytes: Kafka's compact types.
//!
//! ```text
//! numbers     big-endian · bool int8 · uuid 16 bytes
//! string      unsigned varint length + 1 (0 for null), bytes
//! array       unsigned varint count + 1 (0 for null), elements
//! tags        unsigned varint count · each: unsigned varint tag · unsigned varint bytes · value
//! ```
//!
//! Counts and lengths are checked against the bytes that remain before anything is allocated.

use crate::types::Uuid;

/// Bytes that are no record.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum RecordDecodeError {
    /// A field reaches beyond the end.
    #[error("{wanted} bytes wanted, {left} left")]
    Short {
        /// Bytes that the field needs.
        wanted: usize,
        /// Bytes that were there.
        left: usize,
    },
    /// A varint of more than five bytes.
    #[error("a variable-length integer is too long")]
    Varint,
    /// Null where it is not allowed.
    #[error("null where a value is needed")]
    Null,
    /// Text that is not UTF-8.
    #[error("text that is not UTF-8")]
    Text,
    /// The record's frame is of another version.
    #[error("frame version {0}, only 1 is known")]
    Frame(u32),
    /// Bytes behind the record's end.
    #[error("{0} bytes follow the metadata record")]
    Trailing(usize),
    /// A record of a type that is not known.
    #[error("unknown metadata record type {key} (written by a newer Kafka?)")]
    UnknownType {
        /// The type's number.
        key: u32,
    },
    /// A record of a version that is not known.
    #[error("unknown version {version} of metadata record type {key} (written by a newer Kafka?)")]
    UnknownVersion {
        /// The type's number.
        key: u32,
        /// The version.
        version: u32,
    },
}

/// A value that can be a field.
pub(super) trait Field: Sized {
    /// Appends the value.
    fn write_to(&self, out: &mut Vec<u8>, version: u32);
    /// Takes a value off the front.
    fn read_from(input: &mut &[u8], version: u32) -> Result<Self, RecordDecodeError>;
}

/// Takes `count` bytes off the front.
pub(super) fn take_bytes<'a>(
    input: &mut &'a [u8],
    count: usize,
) -> Result<&'a [u8], RecordDecodeError> {
    let short = RecordDecodeError::Short {
        wanted: count,
        left: input.len(),
    };
    let (taken, rest) = input.split_at_checked(count).ok_or(short)?;
    *input = rest;
    Ok(taken)
}

macro_rules! number_fields {
    ($($number:ty),*) => {
        $(impl Field for $number {
            fn write_to(&self, out: &mut Vec<u8>, _version: u32) {
                out.extend_from_slice(&self.to_be_bytes());
            }

            fn read_from(input: &mut &[u8], _version: u32) -> Result<Self, RecordDecodeError> {
                let bytes = take_bytes(input, size_of::<$number>())?;
                Ok(Self::from_be_bytes(bytes.try_into().expect("as many as were asked for")))
            }
        })*
    };
}
number_fields!(i8, i16, i32, i64, u16, f64);

impl Field for bool {
    fn write_to(&self, out: &mut Vec<u8>, _version: u32) {
        out.push(u8::from(*self));
    }

    fn read_from(input: &mut &[u8], version: u32) -> Result<Self, RecordDecodeError> {
        Ok(i8::read_from(input, version)? != 0)
    }
}

impl Field for Uuid {
    fn write_to(&self, out: &mut Vec<u8>, _version: u32) {
        out.extend_from_slice(&self.to_bytes());
    }

    fn read_from(input: &mut &[u8], _version: u32) -> Result<Self, RecordDecodeError> {
        let bytes = take_bytes(input, 16)?;
        Ok(Self::from_bytes(
            bytes.try_into().expect("as many as were asked for"),
        ))
    }
}

impl Field for String {
    fn write_to(&self, out: &mut Vec<u8>, _version: u32) {
        put_length(out, Some(self.len()));
        out.extend_from_slice(self.as_bytes());
    }

    fn read_from(input: &mut &[u8], version: u32) -> Result<Self, RecordDecodeError> {
        Option::<Self>::read_from(input, version)?.ok_or(RecordDecodeError::Null)
    }
}

impl Field for Option<String> {
    fn write_to(&self, out: &mut Vec<u8>, version: u32) {
        match self {
            Some(text) => text.write_to(out, version),
            None => put_length(out, None),
        }
    }

    fn read_from(input: &mut &[u8], _version: u32) -> Result<Self, RecordDecodeError> {
        let Some(length) = take_length(input)? else {
            return Ok(None);
        };
        let text = std::str::from_utf8(take_bytes(input, length)?);
        Ok(Some(text.map_err(|_| RecordDecodeError::Text)?.to_owned()))
    }
}

/// Bytes, which look like an array of numbers and are read at once.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Blob(pub Vec<u8>);

impl Field for Blob {
    fn write_to(&self, out: &mut Vec<u8>, _version: u32) {
        put_length(out, Some(self.0.len()));
        out.extend_from_slice(&self.0);
    }

    fn read_from(input: &mut &[u8], _version: u32) -> Result<Self, RecordDecodeError> {
        let length = take_length(input)?.ok_or(RecordDecodeError::Null)?;
        Ok(Self(take_bytes(input, length)?.to_vec()))
    }
}

impl<T: Field> Field for Vec<T> {
    fn write_to(&self, out: &mut Vec<u8>, version: u32) {
        put_length(out, Some(self.len()));
        for element in self {
            element.write_to(out, version);
        }
    }

    fn read_from(input: &mut &[u8], version: u32) -> Result<Self, RecordDecodeError> {
        Option::<Self>::read_from(input, version)?.ok_or(RecordDecodeError::Null)
    }
}

impl<T: Field> Field for Option<Vec<T>> {
    fn write_to(&self, out: &mut Vec<u8>, version: u32) {
        match self {
            Some(elements) => elements.write_to(out, version),
            None => put_length(out, None),
        }
    }

    fn read_from(input: &mut &[u8], version: u32) -> Result<Self, RecordDecodeError> {
        let Some(count) = take_length(input)? else {
            return Ok(None);
        };
        // Each element has at least one byte.
        if count > input.len() {
            return Err(RecordDecodeError::Short {
                wanted: count,
                left: input.len(),
            });
        }
        let mut elements = Vec::new();
        for _ in 0..count {
            elements.push(T::read_from(input, version)?);
        }
        Ok(Some(elements))
    }
}

/// Appends an unsigned varint.
pub(super) fn put_unsigned(out: &mut Vec<u8>, value: u32) {
    let mut value = value;
    while value >= 0x80 {
        out.push(u8::try_from(value & 0x7f).expect("seven bits") | 0x80);
        value >>= 7;
    }
    out.push(u8::try_from(value).expect("seven bits"));
}

/// Takes an unsigned varint off the front.
pub(super) fn take_unsigned(input: &mut &[u8]) -> Result<u32, RecordDecodeError> {
    let mut value = 0;
    for shift in [0, 7, 14, 21, 28] {
        let byte = take_bytes(input, 1)?.first().copied().unwrap_or(0);
        value |= u32::from(byte & 0x7f) << shift;
        if byte & 0x80 == 0 {
            return Ok(value);
        }
    }
    Err(RecordDecodeError::Varint)
}

fn put_length(out: &mut Vec<u8>, length: Option<usize>) {
    let length = length.map_or(0, |length| length + 1);
    put_unsigned(out, u32::try_from(length).expect("lengths are below 4 GiB"));
}

fn take_length(input: &mut &[u8]) -> Result<Option<usize>, RecordDecodeError> {
    Ok(take_unsigned(input)?
        .checked_sub(1)
        .map(|length| usize::try_from(length).expect("at least 32 bits")))
}

/// Appends tagged fields: their numbers, rising, and their bytes.
pub(super) fn put_tags(out: &mut Vec<u8>, tags: &[(u32, Vec<u8>)]) {
    put_unsigned(out, u32::try_from(tags.len()).expect("a few"));
    for (tag, value) in tags {
        put_unsigned(out, *tag);
        put_unsigned(
            out,
            u32::try_from(value.len()).expect("lengths are below 4 GiB"),
        );
        out.extend_from_slice(value);
    }
}

/// Takes tagged fields off the front.
pub(super) fn take_tags<'a>(
    input: &mut &'a [u8],
) -> Result<Vec<(u32, &'a [u8])>, RecordDecodeError> {
    let mut tags = Vec::new();
    for _ in 0..take_unsigned(input)? {
        let tag = take_unsigned(input)?;
        let length = usize::try_from(take_unsigned(input)?).expect("at least 32 bits");
        tags.push((tag, take_bytes(input, length)?));
    }
    Ok(tags)
}
