//! Walks the batches of one `.log` file: by their headers alone, or whole with their CRC.
//!
//! Neither walk trusts the file: a batch that reaches past the end, or is none, is reported with
//! its position. Known holes, damage that recovery left in place, are stepped over and reported.

use std::io;

use crate::fs::File;
use crate::record::{BatchHeader, HEADER_BYTES, MAGIC, RecordBatch};
use crate::types::Offset;

/// Damage inside a segment: bytes that are no batches, before others that are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Hole {
    /// Where it begins in the file.
    pub(super) begin: u64,
    /// Where the next good batch begins, or the file ends.
    pub(super) until: u64,
    /// Offset that should begin there.
    pub(super) first_offset: Offset,
    /// Offset of the next good batch.
    pub(super) next_offset: Offset,
}

/// What a walk over headers finds next.
#[derive(Clone, Copy, Debug)]
pub(super) enum Scanned {
    /// A batch.
    Batch(Located),
    /// A hole, which the walk has stepped over.
    Hole(Hole),
    /// Bytes that are no batch; the walk does not go on.
    Bad(u64),
    /// The end.
    End,
}

/// A batch and its place in the file.
#[derive(Clone, Copy, Debug)]
pub(super) struct Located {
    /// Where it begins.
    pub(super) position: u64,
    /// Its size.
    pub(super) bytes: u64,
    /// Its header.
    pub(super) header: BatchHeader,
}

/// A walk over headers.
#[derive(Debug)]
pub(super) struct HeaderScan<'a> {
    file: &'a dyn File,
    holes: &'a [Hole],
    position: u64,
    end: u64,
    read_bytes: usize,
    buffer: Vec<u8>,
    buffer_position: u64,
}

/// Enough for the batches between two index entries, mostly.
const SHORT_READ_BYTES: usize = 4096 + HEADER_BYTES;

impl<'a> HeaderScan<'a> {
    /// Returns the walk over `begin..end`.
    pub(super) const fn new(file: &'a dyn File, holes: &'a [Hole], begin: u64, end: u64) -> Self {
        Self {
            file,
            holes,
            position: begin,
            end,
            read_bytes: SHORT_READ_BYTES,
            buffer: Vec::new(),
            buffer_position: 0,
        }
    }

    /// Returns the next batch, hole, or end.
    pub(super) fn next(&mut self) -> io::Result<Scanned> {
        if self.position >= self.end {
            return Ok(Scanned::End);
        }
        if let Some(hole) = self.holes.iter().find(|hole| hole.begin == self.position) {
            self.position = hole.until;
            return Ok(Scanned::Hole(*hole));
        }
        let Some(header) = self.header()? else {
            return Ok(Scanned::Bad(self.position));
        };
        let total = header
            .total_bytes()
            .and_then(|bytes| u64::try_from(bytes).ok());
        let Some(bytes) = total.filter(|bytes| *bytes <= self.end - self.position) else {
            return Ok(Scanned::Bad(self.position));
        };
        if header.magic != MAGIC || header.last_offset_delta < 0 || header.base_offset.0 < 0 {
            return Ok(Scanned::Bad(self.position));
        }
        let located = Located {
            position: self.position,
            bytes,
            header,
        };
        self.position += bytes;
        Ok(Scanned::Batch(located))
    }

    fn header(&mut self) -> io::Result<Option<BatchHeader>> {
        let skip = self.position.checked_sub(self.buffer_position);
        let skip = skip.and_then(|skip| usize::try_from(skip).ok());
        if let Some(header) = skip
            .and_then(|skip| self.buffer.get(skip..))
            .and_then(BatchHeader::parse)
        {
            return Ok(Some(header));
        }
        let left = usize::try_from(self.end - self.position).unwrap_or(usize::MAX);
        if left < HEADER_BYTES {
            return Ok(None);
        }
        self.buffer.resize(self.read_bytes.min(left), 0);
        self.buffer_position = self.position;
        self.file.read_exact_at(&mut self.buffer, self.position)?;
        Ok(BatchHeader::parse(&self.buffer))
    }
}

/// What a walk over whole batches finds next.
#[derive(Debug)]
pub(super) enum Checked<'b> {
    /// A batch whose CRC is right, and where it begins.
    Batch(u64, RecordBatch<'b>),
    /// Bytes that are no whole batch, or whose CRC is wrong.
    Bad(u64, String),
    /// The end.
    End,
}

/// A walk over whole batches, in pieces of a mebibyte or of one batch.
#[derive(Debug)]
pub(super) struct BatchScan<'a> {
    file: &'a dyn File,
    position: u64,
    end: u64,
    buffer: Vec<u8>,
    buffer_position: u64,
}

const PIECE_BYTES: usize = 1 << 20;

impl<'a> BatchScan<'a> {
    /// Returns the walk over `begin..end`.
    pub(super) const fn new(file: &'a dyn File, begin: u64, end: u64) -> Self {
        Self {
            file,
            position: begin,
            end,
            buffer: Vec::new(),
            buffer_position: begin,
        }
    }

    /// Goes on elsewhere.
    pub(super) const fn seek(&mut self, position: u64) {
        self.position = position;
    }

    /// Returns the next batch; after a bad one, the same again until [`Self::seek`].
    pub(super) fn next(&mut self) -> io::Result<Checked<'_>> {
        let position = self.position;
        if position >= self.end {
            return Ok(Checked::End);
        }
        let left = self.end - position;
        let bad = |reason: String| Ok(Checked::Bad(position, reason));
        if !self.ensure(HEADER_BYTES)? {
            return bad(format!("{left} bytes are no batch"));
        }
        let needed = match BatchHeader::parse(self.window()) {
            Some(header) if header.magic == MAGIC => header.total_bytes(),
            Some(header) => return bad(format!("magic {}", header.magic)),
            None => None,
        };
        let Some(needed) = needed else {
            return bad("its length is below the minimum".into());
        };
        if !self.ensure(needed)? {
            return bad(format!("{needed} bytes are announced, {left} are there"));
        }
        let skip = usize::try_from(position - self.buffer_position).map_err(io::Error::other)?;
        match RecordBatch::parse(self.buffer.get(skip..).unwrap_or_default()) {
            Err(error) => bad(error.to_string()),
            Ok(batch) if !batch.crc_matches() => bad("its CRC is wrong".into()),
            Ok(batch) if batch.header().last_offset_delta < 0 => bad("its offsets fall".into()),
            Ok(batch) => {
                self.position += u64::try_from(batch.bytes().len()).map_err(io::Error::other)?;
                Ok(Checked::Batch(position, batch))
            }
        }
    }

    fn window(&self) -> &[u8] {
        let skip = self.position.checked_sub(self.buffer_position);
        let skip = skip
            .and_then(|skip| usize::try_from(skip).ok())
            .unwrap_or(usize::MAX);
        self.buffer.get(skip..).unwrap_or_default()
    }

    /// Brings `bytes` bytes from the position on into memory; false if the file has fewer.
    fn ensure(&mut self, bytes: usize) -> io::Result<bool> {
        let left = usize::try_from(self.end - self.position).unwrap_or(usize::MAX);
        if bytes > left {
            return Ok(false);
        }
        if self.window().len() < bytes {
            self.buffer.resize(bytes.max(PIECE_BYTES).min(left), 0);
            self.buffer_position = self.position;
            self.file.read_exact_at(&mut self.buffer, self.position)?;
        }
        Ok(true)
    }
}
