//! What shows records (`MessageFormatter`): by the names of Kafka's classes, today's and old ones.

mod custom;
mod default;
mod deserializer;
mod internal_topics;

use crate::cli::PropertiesMap;
use crate::record::Headers;

pub(super) use custom::CustomFormatter;
use default::DefaultFormatter;
use internal_topics::InternalTopicFormatter;

/// What a record's timestamp stands for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Timestamp {
    /// The record has none.
    None,
    /// When it was made.
    Create(i64),
    /// When it was appended.
    LogAppend(i64),
}

/// A record to be shown.
#[derive(Clone, Copy, Debug)]
pub(super) struct ShownRecord<'r> {
    pub(super) topic: &'r str,
    pub(super) partition: i32,
    pub(super) offset: i64,
    pub(super) timestamp: Timestamp,
    pub(super) key: Option<&'r [u8]>,
    pub(super) value: Option<&'r [u8]>,
    pub(super) headers: Headers<'r>,
}

/// A record that cannot be shown; the text is a Java exception's.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub(super) struct FormatError(String);

/// One of the formatters.
#[derive(Debug)]
pub(super) enum Formatter {
    /// The columns that are asked for.
    Default(DefaultFormatter),
    /// What `--format` says.
    Custom(CustomFormatter),
    /// Nothing.
    NoOp,
    /// Records of Kafka's own topics, as JSON.
    Internal(InternalTopicFormatter),
}

impl Formatter {
    /// Returns the formatter of this class; `None` if there is none. `warn` is told what is amiss
    /// with the settings.
    pub(super) fn of_class(
        class: &str,
        settings: &PropertiesMap,
        warn: &mut dyn FnMut(String),
    ) -> Option<Self> {
        let simple = class.rsplit(['.', '$']).next().unwrap_or(class);
        let known = [
            "org.apache.kafka.tools.consumer.",
            "kafka.tools.",
            "kafka.coordinator.",
        ];
        if !known.iter().any(|package| class.starts_with(package)) {
            return None;
        }
        Some(match simple {
            "DefaultMessageFormatter" | "LoggingMessageFormatter" => {
                Self::Default(DefaultFormatter::new(settings, warn))
            }
            "NoOpMessageFormatter" => Self::NoOp,
            "OffsetsMessageFormatter" => Self::Internal(InternalTopicFormatter::Offsets),
            "GroupMetadataMessageFormatter" => Self::Internal(InternalTopicFormatter::Groups),
            "TransactionLogMessageFormatter" => {
                Self::Internal(InternalTopicFormatter::Transactions)
            }
            _ => return None,
        })
    }

    /// Returns whether a record is its value and a line feed, nothing else.
    pub(super) fn is_plain(&self) -> bool {
        match self {
            Self::Default(formatter) => formatter.is_plain(),
            Self::Custom(_) | Self::NoOp | Self::Internal(_) => false,
        }
    }

    /// Appends what shows the record.
    pub(super) fn write(
        &self,
        record: &ShownRecord<'_>,
        out: &mut Vec<u8>,
    ) -> Result<(), FormatError> {
        match self {
            Self::Default(formatter) => formatter.write(record, out),
            Self::Custom(formatter) => formatter.write(record, out),
            Self::NoOp => Ok(()),
            Self::Internal(formatter) => {
                formatter.write(record, out);
                Ok(())
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn classes_are_known_by_todays_and_old_names() {
        let known =
            |class: &str| Formatter::of_class(class, &PropertiesMap::new(), &mut |_| {}).is_some();
        for class in [
            "org.apache.kafka.tools.consumer.DefaultMessageFormatter",
            "kafka.tools.DefaultMessageFormatter",
            "kafka.tools.NoOpMessageFormatter",
            "org.apache.kafka.tools.consumer.LoggingMessageFormatter",
            "kafka.coordinator.group.GroupMetadataManager$OffsetsMessageFormatter",
            "kafka.coordinator.transaction.TransactionLog$TransactionLogMessageFormatter",
        ] {
            assert!(known(class), "{class}");
        }
        for class in [
            "foo.Bar",
            "foo.DefaultMessageFormatter",
            "kafka.tools.Other",
            "",
        ] {
            assert!(!known(class), "{class}");
        }
    }
}
