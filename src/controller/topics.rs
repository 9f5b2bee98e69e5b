//! Creating and deleting topics (ReplicationControlManager).

use std::collections::{BTreeMap, BTreeSet};

use super::placement::{directories, initial_isr, place};
use super::topic_names::{check_free, check_name, collision_key};
use super::{Context, ControllerResult, Decide, Refusal, check_record_count};
use crate::config::topic::validate_topic_configs;
use crate::metadata::record::{Config, Partition, RemoveTopic, Topic, resource_type};
use crate::metadata::{MetadataImage, MetadataRecord, TopicImage};
use crate::protocol::ErrorCode;
use crate::types::{BrokerId, Uuid};

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
    /// Its id; that of no topic if it was only checked.
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
        if let Err(refusal) = self.check_partition_count(context) {
            let refused = |topic: &NewTopic| (topic.name.clone(), Err(refusal.clone()));
            return ControllerResult::unchanged(self.topics.iter().map(refused).collect());
        }
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
            let outcome = outcome.map(|(created, topic_records)| {
                if !self.validate_only {
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

impl CreateTopics {
    /// Refuses a command that asks for more partitions, all topics together, than it may.
    fn check_partition_count(&self, context: &Context<'_>) -> Result<(), Refusal> {
        let count = |topic: &NewTopic| match topic.partitions {
            -1 if topic.assignments.is_empty() => {
                usize::try_from(context.settings.default_partitions).unwrap_or(0)
            }
            -1 => topic.assignments.len(),
            asked => usize::try_from(asked).unwrap_or(0),
        };
        let all = self.topics.iter().map(count).fold(0, usize::saturating_add);
        if all > super::RECORDS_PER_COMMAND_MAX {
            let text = "Excessively large number of partitions per request.";
            return Err(Refusal::new(ErrorCode::PolicyViolation, text));
        }
        Ok(())
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
                "All brokers specified in the manual partition assignment for partition \
                 {number} are fenced or in controlled shutdown."
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
        checked.insert(name.clone(), value.clone());
    }
    validate_topic_configs(&checked).map_err(|error| invalid(error.to_string()))?;
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
        let mut counts: BTreeMap<&TopicRef, usize> = BTreeMap::new();
        for topic in &self.topics {
            *counts.entry(topic).or_default() += 1;
        }
        let mut records = Vec::new();
        let mut response = Vec::new();
        for topic in &self.topics {
            let outcome = if context.settings.may_delete_topics {
                find_once(context.image, topic, &counts)
            } else {
                Err(Refusal::plain(ErrorCode::TopicDeletionDisabled))
            };
            let outcome = outcome.map(|found| {
                records.push(RemoveTopic { topic_id: found.id }.into());
                (found.name.clone(), found.id)
            });
            response.push((topic.clone(), outcome));
        }
        ControllerResult { records, response }
    }
}

/// Finds a topic that the command names once; one that is named twice stays.
fn find_once<'a>(
    image: &'a MetadataImage,
    topic: &TopicRef,
    counts: &BTreeMap<&TopicRef, usize>,
) -> Result<&'a TopicImage, Refusal> {
    let refuse = |text: &str| Err(Refusal::new(ErrorCode::InvalidRequest, text));
    if counts.get(topic).is_some_and(|count| *count > 1) {
        return match topic {
            TopicRef::Name(_) => refuse("Duplicate topic name."),
            TopicRef::Id(_) => refuse("Duplicate topic id."),
        };
    }
    let found = find(image, topic)?;
    let other = match topic {
        TopicRef::Name(_) => TopicRef::Id(found.id),
        TopicRef::Id(_) => TopicRef::Name(found.name.clone()),
    };
    if counts.contains_key(&other) {
        return refuse("The provided topic name maps to an ID that was already supplied.");
    }
    Ok(found)
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

#[cfg(test)]
mod tests {
    use super::super::fixture::{apply, cluster, decide, registration, run};
    use super::*;
    use crate::metadata::record::RegisterBroker;

    fn new(name: &str) -> NewTopic {
        NewTopic {
            name: name.to_owned(),
            partitions: -1,
            replication_factor: -1,
            ..NewTopic::default()
        }
    }

    fn with_configs(pairs: &[(&str, &str)]) -> NewTopic {
        let pair = |(key, value): &(&str, &str)| ((*key).to_owned(), Some((*value).to_owned()));
        NewTopic {
            configs: pairs.iter().map(pair).collect(),
            ..new("t")
        }
    }

    fn by_hand(lists: &[&[i32]]) -> NewTopic {
        let lists = (0..).zip(lists).map(|(number, ids)| (number, ids.to_vec()));
        NewTopic {
            assignments: lists.collect(),
            ..new("t")
        }
    }

    fn create(topics: Vec<NewTopic>) -> CreateTopics {
        CreateTopics {
            topics,
            validate_only: false,
        }
    }

    #[track_caller]
    fn refused(image: &MetadataImage, topic: NewTopic, code: ErrorCode, message: &str) {
        let result = decide(image, &create(vec![topic]));
        assert_eq!(result.response[0].1, Err(Refusal::new(code, message)));
        assert_eq!(result.records, []);
    }

    #[test]
    fn a_bare_create_takes_the_defaults() {
        let mut image = cluster(&[1]);
        let response = run(&mut image, &create(vec![new("t")]));
        let created = response[0].1.clone().unwrap();
        assert_eq!((created.partitions, created.replication_factor), (1, 1));
        let topic = image.topic("t").unwrap();
        assert_eq!(topic.id, created.id);
        let partition = &topic.partitions[0];
        assert_eq!(partition.replicas, [BrokerId(1)]);
        assert_eq!(
            (partition.leader, partition.leader_epoch.0),
            (BrokerId(1), 0)
        );
        assert_eq!(partition.directories, [Uuid(1001)]);
    }

    #[test]
    fn names_are_refused_in_kafkas_words() {
        let image = cluster(&[1]);
        let long = "y".repeat(250);
        let cases = [
            (".", "'.' is not allowed".to_owned()),
            ("..", "'..' is not allowed".to_owned()),
            ("", "the empty string is not allowed".to_owned()),
            (
                "a b",
                "'a b' contains one or more characters other than ASCII alphanumerics, '.', '_' \
                 and '-'"
                    .to_owned(),
            ),
            (
                &long,
                format!("the length of '{long}' is longer than the max allowed length 249"),
            ),
        ];
        for (name, why) in cases {
            let text = format!("Topic name is invalid: {why}");
            refused(&image, new(name), ErrorCode::InvalidTopicException, &text);
        }
        assert!(
            decide(&image, &create(vec![new(&"x".repeat(249))])).response[0]
                .1
                .is_ok()
        );
    }

    #[test]
    fn names_that_are_taken_or_collide_are_refused() {
        let mut image = cluster(&[1]);
        run(&mut image, &create(vec![new("foo"), new("a.b")]));
        let exists = "Topic 'foo' already exists.";
        refused(&image, new("foo"), ErrorCode::TopicAlreadyExists, exists);
        let collides = "Topic 'a_b' collides with existing topic: a.b";
        refused(
            &image,
            new("a_b"),
            ErrorCode::InvalidTopicException,
            collides,
        );
        let result = decide(&image, &create(vec![new("c.d"), new("c_d")]));
        assert!(result.response[0].1.is_ok() && result.response[1].1.is_err());
    }

    #[test]
    fn a_name_given_twice_is_refused_both_times_and_others_are_made() {
        let image = cluster(&[1]);
        let result = decide(&image, &create(vec![new("a"), new("b"), new("a")]));
        let codes: Vec<_> = result
            .response
            .iter()
            .map(|(_, r)| r.as_ref().err())
            .collect();
        let twice = Refusal::new(ErrorCode::InvalidRequest, "Duplicate topic name.");
        assert_eq!(codes, [Some(&twice), None, Some(&twice)]);
    }

    #[test]
    fn counts_are_refused_in_kafkas_words() {
        let image = cluster(&[1]);
        refused(
            &image,
            NewTopic {
                partitions: 0,
                ..new("t")
            },
            ErrorCode::InvalidPartitions,
            "Number of partitions was set to an invalid non-positive value.",
        );
        refused(
            &image,
            NewTopic {
                replication_factor: 0,
                ..new("t")
            },
            ErrorCode::InvalidReplicationFactor,
            "Replication factor must be larger than 0, or -1 to use the default value.",
        );
        refused(
            &image,
            NewTopic {
                replication_factor: 3,
                ..new("t")
            },
            ErrorCode::InvalidReplicationFactor,
            "Unable to replicate the partition 3 time(s): The target replication factor of 3 \
             cannot be reached because only 1 broker(s) are registered or some brokers have all \
             their log directories cordoned.",
        );
        let many = decide(
            &image,
            &create(vec![NewTopic {
                partitions: 10_001,
                ..new("t")
            }]),
        );
        assert_eq!(
            many.response[0].1.as_ref().unwrap_err().code,
            ErrorCode::PolicyViolation
        );
        let many: Vec<_> = ["a", "b"]
            .into_iter()
            .map(|name| NewTopic {
                partitions: 6000,
                ..new(name)
            })
            .collect();
        let many = decide(&image, &create(many));
        assert!(many.records.is_empty() && many.response.iter().all(|(_, r)| r.is_err()));
    }

    #[test]
    fn replicas_by_hand_are_taken_or_refused_in_kafkas_words() {
        let mut image = cluster(&[1, 2]);
        let fenced = RegisterBroker {
            fenced: true,
            ..registration(3, None)
        };
        apply(&mut image, &[fenced.into()]);
        let invalid = ErrorCode::InvalidReplicaAssignment;
        let cases: [(&[&[i32]], &str); 5] = [
            (
                &[&[1], &[9]],
                "The manual partition assignment includes broker 9, but no such broker is \
                 registered.",
            ),
            (
                &[&[1, 1]],
                "The manual partition assignment includes the broker 1 more than once.",
            ),
            (
                &[&[1], &[1, 2]],
                "The manual partition assignment includes a partition with 2 replica(s), but \
                 this is not consistent with previous partitions, which have 1 replica(s).",
            ),
            (
                &[&[]],
                "The manual partition assignment includes an empty replica list.",
            ),
            (
                &[&[3]],
                "All brokers specified in the manual partition assignment for partition 0 are \
                 fenced or in controlled shutdown.",
            ),
        ];
        for (lists, text) in cases {
            refused(&image, by_hand(lists), invalid, text);
        }
        let gap = NewTopic {
            assignments: vec![(0, vec![1]), (2, vec![1])],
            ..new("t")
        };
        refused(
            &image,
            gap,
            invalid,
            "partitions should be a consecutive 0-based integer sequence",
        );
        let counted = NewTopic {
            partitions: 1,
            ..by_hand(&[&[1]])
        };
        refused(
            &image,
            counted,
            ErrorCode::InvalidRequest,
            "A manual partition assignment was specified, but numPartitions was not set to -1.",
        );
        run(&mut image, &create(vec![by_hand(&[&[3, 2, 1]])]));
        let partition = &image.topic("t").unwrap().partitions[0];
        assert_eq!(partition.isr, [BrokerId(2), BrokerId(1)]);
        assert_eq!(partition.leader, BrokerId(2));
    }

    #[test]
    fn settings_are_stored_or_refused_in_kafkas_words() {
        let mut image = cluster(&[1]);
        let invalid = ErrorCode::InvalidConfig;
        let unknown = "Unknown topic config name: retention";
        refused(
            &image,
            with_configs(&[("retention", "1")]),
            invalid,
            unknown,
        );
        refused(
            &image,
            with_configs(&[
                ("min.compaction.lag.ms", "2000"),
                ("max.compaction.lag.ms", "1000"),
            ]),
            invalid,
            "conflict topic config setting min.compaction.lag.ms (2000) > max.compaction.lag.ms \
             (1000)",
        );
        let null = NewTopic {
            configs: vec![("retention.ms".to_owned(), None)],
            ..new("t")
        };
        let text = "Null value not supported for topic configs: retention.ms";
        refused(&image, null, invalid, text);
        run(
            &mut image,
            &create(vec![with_configs(&[("retention.ms", "60000")])]),
        );
        let config = image.config(resource_type::TOPIC, "t").unwrap();
        assert_eq!(
            config.get("retention.ms").map(String::as_str),
            Some("60000")
        );
    }

    #[test]
    fn validate_only_answers_and_writes_nothing() {
        let image = cluster(&[1]);
        let only = CreateTopics {
            topics: vec![new("t")],
            validate_only: true,
        };
        let result = decide(&image, &only);
        assert!(result.response[0].1.is_ok() && result.records.is_empty());
    }

    #[test]
    fn topics_are_deleted_by_name_and_by_id_with_their_settings() {
        let mut image = cluster(&[1]);
        run(
            &mut image,
            &create(vec![with_configs(&[("retention.ms", "1")]), new("u")]),
        );
        let id = image.topic("u").unwrap().id;
        let name = |name: &str| TopicRef::Name(name.to_owned());
        let topics = vec![
            name("t"),
            TopicRef::Id(id),
            name("nope"),
            TopicRef::Id(Uuid(5)),
        ];
        let response = run(&mut image, &DeleteTopics { topics });
        let codes: Vec<_> = response
            .iter()
            .map(|(_, r)| r.as_ref().err().map(|refusal| refusal.code))
            .collect();
        let unknown = Some(ErrorCode::UnknownTopicOrPartition);
        assert_eq!(
            codes,
            [None, None, unknown, Some(ErrorCode::UnknownTopicId)]
        );
        assert_eq!(image.topic_count(), 0);
        assert!(image.config(resource_type::TOPIC, "t").is_none());
    }

    #[test]
    fn a_topic_named_twice_is_not_deleted() {
        let mut image = cluster(&[1]);
        run(&mut image, &create(vec![new("t")]));
        let id = image.topic("t").unwrap().id;
        let name = TopicRef::Name("t".to_owned());
        for topics in [
            vec![name.clone(), name.clone()],
            vec![name, TopicRef::Id(id)],
        ] {
            let result = decide(&image, &DeleteTopics { topics });
            assert_eq!(result.records, []);
            for (_, outcome) in result.response {
                assert_eq!(outcome.unwrap_err().code, ErrorCode::InvalidRequest);
            }
        }
    }
}
