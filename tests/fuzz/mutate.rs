//! Changed copies of inputs: what a coverage-guided fuzzer does first, without the guide.

use kt::rng::Rng;

/// Numbers at which decoders break, if they do.
const EDGES: [i64; 12] = [
    0,
    1,
    -1,
    127,
    128,
    255,
    32_767,
    65_536,
    i32::MAX as i64,
    i32::MIN as i64,
    i64::MAX,
    i64::MIN,
];
const BYTES_MAX: usize = 64 << 10;

fn below(rng: &mut Rng, end: usize) -> usize {
    let drawn = rng.below(u64::try_from(end.max(1)).unwrap());
    usize::try_from(drawn).unwrap()
}

/// Returns a copy of one of `inputs` with one to six changes.
pub fn changed(inputs: &[Vec<u8>], rng: &mut Rng) -> Vec<u8> {
    let mut bytes = inputs[below(rng, inputs.len())].clone();
    for _ in 0..=below(rng, 6) {
        change(&mut bytes, inputs, rng);
        bytes.truncate(BYTES_MAX);
    }
    bytes
}

fn change(bytes: &mut Vec<u8>, inputs: &[Vec<u8>], rng: &mut Rng) {
    let at = below(rng, bytes.len());
    let until = bytes.len().min(at + 1 + below(rng, 32));
    match rng.below(8) {
        0 | 1 if !bytes.is_empty() => bytes[at] ^= 1 << below(rng, 8),
        2 if !bytes.is_empty() => bytes[at] = u8::try_from(below(rng, 256)).unwrap(),
        3 => {
            let edge = EDGES[below(rng, EDGES.len())].to_be_bytes();
            let width = [1, 2, 4, 8][below(rng, 4)];
            let until = bytes.len().min(at + width);
            bytes.splice(at..until, edge[8 - width..].iter().copied());
        }
        4 => bytes.truncate(at),
        5 => drop(bytes.drain(at..until)),
        6 => {
            let copy = bytes[at..until].to_vec();
            let to = below(rng, bytes.len() + 1);
            bytes.splice(to..to, copy);
        }
        _ => {
            let other = &inputs[below(rng, inputs.len())];
            let from = below(rng, other.len());
            let taken = other.get(from..).unwrap_or_default().to_vec();
            bytes.splice(at.., taken);
        }
    }
}
