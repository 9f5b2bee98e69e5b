//! `topics --describe`.

mod asked;

use serde::Serialize;

use super::options::Options;
use crate::cli::{CommandError, Format, Output};
use crate::client::Admin;
use crate::client::admin::{
    ConfigEntry, ConfigSource, PartitionDescription, Reassignment, TopicDescription,
};
use crate::types::{BrokerId, TopicPartition};

use asked::{Surroundings, described};

/// The order in which Kafka's tool prints a topic's settings: that of a Java hash table of all 33.
const CONFIG_ORDER: [&str; 33] = [
    "compression.type",
    "remote.log.delete.on.disable",
    "leader.replication.throttled.replicas",
    "remote.storage.enable",
    "min.insync.replicas",
    "segment.jitter.ms",
    "remote.log.copy.disable",
    "local.retention.ms",
    "cleanup.policy",
    "flush.ms",
    "follower.replication.throttled.replicas",
    "compression.lz4.level",
    "segment.bytes",
    "retention.ms",
    "compression.gzip.level",
    "flush.messages",
    "compression.zstd.level",
    "max.compaction.lag.ms",
    "file.delete.delay.ms",
    "max.message.bytes",
    "min.compaction.lag.ms",
    "message.timestamp.type",
    "local.retention.bytes",
    "preallocate",
    "index.interval.bytes",
    "min.cleanable.dirty.ratio",
    "unclean.leader.election.enable",
    "retention.bytes",
    "delete.retention.ms",
    "message.timestamp.after.max.ms",
    "message.timestamp.before.max.ms",
    "segment.ms",
    "segment.index.bytes",
];

/// Prints the topics that match.
pub(super) async fn describe(
    admin: &Admin,
    options: &Options,
    output: &mut Output,
) -> Result<(), CommandError> {
    let topics = described(admin, options).await?;
    let surroundings = Surroundings::of(admin, &topics).await?;
    let shown: Vec<_> = topics
        .iter()
        .filter_map(|topic| shown(topic, options, &surroundings))
        .collect();
    match options.output.format {
        Format::Text => print_text(&shown, options, output),
        Format::Json => output.json(&shown),
        Format::Table => print_table(&shown, output),
    }
}

/// A topic as it is shown.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct ShownTopic {
    topic: String,
    topic_id: Option<String>,
    partition_count: usize,
    replication_factor: usize,
    configs: serde_json::Map<String, serde_json::Value>,
    #[serde(skip)]
    configs_text: String,
    partitions: Vec<ShownPartition>,
}

/// A partition as it is shown.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct ShownPartition {
    partition: i32,
    leader: Option<i32>,
    replicas: Vec<i32>,
    isr: Vec<i32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    adding_replicas: Option<Vec<i32>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    removing_replicas: Option<Vec<i32>>,
    elr: Option<Vec<i32>>,
    last_known_elr: Option<Vec<i32>>,
}

/// Returns a topic with what the options ask for, `None` if that is nothing.
fn shown(topic: &TopicDescription, options: &Options, around: &Surroundings) -> Option<ShownTopic> {
    let entries = around
        .configs
        .get(&topic.name)
        .map(Vec::as_slice)
        .unwrap_or_default();
    let overrides = overrides(entries);
    if options.with_overrides && overrides.is_empty() {
        return None;
    }
    let min_isr = entries
        .iter()
        .find(|entry| entry.name == "min.insync.replicas")
        .and_then(|entry| entry.value.as_deref()?.parse().ok())
        .unwrap_or(1);
    let state = |partition: &PartitionDescription| PartitionState {
        factor: replication_factor(partition, around.moves.get(&key(topic, partition))),
        isr: partition.isr.len(),
        min_isr,
        led: partition.leader.is_some(),
        led_by_live: partition
            .leader
            .is_some_and(|leader| around.live.contains(&leader)),
    };
    let partitions: Vec<_> = topic
        .partitions
        .iter()
        .filter(|partition| !filtered(options) || state(partition).is_wanted(options))
        .map(|partition| shown_partition(partition, around.moves.get(&key(topic, partition))))
        .collect();
    if filtered(options) && partitions.is_empty() {
        return None;
    }
    let first = topic.partitions.first();
    let pairs: Vec<_> = overrides
        .iter()
        .map(|(name, value)| format!("{name}={value}"))
        .collect();
    Some(ShownTopic {
        topic: topic.name.clone(),
        topic_id: (!topic.id.is_zero()).then(|| topic.id.to_string()),
        partition_count: topic.partitions.len(),
        replication_factor: first.map_or(0, |first| state(first).factor),
        configs: overrides
            .into_iter()
            .map(|(name, value)| (name, value.into()))
            .collect(),
        configs_text: pairs.join(","),
        partitions,
    })
}

fn key(topic: &TopicDescription, partition: &PartitionDescription) -> TopicPartition {
    TopicPartition::new(topic.name.clone(), partition.partition)
}

/// What the filters look at.
struct PartitionState {
    factor: usize,
    isr: usize,
    min_isr: usize,
    led: bool,
    led_by_live: bool,
}

impl PartitionState {
    const fn is_wanted(&self, options: &Options) -> bool {
        (options.under_replicated && self.isr < self.factor)
            || (options.unavailable && !self.led_by_live)
            || (options.under_min_isr && (!self.led || self.isr < self.min_isr))
            || (options.at_min_isr && self.isr == self.min_isr)
    }
}

const fn filtered(options: &Options) -> bool {
    options.under_replicated || options.unavailable || options.under_min_isr || options.at_min_isr
}

