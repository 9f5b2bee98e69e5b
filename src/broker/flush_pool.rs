//! Runs flushes on the runtime's blocking threads.

use crate::replica::FlushPool;

/// The runtime's blocking threads; as many flushes at once as it has.
#[derive(Debug)]
pub(super) struct BlockingPool {
    runtime: tokio::runtime::Handle,
}

impl BlockingPool {
    pub(super) fn new(runtime: tokio::runtime::Handle) -> Self {
        Self { runtime }
    }
}

impl FlushPool for BlockingPool {
    fn run(&self, job: Box<dyn FnOnce() + Send>) {
        // The job tells its waiters itself; nobody waits for the task.
        drop(self.runtime.spawn_blocking(job));
    }
}
