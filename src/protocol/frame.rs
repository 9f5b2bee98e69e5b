//! Messages to frames and back: length prefix, header, body.
//!
//! A frame is an int32 length, which does not count itself, then the header, then the body. What
//! comes in is walked by its skeleton before the crate decodes it.

use bytes::{BufMut, Bytes, BytesMut};
use kafka_protocol::protocol::Decodable as _;

use super::header::{response_header_has_tags, skip_tags, take};
use super::{ApiKey, ApiRequest, Request, RequestHeader, Response, WireError};

/// Decodes the body of a request.
///
/// String and byte fields are slices of `body`: copy what is kept, or it keeps the frame alive.
pub fn decode_request(key: ApiKey, version: i16, body: Bytes) -> Result<Request, WireError> {
    let row = key.row();
    if !row.versions.contains(version) {
        return Err(WireError::Version {
            api: row.name,
            version,
        });
    }
    let version = version.min(row.crate_max);
    row.request.walk(&body, version, row.flexible_from)?;
    let mut body = body;
    Request::decode_walked(key, version, &mut body)
        .map_err(|error| body_error(key, version, &error))
}

/// Appends the whole frame of a response to `out`; on an error `out` is as it was.
pub fn encode_response(
    out: &mut BytesMut,
    version: i16,
    correlation_id: i32,
    response: &Response,
) -> Result<(), WireError> {
    let key = response.key();
    let begin = out.len();
    out.put_i32(0);
    put_header(out, key, version, correlation_id);
    if let Err(error) = response.encode_body(out, version.min(key.row().crate_max)) {
        out.truncate(begin);
        return Err(body_error(key, version, &error));
    }
    patch_length(out, begin);
    Ok(())
}

/// Appends a response header; for answers whose body is written by hand.
pub fn put_header(out: &mut BytesMut, key: ApiKey, version: i16, correlation_id: i32) {
    out.put_i32(correlation_id);
    if response_header_has_tags(key, version) {
        out.put_u8(0);
    }
}

/// Appends the whole frame of a request to `out`; on an error `out` is as it was.
pub fn encode_request<R: ApiRequest>(
    out: &mut BytesMut,
    version: i16,
    correlation_id: i32,
    client_id: &Bytes,
    request: &R,
) -> Result<(), WireError> {
    let begin = out.len();
    out.put_i32(0);
    let header = RequestHeader {
        api_key: R::KEY.code(),
        api_version: version,
        correlation_id,
        client_id: client_id.clone(),
    };
    header.write(out, R::KEY.is_flexible(version));
    if let Err(error) = request.encode(out, version.min(R::KEY.row().crate_max)) {
        out.truncate(begin);
        return Err(body_error(R::KEY, version, &error));
    }
    patch_length(out, begin);
    Ok(())
}

/// Decodes a response's frame, without its length: its correlation id and its body.
pub fn decode_response<R: ApiRequest>(
    version: i16,
    mut frame: Bytes,
) -> Result<(i32, R::Response), WireError> {
    let row = R::KEY.row();
    let id = take(&mut frame, 4)?;
    let [i0, i1, i2, i3] = id[..] else {
        return Err(WireError::Short {
            wanted: 4,
            left: id.len(),
        });
    };
    if response_header_has_tags(R::KEY, version) {
        skip_tags(&mut frame)?;
    }
    let version = version.min(row.crate_max);
    row.response.walk(&frame, version, row.flexible_from)?;
    let body = R::Response::decode(&mut frame, version)
        .map_err(|error| body_error(R::KEY, version, &error))?;
    Ok((i32::from_be_bytes([i0, i1, i2, i3]), body))
}

/// Writes the length of the frame that began at `begin`.
fn patch_length(out: &mut BytesMut, begin: usize) {
    let length = i32::try_from(out.len() - begin - 4).expect("a frame is below 2 GiB");
    if let Some(field) = out.get_mut(begin..begin + 4) {
        field.copy_from_slice(&length.to_be_bytes());
    }
}

fn body_error(key: ApiKey, version: i16, error: &anyhow::Error) -> WireError {
    WireError::Body {
        api: key.row().name,
        version,
        text: error.to_string(),
    }
}
