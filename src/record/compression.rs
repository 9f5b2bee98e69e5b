//! The five codecs: none, gzip, snappy, lz4, zstd.
//!
//! Framing as Kafka's: gzip members, snappy in xerial's blocks (raw snappy is read too, since
//! librdkafka and sarama write it), lz4 and zstd frames, one or several. Output is bounded when
//! it is collected, and streamed when it only has to be looked at. What a compressed block claims
//! about its size is never believed beyond what its own bytes could hold.

use std::fmt;
use std::io::{self, Read, Write};
use std::str::FromStr;

use flate2::bufread::MultiGzDecoder;
use flate2::write::GzEncoder;
use lz4_flex::frame::{BlockMode, BlockSize, FrameDecoder, FrameEncoder, FrameInfo};

/// How a batch's records are compressed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Codec {
    /// Not at all.
    #[default]
    None,
    /// RFC 1952.
    Gzip,
    /// Snappy in xerial's framing.
    Snappy,
    /// LZ4 frames.
    Lz4,
    /// Zstandard frames.
    Zstd,
}

impl Codec {
    /// Each of them, in the order of their ids.
    pub const ALL: [Self; 5] = [Self::None, Self::Gzip, Self::Snappy, Self::Lz4, Self::Zstd];

    /// Returns the codec of a batch's attributes, `None` for an id that nobody has defined.
    #[must_use]
    pub const fn from_id(id: u16) -> Option<Self> {
        Some(match id {
            0 => Self::None,
            1 => Self::Gzip,
            2 => Self::Snappy,
            3 => Self::Lz4,
            4 => Self::Zstd,
            _ => return None,
        })
    }

    /// Returns the id in a batch's attributes.
    #[must_use]
    pub const fn id(self) -> u16 {
        match self {
            Self::None => 0,
            Self::Gzip => 1,
            Self::Snappy => 2,
            Self::Lz4 => 3,
            Self::Zstd => 4,
        }
    }

    /// Returns Kafka's name, as in `compression.type`.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::None => "none",
            Self::Gzip => "gzip",
            Self::Snappy => "snappy",
            Self::Lz4 => "lz4",
            Self::Zstd => "zstd",
        }
    }
}

impl fmt::Display for Codec {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// The text names no codec.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("Unknown compression name: {name}")]
pub struct ParseCodecError {
    name: String,
}

impl FromStr for Codec {
    type Err = ParseCodecError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let all = [Self::None, Self::Gzip, Self::Snappy, Self::Lz4, Self::Zstd];
        let found = all.into_iter().find(|codec| codec.name() == text);
        found.ok_or_else(|| ParseCodecError {
            name: text.chars().take(64).collect(),
        })
    }
}

/// Why compressed bytes gave no records.
#[derive(Debug, thiserror::Error)]
pub enum DecompressError {
    /// The attributes name a codec that nobody has defined.
    #[error("Unknown compression type id: {id}")]
    UnknownCodec {
        /// The id.
        id: u16,
    },
    /// More comes out than the caller allows.
    #[error("the records decompress to more than {bytes_max} bytes")]
    TooLarge {
        /// What the caller allows.
        bytes_max: usize,
    },
    /// The bytes are not what the codec writes.
    #[error("the records are no valid {codec}: {source}")]
    Corrupt {
        /// The codec.
        codec: Codec,
        /// What it says.
        source: io::Error,
    },
}

/// Kafka's `compression.gzip.level` default, the library's own.
const GZIP_LEVEL: u32 = 6;
/// Kafka's `compression.zstd.level` default.
const ZSTD_LEVEL: i32 = 3;
/// What xerial's stream puts in front of its blocks: its name, version 1, compatible with 1.
const XERIAL_HEADER: [u8; 16] = *b"\x82SNAPPY\0\0\0\0\x01\0\0\0\x01";
const XERIAL_MAGIC_BYTES: usize = 8;
/// Size of the blocks that xerial's stream cuts its input into.
const XERIAL_BLOCK_BYTES: usize = 32 * 1024;
/// A snappy copy takes 3 bytes or more and gives 64 at most; a block cannot hold more than this
/// many times its own size.
const SNAPPY_RATIO_MAX: usize = 64;

