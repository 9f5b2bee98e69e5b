//! A pool of large buffers, zeroed once, for the bytes that go from files to sockets.
//!
//! Safe code can read a file only into initialised memory. Zeroing a fresh megabyte for every
//! answer would cost a tenth of the answer, so buffers are kept; few, so that memory stays small.

use std::ops::{Deref, DerefMut};
use std::sync::Arc;

use parking_lot::Mutex;

/// Buffers that wait for their next use.
#[derive(Debug)]
pub struct BufferPool {
    free: Mutex<Vec<Box<[u8]>>>,
    buffer_bytes: usize,
    free_max: usize,
}

impl BufferPool {
    /// Returns a pool of buffers of `buffer_bytes`, of which at most `free_max` are kept unused.
    #[must_use]
    pub fn new(buffer_bytes: usize, free_max: usize) -> Arc<Self> {
        Arc::new(Self {
            free: Mutex::new(Vec::new()),
            buffer_bytes,
            free_max,
        })
    }

    /// Takes a buffer; its content is whatever the last user left.
    #[must_use]
    pub fn take(self: &Arc<Self>) -> PooledBuffer {
        let free = self.free.lock().pop();
        let bytes = free.unwrap_or_else(|| vec![0; self.buffer_bytes].into_boxed_slice());
        PooledBuffer {
            bytes,
            pool: Arc::clone(self),
        }
    }
}

/// A buffer of the pool, which returns there when dropped.
#[derive(Debug)]
pub struct PooledBuffer {
    bytes: Box<[u8]>,
    pool: Arc<BufferPool>,
}

impl Deref for PooledBuffer {
    type Target = [u8];

    fn deref(&self) -> &[u8] {
        &self.bytes
    }
}

impl DerefMut for PooledBuffer {
    fn deref_mut(&mut self) -> &mut [u8] {
        &mut self.bytes
    }
}

impl Drop for PooledBuffer {
    fn drop(&mut self) {
        let mut free = self.pool.free.lock();
        if free.len() < self.pool.free_max {
            free.push(std::mem::take(&mut self.bytes));
        }
    }
}
