//! Who waits for a partition to move on.
//!
//! A waiter registers under the same lock as its check of the state, so no wake-up is lost; it is
//! forgotten when it is woken, or when it cancels.

use std::task::Waker;

/// Names a waiter within one partition.
pub type WaiterId = u64;

/// The wakers that wait for the next move.
#[derive(Debug, Default)]
pub(super) struct Waiters {
    next: WaiterId,
    waiting: Vec<(WaiterId, Waker)>,
}

impl Waiters {
    /// Registers a waker, in the place of the one that `id` names if it still waits.
    pub(super) fn register(&mut self, id: &mut Option<WaiterId>, waker: &Waker) {
        let named = id.and_then(|id| self.waiting.iter_mut().find(|(other, _)| *other == id));
        if let Some((_, known)) = named {
            known.clone_from(waker);
            return;
        }
        self.next += 1;
        self.waiting.push((self.next, waker.clone()));
        *id = Some(self.next);
    }

    /// Forgets a waiter.
    pub(super) fn cancel(&mut self, id: WaiterId) {
        self.waiting.retain(|(other, _)| *other != id);
    }

    /// Takes everyone, to be woken outside the lock.
    pub(super) fn take(&mut self) -> Vec<(WaiterId, Waker)> {
        std::mem::take(&mut self.waiting)
    }
}
