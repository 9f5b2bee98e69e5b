//! AlterReplicaLogDirs, versions 1 and 2: moves partitions to other log directories of this broker
//! (KIP-113). The answer comes when the move begins; DescribeLogDirs tells of its end.

use std::path::Path;
use std::sync::Arc;

use super::wire::topic_name;
use crate::broker::answer::Answer;
use crate::broker::context::RequestContext;
use crate::broker::dispatch::Handle;
use crate::protocol::ErrorCode;
use crate::protocol::messages::alter_replica_log_dirs_response::{
    AlterReplicaLogDirPartitionResult, AlterReplicaLogDirTopicResult,
};
use crate::protocol::messages::{AlterReplicaLogDirsRequest, AlterReplicaLogDirsResponse};
use crate::types::TopicPartition;

impl Handle for AlterReplicaLogDirsRequest {
    async fn handle(self, context: &RequestContext<'_>) -> Answer {
        let mut results: Vec<AlterReplicaLogDirTopicResult> = Vec::new();
        for dir in &self.dirs {
            for topic in &dir.topics {
                let partitions = topic.partitions.iter().map(|number| {
                    let name = TopicPartition::new(topic.name.to_string(), *number);
                    let code = begin(Path::new(dir.path.as_str()), name, context);
                    AlterReplicaLogDirPartitionResult::default()
                        .with_partition_index(*number)
                        .with_error_code(code.map_or_else(ErrorCode::code, |()| 0))
                });
                let partitions: Vec<_> = partitions.collect();
                let known = results
                    .iter_mut()
                    .find(|result| result.topic_name.0 == topic.name.0);
                match known {
                    Some(known) => known.partitions.extend(partitions),
                    None => results.push(
                        AlterReplicaLogDirTopicResult::default()
                            .with_topic_name(topic_name(&topic.name))
                            .with_partitions(partitions),
                    ),
                }
            }
        }
        AlterReplicaLogDirsResponse::default()
            .with_results(results)
            .into()
    }
}

fn begin(
    target: &Path,
    name: TopicPartition,
    context: &RequestContext<'_>,
) -> Result<(), ErrorCode> {
    let dir = context
        .dirs
        .state_of(target)
        .ok_or(ErrorCode::LogDirNotFound)?;
    if dir.is_failed() {
        return Err(ErrorCode::KafkaStorageError);
    }
    let Some(partition) = context.replicas.partition(&name.topic, name.partition) else {
        // Remembered for when the partition comes to this broker, whether its topic is known or
        // not.
        context.dirs.preferred.set(name, target);
        return Err(ErrorCode::ReplicaNotAvailable);
    };
    context
        .moves
        .ask(Arc::clone(&partition), target.to_path_buf());
    Ok(())
}
