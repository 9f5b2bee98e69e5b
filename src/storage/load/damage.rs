//! Damage in a `.log` file: what a power cut leaves, and where good batches begin again.
//!
//! A disk writes a sector whole or not at all, in any order, and where an appended sector is
//! missing the file has zeros. Bad bytes without such a sector were written once, and changed
//! since. Neither test trusts the bytes: a record may hold whole batches as its value, so a batch
//! found by searching counts only if many others, or the file's end, follow it.

use std::io::{self, IoSlice};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use crate::fs::{File, Fs, OpenMode};
use crate::record::{Attributes, BatchHeader, Codec, HEADER_BYTES, MAGIC};
use crate::storage::file_records::{BatchScan, Checked};
use crate::types::{Offset, TimestampMs};

/// What a disk writes at once.
const SECTOR_BYTES: u64 = 512;
const PIECE_BYTES: usize = 1 << 20;
/// So many batches in a row are no value that a record holds.
const ROW_BATCHES: usize = 16;
/// How many bytes a search may check that turn out to be no batch, besides what it walks over:
/// values that imitate headers must not hold up a start.
const CHECKED_BYTES_MAX: u64 = 1 << 30;

/// Returns whether a power cut may have left the bad batch at `begin`: what it has of some sector
/// is zeros, or the file ends with a sector before the batch does. The batch ends where its header
/// says, or else at `end`.
pub(in crate::storage) fn looks_unwritten(
    file: &dyn File,
    begin: u64,
    end: u64,
) -> io::Result<bool> {
    let announced = announced_end(file, begin)?;
    let is_short = announced.is_none_or(|announced| announced > end);
    if is_short && end.is_multiple_of(SECTOR_BYTES) && end == file.bytes()? {
        return Ok(true);
    }
    let header_end = end.min(begin + to_u64(HEADER_BYTES)?);
    if has_empty_piece(file, begin, header_end)? {
        return Ok(true);
    }
    let announced = announced.filter(|announced| *announced <= end);
    has_empty_piece(file, begin, announced.unwrap_or(end))
}

/// Returns whether the batch in `begin..end` has nothing but zeros in some sector.
fn has_empty_piece(file: &dyn File, begin: u64, end: u64) -> io::Result<bool> {
    let mut piece = vec![0; to_usize(SECTOR_BYTES * 64)?];
    let mut attributes = [0; 2];
    if end - begin > 23 {
        file.read_exact_at(&mut attributes, begin + 21)?;
    }
    let codec = Attributes(u16::from_be_bytes(attributes)).codec();
    let mut position = begin;
    while position < end {
        let sectors_end = (position / SECTOR_BYTES + 64) * SECTOR_BYTES;
        let part_end = end.min(sectors_end);
        let part = piece
            .get_mut(..to_usize(part_end - position)?)
            .unwrap_or_default();
        file.read_exact_at(part, position)?;
        let mut rest: &[u8] = part;
        while !rest.is_empty() {
            let room = to_usize(SECTOR_BYTES - position % SECTOR_BYTES)?;
            let (sector, behind) = rest.split_at(room.min(rest.len()));
            // The upper bytes of an offset are zeros, and so is the last byte of a record that has
            // no headers and is not compressed.
            let is_first = position == begin && sector.len() < 8;
            let is_end = behind.is_empty() && part_end == end;
            let is_last = is_end && sector.len() < 2 && codec == Some(Codec::None);
            if !is_first && !is_last && sector.iter().all(|byte| *byte == 0) {
                return Ok(true);
            }
            position += to_u64(sector.len())?;
            rest = behind;
        }
    }
    Ok(false)
}

/// Returns where the batch at `position` ends if its length field is right.
fn announced_end(file: &dyn File, position: u64) -> io::Result<Option<u64>> {
    let mut field = [0; 4];
    if file.bytes()? < position + 12 {
        return Ok(None);
    }
    file.read_exact_at(&mut field, position + 8)?;
    let length = u64::try_from(i32::from_be_bytes(field)).ok();
    let least = to_u64(HEADER_BYTES)? - 12;
    Ok(length
        .filter(|length| *length >= least)
        .map(|length| position + 12 + length))
}

/// Returns where good batches begin again behind the bad one at `bad`, with an offset of `least`
/// or more.
///
/// First where the bad batch says that it ends; if nothing good is there, damage has taken its
/// length with it, and each byte is looked at.
pub(in crate::storage) fn find_good(
    file: &dyn File,
    bad: u64,
    end: u64,
    least: Offset,
) -> io::Result<Option<u64>> {
    if let Some(next) = end_of_batch(file, bad, end)? {
        if next == end {
            return Ok(None);
        }
        if good_at(file, next, end, least)?.is_some() {
            return Ok(Some(next));
        }
    }
    find_batch(file, bad + 1, end, least)
}

