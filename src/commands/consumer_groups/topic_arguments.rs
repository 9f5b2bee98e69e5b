//! What `--topic` names: whole topics, or some of their partitions (`topic:0,1,2`).

use super::options::usage;
use crate::cli::CommandError;
use crate::client::{Admin, ClientError};
use crate::types::TopicPartition;

/// How many partitions to ask for at a time.
const PAGE: i32 = 2000;

/// A topic, and some of its partitions; all of them if none are named.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct TopicArgument {
    pub(super) topic: String,
    pub(super) partitions: Vec<i32>,
}

impl TopicArgument {
    pub(super) fn parse(text: &str) -> Result<Self, CommandError> {
        let parts: Vec<&str> = text.split(':').collect();
        let (topic, list) = match parts[..] {
            [topic] => (topic, None),
            [topic, list] => (topic, Some(list)),
            _ => {
                return Err(usage(format!(
                    "Invalid topic arg '{text}', expected topic name and partitions"
                )));
            }
        };
        let number = |part: &str| {
            part.parse::<i32>().map_err(|_| {
                // Kafka's sentence ends with two quotes.
                usage(format!(
                    "Invalid partition '{part}' specified in topic arg '{text}''"
                ))
            })
        };
        let partitions = list.map(|list| list.split(',').map(number).collect());
        Ok(Self {
            topic: topic.to_owned(),
            partitions: partitions.transpose()?.unwrap_or_default(),
        })
    }
}

/// Returns all partitions of topics; a topic that is not there is an error.
pub(super) async fn all_partitions(
    admin: &Admin,
    topics: &[String],
) -> Result<Vec<TopicPartition>, ClientError> {
    let mut found = Vec::new();
    if topics.is_empty() {
        return Ok(found);
    }
    for (_, described) in admin.describe_topics(topics, PAGE).await? {
        let topic = described?;
        let numbers = topic.partitions.iter().map(|partition| partition.partition);
        found.extend(numbers.map(|number| TopicPartition::new(topic.name.clone(), number)));
    }
    Ok(found)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn partitions_follow_a_colon() {
        let argument = TopicArgument::parse("t:0,2").unwrap();
        assert_eq!(
            (argument.topic.as_str(), argument.partitions),
            ("t", vec![0, 2])
        );
        assert!(TopicArgument::parse("t").unwrap().partitions.is_empty());
    }

    #[test]
    fn what_is_no_partition_is_refused_in_kafkas_words() {
        let sentence = |text: &str| {
            let error = TopicArgument::parse(text).unwrap_err();
            error.sentence().to_owned()
        };
        assert_eq!(
            sentence("orders:x"),
            "Invalid partition 'x' specified in topic arg 'orders:x''"
        );
        assert_eq!(
            sentence("orders:1:2"),
            "Invalid topic arg 'orders:1:2', expected topic name and partitions"
        );
    }
}
