//! Where the clients' log lines go: a hook that a command sets, else `tracing`.
//!
//! The texts are Kafka's own, since people search for them; the hook adds time and place.

use std::fmt;
use std::sync::Arc;

/// How serious a line is, by log4j's names.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LogLevel {
    /// A person must act.
    Error,
    /// Something did not work and will be tried again.
    Warn,
    /// For the curious.
    Info,
    /// For the developer.
    Debug,
}

impl LogLevel {
    /// Returns log4j's name of the level.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Error => "ERROR",
            Self::Warn => "WARN",
            Self::Info => "INFO",
            Self::Debug => "DEBUG",
        }
    }
}

/// The logger of `NetworkClient`, which reports connections.
pub(crate) const NETWORK_CLIENT: &str = "org.apache.kafka.clients.NetworkClient";
/// The logger of `ClientUtils`, which reports addresses.
pub(crate) const CLIENT_UTILS: &str = "org.apache.kafka.clients.ClientUtils";

type Hook = dyn Fn(LogLevel, &str, &str) + Send + Sync;

/// A place for log lines: level, logger (a Java class name), message.
#[derive(Clone)]
pub struct Log {
    hook: Arc<Hook>,
}

impl Log {
    /// Returns a log that calls `hook` with level, logger and message.
    pub fn new(hook: impl Fn(LogLevel, &str, &str) + Send + Sync + 'static) -> Self {
        Self {
            hook: Arc::new(hook),
        }
    }

    /// Returns a log that drops every line.
    #[must_use]
    pub fn silent() -> Self {
        Self::new(|_, _, _| {})
    }

    /// Writes one line.
    pub fn line(&self, level: LogLevel, logger: &str, message: &str) {
        (self.hook)(level, logger, message);
    }
}

impl Default for Log {
    /// Returns a log that goes to `tracing`.
    fn default() -> Self {
        Self::new(|level, logger, message| match level {
            LogLevel::Error => tracing::error!(logger, "{message}"),
            LogLevel::Warn => tracing::warn!(logger, "{message}"),
            LogLevel::Info => tracing::info!(logger, "{message}"),
            LogLevel::Debug => tracing::debug!(logger, "{message}"),
        })
    }
}

impl fmt::Debug for Log {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Log")
    }
}
