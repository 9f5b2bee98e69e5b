//! OffsetDelete, version 0: offsets of topics that nobody in the group reads (KIP-496).

use super::group_call::ask;
use super::wire::topic_name;
use crate::broker::answer::Answer;
use crate::broker::context::RequestContext;
use crate::broker::dispatch::Handle;
use crate::coordinator::group::{GroupRequest, GroupResponse};
use crate::protocol::ErrorCode;
use crate::protocol::messages::offset_delete_response::{
    OffsetDeleteResponsePartition, OffsetDeleteResponseTopic,
};
use crate::protocol::messages::{OffsetDeleteRequest, OffsetDeleteResponse};

impl Handle for OffsetDeleteRequest {
    async fn handle(self, context: &RequestContext<'_>) -> Answer {
        let mut known = Vec::new();
        let image = context.image.load_full();
        for topic in &self.topics {
            for partition in &topic.partitions {
                let number = partition.partition_index;
                if image.partition(&topic.name, number).is_some() {
                    known.push((topic.name.to_string(), number));
                }
            }
        }
        let mut codes = Vec::new();
        if !known.is_empty() {
            let request = GroupRequest::DeleteOffsets(self.group_id.to_string(), known);
            let answer = if self.group_id.is_empty() {
                Err(ErrorCode::InvalidGroupId)
            } else {
                ask(context, &self.group_id, request).await
            };
            match answer {
                Ok(GroupResponse::Codes(answered)) => codes = answered,
                Ok(_) => {}
                Err(code) => {
                    return OffsetDeleteResponse::default()
                        .with_error_code(code.code())
                        .into();
                }
            }
        }
        let mut codes = codes.into_iter();
        let topics = self.topics.iter().map(|topic| {
            let partitions = topic.partitions.iter().map(|partition| {
                let number = partition.partition_index;
                let code = match image.partition(&topic.name, number) {
                    Some(_) => codes.next().unwrap_or(ErrorCode::UnknownServerError),
                    None => ErrorCode::UnknownTopicOrPartition,
                };
                OffsetDeleteResponsePartition::default()
                    .with_partition_index(number)
                    .with_error_code(code.code())
            });
            OffsetDeleteResponseTopic::default()
                .with_name(topic_name(&topic.name))
                .with_partitions(partitions.collect())
        });
        let topics = topics.collect();
        OffsetDeleteResponse::default().with_topics(topics).into()
    }
}
