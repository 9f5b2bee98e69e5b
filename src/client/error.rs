//! What a client call fails with: Kafka's exception class and Kafka's sentence.
//!
//! Commands print [`ClientError::java`] where Kafka prints an exception's first line, and the
//! `Display` text where Kafka prints only its message.

use crate::protocol::{ErrorCode, Retry, WireError};

/// A client call that failed.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ClientError {
    /// The broker answered with an error.
    #[error("{}", message.as_deref().unwrap_or(code.message()))]
    Broker {
        /// The error's code.
        code: ErrorCode,
        /// The broker's own words, if it sent any.
        message: Option<String>,
    },
    /// Time ran out on the client's side.
    #[error("{message}")]
    Timeout {
        /// Kafka's sentence.
        message: String,
    },
    /// The connection ended before the answer came.
    #[error("{message}")]
    Disconnected {
        /// What ended it.
        message: String,
    },
    /// The broker lacks the API, or every version of it that kt speaks.
    #[error("{message}")]
    UnsupportedVersion {
        /// Kafka's sentence.
        message: String,
    },
    /// A setting has a value that cannot be.
    #[error("{message}")]
    Config {
        /// Kafka's sentence.
        message: String,
    },
    /// An argument that the client refuses before it asks a broker.
    #[error("{message}")]
    InvalidArgument {
        /// Kafka's sentence.
        message: String,
    },
    /// The broker sent, or was to be sent, bytes that cannot be.
    #[error("{0}")]
    Wire(#[from] WireError),
    /// The broker's answer lacks what was asked for.
    #[error("The broker's response has nothing about {what}")]
    Incomplete {
        /// What is missing.
        what: String,
    },
    /// Offsets were to be committed by a consumer that is not in its group any more.
    #[error(
        "Offset commit cannot be completed since the consumer is not part of an active group for \
         auto partition assignment; it is likely that the consumer was kicked out of the group."
    )]
    CommitFailed,
    /// The client was closed.
    #[error("{message}")]
    Closed {
        /// Kafka's sentence.
        message: String,
    },
}

impl ClientError {
    /// Returns the error of this code, or `Ok` for code 0.
    ///
    /// A code that kt does not know is what Kafka's clients make of it: an unknown server error.
    pub fn check(code: i16, message: Option<&str>) -> Result<(), Self> {
        match ErrorCode::from_code(code) {
            Some(ErrorCode::None) => Ok(()),
            Some(code) => Err(Self::Broker {
                code,
                message: message.filter(|text| !text.is_empty()).map(str::to_owned),
            }),
            None => Err(ErrorCode::UnknownServerError.into()),
        }
    }

    /// Returns the broker's error code, if it is one.
    #[must_use]
    pub const fn code(&self) -> Option<ErrorCode> {
        match self {
            Self::Broker { code, .. } => Some(*code),
            _ => None,
        }
    }

    /// Returns the full name of the exception class that Kafka's clients throw.
    #[must_use]
    pub fn class(&self) -> String {
        let simple = match self {
            Self::Broker { code, .. } => code.exception(),
            Self::Timeout { .. } => "TimeoutException",
            Self::Disconnected { .. } => "DisconnectException",
            Self::UnsupportedVersion { .. } => "UnsupportedVersionException",
            Self::Wire(_) => "SerializationException",
            Self::Incomplete { .. } => "UnknownServerException",
            Self::Config { .. } => return "org.apache.kafka.common.config.ConfigException".into(),
            Self::InvalidArgument { .. } => return "java.lang.IllegalArgumentException".into(),
            Self::Closed { .. } => return "org.apache.kafka.common.KafkaException".into(),
            Self::CommitFailed => {
                return "org.apache.kafka.clients.consumer.CommitFailedException".into();
            }
        };
        format!("org.apache.kafka.common.errors.{simple}")
    }

    /// Returns `class: message`, as Java prints an exception.
    #[must_use]
    pub fn java(&self) -> String {
        format!("{}: {self}", self.class())
    }

    /// Returns whether the same call may succeed later (`RetriableException`).
    #[must_use]
    pub fn is_retriable(&self) -> bool {
        match self {
            Self::Broker { code, .. } => code.retry() == Retry::Later,
            Self::Timeout { .. } | Self::Disconnected { .. } => true,
            Self::UnsupportedVersion { .. }
            | Self::Config { .. }
            | Self::InvalidArgument { .. }
            | Self::Wire(_)
            | Self::Incomplete { .. }
            | Self::CommitFailed
            | Self::Closed { .. } => false,
        }
    }
}

impl From<ErrorCode> for ClientError {
    fn from(code: ErrorCode) -> Self {
        Self::Broker {
            code,
            message: None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_error_prints_kafkas_class_and_sentence() {
        let error = ClientError::check(3, None).unwrap_err();
        assert_eq!(
            error.java(),
            "org.apache.kafka.common.errors.UnknownTopicOrPartitionException: \
             This server does not host this topic-partition."
        );
        assert!(error.is_retriable());
        let error = ClientError::check(36, Some("Topic 't' already exists.")).unwrap_err();
        assert_eq!(error.to_string(), "Topic 't' already exists.");
        assert!(!error.is_retriable());
        assert_eq!(ClientError::check(0, None), Ok(()));
        let unknown = ClientError::check(9999, None).unwrap_err();
        assert_eq!(unknown.code(), Some(ErrorCode::UnknownServerError));
    }
}
