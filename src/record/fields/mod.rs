//! How the fields of Kafka's own records lie in bytes: metadata, groups, transactions, shares.
//!
//! ```text
//! numbers     big-endian · bool int8 · uuid 16 bytes
//! string      int16 length (-1 for null), bytes
//! bytes       int32 length (-1 for null), bytes
//! array       int32 count (-1 for null), elements
//! struct      its fields; where it may be null, int8 1 (-1 for null, in a tag 0) goes before them
//!
//! in versions with tags (KIP-482):
//! string, bytes, array   unsigned varint length or count + 1 (0 for null), as above
//! end of each struct     unsigned varint count · each: unsigned varint tag · unsigned varint bytes
//!                        · value
//! ```
//!
//! `struct_fields!` makes a struct, its bytes and its JSON
//! (as Kafka's `JsonConverter` classes print it) from one list of fields. Counts and lengths are
//! checked against the bytes that remain before anything is allocated.

mod values;

pub use values::Blob;
pub(crate) use values::{put_tags, put_unsigned, take_tags, take_unsigned};

/// Bytes that are no record.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum FieldError {
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
    /// A length below zero that is not that of null.
    #[error("a length of {0}")]
    Length(i32),
    /// Text that is not UTF-8.
    #[error("text that is not UTF-8")]
    Text,
    /// Bytes behind the record's end.
    #[error("{0} bytes follow the record")]
    Trailing(usize),
}

/// The version of a record, and whether its fields lie in the compact form.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Layout {
    /// The record's version.
    pub version: u32,
    /// Whether lengths are varints and structs end with tags.
    pub has_tags: bool,
}

/// A value that can be a field.
pub trait Field: Sized {
    /// Appends the value.
    fn write_to(&self, out: &mut Vec<u8>, layout: Layout);
    /// Appends the value of a tag.
    fn write_tagged(&self, out: &mut Vec<u8>, layout: Layout) {
        self.write_to(out, layout);
    }
    /// Takes a value off the front.
    fn read_from(input: &mut &[u8], layout: Layout) -> Result<Self, FieldError>;
    /// Returns the value as Kafka's tools print it.
    fn to_json(&self, layout: Layout) -> serde_json::Value;
}

/// Returns a field's name as Kafka spells it: `topicId` for `topic_id`.
pub(crate) fn camel_case(name: &str) -> String {
    let mut out = String::with_capacity(name.len());
    let mut raise = false;
    for letter in name.chars() {
        if letter == '_' {
            raise = true;
        } else {
            out.push(if raise {
                letter.to_ascii_uppercase()
            } else {
                letter
            });
            raise = false;
        }
    }
    out
}

/// Makes structs of fields, in the order in which Kafka lists them.
///
/// A field is `name: Type`, or with what its version decides in brackets: `[since 2]`,
/// `[since 2, else -1]` with the value that older versions mean, `[until 1]`, `[only 1, else -1]`,
/// or `[tag 0, else 0]` for one that is left out at its default.
macro_rules! struct_fields {
    ($($(#[$meta:meta])* $name:ident {
        $($field:ident: $type:ty $([$($attribute:tt)*])?),* $(,)?
    })*) => {$(
        $(#[$meta])*
        ///
        /// The fields are those of Kafka's record or struct of this name.
        #[derive(Clone, Debug, PartialEq)]
        pub struct $name {
            $(
                #[doc = concat!("`", stringify!($field), "`")]
                pub $field: $type,
            )*
        }

        impl Default for $name {
            fn default() -> Self {
                Self { $($field: $crate::record::fields::field_default!($($($attribute)*)?),)* }
            }
        }

        impl $crate::record::fields::Field for $name {
            #[allow(
                unused_mut,
                unused_variables,
                clippy::allow_attributes,
                reason = "not every row has tags"
            )]
            fn write_to(&self, out: &mut Vec<u8>, layout: $crate::record::fields::Layout) {
                let mut tags: std::collections::BTreeMap<u32, Vec<u8>> = Default::default();
                $(
                    if $crate::record::fields::field_in_body!(layout.version; $($($attribute)*)?) {
                        self.$field.write_to(out, layout);
                    } else if let Some((tag, default)) =
                        $crate::record::fields::field_tag!($type; $($($attribute)*)?)
                        && layout.has_tags
                        && self.$field != default
                    {
                        let mut value = Vec::new();
                        self.$field.write_tagged(&mut value, layout);
                        tags.insert(tag, value);
                    }
                )*
                if layout.has_tags {
                    $crate::record::fields::put_tags(out, &tags);
                }
            }

            #[allow(
                unused_mut,
                unused_variables,
                clippy::allow_attributes,
                reason = "not every row has fields or tags"
            )]
            fn read_from(
                input: &mut &[u8],
                layout: $crate::record::fields::Layout,
            ) -> Result<Self, $crate::record::fields::FieldError> {
                let mut this = Self::default();
                $(
                    if $crate::record::fields::field_in_body!(layout.version; $($($attribute)*)?) {
                        this.$field = <$type>::read_from(input, layout)?;
                    }
                )*
                if layout.has_tags {
                    // A tag of a later release may be passed over; that is what tags are for.
                    for (tag, mut value) in $crate::record::fields::take_tags(input)? {
                        $(
                            if $crate::record::fields::field_tag!($type; $($($attribute)*)?)
                                .is_some_and(|(known, _)| known == tag)
                            {
                                this.$field = <$type>::read_from(&mut value, layout)?;
                            }
                        )*
                    }
                }
                Ok(this)
            }

            #[allow(
                unused_mut,
                unused_variables,
                clippy::allow_attributes,
                reason = "not every row has fields"
            )]
            fn to_json(&self, layout: $crate::record::fields::Layout) -> serde_json::Value {
                let mut object = serde_json::Map::new();
                $(
                    if $crate::record::fields::field_in_body!(layout.version; $($($attribute)*)?)
                        || $crate::record::fields::field_tag!($type; $($($attribute)*)?)
                            .is_some_and(|(_, default)| self.$field != default)
                    {
                        object.insert(
                            $crate::record::fields::camel_case(stringify!($field)),
                            self.$field.to_json(layout),
                        );
                    }
                )*
                serde_json::Value::Object(object)
            }
        }

        impl $crate::record::fields::NullableStruct for $name {}
    )*};
}

