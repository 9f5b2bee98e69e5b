//! A consumer that reads along. What it has read, it must be able to read for ever.

use std::io;
use std::time::Duration;

use kt::record::Batches;

use crate::content::{Identity, Scope};
use crate::producing::Phase;
use crate::requests::{EARLIEST, fetch, list_offset};
use crate::truth::{Partition, lock};
use crate::wire::Wire;

/// Error code of a fetch that asks for what is not there.
const OFFSET_OUT_OF_RANGE: i16 = 1;
/// The most that a batch may hold when it is decompressed.
const BATCH_BYTES_MAX: usize = 64 << 20;

/// A batch as it was read.
#[derive(Clone, Debug)]
pub struct SeenBatch {
    pub base: i64,
    pub next: i64,
    pub records: Vec<(i64, Identity)>,
}

/// Decodes the whole batches of an answer; the last one may be cut off.
pub fn decode(scope: &Scope, bytes: &[u8]) -> Result<Vec<SeenBatch>, String> {
    let mut seen = Vec::new();
    for batch in Batches::new(bytes) {
        let Ok(batch) = batch else {
            break;
        };
        let header = batch.header();
        let base = header.base_offset.0;
        if !batch.crc_matches() {
            return Err(format!("batch at {base}: the CRC does not match"));
        }
        let body = batch
            .decompressed_body(BATCH_BYTES_MAX)
            .map_err(|error| format!("batch at {base}: {error}"))?;
        let mut records = Vec::new();
        for record in batch.records(&body) {
            let record = record.map_err(|error| format!("batch at {base}: {error}"))?;
            let offset = base + i64::from(record.offset_delta);
            let value = record.value.unwrap_or_default();
            let identity = scope.identify(value).ok_or_else(|| {
                let begin = value.get(..value.len().min(80)).unwrap_or_default();
                let begin = String::from_utf8_lossy(begin);
                format!("record at {offset}: nobody sent it: {begin:?}")
            })?;
            if scope.key(identity).as_deref() != record.key {
                return Err(format!("record at {offset}: it has another key"));
            }
            records.push((offset, identity));
        }
        seen.push(SeenBatch {
            base,
            next: header.next_offset().0,
            records,
        });
    }
    Ok(seen)
}

/// Reads the partitions in turn until the phase is over.
pub fn watch(phase: &Phase<'_>, partitions: &[(String, i32, Partition)]) {
    while !phase.is_over() {
        if let Err(error) = session(phase, partitions) {
            phase.note_failure("consumer", &error);
            std::thread::sleep(Duration::from_millis(3));
        }
    }
}

fn session(phase: &Phase<'_>, partitions: &[(String, i32, Partition)]) -> io::Result<()> {
    let mut wire = Wire::connect(phase.port)?;
    while !phase.is_over() {
        for (topic, partition, truth) in partitions {
            let (scope, position) = {
                let truth = lock(truth);
                (truth.scope.clone(), truth.watched_until)
            };
            let of = (topic.as_str(), *partition);
            match phase.promise(fetch(&mut wire, of, position, 5)?)? {
                Ok(bytes) => match decode(&scope, &bytes) {
                    Ok(batches) => note(truth, &batches),
                    Err(what) => phase
                        .truth
                        .violation(format!("{topic}-{partition}: {what}")),
                },
                Err(OFFSET_OUT_OF_RANGE) => skip(&mut wire, phase, of, truth)?,
                Err(56) => {}
                Err(code) => {
                    let what = format!("{topic}-{partition}: fetch is refused with {code}");
                    phase.truth.violation(what);
                }
            }
        }
        std::thread::sleep(Duration::from_millis(2));
    }
    Ok(())
}

fn note(truth: &Partition, batches: &[SeenBatch]) {
    let mut truth = lock(truth);
    for batch in batches {
        let until = truth.watched_until;
        let new = batch.records.iter().filter(|(offset, _)| *offset >= until);
        truth.watched.extend(new);
        truth.watched_until = until.max(batch.next);
    }
}

/// Goes on at the log's start if that has overtaken the consumer.
fn skip(wire: &mut Wire, phase: &Phase<'_>, of: (&str, i32), truth: &Partition) -> io::Result<()> {
    if let Ok(start) = list_offset(wire, of, EARLIEST)? {
        let mut truth = lock(truth);
        if start > truth.watched_until {
            truth.watched_until = start;
        } else {
            phase.truth.violation(format!(
                "{}-{}: {} was readable, and is out of range",
                of.0, of.1, truth.watched_until
            ));
            // Told once.
            truth.watched_until = start;
        }
    }
    Ok(())
}
