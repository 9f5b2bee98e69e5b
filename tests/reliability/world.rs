//! All that one seed decides: topics, producers, settings of the broker; and one phase of use.

use std::io;
use std::sync::Arc;
use std::sync::atomic::Ordering;

use anyhow::{Context as _, bail};
use kt::rng::Rng;

use crate::administering::{Administrator, GROWING, create};
use crate::process::{Broker, Setup};
use crate::producing::{Habits, Phase, Producer};
use crate::survey::survey;
use crate::truth::{Kind, Partition, TopicShape, Truth};
use crate::watching::watch;
use crate::wire::Wire;

/// Someone who uses the broker, and knows what it has promised.
pub struct World {
    pub truth: Arc<Truth>,
    pub rng: Rng,
    lasting: Vec<(String, TopicShape)>,
    producers: Vec<Producer>,
    administrator: Administrator,
    watched: Vec<(String, i32, Partition)>,
    created: bool,
    load: Load,
}

/// What a suite wants of the load.
#[derive(Clone, Copy, Debug)]
pub struct Load {
    pub value_bytes_max: u64,
    /// How long a producer rests behind a batch, at most.
    pub pause_us_max: u64,
    /// Whether an acknowledgement after the write survives the faults of the suite.
    pub written_stays: bool,
    /// Whether topics are changed while records are written.
    pub administered: bool,
}

impl World {
    pub fn new(seed: u64, load: Load) -> Self {
        let mut rng = Rng::seeded(seed.wrapping_mul(0x9e37_79b9_97f4_a7c1) ^ 0x6b74);
        let lasting = shapes(&mut rng, load);
        let producers = (0..=u32::try_from(rng.below(4)).unwrap_or(0))
            .map(|index| {
                let idempotent = index == 0 || rng.below(3) != 0;
                let acks = [-1, -1, 1, 0][usize::try_from(rng.below(4)).unwrap_or(0)];
                let habits = Habits {
                    idempotent,
                    acks: if idempotent { -1 } else { acks },
                    batch_records_max: [1, 10, 60, 200][usize::try_from(rng.below(4)).unwrap_or(0)],
                    in_flight: 1 + usize::try_from(rng.below(8)).unwrap_or(0),
                    // Nothing slows down one that waits for no answers.
                    pause_us_max: load.pause_us_max.max(if acks == 0 { 2000 } else { 0 }),
                };
                Producer::new(index, habits, Rng::seeded(rng.next_u64()))
            })
            .collect();
        let names = lasting
            .iter()
            .map(|(name, shape)| (name.clone(), shape.kind, shape.partitions));
        Self {
            truth: Arc::new(Truth::new(seed)),
            administrator: Administrator::new(Rng::seeded(rng.next_u64()), names.collect(), 8000),
            rng,
            lasting,
            producers,
            watched: Vec::new(),
            created: false,
            load,
        }
    }

    /// Returns the broker's settings, some of which differ from seed to seed.
    pub fn settings(&mut self) -> Vec<(String, String)> {
        let mut pick = |values: &[&str]| {
            let index = usize::try_from(self.rng.below(values.len() as u64)).unwrap_or(0);
            values.get(index).copied().unwrap_or_default().to_owned()
        };
        [
            (
                "log.segment.bytes",
                pick(&["1048576", "1048576", "4194304"]),
            ),
            ("log.roll.ms", pick(&["40", "150", "600000"])),
            ("log.index.interval.bytes", pick(&["0", "4096", "65536"])),
            (
                "log.retention.check.interval.ms",
                pick(&["20", "100", "1000"]),
            ),
            ("log.segment.delete.delay.ms", pick(&["0", "60", "60000"])),
            (
                "log.flush.offset.checkpoint.interval.ms",
                pick(&["30", "200", "60000"]),
            ),
            (
                "log.flush.start.offset.checkpoint.interval.ms",
                pick(&["30", "60000"]),
            ),
            (
                "replica.high.watermark.checkpoint.interval.ms",
                pick(&["30", "5000"]),
            ),
            ("log.cleaner.backoff.ms", pick(&["10", "100"])),
            ("log.cleaner.min.cleanable.ratio", pick(&["0.01", "0.3"])),
            ("log.initial.task.delay.ms", "0".to_owned()),
            ("auto.create.topics.enable", "false".to_owned()),
        ]
        .map(|(key, value)| (key.to_owned(), value))
        .into()
    }

