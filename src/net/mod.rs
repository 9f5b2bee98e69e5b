//! Frames, buffers and sockets: what lies between a TCP stream and the wire's messages.

mod buffer;
mod frame;
mod socket;

pub use buffer::{BufferPool, PooledBuffer};
pub use frame::{FrameBuffer, FrameError};
pub use socket::{listen, prepare};
