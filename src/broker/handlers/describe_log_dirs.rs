//! DescribeLogDirs, versions 1 to 5: what lies in this broker's log directories (KIP-113, KIP-827,
//! KIP-1066).

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use super::wire::{text, topic_name};
use crate::broker::answer::Answer;
use crate::broker::context::RequestContext;
use crate::broker::dispatch::Handle;
use crate::protocol::ErrorCode;
use crate::protocol::messages::describe_log_dirs_response::{
    DescribeLogDirsPartition, DescribeLogDirsResult as KnownResult, DescribeLogDirsTopic,
};
use crate::protocol::messages::{
    DescribeLogDirsRequest, DescribeLogDirsResponse, DescribeLogDirsResult,
};

/// The partitions of a directory, by topic.
type Topics = BTreeMap<String, Vec<DescribeLogDirsPartition>>;

impl Handle for DescribeLogDirsRequest {
    async fn handle(self, context: &RequestContext<'_>) -> Answer {
        let mut found = self.partitions(context);
        let dirs: Vec<PathBuf> = context.dirs.paths().map(Path::to_path_buf).collect();
        let results = dirs.into_iter().map(|path| {
            let topics = found.remove(&path).unwrap_or_default();
            describe(&path, topics, context)
        });
        DescribeLogDirsResponse::default()
            .with_results(results.collect())
            .into()
    }
}

impl DescribeLogDirsRequest {
    /// Returns whether a partition is asked for.
    fn asks_for(&self, topic: &str, number: i32) -> bool {
        self.topics.as_ref().is_none_or(|topics| {
            topics
                .iter()
                .any(|asked| asked.topic.as_str() == topic && asked.partitions.contains(&number))
        })
    }

    /// Returns what lies where, copies on the way included.
    fn partitions(&self, context: &RequestContext<'_>) -> BTreeMap<PathBuf, Topics> {
        let mut found: BTreeMap<PathBuf, Topics> = BTreeMap::new();
        let mut add = |dir: PathBuf, topic: &str, partition| {
            let topics = found.entry(dir).or_default();
            topics.entry(topic.to_owned()).or_default().push(partition);
        };
        for partition in context.replicas.all() {
            let name = &partition.topic_partition;
            if !self.asks_for(&name.topic, name.partition) {
                continue;
            }
            let (dir, bytes, end) = partition.place();
            let entry = |bytes: u64, lag: i64, is_future| {
                DescribeLogDirsPartition::default()
                    .with_partition_index(name.partition)
                    .with_partition_size(i64::try_from(bytes).unwrap_or(i64::MAX))
                    .with_offset_lag(lag)
                    .with_is_future_key(is_future)
            };
            if let Some(moving) = context.moves.of(&partition) {
                let lag = end.0.saturating_sub(moving.copied_until().0).max(0);
                let copy = entry(moving.copied_bytes(), lag, true);
                add(moving.target.clone(), &name.topic, copy);
            }
            add(dir, &name.topic, entry(bytes, 0, false));
        }
        for partitions in found.values_mut().flat_map(BTreeMap::values_mut) {
            partitions.sort_by_key(|partition| partition.partition_index);
        }
        found
    }
}

fn describe(path: &Path, topics: Topics, context: &RequestContext<'_>) -> DescribeLogDirsResult {
    let result = KnownResult::default().with_log_dir(text(path.display().to_string()));
    let failed = context
        .dirs
        .state_of(path)
        .is_none_or(|dir| dir.is_failed());
    let space = context.dirs.fs().space(path);
    let known = match space {
        Ok(space) if !failed => {
            let bytes = |bytes| i64::try_from(bytes).unwrap_or(i64::MAX);
            let topics = topics.into_iter().map(|(name, partitions)| {
                DescribeLogDirsTopic::default()
                    .with_name(topic_name(&name))
                    .with_partitions(partitions)
            });
            result
                .with_topics(topics.collect())
                .with_total_bytes(bytes(space.total))
                .with_usable_bytes(bytes(space.usable))
        }
        _ => result.with_error_code(ErrorCode::KafkaStorageError.code()),
    };
    DescribeLogDirsResult {
        known,
        is_cordoned: false,
    }
}
