//! Cuts a stream into frames: an int32 length, which does not count itself, then that many bytes.
//!
//! The length is checked before anything is allocated for it, and the buffer then grows with the
//! bytes that arrive, not with the bytes that are promised: a peer that declares 100 MiB and
//! sends nothing costs 64 KiB. An empty buffer is given back, so that an idle connection owns none.

use bytes::{Bytes, BytesMut};

/// Bytes read at once when nothing is known of the frame to come.
const READ_BYTES: usize = 64 * 1024;
/// A frame up to this size gets its whole buffer at once.
const FRAME_BYTES_AT_ONCE: usize = 1024 * 1024 + READ_BYTES;

/// The length of a frame is not one that is accepted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum FrameError {
    /// Below zero, or over the limit (`InvalidReceiveException`).
    #[error("Invalid receive (size = {length} larger than {length_max})")]
    Length {
        /// The length on the wire.
        length: i64,
        /// The most that is accepted.
        length_max: usize,
    },
}

/// The bytes of a stream that are not yet taken as frames.
#[derive(Debug)]
pub struct FrameBuffer {
    bytes: BytesMut,
    length_max: usize,
    /// The size of the last frame, which the next one often has too.
    last_length: usize,
}

impl FrameBuffer {
    /// Returns an empty buffer that accepts frames of at most `length_max` bytes.
    #[must_use]
    pub fn new(length_max: usize) -> Self {
        Self {
            bytes: BytesMut::new(),
            length_max,
            last_length: 0,
        }
    }

    /// Takes the next whole frame, without its length.
    pub fn take_frame(&mut self) -> Result<Option<Bytes>, FrameError> {
        let Some(length) = self.front_length()? else {
            return Ok(None);
        };
        if self.bytes.len() < 4 + length {
            return Ok(None);
        }
        self.last_length = length;
        let mut frame = self.bytes.split_to(4 + length);
        let _length = frame.split_to(4);
        Ok(Some(frame.freeze()))
    }

    /// Makes room for the next read and returns the buffer to read into.
    pub fn space(&mut self) -> Result<&mut BytesMut, FrameError> {
        let wanted = match self.front_length()? {
            Some(length) if length <= FRAME_BYTES_AT_ONCE => 4 + length - self.bytes.len(),
            // As much again as has arrived, up to what is still to come.
            Some(length) => {
                (4 + length - self.bytes.len()).min(self.bytes.len().max(FRAME_BYTES_AT_ONCE))
            }
            None => (self.last_length + 4).clamp(READ_BYTES, FRAME_BYTES_AT_ONCE),
        };
        if self.bytes.capacity() - self.bytes.len() < wanted.min(READ_BYTES / 2)
            || self.bytes.len() + wanted > self.bytes.capacity()
        {
            self.bytes.reserve(wanted);
        }
        Ok(&mut self.bytes)
    }

    /// Returns the size of the frame at the front if it is too large to get its buffer at once.
    pub fn large_frame(&self) -> Result<Option<usize>, FrameError> {
        Ok(self
            .front_length()?
            .filter(|length| *length > FRAME_BYTES_AT_ONCE))
    }

    /// Gives the buffer back if it holds nothing.
    pub fn release(&mut self) {
        if self.bytes.is_empty() {
            self.bytes = BytesMut::new();
        }
    }

    /// Returns whether bytes of an incomplete frame are waiting.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.bytes.is_empty()
    }

    fn front_length(&self) -> Result<Option<usize>, FrameError> {
        let Some(field) = self.bytes.first_chunk::<4>() else {
            return Ok(None);
        };
        let length = i32::from_be_bytes(*field);
        let error = FrameError::Length {
            length: i64::from(length),
            length_max: self.length_max,
        };
        let length = usize::try_from(length).map_err(|_| error)?;
        if length > self.length_max {
            Err(error)
        } else {
            Ok(Some(length))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn frames_come_out_however_the_stream_was_cut() {
        let stream = [0, 0, 0, 3, 1, 2, 3, 0, 0, 0, 0, 0, 0, 0, 1, 9];
        for piece in 1..stream.len() {
            let mut buffer = FrameBuffer::new(100);
            let mut frames = Vec::new();
            for bytes in stream.chunks(piece) {
                buffer.space().unwrap().extend_from_slice(bytes);
                while let Some(frame) = buffer.take_frame().unwrap() {
                    frames.push(frame.to_vec());
                }
            }
            assert_eq!(
                frames,
                [vec![1, 2, 3], vec![], vec![9]],
                "pieces of {piece}"
            );
            assert!(buffer.is_empty());
        }
    }

    #[test]
    fn a_length_out_of_range_is_refused_before_its_bytes_arrive() {
        for length in [-1, 101, i32::MAX, i32::MIN] {
            let mut buffer = FrameBuffer::new(100);
            buffer
                .space()
                .unwrap()
                .extend_from_slice(&length.to_be_bytes());
            assert!(buffer.take_frame().is_err(), "{length}");
            assert!(buffer.space().is_err(), "{length}");
        }
    }

    #[test]
    fn a_promised_frame_costs_no_more_than_twice_what_arrived() {
        let mut buffer = FrameBuffer::new(100 << 20);
        buffer
            .space()
            .unwrap()
            .extend_from_slice(&(100_i32 << 20).to_be_bytes());
        let capacity = buffer.space().unwrap().capacity();
        assert!(capacity <= 2 * FRAME_BYTES_AT_ONCE, "{capacity}");
    }
}