/// Appends `input`, compressed, to `out`; `level` is the codec's own, where it has one.
pub fn compress(
    codec: Codec,
    level: Option<i32>,
    input: &[u8],
    out: &mut Vec<u8>,
) -> io::Result<()> {
    match codec {
        Codec::None => out.extend_from_slice(input),
        Codec::Gzip => {
            let level = level
                .and_then(|level| u32::try_from(level).ok())
                .unwrap_or(GZIP_LEVEL);
            let mut encoder = GzEncoder::new(out, flate2::Compression::new(level.min(9)));
            encoder.write_all(input)?;
            encoder.finish()?;
        }
        Codec::Snappy => compress_xerial(input, out)?,
        Codec::Lz4 => {
            // Kafka's frame: blocks of 64 KiB that do not refer to each other. lz4_flex has no
            // levels; the one it has is Kafka's fastest.
            let info = FrameInfo::new()
                .block_size(BlockSize::Max64KB)
                .block_mode(BlockMode::Independent);
            let mut encoder = FrameEncoder::with_frame_info(info, out);
            encoder.write_all(input)?;
            encoder.finish().map_err(io::Error::other)?;
        }
        Codec::Zstd => {
            zstd::stream::copy_encode(input, out, level.unwrap_or(ZSTD_LEVEL))?;
        }
    }
    Ok(())
}

fn compress_xerial(input: &[u8], out: &mut Vec<u8>) -> io::Result<()> {
    out.extend_from_slice(&XERIAL_HEADER);
    let mut encoder = snap::raw::Encoder::new();
    for block in input.chunks(XERIAL_BLOCK_BYTES) {
        let begin = out.len();
        out.resize(begin + 4 + snap::raw::max_compress_len(block.len()), 0);
        let target = out.get_mut(begin + 4..).unwrap_or_default();
        let bytes = encoder.compress(block, target)?;
        let length = u32::try_from(bytes)
            .map_err(io::Error::other)?
            .to_be_bytes();
        out.truncate(begin + 4 + bytes);
        if let Some(field) = out.get_mut(begin..begin + 4) {
            field.copy_from_slice(&length);
        }
    }
    Ok(())
}

/// Returns `input` decompressed, if that is at most `bytes_max` bytes.
pub fn decompress(
    codec: Codec,
    input: &[u8],
    bytes_max: usize,
) -> Result<Vec<u8>, DecompressError> {
    let corrupt = |source| DecompressError::Corrupt { codec, source };
    let decoder = Decoder::new(codec, input).map_err(corrupt)?;
    // Grows with what really comes out; the claim of a frame is not a reason to allocate.
    let mut out = Vec::with_capacity(input.len().saturating_mul(2).min(bytes_max));
    let limit = u64::try_from(bytes_max)
        .unwrap_or(u64::MAX)
        .saturating_add(1);
    decoder.take(limit).read_to_end(&mut out).map_err(corrupt)?;
    if out.len() > bytes_max {
        return Err(DecompressError::TooLarge { bytes_max });
    }
    Ok(out)
}

/// Reads compressed bytes as a stream.
pub struct Decoder<'a>(Inner<'a>);

enum Inner<'a> {
    None(&'a [u8]),
    Gzip(Box<MultiGzDecoder<&'a [u8]>>),
    Snappy(Snappy<'a>),
    Lz4(Box<FrameDecoder<&'a [u8]>>),
    Zstd(Box<zstd::stream::read::Decoder<'static, &'a [u8]>>),
}

impl fmt::Debug for Decoder<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self.0 {
            Inner::None(_) => "Decoder(none)",
            Inner::Gzip(_) => "Decoder(gzip)",
            Inner::Snappy(_) => "Decoder(snappy)",
            Inner::Lz4(_) => "Decoder(lz4)",
            Inner::Zstd(_) => "Decoder(zstd)",
        })
    }
}

