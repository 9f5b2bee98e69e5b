//! Creating and deleting topics (ReplicationControlManager).

use std::collections::{BTreeMap, BTreeSet};

use super::placement::{directories, initial_isr, place};
use super::{Context, ControllerResult, Decide, Refusal, check_record_count};
use crate::config::topic::validate_topic_value;
use crate::metadata::record::{Config, Partition, RemoveTopic, Topic, resource_type};
use crate::metadata::{MetadataImage, MetadataRecord, TopicImage};
use crate::protocol::ErrorCode;
use crate::types::{BrokerId, Uuid};

/// The longest name (`Topic.MAX_NAME_LENGTH`).
const NAME_BYTES_MAX: usize = 249;
/// The topic that only the controller writes.
const METADATA_TOPIC: &str = "__cluster_metadata";

/// A topic to create.
#[derive(Clone, Debug, Default)]
pub struct NewTopic {
    /// Its name.
    pub name: String,
    /// How many partitions; -1 for `num.partitions`.
    pub partitions: i32,
    /// How many replicas each; -1 for `default.replication.factor`.
    pub replication_factor: i16,
    /// The replicas of each partition; empty leaves it to the controller.
    pub assignments: Vec<(i32, Vec<i32>)>,
    /// Settings; a value may be missing, which is refused.
    pub configs: Vec<(String, Option<String>)>,
}

/// Creates topics, each on its own: one may fail, the others are made.
#[derive(Clone, Debug)]
pub struct CreateTopics {
    /// The topics.
    pub topics: Vec<NewTopic>,
    /// Only check.
    pub validate_only: bool,
}

/// A topic that was created, or would be.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CreatedTopic {
    /// Its id; zero if it was only checked.
    pub id: Uuid,
    /// How many partitions it has.
    pub partitions: i32,
    /// How many replicas each has.
    pub replication_factor: i16,
}

impl Decide for CreateTopics {
    /// One outcome a topic, in the order of the command.
    type Response = Vec<(String, Result<CreatedTopic, Refusal>)>;

