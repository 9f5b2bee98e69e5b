//! The requests that the suites make, as functions of what differs in them.
//!
//! An answer's error code is returned as it came; an `Err` says that there was no answer.

use std::io;

use bytes::Bytes;
use kt::protocol::messages::create_partitions_request::CreatePartitionsTopic;
use kt::protocol::messages::create_topics_request::{CreatableTopic, CreatableTopicConfig};
use kt::protocol::messages::delete_records_request::{DeleteRecordsPartition, DeleteRecordsTopic};
use kt::protocol::messages::delete_topics_request::DeleteTopicState;
use kt::protocol::messages::describe_configs_request::DescribeConfigsResource;
use kt::protocol::messages::fetch_request::{FetchPartition, FetchTopic};
use kt::protocol::messages::incremental_alter_configs_request::{
    AlterConfigsResource, AlterableConfig,
};
use kt::protocol::messages::list_offsets_request::{ListOffsetsPartition, ListOffsetsTopic};
use kt::protocol::messages::offset_commit_request::{
    OffsetCommitRequestPartition, OffsetCommitRequestTopic,
};
use kt::protocol::messages::produce_request::{PartitionProduceData, TopicProduceData};
use kt::protocol::messages::{
    BrokerId, CreatePartitionsRequest, CreateTopicsRequest, DeleteRecordsRequest,
    DeleteTopicsRequest, DescribeConfigsRequest, FetchRequest, FindCoordinatorRequest, GroupId,
    IncrementalAlterConfigsRequest, InitProducerIdRequest, ListOffsetsRequest, MetadataRequest,
    OffsetCommitRequest, ProduceRequest,
};
use uuid::Uuid;

use crate::wire::{Wire, text, topic};

/// Resource type of a topic.
const TOPIC: i8 = 2;
/// The time that any request may take in the broker.
const TIMEOUT_MS: i32 = 20_000;
/// The produce version that the suites use: the last one with names.
pub const PRODUCE_VERSION: i16 = 12;

/// Where a partition's log begins and ends.
pub const EARLIEST: i64 = -2;
pub const LATEST: i64 = -1;

/// An error code, 0 if there is none.
pub type Code = i16;

fn absent(what: &str) -> io::Error {
    io::Error::other(format!("{what} is not in the answer"))
}

/// Creates a topic; returns its id.
pub fn create_topic(
    wire: &mut Wire,
    name: &str,
    partitions: i32,
    configs: &[(String, String)],
) -> io::Result<Result<Uuid, Code>> {
    let configs = configs.iter().map(|(key, value)| {
        CreatableTopicConfig::default()
            .with_name(text(key))
            .with_value(Some(text(value)))
    });
    let asked = CreatableTopic::default()
        .with_name(topic(name))
        .with_num_partitions(partitions)
        .with_replication_factor(1)
        .with_configs(configs.collect());
    let request = CreateTopicsRequest::default()
        .with_timeout_ms(TIMEOUT_MS)
        .with_topics(vec![asked]);
    let mut response = wire.call(7, &request)?;
    let told = response.topics.pop().ok_or_else(|| absent(name))?;
    Ok(match told.error_code {
        0 => Ok(told.topic_id),
        code => Err(code),
    })
}

pub fn delete_topic(wire: &mut Wire, name: &str) -> io::Result<Code> {
    let asked = DeleteTopicState::default().with_name(Some(topic(name)));
    let request = DeleteTopicsRequest::default()
        .with_timeout_ms(TIMEOUT_MS)
        .with_topics(vec![asked]);
    let mut response = wire.call(6, &request)?;
    let told = response.responses.pop().ok_or_else(|| absent(name))?;
    Ok(told.error_code)
}

pub fn create_partitions(wire: &mut Wire, name: &str, count: i32) -> io::Result<Code> {
    let asked = CreatePartitionsTopic::default()
        .with_name(topic(name))
        .with_count(count)
        .with_assignments(None);
    let request = CreatePartitionsRequest::default()
        .with_timeout_ms(TIMEOUT_MS)
        .with_topics(vec![asked]);
    let mut response = wire.call(3, &request)?;
    let told = response.results.pop().ok_or_else(|| absent(name))?;
    Ok(told.error_code)
}

