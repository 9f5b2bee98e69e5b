//! Log directories: who they belong to, what their checkpoints say, every partition in them.
//!
//! The metadata log goes first, as it says which topics there are. In directories that a broker
//! is using, what seems damaged is read again before it is told.

use std::collections::{BTreeMap, HashMap};
use std::io;
use std::path::{Path, PathBuf};

use super::kraft_files::{MetadataPlace, check_snapshot};
use super::partition::{CheckedPartition, PartitionDir};
use super::small_files::{LogEnds, offsets, offsets_fit};
use super::{Finding, Report};
use crate::fs::Fs;
use crate::storage::checkpoint::{HIGH_WATERMARK_FILE, LOG_START_FILE, RECOVERY_POINT_FILE};
use crate::storage::dir::DirName;
use crate::storage::meta_properties::META_PROPERTIES_FILE;
use crate::storage::{MetaProperties, PARTITION_METADATA_FILE};
use crate::types::{LeaderEpoch, Offset, TopicPartition, Uuid};

/// Held while a broker uses a directory.
const LOCK_FILE: &str = ".lock";
/// There after a clean stop.
const CLEAN_SHUTDOWN_FILE: &str = ".kafka_cleanshutdown";
/// Kafka's cleaner says here how far it came.
const CLEANER_FILE: &str = "cleaner-offset-checkpoint";
/// What a format step leaves.
const BOOTSTRAP_FILE: &str = "bootstrap.checkpoint";
const METADATA_DIR: &str = "__cluster_metadata-0";
/// Caches of segments in other stores; not Kafka's log files.
const REMOTE_INDEX_DIR: &str = "remote-log-index-cache";
/// How often a partition is read that a broker is changing meanwhile.
const LIVE_READS: usize = 5;

/// What the cluster's metadata says of a partition.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Expected {
    /// The id of its topic.
    pub topic_id: Option<Uuid>,
    /// The epoch of its leader.
    pub leader_epoch: Option<LeaderEpoch>,
    /// Whether its topic is compacted; `None` if nobody knows.
    pub is_compacted: Option<bool>,
}

/// What goes along with a check: shows its progress, and knows what metadata records mean.
pub trait Guide {
    /// Takes note that so many bytes were read.
    fn read_bytes(&mut self, bytes: u64);
    /// Waits a little: a file is being changed, and is to be read again.
    fn pause(&mut self);
    /// Forgets the records so far: a metadata log is read from its begin.
    fn begin_metadata(&mut self);
    /// Takes a metadata record; fails if it is none, or contradicts those before it.
    fn metadata_record(
        &mut self,
        place: MetadataPlace,
        offset: Offset,
        value: &[u8],
    ) -> Result<(), String>;
    /// Returns what the metadata says of a partition.
    fn expected(&self, partition: &TopicPartition) -> Expected;
    /// Returns whether a topic's partitions are to be checked.
    fn wants(&self, topic: &str) -> bool;
}

/// Returns whether a broker holds the directory; takes and leaves no lock where none lies.
#[must_use]
pub fn is_in_use(fs: &dyn Fs, dir: &Path) -> bool {
    let path = dir.join(LOCK_FILE);
    fs.exists(&path) && matches!(fs.try_lock(&path), Ok(None))
}

/// Checks all that these log directories of one node hold.
pub fn verify_log_dirs(fs: &dyn Fs, dirs: &[PathBuf], guide: &mut dyn Guide) -> Report {
    let mut check = Check {
        fs,
        report: Report::default(),
        owner: None,
        places: HashMap::new(),
        ids: BTreeMap::new(),
    };
    let mut opened = Vec::new();
    for dir in dirs {
        match check.open(dir) {
            Ok(dir) => opened.push(dir),
            Err(error) => {
                let what = format!("cannot be read: {error}");
                check.report.add(Finding::damage(dir, what));
            }
        }
    }
    for dir in &opened {
        check.metadata(dir, guide);
    }
    for dir in &opened {
        check.partitions(dir, guide);
    }
    check.report
}

