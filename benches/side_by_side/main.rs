//! kt beside what it is measured against, in one run: floors of the machine, kcat, echo servers.
//!
//! `cargo bench` runs every row; `cargo bench -- produce fetch` the rows whose names contain one
//! of the words. Each row measures its reference in the same round, interleaved, and the table
//! shows medians over the rounds and their ratio: on a shared machine only the ratio means
//! something. CPU is the broker's own, from `/proc/PID/task/*/schedstat`.
//!
//! Options: `--rounds N` (default 5), `--kt PATH` (default: the release build of this package).

#![expect(
    clippy::print_stdout,
    clippy::disallowed_methods,
    clippy::disallowed_macros,
    unreachable_pub,
    reason = "a benchmark reads the machine's own clock and files, and prints its table"
)]

mod floor;
mod lines;
mod machine;
mod raw;
mod rows;

use std::path::PathBuf;

/// What the command line says.
struct Options {
    rounds: usize,
    kt: PathBuf,
    words: Vec<String>,
}

fn options() -> Options {
    let mut options = Options {
        rounds: 5,
        kt: PathBuf::from(env!("CARGO_BIN_EXE_kt")),
        words: Vec::new(),
    };
    let mut arguments = std::env::args().skip(1);
    while let Some(word) = arguments.next() {
        match word.as_str() {
            "--bench" => {}
            "--rounds" => {
                options.rounds = arguments
                    .next()
                    .and_then(|n| n.parse().ok())
                    .expect("--rounds takes a number");
            }
            "--kt" => options.kt = arguments.next().expect("--kt takes a path").into(),
            _ => options.words.push(word),
        }
    }
    options
}

fn main() {
    let options = options();
    println!("{}", machine::describe());
    println!();
    println!("| row | kt | reference | ratio | goal | |");
    println!("|---|---|---|---|---|---|");
    for row in rows::ROWS {
        let wanted = options.words.is_empty()
            || options
                .words
                .iter()
                .any(|word| row.name.contains(word.as_str()));
        if !wanted {
            continue;
        }
        let bench = rows::Bench {
            kt: options.kt.clone(),
        };
        let mut ours = Vec::new();
        let mut theirs = Vec::new();
        for _ in 0..options.rounds {
            let (kt, reference) = (row.measure)(&bench);
            ours.push(kt);
            theirs.push(reference);
        }
        let (kt, reference) = (median(ours), median(theirs));
        let ratio = kt / reference;
        let reached = if row.goal.is_reached(ratio, kt) {
            "reached"
        } else {
            "MISSED"
        };
        let unit = row.unit;
        println!(
            "| {} | {kt:.3} {unit} | {reference:.3} {unit} | {ratio:.2} | {} | {reached} |",
            row.name, row.goal
        );
    }
}

fn median(mut values: Vec<f64>) -> f64 {
    values.sort_by(f64::total_cmp);
    values.get(values.len() / 2).copied().unwrap_or(f64::NAN)
}
