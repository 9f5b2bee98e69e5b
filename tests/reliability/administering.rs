//! Someone who changes topics while others use them: creates, deletes, reconfigures, grows, cuts.
//!
//! Everything goes over one connection, one request at a time, so that at most one change is in
//! doubt when the broker dies.

use std::io;
use std::sync::atomic::Ordering;
use std::time::Duration;

use bytes::Bytes;
use kt::protocol::ErrorCode;
use kt::record::{Append, BatchBuilder, Seal};
use kt::rng::Rng;

use crate::producing::{Phase, now_ms};
use crate::requests::{
    Code, LATEST, PRODUCE_VERSION, create_partitions, create_topic, delete_records, delete_topic,
    list_offset, produce_request, produced, set_config,
};
use crate::truth::{Fate, Kind, Partition, SentBatch, TopicShape, lock};
use crate::wire::Wire;

/// The topics that come and go.
const CHURNED: [&str; 3] = ["churn-a", "churn-b", "churn.c"];
/// The topic that only grows.
pub const GROWING: &str = "growing";
const PARTITIONS_MAX: usize = 12;
/// Who writes to topics that come and go.
const PRODUCER: u32 = 1000;

/// Settings that may change under load, and values that harm nobody.
const SETTINGS: [(&str, [&str; 3]); 4] = [
    ("max.message.bytes", ["4000000", "5000001", "8388608"]),
    ("retention.ms", ["86400000", "172800001", "-1"]),
    ("segment.bytes", ["1048576", "2097153", "16777216"]),
    ("segment.index.bytes", ["1048576", "2000000", "10485760"]),
];

/// The administrator.
pub struct Administrator {
    rng: Rng,
    /// Topics that are there from the beginning to the end.
    lasting: Vec<(String, Kind, usize)>,
    numbers: u64,
    pause_us_max: u64,
}

impl Administrator {
    pub const fn new(rng: Rng, lasting: Vec<(String, Kind, usize)>, pause_us_max: u64) -> Self {
        Self {
            rng,
            lasting,
            numbers: 0,
            pause_us_max,
        }
    }

    /// Changes things until the phase is over.
    pub fn run(&mut self, phase: &Phase<'_>) {
        while !phase.is_over() {
            if let Err(error) = self.session(phase) {
                phase.note_failure("administrator", &error);
                // A change is in doubt: whatever came of it, the next check tells.
                return;
            }
        }
    }

    fn session(&mut self, phase: &Phase<'_>) -> io::Result<()> {
        let mut wire = Wire::connect(phase.port)?;
        while !phase.is_over() {
            match self.rng.below(10) {
                0..=4 => self.churn(&mut wire, phase)?,
                5 | 6 => self.configure(&mut wire, phase)?,
                7 => self.grow(&mut wire, phase)?,
                _ => self.cut(&mut wire, phase)?,
            }
            let pause = self.rng.below(self.pause_us_max + 1);
            std::thread::sleep(Duration::from_micros(pause));
        }
        Ok(())
    }