impl<'a> Decoder<'a> {
    /// Returns the stream of what `input` holds.
    pub fn new(codec: Codec, input: &'a [u8]) -> io::Result<Self> {
        Ok(Self(match codec {
            Codec::None => Inner::None(input),
            Codec::Gzip => Inner::Gzip(Box::new(MultiGzDecoder::new(input))),
            Codec::Snappy => Inner::Snappy(Snappy::new(input)),
            Codec::Lz4 => {
                check_independent_blocks(input)?;
                Inner::Lz4(Box::new(FrameDecoder::new(input)))
            }
            Codec::Zstd => Inner::Zstd(Box::new(zstd::stream::read::Decoder::with_buffer(input)?)),
        }))
    }
}

impl Read for Decoder<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        match &mut self.0 {
            Inner::None(input) => input.read(buffer),
            Inner::Gzip(decoder) => decoder.read(buffer),
            Inner::Snappy(decoder) => decoder.read(buffer),
            Inner::Zstd(decoder) => decoder.read(buffer),
            Inner::Lz4(decoder) => loop {
                // The end of a frame reads as 0 although another frame may follow.
                let count = decoder.read(buffer)?;
                if count > 0 || buffer.is_empty() || decoder.get_ref().is_empty() {
                    break Ok(count);
                }
                check_independent_blocks(decoder.get_ref())?;
            },
        }
    }
}

/// Snappy, in xerial's blocks or as one raw block.
struct Snappy<'a> {
    input: &'a [u8],
    /// Raw snappy is one block without a length in front.
    is_raw: bool,
    block: Vec<u8>,
    position: usize,
}

impl<'a> Snappy<'a> {
    fn new(input: &'a [u8]) -> Self {
        let magic = XERIAL_HEADER.get(..XERIAL_MAGIC_BYTES).unwrap_or_default();
        let is_raw = !input.starts_with(magic);
        let input = if is_raw {
            input
        } else {
            input.get(XERIAL_HEADER.len()..).unwrap_or_default()
        };
        Self {
            input,
            is_raw,
            block: Vec::new(),
            position: 0,
        }
    }

    fn next_block(&mut self) -> io::Result<()> {
        let compressed = if self.is_raw {
            std::mem::take(&mut self.input)
        } else {
            let (length, rest) = self.input.split_first_chunk().ok_or(CUT_OFF)?;
            let length = usize::try_from(u32::from_be_bytes(*length)).map_err(io::Error::other)?;
            let (compressed, rest) = rest.split_at_checked(length).ok_or(CUT_OFF)?;
            self.input = rest;
            compressed
        };
        let bytes = snap::raw::decompress_len(compressed)?;
        if bytes > compressed.len().saturating_mul(SNAPPY_RATIO_MAX) {
            return Err(io::Error::new(
                io::ErrorKind::InvalidData,
                "impossible block size",
            ));
        }
        self.block.resize(bytes, 0);
        self.position = 0;
        snap::raw::Decoder::new().decompress(compressed, &mut self.block)?;
        Ok(())
    }
}

const CUT_OFF: io::ErrorKind = io::ErrorKind::UnexpectedEof;

impl Read for Snappy<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        while self.position >= self.block.len() {
            if self.input.is_empty() {
                return Ok(0);
            }
            self.next_block()?;
        }
        let mut rest = self.block.get(self.position..).unwrap_or_default();
        let count = rest.read(buffer)?;
        self.position += count;
        Ok(count)
    }
}

