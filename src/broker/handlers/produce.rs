//! Produce, versions 3 to 13, and the refusal of 0 to 2 (KIP-98, KIP-467, KIP-951, KIP-516).
//!
//! A request is started at once, on the connection's task, from the frame's own bytes; its answer
//! may have to wait until the high watermark has passed the records. Versions 0 to 2, message
//! sets, are listed because librdkafka before 2.11 compresses only against a broker that lists
//! them; they are refused with UNSUPPORTED_VERSION in their own layout, as a listed version must
//! not end in a bare disconnect.

use std::future::poll_fn;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

use bytes::{Buf as _, BufMut as _, Bytes, BytesMut};
use tokio::time::Instant;

use crate::broker::answer::Answer;
use crate::broker::context::RequestContext;
use crate::broker::dispatch::Handle;
use crate::broker::errors::{append_failure, online};
use crate::protocol::messages::produce_request::PartitionProduceData;
use crate::protocol::messages::produce_response::{
    BatchIndexAndErrorMessage, PartitionProduceResponse, TopicProduceResponse,
};
use crate::protocol::messages::{ProduceRequest, ProduceResponse, StrBytes, TopicName};
use crate::protocol::{ErrorCode, RequestHeader, WireError};
use crate::record::ValidateError;
use crate::replica::{Ack, AppendFailure, HostedTopic, Partition, WaiterId};
use crate::types::{Offset, Uuid};

/// The first version whose records are batches.
pub(in crate::broker) const VERSION_MIN: i16 = 3;
/// The first version that may carry zstd (KIP-110).
const ZSTD_VERSION_MIN: i16 = 7;
/// The first version that names topics by id.
const TOPIC_ID_VERSION_MIN: i16 = 13;

/// A produce request whose records are written.
#[derive(Debug)]
pub(in crate::broker) struct Started {
    response: ProduceResponse,
    waits: Vec<Wait>,
    silent: bool,
    failed: bool,
    deadline: Instant,
}

/// A partition whose high watermark has not passed the records yet.
#[derive(Debug)]
struct Wait {
    partition: Arc<Partition>,
    until: Offset,
    waiter: Option<WaiterId>,
    /// Where in the response the outcome stands.
    topic: usize,
    index: usize,
}

impl Started {
    /// Returns whether the client wants no answer (acks=0).
    pub(in crate::broker) fn is_silent(&self) -> bool {
        self.silent
    }

    /// Returns whether a partition refused its records.
    pub(in crate::broker) fn failed(&self) -> bool {
        self.failed
    }

    /// Drops what is acknowledged by now, and returns whether that is all.
    pub(in crate::broker) fn is_finished(&mut self) -> bool {
        self.waits
            .retain(|wait| !wait.partition.is_acknowledged(wait.until));
        self.waits.is_empty()
    }

    /// Waits until every partition has acknowledged, failed, or run out of time.
    ///
    /// May be dropped and called again: what has finished is kept in `self`.
    pub(in crate::broker) async fn finished(&mut self) {
        let deadline = self.deadline;
        let all = poll_fn(|context| self.poll_finished(context));
        if tokio::time::timeout_at(deadline, all).await.is_err() {
            // The records are written; whether they will be acknowledged is not known.
            for wait in std::mem::take(&mut self.waits) {
                if let Some(waiter) = wait.waiter {
                    wait.partition.cancel_wait(waiter);
                }
                self.set_error(&wait, ErrorCode::RequestTimedOut);
            }
        }
    }

    fn poll_finished(&mut self, context: &Context<'_>) -> Poll<()> {
        for mut wait in std::mem::take(&mut self.waits) {
            match wait
                .partition
                .poll_high_watermark(wait.until, &mut wait.waiter, context)
            {
                Poll::Ready(Ok(())) => {}
                Poll::Ready(Err(error)) => self.set_error(&wait, append_failure(&error)),
                Poll::Pending => self.waits.push(wait),
            }
        }
        if self.waits.is_empty() {
            Poll::Ready(())
        } else {
            Poll::Pending
        }
    }

