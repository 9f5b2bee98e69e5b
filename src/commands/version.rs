//! `kt version`: kt's own version, and the release of Kafka whose commands it mirrors.

use serde::Serialize;

use super::CommandRow;
use crate::cli::{
    CommandError, Exit, Format, Invocation, KAFKA_VERSION, Output, OutputOptions, parse_subcommands,
};

pub(super) const COMMAND: CommandRow = CommandRow {
    name: "version",
    script: None,
    about: "Print the versions of kt and of the Kafka it mirrors",
    options: <Options as clap::CommandFactory>::command,
    run,
};

/// Print the versions of kt and of the Kafka it mirrors.
#[derive(Debug, clap::Parser)]
struct Options {
    #[command(flatten)]
    output: OutputOptions,
}

#[derive(Serialize)]
struct Versions {
    kt: &'static str,
    kafka: &'static str,
}

fn run(call: &Invocation, output: &mut Output) -> Result<Exit, CommandError> {
    let Some(options) = parse_subcommands::<Options>(&call.program, &call.words, output)? else {
        return Ok(Exit::SUCCESS);
    };
    let versions = Versions {
        kt: env!("CARGO_PKG_VERSION"),
        kafka: KAFKA_VERSION,
    };
    match options.output.format {
        Format::Text => {
            output.line(format_args!(
                "kt {} (Apache Kafka {})",
                versions.kt, versions.kafka
            ))?;
        }
        Format::Json => output.json(&versions)?,
        Format::Table => {
            let rows = [versions.kt, versions.kafka].map(str::to_owned).to_vec();
            output.table(&["KT", "KAFKA"], &[rows])?;
        }
    }
    Ok(Exit::SUCCESS)
}