/// Returns where, from `begin` on, the next row of good batches begins that has an offset of
/// `least` or more and goes on to the end, or is long.
pub(in crate::storage) fn find_batch(
    file: &dyn File,
    begin: u64,
    end: u64,
    least: Offset,
) -> io::Result<Option<u64>> {
    let mut piece = vec![0; PIECE_BYTES];
    let mut from = begin;
    let mut left_to_check = CHECKED_BYTES_MAX;
    while let Some(left) = end.checked_sub(from).filter(|left| *left > 60) {
        let bytes = to_usize(left.min(to_u64(PIECE_BYTES)?))?;
        piece.resize(bytes, 0);
        file.read_exact_at(&mut piece, from)?;
        for (skip, window) in (0_u64..).zip(piece.windows(HEADER_BYTES)) {
            if window.get(16) != Some(&MAGIC) {
                continue;
            }
            let position = from + skip;
            if !could_be(window, position, end, least) {
                continue;
            }
            let row = row_from(file, position, end, least)?;
            if row.reaches_end || row.batches >= ROW_BATCHES {
                return Ok(Some(position));
            }
            let Some(left) = left_to_check.checked_sub(row.read_bytes) else {
                return Ok(None);
            };
            left_to_check = left;
        }
        from += to_u64(bytes - HEADER_BYTES + 1)?;
    }
    Ok(None)
}

/// Returns the base offset of the good batch that begins at `position`.
pub(in crate::storage) fn good_at(
    file: &dyn File,
    position: u64,
    end: u64,
    least: Offset,
) -> io::Result<Option<Offset>> {
    match BatchScan::new(file, position, end).next()? {
        Checked::Batch(_, batch) => {
            let base = batch.header().base_offset;
            Ok((least..=most(least)).contains(&base).then_some(base))
        }
        Checked::Bad(..) | Checked::End => Ok(None),
    }
}

/// Copies `begin..end` of a segment to a file of its own beside it, unless it is all zeros;
/// returns where that is. No earlier copy is overwritten.
pub(in crate::storage) fn put_aside(
    fs: &dyn Fs,
    file: &dyn File,
    segment: &Path,
    (begin, end): (u64, u64),
    now_ms: TimestampMs,
) -> io::Result<Option<PathBuf>> {
    let mut piece = vec![0; PIECE_BYTES];
    let mut copy: Option<(PathBuf, Arc<dyn File>)> = None;
    let mut position = begin;
    while position < end {
        let bytes = to_usize((end - position).min(to_u64(PIECE_BYTES)?))?;
        let part = piece.get_mut(..bytes).unwrap_or_default();
        file.read_exact_at(part, position)?;
        if copy.is_none() && part.iter().any(|byte| *byte != 0) {
            copy = Some(create_beside(fs, segment, now_ms)?);
        }
        if let Some((_, copy)) = &copy {
            copy.write_all_at(&mut [IoSlice::new(part)], position - begin)?;
        }
        position += to_u64(bytes)?;
    }
    let Some((path, copy)) = copy else {
        return Ok(None);
    };
    copy.sync_all()?;
    if let Some(parent) = path.parent() {
        // The copy must be there before the bytes are gone.
        fs.sync_dir(parent)?;
    }
    Ok(Some(path))
}

fn create_beside(
    fs: &dyn Fs,
    segment: &Path,
    now_ms: TimestampMs,
) -> io::Result<(PathBuf, Arc<dyn File>)> {
    let mut number = now_ms;
    loop {
        let mut path = segment.as_os_str().to_os_string();
        path.push(format!(".cut-{number}"));
        let path = PathBuf::from(path);
        match fs.open(&path, OpenMode::CreateNew) {
            Ok(file) => return Ok((path, file)),
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => number += 1,
            Err(error) => return Err(error),
        }
    }
}

/// Returns where the batch at `position` ends, as its header says, if that is within `end`.
fn end_of_batch(file: &dyn File, position: u64, end: u64) -> io::Result<Option<u64>> {
    let mut header = [0; HEADER_BYTES];
    if end.saturating_sub(position) < to_u64(HEADER_BYTES)? {
        return Ok(None);
    }
    file.read_exact_at(&mut header, position)?;
    let header = BatchHeader::parse(&header).filter(|header| header.magic == MAGIC);
    let bytes = header.and_then(|header| u64::try_from(header.total_bytes()?).ok());
    Ok(bytes
        .map(|bytes| position + bytes)
        .filter(|next| *next <= end))
}

/// Good batches, one behind the other.
#[derive(Default)]
struct Row {
    batches: usize,
    reaches_end: bool,
    read_bytes: u64,
}

