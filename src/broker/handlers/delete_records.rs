//! DeleteRecords, versions 0 to 2: raises the start of partitions (KIP-107).

use super::wire::topic_name;
use crate::broker::answer::Answer;
use crate::broker::context::RequestContext;
use crate::broker::dispatch::Handle;
use crate::broker::errors::{online, read_failure};
use crate::broker::internal_topics::is_internal;
use crate::protocol::ErrorCode;
use crate::protocol::messages::delete_records_response::{
    DeleteRecordsPartitionResult, DeleteRecordsTopicResult,
};
use crate::protocol::messages::{DeleteRecordsRequest, DeleteRecordsResponse};
use crate::types::Offset;

/// What stands for "no low watermark" (`DeleteRecordsResponse.INVALID_LOW_WATERMARK`).
const NO_LOW_WATERMARK: i64 = -1;

impl Handle for DeleteRecordsRequest {
    async fn handle(self, context: &RequestContext<'_>) -> Answer {
        let mut moved = false;
        let mut topics = Vec::new();
        for topic in &self.topics {
            let mut partitions = Vec::new();
            for asked in &topic.partitions {
                let result = delete(&topic.name, asked.partition_index, asked.offset, context);
                moved |= result.is_ok();
                let answer = DeleteRecordsPartitionResult::default()
                    .with_partition_index(asked.partition_index);
                partitions.push(match result {
                    Ok(low) => answer.with_low_watermark(low.0),
                    Err(code) => answer
                        .with_low_watermark(NO_LOW_WATERMARK)
                        .with_error_code(code.code()),
                });
            }
            topics.push(
                DeleteRecordsTopicResult::default()
                    .with_name(topic_name(&topic.name))
                    .with_partitions(partitions),
            );
        }
        // What was deleted must not come back after a crash, or not be told to be deleted.
        if moved && let Err(code) = tokio::task::block_in_place(|| context.checkpoint()) {
            let results = topics.iter_mut().flat_map(|topic| &mut topic.partitions);
            for result in results.filter(|result| result.error_code == 0) {
                result.error_code = code.code();
                result.low_watermark = NO_LOW_WATERMARK;
            }
        }
        DeleteRecordsResponse::default().with_topics(topics).into()
    }
}

fn delete(
    topic: &str,
    number: i32,
    before: i64,
    context: &RequestContext<'_>,
) -> Result<Offset, ErrorCode> {
    let hosted = context.replicas.hosted(topic, number);
    let partition = online(hosted, ErrorCode::UnknownTopicOrPartition)?;
    if is_internal(topic) {
        return Err(ErrorCode::InvalidTopicException);
    }
    // What compaction alone keeps clean has no start to move.
    if !partition.may_delete_records() {
        return Err(ErrorCode::PolicyViolation);
    }
    partition
        .delete_records_before(Offset(before))
        .map_err(|error| read_failure(&error))
}
