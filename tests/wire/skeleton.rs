//! The walk over a body against the crate that decodes it: same places, no trust.

#![expect(
    clippy::cast_possible_truncation,
    reason = "random numbers are cut to the size wanted"
)]

use allocation_counter::measure;
use bytes::Bytes;
use kt::protocol::skeleton::{REQUEST_ELEMENTS_MAX, RESPONSE_ELEMENTS_MAX};
use kt::protocol::{ApiKey, WireError};

use crate::samples::{Direction, Sample, samples};

/// What an element or an unknown tag may take in memory once it is decoded.
const ELEMENT_BYTES_MAX: u64 = 512;

/// What an error takes, whatever the body.
const ERROR_BYTES_MAX: u64 = 4096;

/// Walks and decodes `body`, holding the promises of the walk.
fn walk_and_decode(sample: &Sample, body: &Bytes) -> Result<(), WireError> {
    let name = &sample.name;
    let mut walked = Ok(0);
    let walk = measure(|| walked = sample.walk(body));
    assert_eq!(walk.count_total, 0, "{name}: the walk allocates");
    let length = walked?;
    let mut decoded = Ok(0);
    let decode = measure(|| decoded = sample.decode(body.clone()));
    let elements = u64::try_from(length).unwrap();
    let bound = elements + ELEMENT_BYTES_MAX * elements + ERROR_BYTES_MAX;
    assert!(
        decode.bytes_max <= bound,
        "{name}: {} bytes for {}",
        decode.bytes_max,
        body.len()
    );
    if let Ok(left) = decoded {
        assert_eq!(body.len() - left, length, "{name}: walk and crate differ");
    }
    Ok(())
}

#[test]
fn every_message_is_walked_to_its_end() {
    for sample in samples() {
        let walked = sample.walk(&sample.body);
        assert_eq!(walked, Ok(sample.body.len()), "{}", sample.name);
        assert_eq!(sample.decode(sample.body.clone()).unwrap(), 0);
        walk_and_decode(&sample, &sample.body).unwrap();
    }
}

#[test]
fn every_truncation_is_refused() {
    for sample in samples() {
        for length in 0..sample.body.len() {
            let walked = sample.walk(&sample.body[..length]);
            assert!(walked.is_err(), "{} cut to {length}", sample.name);
        }
    }
}

#[test]
fn a_giant_length_or_count_anywhere_is_refused_or_harmless() {
    let giants: [&[u8]; 6] = [
        &i32::MAX.to_be_bytes(),
        &u32::MAX.to_be_bytes(),
        &i32::MIN.to_be_bytes(),
        &i16::MAX.to_be_bytes(),
        &[0xff, 0xff, 0xff, 0xff, 0x07],
        &[0xff, 0xff, 0xff, 0xff, 0x0f],
    ];
    let mut refused = 0;
    for sample in samples() {
        for position in 0..sample.body.len() {
            for giant in giants {
                // Over what is there (a fixed-size count) and in its place (a varint).
                for skipped in [giant.len(), 1] {
                    let rest = sample.body.get(position + skipped..).unwrap_or_default();
                    let body = [&sample.body[..position], giant, rest].concat();
                    refused += usize::from(walk_and_decode(&sample, &body.into()).is_err());
                }
            }
        }
    }
    assert!(refused > 10_000, "only {refused} bodies were refused");
}

#[test]
fn random_changes_never_panic_nor_allocate_much() {
    let samples = samples();
    for seed in 0..200 {
        let mut random = Random(seed);
        for sample in &samples {
            let mut body = sample.body.to_vec();
            for _ in 0..=random.below(4) {
                random.change(&mut body);
            }
            // Refused or not: what counts is what it holds when it is not.
            let _refused = walk_and_decode(sample, &body.into()).is_err();
        }
    }
}

#[test]
fn random_bytes_never_panic_nor_allocate_much() {
    let samples = samples();
    for seed in 0..50 {
        let mut random = Random(seed);
        for sample in &samples {
            // Small bytes are likely counts; they lead deeper than others.
            let limit = [3, 16, 256][random.below(3)];
            let body: Vec<u8> = (0..random.below(200))
                .map(|_| random.below(limit) as u8)
                .collect();
            let _refused = walk_and_decode(sample, &body.into()).is_err();
        }
    }
}

