//! Deletes records: moves the start of partitions.

use super::leaders::LeaderCall;
use super::{Admin, Results};
use crate::client::error::ClientError;
use crate::client::metadata::topic_name;
use crate::protocol::messages::delete_records_request::{
    DeleteRecordsPartition, DeleteRecordsTopic,
};
use crate::protocol::messages::{DeleteRecordsRequest, DeleteRecordsResponse};
use crate::types::{Offset, TopicPartition};

struct DeleteRecords {
    timeout_ms: i32,
}

impl LeaderCall for DeleteRecords {
    type Item = Offset;
    type Output = Offset;
    type Request = DeleteRecordsRequest;

    const NAME: &'static str = "deleteRecords";

    fn request(&self, _version: i16, items: &[(TopicPartition, Offset)]) -> DeleteRecordsRequest {
        let mut topics: Vec<DeleteRecordsTopic> = Vec::new();
        for (partition, offset) in items {
            let entry = DeleteRecordsPartition::default()
                .with_partition_index(partition.partition)
                .with_offset(offset.0);
            match topics
                .iter_mut()
                .find(|topic| topic.name.0 == *partition.topic)
            {
                Some(topic) => topic.partitions.push(entry),
                None => topics.push(
                    DeleteRecordsTopic::default()
                        .with_name(topic_name(&partition.topic))
                        .with_partitions(vec![entry]),
                ),
            }
        }
        DeleteRecordsRequest::default()
            .with_topics(topics)
            .with_timeout_ms(self.timeout_ms)
    }

    fn results(&self, response: DeleteRecordsResponse) -> Results<TopicPartition, Offset> {
        let mut found = Vec::new();
        for topic in &response.topics {
            for partition in &topic.partitions {
                let checked = ClientError::check(partition.error_code, None);
                let name = topic.name.0.to_string();
                found.push((
                    TopicPartition::new(name, partition.partition_index),
                    checked.map(|()| Offset(partition.low_watermark)),
                ));
            }
        }
        found
    }
}

impl Admin {
    /// Deletes all records before the given offsets (-1 is the high watermark), and returns where
    /// each log now starts.
    ///
    /// # Errors
    ///
    /// Fails if no broker answers; what is wrong with one partition is in its result.
    pub async fn delete_records(
        &self,
        before: &[(TopicPartition, Offset)],
    ) -> Result<Results<TopicPartition, Offset>, ClientError> {
        let call = DeleteRecords {
            timeout_ms: self.request_timeout_ms(),
        };
        self.call_leaders(&call, before).await
    }
}
