//! Which offset each partition is to go on at, by the specification that is given.

use std::collections::BTreeMap;

use super::super::options::{Options, usage};
use super::super::{LOGGER, call_failed, execution, failed, print_error};
use super::{Plan, csv, times};
use crate::cli::{CommandError, LogLines, Output, SyntaxError};
use crate::client::admin::{IsolationLevel, ListedOffset, OffsetSpec};
use crate::client::{Admin, ClientError, LogLevel};
use crate::clock::SystemClock;
use crate::protocol::ErrorCode;
use crate::types::{Offset, TopicPartition};

/// Returns where a group is to go on, and whether everything that was asked for is in it.
pub(super) async fn plan(
    admin: &Admin,
    options: &Options,
    group: &str,
    partitions: &[TopicPartition],
    output: &mut Output,
) -> Result<(Plan, bool), CommandError> {
    let number = |error: SyntaxError| failed(error);
    let now_ms = || SystemClock::shared().now_ms();
    let plan = if let Some(offset) = &options.to_offset {
        let offset = offset.value("to-offset").map_err(number)?;
        let wanted = partitions.iter().map(|p| (p.clone(), Offset(offset)));
        within_log(admin, wanted.collect()).await?
    } else if let Some(text) = &options.to_datetime {
        let time = times::datetime(text).map_err(failed)?;
        by_time(admin, partitions, time, output).await?
    } else if let Some(text) = &options.by_duration {
        let duration_ms = times::duration_ms(text).map_err(failed)?;
        let time = now_ms().saturating_sub(duration_ms);
        by_time(admin, partitions, time, output).await?
    } else if options.to_earliest {
        ends(admin, partitions, OffsetSpec::Earliest).await?
    } else if options.to_latest {
        ends(admin, partitions, OffsetSpec::Latest).await?
    } else if options.to_current {
        current(admin, group, partitions).await?
    } else if let Some(count) = &options.shift_by {
        let count = count.value("shift-by").map_err(number)?;
        shifted(admin, group, partitions, count).await?
    } else if let Some(path) = &options.from_file {
        let Some(wanted) = csv::read(path, &options.groups)?.remove(group) else {
            print_error(output, format!("No reset plan for group {group} found"))?;
            return Ok((Plan::new(), false));
        };
        within_log(admin, wanted).await?
    } else {
        return Err(usage(
            "Option '[reset-offsets]' requires one of the following scenarios: [[by-duration], \
             [from-file], [shift-by], [to-current], [to-datetime], [to-earliest], [to-latest], \
             [to-offset]]",
        ));
    };
    Ok((plan, true))
}

async fn listed(
    admin: &Admin,
    partitions: &[TopicPartition],
    spec: OffsetSpec,
) -> Result<Vec<(TopicPartition, ListedOffset)>, CommandError> {
    if partitions.is_empty() {
        return Ok(Vec::new());
    }
    let wanted: Vec<_> = partitions.iter().map(|p| (p.clone(), spec)).collect();
    let found = admin.list_offsets(&wanted, IsolationLevel::ReadUncommitted);
    let found = found.await.map_err(call_failed)?;
    let found = found.into_iter().map(|(partition, result)| match result {
        Ok(offset) => Ok((partition, offset)),
        Err(error) => Err(missing(&partition, &error)),
    });
    found.collect()
}

/// Returns the failure of a partition that cannot be asked about.
fn missing(partition: &TopicPartition, error: &ClientError) -> CommandError {
    if error.code() != Some(ErrorCode::UnknownTopicOrPartition) {
        return failed(execution(error));
    }
    let topic = &partition.topic;
    failed(format!(
        "java.util.concurrent.ExecutionException: \
         org.apache.kafka.common.errors.UnknownTopicOrPartitionException: Failed to fetch metadata \
         for partition {partition} because metadata for topic `{topic}` could not be found"
    ))
}

