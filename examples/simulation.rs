//! Runs the suites of `tests/simulation` for as long as one likes, and prints a line of the ledger.
//!
//! ```text
//! cargo run --release --example simulation -- crash --from 1 --count 200000
//! cargo run --release --example simulation -- faults
//! cargo run --release --example simulation -- flips --from 1 --count 10000
//! cargo run --release --example simulation -- operations --from 1 --count 10000
//! ```
//!
//! `--count` is of states, flips or sequences; the fault sweep is whole, or every n-th fault of it
//! with `--count n`. A suite ends at the first thing that does not hold, and names its seed.

#![expect(
    clippy::unwrap_used,
    clippy::panic,
    unreachable_pub,
    reason = "the modules are a test's"
)]

use std::io::Write as _;
use std::process::ExitCode;

#[path = "../tests/simulation/batches.rs"]
mod batches;
#[path = "../tests/simulation/crash.rs"]
mod crash;
#[path = "../tests/simulation/disk.rs"]
mod disk;
#[path = "../tests/simulation/disk_faults.rs"]
mod disk_faults;
#[path = "../tests/simulation/faults.rs"]
mod faults;
#[path = "../tests/simulation/flips.rs"]
mod flips;
#[path = "../tests/simulation/operations.rs"]
mod operations;
#[path = "../tests/simulation/totals.rs"]
mod totals;

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let number = |name: &str, default: u64| {
        let at = arguments.iter().position(|argument| argument == name);
        let value = at.and_then(|at| arguments.get(at + 1));
        value.map_or(Some(default), |value| value.parse().ok())
    };
    let suite = arguments.first().map_or("", String::as_str);
    let (Some(from), Some(count)) = (number("--from", 1), number("--count", 0)) else {
        return usage();
    };
    let or = |default| if count == 0 { default } else { count };
    let totals = match suite {
        "crash" => crash::run(from, or(200_000)),
        "faults" => faults::run(from, or(1)),
        "flips" => flips::run(from, or(10_000)),
        "operations" => operations::run(from, or(10_000)),
        _ => return usage(),
    };
    let command = format!("simulation {}", arguments.join(" "));
    match writeln!(std::io::stdout(), "{totals}\t{command}") {
        Ok(()) => ExitCode::SUCCESS,
        Err(_) => ExitCode::FAILURE,
    }
}

fn usage() -> ExitCode {
    let text = "simulation crash|faults|flips|operations [--from SEED] [--count N]";
    let told = writeln!(std::io::stderr(), "{text}");
    ExitCode::from(if told.is_ok() { 2 } else { 1 })
}