#[test]
fn four_bytes_cannot_ask_for_gigabytes() {
    let metadata = sample(ApiKey::Metadata, Direction::Request, 1);
    let walked = metadata.walk(&i32::MAX.to_be_bytes());
    let count = i64::from(i32::MAX);
    assert_eq!(walked, Err(WireError::BadCount { count, left: 0 }));
}

#[test]
fn a_known_tag_ends_where_its_size_says() {
    let fetch = sample(ApiKey::Fetch, Direction::Request, 12);
    let mut body = fetch.body.to_vec();
    // The default message ends with its count of tags: now one, the cluster id "ab".
    assert_eq!(body.pop(), Some(0));
    body.extend([1, 0, 3, 3, b'a', b'b']);
    assert_eq!(fetch.walk(&body), Ok(body.len()));
    let size = body.len() - 4;
    body[size] = 2;
    assert_eq!(
        fetch.walk(&body),
        Err(WireError::TagSize { tag: 0, size: 2 })
    );
}

#[test]
fn null_is_refused_where_the_crate_has_none() {
    let produce = sample(ApiKey::Produce, Direction::Request, 9);
    // No transactional id, acks 1, timeout 0, null topics, no tags.
    let body = [0, 0, 1, 0, 0, 0, 0, 0, 0];
    assert_eq!(
        produce.walk(&body),
        Err(WireError::BadLength { length: -1 })
    );
}

#[test]
fn the_elements_of_a_message_are_limited_over_all_arrays() {
    // Each topic is an empty name and one unknown tag, the dearest element there is to the byte.
    let topics = |count: usize| {
        let mut body = Vec::new();
        let mut left = count + 1;
        while left >= 0x80 {
            body.push((left & 0x7f) as u8 | 0x80);
            left >>= 7;
        }
        body.push(left as u8);
        body.extend([1, 1, 9, 0].repeat(count));
        body.extend([0, 0, 0, 9, 0xff, 0]);
        Bytes::from(body)
    };
    let request = sample(ApiKey::DescribeTopicPartitions, Direction::Request, 0);
    let most = topics(REQUEST_ELEMENTS_MAX / 2);
    let decode = measure(|| assert_eq!(request.decode(most.clone()).unwrap(), 0));
    assert_eq!(request.walk(&most), Ok(most.len()));
    let elements = u64::try_from(REQUEST_ELEMENTS_MAX).unwrap();
    assert!(
        decode.bytes_max <= elements * ELEMENT_BYTES_MAX,
        "{decode:?}"
    );
    assert!(
        decode.bytes_max > 40 << 20,
        "the case is not the dear one: {decode:?}"
    );

    let max = REQUEST_ELEMENTS_MAX;
    let more = topics(max / 2 + 1);
    assert_eq!(request.walk(&more), Err(WireError::TooManyElements { max }));
}

#[test]
fn a_response_may_be_larger_than_a_request() {
    let response = sample(ApiKey::ListConfigResources, Direction::Response, 0);
    let most = u32::try_from(RESPONSE_ELEMENTS_MAX).unwrap();
    let mut body = vec![0, 0, 0, 0, 0, 0];
    // 2^20 + 1 as a varint: the count, and one for null.
    assert_eq!(most, 1 << 20);
    body.extend([0x81, 0x80, 0x40]);
    body.extend([1, 0].repeat(1 << 20));
    body.push(0);
    assert_eq!(response.walk(&body), Ok(body.len()));
}

fn sample(key: ApiKey, direction: Direction, version: i16) -> Sample {
    let found = |sample: &Sample| {
        (sample.key, sample.direction, sample.version) == (key, direction, version)
    };
    samples().into_iter().find(found).unwrap()
}

/// A small generator (SplitMix64), so that a seed is all that a failure needs.
struct Random(u64);

impl Random {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    fn below(&mut self, limit: usize) -> usize {
        (self.next() % limit as u64) as usize
    }

    /// Flips a bit, sets a byte, cuts, inserts, or repeats a piece.
    fn change(&mut self, body: &mut Vec<u8>) {
        let position = self.below(body.len() + 1);
        match self.below(5) {
            0 if position < body.len() => body[position] ^= 1 << self.below(8),
            1 if position < body.len() => body[position] = self.next() as u8,
            2 => body.truncate(position),
            3 => body.insert(position, [0x00, 0x01, 0x7f, 0x80, 0xff][self.below(5)]),
            _ => {
                let piece = body[position..].to_vec();
                body.extend(piece);
            }
        }
    }
}
