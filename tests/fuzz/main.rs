//! What bytes from outside must not do to the decoders of records and of files.
//!
//! Each target is a module with `check`, which panics if it finds a fault, and `samples`, good
//! inputs to begin with. Here they meet their samples, the corpus in `fuzz/corpus`, and changed
//! copies of both, another slice for each `KT_SIMULATION_SEED`. The targets in `fuzz/` are the same
//! modules under libFuzzer, for hours by hand.
//!
//! `KT_FUZZ_CORPUS=fuzz/corpus cargo test --test fuzz` writes the samples there to begin with.

#![expect(
    clippy::unwrap_used,
    clippy::panic,
    clippy::disallowed_methods,
    clippy::disallowed_macros,
    clippy::print_stderr,
    unreachable_pub,
    reason = "a test fails by it, and reads the corpus; the targets are also those of libFuzzer"
)]

use std::fs;
use std::path::{Path, PathBuf};

use kt::rng::Rng;

mod batches;
mod index_files;
mod log_file;
mod mutate;
mod record_batch;
mod small_files;

fn seed() -> u64 {
    let seed = std::env::var("KT_SIMULATION_SEED").ok();
    seed.and_then(|seed| seed.parse().ok()).unwrap_or(1)
}

/// Checks the samples and the corpus of a target, and so many changed copies of them.
fn run(target: &str, samples: Vec<Vec<u8>>, check: fn(&[u8]), changed: u64) {
    if let Some(corpus) = std::env::var_os("KT_FUZZ_CORPUS") {
        let folder = PathBuf::from(corpus).join(target);
        fs::create_dir_all(&folder).unwrap();
        for (number, sample) in samples.iter().enumerate() {
            fs::write(folder.join(format!("sample-{number}")), sample).unwrap();
        }
    }
    let mut inputs = samples;
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("fuzz/corpus");
    let mut kept: Vec<PathBuf> = fs::read_dir(folder.join(target))
        .into_iter()
        .flatten()
        .map(|entry| entry.unwrap().path())
        .collect();
    kept.sort();
    inputs.extend(kept.iter().map(|path| fs::read(path).unwrap()));
    for input in &inputs {
        check(input);
    }
    let first = seed();
    for number in first..first + changed {
        let mut rng = Rng::seeded(number);
        let input = mutate::changed(&inputs, &mut rng);
        let kept = KeptIfFailing {
            name: format!("{target}-{number}"),
            input: &input,
        };
        check(&input);
        drop(kept);
    }
}

/// Writes the input that a check panics at, to be added to the corpus.
struct KeptIfFailing<'a> {
    name: String,
    input: &'a [u8],
}

impl Drop for KeptIfFailing<'_> {
    fn drop(&mut self) {
        if std::thread::panicking() {
            let path = std::env::temp_dir().join(format!("kt-fuzz-{}", self.name));
            let written = fs::write(&path, self.input);
            eprintln!("the input that fails: {} ({written:?})", path.display());
        }
    }
}

#[test]
fn record_batches() {
    let samples = record_batch::samples();
    run("record_batch", samples, record_batch::check, 3000);
}

#[test]
fn log_files() {
    run("log_file", log_file::samples(), log_file::check, 400);
}

#[test]
fn index_files() {
    let samples = index_files::samples();
    run("index_files", samples, index_files::check, 600);
}

#[test]
fn small_files() {
    let samples = small_files::samples();
    run("small_files", samples, small_files::check, 4000);
}
