//! Timeouts as data: what is due when, fired by `now`.

use std::collections::{BTreeSet, HashMap};
use std::hash::Hash;

/// The two times that a coordinator is told.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Now {
    /// The wall clock, for what is written down.
    pub wall_ms: i64,
    /// Time that never steps back, for timeouts.
    pub elapsed_ms: i64,
}

/// What is due when; a key is due once.
#[derive(Debug)]
pub struct Timers<K> {
    due: HashMap<K, i64>,
    queue: BTreeSet<(i64, K)>,
}

impl<K> Default for Timers<K> {
    fn default() -> Self {
        Self {
            due: HashMap::new(),
            queue: BTreeSet::new(),
        }
    }
}

impl<K: Clone + Ord + Hash> Timers<K> {
    /// Makes `key` due at `at`, in the place of an earlier time of it.
    pub fn set(&mut self, key: K, at: i64) {
        if let Some(before) = self.due.insert(key.clone(), at) {
            self.queue.remove(&(before, key.clone()));
        }
        self.queue.insert((at, key));
    }

    /// Forgets `key`.
    pub fn cancel(&mut self, key: &K) {
        if let Some(at) = self.due.remove(key) {
            self.queue.remove(&(at, key.clone()));
        }
    }

    /// Returns whether `key` waits for its time.
    #[must_use]
    pub fn is_set(&self, key: &K) -> bool {
        self.due.contains_key(key)
    }

    /// Returns when the next one is due.
    #[must_use]
    pub fn next(&self) -> Option<i64> {
        self.queue.first().map(|(at, _)| *at)
    }

    /// Takes one that is due at `now`, the earliest first.
    pub fn pop(&mut self, now: i64) -> Option<K> {
        if self.next()? > now {
            return None;
        }
        let (_, key) = self.queue.pop_first()?;
        self.due.remove(&key);
        Some(key)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_is_due_once_and_at_its_last_time() {
        let mut timers = Timers::default();
        timers.set("a", 10);
        timers.set("b", 5);
        timers.set("a", 3);
        timers.set("c", 1);
        timers.cancel(&"c");
        assert_eq!(timers.next(), Some(3));
        assert_eq!(timers.pop(2), None);
        assert_eq!(timers.pop(20), Some("a"));
        assert_eq!(timers.pop(20), Some("b"));
        assert_eq!(timers.pop(20), None);
    }
}
