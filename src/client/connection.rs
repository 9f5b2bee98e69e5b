//! One socket to one broker: requests out in order, answers back to whoever waits.
//!
//! Any number of requests may be in flight; the broker answers in the order of the requests, and
//! an answer with another correlation id than the oldest request's ends the connection, since
//! then nothing that follows can be trusted. A request that is not answered in its time ends the
//! connection too: the answer might come later and be taken for another's.
//!
//! Whoever sends writes to the socket itself; one task a connection reads. A send that is dropped
//! half-way ends the connection, because half a frame is on the wire.

use std::collections::VecDeque;
use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use bytes::{Buf as _, Bytes, BytesMut};
use parking_lot::Mutex;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::tcp::{OwnedReadHalf, OwnedWriteHalf};
use tokio::net::{TcpSocket, TcpStream};
use tokio::sync::{Notify, oneshot};
use tokio::task::JoinHandle;
use tokio::time::Instant;

use super::config::ClientConfig;
use super::error::ClientError;
use super::parts::Parts;
use crate::protocol::WireError;

/// The largest response that is read; Kafka's clients have no limit.
const RESPONSE_BYTES_MAX: usize = 512 << 20;
/// The least room for a read.
const READ_BYTES: usize = 64 << 10;

/// A request that waits for its answer.
#[derive(Debug)]
struct Waiting {
    correlation_id: i32,
    answer: oneshot::Sender<Result<Bytes, ClientError>>,
}

#[derive(Debug, Default)]
struct Queue {
    waiting: VecDeque<Waiting>,
    /// Why the connection ended; nothing is sent after that.
    ended: Option<String>,
}

/// What the senders and the reading task share.
#[derive(Debug, Default)]
struct Shared {
    queue: Mutex<Queue>,
    ending: Notify,
}

impl Shared {
    /// Ends the connection; every request that waits fails.
    fn end(&self, reason: &str) {
        let waiting = {
            let mut queue = self.queue.lock();
            if queue.ended.is_none() {
                queue.ended = Some(reason.to_owned());
            }
            std::mem::take(&mut queue.waiting)
        };
        for request in waiting {
            // A receiver that is gone no longer wants the answer.
            let _gone = request.answer.send(Err(disconnected(reason)));
        }
        self.ending.notify_one();
    }

    /// Gives an answer to the oldest request.
    fn deliver(&self, frame: Bytes) -> Result<(), String> {
        let Some(id) = frame.first_chunk::<4>().map(|id| i32::from_be_bytes(*id)) else {
            return Err(format!("a response of {} bytes", frame.len()));
        };
        let oldest = self.queue.lock().waiting.pop_front();
        let Some(request) = oldest else {
            return Err(format!("a response with id {id} that nobody asked for"));
        };
        if request.correlation_id != id {
            let wanted = request.correlation_id;
            let reason = format!("correlation id {id} where {wanted} was expected");
            let _gone = request.answer.send(Err(disconnected(&reason)));
            return Err(reason);
        }
        let _gone = request.answer.send(Ok(frame));
        Ok(())
    }
}

fn disconnected(reason: &str) -> ClientError {
    ClientError::Disconnected {
        message: reason.to_owned(),
    }
}

/// Ends the connection if it is dropped while armed.
struct EndUnlessDone<'a> {
    shared: &'a Shared,
    done: bool,
}

impl Drop for EndUnlessDone<'_> {
    fn drop(&mut self) {
        if !self.done {
            self.shared.end("a request was given up half-way");
        }
    }
}

#[derive(Debug)]
struct Writer {
    half: OwnedWriteHalf,
    next_id: i32,
}

/// One socket to one broker.
#[derive(Debug)]
pub(crate) struct Connection {
    /// Held while a frame is written; the queue's lock is taken inside it.
    writer: tokio::sync::Mutex<Writer>,
    shared: Arc<Shared>,
    reader: JoinHandle<()>,
    timeout: Duration,
}

impl Connection {
    /// Connects to `peer`.
    pub(crate) async fn open(peer: SocketAddr, config: &ClientConfig) -> io::Result<Self> {
        let socket = if peer.is_ipv4() {
            TcpSocket::new_v4()?
        } else {
            TcpSocket::new_v6()?
        };
        if let Some(size) = config.send_buffer_bytes {
            socket.set_send_buffer_size(size)?;
        }
        if let Some(size) = config.receive_buffer_bytes {
            socket.set_recv_buffer_size(size)?;
        }
        let stream = tokio::time::timeout(config.connect_timeout, socket.connect(peer))
            .await
            .map_err(|_| io::Error::from(io::ErrorKind::TimedOut))??;
        stream.set_nodelay(true)?;
        if peer.ip().is_loopback() {
            prefer_cubic(&stream);
        }
        Ok(Self::over(stream, config.request_timeout))
    }

