//! Request and response headers, read and written by hand.
//!
//! ```text
//! request   v1   key int16 · version int16 · correlation id int32 · client id nullable string
//!           v2   the same, then tagged fields (the client id keeps its int16 length)
//! response  v0   correlation id int32
//!           v1   correlation id int32, then tagged fields
//! ```
//!
//! By hand because a broker must be able to read key, version and correlation id of a request
//! whose key it does not know, and the crate's reader panics on a frame below four bytes. The
//! response to ApiVersions has a version 0 header whatever its version, so that a client can read
//! the refusal of a version it asked for.

use bytes::{BufMut, Bytes, BytesMut};

use crate::protocol::{ApiKey, WireError};

/// What a request's header says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RequestHeader {
    /// The API's number, which may be one that kt does not speak.
    pub api_key: i16,
    /// The version of the request's body.
    pub api_version: i16,
    /// The number by which the client knows the answer.
    pub correlation_id: i32,
    /// The client's name for itself; empty if it gave none.
    pub client_id: Bytes,
}

impl RequestHeader {
    /// Reads the header off the front of `frame`, which then starts at the body.
    ///
    /// Tags are skipped only if the key is one that kt speaks, since only then it is known
    /// whether they are there. ApiVersions has them from version 3 on, also in versions to come.
    pub fn read(frame: &mut Bytes) -> Result<Self, WireError> {
        let fixed = take(frame, 8)?;
        let [k0, k1, v0, v1, c0, c1, c2, c3] = fixed[..] else {
            return Err(WireError::Short {
                wanted: 8,
                left: fixed.len(),
            });
        };
        let api_key = i16::from_be_bytes([k0, k1]);
        let api_version = i16::from_be_bytes([v0, v1]);
        let length = take(frame, 2)?;
        let [l0, l1] = length[..] else {
            return Err(WireError::Short {
                wanted: 2,
                left: length.len(),
            });
        };
        let client_id = match i16::from_be_bytes([l0, l1]) {
            -1 => Bytes::new(),
            length => {
                let length = usize::try_from(length).map_err(|_| WireError::BadLength {
                    length: i64::from(length),
                })?;
                take(frame, length)?
            }
        };
        if ApiKey::from_code(api_key).is_some_and(|key| key.is_flexible(api_version)) {
            skip_tags(frame)?;
        }
        Ok(Self {
            api_key,
            api_version,
            correlation_id: i32::from_be_bytes([c0, c1, c2, c3]),
            client_id,
        })
    }

    /// Appends the header of a request that the client sends.
    pub(super) fn write(&self, out: &mut BytesMut, flexible: bool) {
        out.put_i16(self.api_key);
        out.put_i16(self.api_version);
        out.put_i32(self.correlation_id);
        let length = i16::try_from(self.client_id.len()).unwrap_or(i16::MAX);
        out.put_i16(length);
        let kept = usize::try_from(length).unwrap_or(0);
        out.put_slice(self.client_id.get(..kept).unwrap_or_default());
        if flexible {
            out.put_u8(0);
        }
    }
}

/// Returns whether the response header of this API and version has tagged fields.
pub(super) fn response_header_has_tags(key: ApiKey, version: i16) -> bool {
    key != ApiKey::ApiVersions && key.is_flexible(version)
}

/// Takes `count` bytes off the front.
pub(super) fn take(bytes: &mut Bytes, count: usize) -> Result<Bytes, WireError> {
    if bytes.len() < count {
        return Err(WireError::Short {
            wanted: count,
            left: bytes.len(),
        });
    }
    Ok(bytes.split_to(count))
}

/// Takes an unsigned varint off the front.
pub(super) fn take_unsigned_varint(bytes: &mut Bytes) -> Result<u32, WireError> {
    let mut value: u32 = 0;
    for shift in [0, 7, 14, 21, 28] {
        let byte = *take(bytes, 1)?
            .first()
            .ok_or(WireError::Short { wanted: 1, left: 0 })?;
        value |= u32::from(byte & 0x7f) << shift;
        if byte & 0x80 == 0 {
            return Ok(value);
        }
    }
    Err(WireError::BadVarint)
}

/// Takes a section of tagged fields off the front.
pub(super) fn skip_tags(bytes: &mut Bytes) -> Result<(), WireError> {
    for _ in 0..take_unsigned_varint(bytes)? {
        take_unsigned_varint(bytes)?;
        let length = take_unsigned_varint(bytes)?;
        take(bytes, usize::try_from(length).unwrap_or(usize::MAX))?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_frame_of_any_short_length_is_an_error() {
        let whole = [0, 18, 0, 3, 0, 0, 0, 7, 0, 2, b'm', b'e', 0];
        for length in 0..whole.len() {
            let mut frame = Bytes::copy_from_slice(&whole[..length]);
            assert!(RequestHeader::read(&mut frame).is_err(), "{length} bytes");
        }
        let mut frame = Bytes::copy_from_slice(&whole);
        let header = RequestHeader::read(&mut frame).unwrap();
        assert_eq!(
            (header.api_key, header.api_version, header.correlation_id),
            (18, 3, 7)
        );
        assert_eq!(&header.client_id[..], b"me");
        assert!(frame.is_empty());
    }
}