    fn pick<'a, T>(&mut self, from: &'a [T]) -> &'a T {
        let index = usize::try_from(self.rng.below(from.len() as u64)).unwrap_or(0);
        &from[index]
    }

    /// Creates a topic that is not there, writes to one that is, or deletes it.
    fn churn(&mut self, wire: &mut Wire, phase: &Phase<'_>) -> io::Result<()> {
        let name = *self.pick(&CHURNED);
        let life = phase.truth.of(name, |topic| topic.life.clone());
        match life.map(|life| (life.sure, life.maybe.is_empty())) {
            None | Some((None, true)) => {
                let shape = TopicShape {
                    kind: Kind::Plain,
                    partitions: 1 + usize::try_from(self.rng.below(3)).unwrap_or(0),
                    value_bytes_max: 300,
                    configs: vec![("retention.ms".to_owned(), "86400000".to_owned())],
                };
                create(wire, phase, name, &shape)
            }
            Some((Some(incarnation), true)) if self.rng.below(3) == 0 => {
                phase.truth.of(name, |topic| topic.life.attempt(None));
                let code = phase.promise(delete_topic(wire, name)?)?;
                if expected(phase, code, &format!("deleting {name} #{incarnation}")) {
                    phase.truth.of(name, |topic| topic.life.confirm(None));
                }
                Ok(())
            }
            Some((Some(_), true)) => self.write(wire, phase, name),
            // In doubt until the next check.
            Some(_) => Ok(()),
        }
    }

    fn write(&mut self, wire: &mut Wire, phase: &Phase<'_>, name: &str) -> io::Result<()> {
        let partitions = phase.truth.living(name, |topic| topic.partitions.clone());
        let partitions = partitions.unwrap_or_default();
        let index = usize::try_from(self.rng.below(partitions.len() as u64)).unwrap_or(0);
        let truth = &partitions[index];
        let count = 1 + u32::try_from(self.rng.below(20)).unwrap_or(0);
        let batch = SentBatch {
            producer: PRODUCER,
            first: self.numbers,
            count,
            retried: false,
            fate: Fate::Unknown,
        };
        self.numbers += u64::from(count);
        let (index_of_batch, scope) = {
            let mut truth = lock(truth);
            (truth.sending(batch), truth.scope.clone())
        };
        let mut builder = BatchBuilder::new(usize::MAX);
        for identity in batch.identities() {
            let value = scope.value(identity);
            let key = scope.key(identity);
            let fits = builder.append(key.as_deref(), Some(&value), &[], now_ms()?);
            if fits != Append::Fits {
                return Err(io::Error::other("a batch is too large"));
            }
        }
        builder.seal(&Seal::default())?;
        let records = Bytes::from(builder.into_bytes());
        let partition = i32::try_from(index).map_err(io::Error::other)?;
        let request = produce_request((name, partition), -1, records);
        wire.send(PRODUCE_VERSION, &request, true)?;
        match phase.promise(produced(wire)?)? {
            Ok(offset) => {
                lock(truth).batches[index_of_batch].fate = Fate::Acked(offset);
                phase.truth.acked(count);
            }
            Err(code) => {
                expected(phase, code, &format!("writing to {name}"));
            }
        }
        Ok(())
    }

    /// Sets a key of a lasting topic, or takes it away.
    fn configure(&mut self, wire: &mut Wire, phase: &Phase<'_>) -> io::Result<()> {
        let lasting = std::mem::take(&mut self.lasting);
        let name = self.pick(&lasting).0.clone();
        self.lasting = lasting;
        let (key, values) = *self.pick(&SETTINGS);
        let value = (self.rng.below(4) != 0).then(|| *self.pick(&values));
        let own = value.map(str::to_owned);
        let claim = |topic: &mut crate::truth::Incarnation, confirmed: bool| {
            let claim = topic.configs.entry(key.to_owned());
            let claim = claim.or_insert_with(|| crate::truth::Claim::new(None));
            if confirmed {
                claim.confirm(own.clone());
            } else {
                claim.attempt(own.clone());
            }
        };
        phase.truth.living(&name, |topic| claim(topic, false));
        let code = phase.promise(set_config(wire, &name, key, value)?)?;
        if expected(phase, code, &format!("configuring {name}")) {
            phase.truth.living(&name, |topic| claim(topic, true));
        }
        Ok(())
    }

    fn grow(&self, wire: &mut Wire, phase: &Phase<'_>) -> io::Result<()> {
        let count = phase.truth.living(GROWING, |topic| topic.count.clone());
        let Some(count) = count.filter(|count| count.sure < PARTITIONS_MAX) else {
            return Ok(());
        };
        let more = count.sure + 1;
        phase
            .truth
            .living(GROWING, |topic| topic.count.attempt(more));
        let asked = i32::try_from(more).map_err(io::Error::other)?;
        let code = phase.promise(create_partitions(wire, GROWING, asked)?)?;
        if expected(phase, code, "growing") {
            phase
                .truth
                .living(GROWING, |topic| topic.count.confirm(more));
        }
        Ok(())
    }

    /// Deletes the front of a partition.
    fn cut(&mut self, wire: &mut Wire, phase: &Phase<'_>) -> io::Result<()> {
        let mut cuttable = self.lasting.iter();
        let Some((name, _, partitions)) = cuttable.find(|(_, kind, _)| *kind == Kind::Deleting)
        else {
            return Ok(());
        };
        let partition = self.rng.below(*partitions as u64);
        let index = usize::try_from(partition).unwrap_or(0);
        let of = (name.as_str(), i32::try_from(partition).unwrap_or(0));
        let truth = phase
            .truth
            .living(name, |topic| Partition::clone(&topic.partitions[index]));
        let (Some(truth), Ok(end)) = (truth, list_offset(wire, of, LATEST)?) else {
            return Ok(());
        };
        let start = lock(&truth).start.sure;
        let room = u64::try_from(end - start).unwrap_or(0);
        let offset = start + i64::try_from(self.rng.below(room + 1)).unwrap_or(0);
        lock(&truth).start.attempt(offset);
        match phase.promise(delete_records(wire, of, offset)?)? {
            Ok(told) if told == offset => lock(&truth).start.confirm(offset),
            // A cut that was refused with a storage error had gone further.
            Ok(told) if told > offset && lock(&truth).start.maybe.contains(&told) => {
                lock(&truth).start.confirm(told);
            }
            Ok(told) => {
                let what = format!("{name}-{partition}: cut at {offset}, told {told}");
                phase.truth.violation(what);
            }
            Err(code) => {
                expected(phase, code, &format!("cutting {name}"));
            }
        }
        Ok(())
    }
}

/// Creates a topic, and notes what is known of it.
pub fn create(
    wire: &mut Wire,
    phase: &Phase<'_>,
    name: &str,
    shape: &TopicShape,
) -> io::Result<()> {
    let index = phase.truth.creating(name, shape);
    let count = i32::try_from(shape.partitions).map_err(io::Error::other)?;
    match phase.promise(create_topic(wire, name, count, &shape.configs)?)? {
        Ok(id) => {
            phase.truth.of(name, |topic| {
                topic.life.confirm(Some(index));
                topic.incarnations[index].id = Some(id);
            });
        }
        Err(code) => {
            expected(phase, code, &format!("creating {name}"));
        }
    }
    Ok(())
}

/// Returns whether an answer is a success; one that no fault explains is a violation.
fn expected(phase: &Phase<'_>, code: Code, what: &str) -> bool {
    let error = ErrorCode::from_code(code);
    let is_explained = match error {
        Some(ErrorCode::None | ErrorCode::KafkaStorageError) => true,
        Some(ErrorCode::UnknownTopicOrPartition) => phase.full.load(Ordering::Acquire),
        _ => false,
    };
    if !is_explained {
        let name = error.map_or("unknown error code", ErrorCode::name);
        phase
            .truth
            .violation(format!("{what}: refused with {name} ({code})"));
    }
    code == 0
}
