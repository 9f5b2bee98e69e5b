//! The `kt` binary: hands the command line to [`kt::commands`].

fn main() {}
