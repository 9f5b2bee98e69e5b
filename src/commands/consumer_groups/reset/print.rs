//! What was, or would be, set.

use std::collections::BTreeMap;

use serde_json::json;

use super::super::options::Options;
use super::{Plan, csv};
use crate::cli::{CommandError, Format, Output};

/// The narrowest column of names.
const NAME_WIDTH: usize = 15;

pub(super) fn run(
    plans: &BTreeMap<String, Plan>,
    options: &Options,
    output: &mut Output,
) -> Result<(), CommandError> {
    if options.export {
        return export(plans, options.groups.len() == 1, output);
    }
    let rows: Vec<[String; 4]> = plans
        .iter()
        .flat_map(|(group, plan)| {
            plan.iter().map(move |(partition, offset)| {
                [
                    group.clone(),
                    partition.topic.clone(),
                    partition.partition.to_string(),
                    offset.to_string(),
                ]
            })
        })
        .collect();
    let head = ["GROUP", "TOPIC", "PARTITION", "NEW-OFFSET"];
    match options.output.format {
        Format::Text => {
            output.line("")?;
            if plans.is_empty() {
                return Ok(());
            }
            text(&head, &rows, output)
        }
        Format::Json => output.json(&documents(plans)),
        Format::Table => {
            let rows: Vec<Vec<String>> = rows.into_iter().map(Vec::from).collect();
            output.table(&head, &rows)
        }
    }
}

fn text(head: &[&str; 4], rows: &[[String; 4]], output: &mut Output) -> Result<(), CommandError> {
    let column = |index: usize| {
        let values = rows.iter().filter_map(move |row| row.get(index));
        let longest = values.map(|value| value.chars().count()).max();
        longest.unwrap_or(0).max(NAME_WIDTH)
    };
    let (groups, topics) = (column(0), column(1));
    let mut line = |[group, topic, number, offset]: [&str; 4]| {
        output.line(format!(
            "{group:groups$} {topic:topics$} {number:10} {offset}"
        ))
    };
    line(*head)?;
    for [group, topic, number, offset] in rows {
        line([group, topic, number, offset])?;
    }
    Ok(())
}

fn documents(plans: &BTreeMap<String, Plan>) -> Vec<serde_json::Value> {
    let rows = plans.iter().flat_map(|(group, plan)| {
        plan.iter().map(move |(partition, offset)| {
            json!({
                "group": group,
                "topic": partition.topic,
                "partition": partition.partition,
                "newOffset": offset.0,
            })
        })
    });
    rows.collect()
}

fn export(
    plans: &BTreeMap<String, Plan>,
    is_single: bool,
    output: &mut Output,
) -> Result<(), CommandError> {
    for (group, plan) in plans {
        for (partition, offset) in plan {
            let mut line = format!(
                "{},{},{offset}",
                csv::quoted(&partition.topic),
                partition.partition
            );
            if !is_single {
                line = format!("{},{line}", csv::quoted(group));
            }
            output.line(line)?;
        }
    }
    output.line("")
}
