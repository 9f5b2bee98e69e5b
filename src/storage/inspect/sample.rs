//! A sound directory to plant damage in, and a guide that knows its topics.

use std::path::PathBuf;
use std::sync::Arc;

use super::{Expected, Finding, Guide, MetadataPlace, Report, Severity, verify_log_dirs};
use crate::fs::{Fs, RealFs};
use crate::record::{
    Append, Attributes, BatchBuilder, Codec, EndMarker, Producer, Seal, ValidatedBatch,
    end_marker_batch,
};
use crate::storage::{Log, LogConfig, LogManager, MetaProperties, PartitionCheckpoint};
use crate::types::{BrokerId, LeaderEpoch, Offset, TopicPartition, Uuid};

const NOW: i64 = 1_700_000_000_000;

/// A guide that knows two topics and no metadata.
#[derive(Debug, Default)]
pub(super) struct Quiet {
    pub(super) is_compacted: bool,
    pub(super) reads_again: u32,
}

impl Guide for Quiet {
    fn read_bytes(&mut self, _: u64) {}
    fn pause(&mut self) {
        self.reads_again += 1;
    }
    fn begin_metadata(&mut self) {}
    fn metadata_record(&mut self, _: MetadataPlace, _: Offset, _: &[u8]) -> Result<(), String> {
        Ok(())
    }
    fn expected(&self, partition: &TopicPartition) -> Expected {
        Expected {
            topic_id: Some(id_of(&partition.topic)),
            leader_epoch: Some(LeaderEpoch(1)),
            is_compacted: Some(self.is_compacted),
        }
    }
    fn wants(&self, _: &str) -> bool {
        true
    }
}

fn id_of(topic: &str) -> Uuid {
    Uuid(topic.bytes().next().map_or(1, u128::from))
}

/// A directory with the topics `a` and `b`, a partition each, three segments and more a log.
pub(super) struct Sample {
    pub(super) folder: tempfile::TempDir,
}

pub(super) const SECOND: &str = "00000000000000000004";

impl Sample {
    pub(super) fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let fs: Arc<dyn Fs> = Arc::new(RealFs);
        let dir = folder.path().to_path_buf();
        let mut manager = LogManager::open(fs, std::slice::from_ref(&dir)).unwrap();
        let meta = MetaProperties {
            cluster_id: "c".to_owned(),
            node_id: BrokerId(1),
            directory_id: Some(Uuid(5)),
        };
        manager.write_meta(&dir, &meta).unwrap();
        let mut checkpoints = Vec::new();
        for (topic, producer) in [("a", 7), ("b", 8)] {
            let partition = TopicPartition::new(topic, 0);
            let config = LogConfig {
                index_interval_bytes: 1,
                ..LogConfig::default()
            };
            let id = id_of(topic);
            let mut log = manager.create(&dir, &partition, id, config, NOW).unwrap();
            fill(&mut log, producer);
            log.close().unwrap();
            checkpoints.push(PartitionCheckpoint {
                partition,
                recovery_point: log.end_offset(),
                log_start: Offset(1),
                high_watermark: log.end_offset(),
            });
        }
        manager.write_checkpoints(&dir, &checkpoints).unwrap();
        Self { folder }
    }

    pub(super) fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    pub(super) fn read(&self, name: &str) -> Vec<u8> {
        RealFs.read(&self.path(name), 1 << 20).unwrap()
    }

    pub(super) fn write(&self, name: &str, content: &[u8]) {
        RealFs.replace(&self.path(name), content).unwrap();
    }

    pub(super) fn change(&self, name: &str, change: impl FnOnce(&mut Vec<u8>)) {
        let mut content = self.read(name);
        change(&mut content);
        self.write(name, &content);
    }

    pub(super) fn verify(&self) -> Report {
        self.verify_with(&mut Quiet::default())
    }

    pub(super) fn verify_with(&self, guide: &mut Quiet) -> Report {
        let dirs = [self.folder.path().to_path_buf()];
        verify_log_dirs(&RealFs, &dirs, guide)
    }

    /// Returns the damage of this file, and demands that no other file has any.
    pub(super) fn damage_of(&self, name: &str) -> Vec<Finding> {
        let report = self.verify();
        let damage = report.findings.into_iter();
        let damage: Vec<_> = damage.filter(|f| f.severity == Severity::Damage).collect();
        assert!(!damage.is_empty(), "{name}: no damage is told");
        for finding in &damage {
            assert_eq!(finding.path, self.path(name), "{finding:?}");
        }
        damage
    }
}

/// Ten records by an idempotent producer, an aborted and an open transaction; two leader epochs.
fn fill(log: &mut Log, producer: i64) {
    let put = |log: &mut Log, count: i32, sequence, attributes, epoch| {
        let mut builder = BatchBuilder::new(1 << 20);
        for number in 0..count {
            let at = NOW + i64::from(sequence + number);
            let key = number.to_be_bytes();
            let fits = builder.append(Some(&key), Some(b"value"), &[], at);
            assert_eq!(fits, Append::Fits);
        }
        let codec = if count > 1 { Codec::Lz4 } else { Codec::None };
        let seal = Seal {
            codec,
            producer: Producer {
                id: producer + i64::from(attributes) * 100,
                epoch: 0,
                base_sequence: sequence,
            },
            attributes: Attributes(0).with_transactional(attributes == 1),
            ..Seal::default()
        };
        let bytes = builder.seal(&seal).unwrap();
        let batch = ValidatedBatch::trusted(bytes).unwrap();
        log.append(&batch, LeaderEpoch(epoch), NOW).unwrap();
    };
    put(log, 2, 0, 0, 0);
    put(log, 1, 2, 0, 0);
    put(log, 1, 0, 1, 0);
    log.roll(NOW).unwrap();
    put(log, 3, 3, 0, 0);
    let marker = EndMarker {
        committed: false,
        coordinator_epoch: 3,
    };
    let abort = end_marker_batch(marker, producer + 100, 0, NOW + 50);
    let batch = ValidatedBatch::trusted(&abort).unwrap();
    log.append(&batch, LeaderEpoch(1), NOW).unwrap();
    put(log, 1, 1, 1, 1);
    log.roll(NOW).unwrap();
    put(log, 1, 6, 0, 1);
    put(log, 1, 7, 0, 1);
}
