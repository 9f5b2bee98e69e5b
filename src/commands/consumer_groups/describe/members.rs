//! Who is in a group, and what each has.

use serde_json::json;

use super::super::options::Options;
use super::{NAME_WIDTH, notice, or_dash, width};
use crate::cli::{CommandError, Format, Output};
use crate::client::admin::{ConsumerGroupDescription, MemberDescription, TopicPartitions};

/// The narrowest column of static ids.
const INSTANCE_WIDTH: usize = 17;

pub(super) fn run(
    groups: &[ConsumerGroupDescription],
    options: &Options,
    output: &mut Output,
) -> Result<(), CommandError> {
    let format = options.output.format;
    let (mut documents, mut rows) = (Vec::new(), Vec::new());
    for group in groups {
        notice(group, output);
        for member in &group.members {
            match format {
                Format::Text => {}
                Format::Json => documents.push(document(group, member)),
                Format::Table => rows.push(cells(group, member)),
            }
        }
        if format == Format::Text {
            table(group, options.verbose, output)?;
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
    "CONSUMER-ID",
    "GROUP-INSTANCE-ID",
    "HOST",
    "CLIENT-ID",
    "#PARTITIONS",
    "CURRENT-EPOCH",
    "CURRENT-ASSIGNMENT",
    "TARGET-EPOCH",
    "TARGET-ASSIGNMENT",
];

fn count(assignment: &TopicPartitions) -> usize {
    assignment.values().map(Vec::len).sum()
}

/// Returns `topic:0,1;other:0`, or a dash for nothing.
fn shown(assignment: &TopicPartitions) -> String {
    let topic = |(topic, numbers): (&String, &Vec<i32>)| {
        let numbers: Vec<String> = numbers.iter().map(ToString::to_string).collect();
        format!("{topic}:{}", numbers.join(","))
    };
    let topics: Vec<String> = assignment.iter().map(topic).collect();
    if topics.is_empty() {
        return "-".to_owned();
    }
    topics.join(";")
}

fn document(group: &ConsumerGroupDescription, member: &MemberDescription) -> serde_json::Value {
    json!({
        "group": group.group,
        "consumerId": member.member_id,
        "groupInstanceId": member.instance_id,
        "host": member.host,
        "clientId": member.client_id,
        "partitionCount": count(&member.assignment),
        "currentEpoch": member.epoch,
        "currentAssignment": member.assignment,
        "targetEpoch": group.target_epoch,
        "targetAssignment": member.target,
    })
}

/// Returns the cells of a row, in the order of [`HEAD`].
fn cells(group: &ConsumerGroupDescription, member: &MemberDescription) -> Vec<String> {
    vec![
        group.group.clone(),
        member.member_id.clone(),
        member.instance_id.clone().unwrap_or_default(),
        member.host.clone(),
        member.client_id.clone(),
        count(&member.assignment).to_string(),
        or_dash(member.epoch),
        shown(&member.assignment),
        or_dash(group.target_epoch),
        member.target.as_ref().map_or_else(|| "-".to_owned(), shown),
    ]
}

fn table(
    group: &ConsumerGroupDescription,
    is_verbose: bool,
    output: &mut Output,
) -> Result<(), CommandError> {
    let rows: Vec<Vec<String>> = group
        .members
        .iter()
        .map(|member| cells(group, member))
        .collect();
    let has_instances = group
        .members
        .iter()
        .any(|member| member.instance_id.is_some());
    let column = |index: usize, least: usize| {
        let values = rows.iter().filter_map(move |row| row.get(index));
        width(values.map(String::as_str), least)
    };
    let widths = [
        width([group.group.as_str()].into_iter(), NAME_WIDTH),
        column(1, NAME_WIDTH),
        column(2, INSTANCE_WIDTH),
        column(3, NAME_WIDTH),
        column(4, NAME_WIDTH),
        15,
        15,
        20,
        15,
        20,
    ];
    output.line("")?;
    let mut line = |cells: &[&str]| {
        let shown = cells.iter().zip(widths).enumerate();
        let shown = shown.filter(|(index, _)| match index {
            2 => has_instances,
            6.. => is_verbose,
            _ => true,
        });
        let shown: String = shown
            .map(|(_, (cell, width))| format!("{cell:width$} "))
            .collect();
        output.line(shown)
    };
    line(&HEAD)?;
    for row in &rows {
        let cells: Vec<&str> = row.iter().map(String::as_str).collect();
        line(&cells)?;
    }
    Ok(())
}
