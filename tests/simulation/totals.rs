//! What a suite has done, as a line of the ledger.

use std::collections::BTreeMap;
use std::fmt;

/// Counts of one run.
#[derive(Clone, Debug)]
pub struct Totals {
    suite: &'static str,
    first_seed: u64,
    end_seed: u64,
    counts: BTreeMap<&'static str, u64>,
}

impl Totals {
    pub fn new(suite: &'static str, first_seed: u64) -> Self {
        Self {
            suite,
            first_seed,
            end_seed: first_seed,
            counts: BTreeMap::new(),
        }
    }

    pub fn add(&mut self, what: &'static str, count: u64) {
        *self.counts.entry(what).or_default() += count;
    }

    pub fn count(&self, what: &str) -> u64 {
        self.counts.get(what).copied().unwrap_or_default()
    }

    /// Notes the first seed that was not used.
    pub fn end(&mut self, seed: u64) {
        self.end_seed = seed;
    }
}

impl fmt::Display for Totals {
    /// Writes suite, seeds, counts, and no failures, separated by tabs: a failure ends the run.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let counts: Vec<String> = self
            .counts
            .iter()
            .map(|(what, count)| format!("{what}={count}"))
            .collect();
        write!(
            f,
            "{}\t{}..{}\t{}\t0",
            self.suite,
            self.first_seed,
            self.end_seed,
            counts.join(" ")
        )
    }
}
