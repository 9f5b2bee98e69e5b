//! OffsetCommit.

use crate::broker::answer::Answer;
use crate::broker::context::RequestContext;
use crate::broker::dispatch::Handle;
use crate::protocol::ErrorCode;
use crate::protocol::messages::{
    OffsetCommitRequest, OffsetCommitResponse,
    offset_commit_response::{OffsetCommitResponsePartition, OffsetCommitResponseTopic},
};

impl Handle for OffsetCommitRequest {
    async fn handle(self, _context: &RequestContext<'_>) -> Answer {
        let code = ErrorCode::CoordinatorNotAvailable.code();
        let topics = self.topics.into_iter().map(|topic| {
            let refused = topic.partitions.iter().map(|partition| {
                OffsetCommitResponsePartition::default()
                    .with_partition_index(partition.partition_index)
                    .with_error_code(code)
            });
            OffsetCommitResponseTopic::default()
                .with_partitions(refused.collect())
                .with_name(topic.name)
                .with_topic_id(topic.topic_id)
        });
        OffsetCommitResponse::default()
            .with_topics(topics.collect())
            .into()
    }
}
