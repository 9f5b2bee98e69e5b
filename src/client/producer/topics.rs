//! The caller's wait for metadata: of a topic, of a partition of it.

use std::sync::Arc;
use std::time::Duration;

use parking_lot::MutexGuard;

use super::accumulator::Accumulator;
use super::queue::{State, TopicInfo};
use crate::client::error::ClientError;
use crate::protocol::ErrorCode;

impl Accumulator {
    /// Returns the number of a topic whose partitions are known, waiting for that.
    pub(super) fn topic(
        &self,
        state: &mut MutexGuard<'_, State>,
        name: &str,
    ) -> Result<usize, ClientError> {
        let last = state.last_topic;
        let index = match state.topics.get(last) {
            Some(topic) if *topic.name == *name => last,
            _ => state.register(name),
        };
        state.last_topic = index;
        if let Some(topic) = state.topics.get(index)
            && matches!(topic.info, TopicInfo::Known)
        {
            return Ok(index);
        }
        // A topic that failed before may be there by now.
        if let Some(topic) = state.topics.get_mut(index)
            && matches!(topic.info, TopicInfo::Failed(_))
        {
            topic.info = TopicInfo::Unknown;
        }
        self.work.notify_one();
        let deadline = self.now() + self.config.max_block;
        loop {
            if let Some(error) = &state.fatal {
                return Err(error.clone());
            }
            match state.topics.get(index).map(|topic| &topic.info) {
                Some(TopicInfo::Known) => return Ok(index),
                Some(TopicInfo::Failed(error)) => return Err(error.clone()),
                Some(TopicInfo::Unknown) | None => {}
            }
            if !self.wait(state, deadline) {
                return Err(not_present(name, self.config.max_block));
            }
        }
    }

    /// Returns the place of a partition in its topic, waiting for metadata that shows it.
    pub(super) fn wait_for_partition(
        &self,
        state: &mut MutexGuard<'_, State>,
        topic: usize,
        wanted: i32,
    ) -> Result<usize, ClientError> {
        let Ok(partition) = usize::try_from(wanted) else {
            return Err(ClientError::InvalidArgument {
                message: format!(
                    "Invalid partition: {wanted}. Partition number should always be non-negative \
                     or null."
                ),
            });
        };
        let deadline = self.now() + self.config.max_block;
        loop {
            let Some(queue) = state.topics.get(topic) else {
                return Err(ErrorCode::UnknownTopicOrPartition.into());
            };
            let count = queue.partitions.len();
            if partition < count {
                return Ok(partition);
            }
            let name = Arc::clone(&queue.name);
            if !self.wait(state, deadline) {
                let waited_ms = self.config.max_block.as_millis();
                return Err(ClientError::Timeout {
                    message: format!(
                        "Partition {wanted} of topic {name} with partition count {count} is not \
                         present in metadata after {waited_ms} ms."
                    ),
                });
            }
        }
    }

    /// Returns how many partitions a topic has, waiting for its metadata.
    pub(super) fn partitions(
        &self,
        state: &mut MutexGuard<'_, State>,
        topic: &str,
    ) -> Result<usize, ClientError> {
        let index = self.topic(state, topic)?;
        Ok(state
            .topics
            .get(index)
            .map_or(0, |topic| topic.partitions.len()))
    }
}

/// Returns the error of a topic that did not appear in time.
pub(super) fn not_present(topic: &str, waited: Duration) -> ClientError {
    ClientError::Timeout {
        message: format!(
            "Topic {topic} not present in metadata after {} ms.",
            waited.as_millis()
        ),
    }
}
