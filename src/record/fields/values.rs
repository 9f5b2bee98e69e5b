//! The values of fields, one by one: numbers, text, bytes, arrays, structs that may be null.

use std::collections::BTreeMap;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use serde_json::Value;

use super::{Field, FieldError, Layout, NullableStruct};
use crate::types::Uuid;

/// Takes `count` bytes off the front.
pub(crate) fn take_bytes<'a>(input: &mut &'a [u8], count: usize) -> Result<&'a [u8], FieldError> {
    let short = FieldError::Short {
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
            fn write_to(&self, out: &mut Vec<u8>, _layout: Layout) {
                out.extend_from_slice(&self.to_be_bytes());
            }

            fn read_from(input: &mut &[u8], _layout: Layout) -> Result<Self, FieldError> {
                let bytes = take_bytes(input, size_of::<$number>())?;
                Ok(Self::from_be_bytes(bytes.try_into().expect("as many as were asked for")))
            }

            fn to_json(&self, _layout: Layout) -> Value {
                (*self).into()
            }
        })*
    };
}
number_fields!(i8, i16, i32, i64, u16, f64);

impl Field for bool {
    fn write_to(&self, out: &mut Vec<u8>, _layout: Layout) {
        out.push(u8::from(*self));
    }

    fn read_from(input: &mut &[u8], layout: Layout) -> Result<Self, FieldError> {
        Ok(i8::read_from(input, layout)? != 0)
    }

    fn to_json(&self, _layout: Layout) -> Value {
        (*self).into()
    }
}

impl Field for Uuid {
    fn write_to(&self, out: &mut Vec<u8>, _layout: Layout) {
        out.extend_from_slice(&self.to_bytes());
    }

    fn read_from(input: &mut &[u8], _layout: Layout) -> Result<Self, FieldError> {
        let bytes = take_bytes(input, 16)?;
        Ok(Self::from_bytes(
            bytes.try_into().expect("as many as were asked for"),
        ))
    }

    fn to_json(&self, _layout: Layout) -> Value {
        self.to_string().into()
    }
}

impl Field for String {
    fn write_to(&self, out: &mut Vec<u8>, layout: Layout) {
        put_length(out, Some(self.len()), Width::Two, layout);
        out.extend_from_slice(self.as_bytes());
    }

    fn read_from(input: &mut &[u8], layout: Layout) -> Result<Self, FieldError> {
        Option::<Self>::read_from(input, layout)?.ok_or(FieldError::Null)
    }

    fn to_json(&self, _layout: Layout) -> Value {
        self.as_str().into()
    }
}

impl Field for Option<String> {
    fn write_to(&self, out: &mut Vec<u8>, layout: Layout) {
        match self {
            Some(text) => text.write_to(out, layout),
            None => put_length(out, None, Width::Two, layout),
        }
    }

    fn read_from(input: &mut &[u8], layout: Layout) -> Result<Self, FieldError> {
        let Some(length) = take_length(input, Width::Two, layout)? else {
            return Ok(None);
        };
        let text = std::str::from_utf8(take_bytes(input, length)?);
        Ok(Some(text.map_err(|_| FieldError::Text)?.to_owned()))
    }

    fn to_json(&self, layout: Layout) -> Value {
        or_null(self.as_ref(), layout)
    }
}

/// Bytes, which look like an array of numbers and are read at once.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Blob(pub Vec<u8>);

impl Field for Blob {
    fn write_to(&self, out: &mut Vec<u8>, layout: Layout) {
        put_length(out, Some(self.0.len()), Width::Four, layout);
        out.extend_from_slice(&self.0);
    }

    fn read_from(input: &mut &[u8], layout: Layout) -> Result<Self, FieldError> {
        Option::<Self>::read_from(input, layout)?.ok_or(FieldError::Null)
    }

    fn to_json(&self, _layout: Layout) -> Value {
        BASE64.encode(&self.0).into()
    }
}

impl Field for Option<Blob> {
    fn write_to(&self, out: &mut Vec<u8>, layout: Layout) {
        match self {
            Some(bytes) => bytes.write_to(out, layout),
            None => put_length(out, None, Width::Four, layout),
        }
    }

    fn read_from(input: &mut &[u8], layout: Layout) -> Result<Self, FieldError> {
        let Some(length) = take_length(input, Width::Four, layout)? else {
            return Ok(None);
        };
        Ok(Some(Blob(take_bytes(input, length)?.to_vec())))
    }

    fn to_json(&self, layout: Layout) -> Value {
        or_null(self.as_ref(), layout)
    }
}

impl<T: Field> Field for Vec<T> {
    fn write_to(&self, out: &mut Vec<u8>, layout: Layout) {
        put_length(out, Some(self.len()), Width::Four, layout);
        for element in self {
            element.write_to(out, layout);
        }
    }

    fn read_from(input: &mut &[u8], layout: Layout) -> Result<Self, FieldError> {
        Option::<Self>::read_from(input, layout)?.ok_or(FieldError::Null)
    }

