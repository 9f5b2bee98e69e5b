//! One client connection: reads frames, starts requests, answers in request order.
//!
//! One task does all of it, so that a small request costs four system calls and no hand-over.
//! Only Produce may run ahead, and only behind Produce that waits for a flush: a producer that
//! pipelines joins its own requests in one fsync. Everything else starts when the queue of
//! pending answers is empty, as in Kafka, which mutes a socket until its answer is written.

use std::collections::VecDeque;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use bytes::{Bytes, BytesMut};
use tokio::io::AsyncWriteExt as _;
use tokio::net::TcpStream;
use tokio::sync::OwnedSemaphorePermit;

use super::answer::{Answer, Piece};
use super::context::{ConnectionContext, RequestContext};
use super::dispatch::dispatch;
use super::handlers::{api_versions, produce};
use super::state::{BrokerState, MEMORY_SHARE_BYTES};
use super::stop::{Stop, stopped};
use crate::net::{FrameBuffer, FrameError};
use crate::protocol::{ApiKey, Request, RequestHeader, WireError, decode_request, encode_response};

/// Produce requests of one connection that may wait for a flush at once.
const PENDING_MAX: usize = 16;
/// Their bytes.
const PENDING_BYTES_MAX: usize = 8 * 1024 * 1024;
/// Answers are written together up to this size.
const OUT_BYTES_MAX: usize = 64 * 1024;

