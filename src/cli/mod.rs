//! What every command shares: option syntax, output, errors, progress, which broker is meant.
//!
//! No command lives here, and nothing here opens a connection or starts a broker.

mod argparse;
mod argv;
mod base64;
mod connection_options;
mod duration;
mod error;
mod invocation;
mod log_line;
mod output;
mod progress;
mod properties;
mod record_format;
mod usage;

pub use argparse::parse_subcommands;
pub use argv::{Normalized, Number, Parsed, SyntaxError, parse, rendered_option};
pub use base64::{base64, base64_bytes};
pub use connection_options::{
    AddressSource, BOOTSTRAP_VARIABLE, BrokerAddress, ConnectionOptions, looks_like_host_port,
};
pub use duration::{ParseDurationError, parse_duration};
pub use error::{CommandError, ErrorKind, Exit, Stream};
pub use invocation::{CalledAs, Invocation};
pub use log_line::LogLines;
#[cfg(test)]
pub(crate) use output::captured as captured_output;
pub use output::{Format, Output, OutputOptions};
pub use progress::Progress;
pub use properties::{PropertiesMap, check_pairs, key_value_pairs, read_properties_file};
pub use record_format::{FormatPiece, RecordField, RecordFormatError, parse_record_format};
pub use usage::usage_table;

/// The release of Apache Kafka whose commands these are.
pub const KAFKA_VERSION: &str = "4.3.1";
