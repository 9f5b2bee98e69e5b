//! Standard input, read by a thread of its own so that a signal can end the wait for it.

use std::io::{self, IsTerminal, Read, Write};
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};

use super::input::READ_BYTES;

/// How many pieces may wait to be taken.
const PIECES_MAX: usize = 4;

/// Returns whether a person types.
pub(super) fn is_terminal() -> bool {
    io::stdin().is_terminal()
}

/// What the reading thread, or a signal, has to say.
enum Piece {
    Bytes(Vec<u8>),
    End,
    Failed(io::Error),
}

/// The reading end.
#[derive(Debug)]
pub(super) struct StdinSource {
    pieces: Receiver<Piece>,
    current: Vec<u8>,
    taken: usize,
}

/// Ends the input before its end.
#[derive(Debug)]
pub(super) struct StopInput {
    pieces: SyncSender<Piece>,
}

impl StdinSource {
    /// Starts to read; `prompt` writes `>` to stdout before each read, as Kafka's tool does where
    /// a person types and reads.
    pub(super) fn start(prompt: bool) -> (Self, StopInput) {
        let (sender, pieces) = sync_channel(PIECES_MAX);
        let stop = StopInput {
            pieces: sender.clone(),
        };
        // Never joined: it may wait for the terminal when the process ends.
        std::thread::spawn(move || read_all(prompt, &sender));
        let source = Self {
            pieces,
            current: Vec::new(),
            taken: 0,
        };
        (source, stop)
    }
}

impl StopInput {
    /// Ends the input behind what was read.
    pub(super) fn stop(self) {
        // If the pieces are not being taken, the wait for the end is bounded.
        drop(self.pieces.try_send(Piece::End));
    }
}

fn read_all(prompt: bool, sender: &SyncSender<Piece>) {
    loop {
        if prompt {
            let mut stdout = io::stdout();
            // Without a prompt one can type all the same.
            drop(stdout.write_all(b">").and_then(|()| stdout.flush()));
        }
        let mut bytes = vec![0; READ_BYTES];
        let piece = match io::stdin().read(&mut bytes) {
            Ok(0) => Piece::End,
            Ok(count) => {
                bytes.truncate(count);
                Piece::Bytes(bytes)
            }
            Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
            Err(error) => Piece::Failed(error),
        };
        let last = !matches!(piece, Piece::Bytes(_));
        if sender.send(piece).is_err() || last {
            return;
        }
    }
}

impl Read for StdinSource {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        if self.taken == self.current.len() {
            match self.pieces.recv() {
                Ok(Piece::Bytes(bytes)) => {
                    self.current = bytes;
                    self.taken = 0;
                }
                Ok(Piece::End) | Err(_) => return Ok(0),
                Ok(Piece::Failed(error)) => return Err(error),
            }
        }
        let rest = self.current.get(self.taken..).unwrap_or_default();
        let count = rest.len().min(buffer.len());
        if let (Some(to), Some(from)) = (buffer.get_mut(..count), rest.get(..count)) {
            to.copy_from_slice(from);
        }
        self.taken += count;
        Ok(count)
    }
}
