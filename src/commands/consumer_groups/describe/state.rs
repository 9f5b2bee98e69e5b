//! In which state a group is, and who coordinates it.

use serde_json::json;

use super::super::options::Options;
use super::{NAME_WIDTH, notice, or_dash, width};
use crate::cli::{CommandError, Format, Output};
use crate::client::admin::ConsumerGroupDescription;

pub(super) fn run(
    groups: &[ConsumerGroupDescription],
    options: &Options,
    output: &mut Output,
) -> Result<(), CommandError> {
    let format = options.output.format;
    let (mut documents, mut rows) = (Vec::new(), Vec::new());
    for group in groups {
        notice(group, output);
        match format {
            Format::Text => table(group, options.verbose, output)?,
            Format::Json => documents.push(document(group)),
            Format::Table => rows.push(cells(group)),
        }
    }
    match format {
        Format::Text => Ok(()),
        Format::Json => output.json(&documents),
        Format::Table => output.table(&HEAD, &rows),
    }
}

const HEAD: [&str; 7] = [
    "GROUP",
    "COORDINATOR (ID)",
    "ASSIGNMENT-STRATEGY",
    "STATE",
    "GROUP-EPOCH",
    "TARGET-ASSIGNMENT-EPOCH",
    "#MEMBERS",
];

fn assignor(group: &ConsumerGroupDescription) -> Option<&str> {
    Some(group.assignor.as_str()).filter(|name| !name.is_empty() && !group.members.is_empty())
}

fn document(group: &ConsumerGroupDescription) -> serde_json::Value {
    json!({
        "group": group.group,
        "type": group.group_type.name(),
        "coordinator": format!("{}:{}", group.coordinator.host, group.coordinator.port),
        "coordinatorId": group.coordinator.id.0,
        "assignmentStrategy": assignor(group),
        "state": group.state.name(),
        "groupEpoch": group.epoch,
        "targetAssignmentEpoch": group.target_epoch,
        "memberCount": group.members.len(),
    })
}

/// Returns the cells of a row, in the order of [`HEAD`].
fn cells(group: &ConsumerGroupDescription) -> Vec<String> {
    let node = &group.coordinator;
    vec![
        group.group.clone(),
        format!("{}:{}  ({})", node.host, node.port, node.id),
        or_dash(assignor(group)),
        group.state.to_string(),
        or_dash(group.epoch),
        or_dash(group.target_epoch),
        group.members.len().to_string(),
    ]
}

fn table(
    group: &ConsumerGroupDescription,
    is_verbose: bool,
    output: &mut Output,
) -> Result<(), CommandError> {
    let group_width = width([group.group.as_str()].into_iter(), NAME_WIDTH);
    let widths = [group_width, 25, 20, 20, 15, 25, 0];
    output.line("")?;
    let mut line = |cells: &[&str]| {
        let shown = cells.iter().zip(widths).enumerate();
        let shown = shown.filter(|(index, _)| is_verbose || !matches!(index, 4 | 5));
        let shown = shown.map(|(_, (cell, width))| format!("{cell:width$}"));
        output.line(shown.collect::<Vec<_>>().join(" "))
    };
    line(&HEAD)?;
    let cells = cells(group);
    let cells: Vec<&str> = cells.iter().map(String::as_str).collect();
    line(&cells)
}
