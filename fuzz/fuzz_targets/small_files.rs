//! `tests/fuzz/small_files.rs` under libFuzzer.

#![no_main]
#![allow(dead_code, reason = "the samples are for the tests")]

#[path = "../../tests/fuzz/small_files.rs"]
mod small_files;

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| small_files::check(bytes));
