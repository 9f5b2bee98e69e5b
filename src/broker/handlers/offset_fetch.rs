//! OffsetFetch, versions 1 to 10: how far groups have read.
//!
//! Version 2 can ask for everything, 5 tells the leader epoch (KIP-320), 7 can wait for open
//! transactions (KIP-447), 8 asks for several groups (KIP-709), 9 knows the epochs of consumer
//! groups (KIP-848), 10 names topics by id.

use super::group_call::{ask, group_id, owned};
use super::wire::{text, topic_name, uuid};
use crate::broker::answer::Answer;
use crate::broker::context::RequestContext;
use crate::broker::dispatch::Handle;
use crate::coordinator::group::{FetchOffsets, FetchedOffset, GroupRequest, GroupResponse};
use crate::metadata::MetadataImage;
use crate::protocol::ErrorCode;
use crate::protocol::messages::offset_fetch_request::OffsetFetchRequestGroup;
use crate::protocol::messages::offset_fetch_response::{
    OffsetFetchResponseGroup, OffsetFetchResponsePartition, OffsetFetchResponsePartitions,
    OffsetFetchResponseTopic, OffsetFetchResponseTopics,
};
use crate::protocol::messages::{OffsetFetchRequest, OffsetFetchResponse};
use crate::types::Uuid;

/// The first version with an error for all.
const ERROR_VERSION_MIN: i16 = 2;
/// The first version with the leader epoch.
const LEADER_EPOCH_VERSION_MIN: i16 = 5;
/// The first version with several groups.
const GROUPS_VERSION_MIN: i16 = 8;
/// The first version that names topics by id.
const TOPIC_ID_VERSION_MIN: i16 = 10;

type Fetched = Vec<(String, Vec<FetchedOffset>)>;

impl Handle for OffsetFetchRequest {
    async fn handle(self, context: &RequestContext<'_>) -> Answer {
        if context.version() < GROUPS_VERSION_MIN {
            return one_group(self, context).await.into();
        }
        let mut groups = Vec::new();
        for group in &self.groups {
            groups.push(one_of_many(group, self.require_stable, context).await);
        }
        OffsetFetchResponse::default().with_groups(groups).into()
    }
}

async fn fetch(asked: FetchOffsets, context: &RequestContext<'_>) -> Result<Fetched, ErrorCode> {
    let group = asked.group.clone();
    match ask(context, &group, GroupRequest::Fetch(asked)).await? {
        GroupResponse::Fetched(fetched) => Ok(fetched),
        _ => Err(ErrorCode::UnknownServerError),
    }
}

async fn one_group(
    request: OffsetFetchRequest,
    context: &RequestContext<'_>,
) -> OffsetFetchResponse {
    let version = context.version();
    let topics = request.topics.map(|topics| {
        let of = topics.into_iter();
        of.map(|topic| (topic.name.to_string(), topic.partition_indexes))
            .collect::<Vec<_>>()
    });
    let asked = FetchOffsets {
        group: request.group_id.to_string(),
        member: None,
        epoch: -1,
        topics: topics.clone(),
        require_stable: request.require_stable,
    };
    let (fetched, code) = match fetch(asked, context).await {
        Ok(fetched) => (fetched, ErrorCode::None),
        // Version 1 has no place for it but beside each partition.
        Err(code) if version < ERROR_VERSION_MIN => {
            (refused(topics.unwrap_or_default(), code), ErrorCode::None)
        }
        Err(code) => (Vec::new(), code),
    };
    let topics = fetched.into_iter().map(|(name, offsets)| {
        let partitions = offsets.into_iter().map(|offset| {
            let told = OffsetFetchResponsePartition::default()
                .with_partition_index(offset.partition)
                .with_committed_offset(offset.offset)
                .with_metadata(Some(text(offset.metadata)))
                .with_error_code(offset.error.code());
            if version >= LEADER_EPOCH_VERSION_MIN {
                told.with_committed_leader_epoch(offset.leader_epoch)
            } else {
                told
            }
        });
        OffsetFetchResponseTopic::default()
            .with_name(topic_name(&name))
            .with_partitions(partitions.collect())
    });
    OffsetFetchResponse::default()
        .with_topics(topics.collect())
        .with_error_code(code.code())
}

fn refused(topics: Vec<(String, Vec<i32>)>, code: ErrorCode) -> Fetched {
    let of = |(name, numbers): (String, Vec<i32>)| {
        let offsets = numbers.into_iter().map(|number| nothing(number, code));
        (name, offsets.collect())
    };
    topics.into_iter().map(of).collect()
}

const fn nothing(partition: i32, error: ErrorCode) -> FetchedOffset {
    FetchedOffset {
        partition,
        offset: -1,
        leader_epoch: -1,
        metadata: String::new(),
        error,
    }
}

async fn one_of_many(
    group: &OffsetFetchRequestGroup,
    require_stable: bool,
    context: &RequestContext<'_>,
) -> OffsetFetchResponseGroup {
    let image = context.image.load_full();
    let by_id = context.version() >= TOPIC_ID_VERSION_MIN;
    let mut unknown = Vec::new();
    let topics = group.topics.as_ref().map(|topics| {
        let mut known = Vec::new();
        for topic in topics {
            let numbers = topic.partition_indexes.clone();
            if !by_id {
                known.push((topic.name.to_string(), numbers));
            } else if let Some(found) = image.topic_by_id(Uuid(topic.topic_id.as_u128())) {
                known.push((found.name.clone(), numbers));
            } else {
                unknown.push((topic.topic_id, numbers));
            }
        }
        known
    });
    let asked = FetchOffsets {
        group: group.group_id.to_string(),
        member: owned(group.member_id.as_ref()),
        epoch: group.member_epoch,
        topics,
        require_stable,
    };
    let response = OffsetFetchResponseGroup::default().with_group_id(group_id(&group.group_id));
    let fetched = match fetch(asked, context).await {
        Ok(fetched) => fetched,
        Err(code) => return response.with_error_code(code.code()),
    };
    let mut told = Vec::new();
    for (name, offsets) in fetched {
        let topic = OffsetFetchResponseTopics::default().with_partitions(partitions(offsets));
        if !by_id {
            told.push(topic.with_name(topic_name(&name)));
        } else if let Some(id) = id_of(&name, &image) {
            told.push(topic.with_topic_id(id));
        }
    }
    for (id, numbers) in unknown {
        let code = ErrorCode::UnknownTopicId;
        let offsets = numbers.into_iter().map(|number| nothing(number, code));
        let topic = OffsetFetchResponseTopics::default()
            .with_topic_id(id)
            .with_partitions(partitions(offsets.collect()));
        told.push(topic);
    }
    response.with_topics(told)
}

/// Returns the id of a topic; offsets of one that is gone are not told by id.
fn id_of(name: &str, image: &MetadataImage) -> Option<uuid::Uuid> {
    image.topic(name).map(|topic| uuid(topic.id))
}

fn partitions(offsets: Vec<FetchedOffset>) -> Vec<OffsetFetchResponsePartitions> {
    let of = |offset: FetchedOffset| {
        OffsetFetchResponsePartitions::default()
            .with_partition_index(offset.partition)
            .with_committed_offset(offset.offset)
            .with_committed_leader_epoch(offset.leader_epoch)
            .with_metadata(Some(text(offset.metadata)))
            .with_error_code(offset.error.code())
    };
    offsets.into_iter().map(of).collect()
}
