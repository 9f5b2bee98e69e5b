//! Damage of every kind, planted in a directory that has none.

use std::path::Path;

use super::sample::{Quiet, SECOND, Sample};
use super::{Expected, Guide, MetadataPlace, Severity, verify_log_dirs};
use crate::fs::{Fs, RealFs};
use crate::storage::delete_dir_name;
use crate::types::{Offset, TopicPartition, Uuid};

#[test]
fn a_sound_directory_has_no_damage_and_is_counted() {
    let report = Sample::new().verify();
    assert_eq!(report.findings, [], "{report:?}");
    let totals = report.totals;
    let found = (totals.partitions, totals.segments, totals.batches);
    assert_eq!((found, totals.records), ((2, 6, 16), 22));
}

#[test]
fn a_flip_of_any_bit_of_a_batch_is_seen() {
    let sample = Sample::new();
    let name = format!("a-0/{SECOND}.log");
    let whole = sample.read(&name);
    for position in 0..whole.len() {
        for bit in 0..8 {
            let mut content = whole.clone();
            content[position] ^= 1 << bit;
            sample.write(&name, &content);
            let report = sample.verify();
            assert!(report.damaged() > 0, "position {position} bit {bit}");
        }
    }
}

#[test]
fn a_bad_batch_is_told_with_position_and_offset_and_those_behind_are_read() {
    let sample = Sample::new();
    let name = format!("a-0/{SECOND}.log");
    sample.change(&name, |content| content[70] ^= 1);
    let damage = sample.verify();
    let first = damage.findings.first().unwrap();
    assert_eq!((first.position, first.offset), (Some(0), Some(Offset(4))));
    assert!(first.what.contains("the CRC is wrong"), "{}", first.what);
    assert_eq!(damage.totals.batches, 15);
}

#[test]
fn every_cut_of_a_log_is_seen_but_those_between_batches_at_its_end() {
    let sample = Sample::new();
    for base in ["00000000000000000000", SECOND] {
        let name = format!("a-0/{base}.log");
        let whole = sample.read(&name);
        for length in 0..whole.len() {
            sample.write(&name, whole.get(..length).unwrap());
            assert!(sample.verify().damaged() > 0, "{name} {length}");
        }
        sample.write(&name, &whole);
    }
    assert_eq!(sample.verify().damaged(), 0);
}

#[test]
fn the_end_of_a_log_is_held_against_the_checkpoints() {
    let sample = Sample::new();
    let active = "a-0/00000000000000000009.log";
    let whole = sample.read(active);
    // One batch is gone, at a border, with its index entries: only the checkpoints know of it.
    let half = whole.len() / 2;
    sample.write(active, whole.get(..half).unwrap());
    for suffix in ["index", "timeindex"] {
        sample.write(&format!("a-0/00000000000000000009.{suffix}"), b"");
    }
    let report = sample.verify();
    let names: Vec<_> = report
        .findings
        .iter()
        .filter(|finding| finding.severity == Severity::Damage)
        .map(|finding| finding.path.file_name().unwrap().to_str().unwrap())
        .collect();
    let expected = [
        "recovery-point-offset-checkpoint",
        "replication-offset-checkpoint",
    ];
    assert_eq!(names, expected, "{report:?}");
}

#[test]
fn files_of_another_partition_are_seen() {
    for file in [
        "00000000000000000000.log",
        "00000000000000000004.snapshot",
        "00000000000000000004.txnindex",
        "partition.metadata",
    ] {
        let sample = Sample::new();
        let (a, b) = (format!("a-0/{file}"), format!("b-0/{file}"));
        let (ours, theirs) = (sample.read(&a), sample.read(&b));
        sample.write(&a, &theirs);
        sample.write(&b, &ours);
        assert!(sample.verify().damaged() >= 2, "{file}");
    }
}

#[test]
fn files_of_another_segment_are_seen() {
    for suffix in ["log", "index", "timeindex"] {
        let sample = Sample::new();
        let (a, b) = (
            format!("a-0/00000000000000000000.{suffix}"),
            format!("a-0/{SECOND}.{suffix}"),
        );
        let (first, second) = (sample.read(&a), sample.read(&b));
        sample.write(&a, &second);
        sample.write(&b, &first);
        assert!(sample.verify().damaged() >= 2, "{suffix}");
    }
}

#[test]
fn every_flip_and_cut_of_an_index_is_seen() {
    let sample = Sample::new();
    for suffix in ["index", "timeindex", "txnindex", "snapshot"] {
        let name = format!("a-0/{SECOND}.{suffix}");
        let whole = sample.read(&name);
        assert!(!whole.is_empty(), "{name}");
        for position in 0..whole.len() {
            let mut content = whole.clone();
            content[position] ^= 0x10;
            sample.write(&name, &content);
            // The last stable offset may be any below the marker's.
            let is_free = suffix == "txnindex" && position >= 26;
            if !is_free {
                sample.damage_of(&name);
            }
            let is_entry = ["index", "timeindex"].contains(&suffix)
                && position % if suffix == "index" { 8 } else { 12 } == 0;
            if !is_entry {
                sample.write(&name, whole.get(..position).unwrap());
                sample.damage_of(&name);
            }
        }
        sample.write(&name, &whole);
    }
}