/// Sets a topic's key, or takes its value away.
pub fn set_config(wire: &mut Wire, name: &str, key: &str, value: Option<&str>) -> io::Result<Code> {
    let change = AlterableConfig::default()
        .with_name(text(key))
        .with_config_operation(i8::from(value.is_none()))
        .with_value(value.map(text));
    let resource = AlterConfigsResource::default()
        .with_resource_type(TOPIC)
        .with_resource_name(text(name))
        .with_configs(vec![change]);
    let request = IncrementalAlterConfigsRequest::default().with_resources(vec![resource]);
    let mut response = wire.call(1, &request)?;
    let told = response.responses.pop().ok_or_else(|| absent(name))?;
    Ok(told.error_code)
}

/// Returns the keys that a topic sets for itself.
pub fn own_configs(wire: &mut Wire, name: &str) -> io::Result<Vec<(String, String)>> {
    /// Source of a value that the topic itself has.
    const DYNAMIC_TOPIC: i8 = 1;
    let resource = DescribeConfigsResource::default()
        .with_resource_type(TOPIC)
        .with_resource_name(text(name))
        .with_configuration_keys(None);
    let request = DescribeConfigsRequest::default().with_resources(vec![resource]);
    let mut response = wire.call(4, &request)?;
    let told = response.results.pop().ok_or_else(|| absent(name))?;
    if told.error_code != 0 {
        return Err(io::Error::other(format!(
            "describing {name}: error {}",
            told.error_code
        )));
    }
    let own = told.configs.into_iter();
    let own = own.filter(|config| config.config_source == DYNAMIC_TOPIC);
    Ok(own
        .map(|config| {
            let value = config.value.map(|value| value.to_string());
            (config.name.to_string(), value.unwrap_or_default())
        })
        .collect())
}

/// Deletes a partition's records below `offset`; returns the new start.
pub fn delete_records(
    wire: &mut Wire,
    (name, partition): (&str, i32),
    offset: i64,
) -> io::Result<Result<i64, Code>> {
    let asked = DeleteRecordsPartition::default()
        .with_partition_index(partition)
        .with_offset(offset);
    let asked = DeleteRecordsTopic::default()
        .with_name(topic(name))
        .with_partitions(vec![asked]);
    let request = DeleteRecordsRequest::default()
        .with_timeout_ms(TIMEOUT_MS)
        .with_topics(vec![asked]);
    let response = wire.call(2, &request)?;
    let told = response.topics.first().and_then(|t| t.partitions.first());
    let told = told.ok_or_else(|| absent(name))?;
    Ok(match told.error_code {
        0 => Ok(told.low_watermark),
        code => Err(code),
    })
}

/// Returns a fresh producer id and its epoch.
pub fn init_producer(wire: &mut Wire) -> io::Result<Result<(i64, i16), Code>> {
    let request = InitProducerIdRequest::default()
        .with_transactional_id(None)
        .with_transaction_timeout_ms(60_000);
    let response = wire.call(4, &request)?;
    Ok(match response.error_code {
        0 => Ok((response.producer_id.0, response.producer_epoch)),
        code => Err(code),
    })
}

/// Makes a request that produces one batch.
pub fn produce_request((name, partition): (&str, i32), acks: i16, batch: Bytes) -> ProduceRequest {
    let data = PartitionProduceData::default()
        .with_index(partition)
        .with_records(Some(batch));
    let data = TopicProduceData::default()
        .with_name(topic(name))
        .with_partition_data(vec![data]);
    ProduceRequest::default()
        .with_acks(acks)
        .with_timeout_ms(TIMEOUT_MS)
        .with_topic_data(vec![data])
}

/// Reads the answer to such a request: where the batch's first record is.
pub fn produced(wire: &mut Wire) -> io::Result<Result<i64, Code>> {
    let response = wire.receive::<ProduceRequest>(PRODUCE_VERSION)?;
    let told = response.responses.first();
    let told = told.and_then(|topic| topic.partition_responses.first());
    let told = told.ok_or_else(|| absent("the partition"))?;
    Ok(match told.error_code {
        0 => Ok(told.base_offset),
        code => Err(code),
    })
}

