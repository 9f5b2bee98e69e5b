//! A disk in memory that can lose, tear and refuse writes.
//!
//! It keeps what programs see apart from what a power cut leaves. Until they are synced, writes
//! survive a crash as a random choice of 512-byte sectors, and names as a random choice of the
//! changes in their directory; a rename survives as a whole or not at all. A file's sync does not
//! make its name durable: only the directory's does. Calls can be made to fail by their number.

mod disk;
mod faults;

use std::io::{self, IoSlice};
use std::path::Path;
use std::sync::Arc;

use parking_lot::Mutex;

use self::disk::{Change, DirNode, FileNode, NameChange, Node, State, names, to_usize};
use self::faults::{Call, Effect};
pub use self::faults::{Repeat, SimFault};
use super::{DirEntry, File, Fs, Lock, Metadata, OpenMode, Space};
use crate::rng::Rng;

/// A disk in memory; clones are the same disk.
#[derive(Clone, Debug)]
pub struct SimFs {
    state: Arc<Mutex<State>>,
}

impl Default for SimFs {
    fn default() -> Self {
        Self {
            state: Arc::new(Mutex::new(State::new())),
        }
    }
}

impl SimFs {
    /// Cuts the power: what is not synced is lost, torn or kept, as `rng` has it. Open files are
    /// dead afterwards.
    pub fn crash(&self, rng: &mut Rng) {
        self.state.lock().crash(rng);
    }

    /// Makes the call fail that changes something and comes after `calls` others.
    pub fn fail_after(&self, calls: u64, fault: SimFault) {
        self.state.lock().faults.fail_changing(calls, fault);
    }

    /// Makes the call fail, of any kind, that comes after `calls` others.
    pub fn fail_any_after(&self, calls: u64, fault: SimFault, repeat: Repeat) {
        self.state.lock().faults.fail_any(calls, fault, repeat);
    }

    /// Lets all calls succeed again.
    pub fn heal(&self) {
        self.state.lock().faults.heal();
    }

    /// Returns how many calls changed something or tried to.
    #[must_use]
    pub fn calls(&self) -> u64 {
        self.state.lock().faults.changing
    }

    /// Returns how many calls there were, of any kind.
    #[must_use]
    pub fn all_calls(&self) -> u64 {
        self.state.lock().faults.all
    }

    /// Returns another disk with the same content, unsynced changes included; files that are open
    /// here, and locks, are not there.
    #[must_use]
    pub fn fork(&self) -> Self {
        let mut state = self.state.lock().clone();
        state.boots += 1;
        state.locked.clear();
        state.faults.heal();
        Self {
            state: Arc::new(Mutex::new(state)),
        }
    }

    /// Makes every file's sync from now on say that it was done, and do nothing: a test that does
    /// not fail on such a disk proves nothing about syncs.
    pub fn lie_about_syncs(&self) {
        self.state.lock().syncs_lie = true;
    }
}

#[derive(Debug)]
struct SimFile {
    state: Arc<Mutex<State>>,
    node: usize,
    boot: u64,
}

#[derive(Debug)]
struct SimLock {
    state: Arc<Mutex<State>>,
    node: usize,
    boot: u64,
}

impl Lock for SimLock {}

impl Drop for SimLock {
    fn drop(&mut self) {
        let mut state = self.state.lock();
        if state.boots == self.boot {
            state.locked.remove(&self.node);
        }
    }
}

impl Fs for SimFs {
    fn open(&self, path: &Path, mode: OpenMode) -> io::Result<Arc<dyn File>> {
        let mut state = self.state.lock();
        let found = state.lookup(path);
        if found.is_ok() && mode != OpenMode::Truncate {
            state.faults.count(Call::Look)?;
        }
        let node = match (found, mode) {
            (Ok(_), OpenMode::CreateNew) => return Err(io::ErrorKind::AlreadyExists.into()),
            (Ok(node), OpenMode::Truncate) => {
                state.faults.count(Call::Grow)?;
                state.file_mut(node)?.change(Change::Size(0));
                node
            }
            (Ok(node), _) => state.file_mut(node).map(|_| node)?,
            (Err(error), OpenMode::Read | OpenMode::ReadWrite) => return Err(error),
            (Err(_), _) => {
                state.faults.count(Call::Grow)?;
                let node = state.add(Node::File(FileNode::default()));
                state.link(path, node)?;
                node
            }
        };
        let boot = state.boots;
        Ok(Arc::new(SimFile {
            state: Arc::clone(&self.state),
            node,
            boot,
        }))
    }

    fn create_dir_all(&self, path: &Path) -> io::Result<()> {
        let mut state = self.state.lock();
        state.faults.count(Call::Grow)?;
        let mut parent = 0;
        for name in names(path) {
            let name = name?;
            parent = match state.dir(parent)?.now.get(&name).copied() {
                Some(node) => state.dir(node).map(|_| node)?,
                None => {
                    let node = state.add(Node::Dir(DirNode::default()));
                    let new = Some((name, node));
                    state
                        .dir_mut(parent)?
                        .change(NameChange { gone: None, new });
                    node
                }
            };
        }
        Ok(())
    }