/// Refuses LZ4 frames whose blocks build on each other: Java's reader cannot decode them, so a
/// topic that holds one could not be read by Java clients.
fn check_independent_blocks(frame: &[u8]) -> io::Result<()> {
    /// Bit 5 of the byte behind the magic number.
    const BLOCK_INDEPENDENCE: u8 = 1 << 5;
    match frame.get(4) {
        Some(flags) if flags & BLOCK_INDEPENDENCE == 0 => Err(io::Error::new(
            io::ErrorKind::InvalidData,
            "Dependent block stream is unsupported (BlockIndependence must be set)",
        )),
        _ => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sample(bytes: usize) -> Vec<u8> {
        (0..bytes)
            .map(|i| u8::try_from((i * i / 7 + i / 300) % 251).unwrap())
            .collect()
    }

    #[test]
    fn lz4_frames_whose_blocks_build_on_each_other_are_refused_wherever_they_stand() {
        let frame = |mode| {
            let info = FrameInfo::new().block_mode(mode);
            let mut encoder = FrameEncoder::with_frame_info(info, Vec::new());
            Write::write_all(&mut encoder, &[7; 200_000]).unwrap();
            encoder.finish().unwrap()
        };
        let good = frame(BlockMode::Independent);
        let linked = frame(BlockMode::Linked);
        let twice = [good.clone(), good.clone()].concat();
        assert_eq!(
            decompress(Codec::Lz4, &twice, 1 << 20).unwrap().len(),
            400_000
        );
        assert!(decompress(Codec::Lz4, &linked, 1 << 20).is_err());
        assert!(decompress(Codec::Lz4, &[good, linked].concat(), 1 << 20).is_err());
    }

    #[test]
    fn what_was_compressed_comes_back() {
        for codec in Codec::ALL {
            for bytes in [0, 1, 100, 70_000, 300_000] {
                let input = sample(bytes);
                let mut out = vec![9];
                compress(codec, None, &input, &mut out).unwrap();
                assert_eq!(out[0], 9);
                assert_eq!(
                    decompress(codec, &out[1..], bytes).unwrap(),
                    input,
                    "{codec} {bytes}"
                );
            }
        }
    }

    #[test]
    fn frames_behind_one_another_are_one_stream() {
        for codec in [Codec::Gzip, Codec::Lz4, Codec::Zstd] {
            let mut out = Vec::new();
            compress(codec, Some(1), b"one", &mut out).unwrap();
            compress(codec, Some(9), b"", &mut out).unwrap();
            compress(codec, Some(9), b"two", &mut out).unwrap();
            assert_eq!(decompress(codec, &out, 100).unwrap(), b"onetwo", "{codec}");
        }
    }

    #[test]
    fn raw_snappy_is_read_too() {
        let input = sample(100_000);
        let raw = snap::raw::Encoder::new().compress_vec(&input).unwrap();
        assert_eq!(decompress(Codec::Snappy, &raw, input.len()).unwrap(), input);
    }

    #[test]
    fn lz4_with_a_content_checksum_is_read() {
        let mut encoder =
            FrameEncoder::with_frame_info(FrameInfo::new().content_checksum(true), Vec::new());
        encoder.write_all(b"checked").unwrap();
        let mut bytes = encoder.finish().unwrap();
        assert_eq!(decompress(Codec::Lz4, &bytes, 7).unwrap(), b"checked");
        *bytes.last_mut().unwrap() ^= 1;
        assert!(decompress(Codec::Lz4, &bytes, 7).is_err());
    }

    #[test]
    fn output_stops_at_the_limit() {
        for codec in Codec::ALL {
            let mut out = Vec::new();
            compress(codec, None, &vec![0; 1_000_000], &mut out).unwrap();
            let error = decompress(codec, &out, 999_999).unwrap_err();
            assert!(
                matches!(error, DecompressError::TooLarge { .. }),
                "{codec}: {error}"
            );
        }
    }

    #[test]
    fn cut_off_and_foreign_bytes_are_errors() {
        for codec in [Codec::Gzip, Codec::Snappy, Codec::Lz4, Codec::Zstd] {
            let input = sample(1000);
            let mut out = Vec::new();
            compress(codec, None, &input, &mut out).unwrap();
            assert!(
                decompress(codec, &out[..out.len() / 2], 10_000).is_err(),
                "{codec}"
            );
            assert!(decompress(codec, b"no codec wrote this, not even one", 10_000).is_err());
        }
        // A raw snappy block of 7 bytes that claims 4 GiB.
        let claim = [0xff, 0xff, 0xff, 0xff, 0x0f, 0, 0];
        assert!(decompress(Codec::Snappy, &claim, usize::MAX).is_err());
    }
}
