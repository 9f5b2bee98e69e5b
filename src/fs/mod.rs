//! Files behind traits: the operating system's, or a simulated disk that tears and loses writes.
//!
//! Everything that touches a disk takes an [`Fs`]. Writes are positional, so that no file has a
//! cursor to share; durability is explicit (`sync_data`, `sync_all`, `sync_dir`), so that a
//! simulation can drop what was not synced.

mod real;
mod sim;

use std::fmt;
use std::io::{self, IoSlice};
use std::path::{Path, PathBuf};
use std::sync::Arc;

pub use real::RealFs;
pub use sim::{Repeat, SimFault, SimFs};

/// How [`Fs::open`] treats a file that is there, and one that is not.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum OpenMode {
    /// For reading; must exist.
    Read,
    /// For reading and writing; must exist.
    ReadWrite,
    /// For reading and writing; made if it is missing, kept as it is otherwise.
    OpenOrCreate,
    /// For reading and writing; must not exist.
    CreateNew,
    /// For reading and writing; made if it is missing, emptied otherwise.
    Truncate,
}

/// What [`Fs::read_dir`] tells of one entry.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct DirEntry {
    /// The name inside the directory; names that are not UTF-8 are left out of a listing.
    pub name: String,
    /// Whether it is a directory.
    pub is_dir: bool,
}

/// What [`Fs::metadata`] tells of a path.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Metadata {
    /// Whether it is a directory.
    pub is_dir: bool,
    /// Size in bytes.
    pub bytes: u64,
    /// Last change, milliseconds since the epoch.
    pub modified_ms: i64,
}

/// What [`Fs::space`] tells of a volume.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Space {
    /// All of it, in bytes.
    pub total: u64,
    /// What may still be written.
    pub usable: u64,
}

/// An exclusive lock on a file; given back when dropped.
pub trait Lock: Send + Sync + fmt::Debug {}

/// A file system.
pub trait Fs: Send + Sync + fmt::Debug {
    /// Opens a file.
    fn open(&self, path: &Path, mode: OpenMode) -> io::Result<Arc<dyn File>>;
    /// Makes a directory and those above it; no error if it is there.
    fn create_dir_all(&self, path: &Path) -> io::Result<()>;
    /// Lists a directory, sorted by name.
    fn read_dir(&self, path: &Path) -> io::Result<Vec<DirEntry>>;
    /// Tells size, kind and time of a path.
    fn metadata(&self, path: &Path) -> io::Result<Metadata>;
    /// Moves a file or a directory, replacing a file of the new name.
    fn rename(&self, from: &Path, to: &Path) -> io::Result<()>;
    /// Removes a file.
    fn remove_file(&self, path: &Path) -> io::Result<()>;
    /// Removes a directory and all in it.
    fn remove_dir_all(&self, path: &Path) -> io::Result<()>;
    /// Makes a second name for a file.
    fn hard_link(&self, from: &Path, to: &Path) -> io::Result<()>;
    /// Makes the names in a directory durable.
    fn sync_dir(&self, path: &Path) -> io::Result<()>;
    /// Takes the exclusive lock on a file (made if missing), or returns `None` if another holds it.
    fn try_lock(&self, path: &Path) -> io::Result<Option<Box<dyn Lock>>>;

    /// Tells the size of the volume that a path lies on.
    fn space(&self, path: &Path) -> io::Result<Space>;

    /// Returns whether anything has this path.
    fn exists(&self, path: &Path) -> bool {
        self.metadata(path).is_ok()
    }

    /// Reads a whole file of at most `bytes_max` bytes.
    fn read(&self, path: &Path, bytes_max: u64) -> io::Result<Vec<u8>> {
        let file = self.open(path, OpenMode::Read)?;
        let bytes = file.bytes()?;
        check_bytes(path, bytes, bytes_max)?;
        let mut content = vec![0; usize::try_from(bytes).map_err(io::Error::other)?];
        file.read_exact_at(&mut content, 0)?;
        Ok(content)
    }

    /// Replaces a small file so that a crash leaves the old content or the new, never a mixture:
    /// a temporary file, synced, renamed over the old, the directory synced (storage.md R7).
    fn replace(&self, path: &Path, content: &[u8]) -> io::Result<()> {
        let mut name = path.file_name().unwrap_or_default().to_os_string();
        name.push(".tmp");
        let temporary: PathBuf = path.with_file_name(name);
        let file = self.open(&temporary, OpenMode::Truncate)?;
        file.write_all_at(&mut [IoSlice::new(content)], 0)?;
        file.sync_all()?;
        self.rename(&temporary, path)?;
        match path.parent() {
            Some(parent) => self.sync_dir(parent),
            None => Ok(()),
        }
    }
}

/// Refuses a file that is larger than its reader takes.
fn check_bytes(path: &Path, bytes: u64, bytes_max: u64) -> io::Result<()> {
    if bytes <= bytes_max {
        return Ok(());
    }
    let path = path.display();
    let text = format!("{path}: {bytes} bytes, at most {bytes_max} expected");
    Err(io::Error::new(io::ErrorKind::InvalidData, text))
}

/// Returns whether an error says that a disk, or what a user may have of it, is full.
#[must_use]
pub fn is_storage_full(error: &io::Error) -> bool {
    matches!(
        error.kind(),
        io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded
    )
}

/// An open file; closed when the last reference goes.
pub trait File: Send + Sync + fmt::Debug {
    /// Writes all the slices, one behind the other, from `position` on.
    fn write_all_at(&self, slices: &mut [IoSlice<'_>], position: u64) -> io::Result<()>;
    /// Reads at most as many bytes as the buffer takes; 0 only at the end of the file.
    fn read_at(&self, buffer: &mut [u8], position: u64) -> io::Result<usize>;
    /// Makes the content, and the size if it changed, durable.
    fn sync_data(&self) -> io::Result<()>;
    /// Makes the content and all attributes durable.
    fn sync_all(&self) -> io::Result<()>;
    /// Cuts or extends the file.
    fn set_bytes(&self, bytes: u64) -> io::Result<()>;
    /// Returns the size in bytes.
    fn bytes(&self) -> io::Result<u64>;
    /// Allocates blocks ahead without changing the size; an error may be ignored.
    fn allocate(&self, position: u64, bytes: u64) -> io::Result<()>;

    /// Fills the whole buffer from `position` if all of it is in memory, else returns `false`
    /// without waiting for the disk; what the buffer then holds is not said.
    fn read_cached_at(&self, buffer: &mut [u8], position: u64) -> io::Result<bool>;

    /// Fills the whole buffer from `position`, or fails with `UnexpectedEof`.
    fn read_exact_at(&self, mut buffer: &mut [u8], mut position: u64) -> io::Result<()> {
        while !buffer.is_empty() {
            let count = match self.read_at(buffer, position) {
                Ok(0) => return Err(io::ErrorKind::UnexpectedEof.into()),
                Ok(count) => count,
                Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
                Err(error) => return Err(error),
            };
            buffer = buffer.get_mut(count..).ok_or(io::ErrorKind::InvalidData)?;
            position += u64::try_from(count).map_err(io::Error::other)?;
        }
        Ok(())
    }
}
