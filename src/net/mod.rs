//! Frames, addresses and sockets: what lies between a TCP stream and the wire's messages.

mod buffer;
mod endpoint;
mod frame;
mod socket;

pub use buffer::{BufferPool, PooledBuffer};
pub use endpoint::{Endpoint, EndpointError, SecurityProtocol};
pub use frame::{FrameBuffer, FrameError};
pub use socket::{connect, listen, prepare};
