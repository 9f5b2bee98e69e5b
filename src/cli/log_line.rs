//! Log lines in Kafka's pattern, `[%d] %p %m (%c)`: `[2026-11-24 12:00:00,123] WARN text (logger)`.

use std::fmt;
use std::io::Write;
use std::sync::Arc;

use jiff::Timestamp;
use jiff::tz::TimeZone;

use crate::clock::{Clock, SystemClock};

/// Makes log lines, in local time.
#[derive(Clone, Debug)]
pub struct LogLines {
    clock: Arc<dyn Clock>,
    zone: TimeZone,
}

impl LogLines {
    /// Returns a maker of lines that asks the system for time and zone.
    #[must_use]
    pub fn of_system() -> Self {
        Self {
            clock: SystemClock::shared(),
            zone: TimeZone::system(),
        }
    }

    /// Returns a maker of lines with this clock and zone.
    #[must_use]
    pub fn new(clock: Arc<dyn Clock>, zone: TimeZone) -> Self {
        Self { clock, zone }
    }

    /// Returns the time as the lines have it: `2026-11-24 12:00:00,123`.
    #[must_use]
    pub fn now(&self) -> String {
        let now = Timestamp::from_millisecond(self.clock.now_ms()).unwrap_or(Timestamp::UNIX_EPOCH);
        let now = self.zone.to_datetime(now);
        let time = now.strftime("%Y-%m-%d %H:%M:%S");
        let millisecond = now.subsec_nanosecond() / 1_000_000;
        format!("{time},{millisecond:03}")
    }

    /// Returns a line without its line feed.
    #[must_use]
    pub fn line(&self, level: &str, message: impl fmt::Display, logger: &str) -> String {
        format!("[{}] {level} {message} ({logger})", self.now())
    }

    /// Writes a line to stderr, as the tools' loggers do.
    pub fn to_stderr(&self, level: &str, message: impl fmt::Display, logger: &str) {
        let line = self.line(level, message, logger);
        drop(writeln!(std::io::stderr(), "{line}"));
    }

    /// Writes a line to stderr, and the exception that it is about on the next.
    pub fn to_stderr_with_cause(
        &self,
        level: &str,
        message: impl fmt::Display,
        logger: &str,
        cause: impl fmt::Display,
    ) {
        let line = self.line(level, message, logger);
        drop(writeln!(std::io::stderr(), "{line}\n{cause}"));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::clock::ManualClock;

    #[test]
    fn a_line_has_kafkas_pattern() {
        let lines = LogLines::new(ManualClock::at(1_795_521_600_007), TimeZone::UTC);
        let line = lines.line(
            "INFO",
            "Kafka version: 4.3.1",
            "org.apache.kafka.AppInfoParser",
        );
        let expected =
            "[2026-11-24 12:00:00,007] INFO Kafka version: 4.3.1 (org.apache.kafka.AppInfoParser)";
        assert_eq!(line, expected);
    }
}
