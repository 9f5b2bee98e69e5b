//! Where a broker keeps its replicas (ReplicationControlManager.handleAssignReplicasToDirs).

use super::{Context, ControllerResult, Decide};
use crate::metadata::record::PartitionChange;
use crate::types::{BrokerId, Uuid};

/// A replica and the log directory that it lies in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ReplicaDirectory {
    /// The topic.
    pub topic: Uuid,
    /// The partition's number.
    pub partition: i32,
    /// The directory.
    pub directory: Uuid,
}

/// Notes where a broker keeps replicas; those that it does not have are passed over.
#[derive(Clone, Debug)]
pub struct AssignReplicasToDirs {
    /// The broker.
    pub broker: BrokerId,
    /// Its replicas.
    pub replicas: Vec<ReplicaDirectory>,
}

impl Decide for AssignReplicasToDirs {
    type Response = ();

    fn decide(&self, context: &mut Context<'_>) -> ControllerResult<()> {
        let mut records = Vec::new();
        for replica in &self.replicas {
            let topic = context.image.topic_by_id(replica.topic);
            let index = usize::try_from(replica.partition).ok();
            let Some(partition) = topic.zip(index).and_then(|(t, i)| t.partitions.get(i)) else {
                continue;
            };
            let mut directories = partition.directories.clone();
            directories.resize(partition.replicas.len(), Uuid::ZERO);
            let position = partition.replicas.iter().position(|id| *id == self.broker);
            let Some(slot) = position.and_then(|position| directories.get_mut(position)) else {
                continue;
            };
            if *slot == replica.directory {
                continue;
            }
            *slot = replica.directory;
            let change = PartitionChange {
                partition_id: replica.partition,
                topic_id: replica.topic,
                directories: Some(directories),
                ..PartitionChange::default()
            };
            records.push(change.into());
        }
        ControllerResult {
            records,
            response: (),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::fixture::{cluster, decide, run};
    use super::super::{CreateTopics, NewTopic};
    use super::*;

    #[test]
    fn a_replica_gets_its_directory_once_and_unknown_ones_are_passed_over() {
        let mut image = cluster(&[1, 2]);
        let topic = NewTopic {
            name: "t".to_owned(),
            partitions: 1,
            replication_factor: 2,
            ..NewTopic::default()
        };
        let create = CreateTopics {
            topics: vec![topic],
            validate_only: false,
        };
        run(&mut image, &create);
        let id = image.topic("t").unwrap().id;
        let replica = |partition, directory| ReplicaDirectory {
            topic: id,
            partition,
            directory: Uuid(directory),
        };
        let assign = AssignReplicasToDirs {
            broker: BrokerId(2),
            replicas: vec![replica(0, 77), replica(5, 77)],
        };
        run(&mut image, &assign);
        let partition = &image.topic("t").unwrap().partitions[0];
        let position = partition.replicas.iter().position(|b| b.0 == 2).unwrap();
        assert_eq!(partition.directories[position], Uuid(77));
        assert_ne!(partition.directories[1 - position], Uuid(77));
        assert_eq!(decide(&image, &assign).records, []);
    }
}
