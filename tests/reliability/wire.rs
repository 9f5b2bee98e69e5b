//! A blocking connection to a broker, on which any request can be sent at any version.
//!
//! Nothing is retried here and nothing is hidden: what the connection does, the caller sees.

use std::collections::VecDeque;
use std::io::{self, Read as _, Write as _};
use std::net::TcpStream;
use std::time::Duration;

use bytes::{Bytes, BytesMut};
use kt::protocol::messages::{StrBytes, TopicName};
use kt::protocol::{ApiRequest, decode_response, encode_request};

/// How long an answer may take before the broker counts as stuck.
pub const PATIENCE: Duration = Duration::from_secs(30);

/// A connection, and the requests on it that wait for their answers.
pub struct Wire {
    stream: TcpStream,
    next_id: i32,
    waiting: VecDeque<i32>,
}

impl Wire {
    pub fn connect(port: u16) -> io::Result<Self> {
        let stream = TcpStream::connect(("127.0.0.1", port))?;
        stream.set_read_timeout(Some(PATIENCE))?;
        stream.set_write_timeout(Some(PATIENCE))?;
        stream.set_nodelay(true)?;
        Ok(Self {
            stream,
            next_id: 1,
            waiting: VecDeque::new(),
        })
    }

    /// Writes a request; with `answered` its answer must be received, in the order of requests.
    pub fn send<R: ApiRequest>(
        &mut self,
        version: i16,
        request: &R,
        answered: bool,
    ) -> io::Result<()> {
        let mut out = BytesMut::new();
        let id = self.next_id;
        self.next_id = self.next_id.wrapping_add(1);
        let client = Bytes::from_static(b"reliability");
        encode_request(&mut out, version, id, &client, request).map_err(io::Error::other)?;
        if answered {
            self.waiting.push_back(id);
        }
        self.stream.write_all(&out)
    }

    /// Reads the answer to the oldest request that has none.
    pub fn receive<R: ApiRequest>(&mut self, version: i16) -> io::Result<R::Response> {
        let mut length = [0; 4];
        self.stream.read_exact(&mut length)?;
        let length = u32::from_be_bytes(length);
        let mut frame = vec![0; usize::try_from(length).map_err(io::Error::other)?];
        self.stream.read_exact(&mut frame)?;
        let (id, response) =
            decode_response::<R>(version, frame.into()).map_err(io::Error::other)?;
        if self.waiting.pop_front() != Some(id) {
            return Err(io::Error::other(format!("an answer to request {id}")));
        }
        Ok(response)
    }

    pub fn call<R: ApiRequest>(&mut self, version: i16, request: &R) -> io::Result<R::Response> {
        self.send(version, request, true)?;
        self.receive::<R>(version)
    }
}

/// Returns whether an error means that the broker hangs, not that it is gone.
pub fn is_silence(error: &io::Error) -> bool {
    [io::ErrorKind::WouldBlock, io::ErrorKind::TimedOut].contains(&error.kind())
}

pub fn text(text: &str) -> StrBytes {
    StrBytes::from_string(text.to_owned())
}

pub fn topic(name: &str) -> TopicName {
    TopicName(text(name))
}
