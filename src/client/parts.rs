//! A frame in pieces, so that what is large is not copied together.

use std::collections::VecDeque;
use std::io::IoSlice;

use bytes::{Buf, Bytes, BytesMut};

/// The pieces of one frame, written one after the other without being copied together.
#[derive(Debug, Default)]
pub(crate) struct Parts {
    pieces: VecDeque<Bytes>,
    left: usize,
}

impl Parts {
    /// Adds a piece to the end.
    pub(crate) fn push(&mut self, piece: Bytes) {
        if !piece.is_empty() {
            self.left += piece.len();
            self.pieces.push_back(piece);
        }
    }
}

impl From<BytesMut> for Parts {
    fn from(frame: BytesMut) -> Self {
        let mut parts = Self::default();
        parts.push(frame.freeze());
        parts
    }
}

impl Buf for Parts {
    fn remaining(&self) -> usize {
        self.left
    }

    fn chunk(&self) -> &[u8] {
        self.pieces.front().map_or(&[], |piece| piece)
    }

    fn chunks_vectored<'a>(&'a self, slices: &mut [IoSlice<'a>]) -> usize {
        let mut count = 0;
        for (slice, piece) in slices.iter_mut().zip(&self.pieces) {
            *slice = IoSlice::new(piece);
            count += 1;
        }
        count
    }

    fn advance(&mut self, mut count: usize) {
        assert!(count <= self.left, "more bytes written than there were");
        self.left -= count;
        while let Some(piece) = self.pieces.front_mut() {
            if count < piece.len() {
                piece.advance(count);
                return;
            }
            count -= piece.len();
            self.pieces.pop_front();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pieces_are_one_run_of_bytes() {
        let mut parts = Parts::default();
        for piece in ["abc", "", "d", "efgh"] {
            parts.push(Bytes::from_static(piece.as_bytes()));
        }
        let mut slices = [IoSlice::new(&[]); 4];
        assert_eq!(parts.chunks_vectored(&mut slices), 3);
        parts.advance(4);
        assert_eq!((parts.remaining(), parts.chunk()), (4, &b"efgh"[..]));
        assert_eq!(&parts.copy_to_bytes(4)[..], b"efgh");
        assert!(!parts.has_remaining());
    }
}