    fn over(stream: TcpStream, timeout: Duration) -> Self {
        let (read, write) = stream.into_split();
        let shared = Arc::new(Shared::default());
        let reader = tokio::spawn(read_answers(read, Arc::clone(&shared)));
        Self {
            writer: tokio::sync::Mutex::new(Writer {
                half: write,
                next_id: 0,
            }),
            shared,
            reader,
            timeout,
        }
    }

    /// Returns whether nothing can be sent any more.
    pub(crate) fn is_ended(&self) -> bool {
        self.shared.queue.lock().ended.is_some()
    }

    /// Writes the frame that `build` makes of a correlation id; returns once it is written.
    pub(crate) async fn send(
        &self,
        build: impl FnOnce(i32) -> Result<Parts, WireError>,
    ) -> Result<Answer, ClientError> {
        let (answer, receiver) = oneshot::channel();
        let id = self.write(build, Some(answer)).await?;
        Ok(Answer {
            correlation_id: id,
            receiver,
            deadline: Instant::now() + self.timeout,
            timeout: self.timeout,
            shared: Arc::clone(&self.shared),
        })
    }

    /// Writes a frame that the broker does not answer: a produce request with `acks=0`.
    pub(crate) async fn send_unanswered(
        &self,
        build: impl FnOnce(i32) -> Result<Parts, WireError>,
    ) -> Result<(), ClientError> {
        self.write(build, None).await.map(|_| ())
    }

    async fn write(
        &self,
        build: impl FnOnce(i32) -> Result<Parts, WireError>,
        answer: Option<oneshot::Sender<Result<Bytes, ClientError>>>,
    ) -> Result<i32, ClientError> {
        let mut writer = self.writer.lock().await;
        let id = writer.next_id;
        let mut parts = build(id)?;
        {
            let mut queue = self.shared.queue.lock();
            if let Some(reason) = &queue.ended {
                return Err(disconnected(reason));
            }
            if let Some(answer) = answer {
                queue.waiting.push_back(Waiting {
                    correlation_id: id,
                    answer,
                });
            }
        }
        writer.next_id = id.checked_add(1).unwrap_or(0);
        let mut guard = EndUnlessDone {
            shared: &self.shared,
            done: false,
        };
        let written =
            tokio::time::timeout(self.timeout, writer.half.write_all_buf(&mut parts)).await;
        guard.done = true;
        let reason = match written {
            Ok(Ok(())) => return Ok(id),
            Ok(Err(error)) => error.to_string(),
            Err(_) => "the broker takes no more bytes".to_owned(),
        };
        self.shared.end(&reason);
        Err(disconnected(&reason))
    }
}

impl Drop for Connection {
    fn drop(&mut self) {
        self.shared.end("the client closed the connection");
        self.reader.abort();
    }
}

/// Asks for CUBIC on loopback: BBR, a common default, halves the throughput there.
fn prefer_cubic(stream: &TcpStream) {
    // An optimisation only: a kernel without it goes on with its default.
    let _kept = rustix::net::sockopt::set_tcp_congestion(stream, "cubic");
}

/// The answer to a request, to be waited for.
#[derive(Debug)]
pub(crate) struct Answer {
    /// The request's correlation id.
    pub(crate) correlation_id: i32,
    receiver: oneshot::Receiver<Result<Bytes, ClientError>>,
    deadline: Instant,
    timeout: Duration,
    shared: Arc<Shared>,
}

impl Answer {
    /// Waits for the answer's frame, without its length; safe to be dropped and called again.
    pub(crate) async fn frame(&mut self) -> Result<Bytes, ClientError> {
        match tokio::time::timeout_at(self.deadline, &mut self.receiver).await {
            Ok(Ok(result)) => result,
            Ok(Err(_)) => Err(disconnected("the client closed the connection")),
            Err(_) => {
                let timeout_ms = self.timeout.as_millis();
                let message = format!("The request was not answered within {timeout_ms} ms.");
                self.shared.end(&message);
                Err(ClientError::Timeout { message })
            }
        }
    }
}

/// Reads frames and hands them out until the connection ends.
async fn read_answers(mut read: OwnedReadHalf, shared: Arc<Shared>) {
    let mut buffer = BytesMut::with_capacity(READ_BYTES);
    let reason = loop {
        let frame = tokio::select! {
            frame = read_frame(&mut read, &mut buffer) => frame,
            () = shared.ending.notified() => return,
        };
        match frame {
            Ok(frame) => {
                if let Err(reason) = shared.deliver(frame) {
                    break reason;
                }
            }
            Err(error) => break error.to_string(),
        }
    };
    shared.end(&reason);
}

/// Reads one frame, without its length; safe to be dropped and called again.
///
/// The buffer's memory is used again once the frames cut from it are gone.
async fn read_frame(read: &mut OwnedReadHalf, buffer: &mut BytesMut) -> io::Result<Bytes> {
    loop {
        let missing = match frame_bytes(buffer)? {
            Some(wanted) if buffer.len() >= 4 + wanted => {
                buffer.advance(4);
                return Ok(buffer.split_to(wanted).freeze());
            }
            Some(wanted) => 4 + wanted - buffer.len(),
            None => 4,
        };
        if buffer.capacity() - buffer.len() < missing.max(4096) {
            buffer.reserve(missing.max(READ_BYTES));
        }
        if read.read_buf(buffer).await? == 0 {
            let text = "the broker closed the connection";
            return Err(io::Error::new(io::ErrorKind::UnexpectedEof, text));
        }
    }
}

