//! Standard input as lines, cut out of one large buffer.
//!
//! A line ends at `\n`, `\r` or `\r\n`; the last one may lack its end. What is not UTF-8 becomes
//! U+FFFD, as in Java. Lines of any length are taken: the buffer grows for a long one.

use std::borrow::Cow;
use std::io::{self, Read};

/// How much is read at a time.
const READ_BYTES: usize = 256 * 1024;

/// A source of lines.
#[derive(Debug)]
pub(super) struct LineInput<R> {
    source: R,
    buffer: Vec<u8>,
    /// What of the buffer is filled, and not yet handed out.
    begin: usize,
    end: usize,
    ended: bool,
    /// The byte before `begin` was a `\r`, so a `\n` at `begin` belongs to it.
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

    /// Returns whether a whole line is there without reading.
    pub(super) fn has_line(&self) -> bool {
        let filled = self.buffer.get(self.begin..self.end).unwrap_or_default();
        let filled = match filled.split_first() {
            Some((b'\n', rest)) if self.after_return => rest,
            _ => filled,
        };
        memchr::memchr2(b'\n', b'\r', filled).is_some()
    }

    /// Returns the next line without its end, `None` at the end of the input.
    pub(super) fn next_line(&mut self) -> io::Result<Option<Cow<'_, str>>> {
        let Some((begin, end)) = self.next_span()? else {
            return Ok(None);
        };
        let bytes = self.buffer.get(begin..end).unwrap_or_default();
        Ok(Some(String::from_utf8_lossy(bytes)))
    }

    /// Finds the next line in the buffer, reading more if it is not all there.
    fn next_span(&mut self) -> io::Result<Option<(usize, usize)>> {
        let mut searched = self.begin;
        loop {
            if self.after_return && self.begin < self.end {
                self.after_return = false;
                if self.buffer.get(self.begin) == Some(&b'\n') {
                    self.begin += 1;
                }
            }
            searched = searched.max(self.begin);
            let filled = self.buffer.get(searched..self.end).unwrap_or_default();
            if let Some(found) = memchr::memchr2(b'\n', b'\r', filled) {
                let span = (self.begin, searched + found);
                self.after_return = filled.get(found) == Some(&b'\r');
                self.begin = searched + found + 1;
                return Ok(Some(span));
            }
            if self.ended {
                let span = (self.begin, self.end);
                self.begin = self.end;
                return Ok((span.0 < span.1).then_some(span));
            }
            searched = self.end - self.begin;
            self.fill()?;
            searched += self.begin;
        }
    }

    /// Reads more behind what is there, after moving that to the front.
    fn fill(&mut self) -> io::Result<()> {
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
        while let Some(line) = input.next_line().unwrap() {
            lines.push(line.into_owned());
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
    fn what_is_not_utf8_is_replaced() {
        assert_eq!(lines(b"a\xffb\n", 3), ["a\u{fffd}b"]);
    }
}