    fn to_json(&self, layout: Layout) -> Value {
        self.iter().map(|element| element.to_json(layout)).collect()
    }
}

impl<T: Field> Field for Option<Vec<T>> {
    fn write_to(&self, out: &mut Vec<u8>, layout: Layout) {
        match self {
            Some(elements) => elements.write_to(out, layout),
            None => put_length(out, None, Width::Four, layout),
        }
    }

    fn read_from(input: &mut &[u8], layout: Layout) -> Result<Self, FieldError> {
        let Some(count) = take_length(input, Width::Four, layout)? else {
            return Ok(None);
        };
        // Each element has at least one byte.
        if count > input.len() {
            return Err(FieldError::Short {
                wanted: count,
                left: input.len(),
            });
        }
        let mut elements = Vec::new();
        for _ in 0..count {
            elements.push(T::read_from(input, layout)?);
        }
        Ok(Some(elements))
    }

    fn to_json(&self, layout: Layout) -> Value {
        or_null(self.as_ref(), layout)
    }
}

impl<T: NullableStruct> Field for Option<T> {
    fn write_to(&self, out: &mut Vec<u8>, layout: Layout) {
        match self {
            Some(inner) => {
                out.push(1);
                inner.write_to(out, layout);
            }
            None => (-1_i8).write_to(out, layout),
        }
    }

    fn write_tagged(&self, out: &mut Vec<u8>, layout: Layout) {
        match self {
            Some(_) => self.write_to(out, layout),
            None => out.push(0),
        }
    }

    fn read_from(input: &mut &[u8], layout: Layout) -> Result<Self, FieldError> {
        if i8::read_from(input, layout)? <= 0 {
            return Ok(None);
        }
        T::read_from(input, layout).map(Some)
    }

    fn to_json(&self, layout: Layout) -> Value {
        or_null(self.as_ref(), layout)
    }
}

fn or_null(value: Option<&impl Field>, layout: Layout) -> Value {
    value.map_or(Value::Null, |value| value.to_json(layout))
}

/// Appends an unsigned varint.
pub(crate) fn put_unsigned(out: &mut Vec<u8>, value: u32) {
    let mut value = value;
    while value >= 0x80 {
        out.push(u8::try_from(value & 0x7f).expect("seven bits") | 0x80);
        value >>= 7;
    }
    out.push(u8::try_from(value).expect("seven bits"));
}

/// Takes an unsigned varint off the front.
pub(crate) fn take_unsigned(input: &mut &[u8]) -> Result<u32, FieldError> {
    let mut value = 0;
    for shift in [0, 7, 14, 21, 28] {
        let byte = take_bytes(input, 1)?.first().copied().unwrap_or(0);
        value |= u32::from(byte & 0x7f) << shift;
        if byte & 0x80 == 0 {
            return Ok(value);
        }
    }
    Err(FieldError::Varint)
}

/// Bytes of a length in versions without tags.
#[derive(Clone, Copy)]
enum Width {
    /// A string's.
    Two,
    /// That of bytes and arrays.
    Four,
}

fn put_length(out: &mut Vec<u8>, length: Option<usize>, width: Width, layout: Layout) {
    if layout.has_tags {
        let length = length.map_or(0, |length| length + 1);
        put_unsigned(out, u32::try_from(length).expect("lengths are below 4 GiB"));
        return;
    }
    match (width, length) {
        (Width::Two, None) => (-1_i16).write_to(out, layout),
        (Width::Four, None) => (-1_i32).write_to(out, layout),
        (Width::Two, Some(length)) => {
            let length = i16::try_from(length).expect("names are below 32 KiB");
            length.write_to(out, layout);
        }
        (Width::Four, Some(length)) => {
            let length = i32::try_from(length).expect("lengths are below 2 GiB");
            length.write_to(out, layout);
        }
    }
}

fn take_length(
    input: &mut &[u8],
    width: Width,
    layout: Layout,
) -> Result<Option<usize>, FieldError> {
    if layout.has_tags {
        return Ok(take_unsigned(input)?
            .checked_sub(1)
            .map(|length| usize::try_from(length).expect("at least 32 bits")));
    }
    let length = match width {
        Width::Two => i16::read_from(input, layout)?.into(),
        Width::Four => i32::read_from(input, layout)?,
    };
    match usize::try_from(length) {
        Ok(length) => Ok(Some(length)),
        Err(_) if length == -1 => Ok(None),
        Err(_) => Err(FieldError::Length(length)),
    }
}

/// Appends tagged fields: their numbers, rising, and their bytes.
pub(crate) fn put_tags(out: &mut Vec<u8>, tags: &BTreeMap<u32, Vec<u8>>) {
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
pub(crate) fn take_tags<'a>(input: &mut &'a [u8]) -> Result<Vec<(u32, &'a [u8])>, FieldError> {
    let mut tags = Vec::new();
    for _ in 0..take_unsigned(input)? {
        let tag = take_unsigned(input)?;
        let length = usize::try_from(take_unsigned(input)?).expect("at least 32 bits");
        tags.push((tag, take_bytes(input, length)?));
    }
    Ok(tags)
}