    fn set_error(&mut self, wait: &Wait, code: ErrorCode) {
        let topic = self.response.responses.get_mut(wait.topic);
        if let Some(part) = topic.and_then(|t| t.partition_responses.get_mut(wait.index)) {
            part.error_code = code.code();
            part.base_offset = Offset::NONE.0;
        }
    }

    /// Returns the response of a finished request.
    pub(in crate::broker) fn into_response(self) -> ProduceResponse {
        self.response
    }
}

impl Handle for ProduceRequest {
    /// Starts and waits; a connection starts produce requests itself and lets them run ahead.
    async fn handle(self, context: &RequestContext<'_>) -> Answer {
        let mut started = start(self, context);
        started.finished().await;
        started.into_response().into()
    }
}

/// Writes the records of a request.
pub(in crate::broker) fn start(request: ProduceRequest, context: &RequestContext<'_>) -> Started {
    let timeout = u64::try_from(request.timeout_ms).unwrap_or(0);
    let mut started = Started {
        response: ProduceResponse::default(),
        waits: Vec::new(),
        silent: request.acks == 0,
        failed: false,
        deadline: Instant::now() + Duration::from_millis(timeout),
    };
    let ack = match request.acks {
        0 => Some(Ack::None),
        1 => Some(Ack::Leader),
        -1 => Some(Ack::All),
        _ => None,
    };
    let now_ms = context.clock.now_ms();
    for topic_data in request.topic_data {
        let by_id = context.version() >= TOPIC_ID_VERSION_MIN;
        let (topic, unknown) = if by_id {
            let id = Uuid(topic_data.topic_id.as_u128());
            (context.replicas.topic_by_id(id), ErrorCode::UnknownTopicId)
        } else {
            (
                context.replicas.topic(&topic_data.name),
                ErrorCode::UnknownTopicOrPartition,
            )
        };
        let place = started.response.responses.len();
        let mut topic_response = TopicProduceResponse::default();
        if by_id {
            topic_response.topic_id = topic_data.topic_id;
        } else {
            topic_response.name = TopicName(StrBytes::from_string(topic_data.name.to_string()));
        }
        for data in topic_data.partition_data {
            let target = Target {
                topic: topic.as_deref(),
                unknown,
                ack,
                now_ms,
            };
            let (answer, wait) = append(&data, &target, context);
            if let Some((partition, until)) = wait {
                let index = topic_response.partition_responses.len();
                started.waits.push(Wait {
                    partition,
                    until,
                    waiter: None,
                    topic: place,
                    index,
                });
            }
            started.failed |= answer.error_code != 0;
            topic_response.partition_responses.push(answer);
        }
        started.response.responses.push(topic_response);
    }
    started
}

/// Where the records of one partition go.
struct Target<'a> {
    topic: Option<&'a HostedTopic>,
    unknown: ErrorCode,
    ack: Option<Ack>,
    now_ms: i64,
}

/// Appends the records of one partition.
fn append(
    data: &PartitionProduceData,
    target: &Target<'_>,
    context: &RequestContext<'_>,
) -> (PartitionProduceResponse, Option<(Arc<Partition>, Offset)>) {
    let answer = PartitionProduceResponse::default()
        .with_index(data.index)
        .with_base_offset(Offset::NONE.0)
        .with_log_append_time_ms(-1)
        .with_log_start_offset(Offset::NONE.0);
    let refuse = |code: ErrorCode| (answer.clone().with_error_code(code.code()), None);
    let Some(ack) = target.ack else {
        return refuse(ErrorCode::InvalidRequiredAcks);
    };
    let hosted = target.topic.and_then(|topic| topic.hosted(data.index));
    let partition = match online(hosted, target.unknown) {
        Ok(partition) => partition,
        Err(code) => return refuse(code),
    };
    let Some(records) = &data.records else {
        return refuse(ErrorCode::InvalidRecord);
    };
    let zstd_allowed = context.version() >= ZSTD_VERSION_MIN;
    let pool = &*context.flush_pool;
    match partition.append(records, ack, zstd_allowed, target.now_ms, pool) {
        Ok(outcome) => {
            let answer = answer
                .with_base_offset(outcome.info.base_offset.0)
                .with_log_append_time_ms(outcome.info.log_append_time_ms)
                .with_log_start_offset(outcome.info.log_start_offset.0);
            (answer, outcome.wait_for.map(|until| (partition, until)))
        }
        Err(error) => (refusal(answer, &error, &partition, context), None),
    }
}