    fn decide(&self, context: &mut Context<'_>) -> ControllerResult<Self::Response> {
        let mut counts: BTreeMap<&str, usize> = BTreeMap::new();
        for topic in &self.topics {
            *counts.entry(&topic.name).or_default() += 1;
        }
        let mut records = Vec::new();
        let mut response = Vec::new();
        let mut made: BTreeMap<String, String> = BTreeMap::new();
        for topic in &self.topics {
            let outcome = if counts
                .get(topic.name.as_str())
                .is_some_and(|count| *count > 1)
            {
                Err(Refusal::new(
                    ErrorCode::InvalidRequest,
                    "Duplicate topic name.",
                ))
            } else {
                create(topic, &made, context)
            };
            let outcome = outcome.map(|(mut created, topic_records)| {
                if self.validate_only {
                    created.id = Uuid::ZERO;
                } else {
                    records.extend(topic_records);
                    made.insert(collision_key(&topic.name), topic.name.clone());
                }
                created
            });
            response.push((topic.name.clone(), outcome));
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

fn create(
    topic: &NewTopic,
    made: &BTreeMap<String, String>,
    context: &mut Context<'_>,
) -> Result<(CreatedTopic, Vec<MetadataRecord>), Refusal> {
    check_name(&topic.name)?;
    check_free(context.image, &topic.name, made)?;
    let configs = check_configs(&topic.configs)?;
    let placed = if topic.assignments.is_empty() {
        placed_by_count(topic, context)?
    } else {
        if topic.replication_factor != -1 {
            return Err(Refusal::new(
                ErrorCode::InvalidRequest,
                "A manual partition assignment was specified, but replication factor was not set \
                 to -1.",
            ));
        }
        if topic.partitions != -1 {
            return Err(Refusal::new(
                ErrorCode::InvalidRequest,
                "A manual partition assignment was specified, but numPartitions was not set to \
                 -1.",
            ));
        }
        placed_by_hand(topic, context.image)?
    };
    let id = context.rng.uuid();
    let mut records = vec![
        Topic {
            name: topic.name.clone(),
            topic_id: id,
        }
        .into(),
    ];
    records.extend(configs.into_iter().map(|(name, value)| {
        Config {
            resource_type: resource_type::TOPIC,
            resource_name: topic.name.clone(),
            name,
            value: Some(value),
        }
        .into()
    }));
    for (number, replicas) in (0..).zip(&placed) {
        records.push(new_partition(context.image, id, number, replicas)?.into());
    }
    let created = CreatedTopic {
        id,
        partitions: i32::try_from(placed.len()).unwrap_or(i32::MAX),
        replication_factor: placed.first().map_or(0, |replicas| {
            i16::try_from(replicas.len()).unwrap_or(i16::MAX)
        }),
    };
    Ok((created, records))
}

/// Returns the record of a partition that nobody led before.
pub(super) fn new_partition(
    image: &MetadataImage,
    topic_id: Uuid,
    number: i32,
    replicas: &[BrokerId],
) -> Result<Partition, Refusal> {
    let isr = initial_isr(image, replicas);
    let Some(leader) = isr.first() else {
        return Err(Refusal::new(
            ErrorCode::InvalidReplicaAssignment,
            format!(
                "All brokers specified in the manual partition assignment for partition {number} are fenced or in controlled shutdown."
            ),
        ));
    };
    Ok(Partition {
        partition_id: number,
        topic_id,
        leader: leader.0,
        replicas: replicas.iter().map(|id| id.0).collect(),
        isr: isr.iter().map(|id| id.0).collect(),
        directories: directories(image, replicas),
        ..Partition::default()
    })
}

fn placed_by_count(
    topic: &NewTopic,
    context: &mut Context<'_>,
) -> Result<Vec<Vec<BrokerId>>, Refusal> {
    if topic.replication_factor < -1 || topic.replication_factor == 0 {
        return Err(Refusal::new(
            ErrorCode::InvalidReplicationFactor,
            "Replication factor must be larger than 0, or -1 to use the default value.",
        ));
    }
    if topic.partitions < -1 || topic.partitions == 0 {
        return Err(Refusal::new(
            ErrorCode::InvalidPartitions,
            "Number of partitions was set to an invalid non-positive value.",
        ));
    }
    let settings = context.settings;
    let partitions = if topic.partitions == -1 {
        settings.default_partitions
    } else {
        topic.partitions
    };
    let replicas = if topic.replication_factor == -1 {
        settings.default_replication_factor
    } else {
        topic.replication_factor
    };
    if usize::try_from(partitions).unwrap_or(0) > super::RECORDS_PER_COMMAND_MAX {
        let text = format!(
            "Excessively large number of partitions per request: {partitions}, at most {}.",
            super::RECORDS_PER_COMMAND_MAX
        );
        return Err(Refusal::new(ErrorCode::PolicyViolation, text));
    }
    place(context.image, partitions, replicas, context.rng)
}

fn placed_by_hand(topic: &NewTopic, image: &MetadataImage) -> Result<Vec<Vec<BrokerId>>, Refusal> {
    let invalid = |text: String| Refusal::new(ErrorCode::InvalidReplicaAssignment, text);
    let mut by_number: BTreeMap<i32, Vec<BrokerId>> = BTreeMap::new();
    let mut expected = None;
    for (number, replicas) in &topic.assignments {
        let replicas: Vec<BrokerId> = replicas.iter().copied().map(BrokerId).collect();
        check_assignment(image, &replicas, expected)?;
        expected = Some(replicas.len());
        if by_number.insert(*number, replicas).is_some() {
            return Err(invalid(format!(
                "Found multiple manual partition assignments for partition {number}"
            )));
        }
    }
    if !(0..)
        .zip(by_number.keys())
        .all(|(expected, number)| expected == *number)
    {
        return Err(invalid(
            "partitions should be a consecutive 0-based integer sequence".to_owned(),
        ));
    }
    Ok(by_number.into_values().collect())
}

/// Checks the replicas that a person chose for one partition.
pub(super) fn check_assignment(
    image: &MetadataImage,
    replicas: &[BrokerId],
    expected: Option<usize>,
) -> Result<(), Refusal> {
    let refuse = |text: String| Err(Refusal::new(ErrorCode::InvalidReplicaAssignment, text));
    if replicas.is_empty() {
        return refuse(
            "The manual partition assignment includes an empty replica list.".to_owned(),
        );
    }
    let mut seen = BTreeSet::new();
    let mut sorted = replicas.to_vec();
    sorted.sort();
    for id in sorted {
        if image.broker(id).is_none() {
            return refuse(format!(
                "The manual partition assignment includes broker {id}, but no such broker is \
                 registered."
            ));
        }
        if !seen.insert(id) {
            return refuse(format!(
                "The manual partition assignment includes the broker {id} more than once."
            ));
        }
    }
    match expected {
        Some(expected) if expected != replicas.len() => refuse(format!(
            "The manual partition assignment includes a partition with {} replica(s), but this \
             is not consistent with previous partitions, which have {expected} replica(s).",
            replicas.len()
        )),
        _ => Ok(()),
    }
}

/// Checks the form of a name (`Topic.validate`).
fn check_name(name: &str) -> Result<(), Refusal> {
    let refuse = |why: String| {
        let text = format!("Topic name is invalid: {why}");
        Err(Refusal::new(ErrorCode::InvalidTopicException, text))
    };
    if name.is_empty() {
        return refuse("the empty string is not allowed".to_owned());
    }
    if name == "." || name == ".." {
        return refuse(format!("'{name}' is not allowed"));
    }
    if name.len() > NAME_BYTES_MAX {
        return refuse(format!(
            "the length of '{name}' is longer than the max allowed length {NAME_BYTES_MAX}"
        ));
    }
    if !name
        .bytes()
        .all(|b| b.is_ascii_alphanumeric() || b"._-".contains(&b))
    {
        return refuse(format!(
            "'{name}' contains one or more characters other than ASCII alphanumerics, '.', '_' \
             and '-'"
        ));
    }
    if name == METADATA_TOPIC {
        return Err(Refusal::new(
            ErrorCode::InvalidRequest,
            format!("Creation of internal topic {METADATA_TOPIC} is prohibited."),
        ));
    }
    Ok(())
}

/// Returns the name as metrics would spell it: topics that are the same there collide.
fn collision_key(name: &str) -> String {
    name.replace('.', "_")
}

fn check_free(
    image: &MetadataImage,
    name: &str,
    made: &BTreeMap<String, String>,
) -> Result<(), Refusal> {
    if image.topic(name).is_some() {
        let text = format!("Topic '{name}' already exists.");
        return Err(Refusal::new(ErrorCode::TopicAlreadyExists, text));
    }
    if !name.contains(['.', '_']) {
        return Ok(());
    }
    let key = collision_key(name);
    // Names that collide share what precedes the first of the two characters.
    let prefix = name.split(['.', '_']).next().unwrap_or_default();
    let known = image
        .topics_from(prefix)
        .take_while(|topic| topic.name.starts_with(prefix))
        .map(|topic| &topic.name)
        .find(|other| collision_key(other) == key);
    match known.or_else(|| made.get(&key)) {
        Some(other) => Err(Refusal::new(
            ErrorCode::InvalidTopicException,
            format!("Topic '{name}' collides with existing topic: {other}"),
        )),
        None => Ok(()),
    }
}

fn check_configs(
    configs: &[(String, Option<String>)],
) -> Result<BTreeMap<String, String>, Refusal> {
    let invalid = |text: String| Refusal::new(ErrorCode::InvalidConfig, text);
    let mut checked = BTreeMap::new();
    for (name, value) in configs {
        let Some(value) = value else {
            return Err(invalid(format!(
                "Null value not supported for topic configs: {name}"
            )));
        };
        validate_topic_value(name, value).map_err(|error| invalid(error.to_string()))?;
        checked.insert(name.clone(), value.clone());
    }
    Ok(checked)
}

/// A topic as a request names it.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum TopicRef {
    /// By name.
    Name(String),
    /// By id.
    Id(Uuid),
}

/// Deletes topics, each on its own.
#[derive(Clone, Debug)]
pub struct DeleteTopics {
    /// The topics.
    pub topics: Vec<TopicRef>,
}

impl Decide for DeleteTopics {
    /// One outcome a topic, in the order of the command: name and id of what is gone.
    type Response = Vec<(TopicRef, Result<(String, Uuid), Refusal>)>;

    fn decide(&self, context: &mut Context<'_>) -> ControllerResult<Self::Response> {
        let mut records = Vec::new();
        let mut response = Vec::new();
        let mut seen = BTreeSet::new();
        for topic in &self.topics {
            let found = find(context.image, topic);
            let outcome = if !context.settings.may_delete_topics {
                Err(Refusal::plain(ErrorCode::TopicDeletionDisabled))
            } else {
                found.and_then(|found| {
                    if !seen.insert(found.id) {
                        let text = "Duplicate topic name or id.";
                        return Err(Refusal::new(ErrorCode::InvalidRequest, text));
                    }
                    records.push(RemoveTopic { topic_id: found.id }.into());
                    Ok((found.name.clone(), found.id))
                })
            };
            response.push((topic.clone(), outcome));
        }
        ControllerResult { records, response }
    }
}

fn find<'a>(image: &'a MetadataImage, topic: &TopicRef) -> Result<&'a TopicImage, Refusal> {
    match topic {
        TopicRef::Name(name) => image
            .topic(name)
            .map(AsRef::as_ref)
            .ok_or_else(|| Refusal::plain(ErrorCode::UnknownTopicOrPartition)),
        TopicRef::Id(id) => image
            .topic_by_id(*id)
            .map(AsRef::as_ref)
            .ok_or_else(|| Refusal::plain(ErrorCode::UnknownTopicId)),
    }
}
