//! Giving partitions other replicas (ReplicationControlManager.alterPartitionReassignments).

use super::topics::check_assignment;
use super::{Context, ControllerResult, Decide, Refusal};
use crate::metadata::record::PartitionChange;
use crate::metadata::{MetadataImage, MetadataRecord, PartitionImage};
use crate::protocol::ErrorCode;
use crate::types::{BrokerId, Uuid};

/// What is to become of one partition's replicas.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reassignment {
    /// The topic's name.
    pub topic: String,
    /// The partition's number.
    pub partition: i32,
    /// The replicas, the preferred leader first; `None` ends a move that is under way.
    pub replicas: Option<Vec<BrokerId>>,
}

/// Gives partitions other replicas, each on its own.
#[derive(Clone, Debug)]
pub struct AlterPartitionReassignments {
    /// The partitions.
    pub partitions: Vec<Reassignment>,
    /// Whether a partition may have more or fewer replicas afterwards (KIP-860).
    pub may_change_factor: bool,
}

impl Decide for AlterPartitionReassignments {
    /// One outcome a partition, in the order of the command.
    type Response = Vec<Result<(), Refusal>>;

    fn decide(&self, context: &mut Context<'_>) -> ControllerResult<Self::Response> {
        let mut records = Vec::new();
        let decided = self.partitions.iter().map(|wanted| {
            let change = alter(wanted, self.may_change_factor, context.image)?;
            records.extend(change);
            Ok(())
        });
        let response = decided.collect();
        ControllerResult { records, response }
    }
}

fn alter(
    wanted: &Reassignment,
    may_change_factor: bool,
    image: &MetadataImage,
) -> Result<Option<MetadataRecord>, Refusal> {
    let unknown = |text| Refusal::new(ErrorCode::UnknownTopicOrPartition, text);
    let (name, number) = (&wanted.topic, wanted.partition);
    let topic = image
        .topic(name)
        .ok_or_else(|| unknown(format!("Unable to find a topic named {name}.")))?;
    let partition = usize::try_from(number)
        .ok()
        .and_then(|index| topic.partitions.get(index))
        .ok_or_else(|| unknown(format!("Unable to find partition {name}:{number}.")))?;
    let change = match &wanted.replicas {
        Some(target) => {
            check_assignment(image, target, None)?;
            check_factor(partition, target, may_change_factor)?;
            change(partition, target)
        }
        None if partition.adding.is_empty() && partition.removing.is_empty() => {
            return Err(Refusal::plain(ErrorCode::NoReassignmentInProgress));
        }
        None => change(partition, &original(partition)),
    };
    Ok(change.map(|change| {
        PartitionChange {
            partition_id: number,
            topic_id: topic.id,
            ..change
        }
        .into()
    }))
}

/// Returns the replicas from before a move that is under way.
fn original(partition: &PartitionImage) -> Vec<BrokerId> {
    let stays = |id: &&BrokerId| !partition.adding.contains(id);
    partition.replicas.iter().filter(stays).copied().collect()
}

fn check_factor(
    partition: &PartitionImage,
    target: &[BrokerId],
    may_change: bool,
) -> Result<(), Refusal> {
    let goes = |id: &&BrokerId| !partition.removing.contains(id);
    let present = partition.replicas.iter().filter(goes).count();
    if may_change || target.len() == present {
        return Ok(());
    }
    let text = format!(
        "The replication factor is changed from {present} to {}",
        target.len()
    );
    Err(Refusal::new(ErrorCode::InvalidReplicationFactor, text))
}

/// Returns the change that begins, replaces or ends a move; nothing if all is so already.
fn change(partition: &PartitionImage, target: &[BrokerId]) -> Option<PartitionChange> {
    let before = original(partition);
    let adding: Vec<BrokerId> = missing(target, &before);
    let removing: Vec<BrokerId> = missing(&before, target);
    // While replicas come and go the partition has them all, the wanted ones first.
    let mut replicas = target.to_vec();
    replicas.extend(missing(&before, target));
    let is_same = replicas == partition.replicas
        && adding == partition.adding
        && removing == partition.removing;
    if is_same {
        return None;
    }
    let ids = |brokers: &[BrokerId]| Some(brokers.iter().map(|id| id.0).collect::<Vec<_>>());
    Some(PartitionChange {
        directories: Some(directories(partition, &replicas)),
        replicas: ids(&replicas),
        adding_replicas: ids(&adding),
        removing_replicas: ids(&removing),
        ..PartitionChange::default()
    })
}

