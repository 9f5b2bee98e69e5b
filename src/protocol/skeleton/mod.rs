//! The skeleton of each message: where its strings, arrays and tags lie, by version.
//!
//! The crate that decodes a body trusts the counts in it, so a body of four bytes could ask for
//! gigabytes. A walk over the skeleton comes first. It allocates nothing, goes no deeper than the
//! table is nested, and refuses
//!
//! * a length, a count or a size that the bytes that remain could not hold,
//! * null where the crate knows no null,
//! * a known tag that does not end where its size says (the crate ignores that size, so it would
//!   read what follows from another place than the walk),
//! * more than [`Skeleton::elements_max`] elements and unknown tags in all.
//!
//! Walk and crate read each field at the same place. So after a walk every element is known to
//! exist on the wire, and decoding allocates no more than
//!
//! ```text
//! bytes of the body + 512 x (elements + unknown tags),    each of them at least one byte
//! ```
//!
//! (512 is above the largest struct of an element, and above the node that holds an element's
//! first unknown tag.) For a request that is 128 MiB beside a frame of at most 100 MiB. Numbers
//! in arrays are not counted: they take in memory what they take on the wire. Whether a string is
//! UTF-8 and what follows the message are the crate's business.

pub mod requests;
pub mod responses;
mod walk;

use super::WireError;
use walk::Walk;

/// Most elements and unknown tags in one request: above the partitions that one client names.
pub const REQUEST_ELEMENTS_MAX: usize = 1 << 18;

/// Most elements and unknown tags in one response: room for a million partitions' metadata.
pub const RESPONSE_ELEMENTS_MAX: usize = 1 << 20;

/// Where the variable parts of a message lie.
#[derive(Debug)]
pub struct Skeleton {
    /// The message's fields, in order.
    fields: &'static [Field],
    /// Most elements of arrays (but numbers) and unknown tags in one message.
    pub elements_max: usize,
}

/// One field of a message, and the versions that have it.
#[derive(Debug)]
pub struct Field {
    kind: Kind,
    nullable: bool,
    since: i16,
    until: i16,
}

#[derive(Debug)]
enum Kind {
    /// So many bytes: one number, or several in a row.
    Fixed(usize),
    /// A string: length int16, or compact.
    Text,
    /// Bytes: length int32, or compact.
    Blob,
    /// An array of numbers of so many bytes each.
    Numbers(usize),
    /// An array of strings.
    Texts,
    /// An array of structs of these fields.
    Array(&'static [Field]),
    /// A struct of these fields; if nullable, after an int8 that is 1 if it is there.
    Struct(&'static [Field]),
    /// A tagged field that the crate knows. They follow the other fields.
    Tagged(u32, &'static Field),
}

impl Skeleton {
    /// Walks `body` as a message of this version and returns the bytes that the message takes.
    pub fn walk(&self, body: &[u8], version: i16, flexible_from: i16) -> Result<usize, WireError> {
        let mut walk = Walk::new(body, version, version >= flexible_from, self.elements_max);
        walk.structure(self.fields)?;
        Ok(body.len() - walk.left())
    }
}

impl Field {
    const fn of(kind: Kind) -> Self {
        Self {
            kind,
            nullable: false,
            since: 0,
            until: i16::MAX,
        }
    }

    /// The field may be null.
    const fn nullable(mut self) -> Self {
        self.nullable = true;
        self
    }

    /// The field is there from this version on.
    const fn since(mut self, version: i16) -> Self {
        self.since = version;
        self
    }

    /// The field is there up to this version.
    const fn until(mut self, version: i16) -> Self {
        self.until = version;
        self
    }
}

/// A request of these fields.
const fn request(fields: &'static [Field]) -> Skeleton {
    Skeleton {
        fields,
        elements_max: REQUEST_ELEMENTS_MAX,
    }
}

/// A response of these fields.
const fn response(fields: &'static [Field]) -> Skeleton {
    Skeleton {
        fields,
        elements_max: RESPONSE_ELEMENTS_MAX,
    }
}

/// Numbers, booleans and ids in a row: so many bytes.
const fn fixed(bytes: usize) -> Field {
    Field::of(Kind::Fixed(bytes))
}

/// A string.
const fn string() -> Field {
    Field::of(Kind::Text)
}

/// Bytes, such as records.
const fn bytes() -> Field {
    Field::of(Kind::Blob)
}

/// An array of numbers of so many bytes each.
const fn numbers(bytes: usize) -> Field {
    Field::of(Kind::Numbers(bytes))
}

/// An array of strings.
const fn strings() -> Field {
    Field::of(Kind::Texts)
}

/// An array of structs.
const fn array(fields: &'static [Field]) -> Field {
    Field::of(Kind::Array(fields))
}

/// A struct.
const fn structure(fields: &'static [Field]) -> Field {
    Field::of(Kind::Struct(fields))
}

/// A tagged field; `since` is when the crate begins to know it.
const fn tagged(tag: u32, field: &'static Field) -> Field {
    Field::of(Kind::Tagged(tag, field))
}
