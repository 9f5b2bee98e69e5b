//! Zig-zag variable-length integers, as records use them for lengths and deltas.
//!
//! Readers take from the front of a slice and refuse a number that is cut off or too long; they
//! never read past the slice.

/// Takes an `i32` from the front of `input`; `None` if it is cut off or longer than 5 bytes.
#[inline]
pub fn take_varint(input: &mut &[u8]) -> Option<i32> {
    let (&first, rest) = input.split_first()?;
    if first < 0x80 {
        *input = rest;
        return Some(zigzag_i32(u32::from(first)));
    }
    let mut bits = u32::from(first & 0x7f);
    let mut left = rest;
    for shift in [7_u32, 14, 21, 28] {
        let (&byte, rest) = left.split_first()?;
        left = rest;
        bits |= u32::from(byte & 0x7f) << shift;
        if byte < 0x80 {
            *input = left;
            return Some(zigzag_i32(bits));
        }
    }
    None
}

/// Takes an `i64` from the front of `input`; `None` if it is cut off or longer than 10 bytes.
#[inline]
pub fn take_varlong(input: &mut &[u8]) -> Option<i64> {
    let mut bits: u64 = 0;
    let mut left = *input;
    for shift in (0_u32..70).step_by(7) {
        let (&byte, rest) = left.split_first()?;
        left = rest;
        bits |= u64::from(byte & 0x7f) << shift;
        if byte < 0x80 {
            *input = left;
            return Some((bits >> 1).cast_signed() ^ -(bits & 1).cast_signed());
        }
    }
    None
}

/// Appends an `i32`.
#[inline]
pub fn put_varint(out: &mut Vec<u8>, value: i32) {
    put_unsigned(
        out,
        u64::from(((value << 1) ^ (value >> 31)).cast_unsigned()),
    );
}

/// Appends an `i64`.
#[inline]
pub fn put_varlong(out: &mut Vec<u8>, value: i64) {
    put_unsigned(out, ((value << 1) ^ (value >> 63)).cast_unsigned());
}

/// Returns how many bytes [`put_varlong`] (and, for the same number, [`put_varint`]) appends.
#[inline]
#[must_use]
pub const fn varlong_bytes(value: i64) -> usize {
    let bits = ((value << 1) ^ (value >> 63)).cast_unsigned();
    // One byte for every 7 bits that are used, at least one.
    ((70 - (bits | 1).leading_zeros()) / 7) as usize
}

#[inline]
fn put_unsigned(out: &mut Vec<u8>, mut bits: u64) {
    while bits >= 0x80 {
        out.push(low_bits(bits) | 0x80);
        bits >>= 7;
    }
    out.push(low_bits(bits));
}

#[inline]
const fn low_bits(bits: u64) -> u8 {
    (bits & 0x7f) as u8
}

#[inline]
const fn zigzag_i32(bits: u32) -> i32 {
    (bits >> 1).cast_signed() ^ -(bits & 1).cast_signed()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_come_back_and_take_the_bytes_foretold() {
        let mut values = vec![0, 1, -1, 63, 64, -64, -65, 8191, 8192, i64::MAX, i64::MIN];
        for bit in 0..63 {
            values.extend([1_i64 << bit, (1_i64 << bit) - 1, -(1_i64 << bit)]);
        }
        for value in values {
            let mut out = Vec::new();
            put_varlong(&mut out, value);
            assert_eq!(out.len(), varlong_bytes(value), "{value}");
            let mut input = out.as_slice();
            assert_eq!(take_varlong(&mut input), Some(value));
            assert!(input.is_empty());
            if let Ok(small) = i32::try_from(value) {
                let mut narrow = Vec::new();
                put_varint(&mut narrow, small);
                assert_eq!(narrow, out);
                assert_eq!(take_varint(&mut narrow.as_slice()), Some(small));
            }
        }
    }

    #[test]
    fn a_number_cut_off_or_too_long_is_refused_and_nothing_is_taken() {
        for bytes in [
            &[][..],
            &[0x80],
            &[0x80, 0x80, 0x80, 0x80],
            &[0xff; 5],
            &[0xff; 11],
        ] {
            let mut input = bytes;
            assert_eq!(take_varint(&mut input), None);
            assert_eq!(input.len(), bytes.len());
        }
        assert_eq!(take_varlong(&mut &[0xff; 10][..]), None);
        assert_eq!(take_varlong(&mut &[0x80; 9][..]), None);
    }
}
