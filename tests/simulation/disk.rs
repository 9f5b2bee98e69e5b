//! A log directory on a simulated disk, and its partitions: what is done to them, and by what
//! model they are judged.
//!
//! A partition is driven as its owners drive it: flushes make records acknowledged, checkpoints
//! follow, a truncation is checkpointed before the next append, DeleteRecords answers when the new
//! start is durable.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use kt::fs::{Fs, SimFs};
use kt::record::{Batches, Producer, ValidatedBatch};
use kt::rng::Rng;
use kt::storage::{
    LoadError, LoadedDirs, Log, LogConfig, LogManager, PartitionCheckpoint, ReadError,
};
use kt::types::{LeaderEpoch, Offset, TopicPartition, Uuid};

use crate::batches::{Kind, NOW, Sent, batch, marker};

pub const DIR: &str = "/data";
pub const TOPIC_ID: Uuid = Uuid(0x1234_5678_9abc_4def_8123_4567_89ab_cdef);
/// Producers without transactions, then producers with.
const IDEMPOTENT: [i64; 2] = [100, 101];
const TRANSACTIONAL: [i64; 2] = [200, 201];
/// How many batches of a producer are known when they are sent again.
const WINDOW: usize = 5;

/// What a log must hold.
#[derive(Clone, Debug, Default)]
pub struct Model {
    pub sent: Vec<Sent>,
    /// All below was acknowledged.
    pub durable: Offset,
    /// Where the log starts, and where it may start if a crash forgets an unanswered request.
    pub start: Offset,
    pub start_acknowledged: Offset,
    /// The next leader epoch.
    pub epoch: i32,
}

impl Model {
    pub fn end(&self) -> Offset {
        self.sent
            .last()
            .map_or(self.start, |sent| sent.last_offset().plus(1))
            .max(self.start)
    }

    fn next_sequence(&self, producer: i64) -> i32 {
        let of = self
            .sent
            .iter()
            .rfind(|sent| sent.producer.id == producer && sent.kind != Kind::Marker);
        of.map_or(0, |sent| sent.producer.base_sequence + sent.count)
    }

    /// Whether all that is left of a producer is markers. A start may find it without a sequence
    /// then, and refuse the next one, as Kafka's does.
    fn is_forgotten(&self, producer: i64) -> bool {
        let of = |sent: &&Sent| sent.producer.id == producer;
        let (mut markers, mut left) = (0, 0);
        for sent in self.sent.iter().filter(of) {
            match sent.kind {
                Kind::Marker => markers += 1,
                _ => left += u64::from(sent.last_offset() >= self.start),
            }
        }
        markers > 0 && left == 0
    }

    /// Returns where a producer's open transaction begins.
    fn open_since(&self, producer: i64) -> Option<Offset> {
        let of = |sent: &&Sent| sent.producer.id == producer;
        let tail = self
            .sent
            .iter()
            .rev()
            .filter(of)
            .take_while(|sent| sent.kind != Kind::Marker);
        tail.last().map(|sent| sent.base)
    }

    /// Returns the aborted transactions: producer, first offset, marker's offset.
    pub fn aborted(&self) -> Vec<(i64, Offset, Offset)> {
        let mut aborted = Vec::new();
        for (index, sent) in self.sent.iter().enumerate() {
            if sent.kind == Kind::Marker && !sent.committed {
                let before = Self {
                    sent: self.sent.get(..index).unwrap_or_default().to_vec(),
                    ..Self::default()
                };
                let first = before.open_since(sent.producer.id);
                aborted.extend(first.map(|first| (sent.producer.id, first, sent.base)));
            }
        }
        aborted
    }
}

/// One partition: its log while it is open, and its model.
#[derive(Debug)]
pub struct Part {
    pub partition: TopicPartition,
    pub log: Option<Log>,
    pub model: Model,
}

/// A log directory.
#[derive(Debug)]
pub struct World {
    pub sim: SimFs,
    pub rng: Rng,
    pub manager: Option<LogManager>,
    pub parts: Vec<Part>,
    pub tag: u64,
    /// Named in failures.
    pub seed: u64,
}

pub fn config() -> LogConfig {
    LogConfig {
        segment_bytes: 6000,
        index_interval_bytes: 700,
        retention_ms: -1,
        producer_id_expiration_ms: i64::MAX,
        ..LogConfig::default()
    }
}

impl World {
    pub fn new(seed: u64, partitions: i32) -> Self {
        let sim = SimFs::default();
        sim.create_dir_all(Path::new(DIR)).unwrap();
        sim.sync_dir(Path::new("/")).unwrap();
        let parts = (0..partitions).map(|number| Part {
            partition: TopicPartition::new("t", number),
            log: None,
            model: Model::default(),
        });
        Self {
            sim,
            rng: Rng::seeded(seed),
            manager: None,
            parts: parts.collect(),
            tag: 0,
            seed,
        }
    }

    pub fn fs(&self) -> Arc<dyn Fs> {
        Arc::new(self.sim.clone())
    }