/// Returns the length of the frame at the front, once it is there.
fn frame_bytes(buffer: &BytesMut) -> io::Result<Option<usize>> {
    let Some(length) = buffer.first_chunk::<4>() else {
        return Ok(None);
    };
    let length = i32::from_be_bytes(*length);
    match usize::try_from(length) {
        Ok(length) if length <= RESPONSE_BYTES_MAX => Ok(Some(length)),
        _ => {
            let text = format!("a response of {length} bytes is not one of Kafka's");
            Err(io::Error::new(io::ErrorKind::InvalidData, text))
        }
    }
}

#[cfg(test)]
mod tests {
    use tokio::net::TcpListener;

    use super::*;

    async fn pair(timeout: Duration) -> (Connection, TcpStream) {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let peer = listener.local_addr().unwrap();
        let stream = TcpStream::connect(peer).await.unwrap();
        let (server, _) = listener.accept().await.unwrap();
        (Connection::over(stream, timeout), server)
    }

    fn frame(id: i32, body: &'static [u8]) -> Parts {
        let mut parts = Parts::default();
        let length = i32::try_from(4 + body.len()).unwrap();
        parts.push(Bytes::copy_from_slice(&length.to_be_bytes()));
        parts.push(Bytes::copy_from_slice(&id.to_be_bytes()));
        parts.push(Bytes::from_static(body));
        parts
    }

    /// Answers `count` requests with their own bytes.
    async fn echo(server: &mut TcpStream, count: usize) {
        for _ in 0..count {
            let length = server.read_i32().await.unwrap();
            let mut body = vec![0; usize::try_from(length).unwrap()];
            server.read_exact(&mut body).await.unwrap();
            server.write_i32(length).await.unwrap();
            server.write_all(&body).await.unwrap();
        }
    }

    #[tokio::test]
    async fn requests_in_flight_get_their_own_answers() {
        let (connection, mut server) = pair(Duration::from_secs(10)).await;
        let mut first = connection.send(|id| Ok(frame(id, b"one"))).await.unwrap();
        let mut second = connection.send(|id| Ok(frame(id, b"two"))).await.unwrap();
        echo(&mut server, 2).await;
        assert_eq!(&second.frame().await.unwrap()[4..], b"two");
        assert_eq!(&first.frame().await.unwrap()[4..], b"one");
    }

    #[tokio::test]
    async fn a_cut_in_the_middle_of_an_answer_fails_all_that_wait() {
        let (connection, mut server) = pair(Duration::from_secs(10)).await;
        let mut first = connection.send(|id| Ok(frame(id, b"one"))).await.unwrap();
        let mut second = connection.send(|id| Ok(frame(id, b"two"))).await.unwrap();
        server.write_all(&[0, 0, 0, 9, 0, 0]).await.unwrap();
        drop(server);
        assert!(first.frame().await.unwrap_err().is_retriable());
        assert!(second.frame().await.unwrap_err().is_retriable());
        assert!(connection.is_ended());
        let refused = connection.send(|id| Ok(frame(id, b"x"))).await;
        assert!(matches!(refused, Err(ClientError::Disconnected { .. })));
    }

    #[tokio::test]
    async fn a_wrong_correlation_id_ends_the_connection() {
        let (connection, mut server) = pair(Duration::from_secs(10)).await;
        let mut first = connection.send(|id| Ok(frame(id, b"one"))).await.unwrap();
        server.write_all(&[0, 0, 0, 4, 0, 0, 0, 77]).await.unwrap();
        let error = first.frame().await.unwrap_err();
        assert_eq!(error.to_string(), "correlation id 77 where 0 was expected");
    }

    #[tokio::test]
    async fn a_huge_length_is_refused_before_memory_is_asked_for() {
        let (connection, mut server) = pair(Duration::from_secs(10)).await;
        let mut first = connection.send(|id| Ok(frame(id, b"one"))).await.unwrap();
        server.write_all(b"HTTP/1.1 400 Bad Request").await.unwrap();
        let error = first.frame().await.unwrap_err();
        assert!(error.to_string().contains("1213486160 bytes"), "{error}");
    }

    #[tokio::test]
    async fn a_request_without_an_answer_ends_the_connection_in_time() {
        let (connection, _server) = pair(Duration::from_millis(30)).await;
        let mut first = connection.send(|id| Ok(frame(id, b"one"))).await.unwrap();
        let error = first.frame().await.unwrap_err();
        assert!(matches!(error, ClientError::Timeout { .. }), "{error}");
        assert!(connection.is_ended());
    }
}
