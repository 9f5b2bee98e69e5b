//! The rows of the table: what is measured, against what, and what ratio is the goal.

use std::fmt;
use std::path::PathBuf;
use std::process::{Command, Stdio};

use kt::record::Codec;

use crate::machine::{Broker, cpu_seconds, resident_mib};
use crate::{floor, lines, raw};

const MIB: usize = 1 << 20;
const PAGE_CACHE: &str = "log.flush.before.ack=false";

/// What a row aims at.
pub enum Goal {
    /// The ratio is at most this.
    RatioAtMost(f64),
    /// The ratio is at least this.
    RatioAtLeast(f64),
    /// The figure itself is at most this.
    AtMost(f64),
    /// Nothing; the figure is only told.
    Told,
}

impl Goal {
    pub fn is_reached(&self, ratio: f64, value: f64) -> bool {
        match self {
            Self::RatioAtMost(limit) => ratio <= *limit,
            Self::RatioAtLeast(limit) => ratio >= *limit,
            Self::AtMost(limit) => value <= *limit,
            Self::Told => true,
        }
    }
}

impl fmt::Display for Goal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::RatioAtMost(limit) => write!(f, "ratio ≤ {limit}"),
            Self::RatioAtLeast(limit) => write!(f, "ratio ≥ {limit}"),
            Self::AtMost(limit) => write!(f, "≤ {limit}"),
            Self::Told => write!(f, "-"),
        }
    }
}

/// What a row needs.
pub struct Bench {
    pub kt: PathBuf,
}

impl Bench {
    fn broker(&self, settings: &[&str]) -> Broker {
        let broker = Broker::start(&self.kt, settings);
        broker.kt(
            &self.kt,
            &["topics", "--create", "--topic", "t", "--partitions", "1"],
        );
        broker
    }
}

/// One row of the table.
pub struct Row {
    pub name: &'static str,
    pub unit: &'static str,
    pub goal: Goal,
    /// Measures kt and the reference once.
    pub measure: fn(&Bench) -> (f64, f64),
}

/// All rows, in the order of the table.
pub const ROWS: &[Row] = &[
    Row {
        name: "produce, 1 MB batches of 1000 B, page cache: broker CPU against recv + CRC + write",
        unit: "s/GB",
        goal: Goal::RatioAtMost(1.35),
        measure: |bench| produce(bench, PAGE_CACHE, 1000, Codec::None),
    },
    Row {
        name: "produce, 1 MB batches of 100 B, page cache: the same",
        unit: "s/GB",
        goal: Goal::Told,
        measure: |bench| produce(bench, PAGE_CACHE, 100, Codec::None),
    },
    Row {
        name: "produce, 1 MB zstd batches of 1000 B, page cache: the same",
        unit: "s/GB",
        goal: Goal::Told,
        measure: |bench| produce(bench, PAGE_CACHE, 1000, Codec::Zstd),
    },
    Row {
        name: "produce, one 100 B record a request: broker CPU against an echo server",
        unit: "us",
        goal: Goal::RatioAtMost(1.5),
        measure: small_requests,
    },
    Row {
        name: "fetch, raw drain: against page cache to loopback by read + write",
        unit: "GB/s",
        goal: Goal::RatioAtLeast(0.9),
        measure: fetch,
    },
    Row {
        name: "console-producer, 10 M lines of 100 B: lines/s against kcat -P",
        unit: "M/s",
        goal: Goal::RatioAtLeast(6.0),
        measure: console_producer,
    },
    Row {
        name: "console-consumer, 10 M lines of 100 B: lines/s against kcat -C",
        unit: "M/s",
        goal: Goal::RatioAtLeast(10.0),
        measure: console_consumer,
    },
    Row {
        name: "resident memory after 1 GB in and out, against idle",
        unit: "MiB",
        goal: Goal::AtMost(32.0),
        measure: memory,
    },
    Row {
        name: "durable, acks=all, alone: median against fdatasync",
        unit: "us",
        goal: Goal::RatioAtMost(1.8),
        measure: lone_durable,
    },
    Row {
        name: "durable, acks=all, 32 connections: acks in the time of one fdatasync",
        unit: "acks",
        goal: Goal::RatioAtLeast(8.0),
        measure: many_durable,
    },
    Row {
        name: "durable, 1 MB batches of 1000 B: broker CPU against recv + CRC + write",
        unit: "s/GB",
        goal: Goal::Told,
        measure: |bench| produce(bench, "log.flush.before.ack=true", 1000, Codec::None),
    },
    Row {
        name: "one-shot console-producer of one line: wall against kcat",
        unit: "ms",
        goal: Goal::RatioAtMost(0.5),
        measure: one_shot,
    },
    Row {
        name: "broker start to first accepted connection, fresh directory, against its fdatasyncs",
        unit: "ms",
        goal: Goal::Told,
        measure: start,
    },
    Row {
        name: "resident memory, idle",
        unit: "MiB",
        goal: Goal::AtMost(10.0),
        measure: idle_memory,
    },
];