/// Returns those of `some` that are not among `others`.
fn missing(some: &[BrokerId], others: &[BrokerId]) -> Vec<BrokerId> {
    let is_missing = |id: &&BrokerId| !others.contains(id);
    some.iter().filter(is_missing).copied().collect()
}

/// Returns the directories of the replicas in their new order; new ones have none yet.
fn directories(partition: &PartitionImage, replicas: &[BrokerId]) -> Vec<Uuid> {
    let directory = |id: &BrokerId| {
        let position = partition.replicas.iter().position(|known| known == id)?;
        partition.directories.get(position).copied()
    };
    let all = replicas.iter();
    all.map(|id| directory(id).unwrap_or(Uuid::ZERO)).collect()
}

#[cfg(test)]
mod tests {
    use super::super::fixture::{cluster, decide, run};
    use super::super::{CreateTopics, NewTopic};
    use super::*;

    fn image() -> MetadataImage {
        let mut image = cluster(&[1, 2, 3]);
        let topic = NewTopic {
            name: "t".to_owned(),
            partitions: -1,
            replication_factor: -1,
            assignments: vec![(0, vec![1])],
            ..NewTopic::default()
        };
        let create = CreateTopics {
            topics: vec![topic],
            validate_only: false,
        };
        run(&mut image, &create).remove(0).1.unwrap();
        image
    }

    fn to(topic: &str, partition: i32, replicas: Option<&[i32]>) -> AlterPartitionReassignments {
        let replicas = replicas.map(|ids| ids.iter().copied().map(BrokerId).collect());
        AlterPartitionReassignments {
            partitions: vec![Reassignment {
                topic: topic.to_owned(),
                partition,
                replicas,
            }],
            may_change_factor: true,
        }
    }

    #[test]
    fn what_is_so_already_changes_nothing() {
        let result = decide(&image(), &to("t", 0, Some(&[1])));
        assert_eq!((result.records, result.response), (vec![], vec![Ok(())]));
    }

    #[test]
    fn a_move_begins_is_replaced_and_is_cancelled() {
        let mut image = image();
        run(&mut image, &to("t", 0, Some(&[2, 3])))
            .remove(0)
            .unwrap();
        let partition = |image: &MetadataImage| image.topic("t").unwrap().partitions[0].clone();
        let ids = |ids: &[i32]| ids.iter().copied().map(BrokerId).collect::<Vec<_>>();
        let moving = partition(&image);
        assert_eq!(moving.replicas, ids(&[2, 3, 1]));
        assert_eq!((moving.adding, moving.removing), (ids(&[2, 3]), ids(&[1])));
        run(&mut image, &to("t", 0, Some(&[3]))).remove(0).unwrap();
        assert_eq!(partition(&image).replicas, ids(&[3, 1]));
        run(&mut image, &to("t", 0, None)).remove(0).unwrap();
        let back = partition(&image);
        assert_eq!(
            (back.replicas, back.adding, back.removing),
            (ids(&[1]), vec![], vec![])
        );
    }

    #[test]
    fn refusals_are_worded_as_kafka_words_them() {
        let image = image();
        let unknown = ErrorCode::UnknownTopicOrPartition;
        let invalid = ErrorCode::InvalidReplicaAssignment;
        let mut same_factor = to("t", 0, Some(&[1, 2]));
        same_factor.may_change_factor = false;
        let cases = [
            (
                to("x", 0, Some(&[1])),
                unknown,
                "Unable to find a topic named x.",
            ),
            (
                to("t", 4, Some(&[1])),
                unknown,
                "Unable to find partition t:4.",
            ),
            (
                to("t", 0, Some(&[9])),
                invalid,
                "The manual partition assignment includes broker 9, but no such broker is \
                 registered.",
            ),
            (
                to("t", 0, Some(&[])),
                invalid,
                "The manual partition assignment includes an empty replica list.",
            ),
            (
                to("t", 0, None),
                ErrorCode::NoReassignmentInProgress,
                "No partition reassignment is in progress.",
            ),
            (
                same_factor,
                ErrorCode::InvalidReplicationFactor,
                "The replication factor is changed from 1 to 2",
            ),
        ];
        for (command, code, text) in cases {
            let result = decide(&image, &command);
            assert_eq!(result.response, [Err(Refusal::new(code, text))]);
            assert_eq!(result.records, []);
        }
    }
}