    /// Creates what lasts, as far as it is not there.
    fn prepare(&mut self, phase: &Phase<'_>) -> io::Result<()> {
        let mut wire = Wire::connect(phase.port)?;
        for (name, shape) in &self.lasting {
            let is_there = phase.truth.living(name, |_| ()).is_some();
            if !is_there {
                create(&mut wire, phase, name, shape)?;
            }
        }
        for (name, _) in &self.lasting {
            let partitions = phase.truth.living(name, |topic| topic.partitions.clone());
            for (index, partition) in partitions.into_iter().flatten().enumerate() {
                for producer in &mut self.producers {
                    producer.add(name, index, Partition::clone(&partition));
                }
                let number = i32::try_from(index).map_err(io::Error::other)?;
                self.watched.push((name.clone(), number, partition));
            }
        }
        self.created = true;
        Ok(())
    }

    /// Uses the broker while `conduct` runs, which returns when it is gone, or shall have rest.
    pub fn use_it<T>(&mut self, port: u16, conduct: impl FnOnce(&Phase<'_>) -> T) -> T {
        let truth = Arc::clone(&self.truth);
        let phase = Phase::new(&truth, port, self.load.written_stays);
        // It may die before all is there: then the next phase goes on with it.
        if !self.created
            && let Err(error) = self.prepare(&phase)
        {
            phase.note_failure("preparing", &error);
        }
        let (producers, watched) = (&mut self.producers, &self.watched);
        let (administrator, created) = (&mut self.administrator, self.created);
        let administered = self.load.administered;
        std::thread::scope(|scope| {
            if created {
                for producer in producers {
                    scope.spawn(|| producer.run(&phase));
                }
                scope.spawn(|| watch(&phase, watched));
                if administered {
                    scope.spawn(|| administrator.run(&phase));
                }
            }
            let result = conduct(&phase);
            phase.over.store(true, Ordering::Release);
            result
        })
    }

    /// Starts the broker, which must come up, and checks everything.
    pub fn recover(&self, setup: &Setup) -> anyhow::Result<Broker> {
        let broker = setup.start_surely(None)?;
        self.survey(&broker)?;
        // What comes after a loss only repeats it.
        if self
            .truth
            .violations()
            .iter()
            .any(|what| what.contains("LOST"))
        {
            bail!("the seed ends here");
        }
        Ok(broker)
    }

    /// Reads everything back, and compares.
    pub fn survey(&self, broker: &Broker) -> anyhow::Result<u64> {
        survey(&self.truth, broker.port).context("the broker answers no questions")
    }
}

/// Decides the topics that last.
fn shapes(rng: &mut Rng, load: Load) -> Vec<(String, TopicShape)> {
    let mut shape = |kind: Kind, configs: &[(&str, &str)]| TopicShape {
        kind,
        partitions: 1 + usize::try_from(rng.below(3)).unwrap_or(0),
        value_bytes_max: rng.below(load.value_bytes_max),
        configs: configs
            .iter()
            .map(|(key, value)| ((*key).to_owned(), (*value).to_owned()))
            .collect(),
    };
    let retention = Kind::Retention { bytes: 400_000 };
    let all = [
        ("plain", shape(Kind::Plain, &[])),
        (GROWING, shape(Kind::Plain, &[("flush.messages", "1")])),
        (
            "retained",
            shape(retention, &[("retention.bytes", "400000")]),
        ),
        ("cut", shape(Kind::Deleting, &[])),
        (
            "compacted",
            shape(Kind::Compacted, &[("cleanup.policy", "compact")]),
        ),
    ];
    let all = all
        .into_iter()
        .map(|(name, shape)| (name.to_owned(), shape));
    all.collect()
}
