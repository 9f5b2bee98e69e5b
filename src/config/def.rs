//! One row a configuration key: `ConfigDef` and the words its columns are made of.
//!
//! The rows themselves are in the tables beside this file; `config_table!` is how they are
//! written. A row never changes at run time: everything is `'static`.

/// The type of a key's values, as Kafka's `ConfigDef.Type` names it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ConfigType {
    /// `true` or `false`, in any case.
    Boolean,
    /// Any text, trimmed.
    String,
    /// A 32-bit number.
    Int,
    /// A 16-bit number.
    Short,
    /// A 64-bit number.
    Long,
    /// A double-precision number.
    Double,
    /// Texts between commas, each trimmed.
    List,
    /// The name of a Java class; kept as text.
    Class,
    /// A text that is never shown.
    Password,
}

impl ConfigType {
    /// Returns the name that Kafka's error sentences use.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Boolean => "BOOLEAN",
            Self::String => "STRING",
            Self::Int => "INT",
            Self::Short => "SHORT",
            Self::Long => "LONG",
            Self::Double => "DOUBLE",
            Self::List => "LIST",
            Self::Class => "CLASS",
            Self::Password => "PASSWORD",
        }
    }

    /// Returns the number that a `DescribeConfigs` response carries.
    #[must_use]
    pub const fn wire_id(self) -> i8 {
        match self {
            Self::Boolean => 1,
            Self::String => 2,
            Self::Int => 3,
            Self::Short => 4,
            Self::Long => 5,
            Self::Double => 6,
            Self::List => 7,
            Self::Class => 8,
            Self::Password => 9,
        }
    }
}

/// What a key has when nobody sets it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DefaultValue {
    /// Nothing: the key must be set.
    Required,
    /// Java's null: the key stays unset.
    Null,
    /// This value, written as a person would.
    Text(&'static str),
}

/// Which values of the right type are valid.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum ValidValues {
    /// All.
    Any,
    /// Numbers from here on.
    AtLeast(i64),
    /// Numbers from the first to the second, both included.
    Between(i64, i64),
    /// Numbers from the first to the second, both included, of type `double`.
    Fraction(f64, f64),
    /// These numbers, or the one after them that stands for "default".
    BetweenOr(i64, i64, i64),
    /// One of these texts.
    OneOf(&'static [&'static str]),
    /// One of these texts, in any case.
    OneOfIgnoringCase(&'static [&'static str]),
    /// A list of some of these texts.
    ListOf(&'static [&'static str]),
    /// A list that is not empty.
    NonEmptyList,
    /// A text that is not empty.
    NonEmptyString,
    /// `*`, or a list of `partition:broker`.
    ThrottledReplicas,
    /// `earliest`, `latest`, `none`, or `by_duration:` and an ISO 8601 duration.
    OffsetReset,
}

/// How much a key matters, as Kafka's documentation sorts them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Importance {
    /// Most readers need it.
    High,
    /// Some do.
    Medium,
    /// Few do.
    Low,
}

/// Whether a broker key may change while the broker runs, and for whom.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum UpdateMode {
    /// Only with a restart.
    ReadOnly,
    /// For one broker at a time.
    PerBroker,
    /// For one broker or for all of them at once.
    ClusterWide,
}

/// What kt does with a key.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Effect {
    /// Its value changes what kt does.
    Honoured,
    /// It is checked and shown, and changes nothing.
    Accepted,
}

/// One configuration key.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct ConfigDef {
    /// The key.
    pub key: &'static str,
    /// The type of its values.
    pub kind: ConfigType,
    /// What it has when it is not set.
    pub default: DefaultValue,
    /// Which values are valid.
    pub valid: ValidValues,
    /// How much it matters.
    pub importance: Importance,
    /// Whether it may change while the broker runs; `ReadOnly` in tables of other keys.
    pub update: UpdateMode,
    /// What kt does with it.
    pub effect: Effect,
    /// Whether Kafka leaves it out of what it lists.
    pub internal: bool,
    /// What it is for, in a sentence or two.
    pub doc: &'static str,
}

impl ConfigDef {
    /// Returns the default as text, or `None` if it is null or missing.
    #[must_use]
    pub const fn default_text(&self) -> Option<&'static str> {
        match self.default {
            DefaultValue::Text(text) => Some(text),
            DefaultValue::Null | DefaultValue::Required => None,
        }
    }

    /// Returns whether its values must never be shown.
    #[must_use]
    pub const fn is_sensitive(&self) -> bool {
        matches!(self.kind, ConfigType::Password)
    }
}

/// Returns the row of `key` in a table sorted by key.
#[must_use]
pub fn find(table: &'static [ConfigDef], key: &str) -> Option<&'static ConfigDef> {
    let index = table.binary_search_by(|row| row.key.cmp(key)).ok()?;
    table.get(index)
}

/// Writes a table of [`ConfigDef`] rows, which must be sorted by key:
/// `Type "key" = default, valid, importance, update, effect: "doc";` where the default is a
/// text, `null` or `required`, and a row may begin with `internal`.
macro_rules! config_table {
    ($(#[$meta:meta])* $visibility:vis static $name:ident = {
        $( $kind:ident $key:literal = $default:tt, $valid:expr, $importance:ident, $update:ident,
           $effect:ident $($internal:ident)? : $doc:literal; )*
    }) => {
        $(#[$meta])*
        $visibility static $name: &[$crate::config::def::ConfigDef] = &[$(
            $crate::config::def::ConfigDef {
                key: $key,
                kind: $crate::config::def::ConfigType::$kind,
                default: $crate::config::def::default_value!($default),
                valid: $valid,
                importance: $crate::config::def::Importance::$importance,
                update: $crate::config::def::UpdateMode::$update,
                effect: $crate::config::def::Effect::$effect,
                internal: $crate::config::def::is_internal!($($internal)?),
                doc: $doc,
            },
        )*];
    };
}

/// The default column of [`config_table!`].
macro_rules! default_value {
    (null) => {
        $crate::config::def::DefaultValue::Null
    };
    (required) => {
        $crate::config::def::DefaultValue::Required
    };
    ($text:literal) => {
        $crate::config::def::DefaultValue::Text($text)
    };
}

/// Whether a row of [`config_table!`] is marked `internal`.
macro_rules! is_internal {
    () => {
        false
    };
    (internal) => {
        true
    };
}

pub(crate) use config_table;
pub(crate) use default_value;
pub(crate) use is_internal;
