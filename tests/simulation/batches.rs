//! The batches that the suites send: plain, of idempotent producers, of transactions; of several
//! sizes and codecs, some with long runs of zeros.

use kt::record::{
    Append, Attributes, BatchBuilder, Codec, EndMarker, Producer, Seal, end_marker_batch,
};
use kt::rng::Rng;
use kt::types::Offset;

pub const NOW: i64 = 1_700_000_000_000;

/// What a batch is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    Plain,
    Idempotent,
    Transactional,
    Marker,
}

/// A batch as it was sent, and where it went.
#[derive(Clone, Debug)]
pub struct Sent {
    pub base: Offset,
    pub count: i32,
    pub bytes: Vec<u8>,
    pub producer: Producer,
    pub kind: Kind,
    /// Of a marker: whether the transaction's records count.
    pub committed: bool,
    pub timestamp: i64,
    pub epoch: i32,
}

impl Sent {
    pub fn last_offset(&self) -> Offset {
        self.base.plus(i64::from(self.count) - 1)
    }
}

/// Makes a batch; `tag` makes its records and times its own.
pub fn batch(tag: u64, kind: Kind, producer: Producer, rng: &mut Rng) -> Sent {
    let count = rng.below(4) + 1;
    let bytes = match rng.below(10) {
        0 => 1400,
        1 => 0,
        _ => usize::try_from(rng.below(700)).unwrap(),
    };
    let filler = if rng.below(8) == 0 { 0 } else { b'.' };
    let codec = match rng.below(12) {
        0 => Codec::Gzip,
        1 => Codec::Snappy,
        2 => Codec::Lz4,
        3 => Codec::Zstd,
        _ => Codec::None,
    };
    let timestamp = NOW + i64::try_from(tag).unwrap();
    let mut builder = BatchBuilder::new(usize::MAX);
    for index in 0..count {
        let mut value = format!("{tag}:{index}:").into_bytes();
        value.resize(value.len().max(bytes), filler);
        let key = tag.to_be_bytes();
        assert_eq!(
            builder.append(Some(&key), Some(&value), &[], timestamp),
            Append::Fits
        );
    }
    let attributes = Attributes(0).with_transactional(kind == Kind::Transactional);
    let seal = Seal {
        producer,
        codec,
        attributes,
        ..Seal::default()
    };
    builder.seal(&seal).unwrap();
    Sent {
        base: Offset::ZERO,
        count: i32::try_from(count).unwrap(),
        bytes: builder.into_bytes(),
        producer,
        kind,
        committed: false,
        timestamp,
        epoch: 0,
    }
}

/// Makes the marker that ends a producer's transaction.
pub fn marker(producer: Producer, committed: bool) -> Sent {
    let end = EndMarker {
        committed,
        coordinator_epoch: 0,
    };
    Sent {
        base: Offset::ZERO,
        count: 1,
        bytes: end_marker_batch(end, producer.id, producer.epoch, NOW),
        producer,
        kind: Kind::Marker,
        committed,
        timestamp: NOW,
        epoch: 0,
    }
}
