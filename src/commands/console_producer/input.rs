//! Standard input in one large buffer: as lines, or as the bytes that are there.
//!
//! A line ends at `\n`, `\r` or `\r\n`; the last one may lack its end. Lines of any length are
//! taken: the buffer grows for a long one. Lines come in blocks, all that one read completed, so
//! that a caller can take many without a call each.

use std::io::{self, Read};

/// How much is read at a time.
pub(super) const READ_BYTES: usize = 256 * 1024;

/// A source of lines.
#[derive(Debug)]
pub(super) struct LineInput<R> {
    source: R,
    buffer: Vec<u8>,
    /// What of the buffer is filled, and not yet handed out.
    begin: usize,
    end: usize,
    ended: bool,
    /// The last line handed out ended with a `\r`, so a `\n` that follows belongs to it.
    after_return: bool,
}

impl<R: Read> LineInput<R> {
    pub(super) fn new(source: R) -> Self {
        Self {
            source,
            buffer: vec![0; READ_BYTES],
            begin: 0,
            end: 0,
            ended: false,
            after_return: false,
        }
    }

    /// Returns the next lines, all that are complete; `None` at the end of the input.
    pub(super) fn next_block(&mut self) -> io::Result<Option<Block<'_>>> {
        let mut searched = self.begin;
        loop {
            if self.after_return && self.begin < self.end {
                self.after_return = false;
                if self.buffer.get(self.begin) == Some(&b'\n') {
                    self.begin += 1;
                }
                searched = searched.max(self.begin);
            }
            let new = self.buffer.get(searched..self.end).unwrap_or_default();
            if let Some(found) = memchr::memrchr2(b'\n', b'\r', new) {
                let until = searched + found + 1;
                self.after_return = new.get(found) == Some(&b'\r');
                return Ok(self.take(until));
            }
            if self.ended {
                return Ok(self.take(self.end));
            }
            searched = self.end - self.begin;
            self.fill()?;
        }
    }

    /// Returns what is there and was not taken.
    pub(super) fn pending(&self) -> &[u8] {
        self.buffer.get(self.begin..self.end).unwrap_or_default()
    }

    /// Returns whether nothing comes behind what is there.
    pub(super) const fn is_ended(&self) -> bool {
        self.ended
    }

    /// Takes the first bytes of what is there.
    pub(super) fn skip(&mut self, bytes: usize) {
        self.begin = self.end.min(self.begin + bytes);
    }

    /// Hands out what lies before `until`.
    fn take(&mut self, until: usize) -> Option<Block<'_>> {
        let begin = std::mem::replace(&mut self.begin, until);
        let bytes = self.buffer.get(begin..until).unwrap_or_default();
        (!bytes.is_empty()).then_some(Block { bytes })
    }

    /// Reads more behind what is there, after moving that to the front.
    pub(super) fn fill(&mut self) -> io::Result<()> {
        self.buffer.copy_within(self.begin..self.end, 0);
        self.end -= self.begin;
        self.begin = 0;
        if self.end == self.buffer.len() {
            self.buffer.resize(self.buffer.len() * 2, 0);
        }
        loop {
            let free = self.buffer.get_mut(self.end..).unwrap_or_default();
            match self.source.read(free) {
                Ok(0) => self.ended = true,
                Ok(count) => self.end += count,
                Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
                Err(error) => return Err(error),
            }
            return Ok(());
        }
    }
}

/// Whole lines with their ends; only the last of the input may lack it.
#[derive(Clone, Copy, Debug)]
pub(super) struct Block<'b> {
    bytes: &'b [u8],
}

impl<'b> Block<'b> {
    /// Returns whether all of it is UTF-8.
    pub(super) fn is_utf8(self) -> bool {
        std::str::from_utf8(self.bytes).is_ok()
    }

    /// Returns the lines, without their ends.
    pub(super) fn lines(self) -> Lines<'b> {
        // Few inputs have a `\r` at all, and one byte is searched for faster than two.
        let returns = memchr::memchr(b'\r', self.bytes).is_some();
        Lines {
            rest: self.bytes,
            returns,
        }
    }
}

/// The lines of a block.
#[derive(Clone, Debug)]
pub(super) struct Lines<'b> {
    rest: &'b [u8],
    returns: bool,
}

impl<'b> Iterator for Lines<'b> {
    type Item = &'b [u8];

    fn next(&mut self) -> Option<&'b [u8]> {
        if self.rest.is_empty() {
            return None;
        }
        let found = if self.returns {
            memchr::memchr2(b'\n', b'\r', self.rest)
        } else {
            memchr::memchr(b'\n', self.rest)
        };
        let Some(found) = found else {
            return Some(std::mem::take(&mut self.rest));
        };
        let (line, rest) = self.rest.split_at(found);
        self.rest = match rest {
            [b'\r', b'\n', rest @ ..] | [_, rest @ ..] => rest,
            [] => rest,
        };
        Some(line)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Hands out a few bytes at a time, so that every line end falls on every border.
    struct Drops<'a>(&'a [u8], usize);

    impl Read for Drops<'_> {
        fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
            let count = self.1.min(self.0.len()).min(buffer.len());
            let (now, later) = self.0.split_at(count);
            buffer[..count].copy_from_slice(now);
            self.0 = later;
            Ok(count)
        }
    }

    fn lines(text: &[u8], drop: usize) -> Vec<String> {
        let mut input = LineInput::new(Drops(text, drop));
        let mut lines = Vec::new();
        while let Some(block) = input.next_block().unwrap() {
            lines.extend(
                block
                    .lines()
                    .map(|line| String::from_utf8_lossy(line).into_owned()),
            );
        }
        lines
    }

    #[test]
    fn every_line_end_is_taken_wherever_a_read_ends() {
        for drop in 1..12 {
            assert_eq!(
                lines(b"a\r\n\nb\rc\r\r\nlast", drop),
                ["a", "", "b", "c", "", "last"]
            );
            assert_eq!(lines(b"a\n", drop), ["a"]);
            assert_eq!(lines(b"a\r\n", drop), ["a"]);
            assert_eq!(lines(b"\n", drop), [""]);
            assert!(lines(b"", drop).is_empty());
        }
    }

    #[test]
    fn a_line_longer_than_the_buffer_is_one_line() {
        let long = vec![b'x'; READ_BYTES * 3];
        let mut text = b"a\n".to_vec();
        text.extend_from_slice(&long);
        text.extend_from_slice(b"\nb");
        let found = lines(&text, 100_000);
        assert_eq!(found.len(), 3);
        assert_eq!(found[1].len(), long.len());
    }

    #[test]
    fn what_one_read_completes_is_one_block() {
        let mut input = LineInput::new(&b"a\nb\xff\nc"[..]);
        let block = input.next_block().unwrap().unwrap();
        assert_eq!(block.lines().count(), 2);
        assert!(!block.is_utf8());
        let block = input.next_block().unwrap().unwrap();
        assert_eq!(block.lines().collect::<Vec<_>>(), [b"c"]);
        assert!(input.next_block().unwrap().is_none());
    }
}
