//! The operating system's files, by the standard library and rustix.
//!
//! Positional calls only; short writes and interruptions are retried here, so that callers see
//! all or an error. Refuses nothing by itself: what is durable is what was synced.

#![expect(
    clippy::disallowed_methods,
    reason = "this is the seam that others go through"
)]

use std::fmt;
use std::fs::{self, OpenOptions};
use std::io::{self, IoSlice, Read as _};
use std::os::unix::fs::FileExt;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::UNIX_EPOCH;

use rustix::fs::{FallocateFlags, FlockOperation, flock};

use super::{DirEntry, File, Fs, Lock, Metadata, OpenMode, Space, check_bytes};

/// The operating system's files.
#[derive(Clone, Copy, Debug, Default)]
pub struct RealFs;

impl RealFs {
    /// Returns the operating system's files, shared.
    #[must_use]
    pub fn shared() -> Arc<dyn Fs> {
        Arc::new(Self)
    }
}

struct RealFile {
    file: fs::File,
    path: PathBuf,
}

impl fmt::Debug for RealFile {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "RealFile({})", self.path.display())
    }
}

#[derive(Debug)]
struct RealLock {
    // Closing the descriptor gives the lock back.
    _file: fs::File,
}

impl Lock for RealLock {}

impl Fs for RealFs {
    fn open(&self, path: &Path, mode: OpenMode) -> io::Result<Arc<dyn File>> {
        let mut options = OpenOptions::new();
        options.read(true);
        match mode {
            OpenMode::Read => &mut options,
            OpenMode::ReadWrite => options.write(true),
            OpenMode::OpenOrCreate => options.write(true).create(true).truncate(false),
            OpenMode::CreateNew => options.write(true).create_new(true),
            OpenMode::Truncate => options.write(true).create(true).truncate(true),
        };
        let file = options.open(path)?;
        Ok(Arc::new(RealFile {
            file,
            path: path.to_path_buf(),
        }))
    }

    fn create_dir_all(&self, path: &Path) -> io::Result<()> {
        retried(|| fs::create_dir_all(path))
    }

    fn read(&self, path: &Path, bytes_max: u64) -> io::Result<Vec<u8>> {
        let file = fs::File::open(path)?;
        let metadata = file.metadata()?;
        if metadata.is_file() {
            check_bytes(path, metadata.len(), bytes_max)?;
            let bytes = usize::try_from(metadata.len()).map_err(io::Error::other)?;
            let mut content = vec![0; bytes];
            file.read_exact_at(&mut content, 0)?;
            return Ok(content);
        }
        // A pipe does not know its size.
        let mut content = Vec::new();
        let limit = bytes_max.saturating_add(1);
        let bytes = (&file).take(limit).read_to_end(&mut content)?;
        check_bytes(path, bytes as u64, bytes_max)?;
        Ok(content)
    }

    fn read_dir(&self, path: &Path) -> io::Result<Vec<DirEntry>> {
        let mut entries = Vec::new();
        for entry in fs::read_dir(path)? {
            let entry = entry?;
            let Ok(name) = entry.file_name().into_string() else {
                continue;
            };
            let mut kind = entry.file_type()?;
            if kind.is_symlink() {
                // A link to a directory counts as one, as in Kafka; a dangling one as a file.
                kind = fs::metadata(entry.path()).map_or(kind, |metadata| metadata.file_type());
            }
            entries.push(DirEntry {
                name,
                is_dir: kind.is_dir(),
            });
        }
        entries.sort_unstable();
        Ok(entries)
    }

    fn metadata(&self, path: &Path) -> io::Result<Metadata> {
        let metadata = fs::metadata(path)?;
        let since = metadata
            .modified()?
            .duration_since(UNIX_EPOCH)
            .unwrap_or_default();
        Ok(Metadata {
            is_dir: metadata.is_dir(),
            bytes: metadata.len(),
            modified_ms: i64::try_from(since.as_millis()).unwrap_or(i64::MAX),
        })
    }

    fn rename(&self, from: &Path, to: &Path) -> io::Result<()> {
        retried(|| fs::rename(from, to))
    }

    fn remove_file(&self, path: &Path) -> io::Result<()> {
        retried(|| fs::remove_file(path))
    }

    fn remove_dir_all(&self, path: &Path) -> io::Result<()> {
        retried(|| fs::remove_dir_all(path))
    }

    fn hard_link(&self, from: &Path, to: &Path) -> io::Result<()> {
        retried(|| fs::hard_link(from, to))
    }

    fn sync_dir(&self, path: &Path) -> io::Result<()> {
        retried(|| fs::File::open(path)?.sync_all())
    }

    fn space(&self, path: &Path) -> io::Result<Space> {
        let volume = rustix::fs::statvfs(path)?;
        Ok(Space {
            total: volume.f_blocks.saturating_mul(volume.f_frsize),
            usable: volume.f_bavail.saturating_mul(volume.f_frsize),
        })
    }

    fn try_lock(&self, path: &Path) -> io::Result<Option<Box<dyn Lock>>> {
        let file = OpenOptions::new()
            .read(true)
            .write(true)
            .create(true)
            .truncate(false)
            .open(path)?;
        match retried(|| Ok(flock(&file, FlockOperation::NonBlockingLockExclusive)?)) {
            Ok(()) => Ok(Some(Box::new(RealLock { _file: file }))),
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => Ok(None),
            Err(error) => Err(error),
        }
    }
}