fn gigabytes(bytes: usize) -> f64 {
    f64::from(u32::try_from(bytes / 1000).expect("below 4 TB")) / 1e6
}

fn produce(bench: &Bench, mode: &str, record_bytes: usize, codec: Codec) -> (f64, f64) {
    let broker = bench.broker(&[mode]);
    let batch = raw::batch(record_bytes, 1_000_000, codec);
    let frame = raw::produce_frame("t", 0, 1, batch.clone());
    let mut stream = raw::connect(broker.port);
    raw::pump(&mut stream, &frame, 8, 5);
    let count = (1 << 30) / frame.len();
    let before = cpu_seconds(broker.pid());
    raw::pump(&mut stream, &frame, count.min(4096), 5);
    let used = cpu_seconds(broker.pid()) - before;
    let ours = used / gigabytes(count.min(4096) * frame.len());
    let total = 1 << 30;
    let floor = floor::receive_check_write(broker.directory(), total, MIB) / gigabytes(total);
    (ours, floor)
}

fn small_requests(bench: &Bench) -> (f64, f64) {
    const COUNT: u32 = 200_000;
    let broker = bench.broker(&[PAGE_CACHE]);
    let frame = raw::produce_frame("t", 0, 1, raw::batch(100, 200, Codec::None));
    let count = usize::try_from(COUNT).expect("a count");
    let mut stream = raw::connect(broker.port);
    raw::pump(&mut stream, &frame, 1000, 5);
    let before = cpu_seconds(broker.pid());
    raw::pump(&mut stream, &frame, count, 5);
    let ours = (cpu_seconds(broker.pid()) - before) / f64::from(COUNT) * 1e6;
    let (seconds, _) = floor::echo(count, frame.len(), 60, 5);
    (ours, seconds / f64::from(COUNT) * 1e6)
}

fn fetch(bench: &Bench) -> (f64, f64) {
    let broker = bench.broker(&[PAGE_CACHE]);
    let frame = raw::produce_frame("t", 0, 1, raw::batch(1000, 1_000_000, Codec::None));
    let mut stream = raw::connect(broker.port);
    let count = (1 << 30) / frame.len();
    raw::pump(&mut stream, &frame, count, 5);
    let bytes = (count - 1) * (frame.len() - 100);
    let begin = std::time::Instant::now();
    let total = raw::drain_topic(&mut stream, "t", bytes, 8 << 20);
    let ours = gigabytes(total) / begin.elapsed().as_secs_f64();
    let log = broker.directory().join("data/t-0/00000000000000000000.log");
    (ours, floor::cache_to_loopback(&log, MIB) / 1e9)
}

const LINES: u32 = 10_000_000;

fn console_producer(bench: &Bench) -> (f64, f64) {
    let broker = bench.broker(&[PAGE_CACHE]);
    let file = lines::line_file(broker.directory(), LINES);
    broker.kt(
        &bench.kt,
        &["topics", "--create", "--topic", "u", "--partitions", "1"],
    );
    let kt = lines::kt_produce(&bench.kt, &broker, "t", &file);
    let kcat = lines::kcat_produce(&broker, "u", &file);
    let rate = |wall: &std::time::Duration| f64::from(LINES) / wall.as_secs_f64() / 1e6;
    (rate(&kt), rate(&kcat))
}

