//! An image as records: what a snapshot holds.
//!
//! Applied to an empty image in this order they give the same image again. Features come first,
//! as every reader of a snapshot wants to know how to read the rest.

use super::image::{MetadataImage, PartitionImage};
use super::record::{Config, FeatureLevel, MetadataRecord, Partition, ProducerIds, Topic};
use crate::types::{BrokerId, Uuid};

/// Returns records that make this image.
#[must_use]
pub fn image_records(image: &MetadataImage) -> Vec<MetadataRecord> {
    let mut records: Vec<MetadataRecord> = Vec::new();
    let feature = |name: &str, level| {
        FeatureLevel {
            name: name.to_owned(),
            feature_level: level,
        }
        .into()
    };
    const FIRST: &str = "metadata.version";
    records.extend(
        image
            .feature_level(FIRST)
            .map(|level| feature(FIRST, level)),
    );
    let others = image.features().filter(|(name, _)| *name != FIRST);
    records.extend(others.map(|(name, level)| feature(name, level)));
    records.extend(
        image
            .brokers()
            .map(|broker| broker.registration.clone().into()),
    );
    for topic in image.topics() {
        records.push(
            Topic {
                name: topic.name.clone(),
                topic_id: topic.id,
            }
            .into(),
        );
        for (number, partition) in (0..).zip(&topic.partitions) {
            records.push(partition_record(topic.id, number, partition).into());
        }
    }
    for ((kind, resource), config) in image.configs() {
        records.extend(config.iter().map(|(name, value)| {
            Config {
                resource_type: *kind,
                resource_name: resource.clone(),
                name: name.clone(),
                value: Some(value.clone()),
            }
            .into()
        }));
    }
    if image.next_producer_id() > 0 {
        let next_producer_id = image.next_producer_id();
        records.push(
            ProducerIds {
                next_producer_id,
                ..ProducerIds::default()
            }
            .into(),
        );
    }
    records.extend(image.kept().cloned());
    records
}

/// Returns the record that makes a partition as it is.
#[must_use]
pub fn partition_record(topic_id: Uuid, number: i32, partition: &PartitionImage) -> Partition {
    Partition {
        partition_id: number,
        topic_id,
        replicas: ids(&partition.replicas),
        isr: ids(&partition.isr),
        removing_replicas: ids(&partition.removing),
        adding_replicas: ids(&partition.adding),
        leader: partition.leader.0,
        leader_epoch: partition.leader_epoch.0,
        partition_epoch: partition.partition_epoch,
        directories: partition.directories.clone(),
        leader_recovery_state: partition.leader_recovery_state,
        eligible_leader_replicas: if_any(&partition.eligible),
        last_known_elr: if_any(&partition.last_known),
    }
}

fn ids(brokers: &[BrokerId]) -> Vec<i32> {
    brokers.iter().map(|id| id.0).collect()
}

fn if_any(brokers: &[BrokerId]) -> Option<Vec<i32>> {
    (!brokers.is_empty()).then(|| ids(brokers))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::metadata::record::{
        AccessControlEntry, PartitionChange, RegisterBroker, RemoveTopic, resource_type,
    };
    use crate::types::Offset;

    fn some_image() -> MetadataImage {
        let mut image = MetadataImage::default();
        let topic_id = Uuid(77);
        let records: Vec<MetadataRecord> = vec![
            FeatureLevel {
                name: "metadata.version".to_owned(),
                feature_level: 30,
            }
            .into(),
            RegisterBroker {
                broker_id: 1,
                broker_epoch: 5,
                ..RegisterBroker::default()
            }
            .into(),
            Topic {
                name: "gone".to_owned(),
                topic_id: Uuid(1),
            }
            .into(),
            Topic {
                name: "t".to_owned(),
                topic_id,
            }
            .into(),
            Partition {
                topic_id,
                replicas: vec![1],
                isr: vec![1],
                leader: 1,
                directories: vec![Uuid(9)],
                ..Partition::default()
            }
            .into(),
            PartitionChange {
                topic_id,
                leader: 1,
                ..PartitionChange::default()
            }
            .into(),
            Config {
                resource_type: resource_type::TOPIC,
                resource_name: "t".to_owned(),
                name: "retention.ms".to_owned(),
                value: Some("5".to_owned()),
            }
            .into(),
            ProducerIds {
                next_producer_id: 1000,
                ..ProducerIds::default()
            }
            .into(),
            AccessControlEntry {
                id: Uuid(4),
                ..AccessControlEntry::default()
            }
            .into(),
            RemoveTopic { topic_id: Uuid(1) }.into(),
        ];
        for (offset, record) in (0..).zip(&records) {
            image.apply(Offset(offset), record).unwrap();
        }
        image
    }

    #[test]
    fn a_snapshot_makes_the_same_image_again() {
        let image = some_image();
        let mut again = MetadataImage::default();
        for record in image_records(&image) {
            let decoded = MetadataRecord::decode(&record.encode()).unwrap();
            assert_eq!(decoded, record);
            again.apply(image.highest_offset(), &decoded).unwrap();
        }
        assert_eq!(again, image);
    }

    #[test]
    fn the_leader_epoch_rises_when_the_leader_is_named_again() {
        let image = some_image();
        let partition = &image.topic("t").unwrap().partitions[0];
        assert_eq!(
            (partition.leader_epoch.0, partition.partition_epoch),
            (1, 1)
        );
        assert!(image.topic("gone").is_none());
    }
}