impl File for RealFile {
    fn write_all_at(&self, slices: &mut [IoSlice<'_>], mut position: u64) -> io::Result<()> {
        let mut left = slices;
        // Leading empty slices would make a call that writes nothing look like a full disk.
        IoSlice::advance_slices(&mut left, 0);
        while !left.is_empty() {
            let part = left.get(..left.len().min(IO_SLICES_MAX)).unwrap_or(&[]);
            let count = match rustix::io::pwritev(&self.file, part, position) {
                Ok(0) => return Err(io::ErrorKind::WriteZero.into()),
                Ok(count) => count,
                Err(rustix::io::Errno::INTR) => continue,
                Err(error) => return Err(error.into()),
            };
            position += u64::try_from(count).map_err(io::Error::other)?;
            IoSlice::advance_slices(&mut left, count);
        }
        Ok(())
    }

    fn read_at(&self, buffer: &mut [u8], position: u64) -> io::Result<usize> {
        retried(|| self.file.read_at(buffer, position))
    }

    fn sync_data(&self) -> io::Result<()> {
        self.file.sync_data()
    }

    fn sync_all(&self) -> io::Result<()> {
        self.file.sync_all()
    }

    fn set_bytes(&self, bytes: u64) -> io::Result<()> {
        self.file.set_len(bytes)
    }

    fn bytes(&self) -> io::Result<u64> {
        Ok(self.file.metadata()?.len())
    }

    fn allocate(&self, position: u64, bytes: u64) -> io::Result<()> {
        rustix::fs::fallocate(&self.file, FallocateFlags::KEEP_SIZE, position, bytes)?;
        Ok(())
    }

    fn read_cached_at(&self, buffer: &mut [u8], position: u64) -> io::Result<bool> {
        use rustix::io::{Errno, ReadWriteFlags, preadv2};
        let wanted = buffer.len();
        let mut slices = [io::IoSliceMut::new(buffer)];
        match preadv2(&self.file, &mut slices, position, ReadWriteFlags::NOWAIT) {
            Ok(count) => Ok(count == wanted),
            // Not in memory; or a file system that cannot tell.
            Err(Errno::AGAIN | Errno::OPNOTSUPP | Errno::INTR | Errno::INVAL) => Ok(false),
            Err(error) => Err(error.into()),
        }
    }
}

/// Makes a call again when a signal came in between.
fn retried<T>(mut call: impl FnMut() -> io::Result<T>) -> io::Result<T> {
    loop {
        match call() {
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            outcome => return outcome,
        }
    }
}

/// The least `IOV_MAX` that POSIX systems of today have.
const IO_SLICES_MAX: usize = 1024;

#[cfg(test)]
mod tests {
    use std::io::Write as _;
    use std::os::fd::AsRawFd as _;

    use super::*;

    #[test]
    fn slices_are_written_one_behind_the_other() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("f");
        let file = RealFs.open(&path, OpenMode::CreateNew).unwrap();
        let mut slices: Vec<IoSlice<'_>> = Vec::new();
        slices.push(IoSlice::new(b""));
        for _ in 0..1500 {
            slices.push(IoSlice::new(b"ab"));
            slices.push(IoSlice::new(b""));
        }
        file.write_all_at(&mut slices, 3).unwrap();
        assert_eq!(file.bytes().unwrap(), 3003);
        let content = RealFs.read(&path, 10_000).unwrap();
        assert_eq!(&content[..5], b"\0\0\0ab");
        assert!(RealFs.read(&path, 3002).is_err());
        assert!(RealFs.open(&path, OpenMode::CreateNew).is_err());
    }

    #[test]
    fn a_pipe_is_read_to_its_end_and_no_further_than_allowed() {
        for (bytes_max, is_read) in [(11, true), (10, false)] {
            let (reader, mut writer) = io::pipe().unwrap();
            writer.write_all(b"hello there").unwrap();
            drop(writer);
            let path = PathBuf::from(format!("/proc/self/fd/{}", reader.as_raw_fd()));
            let content = RealFs.read(&path, bytes_max);
            assert_eq!(
                content.is_ok_and(|content| content == b"hello there"),
                is_read
            );
        }
    }

    #[test]
    fn a_call_that_a_signal_interrupts_is_made_again() {
        let mut left = 3;
        let outcome = retried(|| {
            left -= 1;
            if left > 0 {
                return Err(io::ErrorKind::Interrupted.into());
            }
            Ok("done")
        });
        assert_eq!((outcome.unwrap(), left), ("done", 0));
        assert!(retried(|| io::Result::<()>::Err(io::ErrorKind::NotFound.into())).is_err());
    }

    #[test]
    fn allocation_keeps_the_size() {
        let folder = tempfile::tempdir().unwrap();
        let file = RealFs
            .open(&folder.path().join("f"), OpenMode::CreateNew)
            .unwrap();
        if file.allocate(0, 1 << 20).is_ok() {
            assert_eq!(file.bytes().unwrap(), 0);
        }
        file.write_all_at(&mut [IoSlice::new(b"x")], 9).unwrap();
        file.set_bytes(10).unwrap();
        assert_eq!(file.bytes().unwrap(), 10);
    }

    #[test]
    fn a_lock_is_held_until_it_is_dropped() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join(".lock");
        let lock = RealFs.try_lock(&path).unwrap();
        assert!(lock.is_some());
        assert!(RealFs.try_lock(&path).unwrap().is_none());
        drop(lock);
        assert!(RealFs.try_lock(&path).unwrap().is_some());
    }

    #[test]
    fn replace_leaves_the_new_content_and_no_temporary_file() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("meta.properties");
        RealFs.replace(&path, b"one").unwrap();
        RealFs.replace(&path, b"two").unwrap();
        assert_eq!(RealFs.read(&path, 10).unwrap(), b"two");
        let names: Vec<_> = RealFs.read_dir(folder.path()).unwrap();
        assert_eq!(
            names,
            vec![DirEntry {
                name: "meta.properties".into(),
                is_dir: false
            }]
        );
    }
}
