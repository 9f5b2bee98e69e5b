//! The wire, versioned: headers, messages, error codes, and the table of APIs.
//!
//! The only place that names the crate `kafka_protocol`, which encodes and decodes bodies. The
//! crate trusts the counts in what it decodes (`Vec::with_capacity(n)` from the wire), so each
//! body is walked by its [`skeleton`] first: every count is checked against the bytes that
//! remain before anything is allocated.

mod api;
mod error;
mod extra;
mod frame;
mod header;
pub mod messages;
pub mod skeleton;

pub(crate) use api::for_each_api;
pub use api::{APIS, ApiKey, ApiRequest, ApiRow, Request, Response, VersionRange};
pub use error::{ErrorCode, Retry};
pub use frame::{decode_request, decode_response, encode_request, encode_response, put_header};
pub use header::RequestHeader;

/// Bytes from the wire that cannot be what they claim to be.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum WireError {
    /// A field reaches beyond the end.
    #[error("{wanted} bytes wanted, {left} left")]
    Short {
        /// Bytes that the field needs.
        wanted: usize,
        /// Bytes that were there.
        left: usize,
    },
    /// A length that is negative where null is not allowed.
    #[error("length {length} is out of range")]
    BadLength {
        /// The length on the wire.
        length: i64,
    },
    /// An array that claims more elements than the bytes that remain could hold.
    #[error("{count} elements claimed, {left} bytes left")]
    BadCount {
        /// The count on the wire.
        count: i64,
        /// Bytes that were there.
        left: usize,
    },
    /// More elements of arrays and unknown tags than a message may have.
    #[error("more than {max} elements in one message")]
    TooManyElements {
        /// The most that it may have.
        max: usize,
    },
    /// A tagged field whose content and size disagree.
    #[error("tagged field {tag} does not end after its {size} bytes")]
    TagSize {
        /// The field's tag.
        tag: u32,
        /// The size on the wire.
        size: usize,
    },
    /// A variable-length integer of more than five bytes.
    #[error("a variable-length integer is too long")]
    BadVarint,
    /// The version is not one that kt speaks.
    #[error("version {version} of {api} is not spoken here")]
    Version {
        /// The API's name.
        api: &'static str,
        /// The version asked for.
        version: i16,
    },
    /// The crate could not decode or encode the body.
    #[error("{api} version {version}: {text}")]
    Body {
        /// The API's name.
        api: &'static str,
        /// The version of the body.
        version: i16,
        /// What the crate says.
        text: String,
    },
}
