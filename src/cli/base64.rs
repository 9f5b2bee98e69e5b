//! Base64 with `+`, `/` and padding (RFC 4648): how JSON holds bytes that are no text.
//!
//! Decoding takes only what encoding makes: no blanks, no missing padding, no stray bits.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

/// Returns the bytes as text.
#[must_use]
pub fn base64(bytes: &[u8]) -> String {
    STANDARD.encode(bytes)
}

/// Returns the bytes that a text stands for; `None` if it is no base64.
#[must_use]
pub fn base64_bytes(text: &str) -> Option<Vec<u8>> {
    STANDARD.decode(text).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_is_padded() {
        assert_eq!(base64(b"a"), "YQ==");
        assert_eq!(base64(b"ab"), "YWI=");
        assert_eq!(base64(b"abc"), "YWJj");
    }

    #[test]
    fn what_was_encoded_is_decoded() {
        let all: Vec<u8> = (0..=255).collect();
        for length in 0..all.len() {
            let bytes = &all[..length];
            assert_eq!(base64_bytes(&base64(bytes)).as_deref(), Some(bytes));
        }
    }

    #[test]
    fn what_is_not_base64_is_refused() {
        for text in [
            "Y", "YQ", "YQ=", "YQ===", "====", "YR==", "YW J", "Y-==", "YQ==YQ==",
        ] {
            assert_eq!(base64_bytes(text), None, "{text}");
        }
    }
}
