//! The commands as a person types them: transcripts, byte for byte, the two streams and the exit
//! code apart.
//!
//! `golden/COMMAND/CASE.txt` is a transcript: `$ line` is typed, `exit N`, `1| ...` (stdout) and
//! `2| ...` (stderr) are what must come. `KT_UPDATE_GOLDEN=1 cargo test --test commands` writes
//! down what came instead; look at the difference before you keep it.

#![expect(
    clippy::disallowed_methods,
    clippy::panic,
    reason = "a test keeps its transcripts as files, and fails by panicking"
)]

mod harness;
mod local_broker;
mod transcripts;
