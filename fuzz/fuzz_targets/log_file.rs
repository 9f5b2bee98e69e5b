//! `tests/fuzz/log_file.rs` under libFuzzer.

#![no_main]
#![allow(dead_code, reason = "the samples are for the tests")]

#[path = "../../tests/fuzz/batches.rs"]
mod batches;
#[path = "../../tests/fuzz/log_file.rs"]
mod log_file;

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| log_file::check(bytes));
