//! What a broken disk may do to a log, and what must hold all the same.
//!
//! Each suite is a function from a seed and a count to totals; here are the slices that every run
//! of the tests takes, `examples/simulation.rs` runs as many as one likes. `KT_SIMULATION_SEED`
//! moves the slice, so that each commit may see another one; a failure names its seed.

#![expect(
    clippy::unwrap_used,
    clippy::panic,
    unreachable_pub,
    reason = "a test fails by it; the suites are also an example's modules"
)]

use proptest::collection::vec;
use proptest::prelude::{ProptestConfig, any, proptest};

mod batches;
mod crash;
mod disk;
mod disk_faults;
mod faults;
mod flips;
mod operations;
mod totals;

fn seed() -> u64 {
    let seed = std::env::var("KT_SIMULATION_SEED").ok();
    seed.and_then(|seed| seed.parse().ok()).unwrap_or(1)
}

#[test]
fn nothing_acknowledged_is_lost_or_changed_by_power_cuts() {
    let totals = crash::run(seed(), 1500);
    assert!(totals.count("stacked") > 100, "{totals}");
}

#[test]
fn every_call_may_fail() {
    let totals = faults::run(seed(), 40);
    assert!(totals.count("scenarios") > 25, "{totals}");
}

#[test]
fn no_flipped_bit_is_served_or_loses_anything_untold() {
    let totals = flips::run(seed(), 800);
    assert!(totals.count("small") > 100, "{totals}");
}

#[test]
fn a_log_says_what_a_vector_says_by_seed() {
    let totals = operations::run(seed(), 60);
    assert!(totals.count("operations") > 1000, "{totals}");
}

fn cases() -> ProptestConfig {
    ProptestConfig {
        cases: 100,
        failure_persistence: None,
        ..ProptestConfig::default()
    }
}

proptest! {
    #![proptest_config(cases())]
    #[test]
    fn a_log_says_what_a_vector_says(
        operations in vec((0..operations::OPERATIONS, any::<u64>()), 0..120)
    ) {
        operations::sequence(0, &operations);
    }
}

#[test]
fn a_disk_without_syncs_is_found_out() {
    let lies = |sim: &kt::fs::SimFs| sim.lie_about_syncs();
    let found_out = (0..20).any(|seed| {
        let mut totals = totals::Totals::new("lies", seed);
        let run = std::panic::AssertUnwindSafe(|| crash::one(seed, &mut totals, &lies));
        let outcome = std::panic::catch_unwind(run);
        let text = outcome
            .err()
            .and_then(|text| text.downcast::<String>().ok());
        text.is_some_and(|text| text.contains("D1"))
    });
    assert!(found_out, "the crash suite proves nothing");
}
