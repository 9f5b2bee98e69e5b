//! The produce request, written by hand: batches are sent from where they were built.
//!
//! ```text
//! version   3 to 8                        9 to 13
//! tid       int16 -1                      uvarint 0
//! acks      int16                         int16
//! timeout   int32                         int32
//! topics    int32 count, each             uvarint count + 1, each
//!   name    int16 length, bytes           uvarint length + 1, bytes; from 13 the topic's id
//!   parts   int32 count, each             uvarint count + 1, each
//!     index int32                         int32
//!     batch int32 length, bytes           uvarint length + 1, bytes, then tags
//!                                         tags after each topic and at the end
//! ```

use std::sync::Arc;

use bytes::{BufMut as _, Bytes, BytesMut};

use super::batch::Sealed;
use super::config::Acks;
use crate::client::parts::Parts;
use crate::protocol::{ApiKey, WireError};
use crate::types::Uuid;

/// The first version with compact types.
const FLEXIBLE: i16 = 9;
/// The first version that names topics by id.
const TOPIC_IDS: i16 = 13;

/// One batch of a request.
#[derive(Debug)]
pub(super) struct Entry {
    pub(super) topic: Arc<str>,
    pub(super) id: Uuid,
    pub(super) partition: i32,
    pub(super) batch: Sealed,
}

/// What a request says besides its batches.
#[derive(Debug)]
pub(super) struct RequestHead<'a> {
    pub(super) version: i16,
    pub(super) correlation_id: i32,
    pub(super) client_id: &'a Bytes,
    pub(super) acks: Acks,
    pub(super) timeout_ms: i32,
}

/// Returns the frame of a request; entries of the same topic must be neighbours.
pub(super) fn produce_frame(head: &RequestHead<'_>, entries: &[Entry]) -> Result<Parts, WireError> {
    let flexible = head.version >= FLEXIBLE;
    let topics: Vec<&[Entry]> = entries.chunk_by(|a, b| a.topic == b.topic).collect();
    let mut pieces = Vec::with_capacity(2 * entries.len() + 1);
    let mut out = BytesMut::with_capacity(512);
    put_head(&mut out, head)?;
    put_count(&mut out, flexible, topics.len())?;
    for topic in topics {
        let Some(first) = topic.first() else { continue };
        if head.version >= TOPIC_IDS {
            out.put_slice(&first.id.to_bytes());
        } else if flexible {
            put_count(&mut out, true, first.topic.len())?;
            out.put_slice(first.topic.as_bytes());
        } else {
            put_short_string(&mut out, first.topic.as_bytes())?;
        }
        put_count(&mut out, flexible, topic.len())?;
        for entry in topic {
            out.put_i32(entry.partition);
            put_count(&mut out, flexible, entry.batch.bytes())?;
            out.put_slice(&entry.batch.header.encode());
            pieces.push(out.split().freeze());
            pieces.push(entry.batch.body.clone());
            put_tags(&mut out, flexible);
        }
        put_tags(&mut out, flexible);
    }
    put_tags(&mut out, flexible);
    pieces.push(out.freeze());
    let length: usize = pieces.iter().map(Bytes::len).sum();
    let mut frame = Parts::default();
    frame.push(Bytes::copy_from_slice(&number(length)?.to_be_bytes()));
    for piece in pieces {
        frame.push(piece);
    }
    Ok(frame)
}

fn put_head(out: &mut BytesMut, head: &RequestHead<'_>) -> Result<(), WireError> {
    let flexible = head.version >= FLEXIBLE;
    out.put_i16(ApiKey::Produce.code());
    out.put_i16(head.version);
    out.put_i32(head.correlation_id);
    put_short_string(out, head.client_id)?;
    put_tags(out, flexible);
    if flexible {
        out.put_u8(0);
    } else {
        out.put_i16(-1);
    }
    out.put_i16(head.acks.code());
    out.put_i32(head.timeout_ms);
    Ok(())
}

fn put_short_string(out: &mut BytesMut, text: &[u8]) -> Result<(), WireError> {
    out.put_i16(i16::try_from(text.len()).map_err(|_| too_long(text.len()))?);
    out.put_slice(text);
    Ok(())
}

/// Writes a count or a length: an int32, or one more as an unsigned varint.
fn put_count(out: &mut BytesMut, flexible: bool, count: usize) -> Result<(), WireError> {
    if !flexible {
        out.put_i32(number(count)?);
        return Ok(());
    }
    let mut rest = u32::try_from(count + 1).map_err(|_| too_long(count))?;
    while rest >= 0x80 {
        out.put_u8(u8::try_from(rest & 0x7f).unwrap_or(0) | 0x80);
        rest >>= 7;
    }
    out.put_u8(u8::try_from(rest).unwrap_or(0));
    Ok(())
}

fn put_tags(out: &mut BytesMut, flexible: bool) {
    if flexible {
        out.put_u8(0);
    }
}

fn number(count: usize) -> Result<i32, WireError> {
    i32::try_from(count).map_err(|_| too_long(count))
}

fn too_long(length: usize) -> WireError {
    WireError::BadLength {
        length: i64::try_from(length).unwrap_or(i64::MAX),
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use bytes::Buf as _;

    use super::super::batch::Batch;
    use super::*;
    use crate::protocol::{Request, RequestHeader, decode_request};
    use crate::record::{BatchBuilder, Codec, RecordBatch};

    fn entry(topic: &str, partition: i32) -> Entry {
        let mut batch = Batch::new((0, 0), (0, 0), Duration::ZERO, 0, BatchBuilder::new(4000));
        for _ in 0..20 {
            let _fits = batch.append(None, Some(&[b'x'; 100]), &[], 1);
        }
        Entry {
            topic: topic.into(),
            id: Uuid(0xabcd),
            partition,
            batch: batch.seal(Codec::None, None).unwrap(),
        }
    }

    #[test]
    fn every_version_is_what_the_crate_reads() {
        let entries = [entry("a", 0), entry("a", 7), entry("b", 1)];
        for version in 3..=13 {
            let head = RequestHead {
                version,
                correlation_id: 9,
                client_id: &Bytes::from_static(b"me"),
                acks: Acks::All,
                timeout_ms: 1500,
            };
            let mut frame = produce_frame(&head, &entries).unwrap();
            let mut bytes = frame.copy_to_bytes(frame.remaining());
            let length = bytes.get_i32();
            assert_eq!(usize::try_from(length).unwrap(), bytes.len());
            let header = RequestHeader::read(&mut bytes).unwrap();
            assert_eq!((header.api_version, header.correlation_id), (version, 9));
            let Request::Produce(request) =
                decode_request(ApiKey::Produce, version, bytes).unwrap()
            else {
                panic!("another request");
            };
            assert_eq!((request.acks, request.timeout_ms), (-1, 1500));
            assert_eq!(request.topic_data.len(), 2, "version {version}");
            let partitions = &request.topic_data[0].partition_data;
            assert_eq!(partitions[1].index, 7);
            let records = partitions[1].records.clone().unwrap();
            assert!(RecordBatch::parse(&records).unwrap().crc_matches());
        }
    }
}