/// Returns an offset of a partition: [`EARLIEST`] or [`LATEST`].
pub fn list_offset(
    wire: &mut Wire,
    (name, partition): (&str, i32),
    which: i64,
) -> io::Result<Result<i64, Code>> {
    let asked = ListOffsetsPartition::default()
        .with_partition_index(partition)
        .with_timestamp(which);
    let asked = ListOffsetsTopic::default()
        .with_name(topic(name))
        .with_partitions(vec![asked]);
    let request = ListOffsetsRequest::default()
        .with_replica_id(BrokerId(-1))
        .with_topics(vec![asked]);
    let response = wire.call(6, &request)?;
    let told = response.topics.first().and_then(|t| t.partitions.first());
    let told = told.ok_or_else(|| absent(name))?;
    Ok(match told.error_code {
        0 => Ok(told.offset),
        code => Err(code),
    })
}

/// Returns whole batches of a partition from the one that holds `offset` on.
pub fn fetch(
    wire: &mut Wire,
    (name, partition): (&str, i32),
    offset: i64,
    wait_ms: i32,
) -> io::Result<Result<Bytes, Code>> {
    let asked = FetchPartition::default()
        .with_partition(partition)
        .with_fetch_offset(offset)
        .with_partition_max_bytes(4 << 20);
    let asked = FetchTopic::default()
        .with_topic(topic(name))
        .with_partitions(vec![asked]);
    let request = FetchRequest::default()
        .with_replica_id(BrokerId(-1))
        .with_max_wait_ms(wait_ms)
        .with_min_bytes(1)
        .with_max_bytes(8 << 20)
        .with_session_epoch(-1)
        .with_topics(vec![asked]);
    let mut response = wire.call(11, &request)?;
    let told = response.responses.first_mut();
    let told = told.and_then(|topic| topic.partitions.first_mut());
    let told = told.ok_or_else(|| absent(name))?;
    Ok(match told.error_code {
        0 => Ok(told.records.take().unwrap_or_default()),
        code => Err(code),
    })
}

/// Asks where a group's coordinator is; makes the topic of its records, if there is none.
pub fn find_coordinator(wire: &mut Wire, group: &str) -> io::Result<Code> {
    let request = FindCoordinatorRequest::default().with_coordinator_keys(vec![text(group)]);
    let mut response = wire.call(4, &request)?;
    let told = response.coordinators.pop().ok_or_else(|| absent(group))?;
    Ok(told.error_code)
}

/// Commits an offset of a group that has no members.
pub fn commit(
    wire: &mut Wire,
    group: &str,
    (name, partition): (&str, i32),
    offset: i64,
) -> io::Result<Code> {
    let asked = OffsetCommitRequestPartition::default()
        .with_partition_index(partition)
        .with_committed_offset(offset);
    let asked = OffsetCommitRequestTopic::default()
        .with_name(topic(name))
        .with_partitions(vec![asked]);
    let request = OffsetCommitRequest::default()
        .with_group_id(GroupId(text(group)))
        .with_generation_id_or_member_epoch(-1)
        .with_topics(vec![asked]);
    let response = wire.call(8, &request)?;
    let told = response.topics.first().and_then(|t| t.partitions.first());
    Ok(told.ok_or_else(|| absent(name))?.error_code)
}

/// Returns the topics that there are: name, id, number of partitions.
pub fn topics(wire: &mut Wire) -> io::Result<Vec<(String, Uuid, usize)>> {
    let request = MetadataRequest::default()
        .with_topics(None)
        .with_allow_auto_topic_creation(false);
    let response = wire.call(12, &request)?;
    let topics = response.topics.into_iter();
    Ok(topics
        .map(|topic| {
            let name = topic.name.map(|name| name.to_string()).unwrap_or_default();
            (name, topic.topic_id, topic.partitions.len())
        })
        .collect())
}