    fn read_dir(&self, path: &Path) -> io::Result<Vec<DirEntry>> {
        let mut state = self.state.lock();
        state.faults.count(Call::Look)?;
        let dir = state.dir(state.lookup(path)?)?;
        let entry = |(name, node): (&String, &usize)| DirEntry {
            name: name.clone(),
            is_dir: matches!(state.nodes.get(*node), Some(Node::Dir(_))),
        };
        Ok(dir.now.iter().map(entry).collect())
    }

    fn metadata(&self, path: &Path) -> io::Result<Metadata> {
        let mut state = self.state.lock();
        state.faults.count(Call::Look)?;
        let node = state.lookup(path)?;
        let bytes = match state.nodes.get(node) {
            Some(Node::File(file)) => Some(file.now.len() as u64),
            _ => None,
        };
        Ok(Metadata {
            is_dir: bytes.is_none(),
            bytes: bytes.unwrap_or(0),
            modified_ms: 0,
        })
    }

    fn rename(&self, from: &Path, to: &Path) -> io::Result<()> {
        let mut state = self.state.lock();
        state.faults.count(Call::Change)?;
        let node = state.lookup(from)?;
        let (source, old) = state.parent(from)?;
        let (target, new) = state.parent(to)?;
        let new = Some((new, node));
        if source == target {
            state.dir_mut(source)?.change(NameChange {
                gone: Some(old),
                new,
            });
        } else {
            state.dir_mut(source)?.change(NameChange {
                gone: Some(old),
                new: None,
            });
            state
                .dir_mut(target)?
                .change(NameChange { gone: None, new });
        }
        Ok(())
    }

    fn remove_file(&self, path: &Path) -> io::Result<()> {
        let mut state = self.state.lock();
        state.faults.count(Call::Change)?;
        let node = state.lookup(path)?;
        state.file_mut(node)?;
        state.unlink(path)
    }

    fn remove_dir_all(&self, path: &Path) -> io::Result<()> {
        let mut state = self.state.lock();
        state.faults.count(Call::Change)?;
        let node = state.lookup(path)?;
        state.empty_dir(node)?;
        state.unlink(path)
    }

    fn hard_link(&self, from: &Path, to: &Path) -> io::Result<()> {
        let mut state = self.state.lock();
        state.faults.count(Call::Grow)?;
        let node = state.lookup(from)?;
        if state.lookup(to).is_ok() {
            return Err(io::ErrorKind::AlreadyExists.into());
        }
        state.link(to, node)
    }

    fn sync_dir(&self, path: &Path) -> io::Result<()> {
        let mut state = self.state.lock();
        state.faults.count(Call::Sync)?;
        let node = state.lookup(path)?;
        state.dir_mut(node)?.sync();
        Ok(())
    }

    fn space(&self, path: &Path) -> io::Result<Space> {
        self.metadata(path)?;
        Ok(Space {
            total: u64::MAX,
            usable: u64::MAX,
        })
    }

    fn try_lock(&self, path: &Path) -> io::Result<Option<Box<dyn Lock>>> {
        self.open(path, OpenMode::OpenOrCreate)?;
        let mut state = self.state.lock();
        let node = state.lookup(path)?;
        if !state.locked.insert(node) {
            return Ok(None);
        }
        let boot = state.boots;
        Ok(Some(Box::new(SimLock {
            state: Arc::clone(&self.state),
            node,
            boot,
        })))
    }
}

impl SimFile {
    /// Counts a call on this file, then runs `act` with what may go wrong.
    fn call<T>(
        &self,
        call: Call,
        act: impl FnOnce(&mut FileNode, io::Result<Effect>) -> io::Result<T>,
    ) -> io::Result<T> {
        let mut state = self.state.lock();
        if state.boots != self.boot {
            return Err(rustix::io::Errno::IO.into());
        }
        let effect = state.faults.count(call);
        act(state.file_mut(self.node)?, effect)
    }
}

