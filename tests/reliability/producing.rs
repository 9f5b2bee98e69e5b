//! A producer that can be left in doubt: it sends batches, and sends them again until it knows.
//!
//! An idempotent one has up to five batches on their way to each partition, drops its connection
//! now and then with answers outstanding, and takes up where it was after every restart. It also
//! sends batches again that were acknowledged: each must be answered with the offset it had.

use std::collections::VecDeque;
use std::io;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::Duration;

use bytes::Bytes;
use kt::protocol::ErrorCode;
use kt::record::{Append, BatchBuilder, Codec, Producer as BatchProducer, Seal};
use kt::rng::Rng;

use crate::requests::{PRODUCE_VERSION, init_producer, produce_request, produced};
use crate::truth::{Fate, Kind, Partition, SentBatch, Truth, lock};
use crate::wire::{Wire, is_silence};

/// How many batches of an idempotent producer may be on their way to a partition.
const WINDOW: usize = 5;

/// The time from a broker's start to its end, as those see it who use it.
pub struct Phase<'a> {
    pub truth: &'a Truth,
    pub port: u16,
    /// Set when the broker is gone, or when everyone shall rest.
    pub over: AtomicBool,
    /// Set before the power goes. What is answered from then on is no promise: the kernel calls
    /// some syncs a success that run while the file system is shut down, and nothing that comes
    /// behind a real power cut could be heard at all.
    pub dying: AtomicBool,
    /// Set when the disk is long dead: now nothing new can become durable.
    pub dead: AtomicBool,
    /// Set while the disk is full: a topic that is created then may have partitions only later.
    pub full: AtomicBool,
    /// Batches that were acknowledged in this phase.
    pub acks: AtomicU64,
    /// Errors that a full or broken disk explains.
    pub storage_errors: AtomicU64,
    /// Whether an acknowledgement after the write, not the flush, survives what comes.
    pub written_stays: bool,
}

impl<'a> Phase<'a> {
    pub fn new(truth: &'a Truth, port: u16, written_stays: bool) -> Self {
        Self {
            truth,
            port,
            over: AtomicBool::new(false),
            dying: AtomicBool::new(false),
            dead: AtomicBool::new(false),
            full: AtomicBool::new(false),
            acks: AtomicU64::new(0),
            storage_errors: AtomicU64::new(0),
            written_stays,
        }
    }

    /// Returns an answer that was just received, if it is a promise.
    pub fn promise<T>(&self, answer: T) -> io::Result<T> {
        if self.dying.load(Ordering::Acquire) {
            return Err(io::Error::other(
                "the answer of a broker that has lost its power",
            ));
        }
        Ok(answer)
    }

    pub fn is_over(&self) -> bool {
        self.over.load(Ordering::Acquire)
    }

    /// Tells of a broker that hangs; other failures of a connection are part of the game.
    pub fn note_failure(&self, who: &str, error: &io::Error) {
        if is_silence(error) && !self.is_over() {
            self.truth
                .violation(format!("{who}: no answer within the patience: {error}"));
        }
    }
}

/// Returns the time that a record has.
pub fn now_ms() -> io::Result<i64> {
    let now = std::time::UNIX_EPOCH.elapsed().map_err(io::Error::other)?;
    i64::try_from(now.as_millis()).map_err(io::Error::other)
}

/// A partition as one producer sees it.
struct Lane {
    topic: String,
    partition: i32,
    truth: Partition,
    next_number: u64,
    /// Batches without an answer, in order.
    open: VecDeque<usize>,
    /// The last batches that were acknowledged, at most as many as a broker remembers.
    recent: VecDeque<usize>,
}

/// How a producer goes about its work.
#[derive(Clone, Copy, Debug)]
pub struct Habits {
    pub idempotent: bool,
    pub acks: i16,
    pub batch_records_max: u64,
    /// Requests on the way, over all partitions.
    pub in_flight: usize,
    pub pause_us_max: u64,
}

/// A producer.
pub struct Producer {
    index: u32,
    habits: Habits,
    identity: Option<(i64, i16)>,
    lanes: Vec<Lane>,
    rng: Rng,
}

/// A request on its way.
struct Sent {
    lane: usize,
    batch: usize,
}

impl Producer {
    pub fn new(index: u32, habits: Habits, rng: Rng) -> Self {
        Self {
            index,
            habits,
            identity: None,
            lanes: Vec::new(),
            rng,
        }
    }

