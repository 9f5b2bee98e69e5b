//! Reads everything back from a broker that has come up, and has it compared.
//!
//! Topics with their ids, partitions and settings (D6) are compared here, records in `checking`.

use std::collections::BTreeMap;
use std::io;
use std::time::Duration;

use crate::checking::{Reading, check};
use crate::content::Scope;
use crate::requests::{EARLIEST, LATEST, fetch, list_offset, own_configs, topics};
use crate::truth::{Incarnation, Kind, TopicTruth, Truth, lock};
use crate::watching::decode;
use crate::wire::Wire;

/// How often a fetch may find nothing where something is.
const MISSES_MAX: u32 = 10;

/// Checks all that is known; violations go to `truth`. Returns how many records were read.
pub fn survey(truth: &Truth, port: u16) -> io::Result<u64> {
    let mut wire = Wire::connect(port)?;
    let there: BTreeMap<_, _> = topics(&mut wire)?
        .into_iter()
        .map(|(name, id, partitions)| (name, (id, partitions)))
        .collect();
    let mut known = lock(&truth.topics);
    for name in there.keys().filter(|name| !known.contains_key(*name)) {
        if !name.starts_with("__") {
            truth.violation(format!("{name}: nobody created this topic"));
        }
    }
    let mut records = 0;
    for (name, topic) in known.iter_mut() {
        let seen = there.get(name);
        let Some(living) = settle_life(truth, name, topic, seen) else {
            continue;
        };
        let partitions = seen.map_or(0, |(_, partitions)| *partitions);
        records += survey_topic(&mut wire, truth, (name, partitions), living)?;
    }
    Ok(records)
}

/// Decides which incarnation of a topic is there, if one is.
fn settle_life<'a>(
    truth: &Truth,
    name: &str,
    topic: &'a mut TopicTruth,
    seen: Option<&(uuid::Uuid, usize)>,
) -> Option<&'a mut Incarnation> {
    let possible: Vec<Option<usize>> = std::iter::once(topic.life.sure)
        .chain(topic.life.maybe.clone())
        .collect();
    let Some((id, _)) = seen else {
        if !possible.contains(&None) {
            truth.violation(format!("LOST: the topic {name}, which was created"));
        }
        topic.life.confirm(None);
        return None;
    };
    let fits = |index: &usize| {
        let known = topic.incarnations.get(*index).and_then(|one| one.id);
        known.is_none_or(|known| known == *id)
    };
    // The latest first: an older one without an id was never created.
    let index = possible.iter().rev().copied().flatten().find(fits);
    let Some(index) = index else {
        truth.violation(format!("{name}: {id} is there, {:?} is known", topic.life));
        topic.life.confirm(None);
        return None;
    };
    topic.life.confirm(Some(index));
    let living = topic.incarnations.get_mut(index)?;
    living.id = Some(*id);
    Some(living)
}

fn survey_topic(
    wire: &mut Wire,
    truth: &Truth,
    (name, count): (&str, usize),
    topic: &mut Incarnation,
) -> io::Result<u64> {
    if !topic.count.allows(&count) {
        let what = format!("{name}: {count} partitions, {:?} are known", topic.count);
        truth.violation(what);
    }
    topic.count.confirm(count);
    let own: BTreeMap<String, String> = own_configs(wire, name)?.into_iter().collect();
    for (key, claim) in &mut topic.configs {
        let value = own.get(key).cloned();
        if !claim.allows(&value) {
            truth.violation(format!("{name}: {key} is {value:?}, {claim:?} is known"));
        }
        claim.confirm(value);
    }
    for key in own.keys().filter(|key| !topic.configs.contains_key(*key)) {
        truth.violation(format!("{name}: nobody has set {key}"));
    }
    let mut records = 0;
    for (index, partition) in topic.partitions.iter().enumerate() {
        let index = i32::try_from(index).map_err(io::Error::other)?;
        let of = (name, index);
        let (scope, kind) = {
            let partition = lock(partition);
            (partition.scope.clone(), partition.kind)
        };
        let reading = match read(wire, of, &scope, kind)? {
            Ok(reading) => reading,
            Err(what) => {
                truth.violation(format!("{name}-{index}: {what}"));
                continue;
            }
        };
        let seen = reading.batches.iter().map(|batch| batch.records.len());
        records += seen.sum::<usize>() as u64;
        for fault in check(&mut lock(partition), &reading) {
            truth.violation(format!("{name}-{index}: {fault}"));
        }
    }
    Ok(records)
}

/// Reads a whole partition.
fn read(
    wire: &mut Wire,
    of: (&str, i32),
    scope: &Scope,
    kind: Kind,
) -> io::Result<Result<Reading, String>> {
    let offset = |told: Result<i64, i16>| told.map_err(|code| format!("ListOffsets: {code}"));
    let start = match offset(list_offset(wire, of, EARLIEST)?) {
        Ok(start) => start,
        Err(what) => return Ok(Err(what)),
    };
    let end = match offset(list_offset(wire, of, LATEST)?) {
        Ok(end) => end,
        Err(what) => return Ok(Err(what)),
    };
    let mut reading = Reading {
        start,
        end,
        bytes: 0,
        batches: Vec::new(),
    };
    let (mut position, mut misses) = (start, 0);
    while position < end {
        let bytes = match fetch(wire, of, position, 0)? {
            Ok(bytes) => bytes,
            // Retention goes on: what has gone meanwhile is not looked for.
            Err(1) if kind != Kind::Plain && reading.batches.is_empty() => {
                return read(wire, of, scope, kind);
            }
            Err(code) => return Ok(Err(format!("fetch at {position}: error {code}"))),
        };
        let batches = match decode(scope, &bytes) {
            Ok(batches) => batches,
            Err(what) => return Ok(Err(what)),
        };
        let Some(last) = batches.last() else {
            if kind != Kind::Compacted {
                return Ok(Err(format!("nothing is at {position}, the end is {end}")));
            }
            // The cleaner may just be putting another segment in the place of this one. Else the
            // last records are gone, by a power cut before they were acknowledged, and the name of
            // the segment behind them is not: a gap, as compaction leaves them.
            misses += 1;
            if misses < MISSES_MAX {
                std::thread::sleep(Duration::from_millis(20));
                continue;
            }
            break;
        };
        position = last.next;
        reading.bytes += bytes.len() as u64;
        reading.batches.extend(batches);
    }
    Ok(Ok(reading))
}
