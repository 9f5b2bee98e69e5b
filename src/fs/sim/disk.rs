//! What lies on a simulated disk: files and directories, each as programs see it and as a power
//! cut would leave it.

use std::collections::{BTreeMap, BTreeSet};
use std::io;
use std::path::{Component, Path};

use super::faults::Faults;
use crate::rng::Rng;

/// What a disk writes at once or not at all.
const SECTOR_BYTES: u64 = 512;

#[derive(Clone, Debug)]
pub(super) struct State {
    /// By number; 0 is the root.
    pub(super) nodes: Vec<Node>,
    pub(super) faults: Faults,
    /// Whether a file's sync only says that it was done.
    pub(super) syncs_lie: bool,
    /// Handles from before a crash are dead.
    pub(super) boots: u64,
    pub(super) locked: BTreeSet<usize>,
}

#[derive(Clone, Debug)]
pub(super) enum Node {
    File(FileNode),
    Dir(DirNode),
}

#[derive(Clone, Debug, Default)]
pub(super) struct FileNode {
    pub(super) now: Vec<u8>,
    durable: Vec<u8>,
    pending: Vec<Change>,
}

#[derive(Clone, Debug)]
pub(super) enum Change {
    Write { position: u64, bytes: Vec<u8> },
    Size(u64),
}

#[derive(Clone, Debug, Default)]
pub(super) struct DirNode {
    pub(super) now: BTreeMap<String, usize>,
    durable: BTreeMap<String, usize>,
    pending: Vec<NameChange>,
}

#[derive(Clone, Debug)]
pub(super) struct NameChange {
    pub(super) gone: Option<String>,
    pub(super) new: Option<(String, usize)>,
}

impl FileNode {
    pub(super) fn change(&mut self, change: Change) {
        apply(&mut self.now, &change);
        self.pending.push(change);
    }

    pub(super) fn sync(&mut self) {
        for change in self.pending.drain(..) {
            apply(&mut self.durable, &change);
        }
    }

    /// A sync that failed: the pages are clean for the kernel from now on, so that no later sync
    /// writes them (the lesson of PostgreSQL's fsync errors, 2018).
    pub(super) fn fail_sync(&mut self) {
        self.pending.clear();
    }

    pub(super) fn crash(&mut self, rng: &mut Rng) {
        // Mostly all, or all up to some moment; sometimes any sectors at all.
        let mode = rng.below(3);
        let kept = match mode {
            0 => self.pending.len(),
            _ => usize::try_from(rng.below(self.pending.len() as u64 + 1)).unwrap_or(0),
        };
        for (index, change) in self.pending.drain(..).enumerate() {
            match change {
                Change::Write { position, bytes } if mode == 2 || index == kept => {
                    tear(&mut self.durable, position, &bytes, rng);
                }
                change if index < kept => apply(&mut self.durable, &change),
                _ => {}
            }
        }
        self.now.clone_from(&self.durable);
    }
}

fn apply(content: &mut Vec<u8>, change: &Change) {
    match change {
        Change::Size(bytes) => content.resize(to_usize(*bytes), 0),
        Change::Write { position, bytes } => {
            let begin = to_usize(*position);
            let end = begin + bytes.len();
            if content.len() < end {
                content.resize(end, 0);
            }
            if let Some(target) = content.get_mut(begin..end) {
                target.copy_from_slice(bytes);
            }
        }
    }
}

/// Writes a random choice of the sectors that a write touches.
fn tear(content: &mut Vec<u8>, position: u64, bytes: &[u8], rng: &mut Rng) {
    let mut rest = bytes;
    let mut position = position;
    while !rest.is_empty() {
        let room = SECTOR_BYTES - position % SECTOR_BYTES;
        let (sector, after) = rest.split_at(rest.len().min(to_usize(room)));
        if rng.below(2) == 0 {
            apply(
                content,
                &Change::Write {
                    position,
                    bytes: sector.to_vec(),
                },
            );
        }
        rest = after;
        position += room;
    }
}

impl DirNode {
    pub(super) fn change(&mut self, change: NameChange) {
        change.apply(&mut self.now);
        self.pending.push(change);
    }

    pub(super) fn sync(&mut self) {
        for change in self.pending.drain(..) {
            change.apply(&mut self.durable);
        }
    }

    pub(super) fn crash(&mut self, rng: &mut Rng) {
        for change in self.pending.drain(..) {
            if rng.below(2) == 0 {
                change.apply(&mut self.durable);
            }
        }
        self.now.clone_from(&self.durable);
    }
}

