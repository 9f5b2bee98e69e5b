//! `tests/fuzz/record_batch.rs` under libFuzzer.

#![no_main]
#![allow(dead_code, reason = "the samples are for the tests")]

#[path = "../../tests/fuzz/batches.rs"]
mod batches;
#[path = "../../tests/fuzz/record_batch.rs"]
mod record_batch;

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| record_batch::check(bytes));
