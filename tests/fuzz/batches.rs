//! Batches that the targets begin with.

use kt::record::{Append, BatchBuilder, BatchHeader, Codec, HEADER_BYTES, Header, Producer, Seal};

/// Returns a batch of `count` records, at offset 0.
pub fn batch(codec: Codec, count: i64, producer: Producer) -> Vec<u8> {
    let mut builder = BatchBuilder::new(1 << 20);
    for number in 0..count {
        let value = format!("{number} {}", "value ".repeat(5));
        let headers = [Header {
            key: b"name",
            value: Some(b"h"),
        }];
        let headers = if number % 3 == 0 { &headers[..] } else { &[] };
        let key = (number % 2 == 0).then_some(&b"key"[..]);
        let fits = builder.append(key, Some(value.as_bytes()), headers, 1000 + number);
        assert_eq!(fits, Append::Fits);
    }
    let seal = Seal {
        codec,
        producer,
        ..Seal::default()
    };
    builder.seal(&seal).unwrap().to_vec()
}

/// Returns a copy with the CRC of every frame that has a header made right, so that what is behind
/// the check is met, too.
pub fn resealed(bytes: &[u8]) -> Vec<u8> {
    let mut sealed = bytes.to_vec();
    let mut begin = 0;
    while let Some(rest) = sealed.get_mut(begin..)
        && let Some(mut header) = BatchHeader::parse(rest)
    {
        let length = usize::try_from(header.length).unwrap_or(usize::MAX);
        let end = length.saturating_add(12).min(rest.len());
        let Some((front, body)) = rest
            .get_mut(..end)
            .and_then(|f| f.split_at_mut_checked(HEADER_BYTES))
        else {
            break;
        };
        header.crc = header.computed_crc(body);
        front.copy_from_slice(&header.encode());
        begin += end;
    }
    sealed
}
