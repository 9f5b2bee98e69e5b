//! Copying files through the file system's seam, each synced before its name counts.

use std::io::{self, IoSlice};
use std::path::Path;

use crate::fs::{File, Fs, OpenMode};
use crate::storage::error::{AtPath, IoError};

/// Read and written at a time.
const PIECE_BYTES: usize = 1 << 20;

/// Copies a file that nobody writes to, or that is only replaced as a whole; returns its size.
pub(super) fn copy(fs: &dyn Fs, source: &Path, target: &Path) -> Result<u64, IoError> {
    let file = fs.open(source, OpenMode::Read).at("open", source)?;
    let bytes = file.bytes().at("read", source)?;
    copy_to(fs, file.as_ref(), (source, target), bytes)
}

/// Copies the first `bytes` bytes of an open file; returns their number.
pub(super) fn copy_to(
    fs: &dyn Fs,
    file: &dyn File,
    (source, target): (&Path, &Path),
    bytes: u64,
) -> Result<u64, IoError> {
    let copy = fs.open(target, OpenMode::CreateNew).at("create", target)?;
    let mut piece = vec![0; PIECE_BYTES];
    let mut position = 0;
    while position < bytes {
        let left = usize::try_from(bytes - position).unwrap_or(usize::MAX);
        let count = left.min(PIECE_BYTES);
        let part = piece.get_mut(..count).unwrap_or_default();
        file.read_exact_at(part, position).at("read", source)?;
        copy.write_all_at(&mut [IoSlice::new(part)], position)
            .at("write", target)?;
        position += u64::try_from(count).unwrap_or(0);
    }
    copy.sync_all().at("sync", target)?;
    Ok(bytes)
}

/// Gives a file a second name, durably; returns its size, or `None` where that cannot be.
pub(super) fn link(fs: &dyn Fs, source: &Path, target: &Path) -> Result<Option<u64>, IoError> {
    // A copy is to outlive what the original outlives: what is not on the disk yet goes there.
    let file = fs.open(source, OpenMode::Read).at("open", source)?;
    file.sync_all().at("sync", source)?;
    let bytes = file.bytes().at("read", source)?;
    match fs.hard_link(source, target) {
        Ok(()) => Ok(Some(bytes)),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Err(error).at("link", source),
        // Another file system, one that knows no links, or too many of them.
        Err(_) => Ok(None),
    }
}

/// Copies a directory and all below it, linking nothing; `told` hears how many bytes more are done.
pub fn copy_dir(
    fs: &dyn Fs,
    source: &Path,
    target: &Path,
    told: &mut dyn FnMut(u64),
) -> Result<u64, IoError> {
    fs.create_dir_all(target).at("create", target)?;
    let mut bytes = 0;
    for entry in fs.read_dir(source).at("list", source)? {
        let (from, to) = (source.join(&entry.name), target.join(&entry.name));
        if entry.is_dir {
            bytes += copy_dir(fs, &from, &to, told)?;
        } else {
            let copied = copy(fs, &from, &to)?;
            told(copied);
            bytes += copied;
        }
    }
    fs.sync_dir(target).at("sync", target)?;
    Ok(bytes)
}
