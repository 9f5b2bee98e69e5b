//! Bit flips: one bit of one file is wrong, and what must come of it, by the kind of the file.
//!
//! ```text
//! .log, checked by the start    what is damaged is told and not served, all else is
//! .log, not checked             what is damaged is seen by who reads: its CRC, or a gap
//! .index .timeindex .txnindex   records, times, aborted transactions as before
//! .snapshot                     the last batches of each producer are known
//! leader-epoch-checkpoint       epochs as before
//! partition.metadata            the partition is still its topic's
//! *-offset-checkpoint           nothing is hidden; deleted records may be back
//! .kafka_cleanshutdown, damaged-offsets-checkpoint     as before
//! metadata log                  topics as before, or the start refuses; its last batch may be cut
//! its snapshots, quorum-state   topics as before
//! ```

use std::io::IoSlice;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use kt::controller::{MetadataLog, MetadataLogError, Voter, bootstrap_records};
use kt::fs::{Fs, OpenMode, SimFs};
use kt::metadata::record::Topic;
use kt::record::Batches;
use kt::rng::Rng;
use kt::storage::{LoadedDirs, Log};
use kt::types::{BrokerId, LeaderEpoch, Offset, Uuid};

use crate::batches::{Kind, NOW, Sent};
use crate::crash::check_aborted;
use crate::disk::{DIR, Model, Part, World, check_window, read_all};
use crate::totals::Totals;

/// Flips on each prepared directory.
const FLIPS: u64 = 40;

/// What became of a flip.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Outcome {
    /// All is as before.
    Harmless,
    /// The start told of it.
    Told,
    /// Whoever reads the records sees it.
    Seen,
}

pub fn run(first_seed: u64, flips: u64) -> Totals {
    let mut totals = Totals::new("flips", first_seed);
    let mut seed = first_seed;
    while totals.count("flips") < flips {
        if seed % 5 == 4 {
            metadata(seed, &mut totals);
        } else {
            logs(seed, &mut totals);
        }
        seed += 1;
    }
    totals.end(seed);
    totals
}

/// Flips bits of a log directory's files.
fn logs(seed: u64, totals: &mut Totals) {
    let mut world = World::new(seed, 2);
    world.open().unwrap();
    for _ in 0..120 {
        world.step();
    }
    let is_clean = seed.is_multiple_of(2);
    if is_clean {
        world.close();
    } else {
        // Killed: what was written is there, synced or not.
        world.kill();
    }
    let mut files = Vec::new();
    list(&world.sim, Path::new(DIR), &mut files);
    // As many flips in the small files together as in the records.
    let (logs, small): (Vec<_>, Vec<_>) = files
        .into_iter()
        .partition(|(path, _)| path.to_string_lossy().ends_with(".log"));
    for number in 0..FLIPS {
        let files = if number % 2 == 0 { &logs } else { &small };
        let mut rng = Rng::seeded(world.rng.next_u64());
        let Some((path, position)) = choose(files, &mut rng) else {
            continue;
        };
        let mut other = World {
            sim: world.sim.fork(),
            rng: rng.clone(),
            manager: None,
            parts: Vec::new(),
            tag: world.tag,
            seed,
        };
        for part in &world.parts {
            other.parts.push(Part {
                partition: part.partition.clone(),
                log: None,
                model: part.model.clone(),
            });
        }
        let bit = 1 << rng.below(8);
        flip(&other.sim, &path, position, bit);
        let name = format!("seed {seed}: bit {bit} at {position} of {}", path.display());
        let loaded = other
            .open()
            .unwrap_or_else(|error| panic!("{name}: {error}"));
        let mut outcome = Outcome::Harmless;
        for part in &mut other.parts {
            let is_of = path.starts_with(Path::new(DIR).join(part.partition.to_string()));
            let found = judge(&name, part, &loaded, is_of && is_log(&path));
            let log = part.log.as_ref().unwrap();
            let is_as_before = found == Outcome::Harmless && log.start_offset() == part.model.start;
            if is_as_before && !moves_first_offset(&path, position) {
                check_aborted(&name, log, &part.model);
            }
            if found != Outcome::Harmless {
                outcome = found;
            }
        }
        assert!(is_log(&path) || outcome == Outcome::Harmless, "{name}");
        totals.add("flips", 1);
        totals.add(kind(&path, outcome), 1);
    }
}

