//! What a handler gives back: a message to encode, or pieces that partly lie in files.

use std::io;
use std::sync::Arc;

use bytes::Bytes;

use crate::fs::File;
use crate::protocol::Response;

/// What a handler gives back.
#[derive(Debug)]
pub(super) enum Answer {
    /// A message, encoded at the version of the request.
    Message(Response),
    /// A whole frame, written by hand; records stay in their files until they are sent.
    Pieces(Vec<Piece>),
}

impl<R: Into<Response>> From<R> for Answer {
    fn from(response: R) -> Self {
        Self::Message(response.into())
    }
}

/// A part of a frame.
#[derive(Debug)]
pub(super) enum Piece {
    /// Bytes in memory.
    Bytes(Bytes),
    /// Bytes of a segment's file.
    File {
        /// The file; it stays readable after its name is gone.
        file: Arc<dyn File>,
        /// Where the bytes begin.
        position: u64,
        /// How many they are.
        bytes: usize,
    },
}

impl Piece {
    /// Returns the size in bytes.
    pub(super) fn bytes(&self) -> usize {
        match self {
            Self::Bytes(bytes) => bytes.len(),
            Self::File { bytes, .. } => *bytes,
        }
    }

    /// Fills `target` with the bytes from `begin` on.
    ///
    /// Pages that are not in memory are waited for without holding up other connections.
    pub(super) fn copy(&self, target: &mut [u8], begin: usize) -> io::Result<()> {
        match self {
            Self::Bytes(bytes) => {
                let source = bytes
                    .get(begin..begin + target.len())
                    .ok_or(io::ErrorKind::UnexpectedEof)?;
                target.copy_from_slice(source);
                Ok(())
            }
            Self::File { file, position, .. } => {
                let position = position + u64::try_from(begin).map_err(io::Error::other)?;
                if file.read_cached_at(target, position)? {
                    return Ok(());
                }
                tokio::task::block_in_place(|| file.read_exact_at(target, position))
            }
        }
    }
}
