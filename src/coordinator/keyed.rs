//! Records with a key and a value, as the coordinators write them.
//!
//! ```text
//! key    int16 type · the key's fields, never with tags
//! value  int16 version · the value's fields, with tags from a version on; null takes the key away
//! ```

use crate::record::fields::{Field, FieldError, Layout};

/// Bytes that are no record of a coordinator.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum KeyedRecordError {
    /// A field of the key is broken.
    #[error("the key: {0}")]
    Key(#[source] FieldError),
    /// A field of the value is broken.
    #[error("the value: {0}")]
    Value(#[source] FieldError),
    /// A record of a type that is not known; to be passed over, as Kafka does.
    #[error("unknown record type {0}")]
    UnknownType(i16),
    /// A value of a version that is not known.
    #[error("unknown version {version} of the value of record type {key}")]
    UnknownVersion {
        /// The type's number.
        key: i16,
        /// The version.
        version: i16,
    },
}

/// How keys lie in bytes.
pub(super) const KEY_LAYOUT: Layout = Layout {
    version: 0,
    has_tags: false,
};

/// Takes the number before a key or a value off the front.
pub(super) fn take_number(input: &mut &[u8]) -> Result<i16, FieldError> {
    i16::read_from(input, KEY_LAYOUT)
}

/// Refuses bytes behind the last field.
pub(super) const fn ended(rest: &[u8]) -> Result<(), FieldError> {
    match rest.len() {
        0 => Ok(()),
        trailing => Err(FieldError::Trailing(trailing)),
    }
}

/// Makes the records of one topic: a struct for each key and each value, and the enum of them all.
///
/// A row is: the type's number, its name, the structs of key and value, the highest version that
/// is read, the version that is written, the first version with tags.
macro_rules! keyed_records {
    (
        $(#[$meta:meta])* $records:ident {$(
            $number:literal $name:ident ($key:ident, $value:ident)
                reads $max:literal writes $written:literal tags from $tags:literal
            { $($key_fields:tt)* } => { $($value_fields:tt)* }
        )*}
    ) => {
        $crate::record::fields::struct_fields! {$(
            #[doc = concat!("The key of record type ", $number, ".")]
            $key { $($key_fields)* }
            #[doc = concat!("The value of record type ", $number, ", versions 0 to ", $max, ".")]
            $value { $($value_fields)* }
        )*}

        $(#[$meta])*
        #[derive(Clone, Debug, PartialEq)]
        pub enum $records {$(
            #[doc = concat!("Record type ", $number, "; no value takes the key away.")]
            $name($key, Option<$value>),
        )*}

        impl $records {
            /// Returns the bytes of the key and of the value.
            #[must_use]
            pub fn encode(&self) -> (Vec<u8>, Option<Vec<u8>>) {
                self.encode_at(None)
            }

            /// Returns the same with the value at another version than the one that is written.
            #[must_use]
            pub fn encode_at(&self, version: Option<u16>) -> (Vec<u8>, Option<Vec<u8>>) {
                use $crate::record::fields::{Field as _, Layout};
                match self {$(
                    Self::$name(key, value) => {
                        let mut out = i16::to_be_bytes($number).to_vec();
                        key.write_to(&mut out, $crate::coordinator::keyed::KEY_LAYOUT);
                        let value = value.as_ref().map(|value| {
                            let version = version.unwrap_or($written);
                            let mut out = version.to_be_bytes().to_vec();
                            let version = u32::from(version);
                            let has_tags = ($tags..).contains(&version);
                            value.write_to(&mut out, Layout { version, has_tags });
                            out
                        });
                        (out, value)
                    }
                )*}
            }

            /// Reads a record; returns the version of its value too.
            pub fn decode(
                key: &[u8],
                value: Option<&[u8]>,
            ) -> Result<(Self, Option<i16>), $crate::coordinator::KeyedRecordError> {
                use $crate::coordinator::KeyedRecordError as Error;
                use $crate::coordinator::keyed::{KEY_LAYOUT, ended, take_number};
                use $crate::record::fields::{Field as _, Layout};
                let mut input = key;
                let number = take_number(&mut input).map_err(Error::Key)?;
                match number {
                    $($number => {
                        let key = $key::read_from(&mut input, KEY_LAYOUT).map_err(Error::Key)?;
                        ended(input).map_err(Error::Key)?;
                        let Some(mut input) = value else {
                            return Ok((Self::$name(key, None), None));
                        };
                        let version = take_number(&mut input).map_err(Error::Value)?;
                        let unknown = Error::UnknownVersion { key: number, version };
                        let as_read = u32::try_from(version).map_err(|_| unknown.clone())?;
                        if !(0..=$max).contains(&version) {
                            return Err(unknown);
                        }
                        let layout = Layout {
                            version: as_read,
                            has_tags: ($tags..).contains(&as_read),
                        };
                        let value = $value::read_from(&mut input, layout).map_err(Error::Value)?;
                        ended(input).map_err(Error::Value)?;
                        Ok((Self::$name(key, Some(value)), Some(version)))
                    })*
                    other => Err(Error::UnknownType(other)),
                }
            }

            /// Returns the number of the record's type.
            #[must_use]
            pub const fn number(&self) -> i16 {
                match self {$(Self::$name(..) => $number,)*}
            }

            /// Returns the key's fields as Kafka's tools print them.
            #[must_use]
            pub fn key_json(&self) -> serde_json::Value {
                use $crate::record::fields::Field as _;
                match self {$(
                    Self::$name(key, _) => key.to_json($crate::coordinator::keyed::KEY_LAYOUT),
                )*}
            }

            /// Returns the value's fields, of the version it was read in, as Kafka's tools print
            /// them.
            #[must_use]
            pub fn value_json(&self, version: i16) -> Option<serde_json::Value> {
                use $crate::record::fields::{Field as _, Layout};
                let version = u32::try_from(version).ok()?;
                match self {$(
                    Self::$name(_, value) => value.as_ref().map(|value| {
                        let has_tags = ($tags..).contains(&version);
                        value.to_json(Layout { version, has_tags })
                    }),
                )*}
            }
        }
    };
}

pub(super) use keyed_records;
