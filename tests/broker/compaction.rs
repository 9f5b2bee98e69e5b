//! Compaction: of each key the last record stays, at its offset, while the broker goes on.

use std::fs;
use std::io::{Seek as _, SeekFrom, Write as _};
use std::sync::Arc;

use bytes::Bytes;
use kt::clock::SystemClock;
use kt::fs::{Fs, SimFs};
use kt::protocol::messages::DeleteTopicsRequest;
use kt::record::{Append, BatchBuilder, Batches, Codec, Producer, Seal};

use crate::alter_configs::set;
use crate::describe_configs::{BROKER, TOPIC};
use crate::fetch::fetch_bytes;
use crate::harness::{TestBroker, code, topic, until};
use crate::list_offsets::{EARLIEST, LATEST, offset_of};

type Pair<'a> = (&'a str, Option<&'a str>);

/// Each batch has a segment of its own.
const COMPACT: [(&str, &str); 3] = [
    ("cleanup.policy", "compact"),
    ("internal.segment.bytes", "130"),
    ("min.cleanable.dirty.ratio", "0"),
];

fn broker(settings: &[(&str, &str)]) -> TestBroker {
    let mut all = vec![("log.cleaner.backoff.ms", "20")];
    all.extend(settings);
    TestBroker::start_with(&all)
}

/// Returns the settings with some changed or added.
fn with<'a>(others: &[(&'a str, &'a str)]) -> Vec<(&'a str, &'a str)> {
    let is_kept = |(key, _): &&(&str, &str)| !others.iter().any(|(other, _)| other == key);
    COMPACT
        .iter()
        .filter(is_kept)
        .chain(others)
        .copied()
        .collect()
}