/// Why a connection ended.
#[derive(Debug, thiserror::Error)]
pub(super) enum ConnectionEnd {
    /// A frame's length is out of range.
    #[error(transparent)]
    Frame(#[from] FrameError),
    /// A header or a body that cannot be read.
    #[error(transparent)]
    Wire(#[from] WireError),
    /// An API that is not served here.
    #[error("api key {key} version {version} is not served (client id {client:?} at {peer})")]
    NotServed {
        /// The API's number.
        key: i16,
        /// The version asked for.
        version: i16,
        /// Who asked.
        client: String,
        /// From where.
        peer: SocketAddr,
    },
    /// The only way to tell a producer with acks=0 that it failed.
    #[error("a produce request without acknowledgement failed")]
    SilentProduceFailed,
    /// The socket failed.
    #[error(transparent)]
    Io(#[from] std::io::Error),
}

/// A produce request whose answer waits for a flush.
struct Pending {
    answer: produce::Started,
    header: RequestHeader,
    bytes: usize,
}

/// A client connection and what is under way on it.
pub(super) struct Connection {
    stream: TcpStream,
    context: ConnectionContext,
    frames: FrameBuffer,
    out: BytesMut,
    pending: VecDeque<Pending>,
    pending_bytes: usize,
    idle_max: Duration,
    stop: Stop,
    /// The share of the request memory that the large frame at hand has taken.
    memory: Option<OwnedSemaphorePermit>,
}

impl Connection {
    pub(super) fn new(
        stream: TcpStream,
        peer: SocketAddr,
        listener: Arc<str>,
        state: Arc<BrokerState>,
        stop: Stop,
    ) -> Self {
        let frames = FrameBuffer::new(state.limits.request_bytes_max);
        let idle_max = state.limits.connection_idle_max;
        Self {
            stream,
            context: ConnectionContext {
                state,
                listener,
                peer,
            },
            frames,
            out: BytesMut::new(),
            pending: VecDeque::new(),
            pending_bytes: 0,
            idle_max,
            stop,
            memory: None,
        }
    }

    /// Serves the connection until the peer closes it, the broker stops or it breaks a rule.
    pub(super) async fn run(mut self) -> Result<(), ConnectionEnd> {
        loop {
            if let Some(frame) = self.frames.take_frame()? {
                self.serve(frame).await?;
                self.memory = None;
                if self.out.len() > OUT_BYTES_MAX {
                    self.write_out().await?;
                }
            } else {
                self.write_out().await?;
                if !self.wait().await? {
                    self.finish_pending().await?;
                    return self.write_out().await;
                }
            }
        }
    }

    /// Waits for bytes of the peer or for the oldest pending answer; `false` at the end.
    async fn wait(&mut self) -> Result<bool, ConnectionEnd> {
        if *self.stop.borrow() {
            return Ok(false);
        }
        self.reserve_memory().await?;
        let may_read = self.pending.len() < PENDING_MAX && self.pending_bytes < PENDING_BYTES_MAX;
        let Some(front) = self.pending.front_mut() else {
            self.frames.release();
            return self.wait_idle().await;
        };
        tokio::select! {
            biased;
            () = front.answer.finished() => {}
            ready = self.stream.readable(), if may_read => {
                ready?;
                return self.read();
            }
        }
        self.answer_front()?;
        Ok(true)
    }

    /// Takes a share of the request memory for a large frame before its buffer grows.
    async fn reserve_memory(&mut self) -> Result<(), ConnectionEnd> {
        let Some(bytes) = self.frames.large_frame()?.filter(|_| self.memory.is_none()) else {
            return Ok(());
        };
        self.finish_pending().await?;
        self.write_out().await?;
        let shares = u32::try_from(bytes.div_ceil(MEMORY_SHARE_BYTES)).unwrap_or(u32::MAX);
        let memory = Arc::clone(&self.context.state.request_memory);
        // Never closed; a wait without end is cut short by the stop of the broker.
        self.memory = tokio::select! {
            permit = memory.acquire_many_owned(shares) => permit.ok(),
            () = stopped(&mut self.stop) => None,
        };
        Ok(())
    }

    /// Waits for bytes of the peer with nothing under way.
    async fn wait_idle(&mut self) -> Result<bool, ConnectionEnd> {
        tokio::select! {
            biased;
            ready = self.stream.readable() => ready?,
            _ = self.stop.changed() => return Ok(false),
            () = tokio::time::sleep(self.idle_max) => return Ok(false),
        }
        self.read()
    }

    /// Reads what has arrived; `false` if the peer has closed.
    fn read(&mut self) -> Result<bool, ConnectionEnd> {
        match self.stream.try_read_buf(self.frames.space()?) {
            Ok(count) => Ok(count > 0),
            Err(error) if error.kind() == std::io::ErrorKind::WouldBlock => Ok(true),
            Err(error) => Err(error.into()),
        }
    }

    /// Serves one request.
    async fn serve(&mut self, mut frame: Bytes) -> Result<(), ConnectionEnd> {
        let bytes = frame.len();
        let header = RequestHeader::read(&mut frame)?;
        let not_served = || ConnectionEnd::NotServed {
            key: header.api_key,
            version: header.api_version,
            client: String::from_utf8_lossy(&header.client_id).into_owned(),
            peer: self.context.peer,
        };
        let key = ApiKey::from_code(header.api_key).ok_or_else(not_served)?;
        if !key.row().versions.contains(header.api_version) {
            if key != ApiKey::ApiVersions {
                return Err(not_served());
            }
            self.finish_pending().await?;
            let refusal = api_versions::unsupported_version();
            encode_response(&mut self.out, 0, header.correlation_id, &refusal.into())?;
            return Ok(());
        }
        if key == ApiKey::Produce {
            return self.serve_produce(header, frame, bytes).await;
        }
        self.finish_pending().await?;
        let request = decode_request(key, header.api_version, frame)?;
        let context = RequestContext {
            connection: &self.context,
            header: &header,
        };
        // Boxed: the largest handler's future would otherwise be held by every connection.
        let answer = Box::pin(dispatch(request, &context)).await;
        self.answer(&header, answer).await
    }

    /// Starts a produce request, whose answer may have to wait.
    async fn serve_produce(
        &mut self,
        header: RequestHeader,
        frame: Bytes,
        bytes: usize,
    ) -> Result<(), ConnectionEnd> {
        if header.api_version < produce::VERSION_MIN {
            self.finish_pending().await?;
            let refused = produce::refuse_message_set(&mut self.out, &header, frame)?;
            return refused
                .then_some(())
                .ok_or(ConnectionEnd::SilentProduceFailed);
        }
        let Request::Produce(request) = decode_request(ApiKey::Produce, header.api_version, frame)?
        else {
            return Err(ConnectionEnd::SilentProduceFailed);
        };
        let context = RequestContext {
            connection: &self.context,
            header: &header,
        };
        let mut started = produce::start(request, &context);
        if started.is_silent() {
            return if started.failed() {
                Err(ConnectionEnd::SilentProduceFailed)
            } else {
                Ok(())
            };
        }
        if self.pending.is_empty() && started.is_finished() {
            let response = started.into_response();
            encode_response(
                &mut self.out,
                header.api_version,
                header.correlation_id,
                &response.into(),
            )?;
            return Ok(());
        }
        self.pending_bytes += bytes;
        self.pending.push_back(Pending {
            answer: started,
            header,
            bytes,
        });
        Ok(())
    }

    /// Waits for every pending answer.
    async fn finish_pending(&mut self) -> Result<(), ConnectionEnd> {
        while let Some(front) = self.pending.front_mut() {
            if !front.answer.is_finished() {
                if !self.out.is_empty() {
                    self.stream.write_all(&self.out).await?;
                    self.out.clear();
                }
                front.answer.finished().await;
            }
            self.answer_front()?;
        }
        Ok(())
    }

    /// Encodes the answers at the front of the queue that are finished.
    fn answer_front(&mut self) -> Result<(), ConnectionEnd> {
        while let Some(mut front) = self.pending.pop_front() {
            if !front.answer.is_finished() {
                self.pending.push_front(front);
                break;
            }
            self.pending_bytes -= front.bytes;
            let response = front.answer.into_response();
            encode_response(
                &mut self.out,
                front.header.api_version,
                front.header.correlation_id,
                &response.into(),
            )?;
        }
        Ok(())
    }

    async fn answer(
        &mut self,
        header: &RequestHeader,
        answer: Answer,
    ) -> Result<(), ConnectionEnd> {
        match answer {
            Answer::Message(response) => Ok(encode_response(
                &mut self.out,
                header.api_version,
                header.correlation_id,
                &response,
            )?),
            Answer::Pieces(pieces) => self.answer_pieces(pieces).await,
        }
    }

    /// Writes an answer whose records come from files.
    ///
    /// A small one joins the other answers; a large one goes through a pooled buffer, which is
    /// zeroed once in its life.
    async fn answer_pieces(&mut self, pieces: Vec<Piece>) -> Result<(), ConnectionEnd> {
        let total: usize = pieces.iter().map(Piece::bytes).sum();
        if total <= OUT_BYTES_MAX {
            for piece in &pieces {
                let begin = self.out.len();
                self.out.resize(begin + piece.bytes(), 0);
                piece.copy(self.out.get_mut(begin..).unwrap_or_default(), 0)?;
            }
            return Ok(());
        }
        self.write_out().await?;
        let mut buffer = self.context.state.buffers.take();
        let mut filled = 0;
        for piece in &pieces {
            let mut done = 0;
            while done < piece.bytes() {
                if filled == buffer.len() {
                    self.stream.write_all(&buffer).await?;
                    filled = 0;
                }
                let count = (piece.bytes() - done).min(buffer.len() - filled);
                piece.copy(
                    buffer.get_mut(filled..filled + count).unwrap_or_default(),
                    done,
                )?;
                filled += count;
                done += count;
            }
        }
        self.stream
            .write_all(buffer.get(..filled).unwrap_or_default())
            .await?;
        Ok(())
    }

    async fn write_out(&mut self) -> Result<(), ConnectionEnd> {
        if self.out.is_empty() {
            return Ok(());
        }
        self.stream.write_all(&self.out).await?;
        if self.out.capacity() > 2 * OUT_BYTES_MAX || self.frames.is_empty() {
            self.out = BytesMut::new();
        } else {
            self.out.clear();
        }
        Ok(())
    }
}