/// Whether the flip is in a transaction's first offset: another batch of the same transaction may
/// begin at the offset that it says now.
fn moves_first_offset(path: &Path, position: u64) -> bool {
    path.to_string_lossy().ends_with(".txnindex") && (10..18).contains(&(position % 34))
}

fn is_log(path: &Path) -> bool {
    path.to_string_lossy().ends_with(".log")
}

fn kind(path: &Path, outcome: Outcome) -> &'static str {
    match (is_log(path), outcome) {
        (true, Outcome::Harmless) => "log_harmless",
        (true, Outcome::Told) => "log_told",
        (true, Outcome::Seen) => "log_seen",
        (false, _) => "small",
    }
}

/// Judges a partition after a flip in one of its files, or in another file.
fn judge(name: &str, part: &mut Part, loaded: &LoadedDirs, in_records: bool) -> Outcome {
    let model = part.model.clone();
    let log = part.log.as_ref().unwrap();
    let (found, damaged) = read_all(0, log);
    let partition = part.partition.to_string();
    let is_told = loaded.warnings.iter().any(|text| text.contains(&partition));
    let end = log.end_offset();
    let expected: Vec<&Sent> = model
        .sent
        .iter()
        .filter(|sent| sent.last_offset() >= model.start)
        .collect();
    if !in_records {
        assert!(damaged.is_empty(), "{name}: {damaged:?}");
        assert!(
            log.start_offset() <= model.start,
            "{name}: records are hidden"
        );
        assert_eq!(end, model.end().max(model.start), "{name}");
    }
    let mut is_seen = false;
    let mut intact = Vec::new();
    let mut next: Option<Offset> = None;
    for (base, bytes) in &found {
        let batch = Batches::new(bytes).next().unwrap().unwrap();
        let follows = next.is_none_or(|next| next == *base) || damaged_before(&damaged, *base);
        next = Some(batch.header().next_offset());
        if !batch.crc_matches() || !follows {
            is_seen = true;
            continue;
        }
        match model.sent.iter().find(|sent| sent.base == *base) {
            Some(sent) if sent.bytes.get(16..) == bytes.get(16..) => intact.push(*base),
            _ => is_seen = true,
        }
    }
    is_seen |= next.is_some_and(|next| next != end) || !damaged.is_empty();
    assert!(in_records || !is_seen, "{name}: wrong records");
    let lost = expected.iter().filter(|sent| !intact.contains(&sent.base));
    let lost: Vec<Offset> = lost.map(|sent| sent.base).collect();
    assert!(
        lost.is_empty() || is_told || is_seen,
        "{name}: {lost:?} of {partition} are lost, {:?}",
        loaded.warnings
    );
    assert!(lost.is_empty() || in_records, "{name}: {lost:?} are lost");
    if !in_records {
        others(name, part, &model, &expected);
        return Outcome::Harmless;
    }
    match (lost.is_empty(), is_told) {
        (true, _) => Outcome::Harmless,
        (false, true) => Outcome::Told,
        (false, false) => Outcome::Seen,
    }
}

fn damaged_before(damaged: &[Offset], base: Offset) -> bool {
    damaged.contains(&base.plus(-1))
}

/// What else is known of a log whose records are whole.
fn others(name: &str, part: &mut Part, model: &Model, expected: &[&Sent]) {
    let log: &Log = part.log.as_ref().unwrap();
    for sent in expected {
        let at = sent.base.max(model.start);
        let epoch = log.epochs().epoch_for_offset(at);
        assert_eq!(epoch, Some(LeaderEpoch(sent.epoch)), "{name}: {at}");
        if sent.kind != Kind::Marker {
            let time = log.offset_for_timestamp(sent.timestamp).unwrap();
            let time = time.map(|time| time.offset);
            let first = sent.base.max(log.start_offset());
            assert_eq!(time, Some(first), "{name}: by time");
        }
    }
    check_window(0, part);
}

