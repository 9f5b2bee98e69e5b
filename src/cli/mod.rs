//! What every command shares: option syntax, output, errors, progress, which broker is meant.
//!
//! No command lives here, and nothing here opens a connection or starts a broker.

mod argv;
mod connection_options;
mod error;
mod invocation;
mod output;
mod progress;
mod properties;
mod usage;

pub use argv::{Normalized, Number, Parsed, SyntaxError, parse, rendered_option};
pub use connection_options::{AddressSource, BrokerAddress, ConnectionOptions, looks_like_host_port};
pub use error::{CommandError, ErrorKind, Exit, Stream};
pub use invocation::{CalledAs, Invocation};
pub use output::{Format, Output, OutputOptions};
pub use progress::Progress;
pub use properties::{Properties, PropertiesError, key_value_pairs};
pub use usage::usage_table;

/// The release of Apache Kafka whose commands these are.
pub const KAFKA_VERSION: &str = "4.3.1";
