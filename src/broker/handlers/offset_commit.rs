//! OffsetCommit, versions 2 to 10: how far a group has read.
//!
//! Versions 2 to 4 say how long to keep it, 6 the leader epoch (KIP-320), 7 static ids (KIP-345),
//! 9 the epochs of consumer groups (KIP-848), 10 names topics by id.

use super::group_call::{ask, owned};
use super::wire::{topic_name, uuid};
use crate::broker::answer::Answer;
use crate::broker::context::RequestContext;
use crate::broker::dispatch::Handle;
use crate::coordinator::group::{Commit, GroupRequest, GroupResponse, Member, NewOffset};
use crate::metadata::MetadataImage;
use crate::protocol::ErrorCode;
use crate::protocol::messages::offset_commit_request::OffsetCommitRequestTopic;
use crate::protocol::messages::offset_commit_response::{
    OffsetCommitResponsePartition, OffsetCommitResponseTopic,
};
use crate::protocol::messages::{OffsetCommitRequest, OffsetCommitResponse};
use crate::types::Uuid;

/// The first version in which a missing group is named as such.
const MISSING_VERSION_MIN: i16 = 9;
/// The first version that names topics by id.
const TOPIC_ID_VERSION_MIN: i16 = 10;

impl Handle for OffsetCommitRequest {
    async fn handle(self, context: &RequestContext<'_>) -> Answer {
        let image = context.image.load_full();
        let by_id = context.version() >= TOPIC_ID_VERSION_MIN;
        let mut offsets = Vec::new();
        // What is known now is asked of the coordinator; the rest is answered here.
        let mut answers: Vec<(Named, Vec<(i32, ErrorCode)>)> = Vec::new();
        for topic in &self.topics {
            let named = Named::of(topic, by_id, &image);
            let mut codes = Vec::new();
            for partition in &topic.partitions {
                let number = partition.partition_index;
                let code = named.check(number, &image);
                if code == ErrorCode::None {
                    let metadata = owned(partition.committed_metadata.as_ref());
                    offsets.push(NewOffset {
                        topic: named.name.clone(),
                        topic_id: named.id,
                        partition: number,
                        offset: partition.committed_offset,
                        leader_epoch: partition.committed_leader_epoch,
                        metadata: metadata.unwrap_or_default(),
                    });
                }
                codes.push((number, code));
            }
            answers.push((named, codes));
        }
        let codes = if offsets.is_empty() {
            Vec::new()
        } else {
            commit(&self, offsets, context).await
        };
        let mut codes = codes.into_iter();
        let topics = answers.into_iter().map(|(named, partitions)| {
            let partitions = partitions.into_iter().map(|(number, code)| {
                let code = match code {
                    ErrorCode::None => codes.next().unwrap_or(ErrorCode::UnknownServerError),
                    refused => refused,
                };
                OffsetCommitResponsePartition::default()
                    .with_partition_index(number)
                    .with_error_code(code.code())
            });
            let topic = OffsetCommitResponseTopic::default().with_partitions(partitions.collect());
            if by_id {
                topic.with_topic_id(uuid(named.id))
            } else {
                topic.with_name(topic_name(&named.name))
            }
        });
        let topics = topics.collect();
        OffsetCommitResponse::default().with_topics(topics).into()
    }
}

/// A topic of the request.
struct Named {
    name: String,
    id: Uuid,
    /// What is said of all its partitions if it is not there.
    missing: Option<ErrorCode>,
}

impl Named {
    fn of(topic: &OffsetCommitRequestTopic, by_id: bool, image: &MetadataImage) -> Self {
        if by_id {
            let id = Uuid(topic.topic_id.as_u128());
            let known = image.topic_by_id(id);
            return Self {
                name: known.map(|topic| topic.name.clone()).unwrap_or_default(),
                id,
                missing: known.is_none().then_some(ErrorCode::UnknownTopicId),
            };
        }
        let name = topic.name.to_string();
        let known = image.topic(&name);
        let unknown = ErrorCode::UnknownTopicOrPartition;
        Self {
            id: known.map(|topic| topic.id).unwrap_or_default(),
            missing: known.is_none().then_some(unknown),
            name,
        }
    }

    fn check(&self, partition: i32, image: &MetadataImage) -> ErrorCode {
        match self.missing {
            Some(code) => code,
            None if image.partition(&self.name, partition).is_none() => {
                ErrorCode::UnknownTopicOrPartition
            }
            None => ErrorCode::None,
        }
    }
}

/// Returns a code for each offset.
async fn commit(
    request: &OffsetCommitRequest,
    offsets: Vec<NewOffset>,
    context: &RequestContext<'_>,
) -> Vec<ErrorCode> {
    let count = offsets.len();
    let retention_ms = request.retention_time_ms;
    let commit = Commit {
        group: request.group_id.to_string(),
        member: Member {
            id: request.member_id.to_string(),
            instance: owned(request.group_instance_id.as_ref()),
        },
        epoch: request.generation_id_or_member_epoch,
        retention_ms: (retention_ms >= 0).then_some(retention_ms),
        names_missing_group: context.version() >= MISSING_VERSION_MIN,
        offsets,
    };
    match ask(context, &request.group_id, GroupRequest::Commit(commit)).await {
        Ok(GroupResponse::Codes(codes)) => codes,
        Ok(_) => vec![ErrorCode::UnknownServerError; count],
        Err(code) => vec![code; count],
    }
}
