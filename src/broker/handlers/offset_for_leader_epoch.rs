//! OffsetForLeaderEpoch, versions 2 to 4: where a leader epoch ended (KIP-101, KIP-320).
//!
//! Consumers ask it to notice that the log was cut behind their back.

use crate::broker::answer::Answer;
use crate::broker::context::RequestContext;
use crate::broker::dispatch::Handle;
use crate::broker::errors::{online, read_failure};
use crate::protocol::ErrorCode;
use crate::protocol::messages::offset_for_leader_epoch_request::OffsetForLeaderPartition;
use crate::protocol::messages::offset_for_leader_epoch_response::{
    EpochEndOffset, OffsetForLeaderTopicResult,
};
use crate::protocol::messages::{OffsetForLeaderEpochRequest, OffsetForLeaderEpochResponse};
use crate::types::LeaderEpoch;

impl Handle for OffsetForLeaderEpochRequest {
    async fn handle(self, context: &RequestContext<'_>) -> Answer {
        let topics = self.topics.iter().map(|topic| {
            let partitions = topic
                .partitions
                .iter()
                .map(|asked| end_of_epoch(&topic.topic, asked, context));
            OffsetForLeaderTopicResult::default()
                .with_topic(topic.topic.clone())
                .with_partitions(partitions.collect())
        });
        OffsetForLeaderEpochResponse::default()
            .with_topics(topics.collect())
            .into()
    }
}

fn end_of_epoch(
    topic: &str,
    asked: &OffsetForLeaderPartition,
    context: &RequestContext<'_>,
) -> EpochEndOffset {
    let answer = EpochEndOffset::default().with_partition(asked.partition);
    let hosted = context.replicas.hosted(topic, asked.partition);
    let partition = match online(hosted, ErrorCode::UnknownTopicOrPartition) {
        Ok(partition) => partition,
        Err(code) => return answer.with_error_code(code.code()),
    };
    if let Err(error) = partition.check_leader_epoch(LeaderEpoch(asked.current_leader_epoch)) {
        return answer.with_error_code(read_failure(&error).code());
    }
    match partition.end_offset_for_epoch(LeaderEpoch(asked.leader_epoch)) {
        Some((epoch, end)) => answer.with_leader_epoch(epoch.0).with_end_offset(end.0),
        None => answer,
    }
}
