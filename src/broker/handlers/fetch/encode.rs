//! Writes a Fetch response by hand, so that records are not copied into a message first.
//!
//! ```text
//! frame       length int32 · header · throttle int32 · (v7) error int16 · session id int32
//!             · topics [ name string (to v12) or id uuid (v13) · partitions [ … ] · tags ] · tags
//! partition   index int32 · error int16 · high watermark int64 · last stable offset int64
//!             · (v5) log start offset int64 · aborted transactions [ producer id int64
//!             · first offset int64 · tags ] · (v11) preferred replica int32 · records bytes · tags
//! ```
//!
//! From version 12 on arrays, strings and bytes have compact lengths, and each struct ends with
//! tagged fields, of which none is ever at anything but its default here.

use bytes::{BufMut as _, BytesMut};

use super::read::Found;
use super::{TOPIC_ID_VERSION_MIN, TopicKey};
use crate::broker::answer::Piece;
use crate::broker::context::RequestContext;
use crate::protocol::{ApiKey, ErrorCode, put_header};

/// What stands above the topics.
pub(super) struct Head {
    pub(super) code: ErrorCode,
    pub(super) session_id: i32,
}

/// Writes the frame: bytes in memory and pieces of files, in turn.
pub(super) fn encode(head: &Head, found: Vec<Found>, context: &RequestContext<'_>) -> Vec<Piece> {
    let mut writer = Writer::new(context.version());
    writer.head(head, context.header.correlation_id);
    // Runs of partitions of the same topic share one entry.
    let mut runs: Vec<Vec<Found>> = Vec::new();
    for item in found {
        match runs.last_mut() {
            Some(run)
                if run
                    .first()
                    .is_some_and(|first| first.asked.topic == item.asked.topic) =>
            {
                run.push(item);
            }
            _ => runs.push(vec![item]),
        }
    }
    writer.array(runs.len());
    for run in runs {
        let Some(first) = run.first() else { continue };
        writer.topic(&first.asked.topic);
        writer.array(run.len());
        for item in run {
            writer.partition(item);
        }
        writer.no_tags();
    }
    writer.no_tags();
    writer.finish()
}

struct Writer {
    version: i16,
    flexible: bool,
    bytes: BytesMut,
    pieces: Vec<Written>,
}

/// A piece while the frame's length is not known yet.
enum Written {
    Bytes(BytesMut),
    File(Piece),
}

impl Writer {
    fn new(version: i16) -> Self {
        let flexible = ApiKey::Fetch.is_flexible(version);
        Self {
            version,
            flexible,
            bytes: BytesMut::with_capacity(512),
            pieces: Vec::new(),
        }
    }

    fn head(&mut self, head: &Head, correlation_id: i32) {
        self.bytes.put_i32(0);
        put_header(&mut self.bytes, ApiKey::Fetch, self.version, correlation_id);
        self.bytes.put_i32(0);
        if self.version >= 7 {
            self.bytes.put_i16(head.code.code());
            self.bytes.put_i32(head.session_id);
        }
    }

    fn topic(&mut self, topic: &TopicKey) {
        match topic {
            TopicKey::Id(id) => self.bytes.put_slice(&id.to_bytes()),
            TopicKey::Name(name) => {
                debug_assert!(
                    self.version < TOPIC_ID_VERSION_MIN,
                    "names end with version 12"
                );
                if self.flexible {
                    self.unsigned_varint(name.len() + 1);
                } else {
                    let length = i16::try_from(name.len()).expect("a name came with this length");
                    self.bytes.put_i16(length);
                }
                self.bytes.put_slice(name.as_bytes());
            }
        }
    }

    fn partition(&mut self, found: Found) {
        self.bytes.put_i32(found.asked.partition);
        self.bytes.put_i16(found.code.code());
        self.bytes.put_i64(found.high_watermark.0);
        self.bytes.put_i64(found.last_stable_offset.0);
        if self.version >= 5 {
            self.bytes.put_i64(found.log_start_offset.0);
        }
        if found.committed_only {
            self.array(0);
        } else {
            self.null_array();
        }
        if self.version >= 11 {
            self.bytes.put_i32(-1);
        }
        // Never null: librdkafka would log "MessageSetSize -1" and not see the partition's end.
        let length = found.bytes();
        if self.flexible {
            self.unsigned_varint(length + 1);
        } else {
            self.bytes
                .put_i32(i32::try_from(length).expect("a read is within the fetch limit"));
        }
        if let Some((plan, file)) = found.plan.and_then(|plan| Some((plan.clone(), plan.file?))) {
            self.pieces.push(Written::Bytes(self.bytes.split()));
            self.pieces.push(Written::File(Piece::File {
                file,
                position: plan.position,
                bytes: plan.bytes,
            }));
        }
        self.no_tags();
    }

    fn array(&mut self, count: usize) {
        if self.flexible {
            self.unsigned_varint(count + 1);
        } else {
            self.bytes
                .put_i32(i32::try_from(count).expect("as many as the request had"));
        }
    }

    fn null_array(&mut self) {
        if self.flexible {
            self.bytes.put_u8(0);
        } else {
            self.bytes.put_i32(-1);
        }
    }

    fn no_tags(&mut self) {
        if self.flexible {
            self.bytes.put_u8(0);
        }
    }

    fn unsigned_varint(&mut self, value: usize) {
        let mut value = u32::try_from(value).expect("lengths on the wire are below 4 GiB");
        while value >= 0x80 {
            self.bytes
                .put_u8(u8::try_from(value & 0x7f).expect("seven bits") | 0x80);
            value >>= 7;
        }
        self.bytes.put_u8(u8::try_from(value).expect("seven bits"));
    }

    fn finish(mut self) -> Vec<Piece> {
        self.pieces.push(Written::Bytes(self.bytes));
        let total: usize = self
            .pieces
            .iter()
            .map(|piece| match piece {
                Written::Bytes(bytes) => bytes.len(),
                Written::File(piece) => piece.bytes(),
            })
            .sum();
        let length = i32::try_from(total - 4).expect("an answer is within the fetch limit");
        if let Some(Written::Bytes(first)) = self.pieces.first_mut()
            && let Some(field) = first.get_mut(..4)
        {
            field.copy_from_slice(&length.to_be_bytes());
        }
        self.pieces
            .into_iter()
            .map(|piece| match piece {
                Written::Bytes(bytes) => Piece::Bytes(bytes.freeze()),
                Written::File(piece) => piece,
            })
            .collect()
    }
}
