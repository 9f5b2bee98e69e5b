//! Frames, addresses and sockets.
