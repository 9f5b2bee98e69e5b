//! Where a group is in each partition, how far behind, and who reads it.

use std::collections::BTreeMap;

use serde_json::json;

use super::super::call_failed;
use super::super::options::Options;
use super::{NAME_WIDTH, notice, or_dash, width};
use crate::cli::{CommandError, Format, Output};
use crate::client::Admin;
use crate::client::admin::{
    ConsumerGroupDescription, IsolationLevel, MemberDescription, OffsetAndMetadata, OffsetSpec,
};
use crate::types::TopicPartition;

/// A partition, as a group has come to it.
#[derive(Clone, Debug)]
pub(in crate::commands::consumer_groups) struct Lag {
    pub(in crate::commands::consumer_groups) partition: TopicPartition,
    pub(in crate::commands::consumer_groups) current: Option<i64>,
    pub(in crate::commands::consumer_groups) end: Option<i64>,
    leader_epoch: Option<i32>,
    member: Option<MemberDescription>,
}

impl Lag {
    /// Returns how many records are left.
    pub(in crate::commands::consumer_groups) fn lag(&self) -> Option<i64> {
        Some(self.end? - self.current?)
    }

    /// Returns who reads it.
    pub(in crate::commands::consumer_groups) fn owner(&self) -> Option<&str> {
        self.member.as_ref().map(|member| member.member_id.as_str())
    }
}

/// Returns the partitions that a group reads or has committed of, in order.
pub(in crate::commands::consumer_groups) async fn lags(
    admin: &Admin,
    group: &str,
    members: &[MemberDescription],
) -> Result<Vec<Lag>, CommandError> {
    let committed = admin.list_consumer_group_offsets(group, None).await;
    let mut offsets: BTreeMap<TopicPartition, Option<OffsetAndMetadata>> = BTreeMap::new();
    for (partition, result) in committed.map_err(call_failed)? {
        if let Some(offset) = result.map_err(call_failed)? {
            offsets.insert(partition, Some(offset));
        }
    }
    let mut readers: BTreeMap<TopicPartition, &MemberDescription> = BTreeMap::new();
    for member in members {
        for (topic, numbers) in &member.assignment {
            for number in numbers {
                let partition = TopicPartition::new(topic.clone(), *number);
                offsets.entry(partition.clone()).or_default();
                readers.insert(partition, member);
            }
        }
    }
    let wanted: Vec<_> = offsets
        .keys()
        .map(|partition| (partition.clone(), OffsetSpec::Latest))
        .collect();
    let ends = admin.list_offsets(&wanted, IsolationLevel::ReadUncommitted);
    let ends = if wanted.is_empty() {
        Vec::new()
    } else {
        ends.await.map_err(call_failed)?
    };
    let lag = |(partition, end): (TopicPartition, Result<_, _>)| {
        let offset = offsets.get(&partition).cloned().flatten();
        Lag {
            current: offset.as_ref().map(|offset| offset.offset.0),
            leader_epoch: offset.and_then(|offset| Some(offset.leader_epoch?.0)),
            end: end
                .ok()
                .map(|end: crate::client::admin::ListedOffset| end.offset.0),
            member: readers.get(&partition).map(|member| (*member).clone()),
            partition,
        }
    };
    Ok(ends.into_iter().map(lag).collect())
}

pub(super) async fn run(
    admin: &Admin,
    groups: &[ConsumerGroupDescription],
    options: &Options,
    output: &mut Output,
) -> Result<(), CommandError> {
    let format = options.output.format;
    let (mut documents, mut rows) = (Vec::new(), Vec::new());
    for group in groups {
        let lags = lags(admin, &group.group, &group.members).await?;
        notice(group, output);
        match format {
            Format::Text if lags.is_empty() => {}
            Format::Text => table(&group.group, &lags, options.verbose, output)?,
            Format::Json => documents.extend(lags.iter().map(|lag| document(&group.group, lag))),
            Format::Table => rows.extend(lags.iter().map(|lag| cells(&group.group, lag))),
        }
    }
    match format {
        Format::Text => Ok(()),
        Format::Json => output.json(&documents),
        Format::Table => output.table(&HEAD, &rows),
    }
}

const HEAD: [&str; 10] = [
    "GROUP",
    "TOPIC",
    "PARTITION",
    "LEADER-EPOCH",
    "CURRENT-OFFSET",
    "LOG-END-OFFSET",
    "LAG",
    "CONSUMER-ID",
    "HOST",
    "CLIENT-ID",
];

fn document(group: &str, lag: &Lag) -> serde_json::Value {
    let member = lag.member.as_ref();
    json!({
        "group": group,
        "topic": lag.partition.topic,
        "partition": lag.partition.partition,
        "leaderEpoch": lag.leader_epoch,
        "currentOffset": lag.current,
        "logEndOffset": lag.end,
        "lag": lag.lag(),
        "consumerId": member.map(|member| &member.member_id),
        "host": member.map(|member| &member.host),
        "clientId": member.map(|member| &member.client_id),
    })
}

/// Returns the cells of a row, in the order of [`HEAD`].
fn cells(group: &str, lag: &Lag) -> Vec<String> {
    let member = lag.member.as_ref();
    vec![
        group.to_owned(),
        lag.partition.topic.clone(),
        lag.partition.partition.to_string(),
        or_dash(lag.leader_epoch),
        or_dash(lag.current),
        or_dash(lag.end),
        or_dash(lag.lag()),
        or_dash(member.map(|member| &member.member_id)),
        or_dash(member.map(|member| &member.host)),
        or_dash(member.map(|member| &member.client_id)),
    ]
}

fn table(
    group: &str,
    lags: &[Lag],
    is_verbose: bool,
    output: &mut Output,
) -> Result<(), CommandError> {
    let rows: Vec<Vec<String>> = lags.iter().map(|lag| cells(group, lag)).collect();
    let column = |index: usize| {
        let values = rows.iter().filter_map(move |row| row.get(index));
        width(values.map(String::as_str), NAME_WIDTH)
    };
    let widths = [
        column(0),
        column(1),
        10,
        15,
        15,
        15,
        15,
        column(7),
        column(8),
        0,
    ];
    output.line("")?;
    let mut line = |cells: &[&str]| {
        let shown = cells.iter().zip(widths).enumerate();
        let shown = shown.filter(|(index, _)| is_verbose || *index != 3);
        let shown = shown.map(|(_, (cell, width))| format!("{cell:width$}"));
        output.line(shown.collect::<Vec<_>>().join(" "))
    };
    line(&HEAD)?;
    for row in &rows {
        let cells: Vec<&str> = row.iter().map(String::as_str).collect();
        line(&cells)?;
    }
    Ok(())
}
