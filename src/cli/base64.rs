//! Base64 with `+`, `/` and padding (RFC 4648): how JSON holds bytes that are no text.
//!
//! Decoding takes only what encoding makes: no blanks, no missing padding, no stray bits.

const DIGITS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

/// Returns the bytes as text.
#[must_use]
pub fn base64(bytes: &[u8]) -> String {
    let mut text = String::new();
    for chunk in bytes.chunks(3) {
        let mut group = [0; 4];
        for (place, byte) in group.iter_mut().skip(1).zip(chunk) {
            *place = *byte;
        }
        let bits = u32::from_be_bytes(group);
        for digit in 0..4_u32 {
            let used = usize::try_from(digit).unwrap_or(4) <= chunk.len();
            let index = usize::try_from((bits >> (18 - 6 * digit)) & 63).unwrap_or(0);
            let letter = DIGITS.get(index).copied().unwrap_or(b'=');
            text.push(if used { char::from(letter) } else { '=' });
        }
    }
    text
}

/// Returns the bytes that a text stands for; `None` if it is no base64.
#[must_use]
pub fn base64_bytes(text: &str) -> Option<Vec<u8>> {
    let digits = text.as_bytes();
    let padding = digits.iter().rev().take_while(|digit| **digit == b'=');
    let padding = padding.count();
    if !digits.len().is_multiple_of(4) || padding > 2 {
        return None;
    }
    let digits = digits.get(..digits.len() - padding)?;
    let mut bytes = Vec::with_capacity(digits.len() / 4 * 3 + 2);
    for group in digits.chunks(4) {
        let mut bits = 0;
        for digit in group {
            bits = bits << 6 | value(*digit)?;
        }
        let missing = 4 - u32::try_from(group.len()).ok()?;
        let [_, group_bytes @ ..] = (bits << (6 * missing)).to_be_bytes();
        let (kept, rest) = group_bytes.split_at_checked(group.len() - 1)?;
        if rest.iter().any(|byte| *byte != 0) {
            return None;
        }
        bytes.extend_from_slice(kept);
    }
    Some(bytes)
}

fn value(digit: u8) -> Option<u32> {
    let place = DIGITS.iter().position(|known| *known == digit)?;
    u32::try_from(place).ok()
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
