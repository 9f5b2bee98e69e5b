//! ConsumerGroupHeartbeat, versions 0 and 1: a member of a consumer group (KIP-848).
//!
//! From version 1 on members make their own ids (KIP-1082) and may subscribe by a pattern.

use super::group_call::{ask, client, owned};
use super::wire::{text, uuid};
use crate::broker::answer::Answer;
use crate::broker::context::RequestContext;
use crate::broker::dispatch::Handle;
use crate::broker::groups::consumer_settings;
use crate::coordinator::group::{ConsumerHeartbeat, GroupRequest, GroupResponse, Refused};
use crate::protocol::ErrorCode;
use crate::protocol::messages::consumer_group_heartbeat_response::{Assignment, TopicPartitions};
use crate::protocol::messages::{ConsumerGroupHeartbeatRequest, ConsumerGroupHeartbeatResponse};
use crate::types::Uuid;

/// The first version in which members make their own ids.
const OWN_ID_VERSION_MIN: i16 = 1;

impl Handle for ConsumerGroupHeartbeatRequest {
    async fn handle(self, context: &RequestContext<'_>) -> Answer {
        let group = self.group_id.to_string();
        let beat = heartbeat(&self, context);
        let request = GroupRequest::ConsumerHeartbeat(beat);
        let answer = match ask(context, &group, request).await {
            Ok(GroupResponse::ConsumerHeartbeat(answer)) => answer,
            Ok(_) => Err(plain(ErrorCode::UnknownServerError)),
            Err(code) => Err(plain(code)),
        };
        let response = ConsumerGroupHeartbeatResponse::default();
        match answer {
            Ok(beat) => {
                let assignment = beat.assignment.map(|assignment| {
                    let topics = assignment.into_iter().map(|(topic, partitions)| {
                        TopicPartitions::default()
                            .with_topic_id(uuid(topic))
                            .with_partitions(partitions)
                    });
                    Assignment::default().with_topic_partitions(topics.collect())
                });
                let interval_ms = i32::try_from(beat.heartbeat_interval_ms).unwrap_or(i32::MAX);
                response
                    .with_member_id(Some(text(beat.member)))
                    .with_member_epoch(beat.epoch)
                    .with_heartbeat_interval_ms(interval_ms)
                    .with_assignment(assignment)
                    .into()
            }
            Err(refused) => response
                .with_error_code(refused.code.code())
                .with_error_message(Some(text(refused.message)))
                .into(),
        }
    }
}

fn plain(code: ErrorCode) -> Refused {
    Refused::new(code, code.message())
}

fn heartbeat(
    request: &ConsumerGroupHeartbeatRequest,
    context: &RequestContext<'_>,
) -> ConsumerHeartbeat {
    let names = request.subscribed_topic_names.as_ref();
    let owned_partitions = request.topic_partitions.as_ref().map(|topics| {
        let of = topics.iter();
        of.map(|topic| (Uuid(topic.topic_id.as_u128()), topic.partitions.clone()))
            .collect()
    });
    ConsumerHeartbeat {
        group: request.group_id.to_string(),
        member: request.member_id.to_string(),
        epoch: request.member_epoch,
        instance: owned(request.instance_id.as_ref()),
        rack: owned(request.rack_id.as_ref()),
        rebalance_timeout_ms: request.rebalance_timeout_ms,
        topics: names.map(|names| names.iter().map(|name| name.to_string()).collect()),
        regex: owned(request.subscribed_topic_regex.as_ref()),
        assignor: owned(request.server_assignor.as_ref()),
        owned: owned_partitions,
        client: client(context),
        makes_own_id: context.version() >= OWN_ID_VERSION_MIN,
        settings: consumer_settings(context, &request.group_id),
    }
}