async fn ends(
    admin: &Admin,
    partitions: &[TopicPartition],
    spec: OffsetSpec,
) -> Result<Plan, CommandError> {
    let found = listed(admin, partitions, spec).await?.into_iter();
    Ok(found
        .map(|(partition, found)| (partition, found.offset))
        .collect())
}

/// Moves offsets that no record has to the nearer end of the log, with a word about each.
async fn within_log(admin: &Admin, wanted: Plan) -> Result<Plan, CommandError> {
    let partitions: Vec<TopicPartition> = wanted.keys().cloned().collect();
    let begins = ends(admin, &partitions, OffsetSpec::Earliest).await?;
    let ends = ends(admin, &partitions, OffsetSpec::Latest).await?;
    let lines = LogLines::of_system();
    let bounded = wanted.into_iter().map(|(partition, offset)| {
        let begin = begins.get(&partition).copied().unwrap_or(Offset::ZERO);
        let end = ends.get(&partition).copied().unwrap_or(offset);
        let (word, used) = if offset > end {
            ("higher than latest", end)
        } else if offset < begin {
            ("lower than earliest", begin)
        } else {
            return (partition, offset);
        };
        let line = format!(
            "New offset ({offset}) is {word} offset for topic partition {partition}. Value will \
             be set to {used}"
        );
        lines.to_stderr(LogLevel::Warn.name(), line, LOGGER);
        (partition, used)
    });
    Ok(bounded.collect())
}

async fn by_time(
    admin: &Admin,
    partitions: &[TopicPartition],
    time: i64,
    output: &mut Output,
) -> Result<Plan, CommandError> {
    let found = listed(admin, partitions, OffsetSpec::Timestamp(time)).await?;
    let younger: Vec<TopicPartition> = found
        .iter()
        .filter(|(_, found)| found.offset < Offset::ZERO)
        .map(|(partition, _)| partition.clone())
        .collect();
    let ends = ends(admin, &younger, OffsetSpec::Latest).await?;
    for TopicPartition { topic, partition } in &younger {
        output.line(format!(
            "\nWarn: Partition {partition} from topic {topic} is empty. Falling back to latest \
             known offset."
        ))?;
    }
    let offset = |(partition, found): (TopicPartition, ListedOffset)| {
        let offset = ends.get(&partition).copied().unwrap_or(found.offset);
        (partition, offset)
    };
    Ok(found.into_iter().map(offset).collect())
}

async fn committed(
    admin: &Admin,
    group: &str,
    partitions: &[TopicPartition],
) -> Result<BTreeMap<TopicPartition, Option<Offset>>, CommandError> {
    if partitions.is_empty() {
        return Ok(BTreeMap::new());
    }
    let found = admin
        .list_consumer_group_offsets(group, Some(partitions))
        .await;
    let mut offsets = BTreeMap::new();
    for (partition, result) in found.map_err(call_failed)? {
        let offset = result.map_err(call_failed)?.map(|found| found.offset);
        offsets.insert(partition, offset);
    }
    Ok(offsets)
}

async fn current(
    admin: &Admin,
    group: &str,
    partitions: &[TopicPartition],
) -> Result<Plan, CommandError> {
    let committed = committed(admin, group, partitions).await?;
    let without: Vec<TopicPartition> = committed
        .iter()
        .filter(|(_, offset)| offset.is_none())
        .map(|(partition, _)| partition.clone())
        .collect();
    let mut plan = ends(admin, &without, OffsetSpec::Latest).await?;
    let with = committed.into_iter();
    plan.extend(with.filter_map(|(partition, offset)| Some((partition, offset?))));
    Ok(plan)
}

async fn shifted(
    admin: &Admin,
    group: &str,
    partitions: &[TopicPartition],
    count: i64,
) -> Result<Plan, CommandError> {
    let mut wanted = Plan::new();
    for (partition, offset) in committed(admin, group, partitions).await? {
        let Some(offset) = offset else {
            return Err(usage(format!(
                "Cannot shift offset for partition {partition} since there is no current \
                 committed offset"
            )));
        };
        wanted.insert(partition, offset.plus(count));
    }
    within_log(admin, wanted).await
}
