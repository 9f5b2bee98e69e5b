//! The walk: a cursor over a body that follows the fields of a skeleton.
//!
//! Fails at the first field that cannot be what it claims to be; allocates nothing.

use super::{Field, Kind};
use crate::protocol::WireError;

/// What is left of a body, and of what it may hold.
pub(super) struct Walk<'a> {
    rest: &'a [u8],
    version: i16,
    flexible: bool,
    elements_max: usize,
    elements: usize,
}

impl<'a> Walk<'a> {
    /// Begins a walk at the start of `body`.
    pub(super) const fn new(
        body: &'a [u8],
        version: i16,
        flexible: bool,
        elements_max: usize,
    ) -> Self {
        Self {
            rest: body,
            version,
            flexible,
            elements_max,
            elements: 0,
        }
    }

    /// Returns the bytes not yet walked.
    pub(super) const fn left(&self) -> usize {
        self.rest.len()
    }

    /// Walks the fields of a struct, and its tags in flexible versions.
    pub(super) fn structure(&mut self, fields: &[Field]) -> Result<(), WireError> {
        for field in fields {
            if self.has(field) && !matches!(field.kind, Kind::Tagged(..)) {
                self.field(field)?;
            }
        }
        if self.flexible {
            self.tags(fields)?;
        }
        Ok(())
    }

    const fn has(&self, field: &Field) -> bool {
        field.since <= self.version && self.version <= field.until
    }

    fn field(&mut self, field: &Field) -> Result<(), WireError> {
        match field.kind {
            Kind::Fixed(size) => self.skip(size),
            Kind::Text => self.text(field.nullable),
            Kind::Blob => {
                let length = self.length(field.nullable)?;
                self.skip(length)
            }
            Kind::Numbers(size) => {
                let count = self.count(field.nullable, size)?;
                self.skip(count * size)
            }
            Kind::Texts => {
                let least = self.least_text();
                let count = self.elements(field.nullable, least)?;
                (0..count).try_for_each(|_| self.text(false))
            }
            Kind::Array(fields) => {
                let least = self.least(fields);
                let count = self.elements(field.nullable, least)?;
                (0..count).try_for_each(|_| self.structure(fields))
            }
            Kind::Struct(fields) => {
                if field.nullable && self.byte()? != 1 {
                    return Ok(());
                }
                self.structure(fields)
            }
            Kind::Tagged(_, inner) => self.field(inner),
        }
    }

    /// Walks a section of tags: known ones by their field, others by their size.
    fn tags(&mut self, fields: &[Field]) -> Result<(), WireError> {
        let count = self.varint()?;
        // A tag is a number and a size, each at least one byte.
        let count = self.fits(i64::from(count), 2)?;
        for _ in 0..count {
            let tag = self.varint()?;
            let size = size_of_u32(self.varint()?);
            let known = fields.iter().find_map(|field| match field.kind {
                Kind::Tagged(known, inner) if known == tag && self.has(field) => Some(inner),
                _ => None,
            });
            if let Some(inner) = known {
                let left = self.left();
                self.field(inner)?;
                if left - self.left() != size {
                    return Err(WireError::TagSize { tag, size });
                }
            } else {
                self.count_elements(1)?;
                self.skip(size)?;
            }
        }
        Ok(())
    }

    fn text(&mut self, nullable: bool) -> Result<(), WireError> {
        let length = if self.flexible {
            self.length(nullable)?
        } else {
            let [a, b] = self.array()?;
            from_length(i64::from(i16::from_be_bytes([a, b])), nullable)?
        };
        self.skip(length)
    }

    /// Reads the length of bytes or the count of an array; null counts as none.
    fn length(&mut self, nullable: bool) -> Result<usize, WireError> {
        let length = if self.flexible {
            i64::from(self.varint()?) - 1
        } else {
            i64::from(i32::from_be_bytes(self.array()?))
        };
        from_length(length, nullable)
    }

    /// Reads the count of an array whose elements take at least `least` bytes each.
    fn count(&mut self, nullable: bool, least: usize) -> Result<usize, WireError> {
        let count = self.length(nullable)?;
        self.fits(i64::try_from(count).unwrap_or(i64::MAX), least)
    }

    /// Reads the count of an array and enters its elements into the message's account.
    fn elements(&mut self, nullable: bool, least: usize) -> Result<usize, WireError> {
        let count = self.count(nullable, least)?;
        self.count_elements(count)?;
        Ok(count)
    }

    fn count_elements(&mut self, count: usize) -> Result<(), WireError> {
        self.elements = self.elements.saturating_add(count);
        if self.elements > self.elements_max {
            return Err(WireError::TooManyElements {
                max: self.elements_max,
            });
        }
        Ok(())
    }

    /// Refuses a count of things of at least `least` bytes that the rest could not hold.
    fn fits(&self, count: i64, least: usize) -> Result<usize, WireError> {
        let room = self.left() / least.max(1);
        usize::try_from(count)
            .ok()
            .filter(|count| *count <= room)
            .ok_or(WireError::BadCount {
                count,
                left: self.left(),
            })
    }

    /// Returns the least bytes that a struct takes: every string, array and tag section empty.
    fn least(&self, fields: &[Field]) -> usize {
        let fields = fields.iter().filter(|field| self.has(field));
        let least = fields.map(|field| match field.kind {
            Kind::Fixed(size) => size,
            Kind::Text => self.least_text(),
            Kind::Blob | Kind::Numbers(_) | Kind::Texts | Kind::Array(_) if self.flexible => 1,
            Kind::Blob | Kind::Numbers(_) | Kind::Texts | Kind::Array(_) => 4,
            Kind::Struct(_) if field.nullable => 1,
            Kind::Struct(fields) => self.least(fields),
            Kind::Tagged(..) => 0,
        });
        least.sum::<usize>() + usize::from(self.flexible)
    }

    const fn least_text(&self) -> usize {
        if self.flexible { 1 } else { 2 }
    }

    fn varint(&mut self) -> Result<u32, WireError> {
        let mut value = 0;
        for shift in [0, 7, 14, 21, 28] {
            let byte = self.byte()?;
            value |= u32::from(byte & 0x7f) << shift;
            if byte & 0x80 == 0 {
                return Ok(value);
            }
        }
        Err(WireError::BadVarint)
    }

    fn byte(&mut self) -> Result<u8, WireError> {
        let [byte] = self.array()?;
        Ok(byte)
    }

    fn array<const N: usize>(&mut self) -> Result<[u8; N], WireError> {
        let (array, rest) = self.rest.split_first_chunk().ok_or(self.short(N))?;
        self.rest = rest;
        Ok(*array)
    }

    fn skip(&mut self, count: usize) -> Result<(), WireError> {
        self.rest = self.rest.get(count..).ok_or(self.short(count))?;
        Ok(())
    }

    const fn short(&self, wanted: usize) -> WireError {
        WireError::Short {
            wanted,
            left: self.left(),
        }
    }
}

/// Returns a length as the wire has it, with null as 0.
fn from_length(length: i64, nullable: bool) -> Result<usize, WireError> {
    match usize::try_from(length) {
        Ok(length) => Ok(length),
        Err(_) if length == -1 && nullable => Ok(0),
        Err(_) => Err(WireError::BadLength { length }),
    }
}

fn size_of_u32(size: u32) -> usize {
    usize::try_from(size).unwrap_or(usize::MAX)
}