impl File for SimFile {
    fn write_all_at(&self, slices: &mut [IoSlice<'_>], position: u64) -> io::Result<()> {
        let mut bytes: Vec<u8> = slices
            .iter()
            .flat_map(|slice| slice.iter().copied())
            .collect();
        if bytes.is_empty() {
            return Ok(());
        }
        self.call(Call::Write, |file, effect| {
            match effect {
                Ok(Effect::Whole) => {}
                Ok(Effect::Corrupt) => {
                    let middle = bytes.len() / 2;
                    if let Some(byte) = bytes.get_mut(middle) {
                        *byte ^= 0x10;
                    }
                }
                // A failed write may have written a part.
                Err(_) => bytes.truncate(bytes.len() / 2),
            }
            file.change(Change::Write { position, bytes });
            effect.map(|_| ())
        })
    }

    fn read_at(&self, buffer: &mut [u8], position: u64) -> io::Result<usize> {
        self.call(Call::Look, |file, effect| {
            effect?;
            let rest = file.now.get(to_usize(position)..).unwrap_or_default();
            let count = rest.len().min(buffer.len());
            if let (Some(target), Some(source)) = (buffer.get_mut(..count), rest.get(..count)) {
                target.copy_from_slice(source);
            }
            Ok(count)
        })
    }

    fn read_cached_at(&self, buffer: &mut [u8], position: u64) -> io::Result<bool> {
        Ok(self.read_at(buffer, position)? == buffer.len())
    }

    fn sync_data(&self) -> io::Result<()> {
        let lies = self.state.lock().syncs_lie;
        self.call(Call::Sync, |file, effect| {
            if let Err(error) = effect {
                file.fail_sync();
                return Err(error);
            }
            if !lies {
                file.sync();
            }
            Ok(())
        })
    }

    fn sync_all(&self) -> io::Result<()> {
        self.sync_data()
    }

    fn set_bytes(&self, bytes: u64) -> io::Result<()> {
        self.call(Call::Grow, |file, effect| {
            effect?;
            file.change(Change::Size(bytes));
            Ok(())
        })
    }

    fn bytes(&self) -> io::Result<u64> {
        self.call(Call::Look, |file, effect| {
            effect?;
            Ok(file.now.len() as u64)
        })
    }

    fn allocate(&self, _position: u64, _bytes: u64) -> io::Result<()> {
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn write(fs: &SimFs, path: &str, bytes: &[u8]) -> Arc<dyn File> {
        let file = fs.open(Path::new(path), OpenMode::OpenOrCreate).unwrap();
        file.write_all_at(&mut [IoSlice::new(bytes)], 0).unwrap();
        file
    }

    #[test]
    fn what_was_synced_survives_and_only_that_must() {
        let (mut kept, mut lost) = (0, 0);
        for seed in 0..50 {
            let fs = SimFs::default();
            fs.create_dir_all(Path::new("/d")).unwrap();
            fs.sync_dir(Path::new("/")).unwrap();
            write(&fs, "/d/a", b"durable").sync_data().unwrap();
            fs.sync_dir(Path::new("/d")).unwrap();
            let file = write(&fs, "/d/b", b"in doubt");
            file.sync_data().unwrap();
            fs.crash(&mut Rng::seeded(seed));
            assert_eq!(fs.read(Path::new("/d/a"), 10).unwrap(), b"durable");
            assert!(file.bytes().is_err(), "a handle from before");
            match fs.read(Path::new("/d/b"), 10) {
                Ok(content) => {
                    assert_eq!(
                        content, b"in doubt",
                        "the content was synced, the name was not"
                    );
                    kept += 1;
                }
                Err(_) => lost += 1,
            }
        }
        assert!(kept > 0 && lost > 0, "{kept} kept, {lost} lost");
    }

    #[test]
    fn unsynced_writes_tear_at_sectors() {
        let mut torn = 0;
        for seed in 0..50 {
            let fs = SimFs::default();
            write(&fs, "/a", &[]).sync_data().unwrap();
            fs.sync_dir(Path::new("/")).unwrap();
            write(&fs, "/a", &[7; 2048]);
            fs.crash(&mut Rng::seeded(seed));
            let content = fs.read(Path::new("/a"), 4096).unwrap();
            let sectors: Vec<_> = content.chunks(512).collect();
            let whole = |byte| move |sector: &&&[u8]| sector.iter().all(|b| *b == byte);
            let written = sectors.iter().filter(whole(7)).count();
            let empty = sectors.iter().filter(whole(0)).count();
            assert_eq!(written + empty, sectors.len());
            torn += usize::from(written > 0 && written < 4);
        }
        assert!(torn > 0);
    }

    #[test]
    fn replace_leaves_the_old_content_or_the_new() {
        for seed in 0..100 {
            for calls in 0..6 {
                let fs = SimFs::default();
                let path = Path::new("/checkpoint");
                fs.replace(path, b"old").unwrap();
                fs.fail_after(calls, SimFault::Io);
                let result = fs.replace(path, b"new content");
                fs.crash(&mut Rng::seeded(seed));
                let content = fs.read(path, 100).unwrap();
                let is_new = content == b"new content";
                assert!(is_new || content == b"old", "{content:?}");
                assert!(is_new || result.is_err(), "a success is durable");
            }
        }
    }

    #[test]
    fn a_call_fails_when_told_and_the_lock_goes_with_a_crash() {
        let fs = SimFs::default();
        let file = write(&fs, "/a", b"x");
        fs.fail_after(1, SimFault::NoSpace);
        file.sync_data().unwrap();
        let error = file
            .write_all_at(&mut [IoSlice::new(b"12345678")], 0)
            .unwrap_err();
        assert_eq!(error.kind(), io::ErrorKind::StorageFull);
        assert_eq!(fs.read(Path::new("/a"), 10).unwrap(), b"1234");
        fs.heal();
        assert!(file.sync_data().is_ok());
        let lock = fs.try_lock(Path::new("/l")).unwrap();
        assert!(fs.try_lock(Path::new("/l")).unwrap().is_none());
        fs.crash(&mut Rng::seeded(1));
        let new = fs.try_lock(Path::new("/l")).unwrap();
        assert!(new.is_some());
        drop(lock);
        assert!(
            fs.try_lock(Path::new("/l")).unwrap().is_none(),
            "an old lock gives nothing back"
        );
    }
}