    /// Adds a partition to write to.
    pub fn add(&mut self, topic: &str, partition: usize, truth: Partition) {
        self.lanes.push(Lane {
            topic: topic.to_owned(),
            partition: i32::try_from(partition).unwrap_or(i32::MAX),
            truth,
            next_number: 0,
            open: VecDeque::new(),
            recent: VecDeque::new(),
        });
    }

    /// Produces until the phase is over.
    pub fn run(&mut self, phase: &Phase<'_>) {
        while !phase.is_over() {
            if let Err(error) = self.session(phase) {
                phase.note_failure(&format!("producer {}", self.index), &error);
            }
            if !self.habits.idempotent {
                // Nobody will ever know; a check tells what became of them.
                self.lanes.iter_mut().for_each(|lane| lane.open.clear());
            }
            if !phase.is_over() {
                std::thread::sleep(Duration::from_millis(3));
            }
        }
    }

    /// Uses one connection until it breaks, or until the phase is over.
    fn session(&mut self, phase: &Phase<'_>) -> io::Result<()> {
        let mut wire = Wire::connect(phase.port)?;
        if self.habits.idempotent && self.identity.is_none() {
            match phase.promise(init_producer(&mut wire)?)? {
                Ok(identity) => self.identity = Some(identity),
                Err(code) => return self.refused(phase, code, "InitProducerId"),
            }
        }
        self.send_again(&mut wire, phase)?;
        let mut way: VecDeque<Sent> = VecDeque::new();
        while !phase.is_over() {
            if way.len() >= self.habits.in_flight || (!way.is_empty() && self.rng.below(3) == 0) {
                self.receive(&mut wire, &mut way, phase)?;
                continue;
            }
            let lane = usize::try_from(self.rng.below(self.lanes.len() as u64)).unwrap_or(0);
            if self
                .lanes
                .get(lane)
                .is_none_or(|lane| lane.open.len() >= WINDOW)
            {
                if !way.is_empty() {
                    self.receive(&mut wire, &mut way, phase)?;
                }
                continue;
            }
            let batch = self.next_batch(lane);
            self.send(&mut wire, lane, batch)?;
            if self.habits.acks != 0 {
                way.push_back(Sent { lane, batch });
            }
            if self.habits.pause_us_max > 0 {
                let pause = self.rng.below(self.habits.pause_us_max);
                std::thread::sleep(Duration::from_micros(pause));
            }
            if self.habits.idempotent && self.rng.below(150) == 0 {
                // Whatever is on its way gets no answer.
                return Ok(());
            }
        }
        while !way.is_empty() {
            self.receive(&mut wire, &mut way, phase)?;
        }
        Ok(())
    }

    /// Sends again what has no answer, then some of what has one.
    fn send_again(&mut self, wire: &mut Wire, phase: &Phase<'_>) -> io::Result<()> {
        for lane in 0..self.lanes.len() {
            let open: Vec<usize> = self.lane(lane).open.iter().copied().collect();
            let mut way = VecDeque::new();
            for batch in open {
                self.send(wire, lane, batch)?;
                way.push_back(Sent { lane, batch });
            }
            while !way.is_empty() {
                self.receive(wire, &mut way, phase)?;
            }
            if self.habits.idempotent && self.rng.below(2) == 0 {
                self.send_what_is_known(wire, lane, phase)?;
            }
        }
        Ok(())
    }

    /// Sends one of the last acknowledged batches again, which must be known as such.
    fn send_what_is_known(
        &mut self,
        wire: &mut Wire,
        lane: usize,
        phase: &Phase<'_>,
    ) -> io::Result<()> {
        let back = usize::try_from(self.rng.below(WINDOW as u64)).unwrap_or(0);
        let recent = &self.lane(lane).recent;
        let Some(batch) = recent.iter().rev().nth(back).copied() else {
            return Ok(());
        };
        let (kind, fate) = {
            let truth = lock(&self.lane(lane).truth);
            (truth.kind, truth.batches.get(batch).map(|batch| batch.fate))
        };
        // Where records may be gone, only the last batch is sure to be remembered.
        let (Some(Fate::Acked(offset)), true) = (fate, kind == Kind::Plain || back == 0) else {
            return Ok(());
        };
        self.send(wire, lane, batch)?;
        match phase.promise(produced(wire)?)? {
            Ok(told) if told == offset => Ok(()),
            Ok(told) => {
                phase.truth.violation(format!(
                    "{}: batch {back} from the end, sent again, is at {told}; it was at {offset}",
                    self.name(lane)
                ));
                Ok(())
            }
            Err(code) => self.refused(phase, code, &format!("{} known batch", self.name(lane))),
        }
    }