/// Fills in what a refused batch is told: the code, the sentence, the records at fault.
fn refusal(
    mut answer: PartitionProduceResponse,
    error: &AppendFailure,
    partition: &Partition,
    context: &RequestContext<'_>,
) -> PartitionProduceResponse {
    answer.error_code = append_failure(error).code();
    context.full_disk.note(error, context.clock.now_ms());
    if let AppendFailure::Invalid(invalid) = error
        && context.version() >= 8
    {
        let name = &partition.topic_partition;
        answer.error_message = Some(StrBytes::from_string(invalid.message(name)));
        if let ValidateError::Records { issues, .. } = invalid {
            answer.record_errors = issues
                .iter()
                .map(|issue| {
                    let message = StrBytes::from_string(issue.message(name));
                    BatchIndexAndErrorMessage::default()
                        .with_batch_index(issue.index)
                        .with_batch_index_error_message(Some(message))
                })
                .collect();
        }
    }
    answer
}

/// Appends the refusal of a message set, whose `body` is in the layout of versions 0 to 2; returns
/// `false` if the client wants no answer, so that only the connection's end can tell it.
///
/// ```text
/// request   acks int16 · timeout int32 · topics [ name string · partitions [ index int32
///           · bytes ] ]
/// response  topics [ name string · partitions [ index int32 · error int16 · base offset int64
///           · (v2) append time int64 ] ] · (v1) throttle int32
/// ```
pub(in crate::broker) fn refuse_message_set(
    out: &mut BytesMut,
    header: &RequestHeader,
    mut body: Bytes,
) -> Result<bool, WireError> {
    let begin = out.len();
    out.put_i32(0);
    out.put_i32(header.correlation_id);
    let acks = need(&mut body, 2)?.get_i16();
    need(&mut body, 4)?.advance(4);
    let topics = need(&mut body, 4)?.get_i32();
    out.put_i32(topics.max(0));
    for _ in 0..topics.max(0) {
        let length = need(&mut body, 2)?.get_i16();
        let bytes = usize::try_from(length).map_err(|_| WireError::BadLength {
            length: i64::from(length),
        })?;
        let name = need(&mut body, bytes)?.split_to(bytes);
        out.put_i16(length);
        out.put_slice(&name);
        let partitions = need(&mut body, 4)?.get_i32();
        out.put_i32(partitions.max(0));
        for _ in 0..partitions.max(0) {
            out.put_i32(need(&mut body, 4)?.get_i32());
            let length = need(&mut body, 4)?.get_i32();
            let bytes = usize::try_from(length.max(0)).unwrap_or(usize::MAX);
            need(&mut body, bytes)?.advance(bytes);
            out.put_i16(ErrorCode::UnsupportedVersion.code());
            out.put_i64(Offset::NONE.0);
            if header.api_version >= 2 {
                out.put_i64(-1);
            }
        }
    }
    if header.api_version >= 1 {
        out.put_i32(0);
    }
    if acks == 0 {
        out.truncate(begin);
        return Ok(false);
    }
    let length = i32::try_from(out.len() - begin - 4)
        .expect("at most three times the request, which is below 700 MiB");
    if let Some(field) = out.get_mut(begin..begin + 4) {
        field.copy_from_slice(&length.to_be_bytes());
    }
    Ok(true)
}

/// Returns `body` if it has at least `bytes` bytes left.
fn need(body: &mut Bytes, bytes: usize) -> Result<&mut Bytes, WireError> {
    if body.len() < bytes {
        return Err(WireError::Short {
            wanted: bytes,
            left: body.len(),
        });
    }
    Ok(body)
}