    /// Opens the directory, loads what is in it, and creates the partitions that are missing.
    pub fn open(&mut self) -> Result<LoadedDirs, LoadError> {
        let mut manager = LogManager::open(self.fs(), &[PathBuf::from(DIR)])?;
        let mut loaded = load(&mut manager)?;
        for part in &mut self.parts {
            let at = loaded
                .logs
                .iter()
                .position(|found| *found.log.partition() == part.partition);
            part.log = Some(match at {
                Some(at) => loaded.logs.swap_remove(at).log,
                None => manager.create(Path::new(DIR), &part.partition, TOPIC_ID, config(), NOW)?,
            });
            part.model.epoch += 1;
        }
        self.manager = Some(manager);
        Ok(loaded)
    }

    /// Does one thing to one partition.
    pub fn step(&mut self) {
        let index = usize::try_from(self.rng.below(self.parts.len() as u64)).unwrap();
        match self.rng.below(40) {
            0..14 => self.append(index, Kind::Plain),
            14..22 => self.append(index, Kind::Idempotent),
            22..26 => self.append(index, Kind::Transactional),
            26..28 => self.append(index, Kind::Marker),
            28 => self.send_again(index),
            29..34 => self.flush(index),
            34..36 => self.checkpoint(),
            36 => self.roll(index),
            37 => self.delete_records(index),
            38 => self.remove_old_segments(index),
            _ => self.truncate(index),
        }
    }

    /// Makes the next batch of this kind; `None` if there is none.
    pub fn next(&mut self, index: usize, kind: Kind) -> Option<Sent> {
        self.tag += 1;
        let model = &self.parts[index].model;
        let rng = &mut self.rng;
        let id = match kind {
            Kind::Plain => -1,
            Kind::Idempotent => IDEMPOTENT[usize::from(rng.below(2) == 1)],
            Kind::Transactional | Kind::Marker => TRANSACTIONAL[usize::from(rng.below(2) == 1)],
        };
        if kind == Kind::Marker && model.open_since(id).is_none() || model.is_forgotten(id) {
            return None;
        }
        let producer = match kind {
            Kind::Plain => Producer::NONE,
            _ => Producer {
                id,
                epoch: 0,
                base_sequence: model.next_sequence(id),
            },
        };
        let mut sent = if kind == Kind::Marker {
            marker(producer, rng.below(2) == 0)
        } else {
            batch(self.tag, kind, producer, rng)
        };
        sent.epoch = model.epoch;
        Some(sent)
    }

    pub fn append(&mut self, index: usize, kind: Kind) {
        let Some(mut sent) = self.next(index, kind) else {
            return;
        };
        let part = &mut self.parts[index];
        let log = part.log.as_mut().expect("the log is open");
        let valid = ValidatedBatch::trusted(&sent.bytes).unwrap();
        let info = log
            .append(&valid, LeaderEpoch(sent.epoch), NOW)
            .unwrap_or_else(|error| panic!("seed {}: {error}", self.seed));
        assert_eq!(info.base_offset, part.model.end(), "seed {}", self.seed);
        assert!(!info.duplicate, "seed {}: a new batch", self.seed);
        sent.base = info.base_offset;
        part.model.sent.push(sent);
    }

    /// Sends one of a producer's last batches again: it must be known.
    pub fn send_again(&mut self, index: usize) {
        let (seed, part) = (self.seed, &mut self.parts[index]);
        check_window(seed, part);
    }

    pub fn flush(&mut self, index: usize) {
        let fs = self.fs();
        let part = &mut self.parts[index];
        let log = part.log.as_mut().expect("the log is open");
        if let Some(plan) = log.flush_plan() {
            plan.run(fs.as_ref()).unwrap();
            log.flushed(&plan);
        }
        log.on_high_watermark(log.flushed_offset());
        part.model.durable = log.flushed_offset();
        assert_eq!(part.model.durable, log.end_offset(), "seed {}", self.seed);
    }

    pub fn checkpoint(&mut self) {
        let mut entries = Vec::new();
        for part in &mut self.parts {
            let log = part.log.as_mut().expect("the log is open");
            log.checkpoint().unwrap();
            entries.push(PartitionCheckpoint {
                partition: part.partition.clone(),
                recovery_point: log.recovery_point(),
                log_start: log.start_offset(),
                high_watermark: log.flushed_offset(),
            });
        }
        let manager = self.manager.as_ref().expect("it is open");
        manager.write_checkpoints(Path::new(DIR), &entries).unwrap();
        for part in &mut self.parts {
            part.model.start_acknowledged = part.model.start;
        }
    }

    pub fn roll(&mut self, index: usize) {
        self.parts[index].log.as_mut().unwrap().roll(NOW).unwrap();
    }