/// Returns a field's value where its version has none.
macro_rules! field_default {
    () => {
        Default::default()
    };
    (tag $tag:literal, else $default:expr) => {
        $default
    };
    (since $from:literal) => {
        Default::default()
    };
    (since $from:literal, else $default:expr) => {
        $default
    };
    (until $last:literal) => {
        Default::default()
    };
    (only $version:literal, else $default:expr) => {
        $default
    };
    (else $default:expr) => {
        $default
    };
}

/// Returns whether a version has the field before its tags.
macro_rules! field_in_body {
    ($version:expr;) => {
        true
    };
    ($version:expr; tag $tag:literal, else $default:expr) => {
        false
    };
    ($version:expr; since $from:literal $(, else $default:expr)?) => {
        $version >= $from
    };
    ($version:expr; until $last:literal) => {
        $version <= $last
    };
    ($version:expr; only $only:literal, else $default:expr) => {
        $version == $only
    };
    ($version:expr; else $default:expr) => {
        true
    };
}

/// Returns a tagged field's number and default.
macro_rules! field_tag {
    ($type:ty; tag $tag:literal, else $default:expr) => {
        Some::<(u32, $type)>(($tag, $default))
    };
    ($type:ty; $($other:tt)*) => {
        None::<(u32, $type)>
    };
}

pub(crate) use {field_default, field_in_body, field_tag, struct_fields};

/// A struct that may be null, which a byte before its fields says.
pub trait NullableStruct: Field {}

#[cfg(test)]
mod tests {
    use super::*;

    #[expect(unreachable_pub, reason = "the macro makes what other modules use")]
    mod sample {
        use super::Blob;

        struct_fields! {
            /// One of each kind.
            Sample {
                name: String,
                rack: Option<String> [since 1],
                expires: i64 [only 1, else -1],
                changed_at: i64 [since 2, else -1],
                raw: Blob,
                inner: Option<Inner>,
                marks: Vec<i32> [tag 1, else Vec::new()],
                state: i8 [tag 0, else 0],
            }
            /// What lies inside.
            Inner { port: u16, is_up: bool }
        }
    }
    use sample::{Inner, Sample};

    const OLD: Layout = Layout {
        version: 1,
        has_tags: false,
    };
    const NEW: Layout = Layout {
        version: 2,
        has_tags: true,
    };

    fn sample() -> Sample {
        Sample {
            name: "n".into(),
            raw: Blob(vec![1, 2]),
            inner: Some(Inner {
                port: 9092,
                is_up: true,
            }),
            marks: vec![7],
            state: 3,
            changed_at: 5,
            ..Sample::default()
        }
    }

    #[test]
    fn a_version_with_tags_lies_compact_and_has_its_tags_in_order() {
        let mut out = Vec::new();
        sample().write_to(&mut out, NEW);
        let expected = [
            &[2, b'n', 0][..],
            &5_i64.to_be_bytes(),
            &[3, 1, 2, 1, 0x23, 0x84, 1, 0],
            &[2, 0, 1, 3, 1, 5, 2, 0, 0, 0, 7],
        ];
        assert_eq!(out, expected.concat());
        assert_eq!(Sample::read_from(&mut out.as_slice(), NEW), Ok(sample()));
    }

    #[test]
    fn an_old_version_has_fixed_lengths_and_its_own_fields() {
        let mut out = Vec::new();
        sample().write_to(&mut out, OLD);
        let expected = [
            &[0, 1, b'n', 0xff, 0xff][..],
            &(-1_i64).to_be_bytes(),
            &[0, 0, 0, 2, 1, 2, 1, 0x23, 0x84, 1],
        ];
        assert_eq!(out, expected.concat());
        let read = Sample::read_from(&mut out.as_slice(), OLD).unwrap();
        assert_eq!((read.changed_at, read.state, read.marks.len()), (-1, 0, 0));
    }

    #[test]
    fn json_has_the_fields_of_the_version_and_tags_that_are_set() {
        let old = sample().to_json(OLD);
        assert_eq!(
            sample().to_json(NEW).to_string(),
            concat!(
                r#"{"name":"n","rack":null,"changedAt":5,"raw":"AQI=","#,
                r#""inner":{"port":9092,"isUp":true},"marks":[7],"state":3}"#
            )
        );
        assert_eq!(old["expires"], -1);
        assert!(old.get("changedAt").is_none());
        let plain = Sample::default().to_json(NEW);
        assert!(plain.get("state").is_none());
        assert!(plain["inner"].is_null());
    }

    #[test]
    fn lengths_beyond_the_bytes_and_below_zero_are_errors() {
        let short = Sample::read_from(&mut [0x7f, 0xff, b'n'].as_slice(), OLD);
        assert_eq!(
            short,
            Err(FieldError::Short {
                wanted: 32_767,
                left: 1
            })
        );
        let negative = Sample::read_from(&mut [0xff, 0xfe].as_slice(), OLD);
        assert_eq!(negative, Err(FieldError::Length(-2)));
        let null = Sample::read_from(&mut [0xff, 0xff].as_slice(), OLD);
        assert_eq!(null, Err(FieldError::Null));
    }
}
