//! Adding partitions to topics (ReplicationControlManager.createPartitions).

use std::collections::BTreeMap;

use super::placement::place;
use super::topics::{check_assignment, new_partition};
use super::{Context, ControllerResult, Decide, Refusal, check_record_count};
use crate::metadata::MetadataRecord;
use crate::protocol::ErrorCode;
use crate::types::BrokerId;

/// How many partitions a topic is to have.
#[derive(Clone, Debug)]
pub struct NewPartitions {
    /// The topic's name.
    pub topic: String,
    /// The whole count, old ones included.
    pub count: i32,
    /// The replicas of each added partition; `None` leaves it to the controller.
    pub assignments: Option<Vec<Vec<i32>>>,
}

/// Raises the partition counts of topics, each on its own.
#[derive(Clone, Debug)]
pub struct CreatePartitions {
    /// The topics.
    pub topics: Vec<NewPartitions>,
    /// Only check.
    pub validate_only: bool,
}

impl Decide for CreatePartitions {
    /// One outcome a topic, in the order of the command.
    type Response = Vec<(String, Result<(), Refusal>)>;

    fn decide(&self, context: &mut Context<'_>) -> ControllerResult<Self::Response> {
        let mut counts: BTreeMap<&str, usize> = BTreeMap::new();
        for topic in &self.topics {
            *counts.entry(&topic.topic).or_default() += 1;
        }
        let mut records = Vec::new();
        let mut response = Vec::new();
        for topic in &self.topics {
            let again = counts.get(topic.topic.as_str());
            let outcome = if again.is_some_and(|count| *count > 1) {
                Err(Refusal::new(
                    ErrorCode::InvalidRequest,
                    "Duplicate topic name.",
                ))
            } else {
                add(topic, context)
            };
            let outcome = outcome.map(|added| {
                if !self.validate_only {
                    records.extend(added);
                }
            });
            response.push((topic.topic.clone(), outcome));
        }
        if let Err(refusal) = check_record_count(&records) {
            for (_, outcome) in &mut response {
                *outcome = Err(refusal.clone());
            }
            records.clear();
        }
        ControllerResult { records, response }
    }
}

fn add(wanted: &NewPartitions, context: &mut Context<'_>) -> Result<Vec<MetadataRecord>, Refusal> {
    let image = context.image;
    let Some(topic) = image.topic(&wanted.topic) else {
        return Err(Refusal::plain(ErrorCode::UnknownTopicOrPartition));
    };
    let present = i32::try_from(topic.partitions.len()).unwrap_or(i32::MAX);
    let invalid = |text: String| Err(Refusal::new(ErrorCode::InvalidPartitions, text));
    if wanted.count == present {
        return invalid(format!("Topic already has {present} partition(s)."));
    }
    if wanted.count < present {
        return invalid(format!(
            "The topic {} currently has {present} partition(s); {} would not be an increase.",
            wanted.topic, wanted.count
        ));
    }
    let added = wanted.count - present;
    if usize::try_from(added).unwrap_or(0) > super::RECORDS_PER_COMMAND_MAX {
        let text = format!("Excessively large number of partitions per request: {added}.");
        return Err(Refusal::new(ErrorCode::PolicyViolation, text));
    }
    let replicas = topic
        .partitions
        .first()
        .map_or(1, |partition| partition.replicas.len());
    let placed = match &wanted.assignments {
        None => place(
            image,
            added,
            i16::try_from(replicas).unwrap_or(1),
            context.rng,
        )?,
        Some(assignments) => {
            if assignments.len() != usize::try_from(added).unwrap_or(0) {
                let text = format!(
                    "Attempted to add {added} additional partition(s), but only {} assignment(s) \
                     were specified.",
                    assignments.len()
                );
                return Err(Refusal::new(ErrorCode::InvalidReplicaAssignment, text));
            }
            let mut placed = Vec::new();
            for ids in assignments {
                let ids: Vec<BrokerId> = ids.iter().copied().map(BrokerId).collect();
                check_assignment(image, &ids, Some(replicas))?;
                placed.push(ids);
            }
            placed
        }
    };
    (present..)
        .zip(&placed)
        .map(|(number, replicas)| Ok(new_partition(image, topic.id, number, replicas)?.into()))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::super::fixture::{cluster, decide, run};
    use super::super::{CreateTopics, NewTopic};
    use super::*;
    use crate::metadata::MetadataImage;

    fn image() -> MetadataImage {
        let mut image = cluster(&[1, 2]);
        let topic = NewTopic {
            name: "orders".to_owned(),
            partitions: 3,
            replication_factor: 1,
            ..NewTopic::default()
        };
        run(
            &mut image,
            &CreateTopics {
                topics: vec![topic],
                validate_only: false,
            },
        );
        image
    }

    fn raise(count: i32, assignments: Option<Vec<Vec<i32>>>) -> CreatePartitions {
        let topic = NewPartitions {
            topic: "orders".to_owned(),
            count,
            assignments,
        };
        CreatePartitions {
            topics: vec![topic],
            validate_only: false,
        }
    }

    #[test]
    fn partitions_are_added_behind_the_present_ones() {
        let mut image = image();
        run(&mut image, &raise(5, None)).remove(0).1.unwrap();
        run(&mut image, &raise(6, Some(vec![vec![2]])))
            .remove(0)
            .1
            .unwrap();
        let topic = image.topic("orders").unwrap();
        assert_eq!(topic.partitions.len(), 6);
        assert_eq!(topic.partitions[5].leader, BrokerId(2));
    }

    #[test]
    fn refusals_are_worded_as_kafka_words_them() {
        let image = image();
        let partitions = ErrorCode::InvalidPartitions;
        let cases = [
            (
                raise(3, None),
                partitions,
                "Topic already has 3 partition(s).",
            ),
            (
                raise(1, None),
                partitions,
                "The topic orders currently has 3 partition(s); 1 would not be an increase.",
            ),
            (
                raise(-1, None),
                partitions,
                "The topic orders currently has 3 partition(s); -1 would not be an increase.",
            ),
            (
                raise(5, Some(vec![vec![1]])),
                ErrorCode::InvalidReplicaAssignment,
                "Attempted to add 2 additional partition(s), but only 1 assignment(s) were \
                 specified.",
            ),
        ];
        for (command, code, text) in cases {
            let result = decide(&image, &command);
            assert_eq!(result.response[0].1, Err(Refusal::new(code, text)));
            assert_eq!(result.records, []);
        }
    }
}