/// A log directory that is being checked.
#[derive(Debug)]
struct OpenDir {
    path: PathBuf,
    /// Names of the directories in it.
    inner: Vec<String>,
    is_live: bool,
    is_clean: bool,
    /// What the checkpoints say, read before the logs: a log only grows.
    checkpoints: Vec<(PathBuf, HashMap<TopicPartition, Offset>)>,
    cleaned: HashMap<TopicPartition, Offset>,
}

struct Check<'a> {
    fs: &'a dyn Fs,
    report: Report,
    owner: Option<(PathBuf, MetaProperties)>,
    /// Where each partition was met.
    places: HashMap<TopicPartition, PathBuf>,
    /// Which topic has an id, and where it says so.
    ids: BTreeMap<Uuid, (String, PathBuf)>,
}

impl Check<'_> {
    fn open(&mut self, dir: &Path) -> io::Result<OpenDir> {
        let entries = self.fs.read_dir(dir)?;
        let is_live = is_in_use(self.fs, dir);
        let is_clean = !is_live && self.fs.exists(&dir.join(CLEAN_SHUTDOWN_FILE));
        self.owner_of(dir);
        let mut read = |name: &str| {
            let path = dir.join(name);
            let entries = offsets(self.fs, &path, &mut self.report);
            (path, entries)
        };
        let checkpoints = vec![
            read(RECOVERY_POINT_FILE),
            read(LOG_START_FILE),
            read(HIGH_WATERMARK_FILE),
        ];
        let (_, cleaned) = read(CLEANER_FILE);
        let folders = entries.into_iter().filter(|entry| entry.is_dir);
        Ok(OpenDir {
            path: dir.to_path_buf(),
            inner: folders.map(|entry| entry.name).collect(),
            is_live,
            is_clean,
            checkpoints,
            cleaned,
        })
    }

    /// Whose the directory is; all of a node's have the same owner.
    fn owner_of(&mut self, dir: &Path) {
        let path = dir.join(META_PROPERTIES_FILE);
        let meta = match MetaProperties::read(self.fs, dir) {
            Ok(Some(meta)) => meta,
            Ok(None) => {
                let what = "is missing: nothing says whose directory this is";
                return self.report.add(Finding::damage(&path, what));
            }
            Err(error) => return self.report.add(Finding::damage(&path, error.to_string())),
        };
        self.report.totals.bytes += self.fs.metadata(&path).map_or(0, |found| found.bytes);
        let Some((first, owner)) = &self.owner else {
            self.owner = Some((path, meta));
            return;
        };
        let first = first.display();
        let mut wrong = Vec::new();
        if owner.cluster_id != meta.cluster_id {
            let (theirs, ours) = (&owner.cluster_id, &meta.cluster_id);
            wrong.push(format!("names cluster {ours}, {first} names {theirs}"));
        }
        if owner.node_id != meta.node_id {
            let (theirs, ours) = (owner.node_id, meta.node_id);
            wrong.push(format!("names node {ours}, {first} names {theirs}"));
        }
        if meta.directory_id.is_some() && owner.directory_id == meta.directory_id {
            wrong.push(format!("has the directory id of {first}"));
        }
        for what in wrong {
            self.report.add(Finding::damage(&path, what));
        }
    }

    /// The bootstrap records and the metadata log, if they are here.
    fn metadata(&mut self, dir: &OpenDir, guide: &mut dyn Guide) {
        let Some(partition) = partition_of(METADATA_DIR) else {
            return;
        };
        let is_wanted = guide.wants(&partition.topic);
        let path = dir.path.join(BOOTSTRAP_FILE);
        if is_wanted && self.fs.exists(&path) {
            let place = MetadataPlace::Superseded;
            let checked = check_snapshot(self.fs, &path, place, &mut self.report, guide);
            self.unreadable(&path, checked.err());
        }
        if !dir.inner.iter().any(|name| name == METADATA_DIR) {
            return;
        }
        let expected = Expected::default();
        let path = dir.path.join(METADATA_DIR);
        if let Some(checked) = self.partition(dir, &path, (false, &expected), guide)
            && is_wanted
        {
            self.report.absorb(checked.report);
        }
    }

    fn partitions(&mut self, dir: &OpenDir, guide: &mut dyn Guide) {
        let mut logs = HashMap::new();
        for name in &dir.inner {
            if [METADATA_DIR, REMOTE_INDEX_DIR].contains(&name.as_str()) {
                continue;
            }
            let path = dir.path.join(name);
            let (partition, is_current) = match DirName::parse(name) {
                Some(DirName::Partition(partition)) => (partition, true),
                Some(DirName::Future(partition) | DirName::Stray(partition)) => (partition, false),
                Some(DirName::Deleted) => continue,
                None => {
                    let what = "no partition has this name; a broker refuses to start here";
                    self.report.add(Finding::damage(&path, what));
                    continue;
                }
            };
            if !guide.wants(&partition.topic) {
                continue;
            }
            let mut expected = guide.expected(&partition);
            if !is_current {
                expected.leader_epoch = None;
            }
            let may_be_compacted =
                dir.cleaned.contains_key(&partition) || expected.is_compacted.unwrap_or(true);
            let facts = (may_be_compacted, &expected);
            let Some(checked) = self.partition(dir, &path, facts, guide) else {
                continue;
            };
            self.identity(&path, &partition, checked.topic_id);
            if is_current {
                self.only_once(&path, &partition);
                logs.insert(partition, checked.ends);
            }
            self.report.absorb(checked.report);
        }
        self.checkpoints(dir, &logs);
    }

    /// Checks one directory; again while a broker changes it. `None` if it is gone.
    fn partition(
        &mut self,
        dir: &OpenDir,
        path: &Path,
        (may_be_compacted, expected): (bool, &Expected),
        guide: &mut dyn Guide,
    ) -> Option<CheckedPartition> {
        let files = PartitionDir {
            fs: self.fs,
            dir: path,
            is_live: dir.is_live,
            is_clean: dir.is_clean,
            is_metadata: path.ends_with(METADATA_DIR),
            may_be_compacted,
            expected,
        };
        for read in 1.. {
            let is_last = !dir.is_live || read == LIVE_READS;
            match files.check(guide) {
                Ok(checked) if is_last || checked.report.damaged() == 0 => return Some(checked),
                Err(_) if dir.is_live && !self.fs.exists(path) => return None,
                Err(error) if is_last => {
                    self.unreadable(path, Some(error));
                    return None;
                }
                Ok(_) | Err(_) => guide.pause(),
            }
        }
        None
    }

    fn unreadable(&mut self, path: &Path, error: Option<io::Error>) {
        if let Some(error) = error {
            let what = format!("cannot be read: {error}");
            self.report.add(Finding::damage(path, what));
        }
    }

    /// One topic has one id, and no other has it.
    fn identity(&mut self, dir: &Path, partition: &TopicPartition, id: Option<Uuid>) {
        let Some(id) = id else {
            return;
        };
        let path = dir.join(PARTITION_METADATA_FILE);
        let known = self
            .ids
            .entry(id)
            .or_insert_with(|| (partition.topic.clone(), path.clone()));
        if known.0 != partition.topic {
            let what = format!("names topic id {id}, as {} does", known.1.display());
            self.report.add(Finding::damage(&path, what));
        }
    }

    fn only_once(&mut self, path: &Path, partition: &TopicPartition) {
        if let Some(first) = self.places.insert(partition.clone(), path.to_path_buf()) {
            let what = format!("{partition} is in {} too", first.display());
            self.report.add(Finding::damage(path, what));
        }
    }

    fn checkpoints(&mut self, dir: &OpenDir, logs: &HashMap<TopicPartition, LogEnds>) {
        for (path, entries) in &dir.checkpoints {
            offsets_fit(path, entries, logs, &mut self.report);
        }
    }
}

fn partition_of(name: &str) -> Option<TopicPartition> {
    match DirName::parse(name) {
        Some(DirName::Partition(partition)) => Some(partition),
        _ => None,
    }
}
