//! `tests/fuzz/index_files.rs` under libFuzzer.

#![no_main]
#![allow(dead_code, reason = "the samples are for the tests")]

#[path = "../../tests/fuzz/batches.rs"]
mod batches;
#[path = "../../tests/fuzz/log_file.rs"]
mod log_file;
#[path = "../../tests/fuzz/index_files.rs"]
mod index_files;

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| index_files::check(bytes));
