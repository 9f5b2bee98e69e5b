//! Where the partitions ended at the start, for `--exit-at-end`.

use std::collections::BTreeMap;

use super::options::Source;
use crate::cli::CommandError;
use crate::client::admin::OffsetSpec;
use crate::client::consumer::Consumer;
use crate::client::{ClientError, TopicsWanted};
use crate::protocol::ErrorCode;
use crate::types::{Offset, TopicPartition};

/// The end of each partition that is read.
#[derive(Clone, Debug)]
pub(super) struct EndOffsets {
    ends: BTreeMap<TopicPartition, Offset>,
}

impl EndOffsets {
    /// Asks for the ends of what is to be read.
    pub(super) fn ask(consumer: &mut Consumer, source: &Source) -> Result<Self, CommandError> {
        let failed = |error: ClientError| CommandError::failed(error.java());
        let partitions = match source {
            Source::Partition {
                topic, partition, ..
            } => vec![TopicPartition::new(topic.clone(), *partition)],
            Source::Topic(topic) => {
                let wanted = TopicsWanted::Names(vec![topic.clone()]);
                let found = partitions(consumer, &wanted, |name| name == topic).map_err(failed)?;
                if found.is_empty() {
                    let error = ClientError::from(ErrorCode::UnknownTopicOrPartition);
                    return Err(failed(error).hint(format!("There is no topic {topic} to read.")));
                }
                found
            }
            Source::Include(filter) => {
                partitions(consumer, &TopicsWanted::All, |name| filter.admits(name))
                    .map_err(failed)?
            }
        };
        let wanted: Vec<_> = partitions
            .into_iter()
            .map(|partition| (partition, OffsetSpec::Latest))
            .collect();
        let mut ends = BTreeMap::new();
        for (partition, result) in consumer.list_offsets(&wanted).map_err(failed)? {
            ends.insert(partition, result.map_err(failed)?.offset);
        }
        Ok(Self { ends })
    }

    /// Returns the end of a partition; `None` if it was not there at the start.
    pub(super) fn of(&self, topic: &str, partition: i32) -> Option<Offset> {
        self.ends
            .get(&TopicPartition::new(topic, partition))
            .copied()
    }

    /// Returns whether every partition was read to its end.
    pub(super) fn are_reached(&self, consumer: &Consumer) -> bool {
        if !consumer.is_placed() {
            return false;
        }
        let positions = consumer.positions();
        if consumer.is_in_group() {
            // Other members read the other partitions.
            let reached = |(partition, position): (&TopicPartition, &Option<Offset>)| {
                let end = self.ends.get(partition).copied().unwrap_or(Offset::ZERO);
                end.0 <= 0 || position.is_some_and(|position| position >= end)
            };
            return positions.iter().all(reached);
        }
        let reached = |(partition, end): (&TopicPartition, &Offset)| {
            end.0 <= 0
                || positions
                    .get(partition)
                    .is_some_and(|position| position.is_some_and(|position| position >= *end))
        };
        self.ends.iter().all(reached)
    }
}

fn partitions(
    consumer: &mut Consumer,
    wanted: &TopicsWanted,
    admits: impl Fn(&str) -> bool,
) -> Result<Vec<TopicPartition>, ClientError> {
    let metadata = consumer.metadata(wanted)?;
    let topics = metadata
        .topics
        .iter()
        .filter(|topic| topic.error.is_none() && admits(&topic.name));
    let of_topic = |topic: &crate::client::TopicMetadata| {
        let name = topic.name.clone();
        let numbers: Vec<_> = topic
            .partitions
            .iter()
            .map(|found| found.partition)
            .collect();
        numbers
            .into_iter()
            .map(move |number| TopicPartition::new(name.clone(), number))
    };
    Ok(topics.flat_map(of_topic).collect())
}