    fn lane(&self, lane: usize) -> &Lane {
        &self.lanes[lane]
    }

    fn name(&self, lane: usize) -> String {
        let lane = self.lane(lane);
        format!("producer {} {}-{}", self.index, lane.topic, lane.partition)
    }

    /// Decides the next batch of a partition.
    fn next_batch(&mut self, lane: usize) -> usize {
        let count = 1 + self.rng.below(self.habits.batch_records_max);
        let count = u32::try_from(count).unwrap_or(1);
        let (producer, retried) = (self.index, self.habits.idempotent);
        let lane = &mut self.lanes[lane];
        let batch = lock(&lane.truth).sending(SentBatch {
            producer,
            first: lane.next_number,
            count,
            retried,
            fate: Fate::Unknown,
        });
        lane.next_number += u64::from(count);
        if self.habits.acks != 0 {
            lane.open.push_back(batch);
        }
        batch
    }

    fn send(&self, wire: &mut Wire, lane: usize, batch: usize) -> io::Result<()> {
        let lane = self.lane(lane);
        let (scope, batch) = {
            let truth = lock(&lane.truth);
            (truth.scope.clone(), truth.batches[batch])
        };
        let producer = match self.identity {
            Some((id, epoch)) => BatchProducer {
                id,
                epoch,
                base_sequence: i32::try_from(batch.first).map_err(io::Error::other)?,
            },
            None => BatchProducer::NONE,
        };
        // The same batch has the same codec, also when it is sent again.
        let codec = Codec::from_id(u16::try_from(batch.first % 7).unwrap_or(0));
        let mut builder = BatchBuilder::new(usize::MAX);
        for identity in batch.identities() {
            let (key, value) = (scope.key(identity), scope.value(identity));
            let appended = builder.append(key.as_deref(), Some(&value), &[], now_ms()?);
            if appended != Append::Fits {
                return Err(io::Error::other("a batch is too large"));
            }
        }
        builder.seal(&Seal {
            codec: codec.unwrap_or(Codec::None),
            producer,
            ..Seal::default()
        })?;
        let records = Bytes::from(builder.into_bytes());
        let acks = self.habits.acks;
        let request = produce_request((&lane.topic, lane.partition), acks, records);
        wire.send(PRODUCE_VERSION, &request, acks != 0)
    }

    fn receive(
        &mut self,
        wire: &mut Wire,
        way: &mut VecDeque<Sent>,
        phase: &Phase<'_>,
    ) -> io::Result<()> {
        let told = produced(wire)?;
        let is_new = !self.habits.idempotent && self.habits.acks == -1;
        if is_new && told.is_ok() && phase.dead.load(Ordering::Acquire) {
            phase
                .truth
                .violation("records are acknowledged on a dead disk");
        }
        let told = phase.promise(told)?;
        let Some(Sent { lane, batch }) = way.pop_front() else {
            return Err(io::Error::other("an answer that nobody waits for"));
        };
        let offset = match told {
            Ok(offset) => offset,
            Err(code) => return self.refused(phase, code, &self.name(lane)),
        };
        let name = self.name(lane);
        let durable = self.habits.acks == -1 || phase.written_stays;
        let lane = &mut self.lanes[lane];
        lane.open.retain(|open| *open != batch);
        lane.recent.push_back(batch);
        if lane.recent.len() > WINDOW {
            lane.recent.pop_front();
        }
        let mut truth = lock(&lane.truth);
        let sent = &mut truth.batches[batch];
        if let Fate::Acked(before) = sent.fate
            && before != offset
        {
            let what = format!("{name}: a batch that was at {before} is acknowledged at {offset}");
            phase.truth.violation(what);
        }
        sent.fate = if durable {
            Fate::Acked(offset)
        } else {
            Fate::Written(offset)
        };
        if durable {
            phase.truth.acked(sent.count);
        }
        phase.acks.fetch_add(1, Ordering::AcqRel);
        Ok(())
    }

    /// Judges a refusal, and ends the session with it: what was sent behind it is sent again.
    fn refused(&self, phase: &Phase<'_>, code: i16, what: &str) -> io::Result<()> {
        let error = ErrorCode::from_code(code);
        let name = error.map_or("unknown error code", ErrorCode::name);
        match error {
            Some(ErrorCode::KafkaStorageError) => {
                phase.storage_errors.fetch_add(1, Ordering::AcqRel);
            }
            _ => phase
                .truth
                .violation(format!("{what}: refused with {name} ({code})")),
        }
        Err(io::Error::other(name))
    }
}
