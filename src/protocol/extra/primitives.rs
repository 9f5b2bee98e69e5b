//! The primitive types of versions with tags, which the crate keeps to itself.
//!
//! What is read was walked by its skeleton before, so that counts and lengths are bounded.

use std::collections::BTreeMap;

use anyhow::Result;
use bytes::Bytes;
use kafka_protocol::protocol::buf::{ByteBuf, ByteBufMut};
use kafka_protocol::protocol::{Decodable, Encodable, StrBytes};

/// Tagged fields of later versions.
pub(super) type Tags = BTreeMap<i32, Bytes>;

/// Appends an unsigned varint.
pub(super) fn put_unsigned<B: ByteBufMut>(buf: &mut B, value: usize) -> Result<()> {
    let mut value = u32::try_from(value)?;
    while value >= 0x80 {
        buf.put_u8(u8::try_from(value & 0x7f)? | 0x80);
        value >>= 7;
    }
    buf.put_u8(u8::try_from(value)?);
    Ok(())
}

/// Takes an unsigned varint off the front.
pub(super) fn take_unsigned<B: ByteBuf>(buf: &mut B) -> Result<usize> {
    let mut value: u32 = 0;
    for shift in [0, 7, 14, 21, 28] {
        let byte = buf.try_get_u8()?;
        value |= u32::from(byte & 0x7f) << shift;
        if byte & 0x80 == 0 {
            return Ok(usize::try_from(value)?);
        }
    }
    anyhow::bail!("a variable-length integer is too long")
}

/// Appends a string.
pub(super) fn put_string<B: ByteBufMut>(buf: &mut B, text: &str) -> Result<()> {
    put_unsigned(buf, text.len() + 1)?;
    buf.put_slice(text.as_bytes());
    Ok(())
}

/// Takes a string off the front.
pub(super) fn take_string<B: ByteBuf>(buf: &mut B) -> Result<StrBytes> {
    let Some(length) = take_unsigned(buf)?.checked_sub(1) else {
        anyhow::bail!("null where a string is needed");
    };
    Ok(StrBytes::try_from(buf.try_get_bytes(length)?)?)
}

/// Appends a string or null.
pub(super) fn put_nullable_string<B: ByteBufMut>(buf: &mut B, text: Option<&str>) -> Result<()> {
    match text {
        Some(text) => put_string(buf, text),
        None => put_unsigned(buf, 0),
    }
}

/// Takes a string or null off the front.
pub(super) fn take_nullable_string<B: ByteBuf>(buf: &mut B) -> Result<Option<StrBytes>> {
    let Some(length) = take_unsigned(buf)?.checked_sub(1) else {
        return Ok(None);
    };
    Ok(Some(StrBytes::try_from(buf.try_get_bytes(length)?)?))
}

/// Appends an array of the crate's structs.
pub(super) fn put_array<B, T>(buf: &mut B, elements: &[T], version: i16) -> Result<()>
where
    B: ByteBufMut,
    T: Encodable,
{
    put_unsigned(buf, elements.len() + 1)?;
    for element in elements {
        element.encode(buf, version)?;
    }
    Ok(())
}

/// Takes an array of the crate's structs off the front.
pub(super) fn take_array<B, T>(buf: &mut B, version: i16) -> Result<Vec<T>>
where
    B: ByteBuf,
    T: Decodable,
{
    let mut elements = Vec::new();
    for _ in 1..take_unsigned(buf)? {
        elements.push(T::decode(buf, version)?);
    }
    Ok(elements)
}

/// Appends the tagged fields that end a struct.
pub(super) fn put_tags<B: ByteBufMut>(buf: &mut B, tags: &Tags) -> Result<()> {
    put_unsigned(buf, tags.len())?;
    for (tag, value) in tags {
        put_unsigned(buf, usize::try_from(*tag)?)?;
        put_unsigned(buf, value.len())?;
        buf.put_slice(value);
    }
    Ok(())
}

/// Takes the tagged fields that end a struct.
pub(super) fn take_tags<B: ByteBuf>(buf: &mut B) -> Result<Tags> {
    let mut tags = Tags::new();
    for _ in 0..take_unsigned(buf)? {
        let tag = i32::try_from(take_unsigned(buf)?)?;
        let size = take_unsigned(buf)?;
        tags.insert(tag, buf.try_get_bytes(size)?);
    }
    Ok(tags)
}