impl NameChange {
    pub(super) fn apply(&self, names: &mut BTreeMap<String, usize>) {
        if let Some(name) = &self.gone {
            names.remove(name);
        }
        if let Some((name, node)) = &self.new {
            names.insert(name.clone(), *node);
        }
    }
}

impl State {
    /// Returns an empty disk.
    pub(super) fn new() -> Self {
        Self {
            nodes: vec![Node::Dir(DirNode::default())],
            faults: Faults::default(),
            syncs_lie: false,
            boots: 0,
            locked: BTreeSet::new(),
        }
    }

    /// Cuts the power.
    pub(super) fn crash(&mut self, rng: &mut Rng) {
        self.boots += 1;
        self.locked.clear();
        self.faults.heal();
        for node in &mut self.nodes {
            match node {
                Node::File(file) => file.crash(rng),
                Node::Dir(dir) => dir.crash(rng),
            }
        }
    }

    pub(super) fn lookup(&self, path: &Path) -> io::Result<usize> {
        let mut node = 0;
        for name in names(path) {
            let dir = self.dir(node)?;
            node = *dir.now.get(&name?).ok_or(io::ErrorKind::NotFound)?;
        }
        Ok(node)
    }

    pub(super) fn dir(&self, node: usize) -> io::Result<&DirNode> {
        match self.nodes.get(node) {
            Some(Node::Dir(dir)) => Ok(dir),
            _ => Err(io::ErrorKind::NotADirectory.into()),
        }
    }

    pub(super) fn dir_mut(&mut self, node: usize) -> io::Result<&mut DirNode> {
        match self.nodes.get_mut(node) {
            Some(Node::Dir(dir)) => Ok(dir),
            _ => Err(io::ErrorKind::NotADirectory.into()),
        }
    }

    pub(super) fn file_mut(&mut self, node: usize) -> io::Result<&mut FileNode> {
        match self.nodes.get_mut(node) {
            Some(Node::File(file)) => Ok(file),
            _ => Err(io::ErrorKind::IsADirectory.into()),
        }
    }

    /// Returns the directory above a path, and the path's last name.
    pub(super) fn parent(&self, path: &Path) -> io::Result<(usize, String)> {
        let name = path.file_name().and_then(|name| name.to_str());
        let name = name.ok_or(io::ErrorKind::InvalidInput)?.to_owned();
        let parent = self.lookup(path.parent().unwrap_or(Path::new("")))?;
        Ok((parent, name))
    }

    pub(super) fn link(&mut self, path: &Path, node: usize) -> io::Result<()> {
        let (parent, name) = self.parent(path)?;
        self.dir_mut(parent)?.change(NameChange {
            gone: None,
            new: Some((name, node)),
        });
        Ok(())
    }

    pub(super) fn unlink(&mut self, path: &Path) -> io::Result<()> {
        self.lookup(path)?;
        let (parent, name) = self.parent(path)?;
        self.dir_mut(parent)?.change(NameChange {
            gone: Some(name),
            new: None,
        });
        Ok(())
    }

    /// Takes away every name in a directory; each change survives a crash or not by itself.
    pub(super) fn empty_dir(&mut self, node: usize) -> io::Result<()> {
        let names: Vec<(String, usize)> = self
            .dir(node)?
            .now
            .iter()
            .map(|(name, node)| (name.clone(), *node))
            .collect();
        for (name, inner) in names {
            if self.dir(inner).is_ok() {
                self.empty_dir(inner)?;
            }
            let gone = Some(name);
            self.dir_mut(node)?.change(NameChange { gone, new: None });
        }
        Ok(())
    }

    pub(super) fn add(&mut self, node: Node) -> usize {
        self.nodes.push(node);
        self.nodes.len() - 1
    }
}

pub(super) fn names(path: &Path) -> impl Iterator<Item = io::Result<String>> + '_ {
    path.components().filter_map(|component| match component {
        Component::Normal(name) => {
            let name = name.to_str().map(str::to_owned);
            Some(name.ok_or_else(|| io::ErrorKind::InvalidInput.into()))
        }
        Component::ParentDir => Some(Err(io::ErrorKind::InvalidInput.into())),
        Component::RootDir | Component::CurDir | Component::Prefix(_) => None,
    })
}

pub(super) fn to_usize(bytes: u64) -> usize {
    usize::try_from(bytes).expect("a simulated file fits memory")
}