#[test]
fn space_that_kafka_makes_ahead_in_an_index_is_none() {
    let sample = Sample::new();
    for suffix in ["index", "timeindex"] {
        let name = format!("a-0/00000000000000000009.{suffix}");
        sample.change(&name, |content| content.resize(9600, 0));
    }
    assert_eq!(sample.verify().damaged(), 0);
}

#[test]
fn broken_small_files_are_told() {
    for (name, content) in [
        ("meta.properties", "version=1\nnode.id=x\ncluster.id=c\n"),
        ("recovery-point-offset-checkpoint", "0\n2\na 0 3\n"),
        ("recovery-point-offset-checkpoint", "0\n1\na 0 999\n"),
        ("replication-offset-checkpoint", "0\n1\na 0 999\n"),
        ("log-start-offset-checkpoint", "0\n1\na 0 -4\n"),
        ("a-0/leader-epoch-checkpoint", "0\n1\n0 0 0\n"),
        ("a-0/leader-epoch-checkpoint", "0\n2\n0 0\n1 6\n"),
        ("a-0/leader-epoch-checkpoint", "0\n2\n0 0\n1 8\n"),
        ("a-0/leader-epoch-checkpoint", "0\n2\n0 0\n2 7\n"),
        ("a-0/partition.metadata", "version: 0\ntopic_id: x"),
    ] {
        let sample = Sample::new();
        sample.write(name, content.as_bytes());
        sample.damage_of(name);
    }
    let sample = Sample::new();
    RealFs.remove_file(&sample.path("meta.properties")).unwrap();
    sample.damage_of("meta.properties");
    RealFs.create_dir_all(&sample.path("lost+found")).unwrap();
    assert_eq!(sample.verify().damaged(), 2);
}

#[test]
fn gaps_are_damage_unless_compaction_left_them() {
    let sample = Sample::new();
    for suffix in ["log", "index", "timeindex", "txnindex", "snapshot"] {
        let path = sample.path(&format!("a-0/{SECOND}.{suffix}"));
        RealFs.remove_file(&path).unwrap();
    }
    let damage = sample.verify();
    assert!(damage.damaged() > 0);
    let mut compacted = Quiet {
        is_compacted: true,
        ..Quiet::default()
    };
    let report = sample.verify_with(&mut compacted);
    assert_eq!(report.damaged(), 0, "{report:?}");
    assert_eq!(report.findings.len(), 1);
}

#[test]
fn a_torn_tail_of_a_running_broker_is_read_again_before_it_is_told() {
    let sample = Sample::new();
    let lock = RealFs.try_lock(&sample.path(".lock")).unwrap();
    assert!(lock.is_some());
    let name = "a-0/00000000000000000009.log";
    let whole = sample.read(name);
    sample.write(name, whole.get(..whole.len() - 3).unwrap());
    for file in [
        "recovery-point-offset-checkpoint",
        "replication-offset-checkpoint",
    ] {
        sample.write(file, b"");
    }
    let mut guide = Quiet::default();
    assert!(sample.verify_with(&mut guide).damaged() > 0);
    assert!(guide.reads_again > 20);
    // A tail that has been written by then is none.
    struct Writer<'a>(Quiet, &'a Path, Vec<u8>);
    impl Guide for Writer<'_> {
        fn read_bytes(&mut self, _: u64) {}
        fn pause(&mut self) {
            let file = RealFs.open(self.1, crate::fs::OpenMode::ReadWrite).unwrap();
            let mut slices = [std::io::IoSlice::new(&self.2)];
            file.write_all_at(&mut slices, 0).unwrap();
        }
        fn begin_metadata(&mut self) {}
        fn metadata_record(&mut self, _: MetadataPlace, _: Offset, _: &[u8]) -> Result<(), String> {
            Ok(())
        }
        fn expected(&self, partition: &TopicPartition) -> Expected {
            self.0.expected(partition)
        }
        fn wants(&self, _: &str) -> bool {
            true
        }
    }
    let path = sample.path(name);
    let mut guide = Writer(Quiet::default(), &path, whole);
    let dirs = [sample.folder.path().to_path_buf()];
    let report = verify_log_dirs(&RealFs, &dirs, &mut guide);
    assert_eq!(report.damaged(), 0, "{report:?}");
}

#[test]
fn a_directory_that_is_being_deleted_is_passed_over() {
    let sample = Sample::new();
    let partition = TopicPartition::new("a", 0);
    let name = delete_dir_name(&partition, Uuid(3));
    RealFs
        .rename(&sample.path("a-0"), &sample.path(&name))
        .unwrap();
    let report = sample.verify();
    assert_eq!((report.damaged(), report.totals.partitions), (0, 1));
}