fn batch(records: &[Pair<'_>], seal: &Seal) -> Bytes {
    let now_ms = SystemClock::shared().now_ms();
    let mut builder = BatchBuilder::new(1 << 20);
    for (key, value) in records {
        let value = value.map(str::as_bytes);
        let appended = builder.append(Some(key.as_bytes()), value, &[], now_ms);
        assert_eq!(appended, Append::Fits);
    }
    builder.seal(seal).unwrap();
    builder.into_bytes().into()
}

#[track_caller]
fn put(broker: &TestBroker, name: &str, records: &[Pair<'_>]) -> i64 {
    let answer = broker.produce(9, (name, 0), batch(records, &Seal::default()));
    assert_eq!(answer.error_code, 0);
    answer.base_offset
}

/// Fills a few segments, of which the last, active one holds a key of its own.
fn put_some(broker: &TestBroker, name: &str) {
    for value in ["1", "2", "3"] {
        put(broker, name, &[("a", Some(value)), ("b", Some(value))]);
    }
    put(broker, name, &[("c", Some("1")), ("c", Some("2"))]);
}

/// Returns offset, key and value of each record.
fn records(broker: &TestBroker, name: &str) -> Vec<(i64, String, Option<String>)> {
    let text = |bytes: &[u8]| String::from_utf8(bytes.to_vec()).unwrap();
    let mut found = Vec::new();
    let mut next = offset_of(broker, (name, 0), EARLIEST);
    let end = offset_of(broker, (name, 0), LATEST);
    while next < end {
        for batch in Batches::new(&fetch_bytes(broker, name, next)) {
            let batch = batch.unwrap();
            let base = batch.header().base_offset.0;
            let body = batch.decompressed_body(1 << 20).unwrap();
            found.extend(batch.records(&body).map(|record| {
                let record = record.unwrap();
                let offset = base + i64::from(record.offset_delta);
                (offset, text(record.key.unwrap()), record.value.map(text))
            }));
            next = batch.header().next_offset().0;
        }
    }
    found
}

fn offsets(broker: &TestBroker, name: &str) -> Vec<i64> {
    let records = records(broker, name).into_iter();
    records.map(|(offset, _, _)| offset).collect()
}

/// What is left of [`put_some`].
const LEFT: [i64; 4] = [4, 5, 6, 7];
const ALL: [i64; 8] = [0, 1, 2, 3, 4, 5, 6, 7];

#[test]
fn the_last_record_of_each_key_stays_and_is_there_after_a_restart() {
    let mut broker = broker(&[]);
    broker.create_topic("t", 1, &with(&[("file.delete.delay.ms", "0")]));
    put_some(&broker, "t");
    until(|| offsets(&broker, "t") == LEFT);
    let path = broker.partition_dir("t", 0);
    let checkpoint = path.with_file_name("cleaner-offset-checkpoint");
    until(|| fs::read_to_string(&checkpoint).is_ok_and(|text| text == "0\n1\nt 0 6\n"));
    until(|| {
        let names = fs::read_dir(&path).unwrap();
        let mut names = names.map(|entry| entry.unwrap().file_name().into_string().unwrap());
        let known = [
            ".log",
            ".index",
            ".timeindex",
            ".snapshot",
            "checkpoint",
            "metadata",
        ];
        names.all(|name| known.iter().any(|known| name.ends_with(known)))
    });
    assert_eq!(offset_of(&broker, ("t", 0), EARLIEST), 0);
    let before = records(&broker, "t");
    broker.restart();
    assert_eq!(records(&broker, "t"), before);
    assert_eq!(put(&broker, "t", &[("a", Some("4"))]), 8);
}

#[test]
fn every_codec_and_the_other_records_of_a_batch_stay_as_they_were() {
    let broker = broker(&[]);
    let codecs = Codec::ALL;
    for codec in codecs {
        broker.create_topic(codec.name(), 1, &COMPACT);
        let seal = Seal {
            codec,
            ..Seal::default()
        };
        let first = [("a", Some("1")), ("b", Some("1"))];
        let answer = broker.produce(9, (codec.name(), 0), batch(&first, &seal));
        assert_eq!(answer.error_code, 0);
        put(&broker, codec.name(), &[("a", Some("2")), ("c", Some("2"))]);
        put(&broker, codec.name(), &[("d", Some("3"))]);
        until(|| offsets(&broker, codec.name()) == [1, 2, 3, 4]);
        let bytes = fetch_bytes(&broker, codec.name(), 0);
        let header = *Batches::new(&bytes).next().unwrap().unwrap().header();
        assert_eq!(header.attributes.codec(), Some(codec));
        assert_eq!((header.record_count, header.last_offset_delta), (1, 1));
    }
}

#[test]
fn tombstones_go_once_delete_retention_ms_has_passed() {
    let broker = broker(&[("log.cleaner.delete.retention.ms", "0")]);
    broker.create_topic("kept", 1, &with(&[("delete.retention.ms", "3600000")]));
    broker.create_topic("gone", 1, &COMPACT);
    for name in ["kept", "gone"] {
        put(&broker, name, &[("a", Some("1")), ("b", Some("1"))]);
        put(&broker, name, &[("a", None)]);
        put(&broker, name, &[("c", Some("3")), ("d", Some("3"))]);
        put(&broker, name, &[("e", Some("4"))]);
        until(|| offsets(&broker, name) == [1, 2, 3, 4, 5]);
        // The horizon is set by one cleaning; another finds it passed.
        put(&broker, name, &[("f", Some("5")), ("g", Some("5"))]);
        put(&broker, name, &[("h", Some("6"))]);
    }
    until(|| offsets(&broker, "gone") == [1, 3, 4, 5, 6, 7, 8]);
    assert_eq!(offsets(&broker, "kept"), [1, 2, 3, 4, 5, 6, 7, 8]);
}

#[test]
fn what_is_clean_enough_or_too_young_waits_and_settings_may_change() {
    let broker = broker(&[("log.cleaner.min.cleanable.ratio", "1")]);
    let cases = [
        ("ratio", with(&[("min.cleanable.dirty.ratio", "1")])),
        ("lag", with(&[("min.compaction.lag.ms", "3600000")])),
        ("inherited", COMPACT[..2].to_vec()),
        ("probe", COMPACT.to_vec()),
    ];
    for (name, settings) in &cases {
        broker.create_topic(name, 1, settings);
        put_some(&broker, name);
    }
    until(|| offsets(&broker, "probe") == LEFT);
    put(&broker, "probe", &[("c", Some("5")), ("c", Some("6"))]);
    put(&broker, "probe", &[("d", Some("7"))]);
    until(|| offsets(&broker, "probe") == [4, 5, 9, 10]);
    for name in ["ratio", "lag", "inherited"] {
        assert_eq!(offsets(&broker, name), ALL, "{name}");
    }
    set(&broker, (TOPIC, "lag"), "min.compaction.lag.ms", "0");
    until(|| offsets(&broker, "lag") == LEFT);
    set(&broker, (TOPIC, "ratio"), "max.compaction.lag.ms", "1");
    until(|| offsets(&broker, "ratio") == LEFT);
    set(
        &broker,
        (BROKER, ""),
        "log.cleaner.min.cleanable.ratio",
        "0.5",
    );
    until(|| offsets(&broker, "inherited") == LEFT);
}

#[test]
fn the_brokers_lag_is_that_of_topics_without_their_own() {
    let key = "log.cleaner.min.compaction.lag.ms";
    let broker = broker(&[(key, "3600000")]);
    broker.create_topic("inherited", 1, &COMPACT);
    broker.create_topic("own", 1, &with(&[("min.compaction.lag.ms", "0")]));
    put_some(&broker, "inherited");
    put_some(&broker, "own");
    until(|| offsets(&broker, "own") == LEFT);
    assert_eq!(offsets(&broker, "inherited"), ALL);
    set(&broker, (BROKER, ""), key, "0");
    until(|| offsets(&broker, "inherited") == LEFT);
}

#[test]
fn the_map_holds_as_many_keys_as_its_buffer_and_load_factor_allow() {
    // Slots of 24 bytes: a mebibyte has 43,690, of which a thousandth are 43. What one cleaning
    // has left is not dirty enough for another.
    for (buffer, load_factor, cleaned) in [
        ("1048576", "0.001", 43),
        ("2097152", "0.001", 50),
        ("1048576", "0.9", 50),
    ] {
        let mut broker = broker(&[
            ("log.cleaner.enable", "false"),
            ("log.cleaner.dedupe.buffer.size", buffer),
            ("log.cleaner.io.buffer.load.factor", load_factor),
        ]);
        broker.create_topic("t", 1, &with(&[("min.cleanable.dirty.ratio", "0.6")]));
        for number in 0..50 {
            let key = format!("{number:02}");
            put(&broker, "t", &[(&key, Some("1")), (&key, Some("2"))]);
        }
        put(&broker, "t", &[("z", Some("1"))]);
        broker.set("log.cleaner.enable", "true");
        broker.restart();
        let path = broker.partition_dir("t", 0);
        let path = path.with_file_name("cleaner-offset-checkpoint");
        let expected = format!("0\n1\nt 0 {}\n", 2 * cleaned);
        until(|| fs::read_to_string(&path).is_ok_and(|text| text == expected));
        let left = (0..101).filter(|offset| offset % 2 == 1 || *offset >= 2 * cleaned);
        assert_eq!(offsets(&broker, "t"), left.collect::<Vec<_>>());
    }
}

#[test]
fn a_cleaning_writes_as_much_at_once_as_half_its_buffer() {
    const BATCHES: i64 = 200;
    let calls = |buffer: &str| {
        let sim = SimFs::default();
        let settings = [
            ("log.cleaner.enable", "false"),
            ("log.cleaner.io.buffer.size", buffer),
        ];
        let mut broker = TestBroker::start_on(Arc::new(sim.clone()), "", &settings);
        broker.create_topic("t", 1, &with(&[("internal.segment.bytes", "1000000")]));
        for number in 0..BATCHES {
            put(&broker, "t", &[(&number.to_string(), Some("1"))]);
        }
        set(&broker, (TOPIC, "t"), "internal.segment.bytes", "130");
        put(&broker, "t", &[("z", Some("1"))]);
        broker.set("log.cleaner.enable", "true");
        let before = sim.calls();
        broker.restart();
        let path = broker.log_dir("data").join("cleaner-offset-checkpoint");
        let done = format!("0\n1\nt 0 {BATCHES}\n").into_bytes();
        until(|| sim.read(&path, 100).is_ok_and(|text| text == done));
        sim.calls() - before
    };
    let (small, large) = (calls("1"), calls("524288"));
    assert!(small > large + 150, "{small} and {large} calls");
}

#[test]
fn without_the_cleaner_nothing_is_compacted_and_retention_goes_on() {
    let settings = [
        ("log.cleaner.enable", "false"),
        ("log.retention.check.interval.ms", "20"),
    ];
    let broker = broker(&settings);
    broker.create_topic("t", 1, &COMPACT);
    let policy = ("cleanup.policy", "compact,delete");
    broker.create_topic("both", 1, &with(&[policy, ("retention.bytes", "0")]));
    put_some(&broker, "t");
    put_some(&broker, "both");
    until(|| offset_of(&broker, ("both", 0), EARLIEST) == 8);
    assert_eq!(offsets(&broker, "t"), ALL);
}

#[test]
fn compact_and_delete_is_both() {
    let broker = broker(&[]);
    let policy = ("cleanup.policy", "compact,delete");
    broker.create_topic("t", 1, &with(&[policy]));
    put_some(&broker, "t");
    until(|| offsets(&broker, "t") == LEFT);
    set(&broker, (TOPIC, "t"), "retention.bytes", "70");
    until(|| offset_of(&broker, ("t", 0), EARLIEST) == 6);
    assert_eq!(offsets(&broker, "t"), [6, 7]);
}

#[test]
fn a_damaged_log_is_left_alone_and_others_go_on() {
    let mut broker = broker(&[("log.cleaner.enable", "false")]);
    for name in ["bad", "good"] {
        broker.create_topic(name, 1, &COMPACT);
        put_some(&broker, name);
    }
    let path = broker
        .partition_dir("bad", 0)
        .join(format!("{:020}.log", 2));
    let mut file = fs::OpenOptions::new().write(true).open(&path).unwrap();
    file.seek(SeekFrom::Start(70)).unwrap();
    file.write_all(b"rot").unwrap();
    broker.set("log.cleaner.enable", "true");
    broker.restart();
    until(|| offsets(&broker, "good") == LEFT);
    put(&broker, "good", &[("c", Some("5")), ("c", Some("6"))]);
    put(&broker, "good", &[("d", Some("7"))]);
    until(|| offsets(&broker, "good") == [4, 5, 9, 10]);
    assert!(path.exists());
    assert_eq!(put(&broker, "bad", &[("a", Some("9"))]), 8);
}

#[test]
fn a_slow_cleaning_ends_with_its_topic_and_with_the_broker() {
    let mut broker = broker(&[("log.cleaner.io.max.bytes.per.second", "1")]);
    broker.create_topic("t", 1, &COMPACT);
    put_some(&broker, "t");
    let request = DeleteTopicsRequest::default()
        .with_timeout_ms(20_000)
        .with_topic_names(vec![topic("t")]);
    assert_eq!(broker.call(5, &request).responses[0].error_code, 0);
    broker.create_topic("t", 1, &COMPACT);
    put_some(&broker, "t");
    assert_eq!(offsets(&broker, "t"), ALL, "at a byte a second");
    broker.set("log.cleaner.io.max.bytes.per.second", "1e9");
    broker.restart();
    until(|| offsets(&broker, "t") == LEFT);
}

#[test]
fn sequences_survive_compaction_and_a_restart() {
    let mut broker = broker(&[]);
    broker.create_topic("t", 1, &COMPACT);
    let send = |broker: &TestBroker, base_sequence: i32| {
        let producer = Producer {
            id: 7,
            epoch: 0,
            base_sequence,
        };
        let seal = Seal {
            producer,
            ..Seal::default()
        };
        let records = [("a", Some("1")), ("b", Some("1"))];
        broker.produce(9, ("t", 0), batch(&records, &seal))
    };
    assert_eq!(send(&broker, 0).base_offset, 0);
    put_some(&broker, "t");
    until(|| offsets(&broker, "t") == [6, 7, 8, 9]);
    broker.restart();
    assert_eq!(
        code(send(&broker, 4).error_code),
        "OUT_OF_ORDER_SEQUENCE_NUMBER"
    );
    let again = send(&broker, 0);
    assert_eq!(
        (again.error_code, again.base_offset),
        (0, 0),
        "known as sent"
    );
    assert_eq!(send(&broker, 2).base_offset, 10);
}