/// Lists the files below a directory, with their sizes; empty ones have no bits.
fn list(sim: &SimFs, dir: &Path, files: &mut Vec<(PathBuf, u64)>) {
    for entry in sim.read_dir(dir).unwrap() {
        let path = dir.join(&entry.name);
        if entry.is_dir {
            list(sim, &path, files);
        } else {
            let bytes = sim.metadata(&path).unwrap().bytes;
            if bytes > 0 && !entry.name.contains(".cut-") && !entry.name.contains(".deleted") {
                files.push((path, bytes));
            }
        }
    }
}

fn choose(files: &[(PathBuf, u64)], rng: &mut Rng) -> Option<(PathBuf, u64)> {
    let count = u64::try_from(files.len()).unwrap();
    let (path, bytes) = files.get(usize::try_from(rng.below(count.max(1))).unwrap())?;
    Some((path.clone(), rng.below(*bytes)))
}

fn flip(sim: &SimFs, path: &Path, position: u64, bit: u8) {
    let file = sim.open(path, OpenMode::ReadWrite).unwrap();
    let mut byte = [0];
    file.read_exact_at(&mut byte, position).unwrap();
    byte[0] ^= bit;
    file.write_all_at(&mut [IoSlice::new(&byte)], position)
        .unwrap();
}

/// Flips bits of a metadata log's files.
fn metadata(seed: u64, totals: &mut Totals) {
    let sim = SimFs::default();
    sim.create_dir_all(Path::new(DIR)).unwrap();
    let mut rng = Rng::seeded(seed);
    let topics = 3 + u32::try_from(rng.below(5)).unwrap();
    let (mut log, mut image) = open(&sim).unwrap();
    let mut last = 0;
    for number in 0..topics {
        let record = Topic {
            name: format!("t{number}"),
            topic_id: Uuid(u128::from(number) + 1),
        }
        .into();
        let base = log.append(std::slice::from_ref(&record), NOW).unwrap();
        image.apply(base, &record).unwrap();
        last = number;
        if rng.below(3) == 0 {
            log.snapshot(&image, NOW).unwrap();
        }
    }
    drop(log);
    let mut files = Vec::new();
    list(&sim, Path::new(DIR), &mut files);
    for _ in 0..FLIPS {
        let Some((path, position)) = choose(&files, &mut rng) else {
            continue;
        };
        let other = sim.fork();
        let bit = 1 << rng.below(8);
        flip(&other, &path, position, bit);
        let name = format!("seed {seed}: bit {bit} at {position} of {}", path.display());
        match open(&other) {
            Ok((_, image)) => {
                for number in 0..topics {
                    let is_there = image.topic(&format!("t{number}")).is_some();
                    let may_lack = is_log(&path) && number == last;
                    assert!(is_there || may_lack, "{name}: t{number} is lost");
                }
            }
            Err(MetadataLogError::Damaged { .. } | MetadataLogError::Read(_)) => {
                assert!(is_log(&path), "{name}");
            }
            Err(error) => panic!("{name}: {error}"),
        }
        totals.add("flips", 1);
        totals.add("metadata", 1);
    }
}

fn open(sim: &SimFs) -> Result<(MetadataLog, kt::metadata::MetadataImage), MetadataLogError> {
    let fs: Arc<dyn Fs> = Arc::new(sim.clone());
    let voter = Voter {
        id: BrokerId(1),
        directory: Uuid(7),
        listener: "CONTROLLER".to_owned(),
        host: "127.0.0.1".to_owned(),
        port: 9093,
    };
    MetadataLog::open(fs, Path::new(DIR), voter, &bootstrap_records(), NOW)
}