fn row_from(file: &dyn File, position: u64, end: u64, least: Offset) -> io::Result<Row> {
    let mut scan = BatchScan::new(file, position, end);
    let (mut row, mut expected) = (Row::default(), least);
    while row.batches < ROW_BATCHES {
        let header = match scan.next()? {
            Checked::Batch(_, batch) => *batch.header(),
            Checked::Bad(..) => break,
            Checked::End => {
                row.reaches_end = true;
                break;
            }
        };
        if !(expected..=most(expected)).contains(&header.base_offset) {
            break;
        }
        expected = header.next_offset();
        row.batches += 1;
        row.read_bytes += to_u64(header.total_bytes().unwrap_or_default())?;
    }
    // A walk reads a whole piece, however short the batches are.
    row.read_bytes = row.read_bytes.max(to_u64(PIECE_BYTES)?);
    Ok(row)
}

fn could_be(window: &[u8], position: u64, end: u64, least: Offset) -> bool {
    let Some(header) = BatchHeader::parse(window) else {
        return false;
    };
    let bytes = header
        .total_bytes()
        .and_then(|bytes| u64::try_from(bytes).ok());
    header.attributes.0 < 0x80
        && header.last_offset_delta >= 0
        && bytes.is_some_and(|bytes| bytes <= end - position)
        && (least..=most(least)).contains(&header.base_offset)
}

const fn most(least: Offset) -> Offset {
    least.plus(i32::MAX as i64)
}

fn to_usize(bytes: u64) -> io::Result<usize> {
    usize::try_from(bytes).map_err(io::Error::other)
}

fn to_u64(bytes: usize) -> io::Result<u64> {
    u64::try_from(bytes).map_err(io::Error::other)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fs::SimFs;
    use crate::record::{Append, BatchBuilder, Seal};

    fn batch(base: i64, value: &[u8]) -> Vec<u8> {
        let mut builder = BatchBuilder::new(usize::MAX);
        assert_eq!(builder.append(None, Some(value), &[], 5), Append::Fits);
        let base_offset = Offset(base);
        let seal = Seal {
            base_offset,
            ..Seal::default()
        };
        builder.seal(&seal).unwrap();
        builder.into_bytes()
    }

    fn file(content: &[u8]) -> Arc<dyn File> {
        let fs = SimFs::default();
        let file = fs.open(Path::new("/f"), OpenMode::CreateNew).unwrap();
        file.write_all_at(&mut [IoSlice::new(content)], 0).unwrap();
        file
    }

    fn len(bytes: &[u8]) -> u64 {
        u64::try_from(bytes.len()).unwrap()
    }

    #[test]
    fn a_batch_that_lacks_any_sector_looks_unwritten_and_one_with_a_flipped_bit_does_not() {
        let before = batch(0, &[b'x'; 200]);
        let bad = batch(1, &[b'x'; 3000]);
        let whole = [&before[..], &bad].concat();
        let begin = len(&before);
        for position in before.len()..whole.len() {
            let mut content = whole.clone();
            content[position] ^= 1;
            let unwritten = looks_unwritten(&*file(&content), begin, len(&content)).unwrap();
            // The last byte of a record is a zero; the last piece must be longer than that.
            assert!(!unwritten, "a bit at {position}");
        }
        for end in (512..whole.len())
            .step_by(512)
            .filter(|end| *end > before.len())
        {
            let content = &whole[..end];
            assert!(looks_unwritten(&*file(content), begin, len(content)).unwrap());
        }
        for sector in before.len() / 512..=whole.len() / 512 {
            let mut content = whole.clone();
            let from = (sector * 512).max(before.len());
            let until = (sector * 512 + 512).min(content.len());
            content[from..until].fill(0);
            assert!(looks_unwritten(&*file(&content), begin, len(&content)).unwrap());
        }
    }

    #[test]
    fn a_batch_inside_a_value_is_not_taken_for_one_of_the_log() {
        let inner = [batch(2, b"phantom"), batch(3, b"phantom")].concat();
        let outer = batch(1, &inner);
        let after = batch(2, b"real");
        let whole = [batch(0, b"a"), outer.clone(), after.clone()].concat();
        let bad = len(&batch(0, b"a"));
        // A bit of the content, the length, the magic byte.
        for position in [61, 11, 10, 16] {
            let mut content = whole.clone();
            content[usize::try_from(bad).unwrap() + position] ^= 0x40;
            let found = find_good(&*file(&content), bad, len(&content), Offset(1)).unwrap();
            assert_eq!(found, Some(len(&whole) - len(&after)), "{position}");
        }
        let last = &whole[..whole.len() - after.len()];
        let mut content = last.to_vec();
        content[usize::try_from(bad).unwrap() + 11] ^= 0x40;
        let found = find_good(&*file(&content), bad, len(&content), Offset(1)).unwrap();
        assert_eq!(found, None);
    }
}