/// Returns the number of replicas that a partition is to have, without those that only come.
fn replication_factor(partition: &PartitionDescription, moved: Option<&Reassignment>) -> usize {
    let under_way = moved.filter(|moved| {
        let changing = |id: &BrokerId| moved.adding.contains(id) || moved.removing.contains(id);
        partition.replicas.iter().any(changing)
    });
    match under_way {
        Some(moved) => moved.replicas.len().saturating_sub(moved.adding.len()),
        None => partition.replicas.len(),
    }
}

fn numbers(ids: &[BrokerId]) -> Vec<i32> {
    ids.iter().map(|id| id.0).collect()
}

fn shown_partition(
    partition: &PartitionDescription,
    moved: Option<&Reassignment>,
) -> ShownPartition {
    ShownPartition {
        partition: partition.partition,
        leader: partition.leader.map(|id| id.0),
        replicas: numbers(&partition.replicas),
        isr: numbers(&partition.isr),
        adding_replicas: moved.map(|moved| numbers(&moved.adding)),
        removing_replicas: moved.map(|moved| numbers(&moved.removing)),
        elr: partition.elr.as_deref().map(numbers),
        last_known_elr: partition.last_known_elr.as_deref().map(numbers),
    }
}

/// Returns the settings that are not Kafka's defaults, in the order of Kafka's tool.
fn overrides(entries: &[ConfigEntry]) -> Vec<(String, String)> {
    let place = |name: &str| CONFIG_ORDER.iter().position(|known| *known == name);
    let mut found: Vec<_> = entries
        .iter()
        .filter(|entry| entry.source != ConfigSource::Default)
        .collect();
    found.sort_by_key(|entry| {
        (
            place(&entry.name).unwrap_or(CONFIG_ORDER.len()),
            &entry.name,
        )
    });
    let shown = |entry: &ConfigEntry| {
        (
            entry.name.clone(),
            entry.value.clone().unwrap_or_else(|| "null".to_owned()),
        )
    };
    found.into_iter().map(shown).collect()
}

fn joined(ids: &[i32]) -> String {
    ids.iter()
        .map(ToString::to_string)
        .collect::<Vec<_>>()
        .join(",")
}

fn print_text(
    topics: &[ShownTopic],
    options: &Options,
    output: &mut Output,
) -> Result<(), CommandError> {
    for topic in topics {
        if !filtered(options) {
            let mut fields = vec![format!("Topic: {}", topic.topic)];
            fields.extend(topic.topic_id.as_ref().map(|id| format!("TopicId: {id}")));
            fields.push(format!("PartitionCount: {}", topic.partition_count));
            fields.push(format!("ReplicationFactor: {}", topic.replication_factor));
            fields.push(format!("Configs: {}", topic.configs_text));
            output.line(fields.join("\t"))?;
        }
        if options.with_overrides {
            continue;
        }
        for partition in &topic.partitions {
            output.line(partition_line(&topic.topic, partition))?;
        }
    }
    Ok(())
}

fn partition_line(topic: &str, partition: &ShownPartition) -> String {
    let leader = partition
        .leader
        .map_or_else(|| "none".to_owned(), |id| id.to_string());
    let or_unknown = |ids: &Option<Vec<i32>>| ids.as_deref().map_or("N/A".to_owned(), joined);
    let mut fields = vec![
        String::new(),
        format!("Topic: {topic}"),
        format!("Partition: {}", partition.partition),
        format!("Leader: {leader}"),
        format!("Replicas: {}", joined(&partition.replicas)),
        format!("Isr: {}", joined(&partition.isr)),
    ];
    if let (Some(adding), Some(removing)) =
        (&partition.adding_replicas, &partition.removing_replicas)
    {
        fields.push(format!("Adding Replicas: {}", joined(adding)));
        fields.push(format!("Removing Replicas: {}", joined(removing)));
    }
    fields.push(format!("Elr: {}", or_unknown(&partition.elr)));
    fields.push(format!(
        "LastKnownElr: {}",
        or_unknown(&partition.last_known_elr)
    ));
    fields.join("\t")
}

fn print_table(topics: &[ShownTopic], output: &mut Output) -> Result<(), CommandError> {
    let mut rows = Vec::new();
    for topic in topics {
        for partition in &topic.partitions {
            rows.push(vec![
                topic.topic.clone(),
                partition.partition.to_string(),
                partition
                    .leader
                    .map_or_else(|| "none".to_owned(), |id| id.to_string()),
                joined(&partition.replicas),
                joined(&partition.isr),
                topic.configs_text.clone(),
            ]);
        }
    }
    output.table(
        &["TOPIC", "PARTITION", "LEADER", "REPLICAS", "ISR", "CONFIGS"],
        &rows,
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    fn partition() -> ShownPartition {
        ShownPartition {
            partition: 2,
            leader: None,
            replicas: vec![2],
            isr: vec![],
            adding_replicas: None,
            removing_replicas: None,
            elr: Some(vec![]),
            last_known_elr: None,
        }
    }

    #[test]
    fn a_partitions_line_has_kafkas_fields() {
        let line = partition_line("foo", &partition());
        let expected = "\tTopic: foo\tPartition: 2\tLeader: none\tReplicas: 2\tIsr: \tElr: \t\
                        LastKnownElr: N/A";
        assert_eq!(line, expected);
        let mut moved = partition();
        (moved.adding_replicas, moved.removing_replicas) = (Some(vec![3]), Some(vec![1, 2]));
        let line = partition_line("foo", &moved);
        assert!(
            line.contains("\tIsr: \tAdding Replicas: 3\tRemoving Replicas: 1,2\tElr: "),
            "{line}"
        );
    }
}