fn console_consumer(bench: &Bench) -> (f64, f64) {
    let broker = bench.broker(&[PAGE_CACHE]);
    let file = lines::line_file(broker.directory(), LINES);
    lines::kt_produce(&bench.kt, &broker, "t", &file);
    let kt = lines::kt_consume(&bench.kt, &broker, "t", LINES);
    let kcat = lines::kcat_consume(&broker, "t");
    let rate = |wall: &std::time::Duration| f64::from(LINES) / wall.as_secs_f64() / 1e6;
    (rate(&kt), rate(&kcat))
}

fn memory(bench: &Bench) -> (f64, f64) {
    let broker = bench.broker(&[PAGE_CACHE]);
    let idle = resident_mib(broker.pid());
    let frame = raw::produce_frame("t", 0, 1, raw::batch(1000, 1_000_000, Codec::None));
    let mut stream = raw::connect(broker.port);
    let count = (1 << 30) / frame.len();
    raw::pump(&mut stream, &frame, count, 5);
    raw::drain_topic(&mut stream, "t", (count - 1) * (frame.len() - 100), 1 << 20);
    (resident_mib(broker.pid()), idle)
}

fn idle_memory(bench: &Bench) -> (f64, f64) {
    let broker = Broker::start(&bench.kt, &[]);
    std::thread::sleep(std::time::Duration::from_millis(300));
    (resident_mib(broker.pid()), 1.0)
}

fn lone_durable(bench: &Bench) -> (f64, f64) {
    let broker = bench.broker(&[]);
    let frame = raw::produce_frame("t", 0, -1, raw::batch(100, 200, Codec::None));
    let mut stream = raw::connect(broker.port);
    raw::pump(&mut stream, &frame, 50, 1);
    let mut times = raw::pump(&mut stream, &frame, 1000, 1);
    times.sort();
    let median = times.get(times.len() / 2).copied().unwrap_or_default();
    let disk = floor::fdatasync(broker.directory(), frame.len(), 1000);
    (median.as_secs_f64() * 1e6, disk.as_secs_f64() * 1e6)
}

fn many_durable(bench: &Bench) -> (f64, f64) {
    const CONNECTIONS: u32 = 32;
    const EACH: u32 = 500;
    let broker = bench.broker(&[]);
    let frame = raw::produce_frame("t", 0, -1, raw::batch(100, 200, Codec::None));
    let disk = floor::fdatasync(broker.directory(), frame.len(), 500);
    let begin = std::time::Instant::now();
    std::thread::scope(|scope| {
        for _ in 0..CONNECTIONS {
            scope.spawn(|| {
                let mut stream = raw::connect(broker.port);
                raw::pump(
                    &mut stream,
                    &frame,
                    usize::try_from(EACH).expect("a count"),
                    5,
                );
            });
        }
    });
    let seconds = begin.elapsed().as_secs_f64();
    (
        f64::from(CONNECTIONS * EACH) / seconds * disk.as_secs_f64(),
        1.0,
    )
}

fn one_shot(bench: &Bench) -> (f64, f64) {
    let broker = bench.broker(&[PAGE_CACHE]);
    let time = |command: &mut Command| {
        let begin = std::time::Instant::now();
        let mut child = command
            .stdin(Stdio::piped())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .expect("it starts");
        let mut stdin = child.stdin.take().expect("it was piped");
        std::io::Write::write_all(&mut stdin, b"one line\n").expect("it reads");
        drop(stdin);
        assert!(child.wait().expect("it ends").success(), "{command:?}");
        begin.elapsed().as_secs_f64() * 1e3
    };
    let kt = time(Command::new(&bench.kt).args([
        "console-producer",
        "--topic",
        "t",
        "--bootstrap-server",
        &broker.address(),
    ]));
    let kcat = time(Command::new("kcat").args(["-P", "-t", "t", "-b", &broker.address()]));
    (kt, kcat)
}

fn start(bench: &Bench) -> (f64, f64) {
    let broker = Broker::start(&bench.kt, &[]);
    // The files and directories of a fresh directory that must be durable before the first answer.
    const SYNCS: u32 = 8;
    let disk = floor::fdatasync(broker.directory(), 500, 100) * SYNCS;
    (
        broker.started_in.as_secs_f64() * 1e3,
        disk.as_secs_f64() * 1e3,
    )
}
