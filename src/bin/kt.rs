//! The `kt` binary: hands the command line to [`kt::commands`].

use std::process::ExitCode;

fn main() -> ExitCode {
    kt::commands::main().into()
}