    pub fn delete_records(&mut self, index: usize) {
        let part = &mut self.parts[index];
        let room = part.model.durable.0 - part.model.start.0;
        if room <= 0 {
            return;
        }
        let count = self.rng.below(u64::try_from(room).unwrap() + 1);
        let start = part.model.start.plus(i64::try_from(count).unwrap());
        let log = part.log.as_mut().unwrap();
        log.advance_start_offset(start, part.model.durable).unwrap();
        part.model.start = start;
        if self.rng.below(2) == 0 {
            self.checkpoint();
        }
    }

    pub fn remove_old_segments(&mut self, index: usize) {
        let part = &mut self.parts[index];
        let log = part.log.as_mut().unwrap();
        let start = log.start_offset();
        let renamed = log.delete_oldest(|old| old.end_offset <= start).unwrap();
        let manager = self.manager.as_ref().unwrap();
        for path in renamed {
            if self.rng.below(2) == 0 {
                manager.remove(&path).unwrap();
            }
        }
    }

    /// Truncates as a follower does; what was acknowledged here is not what counts then.
    pub fn truncate(&mut self, index: usize) {
        let (part, rng) = (&mut self.parts[index], &mut self.rng);
        let room = part.model.end().0 - part.model.start.0;
        if room <= 0 || rng.below(3) > 0 {
            return;
        }
        let back = i64::try_from(rng.below(u64::try_from(room).unwrap().min(20) + 1)).unwrap();
        // A leader's epochs begin at batches, so that truncation ends there.
        let wanted = part.model.end().plus(-back);
        let sent = part.model.sent.iter();
        let ends = sent.map(|sent| sent.base).filter(|base| *base >= wanted);
        let offset = ends.min().unwrap_or(part.model.end());
        let log = part.log.as_mut().unwrap();
        log.truncate_to(offset, NOW).unwrap();
        part.model.sent.retain(|sent| sent.base < offset);
        part.model.durable = part.model.durable.min(offset);
        self.checkpoint();
    }

    /// Stops in order.
    pub fn close(&mut self) {
        for index in 0..self.parts.len() {
            self.flush(index);
            self.parts[index].log.as_mut().unwrap().close().unwrap();
        }
        self.checkpoint();
        let manager = self.manager.take().unwrap();
        manager.mark_clean(Path::new(DIR), 1).unwrap();
        for part in &mut self.parts {
            part.log = None;
        }
    }

    /// Forgets what was open, as a killed process does.
    pub fn kill(&mut self) {
        self.manager = None;
        for part in &mut self.parts {
            part.log = None;
        }
    }
}

pub fn load(manager: &mut LogManager) -> Result<LoadedDirs, LoadError> {
    let strays =
        manager.set_strays_aside(&|topic| (topic == "t").then_some(TOPIC_ID), &mut || Uuid(1))?;
    let mut loaded = manager.load_all(&|_| config(), NOW)?;
    loaded.warnings.extend(strays);
    Ok(loaded)
}

/// Sends the last batches of each producer again: each must be answered as it was.
pub fn check_window(seed: u64, part: &mut Part) {
    let log = part.log.as_mut().unwrap();
    for id in IDEMPOTENT.into_iter().chain(TRANSACTIONAL) {
        let of = |sent: &&Sent| sent.producer.id == id && sent.kind != Kind::Marker;
        let known: Vec<&Sent> = part
            .model
            .sent
            .iter()
            .rev()
            .filter(of)
            .take(WINDOW)
            .collect();
        for sent in known
            .into_iter()
            .filter(|sent| sent.base >= part.model.start)
        {
            let valid = ValidatedBatch::trusted(&sent.bytes).unwrap();
            let again = log.append(&valid, LeaderEpoch(part.model.epoch), NOW);
            let again = again.unwrap_or_else(|error| panic!("seed {seed}: {error}"));
            assert!(again.duplicate, "seed {seed}: {} of {id} is new", sent.base);
            assert_eq!(again.base_offset, sent.base, "seed {seed}");
        }
    }
}

/// Reads all of a log; damaged offsets are left out, and counted.
pub fn read_all(seed: u64, log: &Log) -> (Vec<(Offset, Vec<u8>)>, Vec<Offset>) {
    let (mut found, mut damaged) = (Vec::new(), Vec::new());
    let (mut next, end) = (log.start_offset(), log.end_offset());
    while next < end {
        let plan = match log.read(next, 3000, end, true) {
            Ok(plan) => plan,
            Err(ReadError::Damaged { .. }) => {
                damaged.push(next);
                next = next.plus(1);
                continue;
            }
            Err(error) => panic!("seed {seed}: {error}"),
        };
        let mut out = Vec::new();
        plan.read_into(&mut out).unwrap();
        assert!(
            !out.is_empty(),
            "seed {seed}: nothing at {next} before {end}"
        );
        for batch in Batches::new(&out) {
            let Ok(batch) = batch else {
                // What is served is no batch: the reader sees that.
                damaged.push(next);
                next = next.plus(1);
                break;
            };
            let header = batch.header();
            found.push((header.base_offset, batch.bytes().to_vec()));
            next = header.next_offset().max(next.plus(1));
        }
    }
    (found, damaged)
}
