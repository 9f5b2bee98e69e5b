//! The broker's log: tracing's events as lines of Kafka's pattern, on stdout.
//!
//! `[time] LEVEL text key=value (logger)`. The logger is an event's field `logger` if it has one,
//! else its target; targets of kt's own modules are shown with dots. `KT_LOG` filters, as in
//! tracing's `EnvFilter` (default `info`).

use std::fmt;

use tracing::field::{Field, Visit};
use tracing::{Event, Subscriber};
use tracing_subscriber::EnvFilter;
use tracing_subscriber::fmt::format::Writer;
use tracing_subscriber::fmt::{FmtContext, FormatEvent, FormatFields};
use tracing_subscriber::registry::LookupSpan;

use crate::cli::LogLines;

/// The environment variable that filters the lines.
const FILTER_VARIABLE: &str = "KT_LOG";

/// Sends all of tracing's events to stdout in Kafka's pattern.
pub(super) fn install() {
    let filter = EnvFilter::try_from_env(FILTER_VARIABLE).unwrap_or_else(|_| "info".into());
    let subscriber = tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_writer(std::io::stdout)
        .event_format(KafkaPattern {
            lines: LogLines::of_system(),
        })
        .finish();
    // A subscriber that is there already, as in tests, stays.
    drop(tracing::subscriber::set_global_default(subscriber));
}

struct KafkaPattern {
    lines: LogLines,
}

impl<S, N> FormatEvent<S, N> for KafkaPattern
where
    S: Subscriber + for<'a> LookupSpan<'a>,
    N: for<'a> FormatFields<'a> + 'static,
{
    fn format_event(
        &self,
        _: &FmtContext<'_, S, N>,
        mut writer: Writer<'_>,
        event: &Event<'_>,
    ) -> fmt::Result {
        let mut text = Text::default();
        event.record(&mut text);
        let target = event.metadata().target();
        let logger = text.logger.unwrap_or_else(|| target.replace("::", "."));
        let level = event.metadata().level().as_str();
        let message = text.message + &text.fields;
        writeln!(writer, "{}", self.lines.line(level, message, &logger))?;
        // As log4j prints an exception: on the next line, by itself.
        text.cause
            .map_or(Ok(()), |cause| writeln!(writer, "{cause}"))
    }
}

/// The text of an event, gathered field by field.
#[derive(Default)]
struct Text {
    message: String,
    fields: String,
    logger: Option<String>,
    cause: Option<String>,
}

impl Text {
    fn take(&mut self, field: &Field, value: String) {
        match field.name() {
            "message" => self.message = value,
            "logger" => self.logger = Some(value),
            "cause" => self.cause = Some(value),
            name => {
                self.fields.push_str(&format!(" {name}={value}"));
            }
        }
    }
}

impl Visit for Text {
    fn record_str(&mut self, field: &Field, value: &str) {
        self.take(field, value.to_owned());
    }

    fn record_debug(&mut self, field: &Field, value: &dyn fmt::Debug) {
        self.take(field, format!("{value:?}"));
    }
}
